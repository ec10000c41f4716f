"""``Outbox.enqueue``: outcomes in order, few messages in memory, any source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from omni_common.errors import ClientClosedError
from omni_common.message import Message
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.receipt import Accepted, NotSent, SendOutcome
from tests.outbox.journals import message
from tests.outbox.outboxes import all_of, sent, states, written_by_another
from tests.support.outcomes import belated, messages, pulled, shown
from tests.support.providers import BulkProvider, MemoryProvider


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
async def test_every_message_has_its_outcome_in_order_and_is_sent_once(
    path: Path, count: int
) -> None:
    provider = BulkProvider(100)
    async with Outbox(provider, path) as omni:
        outcomes = await all_of(omni.enqueue(messages(count)))
        await omni.drain()
        assert shown(outcomes) == [f"Accepted {number}" for number in range(count)]
        assert (await omni.count())[EntryState.ACCEPTED] == count
    assert sent(provider) == [str(number) for number in range(count)]


async def test_an_accepted_message_has_the_receipt_of_the_outbox(path: Path) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        (outcome,) = await all_of(omni.enqueue(messages(1)))
    assert isinstance(outcome, Accepted)
    assert (outcome.receipt.id, outcome.receipt.provider) == ("outbox:0", "memory")


async def test_an_asynchronous_source_is_as_good(path: Path) -> None:
    provider = BulkProvider(100)
    async with Outbox(provider, path) as omni:
        outcomes = await all_of(omni.enqueue(pulled(messages(1500))))
        await omni.drain()
    assert shown(outcomes) == [f"Accepted {number}" for number in range(1500)]
    assert len(provider.sent) == 1500


async def test_a_source_is_read_a_thousand_messages_ahead_at_most(path: Path) -> None:
    read = taken = furthest = 0

    def source() -> Iterator[Message]:
        nonlocal read
        for each in range(10_000):
            read += 1
            yield message(str(each))

    async with Outbox(BulkProvider(1000), path) as omni:
        async for _ in omni.enqueue(source()):
            taken += 1
            furthest = max(furthest, read - taken)
        await omni.drain()
    assert taken == read == 10_000
    assert furthest < 1000


async def test_what_check_finds_fault_with_is_not_in_the_journal(path: Path) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        given = [message("0"), belated("1"), message("2"), belated("3")]
        outcomes = await all_of(omni.enqueue(given))
        await omni.drain()
    assert shown(outcomes) == ["Accepted 0", "NotSent 1", "Accepted 2", "NotSent 3"]
    assert [each.error.field for each in outcomes if isinstance(each, NotSent)] == ["send_at"] * 2
    assert await states(path) == {"0": "accepted", "2": "accepted"}


async def test_what_is_told_to_be_accepted_is_on_the_disk(path: Path) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        await omni.drain()
        with written_by_another(path):
            telling = asyncio.ensure_future(anext(omni.enqueue([message("a")])))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not telling.done()
        assert shown([await telling]) == ["Accepted a"]


async def test_an_enqueue_that_is_interrupted_puts_nothing_into_the_queue(path: Path) -> None:
    provider = MemoryProvider()
    # Kept ones, since what is due may have been claimed before it is taken back.
    later = provider.clock.now() + timedelta(hours=1)
    kept = [evolve(each, send_at=later) for each in messages(3)]
    async with Outbox(provider, path) as omni:
        await omni.drain()
        with written_by_another(path):
            enqueuing = asyncio.create_task(all_of(omni.enqueue(kept)))
            for _ in range(20):
                await asyncio.sleep(0)
            enqueuing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await enqueuing
        await omni.drain()
    assert set((await states(path)).values()) <= {"cancelled"}


async def test_the_source_is_closed_where_the_outcomes_are_left_early(path: Path) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[Message]:
        try:
            for each in messages(5000):
                yield each
        finally:
            closed.set()

    async with Outbox(MemoryProvider(), path) as omni:
        outcomes = omni.enqueue(source())
        assert shown([await anext(outcomes)]) == ["Accepted 0"]
        await outcomes.aclose()
    assert closed.is_set()


async def test_a_closed_outbox_takes_nothing(path: Path) -> None:
    omni = Outbox(MemoryProvider(), path)
    await omni.close()
    with pytest.raises(ClientClosedError):
        await all_of(omni.enqueue(messages(1)))
    assert not path.exists()


async def test_several_may_enqueue_at_once(path: Path) -> None:
    provider = BulkProvider(10)
    async with Outbox(provider, path) as omni:
        parts = [[message(f"{part}-{each}") for each in range(50)] for part in range(4)]
        told = await asyncio.gather(*(all_of(omni.enqueue(part)) for part in parts))
        await omni.drain()
    assert [[each.message for each in outcomes] for outcomes in told] == parts
    assert len(set(sent(provider))) == len(sent(provider)) == 200


async def test_a_source_that_fails_loses_nothing_that_was_read(path: Path) -> None:
    def failing() -> Iterator[Message]:
        yield from messages(250)
        raise LookupError("the table ends here")

    outcomes: list[SendOutcome] = []

    async def take() -> None:
        async for outcome in omni.enqueue(failing()):
            outcomes.append(outcome)  # noqa: PERF401 - what came before the error is what matters

    async with Outbox(BulkProvider(100), path) as omni:
        with pytest.raises(LookupError, match="ends here"):
            await take()
        await omni.drain()
    assert shown(outcomes) == [f"Accepted {number}" for number in range(250)]
    assert set((await states(path)).values()) == {"accepted"}


async def test_a_message_that_cannot_be_written_down_is_refused_alone(path: Path) -> None:
    provider = BulkProvider(100)
    given = [message("0"), evolve(message("1"), extra={"memory": {"key": object()}}), message("2")]
    async with Outbox(provider, path) as omni:
        assert shown(await all_of(omni.enqueue(given))) == ["Accepted 0", "NotSent 1", "Accepted 2"]
        async with omni.send_many(
            [evolve(each, reference=f"{each.reference} again") for each in given]
        ) as outcomes:
            found = shown([outcome async for outcome in outcomes])
        assert found == ["Accepted 0 again", "NotSent 1 again", "Accepted 2 again"]
        await omni.drain()
    assert sorted(sent(provider)) == ["0", "0 again", "2", "2 again"]
