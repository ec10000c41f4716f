"""What tests hand over to outboxes, and how they interrupt, hold up and question them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from attrs import evolve

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.exchange import OnUnknown
from omni_common.history import OUTCOME_LOGGER
from omni_common.message import Channel, Message
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from omni_common.receipt import Receipt, SendOutcome
from tests.outbox.journals import message
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

__all__ = [
    "CuttingClock",
    "SchedulingProvider",
    "StallingProvider",
    "all_of",
    "kept",
    "outcomes_recorded",
    "quiet",
    "said_by",
    "sent",
    "soon",
    "state_of",
    "states",
    "stored",
    "written_by_another",
]

T = TypeVar("T")
_ROUNDS = 8


def kept(reference: str, clock: FakeClock, *, minutes: float = 10) -> Message:
    """An SMS that is to go out so many minutes from now."""
    return evolve(message(reference), send_at=clock.now() + timedelta(minutes=minutes))


def sent(provider: MemoryProvider) -> list[str]:
    """The references of what *provider* was called with, in that order."""
    return [each.reference for each in provider.sent]


async def soon(awaited: Awaitable[T]) -> T:
    """What comes of *awaited*, which must not take long."""
    return await asyncio.wait_for(awaited, 3)


async def quiet(omni: Outbox) -> None:
    """Let the journal's thread and the loop do all there is to do at this moment."""
    for _ in range(_ROUNDS):
        await omni.count()
        await asyncio.sleep(0)


async def all_of(outcomes: AsyncGenerator[SendOutcome, None]) -> list[SendOutcome]:
    """Everything that ``enqueue`` yields."""
    return [outcome async for outcome in outcomes]


async def state_of(omni: Outbox, reference: str) -> EntryState:
    """How far a message has come by the journal of an open outbox."""
    report = await omni.status(f"outbox:{reference}")
    return EntryState(str(report.parts[0].raw_state))


async def states(path: Path) -> dict[str, str]:
    """The state of each message of a journal that no outbox has open."""
    journal = Journal(path)
    try:
        return {each.reference: each.state.value for each in await journal.select(EntryState)}
    finally:
        await journal.close()


def stored(path: Path, reference: str) -> str | None:
    """The state of a message that is on the disk at this moment."""
    with closing(sqlite3.connect(path)) as other:
        query = "SELECT state FROM message WHERE reference = ?"
        found = other.execute(query, (reference,)).fetchone()
    return None if found is None else str(found[0])


@contextmanager
def written_by_another(path: Path) -> Iterator[None]:
    """Keep the journal from writing for as long as the block takes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def outcomes_recorded(caplog: pytest.LogCaptureFixture) -> list[tuple[object, object]]:
    """Reference and outcome of every interrupted send."""
    records = [each for each in caplog.records if each.name == OUTCOME_LOGGER]
    return [(vars(each)["reference"], vars(each)["outcome"]) for each in records]


def said_by(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """What the outbox has said at *level*, and no other."""
    return [
        each.getMessage()
        for each in caplog.records
        if each.name == "omni_common.outbox" and each.levelno == level
    ]


class CuttingClock(FakeClock):
    """Interrupts ``victim`` when that looks at the time for the ``cut_at``-th time.

    It then ends where it next waits for anything, be it the journal or the provider.
    """

    def __init__(self) -> None:
        super().__init__()
        self.victim: asyncio.Task[Receipt] | None = None
        self.looks = self.cut_at = 0

    def now(self) -> datetime:
        current = asyncio.current_task()
        if current is not None and current is self.victim:
            self.looks += 1
            if self.looks == self.cut_at:
                current.cancel()
        return super().now()


class StallingProvider(MemoryProvider):
    """Keeps the journal at *path* from writing from its first call on, until it is released."""

    def __init__(self, path: Path, clock: FakeClock | None = None) -> None:
        super().__init__(clock)
        self._path = path
        self._other: sqlite3.Connection | None = None

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        if self._other is None:
            self._other = sqlite3.connect(self._path, isolation_level=None)
            self._other.execute("BEGIN IMMEDIATE")
        return receipt

    def release(self) -> None:
        """Let the journal write again."""
        assert self._other is not None
        self._other.close()


class SchedulingProvider(MemoryProvider):
    """Takes ``send_at``, as a vendor with scheduling of its own does."""

    @property
    def capabilities(self) -> Capabilities:
        can = ChannelCapabilities(schedule=True, cancel=True)
        return Capabilities(provider="memory", channels={Channel.SMS: can})
