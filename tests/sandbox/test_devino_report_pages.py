"""What Devino's detail reports have in common: their pages, and what they are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, strategies as st

from devino_async.sandbox.report_pages import (
    SELECTION,
    PageNumbers,
    ReportQuery,
    Selection,
    page_of,
    read_query,
    read_selection,
)
from devino_async.sandbox.sms_rules import RequestRefusedError

NINE = datetime(2027, 1, 1, 9, tzinfo=UTC)
ROWS = [{"n": number} for number in range(1000)]
PAGE = {"limit": 20, "offset": 0}
MOSCOW = timedelta(hours=3)


def page(count: int, **asked: Any) -> dict[str, Any]:
    return page_of(ROWS[:count], **{"with_total": True, **asked})


# Pages


@pytest.mark.parametrize(
    ("limit", "offset", "number"),
    [
        (1, 0, 1),
        (50, 0, 1),
        (10, 5, 2),
        (10, 9, 2),
        (10, 10, 2),
        (10, 19, 2),
        (10, 20, 3),
        (50, 1000, 21),
    ],
)
def test_t63_the_number_of_a_page_jumps_as_the_vendor_says(
    limit: int, offset: int, number: int
) -> None:
    assert page(1000, limit=limit, offset=offset)["number"] == number


@pytest.mark.parametrize(("count", "pages"), [(0, 0), (49, 0), (50, 1), (99, 1), (1000, 20)])
def test_t63_pages_leave_out_a_last_page_that_is_not_full(count: int, pages: int) -> None:
    found = page(count, limit=50, offset=0)
    assert (found["pages"], found["total"]) == (pages, count)


def test_t64_an_offset_counts_rows_from_0() -> None:
    assert page(3, limit=2, offset=1) == {
        "offset": 1,
        "number": 2,
        "size": 2,
        "pageExists": True,
        "data": [{"n": 1}, {"n": 2}],
        "more": False,
        "pages": 1,
        "total": 3,
    }


def test_a_page_past_the_end_does_not_exist() -> None:
    found = page(3, limit=2, offset=3)
    assert (found["pageExists"], found["data"], found["more"]) == (False, [], False)


def test_a_page_need_not_tell_the_total() -> None:
    assert not {"total", "pages"} & page(3, limit=2, offset=0, with_total=False).keys()


def test_t63_numbers_can_contradict_the_rows_as_in_the_example() -> None:
    found = page(3, limit=2, offset=2, numbers=PageNumbers.AS_SAMPLED)
    assert (found["total"], found["pages"], found["more"]) == (2, 10, True)
    assert found["data"] == [{"n": 2}]
    assert page(3, limit=2, offset=4, numbers=PageNumbers.AS_SAMPLED)["more"] is False


@given(
    count=st.integers(0, 60),
    limit=st.integers(1, 70),
    numbers=st.sampled_from(PageNumbers),
)
def test_whoever_follows_more_reads_every_row_once(
    count: int, limit: int, numbers: PageNumbers
) -> None:
    read: list[Any] = []
    more = True
    while more:
        found = page(count, limit=limit, offset=len(read), numbers=numbers)
        read += found["data"]
        more = found["more"]
    assert read == ROWS[:count]


# Questions


def query(**parameters: Any) -> ReportQuery:
    text = urlencode({**PAGE, **parameters}, doseq=True)
    return read_query(text, known=SELECTION, accepts_unknown=False)


def select(**parameters: Any) -> Selection:
    return read_selection(query(**parameters), ahead=timedelta())


FROM = {"dateTimeFrom": "2027-01-01 00:00:00"}
TO = {"dateTimeTo": "2027-01-02 00:00:00"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"taskId": 8742},
        {"taskId": 8742, "triggerId": 2312},
        FROM | TO,
        {"taskId": 8742, "triggerId": 2312} | FROM | TO,
        {"messageIds": ["a", "b"]},
    ],
)
def test_five_combinations_of_parameters_are_taken(parameters: dict[str, Any]) -> None:
    assert select(**parameters).limit == 20


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({}, "dateTimeFrom"),
        ({"triggerId": 2312}, "triggerId"),
        (FROM, "dateTimeFrom"),
        (TO, "dateTimeTo"),
        ({"taskId": 8742} | FROM | TO, "taskId"),
        ({"triggerId": 2312} | FROM | TO, "triggerId"),
        ({"messageIds": "a"} | FROM | TO, "dateTimeFrom"),
        ({"messageIds": "a", "taskId": 8742}, "taskId"),
    ],
)
def test_any_other_combination_is_refused(parameters: dict[str, Any], name: str) -> None:
    with pytest.raises(RequestRefusedError) as refusal:
        select(**parameters)
    assert refusal.value.reason.name == name


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("limit", None, "must.be.not.null"),
        ("limit", "", "invalid"),
        ("limit", 0, "invalid"),
        ("limit", "2.0", "invalid"),
        ("limit", ["1", "2"], "invalid"),
        ("offset", None, "must.be.not.null"),
        ("offset", -1, "invalid"),
        ("taskId", "x", "invalid"),
        ("taskId", "٣", "invalid"),
        ("timeOffset", 1440, "invalid"),
        ("timeOffset", "+03:00", "invalid"),
        ("page", 1, "invalid"),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: Any, key: str) -> None:
    parameters = {**PAGE, "taskId": 1, name: value}
    text = urlencode({k: v for k, v in parameters.items() if v is not None}, doseq=True)
    with pytest.raises(RequestRefusedError) as refusal:
        read_selection(read_query(text, known=SELECTION, accepts_unknown=False), ahead=timedelta())
    assert (refusal.value.reason.key, refusal.value.reason.name) == (key, name)


@pytest.mark.parametrize(
    "text", ["2023-02-12+00:00:00", "2023-02-12+00%3A00%3A00", "2023-02-12%2000:00:00"]
)
def test_t32_a_plus_in_a_date_is_a_space(text: str) -> None:
    raw = f"limit=1&offset=0&dateTimeFrom={text}&dateTimeTo={text}"
    found = read_query(raw, known=SELECTION, accepts_unknown=False).time("dateTimeFrom")
    assert found == datetime(2023, 2, 12)  # noqa: DTZ001 - the vendor names no zone


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-12%2B00:00:00",
        "2023-02-12T00:00:00",
        "2023-02-12",
        "2023-02-30+00:00:00",
        "2023-02-12+24:00:00",
        "2023-02-12+00:00:00Z",
        "2023-02-12+00:00:00.5",
        "2023-02-12+00%253A00%253A00",
    ],
)
def test_t32_any_other_form_of_a_date_is_refused(text: str) -> None:
    found = read_query(f"dateTimeFrom={text}", known=SELECTION, accepts_unknown=False)
    with pytest.raises(RequestRefusedError, match="invalid"):
        found.time("dateTimeFrom")


def test_t33_a_t_between_date_and_time_can_be_taken() -> None:
    found = read_query("from=2022-10-06T13%3A45%3A30", known={"from"}, accepts_unknown=False)
    assert found.needed_time("from", separators=" T") == datetime(2022, 10, 6, 13, 45, 30)  # noqa: DTZ001


def test_unknown_parameters_can_be_ignored() -> None:
    found = read_query("page=1&limit=2", known={"limit"}, accepts_unknown=True)
    assert (found.number("limit"), found.number("page")) == (2, None)


@pytest.mark.parametrize(("text", "truth"), [("true", True), ("false", False)])
def test_a_truth_is_one_of_two_words(text: str, truth: bool) -> None:  # noqa: FBT001
    assert read_query(f"a={text}", known={"a"}, accepts_unknown=False).truth("a") is truth
    with pytest.raises(RequestRefusedError):
        read_query("a=True", known={"a"}, accepts_unknown=False).truth("a")


def test_what_must_be_given_is_missed() -> None:
    empty = read_query("", known=(), accepts_unknown=False)
    for reader in (empty.needed, empty.needed_time, empty.needed_number):
        with pytest.raises(RequestRefusedError, match=r"not\.null"):
            reader("a")
    with pytest.raises(RequestRefusedError, match=r"not\.null"):
        empty.needed_choice("a", {"b"})
    assert (empty.text("a"), empty.texts("a"), empty.truth("a"), empty.id("a")) == (
        None,
        (),
        None,
        None,
    )


# Choosing messages


def test_t19_messages_are_chosen_by_their_exact_ids() -> None:
    chosen = select(messageIds=["3701172084729885952", "dwY4BSnjQ2X"])
    assert chosen.takes("3701172084729885952", NINE)
    assert chosen.takes("dwY4BSnjQ2X", NINE)
    assert not chosen.takes("dwY4BSnjQ2x", NINE)
    assert not chosen.takes("3701172084729885700", NINE)


def test_messages_are_chosen_by_task_and_trigger() -> None:
    by_task, by_both = select(taskId="007004"), select(taskId=7004, triggerId=511)
    assert by_task.takes("a", NINE, task_id="7004", trigger_id="512")
    assert not by_task.takes("a", NINE)
    assert by_both.takes("a", NINE, task_id="7004", trigger_id="511")
    assert not by_both.takes("a", NINE, task_id="7004", trigger_id="512")
    assert not by_both.takes("a", NINE, task_id="7005", trigger_id="511")


def test_messages_are_chosen_by_the_second_of_their_sending() -> None:
    at = {"dateTimeFrom": "2027-01-01 09:00:00", "dateTimeTo": "2027-01-01 09:00:00"}
    chosen = select(**at)
    assert chosen.takes("a", NINE)
    assert chosen.takes("a", NINE + timedelta(milliseconds=999))
    assert not chosen.takes("a", NINE + timedelta(seconds=1))
    assert not chosen.takes("a", NINE - timedelta(milliseconds=1))


def test_t35_an_offset_in_minutes_moves_the_clock_on_the_wall() -> None:
    at = {"dateTimeFrom": "2027-01-01 12:00:00", "dateTimeTo": "2027-01-01 12:00:00"}
    assert not select(**at).takes("a", NINE)
    by_parameter = select(**at, timeOffset=180)
    by_account = read_selection(query(**at), ahead=MOSCOW)
    assert by_parameter == by_account
    assert by_parameter.takes("a", NINE)
    assert by_parameter.clock(NINE) == "2027-01-01 12:00:00"
    assert (
        read_selection(query(**at, timeOffset=-60), ahead=MOSCOW).clock(NINE).endswith("08:00:00")
    )
