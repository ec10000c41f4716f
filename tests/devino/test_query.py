"""What stands in a query string, in Devino's own forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from devino_async.problems import invalid
from devino_async.query import (
    Filters,
    choice,
    clock_text,
    digits,
    filtered,
    flag,
    minutes,
    parameters,
    text,
    whole,
    words,
)
from devino_async.selection import SortOrder
from omni_common.errors import InvalidMessageError, InvalidQueryError
from omni_common.exchange import Operation, Request

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2023, 2, 12, 12)  # noqa: DTZ001 - a wall clock's


def target(**values: Any) -> str:
    return Request("GET", "/x", Operation.READ, query=parameters(*values.items())).target


def test_t32_a_space_is_a_plus_sign_and_a_plus_sign_is_escaped() -> None:
    assert target(a=clock_text(NOON, None, name="a")) == "/x?a=2023-02-12+12%3A00%3A00"
    assert target(a="+7 & more") == "/x?a=%2B7+%26+more"


def test_t33_with_a_t_a_time_is_encoded_once() -> None:
    text = clock_text(NOON, None, name="start_date", separator="T")
    assert target(startDate=text) == "/x?startDate=2023-02-12T12%3A00%3A00"


def test_t16_a_list_repeats_its_name() -> None:
    assert target(ids=["a", "b"], types=(), one=1) == "/x?ids=a&ids=b&one=1"


def test_truths_are_words_and_nothing_is_left_out() -> None:
    assert target(a=True, b=False, c=None, d=0) == "/x?a=true&b=false&d=0"
    assert target() == "/x"


@given(st.lists(st.tuples(st.text(), st.text()).filter(lambda pair: pair[1].isprintable())))
def test_what_is_encoded_is_read_back_the_same(pairs: list[tuple[str, str]]) -> None:
    query = Request("GET", "/x", Operation.READ, query=parameters(*pairs)).target.partition("?")[2]
    assert parse_qsl(query, keep_blank_values=True) == pairs


class Colour(str, Enum):  # noqa: UP042 - what Python's own formatting would name by its class
    RED = "red"


class Count(int, Enum):
    TWO = 2


def test_a_member_of_any_kind_of_enum_is_its_value() -> None:
    assert target(a=SortOrder.DESC, b=Colour.RED, c=[Count.TWO]) == "/x?a=DESC&b=red&c=2"


@pytest.mark.parametrize("value", [1.5, object(), "\ud800", [None, "\udfff"], {"a": 1.5}.items()])
def test_what_no_query_can_hold_is_refused(value: Any) -> None:
    with pytest.raises(InvalidQueryError, match="field") as caught:
        parameters(("field", value))
    assert caught.value.field == "field"


def test_t30_a_time_with_a_zone_needs_the_accounts_zone() -> None:
    aware = datetime(2023, 2, 12, 9, tzinfo=UTC)
    assert clock_text(aware, MOSCOW, name="sent_from") == "2023-02-12 12:00:00"
    assert clock_text(NOON, MOSCOW, name="sent_from") == "2023-02-12 12:00:00"
    with pytest.raises(InvalidQueryError, match="account_zone") as caught:
        clock_text(aware, None, name="sent_from")
    assert caught.value.field == "sent_from"


@pytest.mark.parametrize(
    "time",
    [
        NOON.replace(microsecond=1),
        NOON.date(),
        "2023-02-12 12:00:00",
        datetime.max.replace(microsecond=0, tzinfo=timezone(timedelta(hours=-12))),
    ],
)
def test_a_time_that_the_format_cannot_hold_is_refused(time: Any) -> None:
    with pytest.raises(InvalidQueryError):
        clock_text(time, MOSCOW, name="sent_from")


def test_what_is_sent_is_refused_as_a_message() -> None:
    with pytest.raises(InvalidMessageError):
        clock_text(datetime(2023, 2, 12, tzinfo=UTC), None, name="start_time", refusal=invalid)


def test_t35_an_offset_is_in_minutes() -> None:
    assert minutes(timedelta(hours=3), name="time_offset") == "180"
    assert minutes(timedelta(hours=-3, minutes=-30), name="time_offset") == "-210"
    assert minutes(None, name="time_offset") is None


@pytest.mark.parametrize("offset", [180, timedelta(seconds=30), timedelta(days=1)])
def test_an_offset_of_no_clock_is_refused(offset: Any) -> None:
    with pytest.raises(InvalidQueryError, match="time_offset"):
        minutes(offset, name="time_offset")


def test_t20_an_id_becomes_a_whole_number_exactly() -> None:
    assert digits("3701172084729885953", name="task_id") == 3701172084729885953
    assert digits("234567865432456787634", name="task_id") == 234567865432456787634
    assert digits(7004, name="task_id") == 7004
    assert digits(None, name="task_id") is None


@pytest.mark.parametrize("id", ["", "70 04", "-2", -1, True, "७", "1" * 41, 10**40, 1.0, "x"])
def test_t20_an_id_that_is_no_number_is_refused(id: Any) -> None:
    with pytest.raises(InvalidQueryError, match="task_id"):
        digits(id, name="task_id")


@pytest.mark.parametrize("number", [0, "1", True, 1.0, 10**40])
def test_a_number_out_of_range_is_refused(number: Any) -> None:
    with pytest.raises(InvalidQueryError, match="1 or more"):
        whole(number, name="limit", least=1)


def test_an_offset_of_what_is_sent_is_refused_as_a_message() -> None:
    with pytest.raises(InvalidMessageError, match="zone_offset"):
        minutes(timedelta(seconds=1), name="zone_offset", refusal=invalid)


@pytest.mark.parametrize(
    "take",
    [
        partial(whole, name="field"),
        partial(digits, name="field"),
        partial(text, name="field"),
        partial(flag, name="field"),
        partial(clock_text, zone=None, name="field"),
        partial(choice, kind=SortOrder, name="field"),
    ],
)
def test_none_is_left_out_unless_it_is_required(take: Any) -> None:
    assert take(None) is None
    with pytest.raises(InvalidQueryError, match="field must be"):
        take(None, required=True)


@pytest.mark.parametrize("value", ["ASC", 1, "", SortOrder])
def test_a_choice_is_a_member_and_not_its_value(value: Any) -> None:
    assert choice(SortOrder.ASC, SortOrder, name="order") is SortOrder.ASC
    with pytest.raises(InvalidQueryError, match=r"one of SortOrder\.ASC, SortOrder\.DESC"):
        choice(value, SortOrder, name="order")


def test_words_are_asked_for_with_every_page_so_that_an_iterator_is_refused() -> None:
    assert words("NEW", name="states") == ("NEW",)
    assert words(["NEW", "DRAFT"], name="states") == ["NEW", "DRAFT"]
    with pytest.raises(InvalidQueryError, match="states"):
        words(iter(["NEW"]), name="states")  # type: ignore[arg-type]


def test_filters_are_written_in_the_order_in_which_they_are_known() -> None:
    known: Filters = {"a_name": ("aName", text), "least": ("least", whole), "b": ("b", flag)}
    assert filtered(known, {"b": False, "a_name": "x"}) == (("aName", "x"), ("b", "false"))
    with pytest.raises(TypeError, match="there is no filter c, d"):
        filtered(known, {"d": 1, "c": 2, "b": True})
