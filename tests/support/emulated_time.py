"""The emulator's time as the client's own: it passes only while the client waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from omni_common.clock import Timer
from omni_common.sandbox import SandboxClock

__all__ = ["EmulatedTime"]


class EmulatedTime:
    """A :class:`omni_common.clock.Clock` whose every sleep advances a frozen :class:`SandboxClock`.

    ``slept`` holds the delay of every sleep so far. Timers run in real time.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._start = clock.now()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return (self._clock.now() - self._start).total_seconds()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay, callback)

    async def sleep(self, delay: float) -> None:
        self.slept.append(delay)
        self._clock.advance(timedelta(seconds=delay))
        await asyncio.sleep(0)
