"""A call on its way to the loop thread and back.

No lock is ever held where Ctrl-C can strike: a signal handler may raise between any two steps of
the main thread, also inside ``concurrent.futures.Future``, whose lock then stays taken and stops
the loop thread for good. So a call ends by ringing a bell that only its waiter listens to.

A waiter that is struck goes without the outcome of what it called. Whoever comes last, the waiter
that leaves or the loop thread that ends the call, then tells the log: neither can miss the other,
since each writes its own mark before it reads the other's.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeAlias, TypeVar

from omni_common.errors import (
    ClientClosedError,
    ConnectionFailedError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.history import accounting
from omni_common.sync.bell import Bell, Latch

__all__ = ["Call"]

R = TypeVar("R")
T = TypeVar("T")


Unheard: TypeAlias = Callable[[Outcome], object]
"""Told once how a send ended whose caller will not hear of it."""


class Call(Generic[R, T]):
    """One function on its way through the loop thread, and how it ended."""

    def __init__(
        self,
        function: Callable[[R], Awaitable[T]],
        context: contextvars.Context | None = None,
        *,
        unheard: Unheard | None = None,
        insists: bool = False,
    ) -> None:
        """Make a call.

        Args:
            function: Is given the thread's resource.
            context: What it runs in; a copy of this context unless given.
            unheard: For a call that sends one message; of others the log is told what interrupted
                sends inside say of themselves.
            insists: It is begun even if nobody waits for it any more.
        """
        self._function = function
        self._context = contextvars.copy_context() if context is None else context
        self._unheard: list[Unheard | None] = [unheard]  # for the one who takes it
        self._insists = insists
        self._notes = _Notes()
        self.task: asyncio.Task[None] | None = None
        self._value: T
        self._error: BaseException | None = None  # until it is raised
        self._raised: type[BaseException] | None = None
        self._outcome = Outcome.NOT_SENT
        self._closing = False
        self._running: set[Call[R, Any]]
        self.bell: Bell | Latch | None = None
        """What its waiter listens to, if there is one; given before the call is handed over."""
        self.begun = False
        self.ended = False
        self.unwanted = False
        self.heard = False

    # What the waiting thread does.

    def wait(self, timeout: float) -> bool:
        """Wait for the end, at most *timeout* seconds; return whether it has come.

        For one waiting thread only.
        """
        if self.bell is not None and not self.ended:
            self.bell.wait(timeout)
        return self.ended

    @property
    def may_go_on(self) -> bool:
        """Whether it runs, although nobody wants it any more; what has not begun never will."""
        return self.begun and not self.ended

    def result(self) -> T:
        """Return or raise what the ended call came to, once."""
        error, self._error = self._error, None
        if error is None:
            self.heard = True  # nothing can strike from here to the caller
            return self._value
        if not isinstance(error, Exception):
            self._tell()  # such as SystemExit, which says nothing of a message
        self.heard = True
        try:
            raise error
        finally:
            del error  # else the error, its traceback and this frame would keep each other alive

    def give_up_waiting(self) -> str:
        """What a caller who stops waiting should know; classes only, since notes get logged.

        The log is told the rest, now or when the call ends.
        """
        self.unwanted = True  # before `begun` is read: `_run` looks at the two in opposite order
        if self.ended or not self.begun:
            self._tell()
        if not self.begun:
            return "The interrupted call had not begun: nothing was sent."
        if not self.ended:
            return (
                "The interrupted call was told to stop and had not ended: its outcome is unknown."
            )
        raised = self._raised
        if raised is None:
            kind = type(self._value).__name__
            return f"The interrupted call had finished all the same: it returned {kind}."
        kind = raised.__name__
        if issubclass(raised, OutcomeUnknownError):
            return f"The interrupted call was stopped under way; its outcome is unknown ({kind})."
        return f"The interrupted call had finished all the same: it raised {kind}."

    # What the loop thread does.

    def begin(
        self, loop: asyncio.AbstractEventLoop, resource: R, running: set[Call[R, Any]]
    ) -> None:
        """Start the function as a task of *loop*; the call is one of *running* until that ends."""
        running.add(self)
        self._running = running
        self.task = loop.create_task(self._run(resource), context=self._context)
        self.task.add_done_callback(self._never_ran)

    @property
    def is_off(self) -> bool:
        """Whether it need not be begun."""
        return self.unwanted and not self._insists

    def cancel(self, *, closing: bool = False) -> None:
        """Cancel the task, or, when there is none yet, see to it that there never is one."""
        if self.ended:
            return
        self._closing = self._closing or closing
        if self.task is not None:
            self.task.cancel()
        elif not self._insists:
            self.end(ClientClosedError("The call was given up before it began."))

    def end(self, error: BaseException | None) -> None:
        """Let the waiter go on, with *error* or with the value that the function returned."""
        if not self.ended:
            self._settle(error)
            self._tell_waiter()

    def give_up(self, why: str) -> None:
        """End the call although its task has not: nobody knows any more what it will do."""
        self.end(self._cut_short(asyncio.CancelledError(why)))

    async def _run(self, resource: R) -> None:
        if self.task is not None:  # else the loop would take another turn, with nothing to do
            self.task.remove_done_callback(self._never_ran)
        self.begun = True
        if self.is_off:
            self.begun = False
            self._never_ran()
            return
        accounting.set(self._notes.take)
        try:
            self._value = await self._function(resource)
        except BaseException as error:  # noqa: BLE001  SystemExit would end the loop for everyone
            self._finish(error)
        else:
            self._finish(None)
        self._tell_waiter()  # here, where nothing refers to the error any more but the call

    def _never_ran(self, _: object = None) -> None:
        """End the call, whose task was cancelled before its first step."""
        self._finish(asyncio.CancelledError())
        self._tell_waiter()

    def _finish(self, error: BaseException | None) -> None:
        self._running.discard(self)
        if self.ended:
            return
        if isinstance(error, asyncio.CancelledError):
            error = self._cut_short(error)
        elif error is None or isinstance(error, Exception):
            self._notes.pass_on()  # the call itself went on in spite of what was interrupted
        self._settle(error)

    def _settle(self, error: BaseException | None) -> None:
        self._error = error
        self._raised = None if error is None else type(error)
        if self.begun:
            self._outcome = self._outcome_of(error)
        self._notes.is_over = True
        self.ended = True

    def _tell_waiter(self) -> None:
        if self.bell is not None:
            self.bell.ring()
        if self.unwanted:
            self._tell()

    def _tell(self) -> None:
        """Tell the log, unless that was done; runs on either side."""
        try:
            unheard = self._unheard.pop()
        except IndexError:
            return
        if unheard is None:
            self._notes.pass_on()
        else:
            unheard(self._outcome)

    def _outcome_of(self, error: BaseException | None) -> Outcome:
        if error is None:
            return Outcome.ACCEPTED
        outcome = error.outcome if isinstance(error, OmniError) else self._notes.outcome
        return outcome or Outcome.UNKNOWN

    def _cut_short(self, cancelled: asyncio.CancelledError) -> Exception:
        """The honest error for a call that ended without an answer.

        A bare ``CancelledError`` would pass through ``except Exception`` of the caller, who
        cancelled nothing, and ``ClientClosedError`` would promise that nothing was sent: it does
        so where the send itself has said that.
        """
        if not self.begun and self._closing:
            return ClientClosedError("The client was closed before the call began.")
        if not self.begun:
            return ConnectionFailedError("The I/O thread ended before the call began; call again.")
        if self._notes.outcome is Outcome.NOT_SENT:
            return _nothing_left(closing=self._closing)
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


class _Notes:
    """What interrupted sends inside a call say of themselves.

    Contexts that outlive the call refer to it, such as a connection's, so it knows of no call.
    """

    def __init__(self) -> None:
        self._account = accounting.get()
        self._taken: list[tuple[str, str, Outcome]] = []
        self.is_over = False

    @property
    def outcome(self) -> Outcome | None:
        """What they say of the call as a whole, if anything was said."""
        outcomes = {outcome for _, _, outcome in self._taken}
        return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else next(iter(outcomes), None)

    def take(self, provider: str, reference: str, outcome: Outcome) -> None:
        """Keep what one says; that of one which outlived the call is passed on at once."""
        if self.is_over:
            self._account(provider, reference, outcome)
        else:
            self._taken.append((provider, reference, outcome))

    def pass_on(self) -> None:
        """Tell whoever would have been told without the call."""
        taken, self._taken = self._taken, []
        for each in taken:
            self._account(*each)


def _nothing_left(*, closing: bool) -> NotSentError:
    if closing:
        return ClientClosedError("The client was closed before the message left.")
    return NotSentError("The call was cancelled from inside before the message left.")
