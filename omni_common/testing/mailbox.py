"""A place on loopback where a vendor posts to, which keeps what came."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from attrs import field, frozen

from omni_common.callbacks import (
    CallbackAnswer,
    CallbackArea,
    CallbackHeaders,
    CallbackReceiver,
    CallbackSecrets,
    Event,
    aiohttp_application,
    callback_area,
)
from omni_common.tracker import Tracker

__all__ = ["Mailbox", "Post", "receiving"]


@frozen
class Post:
    """A request as it came, and what it was answered."""

    area: CallbackArea
    path: str = field(repr=False)
    headers: CallbackHeaders = field(repr=False)
    body: bytes = field(repr=False)
    answer: CallbackAnswer


class Mailbox(CallbackReceiver):
    """A receiver that keeps posts and events, and puts the events together by message."""

    def __init__(self, secrets: Mapping[str, CallbackSecrets], base_url: str) -> None:
        super().__init__(self._keep, secrets=secrets, base_url=base_url)
        self.tracker = Tracker()
        self.events: list[Event] = []
        self.posts: list[Post] = []
        self._areas = [callback_area(name) for name in secrets]

    async def receive(
        self, method: str, path: str, headers: CallbackHeaders, body: bytes, query: str = ""
    ) -> CallbackAnswer:
        """Do what a receiver does, and keep the request."""
        answer = await super().receive(method, path, headers, body, query)
        for area in self._areas:
            if f"{path}/".startswith(f"{area.path}/"):
                self.posts.append(Post(area, path, headers, body, answer))
        return answer

    async def _keep(self, event: Event) -> None:
        self.events.append(event)
        await self.tracker.record(event)


@asynccontextmanager
async def receiving(secrets: Mapping[str, CallbackSecrets]) -> AsyncIterator[Mailbox]:
    """Take posts on a port of this machine, for as long as the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        mailbox = Mailbox(secrets, f"http://127.0.0.1:{port}")
        runner = web.AppRunner(aiohttp_application(mailbox), access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            yield mailbox
        finally:
            await runner.cleanup()
