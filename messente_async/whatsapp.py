"""WhatsApp as a part of an omnimessage: approved templates, and free content in a conversation.

A template may be sent at any time. Everything else is a service message, which WhatsApp delivers
only within 24 hours of the recipient's last message; whether that window is open is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

from attrs import field, frozen
from attrs.validators import optional

from messente_async import _rules as rules
from omni_common.converter import ALWAYS_WRITTEN
from omni_common.redaction import mask_sender, mask_text, mask_url

__all__ = [
    "WhatsApp",
    "WhatsAppAudio",
    "WhatsAppComponent",
    "WhatsAppCurrency",
    "WhatsAppDatetime",
    "WhatsAppDocument",
    "WhatsAppImage",
    "WhatsAppLanguage",
    "WhatsAppMedia",
    "WhatsAppParameter",
    "WhatsAppSticker",
    "WhatsAppTemplate",
    "WhatsAppText",
    "WhatsAppVideo",
]


@frozen
class WhatsAppLanguage:
    """A template's language code, such as ``"en"`` or ``"en_US"``, and WhatsApp's policy for it."""

    code: str = field(validator=rules.text())
    policy: str | None = field(default=None, validator=optional(rules.text()))


@frozen
class WhatsAppCurrency:
    """An amount of money in a template.

    Attributes:
        fallback_value: What is shown where the amount cannot be put in the reader's own way.
        code: Three letters of ISO 4217.
        amount_1000: The amount times 1000, as text of digits.
    """

    fallback_value: str = field(repr=mask_text, validator=rules.text())
    code: str = field(validator=rules.pattern("[A-Z]{3}", "three capital letters"))
    amount_1000: str = field(repr=mask_text, validator=rules.pattern("-?[0-9]+", "text of digits"))


@frozen
class WhatsAppDatetime:
    """A date and time in a template, as the text to show."""

    fallback_value: str = field(repr=mask_text, validator=rules.text())


@frozen(kw_only=True)
class WhatsAppMedia:
    """A picture, document or video in a template: either uploaded before (``id``), or a ``link``.

    ``filename`` is for documents. (A service message spells it ``file_name``, T49.)

    Raises:
        InvalidMessageError: Both or neither of ``id`` and ``link`` are given.
    """

    id: str | None = field(default=None, validator=optional(rules.text()))
    link: str | None = field(default=None, repr=mask_url, validator=optional(rules.web_link()))
    caption: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))
    filename: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))

    def __attrs_post_init__(self) -> None:
        rules.exactly_one(self, "id", "link")


@frozen
class WhatsAppParameter:
    """The value of one placeholder. ``type`` names which of the other fields holds it."""

    type: str = field(validator=rules.text())
    text: str | None = field(
        default=None, kw_only=True, repr=mask_text, validator=optional(rules.text())
    )
    currency: WhatsAppCurrency | None = field(
        default=None, kw_only=True, validator=optional(rules.a(WhatsAppCurrency))
    )
    date_time: WhatsAppDatetime | None = field(
        default=None, kw_only=True, validator=optional(rules.a(WhatsAppDatetime))
    )
    image: WhatsAppMedia | None = field(
        default=None, kw_only=True, validator=optional(rules.a(WhatsAppMedia))
    )
    document: WhatsAppMedia | None = field(
        default=None, kw_only=True, validator=optional(rules.a(WhatsAppMedia))
    )
    video: WhatsAppMedia | None = field(
        default=None, kw_only=True, validator=optional(rules.a(WhatsAppMedia))
    )
    coupon_code: str | None = field(
        default=None, kw_only=True, repr=mask_text, validator=optional(rules.text())
    )
    payload: str | None = field(
        default=None, kw_only=True, repr=mask_text, validator=optional(rules.text())
    )


def _as_parameters(values: Iterable[WhatsAppParameter]) -> tuple[WhatsAppParameter, ...]:
    return rules.as_tuple(values)


@frozen
class WhatsAppComponent:
    """A part of a template that has placeholders: header, body or a button.

    ``index`` is the button's place, from 0.
    """

    type: str = field(validator=rules.text())
    sub_type: str | None = field(default=None, kw_only=True, validator=optional(rules.text()))
    index: int | None = field(
        default=None, kw_only=True, validator=optional(rules.whole(at_least=0))
    )
    parameters: tuple[WhatsAppParameter, ...] = field(
        default=(),
        kw_only=True,
        converter=_as_parameters,
        validator=rules.several(WhatsAppParameter),
    )


def _as_components(values: Iterable[WhatsAppComponent]) -> tuple[WhatsAppComponent, ...]:
    return rules.as_tuple(values)


@frozen
class WhatsAppTemplate:
    """A template approved by WhatsApp, and the values of its placeholders."""

    name: str = field(validator=rules.text())
    language: WhatsAppLanguage = field(validator=rules.a(WhatsAppLanguage))
    components: tuple[WhatsAppComponent, ...] = field(
        default=(),
        converter=_as_components,
        validator=rules.several(WhatsAppComponent),
        metadata=ALWAYS_WRITTEN,  # one of the vendor's two documents requires it (T49)
    )


@frozen
class WhatsAppText:
    """A free text. ``preview_url`` None leaves the preview of a link on, as Messente has it."""

    body: str = field(repr=mask_text, validator=rules.text())
    preview_url: bool | None = field(default=None, validator=optional(rules.a(bool)))


@frozen(kw_only=True)
class _Media:
    """A file: either uploaded before (``id``), or a ``link``."""

    id: str | None = field(default=None, validator=optional(rules.text()))
    link: str | None = field(default=None, repr=mask_url, validator=optional(rules.web_link()))
    mime_type: str | None = field(default=None, validator=optional(rules.text()))

    def __attrs_post_init__(self) -> None:
        rules.exactly_one(self, "id", "link")


@frozen(kw_only=True)
class WhatsAppImage(_Media):
    """A picture: either uploaded before (``id``), or a ``link``."""

    caption: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))


@frozen(kw_only=True)
class WhatsAppVideo(_Media):
    """A video: either uploaded before (``id``), or a ``link``."""

    caption: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))


@frozen(kw_only=True)
class WhatsAppAudio(_Media):
    """A recording: either uploaded before (``id``), or a ``link``."""


@frozen(kw_only=True)
class WhatsAppDocument(_Media):
    """A document: either uploaded before (``id``), or a ``link``."""

    caption: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))
    file_name: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))


@frozen(kw_only=True)
class WhatsAppSticker(_Media):
    """A sticker: either uploaded before (``id``), or a ``link``."""

    animated: bool | None = field(default=None, validator=optional(rules.a(bool)))


@frozen(kw_only=True)
class WhatsApp:
    """A WhatsApp message: a template, or one service message.

    Attributes:
        template: An approved template.
        text: A free text.
        image: A picture.
        video: A video.
        audio: A recording.
        document: A document.
        sender: A number registered for the account; None means the account's default.
        sticker: A sticker.
        ttl: How long this channel is tried before the next one's turn comes (T40), in whole
            seconds; None leaves it to Messente.
        validity: The same in whole minutes (T38); only one of the two may be given.

    Raises:
        InvalidMessageError: A value is malformed, or not exactly one content is given; ``field``
            names it.
    """

    channel: ClassVar[str] = "whatsapp"

    template: WhatsAppTemplate | None = field(
        default=None, validator=optional(rules.a(WhatsAppTemplate))
    )
    text: WhatsAppText | None = field(default=None, validator=optional(rules.a(WhatsAppText)))
    image: WhatsAppImage | None = field(default=None, validator=optional(rules.a(WhatsAppImage)))
    video: WhatsAppVideo | None = field(default=None, validator=optional(rules.a(WhatsAppVideo)))
    audio: WhatsAppAudio | None = field(default=None, validator=optional(rules.a(WhatsAppAudio)))
    document: WhatsAppDocument | None = field(
        default=None, validator=optional(rules.a(WhatsAppDocument))
    )
    sticker: WhatsAppSticker | None = field(
        default=None, validator=optional(rules.a(WhatsAppSticker))
    )
    sender: str | None = field(default=None, repr=mask_sender, validator=optional(rules.text()))
    ttl: timedelta | None = field(default=None, validator=optional(rules.seconds()))
    validity: rules.Minutes | None = field(default=None, validator=optional(rules.minutes()))

    def __attrs_post_init__(self) -> None:
        rules.one_lifetime(self)
        rules.exactly_one(
            self, "template", "text", "image", "video", "audio", "document", "sticker"
        )
