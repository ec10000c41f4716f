"""Time, as something a test can hold still.

Everything in this library that waits or asks for the time goes through a :class:`Clock`, and
what reads a time in a text through :func:`read_time`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "Timer", "read_time"]

_HOUR_24 = re.compile(r".{7,10}[^-0-9]24")


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


def read_time(text: str) -> datetime:
    """Read a date and time of ISO 8601, the same on every Python.

    From 3.14 on Python takes 24:00 for the next day's midnight; here it stays what it was before,
    no time at all, since no vendor's document knows it.

    Raises:
        ValueError: It is none.
    """
    if _HOUR_24.match(text):
        raise ValueError("the hours of a day end with 23")
    return datetime.fromisoformat(text)
