"""From turns to figures: medians, and ratios of turns of the same round. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import TypeAlias, TypeVar

from attrs import frozen

__all__ = ["Spread", "Standing", "Standings", "Turn", "in_turn", "ratios"]

T = TypeVar("T")


@frozen(kw_only=True)
class Turn:
    """What one contestant did in one round. Memory is bytes, None where it is not known."""

    done: int
    seconds: float
    cpu_seconds: float
    resident: int | None = None
    growth: int | None = None


@frozen
class Spread:
    """The median of some figures, and the least and the most of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Spread | None:
        """The spread of *figures*; None if there are none."""
        found = sorted(figures)
        return cls(median(found), found[0], found[-1]) if found else None


@frozen(kw_only=True)
class Standing:
    """The turns of one contestant, or why it has none."""

    turns: Sequence[Turn] = ()
    missing: str | None = None
    by_cpu: bool = False

    @property
    def costs(self) -> list[float]:
        """Microseconds for each operation, round by round."""
        return [
            (turn.cpu_seconds if self.by_cpu else turn.seconds) / turn.done * 1e6
            for turn in self.turns
        ]

    @property
    def cpu_costs(self) -> list[float]:
        """Microseconds of the processor for each operation, round by round."""
        return [turn.cpu_seconds / turn.done * 1e6 for turn in self.turns]

    @property
    def cost(self) -> Spread | None:
        """The spread of the costs."""
        return Spread.of(self.costs)

    @property
    def growth(self) -> int | None:
        """Bytes by which the memory grew past that of the warm process; the most of all turns."""
        return max((turn.growth for turn in self.turns if turn.growth is not None), default=None)


Standings: TypeAlias = Mapping[str, Standing]
"""By the contestant's name."""


def in_turn(players: Sequence[T], round_number: int) -> list[T]:
    """*players* in the order of a round, so that each is the first as often as the others.

    A busy moment of the machine then falls on all alike.
    """
    start = round_number % len(players) if players else 0
    return [*players[start:], *players[:start]]


def ratios(dividends: Sequence[float], divisors: Sequence[float]) -> list[float]:
    """The ratio of each round: figures of the same round met the same machine."""
    return [dividend / divisor for dividend, divisor in zip(dividends, divisors, strict=True)]
