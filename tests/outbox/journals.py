"""What tests put into journals, and how they look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from omni_common.message import Message, Sms
from omni_common.outbox.documents import message_document
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting, Turn
from omni_common.receipt import Receipt

__all__ = [
    "NOON",
    "NUMBER",
    "at",
    "begun",
    "message",
    "posted",
    "posting",
    "receipt",
    "references",
    "state",
]

T = TypeVar("T")

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
NUMBER = "+37251234567"


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def message(reference: str, text: str = "Hi") -> Message:
    """An SMS."""
    return Message(NUMBER, Sms(text), reference=reference)


def posting(
    reference: str,
    *,
    state: EntryState = EntryState.QUEUED,
    due: datetime = NOON,
    held: bool = False,
    text: str = "Hi",
) -> Posting:
    """An SMS to be written down."""
    return Posting(reference, Turn(state, due, held), message_document(message(reference, text)))


async def posted(journal: Journal, *references: str, **options: Any) -> list[int]:
    """Put new messages into *journal*; their ids."""
    found = await journal.put([posting(each, **options) for each in references], NOON)
    assert all(isinstance(each, int) for each in found)
    return [each for each in found if isinstance(each, int)]


def receipt(reference: str, id: str = "messente:1") -> Receipt:
    """What a vendor gives for a message."""
    return Receipt(id, "messente", reference, NUMBER)


def references(entries: list[Entry]) -> list[str]:
    """Which messages they are, in order."""
    return [entry.reference for entry in entries]


async def state(journal: Journal, reference: str) -> EntryState:
    """How far the message of *reference* has come."""
    entry = await journal.find(reference)
    assert entry is not None
    return entry.state


async def begun(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that has asked for its work, and not yet got it."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    return task
