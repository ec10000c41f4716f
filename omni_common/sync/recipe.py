"""How a blocking client makes the async one that it drives."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Recipe"]

T = TypeVar("T")


class Recipe(Generic[T]):
    """Makes the async object: the first one beforehand, others after a fork."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Make the first one, so that wrong settings show at once."""
        self._make = make
        self._process = os.getpid()
        self._first: T | None = make()
        self.pattern: T = self._first
        """The first one; answers what needs no loop, such as capabilities and checks."""

    def __call__(self) -> T:
        """Return the first one once, in the process that made it; then new ones."""
        first, self._first = self._first, None
        if first is None or os.getpid() != self._process:
            return self._make()
        return first
