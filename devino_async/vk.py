"""VK and OK over Devino: ``POST /vk/messages`` (contract sheet, A9).

The names are those of the newest page. An older one has others (``to``, ``templateData``,
``deliveryPolicy`` in capitals, ``callbackUrl``, ``validity``, ``pushToken``), which are not written
here (T74).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import Any

from attrs import Attribute, field, frozen

from devino_async.channel_sending import (
    ChannelResult,
    exchange,
    send_request,
)
from devino_async.converter import write_object
from devino_async.fields import (
    WITHOUT_PLUS,
    as_tuple,
    optional_mapping,
    optional_numeric_id,
    optional_text,
    optional_url,
    optional_word,
)
from devino_async.problems import check_list, invalid
from devino_async.rules import check_phone, check_text, check_words
from omni_common.exchange import Request
from omni_common.redaction import mask_number, mask_sender
from omni_common.transport import Transport

__all__ = [
    "LARGEST_VK_BATCH",
    "VkDeliveryPolicy",
    "VkMessage",
    "VkResource",
    "VkRoute",
    "vk_request",
]

LARGEST_VK_BATCH = 1000
"""Messages in one call of ``POST /vk/messages``."""


class VkRoute(StrEnum):
    """A network that a message may take; other words are taken too (T54)."""

    VK = "VK"
    OK = "OK"


class VkDeliveryPolicy(StrEnum):
    """Which of a network's users a message may reach; other words are taken too (T54)."""

    ANY = "any"
    MOBILE_DEVICE_REQUIRED = "mobile_device_required"
    VERIFIED_PHONE_NUMBER = "verified_phone_number"


def _check_routes(_: object, attribute: Attribute[Any], value: object) -> None:
    if value != ():
        check_words(_, attribute, value)


@frozen(kw_only=True)
class VkMessage:
    """One message over VK or OK as Devino takes it, made from a template.

    The vendor takes up to 50 messages a second for a group, and 5 a day from a group to a user.

    Attributes:
        phone: The recipient's number, E.164 digits, with or without ``+``; sent without (T53).
        service: The approved sender.
        routes: The networks to try, in order; empty leaves it to Devino, whose default is VK.
        template_id: The template's id, digits; written as a number (T20).
        tmpl: The template in another form than its id; which is not explained.
        tmpl_data: The template's values; ``tmpl_data`` on the wire.
        delivery_policy: Which users it may reach; ``delivery_policy`` on the wire.
        status_url: Where Devino posts what becomes of the message; ``status_url`` on the wire. What
            it posts is not documented.
        callback_data: An object that Devino gives back then (T25).
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    phone: str = field(repr=mask_number, validator=check_phone, metadata=WITHOUT_PLUS)
    service: str = field(repr=mask_sender, validator=check_text)
    routes: tuple[VkRoute | str, ...] = field(
        default=(), converter=as_tuple, validator=_check_routes
    )
    template_id: str | int | None = optional_numeric_id()
    tmpl: str | None = optional_text()
    tmpl_data: Mapping[str, Any] | None = optional_mapping("tmpl_data")
    delivery_policy: VkDeliveryPolicy | str | None = optional_word("delivery_policy")
    status_url: str | None = optional_url("status_url")
    callback_data: Mapping[str, Any] | None = optional_mapping()
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        if self.template_id is None and self.tmpl is None:
            raise invalid("template_id", "or tmpl must be given")


def vk_request(messages: Sequence[VkMessage]) -> Request:
    """``POST /vk/messages``.

    Raises:
        InvalidMessageError: There are no messages, or more than 1000.
    """
    check_list(messages, VkMessage, most=LARGEST_VK_BATCH)
    return send_request("/vk/messages", list(map(write_object, messages)))


class VkResource:
    """``DevinoClient.vk``: send messages over VK and OK."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(self, messages: Sequence[VkMessage]) -> list[ChannelResult]:
        """Send up to 1000 messages in one call; returns one result per message, in order.

        A message that Devino rejects does not raise: look at each result's ``outcome``.

        Raises:
            NotSentError: The whole call was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of the messages.
        """
        return await exchange(self._transport, vk_request(messages), len(messages))
