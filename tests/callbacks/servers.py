"""A receiver behind real servers, each on a thread of its own, and a client that may lie."""

from __future__ import annotations

import asyncio
import http.client
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from email.message import Message
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, TypeAlias
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import uvicorn
from aiohttp import web
from attrs import field, frozen

from omni_common.callbacks import (
    CallbackReceiver,
    aiohttp_application,
    asgi_application,
    wsgi_application,
)
from tests.callbacks.genuine import Post

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["SERVERS", "Answer", "request"]

MOUNT = "/callbacks"
TIMEOUT = 20.0
Server: TypeAlias = Callable[[CallbackReceiver], AbstractContextManager[str]]
"""Serves a receiver while its context lasts, and yields the URL where it is mounted."""


@frozen
class Answer:
    """What a server answered."""

    status: int
    headers: Message = field(repr=False)
    body: bytes


@contextmanager
def behind_aiohttp(receiver: CallbackReceiver) -> Iterator[str]:
    ports: queue.SimpleQueue[int] = queue.SimpleQueue()
    stops: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    async def serve() -> None:
        application, stop = web.Application(), asyncio.Event()
        application.add_subapp(MOUNT, aiohttp_application(receiver))
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        loop = asyncio.get_running_loop()
        stops.put(lambda: loop.call_soon_threadsafe(stop.set))
        ports.put(runner.addresses[0][1])
        await stop.wait()
        await runner.cleanup()

    with _running(lambda: asyncio.run(serve())):
        try:
            yield f"http://127.0.0.1:{ports.get(timeout=TIMEOUT)}{MOUNT}"
        finally:
            stops.get(timeout=TIMEOUT)()


@contextmanager
def behind_uvicorn(receiver: CallbackReceiver) -> Iterator[str]:
    config = uvicorn.Config(asgi_application(receiver), log_config=None, access_log=False)
    server = uvicorn.Server(config)
    # Connections wait in the socket's queue until the server is up.
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        _running(lambda: server.run([listening])),
    ):
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Print nothing: wsgiref's access log goes to standard error, with the tokens."""


@contextmanager
def behind_wsgiref(receiver: CallbackReceiver) -> Iterator[str]:
    received = wsgi_application(receiver)

    def mounted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["SCRIPT_NAME"], path = MOUNT, environ["PATH_INFO"]
        if not path.startswith(f"{MOUNT}/"):
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        environ["PATH_INFO"] = path.removeprefix(MOUNT)
        return received(environ, start_response)

    with _Threads(("127.0.0.1", 0), _Silent) as server:
        server.set_app(mounted)
        with _running(lambda: server.serve_forever(poll_interval=0.02)):
            try:
                yield f"http://127.0.0.1:{server.server_port}{MOUNT}"
            finally:
                server.shutdown()


SERVERS: Mapping[str, Server] = {
    "aiohttp": behind_aiohttp,
    "asgi": behind_uvicorn,
    "wsgi": behind_wsgiref,
}


def request(url: str, post: Post, *, announced: int | None = None, whole: bool = True) -> Answer:
    """Send *post* as it stands, and read the answer, which may come before the body was taken.

    Args:
        url: Where the receiver is mounted.
        post: What to send.
        announced: The body's length according to the headers, if they are to lie.
        whole: Whether the client then waits for an answer; otherwise it closes its side first.
    """
    host, _, root = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    try:
        path = f"/{root}{post.path}" if root else post.path
        connection.putrequest(post.method, path, skip_accept_encoding=True)
        length = len(post.body) if announced is None else announced
        for name, value in (("Content-Length", str(length)), *post.headers):
            connection.putheader(name, value)
        # A server that answers before it has the body may close the connection under the sender.
        with suppress(ConnectionError):
            connection.endheaders(post.body)
        if not whole:
            connection.sock.shutdown(socket.SHUT_WR)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


@contextmanager
def _running(serve: Callable[[], object]) -> Iterator[None]:
    """Run *serve* on a thread, which has to have ended by itself after the context."""
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    thread.join(TIMEOUT)
    assert not thread.is_alive()
