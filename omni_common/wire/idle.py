"""Connections that wait for the next request."""

from __future__ import annotations

from collections import deque
from typing import cast

from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from omni_common.clock import Clock, Timer

__all__ = ["Idle"]


class Idle:
    """Connections of our own session between two requests, none of them for longer than a time.

    aiohttp's pool, made for many servers and for limits, takes a tenth of a request for what is a
    step here. To that pool these connections are in use all the time, so only a session that
    nobody else has may be treated so.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        """Begin with none; each is closed when it has waited for *seconds*."""
        self._seconds = seconds
        self._clock = clock
        self._waiting: deque[tuple[float, Connection]] = deque()  # until when; the latest last
        self._timer: Timer | None = None
        self._is_closed = False

    def take(self) -> Connection | None:
        """The connection that was used last, if one is open still; to be put back or closed."""
        now = self._clock.monotonic()
        while self._waiting:
            until, connection = self._waiting.pop()
            protocol = cast("ResponseHandler", connection.protocol)  # which it has while it waits
            if now < until and protocol.is_connected():
                return connection
            connection.close()
        return None

    def put(self, connection: Connection) -> None:
        """Keep *connection* for the next request."""
        if self._is_closed:
            connection.close()
            return
        self._waiting.append((self._clock.monotonic() + self._seconds, connection))
        if self._timer is None:
            self._timer = self._clock.call_later(self._seconds, self._close_old)

    def close(self) -> None:
        """Give all back to aiohttp's pool, which closes them with the session and waits for it."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        while self._waiting:
            self._waiting.pop()[1].release()

    def _close_old(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            self._waiting.popleft()[1].close()
        if self._waiting:
            self._timer = self._clock.call_later(self._waiting[0][0] - now, self._close_old)
