"""A call on its way to the loop thread and back.

No lock is ever held where Ctrl-C can strike: a signal handler may raise between any two steps of
the main thread, also inside ``concurrent.futures.Future``, whose lock then stays taken and stops
the loop thread for good. So a call ends by releasing a plain lock that only its waiter acquires.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from omni_common.errors import ClientClosedError, ConnectionFailedError, OutcomeUnknownError

__all__ = ["Call"]

R = TypeVar("R")
T = TypeVar("T")


class Call(Generic[R, T]):
    """One function on its way through the loop thread, and how it ended."""

    def __init__(
        self, function: Callable[[R], Awaitable[T]], context: contextvars.Context | None = None
    ) -> None:
        """Make a call of *function*, given the thread's resource, in a copy of this context."""
        self._function = function
        self._context = contextvars.copy_context() if context is None else context
        self._task: asyncio.Task[None] | None = None
        self._value: T
        self._error: BaseException | None = None
        self._latch = threading.Lock()
        self._latch.acquire()
        self._closing = False
        self.begun = False
        self.ended = False
        self.unwanted = False

    # What the waiting thread does.

    def wait(self, timeout: float) -> bool:
        """Whether the call ends within *timeout* seconds. For one waiting thread only."""
        return self.ended or self._latch.acquire(timeout=max(timeout, 0))

    def result(self) -> T:
        """Return or raise what the ended call came to, once."""
        error, self._error = self._error, None
        if error is None:
            return self._value
        try:
            raise error
        finally:
            del error  # else the error, its traceback and this frame would keep each other alive

    def give_up_waiting(self) -> str:
        """What a caller who stops waiting should know; classes only, since notes get logged."""
        self.unwanted = True  # before `begun` is read: `_run` looks at the two in opposite order
        if not self.begun:
            return "The interrupted call had not begun: nothing was sent."
        if not self.ended:
            return (
                "The interrupted call was told to stop and had not ended: its outcome is unknown."
            )
        if self._error is None:
            kind = type(self._value).__name__
            return f"The interrupted call had finished all the same: it returned {kind}."
        kind = type(self._error).__name__
        if isinstance(self._error, OutcomeUnknownError):
            return f"The interrupted call was stopped under way; its outcome is unknown ({kind})."
        return f"The interrupted call had finished all the same: it raised {kind}."

    # What the loop thread does.

    def begin(self, loop: asyncio.AbstractEventLoop, resource: R) -> asyncio.Task[None]:
        """Start the function as a task of *loop*."""
        self._task = loop.create_task(self._run(resource), context=self._context)
        self._task.add_done_callback(self._task_done)
        return self._task

    def cancel(self, *, closing: bool = False) -> None:
        """Cancel the task, or, when there is none yet, see to it that there never is one."""
        if self.ended:
            return
        self._closing = self._closing or closing
        if self._task is None:
            self.end(ClientClosedError("The call was given up before it began."))
        else:
            self._task.cancel()

    def end(self, error: BaseException | None) -> None:
        """Let the waiter go on, with *error* or with the value that the function returned."""
        if not self.ended:
            self._error = error
            self.ended = True
            self._latch.release()

    def give_up(self, why: str) -> None:
        """End the call although its task has not: nobody knows any more what it will do."""
        self.end(self._cut_short(asyncio.CancelledError(why)))

    async def _run(self, resource: R) -> None:
        self.begun = True
        if self.unwanted:
            self.begun = False
            raise asyncio.CancelledError
        try:
            self._value = await self._function(resource)
        except BaseException as error:  # noqa: BLE001  SystemExit would end the loop for everyone
            self._error = error

    def _task_done(self, task: asyncio.Task[None]) -> None:
        # Cancelled is the task only when the function was never called; see `_run`.
        error = asyncio.CancelledError() if task.cancelled() else self._error
        if isinstance(error, asyncio.CancelledError):
            self.end(self._cut_short(error))
        else:
            self.end(error)

    def _cut_short(self, cancelled: asyncio.CancelledError) -> Exception:
        """The honest error for a call that ended without an answer.

        A bare ``CancelledError`` would pass through ``except Exception`` of the caller, who
        cancelled nothing, and ``ClientClosedError`` would promise that nothing was sent.
        """
        if not self.begun and self._closing:
            return ClientClosedError("The client was closed before the call began.")
        if not self.begun:
            return ConnectionFailedError("The I/O thread ended before the call began; call again.")
        error: OutcomeUnknownError
        if self._closing:
            error = OutcomeUnknownError(
                "The client was closed while the call was under way: whether it took effect is"
                " unknown."
            )
            error.__cause__ = ClientClosedError("The client was closed.")
        else:
            error = OutcomeUnknownError(
                "The call was cancelled from inside before it had an answer: whether it took"
                " effect is unknown."
            )
            error.__cause__ = cancelled
        return error
