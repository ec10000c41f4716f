"""When the next message may leave an outbox: at a rate, and not while the vendor asks to wait."""

from __future__ import annotations

from omni_common.clock import Clock
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

    def at_once(self, most: int) -> int:
        """How many may leave together, of *most* that could."""
        return most if self._most is None else min(most, self._most)

    def wait(self) -> float:
        """Seconds until the next may leave; 0 or less means now."""
        now = self._clock.monotonic()
        held = self._held_until - now
        return held if self._pace is None else max(held, self._pace.wait(now))

    def depart(self, number: int = 1) -> None:
        """Count *number* that leave now."""
        if self._pace is not None:
            now = self._clock.monotonic()
            for _ in range(number):
                self._pace.depart(now)

    def hold(self, seconds: float) -> None:
        """Let nothing leave for *seconds*."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    async def admit(self, number: int = 1) -> None:
        """Wait until the next may leave, and count *number*."""
        while (wait := self.wait()) > 0:
            await self._clock.sleep(wait)
        self.depart(number)
