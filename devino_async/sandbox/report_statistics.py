"""The statistics of SMS: messages and segments by status and period (A6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from devino_async.sandbox.behaviour import DevinoBehaviour, EmptyFields
from devino_async.sandbox.report_behaviour import ReportBehaviour, UngroupedDate
from devino_async.sandbox.report_messages import ReportedSms
from devino_async.sandbox.report_pages import period_start, read_query, wall_time

__all__ = ["StatisticsQuestion", "read_statistics_question", "statistics"]

_GROUPS = frozenset({"NONE", "YEAR", "MONTH", "WEEK", "DAY", "HOUR"})
_PARAMETERS = frozenset({"groupBy", "startDate", "endDate", "taskId", "triggerId", "timeOffset"})
_WORDS = (
    "accepted",
    "sent",
    "deleted",
    "delivered",
    "enrouted",
    "expired",
    "seen",
    "clicked",
    "rejected",
    "scheduled",
    "undeliverable",
    "unknown",
)
"""In the order of the vendor's example."""
_OTHER_WORDS = {"ENROUTE": "enrouted", "OPENED": "seen"}
"""Words of callbacks that statistics have another one for (T57)."""


@frozen(kw_only=True)
class StatisticsQuestion:
    """What the statistics are asked for."""

    begin: datetime
    end: datetime
    """The last second of the range. That it belongs to it is not documented."""
    group_by: str
    task_id: str | None
    trigger_id: str | None
    ahead: timedelta
    """What the clock on the wall is ahead of UTC."""

    def takes(self, message: ReportedSms) -> bool:
        """Whether *message* is counted."""
        return (
            self.task_id in {None, message.task_id}
            and self.trigger_id in {None, message.trigger_id}
            and self.begin <= wall_time(message.newest.at, self.ahead) <= self.end
        )

    def period(self, message: ReportedSms) -> datetime:
        """The beginning of the period that *message* is counted in."""
        if self.group_by == "NONE":
            return self.begin
        return period_start(wall_time(message.newest.at, self.ahead), self.group_by)


def read_statistics_question(query: str, behaviour: DevinoBehaviour) -> StatisticsQuestion:
    """What the raw query string of a statistics call asks for.

    Dates are taken with ``T``, as the vendor's table has them, and with a space, as its example
    has (T33).

    Raises:
        RequestRefusedError: It is not what the vendor's documents allow.
    """
    asked = read_query(query, known=_PARAMETERS, accepts_unknown=behaviour.accepts_unknown_fields)
    offset = asked.minutes("timeOffset")
    return StatisticsQuestion(
        begin=asked.needed_time("startDate", separators="T "),
        end=asked.needed_time("endDate", separators="T "),
        group_by=asked.needed_choice("groupBy", _GROUPS),
        task_id=asked.id("taskId"),
        trigger_id=asked.id("triggerId"),
        ahead=behaviour.status_offset if offset is None else offset,
    )


def statistics(
    messages: Iterable[ReportedSms], question: StatisticsQuestion, behaviour: DevinoBehaviour
) -> dict[str, Any]:
    """The ``result`` that *question* asks for, of all *messages* of the account.

    A message counts once, under the status it has now and in the period in which it got it: in the
    vendor's example there are months with messages delivered and none accepted.
    """
    in_messages: dict[str, Counter[datetime]] = {word: Counter() for word in _WORDS}
    in_segments: dict[str, Counter[datetime]] = {word: Counter() for word in _WORDS}
    for message in messages:
        if question.takes(message):
            word, period = _word(message), question.period(message)
            in_messages[word][period] += 1
            in_segments[word][period] += len(message.segment_ids)
    ungrouped = question.group_by == "NONE"
    return {
        "messages": _written(in_messages, behaviour, ungrouped=ungrouped),
        "segments": _written(in_segments, behaviour, ungrouped=ungrouped),
    }


def _word(message: ReportedSms) -> str:
    word = message.newest.word
    known = _OTHER_WORDS.get(word, word.lower())
    return known if known in _WORDS else "unknown"


def _written(
    counts: Mapping[str, Counter[datetime]], behaviour: DevinoBehaviour, *, ungrouped: bool
) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for word, by_period in counts.items():
        rows = [
            _row(period, by_period[period], behaviour.reports, ungrouped=ungrouped)
            for period in _in_order(by_period, behaviour.reports)
        ]
        if rows or behaviour.empty_fields is EmptyFields.AS_SAMPLED:
            written[word] = rows
        elif behaviour.empty_fields is EmptyFields.NULL:
            written[word] = None
    return written


def _in_order(by_period: Iterable[datetime], behaviour: ReportBehaviour) -> list[datetime]:
    periods = sorted(by_period)
    if behaviour.sorted_by_date:
        return periods
    # As in the vendor's example: neither order of time (T67).
    return periods[1::2] + periods[::2]


def _row(
    period: datetime, amount: int, behaviour: ReportBehaviour, *, ungrouped: bool
) -> dict[str, Any]:
    count = {"amount": str(amount) if behaviour.numbers_as_text else amount}
    if ungrouped and behaviour.ungrouped_date is UngroupedDate.ABSENT:
        return count
    no_date = ungrouped and behaviour.ungrouped_date is UngroupedDate.NULL
    return {"date": None if no_date else period.isoformat(sep=" "), **count}
