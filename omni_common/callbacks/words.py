"""Statuses that no document names, counted: vendors add words without a notice (T54)."""

from __future__ import annotations

import threading
from collections import Counter

from omni_common.callbacks.events import Event
from omni_common.redaction import shown_key
from omni_common.report import DeliveryReport, DeliveryState

__all__ = ["UnknownStates"]

_MOST = 100
_OTHERS = "<others>"


class UnknownStates:
    """How often each area said something that was taken for UNKNOWN; thread-safe and bounded."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """The counts so far, by the area's name and the vendor's word; a copy."""
        with self._lock:
            return self._counts.copy()

    def count(self, area: str, event: Event) -> None:
        """Count the parts of *event* that are UNKNOWN, if it is a report."""
        parts = event.parts if isinstance(event, DeliveryReport) else ()
        for part in parts:
            if part.state is DeliveryState.UNKNOWN:
                self._add(area, shown_key(part.raw_state))

    def _add(self, area: str, word: str) -> None:
        with self._lock:
            if (area, word) not in self._counts and len(self._counts) >= _MOST:
                word = _OTHERS
            self._counts[area, word] += 1
