"""A server on loopback that status callbacks are posted to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web
from attrs import frozen

__all__ = ["CallbackReceiver", "ReceivedCallback"]


@frozen
class ReceivedCallback:
    """A callback as it came: raw, because signatures are made over raw bytes."""

    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class CallbackReceiver:
    """Keeps every callback, and answers with :attr:`status`."""

    def __init__(self) -> None:
        self.received: list[ReceivedCallback] = []
        self.status = 200
        self._progress = asyncio.Event()
        self._runner = web.AppRunner(self._application(), access_log=None)
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback"

    @property
    def bodies(self) -> list[Any]:
        return [callback.json() for callback in self.received]

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def has_received(self, count: int) -> None:
        """Return when *count* callbacks in all have come."""
        while len(self.received) < count:
            self._progress.clear()
            await self._progress.wait()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/{path:.*}", self._take)
        return application

    async def _take(self, request: web.Request) -> web.Response:
        self.received.append(ReceivedCallback(request.headers.copy(), await request.read()))
        self._progress.set()
        return web.Response(status=self.status, headers={"Location": self.url})
