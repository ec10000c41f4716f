"""How a caller is woken: by a bell that callers pass on, and without one where there is none."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest

from omni_common.sync import loop_thread
from omni_common.sync.bell import Bell, Latch
from omni_common.sync.portal import Portal
from tests.sync.held import Held, double, give_itself

needs_bells = pytest.mark.skipif(sys.platform == "win32", reason="callers have no bells there")


@pytest.mark.parametrize("kind", [Bell, Latch])
def test_whoever_was_rung_for_does_not_wait(kind: type[Bell | Latch]) -> None:
    rung = kind()
    rung.ring()
    rung.ring()
    rung.wait(1000)
    if isinstance(rung, Bell):
        rung.close()


def test_a_bell_serves_one_after_another_however_often_it_rings() -> None:
    with closing(Bell()) as bell:
        for _ in range(10_000):  # more than a socket has room for
            bell.ring()
        bell.wait(1000)
        bell.ring()
        bell.wait(1000)


def test_nobody_waits_at_a_closed_bell_and_ringing_it_does_no_harm() -> None:
    bell = Bell()
    bell.close()
    bell.ring()
    bell.wait(1000)


@needs_bells
def test_a_ring_that_comes_late_ends_no_other_call(portal: Portal[Held]) -> None:
    portal.call(give_itself)
    (bell,) = portal._thread._free_bells

    async def be_rung_for_too_early(_: Held) -> str:
        for _turn in range(3):
            bell.ring()
            await asyncio.sleep(0)
        return "the end"

    bell.ring()
    assert portal.call(be_rung_for_too_early) == "the end"
    assert portal.call(double, 2) == 4


@needs_bells
def test_calls_at_the_same_time_do_not_wake_each_other(portal: Portal[Held]) -> None:
    portal.call(give_itself)
    inside, leave = Event(), asyncio.Event()

    async def stay(_: Held) -> str:
        inside.set()
        await leave.wait()
        return "stayed"

    async def let_leave(_: Held) -> None:
        leave.set()

    with ThreadPoolExecutor(1) as thread:
        staying = thread.submit(portal.call, stay)
        assert inside.wait(10)
        assert portal._thread._free_bells == []
        assert portal.call(double, 3) == 6
        portal.call(let_leave)
        assert staying.result() == "stayed"
    assert len(portal._thread._free_bells) == 1


def test_it_works_without_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(loop_thread, "Bell", refuse)
    with closing(Portal(Held)) as portal:
        assert [portal.call(double, number) for number in range(3)] == [0, 2, 4]
        assert portal._thread._free_bells == []


@needs_bells
def test_closing_leaves_no_socket_open() -> None:
    portal = Portal(Held)
    portal.call(give_itself)
    (bell,) = portal._thread._free_bells
    portal.close()
    assert bell._ear.fileno() == bell._rope.fileno() == -1
