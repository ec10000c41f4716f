"""Connections that wait for the next request: which is taken, and for how long any is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import aiohttp
import pytest
from aiohttp.connector import Connection
from attrs import define

from omni_common.transport import Transport
from omni_common.wire import pool
from omni_common.wire.idle import Idle
from tests.support.clock import FakeClock, FakeTimer
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer
from tests.support.transport_calls import ACCEPTED, SEND, accepted, transport_to

KEPT = pool._KEEP_ALIVE


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock that connections are kept by."""
    clock = FakeClock()
    monkeypatch.setattr(pool, "SystemClock", lambda: clock)
    return clock


async def at_once(omni: Transport, count: int) -> None:
    await asyncio.gather(*(omni.exchange(SEND, accepted) for _ in range(count)))


async def test_a_connection_is_kept_as_long_as_it_is_used_in_time(clock: FakeClock) -> None:
    async with FaultServer() as server, transport_to(server) as omni:
        for _ in range(3):
            await omni.exchange(SEND, accepted)
            await clock.advance(KEPT * 0.9)

        assert server.connections == server.open_connections == 1
    assert len(server.requests) == 3


async def test_one_that_nobody_used_in_time_is_closed(clock: FakeClock) -> None:
    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(SEND, accepted)
        await clock.advance(KEPT)
        await server.until(lambda: server.open_connections == 0)

        assert await omni.exchange(SEND, accepted) == ACCEPTED
        assert server.connections == 2


async def test_that_used_last_goes_first_so_that_the_others_can_be_let_go(
    clock: FakeClock,
) -> None:
    async with FaultServer() as server, transport_to(server) as omni:
        await at_once(omni, 3)
        opened = server.connections
        for _ in range(4):
            await clock.advance(KEPT * 0.3)
            await omni.exchange(SEND, accepted)
        await server.until(lambda: server.open_connections == 1)

        assert opened == server.connections == 3


async def test_one_that_is_over_time_is_not_used_even_if_its_timer_comes_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Late(FakeClock):
        def call_later(self, delay: float, callback: Callable[[], None]) -> FakeTimer:
            return super().call_later(delay + 60, callback)

    late = Late()
    monkeypatch.setattr(pool, "SystemClock", lambda: late)
    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(SEND, accepted)
        await late.advance(KEPT)
        await omni.exchange(SEND, accepted)

        assert server.connections == 2


async def test_one_that_the_answer_ends_is_not_kept(clock: FakeClock) -> None:
    step = answer(headers={"Connection": "close"})
    async with FaultServer(step) as server, transport_to(server) as omni:
        await omni.exchange(SEND, accepted)
        assert clock.next_in is None
        await omni.exchange(SEND, accepted)

        assert server.connections == 2


async def test_closing_the_client_closes_them_and_leaves_no_timer(clock: FakeClock) -> None:
    async with FaultServer() as server:
        async with transport_to(server) as omni:
            await at_once(omni, 2)
            assert clock.next_in == KEPT
        await server.until(lambda: server.open_connections == 0)

        assert clock.next_in is None


@define
class Waiting:
    """A connection, as far as it is asked for here."""

    should_close: bool = False
    ended_by: str = ""

    @property
    def protocol(self) -> Waiting:
        return self

    def close(self) -> None:
        self.ended_by = "close"

    def release(self) -> None:
        self.ended_by = "release"


def test_at_the_end_those_on_which_something_came_are_left_to_the_session() -> None:
    # aiohttp waits for the end of those in its pool and of those in use; released, one that should
    # be closed would be neither.
    quiet, spoiled, clock = Waiting(), Waiting(should_close=True), FakeClock()
    idle = Idle(KEPT, clock)
    for connection in (quiet, spoiled):
        idle.put(cast("Connection", connection))

    (left,) = idle.close()
    assert left is cast("Connection", spoiled)
    assert (quiet.ended_by, spoiled.ended_by) == ("release", "")
    assert clock.next_in is None


async def test_and_are_let_go_even_if_closing_is_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    close = aiohttp.ClientSession.close

    async def interrupted(session: aiohttp.ClientSession) -> None:
        await close(session)
        raise asyncio.CancelledError

    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(SEND, accepted)
        idle = omni._wire._pool._idle
        assert idle is not None
        connection = idle.take()
        assert connection is not None
        assert connection.protocol is not None
        idle.put(connection)
        connection.protocol.force_close()  # as if something had come
        monkeypatch.setattr(aiohttp.ClientSession, "close", interrupted)
        with pytest.raises(asyncio.CancelledError):
            await omni.close()
        assert connection.protocol is None


def test_one_that_comes_back_after_the_end_is_closed() -> None:
    connection, clock = Waiting(), FakeClock()
    idle = Idle(KEPT, clock)
    assert idle.close() == []
    idle.put(cast("Connection", connection))

    assert connection.ended_by == "close"
    assert idle.take() is None
    assert clock.next_in is None
