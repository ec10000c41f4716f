"""How tests write tables, and look at reports."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["report_rows", "table"]


def table(path: Path, header: str, rows: Iterable[str], encoding: str = "utf-8") -> str:
    """Write a CSV file, a line for each row; its path."""
    path.write_bytes("".join(f"{line}\n" for line in (header, *rows)).encode(encoding))
    return str(path)


def report_rows(path: Path) -> Sequence[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
