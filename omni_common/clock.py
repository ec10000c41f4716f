"""Time, as something a test can hold still.

Everything in this library that waits or asks for the time goes through a :class:`Clock`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "Timer"]


class Timer(Protocol):
    """A call that was scheduled and can be withdrawn."""

    def cancel(self) -> None:
        """Withdraw the call; does nothing once it has run."""


class Clock(Protocol):
    """What the library needs to know of time."""

    def now(self) -> datetime:
        """The wall-clock time, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never go backwards."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run *callback* on the running event loop after *delay* seconds."""

    async def sleep(self, delay: float) -> None:
        """Return after *delay* seconds."""


class SystemClock:
    """The machine's own clock and the running event loop's timers."""

    def now(self) -> datetime:
        """The wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never go backwards."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run *callback* on the running event loop after *delay* seconds."""
        return asyncio.get_running_loop().call_later(delay, callback)

    async def sleep(self, delay: float) -> None:
        """Return after *delay* seconds."""
        await asyncio.sleep(delay)
