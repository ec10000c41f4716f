"""The emulated statistics of SMS, asked by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, EmptyFields
from devino_async.sandbox.report_behaviour import ReportBehaviour, UngroupedDate
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller, HttpAnswer

DATES = "startDate=2026-01-01T00%3A00%3A00&endDate=2028-01-01T00%3A00%3A00"
BY_DAY = f"groupBy=DAY&{DATES}"
WORDS = {
    *("accepted", "scheduled", "enrouted", "sent", "deleted", "delivered", "expired"),
    *("seen", "clicked", "rejected", "undeliverable", "unknown"),
}


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def ask(devino: Caller, query: str) -> HttpAnswer:
    return await devino.call(f"/sms-stat/statistics/of-group?{query}", method="GET")


async def counts_of(devino: Caller, query: str = BY_DAY, unit: str = "messages") -> dict[str, Any]:
    answer = await ask(devino, query)
    assert answer.status == 200, answer
    counts = answer.data["result"][unit]
    assert isinstance(counts, dict)
    return counts


def row(date: str, amount: int) -> dict[str, Any]:
    return {"date": f"{date} 00:00:00", "amount": amount}


@pytest.mark.parametrize(
    "dates",
    [
        DATES,
        "startDate=2022-10-06+13:45:30&endDate=2023-02-06+13:45:30",
        "startDate=2022-10-06T13:45:30&endDate=2023-02-06%2013:45:30",
    ],
)
async def test_t33_dates_are_taken_as_the_table_and_as_the_example_have_them(
    devino: Caller, dates: str
) -> None:
    assert (await ask(devino, f"groupBy=MONTH&{dates}")).status == 200


@pytest.mark.parametrize(
    ("query", "key", "name"),
    [
        (DATES, "must.be.not.null", "groupBy"),
        ("groupBy=DAY&startDate=2027-01-01+00:00:00", "must.be.not.null", "endDate"),
        (f"groupBy=day&{DATES}", "invalid", "groupBy"),
        (BY_DAY.replace("%3A", "%253A"), "invalid", "startDate"),
        (BY_DAY.replace("T", "%2B"), "invalid", "startDate"),
        (f"{BY_DAY}&taskId=x", "invalid", "taskId"),
        (f"{BY_DAY}&triggerId=", "invalid", "triggerId"),
        (f"{BY_DAY}&timeOffset=1.5", "invalid", "timeOffset"),
        (f"{BY_DAY}&limit=5", "invalid", "limit"),
        (f"{BY_DAY}&dateTimeFrom=2027-01-01+00:00:00", "invalid", "dateTimeFrom"),
    ],
)
async def test_a_wrong_question_is_refused_by_the_parameters_name(
    devino: Caller, query: str, key: str, name: str
) -> None:
    answer = await ask(devino, query)
    assert (answer.status, answer.data["result"]) == (400, None)
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == (key, name)


async def test_a_message_counts_once_where_it_is_now(devino: Caller) -> None:
    await devino.sent(text="long " * 60)
    for after, word in ((0, "accepted"), (0.5, "enrouted"), (0.5, "sent"), (1, "delivered")):
        devino.emulator.clock.advance(timedelta(seconds=after))
        counts = await counts_of(devino)
        assert counts.keys() == WORDS
        assert {name: rows for name, rows in counts.items() if rows} == {
            word: [row("2027-01-01", 1)]
        }
        segments = await counts_of(devino, unit="segments")
        assert segments[word] == [row("2027-01-01", 2)]


@pytest.mark.parametrize(
    ("group", "date"),
    [
        ("YEAR", "2027-01-01 00:00:00"),
        ("MONTH", "2027-03-01 00:00:00"),
        ("WEEK", "2027-03-29 00:00:00"),
        ("DAY", "2027-03-31 00:00:00"),
        ("HOUR", "2027-03-31 23:00:00"),
        ("NONE", "2026-01-01 00:00:00"),
    ],
)
async def test_a_date_is_the_beginning_of_its_period(devino: Caller, group: str, date: str) -> None:
    devino.emulator.clock.advance(timedelta(days=89, hours=14, minutes=59, seconds=59))
    await devino.sent()
    counts = await counts_of(devino, f"groupBy={group}&{DATES}")
    assert counts["accepted"] == [{"date": date, "amount": 1}]


async def test_t67_dates_are_not_sorted_unless_told_so(devino: Caller) -> None:
    for _ in range(4):
        await devino.sent()
        devino.emulator.clock.advance(timedelta(days=1))
    dates = [each["date"] for each in (await counts_of(devino))["delivered"]]
    assert len(dates) == 4
    assert dates not in (sorted(dates), sorted(dates, reverse=True))
    devino.emulator.behaviour = DevinoBehaviour(reports=ReportBehaviour(sorted_by_date=True))
    assert [each["date"] for each in (await counts_of(devino))["delivered"]] == sorted(dates)


async def test_the_range_and_the_zone_decide_what_counts(devino: Caller) -> None:
    await devino.sent()
    hour = "groupBy=HOUR&startDate=2027-01-01T{0}:00:00&endDate=2027-01-01T{0}:59:59"
    assert (await counts_of(devino, hour.format("09")))["accepted"]
    assert not (await counts_of(devino, hour.format("08")))["accepted"]
    assert (await counts_of(devino, hour.format("12") + "&timeOffset=180"))["accepted"]
    devino.emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=3))
    assert (await counts_of(devino, hour.format("12")))["accepted"]


async def test_messages_that_no_task_sent_are_in_no_tasks_statistics(devino: Caller) -> None:
    await devino.sent()
    assert not any((await counts_of(devino, f"{BY_DAY}&taskId=7004")).values())
    assert not any((await counts_of(devino, f"{BY_DAY}&triggerId=63322")).values())


@pytest.mark.parametrize(
    ("ungrouped", "rows"),
    [
        (UngroupedDate.START, [{"date": "2026-01-01 00:00:00", "amount": 1}]),
        (UngroupedDate.NULL, [{"date": None, "amount": 1}]),
        (UngroupedDate.ABSENT, [{"amount": 1}]),
    ],
)
async def test_without_groups_the_date_is_anybodys_guess(
    devino: Caller, ungrouped: UngroupedDate, rows: list[Any]
) -> None:
    await devino.sent()
    devino.emulator.behaviour = DevinoBehaviour(reports=ReportBehaviour(ungrouped_date=ungrouped))
    assert (await counts_of(devino, f"groupBy=NONE&{DATES}"))["accepted"] == rows
    assert (await counts_of(devino))["accepted"] == [row("2027-01-01", 1)]


@pytest.mark.parametrize(
    ("empty", "expected"),
    [
        (EmptyFields.AS_SAMPLED, {"accepted": 1, **dict.fromkeys(WORDS - {"accepted"}, 0)}),
        (EmptyFields.NULL, {"accepted": 1, **dict.fromkeys(WORDS - {"accepted"})}),
        (EmptyFields.ABSENT, {"accepted": 1}),
    ],
)
async def test_a_status_without_messages_has_an_empty_list_or_nothing(
    devino: Caller, empty: EmptyFields, expected: dict[str, int | None]
) -> None:
    await devino.sent()
    devino.emulator.behaviour = DevinoBehaviour(empty_fields=empty)
    counts = await counts_of(devino)
    assert {word: None if rows is None else len(rows) for word, rows in counts.items()} == expected


async def test_t21_amounts_can_be_text(devino: Caller) -> None:
    await devino.sent()
    devino.emulator.behaviour = DevinoBehaviour(reports=ReportBehaviour(numbers_as_text=True))
    assert (await counts_of(devino))["accepted"] == [{"date": "2027-01-01 00:00:00", "amount": "1"}]
