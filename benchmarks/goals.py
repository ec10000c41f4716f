"""Figures to reach: each a pure function of the standings. Reaching none of them is no failure."""

from __future__ import annotations

from collections.abc import Callable
from operator import sub
from typing import TypeAlias

from attrs import frozen

from benchmarks.contest import Spread, Standing, Standings, ratios

__all__ = [
    "Figure",
    "Goal",
    "Verdict",
    "extra",
    "faster",
    "growth",
    "net_times",
    "ran",
    "speed",
    "times",
]

Figure: TypeAlias = Callable[[Standings], Spread | None]
"""None where a contestant is missing."""

_BYTES = 1e6


@frozen(kw_only=True)
class Goal:
    """A figure, and its least or most; without either it is for information."""

    text: str
    figure: Figure
    unit: str = ""
    least: float | None = None
    most: float | None = None

    def judge(self, standings: Standings) -> Verdict:
        """Look whether the median reaches the goal."""
        figure = self.figure(standings)
        if figure is None or (self.least is None and self.most is None):
            return Verdict(self, figure, met=None)
        low = self.least is None or figure.median >= self.least
        return Verdict(self, figure, met=low and (self.most is None or figure.median <= self.most))


@frozen
class Verdict:
    """What came of a goal; ``met`` is None where there is nothing to tell."""

    goal: Goal
    figure: Spread | None
    met: bool | None


def faster(of: str, *against: str, least: float | None = None) -> Goal:
    """The goal of being so many times as fast as the fastest of *against*."""
    other = " or ".join(against)
    return Goal(text=f"{of}: speed against {other}", figure=speed(of, against=against), least=least)


def speed(of: str, *, against: tuple[str, ...]) -> Figure:
    """How many times as fast *of* is as the fastest of *against*."""

    def figure(standings: Standings) -> Spread | None:
        other, own = _cheapest(standings, against), standings[of]
        return None if other is None else _spread_of_ratios(other, own)

    return figure


def times(of: str, *, against: str) -> Figure:
    """How many times as much *of* costs as *against*."""
    return lambda standings: _spread_of_ratios(standings[of], standings[against])


def net_times(of: str, *, against: str, over: str) -> Figure:
    """The same, of what both cost more than *over*."""

    def figure(standings: Standings) -> Spread | None:
        own, other = (_extras(standings[name], standings[over]) for name in (of, against))
        return Spread.of(ratios(own, other)) if own and other and all(other) else None

    return figure


def extra(of: str, *, over: str) -> Figure:
    """How many microseconds an operation of *of* costs more than one of *over*."""
    return lambda standings: Spread.of(_extras(standings[of], standings[over]))


def growth(of: str) -> Figure:
    """By how many megabytes (of a million bytes) the memory of *of* grew while it was warm."""

    def figure(standings: Standings) -> Spread | None:
        most = standings[of].growth
        return None if most is None else Spread.of([most / _BYTES])

    return figure


def ran(of: str) -> Figure:
    """How often *of* ran to its end, which looks for itself whether all is well."""
    return lambda standings: Spread.of([len(turns)] if (turns := standings[of].turns) else [])


def _cheapest(standings: Standings, names: tuple[str, ...]) -> Standing | None:
    found = [
        (cost.median, standings[name])
        for name in names
        if (cost := standings[name].cost) is not None
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _spread_of_ratios(dividend: Standing, divisor: Standing) -> Spread | None:
    if not dividend.turns or not divisor.turns:
        return None
    return Spread.of(ratios(dividend.costs, divisor.costs))


def _extras(own: Standing, other: Standing) -> list[float]:
    if not own.turns or not other.turns:
        return []
    return list(map(sub, own.costs, other.costs))
