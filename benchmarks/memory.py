"""How much memory this process takes."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Watch", "resident", "watch"]

_STATM = Path("/proc/self/statm")


def resident() -> int | None:
    """Bytes of this process that are in memory now; None where the system does not tell."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGESIZE")


class Watch:
    """How far the memory grows past what it was after the warm-up. Work looks now and then."""

    def __init__(self) -> None:
        self._floor: int | None = None
        self._peak: int | None = None

    def begin(self) -> None:
        """The warm-up is over; a second time means nothing."""
        if self._floor is None:
            self._floor = resident()

    def look(self) -> None:
        """Take notice of the memory that is taken now."""
        now = resident()
        if now is not None:
            self._peak = max(now, self._peak or 0)

    @property
    def growth(self) -> int | None:
        """Bytes from the floor to the peak; None if nobody looked, or the system does not tell."""
        if self._floor is None or self._peak is None:
            return None
        return max(0, self._peak - self._floor)


watch = Watch()
"""This process's own."""
