"""Reads Messente's answers: pure functions from bytes to results, which never raise.

The body decides before the HTTP status does. A reader gives None where the body does not parse into
what was asked for, and then the status decides. What Messente is known to vary is read leniently,
field by field, so that one odd field cannot hide the rest; the answer itself is kept as ``raw``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from attrs import field, frozen

from messente_async.omnimessage import Channel, Omnimessage
from messente_async.report import (
    DeliveryError,
    DeliveryReportResponse,
    DeliveryResult,
    PriceInfo,
    Status,
)
from omni_common.converter import JsonError, loads
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.redaction import mask_number, mask_sender, mask_text

__all__ = [
    "ERROR_CODES",
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

    code: str | None = None
    title: str | None = None
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
    channel: Channel | str | None
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


def read_sent(answer: Answer, sent: Omnimessage | None = None) -> BulkItem | None:
    """Read the answer to ``send_request``, whatever its HTTP status.

    A contradiction is an answer with both an id and errors, or, where *sent* is given, an answer
    about another number.
    """
    body = _object(answer)
    item = None if body is None else _item(body)
    if isinstance(item, OmnimessageCreated) and sent is not None and _differ(item.to, sent.to):
        return Contradiction("the answer is about another number", body)
    return item


def read_errors(answer: Answer) -> MessenteErrors | None:
    """Read a refusal: an object whose ``errors`` name at least one."""
    body = _object(answer)
    return None if body is None else _errors(body)


def read_bulk(answer: Answer, sent: Sequence[Omnimessage]) -> tuple[BulkItem, ...] | None:
    """Read the answer to ``bulk_request``: what became of each of *sent*, in the same order.

    An item with ``errors`` is refused, one with an id is taken, whatever the HTTP status (T6). An
    item with both or neither is a contradiction of its own. Items with errors name no number, so
    that only their place ties them to a message. Hence, once places are proved wrong, by another
    number of items, an id given twice or an item that names another recipient, *every* item is one:
    an item that seems to fit could belong to an equal number elsewhere in the batch, and a refusal
    that is put beside the wrong message would invite sending one that was taken.

    None where the body holds no list of items; see :func:`read_errors` for what it may be then.
    """
    body = _object(answer)
    items = None if body is None else body.get("messages")
    if body is None or not isinstance(items, list) or (not items and _errors(body)):
        return None
    if len(items) != len(sent):
        reason = f"{len(items)} answers to {len(sent)} omnimessages"
        return _contradictions(reason, items, sent)
    read = tuple(_item(item) if isinstance(item, dict) else None for item in items)
    for place, (one, omnimessage) in enumerate(zip(read, sent, strict=True)):
        if isinstance(one, OmnimessageCreated) and _differ(one.to, omnimessage.to):
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
    reason: str, items: Sequence[Any], sent: Sequence[Omnimessage]
) -> tuple[Contradiction, ...]:
    said: dict[str, list[Any]] = {}
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("to"), str):
            said.setdefault(_digits(item["to"]), []).append(item)
    return tuple(Contradiction(reason, said.get(_digits(each.to), [])) for each in sent)


def _differ(answered: str | None, sent: str) -> bool:
    # A missing number contradicts nothing, and neither does a number without its plus.
    return answered is not None and _digits(answered) != _digits(sent)


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())


def read_status(answer: Answer) -> DeliveryReportResponse | None:
    """Read the answer to ``status_request``: an object with a list of ``statuses``."""
    body = _object(answer)
    statuses = None if body is None else body.get("statuses")
    if body is None or not isinstance(statuses, list):
        return None
    return DeliveryReportResponse(
        omnimessage_id=_id(body.get("omnimessage_id")),
        to=_text(body.get("to")),
        statuses=tuple(_result(status) for status in statuses),
        raw=body,
    )


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        body = loads(answer.body)
    except JsonError:
        return None
    return body if isinstance(body, dict) else None


def _item(item: Mapping[str, Any]) -> BulkItem | None:
    omnimessage_id = _id(item.get("omnimessage_id"))
    messages = _messages(item)
    errors = _errors(item)
    if errors is not None:
        taken = omnimessage_id or any(message.message_id for message in messages)
        return Contradiction("both an id and errors", item) if taken else errors
    if omnimessage_id is None:
        return None
    return OmnimessageCreated(omnimessage_id, _text(item.get("to")), messages, raw=item)


def _messages(item: Mapping[str, Any]) -> tuple[MessageResult, ...]:
    parts = item.get("messages")
    return tuple(
        MessageResult(
            message_id=_id(part.get("message_id")),
            channel=_channel(part.get("channel")),
            sender=_text(part.get("sender")),
        )
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict)
    )


def _errors(item: Mapping[str, Any]) -> MessenteErrors | None:
    errors = item.get("errors")
    if isinstance(errors, dict) and errors:
        errors = [errors]
    if not isinstance(errors, list) or not errors:
        return None
    return MessenteErrors(tuple(_error(error) for error in errors), raw=item)


def _error(error: object) -> ErrorItem:
    if not isinstance(error, dict):
        return ErrorItem()
    return ErrorItem(
        code=_id(error.get("code")),
        title=_text(error.get("title")),
        detail=_text(error.get("detail")),
        source=_text(error.get("source")),
    )


def _result(result: Any) -> DeliveryResult:
    if not isinstance(result, dict):
        return DeliveryResult(status=_status(result), raw=result)
    return DeliveryResult(
        status=_status(result.get("status")),
        err=_err(result.get("err")),
        error=_text(result.get("error")),
        timestamp=_time(result.get("timestamp")),
        price_info=_price_info(result.get("price_info")),
        channel=_channel(result.get("channel")),
        message_id=_id(result.get("message_id")),
        sender=_text(result.get("sender")),
        raw=result,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if type(value) is int else None


def _id(value: object) -> str | None:
    if isinstance(value, str):
        return value if value.strip() else None
    number = _whole(value)
    return None if number is None else str(number)


def _channel(value: object) -> Channel | str | None:
    text = _text(value)
    return Channel.__members__.get((text or "").upper(), text)


def _status(value: object) -> Status | str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        return f"<{type(value).__name__}>"
    return Status.__members__.get(value.upper(), value)


def _err(value: object) -> DeliveryError | int | None:
    number = _whole(value)
    if number is None:
        return None
    try:
        return DeliveryError(number)
    except ValueError:
        return number


def _time(value: object) -> datetime | None:
    try:
        when = datetime.fromisoformat(_text(value) or "")
        return when.replace(tzinfo=UTC) if when.utcoffset() is None else when
    except ValueError:
        return None


def _price_info(value: object) -> PriceInfo | None:
    if not isinstance(value, dict):
        return None
    return PriceInfo(
        part_price=_decimal(value.get("part_price")),
        parts_count=_whole(value.get("parts_count")),
        total_price=_decimal(value.get("total_price")),
    )


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):  # ValueError: more digits than Python prints
        return None
    return number if number.is_finite() else None
