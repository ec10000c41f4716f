"""How many letters met which end, as the table that Devino answers with (contract sheet, A8d)."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from functools import partial

from attrs import field, frozen

from devino_async.answers import is_success, read_document, refusal
from devino_async.problems import invalid_query
from devino_async.query import choice, clock_text, digits, minutes, parameters
from devino_async.selection import GroupBy
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Reader, Request

__all__ = [
    "DOCUMENTED_ENDPOINT",
    "SAMPLED_ENDPOINT",
    "Charset",
    "EmailStatistics",
    "EmailStatisticsRow",
    "StatisticsEndpoint",
    "days_asked",
    "read_csv",
    "read_statistics",
    "statistics_request",
]

_COLUMNS = 14
_BETWEEN = " - "
"""What parts the two dates of a range (T66)."""
_PATH = re.compile(r"(/[\w.~-]+)+", re.ASCII)
_NAME = re.compile(r"\w+", re.ASCII)
_FRAMES = frozenset({"content-length", "transfer-encoding"})
"""Headers of an answer that tell where it ends."""
_ENDS = (b"\n", b"\r", b"%")
"""What ends the last row of a table: its last cell is a rate."""
_COUNT = re.compile(r"-?[0-9]{1,40}")
_PERCENT = re.compile(r"(-?[0-9]{1,40}(?:[.,][0-9]{1,40})?)\s*%?")
_DATE = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")


class Charset(StrEnum):
    """How the table is encoded."""

    UTF8 = "UTF8"
    CP1251 = "CP1251"


_CODECS = {Charset.UTF8: "utf-8", Charset.CP1251: "cp1251"}


@frozen(kw_only=True)
class StatisticsEndpoint:
    """Where statistics are asked for, and the names of the two dates there.

    The vendor's page has two forms, which differ in all three (T9): :data:`DOCUMENTED_ENDPOINT` is
    that of its text and table, :data:`SAMPLED_ENDPOINT` that of its example. They are never mixed.

    Raises:
        InvalidQueryError: The path or a name cannot stand in an address.
    """

    path: str = field()
    date_time_from: str = field()
    date_time_to: str = field()

    def __attrs_post_init__(self) -> None:
        names = (self.date_time_from, self.date_time_to)
        if not isinstance(self.path, str) or _PATH.fullmatch(self.path) is None:
            raise invalid_query("endpoint", "must have a path such as /statistics")
        if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
            raise invalid_query("endpoint", "must have names of parameters, such as dateTimeFrom")


DOCUMENTED_ENDPOINT = StatisticsEndpoint(
    path="/omni-statistics-exporter/export/statistics/sliced-by-event-time",
    date_time_from="dateTimeFrom",
    date_time_to="dateTimeTo",
)
"""The form of the vendor's text, whose table of parameters belongs to it."""
SAMPLED_ENDPOINT = StatisticsEndpoint(
    path="/email-stat/statistics/sliced-by-event-time",
    date_time_from="startDate",
    date_time_to="endDate",
)
"""The form of the vendor's example, which looks like one from before a renaming."""


@frozen(kw_only=True)
class EmailStatisticsRow:
    """What became of the letters of one period, or of all.

    A value is None where its cell is missing or holds no such number. Rates are percents: 98.91
    stands for 98.91 %. They may exceed 100, and more may be delivered than were sent (T66).

    Attributes:
        period: The first cell as it came: ``dd.mm.yyyy``, a range for the total, and whatever
            Devino gives where statistics are grouped by hour or not at all, which its page does
            not show.
        date: The period's first day, where *period* is a date.
        sent: Letters accepted for sending.
        delivered: Letters delivered.
        delivery_rate: Share of letters delivered.
        bounced: Letters that bounced for good.
        bounce_rate: Share of letters that bounced.
        opened: Letters that were read.
        open_rate: Share of letters that were read.
        clicked: Letters with a link that was followed.
        click_to_open_rate: Letters with a link that was followed, of those read.
        unsubscribed: Letters whose recipients unsubscribed.
        unsubscribe_rate: Share of letters whose recipients unsubscribed.
        complained: Letters that their recipients called spam.
        spam_rate: Share of letters that were called spam.
        raw: The cells as they came.
    """

    period: str
    date: dt.date | None = None
    sent: int | None = None
    delivered: int | None = None
    delivery_rate: Decimal | None = None
    bounced: int | None = None
    bounce_rate: Decimal | None = None
    opened: int | None = None
    open_rate: Decimal | None = None
    clicked: int | None = None
    click_to_open_rate: Decimal | None = None
    unsubscribed: int | None = None
    unsubscribe_rate: Decimal | None = None
    complained: int | None = None
    spam_rate: Decimal | None = None
    raw: tuple[str, ...] = field(default=(), repr=False, hash=False)


@frozen(kw_only=True)
class EmailStatistics:
    """The table: its rows, and the last of them that adds up the whole range.

    Attributes:
        rows: One for each period; a period without letters may be missing (T66).
        total: The whole range; None if the table has no rows at all.
        header: Names of the columns as they came. They may be in another language, so the columns
            are known by their places.
    """

    rows: tuple[EmailStatisticsRow, ...] = ()
    total: EmailStatisticsRow | None = None
    header: tuple[str, ...] = ()


def statistics_request(
    *,
    group_by: GroupBy,
    date_time_from: dt.datetime,
    date_time_to: dt.datetime,
    charset: Charset = Charset.UTF8,
    task_id: str | int | None = None,
    trigger_id: str | int | None = None,
    user_id: str | int | None = None,
    zone_offset: dt.timedelta | None = None,
    endpoint: StatisticsEndpoint = DOCUMENTED_ENDPOINT,
    zone: dt.tzinfo | None = None,
) -> Request:
    """``GET /omni-statistics-exporter/export/statistics/sliced-by-event-time``.

    Args:
        group_by: ``groupBy``: the periods.
        date_time_from: ``dateTimeFrom``: a wall-clock time of the account, whole seconds (T32).
        date_time_to: ``dateTimeTo``, likewise.
        charset: ``charset``. It is always named, since Devino's own choice is not documented.
        task_id: ``taskId``, digits.
        trigger_id: ``triggerId``, digits.
        user_id: ``userId``: who sent the letters, digits.
        zone_offset: ``zoneOffset``: the recipient's time zone, whole minutes (T35).
        endpoint: Where to ask (T9).
        zone: The account's time zone, where it is known; it lets times name a zone.

    Raises:
        InvalidQueryError: A value is not of the documented kind; ``field`` names it.
    """
    if not isinstance(endpoint, StatisticsEndpoint):
        raise invalid_query("endpoint", "must be a StatisticsEndpoint")
    clock = partial(clock_text, zone=zone, required=True)
    query = parameters(
        ("groupBy", choice(group_by, GroupBy, name="group_by", required=True)),
        (endpoint.date_time_from, clock(date_time_from, name="date_time_from")),
        (endpoint.date_time_to, clock(date_time_to, name="date_time_to")),
        ("charset", choice(charset, Charset, name="charset", required=True)),
        ("taskId", digits(task_id, name="task_id")),
        ("triggerId", digits(trigger_id, name="trigger_id")),
        ("userId", digits(user_id, name="user_id")),
        ("zoneOffset", minutes(zone_offset, name="zone_offset")),
    )
    # Which content type the table comes with is not documented, so any is welcome.
    headers = {"Accept": "text/csv, */*;q=0.5"}
    return Request("GET", endpoint.path, Operation.READ, query=query, headers=headers)


def read_csv(answer: Answer) -> bytes | Failure | None:
    """The table as its bytes came: those of a success that are neither JSON nor HTML."""
    document = read_document(answer)
    if isinstance(document, dict | list):
        return refusal(document, answer.status)
    is_html = answer.body.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")
    return answer.body if is_success(answer) and not is_html else None


def days_asked(request: Request, endpoint: StatisticsEndpoint) -> tuple[dt.date, dt.date]:
    """The first and the last day of the range that *request* asks for, by the account's clock."""
    query = dict(request.query)
    first, last = query[endpoint.date_time_from], query[endpoint.date_time_to]
    return dt.datetime.fromisoformat(first).date(), dt.datetime.fromisoformat(last).date()


def read_statistics(
    charset: Charset = Charset.UTF8, *, days: tuple[dt.date, dt.date] | None = None
) -> Reader[EmailStatistics]:
    """Make the reader of a table in *charset*.

    What has no line of names, or not at least the documented columns, is not taken for the table,
    since columns are known by their places alone. Neither is one that may be cut: an answer of
    nothing, a row that is shorter than the header, or rows without the total that ends a whole
    table; nor one that may have come twice, with a column's name among its rows. A header alone is
    a table of no letters, although what Devino answers where there are none is not documented.
    That holds for an answer that tells its length. One that does not ends wherever the connection
    did, so that it is whole only if it ends with a total and with a sign that ends a row.

    The last row is the total if it names two dates, and these are *days*, the first and the last
    asked for, or span the dates of all other rows, of which there is one at least. So the last of
    several weeks is none. A row for *days* that stands alone counts the same as the total, and is
    taken for it.
    """

    def read(answer: Answer) -> EmailStatistics | Failure | None:
        body = read_csv(answer)
        if not isinstance(body, bytes):
            return body
        try:
            table = _cells(body, charset)
        except UnicodeDecodeError:
            return Failure(FailureKind.UNREADABLE, f"not in charset {charset}", raw=body)
        except csv.Error:
            return Failure(FailureKind.UNREADABLE, "not CSV", raw=body)
        statistics = _statistics(table, days)
        if isinstance(statistics, EmailStatistics) and _may_be_cut(answer, statistics):
            statistics = "perhaps cut: neither its length nor its end is told"
        if isinstance(statistics, str):
            return Failure(FailureKind.UNREADABLE, statistics, raw=body)
        return statistics

    return read


def _statistics(
    table: Sequence[list[str]], days: tuple[dt.date, dt.date] | None
) -> EmailStatistics | str:
    """What the lines of *table* say, or why they are not the whole table."""
    if not table:
        return "nothing in it"
    header, *lines = table
    while not header[-1].strip():  # the vendor ends this line alone with a semicolon (T66)
        header.pop()
    if (flaw := _flaw(header, lines)) is not None:
        return flaw
    if not lines:
        return EmailStatistics(header=tuple(header))
    *rows, total = map(_row, lines)
    if not _is_total(total, rows, days):
        return "no row for the whole range at its end"
    return EmailStatistics(rows=tuple(rows), total=total, header=tuple(header))


def _flaw(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str | None:
    """Why *lines* are not the rows of a table with this *header*; None if they are."""
    if len(header) < _COLUMNS or any(map(_is_value, header)):
        return "not the table of statistics"
    if any(len(line) < len(header) for line in lines):
        return "a row is cut"
    names = {name for name in map(str.strip, header) if name and not _COUNT.fullmatch(name)}
    if any(names & set(map(str.strip, line)) for line in lines):
        return "a name of a column among the rows"
    return None


def _may_be_cut(answer: Answer, statistics: EmailStatistics) -> bool:
    """Whether the connection's end alone ended *answer*, and not where a table ends."""
    if _FRAMES & answer.headers.keys():
        return False
    return statistics.total is None or not answer.body.endswith(_ENDS)


def _is_value(cell: str) -> bool:
    """Whether *cell* is one of a row, and no column's name."""
    return _PERCENT.fullmatch(cell.strip()) is not None or bool(_dates(cell))


def _is_total(
    last: EmailStatisticsRow,
    others: Sequence[EmailStatisticsRow],
    days: tuple[dt.date, dt.date] | None,
) -> bool:
    match [_date(end) for end in last.period.split(_BETWEEN)]:
        case [dt.date() as begin, dt.date() as end]:
            named = [_dates(row.period) for row in others]
            spans = [bool(each) and begin <= min(each) and max(each) <= end for each in named]
            return (begin, end) == days or (bool(spans) and all(spans))
        case _:
            return False


def _dates(period: str) -> list[dt.date]:
    """The dates among the words of *period*, such as ``01.04.2022 13:00``."""
    return [day for word in period.split() if (day := _date(word)) is not None]


def _cells(body: bytes, charset: Charset) -> list[list[str]]:
    """The table's lines, without empty ones.

    A byte order mark says that it is UTF-8 after all, whatever was asked for.
    """
    marked = body.startswith(codecs.BOM_UTF8)
    text = body.decode("utf-8-sig" if marked else _CODECS[charset])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    return [line for line in reader if any(map(str.strip, line))]


def _row(cells: Sequence[str]) -> EmailStatisticsRow:
    padded = (*map(str.strip, cells), *[""] * (_COLUMNS - len(cells)))
    return EmailStatisticsRow(
        period=padded[0],
        date=_date(padded[0]),
        sent=_count(padded[1]),
        delivered=_count(padded[2]),
        delivery_rate=_percent(padded[3]),
        bounced=_count(padded[4]),
        bounce_rate=_percent(padded[5]),
        opened=_count(padded[6]),
        open_rate=_percent(padded[7]),
        clicked=_count(padded[8]),
        click_to_open_rate=_percent(padded[9]),
        unsubscribed=_count(padded[10]),
        unsubscribe_rate=_percent(padded[11]),
        complained=_count(padded[12]),
        spam_rate=_percent(padded[13]),
        raw=tuple(cells),
    )


def _date(cell: str) -> dt.date | None:
    if (match := _DATE.fullmatch(cell)) is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _count(cell: str) -> int | None:
    return int(cell) if _COUNT.fullmatch(cell) else None


def _percent(cell: str) -> Decimal | None:
    match = _PERCENT.fullmatch(cell)
    return None if match is None else Decimal(match[1].replace(",", "."))
