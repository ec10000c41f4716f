"""Notifications to wallet cards over Devino: ``POST /wallet/messages`` (contract sheet, A9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from devino_async.channel_sending import (
    BodyForm,
    ChannelResult,
    exchange,
    send_request,
)
from devino_async.converter import write_object
from devino_async.fields import (
    FROM,
    WITHOUT_PLUS,
    optional_mapping,
    optional_one_of,
    optional_seconds,
    optional_text,
    optional_time,
    optional_url,
)
from devino_async.problems import check_list, invalid
from devino_async.rules import check_phone, check_text, one_of
from omni_common.exchange import Request
from omni_common.redaction import mask_number, mask_sender
from omni_common.transport import Transport

__all__ = [
    "PushWalletDeeplink",
    "PushWalletMessage",
    "PushWalletPayload",
    "PushWalletResource",
    "PushWalletTarget",
    "push_wallet_request",
]

_LONGEST_TITLE = 50
_LONGEST_MESSAGE = 2048
_LONGEST_IMAGE = 512
_LONGEST_CAMPAIGN_ID = 512


class PushWalletTarget(StrEnum):
    """What a notification opens; other words are taken too (T54)."""

    CARD = "card"
    CAMPAIGN = "campaign"
    CAMPAIGNS = "campaigns"


@frozen(kw_only=True)
class PushWalletDeeplink:
    """Where a notification leads.

    Attributes:
        target: What it opens.
        campaign_id: Up to 512 characters; required for ``campaign``.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    target: PushWalletTarget | str = field(validator=check_text)
    campaign_id: str | None = optional_text(_LONGEST_CAMPAIGN_ID)

    def __attrs_post_init__(self) -> None:
        if self.target == PushWalletTarget.CAMPAIGN and self.campaign_id is None:
            raise invalid("campaign_id", "must be given for the target campaign")


@frozen(kw_only=True)
class PushWalletPayload:
    """What a notification shows. Devino demands none of the fields; an empty one is refused here.

    Attributes:
        title: Up to 50 characters.
        message: Up to 2048 characters.
        image: Up to 512 characters; what it holds is not documented.
        deeplink: Where it leads.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    title: str | None = optional_text(_LONGEST_TITLE)
    message: str | None = optional_text(_LONGEST_MESSAGE)
    image: str | None = optional_text(_LONGEST_IMAGE)
    deeplink: PushWalletDeeplink | None = optional_one_of(PushWalletDeeplink)

    def __attrs_post_init__(self) -> None:
        if not any((self.title, self.message, self.image, self.deeplink)):
            raise invalid("message", "or a title, an image or a deeplink must be given")


@frozen(kw_only=True)
class PushWalletMessage:
    """One notification to a wallet card as Devino takes it.

    Attributes:
        sender: The sender's name; ``from`` on the wire.
        to: The card holder's number, E.164 digits, with or without ``+``; sent without (T53).
        payload: What it shows.
        callback_url: Where Devino posts what becomes of the message. What it posts is not
            documented.
        callback_data: An object that Devino gives back then (T25).
        scheduled_time: When to send, aware, of whole seconds. Devino says UTC on one page and
            "local date and time" on another and shows no example (T29); it is written as
            ``YYYY-MM-DDThh:mm:ss`` in UTC. Where that is refused, put another form into ``extra``
            as ``scheduledTime``.
        merge_key: A key of the caller's own that joins answers to requests.
        validity: How long delivery is tried, whole seconds; its limits are not documented.
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    to: str = field(repr=mask_number, validator=check_phone, metadata=WITHOUT_PLUS)
    payload: PushWalletPayload = field(validator=one_of(PushWalletPayload))
    callback_url: str | None = optional_url()
    callback_data: Mapping[str, Any] | None = optional_mapping()
    scheduled_time: datetime | None = optional_time(separator="T")
    merge_key: str | None = optional_text()
    validity: timedelta | None = optional_seconds(1)
    extra: Mapping[str, Any] | None = optional_mapping()


def push_wallet_request(
    messages: Sequence[PushWalletMessage], *, body_form: BodyForm = BodyForm.ARRAY
) -> Request:
    """``POST /wallet/messages``.

    Raises:
        InvalidMessageError: There are no messages, or several for a body that holds one.
    """
    check_list(messages, PushWalletMessage)
    return send_request("/wallet/messages", list(map(write_object, messages)), body_form=body_form)


class PushWalletResource:
    """``DevinoClient.push_wallet``: send notifications to wallet cards."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(
        self, messages: Sequence[PushWalletMessage], *, body_form: BodyForm = BodyForm.ARRAY
    ) -> list[ChannelResult]:
        """Send notifications in one call; returns one result per message, in order.

        A message that Devino rejects does not raise: look at each result's ``outcome``.

        Args:
            messages: What to send. How many a call may hold is not documented.
            body_form: What stands around the messages: a bare array in 0.2.0, a single object on
                the older page (T7).

        Raises:
            NotSentError: The whole call was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of the messages.
        """
        request = push_wallet_request(messages, body_form=body_form)
        return await exchange(self._transport, request, len(messages))
