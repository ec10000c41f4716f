"""``python -m benchmarks``: run the cases, print a table for each, write it all as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.arena import WorkFailedError, play
from benchmarks.case import Plan
from benchmarks.cases import CASES
from benchmarks.document import case_document, document
from benchmarks.machine import foreign, machine, versions
from benchmarks.table import table

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what *arguments*, or else the process's own, ask for.

    Returns:
        0 if all work was done, however long it took; 1 if some of it failed.
    """
    parser = _parser()
    wanted = parser.parse_args(arguments)
    if unknown := [name for name in wanted.cases if name not in CASES]:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    plan = Plan(rounds=wanted.rounds, scale=wanted.scale, quick=wanted.quick)
    if wanted.list:
        for name, case_of in CASES.items():
            print(f"{name:10} {case_of(plan).title}")
        return 0
    print(_heading(), flush=True)
    told: dict[str, Any] = {}
    for name in wanted.cases or CASES:
        told[name] = _run(name, plan)
        if wanted.json is not None:  # each time, so that what is interrupted was not in vain
            wanted.json.write_text(json.dumps(document(plan, told), indent=1) + "\n")
    return 1 if any("failed" in each for each in told.values()) else 0


def _run(name: str, plan: Plan) -> dict[str, Any]:
    case = CASES[name](plan)
    try:
        standings = play(case, plan, _tell)
    except WorkFailedError as error:
        print(f"== {name}: failed: {error}\n", flush=True)
        return {"failed": str(error)}
    finally:
        _tell("")
    verdicts = [goal.judge(standings) for goal in case.goals]
    print(table(case, standings, verdicts), flush=True)
    return case_document(case, standings, verdicts)


def _heading() -> str:
    installed = ", ".join(f"{name} {version or 'none'}" for name, version in versions().items())
    where = ", ".join(f"{name} {value}" for name, value in machine().items())
    others = foreign()
    genuine = f"provided by {' and '.join(others)}" if others else "the genuine distribution"
    return f"{installed}\n{where}\nurllib3 is {genuine}\n"


def _tell(progress: str) -> None:
    """One line that is written over, for who waits at a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{progress}")
        sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(CASES)}; else all")
    parser.add_argument("--rounds", type=int, help="turns of each contestant")
    parser.add_argument("--quick", action="store_true", help="two rounds of a tenth of the work")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="by what to multiply the work of each turn"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write all figures")
    parser.add_argument("--list", action="store_true", help="say which cases there are")
    return parser


if __name__ == "__main__":
    sys.exit(main())
