"""A case as data: who meets whom, with how much work, and which figures are to be reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, TypeAlias

from attrs import field, frozen

from benchmarks.goals import Goal

__all__ = ["AsyncWork", "Case", "Contestant", "Plan", "Setting", "Work"]

Work: TypeAlias = Callable[[int], int]
"""Does that many operations and returns how many succeeded; raises where one did not."""
AsyncWork: TypeAlias = Callable[[int], Awaitable[int]]
"""The same for an event loop."""

Setting: TypeAlias = Callable[
    ..., AbstractContextManager[Work] | AbstractAsyncContextManager[AsyncWork]
]
"""Makes work that can be done as long as the context lasts; takes the responder's address."""


@frozen(kw_only=True)
class Plan:
    """How much is to be measured."""

    rounds: int | None = None
    """How often each contestant has its turn; None is the case's own number."""
    scale: float = 1.0
    """By what to multiply the work of each turn."""
    quick: bool = False
    """Fewer rounds of a tenth of the work, without what takes minutes."""

    def rounds_of(self, rounds: int) -> int:
        """How many rounds, for a case that has *rounds* of its own."""
        return self.rounds or (min(rounds, 2) if self.quick else rounds)

    def size(self, count: int) -> int:
        """How many operations *count* are here; at least one."""
        return self.length(count // 10 if self.quick else count)

    def length(self, count: int) -> int:
        """The same where it is the length that matters, so that quickness is no reason for less."""
        return max(1, round(count * self.scale))


@frozen(kw_only=True)
class Contestant:
    """One way to do the work of a case. It runs in a process of its own."""

    name: str
    work: Setting
    """Makes the work; a function of a module, by whose name its process finds it."""
    count: int
    """Operations in one turn; slow ones have fewer, since costs for each are compared."""
    needs: tuple[str, ...] = ()
    """Modules without which it is missing."""
    without: tuple[str, ...] = ()
    """Modules that it shall find missing."""
    options: Mapping[str, Any] = field(factory=dict)
    """Further arguments for ``work``."""


@frozen(kw_only=True)
class Case:
    """Contestants, and what is compared."""

    name: str
    title: str
    unit: str
    """One operation, such as ``message``."""
    contestants: tuple[Contestant, ...]
    reference: str
    """The contestant that all are compared with."""
    goals: tuple[Goal, ...] = ()
    rounds: int = 7
    warm: int = 200
    """Operations before each turn that do not count: connections are made, code is warm."""
    by_cpu: bool = False
    """Compare the time of the processor, not of the clock on the wall."""
    counted: bool = True
    """Whether the work is sent to the responder, which counts it too."""
    threaded: bool = False
    """Whether contestants have a thread that needs a processor: then they have the responder's too,
    as they would on a machine with two."""
