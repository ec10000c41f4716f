"""Journals for the command to look into, and a look at what it left."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from omni_common.errors import AnswerLostError, RefusedError
from omni_common.outbox import EntryState
from omni_common.outbox.journal import PAUSED, Journal
from omni_common.outbox.rows import Settlement
from omni_common.report import DeliveryReport, DeliveryState, PartReport
from omni_common.track import Track
from tests.outbox import outboxes
from tests.outbox.journals import posting, receipt

__all__ = ["NUMBER", "QUOTED", "SECRET", "broken", "filled", "heard", "later", "paused", "states"]

NUMBER = "+37251234567"
SECRET = "canary text 314159"
THEN = datetime(2020, 1, 1, 12, tzinfo=UTC)
"""When everything happened."""
FAR = datetime(2100, 1, 1, 12, tzinfo=UTC)
QUOTED = "+37257777777"
"""A number that an error quotes, as a vendor's words may."""


def filled(path: Path, **references: EntryState) -> None:
    """Put a message into each state; the _ of a reference becomes a hyphen."""
    wanted = {name.replace("_", "-"): state for name, state in references.items()}
    asyncio.run(_filled(path, wanted))


async def _filled(path: Path, wanted: dict[str, EntryState]) -> None:
    journal = Journal(path)
    for reference, state in wanted.items():
        begun = EntryState.QUEUED if state is EntryState.QUEUED else EntryState.CLAIMED
        (id,) = await journal.put([posting(reference, state=begun, due=THEN, text=SECRET)], THEN)
        assert isinstance(id, int)
        if state.is_settled:
            await journal.settle([_settlement(id, reference, state)], THEN)
    await journal.close()


def _settlement(id: int, reference: str, state: EntryState) -> Settlement:
    match state:
        case EntryState.ACCEPTED:
            return Settlement(id, state, receipt=receipt(reference, f"messente:{reference}"))
        case EntryState.REFUSED:
            return Settlement(id, state, error=RefusedError(f"{QUOTED} is no number"))
        case EntryState.UNKNOWN:
            return Settlement(id, state, error=AnswerLostError("the answer was lost"))
    return Settlement(id, state)


def paused(path: Path, why: str) -> None:
    """Say in a journal why nothing is sent."""

    async def write() -> None:
        journal = Journal(path)
        await journal.write_note(PAUSED, why)
        await journal.close()

    asyncio.run(write())


def heard(path: Path, id: str, state: DeliveryState) -> None:
    """Keep a vendor's report of the message with this id in a journal."""

    async def write() -> None:
        journal = Journal(path)
        report = DeliveryReport.of_parts(id, [PartReport("sms", state)])
        await journal.merge_track(id, Track.of_report(report), "messente", THEN)
        await journal.close()

    asyncio.run(write())


def broken(path: Path, reference: str, *columns: str) -> None:
    """Leave something in the columns of a message that is no document."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for column in columns:
            update = "UPDATE message SET document = ? WHERE reference = ?"
            other.execute(update.replace("document", column), ("{}", reference))


def states(path: Path) -> dict[str, str]:
    """The state of each message."""
    return asyncio.run(outboxes.states(path))


def later(path: Path, reference: str) -> None:
    """Put a message into a journal that is kept for a long time."""

    async def put() -> None:
        journal = Journal(path)
        await journal.put([posting(reference, due=FAR, held=True, text=SECRET)], THEN)
        await journal.close()

    asyncio.run(put())
