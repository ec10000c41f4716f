"""A vendor's side made of bare sockets: it counts what truly arrived, and fails as it is told.

No HTTP library is in it, so that what it counted is evidence against one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.support.fault_steps import Line, Received, Step, answer

__all__ = ["CERTIFICATE", "FaultServer", "untrusted_tls"]

CERTIFICATE = str(Path(__file__).with_name("untrusted.pem"))
"""The certificate that :func:`untrusted_tls` shows, for those who decide to trust it."""


def untrusted_tls() -> ssl.SSLContext:
    """TLS for localhost with a certificate that no authority has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


class FaultServer:
    """Performs one scripted step for each request; the last one again once the script has ended.

    A connection takes its first step when it is made, and each further one when the first byte of
    another request comes. ``requests`` holds every request that arrived whole.
    """

    def __init__(self, *script: Step, tls: ssl.SSLContext | None = None) -> None:
        self._script = list(script) or [answer()]
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None], Line] = {}
        self._changed = asyncio.Event()
        self._at_once = 0
        self.port = 0
        self.connections = 0
        self.open_connections = 0
        self.answers = 0
        self.most_at_once = 0
        self.requests: list[Received] = []

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", 0, ssl=self._tls, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task, line in self._lines.items():
            task.cancel()
            line.writer.transport.abort()
        results = await asyncio.gather(*self._lines, return_exceptions=True)
        for result in results:  # a step that tripped over its own feet proves nothing
            if isinstance(result, Exception):
                raise result
        await self._server.wait_closed()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until *condition* holds; it is asked again after each thing that happens."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def until_connections(self, count: int) -> None:
        await self.until(lambda: self.connections >= count)

    async def until_requests(self, count: int) -> None:
        await self.until(lambda: len(self.requests) >= count)

    async def until_answers(self, count: int) -> None:
        """Wait until *count* answers, or pieces of them, were written."""
        await self.until(lambda: self.answers >= count)

    def hang_up(self) -> None:
        """Break every connection."""
        for line in self._lines.values():
            line.reset()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        self._changed.set()
        line = Line(reader, writer, self._arrived, self._answered)
        task = asyncio.get_running_loop().create_task(self._serve(line))
        self._lines[task] = line
        task.add_done_callback(self._forget_line)

    async def _serve(self, line: Line) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._perform(line)
                while line.is_open and await line.next_begins():
                    await self._perform(line)
        finally:
            line.writer.close()
            self.open_connections -= 1
            self._changed.set()

    def _forget_line(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is None:  # else it is told at the end
            del self._lines[task]

    async def _perform(self, line: Line) -> None:
        before = line.requests
        try:
            await self._next_step()(line)
        finally:
            self._at_once -= line.requests - before

    def _next_step(self) -> Step:
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def _arrived(self, received: Received) -> None:
        self.requests.append(received)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self._changed.set()

    def _answered(self) -> None:
        self.answers += 1
        self._changed.set()
