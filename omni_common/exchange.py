"""A request and its answer as plain data, so that wire knowledge needs no socket.

A vendor's module builds a :class:`Request` and reads an :class:`Answer`; ``Transport`` carries one
and brings the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlencode

from attrs import field, frozen

from omni_common.errors import InvalidMessageError
from omni_common.redaction import mask_text, shown_key

__all__ = [
    "Answer",
    "Failure",
    "FailureKind",
    "FileBody",
    "OnUnknown",
    "Operation",
    "Reader",
    "Request",
    "check_on_unknown",
]

T = TypeVar("T")

OnUnknown: TypeAlias = Literal["raise", "resend"]
"""What to do when it is not known whether a send arrived. ``"resend"`` may charge and deliver
twice."""


def check_on_unknown(value: object, reference: str | None) -> None:
    """Refuse what is no :data:`OnUnknown`; *reference* is the message's.

    Raises:
        InvalidMessageError: It is something else.
    """
    if value not in ("raise", "resend"):
        text = 'on_unknown must be "raise" or "resend"'
        raise InvalidMessageError(text, field="on_unknown", reference=reference)


class Operation(Enum):
    """What repeating a request would do, which decides when it may be repeated."""

    READ = auto()
    """Asks only; may be repeated freely, whatever its HTTP method."""
    IDEMPOTENT_WRITE = auto()
    """Changes something, and twice is the same as once: a cancellation, a deletion by id."""
    SEND = auto()
    """Costs money or creates something each time; repeated only if it provably did not happen."""


@frozen
class FileBody:
    """A request body around a file, which each attempt reads anew, piece by piece.

    ``size`` is the file's length when the request was built: a file that has another length when
    it is sent breaks the attempt off.
    """

    head: bytes = field(repr=mask_text)
    path: Path = field(repr=False)
    size: int = field()
    tail: bytes = field(repr=mask_text)

    def __len__(self) -> int:
        return len(self.head) + self.size + len(self.tail)


@frozen
class Request:
    """One call to a vendor.

    ``path`` is relative to the vendor's base URL and already percent-encoded; ``query`` holds plain
    values. ``body`` is the finished JSON, made once, so that each attempt sends the same bytes.
    ``file`` takes its place where a file is sent; its content type is among the headers. ``makes``
    is a noun for what a SEND brings about, which its error then speaks of.
    """

    method: str
    path: str
    operation: Operation
    body: bytes | None = field(default=None, repr=mask_text)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False, hash=False)
    file: FileBody | None = None
    makes: str = "message"

    @property
    def target(self) -> str:
        """Path and query as they stand on the wire: a space is ``+``, a plus sign ``%2B``."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@frozen
class Answer:
    """A whole answer as it came. Header names are in lower case."""

    status: int
    body: bytes = field(repr=mask_text)
    headers: Mapping[str, str] = field(factory=dict, repr=False, hash=False)


class FailureKind(Enum):
    """Everything that can go wrong with a request, by what it proves."""

    UNREACHABLE = "the vendor could not be reached"
    CONNECTION_REJECTED = "no trusted connection to the vendor is possible"
    CLIENT_CLOSED = "the client is closed"
    FILE_UNREADABLE = "the file cannot be read, or was changed meanwhile"
    DISCONNECTED = "the connection broke before the whole answer came"
    TIMED_OUT = "no answer came in time"
    MALFORMED = "the answer was not HTTP"
    CUT_OFF = "the answer began and was cut off"
    UNREADABLE = "the answer could not be understood"
    REDIRECTED = "the answer was a redirect, which is never followed"
    REFUSED = "the vendor refused the request"
    UNAUTHENTICATED = "the vendor does not accept the credentials"
    FORBIDDEN = "the vendor does not allow this to these credentials or from this address"
    NO_FUNDS = "the vendor says that the account cannot pay"
    TIMED_OUT_UPSTREAM = "the vendor's side timed out"
    CONFLICT = "the vendor says that the request conflicts with another"
    TOO_EARLY = "the vendor asks to come again later"
    RATE_LIMITED = "the vendor says that requests come too fast"
    SERVER_FAILED = "the vendor's side failed"
    UNAVAILABLE = "the vendor says that it is not available"
    NOT_IMPLEMENTED = "the vendor does not know this kind of request"


@frozen
class Failure:
    """One failed attempt, or a vendor's refusal read from its answer.

    A reader returns one to say what the *body* of an answer means; the transport makes one for all
    that goes wrong around it. ``sent`` is whether a byte may have left. ``detail`` names a cause
    without any content.
    """

    kind: FailureKind
    detail: str = ""
    sent: bool = True
    status: int | None = None
    retry_after: timedelta | None = None
    vendor_code: str | None = field(default=None, repr=shown_key)
    raw: Any = field(default=None, repr=False, hash=False)
    field: str | None = field(default=None, repr=shown_key)


Reader: TypeAlias = Callable[[Answer], T | Failure | None]
"""Reads an answer: a result, a refusal read from the body, or None where the body says nothing, so
that the HTTP status decides."""
