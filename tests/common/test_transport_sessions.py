"""Whose session it is, which event loop it lives in, and when it ends."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from http.cookies import SimpleCookie

import aiohttp
import pytest
from aiohttp.connector import Connection

from omni_common.errors import (
    AnswerLostError,
    ClientClosedError,
    ConfigurationError,
    OmniError,
    ReadError,
    RefusedError,
)
from omni_common.exchange import Failure, FailureKind, Request
from omni_common.history import OUTCOME_LOGGER
from omni_common.secret import Secret
from omni_common.settings import TransportSettings
from omni_common.transport import Transport
from omni_common.wire import Wire
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer, silence, stall
from tests.support.transport_calls import (
    ACCEPTED,
    AUTHORIZATION,
    PROVIDER,
    READ,
    SEND,
    accepted,
    transport_to,
)


def _transport(url: str, session: aiohttp.ClientSession | None = None) -> Transport:
    return Transport(
        TransportSettings(base_url=url),
        provider=PROVIDER,
        authorization=Secret(AUTHORIZATION),
        session=session,
    )


@contextmanager
def _server_in_a_thread() -> Iterator[FaultServer]:
    """A server that outlives the event loops of a test."""
    started = threading.Event()
    server = FaultServer()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with server:
            end = asyncio.Event()
            stop.append((asyncio.get_running_loop(), end))
            started.set()
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        loop, end = stop[0]
        loop.call_soon_threadsafe(end.set)
        thread.join()


@pytest.fixture
def _nothing_left_open() -> Iterator[None]:
    """Fail on whatever was not closed when it is collected."""
    yield
    gc.collect()  # pytest turns the warnings of finalizers into errors


async def test_nothing_is_made_before_it_is_needed() -> None:
    def make() -> Transport:  # in a thread, where no event loop runs
        return _transport("http://127.0.0.1:9")

    transport = await asyncio.to_thread(make)
    await transport.close()


@pytest.mark.usefixtures("_nothing_left_open")
def test_a_client_serves_one_event_loop_after_another() -> None:
    with _server_in_a_thread() as server:
        transport = _transport(server.url)

        async def send() -> bytes:
            return await transport.exchange(SEND, accepted)

        assert asyncio.run(send()) == ACCEPTED
        assert asyncio.run(send(), debug=True) == ACCEPTED
        asyncio.run(transport.close())
        assert server.connections == 2


@pytest.mark.usefixtures("_nothing_left_open")
def test_a_client_serves_event_loops_by_turns() -> None:
    with _server_in_a_thread() as server:
        transport = _transport(server.url)
        with asyncio.Runner() as first, asyncio.Runner() as second:
            for runner in (first, second, first, second):
                assert runner.run(transport.exchange(SEND, accepted)) == ACCEPTED
            second.run(transport.close())


@pytest.mark.usefixtures("_nothing_left_open")
def test_a_client_that_is_never_closed_ends_with_its_event_loop() -> None:
    with _server_in_a_thread() as server:

        async def send() -> bytes:
            return await _transport(server.url).exchange(SEND, accepted)

        assert asyncio.run(send()) == ACCEPTED


@pytest.mark.usefixtures("_nothing_left_open")
async def test_a_client_that_is_dropped_closes_its_connections() -> None:
    async with FaultServer() as server:
        await _transport(server.url).exchange(SEND, accepted)
        gc.collect()
        await server.until(lambda: server.open_connections == 0)


def test_a_connection_goes_back_to_the_loop_that_it_came_from() -> None:
    with _server_in_a_thread() as server, asyncio.Runner() as first, asyncio.Runner() as second:
        transport = _transport(server.url)
        pool = transport._wire._pool

        async def connected() -> tuple[aiohttp.ClientSession, Connection]:
            await transport.exchange(SEND, accepted)
            session = await pool.session()
            return session, await pool.connection(session, [])

        session, connection = first.run(connected())
        kept = connection.protocol
        second.run(transport.exchange(SEND, accepted))
        pool.keep(connection, session)
        _, other = second.run(connected())
        assert other.protocol is not kept
        other.close()
        second.run(transport.close())


@pytest.mark.filterwarnings("ignore:Exception ignored .*ClientSession")  # nobody closed it
def test_a_send_that_is_left_behind_with_its_loop_is_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, ExitStack() as waiting:
        for _ in range(3):  # after which nobody is let in any more
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        transport = _transport(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        loop = asyncio.new_event_loop()

        async def begin() -> None:
            call = asyncio.ensure_future(transport.exchange(SEND, accepted, reference="left"))
            await asyncio.wait([call], timeout=0.01)  # in which it begins to connect

        loop.run_until_complete(begin())
        loop.close()
        del loop
        gc.collect()
        (record,) = [each for each in caplog.records if each.name == OUTCOME_LOGGER]
        assert "reference=left outcome=not_sent" in record.message


def test_two_event_loops_at_once_are_told_apart() -> None:
    with _server_in_a_thread() as server:
        transport = _transport(server.url)
        errors: list[BaseException] = []

        def other_loop() -> None:
            for call in (transport.exchange(SEND, accepted), transport.close()):
                try:
                    asyncio.run(call)
                except OmniError as error:
                    errors.append(error)

        async def both() -> None:
            await transport.exchange(SEND, accepted)
            await asyncio.to_thread(other_loop)
            await transport.exchange(SEND, accepted)  # this one goes on as before
            await transport.close()

        asyncio.run(both())

    assert [type(error) for error in errors] == [ConfigurationError] * 2
    assert "one client for each loop" in str(errors[0])
    assert len(server.requests) == 2


def test_a_given_session_of_another_event_loop_is_named_as_the_fault() -> None:
    with _server_in_a_thread() as server:

        async def make() -> aiohttp.ClientSession:
            return aiohttp.ClientSession()

        loop = asyncio.new_event_loop()
        session = loop.run_until_complete(make())
        transport = _transport(server.url, session)
        with pytest.raises(ConfigurationError, match="another event loop") as caught:
            asyncio.run(transport.exchange(SEND, accepted))
        loop.run_until_complete(session.close())
        loop.close()

    assert caught.value.field == "session"
    assert server.connections == 0


async def test_a_given_session_is_used_and_never_closed() -> None:
    async with FaultServer() as server, aiohttp.ClientSession() as session:
        async with session.get(server.url) as response:
            await response.read()
        async with transport_to(server, session=session) as omni:
            assert await omni.exchange(SEND, accepted) == ACCEPTED
        assert not session.closed
        async with session.get(server.url) as response:
            assert response.status == 200

    assert server.connections == 1  # the session's own pool served all three


@pytest.fixture
async def meddling_session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session whose every default would spoil a request of ours."""
    jar = aiohttp.CookieJar(unsafe=True)
    jar.update_cookies(SimpleCookie("theirs=1"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of `auth`
        session = aiohttp.ClientSession(
            base_url="http://127.0.0.1:9/theirs/",
            headers={
                "Authorization": "Bearer theirs",
                "User-Agent": "theirs",
                "Content-Type": "text/theirs",
                "Transfer-Encoding": "chunked",
                "Expect": "100-continue",
                "X-Theirs": "1",
            },
            auth=aiohttp.BasicAuth("theirs", "theirs"),
            cookie_jar=jar,
            timeout=aiohttp.ClientTimeout(total=1e-6),
            raise_for_status=True,
            middlewares=(_meddle,),
            trust_env=True,
            version=aiohttp.HttpVersion10,
            skip_auto_headers=("Host", "Content-Length"),
            requote_redirect_url=False,
            read_bufsize=1,
            proxy="http://127.0.0.1:9",
        )
    async with session:
        yield session


async def _meddle(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    request.headers["X-Meddled"] = "1"
    response = await handler(request)
    response.close()
    return await handler(request)


async def test_nothing_of_a_given_session_but_its_connections_is_used(
    meddling_session: aiohttp.ClientSession,
) -> None:
    requests = []
    for session in (None, meddling_session):
        async with FaultServer(answer(), answer(404, b"{}")) as server:
            async with transport_to(server, session=session) as omni:
                assert await omni.exchange(SEND, accepted) == ACCEPTED
                with pytest.raises(RefusedError):  # and not what raise_for_status raises
                    await omni.exchange(SEND, accepted)
            port = str(server.port).encode()
            requests.append([request.raw.replace(port, b"PORT") for request in server.requests])

    assert len(requests[0]) == 2
    assert requests[1] == requests[0]


async def test_tracing_of_a_given_session_goes_on_and_is_shown_no_login_at_the_start() -> None:
    seen: list[aiohttp.TraceRequestStartParams] = []

    async def note(_: object, __: object, params: aiohttp.TraceRequestStartParams) -> None:
        seen.append(params)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(note)
    async with (
        FaultServer() as server,
        aiohttp.ClientSession(trace_configs=[trace]) as session,
        transport_to(server, session=session) as omni,
    ):
        await omni.exchange(SEND, accepted)

    (params,) = seen
    assert params.method == "POST"
    assert "Authorization" not in params.headers


async def test_closing_may_be_repeated_and_needs_no_call_before() -> None:
    async with FaultServer() as server:
        transport = _transport(server.url)
        await transport.close()
        await transport.close()
        used = _transport(server.url)
        await used.exchange(SEND, accepted)
        await used.close()
        await used.close()
        await server.until(lambda: server.open_connections == 0)


@pytest.mark.parametrize(
    ("request_", "kind"), [(SEND, ClientClosedError), (READ, ReadError)], ids=["SEND", "READ"]
)
async def test_nothing_leaves_after_closing(request_: Request, kind: type[OmniError]) -> None:
    async with FaultServer() as server:
        transport = _transport(server.url)
        await transport.exchange(request_, accepted)
        await transport.close()
        with pytest.raises(kind) as caught:
            await transport.exchange(request_, accepted)

    assert caught.value.attempts == ()
    assert kind is ClientClosedError or type(caught.value.__cause__) is ClientClosedError
    assert len(server.requests) == 1


async def test_closing_ends_calls_under_way_and_tells_each_what_became_of_it() -> None:
    clock = FakeClock()
    async with (
        FaultServer(stall) as server,
        transport_to(server, clock=clock, concurrency=2) as omni,
    ):
        send = asyncio.create_task(omni.exchange(SEND, accepted))
        read = asyncio.create_task(omni.exchange(READ, accepted))
        await server.until_requests(2)
        waiting = asyncio.create_task(omni.exchange(SEND, accepted))
        await clock.advance(0)

        await omni.close()

        results = await clock.drive(asyncio.gather(send, read, waiting, return_exceptions=True))
    assert [type(result) for result in results] == [
        AnswerLostError,
        ReadError,
        ClientClosedError,
    ]
    assert type(results[1].__cause__) is ClientClosedError  # type: ignore[union-attr]
    assert len(server.requests) == 2


async def test_closing_while_a_send_connects_proves_that_nothing_was_sent() -> None:
    async with FaultServer(silence) as server:
        url = server.url.replace("http:", "https:")
        clock = FakeClock()
        async with transport_to(url, clock=clock) as omni:
            send = asyncio.create_task(omni.exchange(SEND, accepted))
            await server.until_connections(1)
            await omni.close()
            server.hang_up()
            with pytest.raises(ClientClosedError):
                await clock.drive(send)


async def test_a_call_let_through_in_the_moment_of_closing_opens_nothing() -> None:
    async with FaultServer() as server:
        wire = Wire(TransportSettings(base_url=server.url), Secret(AUTHORIZATION))
        await wire.close()
        ended = await wire.attempt(SEND, 5.0, lambda: None)

    assert ended == Failure(FailureKind.CLIENT_CLOSED, sent=False)
    assert server.connections == 0


async def test_a_given_session_that_its_owner_closed_is_a_closed_client() -> None:
    async with FaultServer() as server:
        session = aiohttp.ClientSession()
        async with transport_to(server, session=session) as omni:
            await omni.exchange(SEND, accepted)
            await session.close()
            with pytest.raises(ClientClosedError):
                await omni.exchange(SEND, accepted)
            with pytest.raises(ReadError) as caught:
                await omni.exchange(READ, accepted)
    assert type(caught.value.__cause__) is ClientClosedError

    assert len(server.requests) == 1


async def test_a_given_session_closed_under_a_send_leaves_it_unknown() -> None:
    async with FaultServer(stall) as server:
        session = aiohttp.ClientSession()
        async with transport_to(server, session=session) as omni:
            send = asyncio.create_task(omni.exchange(SEND, accepted))
            await server.until_requests(1)
            await session.close()
            with pytest.raises(AnswerLostError):
                await send


async def test_no_more_calls_run_at_once_than_a_given_session_has_connections() -> None:
    connector = aiohttp.TCPConnector(limit=50, limit_per_host=3)
    async with (
        FaultServer() as server,
        aiohttp.ClientSession(connector=connector) as session,
        transport_to(server, session=session, connect_timeout=5) as omni,
    ):
        await asyncio.gather(*(omni.exchange(SEND, accepted) for _ in range(100)))

    assert server.most_at_once <= 3
    assert server.connections <= 3
