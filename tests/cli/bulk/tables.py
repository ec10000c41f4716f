"""How tests write tables, and look at reports."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from omni_common.sandbox import Emulator
from tests.cli.command import Ended

__all__ = ["Bulk", "report_rows", "table", "taken"]

Bulk: TypeAlias = Callable[..., Ended]
"""Runs the command over the table of people, with more options."""


def table(path: Path, header: str, rows: Iterable[str], encoding: str = "utf-8") -> str:
    """Write a CSV file, a line for each row; its path."""
    path.write_bytes("".join(f"{line}\n" for line in (header, *rows)).encode(encoding))
    return str(path)


def report_rows(path: Path) -> Sequence[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def taken(vendor: Emulator, numbers: Iterable[str]) -> Counter[str]:
    """What the vendor has for some numbers: each number with its text."""
    entries = [entry for to in numbers for entry in vendor.ledger.find(to=to)]
    return Counter(f"+{entry.to.lstrip('+')} {entry.text}" for entry in entries)
