"""What the detail reports of SMS and e-mail have in common: what they are asked, and their pages.

The vendor documents the parameters of both in the same words (contract sheet, A5 and A8c), and no
answer to a wrong one: the keys of refusals here are those of its other calls.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from attrs import field, frozen

from devino_async.sandbox.page_numbers import PageNumbers
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.clock import read_time

__all__ = [
    "OWNER",
    "SELECTION",
    "PageNumbers",
    "ReportQuery",
    "Selection",
    "page_of",
    "period_start",
    "read_query",
    "read_selection",
    "wall_time",
]

OWNER: Mapping[str, Any] = {
    "companyId": 234,
    "companyName": "Sandbox",
    "userId": 88,
    "userLogin": "79991112233",
}
"""Whose messages they are: the one account of the emulator, as rows name it."""

SELECTION = frozenset(
    {
        "limit",
        "offset",
        "taskId",
        "triggerId",
        "dateTimeFrom",
        "dateTimeTo",
        "messageIds",
        "timeOffset",
    }
)
"""Names of the parameters that :func:`read_selection` reads."""

_CHOOSING = ("taskId", "triggerId", "dateTimeFrom", "dateTimeTo", "messageIds")
_COMBINATIONS = (
    {"taskId"},
    {"taskId", "triggerId"},
    {"dateTimeFrom", "dateTimeTo"},
    {"taskId", "triggerId", "dateTimeFrom", "dateTimeTo"},
    {"messageIds"},
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,40}", re.ASCII)
_TRUTH = {"true": True, "false": False}
_DAY_IN_MINUTES = 24 * 60
_SAMPLED_PAGES = 5


def page_of(
    rows: Sequence[Any],
    *,
    limit: int,
    offset: int,
    with_total: bool,
    numbers: PageNumbers = PageNumbers.AS_TOLD,
) -> dict[str, Any]:
    """The page of *rows* that begins behind the first *offset* of them, as the vendor's ``result``.

    ``number`` and ``pages`` are computed as the vendor's tables say, oddities included (T63): any
    offset below *limit* but 0 is page 2, and a last page that is not full is not counted. Offsets
    count rows from 0 (T64).

    Args:
        rows: All that match, in order.
        limit: Rows on a page, at least 1.
        offset: Rows to leave out.
        with_total: Whether the page tells ``pages`` and ``total``.
        numbers: Whether the numbers agree with the rows.
    """
    data = list(rows[offset : offset + limit])
    total, pages, more = len(rows), len(rows) // limit, offset + limit < len(rows)
    if numbers is PageNumbers.AS_SAMPLED:
        total, pages, more = min(total, offset), _SAMPLED_PAGES * (pages + 1), bool(data)
    page: dict[str, Any] = {
        "offset": offset,
        "number": 2 if 0 < offset < limit else offset // limit + 1,
        "size": limit,
        "pageExists": bool(data),
        "data": data,
        "more": more,
    }
    return {**page, "pages": pages, "total": total} if with_total else page


def wall_time(at: datetime, ahead: timedelta) -> datetime:
    """What a clock that is *ahead* of UTC shows at *at*: naive, in whole seconds."""
    return (at + ahead).replace(tzinfo=None, microsecond=0)


def period_start(at: datetime, group_by: str) -> datetime:
    """The beginning of the hour, day, week, month or else year that *at* belongs to."""
    hour = at.replace(minute=0, second=0)
    day = hour.replace(hour=0)
    match group_by:
        case "HOUR":
            return hour
        case "DAY":
            return day
        case "WEEK":
            return day - timedelta(days=day.weekday())
        case "MONTH":
            return day.replace(day=1)
        case _:
            return day.replace(month=1, day=1)


@frozen
class ReportQuery:
    """The parameters of a report, read one by one; each reader refuses what is not of its kind.

    All of them raise :class:`RequestRefusedError`, which names the parameter.
    """

    values: Mapping[str, Sequence[str]] = field(repr=False)

    def texts(self, name: str) -> tuple[str, ...]:
        """The values of a parameter that may be repeated (T16), none of them empty."""
        found = tuple(self.values.get(name, ()))
        if not all(found):
            raise RequestRefusedError(Reason("invalid", name, ""))
        return found

    def text(self, name: str) -> str | None:
        """The value of a parameter that may be given once, or None."""
        found = self.texts(name)
        if len(found) > 1:
            raise RequestRefusedError(Reason("invalid", name, found[1]))
        return found[0] if found else None

    def needed(self, name: str) -> str:
        """The value of a parameter that must be given."""
        text = self.text(name)
        if text is None:
            raise RequestRefusedError(Reason("must.be.not.null", name))
        return text

    def number(self, name: str, *, least: int | None = None) -> int | None:
        """A whole number, of at least *least*."""
        text = self.text(name)
        return None if text is None else _whole(name, text, least)

    def needed_number(self, name: str, *, least: int | None = None) -> int:
        """A whole number that must be given."""
        return _whole(name, self.needed(name), least)

    def id(self, name: str) -> str | None:
        """An id that the vendor declares an integer, as text without leading zeros (T20)."""
        number = self.number(name, least=0)
        return None if number is None else str(number)

    def truth(self, name: str) -> bool | None:
        """``true`` or ``false``."""
        text = self.choice(name, _TRUTH)
        return None if text is None else _TRUTH[text]

    def choice(self, name: str, words: Collection[str]) -> str | None:
        """One of *words*."""
        text = self.text(name)
        return None if text is None else _word(name, text, words)

    def needed_choice(self, name: str, words: Collection[str]) -> str:
        """One of *words*, which must be given."""
        return _word(name, self.needed(name), words)

    def time(self, name: str, *, separators: str = " ") -> datetime | None:
        """A time of a clock on the wall, ``YYYY-MM-DD hh:mm:ss``, naive (T29, T30).

        In a query string the space is a ``+`` or ``%20``; a real plus, ``%2B``, is refused (T32).
        """
        text = self.text(name)
        return None if text is None else _time(name, text, separators)

    def needed_time(self, name: str, *, separators: str = " ") -> datetime:
        """A time that must be given."""
        return _time(name, self.needed(name), separators)

    def minutes(self, name: str) -> timedelta | None:
        """An offset from UTC, less than a day, in minutes (T35)."""
        number = self.number(name)
        if number is None:
            return None
        if abs(number) >= _DAY_IN_MINUTES:
            raise RequestRefusedError(Reason("invalid", name, number))
        return timedelta(minutes=number)


@frozen(kw_only=True)
class Selection:
    """Which messages a detail report is to hold, and which page of it is asked for."""

    limit: int
    offset: int
    task_id: str | None = None
    trigger_id: str | None = None
    begin: datetime | None = None
    """First second of the sending, by the clock on the wall."""
    end: datetime | None = None
    """Last second of the sending. That it belongs to the range is not documented."""
    message_ids: tuple[str, ...] = ()
    ahead: timedelta = timedelta()
    """What that clock is ahead of UTC."""

    def clock(self, at: datetime) -> str:
        """What the clock on the wall shows at *at*, as reports write it."""
        return wall_time(at, self.ahead).isoformat(sep=" ")

    def takes(
        self,
        message_id: str,
        sent_at: datetime,
        *,
        task_id: str | None = None,
        trigger_id: str | None = None,
    ) -> bool:
        """Whether a message belongs to the report; *task_id* and *trigger_id* are its own."""
        sent = wall_time(sent_at, self.ahead)
        return (
            (not self.message_ids or message_id in self.message_ids)
            and self.task_id in {None, task_id}
            and self.trigger_id in {None, trigger_id}
            and (self.begin is None or self.begin <= sent)
            and (self.end is None or sent <= self.end)
        )


def _whole(name: str, text: str, least: int | None) -> int:
    if not _NUMBER.fullmatch(text) or (least is not None and int(text) < least):
        raise RequestRefusedError(Reason("invalid", name, text))
    return int(text)


def _word(name: str, text: str, words: Collection[str]) -> str:
    if text not in words:
        raise RequestRefusedError(Reason("invalid", name, text))
    return text


def _time(name: str, text: str, separators: str) -> datetime:
    found = _TIME.fullmatch(text)
    try:
        if found is not None and found[2] in separators:
            return read_time(f"{found[1]}T{found[3]}")
    except ValueError:
        pass
    raise RequestRefusedError(Reason("invalid", name, text))


def read_query(query: str, *, known: Collection[str], accepts_unknown: bool) -> ReportQuery:
    """The parameters in a raw query string.

    Args:
        query: As it was sent, percent-encoded, without the ``?``.
        known: Names of the parameters that the call has.
        accepts_unknown: Whether others are ignored.

    Raises:
        RequestRefusedError: It holds others, and they are not ignored.
    """
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in known:
            values.setdefault(name, []).append(value)
        elif not accepts_unknown:
            raise RequestRefusedError(Reason("invalid", name, value))
    return ReportQuery(values)


def read_selection(query: ReportQuery, *, ahead: timedelta) -> Selection:
    """The page and the messages that a detail report is asked for.

    ``timeOffset`` takes the place of *ahead*, for the dates of the question and of the answer
    alike; the vendor calls it the recipient's time zone and says no more.

    Args:
        query: What was asked.
        ahead: What the vendor's own clock on the wall is ahead of UTC.

    Raises:
        RequestRefusedError: ``limit`` or ``offset`` is missing, a value is not of its kind, or the
            parameters that choose messages are not one of the five documented combinations.
    """
    given = {name for name in _CHOOSING if query.values.get(name)}
    if not given:
        raise RequestRefusedError(Reason("must.be.not.null", "dateTimeFrom"))
    if given not in _COMBINATIONS:
        raise RequestRefusedError(Reason("invalid", next(n for n in _CHOOSING if n in given)))
    offset = query.minutes("timeOffset")
    return Selection(
        limit=query.needed_number("limit", least=1),
        offset=query.needed_number("offset", least=0),
        task_id=query.id("taskId"),
        trigger_id=query.id("triggerId"),
        begin=query.time("dateTimeFrom"),
        end=query.time("dateTimeTo"),
        message_ids=query.texts("messageIds"),
        ahead=ahead if offset is None else offset,
    )
