"""The emulators' time, which a test can stop and move."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from omni_common.errors import ConfigurationError

__all__ = ["SandboxClock"]


class SandboxClock:
    """The time that emulators live by; several may share one clock.

    It follows real time, *speed* times as fast, or stands still when *frozen*; either way
    :meth:`advance` jumps ahead. It may be read and advanced from any thread.
    """

    def __init__(
        self, start: datetime | None = None, *, speed: float = 1.0, frozen: bool = False
    ) -> None:
        """Start the clock.

        Args:
            start: The time it shows first, aware; by default the real time.
            speed: Emulated seconds for each real second, more than 0.
            frozen: Whether it moves by :meth:`advance` only.

        Raises:
            ConfigurationError: *start* names no zone, or *speed* is not positive.
        """
        if start is not None and start.tzinfo is None:
            raise ConfigurationError("A clock starts at an aware time, such as one with tzinfo=UTC")
        if speed <= 0:
            raise ConfigurationError("A clock's speed is more than 0; use frozen=True to stop it")
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._began = time.monotonic()
        self._speed = 0.0 if frozen else speed
        self._advanced = timedelta()
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    @property
    def is_frozen(self) -> bool:
        """Whether it moves by :meth:`advance` only."""
        return self._speed == 0

    def now(self) -> datetime:
        """The emulated time, aware, in UTC."""
        passed = timedelta(seconds=(time.monotonic() - self._began) * self._speed)
        with self._lock:
            return self._start + passed + self._advanced

    def advance(self, by: timedelta) -> None:
        """Jump ahead; whoever watches the clock is told at once.

        Raises:
            ConfigurationError: *by* is negative.
        """
        if by < timedelta():
            raise ConfigurationError("A clock does not go backwards")
        with self._lock:
            self._advanced += by
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher()

    def seconds_until(self, moment: datetime) -> float | None:
        """Real seconds until *moment*; 0 when it has come, None if it never comes by itself."""
        left = (moment - self.now()).total_seconds()
        if left <= 0:
            return 0.0
        return None if self.is_frozen else left / self._speed

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call *watcher* after each :meth:`advance`, in the thread that advanced.

        Returns:
            A function that ends the watching.
        """
        with self._lock:
            self._watchers.append(watcher)

        def unwatch() -> None:
            with self._lock:
                if watcher in self._watchers:
                    self._watchers.remove(watcher)

        return unwatch
