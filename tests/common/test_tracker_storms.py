"""However many wait for a message, however often, its vendor is asked now and then only."""

from __future__ import annotations

import asyncio
import gc
from datetime import timedelta
from itertools import pairwise

import pytest

from omni_common import (
    DeliveryState as S,
    NotSupportedError,
    OmniError,
    RateLimitedError,
    ReadError,
    ServerFailedError,
    Tracker,
    UnknownMessageError,
)
from omni_common.clock import SystemClock
from omni_common.tracker import waiting as waiting_module
from tests.support.clock import FakeClock
from tests.support.following import ASKED as ID, paced, posted, receipt, told, turns
from tests.support.providers import StatusProvider

pytestmark = pytest.mark.usefixtures("no_task_is_left")

NO_TIME = timedelta()
MINUTE = timedelta(minutes=1)
SENT, DELIVERED = told(S.SENT), told(S.DELIVERED)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def trouble(cause: OmniError, retry_after: timedelta | None = None) -> ReadError:
    error = ReadError("no answer", retry_after=retry_after, raw={"to": "+37251234567"})
    error.__cause__ = cause
    return error


BUSY = trouble(RateLimitedError("too many"), retry_after=timedelta(seconds=300))


# Waits that follow one another.


async def test_waits_in_a_row_ask_once_in_five_seconds(clock: FakeClock) -> None:
    omni = StatusProvider([SENT], clock)
    tracker = Tracker(omni)
    for _ in range(30):
        assert (await tracker.wait(ID, timeout=NO_TIME)).state is S.SENT
        await clock.advance(0.25)
    assert omni.asked == pytest.approx([0, 5])


async def test_a_wait_that_follows_another_asks_as_soon_as_it_may(clock: FakeClock) -> None:
    omni = StatusProvider([SENT, SENT, DELIVERED], clock)
    tracker = Tracker(omni)
    await tracker.wait(ID, timeout=NO_TIME)
    await clock.advance(3)
    assert (await clock.drive(tracker.wait(ID))).state is S.DELIVERED
    assert omni.asked == pytest.approx([0, 5, 5 + paced(5)[0]])


async def test_a_question_that_was_given_up_counts_too(clock: FakeClock) -> None:
    class Held(StatusProvider):
        async def status(self, id: str) -> object:  # type: ignore[override]
            self.asked.append(self.clock.monotonic())
            return await asyncio.Event().wait()

    omni = Held([SENT], clock)
    tracker = Tracker(omni)
    for _ in range(10):
        waiting = asyncio.create_task(tracker.wait(receipt(id=ID)))
        await turns()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert omni.asked == [0]


@pytest.mark.parametrize("times", [1, 2, 50])
async def test_a_vendor_that_asked_to_wait_is_left_in_peace_by_those_who_come_after(
    clock: FakeClock, times: int
) -> None:
    omni = StatusProvider([BUSY, DELIVERED], clock)
    tracker = Tracker(omni)
    for _ in range(times):
        with pytest.raises(ReadError, match="no answer") as raised:
            await clock.drive(tracker.wait(ID, timeout=timedelta(seconds=1)))
        assert isinstance(raised.value.__cause__, RateLimitedError)
        assert raised.value.retry_after == BUSY.retry_after
    assert omni.asked == [0]
    assert (await clock.drive(tracker.wait(ID, timeout=6 * MINUTE))).state is S.DELIVERED
    assert omni.asked == pytest.approx([0, *paced(300)])


async def test_nor_is_it_asked_at_the_end_of_a_wait(clock: FakeClock) -> None:
    omni = StatusProvider([SENT, BUSY], clock)
    tracker = Tracker(omni)
    assert (await clock.drive(tracker.wait(ID, timeout=MINUTE))).state is S.SENT
    assert omni.asked == pytest.approx(paced(0, 5))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (trouble(ServerFailedError("502")), ReadError),
        (UnknownMessageError("there is no such message"), None),
        (NotSupportedError("by callback only"), UnknownMessageError),
    ],
    ids=["passing", "newborn", "cannot"],
)
async def test_who_comes_too_soon_is_told_what_was_told_before(
    clock: FakeClock, error: OmniError, kind: type[OmniError] | None
) -> None:
    omni = StatusProvider([error], clock)
    tracker = Tracker(omni)
    for _ in range(3):
        if kind is None:
            assert (await tracker.wait(ID, timeout=NO_TIME)).state is S.ACCEPTED
        else:
            with pytest.raises(kind) as raised:
                await tracker.wait(ID, timeout=NO_TIME)
            assert type(raised.value) is kind
    assert omni.asked == [0]


async def test_what_is_kept_of_a_trouble_holds_nothing_of_the_answer(clock: FakeClock) -> None:
    tracker = Tracker(StatusProvider([BUSY], clock))
    for expected in (BUSY.raw, None):
        with pytest.raises(ReadError) as raised:
            await tracker.wait(ID, timeout=NO_TIME)
        assert raised.value.raw == expected


async def test_what_is_remembered_has_a_bound(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_module, "_REMEMBERED", 3)
    omni = StatusProvider([SENT], clock)
    tracker = Tracker(omni)
    for n in (0, 1, 2, 3, 3, 2, 1, 0):
        await tracker.wait(f"memory:{n}", timeout=NO_TIME)
    assert len(omni.asked) == 5
    assert len(tracker._audience._pasts) == 3
    await clock.advance(5)
    await tracker.wait("memory:9", timeout=NO_TIME)
    assert list(tracker._audience._pasts) == ["memory:9"]


# Waits at the same time.


async def test_who_joins_has_no_question_asked_within_five_seconds(clock: FakeClock) -> None:
    omni = StatusProvider([SENT], clock)
    tracker = Tracker(omni)
    waiting = []
    for _ in range(100):
        waiting.append(asyncio.create_task(tracker.wait(ID, timeout=30 * MINUTE)))
        await turns()
        await clock.advance(0.25)
    assert omni.asked == pytest.approx([0, 5, 10, 15, 20, 25])
    await tracker.record(posted(S.DELIVERED, ID))
    await asyncio.gather(*waiting)


async def test_those_whose_time_is_up_together_share_the_last_question(clock: FakeClock) -> None:
    omni = StatusProvider([SENT], clock)
    tracker = Tracker(omni)

    async def wait(number: int) -> None:
        await clock.sleep(number / 100)
        await tracker.wait(ID, timeout=MINUTE)

    await clock.drive(asyncio.gather(*(wait(number) for number in range(100))))
    assert [moment for moment in omni.asked if moment > 50] == pytest.approx([60])
    assert min(later - earlier for earlier, later in pairwise(omni.asked)) >= 5


async def test_thousands_are_not_asked_for_in_the_same_moment(clock: FakeClock) -> None:
    omni = StatusProvider([SENT], clock)
    tracker = Tracker(omni)
    timeout = timedelta(seconds=9)
    ids = [f"memory:{n}" for n in range(1000)]
    clock._turns = 3
    await clock.drive(asyncio.gather(*(tracker.wait(id, timeout=timeout) for id in ids)))
    again = omni.asked[1000:]
    assert len(again) == 1000
    assert all(5 <= moment < 5.5 for moment in again)
    tenths = [int((moment - 5) * 20) for moment in again]
    assert max(map(tenths.count, range(10))) < 200


# Another event loop.


def test_a_tracker_works_on_after_its_loop_was_abandoned_with_someone_waiting() -> None:
    omni = StatusProvider([SENT], SystemClock())
    tracker = Tracker(omni)
    abandoned = asyncio.new_event_loop()
    waiting = [abandoned.create_task(tracker.wait(id)) for id in (ID, ID, "memory:2")]
    abandoned.run_until_complete(turns())
    for task in asyncio.all_tasks(abandoned):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    abandoned.close()

    async def again() -> None:
        await tracker.record(posted(S.SENT, ID))
        report = await tracker.wait(ID, timeout=NO_TIME)
        assert report.state is S.SENT
        later = [asyncio.create_task(tracker.wait(ID)) for _ in range(2)]
        other = asyncio.create_task(tracker.wait("memory:3", S.SENT))
        await turns()
        waiting.clear()
        gc.collect()  # what was waiting ends here, and disturbs nobody
        await tracker.record(posted(S.DELIVERED, ID))
        assert {(await each).state for each in later} == {S.DELIVERED}
        assert (await other).state is S.SENT
        assert tracker._audience.is_empty

    asyncio.run(again())
    assert len(omni.asked) == 3
