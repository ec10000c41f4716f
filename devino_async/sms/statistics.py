"""How many messages and segments are in which status (contract sheet, A6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import partial
from typing import Any

from attrs import field, frozen

from devino_async.answers import read_result, state_of
from devino_async.converter import read_objects
from devino_async.query import choice, clock_text, digits, minutes, parameters
from devino_async.selection import GroupBy
from omni_common.exchange import Answer, Failure, Operation, Request
from omni_common.report import DeliveryState

__all__ = [
    "SmsCount",
    "SmsStatistics",
    "SmsStatisticsStatus",
    "read_statistics",
    "statistics_request",
]


class SmsStatisticsStatus(StrEnum):
    """The statuses that statistics tell apart; they are not quite those of callbacks (T57)."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    ENROUTED = "enrouted"
    SENT = "sent"
    DELETED = "deleted"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    SEEN = "seen"
    CLICKED = "clicked"
    REJECTED = "rejected"
    UNDELIVERABLE = "undeliverable"
    UNKNOWN = "unknown"

    @property
    def state(self) -> DeliveryState:
        """The shared word for it."""
        return state_of(self.value)


@frozen(kw_only=True)
class SmsCount:
    """How many there are in one period.

    Attributes:
        date: When the period began, naive: Devino names no zone (T30). None where it gives none.
        amount: How many; None where it gives no whole number.
        raw: The vendor's object.
    """

    date: datetime | None = None
    amount: int | None = None
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class SmsStatistics:
    """Messages and segments by status, each with its periods in the order of time.

    A status that nothing is in has no periods, and a period without any may be missing (T67). Words
    that :class:`SmsStatisticsStatus` lacks are kept.

    Attributes:
        messages: For each of the vendor's words, how many messages there are in which period.
        segments: The same for segments.
        raw: The vendor's ``result``.
    """

    messages: Mapping[str, tuple[SmsCount, ...]] = field(factory=dict, hash=False)
    segments: Mapping[str, tuple[SmsCount, ...]] = field(factory=dict, hash=False)
    raw: Any = field(default=None, repr=False, hash=False)

    def message_total(self, status: SmsStatisticsStatus | str) -> int:
        """Messages in *status* over all periods; what has no number counts as none."""
        return _total(self.messages, status)

    def segment_total(self, status: SmsStatisticsStatus | str) -> int:
        """Segments in *status* over all periods; what has no number counts as none."""
        return _total(self.segments, status)


def statistics_request(
    *,
    group_by: GroupBy,
    start_date: datetime,
    end_date: datetime,
    task_id: str | int | None = None,
    trigger_id: str | int | None = None,
    time_offset: timedelta | None = None,
    zone: tzinfo | None = None,
) -> Request:
    """``GET /sms-stat/statistics/of-group``.

    Args:
        group_by: ``groupBy``: the periods.
        start_date: ``startDate``: a wall-clock time of the account, whole seconds (T30, T33).
        end_date: ``endDate``, likewise.
        task_id: ``taskId``, digits.
        trigger_id: ``triggerId``, digits.
        time_offset: ``timeOffset``: the recipient's zone, whole minutes (T35).
        zone: The account's time zone, where it is known; it lets times name a zone.

    Raises:
        InvalidQueryError: A value is not of the documented kind; ``field`` names it.
    """
    clock = partial(clock_text, zone=zone, separator="T", required=True)
    query = parameters(
        ("groupBy", choice(group_by, GroupBy, name="group_by", required=True)),
        ("startDate", clock(start_date, name="start_date")),
        ("endDate", clock(end_date, name="end_date")),
        ("taskId", digits(task_id, name="task_id")),
        ("triggerId", digits(trigger_id, name="trigger_id")),
        ("timeOffset", minutes(time_offset, name="time_offset")),
    )
    return Request("GET", "/sms-stat/statistics/of-group", Operation.READ, query=query)


def read_statistics(answer: Answer) -> SmsStatistics | Failure | None:
    """Read the answer to a :func:`statistics_request`."""
    result = read_result(answer, dict)
    if not isinstance(result, dict):
        return result
    messages, segments = result.get("messages"), result.get("segments")
    if not isinstance(messages, dict) and not isinstance(segments, dict):
        return None
    return SmsStatistics(messages=_counts(messages), segments=_counts(segments), raw=result)


def _counts(document: Any) -> dict[str, tuple[SmsCount, ...]]:
    by_status = document if isinstance(document, dict) else {}
    return {
        word: tuple(sorted(read_objects(SmsCount, rows), key=_place))
        for word, rows in by_status.items()
    }


def _place(count: SmsCount) -> tuple[datetime, str]:
    # A date in a form of its own, such as a bare year, is sorted by its text.
    date = datetime.min if count.date is None else count.date.replace(tzinfo=None)  # noqa: DTZ901
    return date, str(count.raw.get("date"))


def _total(counts: Mapping[str, tuple[SmsCount, ...]], status: str) -> int:
    return sum(count.amount or 0 for count in counts.get(status, ()))
