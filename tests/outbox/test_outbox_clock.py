"""A machine whose clock is set while an outbox is open, or between two of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from omni_common.outbox import EntryState, Outbox
from omni_common.outbox.journal import Journal
from tests.outbox.journals import message, posted
from tests.outbox.outboxes import all_of, kept, quiet, sent, state_of
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

HOUR = timedelta(hours=1)


class SetClock(FakeClock):
    """Its time of day can be set; what is measured with it goes on as before."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


async def test_what_was_queued_before_the_clock_was_set_back_is_sent_all_the_same(
    path: Path,
) -> None:
    clock = SetClock()
    provider = MemoryProvider(clock)
    journal = Journal(path)
    await posted(journal, "order-1", due=clock.now() + 2 * HOUR)  # as the clock was then
    await journal.close()
    async with Outbox(provider, path) as omni:
        await omni.drain()
        clock.shift = -2 * HOUR
        await all_of(omni.enqueue([message("order-2")]))
        await omni.drain()
    assert sent(provider) == ["order-1", "order-2"]


async def test_a_kept_message_waits_for_its_time_as_the_clock_shows_it(path: Path) -> None:
    clock = SetClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        await omni.send(kept("order-1", clock, minutes=10))
        clock.shift = -HOUR
        await clock.advance(601)
        await omni.drain()
        assert await state_of(omni, "order-1") is EntryState.QUEUED
        clock.shift = timedelta()
        await clock.advance(5)
        await omni.drain()
        await quiet(omni)
    assert sent(provider) == ["order-1"]


async def test_a_message_is_sent_once_however_the_clock_jumps(path: Path) -> None:
    clock = SetClock()
    provider = MemoryProvider(clock)
    for shift in (timedelta(), -3 * HOUR, 5 * HOUR, -HOUR):
        clock.shift = shift
        async with Outbox(provider, path) as omni:
            await omni.send(message("order-1"))
            await all_of(omni.enqueue([message("order-2"), message("order-3")]))
            await omni.drain()
    assert sorted(sent(provider)) == ["order-1", "order-2", "order-3"]
