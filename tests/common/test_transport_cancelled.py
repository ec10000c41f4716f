"""A call whose caller goes away: nothing is swallowed, and a send leaves one record of itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import pytest
from attrs import frozen

from omni_common.errors import Outcome
from omni_common.exchange import Request
from omni_common.history import OUTCOME_LOGGER, History
from omni_common.transport import Transport
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Step, answer, read_then_fin, silence, stall, stall_body
from tests.support.transport_calls import (
    ACCEPTED,
    DELETE,
    PROVIDER,
    READ,
    SEND,
    accepted,
    transport_to,
)


@frozen
class Scene:
    """Where a call is interrupted: one server, one connection slot, a clock that stands still."""

    server: FaultServer
    omni: Transport
    clock: FakeClock


Reached: TypeAlias = Callable[[Scene], Coroutine[Any, Any, object]]


@frozen
class Stage:
    """A moment in the life of a call, and what is known of a send that ends there."""

    name: str
    step: Step
    reached: Reached
    outcome: str
    tls: bool = False
    resend: bool = False


async def _connected(scene: Scene) -> None:
    await scene.server.until_connections(1)


async def _arrived(scene: Scene) -> None:
    await scene.server.until_requests(1)


async def _answer_begun(scene: Scene) -> None:
    await scene.server.until_answers(1)


async def _pausing(scene: Scene) -> None:
    await scene.clock.until_waiting()


STAGES = [
    Stage("while connecting", silence, _connected, "not_sent", tls=True),
    Stage("after the request left", stall, _arrived, "unknown"),
    Stage("while the answer's body comes", stall_body(), _answer_begun, "unknown"),
    Stage("in the pause after a refusal", answer(429), _pausing, "not_sent"),
    Stage("in the pause before a resend", read_then_fin, _pausing, "unknown", resend=True),
]
each_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


@asynccontextmanager
async def _scene(step: Step, *, tls: bool = False) -> AsyncIterator[Scene]:
    clock = FakeClock()
    async with FaultServer(step) as server:
        url = server.url.replace("http:", "https:") if tls else server.url
        async with transport_to(url, clock=clock, concurrency=1) as omni:
            yield Scene(server, omni, clock)


async def _at(scene: Scene, stage: Stage, call: Coroutine[Any, Any, bytes]) -> asyncio.Task[bytes]:
    """Start *call* and return when it has come to *stage*."""
    task = asyncio.create_task(call)
    await stage.reached(scene)
    await scene.clock.advance(0)
    assert not task.done()
    return task


def _call(
    scene: Scene,
    stage: Stage,
    request: Request = SEND,
    *,
    reference: str | None = "order-1",
    history: History | None = None,
) -> Coroutine[Any, Any, bytes]:
    return scene.omni.exchange(
        request,
        accepted,
        reference=reference,
        history=history,
        on_unknown="resend" if stage.resend else "raise",
    )


async def _interrupt(task: asyncio.Task[bytes]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _outcomes(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Level and text of each record of an outcome."""
    return [
        (record.levelno, record.getMessage())
        for record in caplog.records
        if record.name == OUTCOME_LOGGER
    ]


def _record(outcome: str, reference: str = "order-1") -> tuple[int, str]:
    text = f"send interrupted: provider={PROVIDER} reference={reference} outcome={outcome}"
    return logging.WARNING, text


@each_stage
async def test_a_cancelled_send_leaves_one_record_of_what_is_known(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    history = History()
    async with _scene(stage.step, tls=stage.tls) as scene:
        task = await _at(scene, stage, _call(scene, stage, history=history))
        await _interrupt(task)

    assert _outcomes(caplog) == [_record(stage.outcome)]
    assert history.outcome.value == stage.outcome
    if stage.outcome == "not_sent":
        assert all(attempt.proves_not_sent for attempt in history.attempts)
    assert len(scene.server.requests) <= 1


@each_stage
async def test_a_send_cut_short_by_a_timeout_of_its_caller_leaves_the_same_record(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with _scene(stage.step, tls=stage.tls) as scene:
        with pytest.raises(TimeoutError):
            await _out_of_time(scene, stage)

    assert _outcomes(caplog) == [_record(stage.outcome)]


async def _out_of_time(scene: Scene, stage: Stage) -> None:
    """Make a call within a timeout that expires at *stage*."""

    async def expire() -> None:
        await stage.reached(scene)
        await scene.clock.advance(0)
        limit.reschedule(asyncio.get_running_loop().time())

    async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as group:
        group.create_task(expire())
        await _call(scene, stage)


@each_stage
@pytest.mark.parametrize("request_", [READ, DELETE], ids=["READ", "DELETE"])
async def test_an_interrupted_read_or_deletion_leaves_no_record(
    stage: Stage, request_: Request, caplog: pytest.LogCaptureFixture
) -> None:
    async with _scene(stage.step, tls=stage.tls) as scene:
        task = await _at(scene, stage, _call(scene, stage, request_))
        await _interrupt(task)

    assert _outcomes(caplog) == []


async def test_the_record_of_a_send_without_a_reference_names_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = STAGES[1]
    async with _scene(stage.step) as scene:
        task = await _at(scene, stage, _call(scene, stage, reference=None))
        await _interrupt(task)

    assert _outcomes(caplog) == [_record("unknown", "POST /messages")]


async def test_a_send_that_waits_for_its_turn_was_not_sent_and_gives_the_turn_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage("waiting for a slot", stall, _arrived, "not_sent")
    history = History()
    async with _scene(stage.step) as scene:
        holder = asyncio.create_task(scene.omni.exchange(READ, accepted))
        task = await _at(scene, stage, _call(scene, stage, history=history))
        await _interrupt(task)
        await _interrupt(holder)

    assert _outcomes(caplog) == [_record("not_sent")]
    assert history.attempts == ()
    assert len(scene.server.requests) == 1


@each_stage
async def test_an_interrupted_call_gives_its_slot_to_the_next(stage: Stage) -> None:
    async with FaultServer(stage.step, answer()) as server:
        clock = FakeClock()
        async with transport_to(server, clock=clock, concurrency=1) as omni:
            scene = Scene(server, omni, clock)
            await _interrupt(await _at(scene, stage, _call(scene, stage)))
            assert await omni.exchange(SEND, accepted) == ACCEPTED


async def test_an_answered_send_leaves_no_record(caplog: pytest.LogCaptureFixture) -> None:
    async with _scene(answer()) as scene:
        await scene.omni.exchange(SEND, accepted, reference="order-1")

    assert _outcomes(caplog) == []


async def test_the_record_carries_its_facts_as_fields(caplog: pytest.LogCaptureFixture) -> None:
    stage = STAGES[1]
    async with _scene(stage.step) as scene:
        await _interrupt(await _at(scene, stage, _call(scene, stage)))

    (record,) = (record for record in caplog.records if record.name == OUTCOME_LOGGER)
    fields = vars(record)
    assert (fields["provider"], fields["reference"], fields["outcome"]) == (
        PROVIDER,
        "order-1",
        "unknown",
    )


async def test_no_byte_leaves_after_a_call_was_reported_as_not_sent() -> None:
    """Whatever the moment of the cancellation, the record and the server agree."""
    ends = set()
    for turns in range(40):
        history = History()
        async with FaultServer(answer()) as server, transport_to(server) as omni:
            task = asyncio.create_task(
                omni.exchange(SEND, accepted, reference="order-1", history=history)
            )
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
            end = history.outcome if task.cancelled() else Outcome.ACCEPTED
            for _ in range(20):
                await asyncio.sleep(0)
        ends.add(end)
        assert end is not Outcome.NOT_SENT or server.requests == []
    assert {Outcome.NOT_SENT, Outcome.UNKNOWN} <= ends
