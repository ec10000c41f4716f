"""An emulated vendor, with what a test needs of it that is to run with any vendor alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve, frozen

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.sandbox import PostOrder, SandboxClock

__all__ = ["SECRETS", "VENDORS", "EmulatedVendor"]

VENDORS = ("messente", "devino")
_PASSWORD = "canary-password-8192a3b4c5d6"
_TOKEN = "canary-token-0a1b2c3d4e5f6071"
SECRETS = {"messente.delivery": _PASSWORD, "devino.sms": _TOKEN, "devino.omni": _TOKEN}
"""What proves posts, whichever vendor they come from."""


@frozen
class EmulatedVendor:
    """A vendor whose clock stands still until a test moves it."""

    emulator: MessenteEmulator | DevinoEmulator

    @classmethod
    def called(cls, name: str) -> EmulatedVendor:
        """The vendor called *name*, whose emulator is not started yet."""
        clock = SandboxClock(frozen=True)
        if name == "messente":
            return cls(MessenteEmulator(clock=clock, password=_PASSWORD))
        return cls(DevinoEmulator(clock=clock))

    @property
    def url(self) -> str:
        """All that a program is told to use this vendor rather than another."""
        return f"{self.emulator.url}?sender=Shop"

    async def advance(self, **by: float) -> None:
        """Let time pass, and return when all that is to be posted by then was answered."""
        self.emulator.clock.advance(timedelta(**by))
        await self.emulator.settle()

    def was_asked(self, operation: str) -> int:
        """How many requests there were for *operation*."""
        return sum(request.operation == operation for request in self.emulator.requests)

    def behave(self, **switches: Any) -> None:
        """Turn switches that both vendors have."""
        if isinstance(self.emulator, MessenteEmulator):
            self.emulator.behaviour = evolve(self.emulator.behaviour, **switches)
        else:
            self.emulator.behaviour = evolve(self.emulator.behaviour, **switches)

    def post_twice_and_backwards(self) -> None:
        """Post what is due together in the wrong order, and all of it twice (T60)."""
        self.behave(callback_order=PostOrder.REVERSED, callback_copies=2)
        if isinstance(self.emulator, DevinoEmulator):
            behaviour = self.emulator.behaviour
            omni = evolve(behaviour.omni, callback_copies=2)
            self.emulator.behaviour = evolve(behaviour, omni=omni)
