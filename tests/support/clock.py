"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

__all__ = ["FakeClock", "FakeTimer"]

T = TypeVar("T")


class FakeTimer:
    """A call that the clock makes when its time has come."""

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self._callback: Callable[[], None] | None = callback

    @property
    def is_pending(self) -> bool:
        return self._callback is not None

    def cancel(self) -> None:
        self._callback = None

    def run(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class FakeClock:
    """Time for tests: a :class:`omni_common.clock.Clock` that :meth:`advance` moves, nothing else.

    ``slept`` holds the delay of every :meth:`sleep` asked for so far. After each call that falls
    due the event loop is given *turns*, in which whoever was woken does what needs no I/O.
    """

    def __init__(
        self, start: datetime = datetime(2027, 1, 1, tzinfo=UTC), *, turns: int = 20
    ) -> None:
        self._start = start
        self._turns = turns
        self._elapsed = 0.0
        self._timers: list[tuple[float, int, FakeTimer]] = []
        self._order = count()
        self._armed = asyncio.Event()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def call_later(self, delay: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(self._elapsed + max(delay, 0.0), callback)
        heapq.heappush(self._timers, (timer.when, next(self._order), timer))
        self._armed.set()
        return timer

    async def sleep(self, delay: float) -> None:
        self.slept.append(delay)
        woken = asyncio.Event()
        timer = self.call_later(delay, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()

    @property
    def next_in(self) -> float | None:
        """Seconds until the next timer is due; None when there is none."""
        while self._timers and not self._timers[0][2].is_pending:
            heapq.heappop(self._timers)
        return self._timers[0][0] - self._elapsed if self._timers else None

    async def until_waiting(self) -> float:
        """Wait until something waits for this clock, and return for how many seconds."""
        while (delay := self.next_in) is None:
            self._armed.clear()
            await self._armed.wait()
        return delay

    async def advance(self, seconds: float) -> None:
        """Move on by *seconds*, making every call that falls due on the way in its own moment."""
        end = self._elapsed + seconds
        while (delay := self.next_in) is not None and self._elapsed + delay <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._elapsed = max(self._elapsed, when)
            timer.run()
            await self._settle()
        self._elapsed = end
        await self._settle()

    async def drive(self, awaitable: Awaitable[T]) -> T:
        """Await *awaitable*, jumping ahead to the next timer each time something waits for one."""
        task = asyncio.ensure_future(awaitable)
        try:
            while not task.done():
                waiting = asyncio.ensure_future(self.until_waiting())
                await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done() and not task.done():
                    await self.advance(waiting.result())
                waiting.cancel()
            return await task
        finally:
            task.cancel()

    async def _settle(self) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)
