"""What a thread waits at until another one wakes it.

Who releases a lock holds the GIL, which the woken thread wants at once: the system switches to and
fro between the two until each has what it needs. A socket is written to without the GIL, so that a
:class:`Bell` takes half of the switches. It costs two open files, which is why a thread has one for
all who call it one after another; calls at the same time do with a :class:`Latch` each.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

__all__ = ["Bell", "Latch"]


class Latch:
    """Wakes one waiting thread, once."""

    def __init__(self) -> None:
        """Make one that keeps the waiting thread."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, timeout: float) -> None:
        """Return when it is rung, or after *timeout* seconds."""
        self._lock.acquire(timeout=timeout)

    def ring(self) -> None:
        """Let the waiting thread go on."""
        with suppress(RuntimeError):  # it was rung before
            self._lock.release()


class Bell:
    """Wakes one waiting thread after another.

    Whoever waits may be woken for nothing, by a ring that came when its waiter had left, and at
    once when the bell is closed: look what it rang for.
    """

    def __init__(self) -> None:
        """Make one.

        Raises:
            OSError: The system gives no sockets.
        """
        self._ear, self._rope = socket.socketpair()
        self._rope.setblocking(False)

    def wait(self, timeout: float) -> None:
        """Return when it rings, or after *timeout* seconds."""
        with suppress(OSError):
            if timeout != self._ear.gettimeout():
                self._ear.settimeout(timeout)
            self._ear.recv(64)

    def ring(self) -> None:
        """Let the waiting thread go on."""
        with suppress(OSError):  # full of rings that nobody waited for: one more is nothing
            self._rope.send(b"\0")

    def close(self) -> None:
        """Close the sockets, when nobody needs to be woken any more."""
        self._ear.close()
        self._rope.close()
