"""What the tracing hooks of a given session are told of each exchange, and what they may change."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from omni_common.errors import (
    AnswerLostError,
    ConnectionFailedError,
    ConnectionRejectedError,
    RefusedError,
)
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer, interim_then_answer, read_then_fin
from tests.support.transport_calls import (
    ACCEPTED,
    AUTHORIZATION,
    READ,
    SEND,
    accepted,
    transport_to,
)

HOOKS = (
    "on_request_start",
    "on_connection_create_start",
    "on_connection_create_end",
    "on_connection_reuseconn",
    "on_request_headers_sent",
    "on_request_chunk_sent",
    "on_request_end",
    "on_request_exception",
)


class Spy(aiohttp.TraceConfig):
    """Notes which hook was called with what; each exchange has a context of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, Any]] = []
        self.contexts: list[object] = []
        for name in HOOKS:
            getattr(self, name).append(self._note(name))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.seen]

    def of(self, name: str) -> Any:
        (params,) = (params for each, params in self.seen if each == name)
        return params

    def _note(self, name: str) -> Any:
        async def note(session: aiohttp.ClientSession, context: object, params: Any) -> None:
            assert isinstance(session, aiohttp.ClientSession)
            self.contexts.append(context)
            self.seen.append((name, params))
            if name == "on_request_start":
                params.headers["Traceparent"] = "00-1-2-01"

        return note


async def test_an_exchange_is_told_of_from_its_start_to_its_answer() -> None:
    spy = Spy()
    async with (
        FaultServer(interim_then_answer(103)) as server,
        aiohttp.ClientSession(trace_configs=[spy]) as session,
        transport_to(server, session=session) as omni,
    ):
        assert await omni.exchange(SEND, accepted) == ACCEPTED

    assert spy.names == [name for name in HOOKS if name not in {HOOKS[3], HOOKS[7]}]
    assert len({id(context) for context in spy.contexts}) == 1
    assert spy.of("on_request_chunk_sent").chunk == SEND.body
    assert spy.of("on_request_end").response.status == 200
    assert str(spy.of("on_request_end").response.url) == f"{server.url}/messages"
    assert str(spy.of("on_request_start").url) == f"{server.url}/messages"


async def test_hooks_may_add_headers_and_see_no_login_before_it_is_sent() -> None:
    spy = Spy()
    async with (
        FaultServer() as server,
        aiohttp.ClientSession(trace_configs=[spy]) as session,
        transport_to(server, session=session) as omni,
    ):
        await omni.exchange(SEND, accepted)

    (request,) = server.requests
    assert request.header("traceparent") == "00-1-2-01"
    assert request.header("authorization") == AUTHORIZATION
    assert spy.of("on_request_headers_sent").headers["Authorization"] == AUTHORIZATION
    assert "Authorization" not in spy.of("on_request_start").headers
    assert "Authorization" not in spy.of("on_request_end").headers
    assert "Authorization" not in spy.of("on_request_end").response.request_info.headers


async def test_a_kept_connection_is_used_again_under_the_eyes_of_hooks() -> None:
    spy = Spy()
    async with (
        FaultServer(answer(), answer(404, b"{}"), answer()) as server,
        aiohttp.ClientSession(trace_configs=[spy]) as session,
        transport_to(server, session=session) as omni,
    ):
        await omni.exchange(SEND, accepted)
        with pytest.raises(RefusedError):
            await omni.exchange(SEND, accepted)
        await omni.exchange(SEND, accepted)

    assert server.connections == 1
    assert spy.names.count("on_connection_reuseconn") == 2
    assert spy.names.count("on_request_end") == 3
    assert len({id(context) for context in spy.contexts}) == 3


async def test_a_failed_exchange_is_told_of_with_what_went_wrong() -> None:
    spy = Spy()
    async with (
        FaultServer(read_then_fin) as server,
        aiohttp.ClientSession(trace_configs=[spy]) as session,
        transport_to(server, session=session, max_attempts=1) as omni,
    ):
        with pytest.raises(AnswerLostError):
            await omni.exchange(SEND, accepted)

    assert spy.names[-1] == "on_request_exception"
    assert "on_request_end" not in spy.names
    params = spy.of("on_request_exception")
    assert isinstance(params.exception, aiohttp.ServerDisconnectedError)
    assert "Authorization" not in params.headers


async def test_so_is_one_that_never_left() -> None:
    spy = Spy()
    async with FaultServer() as server:
        url = server.url
    async with (
        aiohttp.ClientSession(trace_configs=[spy]) as session,
        transport_to(url, session=session, max_attempts=1) as omni,
    ):
        with pytest.raises(ConnectionFailedError):
            await omni.exchange(SEND, accepted)

    assert spy.names == ["on_request_start", "on_connection_create_start", "on_request_exception"]


async def test_a_hook_that_fails_before_the_request_leaves_keeps_it_from_leaving() -> None:
    async def fail(*_: object) -> None:
        raise ValueError("no tracing today")

    spy, failing = Spy(), aiohttp.TraceConfig()
    failing.on_request_start.append(fail)
    async with (
        FaultServer() as server,
        aiohttp.ClientSession(trace_configs=[spy, failing]) as session,
        transport_to(server, session=session, max_attempts=1) as omni,
    ):
        with pytest.raises(ConnectionRejectedError) as caught:
            await omni.exchange(SEND, accepted)

    assert [attempt.sent for attempt in caught.value.attempts] == [False]
    assert server.requests == []
    # Who was told of the start is told of the end.
    assert spy.names == ["on_request_start", "on_request_exception"]


async def test_a_question_without_a_body_is_traced_too() -> None:
    spy = Spy()
    async with (
        FaultServer() as server,
        aiohttp.ClientSession(trace_configs=[spy]) as session,
        transport_to(server, session=session) as omni,
    ):
        assert await omni.exchange(READ, accepted) == ACCEPTED

    assert "on_request_headers_sent" in spy.names
    assert "on_request_chunk_sent" not in spy.names
