"""``omni outbox purge``: delete messages that nobody has to look at any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from omni_common.cli.exits import ExitCode
from omni_common.cli.outbox.journal import opened, shown_messages, size_on_disk
from omni_common.cli.output import Result
from omni_common.cli.usage import UsageError
from omni_common.outbox import EntryState
from omni_common.outbox.entry import PURGED_STATES

__all__ = ["purge_messages"]


def purge_messages(
    journal: Path, older_than: timedelta, states: Sequence[str], *, unknown: bool
) -> Result:
    """Delete what came into its state longer ago than that, and make the file smaller.

    Only what is in one of *states*, unless there are none; what is *unknown* too.

    Raises:
        UsageError: There was no time so long ago.
        ConfigurationError: There is no journal.
        JournalError: It cannot be written, or not be made smaller for now.
    """
    try:
        before = datetime.now(UTC) - older_than
    except OverflowError:
        raise UsageError("--older-than is before all time", field="--older-than") from None
    wanted = [EntryState(state) for state in states or PURGED_STATES]
    wanted += [EntryState.UNKNOWN] if unknown else []
    file = opened(journal)
    size = size_on_disk(journal)

    async def purge() -> int:
        async with file:
            return await file.purge(before=before, states=wanted)

    number = asyncio.run(purge())
    now = size_on_disk(journal)
    return Result(
        code=ExitCode.DONE,
        document={"purged": number, "bytes_before": size, "bytes": now, "error": None},
        lines=(
            f"deleted {shown_messages(number)}; {size:,} bytes on the disk before, {now:,} now",
        ),
    )
