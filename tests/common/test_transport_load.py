"""Many calls at once, over real connections to one small server."""

from __future__ import annotations

import asyncio

import pytest

from omni_common.exchange import Operation, Request
from omni_common.wire import pool
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer
from tests.support.transport_calls import ACCEPTED, READ, SEND, accepted, transport_to


async def test_two_thousand_sends_at_once_all_arrive_once_over_few_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "_KEEP_ALIVE", 60.0)  # a loaded machine may stop for some seconds
    count, concurrency = 2000, 10
    requests = [
        Request("POST", "/messages", Operation.SEND, body=b"%d" % number) for number in range(count)
    ]
    async with (
        FaultServer() as server,
        transport_to(server, concurrency=concurrency, timeout=5, connect_timeout=2) as omni,
    ):
        results = await asyncio.gather(*(omni.exchange(each, accepted) for each in requests))

    assert results == [ACCEPTED] * count
    assert sorted(int(request.body) for request in server.requests) == list(range(count))
    assert 1 <= server.most_at_once <= concurrency
    assert server.connections <= concurrency


async def test_many_calls_at_once_keep_to_the_rate_and_lose_no_time_by_waiting() -> None:
    count, rate = 600, 50
    clock = FakeClock()
    departures: list[float] = []

    def read(_: object) -> bytes:
        departures.append(clock.monotonic())
        return ACCEPTED

    async with (
        FaultServer() as server,
        transport_to(server, clock=clock, rate=rate, timeout=2) as omni,
    ):
        await clock.drive(asyncio.gather(*(omni.exchange(SEND, read) for _ in range(count))))

    assert len(server.requests) == count
    assert count / rate - 1 <= clock.monotonic() <= count / rate * 1.1


async def test_a_real_clock_keeps_to_the_rate() -> None:
    moments: list[float] = []
    loop = asyncio.get_running_loop()

    def read(_: object) -> bytes:
        moments.append(loop.time())
        return ACCEPTED

    started = loop.time()
    async with FaultServer() as server, transport_to(server, rate=100) as omni:
        await asyncio.gather(*(omni.exchange(SEND, read) for _ in range(60)))

    assert len(server.requests) == 60
    assert moments[-1] - started >= 0.5  # 60 at 96 a second, after a burst of five


async def test_sends_overtake_reads_that_came_before_them() -> None:
    async with FaultServer() as server, transport_to(server, concurrency=1) as omni:
        calls = [omni.exchange(READ, accepted) for _ in range(50)]
        calls += [omni.exchange(SEND, accepted) for _ in range(50)]
        await asyncio.gather(*calls)

    methods = [request.request_line.split()[0] for request in server.requests]
    assert methods == ["GET"] + ["POST"] * 50 + ["GET"] * 49


async def test_a_repetition_overtakes_sends_that_came_before_it() -> None:
    clock = FakeClock()
    async with (
        FaultServer(answer(429), answer()) as server,
        transport_to(server, clock=clock, concurrency=1, rate=1) as omni,
    ):
        requests = [
            Request("POST", f"/{number}", Operation.SEND, body=b"{}") for number in range(5)
        ]
        await clock.drive(asyncio.gather(*(omni.exchange(each, accepted) for each in requests)))

    paths = [request.request_line.split()[1] for request in server.requests]
    assert paths == ["/0", "/0", "/1", "/2", "/3", "/4"]
