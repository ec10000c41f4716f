"""A real aiohttp session on the loop thread, against a real server on loopback."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress

import aiohttp
import pytest

from omni_common.sync.portal import Portal
from tests.sync.children import StartChild


class Server:
    """Answers every POST, keeps connections alive or closes them while they are idle."""

    def __init__(self, *, closes_idle: bool = False) -> None:
        self.url = ""
        self.connections = 0
        self.posts = 0
        self.stalled = threading.Event()
        self.idle_connection_closed = threading.Event()
        self._closes_idle = closes_idle

    @asynccontextmanager
    async def run(self) -> AsyncIterator[Server]:
        served: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            served.add(task)
            self.connections += 1
            try:
                await self._answer_all(reader, writer)
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server:
            yield self
            for task in served:
                task.cancel()
            await asyncio.gather(*served, return_exceptions=True)

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.posts += 1
                if b" /stall " in head:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
                    self.stalled.set()
                    await reader.read()
                    return
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
                if self._closes_idle:
                    writer.write_eof()
                    assert await reader.read() == b""  # until the client has closed its end
                    self.idle_connection_closed.set()
                    return


async def post(session: aiohttp.ClientSession, url: str) -> str:
    async with session.post(url) as response:
        return await response.text()


Serve = Callable[[Server], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Run servers on loops of their own."""
    portals: list[Portal[Server]] = []

    async def started(server: Server) -> Server:
        return server

    def start(server: Server) -> Server:
        portals.append(Portal(server.run, name="server"))
        return portals[-1].call(started)

    yield start
    for portal in portals:
        portal.close()


def _session() -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    return aiohttp.ClientSession()


def test_s24_posts_succeed_although_the_server_closes_idle_connections(serve: Serve) -> None:
    server = serve(Server(closes_idle=True))
    with closing(Portal(_session)) as portal:
        for _ in range(6):
            assert portal.call(post, server.url) == "ok"
            # The loop sees the end of the connection although nobody calls.
            assert server.idle_connection_closed.wait(10)
            server.idle_connection_closed.clear()
    assert (server.posts, server.connections) == (6, 6)


def test_s24_connections_are_used_again_when_the_server_keeps_them(serve: Serve) -> None:
    server = serve(Server())
    with closing(Portal(_session)) as portal:
        for _ in range(6):
            assert portal.call(post, server.url) == "ok"
    assert (server.posts, server.connections) == (6, 1)


CHILD = """
async def post(session, url):
    async with session.post(url) as response:
        return await response.text()

url = sys.argv[1]
portal = Portal(aiohttp.ClientSession)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_s19_a_child_leaves_the_connections_of_its_parent_alone(
    serve: Serve, start_child: StartChild
) -> None:
    server = serve(Server())
    script = """
say(portal.call(post, url))
child = os.fork()
if not child:
    say(portal.call(post, url))
    gc.collect()
    portal.close()
    del portal
    gc.collect()
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
say(portal.call(post, url))
"""
    ended = start_child(CHILD + script, server.url).end()
    assert ended == (0, ["ok", "ok", "ok"], "")
    # One of the parent, used before and after the fork, and one of the child.
    assert (server.posts, server.connections) == (3, 2)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("say(portal.call(post, url)); portal.close()", id="closed"),
        pytest.param("say(portal.call(post, url))", id="open at exit"),
        pytest.param(
            "atexit.register(lambda: say(portal.call(post, url))); portal.call(name_of_thread)",
            id="used at exit",
        ),
        pytest.param(
            """
try:
    portal.call(post, "http://127.0.0.1:1/")
except aiohttp.ClientConnectorError:
    say(portal.call(post, url))
""",
            id="failed",
        ),
        pytest.param(
            """
inside = threading.Event()

async def stall(session):
    async with session.post(url + "stall") as response:
        inside.set()
        await response.text()

def work():
    try:
        portal.call(stall)
    except OutcomeUnknownError:
        say("unknown")

say(portal.call(post, url))
thread = threading.Thread(target=work)
thread.start()
inside.wait()
portal.close()
thread.join()
""",
            id="closed with a call in flight",
        ),
    ],
)
def test_s28_no_session_or_connector_is_left_unclosed(
    serve: Serve, start_child: StartChild, script: str
) -> None:
    ended = start_child(CHILD + script, serve(Server()).url).end()
    assert (ended.code, ended.lines[0], ended.complaints) == (0, "ok", "")


def test_s28_nothing_is_left_unclosed_by_ctrl_c(serve: Serve, start_child: StartChild) -> None:
    server = serve(Server())
    child = start_child(CHILD + 'portal.call(post, url + "stall")', server.url)
    assert server.stalled.wait(10)
    child.press_ctrl_c()
    ended = child.end()
    assert ended.complaints.startswith("Traceback")
    assert "KeyboardInterrupt" in ended.complaints
    assert "nclosed" not in ended.complaints
    assert "Warning" not in ended.complaints
