"""The time that one attempt has."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

__all__ = ["Deadline"]


class Deadline:
    """Ends what is awaited in its ``with`` block by ``TimeoutError`` when its seconds are over.

    ``asyncio.timeout`` by the same rules, in less than half the time. Every send pays it, and what
    makes that one dearer (a deadline that moves, an entry and an exit that could wait) has no use
    here. A cancellation by anybody else passes through, also one that comes together with the end.
    """

    __slots__ = ("_cancelling", "_is_over", "_seconds", "_task", "_timer")

    _task: asyncio.Task[object]
    _timer: asyncio.TimerHandle

    def __init__(self, seconds: float) -> None:
        """Make a deadline; the time runs from the entry."""
        self._seconds = seconds
        self._is_over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task, whose waiting it can end")
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if not self._is_over:
            return
        # Nobody else has cancelled the task if it is cancelled no more often than at the entry.
        is_ours = self._task.uncancel() <= self._cancelling
        if is_ours and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()
