"""What Devino posts about SMS: statuses of those sent, and those that came in (A2 and A3).

Answer every callback with 200 at once (T75). They are not signed (T68), may come twice and in any
order (T60): merge their states with ``omni_common.report.merge``.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from devino_async.answers import state_of
from devino_async.callbacks import read_events
from devino_async.converter import EpochTime, wire
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key
from omni_common.report import DeliveryState

__all__ = ["IncomingSms", "SmsStatusEvent", "read_callbacks", "read_incoming"]


@frozen(kw_only=True)
class SmsStatusEvent:
    """A message got a new status.

    The ``options`` of the message are echoed too, but under which key is not documented: they are
    in ``raw``.

    Attributes:
        message_id: The id that the send gave.
        ts: When, aware, in UTC (T34).
        status: Devino's word; see :attr:`state`. The documented ones are ``ACCEPTED``,
            ``SCHEDULED``, ``ENROUTE``, ``SENT``, ``DELIVERED``, ``EXPIRED``, ``CLICKED``,
            ``UNDELIVERABLE``, ``REJECTED`` and ``UNKNOWN``.
        error_code: 0 for none; 2005 was seen with REJECTED; what it means is not documented.
        raw: The event as it came.
    """

    message_id: str | None = None
    ts: EpochTime | None = None
    status: str | None = field(default=None, repr=shown_key)
    error_code: int | None = None
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def state(self) -> DeliveryState:
        """The shared word for ``status``; UNKNOWN where there is none for it (T57)."""
        return state_of(self.status)


@frozen(kw_only=True)
class IncomingSms:
    """A text message that somebody sent to the account.

    Attributes:
        incoming_message_id: Devino's id of it, declared a number and shown as text (T21).
        to: The account's name or number that it was sent to.
        sender: Who sent it, a phone number without ``+``; ``from`` on the wire.
        text: Its text.
        transaction_id: The operator's id of the transaction.
        prefix: The keyword that it begins with.
        operator: The sender's operator.
        country_name: The sender's country: a code such as ``ru``, whatever the name says.
        ts: When it was received, aware, in UTC (T34).
        raw: The event as it came.
    """

    incoming_message_id: str | None = None
    to: str | None = field(default=None, repr=mask_sender)
    sender: str | None = field(default=None, repr=mask_number, metadata=wire("from"))
    text: str | None = field(default=None, repr=mask_text)
    transaction_id: str | None = None
    prefix: str | None = field(default=None, repr=mask_text)
    operator: str | None = field(default=None, repr=shown_key)
    country_name: str | None = field(default=None, repr=shown_key)
    ts: EpochTime | None = None
    raw: Any = field(default=None, repr=False, hash=False)


def read_callbacks(body: bytes) -> tuple[SmsStatusEvent, ...]:
    """The events of a status callback: an array of them, or a single one (T7).

    Raises:
        CallbackError: *body* is neither.
    """
    return read_events(SmsStatusEvent, body)


def read_incoming(body: bytes) -> tuple[IncomingSms, ...]:
    """The messages of an incoming-message callback: a single one, or an array of them (T7).

    Raises:
        CallbackError: *body* is neither.
    """
    return read_events(IncomingSms, body)
