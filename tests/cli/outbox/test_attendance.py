"""What is said of an outbox that sends, and when that is over; on a clock that stands still."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from omni_common.cli.outbox.attendance import Attendance, Look, changes
from omni_common.errors import AuthenticationError, JournalError
from omni_common.outbox import EntryState, Outbox
from tests.outbox.journals import message
from tests.outbox.outboxes import all_of, kept, quiet, sent, soon
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

LOOK = Look(sends=True, paused=None, counts={EntryState.QUEUED: 1, EntryState.CLAIMED: 0})
ELSEWHERE = "another process is the one that sends; this one takes over when that ends"


def test_the_first_look_says_who_sends_and_the_next_what_changed() -> None:
    assert list(changes(None, LOOK)) == ["sending what falls due"]
    assert list(changes(LOOK, LOOK)) == []
    other = evolve(LOOK, sends=False)
    assert list(changes(LOOK, other)) == [ELSEWHERE]
    assert list(changes(other, LOOK)) == ["sending what falls due"]


def test_a_pause_is_said_once_and_its_reason_where_no_log_has_it() -> None:
    paused = evolve(LOOK, paused="no credit")
    (said,) = changes(LOOK, paused)
    assert said.startswith("paused, and all messages stay queued")
    assert list(changes(paused, paused)) == []
    assert list(changes(paused, LOOK)) == ["not paused any more"]
    _, said = changes(None, evolve(paused, sends=False))
    assert said.endswith("no credit")


looks = st.builds(
    Look, sends=st.booleans(), paused=st.none() | st.text(), counts=st.just(LOOK.counts)
)


@given(look=looks, before=st.none() | looks)
def test_what_is_seen_again_is_not_said_again(look: Look, before: Look | None) -> None:
    said = list(changes(before, look))
    assert bool(said) == (
        before is None or (before.sends, before.paused) != (look.sends, look.paused)
    )
    assert list(changes(look, look)) == []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider(clock: FakeClock) -> MemoryProvider:
    return MemoryProvider(clock)


@pytest.fixture
async def omni(provider: MemoryProvider, path: Path) -> AsyncIterator[Outbox]:
    async with Outbox(provider, path) as opened:
        yield opened


async def looked(omni: Outbox, clock: FakeClock, seconds: int = 1) -> None:
    """Let so many seconds pass, and a look be taken in each."""
    for _ in range(seconds):
        await quiet(omni)
        await clock.advance(1)
    await quiet(omni)


async def test_it_ends_when_nothing_is_queued_any_more(
    omni: Outbox, clock: FakeClock, provider: MemoryProvider
) -> None:
    await omni.send(kept("later", clock, minutes=1))
    said: list[str] = []
    attendance = Attendance(omni, said.append, until_empty=True)
    attending = asyncio.create_task(attendance.attend())
    await looked(omni, clock, 50)
    assert not attending.done()
    assert said == ["sending what falls due", "queued 1"]
    await looked(omni, clock, 20)
    await soon(attending)
    assert said[:2] == ["sending what falls due", "queued 1"]
    assert sent(provider) == ["later"]
    assert attendance.ended_by is None


async def test_it_goes_on_until_it_is_told_to_end(omni: Outbox, clock: FakeClock) -> None:
    attendance = Attendance(omni, lambda _: None, until_empty=False)
    attending = asyncio.create_task(attendance.attend())
    await looked(omni, clock, 100)
    assert not attending.done()
    attendance.end(signal.SIGTERM)
    await soon(attending)
    assert attendance.ended_by == signal.SIGTERM


async def test_numbers_alone_are_said_every_five_seconds_at_most(
    omni: Outbox, clock: FakeClock
) -> None:
    said: list[str] = []
    attendance = Attendance(omni, said.append, until_empty=False)
    attending = asyncio.create_task(attendance.attend())
    start = clock.now()
    for number in range(60):
        await omni.send(kept(f"m-{number}", clock, minutes=60))
        await looked(omni, clock)
    assert clock.now() - start == timedelta(seconds=60)
    numbers = [line for line in said if line.startswith("queued")]
    assert 5 < len(numbers) <= 13
    attendance.end(signal.SIGINT)
    await soon(attending)


@pytest.mark.parametrize("until_empty", [True, False])
async def test_a_pause_ends_only_who_would_wait_for_the_end(
    omni: Outbox, clock: FakeClock, provider: MemoryProvider, *, until_empty: bool
) -> None:
    provider.failures["a"] = AuthenticationError("the password is wrong")
    await all_of(omni.enqueue([message("a")]))
    await soon(omni.drain())
    said: list[str] = []
    attendance = Attendance(omni, said.append, until_empty=until_empty)
    attending = asyncio.create_task(attendance.attend())
    await looked(omni, clock, 10)
    assert attending.done() == until_empty
    assert attendance.paused == "the password is wrong"
    assert [line for line in said if "paused" in line] == [said[1]]
    attendance.end(signal.SIGINT)
    await soon(attending)
    assert (await omni.count())[EntryState.QUEUED] == 1


async def test_it_takes_over_when_the_process_that_sent_ends(
    omni: Outbox, clock: FakeClock, provider: MemoryProvider, path: Path
) -> None:
    other = Outbox(provider, path)
    said: list[str] = []
    attendance = Attendance(other, said.append, until_empty=False)
    attending = asyncio.create_task(attendance.attend())
    await looked(other, clock, 10)
    assert said[0] == ELSEWHERE
    await omni.close()
    await looked(other, clock, 10)
    assert said[-1] == "sending what falls due"
    attendance.end(signal.SIGINT)
    await soon(attending)
    await other.close()


async def test_a_journal_that_another_process_keeps_to_itself_is_waited_for(
    omni: Outbox, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def paused() -> str | None:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise JournalError("busy", retry_after=timedelta(seconds=1))
        return None

    monkeypatch.setattr(omni, "paused", paused)
    said: list[str] = []
    attending = asyncio.create_task(Attendance(omni, said.append, until_empty=True).attend())
    await looked(omni, clock, 5)
    await soon(attending)
    assert looks == 3
    assert said[0] == "sending what falls due"


async def test_a_journal_that_cannot_be_read_ends_it(
    omni: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def paused() -> str | None:
        raise JournalError("it is damaged")

    monkeypatch.setattr(omni, "paused", paused)
    with pytest.raises(JournalError, match="damaged"):
        await Attendance(omni, lambda _: None, until_empty=False).attend()
