"""A kept-alive connection that is of no use any more, as far as this machine can know: not used.

What came over it unasked, or its end, may lie in the socket without the event loop having read it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

import aiohttp
import pytest

from omni_common.errors import ConnectionFailedError
from omni_common.exchange import Request
from omni_common.history import History
from tests.support.fault_server import CERTIFICATE, FaultServer, untrusted_tls
from tests.support.fault_steps import Line, Step, answer, speak_first, whole_answer
from tests.support.transport_calls import DELETE, READ, SEND, transport_to
from tests.support.unsent import assert_unsent

each_request = pytest.mark.parametrize("request_", [SEND, READ, DELETE], ids=["SEND", "GET", "DEL"])
each_way = pytest.mark.parametrize("given", [False, True], ids=["our session", "a given session"])


def _answered(body: bytes, lines: list[Line]) -> Step:
    """Answer properly, and leave the line to the test."""

    async def step(line: Line) -> None:
        lines.append(line)
        await answer(200, body)(line)

    return step


def _behind_the_loop(line: Line, act: Callable[[socket.socket], object]) -> None:
    """Do something to the server's socket at once: no event loop runs meanwhile."""
    theirs: socket.socket = line.writer.get_extra_info("socket")
    with socket.socket(fileno=os.dup(theirs.fileno())) as ours:
        act(ours)


def _speak(to: socket.socket) -> None:
    to.sendall(whole_answer(200, b"unasked"))


def _begin_to_speak(to: socket.socket) -> None:
    to.sendall(b"H")


def _end(line: socket.socket) -> None:
    line.shutdown(socket.SHUT_WR)


@each_request
@each_way
@pytest.mark.parametrize("act", [_speak, _begin_to_speak, _end], ids=["answer", "byte", "end"])
async def test_what_waits_in_the_socket_is_not_taken_for_the_answer_to_what_was_not_sent(
    request_: Request, act: Callable[[socket.socket], object], *, given: bool
) -> None:
    lines: list[Line] = []
    history = History()
    async with (
        FaultServer(_answered(b"first", lines), answer(200, b"second")) as server,
        aiohttp.ClientSession() as session,
        transport_to(server, session=session if given else None) as omni,
    ):
        assert await omni.exchange(SEND, lambda said: said.body) == b"first"
        _behind_the_loop(lines[0], act)
        second = await omni.exchange(request_, lambda said: said.body, history=history)

    assert second == b"second"
    assert len(server.requests) == server.connections == 2
    assert len(history.attempts) == 1  # nothing was tried over the first connection


async def test_it_is_not_used_over_tls_either() -> None:
    lines: list[Line] = []
    async with (
        FaultServer(
            *(_answered(b"first", lines), answer(200, b"second"), answer(200, b"third")),
            tls=untrusted_tls(),
        ) as server,
        transport_to(server, ca_file=CERTIFICATE) as omni,
    ):
        assert await omni.exchange(SEND, lambda said: said.body) == b"first"
        _behind_the_loop(lines[0], _end)
        assert await omni.exchange(SEND, lambda said: said.body) == b"second"
        # What TLS itself says at the beginning of a connection does not count as unasked.
        assert await omni.exchange(SEND, lambda said: said.body) == b"third"

    assert server.connections == 2


async def test_as_many_are_passed_over_as_there_are() -> None:
    count = 20
    lines: list[Line] = []
    history = History()
    gate = asyncio.Barrier(count)

    async def together(line: Line) -> None:
        lines.append(line)
        await line.read_request()
        await gate.wait()
        await line.send(whole_answer(200, b"first"))

    steps = [together] * count
    async with FaultServer(*steps, answer(200, b"second")) as server, transport_to(server) as omni:
        calls = (omni.exchange(SEND, lambda said: said.body) for _ in range(count))
        assert await asyncio.gather(*calls) == [b"first"] * count
        for line in lines:
            _behind_the_loop(line, _end)
        assert await omni.exchange(SEND, lambda said: said.body, history=history) == b"second"

    assert server.connections == count + 1
    assert len(history.attempts) == 1


async def test_a_server_that_always_speaks_first_is_given_up() -> None:
    async with FaultServer(speak_first(whole_answer(200, b"unasked"))) as server:
        connector = aiohttp.TCPConnector()
        async with aiohttp.ClientSession(connector=connector) as session:
            session.trace_configs.append(_slow_to_send())
            await assert_unsent(server.url, ConnectionFailedError, attempts=3, session=session)

    assert server.requests == []
    assert server.connections == 3


def _slow_to_send() -> aiohttp.TraceConfig:
    """Lets the server's first words arrive before the request would leave."""
    trace = aiohttp.TraceConfig()

    async def wait(*_: object) -> None:
        for _turn in range(20):
            await asyncio.sleep(0)

    trace.on_connection_create_end.append(wait)
    trace.freeze()
    return trace
