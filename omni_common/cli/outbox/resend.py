"""``omni outbox resend``: queue messages again of which nobody knows whether they were sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, field

from omni_common.cli import documents
from omni_common.cli.exits import ExitCode, exit_code_of, worst
from omni_common.cli.outbox.journal import opened, shown_messages
from omni_common.cli.outbox.references import in_state, named, shown_reference, with_each
from omni_common.cli.output import Output, Result
from omni_common.cli.usage import UsageError
from omni_common.errors import JournalError
from omni_common.outbox import EntryState

__all__ = ["resend_messages"]


@define
class _Done:
    """What was queued again so far, and what was not."""

    is_told: bool
    """Whether what became of each is kept."""
    queued: int = 0
    others: int = 0
    told: dict[str, bool] = field(factory=dict)
    """Of each message whether it was unknown, and is queued now."""

    def tell(self, reference: str, number: int) -> None:
        """Take note of what became of one."""
        self.queued += number
        self.others += 1 - number
        if self.is_told:
            self.told[reference] = number > 0


def resend_messages(
    journal: Path, references: Sequence[str], output: Output, *, all_unknown: bool, yes: bool
) -> Result:
    """Queue the messages of *references* again that are unknown, or all that are.

    Raises:
        UsageError: It is not said which, or all are meant without *yes*.
        ConfigurationError: There is no journal.
        JournalError: It cannot be written, and nothing was queued.
    """
    wanted = named(references, "--all-unknown", all_of_them=all_unknown)
    if all_unknown and not yes:
        raise UsageError(
            "--all-unknown sends all of them again, and those that arrived the first time arrive"
            " and are charged twice; look at the vendor first, and say --yes",
            field="--yes",
        )
    done = _Done(is_told=not all_unknown)
    error = None
    try:
        asyncio.run(_resend(journal, wanted, done))
    except JournalError as failure:
        if not done.queued:
            raise
        error = failure
    codes = [exit_code_of(error)] if error else []
    return Result(
        code=worst([*codes, ExitCode.REFUSED] if done.others else codes),
        document={
            "queued": done.queued,
            "not_queued": done.others,
            "messages": [
                {
                    "reference": reference if is_queued else shown_reference(reference, output),
                    "outcome": "queued" if is_queued else "not_queued",
                }
                for reference, is_queued in done.told.items()
            ],
            "error": error and documents.error(error),
        },
        lines=tuple(_lines(done, output)),
        complaint=error.text if error else "",
    )


async def _resend(journal: Path, wanted: Sequence[str], done: _Done) -> None:
    async with opened(journal) as file:
        await with_each(
            wanted or in_state(file, EntryState.UNKNOWN),
            lambda reference: file.resend_unknown([reference]),
            done.tell,
        )


def _lines(done: _Done, output: Output) -> Iterator[str]:
    for reference, is_queued in done.told.items():
        if not is_queued:
            shown = shown_reference(reference, output)
            yield f"not queued {shown}: not unknown, or not in the journal"
    yield f"queued {shown_messages(done.queued)} again" + (
        "; what arrived the first time arrives twice, and is charged twice" if done.queued else ""
    )
