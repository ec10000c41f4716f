"""A vendor's calls as data: what was asked, what is answered, and which call a path means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from attrs import field, frozen

from omni_common.redaction import mask_text

__all__ = ["Match", "Operation", "ReceivedRequest", "Reply", "find_operation"]

_PARAMETER = re.compile(r"\{([a-z_]+)\}")


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _no_recipients(_: ReceivedRequest) -> Iterable[str]:
    return ()


@frozen
class ReceivedRequest:
    """A request as it reached an emulator, for handlers to answer and for tests to look at."""

    method: str
    path: str = field(repr=mask_text)
    """As sent: percent-encoded, without the query."""
    query: str = field(repr=mask_text)
    """The raw query string, without the ``?``."""
    headers: Mapping[str, str] = field(repr=False)
    """Looked up in any case."""
    body: bytes = field(repr=mask_text)
    at: datetime
    """When it came, in emulated time."""
    operation: str | None = None
    """Name of the operation it is for, or None when the vendor has no such call."""
    parameters: Mapping[str, str] = field(factory=dict, repr=False)
    """What the braces of the operation's path stand for, decoded."""

    def json(self) -> Any:
        """Return the body read as JSON, strictly: without NaN and Infinity.

        Raises:
            ValueError: The body is not JSON.
        """
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise ValueError("the body is nested too deeply") from error


@frozen
class Reply:
    """An HTTP answer, before it is put on the wire."""

    status: int
    body: bytes = field(default=b"", repr=mask_text)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(factory=dict)

    @classmethod
    def json(cls, status: int, data: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Make an answer whose body is *data* as JSON."""
        return cls(status, json.dumps(data).encode(), headers=headers or {})


@frozen
class Operation:
    """One call of a vendor's interface.

    ``path`` is relative to the emulator's base path, with braces around what varies, such as
    ``/omnimessage/{id}/status``. ``recipients`` reads from a request whom its messages are for, so
    that :class:`Scenario` numbers can act on the answer; it never raises, whatever the body holds.
    """

    name: str
    method: str
    path: str
    handle: Callable[[ReceivedRequest], Reply] = field(repr=False)
    recipients: Callable[[ReceivedRequest], Iterable[str]] = field(
        default=_no_recipients, repr=False
    )
    _pattern: re.Pattern[str] = field(init=False, repr=False, eq=False)

    @_pattern.default
    def _compile(self) -> re.Pattern[str]:
        pieces = _PARAMETER.split(self.path)
        pattern = "".join(
            f"(?P<{piece}>[^/]+)" if index % 2 else re.escape(piece)
            for index, piece in enumerate(pieces)
        )
        return re.compile(pattern)

    def read_path(self, path: str) -> Mapping[str, str] | None:
        """Return the decoded parameters in *path*, or None when it is another operation's path."""
        found = self._pattern.fullmatch(path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}


@frozen
class Match:
    """Which operation a request is for: one, none, or one of another method."""

    operation: Operation | None = None
    parameters: Mapping[str, str] = field(factory=dict)
    allowed: tuple[str, ...] = ()
    """Methods that the path knows; empty when no operation has this path."""


def find_operation(operations: Sequence[Operation], method: str, path: str) -> Match:
    """Find the operation of *method* and *path*, both as received."""
    allowed: list[str] = []
    for operation in operations:
        parameters = operation.read_path(path)
        if parameters is None:
            continue
        if operation.method == method:
            return Match(operation, parameters, (method,))
        allowed.append(operation.method)
    return Match(allowed=tuple(allowed))
