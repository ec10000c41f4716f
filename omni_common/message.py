"""What a user wants to say, to whom, and over which channels: vendor-neutral and validated.

A message that cannot be right for any vendor is refused here, when it is made. What one vendor can
or cannot say is another question: see :meth:`omni_common.OmniProvider.check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, ClassVar, TypeAlias

from attrs import Attribute, field, frozen

from omni_common.errors import InvalidMessageError
from omni_common.redaction import mask_number, mask_sender, mask_text, mask_url
from omni_common.reference import new_reference
from omni_common.rules import (
    check_duration,
    check_line,
    check_optional_text,
    check_optional_url,
    check_text,
    check_text_mapping,
    check_ttl,
    check_url,
    copied,
    instance_of,
    names_only,
    texts_of,
    tuple_of,
)
from omni_common.segments import Segments, segments

__all__ = [
    "Channel",
    "Content",
    "Email",
    "Message",
    "Priority",
    "Recipient",
    "Sms",
    "Viber",
    "ViberVideo",
    "Vk",
    "WhatsApp",
    "WhatsAppTemplate",
]

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
# Nothing that could separate or wrap several addresses; the rest is the mail server's business.
_EMAIL = re.compile(r"""[^@\s,;:<>()\[\]\\"]+@[^@\s,;:<>()\[\]\\".]+(\.[^@\s,;:<>()\[\]\\".]+)+""")
_LONGEST_EMAIL = 254


class Channel(StrEnum):
    """A way to reach a person."""

    SMS = "sms"
    VIBER = "viber"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    VK = "vk"

    @classmethod
    def known(cls, word: str) -> Channel | str:
        """The channel that is called *word*; a word for none stays what it is."""
        return _CHANNELS.get(word) or str(word)


_CHANNELS = {str(channel): channel for channel in Channel}


class Priority(Enum):
    """How urgent a message is among others of the same account. Names follow the vendors' words."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    REALTIME = "realtime"


def _is_phone(text: object) -> bool:
    return isinstance(text, str) and _PHONE.fullmatch(text) is not None


def _is_email(text: object) -> bool:
    return (
        isinstance(text, str)
        and len(text) <= _LONGEST_EMAIL
        and _EMAIL.fullmatch(text) is not None
        and text.isprintable()
    )


@frozen
class Recipient:
    """A person who can be reached by phone, by e-mail, or both.

    Raises:
        InvalidMessageError: Neither is given, or one is malformed (field ``to``).
    """

    phone: str | None = field(default=None, repr=mask_number)
    email: str | None = field(default=None, repr=mask_number)

    def __attrs_post_init__(self) -> None:
        if self.phone is None and self.email is None:
            msg = "a recipient needs a phone number or an e-mail address"
            raise InvalidMessageError(msg, field="to")
        if self.phone is not None and not _is_phone(self.phone):
            raise _bad_recipient()
        if self.email is not None and not _is_email(self.email):
            raise _bad_recipient()


def _bad_recipient() -> InvalidMessageError:
    msg = (
        "the recipient must be '+' and 7 to 15 digits, the first not 0 (such as +37251000000),"
        " or an e-mail address"
    )
    return InvalidMessageError(msg, field="to")


@frozen
class Sms:
    """A text message.

    ``ttl`` is how long delivery is tried before the message expires or the next channel's turn
    comes; None leaves it to the vendor. ``sender`` None means the provider's own default.
    """

    channel: ClassVar[Channel] = Channel.SMS

    text: str = field(repr=mask_text, validator=check_text)
    sender: str | None = field(
        default=None, kw_only=True, repr=mask_sender, validator=check_optional_text
    )
    ttl: timedelta | None = field(default=None, kw_only=True, validator=check_ttl)

    @property
    def segments(self) -> Segments:
        """How many segments the text takes, in which encoding, and which characters forced it."""
        return segments(self.text)


@frozen
class ViberVideo:
    """A video shown in a Viber message.

    ``file_size`` is in bytes. What sizes and durations a vendor takes is in its own documents.
    """

    url: str = field(repr=mask_url, validator=check_url)
    thumbnail_url: str = field(repr=mask_url, validator=check_url)
    file_size: int = field()
    duration: timedelta = field(validator=check_duration)

    @file_size.validator
    def _check_file_size(self, _: Attribute[Any], value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            msg = "file_size must be a size in bytes, at least 1"
            raise InvalidMessageError(msg, field="file_size")


@frozen
class Viber:
    """A Viber message: text, image, button or video, in the combinations that a vendor takes."""

    channel: ClassVar[Channel] = Channel.VIBER

    text: str | None = field(default=None, repr=mask_text, validator=check_optional_text)
    image_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=check_optional_url
    )
    button_text: str | None = field(
        default=None, kw_only=True, repr=mask_text, validator=check_optional_text
    )
    button_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=check_optional_text
    )
    video: ViberVideo | None = field(default=None, kw_only=True, validator=instance_of(ViberVideo))
    sender: str | None = field(
        default=None, kw_only=True, repr=mask_sender, validator=check_optional_text
    )
    ttl: timedelta | None = field(default=None, kw_only=True, validator=check_ttl)

    def __attrs_post_init__(self) -> None:
        if self.text is None and self.image_url is None and self.video is None:
            msg = "a Viber message needs a text, an image_url or a video"
            raise InvalidMessageError(msg, field="text")


def _as_parameters(values: Iterable[str]) -> tuple[str, ...]:
    return texts_of("parameters", values)


@frozen
class WhatsAppTemplate:
    """A template approved by WhatsApp, and the values of its body's placeholders, in order.

    ``language`` is the template's language code, such as ``"en"`` or ``"en_US"``.
    """

    name: str = field(validator=check_text)
    language: str = field(validator=check_text)
    parameters: tuple[str, ...] = field(
        default=(),
        repr=lambda values: f"<{len(values)} parameters>",
        converter=_as_parameters,
    )


@frozen
class WhatsApp:
    """A WhatsApp message: a free text (inside the 24-hour window), or an approved template."""

    channel: ClassVar[Channel] = Channel.WHATSAPP

    text: str | None = field(default=None, repr=mask_text, validator=check_optional_text)
    template: WhatsAppTemplate | None = field(
        default=None, kw_only=True, validator=instance_of(WhatsAppTemplate)
    )
    sender: str | None = field(
        default=None, kw_only=True, repr=mask_sender, validator=check_optional_text
    )
    ttl: timedelta | None = field(default=None, kw_only=True, validator=check_ttl)

    def __attrs_post_init__(self) -> None:
        if (self.text is None) == (self.template is None):
            msg = "a WhatsApp message needs either a text or a template, not both"
            raise InvalidMessageError(msg, field="text")


@frozen
class Email:
    """An e-mail: a plain text or an HTML body, with a subject."""

    channel: ClassVar[Channel] = Channel.EMAIL

    text: str | None = field(default=None, repr=mask_text, validator=check_optional_text)
    subject: str = field(kw_only=True, repr=mask_text, validator=check_text)
    html: str | None = field(
        default=None, kw_only=True, repr=mask_text, validator=check_optional_text
    )
    sender: str | None = field(
        default=None, kw_only=True, repr=mask_sender, validator=check_optional_text
    )
    sender_name: str | None = field(default=None, kw_only=True, validator=check_optional_text)
    ttl: timedelta | None = field(default=None, kw_only=True, validator=check_ttl)

    def __attrs_post_init__(self) -> None:
        if (self.text is None) == (self.html is None):
            msg = "an e-mail needs either a text or an html body, not both"
            raise InvalidMessageError(msg, field="text")


@frozen
class Vk:
    """A VK notification: a text, or a template registered with the vendor and its values."""

    channel: ClassVar[Channel] = Channel.VK

    text: str | None = field(default=None, repr=mask_text, validator=check_optional_text)
    template_id: str | None = field(default=None, kw_only=True, validator=check_optional_text)
    template_data: Mapping[str, str] | None = field(
        default=None,
        kw_only=True,
        converter=copied,
        repr=names_only,
        validator=check_text_mapping,
        hash=False,
    )
    sender: str | None = field(
        default=None, kw_only=True, repr=mask_sender, validator=check_optional_text
    )
    ttl: timedelta | None = field(default=None, kw_only=True, validator=check_ttl)

    def __attrs_post_init__(self) -> None:
        if (self.text is None) == (self.template_id is None):
            msg = "a VK message needs either a text or a template_id, not both"
            raise InvalidMessageError(msg, field="text")
        if self.template_data is not None and self.template_id is None:
            msg = "template_data goes with a template_id"
            raise InvalidMessageError(msg, field="template_data")


Content: TypeAlias = Sms | Viber | WhatsApp | Email | Vk


def _as_contents(content: Content | Iterable[Content]) -> tuple[Content, ...]:
    if isinstance(content, Content):
        return (content,)
    contents = tuple_of(content) or ()
    if not contents or not all(isinstance(item, Content) for item in contents):
        msg = "content must be one or several of Sms, Viber, WhatsApp, Email, Vk"
        raise InvalidMessageError(msg, field="content")
    channels = [item.channel for item in contents]
    if len(set(channels)) != len(channels):
        msg = "content may name each channel once, in the order to try"
        raise InvalidMessageError(msg, field="content")
    return contents


def _as_extra(
    extra: Mapping[str, Mapping[str, Any]] | None,
) -> Mapping[str, Mapping[str, Any]] | None:
    if extra is None or not isinstance(extra, Mapping):
        return extra
    return {
        provider: dict(fields) if isinstance(fields, Mapping) else fields
        for provider, fields in extra.items()
    }


@frozen
class Message:
    """Something to say to one recipient, over one channel or over several in the order to try.

    Attributes:
        to: ``+`` and 7 to 15 digits (E.164), an e-mail address, or a :class:`Recipient`.
        content: One content or several; held as a tuple.
        send_at: When to send; aware. None means now.
        priority: None leaves it to the vendor.
        callback_url: Where the vendor should report delivery, http or https.
        metadata: Text that the vendor carries along; what comes back is in a report's ``raw``.
        reference: Your own name for this message; a new UUID unless given. It is on every receipt,
            error and log record about the message.
        extra: Per provider name, fields merged last into that vendor's object for this message;
            other providers ignore it.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    to: str | Recipient = field(
        repr=lambda to: repr(to) if isinstance(to, Recipient) else mask_number(to)
    )
    content: tuple[Content, ...] = field(converter=_as_contents)
    send_at: datetime | None = field(default=None, kw_only=True)
    priority: Priority | None = field(default=None, kw_only=True)
    callback_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=check_optional_url
    )
    metadata: Mapping[str, str] | None = field(
        default=None,
        kw_only=True,
        converter=copied,
        repr=names_only,
        validator=check_text_mapping,
        hash=False,
    )
    reference: str = field(factory=new_reference, kw_only=True, validator=check_line)
    extra: Mapping[str, Mapping[str, Any]] | None = field(
        default=None, kw_only=True, converter=_as_extra, repr=names_only, hash=False
    )

    def __attrs_post_init__(self) -> None:
        if not (isinstance(self.to, Recipient) or _is_phone(self.to) or _is_email(self.to)):
            raise _bad_recipient()
        if self.send_at is not None and not _is_aware(self.send_at):
            msg = "send_at must be a datetime with a time zone, such as datetime.now(UTC)"
            raise InvalidMessageError(msg, field="send_at")
        if self.priority is not None and not isinstance(self.priority, Priority):
            msg = f"priority must be one of {', '.join(map(str, Priority))}"
            raise InvalidMessageError(msg, field="priority")
        if self.extra is not None and not _is_extra(self.extra):
            msg = "extra must be a mapping of provider names to mappings of fields"
            raise InvalidMessageError(msg, field="extra")

    @property
    def phone(self) -> str | None:
        """The recipient's phone number, ``+`` and digits, if there is one."""
        if isinstance(self.to, Recipient):
            return self.to.phone
        return None if "@" in self.to else self.to

    @property
    def email(self) -> str | None:
        """The recipient's e-mail address, if there is one."""
        if isinstance(self.to, Recipient):
            return self.to.email
        return self.to if "@" in self.to else None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels to try, in order."""
        return tuple([item.channel for item in self.content])


def _is_aware(value: object) -> bool:
    return isinstance(value, datetime) and value.utcoffset() is not None


def _is_extra(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(fields, Mapping) for name, fields in value.items()
    )
