"""``Tracker`` without a provider: who waits, who watches, and who is woken by what was posted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

from omni_common import (
    Channel,
    DeliveryState as S,
    MemoryTracks,
    Receipt,
    Track,
    Tracker,
    UnknownMessageError,
)
from tests.support.clock import FakeClock
from tests.support.following import Waiting, paced, posted, receipt, turns

pytestmark = pytest.mark.usefixtures("no_task_is_left")

VIBER, SMS = Channel.VIBER, Channel.SMS
ONE, OMNI = "messente:1", "devino:omni:1"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tracker(clock: FakeClock) -> Tracker:
    return Tracker(clock=clock)


# Waiting.


@pytest.mark.parametrize("by", [receipt(), ONE], ids=["receipt", "id"])
async def test_a_wait_ends_with_the_report_of_the_state(
    tracker: Tracker, clock: FakeClock, by: Receipt | str
) -> None:
    waiting = Waiting(tracker, by)
    await clock.until_waiting()
    await tracker.record(posted(S.SENT))
    await turns()
    assert not waiting.is_over
    await tracker.record(posted(S.DELIVERED))
    assert (await waiting.result()).state is S.DELIVERED
    assert clock.monotonic() == 0
    assert clock.next_in is None


async def test_a_wait_returns_at_once_what_is_known_already(
    tracker: Tracker, clock: FakeClock
) -> None:
    await tracker.record(posted(S.READ))
    assert (await tracker.wait(ONE)).state is S.READ
    assert clock.next_in is None


async def test_a_wait_for_a_later_state_goes_on_after_delivered(
    tracker: Tracker, clock: FakeClock
) -> None:
    waiting = Waiting(tracker, ONE, S.READ)
    await clock.until_waiting()
    await tracker.record(posted(S.DELIVERED))
    await turns()
    assert not waiting.is_over
    await tracker.record(posted(S.CLICKED))
    assert (await waiting.result()).state is S.CLICKED


async def test_a_wait_for_an_early_state_is_over_early(tracker: Tracker, clock: FakeClock) -> None:
    waiting = Waiting(tracker, ONE, S.SENT)
    await clock.until_waiting()
    await tracker.record(posted(S.EXPIRED))  # of some channel: another may follow
    await turns()
    assert not waiting.is_over
    await tracker.record(posted(S.SENT, channel=VIBER))
    assert (await waiting.result()).state is S.SENT


async def test_t59_a_wait_goes_on_after_a_channel_failed_and_ends_with_the_message(
    tracker: Tracker, clock: FakeClock
) -> None:
    waiting = Waiting(tracker, receipt(VIBER, SMS))
    await clock.until_waiting()
    await tracker.record(posted(S.EXPIRED, channel=VIBER))
    await turns()
    assert not waiting.is_over
    await tracker.record(posted(S.UNDELIVERED))
    report = await waiting.result()
    assert (report.state, report.is_final) == (S.UNDELIVERED, True)


async def test_a_receipt_that_is_added_may_end_a_wait_for_its_id(
    tracker: Tracker, clock: FakeClock
) -> None:
    await tracker.record(posted(S.REJECTED, channel="unknown"))
    await tracker.record(posted(S.READ, "messente:77", reference="order-1"))
    waiting, other = Waiting(tracker, ONE), Waiting(tracker, ONE, S.CLICKED, timeout=MINUTE)
    await clock.until_waiting()
    await tracker.add(receipt())
    assert (await waiting.result()).state is S.READ
    await other.cancel()


async def test_at_the_end_of_the_time_the_last_report_is_returned(
    tracker: Tracker, clock: FakeClock
) -> None:
    report = await clock.drive(tracker.wait(receipt()))
    assert (report.state, report.is_final) == (S.ACCEPTED, False)
    assert clock.monotonic() == 120
    assert (await tracker.wait(receipt(), timeout=timedelta())).state is S.ACCEPTED
    assert (await tracker.wait(receipt(), timeout=-MINUTE)).state is S.ACCEPTED


async def test_an_id_that_nothing_was_heard_of_in_time_is_an_error(
    tracker: Tracker, clock: FakeClock
) -> None:
    with pytest.raises(UnknownMessageError, match="nothing was heard of the message messente:1"):
        await clock.drive(tracker.wait(ONE, timeout=MINUTE))
    assert clock.monotonic() == 60


async def test_an_id_that_something_was_heard_of_is_none(
    tracker: Tracker, clock: FakeClock
) -> None:
    await tracker.record(posted(S.EXPIRED))
    report = await clock.drive(tracker.wait(ONE, timeout=MINUTE))
    assert (report.state, report.is_final) == (S.EXPIRED, False)


async def test_a_report_under_the_reference_wakes_who_waits_for_the_id(
    tracker: Tracker, clock: FakeClock
) -> None:
    waiting = Waiting(tracker, receipt(id=OMNI))
    await clock.until_waiting()
    await tracker.record(posted(S.DELIVERED, "devino:omni:77", reference="order-1"))
    assert (await waiting.result()).id == OMNI


async def test_everybody_who_waits_is_woken(tracker: Tracker, clock: FakeClock) -> None:
    waiting = [Waiting(tracker, receipt()) for _ in range(100)]
    waiting += [Waiting(tracker, ONE) for _ in range(100)]
    other = Waiting(tracker, receipt(id="messente:2", reference="order-2"))
    await clock.until_waiting()
    await turns()
    await tracker.record(posted(S.DELIVERED))
    assert {(await each.result()).state for each in waiting} == {S.DELIVERED}
    assert not other.is_over
    await other.cancel()
    assert clock.next_in is None


async def test_a_wait_that_is_cancelled_leaves_nothing_behind(
    tracker: Tracker, clock: FakeClock
) -> None:
    first, second = Waiting(tracker, receipt()), Waiting(tracker, ONE)
    await clock.until_waiting()
    await first.cancel()
    await tracker.record(posted(S.DELIVERED))
    assert (await second.result()).state is S.DELIVERED
    assert clock.next_in is None
    assert tracker._audience.is_empty


class SlowStore(MemoryTracks):
    """Lets a test act while the store is being read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_held = False
        self.reading = asyncio.Event()
        self.go_on = asyncio.Event()

    async def load(self, key: str) -> Track | None:
        found = await super().load(key)
        if self.is_held:
            self.reading.set()
            await self.go_on.wait()
        return found


async def test_what_is_recorded_while_the_store_is_read_is_not_missed(clock: FakeClock) -> None:
    store = SlowStore()
    tracker = Tracker(store=store, clock=clock)
    store.is_held = True
    waiting = Waiting(tracker, ONE)
    await store.reading.wait()
    store.is_held = False
    await tracker.record(posted(S.DELIVERED))
    store.go_on.set()
    assert (await waiting.result()).state is S.DELIVERED
    assert clock.monotonic() == 0


async def test_what_another_process_recorded_is_noticed_at_intervals(clock: FakeClock) -> None:
    store = MemoryTracks()
    here, there = Tracker(store=store, clock=clock), Tracker(store=store)
    waiting = Waiting(here, receipt())
    await clock.until_waiting()
    await there.record(posted(S.DELIVERED))
    await turns()
    assert not waiting.is_over
    await clock.advance(6)
    assert (await waiting.result()).state is S.DELIVERED


async def test_the_store_is_looked_at_less_and_less_often(clock: FakeClock) -> None:
    looks: list[float] = []

    class Watched(MemoryTracks):
        async def load(self, key: str) -> Track | None:
            looks.append(clock.monotonic())
            return await super().load(key)

    with pytest.raises(UnknownMessageError):
        await clock.drive(Tracker(store=Watched(), clock=clock).wait(ONE, timeout=MINUTE))
    assert looks == pytest.approx([*paced(0, 5, 12.5, 23.75, 40.625, id=ONE), 60])


async def test_an_error_of_the_store_is_raised_to_who_records_and_who_waits(
    clock: FakeClock,
) -> None:
    class Broken(MemoryTracks):
        async def load(self, key: str) -> Track | None:
            raise OSError("the disk is full")

        async def merge(self, key: str, track: Track) -> Track:
            raise OSError("the disk is full")

    tracker = Tracker(store=Broken(), clock=clock)
    with pytest.raises(OSError, match="full"):
        await tracker.record(posted(S.DELIVERED))
    with pytest.raises(OSError, match="full"):
        await tracker.wait(ONE)
    assert tracker._audience.is_empty


@pytest.mark.parametrize("method", ["wait", "watch"])
async def test_wrong_arguments_are_refused_at_once(tracker: Tracker, method: str) -> None:
    async def call(*args: Any, **more: Any) -> None:
        result = getattr(tracker, method)(*args, **more)
        await result  # not reached by watch, which refuses before there is an iterator

    with pytest.raises(TypeError, match="timedelta"):
        await call(ONE, timeout=5)
    with pytest.raises(TypeError, match="a receipt or an id"):
        await call(1)
    with pytest.raises(TypeError, match="a receipt or an id"):
        await tracker.report(None)  # type: ignore[call-overload]


async def test_a_receipt_in_hand_is_not_forgotten_for_want_of_room(clock: FakeClock) -> None:
    tracker = Tracker(store=MemoryTracks(limit=2), clock=clock)
    waiting = Waiting(tracker, receipt(VIBER, SMS))
    await clock.until_waiting()
    for number in range(10):
        await tracker.record(posted(S.SENT, f"messente:x{number}"))
    await tracker.record(posted(S.EXPIRED, channel=VIBER))
    await turns()
    assert not waiting.is_over
    await tracker.record(posted(S.UNDELIVERED))
    assert (await waiting.result()).channels == (VIBER, SMS)


# Watching.


async def test_a_watch_yields_each_change_until_the_end(tracker: Tracker) -> None:
    async def watch() -> list[S]:
        return [report.state async for report in tracker.watch(receipt(VIBER, SMS))]

    watching = asyncio.create_task(watch())
    for state in (S.SENT, S.SENT, S.EXPIRED):
        await turns()
        await tracker.record(posted(state, channel=VIBER))
    await turns()
    await tracker.record(posted(S.DELIVERED))
    assert await watching == [S.ACCEPTED, S.SENT, S.ACCEPTED, S.DELIVERED]


async def test_a_watch_ends_with_its_time(tracker: Tracker, clock: FakeClock) -> None:
    async def watch() -> list[S]:
        return [report.state async for report in tracker.watch(receipt(), timeout=MINUTE)]

    assert await clock.drive(watch()) == [S.ACCEPTED]
    assert clock.monotonic() == 60


async def test_a_watch_that_is_left_ends(tracker: Tracker, clock: FakeClock) -> None:
    watch = tracker.watch(receipt())
    assert isinstance(watch, AsyncIterator)
    async with aclosing(watch):  # type: ignore[type-var]
        async for report in watch:
            assert report.state is S.ACCEPTED
            break
    assert tracker._audience.is_empty
    async for _ in tracker.watch(receipt()):
        break
    await turns()
    assert tracker._audience.is_empty
    assert clock.next_in is None
