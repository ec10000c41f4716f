"""Answers that come before the whole request has left, and what becomes of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from omni_common.errors import RefusedError
from omni_common.exchange import FileBody, Operation, Request
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Line, Step, answer, whole_answer
from tests.support.transport_calls import ACCEPTED, SEND, accepted, transport_to

MUCH = 16 * 1024 * 1024
"""Bytes that no socket takes at once."""


def refuse_unread(until: asyncio.Event) -> Step:
    """Refuse a request for what its head says, and read no more of it."""

    async def step(line: Line) -> None:
        await line.read_head()
        await line.send(whole_answer(413, b'{"refused": true}'))
        await until.wait()
        line.reset()

    return step


def a_long_text(_: Path) -> Request:
    return Request("POST", "/messages", Operation.SEND, body=b"x" * MUCH)


def a_file(folder: Path) -> Request:
    path = folder / "contacts.csv"
    path.write_bytes(b"x" * MUCH)
    body = FileBody(b"<", path, MUCH, b">")
    headers = {"Content-Type": "text/csv"}
    return Request("POST", "/files", Operation.SEND, file=body, headers=headers, makes="file")


@pytest.mark.parametrize("request_of", [a_long_text, a_file])
@pytest.mark.parametrize("is_traced", [False, True], ids=["plain", "traced"])
async def test_an_answer_is_read_though_the_request_is_still_leaving(
    request_of: Callable[[Path], Request], tmp_path: Path, *, is_traced: bool
) -> None:
    request = request_of(tmp_path)
    traces = [aiohttp.TraceConfig()] if is_traced else []
    seen = asyncio.Event()
    async with (
        FaultServer(refuse_unread(seen), answer()) as server,
        aiohttp.ClientSession(trace_configs=traces) as session,
        transport_to(server, session=session) as omni,
    ):
        with pytest.raises(RefusedError) as caught:
            await omni.exchange(request, accepted)
        # What is left of the request must not be followed by another one.
        assert await omni.exchange(SEND, accepted) == ACCEPTED
        seen.set()

    assert [attempt.status for attempt in caught.value.attempts] == [413]
    assert server.connections == 2
