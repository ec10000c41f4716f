"""A server of one's own for what vendors post, on a port that its receiver knows of."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from aiohttp import web

from omni_common.callbacks import (
    CallbackReceiver,
    EventHandler,
    aiohttp_application,
    wsgi_application,
)
from tests.support.emulated_vendor import SECRETS

__all__ = ["receiving", "receiving_in_a_thread"]


@asynccontextmanager
async def receiving(handler: EventHandler) -> AsyncIterator[CallbackReceiver]:
    """Receive what is posted, below a path of an aiohttp application, and give it to *handler*."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/callbacks"
        receiver = CallbackReceiver(handler, secrets=SECRETS, base_url=address)
        application = web.Application()
        application.add_subapp("/callbacks", aiohttp_application(receiver))
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            yield receiver
        finally:
            await runner.cleanup()


_SECONDS_BETWEEN_LOOKS = 0.01
"""How soon the server finds that it is to stop."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def receiving_in_a_thread(handler: EventHandler) -> Iterator[CallbackReceiver]:
    """The same without asyncio: a WSGI server that answers in a thread of its own."""
    with make_server("127.0.0.1", 0, _not_ready, WSGIServer, _Quiet) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        receiver = CallbackReceiver(handler, secrets=SECRETS, base_url=address)
        server.set_app(wsgi_application(receiver))
        thread = threading.Thread(target=server.serve_forever, args=[_SECONDS_BETWEEN_LOOKS])
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def _not_ready(*_: object) -> list[bytes]:
    raise AssertionError("nobody knows the address yet")
