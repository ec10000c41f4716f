"""Who may go next: a bounded number of requests at once, at a bounded rate, sends before polls."""

from __future__ import annotations

import asyncio
import heapq
from enum import IntEnum
from itertools import count

from omni_common.clock import Clock, Timer
from omni_common.errors import ClientClosedError

__all__ = ["Gate", "Pace", "Precedence"]


class Precedence(IntEnum):
    """Who goes first when several wait. Lower goes first."""

    REPEAT = 0
    """A request whose deadline is already running."""
    SEND = 1
    READ = 2


class Pace:
    """At most *rate* departures in any one second, evenly spread after a small burst (GCRA).

    A burst as large as the rate would let twice the rate through in the first second, so the burst
    is a twentieth of it, and what the burst may add is taken off the steady rate.
    """

    def __init__(self, rate: float) -> None:
        """Make a pace of *rate* departures a second."""
        burst = max(1, int(rate / 20))
        self._interval = 1 / (rate - (burst - 1))
        self._tolerance = self._interval * (burst - 1)
        self._next = float("-inf")

    def wait(self, now: float, number: int = 1) -> float:
        """Seconds until *number* departures are allowed together; 0 or less means now."""
        return max(self._next, now) + self._interval * (number - 1) - self._tolerance - now

    def depart(self, now: float, number: int = 1) -> None:
        """Count departures at *now*."""
        self._next = max(self._next, now) + self._interval * number

    def give_back(self, number: int) -> None:
        """Take back departures that were counted and did not come about."""
        self._next -= self._interval * number


class Gate:
    """Lets requests through in order of precedence, then of arrival.

    However many wait, none of them has a deadline running: a call's time begins when it is let
    through.
    """

    def __init__(self, slots: int, rate: float | None, clock: Clock) -> None:
        """Make a gate of *slots* requests at once and *rate* departures a second (None: any)."""
        self._free = slots
        self._pace = None if rate is None else Pace(rate)
        self._clock = clock
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._gave_up = 0
        self._arrivals = count()
        self._timer: Timer | None = None
        self._closed = False

    async def enter(self, precedence: Precedence, patience: float | None = None) -> None:
        """Wait for a slot and a departure. Each return needs one :meth:`leave`.

        Args:
            precedence: Who goes first.
            patience: Seconds after which to give up; None waits as long as it takes.

        Raises:
            ClientClosedError: The gate is closed, or is closed while waiting.
            TimeoutError: The patience came to its end.
        """
        if self._closed:
            raise _closed()
        if not self._waiting and self._free > 0 and self._departs():
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (precedence, next(self._arrivals), turn))
        self._let_through()
        timer = None
        if patience is not None and not turn.done():
            timer = self._clock.call_later(patience, lambda: _give_up(turn))
        try:
            await turn
        except (TimeoutError, asyncio.CancelledError):
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()  # it was let through in the same moment that its caller gave up
            else:
                self._forget_who_gave_up()
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def leave(self) -> None:
        """Give the slot back."""
        self._free += 1
        self._let_through()

    def close(self) -> None:
        """Turn away everybody who waits, and everybody to come."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for _, _, turn in self._waiting:
            if not turn.done():
                turn.set_exception(_closed())
        self._waiting.clear()

    def _let_through(self) -> None:
        while self._waiting and self._free > 0:
            turn = self._waiting[0][2]
            if turn.done():  # its caller gave up
                heapq.heappop(self._waiting)
                self._gave_up -= 1
                continue
            if not self._departs():
                return
            heapq.heappop(self._waiting)
            self._free -= 1
            turn.set_result(None)

    def _departs(self) -> bool:
        """Count a departure if the pace allows one now; else wake up when it does."""
        if self._pace is not None:
            now = self._clock.monotonic()
            if (wait := self._pace.wait(now)) > 0:
                self._wake_after(wait)
                return False
            self._pace.depart(now)
        return True

    def _forget_who_gave_up(self) -> None:
        """Count one more; once they are half of the queue, who is still there closes up.

        Behind others who wait, such as polls behind sends, they would stand for as long.
        """
        self._gave_up += 1
        if self._gave_up * 2 > len(self._waiting):
            self._waiting = [place for place in self._waiting if not place[2].done()]
            heapq.heapify(self._waiting)
            self._gave_up = 0

    def _wake_after(self, wait: float) -> None:
        if self._timer is None:
            self._timer = self._clock.call_later(wait, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._let_through()


def _give_up(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())


def _closed() -> ClientClosedError:
    return ClientClosedError("the client is closed; nothing was sent")
