"""The queue: what passes is tried again, what lasts pauses it, what is refused is settled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ConnectionFailedError,
    ConnectionRejectedError,
    InsufficientFundsError,
    NotSentError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.message import Channel, Message, Viber
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.receipt import Receipt, SendOutcome
from omni_common.report import DeliveryState
from tests.outbox.journals import NUMBER, message
from tests.outbox.outboxes import all_of, kept, quiet, said_by, sent, soon, state_of, states
from tests.support.clock import FakeClock
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of

LASTING = [
    AuthenticationError,
    InsufficientFundsError,
    PermissionDeniedError,
    ConnectionRejectedError,
]


class Timing(MemoryProvider):
    """Notes the moment of each call."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.moments: list[float] = []

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self.moments.append(self.clock.monotonic())
        return await super().send(message, on_unknown=on_unknown)


class Checking(BulkProvider):
    """Has a check that fails for those messages that are ``broken``."""

    def __init__(self, batch_size: int) -> None:
        super().__init__(batch_size)
        self.broken: set[str] = set()

    def check(self, message: Message) -> list[NotSentError]:
        if message.reference in self.broken:
            raise LookupError(message)
        return super().check(message)


async def pass_time(clock: FakeClock, omni: Outbox, seconds: int) -> None:
    """Let time pass, second by second, and all that is due happen in its second."""
    for _ in range(seconds):
        await clock.advance(1)
        await quiet(omni)


async def test_what_cannot_be_sent_for_now_is_tried_again_after_growing_pauses(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    provider = Timing(clock)
    provider.failures["a"] = ConnectionFailedError("no line")
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message("a")]))
        await quiet(omni)
        await pass_time(clock, omni, 130)
        assert await state_of(omni, "a") is EntryState.QUEUED
        assert (await omni.status("outbox:a")).state is DeliveryState.SCHEDULED
        provider.failures.clear()
        await pass_time(clock, omni, 61)
        assert (await omni.count())[EntryState.ACCEPTED] == 1
    *tries, last = provider.moments
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 1
    assert 30 <= pauses[-1] <= 61
    assert last <= 191
    assert len(said_by(caplog, logging.WARNING)) == 1


@pytest.mark.parametrize("error", [RateLimitedError, RefusedError, ConnectionFailedError])
async def test_nothing_is_tried_again_before_the_vendor_wants_it(
    path: Path, error: type[NotSentError]
) -> None:
    clock = FakeClock()
    provider = Timing(clock)
    provider.failures["a"] = error("wait", retry_after=timedelta(seconds=30))
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message("a")]))
        await quiet(omni)
        await all_of(omni.enqueue([message("b")]))
        await pass_time(clock, omni, 29)
        assert provider.moments == [0]
        provider.failures.clear()
        await pass_time(clock, omni, 1)
        await omni.drain()
    assert provider.moments == [0, 30, 30]
    assert sent(provider) == ["a", "a", "b"]
    assert await states(path) == {"a": "accepted", "b": "accepted"}


async def test_a_success_makes_pauses_short_again(path: Path) -> None:
    clock = FakeClock()
    provider = Timing(clock)
    async with Outbox(provider, path) as omni:
        for reference in "ab":
            provider.failures[reference] = ConnectionFailedError("no line")
            await all_of(omni.enqueue([message(reference)]))
            await pass_time(clock, omni, 10)
            provider.failures.clear()
            await pass_time(clock, omni, 10)
        began = provider.moments[sent(provider).index("b")]
        assert provider.moments[sent(provider).index("b") + 1] <= began + 2
        assert (await omni.count())[EntryState.ACCEPTED] == 2


@pytest.mark.parametrize("kind", LASTING, ids=lambda kind: kind.__name__)
async def test_what_lasts_pauses_the_queue_with_all_that_is_in_it(
    path: Path, caplog: pytest.LogCaptureFixture, kind: type[NotSentError]
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    provider.failures["a"] = kind("nothing goes")
    async with Outbox(provider, path) as omni:
        await omni.send(kept("c", clock))
        await all_of(omni.enqueue([message("a")]))
        await omni.drain()
        await all_of(omni.enqueue([message("b")]))
        await clock.advance(900)
        await quiet(omni)
        await soon(omni.drain())
        assert sent(provider) == ["a"]
        assert (await omni.count())[EntryState.QUEUED] == 3
    assert said_by(caplog, logging.ERROR) == [
        "paused, with its messages still queued: nothing goes"
    ]
    provider.failures.clear()
    async with Outbox(provider, path) as omni:
        await omni.drain()
    assert set((await states(path)).values()) == {"accepted"}


async def test_what_lasts_pauses_the_queue_also_where_a_send_finds_it(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = AuthenticationError("who are you")
    async with Outbox(provider, path) as omni:
        with pytest.raises(AuthenticationError):
            await omni.send(message("a"))
        await all_of(omni.enqueue([message("b")]))
        await quiet(omni)
    assert sent(provider) == ["a"]
    assert await states(path) == {"a": "refused", "b": "queued"}
    assert len(said_by(caplog, logging.ERROR)) == 1


async def test_a_refusal_concerns_its_message_alone(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    provider.failures = {"1": RefusedError("no"), "2": AnswerLostError("lost")}
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message(str(number)) for number in range(4)]))
        await omni.drain()
    assert await states(path) == {"0": "accepted", "1": "refused", "2": "unknown", "3": "accepted"}
    assert said_by(caplog, logging.ERROR) == []


async def test_an_error_that_breaks_the_contract_leaves_its_message_unknown_and_no_other(
    path: Path,
) -> None:
    provider = MemoryProvider()
    provider.failures["1"] = ZeroDivisionError("a bug")
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message(str(number)) for number in range(3)]))
        await omni.drain()
    assert await states(path) == {"0": "accepted", "1": "unknown", "2": "accepted"}
    assert sorted(sent(provider)) == ["0", "1", "2"]


async def test_a_check_that_breaks_the_contract_refuses_its_message_and_no_other(
    path: Path,
) -> None:
    provider = Checking(5)
    async with Outbox(provider, path) as omni:
        provider.failures = dict.fromkeys("abc", AuthenticationError("who are you"))
        await all_of(omni.enqueue(map(message, ["a", "b", "c"])))
        await soon(omni.drain())
        provider.failures.clear()
        provider.broken.add("b")
        await omni.resume()
        await soon(omni.drain())
    assert await states(path) == {"a": "accepted", "b": "refused", "c": "accepted"}


async def test_the_queue_goes_out_in_bulk_a_few_calls_at_once(path: Path) -> None:
    provider = BulkProvider(5)
    provider.held = {"0": asyncio.Event()}
    names = [str(number) for number in range(23)]
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue(map(message, names)))
        await provider.has_been_called(5)
        provider.held["0"].set()
        await omni.drain()
    assert [each for batch in provider.batches for each in batch] == names
    assert [len(batch) for batch in provider.batches] == [5, 5, 5, 5, 3]


async def test_no_more_than_four_calls_of_the_queue_are_under_way(path: Path) -> None:
    provider = MemoryProvider()
    names = [str(number) for number in range(10)]
    provider.held = {each: asyncio.Event() for each in names}
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue(map(message, names)))
        await provider.has_been_called(4)
        await quiet(omni)
        assert sent(provider) == names[:4]
        for event in provider.held.values():
            event.set()
        await omni.drain()
    assert sent(provider) == names


async def test_a_bulk_call_of_which_some_were_not_sent_keeps_those_and_no_other(
    path: Path,
) -> None:
    clock = FakeClock()
    provider = BulkProvider(10, clock)
    passing = RateLimitedError("too fast", retry_after=timedelta(seconds=30))
    provider.failures = {"1": passing, "2": RefusedError("no")}
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message(str(number)) for number in range(4)]))
        await quiet(omni)
        provider.failures.clear()
        await clock.advance(30)
        await omni.drain()
    assert provider.batches == [["0", "1", "2", "3"], ["1"]]
    assert await states(path) == {
        "0": "accepted",
        "1": "accepted",
        "2": "refused",
        "3": "accepted",
    }


class Singly(BulkProvider):
    """Has a bulk call for nothing of what the tests send: Viber messages go one by one."""

    @property
    def capabilities(self) -> Capabilities:
        alone = ChannelCapabilities(bulk=False)
        channels = {Channel.VIBER: alone}
        return Capabilities(provider="memory", channels=channels, batch_size=self.batch_size)

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        history.begin()
        return [await self._outcome_of(message) for message in messages]


async def test_an_interrupted_close_keeps_what_waited_for_a_call_of_its_own(path: Path) -> None:
    provider = Singly(100)
    names = [str(number) for number in range(40)]
    provider.held = {each: asyncio.Event() for each in names}
    omni = Outbox(provider, path)
    given = [Message(NUMBER, Viber("Hi"), reference=each) for each in names]
    await all_of(omni.enqueue(given))
    await provider.has_been_called(32)
    closing = asyncio.create_task(omni.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(closing)
    left = set(sent(provider))
    found = await states(path)
    assert {name for name, state in found.items() if state == "unknown"} == left
    assert {name for name, state in found.items() if state == "queued"} == set(names) - left


async def test_drain_returns_where_nothing_is_due(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        await soon(omni.drain())
        await omni.send(kept("a", clock))
        await soon(omni.drain())
        assert await omni.send(message("b")) == receipt_of(message("b"))
        await soon(omni.drain())


async def test_drain_waits_for_what_is_under_way(path: Path) -> None:
    provider = MemoryProvider()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message("a")]))
        await provider.has_been_called(1)
        draining = asyncio.create_task(omni.drain())
        await quiet(omni)
        assert not draining.done()
        provider.held["a"].set()
        await soon(draining)
        assert (await omni.count())[EntryState.ACCEPTED] == 1


async def test_drain_does_not_wait_for_what_another_outbox_sends(path: Path) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as leading, Outbox(MemoryProvider(), path) as other:
        await leading.drain()
        await quiet(leading)  # until the clock moves, it does not look at the journal again
        await all_of(other.enqueue([message("a")]))
        await soon(other.drain())
        assert provider.sent == []


async def test_drain_ends_when_the_outbox_is_closed(path: Path) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = ConnectionFailedError("no line")
    omni = Outbox(provider, path)
    await all_of(omni.enqueue([message("a")]))
    await quiet(omni)
    draining = asyncio.create_task(omni.drain())
    await quiet(omni)
    assert not draining.done()
    await omni.close()
    await soon(draining)
