"""All that was measured, as one document for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import asdict

from benchmarks.case import Case, Plan
from benchmarks.contest import Spread, Standing, Standings, ratios
from benchmarks.goals import Verdict
from benchmarks.machine import foreign, machine, versions

__all__ = ["case_document", "document"]


def document(plan: Plan, cases: Mapping[str, Any]) -> dict[str, Any]:
    """The whole: *cases* by name, and what they were measured with."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "urllib3_provided_by_others": foreign(),
        "machine": machine(),
        "plan": asdict(plan),
        "cases": dict(cases),
    }


def case_document(case: Case, standings: Standings, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One case: every turn, and what was made of them."""
    reference = standings[case.reference]
    return {
        "title": case.title,
        "unit": case.unit,
        "reference": case.reference,
        "clock": "cpu" if case.by_cpu else "wall",
        "contestants": {
            name: _contestant(standing, reference) for name, standing in standings.items()
        },
        "goals": [_goal(verdict) for verdict in verdicts],
    }


def _contestant(standing: Standing, reference: Standing) -> dict[str, Any]:
    if standing.missing is not None:
        return {"missing": standing.missing}
    speeds = ratios(reference.costs, standing.costs) if reference.turns else []
    return {
        "microseconds": _spread(standing.cost),
        "times_reference": _spread(Spread.of(speeds)),
        "cpu_microseconds": _spread(Spread.of(standing.cpu_costs)),
        "memory_growth_bytes": standing.growth,
        "turns": [asdict(turn) for turn in standing.turns],
    }


def _goal(verdict: Verdict) -> dict[str, Any]:
    goal = verdict.goal
    return {
        "text": goal.text,
        "figure": _spread(verdict.figure),
        "unit": goal.unit,
        "at_least": goal.least,
        "at_most": goal.most,
        "met": verdict.met,
    }


def _spread(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else asdict(spread)
