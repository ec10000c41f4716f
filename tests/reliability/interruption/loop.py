"""Moments in the life of a call, counted in steps of its event loop, and what strikes there."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import TypeAlias, TypeVarTuple

__all__ = ["Strike", "StrikingLoop"]

Ts = TypeVarTuple("Ts")
Strike: TypeAlias = Callable[[], object]


class StrikingLoop(asyncio.SelectorEventLoop):
    """An event loop that calls a function between two of the callbacks that are to come."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0
        self._strike: Strike | None = None
        self._context = contextvars.copy_context()
        self._idle: asyncio.TimerHandle | None = None
        self._coming: asyncio.Handle | None = None

    def strike_after(self, steps: int, strike: Strike, *, patience: float) -> None:
        """Call *strike* when *steps* callbacks were scheduled, or in *patience* seconds at last."""
        assert self._strike is None
        self._left, self._strike = steps, strike
        self._context = contextvars.copy_context()
        self._idle = self.call_later(patience, self._strike_now)

    def forget(self) -> None:
        """Strike no more."""
        for handle in (self._idle, self._coming):
            if handle is not None:
                handle.cancel()
        self._strike = None

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        if self._strike is not None:
            self._left -= 1
            if self._left <= 0:
                self._coming = super().call_soon(self._taken(), context=self._context)
        return super().call_soon(callback, *args, context=context)

    def _taken(self) -> Strike:
        strike, self._strike = self._strike, None
        assert strike is not None
        assert self._idle is not None
        self._idle.cancel()
        return strike

    def _strike_now(self) -> None:
        if self._strike is not None:
            self._taken()()
