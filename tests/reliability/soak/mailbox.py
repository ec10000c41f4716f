"""Where the vendors post to during a soak."""

from __future__ import annotations

import queue
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiohttp import web

from omni_common import Tracker
from omni_common.callbacks import CallbackReceiver, Event, aiohttp_application
from tests.reliability.soak.orders import ADMITTED
from tests.reliability.soak.tally import Tally

__all__ = ["Mailbox", "Posted"]

Posted: TypeAlias = "queue.SimpleQueue[Event | None]"
"""What was posted, for those who block; None at the end."""
_REMEMBERED = 100
"""Few, so that as many as are remembered have come when the memory is measured."""


class Mailbox:
    """Takes what the vendors post, for trackers of either kind."""

    def __init__(self, tally: Tally) -> None:
        self.trackers: list[Tracker] = []
        self.posted: Posted = queue.SimpleQueue()
        self._tally = tally
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        self.receiver = CallbackReceiver(
            self._take,
            secrets=ADMITTED,
            base_url=f"http://127.0.0.1:{port}/callbacks",
            remembered=_REMEMBERED,
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Take posts, until the end."""
        application = web.Application()
        application.add_subapp("/callbacks", aiohttp_application(self.receiver))
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _take(self, event: Event) -> None:
        self._tally.took_place("posted")
        for tracker in self.trackers:
            await tracker.record(event)
        self.posted.put(event)
