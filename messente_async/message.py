"""A shared message as Messente's omnimessage: which words map onto which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from messente_async import omnimessage as native
from messente_async.omnimessage import ChannelMessage, Omnimessage
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

__all__ = [
    "SHORTEST_TTL",
    "content_problems",
    "extra_of",
    "extra_problems",
    "omnimessage_of",
    "shared_field",
]

SHORTEST_TTL = timedelta(seconds=1)
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


def extra_of(message: Message) -> dict[str, object]:
    """The fields to merge last into the omnimessage's object."""
    return dict((message.extra or {}).get("messente", {}))


def content_problems(
    message: Message, as_omnimessage: Callable[[Message], Omnimessage]
) -> Iterator[NotSentError]:
    """What Messente's own rules say against *message*, which passed the checks of capabilities."""
    try:
        as_omnimessage(message)
    except InvalidMessageError as error:
        yield _invalid(error.text, shared_field(error.field), message)


def extra_problems(message: Message) -> Iterator[NotSentError]:
    """What keeps the fields of ``extra`` from being merged into the omnimessage's object."""
    extra = extra_of(message)
    if not extra:
        return
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
