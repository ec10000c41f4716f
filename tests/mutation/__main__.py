"""Plants faults in the pure rooms and counts how many their tests find: ``nox -s mutants``.

Arguments are modules, such as ``omni_common/retry.py``; without any, all rooms are looked at, and a
room below its floor is a failure. Every fault that no test found is printed as a difference.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from difflib import unified_diff
from pathlib import Path

from tests.mutation.faults import faulty_sources
from tests.mutation.rooms import ROOMS
from tests.mutation.runs import Verdict, prepare, start, verdict

ROOT = Path(__file__).parents[2]


def main(modules: Collection[str]) -> int:
    """Look at some modules or at all; returns the exit status."""
    prepare()
    below = []
    for room in ROOMS:
        found = Counter[Verdict]()
        for path, tests in room.tests.items():
            if not modules or path in modules:
                found += _looked_at(path, tests)
        if found:
            print(_line(room.name, found), flush=True)
        if found and not modules and _score(found) < room.floor:
            below.append(room)
    for room in below:
        print(f"{room.name} is below its floor of {room.floor:.1%}")
    return 1 if below else 0


def _looked_at(path: str, tests: Sequence[str]) -> Counter[Verdict]:
    """What becomes of each fault in the module at *path*."""
    source = (ROOT / path).read_text(encoding="utf-8")
    module = path.removesuffix(".py").replace("/", ".")
    [(_, unharmed)] = _verdicts(module, [source], tests)
    [(_, broken)] = _verdicts(module, ["raise ValueError"], tests)
    if (unharmed, broken) != (Verdict.SURVIVED, Verdict.KILLED):
        raise SystemExit(f"{', '.join(tests)}: these tests must pass, and must use {path}")
    counts = Counter[Verdict]()
    for faulty, found in _verdicts(module, faulty_sources(source), tests):
        counts[found] += 1
        if found is not Verdict.KILLED:
            print(f"{found.value}:", *_differences(source, faulty, path), sep="\n", flush=True)
    print(_line(path, counts), flush=True)
    return counts


def _verdicts(
    module: str, sources: Iterator[str] | Sequence[str], tests: Sequence[str]
) -> Iterator[tuple[str, Verdict]]:
    """The verdict on each source of *module*, as many at once as there are processors."""
    running: dict[int, str] = {}
    for source in sources:
        if len(running) == (os.cpu_count() or 1):
            yield _ended(running)
        running[start(module, source, tests)] = source
    while running:
        yield _ended(running)


def _ended(running: dict[int, str]) -> tuple[str, Verdict]:
    child, status = os.wait()
    return running.pop(child), verdict(status)


def _differences(source: str, faulty: str, path: str) -> list[str]:
    lines = unified_diff(source.splitlines(), faulty.splitlines(), path, path, n=0, lineterm="")
    return list(lines)[2:]


def _score(found: Counter[Verdict]) -> float:
    return 1 - found[Verdict.SURVIVED] / found.total()


def _line(name: str, found: Counter[Verdict]) -> str:
    counts = ", ".join(f"{found[each]} {each.value}" for each in Verdict)
    return f"{name}: {found.total()} faults, {counts}: {_score(found):.1%}"


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
