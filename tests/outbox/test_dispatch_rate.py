"""``rate``: evenly, with a small burst, whoever sends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.message import Message
from omni_common.outbox import Outbox
from omni_common.receipt import Receipt, SendOutcome
from tests.outbox.journals import message
from tests.outbox.outboxes import all_of, quiet
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of as all_outcomes
from tests.support.providers import BulkProvider, MemoryProvider

NAMES = [str(number) for number in range(150)]


class Timing(MemoryProvider):
    """Notes when each message leaves."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.moments: list[float] = []

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self.moments.append(self.clock.monotonic())
        return await super().send(message, on_unknown=on_unknown)


class TimingInBulk(BulkProvider):
    """The same, where several leave together."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(100, clock)
        self.moments: list[float] = []

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        self.moments += [self.clock.monotonic()] * len(messages)
        return await super().send_batch(messages, history)


def most_within(moments: list[float], seconds: float) -> int:
    """The most that left within any such time."""
    return max(sum(first <= each < first + seconds - 1e-6 for each in moments) for first in moments)


async def until_sent(clock: FakeClock, omni: Outbox, moments: list[float]) -> None:
    """Let time pass in steps of a departure's interval, until all have left."""
    await quiet(omni)
    for _ in range(4 * len(NAMES)):
        if len(moments) == len(NAMES):
            return
        await clock.advance(0.005)
        await quiet(omni)


def check(moments: list[float]) -> None:
    """All left, at the rate and not slower."""
    assert len(moments) == len(NAMES)
    assert moments.count(moments[0]) <= 5
    assert most_within(moments, 1) <= 101
    assert 1.3 <= moments[-1] - moments[0] <= 1.7


async def test_sends_at_once_leave_at_the_rate(path: Path) -> None:
    clock = FakeClock(turns=2)
    provider = Timing(clock)
    async with Outbox(provider, path, rate=100) as omni:
        sending = [asyncio.create_task(omni.send(message(each))) for each in NAMES]
        await until_sent(clock, omni, provider.moments)
        await asyncio.gather(*sending)
    check(provider.moments)


async def test_the_queue_leaves_at_the_rate(path: Path) -> None:
    clock = FakeClock(turns=2)
    provider = Timing(clock)
    async with Outbox(provider, path, rate=100) as omni:
        await all_of(omni.enqueue(map(message, NAMES)))
        await until_sent(clock, omni, provider.moments)
    check(provider.moments)


async def test_sends_and_the_queue_together_leave_at_the_rate(path: Path) -> None:
    clock = FakeClock(turns=2)
    provider = Timing(clock)
    async with Outbox(provider, path, rate=100) as omni:
        await all_of(omni.enqueue(map(message, NAMES[:75])))
        sending = [asyncio.create_task(omni.send(message(each))) for each in NAMES[75:]]
        await until_sent(clock, omni, provider.moments)
        await asyncio.gather(*sending)
    check(provider.moments)


async def test_bulk_calls_of_the_queue_leave_at_the_rate(path: Path) -> None:
    clock = FakeClock(turns=2)
    provider = TimingInBulk(clock)
    async with Outbox(provider, path, rate=100) as omni:
        await all_of(omni.enqueue(map(message, NAMES)))
        await until_sent(clock, omni, provider.moments)
    assert max(map(len, provider.batches)) <= 5
    check(provider.moments)


async def test_bulk_calls_of_a_stream_leave_at_the_rate(path: Path) -> None:
    clock = FakeClock(turns=2)
    provider = TimingInBulk(clock)
    async with Outbox(provider, path, rate=100) as omni:
        reading = asyncio.create_task(all_outcomes(omni.send_many(map(message, NAMES))))
        await until_sent(clock, omni, provider.moments)
        await reading
    assert max(map(len, provider.batches)) <= 5
    check(provider.moments)


async def test_a_rate_below_one_is_a_rate_too(path: Path) -> None:
    clock = FakeClock()
    provider = Timing(clock)
    async with Outbox(provider, path, rate=0.5) as omni:
        await all_of(omni.enqueue(map(message, NAMES[:3])))
        for _ in range(8):
            await quiet(omni)
            await clock.advance(0.5)
        await quiet(omni)
    assert provider.moments == [0, 2, 4]
