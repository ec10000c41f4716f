"""Objects of Devino's are read whatever they hold, and written under the vendor's own names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from attrs import field, fields, frozen
from hypothesis import given, strategies as st

from devino_async.converter import EpochTime, read_object, read_objects, wire, write_object
from tests.devino.answering import ANY_JSON


@frozen(kw_only=True)
class Inner:
    count_of_all: int | None = None


@frozen(kw_only=True)
class Row:
    message_id: str | None = None
    sent_date_time: datetime | None = None
    price: Decimal | None = None
    is_deleted: bool | None = None
    ts: EpochTime | None = None
    inner: Inner | None = None
    every: tuple[Inner, ...] = ()
    words: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None
    whatever: Any = None
    sender: str | None = field(default=None, metadata=wire("from"))
    raw: Any = field(default=None, repr=False)


NAMES = ["messageId", "sentDateTime", "price", "isDeleted", "ts", "inner", "every", "words"]


class Word(StrEnum):
    HIGH = "HIGH"


@frozen(kw_only=True)
class Sent:
    text: str
    sender: str | None = field(default=None, metadata=wire("from"))
    validity: timedelta | None = None
    word: Word | str | None = None
    day: datetime | None = field(
        default=None, metadata=wire(write=lambda day: f"{day:%Y-%m-%d %H:%M:%S}")
    )
    inner: Inner | None = None
    every: tuple[Inner, ...] = ()
    options: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] | None = None


@given(
    st.dictionaries(
        st.sampled_from([*NAMES, "options", "from", "addedLater"]), ANY_JSON, max_size=8
    )
)
def test_an_object_is_read_whatever_its_fields_hold(document: dict[str, Any]) -> None:
    row = read_object(Row, document)
    assert row is not None
    assert row.raw == document
    kinds = (type(None), str, datetime, Decimal, bool, Inner, tuple, dict)
    assert all(
        isinstance(getattr(row, each.name), kinds) for each in fields(Row) if each.name != "raw"
    )


@given(ANY_JSON.filter(lambda value: not isinstance(value, dict)))
def test_what_is_no_object_is_none(value: Any) -> None:
    assert read_object(Row, value) is None


@given(ANY_JSON)
def test_a_list_is_read_whatever_it_holds(value: Any) -> None:
    objects = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    assert [row.raw for row in read_objects(Row, value)] == objects


def test_t18_t21_numbers_and_texts_stand_for_each_other_exactly() -> None:
    row = read_object(
        Row, {"messageId": 3701172084729885953, "inner": {"countOfAll": "34234"}, "price": "1.0000"}
    )
    assert row == Row(
        message_id="3701172084729885953",
        inner=Inner(count_of_all=34234),
        price=Decimal("1.0000"),
        raw=row and row.raw,
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (True, True),
        ("Yes", True),
        ("No", False),
        ("false", False),
        ("perhaps", None),
        (1, None),
    ],
)
def test_t26_a_truth_may_be_a_word(written: Any, *, meant: bool | None) -> None:
    row = read_object(Row, {"isDeleted": written})
    assert row is not None
    assert row.is_deleted is meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (1613404835977, datetime(2021, 2, 15, 16, 0, 35, 977000, tzinfo=UTC)),
        ("1587721283000", datetime(2020, 4, 24, 9, 41, 23, tzinfo=UTC)),
        (1613404835, datetime(2021, 2, 15, 16, 0, 35, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (10**30, None),
        ("today", None),
        (1.5, None),
        (True, None),
    ],
)
def test_t34_a_moment_is_in_milliseconds_from_a_hundred_billion_on(
    written: Any, meant: datetime | None
) -> None:
    row = read_object(Row, {"ts": written})
    assert row is not None
    assert row.ts == meant


def test_t29_a_time_stands_with_a_t_or_a_space_and_keeps_what_zone_it_names() -> None:
    times = ["2022-10-22T18:14:21", "2022-10-22 18:14:21", "2022-10-22T18:14:21.500Z", "22.10.2022"]
    rows = read_objects(Row, [{"sentDateTime": time} for time in times])
    assert [row.sent_date_time for row in rows] == [
        datetime(2022, 10, 22, 18, 14, 21),  # noqa: DTZ001 - as written
        datetime(2022, 10, 22, 18, 14, 21),  # noqa: DTZ001
        datetime(2022, 10, 22, 18, 14, 21, 500_000, tzinfo=UTC),
        None,
    ]


def test_what_is_written_has_the_vendors_names_and_nothing_empty() -> None:
    assert write_object(Sent(text="Hi")) == {"text": "Hi"}
    assert write_object(
        Sent(
            text="Hi",
            sender="Shop",
            validity=timedelta(minutes=10),
            word=Word.HIGH,
            day=datetime(2027, 1, 1, 9),  # noqa: DTZ001 - a wall clock's
            inner=Inner(count_of_all=3),
            every=(Inner(), Inner(count_of_all=0)),
            options={"key_one": {"as_is": None}},
        )
    ) == {
        "text": "Hi",
        "from": "Shop",
        "validity": 600,
        "word": "HIGH",
        "day": "2027-01-01 09:00:00",
        "inner": {"countOfAll": 3},
        "every": [{}, {"countOfAll": 0}],
        "options": {"key_one": {"as_is": None}},
    }


def test_extra_fields_are_merged_last_and_words_of_ones_own_pass() -> None:
    sent = Sent(text="Hi", word="LATER", extra={"text": "Ho", "new": [1]})
    assert write_object(sent) == {"text": "Ho", "word": "LATER", "new": [1]}
