"""Standings and verdicts as text: a table of each case, for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.case import Case
from benchmarks.contest import Spread, Standing, Standings, ratios
from benchmarks.goals import Verdict

__all__ = ["table"]

_MET = {True: "reached", False: "not in this run", None: ""}
_VERDICT_HEADS = ("figure", "this run", "to reach", "")
_SHOWN_IN_MILLISECONDS = 10_000.0


def table(case: Case, standings: Standings, verdicts: Sequence[Verdict]) -> str:
    """The whole report of a case."""
    rounds = max((len(standing.turns) for standing in standings.values()), default=0)
    clock = "time of the processor" if case.by_cpu else "time on the wall"
    lines = [
        f"== {case.name}: {case.title}",
        f"   {clock}; median of {rounds} rounds (least to most);",
        f"   speed: how many times as fast as {case.reference}, round by round",
        "",
        *_aligned(_filled_columns(case, standings)),
    ]
    lines += [
        f"   {name} is missing: {standing.missing}"
        for name, standing in standings.items()
        if standing.missing is not None
    ]
    if verdicts:
        lines += ["", *_aligned([_VERDICT_HEADS, *map(_verdict, verdicts)])]
    return "\n".join(lines) + "\n"


def _filled_columns(case: Case, standings: Standings) -> list[list[str]]:
    """Heads and rows, without the columns in which nobody has anything."""
    heads, cells = zip(*_columns(case, standings), strict=True)
    rows = [[cell(standing) for cell in cells] for standing in standings.values()]
    used = [True, *(any(row[place] for row in rows) for place in range(len(heads)))]
    everything = [
        [case.name, *heads],
        *([name, *row] for name, row in zip(standings, rows, strict=True)),
    ]
    return [
        [cell for cell, is_used in zip(row, used, strict=True) if is_used] for row in everything
    ]


def _columns(case: Case, standings: Standings) -> list[tuple[str, Callable[[Standing], str]]]:
    """What stands above each column, and what in it."""
    reference = standings[case.reference]
    costs = [cost.median for standing in standings.values() if (cost := standing.cost)]
    unit, factor = ("ms", 1e-3) if max(costs, default=0) > _SHOWN_IN_MILLISECONDS else ("µs", 1.0)

    def scaled(costs: Sequence[float]) -> str:
        return _spread(Spread.of([cost * factor for cost in costs]))

    def speed(standing: Standing) -> str:
        both = reference.turns and standing.turns
        return _spread(Spread.of(ratios(reference.costs, standing.costs))) if both else ""

    return [
        (f"{unit} each", lambda standing: scaled(standing.costs) or "missing"),
        (f"{case.unit}s a second", _rate),
        ("speed", speed),
        (f"{unit} of CPU", lambda standing: "" if case.by_cpu else scaled(standing.cpu_costs)),
        ("memory growth", _growth),
    ]


def _rate(standing: Standing) -> str:
    cost = standing.cost
    return _number(1e6 / cost.median) if cost is not None and cost.median else ""


def _growth(standing: Standing) -> str:
    return "" if standing.growth is None else f"{standing.growth / 1e6:.1f} MB"


def _verdict(verdict: Verdict) -> tuple[str, ...]:
    goal, figure = verdict.goal, verdict.figure
    limits = {"at least": goal.least, "at most": goal.most}
    wanted = [
        f"{word} {limit:g} {goal.unit}" for word, limit in limits.items() if limit is not None
    ]
    found = "missing" if figure is None else f"{_spread(figure)} {goal.unit}"
    return (goal.text, found.rstrip(), ", ".join(wanted).rstrip(), _MET[verdict.met])


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    median, low, high = map(_number, (spread.median, spread.low, spread.high))
    return median if low == high else f"{median} ({low} to {high})"


def _number(value: float) -> str:
    """*value* with three digits that mean something, or all of a large one."""
    for least, digits in ((100, 0), (10, 1), (0, 2)):
        if abs(value) >= least:
            return f"{value:,.{digits}f}"
    return str(value)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """*rows* with their columns below each other: names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    names = [row[0].ljust(widths[0]) for row in rows]
    figures = [
        [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)] for row in rows
    ]
    return [
        "  ".join(["   " + name, *cells]).rstrip()
        for name, cells in zip(names, figures, strict=True)
    ]
