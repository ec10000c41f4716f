"""Times in texts mean the same on every Python."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from messente_async._values import time
from omni_common.cli.message import moment
from omni_common.cli.usage import UsageError
from omni_common.clock import read_time

MIDNIGHTS = [
    "2026-02-12T24:00:00",
    "2026-02-12T24:00:00+02:00",
    "2026-02-12 24:00",
    "2026-02-12T24",
    "20260212T240000Z",
    "2026-W07-4T24:00",
    "2026W074T24",
]


@pytest.mark.parametrize("text", MIDNIGHTS)
def test_the_24th_hour_is_no_time_on_any_python(text: str) -> None:
    with pytest.raises(ValueError, match="hour"):
        read_time(text)
    assert time(text) is None
    with pytest.raises(UsageError):
        moment(text, "--at")


@given(at=st.datetimes(timezones=st.none() | st.just(UTC)), separator=st.sampled_from("T _"))
def test_every_other_time_is_read_as_it_was_written(at: datetime, separator: str) -> None:
    assert read_time(at.isoformat(separator)) == at


@pytest.mark.parametrize(
    "text", ["2026-02-24", "2026-W24", "2026-02-12T10:24", "20260224T1024+0024"]
)
def test_a_24_that_is_no_hour_is_read(text: str) -> None:
    assert read_time(text) == datetime.fromisoformat(text)
