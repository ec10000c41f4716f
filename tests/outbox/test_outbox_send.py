"""``Outbox.send``: what is sent was written down before, and what a caller is told is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from omni_common.errors import (
    AnswerLostError,
    ConnectionFailedError,
    InvalidMessageError,
    NotSentError,
    OutcomeUnknownError,
    RefusedError,
)
from omni_common.exchange import OnUnknown
from omni_common.message import Message
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.receipt import Accepted, NotSent, Receipt
from omni_common.report import DeliveryState
from tests.outbox.journals import message
from tests.outbox.outboxes import said_by, sent, state_of, states, stored
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of as all_outcomes, belated
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of


class Looking(MemoryProvider):
    """Looks at the disk when it is called."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.found: list[str | None] = []

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self.found.append(stored(self._path, message.reference))
        return await super().send(message, on_unknown=on_unknown)


async def test_a_message_is_on_the_disk_before_the_provider_is_called(path: Path) -> None:
    provider = Looking(path)
    async with Outbox(provider, path) as omni:
        assert await omni.send(message("a")) == receipt_of(message("a"))
    assert provider.found == ["claimed"]
    assert await states(path) == {"a": "accepted"}


async def test_a_queued_message_is_claimed_on_the_disk_before_the_provider_is_called(
    path: Path,
) -> None:
    provider = Looking(path)
    async with Outbox(provider, path) as omni:
        assert [each async for each in omni.enqueue([message("a")])]
        await omni.drain()
        assert provider.found == ["claimed"]
        assert sent(provider) == ["a"]
    assert await states(path) == {"a": "accepted"}


async def test_send_works_without_having_entered_the_outbox(path: Path) -> None:
    omni = Outbox(MemoryProvider(), path)
    assert await omni.send(message("a")) == receipt_of(message("a"))
    await omni.close()


async def test_what_check_finds_fault_with_is_not_written_down(path: Path) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        with pytest.raises(InvalidMessageError) as caught:
            await omni.send(belated("late"))
        assert caught.value.field == "send_at"
        assert not any((await omni.count()).values())


@pytest.mark.parametrize(
    "error",
    [RefusedError("no"), ConnectionFailedError("no line"), NotSentError("no reason")],
    ids=lambda error: type(error).__name__,
)
async def test_whoever_is_told_that_nothing_was_sent_is_told_so_for_good(
    path: Path, error: NotSentError
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    provider.failures["a"] = error
    async with Outbox(provider, path) as omni:
        with pytest.raises(type(error)) as caught:
            await omni.send(message("a"))
        assert caught.value.reference == "a"
        provider.failures.clear()
        report = await omni.status("outbox:a")
        assert (report.state, report.parts[0].raw_state) == (DeliveryState.REJECTED, "refused")
        await clock.advance(3600)
        await omni.drain()
    async with Outbox(provider, path) as again:
        await again.drain()
    assert sent(provider) == ["a"]
    assert await states(path) == {"a": "refused"}


async def test_an_unknown_outcome_stays_unknown_and_is_never_sent_again_on_its_own(
    path: Path,
) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = AnswerLostError("lost", provider="memory", vendor_code="7")
    async with Outbox(provider, path) as omni:
        with pytest.raises(AnswerLostError):
            await omni.send(message("a"))
        provider.failures.clear()
        report = await omni.status("outbox:a")
        assert (report.state, report.parts[0].raw_state) == (DeliveryState.UNKNOWN, "unknown")
    async with Outbox(provider, path) as again:
        await again.drain()
        for _ in range(2):
            with pytest.raises(AnswerLostError, match="lost") as caught:
                await again.send(message("a"))
            assert caught.value.vendor_code == "7"
    assert sent(provider) == ["a"]


async def test_an_unknown_message_is_sent_again_where_the_caller_asks_for_that(path: Path) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = AnswerLostError("lost")
    async with Outbox(provider, path) as omni:
        with pytest.raises(OutcomeUnknownError):
            await omni.send(message("a"), on_unknown="resend")
        provider.failures.clear()
        assert await omni.send(message("a"), on_unknown="resend") == receipt_of(message("a"))
        assert await omni.send(message("a"), on_unknown="resend") == receipt_of(message("a"))
    assert sent(provider) == ["a", "a"]


async def test_resending_does_not_send_again_what_was_accepted(path: Path) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        await omni.send(message("a"))
        await omni.send(message("a"), on_unknown="resend")
    assert sent(provider) == ["a"]


async def test_an_error_that_breaks_the_contract_leaves_the_message_unknown(path: Path) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = ZeroDivisionError("a bug")
    async with Outbox(provider, path) as omni:
        with pytest.raises(ZeroDivisionError):
            await omni.send(message("a"))
        provider.failures.clear()
        assert await state_of(omni, "a") is EntryState.UNKNOWN
        with pytest.raises(OutcomeUnknownError):
            await omni.send(message("a"))
    assert sent(provider) == ["a"]


async def test_a_stream_sends_in_bulk_and_writes_every_outcome_down(path: Path) -> None:
    provider = BulkProvider(10)
    provider.failures = {"1": RefusedError("no"), "2": AnswerLostError("lost")}
    async with Outbox(provider, path) as omni:
        given = [message(str(number)) for number in range(4)]
        outcomes = await all_outcomes(omni.send_many(given))
    assert [type(each).__name__ for each in outcomes] == [
        "Accepted",
        "NotSent",
        "Unknown",
        "Accepted",
    ]
    assert provider.batches == [["0", "1", "2", "3"]]
    assert await states(path) == {"0": "accepted", "1": "refused", "2": "unknown", "3": "accepted"}


async def test_a_stream_does_not_send_again_what_was_sent_before(path: Path) -> None:
    provider = BulkProvider(10)
    async with Outbox(provider, path) as omni:
        await omni.send(message("1"))
        outcomes = await all_outcomes(omni.send_many([message("0"), message("1"), message("2")]))
        assert all(isinstance(each, Accepted) for each in outcomes)
    assert sorted(sent(provider)) == ["0", "1", "2"]


async def test_one_message_twice_in_one_bulk_call_is_sent_once(path: Path) -> None:
    provider = BulkProvider(10)
    async with Outbox(provider, path) as omni:
        outcomes = await all_outcomes(omni.send_many([message("a"), message("b"), message("a")]))
    assert sorted(sent(provider)) == ["a", "b"]
    assert [each.receipt.id for each in outcomes if isinstance(each, Accepted)] == [
        "memory:a",
        "memory:b",
        "memory:a",
    ]


async def test_two_messages_of_one_reference_in_one_bulk_call_are_not_taken_for_one(
    path: Path,
) -> None:
    provider = BulkProvider(10)
    async with Outbox(provider, path) as omni:
        outcomes = await all_outcomes(omni.send_many([message("a"), message("a", "Other")]))
    first, other = outcomes
    assert isinstance(first, Accepted)
    assert isinstance(other, NotSent)
    assert other.error.field == "reference"
    assert provider.sent == [message("a")]


async def test_what_is_sent_at_once_leaves_nothing_to_say(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        await omni.send(message("a"))
    assert said_by(caplog, 30) == said_by(caplog, 40) == []
