"""A scenario that works is looked for again now and then, and goes on working meanwhile."""

from __future__ import annotations

import json

import pytest

from devino_async import DevinoProvider
from devino_async.routes.scenarios import SECONDS_BETWEEN_LOOKS
from devino_async.sandbox import DevinoEmulator
from omni_common.errors import (
    ClientClosedError,
    NotSentError,
    RefusedError,
)
from omni_common.sandbox import Fault, Scenario
from tests.devino.conftest import Connect
from tests.devino.odd_account import OddAccount, sending_over
from tests.devino.scenario_account import NAME, offer, operations, put_task, told_task
from tests.support.clock import FakeClock

IN_VAIN = [Fault.SERVER_ERROR, Fault.DROP, Fault.HTML, Fault.RATE_LIMITED]


@pytest.fixture
def devino(connect: Connect) -> DevinoProvider:
    return connect(max_attempts=1)


async def refused(devino: DevinoProvider) -> None:
    with pytest.raises(RefusedError):
        await devino.send(offer(Scenario.REFUSED))


def calls_since(emulator: DevinoEmulator, count: int) -> list[str | None]:
    return [each.operation for each in emulator.requests[count:]]


# --- After a refusal ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", IN_VAIN, ids=str)
async def test_one_bad_number_does_not_stop_what_works_while_devino_cannot_be_asked(
    devino: DevinoProvider, emulator: DevinoEmulator, fault: Fault
) -> None:
    await devino.send(offer())
    await refused(devino)
    emulator.fail_next(fault, times=9, on="task_list")
    before = len(emulator.requests)
    for _ in range(3):
        await devino.send(offer())
    assert calls_since(emulator, before) == ["task_list", *["omni_send"] * 3]
    assert len(emulator.ledger) == 4


async def test_it_is_asked_again_a_minute_later(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    await devino.send(offer())
    await refused(devino)
    emulator.fail_next(Fault.SERVER_ERROR, on="task_list")
    await devino.send(offer())
    await clock.advance(59)
    before = len(emulator.requests)
    await devino.send(offer())
    assert calls_since(emulator, before) == ["omni_send"]
    await clock.advance(1)
    before = len(emulator.requests)
    await devino.send(offer())
    assert calls_since(emulator, before)[0] == "task_list"


async def test_a_right_that_was_taken_away_stops_nothing_that_works(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await devino.send(offer())
    await refused(devino)
    emulator.key_operations = frozenset({"omni_send"})
    await devino.send(offer())
    assert len(emulator.ledger) == 2


async def test_where_devino_says_that_there_is_none_another_is_made(clock: FakeClock) -> None:
    account = OddAccount(tasks=[told_task()])
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        account.tasks.clear()
        await clock.advance(SECONDS_BETWEEN_LOOKS)
        await devino.send(offer())
        assert account.creations == 1
        assert json.loads(server.requests[-1].body)["taskId"] == 101


async def test_one_that_was_found_to_be_gone_is_never_fallen_back_on(clock: FakeClock) -> None:
    account = OddAccount(tasks=[told_task()])
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        account.tasks[:] = [told_task(id=str(id), state="DRAFT") for id in range(3)]
        await clock.advance(SECONDS_BETWEEN_LOOKS)
        with pytest.raises(NotSentError, match="already 3 tasks"):
            await devino.send(offer())
        account.fails = True
        with pytest.raises(NotSentError, match="could not be looked for"):
            await devino.send(offer())


async def test_a_closed_client_sends_by_nothing_that_worked(
    devino: DevinoProvider, clock: FakeClock
) -> None:
    await devino.send(offer())
    await clock.advance(SECONDS_BETWEEN_LOOKS)
    await devino.close()
    with pytest.raises(ClientClosedError):
        await devino.send(offer())


# --- After an hour --------------------------------------------------------------------------------


async def test_after_an_hour_it_is_looked_for_again(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    await devino.send(offer())
    for _ in range(2):
        await clock.advance(SECONDS_BETWEEN_LOOKS - 1)
        before = len(emulator.requests)
        await devino.send(offer())
        assert calls_since(emulator, before) == ["omni_send"]
        await clock.advance(1)
        before = len(emulator.requests)
        await devino.send(offer())
        assert "task_list" in calls_since(emulator, before)
    assert operations(emulator)["task_create"] == 1


async def test_one_that_was_stopped_is_found_out_within_the_hour(clock: FakeClock) -> None:
    account = OddAccount(tasks=[told_task()])
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        account.tasks[0]["state"] = "STOPPED"
        await clock.advance(SECONDS_BETWEEN_LOOKS)
        await devino.send(offer())
        assert account.creations == 1


@pytest.mark.parametrize("fault", IN_VAIN, ids=str)
async def test_after_an_hour_it_is_used_also_where_devino_cannot_be_asked(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock, fault: Fault
) -> None:
    await devino.send(offer())
    await clock.advance(SECONDS_BETWEEN_LOOKS)
    emulator.fail_next(fault, times=9, on="task_list")
    await devino.send(offer())
    assert len(emulator.ledger) == 2


async def test_one_whose_end_is_near_is_not_fallen_back_on(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    await devino.send(offer())
    days = 363 * 86_400
    await clock.advance(days)
    emulator.fail_next(Fault.SERVER_ERROR, on="task_list")
    with pytest.raises(NotSentError, match="could not be looked for"):
        await devino.send(offer())
    assert len(emulator.ledger) == 1


# --- A task of the settings -----------------------------------------------------------------------


async def test_a_named_task_is_read_again_and_used_where_that_fails(
    connect: Connect, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    task_id = await put_task(connect(), "Mine")
    devino = connect(scenarios={NAME: task_id}, max_attempts=1)
    await devino.send(offer())
    for fault in (None, Fault.SERVER_ERROR):
        await clock.advance(SECONDS_BETWEEN_LOOKS)
        if fault is not None:
            emulator.fail_next(fault, on="task_get")
        before = len(emulator.requests)
        await devino.send(offer())
        assert calls_since(emulator, before) == ["task_get", "omni_send"]


async def test_a_named_task_that_was_stopped_is_told_and_not_used_any_more(
    clock: FakeClock,
) -> None:
    account = OddAccount(tasks=[told_task()])
    async with (
        account.server() as server,
        sending_over(server, clock, scenarios={NAME: "7"}) as devino,
    ):
        await devino.send(offer())
        account.tasks[0]["state"] = "STOPPED"
        await clock.advance(SECONDS_BETWEEN_LOOKS)
        with pytest.raises(NotSentError, match="has the state STOPPED"):
            await devino.send(offer())
        account.tasks.clear()  # so that it cannot be read either
        with pytest.raises(NotSentError, match="could not be read") as unread:
            await devino.send(offer())
        assert unread.value.field == "scenarios"
