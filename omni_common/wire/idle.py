"""Connections that wait for the next request."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import cast
from weakref import ref

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
            self._set_timer(self._seconds)

    def close(self) -> list[Connection]:
        """Give back to aiohttp's pool what that closes with the session, and waits for.

        Returns:
            The others, on which something came unasked: to be released when the session is closed.
            Before, they would be closed without anybody waiting for it.
        """
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        waiting = [connection for _, connection in self._waiting]
        self._waiting.clear()
        left = [each for each in waiting if cast("ResponseHandler", each.protocol).should_close]
        for connection in waiting:
            if connection not in left:
                connection.release()
        return left

    def _set_timer(self, seconds: float) -> None:
        # Weakly, so that the connections of a loop that is gone go with it.
        self._timer = self._clock.call_later(seconds, partial(_close_old, ref(self)))

    def close_old(self) -> None:
        """Close those whose time is over."""
        self._timer = None
        now = self._clock.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            self._waiting.popleft()[1].close()
        if self._waiting:
            self._set_timer(self._waiting[0][0] - now)


def _close_old(idle: ref[Idle]) -> None:
    alive = idle()
    if alive is not None:
        alive.close_old()
