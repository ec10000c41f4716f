"""Closing a portal, with and without calls in flight, and forgetting to."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Self

import pytest

from omni_common.errors import (
    ClientClosedError,
    ConnectionFailedError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.sync import loop_thread
from omni_common.sync.bell import Latch
from omni_common.sync.call import Call
from omni_common.sync.portal import Portal
from tests.sync.held import Held, Stay, current_thread, double, give_itself


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_s11_closing_closes_the_resource_on_its_own_thread_which_ends(
    portal: Portal[Held],
) -> None:
    held, thread = portal.call(give_itself), portal.call(current_thread)
    assert not portal.closed
    portal.close()
    assert portal.closed
    assert held.closed_on is thread
    assert not thread.is_alive()


def test_s11_closing_twice_is_fine_and_use_after_close_is_refused(portal: Portal[Held]) -> None:
    portal.call(double, 1)
    portal.close()
    portal.close()
    with pytest.raises(ClientClosedError):
        portal.call(double, 1)
    with pytest.raises(ClientClosedError):
        next(portal.iterate(_numbers))


async def _numbers(_: Held) -> AsyncIterator[int]:
    yield 1


def test_s11_a_portal_that_was_never_used_closes_without_starting_a_thread() -> None:
    opened: list[Held] = []

    def make() -> Held:
        opened.append(Held())
        return opened[-1]

    Portal(make).close()
    assert not opened


def test_s11_every_thread_that_closes_returns_when_it_is_closed(
    portal: Portal[Held], pool: ThreadPoolExecutor
) -> None:
    held = portal.call(give_itself)

    def close_and_look() -> threading.Thread | None:
        portal.close()
        return held.closed_on

    closers = [pool.submit(close_and_look) for _ in range(4)]
    assert {closer.result() for closer in closers} == {held.opened_on}


def test_s11_an_error_of_closing_the_resource_is_raised_by_close() -> None:
    class Stuck(Held):
        async def __aexit__(self, *_: object) -> None:
            raise OSError("cannot flush")

    portal = Portal(Stuck)
    portal.call(double, 1)
    with pytest.raises(OSError, match="cannot flush"):
        portal.close()
    portal.close()


def test_s12_a_call_in_flight_is_cancelled_and_its_caller_told_that_nobody_knows(
    portal: Portal[Held], pool: ThreadPoolExecutor
) -> None:
    held, stay = portal.call(give_itself), Stay()
    caller = pool.submit(portal.call, stay)
    stay.entered.wait()
    portal.close()
    assert stay.cancelled.is_set()
    with pytest.raises(OutcomeUnknownError, match="closed while the call was under way") as caught:
        caller.result()
    assert caught.value.outcome is Outcome.UNKNOWN
    assert isinstance(caught.value.__cause__, ClientClosedError)
    assert held.closed_on is held.opened_on


@pytest.mark.parametrize("answer", ["accepted", PermissionError("refused")])
def test_s12_what_the_call_answers_to_its_cancellation_wins(
    portal: Portal[Held], pool: ThreadPoolExecutor, answer: str | Exception
) -> None:
    entered = threading.Event()

    async def finish(_: Held) -> str:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if isinstance(answer, Exception):
                raise answer from None
        return str(answer)

    caller = pool.submit(portal.call, finish)
    entered.wait()
    portal.close()
    assert (caller.exception() or caller.result()) == answer


def test_s12_a_call_that_will_not_be_cancelled_holds_up_nobody_for_long(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_thread, "_GRACE", 0.01)
    entered, refused = threading.Event(), threading.Event()
    caller_told: list[BaseException | None] = []

    class Patient(Held):
        def __init__(self) -> None:
            super().__init__()
            self.leave = asyncio.Event()

        async def __aexit__(self, *_: object) -> None:
            caller_told.append(caller.exception(10))  # although its function still runs
            self.leave.set()

    async def insist(held: Patient) -> None:
        entered.set()
        while not held.leave.is_set():
            try:
                await held.leave.wait()
            except asyncio.CancelledError:
                refused.set()

    with closing(Portal(Patient)) as portal:
        caller = pool.submit(portal.call, insist)
        entered.wait()
    assert refused.is_set()
    assert isinstance(caller_told[0], OutcomeUnknownError)
    assert isinstance(caller_told[0].__cause__, ClientClosedError)


def test_s12_a_thread_that_blocks_is_left_behind(
    portal: Portal[Held],
    pool: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(loop_thread, "_CLOSING", 0.01)
    entered, leave = threading.Event(), threading.Event()
    thread = portal.call(current_thread)

    async def block(_: Held) -> str:
        entered.set()
        leave.wait()
        return "finished"

    caller = pool.submit(portal.call, block)
    entered.wait()
    portal.close()
    assert "omni-io did not end in time" in caplog.text
    leave.set()
    assert caller.result() == "finished"
    thread.join()


class Slow(Held):
    """A resource that takes for ever to open."""

    opening = threading.Event()

    async def __aenter__(self) -> Self:
        self.opening.set()
        await asyncio.Event().wait()
        return self


def test_s12_a_call_that_had_not_begun_was_not_sent(pool: ThreadPoolExecutor) -> None:
    portal = Portal(Slow)
    caller = pool.submit(portal.call, double, 1)
    Slow.opening.wait()
    portal.close()
    with pytest.raises(ClientClosedError, match="before the call began"):
        caller.result()


def test_s12_a_call_handed_over_just_before_closing_is_turned_away(portal: Portal[Held]) -> None:
    called: list[Held] = []

    async def note(held: Held) -> None:
        called.append(held)

    late = Call(note)
    late.bell = Latch()

    async def close_with_a_call_waiting(_: Held) -> None:
        portal._thread.submit(late)
        portal.close()

    portal.call(close_with_a_call_waiting)
    assert late.wait(10)
    with pytest.raises(ClientClosedError):
        late.result()
    assert not called


def test_s25_a_task_that_never_took_a_step_was_not_sent(
    portal: Portal[Held], caplog: pytest.LogCaptureFixture
) -> None:
    late = Call(give_itself)
    late.bell = Latch()

    def die() -> None:
        raise SystemExit(1)

    async def die_with_a_call_waiting(_: Held) -> None:
        portal._thread.submit(late)
        asyncio.get_running_loop().call_soon(die)

    thread = portal.call(current_thread)
    portal.call(die_with_a_call_waiting)
    thread.join()
    assert late.wait(10)
    with pytest.raises(ConnectionFailedError, match="before the call began"):
        late.result()
    assert "omni-io was ended by SystemExit" in caplog.text


def test_s13_a_forgotten_portal_warns_closes_its_resource_and_is_collected() -> None:
    portal = Portal(Held)
    held, thread = portal.call(give_itself), portal.call(current_thread)
    remembered = weakref.ref(portal)
    kept = [portal]
    del portal
    with pytest.warns(ResourceWarning, match="was not closed"):
        kept.clear()
    assert remembered() is None
    thread.join()
    assert held.closed_on is thread


def test_s13_a_forgotten_portal_that_cannot_close_says_so_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Stuck(Held):
        async def __aexit__(self, *_: object) -> None:
            raise OSError("the key is 1234")

    portal = Portal(Stuck)
    thread = portal.call(current_thread)
    with pytest.warns(ResourceWarning):
        del portal
    thread.join()
    assert "omni-io could not close what it held: OSError" in caplog.text
    assert "1234" not in caplog.text


def test_s13_an_idle_portal_may_be_forgotten() -> None:
    portal = Portal(Held)
    del portal
    gc.collect()
