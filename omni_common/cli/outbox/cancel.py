"""``omni outbox cancel``: take back messages that are still queued."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field

from omni_common.cli import documents
from omni_common.cli.exits import ExitCode, exit_code_of, worst
from omni_common.cli.outbox.journal import opened, shown_messages
from omni_common.cli.outbox.references import in_state, named, shown_reference, with_each
from omni_common.cli.output import Output, Result
from omni_common.errors import JournalError
from omni_common.outbox import Entry, EntryState

__all__ = ["cancel_messages"]


@define
class _Done:
    """What was taken back so far, and what was not."""

    is_told: bool
    """Whether what became of each is kept."""
    cancelled: int = 0
    others: int = 0
    told: dict[str, EntryState | None] = field(factory=dict)
    """The state of each message after that; None if there is no such message."""

    def tell(self, reference: str, entry: Entry | None) -> None:
        """Take note of what became of one."""
        state = None if entry is None else entry.state
        self.cancelled += state is EntryState.CANCELLED
        self.others += state is not EntryState.CANCELLED
        if self.is_told:
            self.told[reference] = state


def cancel_messages(
    journal: Path, references: Sequence[str], output: Output, *, all_queued: bool
) -> Result:
    """Take back the messages of *references*, or all that are queued.

    Raises:
        UsageError: It is not said which.
        ConfigurationError: There is no journal.
        JournalError: It cannot be written, and nothing was taken back.
    """
    wanted = named(references, "--all-queued", all_of_them=all_queued)
    done = _Done(is_told=not all_queued)
    error = None
    try:
        asyncio.run(_cancel(journal, wanted, done))
    except JournalError as failure:
        if not done.cancelled:
            raise
        error = failure
    codes = [exit_code_of(error)] if error else []
    return Result(
        code=worst([*codes, ExitCode.REFUSED] if done.others else codes),
        document={
            "cancelled": done.cancelled,
            "not_cancelled": done.others,
            "messages": [_document(*each, output) for each in done.told.items()],
            "error": error and documents.error(error),
        },
        lines=tuple(_lines(done, output)),
        complaint=error.text if error else "",
    )


async def _cancel(journal: Path, wanted: Sequence[str], done: _Done) -> None:
    async with opened(journal) as file:
        references = wanted or in_state(file, EntryState.QUEUED)
        await with_each(references, file.cancel, done.tell)


def _document(reference: str, state: EntryState | None, output: Output) -> dict[str, Any]:
    is_known = state is not None
    return {
        "reference": reference if is_known else shown_reference(reference, output),
        "outcome": "cancelled" if state is EntryState.CANCELLED else "not_cancelled",
        "state": state and state.value,
    }


def _lines(done: _Done, output: Output) -> Iterator[str]:
    if not done.is_told:
        yield f"cancelled {shown_messages(done.cancelled)}"
        if done.others:
            yield f"not cancelled {shown_messages(done.others)}: not queued any more"
    for reference, state in done.told.items():
        if state is None:
            shown = shown_reference(reference, output)
            yield f"not cancelled {shown}: not in the journal"
        elif state is EntryState.CANCELLED:
            yield f"cancelled {reference}"
        else:
            yield f"not cancelled {reference}: it is {state} already"
