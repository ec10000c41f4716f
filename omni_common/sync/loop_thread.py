"""The background thread that runs an event loop.

It knows nothing of the object that started it, or that object could never be collected while its
thread runs. Calls are handed over through a deque, without a lock (see ``call``), and nobody waits
for the loop to come up: it begins what it finds waiting.
"""

from __future__ import annotations

import _thread
import asyncio
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import Any, Generic, TypeAlias, TypeVar

from omni_common.errors import (
    ClientClosedError,
    ConnectionFailedError,
    NotSentError,
    OutcomeUnknownError,
)
from omni_common.sync.bell import Bell, Latch
from omni_common.sync.call import Call
from omni_common.sync.daemon_thread import DaemonThread

__all__ = ["Closing", "LoopThread", "bury", "running", "stop_all"]

R = TypeVar("R")
T = TypeVar("T")

Closing: TypeAlias = Callable[[], Awaitable[None]]
"""Ends something that was begun on the thread; it can tell two of its kind apart."""

_SLICE = 0.5
"""Seconds of one wait: Windows notices Ctrl-C, and anyone a dead thread, only between two."""
_GRACE = 2.0
"""Seconds a cancelled call is given to end by itself."""
_CLOSING = 5.0
"""Seconds that closing waits for the thread: one grace, and time to close connections."""

_log = logging.getLogger("omni_common.sync")


class LoopThread(Generic[R]):
    """A daemon thread that runs one event loop and holds one resource open on it.

    The resource is entered before the first call begins and left, in the same task, after the
    last one ended. An error of entering it goes to the calls that were waiting, and ends the
    thread.
    """

    def __init__(
        self,
        resource: Callable[[], AbstractAsyncContextManager[R]],
        *,
        name: str,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
    ) -> None:
        """Prepare the thread; nothing runs before :meth:`start`."""
        self._make_resource = resource
        self._loop_factory = loop_factory
        self._thread = DaemonThread(self._live, name=name)
        self._starting = threading.Lock()
        self._successor: dict[str, LoopThread[R] | None] = {}
        self._waiting: deque[Call[R, object]] = deque()
        self._running: set[Call[R, Any]] = set()
        self._free_bells: list[Bell] = []  # one, unless a caller has it or it could not be made
        self._at_end: set[Closing] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._resource: R
        self._is_open = False
        self._told_to_stop = asyncio.Event()
        self._opening_error: BaseException | None = None
        self._closing_error: Exception | None = None
        self._closer_waits = False
        self._stopping = False
        self._ended = False
        self.started = False

    # What other threads do.

    @property
    def serves(self) -> bool:
        """Whether calls are taken: not told to stop, and not ended."""
        return not (self._stopping or self._ended)

    @property
    def is_current(self) -> bool:
        """Whether the code that asks runs on this thread."""
        return self._thread.is_current

    def start(self) -> None:
        """Start the thread without waiting for it, unless it was started before.

        ``Thread.start()`` waits on locks that Ctrl-C can break, so it is called where no signal
        handler runs; what is left here is one step that happens or does not, and can be repeated.

        Raises:
            ConnectionFailedError: The system gives no thread.
            ClientClosedError: The interpreter is shutting down and gives no thread any more.
        """
        if self.started:
            return
        try:
            _thread.start_new_thread(self._start_thread, ())
        except RuntimeError as error:
            raise _not_started(error) from error
        self.started = True

    def follow(self, successor: LoopThread[R] | None) -> LoopThread[R] | None:
        """Return what takes the calls after this thread: *successor*, unless another came first.

        None stands for the end: nothing follows this thread any more. Whoever asks is told the
        same, without a lock: ``setdefault`` is one step, which no signal handler can split.
        """
        return self._successor.setdefault("", successor)

    def stop(self) -> None:
        """Ask the thread to cancel its calls, leave its resource and end. Never waits."""
        self._stopping = True
        self._on_loop(self._stop)

    def join(self, timeout: float) -> None:
        """Wait for the end of the thread; one that will not end is left behind with a warning."""
        if self.is_current or not self._thread.has_begun:
            return
        if not self._thread.join(timeout):
            _log.warning("%s did not end in time; it is left behind", self._thread.name)

    def close(self) -> None:
        """Stop and wait, at most 5 s; raises what leaving the resource raised."""
        self._closer_waits = True
        self.stop()
        self.join(_CLOSING)
        error, self._closing_error = self._closing_error, None
        if error is not None:
            raise error

    def run(self, call: Call[R, T]) -> T:
        """Run *call* and wait for its end; an interrupted wait stops the call first."""
        bell = self._take_bell()
        call.bell = bell or Latch()
        try:
            self.submit(call)
            while not call.wait(_SLICE):
                if self._thread.is_gone:
                    self._ended = True  # the thread may have had no time to say so
                    call.give_up("the I/O thread is gone")
            return call.result()
        except BaseException as interruption:
            if not call.heard:
                call.unwanted = True
                self._stop_call(call, interruption)
            raise
        finally:
            if bell is not None:
                self._free_bells.append(bell)

    def at_end(self, closing: Closing) -> None:
        """Have *closing* awaited before the resource is left, unless :meth:`finish` comes first."""
        self._at_end.add(closing)

    def finish(self, closing: Closing) -> bool:
        """Have *closing* awaited now, whatever interrupts this wait; if the thread ends, it was.

        Returns:
            Whether that is over; on the thread itself nobody waits for it.
        """

        async def finish(_: R) -> None:
            self._at_end.discard(closing)
            await closing()

        call = Call(finish, insists=True)
        if self.is_current:
            self.submit(call)
            return False
        try:
            self.run(call)
        except (NotSentError, OutcomeUnknownError):
            self.join(_CLOSING)
        return True

    def submit(self, call: Call[R, T]) -> None:
        """Hand *call* over without waiting for anything."""
        self._waiting.append(call)  # type: ignore[arg-type]  # its value is for its waiter alone
        # From here on either the loop is not there yet and begins what waits when it comes up, or
        # it is told, or it has ended and the call is turned away.
        self._on_loop(self._begin_waiting)
        if self._ended:
            self._turn_away()

    def _stop_call(self, call: Call[R, T], interruption: BaseException) -> None:
        """Cancel *call*, give it a moment to end, and note on *interruption* what is known."""
        deadline = time.monotonic() + _GRACE
        try:
            call.unwanted = True
            self._on_loop(call.cancel)
            while call.may_go_on and (left := deadline - time.monotonic()) > 0:
                call.wait(min(left, _SLICE))
        except BaseException as another:
            # Interrupted again: stop waiting. A second Ctrl-C says nothing that the first did not.
            if type(another) is not type(interruption):
                another.add_note(call.give_up_waiting())
                raise
        interruption.add_note(call.give_up_waiting())

    def _on_loop(self, function: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # closed since: `_live` ends whatever is left
                loop.call_soon_threadsafe(function)

    def _take_bell(self) -> Bell | None:
        try:
            return self._free_bells.pop()
        except IndexError:
            return None

    def _turn_away(self) -> None:
        """End the calls that never began; runs on either side, each call is popped once."""
        while True:
            try:
                call = self._waiting.popleft()
            except IndexError:
                return
            call.end(self._refusal())

    def _refusal(self) -> BaseException:
        if self._opening_error is not None:
            return self._opening_error
        if self._stopping:
            return ClientClosedError("The client was closed before the call began.")
        return ConnectionFailedError("The I/O thread ended before the call began; call again.")

    # What the thread itself does.

    def _start_thread(self) -> None:
        # Callers that came together each sent somebody here, and one of them is enough.
        with self._starting:
            if self._thread.is_gone or self._thread.has_begun:
                return
            try:
                self._thread.start()
            except RuntimeError as error:
                self._opening_error = _not_started(error)
                self._opening_error.__cause__ = error
                self._ended = True
                self._turn_away()

    def _live(self) -> None:
        running.add(self)
        bell = _make_bell()
        if bell is not None:
            self._free_bells.append(bell)
        try:
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._main())
        except BaseException as error:  # noqa: BLE001  reported below; threads have no caller
            self._report(error)
        finally:
            self._ended = True
            self._turn_away()
            for call in self._running:
                call.give_up("the I/O thread ended")
            if bell is not None:
                bell.close()
            running.discard(self)

    async def _main(self) -> None:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        if self._stopping:
            return
        async with AsyncExitStack() as stack:
            try:
                self._resource = await stack.enter_async_context(self._make_resource())
            except BaseException as error:
                if not isinstance(error, asyncio.CancelledError):
                    self._opening_error = error
                raise
            self._is_open = True
            self._begin_waiting()
            try:
                if not self._stopping:
                    await self._told_to_stop.wait()
            finally:
                await self._end_calls()

    def _begin_waiting(self) -> None:
        if self._stopping:
            self._turn_away()
        while self._is_open and self._waiting:
            call = self._waiting.popleft()
            if call.is_off:
                call.cancel()
            elif not call.ended:
                call.begin(asyncio.get_running_loop(), self._resource, self._running)

    def _stop(self) -> None:
        if self._is_open:
            self._told_to_stop.set()
        elif self._task is not None:
            self._task.cancel()

    async def _end_calls(self) -> None:
        self._is_open = False
        for call in self._running:
            call.cancel(closing=self._stopping)
        if tasks := [call.task for call in self._running if call.task is not None]:
            await asyncio.wait(tasks, timeout=_GRACE)
        for call in self._running:
            call.give_up("the call would not be cancelled")
        await asyncio.gather(*(closing() for closing in self._at_end))

    def _report(self, error: BaseException) -> None:
        """Say why the thread ends, unless somebody is told anyway. Never what: it gets logged."""
        name, kind = self._thread.name, type(error).__name__
        if error is self._opening_error:
            return  # raised to the calls that waited for it
        if not self._stopping:
            _log.error("%s was ended by %s; the next call starts another", name, kind)
        elif isinstance(error, asyncio.CancelledError):
            return  # stopped while the resource was being opened
        elif isinstance(error, RuntimeError) and not threading.main_thread().is_alive():
            # At interpreter exit Python 3.12 refuses the thread that waits for the loop's executor.
            _log.debug("%s ended at interpreter exit with %s", name, kind)
        elif self._closer_waits and isinstance(error, Exception):
            self._closing_error = error
        else:
            _log.error("%s could not close what it held: %s", name, kind)


def _make_bell() -> Bell | None:
    if sys.platform == "win32":  # where a pair of sockets is a TCP connection
        return None
    try:
        return Bell()
    except OSError:  # too many files are open; it works without
        return None


def _not_started(error: RuntimeError) -> NotSentError:
    # From Python 3.12 on no thread starts once the interpreter shuts down.
    if threading.main_thread().is_alive():
        return ConnectionFailedError(f"The I/O thread could not start: {error}")
    return ClientClosedError("The interpreter is shutting down; the client is closed.")


running: set[LoopThread[Any]] = set()
"""Every thread that lives, so that they can be stopped at exit."""

_graveyard: list[object] = []
"""What a forked child inherited from its parent's loop thread. Never closed, never collected.

The child shares the parent's epoll set and sockets: closing or collecting an inherited connection
would take the parent's own connections out of that set, and the parent would wait forever.
"""


def bury(inherited: Iterable[object]) -> None:
    """Keep things of a parent process out of every finalizer's reach."""
    _graveyard.extend(inherited)


def stop_all() -> None:
    """Stop every thread and wait for all of them together, at most 5 s."""
    threads = list(running)
    for thread in threads:
        thread.stop()
    deadline = time.monotonic() + _CLOSING
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
