"""The statistics of e-mail: a table of text, computed from what happened to every letter (A8d)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice

from attrs import frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.email_behaviour import (
    Charset,
    EmailBehaviour,
    Header,
    HourRows,
    NoneRows,
    WeekRows,
)
from devino_async.sandbox.email_letters import ReportedLetter
from devino_async.sandbox.report_pages import OWNER, period_start, read_query, wall_time

__all__ = ["StatisticsQuestion", "read_statistics_question", "statistics_table"]

_GROUPS = frozenset({"NONE", "YEAR", "MONTH", "WEEK", "DAY", "HOUR"})
_OPTIONAL = frozenset({"charset", "taskId", "triggerId", "userId", "zoneOffset"})
_MOST_EMPTY_PERIODS = 10_000
"""A range of more periods than these has rows only for those in which something happened."""
_HEADERS: Mapping[Header, tuple[str, ...]] = {
    Header.ENGLISH: (
        "Send date",
        "Sent",
        "Delivered",
        "Delivery rate",
        "Bounced",
        "Bounce rate",
        "Opened",
        "Open rate",
        "Clicked",
        "Click to Open Rate",
        "Unsubscribed",
        "Unsubscribe Rate",
        "Complained",
        "Spam rate",
    ),
    Header.RUSSIAN: (
        "Дата отправки",
        "Отправлено",
        "Доставлено",
        "Процент доставки",
        "Возвращено",
        "Процент возвратов",
        "Открыто",
        "Процент открытий",
        "Переходы",
        "Переходы на открытие",
        "Отписались",
        "Процент отписок",
        "Жалобы",
        "Процент жалоб",
    ),
}
_COUNTED = {
    "DELIVERED": "delivered",
    "BOUNCED": "bounced",
    "OPENED": "opened",
    "CLICKED": "clicked",
    "UNSUBSCRIBED": "unsubscribed",
    "COMPLAINED": "complained",
}
_CODECS = {Charset.UTF8: "utf-8", Charset.CP1251: "cp1251"}


@frozen(kw_only=True)
class StatisticsQuestion:
    """What the statistics are asked for."""

    begin: datetime
    end: datetime
    group_by: str
    charset: Charset
    task_id: str | None
    trigger_id: str | None
    user_id: str | None
    ahead: timedelta
    """What the clock on the wall is ahead of UTC."""

    def takes(self, letter: ReportedLetter) -> bool:
        """Whether *letter* is counted."""
        return (
            self.task_id in {None, letter.task_id}
            and self.trigger_id in {None, letter.trigger_id}
            and self.user_id in {None, str(OWNER["userId"])}
        )


def read_statistics_question(
    query: str, behaviour: DevinoBehaviour, *, dates: tuple[str, str]
) -> StatisticsQuestion:
    """What the raw query string asks for.

    Args:
        query: As it was sent.
        behaviour: The encoding and the zone where none is asked for.
        dates: Names of the parameters that bound the range, which differ between the two documented
            forms (T9).

    Raises:
        RequestRefusedError: It is not what the vendor's documents allow.
    """
    asked = read_query(
        query,
        known=_OPTIONAL | {"groupBy", *dates},
        accepts_unknown=behaviour.accepts_unknown_fields,
    )
    charset = asked.choice("charset", [each.value for each in Charset])
    offset = asked.minutes("zoneOffset")
    return StatisticsQuestion(
        begin=asked.needed_time(dates[0]),
        end=asked.needed_time(dates[1]),
        group_by=asked.needed_choice("groupBy", _GROUPS),
        charset=behaviour.email.default_charset if charset is None else Charset(charset),
        task_id=asked.id("taskId"),
        trigger_id=asked.id("triggerId"),
        user_id=asked.id("userId"),
        ahead=behaviour.status_offset if offset is None else offset,
    )


def statistics_table(
    letters: Iterable[ReportedLetter], question: StatisticsQuestion, behaviour: EmailBehaviour
) -> bytes:
    """The table that *question* asks for, of all *letters* of the account.

    An event counts in the period in which it happened, so that deliveries can outnumber the letters
    of their period (T66).
    """
    counts = _counts((letter for letter in letters if question.takes(letter)), question)
    total = sum(counts.values(), Counter[str]())
    lines = [
        ";".join((*_HEADERS[behaviour.header], "")),
        *(_row(name, count) for name, count in _named_rows(counts, total, question, behaviour)),
        _row(_days(question.begin, question.end), total),
    ]
    text = behaviour.line_end.join(lines) + (behaviour.line_end if behaviour.last_line_ends else "")
    if behaviour.byte_order_mark and question.charset is Charset.UTF8:
        text = "\ufeff" + text
    return text.encode(_CODECS[question.charset])


def _counts(
    letters: Iterable[ReportedLetter], question: StatisticsQuestion
) -> dict[datetime, Counter[str]]:
    """How often each thing happened within the range, by the beginning of its period."""
    counts: dict[datetime, Counter[str]] = {}
    for letter in letters:
        for position, event in enumerate(letter.events):
            at = wall_time(event.at, question.ahead)
            if not question.begin <= at <= question.end:
                continue
            count = counts.setdefault(period_start(at, question.group_by), Counter())
            count["sent"] += position == 0
            count[_COUNTED.get(event.word, "")] += 1
    return counts


def _named_rows(
    counts: Mapping[datetime, Counter[str]],
    total: Counter[str],
    question: StatisticsQuestion,
    behaviour: EmailBehaviour,
) -> Iterator[tuple[str, Counter[str]]]:
    """The rows before the total: the name of each period, and what happened in it."""
    if question.group_by == "NONE":
        if behaviour.none_rows is NoneRows.RANGE:
            yield _days(question.begin, question.end), total
        elif behaviour.none_rows is NoneRows.FIRST_DAY:
            yield _day(question.begin), total
        return
    periods: Sequence[datetime] = sorted(counts)
    if behaviour.shows_empty_periods:
        every = list(islice(_periods(question), _MOST_EMPTY_PERIODS + 1))
        periods = every if len(every) <= _MOST_EMPTY_PERIODS else periods
    for period in periods:
        yield _name(period, question.group_by, behaviour), counts.get(period, Counter())


def _periods(question: StatisticsQuestion) -> Iterator[datetime]:
    """The beginnings of all periods of the range; the first may lie before the range."""
    period = period_start(question.begin, question.group_by)
    while period <= question.end:
        yield period
        try:
            period = _next(period, question.group_by)
        except (OverflowError, ValueError):  # the calendar ends
            return


def _next(period: datetime, group: str) -> datetime:
    match group:
        case "HOUR":
            return period + timedelta(hours=1)
        case "DAY":
            return period + timedelta(days=1)
        case "WEEK":
            return period + timedelta(weeks=1)
        case "MONTH":
            return (period + timedelta(days=31)).replace(day=1)
        case _:
            return period.replace(year=period.year + 1)


def _name(period: datetime, group: str, behaviour: EmailBehaviour) -> str:
    if group == "WEEK" and behaviour.week_rows is WeekRows.RANGE:
        sunday = min(period.toordinal() + 6, date.max.toordinal())
        return _days(period, date.fromordinal(sunday))
    if group == "HOUR" and behaviour.hour_rows is HourRows.MINUTES:
        return f"{_day(period)} {period:%H:%M}"
    if group == "HOUR" and behaviour.hour_rows is HourRows.SECONDS:
        return f"{_day(period)} {period:%H:%M:%S}"
    return _day(period)


def _days(begin: date, end: date) -> str:
    return f"{_day(begin)} - {_day(end)}"


def _day(time: date) -> str:
    return f"{time.day:02}.{time.month:02}.{time.year:04}"


def _row(name: str, count: Counter[str]) -> str:
    """A line of the table.

    The vendor's figures show what the rates are parts of, but for two: those of opened letters and
    of complaints are taken to be parts of the delivered ones, like the rate of unsubscribing.
    """
    cells = [
        name,
        str(count["sent"]),
        *_share(count, "delivered", of="sent"),
        *_share(count, "bounced", of="sent"),
        *_share(count, "opened", of="delivered"),
        *_share(count, "clicked", of="opened"),
        *_share(count, "unsubscribed", of="delivered"),
        *_share(count, "complained", of="delivered"),
    ]
    return ";".join(cells)


def _share(count: Counter[str], name: str, *, of: str) -> tuple[str, str]:
    """A number, and what percentage it is: two decimals at most, of nothing 0%."""
    if not count[of]:
        return str(count[name]), "0%"
    percentage = Decimal(100 * count[name]) / count[of]
    rounded = percentage.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return str(count[name]), f"{rounded.normalize():f}%"
