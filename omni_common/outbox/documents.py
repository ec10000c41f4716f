"""Messages, receipts and errors as the journal keeps them: JSON that outlives the process.

A message's reference is not among it, since the journal has a column for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any

from omni_common import errors
from omni_common.clock import read_time
from omni_common.converter import (
    JsonError,
    StructureError,
    dumps,
    make_converter,
    register_tagged_union,
    structure,
)
from omni_common.errors import (
    Attempt,
    InvalidMessageError,
    NotSentError,
    OutcomeUnknownError,
)
from omni_common.message import Channel, Content, Message, Recipient, Sms
from omni_common.outbox.plain import (
    MISSHAPEN,
    Document,
    DocumentError,
    list_of,
    of_kind,
    optional_text,
    read_object,
    seconds,
    text_of,
    whole,
)
from omni_common.receipt import Part, Receipt

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "Document",
    "DocumentError",
    "attempt_documents",
    "error_document",
    "message_document",
    "problems_of_writing",
    "read_error",
    "read_message",
    "read_receipt",
    "receipt_document",
    "receipt_outline",
]

_OF_ATTEMPTS = ("started_at", "sent", "detail", "status", "waited", "proves_not_sent")
_PLAIN = "sms"
"""The key of the text of an SMS of which there is nothing else to say."""


def message_document(message: Message) -> Document:
    """*message* as plain values.

    Raises:
        InvalidMessageError: It cannot be written down: ``extra`` holds what JSON does not have or
            is nested too deeply, or ``send_at`` is a time for which UTC has no year.
    """
    content = message.content[0]
    if _is_plain(message, content):  # as most are
        return {"to": message.to, _PLAIN: content.text}
    field = "extra"
    try:
        if message.extra:
            dumps([[[message.extra]]])  # as deep as it stands in what the journal is given
        field = "send_at"
        document: Document = _converter().unstructure(message)
    except (OverflowError, JsonError):
        pass  # raised below, where no exception that holds the message is its context
    else:
        del document["reference"]
        return document
    raise InvalidMessageError(
        f"{field} cannot be written down in an outbox", field=field, reference=message.reference
    )


def problems_of_writing(message: Message) -> list[NotSentError]:
    """Why *message* cannot be written down, if it cannot; see :func:`message_document`."""
    if message.extra is None and message.send_at is None:
        return []
    try:
        message_document(message)
    except InvalidMessageError as error:
        return [error]
    return []


def read_message(text: str, reference: str) -> Message:
    """The message of *reference* that was written as *text*.

    Raises:
        DocumentError: It is none.
    """
    document = read_object(text)
    try:
        if document.keys() == {"to", _PLAIN}:
            return Message(text_of(document["to"]), Sms(document[_PLAIN]), reference=reference)
        return structure(_converter(), {**document, "reference": reference}, Message)
    except (StructureError, InvalidMessageError, TypeError):
        pass  # its text names keys, which may be somebody's words
    raise DocumentError("what stands there is no message")


def receipt_document(receipt: Receipt) -> Document:
    """*receipt* as plain values, without what the vendor said in its own words."""
    return {**receipt_outline(receipt), "attempts": attempt_documents(receipt.attempts)}


def receipt_outline(receipt: Receipt) -> Document:
    """The same without its attempts, which the messages of a bulk call have in common."""
    return {
        "id": whole(receipt.id),
        "provider": receipt.provider,
        "to": receipt.to,
        "parts": [_part_document(part) for part in receipt.parts],
    }


def _part_document(part: Part) -> list[str | None]:
    """*part* as a list that is no longer than it has to be: null makes JSON slow to write."""
    channel, id, sender = whole(str(part.channel)), whole(part.id), whole(part.sender)
    if sender is not None:
        return [channel, id, sender]
    return [channel] if id is None else [channel, id]


def read_receipt(text: str, reference: str) -> Receipt:
    """The receipt of the message of *reference* that was written as *text*, with its attempts.

    Raises:
        DocumentError: It is none.
    """
    document = read_object(text)
    try:
        return Receipt(
            id=text_of(document["id"]),
            provider=text_of(document["provider"]),
            reference=reference,
            to=text_of(document["to"]),
            parts=tuple(_read_part(part) for part in list_of(document["parts"])),
            attempts=_read_attempts(document["attempts"]),
        )
    except MISSHAPEN:
        pass
    raise DocumentError("what stands there is no receipt")


def error_document(error: NotSentError | OutcomeUnknownError) -> Document:
    """*error* as plain values, without what the vendor said in its own words."""
    wait = error.retry_after
    return {
        "kind": _kind(error),
        "text": whole(error.text),
        "provider": error.provider,
        "retry_after": None if wait is None else wait.total_seconds(),
        "vendor_code": whole(error.vendor_code),
        "field": whole(error.field),
        "attempts": attempt_documents(error.attempts),
    }


def read_error(text: str, reference: str) -> NotSentError | OutcomeUnknownError:
    """The error about the message of *reference* that was written as *text*.

    Raises:
        DocumentError: It is none.
    """
    document = read_object(text)
    try:
        wait = document["retry_after"]
        return _KINDS[document["kind"]](
            text_of(document["text"]),
            provider=optional_text(document["provider"]),
            reference=reference,
            attempts=_read_attempts(document["attempts"]),
            retry_after=None if wait is None else seconds(wait),
            vendor_code=optional_text(document["vendor_code"]),
            field=optional_text(document["field"]),
        )
    except MISSHAPEN:
        pass
    raise DocumentError("what stands there is no error")


def attempt_documents(attempts: Iterable[Attempt]) -> list[list[Any]]:
    """*attempts* as plain values: each a list, since every accepted message has one of them."""
    return [
        [
            each.started_at.isoformat(),
            each.sent,
            whole(each.detail),
            each.status,
            each.waited.total_seconds(),
            each.proves_not_sent,
        ]
        for each in attempts
    ]


def _read_attempts(documents: object) -> tuple[Attempt, ...]:
    return tuple(
        _read_attempt(number, each) for number, each in enumerate(list_of(documents), start=1)
    )


def _read_attempt(number: int, document: object) -> Attempt:
    if isinstance(document, dict):  # as it was written before there were tracks
        document = [document[name] for name in _OF_ATTEMPTS]
    started_at, sent, detail, status, waited, proves_not_sent = list_of(document)
    return Attempt(
        number=number,
        started_at=_read_aware(text_of(started_at)),
        sent=of_kind(sent, bool),
        detail=text_of(detail),
        status=of_kind(status, int, NoneType),
        waited=seconds(waited),
        proves_not_sent=of_kind(proves_not_sent, bool),
    )


def _read_part(part: object) -> Part:
    channel, *rest = list_of(part)
    return Part(Channel.known(text_of(channel)), *map(optional_text, rest))


def _read_aware(text: str) -> datetime:
    when = read_time(text)
    if when.utcoffset() is None:
        raise ValueError("a time without an offset")
    return when


def _is_plain(message: Message, content: Content) -> bool:
    return (
        len(message.content) == 1
        and type(content) is Sms
        and content.sender is None
        and content.ttl is None
        and type(message.to) is str
        and message.send_at is None
        and message.priority is None
        and message.callback_url is None
        and message.metadata is None
        and message.extra is None
    )


@cache
def _converter() -> Converter:
    converter = make_converter(forbid_extra_keys=True, omit_if_default=True)
    register_tagged_union(converter, Content, tag="channel")
    converter.register_structure_hook(str | Recipient, _read_recipient)
    return converter


def _read_recipient(value: Any, _: object) -> Any:
    return value if isinstance(value, str) else _converter().structure(value, Recipient)


_KINDS: Mapping[str, type[NotSentError | OutcomeUnknownError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, NotSentError | OutcomeUnknownError)
}


def _kind(error: NotSentError | OutcomeUnknownError) -> str:
    """The name of its class, or of the one of the library's that a third party's derives from."""
    return next(kind.__name__ for kind in type(error).__mro__ if _KINDS.get(kind.__name__) is kind)
