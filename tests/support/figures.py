"""Figures that tests measure, summed up at the end of a run, however many processes ran it.

A test records a plain dictionary of numbers under the name of what it measures::

    record_property("callback security", {"forged posts": 1, "refused": 1, "events": 0})
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import pytest

__all__ = ["RecordProperty", "pytest_terminal_summary", "summed"]

RecordProperty: TypeAlias = Callable[[str, object], None]


def summed(properties: Iterable[tuple[str, object]]) -> dict[str, Counter[str]]:
    """The sums of all figures, by what was measured."""
    sums: dict[str, Counter[str]] = {}
    for name, figures in properties:
        if isinstance(figures, Mapping):
            sums.setdefault(name, Counter()).update(figures)
    return sums


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write a line for each thing that was measured."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
    ]
    sums = summed(item for report in reports for item in report.user_properties)
    for name, figures in sorted(sums.items()):
        listed = ", ".join(f"{count} {what}" for what, count in figures.items())
        terminalreporter.write_line(f"{name}: {listed}")
