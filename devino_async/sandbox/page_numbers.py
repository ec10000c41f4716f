"""How the numbers around a page of a report read, which the vendor's own example contradicts."""

from __future__ import annotations

from enum import Enum

__all__ = ["PageNumbers"]


class PageNumbers(Enum):
    """What the numbers of a page say (T63)."""

    AS_TOLD = "as_told"
    """What the vendor's tables make of the rows there are."""
    AS_SAMPLED = "as_sampled"
    """As far from the rows as in the vendor's example: ``more`` promises a page even after the last
    row, ``total`` is no more than ``offset``, and ``pages`` is five times too large."""
