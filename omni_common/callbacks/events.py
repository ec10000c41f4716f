"""What a vendor's posts can tell, in the shared words."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from attrs import field, frozen

from omni_common.message import Channel
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key
from omni_common.report import DeliveryReport

__all__ = ["Event", "IncomingMessage", "Subscription", "SubscriptionChanged"]


@frozen(kw_only=True)
class IncomingMessage:
    """What a person sent to the account.

    Attributes:
        provider: The provider's name, such as ``messente``.
        id: The vendor's id of it; None where it gave none.
        channel: Over which channel; a word that is not known as it came, None where it is not said.
        sender: The person: ``+`` and digits where it is a phone number, else as it came.
        recipient: The account's own number or name that it was sent to.
        text: What it says.
        at: When, aware; None where the vendor gives no time or names no zone.
        raw: All of it as it came.
        area: What kind of post told it, such as ``devino.sms_incoming``.
    """

    provider: str
    id: str | None = None
    channel: Channel | str | None = field(default=None, repr=shown_key)
    sender: str | None = field(default=None, repr=mask_number)
    recipient: str | None = field(default=None, repr=mask_sender)
    text: str | None = field(default=None, repr=mask_text)
    at: datetime | None = None
    raw: Any = field(default=None, repr=False, hash=False)
    area: str | None = None


class Subscription(Enum):
    """What a recipient decided about the account's messages."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    """Marked a message as unwanted."""


@frozen(kw_only=True)
class SubscriptionChanged:
    """A recipient subscribed, unsubscribed or complained, by way of a message.

    It says nothing of where that message is.

    Attributes:
        provider: The provider's name, such as ``devino``.
        change: What the recipient did.
        id: The id of the message's receipt; empty where the vendor names no message.
        reference: The message's reference, where the vendor's post holds it.
        channel: Over which channel the message had come, where that is said.
        address: The recipient's phone number or e-mail address, where it is said.
        at: When, aware; None where the vendor gives no time or names no zone.
        raw: All of it as it came.
        area: What kind of post told it, such as ``devino.sms_incoming``.
    """

    provider: str
    change: Subscription
    id: str = ""
    reference: str | None = None
    channel: Channel | str | None = field(default=None, repr=shown_key)
    address: str | None = field(default=None, repr=mask_number)
    at: datetime | None = None
    raw: Any = field(default=None, repr=False, hash=False)
    area: str | None = None


Event: TypeAlias = DeliveryReport | IncomingMessage | SubscriptionChanged
"""One thing that a vendor's post tells."""
