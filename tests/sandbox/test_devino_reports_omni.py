"""SMS that transactional messages sent are in the reports beside those of the SMS call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import LedgerEntry, SandboxClock, StateChange
from tests.support.devino_http import KEY, Caller

DAYS = "dateTimeFrom=2026-12-31+00:00:00&dateTimeTo=2027-01-02+00:00:00"
ID = "3606044956953218300"
LONG = "long " * 60


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


def cascade(clock: SandboxClock) -> LedgerEntry:
    """A Viber message that expired, then an SMS that came, then another that was read."""

    def step(seconds: int, channel: str, state: str, trigger_id: str) -> StateChange:
        return StateChange(clock.now() + timedelta(seconds=seconds), channel, state, trigger_id)

    def trigger(trigger_id: str, channel: str, name: str, text: str) -> dict[str, Any]:
        template = {name: {"from": "Cascade", "text": text}}
        return {"triggerId": trigger_id, "channel": channel, "template": template}

    return LedgerEntry(
        id=ID,
        to="79031234567",
        channels=("VIBER", "SMS", "SMS"),
        text="Viber",
        accepted_at=clock.now(),
        plan=(
            step(0, "VIBER", "sent", "1"),
            step(5, "VIBER", "expired", "1"),
            step(5, "SMS", "sent", "2"),
            step(6, "SMS", "delivered", "2"),
            step(60, "SMS", "enroute", "3"),
            step(61, "SMS", "opened", "3"),
        ),
        content={
            "taskId": "7004",
            "taskName": "Cascade",
            "taskType": "API",
            "contact": {"phone": "79031234567"},
            "triggers": [
                trigger("1", "VIBER", "viberTemplate", "Viber"),
                trigger("2", "SMS", "smsTemplate", "First"),
                trigger("3", "SMS", "smsTemplate", LONG),
            ],
        },
        origin="omni_send",
    )


async def rows_of(devino: Caller, chosen: str) -> list[dict[str, Any]]:
    query = f"/sms-stat/detail?{chosen}&limit=20&offset=0"
    data = (await devino.call(query, method="GET")).data["result"]["data"]
    assert isinstance(data, list)
    return data


async def statistics_of(devino: Caller, unit: str, more: str = "") -> dict[str, int]:
    query = "groupBy=NONE&startDate=2026-12-31T00:00:00&endDate=2027-01-02T00:00:00" + more
    answer = await devino.call(f"/sms-stat/statistics/of-group?{query}", method="GET")
    counts = answer.data["result"][unit]
    return {word: rows[0]["amount"] for word, rows in counts.items() if rows}


async def test_every_step_by_sms_is_a_row_once_it_has_begun(devino: Caller) -> None:
    devino.emulator.accept(cascade(devino.emulator.clock))
    assert await rows_of(devino, DAYS) == []
    devino.emulator.clock.advance(timedelta(seconds=5))
    [row] = await rows_of(devino, DAYS)
    assert (row["messageId"], row["triggerId"], row["text"]) == (ID, 2, "First")
    assert (row["taskId"], row["taskName"], row["taskType"]) == (7004, "Cascade", "API")
    assert (row["sourceAddress"], row["recipient"]) == ("Cascade", "79031234567")
    assert (row["sentDateTime"], row["status"]) == ("2027-01-01 09:00:05", "IN_PROGRESS")
    devino.emulator.clock.advance(timedelta(minutes=2))
    rows = await rows_of(devino, DAYS)
    assert [(row["triggerId"], row["status"]) for row in rows] == [
        (2, "DELIVERED"),
        (3, "DELIVERED"),
    ]


async def test_tasks_and_triggers_choose_among_them(devino: Caller) -> None:
    await devino.sent()
    devino.emulator.accept(cascade(devino.emulator.clock))
    devino.emulator.clock.advance(timedelta(minutes=2))
    assert len(await rows_of(devino, DAYS)) == 3
    assert len(await rows_of(devino, "taskId=7004")) == 2
    assert len(await rows_of(devino, "taskId=7004&triggerId=3")) == 1
    assert len(await rows_of(devino, f"taskId=7004&triggerId=3&{DAYS}")) == 1
    assert await rows_of(devino, "taskId=7004&triggerId=1") == []
    assert len(await rows_of(devino, f"messageIds={ID}")) == 2


async def test_their_segments_are_told_apart(devino: Caller) -> None:
    devino.emulator.accept(cascade(devino.emulator.clock))
    devino.emulator.clock.advance(timedelta(minutes=2))
    rows = await rows_of(devino, "taskId=7004&triggerId=3&bySegments=true")
    assert [row["segmentId"] for row in rows] == [ID, "3606044956953218301"]


async def test_t57_they_are_counted_by_the_words_of_statistics(devino: Caller) -> None:
    await devino.sent()
    devino.emulator.accept(cascade(devino.emulator.clock))
    devino.emulator.clock.advance(timedelta(seconds=60))
    assert await statistics_of(devino, "messages") == {"delivered": 2, "enrouted": 1}
    devino.emulator.clock.advance(timedelta(seconds=60))
    assert await statistics_of(devino, "messages") == {"delivered": 2, "seen": 1}
    assert await statistics_of(devino, "segments", "&taskId=7004") == {"delivered": 1, "seen": 2}
    assert await statistics_of(devino, "messages", "&triggerId=3") == {"seen": 1}


async def test_other_channels_are_in_no_report_about_sms(devino: Caller) -> None:
    entry = cascade(devino.emulator.clock)
    devino.emulator.accept(
        LedgerEntry(
            id="dwY4BSnjQ2X",
            to="james@example.com",
            channels=("EMAIL",),
            text="",
            accepted_at=entry.accepted_at,
            plan=(StateChange(entry.accepted_at, "EMAIL", "ACCEPTED"),),
            origin="email_send",
        )
    )
    assert await rows_of(devino, DAYS) == []
    assert await statistics_of(devino, "messages") == {}
