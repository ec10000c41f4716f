"""The time that each attempt has."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

__all__ = ["Deadline", "Deadlines"]

_LOOK_EVERY = 1.0
"""Seconds until the timer goes off at the latest, so that none is left in the loop for long."""


class Deadlines:
    """What may run out in one event loop, watched by one timer.

    Nearly all attempts end in time. A timer for each, put among the loop's timers only to be
    withdrawn, would cost a twentieth of a request; this one goes off at the earliest end, or after
    a second, and not again when nothing is left.

    It refers to the tasks of what is under way. Whoever lives longer than these may only refer to
    it weakly: a task that was left behind with its loop has to be destroyed, and tell of its send.
    """

    def __init__(self) -> None:
        """Begin with none, in the running event loop."""
        self.loop = asyncio.get_running_loop()
        self._ends: dict[Deadline, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def after(self, seconds: float) -> Deadline:
        """A deadline whose time runs from its entry."""
        return Deadline(self, seconds)

    def add(self, deadline: Deadline, seconds: float) -> None:
        """End *deadline* after *seconds*, unless it is removed before."""
        now = self.loop.time()
        end = now + seconds
        if self._timer is None or end < self._timer.when():
            self._set_timer(min(end, now + _LOOK_EVERY))
        self._ends[deadline] = end  # last: what Ctrl-C keeps from being entered is never left

    def remove(self, deadline: Deadline) -> None:
        """Leave *deadline* alone from now on."""
        self._ends.pop(deadline, None)

    def close(self) -> None:
        """Leave no timer behind, unless something is under way still."""
        if self._timer is not None and not self._ends:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, when: float) -> None:
        # In this order: Ctrl-C may strike in between, and a timer too many does no harm.
        before, self._timer = self._timer, self.loop.call_at(when, self._look)
        if before is not None:
            before.cancel()

    def _look(self) -> None:
        self._timer = None
        now = self.loop.time()
        try:
            for deadline in [each for each, end in self._ends.items() if end <= now]:
                self.remove(deadline)
                deadline.end()
        finally:
            if self._ends:
                self._set_timer(min(*self._ends.values(), now + _LOOK_EVERY))


class Deadline:
    """Ends what is awaited in its ``with`` block by ``TimeoutError`` when its seconds are over.

    It goes by the rules of ``asyncio.timeout``: a cancellation by anybody else passes through, also
    one that comes together with the end.
    """

    __slots__ = ("_cancelling", "_deadlines", "_is_over", "_seconds", "_task")

    _task: asyncio.Task[object]

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        """Make one of *deadlines*; the time runs from the entry."""
        self._deadlines = deadlines
        self._seconds = seconds
        self._is_over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task, whose waiting it can end")
        self._task = task
        self._cancelling = task.cancelling()
        self._deadlines.add(self, self._seconds)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._deadlines.remove(self)
        if not self._is_over:
            return
        # Nobody else has cancelled the task if it is cancelled no more often than at the entry.
        is_ours = self._task.uncancel() <= self._cancelling
        if is_ours and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error

    def end(self) -> None:
        """Say that the time is over."""
        self._is_over = True
        self._task.cancel()
