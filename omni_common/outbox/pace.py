"""When messages may leave an outbox: at a rate, and not while the vendor asks to wait."""

from __future__ import annotations

import asyncio

from omni_common.clock import Clock
from omni_common.errors import ClientClosedError
from omni_common.gate import Pace

__all__ = ["Departures"]


class Departures:
    """Spreads messages evenly, after a small burst; a vendor's wish to wait holds all of them."""

    def __init__(self, rate: float | None, clock: Clock) -> None:
        """Let *rate* messages a second leave; None leaves the pace to the provider's own."""
        self._pace = None if rate is None else Pace(rate)
        self._most = None if rate is None else max(1, int(rate / 20))
        self._clock = clock
        self._held_until = float("-inf")
        self._waiting: set[asyncio.Event] = set()
        self._is_closed = False

    def at_once(self, most: int) -> int:
        """How many may leave together, of *most* that could."""
        return most if self._most is None else min(most, self._most)

    def wait(self, number: int = 1) -> float:
        """Seconds until *number* may leave together; 0 or less means now."""
        now = self._clock.monotonic()
        held = self._held_until - now
        return held if self._pace is None else max(held, self._pace.wait(now, number))

    def depart(self, number: int = 1) -> None:
        """Count *number* that leave now."""
        if self._pace is not None:
            self._pace.depart(self._clock.monotonic(), number)

    def give_back(self, number: int) -> None:
        """Take back *number* that were counted and did not leave."""
        if self._pace is not None:
            self._pace.give_back(number)

    @property
    def is_held(self) -> bool:
        """Whether nothing may leave now, whatever the rate."""
        return self._held_until > self._clock.monotonic()

    def hold(self, seconds: float) -> None:
        """Let nothing leave for *seconds*."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    async def admit(self, number: int = 1) -> None:
        """Wait until *number* may leave together, and count them.

        Raises:
            ClientClosedError: The outbox is closed meanwhile.
        """
        while number and not self._is_closed and (wait := self.wait(number)) > 0:
            await self._pass(wait)
        if self._is_closed:
            raise ClientClosedError("the outbox is closed; nothing was sent")
        self.depart(number)

    def close(self) -> None:
        """Turn away everybody who waits."""
        self._is_closed = True
        for each in self._waiting:
            each.set()

    async def _pass(self, seconds: float) -> None:
        over = asyncio.Event()
        self._waiting.add(over)
        timer = self._clock.call_later(seconds, over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()
            self._waiting.discard(over)
