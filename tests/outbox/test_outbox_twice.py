"""One reference is one message, however often, from however many callers it is handed over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    InvalidMessageError,
    OutcomeUnknownError,
    RefusedError,
)
from omni_common.exchange import OnUnknown
from omni_common.message import Message
from omni_common.outbox import Outbox
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting
from omni_common.receipt import Accepted, NotSent, Receipt, Unknown
from tests.outbox.journals import message
from tests.outbox.outboxes import (
    StallingProvider,
    all_of,
    kept,
    outcomes_recorded,
    quiet,
    sent,
    soon,
    state_of,
    states,
)
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider, receipt_of


class Numbering(MemoryProvider):
    """Gives each call an id of its own, so that receipts of two calls differ."""

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        number = len(self.sent)
        return Receipt(f"memory:{number}", "memory", receipt.reference, receipt.to, raw=[number])


async def test_the_second_send_returns_the_receipt_of_the_first(path: Path) -> None:
    provider = Numbering()
    async with Outbox(provider, path) as omni:
        first = await omni.send(message("a"))
        second = await omni.send(message("a"))
    assert (second.id, second.to, second.reference) == (first.id, first.to, "a")
    assert second.raw is None
    assert sent(provider) == ["a"]


async def test_another_outbox_on_the_same_journal_returns_the_same_receipt(path: Path) -> None:
    async with Outbox(Numbering(), path) as omni:
        first = await omni.send(message("a"))
    provider = Numbering()
    async with Outbox(provider, path) as omni:
        second = await omni.send(message("a"))
    assert second.id == first.id
    assert provider.sent == []


async def test_a_hundred_sends_of_one_message_at_once_are_one_call(path: Path) -> None:
    provider = Numbering()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        sending = [asyncio.create_task(omni.send(message("a"))) for _ in range(100)]
        await provider.has_been_called(1)
        await quiet(omni)
        provider.held["a"].set()
        receipts = await soon(asyncio.gather(*sending))
    assert {receipt.id for receipt in receipts} == {"memory:1"}
    assert sent(provider) == ["a"]


async def test_a_hundred_sends_of_one_message_are_told_the_same_of_an_unknown_outcome(
    path: Path,
) -> None:
    provider = Numbering()
    provider.held["a"] = asyncio.Event()
    provider.failures["a"] = AnswerLostError("lost")
    async with Outbox(provider, path) as omni:
        sending = [asyncio.create_task(omni.send(message("a"))) for _ in range(100)]
        await provider.has_been_called(1)
        provider.held["a"].set()
        told = await soon(asyncio.gather(*sending, return_exceptions=True))
    assert {type(each) for each in told} == {AnswerLostError}
    assert sent(provider) == ["a"]


@pytest.mark.parametrize("end", ["accepted", "refused", "unknown", "kept", "cancelled"])
async def test_another_message_under_a_reference_is_refused_whatever_became_of_the_first(
    path: Path, end: str
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    if end in ("refused", "unknown"):
        provider.failures["a"] = RefusedError("no") if end == "refused" else AnswerLostError("lost")
    async with Outbox(provider, path) as omni:
        given = kept("a", clock) if end in ("kept", "cancelled") else message("a")
        await asyncio.gather(omni.send(given), return_exceptions=True)
        if end == "cancelled":
            await omni.cancel("outbox:a")
        provider.failures.clear()
        calls = len(provider.sent)
        with pytest.raises(InvalidMessageError) as caught:
            await omni.send(message("a", "Other words"))
        assert (caught.value.field, caught.value.reference) == ("reference", "a")
        (outcome,) = await all_of(omni.enqueue([message("a", "Other words")]))
        assert isinstance(outcome, NotSent)
        assert outcome.error.field == "reference"
    assert len(provider.sent) == calls


async def test_another_message_under_the_reference_of_one_that_is_being_sent_is_refused(
    path: Path,
) -> None:
    provider = MemoryProvider()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        sending = asyncio.create_task(omni.send(message("a")))
        await provider.has_been_called(1)
        with pytest.raises(InvalidMessageError):
            await soon(omni.send(message("a", "Other words")))
        provider.held["a"].set()
        assert await sending == receipt_of(message("a"))


async def test_a_refused_message_that_is_sent_again_is_a_new_beginning(path: Path) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = RefusedError("no")
    async with Outbox(provider, path) as omni:
        with pytest.raises(RefusedError):
            await omni.send(message("a"))
        with pytest.raises(RefusedError):
            await omni.send(message("a"))
        provider.failures.clear()
        assert await omni.send(message("a")) == receipt_of(message("a"))
        assert await omni.send(message("a")) == receipt_of(message("a"))
    assert sent(provider) == ["a", "a", "a"]
    assert await states(path) == {"a": "accepted"}


async def test_a_refused_message_that_ends_unknown_the_second_time_is_unknown(path: Path) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = RefusedError("no")
    async with Outbox(provider, path) as omni:
        with pytest.raises(RefusedError):
            await omni.send(message("a"))
        provider.failures["a"] = AnswerLostError("lost")
        for _ in range(2):
            with pytest.raises(AnswerLostError):
                await omni.send(message("a"))
    assert sent(provider) == ["a", "a"]


async def test_a_queued_message_that_is_sent_goes_out_once(path: Path) -> None:
    provider = Numbering()
    provider.failures["a"] = AuthenticationError("who are you")
    async with Outbox(provider, path) as omni:
        (queued,) = await all_of(omni.enqueue([message("a")]))
        assert isinstance(queued, Accepted)
        await omni.drain()
        assert await state_of(omni, "a") is EntryState.QUEUED
        provider.failures.clear()
        receipt = await soon(omni.send(message("a")))
        assert receipt.id == "memory:2"
    async with Outbox(provider, path) as omni:
        await omni.drain()
    assert sent(provider) == ["a", "a"]


async def test_a_send_waits_for_the_dispatcher_that_is_sending_the_message(path: Path) -> None:
    provider = Numbering()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message("a")]))
        await provider.has_been_called(1)
        sending = asyncio.create_task(omni.send(message("a")))
        await quiet(omni)
        assert not sending.done()
        provider.held["a"].set()
        assert (await soon(sending)).id == "memory:1"
    assert sent(provider) == ["a"]


async def test_enqueue_tells_what_became_of_what_was_handed_over_before(path: Path) -> None:
    provider = Numbering()
    provider.failures = {"r": RefusedError("no"), "u": AnswerLostError("lost")}
    async with Outbox(provider, path) as omni:
        given = [message(each) for each in "aru"]
        await asyncio.gather(*map(omni.send, given), return_exceptions=True)
        accepted, refused, unknown = await all_of(omni.enqueue(given))
        await omni.drain()
    assert isinstance(accepted, Accepted)
    assert accepted.receipt.id.startswith("memory:")
    assert isinstance(refused, NotSent)
    assert isinstance(refused.error, RefusedError)
    assert isinstance(unknown, Unknown)
    assert isinstance(unknown.error, AnswerLostError)
    assert sorted(sent(provider)) == ["a", "r", "u"]


async def test_a_message_twice_in_one_enqueue_is_sent_once(path: Path) -> None:
    provider = Numbering()
    async with Outbox(provider, path) as omni:
        outcomes = await all_of(omni.enqueue([message("a"), message("b"), message("a")]))
        await omni.drain()
    assert all(isinstance(each, Accepted) for each in outcomes)
    assert sorted(sent(provider)) == ["a", "b"]


async def test_two_messages_of_one_reference_in_one_enqueue_are_not_taken_for_one(
    path: Path,
) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        first, other = await all_of(omni.enqueue([message("a"), message("a", "Other words")]))
        await omni.drain()
    assert isinstance(first, Accepted)
    assert isinstance(other, NotSent)
    assert other.error.field == "reference"
    assert provider.sent == [message("a")]


@pytest.mark.parametrize("paused", [False, True])
async def test_a_second_send_goes_on_when_the_first_is_interrupted(
    path: Path, caplog: pytest.LogCaptureFixture, *, paused: bool
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    provider.held["a"] = asyncio.Event()
    provider.failures["x"] = AuthenticationError("who are you")
    async with Outbox(provider, path) as omni:
        first = asyncio.create_task(omni.send(message("a")))
        await provider.has_been_called(1)
        if paused:
            with pytest.raises(AuthenticationError):
                await omni.send(message("x"))
        second = asyncio.create_task(omni.send(message("a")))
        await quiet(omni)
        first.cancel()
        await quiet(omni)
        await clock.advance(5)
        with pytest.raises(OutcomeUnknownError):
            await soon(second)
    assert outcomes_recorded(caplog)[:1] == [("a", "unknown")]
    assert sent(provider).count("a") == 1


@pytest.mark.parametrize("then", ["paused", "closed"])
async def test_a_second_send_goes_on_when_the_first_is_interrupted_while_it_is_settled(
    path: Path, then: str
) -> None:
    provider = StallingProvider(path)
    provider.held["a"] = asyncio.Event()
    provider.failures["x"] = AuthenticationError("who are you")
    omni = Outbox(provider, path)
    if then == "paused":
        with pytest.raises(AuthenticationError):
            await omni.send(message("x"))
    first = asyncio.create_task(omni.send(message("a")))
    await provider.has_been_called(1 + (then == "paused"))
    second = asyncio.create_task(omni.send(message("a")))
    await quiet(omni)
    closing = asyncio.create_task(omni.close() if then == "closed" else quiet(omni))
    await soon(asyncio.wait({closing}, timeout=0.1))  # the second waits for the first by then
    provider.held["a"].set()
    for _ in range(10):
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    provider.release()
    assert (await soon(second)).id == "memory:a"
    await soon(closing)
    await omni.close()
    assert first.cancelled()
    assert sent(provider).count("a") == 1


async def test_what_is_purged_while_it_is_handed_over_again_is_sent(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, clock = MemoryProvider(), FakeClock()
    provider.failures["a"] = RefusedError("no")
    put = Journal.put

    async def purged(
        journal: Journal, postings: Sequence[Posting], now: datetime
    ) -> list[int | Entry]:
        found = await put(journal, postings, now)
        monkeypatch.setattr(Journal, "put", put)
        await journal.purge([EntryState.REFUSED], now + timedelta(seconds=1))
        return found

    async with Outbox(provider, path, clock=clock) as omni:
        with pytest.raises(RefusedError):
            await omni.send(message("a"))
        provider.failures.clear()
        monkeypatch.setattr(Journal, "put", purged)
        assert await soon(omni.send(message("a"))) == receipt_of(message("a"))
    assert sent(provider) == ["a", "a"]
