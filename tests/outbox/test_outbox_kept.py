"""Messages with a time: kept until then, taken back for sure, and expired when it is long past."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omni_common.errors import (
    AnswerLostError,
    CancelFailedError,
    ConfigurationError,
    ConnectionFailedError,
    RefusedError,
    UnknownMessageError,
)
from omni_common.message import Channel
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.receipt import Accepted
from omni_common.report import DeliveryState
from tests.outbox.journals import NUMBER, message
from tests.outbox.outboxes import (
    SchedulingProvider,
    all_of,
    kept,
    quiet,
    said_by,
    sent,
    state_of,
    states,
)
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of as all_outcomes
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of


async def test_a_kept_message_has_a_receipt_and_is_not_sent_yet(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        receipt = await omni.send(kept("a", clock))
        await omni.drain()
        assert (receipt.id, receipt.provider, receipt.to) == ("outbox:a", "memory", NUMBER)
        assert [part.channel for part in receipt.parts] == [Channel.SMS]
        assert (await omni.status(receipt.id)).state is DeliveryState.SCHEDULED
        assert await omni.send(kept("a", clock)) == receipt
    assert provider.sent == []


async def test_a_kept_message_goes_out_without_its_time_when_that_has_come(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        await omni.send(kept("a", clock))
        await clock.advance(599)
        await quiet(omni)
        assert provider.sent == []
        await clock.advance(1)
        await omni.drain()
        assert provider.sent == [message("a")]
        with pytest.raises(UnknownMessageError, match="memory:a"):  # the vendor is asked now
            await omni.status("outbox:a")
        assert (await omni.count())[EntryState.ACCEPTED] == 1


async def test_kept_messages_go_out_in_the_order_of_their_times(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path, rate=1) as omni:
        for minutes in (3, 1, 2):
            await omni.send(kept(f"{minutes}", clock, minutes=minutes))
        await clock.advance(240)
        await clock.drive(omni.drain())
    assert sent(provider) == ["1", "2", "3"]


async def test_a_kept_message_survives_the_outbox_that_it_was_given_to(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        await omni.send(kept("a", clock))
        await omni.send(kept("b", clock))
    (said,) = said_by(caplog, logging.WARNING)
    assert "2 messages" in said
    await clock.advance(700)
    async with Outbox(provider, path) as omni:
        await omni.drain()
    assert provider.sent == [message("a"), message("b")]
    assert len(said_by(caplog, logging.WARNING)) == 1


async def test_a_refusal_at_its_time_shows_in_the_status(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    provider.failures["a"] = RefusedError("no credit for that", vendor_code="E7")
    async with Outbox(provider, path) as omni:
        receipt = await omni.send(kept("a", clock))
        await clock.advance(600)
        await omni.drain()
        report = await omni.status(receipt.id)
        assert report.state is DeliveryState.REJECTED
        assert report.error is not None
        assert report.error.code == "E7"
        await clock.advance(3600)
        await omni.drain()
    assert sent(provider) == ["a"]


async def test_an_unknown_outcome_at_its_time_shows_in_the_status(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    provider.failures["a"] = AnswerLostError("lost")
    async with Outbox(provider, path) as omni:
        receipt = await omni.send(kept("a", clock))
        await clock.advance(600)
        await omni.drain()
        report = await omni.status(receipt.id)
        assert (report.state, report.parts[0].raw_state) == (DeliveryState.UNKNOWN, "unknown")
        await clock.advance(1800)
        await omni.drain()
    assert sent(provider) == ["a"]


@pytest.mark.parametrize(("minutes_late", "goes_out"), [(60, True), (61, False)])
async def test_a_kept_message_is_sent_up_to_an_hour_late_and_expires_then(
    path: Path, minutes_late: int, *, goes_out: bool
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        await omni.send(kept("a", clock, minutes=10))
    await clock.advance(60 * (10 + minutes_late))
    async with Outbox(provider, path) as omni:
        await omni.drain()
        await quiet(omni)
        if not goes_out:
            assert (await omni.status("outbox:a")).state is DeliveryState.EXPIRED
    assert sent(provider) == (["a"] if goes_out else [])
    assert await states(path) == {"a": "accepted" if goes_out else "expired"}


async def test_how_late_a_message_may_be_is_for_the_caller_to_say(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        await omni.send(kept("a", clock))
    await clock.advance(600 + 61)
    async with Outbox(provider, path, overdue=timedelta(minutes=1)) as omni:
        await omni.drain()
        await quiet(omni)
        assert await state_of(omni, "a") is EntryState.EXPIRED
    assert provider.sent == []


async def test_what_was_queued_without_a_time_never_expires(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    provider.failures["a"] = ConnectionFailedError("no line", retry_after=timedelta(minutes=5))
    async with Outbox(provider, path, overdue=timedelta(minutes=1)) as omni:
        await all_of(omni.enqueue([message("a")]))
        await quiet(omni)
        provider.failures.clear()
        await clock.advance(300)
        await omni.drain()
    assert sent(provider) == ["a", "a"]
    assert await states(path) == {"a": "accepted"}


async def test_a_kept_message_that_is_taken_back_is_never_sent(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        receipt = await omni.send(kept("a", clock))
        await omni.cancel(receipt.id)
        await omni.cancel(receipt.id)
        assert (await omni.status(receipt.id)).state is DeliveryState.CANCELLED
        await clock.advance(700)
        await omni.drain()
        await quiet(omni)
    async with Outbox(provider, path) as omni:
        await omni.drain()
    assert provider.sent == []


async def test_what_is_being_sent_cannot_be_taken_back(path: Path) -> None:
    clock = FakeClock()
    provider = BulkProvider(10, clock)
    provider.failures["b"] = RefusedError("no")
    async with Outbox(provider, path) as omni:
        receipts = [await omni.send(kept(each, clock)) for each in "ab"]
        await clock.advance(600)
        await omni.drain()
        for receipt in receipts:
            with pytest.raises(CancelFailedError):
                await omni.cancel(receipt.id)
        with pytest.raises(UnknownMessageError):
            await omni.cancel("outbox:nobody")
        with pytest.raises(UnknownMessageError):
            await omni.status("outbox:nobody")


async def test_a_message_that_was_taken_back_may_be_kept_anew(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        given = kept("a", clock)
        receipt = await omni.send(given)
        await omni.cancel(receipt.id)
        assert await omni.send(given) == receipt
        await clock.advance(600)
        await omni.drain()
    assert provider.sent == [message("a")]


async def test_a_stream_keeps_what_has_a_time_and_sends_the_rest(path: Path) -> None:
    clock = FakeClock()
    provider = BulkProvider(10, clock)
    async with Outbox(provider, path) as omni:
        given = [message("0"), kept("1", clock), message("2")]
        outcomes = await clock.drive(all_outcomes(omni.send_many(given)))
        receipts = [each.receipt.id for each in outcomes if isinstance(each, Accepted)]
        assert receipts == ["memory:0", "outbox:1", "memory:2"]
        assert provider.batches == [["0", "2"]]
        await clock.advance(600)
        await omni.drain()
    assert provider.sent[-1] == message("1")


async def test_without_holding_the_time_is_the_vendors(path: Path) -> None:
    clock = FakeClock()
    provider = SchedulingProvider(clock)
    async with Outbox(provider, path, hold=False) as omni:
        given = kept("a", clock)
        assert await omni.send(given) == receipt_of(given)
        assert provider.sent == [given]
        (queued,) = await all_of(omni.enqueue([kept("b", clock)]))
        assert isinstance(queued, Accepted)
        await omni.drain()
        assert provider.sent == [given, kept("b", clock)]


async def test_holding_gives_scheduling_to_every_provider_and_only_then() -> None:
    holds = Outbox(MemoryProvider(), "never-opened.db")
    leaves = Outbox(MemoryProvider(), "never-opened.db", hold=False)
    assert holds.capabilities.channels[Channel.SMS].schedule
    assert not leaves.capabilities.channels[Channel.SMS].schedule
    assert leaves.check(kept("a", FakeClock()))
    assert holds.check(kept("a", FakeClock())) == []


@pytest.mark.parametrize("overdue", [60, 60.0, timedelta(minutes=1)])
async def test_how_long_is_too_late_may_be_said_in_seconds(
    path: Path, overdue: timedelta | float
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        await omni.send(kept("a", clock, minutes=1))
        await omni.send(kept("b", clock, minutes=2))
    await clock.advance(121)
    async with Outbox(provider, path, overdue=overdue) as omni:
        await omni.drain()
    assert await states(path) == {"a": "expired", "b": "accepted"}


@pytest.mark.parametrize(
    "overdue", [-1, timedelta(seconds=-1), float("nan"), float("inf"), 1e300, "1h"]
)
def test_what_is_no_length_of_time_is_refused(path: Path, overdue: Any) -> None:
    with pytest.raises(ConfigurationError, match="overdue must be"):
        Outbox(MemoryProvider(), path, overdue=overdue)
