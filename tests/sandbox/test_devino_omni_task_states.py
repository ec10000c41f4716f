"""Whether a task of the emulated OMNI can still be used: its times, and what others did to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common.errors import ConfigurationError
from omni_common.sandbox import SandboxClock
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import (
    PERSON,
    TASKS,
    advance,
    api_task,
    behave,
    created,
    fallback,
    get,
    listed,
    outline,
    read,
    send,
    sent,
    to,
    trigger,
)

HOUR = 3600
UNUSABLE = [
    "DRAFT",
    "STOPPED",
    "STOPPED_BALANCE_BLOCKED",
    "STOPPED_NOT_WORKING_TIME",
    "FINISHED",
    "FAILED",
    "DELETED_FINISHED",
    "DELETED_DRAFT",
]


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


def cascade(**times: Any) -> dict[str, Any]:
    first = trigger("VIBER", **times)
    return api_task(first, {**fallback("SMS", 1, of=first), **times})


async def states(devino: Caller, task_id: str) -> list[str]:
    """The state of a task, then those of its triggers, which the list has too."""
    task = await read(devino, task_id)
    [row] = (await get(devino, f"{TASKS}?ascending=true&count=9&offset=0&orderBy=ID")).items
    assert row["state"] == task["state"]
    return [task["state"], *(each["state"] for each in task["triggersInfo"])]


@pytest.mark.parametrize("hours", [0, 3])
async def test_t30_a_task_can_start_and_ends_by_a_clock_nobody_names(
    devino: Caller, hours: int
) -> None:
    offset = timedelta(hours=hours)
    behave(devino, starts_by_itself=True, window_offset=offset)
    opens = {"startTime": f"2027-01-01 {10 + hours}:00:00"}
    closes = {"endTime": f"2027-01-01 {11 + hours}:00:00"}
    task_id = await created(devino, cascade(**opens, **closes))
    found = []
    for _ in range(3):
        found.append(await states(devino, task_id))
        advance(devino, HOUR)
    assert found == [["NEW"] * 3, ["STARTED"] * 3, ["FINISHED"] * 3]
    answer = await send(devino, to(PERSON, task_id=task_id))
    assert answer.data["reasons"][0]["key"] == "not.available"


@pytest.mark.parametrize("state", UNUSABLE)
async def test_a_task_can_be_made_unusable_by_others_and_usable_again(
    devino: Caller, state: str
) -> None:
    task_id = await created(devino, cascade())
    await sent(devino, task_id)
    devino.emulator.set_task_state(task_id, state)
    assert await states(devino, task_id) == [state] * 3
    answer = await send(devino, to(PERSON, task_id=task_id))
    assert (answer.status, answer.data["result"]) == (400, None)
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == ("not.available", "taskId")
    assert len(devino.emulator.ledger) == 1

    devino.emulator.set_task_state(task_id, None)
    assert await states(devino, task_id) == ["STARTED", "STARTED", "NEW"]
    assert await sent(devino, task_id)


async def test_a_task_that_others_let_run_takes_messages(devino: Caller) -> None:
    task_id = await created(devino, cascade())
    for state in ("NEW", "STARTED"):
        devino.emulator.set_task_state(task_id, state)
        assert (await states(devino, task_id))[0] == state
        assert await sent(devino, task_id)


async def test_the_filters_know_what_others_did(devino: Caller) -> None:
    task_id, other_id = [await created(devino, cascade()) for _ in range(2)]
    devino.emulator.set_task_state(task_id, "STOPPED")
    assert await listed(devino, "&includedStates=STOPPED") == [task_id]
    assert await listed(devino, "&excludedStates=STOPPED") == [other_id]


async def test_messages_that_were_taken_before_take_their_course(devino: Caller) -> None:
    task_id = await created(devino, cascade())
    id = await sent(devino, task_id, {"phone": "79030000003"})
    devino.emulator.set_task_state(task_id, "STOPPED")
    advance(devino, HOUR)
    assert outline(devino, id)[-1] == (62, "SMS", "DELIVERED")


async def test_a_stopped_task_can_take_messages_and_never_send_them(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, takes_when_stopped=True)
    task_id = await created(devino, cascade())
    devino.emulator.set_task_state(task_id, "STOPPED")
    id = await sent(devino, task_id, callbackUrl=receiver.url)
    advance(devino, HOUR)
    await devino.emulator.settle()
    assert outline(devino, id) == []
    assert receiver.received == []
    for path in ("/sms-stat/detail", "/email-statistics/statistics/detail"):
        answer = await get(devino, f"{path}?taskId={task_id}&limit=10&offset=0")
        assert answer.data["result"]["data"] == []
    assert [
        each["counters"]["totalCount"] for each in (await read(devino, task_id))["triggersInfo"]
    ] == [1, 0]


async def test_only_tasks_there_are_can_be_put_where_tasks_can_be(devino: Caller) -> None:
    task_id = await created(devino, cascade())
    with pytest.raises(ConfigurationError) as unknown:
        devino.emulator.set_task_state("1", "STOPPED")
    assert unknown.value.field == "task_id"
    with pytest.raises(ConfigurationError, match="STOPPED_NOT_WORKING_TIME") as misspelt:
        devino.emulator.set_task_state(task_id, "stopped")
    assert misspelt.value.field == "state"
