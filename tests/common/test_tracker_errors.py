"""``Tracker`` with a provider whose answer is an error: what it means for those who wait."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from omni_common import (
    AnswerLostError,
    AuthenticationError,
    Channel,
    ClientClosedError,
    DeliveryReport,
    DeliveryState as S,
    ForeignIdError,
    MemoryTracks,
    NotSentError,
    NotSupportedError,
    OmniError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadError,
    Receipt,
    ServerFailedError,
    Track,
    Tracker,
    UnknownMessageError,
)
from omni_common.sync import connect as blocking_connect
from tests.support.clock import FakeClock
from tests.support.following import ASKED as ID, paced, posted, receipt, told, turns, wait_by_asking
from tests.support.providers import StatusProvider

pytestmark = pytest.mark.usefixtures("no_task_is_left")

VIBER, SMS = Channel.VIBER, Channel.SMS
MINUTE = timedelta(minutes=1)
SENT, DELIVERED = told(S.SENT), told(S.DELIVERED)


def trouble(cause: OmniError, retry_after: timedelta | None = None) -> ReadError:
    error = ReadError("no answer", retry_after=retry_after)
    error.__cause__ = cause
    return error


NOT_THERE = UnknownMessageError("there is no such message")
PASSING = trouble(ServerFailedError("502"))
LASTING = trouble(AuthenticationError("wrong key"))
CANNOT = NotSupportedError("by callback only")


async def test_a_trouble_that_passes_is_ridden_out() -> None:
    omni = StatusProvider([PASSING, SENT, trouble(AnswerLostError("gone")), DELIVERED])
    assert (await wait_by_asking(omni)).state is S.DELIVERED
    assert omni.asked == pytest.approx(paced(0, 5, 12.5, 23.75))


async def test_a_vendor_that_asks_to_wait_is_left_in_peace_by_all() -> None:
    busy = trouble(RateLimitedError("too many"), retry_after=timedelta(seconds=90))
    omni = StatusProvider([busy, SENT, DELIVERED])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    first = asyncio.create_task(tracker.wait(ID))
    await omni.clock.until_waiting()
    await omni.clock.advance(10)
    second = asyncio.create_task(tracker.wait(ID))
    await turns()
    await omni.clock.drive(asyncio.gather(first, second))
    assert omni.asked == pytest.approx(paced(0, 90, 95))


async def test_an_id_that_is_not_known_yet_counts_as_accepted_for_a_minute() -> None:
    omni = StatusProvider([NOT_THERE, NOT_THERE, DELIVERED])
    assert (await wait_by_asking(omni)).state is S.DELIVERED
    omni = StatusProvider([NOT_THERE])
    for message in (ID, receipt(id=ID)):
        report = await wait_by_asking(omni, message, timeout=timedelta(seconds=59))
        assert (report.id, report.state) == (ID, S.ACCEPTED)


async def test_that_an_id_is_not_known_yet_is_not_kept_as_news() -> None:
    omni = StatusProvider([NOT_THERE])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    await omni.clock.drive(tracker.wait(ID, timeout=timedelta()))
    assert await tracker.report(ID) is None


@pytest.mark.parametrize("message", [ID, receipt(id=ID)], ids=["id", "receipt"])
@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (NOT_THERE, paced(0, 5, 12.5, 23.75, 40.625, 65.9375)),
        (LASTING, [0]),
        (trouble(ClientClosedError("closed")), [0]),
    ],
    ids=lambda value: type(value.__cause__).__name__ if isinstance(value, OmniError) else "",
)
async def test_an_error_that_lasts_ends_the_questions_and_is_raised_if_nothing_is_posted(
    message: Receipt | str, error: OmniError, asked: list[float]
) -> None:
    omni = StatusProvider([error])
    with pytest.raises(type(error)) as raised:
        await wait_by_asking(omni, message)
    assert raised.value is error
    assert omni.asked == pytest.approx(asked)
    assert omni.clock.monotonic() == pytest.approx(120)


async def test_nothing_but_passing_trouble_is_an_error_at_the_end() -> None:
    omni = StatusProvider([PASSING])
    with pytest.raises(ReadError) as raised:
        await wait_by_asking(omni, receipt(id=ID))
    assert raised.value is PASSING
    assert omni.asked[-1] == pytest.approx(120)


@pytest.mark.parametrize("error", [PASSING, LASTING, NOT_THERE, CANNOT])
async def test_an_error_of_asking_is_none_of_the_wait_if_something_is_posted(
    error: OmniError,
) -> None:
    omni = StatusProvider([error])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    waiting = asyncio.create_task(tracker.wait(ID, timeout=2 * MINUTE))
    await omni.clock.until_waiting()
    await tracker.record(posted(S.SENT, ID))
    await omni.clock.advance(200)
    assert (await waiting).state is S.SENT
    waiting = asyncio.create_task(tracker.wait(ID))
    await turns()
    await tracker.record(posted(S.DELIVERED, ID))
    assert (await waiting).state is S.DELIVERED


async def test_the_last_answer_stands_if_only_trouble_follows() -> None:
    assert (await wait_by_asking(StatusProvider([SENT, PASSING]))).state is S.SENT
    assert (await wait_by_asking(StatusProvider([SENT, LASTING]))).state is S.SENT


@pytest.mark.parametrize("error", [CANNOT, ForeignIdError("another's")], ids=["none", "foreign"])
async def test_where_a_provider_cannot_tell_posts_are_waited_for(error: OmniError) -> None:
    """Devino has no status of OMNI messages; and another provider's id may be waited for too."""
    omni = StatusProvider([error])
    report = await wait_by_asking(omni, receipt(VIBER, SMS, id=ID))
    assert (report.state, report.is_final) == (S.ACCEPTED, False)
    assert omni.asked == [0]
    assert omni.clock.monotonic() == pytest.approx(120)
    with pytest.raises(UnknownMessageError, match="nothing was heard") as raised:
        await wait_by_asking(omni, ID)
    assert raised.value.__cause__ is error
    assert raised.value.provider == "memory"


async def test_who_comes_after_an_error_that_lasted_has_the_provider_asked_anew() -> None:
    omni = StatusProvider([LASTING, DELIVERED])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    first = asyncio.create_task(tracker.wait(ID, S.READ, timeout=10 * MINUTE))
    await omni.clock.until_waiting()
    second = await omni.clock.drive(tracker.wait(ID))
    assert second.state is S.DELIVERED
    assert omni.asked == pytest.approx([0, 5])
    await omni.clock.drive(first)
    assert tracker._audience.is_empty


@pytest.mark.parametrize("watch", [False, True])
async def test_what_a_provider_must_not_raise_is_raised_to_all_who_wait_at_once(
    *, watch: bool
) -> None:
    omni = StatusProvider([KeyError("bug")])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)

    async def follow() -> None:
        if watch:
            async for _ in tracker.watch(ID):
                pass
        else:
            await tracker.wait(ID)

    both = asyncio.gather(follow(), follow(), return_exceptions=True)
    assert [type(error) for error in await both] == [KeyError, KeyError]  # the clock stands still
    assert tracker._audience.is_empty


# Whatever goes wrong, a wait ends in its time and says nothing of a send.


@pytest.mark.parametrize(
    "error",
    [ClientClosedError("closed"), AuthenticationError("wrong key"), AnswerLostError("gone")],
    ids=lambda error: type(error).__name__,
)
async def test_no_wait_raises_what_only_a_send_may(
    error: NotSentError | OutcomeUnknownError,
) -> None:
    with pytest.raises(ReadError) as raised:
        await wait_by_asking(StatusProvider([error]), receipt(id=ID))
    assert type(raised.value) is ReadError
    assert raised.value.__cause__ is error


class CancelledProvider(StatusProvider):
    """Shares one task for all its answers, and somebody has cancelled it."""

    async def status(self, id: str) -> DeliveryReport:
        answer = await super().status(id)
        if answer.state is S.CANCELLED:
            raise asyncio.CancelledError
        return answer


@pytest.mark.parametrize("message", [ID, receipt(id=ID)], ids=["id", "receipt"])
async def test_a_question_that_somebody_cancelled_lets_the_wait_end_in_its_time(
    message: Receipt | str,
) -> None:
    omni = CancelledProvider([told(S.CANCELLED)])
    with pytest.raises(ReadError, match="cancelled") as raised:
        await wait_by_asking(omni, message, timeout=MINUTE)
    assert isinstance(raised.value.__cause__, asyncio.CancelledError)
    assert omni.asked == [0]
    assert omni.clock.monotonic() == pytest.approx(60)


async def test_after_a_question_that_somebody_cancelled_posts_are_waited_for() -> None:
    omni = CancelledProvider([told(S.CANCELLED)])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    waiting = asyncio.create_task(tracker.wait(ID))
    await omni.clock.until_waiting()
    await tracker.record(posted(S.DELIVERED, ID))
    assert (await waiting).state is S.DELIVERED
    assert tracker._audience.is_empty


async def test_a_watch_ends_in_its_time_when_a_question_is_cancelled() -> None:
    omni = CancelledProvider([SENT, told(S.CANCELLED)])
    assert isinstance(omni.clock, FakeClock)

    async def watch() -> list[S]:
        return [each.state async for each in Tracker(omni).watch(receipt(id=ID), timeout=MINUTE)]

    assert await omni.clock.drive(watch()) == [S.ACCEPTED, S.SENT]
    assert omni.clock.monotonic() == pytest.approx(60)


class Broken(MemoryTracks):
    """Keeps nothing while it is broken."""

    is_broken = False

    async def merge(self, key: str, track: Track) -> Track:
        if self.is_broken:
            raise OSError("no room for +37251234567")
        return await super().merge(key, track)


async def test_an_answer_that_cannot_be_kept_ends_no_wait_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    omni, store = StatusProvider([SENT, SENT, DELIVERED]), Broken()
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni, store=store)
    await tracker.add(receipt(id=ID))
    store.is_broken = True
    waiting = asyncio.gather(*(tracker.wait(ID) for _ in range(3)))
    await omni.clock.until_waiting()
    await omni.clock.advance(10)
    with pytest.raises(OSError, match="no room"):
        await tracker.record(posted(S.DELIVERED, ID))
    with pytest.raises(OSError, match="no room"):
        await tracker.add(receipt(id=ID))
    assert len(omni.asked) == 2
    assert {each.state for each in await omni.clock.drive(waiting)} == {S.DELIVERED}
    assert [(each.name, each.levelname) for each in caplog.records] == [
        ("omni_common.tracker", "WARNING")
    ]
    assert "OSError" in caplog.text
    assert "37251234567" not in caplog.text


async def test_each_time_that_the_store_fails_anew_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    omni, store = StatusProvider([SENT]), Broken()
    assert isinstance(omni.clock, FakeClock)
    waiting = asyncio.create_task(Tracker(omni, store=store).wait(receipt(id=ID)))
    await omni.clock.until_waiting()
    for store.is_broken in (True, False, True):
        await omni.clock.drive(turns())
        await omni.clock.advance(omni.clock.next_in or 0)
    assert len(caplog.records) == 2
    await omni.clock.drive(waiting)


async def test_what_is_no_provider_is_refused_and_its_tracker_named() -> None:
    with blocking_connect("messente://u:p@127.0.0.1:9/v1") as blocking:
        wrong: Any = blocking
        with pytest.raises(TypeError, match=r"omni_common\.sync\.Tracker"):
            Tracker(wrong)


async def test_a_state_and_a_receipt_are_checked_before_anything_is_waited_for() -> None:
    tracker, word = Tracker(), cast("Any", "delivered")
    with pytest.raises(TypeError, match="DeliveryState"):
        await tracker.wait("messente:1", word)
    with pytest.raises(TypeError, match="Receipt"):
        await tracker.add(word)
