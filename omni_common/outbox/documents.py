"""Messages, receipts and errors as the journal keeps them: JSON that outlives the process.

A message's reference is not among it, since the journal has a column for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from omni_common import errors
from omni_common.clock import read_time
from omni_common.converter import (
    StructureError,
    loads,
    make_converter,
    register_tagged_union,
    structure,
)
from omni_common.errors import Attempt, NotSentError, OutcomeUnknownError
from omni_common.message import Channel, Content, Message, Recipient, Sms
from omni_common.receipt import Part, Receipt

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "Document",
    "DocumentError",
    "attempt_documents",
    "error_document",
    "message_document",
    "read_error",
    "read_message",
    "read_receipt",
    "receipt_document",
]

Document: TypeAlias = dict[str, Any]


class DocumentError(ValueError):
    """What stands in the journal is none of its documents; the text holds nothing of it."""


def message_document(message: Message) -> Document:
    """*message* as plain values."""
    content = message.content[0]
    if _is_plain(message, content):  # as most are, and nothing is faster than saying it
        return {"to": message.to, "content": [{"channel": "sms", "text": content.text}]}
    document: Document = _converter().unstructure(message)
    del document["reference"]
    return document


def read_message(text: str, reference: str) -> Message:
    """The message of *reference* that was written as *text*.

    Raises:
        DocumentError: It is none.
    """
    document = _object(text)
    try:
        return structure(_converter(), {**document, "reference": reference}, Message)
    except StructureError as error:
        raise DocumentError(f"no message: {error}") from None


def receipt_document(receipt: Receipt, attempts: Sequence[Document] | None = None) -> Document:
    """*receipt* as plain values, without what the vendor said in its own words.

    Args:
        receipt: What to write down.
        attempts: Its attempts, if they are written already: those of a bulk call are shared.
    """
    return {
        "id": receipt.id,
        "provider": receipt.provider,
        "to": receipt.to,
        "parts": [[str(part.channel), part.id, part.sender] for part in receipt.parts],
        "attempts": attempt_documents(receipt.attempts) if attempts is None else attempts,
    }


def read_receipt(text: str, reference: str) -> Receipt:
    """The receipt of the message of *reference* that was written as *text*.

    Raises:
        DocumentError: It is none.
    """
    document = _object(text)
    try:
        return Receipt(
            id=document["id"],
            provider=document["provider"],
            reference=reference,
            to=document["to"],
            parts=tuple(
                Part(Channel.known(channel), id, sender)
                for channel, id, sender in document["parts"]
            ),
            attempts=_read_attempts(document["attempts"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DocumentError(f"no receipt ({type(error).__name__})") from None


def error_document(error: NotSentError | OutcomeUnknownError) -> Document:
    """*error* as plain values, without what the vendor said in its own words."""
    wait = error.retry_after
    return {
        "kind": _kind(error),
        "text": error.text,
        "provider": error.provider,
        "retry_after": None if wait is None else wait.total_seconds(),
        "vendor_code": error.vendor_code,
        "field": error.field,
        "attempts": attempt_documents(error.attempts),
    }


def read_error(text: str, reference: str) -> NotSentError | OutcomeUnknownError:
    """The error about the message of *reference* that was written as *text*.

    Raises:
        DocumentError: It is none.
    """
    document = _object(text)
    try:
        wait = document["retry_after"]
        return _KINDS[document["kind"]](
            document["text"],
            provider=document["provider"],
            reference=reference,
            attempts=_read_attempts(document["attempts"]),
            retry_after=None if wait is None else timedelta(seconds=wait),
            vendor_code=document["vendor_code"],
            field=document["field"],
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DocumentError(f"no error ({type(error).__name__})") from None


def attempt_documents(attempts: Iterable[Attempt]) -> list[Document]:
    """*attempts* as plain values."""
    return [
        {
            "started_at": each.started_at.isoformat(),
            "sent": each.sent,
            "detail": each.detail,
            "status": each.status,
            "waited": each.waited.total_seconds(),
            "proves_not_sent": each.proves_not_sent,
        }
        for each in attempts
    ]


def _read_attempts(documents: Sequence[Mapping[str, Any]]) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(
            number=number,
            started_at=_read_aware(each["started_at"]),
            sent=each["sent"],
            detail=each["detail"],
            status=each["status"],
            waited=timedelta(seconds=each["waited"]),
            proves_not_sent=each["proves_not_sent"],
        )
        for number, each in enumerate(documents, start=1)
    )


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


def _object(text: str) -> Document:
    try:
        document = loads(text.encode())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise DocumentError("no object of JSON")
    return document


_KINDS: Mapping[str, type[NotSentError | OutcomeUnknownError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, NotSentError | OutcomeUnknownError)
}


def _kind(error: NotSentError | OutcomeUnknownError) -> str:
    """The name of its class, or of the one of the library's that a third party's derives from."""
    return next(kind.__name__ for kind in type(error).__mro__ if _KINDS.get(kind.__name__) is kind)
