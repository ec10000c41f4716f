"""What a trigger sends: one template for each channel (contract sheet, A10).

Texts may hold macros such as ``${name}``, which Devino fills in from the contact's fields. OMNI's
page names hardly any limit; those of the channels' own pages are left to Devino to judge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta, tzinfo
from enum import StrEnum
from typing import Any, TypeAlias

from attrs import Attribute, evolve, field, frozen
from attrs.validators import optional

from devino_async.converter import write_object
from devino_async.fields import (
    FROM,
    as_tuple,
    optional_flag,
    optional_link,
    optional_mapping,
    optional_seconds,
    optional_text,
    optional_text_or_mapping,
    optional_url,
    optional_word,
)
from devino_async.ids import is_id
from devino_async.omni.channel import OmniChannel
from devino_async.omni.push_templates import PushTemplate, PushWalletTemplate
from devino_async.problems import invalid
from devino_async.query import clock_text, is_whole
from devino_async.rules import check_line, check_text, check_words
from devino_async.sms.message import LONGEST_VALIDITY, check_length
from devino_async.vk import VkRoute
from omni_common.converter import JsonError, dumps
from omni_common.redaction import mask_number, mask_sender, mask_text

__all__ = [
    "EmailTemplate",
    "OmniTemplate",
    "SmsTemplate",
    "ViberTemplate",
    "VkTemplate",
    "VkTemplatePolicy",
    "channel_of",
    "check_template",
    "template_object",
    "template_problem",
]

_UNSUBSCRIBE = "${Unsubscribe}"
_OTHER_UNSUBSCRIBE = re.compile(
    r"\[Unsubscribe\]|\{\{\s*Unsubscribe\s*\}\}|\$\{Unsubscribe\}", re.IGNORECASE
)


class VkTemplatePolicy(StrEnum):
    """Whom a VK template reaches; the channel's own page spells the words in small letters."""

    ANY = "ANY"
    MOBILE_DEVICE_REQUIRED = "MOBILE_DEVICE_REQUIRED"
    """Only who has the network's app and opened it within seven days."""


def _check_unsubscribe(_: object, attribute: Attribute[Any], value: str) -> None:
    if _UNSUBSCRIBE in value:
        return
    demand = f"must hold {_UNSUBSCRIBE}, or Devino does not send the letter"
    if (other := _OTHER_UNSUBSCRIBE.search(value)) is not None:
        demand += f"; {other[0]} is not how OMNI spells it"
    raise invalid(attribute.name, demand)


def _is_file_id(value: object) -> bool:
    return is_id(value) or is_whole(value)


def _check_attachment_ids(_: object, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, tuple) or not all(map(_is_file_id, value)):
        raise invalid(attribute.name, "must be a list of the ids that the upload of files gave")


@frozen(kw_only=True)
class SmsTemplate:
    """An SMS (``smsTemplate``).

    Attributes:
        sender: The approved sender's name; ``from`` on the wire.
        text: Its text, at most as long as that of an ``SmsMessage``.
        validity: How long delivery is tried, 0 to 259,200 whole seconds.
        shorten_url: Have links shortened. Only the later version of the page has it.
        extra: Further fields of the template, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed or out of range; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    text: str = field(repr=mask_text, validator=[check_text, check_length])
    validity: timedelta | None = optional_seconds(0, LONGEST_VALIDITY // timedelta(seconds=1))
    shorten_url: bool | None = optional_flag()
    extra: Mapping[str, Any] | None = optional_mapping()


@frozen(kw_only=True)
class ViberTemplate:
    """A Viber message (``viberTemplate``): a text, an image, or both, perhaps with a button.

    Attributes:
        sender: The approved sender's name; ``from`` on the wire.
        text: Its text.
        action: What the button opens: a URL or a deep link.
        caption: What is written on the button.
        image: URL of a picture.
        validity: How long delivery is tried, in whole seconds.
        extra: Further fields of the template, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed, a button lacks one of its two fields, or there
            is neither text nor image; ``field`` names what.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    text: str | None = optional_text()
    action: str | None = optional_link()
    caption: str | None = optional_text()
    image: str | None = optional_url()
    validity: timedelta | None = optional_seconds()
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        if self.text is None and self.image is None and not self.extra:
            raise invalid("text", "or image must be given")
        if (self.action is None) != (self.caption is None):
            missing = "action" if self.action is None else "caption"
            raise invalid(missing, "is missing: a button needs action and caption")


@frozen(kw_only=True)
class EmailTemplate:
    """A letter (``emailTemplate``), in HTML, as plain text, or in both forms.

    Each form that is given must hold the macro ``${Unsubscribe}``: Devino sends no letter that
    lacks it. Other calls spell the same macro ``[Unsubscribe]`` (T55).

    Attributes:
        source_address: The sender's address, whose domain Devino has approved.
        source_name: The sender's name.
        subject: The subject.
        html_body: The letter in HTML; ``${WebVersion}`` is a link to it on the web.
        plain_text: The letter as plain text.
        attachment_ids: Ids of files, passed on as they are. Devino declares them integers, while
            the upload of files gives text (T24).
        extra: Further fields of the template, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed, there is no body, or one lacks the macro;
            ``field`` names what.
    """

    source_address: str = field(repr=mask_number, validator=check_line)
    subject: str = field(repr=mask_text, validator=check_line)
    source_name: str | None = field(default=None, repr=mask_sender, validator=optional(check_line))
    html_body: str | None = field(
        default=None,
        repr=mask_text,
        validator=optional([check_text, _check_unsubscribe]),
    )
    plain_text: str | None = field(
        default=None,
        repr=mask_text,
        validator=optional([check_text, _check_unsubscribe]),
    )
    attachment_ids: tuple[str | int, ...] = field(
        default=(), converter=as_tuple, validator=_check_attachment_ids
    )
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        if self.html_body is None and self.plain_text is None:
            raise invalid("html_body", "or plain_text must be given")


@frozen(kw_only=True)
class VkTemplate:
    """A message over VK or OK, made from a template that Devino keeps (``vkTemplate``).

    Attributes:
        template_id: The template's id at Devino.
        routes: The networks, in the order to try.
        template_data: What to fill into the template.
        delivery_policy: Whom to reach; Devino takes ``ANY`` unless told.
        validity: How long delivery is tried, 15 to 86,400 whole seconds. One version of the page
            begins at 60.
        callback_data: What callbacks echo: text, as the table has it, or an object (T25).
        callback_url: Where Devino posts statuses.
        extra: Further fields of the template, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    template_id: str = field(validator=check_text)
    routes: tuple[VkRoute | str, ...] = field(converter=as_tuple, validator=check_words)
    template_data: Mapping[str, Any] | None = optional_mapping()
    delivery_policy: VkTemplatePolicy | str | None = optional_word()
    validity: timedelta | None = optional_seconds(15, 86_400)
    callback_data: Mapping[str, Any] | str | None = optional_text_or_mapping()
    callback_url: str | None = optional_url()
    extra: Mapping[str, Any] | None = optional_mapping()


OmniTemplate: TypeAlias = (
    SmsTemplate | ViberTemplate | EmailTemplate | PushTemplate | PushWalletTemplate | VkTemplate
)
"""What a trigger sends; the class of a template says over which channel."""

_KINDS: Mapping[type, tuple[str, OmniChannel]] = {
    SmsTemplate: ("smsTemplate", OmniChannel.SMS),
    ViberTemplate: ("viberTemplate", OmniChannel.VIBER),
    EmailTemplate: ("emailTemplate", OmniChannel.EMAIL),
    PushTemplate: ("pushTemplate", OmniChannel.PUSH),
    PushWalletTemplate: ("pushWalletTemplate", OmniChannel.PUSH_WALLET),
    VkTemplate: ("vkTemplate", OmniChannel.VK),
}


def check_template(_: object, attribute: Attribute[Any], value: object) -> None:
    """A template, or a mapping that holds one as the vendor writes it."""
    if (problem := template_problem(value)) is not None:
        raise invalid(attribute.name, problem)


def template_problem(template: object) -> str | None:
    """Why *template* is none, nor a mapping that holds one; None if it is."""
    if type(template) in _KINDS:
        return None
    if not isinstance(template, Mapping):
        return f"must be one of {', '.join(kind.__name__ for kind in _KINDS)}, or a mapping"
    if len(template) != 1:
        return "must hold exactly one template, such as smsTemplate"
    try:
        dumps(dict(template))
    except JsonError as error:
        return f"cannot be written as JSON: {error}"
    return None


def channel_of(template: object) -> OmniChannel | None:
    """The channel that *template* is for; None for a mapping, which says nothing of it."""
    kind = _KINDS.get(type(template))
    return None if kind is None else kind[1]


def template_object(
    template: OmniTemplate | Mapping[str, Any], zone: tzinfo | None
) -> dict[str, Any]:
    """*template* as it stands on the wire: ``{"smsTemplate": {...}}``. A mapping stays as it is.

    Raises:
        InvalidMessageError: A time names a zone while *zone*, the account's, is not known.
    """
    if isinstance(template, Mapping):
        return dict(template)
    key, _ = _KINDS[type(template)]
    if isinstance(template, PushWalletTemplate) and template.scheduled_time is not None:
        time = clock_text(
            template.scheduled_time, zone, name="scheduled_time", separator="T", refusal=invalid
        )
        extra = {"scheduledTime": time, **(template.extra or {})}
        template = evolve(template, scheduled_time=None, extra=extra)
    return {key: write_object(template)}
