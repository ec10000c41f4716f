"""Closing an outbox: what is under way is waited for, and nothing begins after that."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from omni_common.errors import (
    CancelFailedError,
    ClientClosedError,
    NotSentError,
    ReadError,
)
from omni_common.outbox import Outbox
from omni_common.outbox.lock import DispatchLock
from omni_common.receipt import Accepted
from tests.outbox.journals import message
from tests.outbox.outboxes import (
    StallingProvider,
    all_of,
    kept,
    outcomes_recorded,
    quiet,
    said_by,
    sent,
    soon,
    states,
    written_by_another,
)
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of as all_outcomes
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of


class Closing(MemoryProvider):
    """Notes what it was in the middle of when it was closed, and how often that was."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        super().__init__(clock)
        self.closes = 0

    async def close(self) -> None:
        self.closes += 1


class Stalling(FakeClock):
    """Once it ``stalls``, keeps the journal from writing when departures are next looked at.

    That is the moment before messages are claimed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.stalls = False
        self.stalled = asyncio.Event()
        self._other: sqlite3.Connection | None = None

    def monotonic(self) -> float:
        if self.stalls:
            self.stalls = False
            self._other = sqlite3.connect(self.path, isolation_level=None)
            self._other.execute("BEGIN IMMEDIATE")
            self.stalled.set()
        return super().monotonic()

    def release(self) -> None:
        """Let the journal write again."""
        assert self._other is not None
        self._other.close()


async def turns(number: int = 50) -> None:
    """Let others run, and the threads with them."""
    for _ in range(number):
        await asyncio.sleep(0)


async def goes_on(closing: asyncio.Task[None]) -> bool:
    """Whether an outbox is still being closed after more time than that takes."""
    return not (await asyncio.wait({closing}, timeout=0.1))[0]


def takes_lock(path: Path) -> bool:
    """Whether nobody holds the lock of a journal any more."""
    lock = DispatchLock(path)
    try:
        return lock.take()
    finally:
        lock.release()


async def test_close_is_repeatable_and_closes_the_provider(path: Path) -> None:
    provider = Closing()
    omni = Outbox(provider, path)
    await omni.send(message("a"))
    for _ in range(3):
        await omni.close()
    assert provider.closes == 1
    assert takes_lock(path)


async def test_an_outbox_that_was_never_used_leaves_no_file(path: Path) -> None:
    provider = Closing()
    await Outbox(provider, path).close()
    assert provider.closes == 1
    assert list(path.parent.iterdir()) == []


async def test_after_close_every_call_says_that_it_is_closed(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    omni = Outbox(provider, path)
    await omni.send(kept("a", clock))
    await omni.close()
    with pytest.raises(ClientClosedError):
        await omni.send(message("b"))
    with pytest.raises(ReadError) as unread:
        await omni.status("outbox:a")
    with pytest.raises(CancelFailedError) as uncancelled:
        await omni.cancel("outbox:a")
    for caught in (unread, uncancelled):
        assert isinstance(caught.value.__cause__, ClientClosedError)
    (outcome,) = await all_outcomes(omni.send_many([message("b")]))
    assert not isinstance(outcome, Accepted)
    assert isinstance(outcome.error, ClientClosedError)
    assert provider.sent == []


async def test_close_says_once_what_is_kept(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    omni = Outbox(MemoryProvider(clock), path)
    await omni.send(kept("a", clock))
    await omni.close()
    await omni.close()
    assert said_by(caplog, logging.WARNING) == [
        "closed with 1 message kept; sent when the journal is opened again"
    ]


async def test_close_waits_for_the_calls_of_the_queue(path: Path) -> None:
    provider = Closing()
    provider.held["a"] = asyncio.Event()
    omni = Outbox(provider, path)
    await all_of(omni.enqueue([message("a")]))
    await provider.has_been_called(1)
    closing = asyncio.create_task(omni.close())
    await turns()
    assert not closing.done()
    assert provider.closes == 0
    provider.held["a"].set()
    await soon(closing)
    assert await states(path) == {"a": "accepted"}
    assert provider.closes == 1


async def test_close_waits_for_sends_that_are_under_way(path: Path) -> None:
    provider = Closing()
    provider.held["a"] = asyncio.Event()
    omni = Outbox(provider, path)
    sending = asyncio.create_task(omni.send(message("a")))
    await provider.has_been_called(1)
    closing = asyncio.create_task(omni.close())
    waited = await goes_on(closing)
    was_closed = provider.closes
    provider.held["a"].set()
    assert await soon(sending) == receipt_of(message("a"))
    await soon(closing)
    assert await states(path) == {"a": "accepted"}
    assert waited
    assert not was_closed


async def test_close_waits_for_a_bulk_call_of_a_stream(path: Path) -> None:
    provider = BulkProvider(2)
    provider.held["0"] = asyncio.Event()
    omni = Outbox(provider, path)
    reading = asyncio.create_task(all_outcomes(omni.send_many([message("0"), message("1")])))
    await provider.has_been_called(1)
    closing = asyncio.create_task(omni.close())
    await goes_on(closing)
    provider.held["0"].set()
    assert [type(each) for each in await soon(reading)] == [Accepted, Accepted]
    await soon(closing)
    assert await states(path) == {"0": "accepted", "1": "accepted"}


async def test_close_waits_for_what_is_being_settled(path: Path) -> None:
    provider = StallingProvider(path)
    omni = Outbox(provider, path)
    sending = asyncio.create_task(omni.send(message("a")))
    await provider.has_been_called(1)
    closing = asyncio.create_task(omni.close())
    await turns()
    provider.release()
    assert await soon(sending) == receipt_of(message("a"))
    await soon(closing)
    assert await states(path) == {"a": "accepted"}


async def test_a_send_that_waits_for_its_turn_when_the_outbox_is_closed_is_not_sent(
    path: Path,
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    omni = Outbox(provider, path, rate=1)
    await omni.send(message("first"))
    waiting = asyncio.create_task(omni.send(message("a")))
    await quiet(omni)
    closing = asyncio.create_task(omni.close())
    await goes_on(closing)
    await clock.advance(1)
    with pytest.raises(ClientClosedError):
        await soon(waiting)
    await soon(closing)
    assert sent(provider) == ["first"]
    assert takes_lock(path)


async def test_sends_of_one_message_are_all_answered_when_the_outbox_is_closed(path: Path) -> None:
    provider = MemoryProvider()
    provider.held["a"] = asyncio.Event()
    omni = Outbox(provider, path)
    sending = [asyncio.create_task(omni.send(message("a"))) for _ in range(5)]
    await provider.has_been_called(1)
    await quiet(omni)
    closing = asyncio.create_task(omni.close())
    await goes_on(closing)
    provider.held["a"].set()
    told = await soon(asyncio.gather(*sending, return_exceptions=True))
    await soon(closing)
    assert all(each == receipt_of(message("a")) for each in told)
    assert takes_lock(path)


@pytest.mark.parametrize("number", range(0, 60, 6))
async def test_at_whatever_moment_an_outbox_is_closed_what_was_taken_is_told_and_kept(
    path: Path, number: int
) -> None:
    provider = MemoryProvider()
    omni = Outbox(provider, path)
    await omni.drain()
    await all_of(omni.enqueue(message(f"q{each}") for each in range(6)))
    sending = [asyncio.create_task(omni.send(message(f"s{each}"))) for each in range(3)]
    await turns(number)
    await soon(omni.close())
    told = await soon(asyncio.gather(*sending, return_exceptions=True))
    found = await states(path)
    assert "claimed" not in found.values()
    taken = set(sent(provider))
    assert {name for name, state in found.items() if state == "accepted"} == taken
    for name, each in zip(("s0", "s1", "s2"), told, strict=True):
        assert isinstance(each, NotSentError) != (name in taken), each
    assert takes_lock(path)


async def test_a_closed_outbox_leaves_no_record_of_interruptions(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        await all_of(omni.enqueue([message("a")]))
    assert outcomes_recorded(caplog) == []
    assert (await states(path))["a"] in ("queued", "accepted")


async def test_a_message_that_is_claimed_while_the_outbox_is_closed_is_settled_or_given_back(
    path: Path,
) -> None:
    clock = Stalling(path)
    provider = MemoryProvider(clock)
    provider.held = {each: asyncio.Event() for each in "ab"}
    omni = Outbox(provider, path)
    await all_of(omni.enqueue([message("a")]))
    await provider.has_been_called(1)
    await quiet(omni)
    await omni.send(kept("b", clock, minutes=1))
    await clock.advance(58)
    await quiet(omni)
    clock.stalls = True
    await clock.advance(2)
    await soon(clock.stalled.wait())
    closing = asyncio.create_task(omni.close())
    await turns()
    clock.release()
    assert await goes_on(closing)
    provider.held["a"].set()
    await goes_on(closing)
    provider.held["b"].set()
    await soon(closing)
    found = await states(path)
    assert found["a"] == "accepted"
    assert found["b"] == ("accepted" if "b" in sent(provider) else "queued")


async def test_nobody_else_may_send_before_what_a_close_cut_off_is_written_down(path: Path) -> None:
    provider = MemoryProvider()
    provider.held["a"] = asyncio.Event()
    omni = Outbox(provider, path)
    await all_of(omni.enqueue([message("a")]))
    await provider.has_been_called(1)
    await quiet(omni)
    with written_by_another(path):
        closing = asyncio.create_task(omni.close())
        assert await goes_on(closing)
        closing.cancel()
        assert await goes_on(closing)
        assert not takes_lock(path)
    with pytest.raises(asyncio.CancelledError):
        await soon(closing)
    assert takes_lock(path)
    assert await states(path) == {"a": "unknown"}
