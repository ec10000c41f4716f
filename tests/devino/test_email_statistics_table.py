"""The table of statistics of e-mail: read by its columns, and nothing else taken for it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, strategies as st

from devino_async.email import (
    Charset,
    EmailStatistics,
    EmailStatisticsRow,
    read_csv,
    read_statistics,
)
from omni_common.converter import dumps
from omni_common.exchange import Answer, Failure, FailureKind
from tests.devino.answering import ANY_JSON, STATUSES

HEADER = (
    "Send date;Sent;Delivered;Delivery rate;Bounced;Bounce rate;Opened;Open rate;Clicked;"
    "Click to Open Rate;Unsubscribed;Unsubscribe Rate;Complained;Spam rate;"
)
JUNE = "01.06.2022;914;904;98.91%;0;0%;0;0%;0;0%;0;0%;0;0%"
DECEMBER = "01.12.2022;5;4;80%;1;20%;0;0%;0;0%;0;0%;0;0%"
TOTAL = "12.04.2022 - 12.04.2023;5089631;5089597;100%;4;0%;6;0%;7;116.67%;2;0%;0;0%"
ASKED = (date(2022, 4, 12), date(2023, 4, 12))
RUSSIAN = ";".join(["Дата отправки", *(f"Столбец {number}" for number in range(13))]) + ";"


def table(*lines: str, header: str = HEADER, ending: str = "\n") -> str:
    return ending.join((header, *lines)) + ending


def line(*cells: str) -> str:
    """A row that begins with *cells*; nothing else happened."""
    return ";".join((*cells, *["0"] * (14 - len(cells))))


def framed(body: bytes, status: int = 200) -> Answer:
    """An answer that tells its length."""
    return Answer(status, body, {"content-length": str(len(body))})


def read(text: str | bytes, charset: Charset = Charset.UTF8, status: int = 200) -> EmailStatistics:
    body = text if isinstance(text, bytes) else text.encode()
    statistics = read_statistics(charset, days=ASKED)(framed(body, status))
    assert isinstance(statistics, EmailStatistics)
    return statistics


def kind(body: bytes, status: int = 200, charset: Charset = Charset.UTF8) -> FailureKind | None:
    failure = read_statistics(charset, days=ASKED)(Answer(status, body))
    assert failure is None or isinstance(failure, Failure)
    return None if failure is None else failure.kind


# --- The table ------------------------------------------------------------------------------------


def test_t66_the_documented_table_is_read() -> None:
    statistics = read(table(JUNE, DECEMBER, TOTAL))
    assert statistics.header == tuple(HEADER.removesuffix(";").split(";"))
    assert len(statistics.header) == 14
    june, december = statistics.rows
    assert june == EmailStatisticsRow(
        period="01.06.2022",
        date=date(2022, 6, 1),
        sent=914,
        delivered=904,
        delivery_rate=Decimal("98.91"),
        bounced=0,
        bounce_rate=Decimal(0),
        opened=0,
        open_rate=Decimal(0),
        clicked=0,
        click_to_open_rate=Decimal(0),
        unsubscribed=0,
        unsubscribe_rate=Decimal(0),
        complained=0,
        spam_rate=Decimal(0),
        raw=tuple(JUNE.split(";")),
    )
    assert (december.bounced, december.bounce_rate) == (1, Decimal(20))


def test_t66_the_last_row_is_the_total_and_rates_may_exceed_100() -> None:
    total = read(table(JUNE, TOTAL)).total
    assert total is not None
    assert (total.period, total.date) == ("12.04.2022 - 12.04.2023", None)
    assert (total.sent, total.delivered, total.clicked) == (5089631, 5089597, 7)
    assert total.click_to_open_rate == Decimal("116.67")


def test_t66_every_column_has_its_own_place() -> None:
    cells = ["01.06.2022", *(str(number) for number in range(1, 14))]
    [row] = read(table(";".join(cells), TOTAL)).rows
    values = [getattr(row, each.name) for each in attrs.fields(EmailStatisticsRow)]
    assert values[2:-1] == list(range(1, 14))


def test_t66_columns_are_known_by_their_places_whatever_their_language() -> None:
    statistics = read(table(JUNE, TOTAL, header=RUSSIAN))
    assert statistics.header[0] == "Дата отправки"
    assert statistics.rows == read(table(JUNE, TOTAL)).rows


@pytest.mark.parametrize("charset", Charset)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("cut", [False, True], ids=["ended", "cut"])
def test_t66_the_table_is_read_in_both_charsets_and_with_any_ends_of_lines(
    charset: Charset, ending: str, *, cut: bool
) -> None:
    text = table(JUNE, TOTAL, header=RUSSIAN, ending=ending)
    body = (text.rstrip() if cut else text).encode({"UTF8": "utf-8"}.get(charset, "cp1251"))
    statistics = read(body, charset)
    assert statistics.header[0] == "Дата отправки"
    assert [row.period for row in statistics.rows] == ["01.06.2022"]
    assert statistics.total is not None
    assert statistics.total.spam_rate == 0


@pytest.mark.parametrize("charset", Charset)
def test_a_byte_order_mark_says_that_it_is_utf8_after_all(charset: Charset) -> None:
    statistics = read(("\ufeff" + table(JUNE, TOTAL, header=RUSSIAN)).encode(), charset)
    assert statistics.header[0] == "Дата отправки"


def test_a_table_in_another_charset_is_an_error_and_no_nonsense() -> None:
    assert kind(table(header=RUSSIAN).encode("cp1251")) is FailureKind.UNREADABLE
    undefined = table(JUNE).encode() + b"\x98"
    assert kind(undefined, charset=Charset.CP1251) is FailureKind.UNREADABLE


def test_the_text_for_another_charset_names_the_parameter() -> None:
    failure = read_statistics()(Answer(200, table(header=RUSSIAN).encode("cp1251")))
    assert isinstance(failure, Failure)
    assert failure.detail == "not in charset UTF8"


def test_a_table_of_a_header_alone_has_no_rows() -> None:
    statistics = read(table())
    assert (statistics.rows, statistics.total, len(statistics.header)) == ((), None, 14)


def test_t66_a_table_of_a_total_alone_has_no_rows() -> None:
    statistics = read(table(TOTAL))
    assert (statistics.rows, statistics.total) == ((), read(table(JUNE, TOTAL)).total)


def test_t66_a_range_before_the_last_row_is_a_period() -> None:
    week = line("04.04.2022 - 10.04.2022", "1", "1", "100%")
    statistics = read(table(week, TOTAL))
    assert [(row.period, row.date) for row in statistics.rows] == [
        ("04.04.2022 - 10.04.2022", None)
    ]
    assert statistics.total is not None
    whole = line("12.04.2022 - 12.04.2023", "7")
    twice = read(table(whole, whole))
    assert twice.total is not None
    assert [row.period for row in twice.rows] == [twice.total.period]


WEEKS = ("04.04.2022 - 10.04.2022", "11.04.2022 - 17.04.2022", "18.04.2022 - 24.04.2022")


@pytest.mark.parametrize(
    "periods",
    [
        ["01.06.2022"],
        ["01.06.2022", "01.12.2022"],
        WEEKS[:1],
        WEEKS[:2],
        WEEKS,
        ["01.06.2022", WEEKS[0]],
        ["12.04.2022 13:00"],
        ["12.04.2022 - 12.04.2023", "01.06.2022"],
        ["01.06.2022", "12.04.2023 - 12.04.2022"],
        ["01.06.2022", "31.02.2022 - 31.12.2022"],
        ["01.06.2022", "x - y"],
        ["x", "13.04.2022 - 12.04.2023"],
    ],
    ids=str,
)
def test_t66_a_table_whose_last_row_is_not_surely_the_total_is_cut(periods: list[str]) -> None:
    body = table(*(line(period, "1") for period in periods)).encode()
    assert kind(body) is FailureKind.UNREADABLE
    assert read_csv(Answer(200, body)) == body


def test_t66_a_total_of_other_days_than_those_asked_for_spans_all_rows() -> None:
    shifted = line("11.04.2022 - 13.04.2023", "919")
    spanned = [JUNE, line("01.07.2022 23:00", "1"), line(WEEKS[2], "1"), DECEMBER]
    statistics = read(table(*spanned, shifted))
    assert statistics.total is not None
    assert (len(statistics.rows), statistics.total.sent) == (4, 919)
    assert kind(table(shifted).encode()) is FailureKind.UNREADABLE
    assert kind(table(line("10.04.2022"), shifted).encode()) is FailureKind.UNREADABLE
    assert kind(table(line("14.04.2023"), shifted).encode()) is FailureKind.UNREADABLE


def test_t66_where_the_days_asked_for_are_not_given_the_total_has_to_span_rows() -> None:
    def total(*lines: str) -> object:
        statistics = read_statistics()(Answer(200, table(*lines).encode()))
        return statistics.total if isinstance(statistics, EmailStatistics) else statistics

    assert total(JUNE, TOTAL) == read(table(JUNE, TOTAL)).total
    assert isinstance(total(TOTAL), Failure)


@pytest.mark.parametrize("cells", range(1, 14))
def test_a_row_that_is_shorter_than_the_header_is_a_cut_one(cells: int) -> None:
    for lines in ((JUNE, TOTAL), (TOTAL, JUNE)):
        cut = ";".join(lines[1].split(";")[:cells])
        assert kind(table(lines[0], cut).encode()) is FailureKind.UNREADABLE
        assert kind(table(cut, lines[0]).encode()) is FailureKind.UNREADABLE
    wider = table(JUNE, TOTAL, header=f"{HEADER}New column;").encode()
    assert kind(wider) is FailureKind.UNREADABLE


@pytest.mark.parametrize(
    "first",
    [JUNE, TOTAL, f"{JUNE};", line("", "1"), line("Whole time", "1"), line("2022-06-01 13:00")],
)
def test_a_table_without_the_line_of_names_is_none(first: str) -> None:
    for lines in ([], [TOTAL], [JUNE, TOTAL]):
        assert kind(table(*lines, header=first).encode()) is FailureKind.UNREADABLE
    dated = ";".join(["12.04.2022 - 12.04.2023", *HEADER.split(";")[1:]])
    assert kind(table(TOTAL, header=dated).encode()) is FailureKind.UNREADABLE


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_of_an_answer_without_a_length_no_part_is_taken_for_the_whole(ending: str) -> None:
    rate = line("12.04.2022 - 12.04.2023", *["1"] * 12, "116.67%")
    body = table(JUNE, DECEMBER, rate, ending=ending).encode()
    whole = read(body)
    lengths = set()
    for length in range(len(body)):
        answer = read_statistics(days=ASKED)(Answer(200, body[:length]))
        if isinstance(answer, EmailStatistics):
            assert answer == whole
            lengths.add(len(body) - length)
    assert lengths == set(range(1, len(ending) + 1))  # nothing but the last line's end may miss


@pytest.mark.parametrize("frame", ["content-length", "transfer-encoding", "x-length"])
def test_a_header_alone_is_whole_if_the_answer_tells_its_length(frame: str) -> None:
    said = read_statistics(days=ASKED)(Answer(200, table().encode(), {frame: "x"}))
    assert isinstance(said, EmailStatistics) is (frame != "x-length")


@pytest.mark.parametrize("header", [HEADER, RUSSIAN, HEADER.removesuffix(";")])
@pytest.mark.parametrize("between", ["\n", "\n\n", "", ";"], ids=["line", "gap", "none", "cell"])
def test_a_table_that_comes_twice_is_none(header: str, between: str) -> None:
    once = table(JUNE, TOTAL, header=header).removesuffix("\n")
    assert kind(once.encode() + between.encode() + once.encode()) is FailureKind.UNREADABLE


@pytest.mark.parametrize("text", ["", " ", "\n\r\n", "\ufeff", ";;;;\n"])
def test_an_answer_of_nothing_is_no_table(text: str) -> None:
    assert kind(text.encode()) is FailureKind.UNREADABLE
    assert kind(text.encode(), 204) is FailureKind.UNREADABLE
    assert read_csv(Answer(200, text.encode())) == text.encode()


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("01.04.2022", date(2022, 4, 1)),
        (" 01.04.2022 ", date(2022, 4, 1)),
        ("29.02.2024", date(2024, 2, 29)),
        ("29.02.2023", None),
        ("00.00.0000", None),
        ("01.04.2022 13:00", None),
        ("2022", None),
        ("2022-04-01", None),
        ("", None),
    ],
)
def test_t29_only_a_whole_date_is_one_and_any_other_period_is_kept(
    cell: str, day: date | None
) -> None:
    [row] = read(table(line(cell, "1", "1", "100%"), TOTAL)).rows
    assert (row.period, row.date, row.raw[0]) == (cell.strip(), day, cell)


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("0", 0),
        ("4108031", 4108031),
        (" 7 ", 7),
        ("-1", -1),
        ("", None),
        ("1.5", None),
        ("x", None),
    ],
)
def test_a_count_is_a_whole_number_or_nothing(cell: str, count: int | None) -> None:
    assert read(table(line("01.04.2022", cell), TOTAL)).rows[0].sent == count


@pytest.mark.parametrize(
    ("cell", "rate"),
    [
        ("98.91%", "98.91"),
        ("98,91%", "98.91"),
        ("98.91 %", "98.91"),
        ("116.67%", "116.67"),
        ("100", "100"),
        *(("", None), ("%", None), ("NaN%", None), ("1e5%", None), ("1.2.3%", None), ("∞", None)),
    ],
)
def test_a_rate_is_an_exact_number_of_percents_or_nothing(cell: str, rate: str | None) -> None:
    found = read(table(line("01.04.2022", "1", "1", cell), TOTAL)).rows[0].delivery_rate
    assert found == (None if rate is None else Decimal(rate))


def test_t66_further_cells_harm_nothing() -> None:
    [long] = read(table(f"{JUNE};7;8", TOTAL)).rows
    assert (long.spam_rate, long.raw[-2:]) == (Decimal(0), ("7", "8"))
    wider = table(f"{JUNE};1", f"{TOTAL};2", header=f"{HEADER}New column;")
    assert len(read(wider).header) == 15


def test_a_cell_in_quotation_marks_may_hold_semicolons() -> None:
    [row] = read(table(line('"01.04.2022; all ""day"""', "1"), TOTAL)).rows
    assert (row.period, row.sent) == ('01.04.2022; all "day"', 1)


# --- Answers that are no table --------------------------------------------------------------------


def test_t1_a_refusal_under_200_is_one() -> None:
    document = {
        "Description": "Validation failed",
        "Reasons": [{"Key": "must.be.not.null", "Reference": "groupBy"}],
    }
    for status in (200, 400):
        failure = read_statistics()(Answer(status, dumps(document)))
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.REFUSED
        assert (failure.vendor_code, failure.field) == ("must.be.not.null", "groupBy")
        assert read_csv(Answer(status, dumps(document))) == failure


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sorry;</html>",
        b" \n<!DOCTYPE html>",
        b"\xef\xbb\xbf<html>",
        b"{}",
        b"[]",
        b'{"a":1}',
    ],
)
def test_html_and_json_are_no_table(body: bytes) -> None:
    assert kind(body) is None
    assert read_csv(Answer(200, body)) is None


@pytest.mark.parametrize(
    "body",
    [
        b"Internal error; try again",
        b"null",
        b'"text"',
        b"garbage",
        b"\x00\xff",
        HEADER.rpartition("Spam rate")[0].encode(),  # thirteen columns: any could be the missing
        (HEADER.replace(";", ",") + "\n").encode(),
        table('"never ended;1').encode(),
        table('"a"b;1').encode(),
        table(f"{'x' * 200_000};1").encode(),
    ],
    ids=[
        *("sentence", "null", "text", "word", "no text", "a column less", "commas"),
        *("open quotation", "torn quotation", "endless cell"),
    ],
)
def test_what_has_not_the_documented_columns_is_unreadable(body: bytes) -> None:
    assert kind(body) is FailureKind.UNREADABLE
    assert read_csv(Answer(200, body)) == body


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500])
def test_a_status_that_is_no_success_decides(status: int) -> None:
    for body in (b"", b"Not found", table(JUNE).encode()):
        assert kind(body, status) is None
        assert read_csv(Answer(status, body)) is None


def test_the_bytes_are_given_as_they_came() -> None:
    body = table(JUNE, header=RUSSIAN, ending="\r\n").encode("cp1251")
    assert read_csv(Answer(200, body)) == body
    assert read_csv(Answer(204, b"")) == b""


_CELLS = st.text(max_size=8) | st.sampled_from(["01.06.2022", "1", "98.91%", "a - b", '"', ""])
_LINES = st.lists(_CELLS, max_size=16).map(";".join)


@given(
    body=st.binary()
    | ANY_JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(_LINES, max_size=5).map(lambda lines: table(*lines).encode(errors="replace")),
    status=STATUSES,
    charset=st.sampled_from(Charset),
)
def test_whatever_is_answered_is_read(body: bytes, status: int, charset: Charset) -> None:
    answer = Answer(status, body)
    statistics = read_statistics(charset)(answer)
    assert statistics is None or isinstance(statistics, Failure | EmailStatistics)
    raw = read_csv(answer)
    assert raw is None or isinstance(raw, Failure) or raw == body
    if isinstance(statistics, EmailStatistics):
        assert raw == body
