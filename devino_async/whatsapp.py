"""WhatsApp over Devino: ``POST /whatsapp/messages``, and the direct API (contract sheet, A9).

What stands around a message is documented nowhere; by default nothing does. The direct API,
``POST /whatsapp/v2/messages``, is close to WhatsApp's own interface; the fields of its content
objects are not documented, so they are written as they are given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta, tzinfo
from enum import StrEnum
from typing import Any

from attrs import Attribute, evolve, field, frozen

from devino_async.channel_sending import (
    BodyForm,
    ChannelResult,
    check_message,
    exchange,
    send_request,
)
from devino_async.converter import write_object
from devino_async.fields import (
    FROM,
    WITHOUT_PLUS,
    flag,
    optional_mapping,
    optional_seconds,
    optional_text,
    optional_text_or_mapping,
    optional_url,
)
from devino_async.problems import invalid
from devino_async.rules import check_mapping, check_phone, check_text
from omni_common.exchange import Request
from omni_common.redaction import mask_number, mask_sender
from omni_common.rules import copied, names_only
from omni_common.transport import Transport

__all__ = [
    "WhatsAppDirectMessage",
    "WhatsAppMessage",
    "WhatsAppResource",
    "WhatsAppType",
    "whatsapp_direct_request",
    "whatsapp_request",
]

_LONGEST_TEXT = 1000
_LONGEST_CONTENT_NAME = 100

_POSITION = re.compile(r"[1-9][0-9]{0,3}")
_HEAD = frozenset(
    {"from", "to", "recipient_type", "callbackUrl", "callbackData", "preview_url", "type"}
)


def _check_positions(_: object, attribute: Attribute[Any], value: Any) -> None:
    check_mapping(_, attribute, value)
    if not all(_POSITION.fullmatch(name) for name in value):
        raise invalid(attribute.name, "must be a mapping of positions, such as 1, to values")


class WhatsAppType(StrEnum):
    """What a message of the direct API holds; other words are taken too (T54)."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    CONTACT = "contact"
    LOCATION = "location"
    TEMPLATE = "template"
    INTERACTIVE = "interactive"


@frozen(kw_only=True)
class WhatsAppMessage:
    """One WhatsApp message as Devino takes it: a text, a file or a template.

    Attributes:
        sender: The sender's name or number; ``from`` on the wire.
        to: E.164 digits, with or without ``+``; sent without, as this call demands (T53).
        text: Up to 1000 characters.
        validity: How long the delivery of a template is tried, whole seconds; None leaves it to
            Devino, whose default is a day.
        content_url: URL of a file.
        content_name: The file's name, up to 100 characters.
        content_type: The file's MIME type.
        callback_url: Where Devino posts what becomes of the message. What it posts is not
            documented.
        callback_data: Text that Devino gives back then: here it is no object (T25).
        template_id: The approved template to send.
        template_params: The template's values by their positions, written as text: ``{"1": ...}``.
        language_code: The template's language; None leaves it to Devino, whose default is ``EN``.
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    to: str = field(repr=mask_number, validator=check_phone, metadata=WITHOUT_PLUS)
    text: str | None = optional_text(_LONGEST_TEXT)
    validity: timedelta | None = optional_seconds(1)
    content_url: str | None = optional_url()
    content_name: str | None = optional_text(_LONGEST_CONTENT_NAME)
    content_type: str | None = optional_text()
    callback_url: str | None = optional_url()
    callback_data: str | None = optional_text()
    template_id: str | None = optional_text()
    template_params: Mapping[str, Any] | None = optional_mapping(check=_check_positions)
    language_code: str | None = optional_text()
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        if not any((self.text, self.content_url, self.template_id)):
            raise invalid("text", "or a content_url or a template_id must be given")


@frozen(kw_only=True)
class WhatsAppDirectMessage:
    """One message of the direct API: what it is about is documented, what it holds is not.

    Written with ``"recipient_type": "individual"``, the one documented.

    Attributes:
        sender: The sender's name or number; ``from`` on the wire.
        to: E.164 digits, with or without ``+``; sent without, as this call demands (T53).
        type: What kind of content it holds.
        content: The content objects by Devino's names for them, such as ``{"text": {...}}``. Known
            names are ``text``, ``audio``, ``document``, ``image``, ``video`` and ``contacts``;
            what they hold is not documented, so they are written as they are.
        callback_url: Where Devino posts what becomes of the message. What it posts is not
            documented.
        callback_data: What Devino gives back then: text or an object, since the page tells no type
            here (T25).
        preview_url: Whether a link in a text is shown with a preview; ``preview_url`` on the wire.
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    to: str = field(repr=mask_number, validator=check_phone, metadata=WITHOUT_PLUS)
    type: WhatsAppType | str = field(validator=check_text)
    content: Mapping[str, Any] = field(converter=copied, repr=names_only, hash=False)
    callback_url: str | None = optional_url()
    callback_data: Mapping[str, Any] | str | None = optional_text_or_mapping()
    preview_url: bool = flag("preview_url")
    extra: Mapping[str, Any] | None = optional_mapping()

    @content.validator
    def _check_content(self, attribute: Attribute[Any], value: Any) -> None:
        check_mapping(self, attribute, value)
        if not value:
            raise invalid(attribute.name, "must hold at least one object")
        if not _HEAD.isdisjoint(value):
            raise invalid(attribute.name, "must not hold a field that the message has itself")


def whatsapp_request(message: WhatsAppMessage, *, body_form: BodyForm = BodyForm.SINGLE) -> Request:
    """``POST /whatsapp/messages``.

    Raises:
        InvalidMessageError: *message* is no ``WhatsAppMessage``.
    """
    check_message(message, WhatsAppMessage)
    return send_request("/whatsapp/messages", [write_object(message)], body_form=body_form)


def whatsapp_direct_request(
    message: WhatsAppDirectMessage, *, body_form: BodyForm = BodyForm.SINGLE
) -> Request:
    """``POST /whatsapp/v2/messages``.

    Raises:
        InvalidMessageError: *message* is no ``WhatsAppDirectMessage``.
    """
    check_message(message, WhatsAppDirectMessage)
    head = dict(write_object(evolve(message, extra=None)))
    content = head.pop("content")
    body = {**head, "recipient_type": "individual", **content, **(message.extra or {})}
    return send_request("/whatsapp/v2/messages", [body], body_form=body_form)


class WhatsAppResource:
    """``DevinoClient.whatsapp``: send WhatsApp messages."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(
        self, message: WhatsAppMessage, *, body_form: BodyForm = BodyForm.SINGLE
    ) -> ChannelResult:
        """Send a message. One that Devino rejects does not raise: look at the ``outcome``.

        Args:
            message: What to send.
            body_form: What stands around the message, which Devino does not document.

        Raises:
            NotSentError: The call was refused or never left.
            OutcomeUnknownError: It is not known whether the message was sent.
        """
        request = whatsapp_request(message, body_form=body_form)
        [result] = await exchange(self._transport, request, 1)
        return result

    async def send_direct(
        self, message: WhatsAppDirectMessage, *, body_form: BodyForm = BodyForm.SINGLE
    ) -> ChannelResult:
        """Send a message over the direct API, whose content is WhatsApp's own.

        One that Devino rejects does not raise: look at the ``outcome``.

        Args:
            message: What to send.
            body_form: What stands around the message, which Devino does not document.

        Raises:
            NotSentError: The call was refused or never left.
            OutcomeUnknownError: It is not known whether the message was sent.
        """
        request = whatsapp_direct_request(message, body_form=body_form)
        [result] = await exchange(self._transport, request, 1)
        return result
