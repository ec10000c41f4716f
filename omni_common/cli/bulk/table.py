"""How a campaign stands, for people: a line for each outcome, and one for each reason."""

from __future__ import annotations

from collections.abc import Iterator

from omni_common.cli.bulk.plan import Skip
from omni_common.cli.bulk.tally import Tally
from omni_common.cli.outbox.status import Counts
from omni_common.outbox.entry import EntryState

__all__ = ["outcome_lines", "row_lines"]

_MEANING = {
    EntryState.QUEUED: "not sent yet",
    EntryState.CLAIMED: "being sent",
    EntryState.ACCEPTED: "the vendor has it",
    EntryState.REFUSED: "not sent: the vendor's no",
    EntryState.UNKNOWN: "may have been sent; never sent again on its own",
    EntryState.CANCELLED: "not sent: taken back",
    EntryState.EXPIRED: "not sent: its time had passed",
}
_SKIPPED = {Skip.DUPLICATE: "duplicates", Skip.STOPPED: "on the stop-list"}


def outcome_lines(counts: Counts) -> tuple[str, ...]:
    """A line for each outcome that there is, in the order of states."""
    order = list(EntryState)
    found = sorted(
        ((state, delivery, number) for (state, delivery), number in counts.items() if number),
        key=lambda each: (order.index(each[0]), each[1].value if each[1] else ""),
    )
    return tuple(
        _line(f"{state.value}, {delivery.value}" if delivery else state.value, number, note)
        for state, delivery, number in found
        for note in ["" if delivery else _MEANING[state]]
    )


def row_lines(tally: Tally) -> tuple[str, ...]:
    """A line for each reason for which rows were left out."""
    return tuple(_row_lines(tally))


def _row_lines(tally: Tally) -> Iterator[str]:
    for why, number in tally.skipped.items():
        if number:
            yield _line(_SKIPPED[why], number, "left out")
    if tally.refused:
        yield _line("rows refused", tally.refused_rows)
    for reason, found in tally.refused.items():
        more = ", ..." if found.count > len(found.lines) else ""
        lines = f"line{'s' * (found.count > 1)} {', '.join(map(str, found.lines))}{more}"
        yield f"    {found.count:,}: {reason} ({lines})"


def _line(what: str, number: int, note: str = "") -> str:
    return f"  {what:<24}{number:>12,}{f'  {note}' if note else ''}"
