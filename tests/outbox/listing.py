"""Providers that list what they sent, for tests of reconciling."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from omni_common.errors import AnswerLostError
from omni_common.exchange import OnUnknown
from omni_common.message import Channel, Message
from omni_common.outbox import EntryState, Outbox
from omni_common.outbox.journal import Journal
from omni_common.receipt import Receipt
from omni_common.report import DeliveryReport, DeliveryState, PartReport
from omni_common.sent import SentAs, SentMessage
from tests.outbox.journals import posting
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

__all__ = ["ListingProvider", "killed", "lose"]


class ListingProvider(MemoryProvider):
    """Takes every message, lists what it took, and gives each the id ``memory:`` and a number.

    ``rows`` is the list, which a test may change; ``states`` says what the status of an id is where
    it is not DELIVERED, and an error stands for no answer. ``meanwhile`` is awaited when all rows
    of a question were given, which are those from so much ``beyond`` what was asked for, too.
    """

    def __init__(self, clock: FakeClock | None = None) -> None:
        super().__init__(clock)
        self.rows: list[SentMessage] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.states: dict[str, DeliveryState | Exception] = {}
        self.beyond = timedelta()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    def take(self, message: Message, at: datetime | None = None) -> str:
        """List *message* as sent, now unless another time is given; the id it has."""
        likeness = self.sent_as(message)
        id = f"memory:{len(self.rows) + 1}"
        self.rows.append(
            SentMessage(
                id,
                likeness.to,
                likeness.channel,
                likeness.sender,
                likeness.text,
                at or self.clock.now(),
            )
        )
        return id

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        id = self.take(message)
        await super().send(message, on_unknown=on_unknown)
        return Receipt(id, "memory", message.reference, message.phone or "")

    async def status(self, id: str) -> DeliveryReport:
        state = self.states.get(id, DeliveryState.DELIVERED)
        if isinstance(state, Exception):
            raise state
        part = PartReport(Channel.SMS, state, id.removeprefix("memory:"))
        return DeliveryReport.of_parts(id, [part])

    def sent_as(self, message: Message) -> SentAs:
        content = message.content[0]
        return SentAs(
            message.phone or "", content.channel, content.sender or "Shop", content.text or ""
        )

    async def sent_messages(
        self, *, after: datetime, before: datetime
    ) -> AsyncIterator[SentMessage]:
        self.asked.append((after, before))
        for row in self.rows:
            if row.at is None or after - self.beyond <= row.at <= before + self.beyond:
                yield row
        if self.meanwhile is not None:
            await self.meanwhile()


async def lose(omni: Outbox, given: Message) -> None:
    """Send a message whose answer does not come, although the vendor took it."""
    provider = omni.wrapped
    assert isinstance(provider, ListingProvider)
    provider.failures[given.reference] = AnswerLostError("lost", provider="memory")
    with pytest.raises(AnswerLostError):
        await omni.send(given)


async def killed(
    path: Path, clock: FakeClock, *references: str, due: timedelta = timedelta()
) -> None:
    """Leave messages in the journal as a process does that is killed while it sends them."""
    journal = Journal(path)
    when = clock.now() + due
    await journal.put(
        [posting(each, state=EntryState.CLAIMED, due=when) for each in references], clock.now()
    )
    await journal.close()
