"""A daemon thread of which others can tell whether it is gone.

Python cannot be asked: before 3.13, where Ctrl-C strikes inside ``Thread.is_alive()`` or
``Thread.join()``, a thread that runs is taken for dead from then on (bpo-45274). Whoever believed
it would call a message not sent that is being sent. So the thread itself says when it has ended,
which is one step, and what keeps it from saying so is looked at where it is asked for.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

from omni_common.sync.bell import Latch

__all__ = ["DaemonThread"]


class DaemonThread:
    """Runs one function in the background; the end of the interpreter does not wait for it."""

    def __init__(self, work: Callable[[], object], *, name: str) -> None:
        """Prepare the thread; nothing runs before :meth:`start`."""
        self.name = name
        self._work = work
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._process = os.getpid()
        self._joining: list[Latch] = []
        self._has_ended = False

    @property
    def is_current(self) -> bool:
        """Whether the code that asks runs on this thread."""
        return threading.current_thread() is self._thread

    @property
    def has_begun(self) -> bool:
        """Whether it was started, be it over or not."""
        return self._thread.ident is not None

    @property
    def is_gone(self) -> bool:
        """Whether it does nothing any more, and never will; what it did before is done.

        It ended, or could not start, or the end of the interpreter has stopped it, or this is the
        child of a fork and the thread its parent's.
        """
        return self._has_ended or sys.is_finalizing() or self._process != os.getpid()

    def start(self) -> None:
        """Start the thread, once; not where Ctrl-C can strike, for it waits on Python's locks.

        Raises:
            RuntimeError: The system gives no thread; then it is gone.
        """
        try:
            self._thread.start()
        except BaseException:
            self._has_ended = True
            raise

    def join(self, timeout: float) -> bool:
        """Wait until it is gone, at most *timeout* seconds; return whether it is.

        For other threads than this one, once it has begun; an interrupted wait can be repeated.
        """
        deadline = time.monotonic() + timeout
        latch = Latch()
        self._joining.append(latch)  # before it is asked: `_live` says so before it rings
        if not self.is_gone:
            latch.wait(timeout)
        if self._has_ended:
            # Its last steps are Python's own: from 3.12 on a fork warns of any thread there is.
            self._thread.join(max(deadline - time.monotonic(), 0))
        return self.is_gone

    def _live(self) -> None:
        try:
            self._work()
        finally:
            self._has_ended = True
            for latch in self._joining:
                latch.ring()
