"""A send that is interrupted, wherever: one record with a true outcome, and a journal that agrees.

Whoever is told ``not_sent`` may send the same words elsewhere: nothing of it may go out here later,
unless it is handed over again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from omni_common.errors import AuthenticationError, NotSentError, OutcomeUnknownError, RefusedError
from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.message import Message
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.receipt import Receipt
from tests.outbox.journals import message
from tests.outbox.outboxes import (
    CuttingClock,
    StallingProvider,
    all_of,
    kept,
    outcomes_recorded,
    quiet,
    sent,
    soon,
    state_of,
    states,
    written_by_another,
)
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of as all_outcomes
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of

Before: TypeAlias = Callable[[Outbox, MemoryProvider], Awaitable[None]]


class Waiting(MemoryProvider):
    """Waits before anything leaves, as a transport does whose connections are all taken."""

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        history = History()
        self._begin_call()
        try:
            if message.reference in self.held:
                await self.held[message.reference].wait()
        except asyncio.CancelledError:
            history.record_interrupted("memory", message.reference)
            raise
        return await super().send(message, on_unknown=on_unknown)


async def cut_off(task: asyncio.Task[Receipt]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(task)


async def nothing_before(omni: Outbox, provider: MemoryProvider) -> None:
    pass


async def refused_before(omni: Outbox, provider: MemoryProvider) -> None:
    provider.failures["a"] = RefusedError("no")
    with pytest.raises(RefusedError):
        await omni.send(message("a"))
    provider.failures.clear()


async def queued_before(omni: Outbox, provider: MemoryProvider) -> None:
    """Leave the message in the queue of a paused outbox."""
    provider.failures["a"] = AuthenticationError("who are you")
    await all_of(omni.enqueue([message("a")]))
    await omni.drain()
    provider.failures.clear()


async def unknown_before(omni: Outbox, provider: MemoryProvider) -> None:
    provider.failures["a"] = OutcomeUnknownError("lost")
    with pytest.raises(OutcomeUnknownError):
        await omni.send(message("a"))
    provider.failures.clear()


async def interrupted_at(
    clock: CuttingClock, omni: Outbox, look: int, *, on_unknown: OnUnknown
) -> bool:
    """Send a message, and interrupt that at a look at the clock; whether it came to that."""
    clock.looks, clock.cut_at = 0, look
    clock.victim = asyncio.create_task(omni.send(message("a"), on_unknown=on_unknown))
    with suppress(asyncio.CancelledError, OutcomeUnknownError):
        await soon(clock.victim)
    was_cut, clock.victim = clock.victim.cancelled(), None
    return was_cut


@pytest.mark.parametrize("look", range(1, 8))
@pytest.mark.parametrize("before", [nothing_before, refused_before, queued_before, unknown_before])
async def test_wherever_a_send_is_interrupted_its_record_is_true_and_it_can_be_sent_again(
    path: Path, caplog: pytest.LogCaptureFixture, before: Before, look: int
) -> None:
    clock = CuttingClock()
    provider = MemoryProvider(clock)
    omni = Outbox(provider, path)
    await before(omni, provider)
    calls = len(provider.sent)
    how: OnUnknown = "resend" if before is unknown_before else "raise"
    was_cut = await interrupted_at(clock, omni, look, on_unknown=how)
    recorded = outcomes_recorded(caplog)
    assert len(recorded) == was_cut
    is_not_sent = recorded == [("a", "not_sent")]
    if is_not_sent:
        assert len(provider.sent) == calls
    with suppress(OutcomeUnknownError):
        assert await soon(omni.send(message("a"))) == receipt_of(message("a"))
        assert len(provider.sent) == calls + 1
    assert len(provider.sent) <= calls + 1
    await omni.close()


@pytest.mark.parametrize("look", range(1, 8))
@pytest.mark.parametrize("before", [nothing_before, refused_before, unknown_before])
async def test_what_was_recorded_as_not_sent_is_not_sent_by_the_next_process(
    path: Path, caplog: pytest.LogCaptureFixture, before: Before, look: int
) -> None:
    clock = CuttingClock()
    provider = MemoryProvider(clock)
    omni = Outbox(provider, path)
    await before(omni, provider)
    calls = len(provider.sent)
    how: OnUnknown = "resend" if before is unknown_before else "raise"
    await interrupted_at(clock, omni, look, on_unknown=how)
    await omni.close()
    async with Outbox(provider, path) as again:
        await again.drain()
        await quiet(again)
        if outcomes_recorded(caplog) == [("a", "not_sent")]:
            assert len(provider.sent) == calls
        assert len(provider.sent) <= calls + 1
    assert "claimed" not in (await states(path)).values()


async def test_a_send_that_is_interrupted_before_it_is_written_down_was_not_sent(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        with written_by_another(path):
            sending = asyncio.create_task(omni.send(message("a")))
            await asyncio.sleep(0)
            await cut_off(sending)
        assert outcomes_recorded(caplog) == [("a", "not_sent")]
        await omni.drain()
        assert (await omni.count())[EntryState.QUEUED] == 0
        assert provider.sent == []
        assert await soon(omni.send(message("a"))) == receipt_of(message("a"))


async def test_a_send_that_is_interrupted_while_the_provider_is_called_is_unknown(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        sending = asyncio.create_task(omni.send(message("a")))
        await provider.has_been_called(1)
        await cut_off(sending)
        assert outcomes_recorded(caplog) == [("a", "unknown")]
        assert await state_of(omni, "a") is EntryState.UNKNOWN
        with pytest.raises(OutcomeUnknownError, match="interrupted"):
            await omni.send(message("a"))
    assert sent(provider) == ["a"]


async def test_a_send_that_is_interrupted_before_anything_left_the_provider_was_not_sent(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Waiting()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        sending = asyncio.create_task(omni.send(message("a")))
        await provider.has_been_called(1)
        await cut_off(sending)
        assert outcomes_recorded(caplog) == [("a", "not_sent")]
        await omni.drain()
        assert await state_of(omni, "a") is EntryState.CANCELLED
        assert provider.sent == []
        provider.held.clear()
        assert await soon(omni.send(message("a"))) == receipt_of(message("a"))
    assert sent(provider) == ["a"]


async def test_a_send_that_is_interrupted_while_it_is_settled_is_settled_all_the_same(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = StallingProvider(path)
    async with Outbox(provider, path) as omni:
        sending = asyncio.create_task(omni.send(message("a")))
        await provider.has_been_called(1)
        await cut_off(sending)
        provider.release()
        assert outcomes_recorded(caplog) == [("a", "unknown")]
        assert await omni.send(message("a")) == receipt_of(message("a"))
        assert (await omni.count())[EntryState.ACCEPTED] == 1
    assert sent(provider) == ["a"]


async def test_an_interrupted_send_of_a_kept_message_is_not_recorded_as_not_sent_if_it_goes_out(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as omni:
        with written_by_another(path):
            sending = asyncio.create_task(omni.send(kept("a", clock)))
            await asyncio.sleep(0)
            await cut_off(sending)
        ((reference, outcome),) = outcomes_recorded(caplog)
        await clock.advance(700)
        await omni.drain()
    assert reference == "a"
    assert outcome == "unknown" or not provider.sent


async def test_a_second_send_that_is_interrupted_is_not_recorded_as_not_sent_while_the_first_sends(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        first = asyncio.create_task(omni.send(message("a")))
        await provider.has_been_called(1)
        second = asyncio.create_task(omni.send(message("a")))
        await quiet(omni)
        await cut_off(second)
        provider.held["a"].set()
        assert await soon(first) == receipt_of(message("a"))
    assert outcomes_recorded(caplog) == [("a", "unknown")]


async def test_a_send_that_is_interrupted_while_it_waits_for_its_turn_is_not_in_the_journal(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path, rate=1) as omni:
        await omni.send(message("first"))
        sending = asyncio.create_task(omni.send(message("a")))
        await quiet(omni)
        await cut_off(sending)
        assert outcomes_recorded(caplog) == [("a", "not_sent")]
    assert await states(path) == {"first": "accepted"}


async def test_a_stream_that_is_interrupted_leaves_one_true_record_for_each_message(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = BulkProvider(2)
    provider.held = {each: asyncio.Event() for each in "02"}
    provider.waiting = {"2"}
    async with Outbox(provider, path) as omni:
        given = [message(str(number)) for number in range(4)]
        reading = asyncio.create_task(all_outcomes(omni.send_many(given)))
        await provider.has_been_called(2)
        reading.cancel()
        await quiet(omni)
        await provider_time(provider, 1)
        with pytest.raises(asyncio.CancelledError):
            await soon(reading)
        recorded = dict(outcomes_recorded(caplog))
        assert recorded == {"0": "unknown", "1": "unknown", "2": "not_sent", "3": "not_sent"}
        await omni.drain()
    found = await states(path)
    assert found == {"0": "unknown", "1": "unknown", "2": "cancelled", "3": "cancelled"}


async def provider_time(provider: MemoryProvider, seconds: float) -> None:
    """Let time pass on the clock of *provider*."""
    assert isinstance(provider.clock, FakeClock)
    await provider.clock.advance(seconds)


async def test_an_interrupted_close_of_a_queue_is_unknown_for_what_left_and_keeps_the_rest(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    names = [str(number) for number in range(8)]
    provider.held = {each: asyncio.Event() for each in names}
    omni = Outbox(provider, path)
    await all_of(omni.enqueue(map(message, names)))
    await provider.has_been_called(4)
    closing = asyncio.create_task(omni.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(closing)
    began = set(sent(provider))
    provider.held.clear()
    async with Outbox(provider, path) as again:
        await again.drain()
    assert outcomes_recorded(caplog) == []
    assert sorted(sent(provider)) == names
    for name, state in (await states(path)).items():
        assert state == ("unknown" if name in began else "accepted")


async def test_a_send_that_fails_before_it_is_interrupted_is_told_of_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    provider.failures["a"] = RefusedError("no")
    async with Outbox(provider, path) as omni:
        with pytest.raises(NotSentError):
            await omni.send(message("a"))
    assert outcomes_recorded(caplog) == []
