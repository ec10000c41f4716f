"""Counting messages by how far they have come, some thousand at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from omni_common.outbox.entry import EntryState
from omni_common.report import DeliveryState

__all__ = ["Counts", "counts_of", "end_of_prefix", "next_text"]

_SURROGATES = range(0xD800, 0xE000)
"""The code points that are no characters."""
Counts: TypeAlias = Counter[tuple[EntryState, DeliveryState | None]]
"""How many messages there are in each state, and of each delivery state that is known."""


def counts_of(found: Iterable[tuple[str, str | None, int, str]]) -> Counts:
    """What the journal has counted, in its states."""
    counts: Counts = Counter()
    for state, delivery, number, _ in found:
        counts[EntryState(state), None if delivery is None else DeliveryState(delivery)] += number
    return counts


def end_of_prefix(prefix: str) -> str | None:
    """The first text behind all that begin with *prefix*; None if there is none behind them.

    The order is SQLite's, by code points, of which halves of characters are none.
    """
    start = prefix.rstrip("\U0010ffff")
    if not start:
        return None
    following = ord(start[-1]) + 1
    return start[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)


def next_text(text: str) -> str:
    """The first text behind *text* in the same order."""
    return f"{text}\0"
