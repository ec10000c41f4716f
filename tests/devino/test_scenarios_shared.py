"""Many who want one scenario at the same time, and those of them who go away meanwhile."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.routes.scenarios import MOST_SCENARIOS
from devino_async.sandbox import DevinoEmulator
from omni_common.errors import InvalidMessageError, NotSentError
from omni_common.history import OUTCOME_LOGGER
from omni_common.receipt import NotSent, Receipt
from omni_common.sandbox import Fault, running
from tests.devino.scenario_account import (
    ACCEPTED,
    FIVE_MINUTES,
    every_omni_variant,
    offer,
    operations,
    put_task,
    result,
    told_task,
)
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Line, Step, answer, whole_answer

SCENARIO_CALLS = ("task_list", "task_create", "task_get")
every_call = pytest.mark.parametrize("call", SCENARIO_CALLS)


def outcome_records(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    records = [record for record in caplog.records if record.name == OUTCOME_LOGGER]
    return [(vars(each)["reference"], vars(each)["outcome"]) for each in records]


def held(body: bytes, gate: asyncio.Event) -> Step:
    """Take the request, and answer it once *gate* is open."""

    async def step(line: Line) -> None:
        await line.read_request()
        await gate.wait()
        await line.send(whole_answer(200, body))

    return step


async def until_stalled(emulator: DevinoEmulator) -> None:
    """Wait until the one fault that was ordered has happened, to whichever request."""
    count = 0
    while emulator.pending_faults:
        count += 1
        await emulator.handled(count)


async def begun(
    emulator: DevinoEmulator, call: str, sends: list[Coroutine[Any, Any, Receipt]]
) -> list[asyncio.Task[Receipt]]:
    """Tasks of *sends*, of which the first has come as far as a *call* that is never answered."""
    emulator.fail_next(Fault.STALL, on=call)
    tasks = [asyncio.create_task(send) for send in sends]
    await until_stalled(emulator)
    return tasks


async def cancelled(tasks: list[asyncio.Task[Receipt]]) -> None:
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in results)


# --- Together -------------------------------------------------------------------------------------


@every_omni_variant
async def test_first_messages_at_the_same_time_make_one_scenario(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    receipts = await asyncio.gather(*(devino.send(offer()) for _ in range(20)))
    assert operations(emulator)["task_create"] == operations(emulator)["task_get"] == 1
    assert len({receipt.id for receipt in receipts}) == len(emulator.ledger) == 20


@every_call
async def test_a_failure_is_everybodys_who_waits_each_by_its_own_reference(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock, call: str
) -> None:
    emulator.fail_next(Fault.SERVER_ERROR, times=1 if call == "task_create" else 3, on=call)
    messages = [offer() for _ in range(5)]
    sends = (devino.send(message) for message in messages)
    errors = await clock.drive(asyncio.gather(*sends, return_exceptions=True))
    assert all(type(error) is NotSentError for error in errors)
    assert [error.reference for error in errors if isinstance(error, NotSentError)] == [
        message.reference for message in messages
    ]
    assert operations(emulator)["omni_send"] == 0
    await devino.send(offer())
    assert operations(emulator)["task_create"] == 1


async def test_new_shapes_at_the_same_time_do_not_pass_the_limit_together(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    for number in range(1, MOST_SCENARIOS - 1):
        await put_task(devino, f"omni-async.sms-ft-{number}.viber-ft")
    sends = [devino.send(offer(ttl=number * FIVE_MINUTES)) for number in range(1, 6)]
    results = await asyncio.gather(*sends, return_exceptions=True)
    refused = [each for each in results if isinstance(each, InvalidMessageError)]
    assert len(refused) == 3
    assert operations(emulator)["task_create"] == MOST_SCENARIOS
    assert len(emulator.ledger) == 2


async def test_a_creation_that_was_refused_leaves_its_room_to_others(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    for number in range(1, MOST_SCENARIOS):
        await put_task(devino, f"omni-async.sms-ft-{number}.viber-ft")
    emulator.senders = frozenset({"Other"})
    with pytest.raises(NotSentError):
        await devino.send(offer())
    emulator.senders = None
    await devino.send(offer(ttl=2 * FIVE_MINUTES))
    with pytest.raises(InvalidMessageError):
        await devino.send(offer())


# --- Going away -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(4), ids=["list", "list of ours", "create", "get"])
async def test_who_goes_away_first_takes_the_scenario_from_nobody(
    clock: FakeClock, place: int
) -> None:
    gate = asyncio.Event()
    bodies = [result([]), result([]), result({"code": "OK", "result": "7"}), result(told_task())]
    script = [answer(200, body) for body in bodies]
    script[place] = held(bodies[place], gate)
    async with (
        FaultServer(*script, answer(200, ACCEPTED)) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        first, *others = [asyncio.create_task(devino.send(offer())) for _ in range(3)]
        await server.until_requests(place + 1)
        await cancelled([first])
        gate.set()
        await asyncio.gather(*others)
        lines = [request.request_line for request in server.requests]
        assert sum(line.startswith("POST /omni-task-api/tasks ") for line in lines) == 1
        assert len(lines) == 4 + len(others)


@every_call
async def test_when_all_have_gone_away_the_next_send_begins_anew(
    devino: DevinoProvider, emulator: DevinoEmulator, call: str
) -> None:
    tasks = await begun(emulator, call, [devino.send(offer()) for _ in range(3)])
    await cancelled(tasks)
    assert operations(emulator)["omni_send"] == 0
    await devino.send(offer())
    assert operations(emulator)["task_create"] == 1
    assert len(emulator.ledger) == 1


@every_call
async def test_going_away_leaves_one_record_for_each_message_that_it_was_not_sent(
    devino: DevinoProvider, emulator: DevinoEmulator, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    messages = [offer() for _ in range(3)]
    with caplog.at_level(logging.WARNING, OUTCOME_LOGGER):
        await cancelled(await begun(emulator, call, [devino.send(each) for each in messages]))
        await asyncio.sleep(0)
    assert sorted(outcome_records(caplog)) == sorted(
        (message.reference, "not_sent") for message in messages
    )


async def test_going_away_from_the_send_itself_leaves_one_record_that_nothing_is_known(
    devino: DevinoProvider, emulator: DevinoEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    message = offer()
    with caplog.at_level(logging.WARNING, OUTCOME_LOGGER):
        await cancelled(await begun(emulator, "omni_send", [devino.send(message)]))
    assert outcome_records(caplog) == [(message.reference, "unknown")]


@every_call
async def test_a_stream_that_is_left_says_of_each_message_that_it_was_not_sent(
    devino: DevinoProvider, emulator: DevinoEmulator, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    emulator.fail_next(Fault.STALL, on=call)
    messages = [offer() for _ in range(3)]
    stream = devino.send_many(messages)
    with caplog.at_level(logging.WARNING, OUTCOME_LOGGER):
        async with stream:
            first = asyncio.ensure_future(anext(aiter(stream)))
            await until_stalled(emulator)
            first.cancel()
    assert [type(outcome) for outcome in stream.unreported] == [NotSent] * 3
    assert outcome_records(caplog) == [(message.reference, "not_sent") for message in messages]
    assert len(emulator.ledger) == 0


@pytest.mark.parametrize("turns", range(10))
async def test_a_failure_that_nobody_hears_of_is_no_complaint(
    devino: DevinoProvider, caplog: pytest.LogCaptureFixture, turns: int
) -> None:
    await devino.close()
    send = asyncio.create_task(devino.send(offer()))
    for _ in range(turns):  # in one of which the search has failed and the send does not know yet
        await asyncio.sleep(0)
    send.cancel()
    await asyncio.gather(send, return_exceptions=True)
    del send
    await asyncio.sleep(0)
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


# --- One event loop after another -----------------------------------------------------------------


def test_one_event_loop_after_another_may_use_a_provider() -> None:
    with running(DevinoEmulator()) as emulator:
        devino = DevinoProvider(emulator.key, base_url=emulator.base_url, sender="Shop")

        async def leave(send: Callable[[], Coroutine[Any, Any, Receipt]]) -> None:
            task = asyncio.create_task(send())
            await until_stalled(emulator)
            task.cancel()

        for call in ("task_list", "task_create"):
            emulator.fail_next(Fault.STALL, on=call)
            asyncio.run(leave(lambda: devino.send(offer())))
        assert len(emulator.ledger) == 0

        async def send_two() -> None:
            await asyncio.gather(*(devino.send(offer()) for _ in range(2)))

        for _ in range(2):
            asyncio.run(send_two())
        asyncio.run(devino.close())
        assert len(emulator.ledger) == 4
        assert operations(emulator)["task_create"] == 1


def test_a_search_of_a_loop_that_died_is_not_waited_for() -> None:
    with running(DevinoEmulator()) as emulator:
        devino = DevinoProvider(emulator.key, base_url=emulator.base_url, sender="Shop")
        emulator.fail_next(Fault.STALL, on="task_list")

        stopped = asyncio.new_event_loop()
        stuck = stopped.create_task(devino.send(offer()))
        stopped.run_until_complete(until_stalled(emulator))
        try:
            asyncio.run(devino.send(offer()))  # while the other loop stands still
        finally:
            stuck.cancel()
            stopped.run_until_complete(asyncio.gather(stuck, return_exceptions=True))
            stopped.run_until_complete(devino.close())
            stopped.close()
        assert len(emulator.ledger) == 1
