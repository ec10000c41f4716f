"""What Messente says of an omnimessage on its way: statuses, delivery errors, prices.

Vocabularies are open: a word or a number that is not known yet is kept as it came, and its state is
``DeliveryState.UNKNOWN`` (T46).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

from attrs import field, frozen

from messente_async import _values as values
from messente_async.omnimessage import Channel
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key
from omni_common.report import DeliveryState, overall_state

__all__ = [
    "DELIVERY_ERRORS",
    "STATES",
    "DeliveryError",
    "DeliveryReportResponse",
    "DeliveryResult",
    "PriceInfo",
    "Status",
    "cascade_state",
    "read_channel",
    "read_result",
    "state_of",
]


class Status(StrEnum):
    """The words that Messente has for where a channel's message is."""

    ACK = "ACK"
    """The operator took it for delivery."""
    ACCEPTD = "ACCEPTD"
    """It waits in the operator's queue."""
    DELIVRD = "DELIVRD"
    """On the recipient's device."""
    SEEN = "SEEN"
    """Seen by the recipient."""
    UNDELIV = "UNDELIV"
    """It cannot be delivered."""
    FAILED = "FAILED"
    """Delivering it failed."""
    UNKNOWN = "UNKNOWN"
    """The operator gave a status that Messente does not know."""
    REJECTD = "REJECTD"
    """The operator refused it."""
    NACK = "NACK"
    """Its delivery was not accepted."""
    DELETED = "DELETED"
    """Taken out of the queue. Missing from one of the vendor's lists (T48)."""
    EXPIRED = "EXPIRED"
    """This channel's time ran out. Final for the channel only: the next one's turn comes (T59)."""


STATES: Mapping[Status, DeliveryState] = {
    Status.ACK: DeliveryState.SENT,
    Status.ACCEPTD: DeliveryState.SENT,
    Status.DELIVRD: DeliveryState.DELIVERED,
    Status.SEEN: DeliveryState.READ,
    Status.UNDELIV: DeliveryState.UNDELIVERED,
    Status.FAILED: DeliveryState.UNDELIVERED,
    Status.UNKNOWN: DeliveryState.UNKNOWN,
    Status.REJECTD: DeliveryState.REJECTED,
    Status.NACK: DeliveryState.REJECTED,
    Status.DELETED: DeliveryState.CANCELLED,
    Status.EXPIRED: DeliveryState.EXPIRED,
}
"""Messente's words in the words that all vendors share."""


def state_of(status: str | None, *, scheduled: bool = False) -> DeliveryState:
    """The shared word for one of Messente's; upper and lower case are the same (T57).

    None is what Messente says while it works on a message (T47): the message is accepted, or, where
    the caller knows that its time has not come, ``scheduled``.
    """
    if status is None:
        return DeliveryState.SCHEDULED if scheduled else DeliveryState.ACCEPTED
    known = _STATUSES.get(status.upper())
    return DeliveryState.UNKNOWN if known is None else STATES[known]


def cascade_state(states: Sequence[DeliveryState], *, channels: int = 1) -> DeliveryState:
    """The state of an omnimessage from the states of its channels, in the order they are tried.

    *channels* is how many channels the omnimessage has, where the caller knows. Those that have no
    report yet are still to come, so that the failure of one before them is not the last word (T59).
    """
    to_come = max(channels, 1) - len(states)
    return overall_state([*states, *[DeliveryState.ACCEPTED] * to_come])


class DeliveryError(IntEnum):
    """Why a channel's message was not delivered: the number ``err`` of a delivery report.

    Not to be confused with the codes of a refused request, which are other numbers (T45).
    """

    NO_ERROR = 0
    DELIVERY_FAILURE = 1
    EXPIRED = 2
    INVALID_NUMBER = 3
    NOT_CREDITED = 4
    INVALID_NUMBER_FORMAT = 5
    TOO_MANY_IDENTICAL = 6
    SENDER_NOT_ALLOWED = 7
    OPERATOR_BLACKLISTED = 8
    UNROUTABLE = 9
    SEEN = 10
    TEMPORARY_ERROR = 999


DELIVERY_ERRORS: Mapping[DeliveryError, str] = {
    DeliveryError.NO_ERROR: "no error",
    DeliveryError.DELIVERY_FAILURE: "delivery failed; one more message later may get through",
    DeliveryError.EXPIRED: "the time to deliver ran out; a new message later may get through",
    DeliveryError.INVALID_NUMBER: "the number does not exist",
    DeliveryError.NOT_CREDITED: "the account could not be charged: top it up",
    DeliveryError.INVALID_NUMBER_FORMAT: "the number leads to no known destination",
    DeliveryError.TOO_MANY_IDENTICAL: "too many equal messages: wait an hour, or change the text",
    DeliveryError.SENDER_NOT_ALLOWED: "this sender is not allowed: use one that is approved",
    DeliveryError.OPERATOR_BLACKLISTED: "the operator is blocked",
    DeliveryError.UNROUTABLE: "no route leads there; another channel may",
    DeliveryError.SEEN: "seen by the recipient, which is no error",
    DeliveryError.TEMPORARY_ERROR: "a passing fault; a new message later may get through",
}
"""What each number means, and what to do about it."""


@frozen
class PriceInfo:
    """What one channel's message cost, in a currency that Messente does not name.

    A figure that did not come, or not as a number, is None.
    """

    part_price: Decimal | None = None
    parts_count: int | None = None
    total_price: Decimal | None = None


@frozen(kw_only=True)
class DeliveryResult:
    """One channel's share of a report. Whatever Messente left out is None.

    Attributes:
        status: Its word; None while the message is worked on.
        err: Its number for what went wrong; None while the message is worked on.
        error: The same in its words; None where nothing went wrong.
        timestamp: When Messente learnt it. A time without a zone is UTC (T36).
        price_info: What it cost; None while the message is worked on.
        channel: Over which channel.
        message_id: The id of this channel's message.
        sender: Who it came from.
        raw: All of it as it came.
    """

    status: Status | str | None = field(default=None, repr=shown_key)
    err: DeliveryError | int | None = None
    error: str | None = field(default=None, repr=mask_text)
    timestamp: datetime | None = None
    price_info: PriceInfo | None = None
    channel: Channel | str | None = field(default=None, repr=shown_key)
    message_id: str | None = None
    sender: str | None = field(default=None, repr=mask_sender)
    raw: Any = field(default=None, repr=False, eq=False)

    @property
    def state(self) -> DeliveryState:
        """The shared word for ``status``."""
        return state_of(self.status)


@frozen(kw_only=True)
class DeliveryReportResponse:
    """What Messente knows of an omnimessage, a result for each channel in the order of trying.

    ``omnimessage_id`` is the outer one of the answer; results may carry another (T52).
    """

    omnimessage_id: str | None = None
    to: str | None = field(default=None, repr=mask_number)
    statuses: tuple[DeliveryResult, ...] = ()
    raw: Any = field(default=None, repr=False, eq=False)

    def state(self, *, channels: int = 1) -> DeliveryState:
        """The state of the whole; *channels* as in :func:`cascade_state`."""
        return cascade_state([result.state for result in self.statuses], channels=channels)


R = TypeVar("R", bound=DeliveryResult)


def read_result(kind: type[R], item: Any, **more: Any) -> R:
    """What *item*, one channel's share of a report, says; as a *kind*, which may hold *more*.

    Never raises: what is odd becomes None, and is in ``raw``.
    """
    if not isinstance(item, Mapping):
        return kind(status=_status(item), raw=item, **more)
    return kind(
        status=_status(item.get("status")),
        err=_err(item.get("err")),
        error=values.text(item.get("error")),
        timestamp=values.time(item.get("timestamp")),
        price_info=_price_info(item.get("price_info")),
        channel=read_channel(item.get("channel")),
        message_id=values.identifier(item.get("message_id")),
        sender=values.text(item.get("sender")),
        raw=item,
        **more,
    )


# Made once: an enum makes its mapping of names anew each time that it is asked for.
_CHANNELS = dict(Channel.__members__)
_STATUSES = dict(Status.__members__)


def read_channel(value: object) -> Channel | str | None:
    """A channel that is known, in any case of its letters, or its word as it came."""
    word = values.text(value)
    return _CHANNELS.get((word or "").upper(), word)


def _status(value: object) -> Status | str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        return f"<{type(value).__name__}>"
    return _STATUSES.get(value.upper(), value)


def _err(value: object) -> DeliveryError | int | None:
    number = values.whole(value)
    if number is None:
        return None
    try:
        return DeliveryError(number)
    except ValueError:
        return number


def _price_info(value: object) -> PriceInfo | None:
    if not isinstance(value, Mapping):
        return None
    return PriceInfo(
        part_price=values.decimal(value.get("part_price")),
        parts_count=values.whole(value.get("parts_count")),
        total_price=values.decimal(value.get("total_price")),
    )
