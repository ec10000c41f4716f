"""What a process holds: memory, file descriptors, sockets, threads (Linux: from ``/proc``)."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attrs import frozen

__all__ = ["Held", "Trend", "resident_kib"]

_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


def resident_kib(pid: int | str = "self") -> int:
    """The resident memory of a process, in KiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_KIB


@frozen
class Held:
    """What this process holds open."""

    descriptors: int
    sockets: int
    threads: int

    @classmethod
    def now(cls) -> Held:
        links = []
        for path in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # that of the listing itself
                links.append(str(path.readlink()))
        return cls(
            descriptors=len(links),
            sockets=sum(link.startswith("socket:") for link in links),
            threads=threading.active_count(),
        )


@frozen
class Trend:
    """How something measured now and then developed.

    Attributes:
        per_minute: The slope of the straight line that fits best.
        growth: The mean of the last tenth less that of the first.
    """

    per_minute: float
    growth: float

    @classmethod
    def of(cls, samples: Sequence[tuple[float, float]]) -> Trend:
        """The trend of *samples*: pairs of a second and a value, two at least."""
        count = len(samples)
        mean_time = sum(time for time, _ in samples) / count
        mean = sum(value for _, value in samples) / count
        variance = sum((time - mean_time) ** 2 for time, _ in samples)
        covariance = sum((time - mean_time) * (value - mean) for time, value in samples)
        tenth = max(1, count // 10)
        first = sum(value for _, value in samples[:tenth]) / tenth
        last = sum(value for _, value in samples[-tenth:]) / tenth
        return cls(per_minute=60 * covariance / variance, growth=last - first)
