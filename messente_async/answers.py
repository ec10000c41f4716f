"""Reads Messente's answers: pure functions from bytes to results, which never raise.

The body decides before the HTTP status does. A reader gives None where the body does not parse into
what was asked for, and then the status decides. What Messente is known to vary is read leniently,
field by field, so that one odd field cannot hide the rest; the answer itself is kept as ``raw``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from attrs import field, frozen

from messente_async import _values as values
from messente_async.omnimessage import Channel
from messente_async.report import (
    DeliveryReportResponse,
    DeliveryResult,
    read_channel,
    read_result,
)
from omni_common.converter import JsonError, loads
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key

__all__ = [
    "ERROR_CODES",
    "Addressed",
    "BulkItem",
    "Contradiction",
    "ErrorCode",
    "ErrorItem",
    "MessageResult",
    "MessenteErrors",
    "OmnimessageCreated",
    "failure_of",
    "read_bulk",
    "read_errors",
    "read_sent",
    "read_status",
]


@frozen
class ErrorCode:
    """What one of Messente's error codes means: its title, and what it proves of the request."""

    title: str
    kind: FailureKind


# By the table of codes, not by the order of the titles, which differs (T44).
ERROR_CODES: Mapping[str, ErrorCode] = {
    "101": ErrorCode("Not found", FailureKind.REFUSED),
    "102": ErrorCode("Forbidden", FailureKind.FORBIDDEN),
    "103": ErrorCode("Unauthorized", FailureKind.UNAUTHENTICATED),
    "104": ErrorCode("Internal Server Error", FailureKind.SERVER_FAILED),
    "105": ErrorCode("Invalid data", FailureKind.REFUSED),
    "106": ErrorCode("Missing data", FailureKind.REFUSED),
    "107": ErrorCode("Method not allowed", FailureKind.REFUSED),
}
"""The codes of refused requests. The numbers of delivery reports mean other things (T45)."""


@frozen(kw_only=True)
class ErrorItem:
    """One thing that Messente found wrong with a request. Whatever it left out is None.

    ``source`` is its path to the field, such as ``payload[sms][sender]``; ``detail`` is a free text
    that may quote the request.
    """

    code: str | None = field(default=None, repr=shown_key)
    title: str | None = field(default=None, repr=shown_key)
    detail: str | None = field(default=None, repr=mask_text)
    source: str | None = field(default=None, repr=mask_text)

    @property
    def kind(self) -> FailureKind | None:
        """What the code proves of the request; None where it is not known."""
        known = ERROR_CODES.get(self.code or "")
        return None if known is None else known.kind

    @property
    def path(self) -> str | None:
        """The field that ``source`` points to, such as ``sms.sender``."""
        if self.source is None or not _SOURCE.fullmatch(self.source):
            return None
        return ".".join(re.findall(r"\[(\w+)\]", self.source))


_SOURCE = re.compile(r"payload(\[\w{1,40}\]){1,8}", re.ASCII)


@frozen
class MessenteErrors:
    """Messente's refusal of a request, or of one omnimessage of a bulk request."""

    errors: tuple[ErrorItem, ...]
    raw: Any = field(default=None, repr=False, eq=False)

    @property
    def decisive(self) -> ErrorItem | None:
        """The error that tells whether the request was taken; None where a code is not known.

        One that may have happened after the message was taken (104) outweighs all others.
        """
        for item in self.errors:
            if item.kind is FailureKind.SERVER_FAILED:
                return item
        known = self.errors and all(item.kind is not None for item in self.errors)
        return self.errors[0] if known else None


def failure_of(errors: MessenteErrors, *, status: int | None = None) -> Failure | None:
    """What *errors* prove, for the retry decision; None where only the HTTP status can tell.

    Holds a code, its title and a field's name, none of Messente's free texts; those are in ``raw``.
    """
    item = errors.decisive
    if item is None or item.code is None or item.kind is None:
        return None
    return Failure(
        item.kind,
        detail=ERROR_CODES[item.code].title,
        status=status,
        vendor_code=item.code,
        field=item.path,
        raw=errors.raw,
    )


@frozen
class MessageResult:
    """One channel's message of an accepted omnimessage."""

    message_id: str | None
    channel: Channel | str | None = field(repr=shown_key)
    sender: str | None = field(default=None, repr=mask_sender)


@frozen
class OmnimessageCreated:
    """Messente took the omnimessage. Its id alone proves that; the rest may be missing."""

    omnimessage_id: str
    to: str | None = field(repr=mask_number)
    messages: tuple[MessageResult, ...] = ()
    raw: Any = field(default=None, repr=False, eq=False)


@frozen
class Contradiction:
    """An answer that cannot be tied to what was sent: whether it was taken is not known.

    ``raw`` holds what the answer says about this omnimessage's number or in its place, so that an
    id in it is not lost.
    """

    reason: str
    raw: Any = field(default=None, repr=False, eq=False)


BulkItem: TypeAlias = OmnimessageCreated | MessenteErrors | Contradiction
"""What became of one omnimessage."""


class Addressed(Protocol):
    """What was sent, as far as its answer is concerned."""

    @property
    def to(self) -> str:
        """The recipient's number."""


def read_sent(answer: Answer, sent: Addressed | None = None) -> BulkItem | None:
    """Read the answer to ``send_request``, whatever its HTTP status.

    A contradiction is an answer with both an id and errors, or, where *sent* is given, an answer
    about another number.
    """
    body = _object(answer)
    item = None if body is None else _item(body)
    if body is None or item is None or sent is None or not _differ(body.get("to"), sent.to):
        return item
    return Contradiction("the answer is about another number", body)


def read_errors(answer: Answer) -> MessenteErrors | None:
    """Read a refusal: an object whose ``errors`` hold anything, be it in another shape."""
    body = _object(answer)
    return None if body is None else _errors(body)


def read_bulk(answer: Answer, sent: Sequence[Addressed]) -> tuple[BulkItem, ...] | None:
    """Read the answer to ``bulk_request``: what became of each of *sent*, in the same order.

    An item with ``errors`` is refused, one with an id is taken, whatever the HTTP status (T6). An
    item with both or neither is a contradiction of its own. Items with errors name no number, so
    that only their place ties them to a message. Hence, once places are proved wrong, by another
    number of items, an id given twice or an item that names another recipient, *every* item is one:
    an item that seems to fit could belong to an equal number elsewhere in the batch, and a refusal
    that is put beside the wrong message would invite sending one that was taken. So it is, too,
    where errors of the whole call stand beside the items.

    None where the body holds no list of items; see :func:`read_errors` for what it may be then.
    """
    body = _object(answer)
    items = None if body is None else body.get("messages")
    errors = None if body is None else _errors(body)
    if not isinstance(items, list) or (errors and not items):
        return None
    if errors:
        return _contradictions("both items and errors", items, sent)
    if len(items) != len(sent):
        reason = f"{len(items)} answers to {len(sent)} omnimessages"
        return _contradictions(reason, items, sent)
    read = tuple(_item(item) if isinstance(item, dict) else None for item in items)
    for place, (item, omnimessage) in enumerate(zip(items, sent, strict=True)):
        if isinstance(item, dict) and _differ(item.get("to"), omnimessage.to):
            reason = f"the answer at place {place} is about another number"
            return _contradictions(reason, items, sent)
    ids = [one.omnimessage_id for one in read if isinstance(one, OmnimessageCreated)]
    if len(set(ids)) != len(ids):
        return _contradictions("one id was given to several", items, sent)
    return tuple(
        Contradiction("neither an id nor errors", item) if one is None else one
        for one, item in zip(read, items, strict=True)
    )


def _contradictions(
    reason: str, items: Sequence[Any], sent: Sequence[Addressed]
) -> tuple[Contradiction, ...]:
    said: dict[str, list[Any]] = {}
    for item in items:
        if isinstance(item, dict):
            said.setdefault(_digits(item.get("to")), []).append(item)
    return tuple(Contradiction(reason, said.get(_digits(each.to), [])) for each in sent)


def _differ(answered: object, sent: str) -> bool:
    # A missing number contradicts nothing, and neither does a number without its plus; what cannot
    # be read as a number might be anybody's.
    return answered not in (None, sent) and _digits(answered) != _digits(sent)


def _digits(number: object) -> str:
    return "".join(filter(str.isdigit, values.identifier(number) or ""))


def read_status(answer: Answer) -> DeliveryReportResponse | None:
    """Read the answer to ``status_request``: an object with a list of ``statuses``.

    None where the body holds no such list, or an empty one beside errors; see :func:`read_errors`.
    """
    body = _object(answer)
    statuses = None if body is None else body.get("statuses")
    if body is None or not isinstance(statuses, list) or (not statuses and _errors(body)):
        return None
    return DeliveryReportResponse(
        omnimessage_id=values.identifier(body.get("omnimessage_id")),
        to=values.identifier(body.get("to")),
        statuses=tuple(read_result(DeliveryResult, status) for status in statuses),
        raw=body,
    )


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        body = loads(answer.body)
    except JsonError:
        return None
    return body if isinstance(body, dict) else None


def _item(item: Mapping[str, Any]) -> BulkItem | None:
    omnimessage_id = values.identifier(item.get("omnimessage_id"))
    messages = _messages(item)
    errors = _errors(item)
    if errors is not None:
        taken = omnimessage_id or any(message.message_id for message in messages)
        return Contradiction("both an id and errors", item) if taken else errors
    if omnimessage_id is None:
        return None
    return OmnimessageCreated(omnimessage_id, values.identifier(item.get("to")), messages, item)


def _messages(item: Mapping[str, Any]) -> tuple[MessageResult, ...]:
    parts = item.get("messages")
    if not isinstance(parts, list):
        return ()
    return tuple([_message(part) for part in parts if isinstance(part, dict)])


def _message(part: Mapping[str, Any]) -> MessageResult:
    return MessageResult(
        values.identifier(part.get("message_id")),
        read_channel(part.get("channel")),
        values.text(part.get("sender")),
    )


def _errors(item: Mapping[str, Any]) -> MessenteErrors | None:
    errors = item.get("errors")
    if not errors:
        return None
    listed = errors if isinstance(errors, list) else [errors]
    return MessenteErrors(tuple(_error(error) for error in listed), raw=item)


def _error(error: object) -> ErrorItem:
    if not isinstance(error, dict):
        return ErrorItem()
    return ErrorItem(
        code=values.identifier(error.get("code")),
        title=values.text(error.get("title")),
        detail=values.text(error.get("detail")),
        source=values.text(error.get("source")),
    )
