"""Counts of what became of rows: a few numbers, however many rows there are."""

from __future__ import annotations

from attrs import Factory, define, field

from omni_common.cli.bulk.plan import Skip

__all__ = ["Reason", "Tally"]

_MOST_REASONS = 30
_OTHER = "other reasons"
_FIRST_LINES = 3


@define
class Reason:
    """How often something kept rows from being sent, and where first."""

    count: int = 0
    lines: list[int] = Factory(list)
    """The first few lines of the file."""


@define
class Tally:
    """What a pass over the table has met so far."""

    rows: int = 0
    messages: int = 0
    """Rows that are messages, or were handed over as such before."""
    before: int = 0
    """Those of them that an earlier run had handed over."""
    segments: int = 0
    skipped: dict[Skip, int] = field(factory=lambda: dict.fromkeys(Skip, 0))
    refused: dict[str, Reason] = Factory(dict)

    @property
    def refused_rows(self) -> int:
        """How many rows were refused, whatever the reason."""
        return sum(reason.count for reason in self.refused.values())

    def skip(self, why: Skip) -> None:
        """Count a row that is left out on purpose."""
        self.rows += 1
        self.skipped[why] += 1

    def refuse(self, line: int, reason: str) -> None:
        """Count a row that cannot be sent."""
        self.rows += 1
        if reason not in self.refused and len(self.refused) >= _MOST_REASONS:
            reason = _OTHER
        found = self.refused.setdefault(reason, Reason())
        found.count += 1
        if len(found.lines) < _FIRST_LINES:
            found.lines.append(line)

    def take(self, *, before: bool = False) -> None:
        """Count a row that is a message, and whether it was handed over *before*."""
        self.rows += 1
        self.messages += 1
        self.before += before
