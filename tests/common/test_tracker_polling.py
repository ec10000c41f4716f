"""``Tracker`` with a provider: who is asked, how often, and for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from datetime import timedelta

import pytest
from attrs import evolve

from omni_common import (
    Channel,
    DeliveryReport,
    DeliveryState as S,
    Tracker,
)
from tests.support.clock import FakeClock
from tests.support.following import ASKED as ID, paced, posted, receipt, told, turns, wait_by_asking
from tests.support.providers import StatusProvider

pytestmark = pytest.mark.usefixtures("no_task_is_left")

VIBER, SMS = Channel.VIBER, Channel.SMS
MINUTE = timedelta(minutes=1)
SENT, DELIVERED = told(S.SENT), told(S.DELIVERED)


class HeldProvider(StatusProvider):
    """Answers when it is let."""

    def __init__(self, answers: Iterable[DeliveryReport | Exception]) -> None:
        super().__init__(answers)
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.given_up = 0

    async def status(self, id: str) -> DeliveryReport:
        answer = await super().status(id)
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            await turns()  # as closing a connection would take some
            self.given_up += 1
            raise
        return answer


# Asking.


async def test_a_provider_is_asked_until_the_message_is_where_it_should_be() -> None:
    omni = StatusProvider([SENT, SENT, told(S.UNKNOWN), DELIVERED])
    assert (await wait_by_asking(omni)).state is S.DELIVERED
    assert omni.asked == pytest.approx(paced(0, 5, 12.5, 23.75))


async def test_t59_the_answers_and_the_receipt_say_together_when_it_is_over() -> None:
    """A status may leave out channels whose turn has not come."""
    first_only = DeliveryReport.of_parts(ID, told(S.EXPIRED, S.ACCEPTED).parts[:1])
    answers = [first_only, told(S.EXPIRED, S.ACCEPTED), told(S.EXPIRED, S.REJECTED)]
    report = await wait_by_asking(StatusProvider(answers), receipt(VIBER, SMS, id=ID))
    assert (report.state, report.channel, report.is_final) == (S.REJECTED, SMS, True)


async def test_asking_goes_on_after_delivered_for_who_waits_for_more() -> None:
    omni = StatusProvider([DELIVERED, DELIVERED, told(S.READ)])
    assert (await wait_by_asking(omni, state=S.READ)).state is S.READ
    omni = StatusProvider([DELIVERED])
    assert (await wait_by_asking(omni, state=S.READ)).state is S.DELIVERED
    assert omni.asked[-1] == pytest.approx(120)


async def test_the_last_question_is_asked_at_the_end() -> None:
    omni = StatusProvider([told(S.ACCEPTED), SENT])
    report = await wait_by_asking(omni, timeout=timedelta(seconds=11))
    assert (report.state, report.is_final) == (S.SENT, False)
    assert omni.asked == pytest.approx([*paced(0, 5), 11])


@pytest.mark.parametrize(
    ("seconds", "asked"), [(4.9, [0]), (10, paced(0, 5)), (12, [*paced(0, 5), 12])]
)
async def test_the_last_question_is_not_asked_if_the_last_answer_is_young(
    seconds: float, asked: list[float]
) -> None:
    omni = StatusProvider([SENT])
    report = await wait_by_asking(omni, timeout=timedelta(seconds=seconds))
    assert report.state is S.SENT
    assert omni.asked == pytest.approx(asked)
    assert omni.clock.monotonic() == pytest.approx(seconds)


async def test_without_time_one_question_is_asked() -> None:
    omni = StatusProvider([SENT, DELIVERED])
    assert (await wait_by_asking(omni, timeout=timedelta())).state is S.SENT
    assert omni.asked == [0]


async def test_what_is_posted_is_noticed_between_two_questions_and_during_one() -> None:
    omni = StatusProvider([SENT])
    tracker = Tracker(omni)
    assert isinstance(omni.clock, FakeClock)
    waiting = asyncio.create_task(tracker.wait(ID))
    await omni.clock.until_waiting()
    await tracker.record(posted(S.DELIVERED, ID))
    assert (await waiting).state is S.DELIVERED
    assert omni.clock.monotonic() == 0
    assert omni.clock.next_in is None

    held = HeldProvider([SENT])
    tracker = Tracker(held)
    waiting = asyncio.create_task(tracker.wait(ID))
    await held.begun.wait()
    await tracker.record(posted(S.DELIVERED, ID))
    assert (await waiting).state is S.DELIVERED
    assert held.given_up == 1


async def test_an_answer_that_comes_after_the_time_still_counts() -> None:
    omni = HeldProvider([DELIVERED])
    assert isinstance(omni.clock, FakeClock)
    waiting = asyncio.create_task(Tracker(omni).wait(ID, timeout=MINUTE))
    await omni.begun.wait()
    await omni.clock.advance(61)
    assert not waiting.done()
    omni.go_on.set()
    assert (await waiting).state is S.DELIVERED
    assert omni.asked == [0]


async def test_an_answer_is_kept_for_who_asks_later() -> None:
    omni = StatusProvider([SENT])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    await omni.clock.drive(tracker.wait(ID, timeout=timedelta()))
    report = await tracker.report(ID)
    assert report is not None
    assert report.state is S.SENT


async def test_an_answer_is_about_the_message_that_was_asked_for() -> None:
    omni = StatusProvider([evolve(DELIVERED, id="memory:another")])
    assert (await wait_by_asking(omni)).id == ID


# Sharing.


async def test_all_who_wait_for_a_message_share_its_questions() -> None:
    omni = StatusProvider([SENT, SENT, DELIVERED])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    waiting = asyncio.gather(*(tracker.wait(ID) for _ in range(50)))
    reports = await omni.clock.drive(waiting)
    assert {report.state for report in reports} == {S.DELIVERED}
    assert omni.asked == pytest.approx(paced(0, 5, 12.5))


async def test_each_message_has_its_own_questions() -> None:
    omni = StatusProvider([SENT])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    waiting = asyncio.gather(
        *(tracker.wait(f"memory:{n}", timeout=timedelta(seconds=6)) for n in range(3))
    )
    await omni.clock.drive(waiting)
    second = sorted(paced(5, id=f"memory:{n}")[0] for n in range(3))
    assert len(set(second)) == 3
    assert omni.asked == pytest.approx([0, 0, 0, *second])


async def test_who_comes_later_has_a_question_asked_at_once_and_often_again() -> None:
    omni = StatusProvider([SENT])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    first = asyncio.create_task(tracker.wait(ID, timeout=60 * MINUTE))
    await omni.clock.until_waiting()
    await omni.clock.advance(2000)
    before = len(omni.asked)
    second = asyncio.create_task(tracker.wait(ID, timeout=timedelta(seconds=7)))
    await turns()
    await omni.clock.advance(10)
    assert (await second).state is S.SENT
    assert omni.asked[before:] == pytest.approx([2000, 2000 + paced(5)[0]])
    assert not first.done()
    await tracker.record(posted(S.DELIVERED, ID))
    await first


async def test_who_leaves_does_not_end_the_questions_of_others() -> None:
    omni = StatusProvider([SENT, DELIVERED])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    first, second = (asyncio.create_task(tracker.wait(ID)) for _ in range(2))
    await omni.clock.until_waiting()
    first.cancel()
    await turns()
    assert first.cancelled()
    await omni.clock.advance(6)
    assert (await second).state is S.DELIVERED
    assert tracker._audience.is_empty


async def test_the_last_to_leave_gives_a_question_under_way_up() -> None:
    omni = HeldProvider([SENT])
    tracker = Tracker(omni)
    waiting = [asyncio.create_task(tracker.wait(ID)) for _ in range(2)]
    await omni.begun.wait()
    for each in waiting:
        assert omni.given_up == 0
        each.cancel()
        with pytest.raises(asyncio.CancelledError):
            await each
    assert omni.given_up == 1
    assert tracker._audience.is_empty


async def test_a_watch_shows_answers_and_posts_alike() -> None:
    omni = StatusProvider([SENT, SENT, told(S.EXPIRED, S.SENT)])
    assert isinstance(omni.clock, FakeClock)
    tracker = Tracker(omni)
    seen: list[tuple[S, float]] = []
    async with aclosing(tracker.watch(receipt(VIBER, SMS, id=ID))) as reports:  # type: ignore[type-var]
        while (report := await omni.clock.drive(anext(reports, None))) is not None:
            seen.append((report.state, omni.clock.monotonic()))
            if len(seen) == 3:
                await tracker.record(posted(S.DELIVERED, ID))
    [third] = paced(12.5)
    assert seen == [
        (S.ACCEPTED, 0),
        (S.SENT, 0),
        (S.SENT, pytest.approx(third)),  # with the first channel expired
        (S.DELIVERED, pytest.approx(third)),
    ]
