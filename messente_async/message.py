"""A shared message as Messente's omnimessage: which words map onto which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import field, frozen

from messente_async import omnimessage as native
from messente_async.omnimessage import ChannelMessage, Omnimessage, to_wire
from messente_async.sms import SMS
from messente_async.viber import Viber, ViberVideo
from messente_async.whatsapp import (
    WhatsApp,
    WhatsAppComponent,
    WhatsAppLanguage,
    WhatsAppParameter,
    WhatsAppTemplate,
    WhatsAppText,
)
from omni_common import message as shared
from omni_common.converter import JsonError, dumps
from omni_common.errors import InvalidMessageError, NotSentError
from omni_common.message import Message, Priority
from omni_common.redaction import mask_number

__all__ = [
    "SHORTEST_TTL",
    "Outgoing",
    "content_problems",
    "extra_of",
    "extra_problems",
    "omnimessage_of",
    "outgoing",
    "shared_field",
]

SHORTEST_TTL = timedelta(seconds=1)
_SECOND = timedelta(seconds=1)
_PRIORITIES = {
    Priority.LOW: native.Priority.LOW,
    Priority.NORMAL: native.Priority.REGULAR,
    Priority.HIGH: native.Priority.HIGH,
}
# What ``extra`` may not touch: recipient, content, time and callback belong to the message itself.
_RESERVED = frozenset({"to", "messages", "time_to_send", "dlr_url"})
_SHARED_FIELDS = {
    "dlr_url": "callback_url",
    "messages": "content",
    "thumbnail": "thumbnail_url",
    "time_to_send": "send_at",
    "validity": "ttl",
}


def omnimessage_of(message: Message, default_sender: str | None) -> Omnimessage:
    """*message*, which passed the checks of capabilities, as Messente takes it.

    Raises:
        InvalidMessageError: Messente's own rules are against it, such as its Viber combinations.
    """
    return Omnimessage(
        message.phone or "",
        tuple(_channel_message(content, default_sender) for content in message.content),
        dlr_url=message.callback_url,
        time_to_send=message.send_at,
        priority=None if message.priority is None else _PRIORITIES[message.priority],
    )


@frozen
class Outgoing:
    """A shared message as it goes out: to whom, and the JSON object of its omnimessage."""

    to: str = field(repr=mask_number)
    wire: Mapping[str, Any] = field(repr=False)


def outgoing(message: Message, default_sender: str | None) -> Outgoing:
    """*message*, which passed the checks, in the words of the wire."""
    if _is_plain(message):
        wire = _plain_wire(message, default_sender)
    else:
        wire = to_wire(omnimessage_of(message, default_sender))
    extra = extra_of(message)
    return Outgoing(wire["to"], {**wire, **extra} if extra else wire)


def _is_plain(message: Message) -> bool:
    """Whether *message* is one text message that asks for nothing else.

    It needs no omnimessage of Messente's own class: that would demand nothing of it that has not
    been checked, and making a million of them takes as long as making the messages themselves.
    """
    content = message.content
    return (
        len(content) == 1
        and isinstance(content[0], shared.Sms)
        and message.send_at is None
        and message.priority is None
        and message.callback_url is None
        and message.phone is not None
    )


def _plain_wire(message: Message, default_sender: str | None) -> dict[str, Any]:
    content = message.content[0]
    part: dict[str, Any] = {"text": content.text}
    if sender := content.sender or default_sender:
        part["sender"] = sender
    if content.ttl is not None:
        part["ttl"] = content.ttl // _SECOND
    part["channel"] = SMS.channel
    return {"to": message.phone or "", "messages": [part]}


def extra_of(message: Message) -> dict[str, object]:
    """The fields to merge last into the omnimessage's object."""
    return dict(message.extra.get("messente", {})) if message.extra else {}


def content_problems(message: Message, default_sender: str | None) -> Sequence[NotSentError]:
    """What Messente's own rules say against *message*, which passed the checks of capabilities."""
    if _is_plain(message):
        return ()
    try:
        omnimessage_of(message, default_sender)
    except InvalidMessageError as error:
        return (_invalid(error.text, shared_field(error.field), message),)
    return ()


def extra_problems(message: Message) -> Iterator[NotSentError]:
    """What keeps the fields of ``extra`` from being merged into the omnimessage's object."""
    extra = extra_of(message)
    if reserved := sorted(_RESERVED & extra.keys()):
        text = f"extra may not hold {', '.join(reserved)}: say it in the message itself"
        yield _invalid(text, "extra", message)
    try:
        dumps(extra)
    except JsonError as error:
        yield _invalid(f"extra cannot be written as JSON: {error}", "extra", message)


def shared_field(path: str | None) -> str | None:
    """The shared word for the field at a path of Messente's, such as ``sender`` for ``sms.sender``.

    Places in a list are no names; a field that has no shared word keeps its own.
    """
    names = [name for name in (path or "").split(".") if name and not name.isdigit()]
    return _SHARED_FIELDS.get(names[-1], names[-1]) if names else None


def _invalid(text: str, field: str | None, message: Message) -> InvalidMessageError:
    return InvalidMessageError(text, field=field, provider="messente", reference=message.reference)


def _channel_message(content: shared.Content, default_sender: str | None) -> ChannelMessage:
    sender = content.sender or default_sender
    match content:
        case shared.Sms():
            return SMS(content.text, sender=sender, ttl=content.ttl)
        case shared.Viber():
            return Viber(
                content.text,
                image_url=content.image_url,
                button_text=content.button_text,
                button_url=content.button_url,
                video=None if content.video is None else _video(content.video),
                sender=sender,
                ttl=content.ttl,
            )
        case shared.WhatsApp():
            return WhatsApp(
                text=None if content.text is None else WhatsAppText(content.text),
                template=None if content.template is None else _template(content.template),
                sender=sender,
                ttl=content.ttl,
            )
    msg = f"messente does not send {content.channel}"
    raise InvalidMessageError(msg, provider="messente", field="content")


def _video(video: shared.ViberVideo) -> ViberVideo:
    return ViberVideo(video.url, video.thumbnail_url, video.file_size, video.duration)


def _template(template: shared.WhatsAppTemplate) -> WhatsAppTemplate:
    if not all(template.parameters):
        msg = "the parameters of a template must be texts with at least one character"
        raise InvalidMessageError(msg, field="parameters")
    parameters = tuple(WhatsAppParameter(type="text", text=value) for value in template.parameters)
    body = (WhatsAppComponent(type="body", parameters=parameters),) if parameters else ()
    return WhatsAppTemplate(template.name, WhatsAppLanguage(template.language), body)
