"""Push notifications over Devino: ``POST /push/messages`` (contract sheet, A9; T11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from devino_async.channel_sending import (
    BodyForm,
    ChannelPriority,
    ChannelResult,
    exchange,
    send_request,
)
from devino_async.converter import wire, write_object
from devino_async.fields import (
    flag,
    optional_mapping,
    optional_number,
    optional_seconds,
    optional_word,
)
from devino_async.problems import check_list
from devino_async.rules import check_numeric_id, check_text, up_to
from omni_common.exchange import Request
from omni_common.redaction import mask_text
from omni_common.transport import Transport

__all__ = ["PushMessage", "PushPlatform", "PushResource", "push_request"]

_LONGEST_TITLE = 200
_LONGEST_TEXT = 1024


class PushPlatform(StrEnum):
    """Whose devices a notification is for; other words are taken too (T54)."""

    IOS = "IOS"
    ANDROID = "ANDROID"
    HUAWEI = "HUAWEI"


@frozen(kw_only=True)
class PushMessage:
    """One push notification as Devino takes it.

    Attributes:
        sender: The sender's id, digits; ``from`` on the wire, and a number there (T20, T25).
        to: The device's token.
        title: Up to 200 characters.
        text: Up to 1024 characters.
        priority: One of Devino's words; the older page has the numbers 0 to 3 instead (T41).
        badge: The number on the app's icon.
        validity: How long delivery is tried, 30 to 86,400 whole seconds; None leaves it to Devino,
            whose default is a day. Older pages have other limits.
        platform: Whose devices it is for.
        silent_push: Whether the app gets it without showing it.
        options: Values of the caller's own.
        apns: Settings for Apple's devices, such as ``sound``, ``buttons`` (up to 3) and
            ``linkToMedia``; the rest of its fields is not documented, so it is written as it is.
            An older page demands either this or ``android``.
        android: Settings for Android's devices, written as they are.
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    sender: str | int = field(validator=check_numeric_id, metadata=wire("from", write=int))
    to: str = field(repr=mask_text, validator=check_text)
    title: str = field(repr=mask_text, validator=up_to(_LONGEST_TITLE))
    text: str = field(repr=mask_text, validator=up_to(_LONGEST_TEXT))
    priority: ChannelPriority | str = field(validator=check_text)
    badge: int | None = optional_number()
    validity: timedelta | None = optional_seconds(30, 86_400)
    platform: PushPlatform | str | None = optional_word()
    silent_push: bool = flag()
    options: Mapping[str, Any] | None = optional_mapping()
    apns: Mapping[str, Any] | None = optional_mapping()
    android: Mapping[str, Any] | None = optional_mapping()
    extra: Mapping[str, Any] | None = optional_mapping()


def push_request(
    messages: Sequence[PushMessage], *, body_form: BodyForm = BodyForm.MESSAGES
) -> Request:
    """``POST /push/messages``.

    Raises:
        InvalidMessageError: There are no messages, or several for a body that holds one.
    """
    check_list(messages, PushMessage)
    return send_request("/push/messages", list(map(write_object, messages)), body_form=body_form)


class PushResource:
    """``DevinoClient.push``: send push notifications to apps."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(
        self, messages: Sequence[PushMessage], *, body_form: BodyForm = BodyForm.MESSAGES
    ) -> list[ChannelResult]:
        """Send notifications in one call; returns one result per message, in order.

        A message that Devino rejects does not raise: look at each result's ``outcome``.

        Args:
            messages: What to send. How many a call may hold is not documented.
            body_form: What stands around the messages. Devino does not document it; by default it
                is what SMS, Viber and VK have.

        Raises:
            NotSentError: The whole call was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of the messages.
        """
        request = push_request(messages, body_form=body_form)
        return await exchange(self._transport, request, len(messages))
