"""Devino's times: naive unless it names a zone, and moments only where the zone is known."""

# ruff: noqa: DTZ001, DTZ901 - wall-clock times are what this is about

from __future__ import annotations

import struct
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.query import clock_text
from devino_async.zone import account_zone, in_utc, moment, parse_time
from omni_common.errors import ConfigurationError, InvalidQueryError

MOSCOW = timezone(timedelta(hours=3))


@pytest.fixture
def zone_named_shop(tmp_path: Path) -> Iterator[str]:
    """A zone five hours ahead of UTC, in a zone database of its own: not every system has one."""
    counts = struct.pack(">4sc15x6l", b"TZif", b"\0", 0, 0, 0, 0, 1, 4)
    folder = tmp_path / "Test"
    folder.mkdir()
    (folder / "Shop").write_bytes(counts + struct.pack(">lbb", 5 * 3600, 0, 0) + b"SHP\0")
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(tmp_path)])
    yield "Test/Shop"
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


def test_a_zone_is_known_by_its_name(zone_named_shop: str) -> None:
    zone = account_zone(zone_named_shop)
    assert moment(datetime(2027, 1, 1, 12), zone) == datetime(2027, 1, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "hours"), [("+03:00", 3), ("-03:30", -3.5), ("+00:00", 0), ("+23:59", 24 - 1 / 60)]
)
def test_a_zone_is_known_by_its_offset(name: str, hours: float) -> None:
    zone = account_zone(name)
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(hours=hours)


def test_no_setting_is_no_zone() -> None:
    assert account_zone(None) is None


@pytest.mark.parametrize(
    "name",
    [
        *("", "Moscow Time", "+3", "+3:00", "+24:00", "+03:60", "+03:99", "03:00", "+٠٣:٠٠"),
        *("../../etc/passwd", "/etc/passwd", "a\0b", "\ud800", "x" * 5000, 3, b"+03:00", MOSCOW),
    ],
)
def test_anything_else_is_refused_by_name(name: Any) -> None:
    with pytest.raises(ConfigurationError, match="Europe/Moscow") as refused:
        account_zone(name)
    assert (refused.value.field, refused.value.provider) == ("account_zone", "devino")
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2022-09-09 19:29:34", datetime(2022, 9, 9, 19, 29, 34)),
        ("2022-09-09T19:29:34", datetime(2022, 9, 9, 19, 29, 34)),
        ("2022-09-09T19:29:34.319", datetime(2022, 9, 9, 19, 29, 34, 319_000)),
        ("2022-09-09T19:29:34.123456789", datetime(2022, 9, 9, 19, 29, 34, 123_456)),
        ("2022-09-09T19:29:34Z", datetime(2022, 9, 9, 19, 29, 34, tzinfo=UTC)),
        ("2022-09-09 19:29:34+03:00", datetime(2022, 9, 9, 19, 29, 34, tzinfo=MOSCOW)),
        ("2022-09-09T19:29:34+0300", datetime(2022, 9, 9, 19, 29, 34, tzinfo=MOSCOW)),
    ],
)
def test_a_time_keeps_the_zone_it_names_and_gets_none_otherwise(text: str, time: datetime) -> None:
    parsed = parse_time(text)
    assert parsed == time
    assert parsed is not None
    assert parsed.tzinfo == time.tzinfo


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 1613404835977, "", "soon", "2022-09-09", "20220909", "19:29:34"),
        *("0000-00-00 00:00:00", "2022-02-30 10:00:00", "2022-09-09 25:00:00"),
        *(
            "2022-09-09 24:00:00",
            "2022-09-09 19:29",
            "٢٠٢٢-09-09 19:29:34",
            "2022-09-09 19:29:34+99:99",
        ),
        *({"date": "2022-09-09 19:29:34"}, ["2022-09-09 19:29:34"]),
    ],
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert parse_time(value) is None


@given(value=st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.[0-9:.Z+-]{8,20}"))
def test_no_text_breaks_the_reading_of_a_time(value: str) -> None:
    parse_time(value)


@given(
    time=st.datetimes(),
    zone=st.none() | st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone),
)
def test_a_time_becomes_a_moment_only_by_a_zone(time: datetime, zone: tzinfo | None) -> None:
    at = moment(time, zone)
    if zone is None:
        assert at is None
    elif at is not None:
        assert at.utcoffset() == timedelta()
        assert at == time.replace(tzinfo=zone)


def test_the_zone_that_a_time_names_goes_before_the_setting() -> None:
    noon = datetime(2027, 1, 1, 12, tzinfo=UTC)
    assert moment(noon, MOSCOW) == moment(noon, None) == noon


def test_no_time_is_no_moment() -> None:
    assert moment(None, MOSCOW) is None


def test_times_at_the_end_of_the_calendar_break_nothing() -> None:
    assert in_utc(datetime.max.replace(tzinfo=timezone(timedelta(hours=-3)))) is None
    assert moment(datetime.min, MOSCOW) is None


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "wall",
    [datetime(2023, 10, 29, 2, 30), datetime(2027, 3, 28, 2, 30)],
    ids=["shown twice", "never shown"],
)
def test_a_time_that_clocks_do_not_show_once_is_no_moment(wall: datetime) -> None:
    assert moment(wall, BERLIN) is None
    assert moment(wall.replace(hour=5), BERLIN) is not None


def test_a_filter_does_not_fall_into_an_hour_that_clocks_show_twice() -> None:
    twice = datetime(2023, 10, 29, 0, 30, tzinfo=UTC)
    with pytest.raises(InvalidQueryError, match="twice") as caught:
        clock_text(twice, BERLIN, name="sent_from")
    assert caught.value.field == "sent_from"
    once = datetime(2023, 10, 29, 3, 30, tzinfo=UTC)
    assert clock_text(once, BERLIN, name="sent_from") == "2023-10-29 04:30:00"
