"""``omni outbox status``: how many messages of a journal are in which state."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text

from omni_common.cli.exits import ExitCode
from omni_common.cli.outbox.journal import opened, shown_messages, size_on_disk
from omni_common.cli.output import Result
from omni_common.outbox import EntryState
from omni_common.redaction import shown_name
from omni_common.report import DeliveryState

__all__ = ["Counts", "counts_document", "counts_table", "status_of"]

Counts: TypeAlias = Mapping[tuple[EntryState, DeliveryState | None], int]
"""How many messages are in a state, and in which the vendor says they are; None: not known."""
_BAR = 30
_STYLES = {
    EntryState.ACCEPTED: "green",
    EntryState.REFUSED: "red",
    EntryState.EXPIRED: "red",
    EntryState.UNKNOWN: "magenta",
    EntryState.QUEUED: "cyan",
    EntryState.CLAIMED: "yellow",
}


@frozen
class _Found:
    """What was found in a journal."""

    counts: Counts
    paused: str | None
    next_due: datetime | None
    bytes: int


def status_of(journal: Path, prefix: str) -> Result:
    """Count the messages of a journal; to have looked is to have succeeded, whatever was seen.

    Raises:
        ConfigurationError: There is no journal.
        JournalError: It cannot be read.
    """
    found = asyncio.run(_find(journal, prefix))
    return Result(
        code=ExitCode.DONE,
        document={
            **counts_document(found.counts),
            "paused": found.paused,
            "next_due": found.next_due and found.next_due.isoformat(),
            "bytes": found.bytes,
            "error": None,
        },
        lines=tuple(_lines(found, journal, prefix)),
    )


async def _find(journal: Path, prefix: str) -> _Found:
    async with opened(journal) as file:
        counts = await file.count_deliveries(prefix)
        paused = await file.paused()
        next_due = None if prefix else await file.next_due()  # which is anybody's
    return _Found(counts, paused, next_due, size_on_disk(journal))


def counts_document(counts: Counts) -> dict[str, Any]:
    """The counts by state, each of which is there, and by the vendor's word where there is one."""
    states = {state.value: 0 for state in EntryState}
    deliveries: dict[str, int] = {}
    for (state, delivery), number in counts.items():
        states[state.value] += number
        if delivery is not None:
            deliveries[delivery.value] = deliveries.get(delivery.value, 0) + number
    return {"states": states, "deliveries": deliveries}


def counts_table(counts: Counts, *, terminal: bool) -> str:
    """The counts as a table with a bar for each; in colours on a *terminal*, else plain ASCII."""
    total = sum(counts.values())
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    for state, name, number in _rows(counts):
        length = -(-number * _BAR // total)  # rounded up: what is there is seen
        table.add_row(name, str(number), Text("#" * length, _STYLES.get(state, "")))
    shown = StringIO()
    Console(file=shown, force_terminal=terminal, highlight=False).print(table)
    return shown.getvalue()


def _rows(counts: Counts) -> Iterator[tuple[EntryState, str, int]]:
    """Each state that has messages, and below it what the vendor says of those."""
    for state in EntryState:
        of_state = {delivery: n for (each, delivery), n in counts.items() if each is state and n}
        if of_state:
            yield state, state.value, sum(of_state.values())
        for delivery in DeliveryState:
            if delivery in of_state:
                yield state, f"  {delivery.value}", of_state[delivery]


def _lines(found: _Found, journal: Path, prefix: str) -> Iterator[str]:
    terminal = sys.stdout is not None and sys.stdout.isatty()
    total = sum(found.counts.values())
    if total:
        table = counts_table(found.counts, terminal=terminal)
        yield from (line.rstrip() for line in table.splitlines())
    whose = f" whose reference begins with {prefix!r}" if prefix else ""
    size = f"{found.bytes:,} bytes on the disk"
    yield f"{shown_messages(total)}{whose} in {shown_name(journal)}, {size}"
    if found.next_due is not None:
        yield f"the next one is due {found.next_due.isoformat(timespec='seconds')}"
    if found.paused is not None:
        yield f"paused: {found.paused}"
    if any(number for (state, _), number in found.counts.items() if state is EntryState.UNKNOWN):
        yield "unknown ones may have been sent: look at the vendor before you send them again"
