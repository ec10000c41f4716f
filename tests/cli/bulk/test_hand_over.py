"""Following a campaign to its end, whoever sends it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from omni_common import Message, Sms
from omni_common.cli.bulk.hand_over import HandOver
from omni_common.cli.bulk.plan import Planned
from omni_common.cli.bulk.progress import Progress
from omni_common.cli.bulk.reference import References
from omni_common.cli.bulk.tally import Tally
from omni_common.clock import SystemClock
from omni_common.outbox import Outbox
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider


class SlowClock(SystemClock):
    """Lets whoever sleeps go on when the test says so."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def sleep(self, delay: float) -> None:
        await self.goes_on.wait()


class Heard(Progress):
    """Keeps what is said, and how far it was."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.done: list[int] = []
        self.has_spoken = asyncio.Event()

    def show(self, done: int) -> None:
        self.done.append(done)

    def say(self, text: str) -> None:
        self.said.append(text)
        self.has_spoken.set()


def rows(references: References, count: int) -> list[Planned]:
    addresses = [f"+3725{number:07}" for number in range(count)]
    return [
        Planned(line, to, Message(to, Sms("Hi"), reference=references.of(to)))
        for line, to in enumerate(addresses, start=2)
    ]


async def test_it_waits_for_another_process_that_sends_and_says_so_once(tmp_path: Path) -> None:
    references = References("spring")
    clock = SlowClock()
    theirs, ours = (
        MemoryProvider(FakeClock(datetime(2999, 1, 1, tzinfo=UTC))),
        MemoryProvider(clock),
    )
    async with (
        Outbox(theirs, tmp_path / "x.db") as leader,
        Outbox(ours, tmp_path / "x.db") as follower,
    ):
        heard, tally = Heard(), Tally()
        hand_over = HandOver(follower, references.prefix, tally, heard)
        planned = rows(references, 3)
        released = asyncio.Event()
        theirs.held = dict.fromkeys((row.message.reference for row in planned), released)
        await hand_over.take(planned)
        following = asyncio.create_task(hand_over.follow(for_later=False))
        await asyncio.wait_for(heard.has_spoken.wait(), 10)
        assert not following.done()
        await leader.resend_unknown([])  # it looks at the journal now, and not in five seconds
        released.set()
        await asyncio.wait_for(leader.drain(), 10)
        clock.goes_on.set()
        assert await asyncio.wait_for(following, 10) is None
    assert len(theirs.sent) == 3
    assert not ours.sent
    assert heard.said == ["another process has this outbox open and is the one that sends; waiting"]
    assert (heard.done[-1], tally.messages) == (3, 3)


async def test_what_others_have_in_the_same_outbox_is_not_waited_for(tmp_path: Path) -> None:
    references, provider = References("spring"), MemoryProvider(SlowClock())
    other = Message("+37259999999", Sms("Hi"), reference="somebody else's")
    provider.held[other.reference] = asyncio.Event()
    async with Outbox(provider, tmp_path / "x.db") as outbox:
        async for _ in outbox.enqueue([other]):
            await provider.has_been_called(1)
        hand_over = HandOver(outbox, references.prefix, Tally(), Progress())
        await hand_over.take(rows(references, 450))
        assert await asyncio.wait_for(hand_over.follow(for_later=False), 30) is None
        assert len(provider.sent) == 451
        provider.held[other.reference].set()


async def test_rows_count_as_done_when_they_are_sent(tmp_path: Path) -> None:
    references, provider = References("spring"), MemoryProvider(SlowClock())
    planned = rows(references, 2)
    provider.held[planned[1].message.reference] = asyncio.Event()
    async with Outbox(provider, tmp_path / "x.db") as outbox:
        heard = Heard()
        hand_over = HandOver(outbox, references.prefix, Tally(), heard)
        await hand_over.take(planned)
        following = asyncio.create_task(hand_over.follow(for_later=False))
        await provider.has_been_called(2)
        assert not following.done()
        provider.held[planned[1].message.reference].set()
        assert await asyncio.wait_for(following, 10) is None
    assert heard.done == sorted(heard.done)
    assert heard.done[-1] == 2
