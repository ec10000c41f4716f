"""Where a message is on its way: delivery states, how they merge, and the report of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from attrs import field, frozen

from omni_common.errors import OmniError
from omni_common.message import Channel
from omni_common.redaction import mask_text, shown_key, shown_keys, shown_time

__all__ = [
    "DeliveryFault",
    "DeliveryReport",
    "DeliveryState",
    "PartReport",
    "Price",
    "StatusResult",
    "merge",
    "overall_state",
]


class DeliveryState(Enum):
    """Where a message that was accepted is on its way to the recipient.

    Not to be confused with ``Outcome``, which says how a *send* ended.
    """

    ACCEPTED = "accepted"
    """The vendor has it."""
    SCHEDULED = "scheduled"
    """The vendor holds it until its time."""
    SENDING = "sending"
    """On its way to the operator."""
    SENT = "sent"
    """The operator has it."""
    DELIVERED = "delivered"
    """On the recipient's device."""
    READ = "read"
    """Opened by the recipient."""
    CLICKED = "clicked"
    """A link or button in it was followed."""
    UNDELIVERED = "undelivered"
    """It could not be delivered."""
    EXPIRED = "expired"
    """Its time to live ran out first."""
    REJECTED = "rejected"
    """The operator or the vendor refused it after accepting it."""
    CANCELLED = "cancelled"
    """Taken back before it was sent."""
    UNKNOWN = "unknown"
    """The vendor said something that has no place here; ``raw_state`` has its word."""

    @property
    def is_final(self) -> bool:
        """Whether no other *delivery* outcome is expected; READ and CLICKED may still follow."""
        return _RANK[self] >= _FIRST_FINAL_RANK

    @property
    def has_arrived(self) -> bool:
        """Whether the recipient has the message: DELIVERED, READ or CLICKED."""
        return _RANK[self] >= _RANK[DeliveryState.DELIVERED]

    @property
    def rank(self) -> int:
        """Its place in the order by which states merge: what is further along has a greater one."""
        return _RANK[self]

    def reaches(self, wanted: DeliveryState) -> bool:
        """Whether a message in this state got as far as *wanted*, or further (section E)."""
        return _RANK[self] >= _RANK[wanted]


# The total order of the contract sheet, section E. Vendors repeat and reorder reports (T60), so
# what counts is how far a message got, never when it was said: a late "delivered" beats
# "expired".
_ORDER = (
    DeliveryState.ACCEPTED,
    DeliveryState.SCHEDULED,
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.UNDELIVERED,
    DeliveryState.EXPIRED,
    DeliveryState.REJECTED,
    DeliveryState.CANCELLED,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
    DeliveryState.CLICKED,
)
_RANK = {state: rank for rank, state in enumerate(_ORDER)}
_FIRST_FINAL_RANK = _RANK[DeliveryState.UNDELIVERED]


def merge(states: Iterable[DeliveryState]) -> DeliveryState:
    """The state of one message part, from all that was ever reported of it, in any order.

    Raises:
        ValueError: *states* is empty.
    """
    return max(states, key=_RANK.__getitem__)


def overall_state(parts: Sequence[DeliveryState]) -> DeliveryState:
    """The state of a message from the states of its channels, given in the order they are tried.

    One channel that reached the recipient decides. Otherwise a channel still under way keeps the
    message under way, whatever became of those before it (T59). Otherwise the last channel's
    failure is the message's.

    Raises:
        ValueError: *parts* is empty.
    """
    best = merge(parts)
    if best.has_arrived:
        return best
    under_way = [state for state in parts if not state.is_final]
    return merge(under_way) if under_way else parts[-1]


@frozen
class DeliveryFault:
    """Why a message was not delivered: the vendor's code and words, as it gave them."""

    code: str | None = field(repr=shown_key)
    text: str | None = field(default=None, repr=mask_text)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.code, self.text)))


@frozen
class Price:
    """What the vendor says a message cost; ``currency`` is None where it names none."""

    total: Decimal
    per_segment: Decimal | None = None
    segments: int | None = None
    currency: str | None = field(default=None, repr=shown_key)


@frozen
class PartReport:
    """One channel's share of a report.

    ``at`` is None where the vendor gives no time or names no zone; ``raw_at`` keeps its text.
    ``raw_state`` is the vendor's own word, None where it gave none.
    """

    channel: Channel | str = field(repr=shown_key)
    state: DeliveryState
    id: str | None = None
    raw_state: str | None = field(default=None, repr=shown_key)
    at: datetime | None = None
    raw_at: str | None = field(default=None, repr=shown_time)
    error: DeliveryFault | None = None
    price: Price | None = None


@frozen
class DeliveryReport:
    """What is known of a message: one overall state, and the state of each channel tried.

    ``channel``, ``at``, ``error`` and ``price`` are those of the part that decided ``state``.
    ``raw`` is the vendor's answer; it may hold a phone number and is left out of the repr.

    A report that a vendor *posts* is ``partial`` where it tells of one channel and others may have
    their turn after it: ``state`` is that channel's then, and a failure is not the message's (T59).
    ``omni_common.Tracker`` puts such reports together. ``channels`` are all channels of the
    message in the order tried, and ``reference`` is the message's, where the vendor's post says
    so; ``id`` is empty where it names no message. ``provider`` is the name of the provider where
    ``id``, which begins with it, does not tell. ``area`` is what kind of post told it, such as
    ``devino.omni``; None for what was asked for.
    """

    id: str
    state: DeliveryState
    channel: Channel | str | None = field(default=None, repr=shown_key)
    at: datetime | None = None
    error: DeliveryFault | None = None
    price: Price | None = None
    parts: tuple[PartReport, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)
    reference: str | None = field(default=None, kw_only=True)
    partial: bool = field(default=False, kw_only=True)
    channels: tuple[Channel | str, ...] = field(default=(), kw_only=True, repr=shown_keys)
    provider: str | None = field(default=None, kw_only=True)
    area: str | None = field(default=None, kw_only=True)

    @property
    def is_final(self) -> bool:
        """Whether no other delivery outcome is expected; READ and CLICKED may still follow."""
        return self.state.has_arrived or (self.state.is_final and not self.partial)

    @classmethod
    def of_parts(cls, id: str, parts: Sequence[PartReport], *, raw: Any = None) -> DeliveryReport:
        """Make the report of a message from the reports of its channels, in the order tried.

        Raises:
            ValueError: *parts* is empty.
        """
        state = overall_state([part.state for part in parts])
        # Of channels under way the first has its turn; of those that came to an end, be it one that
        # nobody knows, the last had it.
        ended = state.is_final or state is DeliveryState.UNKNOWN
        in_turn = reversed(parts) if ended else iter(parts)
        deciding = next(part for part in in_turn if part.state is state)
        return cls(
            id=id,
            state=state,
            channel=deciding.channel,
            at=deciding.at,
            error=deciding.error,
            price=deciding.price,
            parts=tuple(parts),
            raw=raw,
        )


@frozen
class StatusResult:
    """What ``status_many`` says of one id: a report, or the error that stands in its place."""

    id: str
    report: DeliveryReport | None = None
    error: OmniError | None = None
