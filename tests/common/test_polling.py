"""``wait`` and ``status_many``: asking for states, patiently and a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    ConnectionRejectedError,
    ForeignIdError,
    NotSentError,
    NotSupportedError,
    OmniError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ReadError,
    ServerFailedError,
    UnexpectedAnswerError,
    UnknownMessageError,
)
from omni_common.polling import poll_until_final, status_of_each, stretch_of
from omni_common.report import DeliveryReport, DeliveryState
from tests.support.clock import FakeClock
from tests.support.following import paced
from tests.support.providers import StatusProvider

pytestmark = pytest.mark.usefixtures("no_task_is_left")

MINUTE = timedelta(minutes=1)


def report(state: DeliveryState, id: str = "memory:1") -> DeliveryReport:
    return DeliveryReport(id, state)


def trouble(cause: OmniError | None, retry_after: timedelta | None = None) -> ReadError:
    error = ReadError("no answer", retry_after=retry_after)
    error.__cause__ = cause
    return error


SENT, DELIVERED = report(DeliveryState.SENT), report(DeliveryState.DELIVERED)
NOT_THERE = UnknownMessageError("there is no such message")
PASSING = trouble(ServerFailedError("502"))


async def wait(omni: StatusProvider, timeout: timedelta) -> DeliveryReport:
    assert isinstance(omni.clock, FakeClock)
    return await omni.clock.drive(omni.wait("memory:1", timeout=timeout))


@pytest.mark.parametrize("state", [state for state in DeliveryState if state.is_final])
async def test_a_final_report_is_returned_at_once(state: DeliveryState) -> None:
    omni = StatusProvider([report(state)])
    assert await omni.wait("memory:1") == report(state)
    assert omni.asked == [0]


async def test_questions_are_asked_until_the_report_is_final() -> None:
    omni = StatusProvider([SENT, SENT, report(DeliveryState.UNKNOWN), DELIVERED])
    assert await wait(omni, MINUTE) is DELIVERED
    assert omni.asked == pytest.approx(paced(0, 5, 12.5, 23.75))


async def test_intervals_grow_from_five_seconds_to_five_minutes() -> None:
    omni = StatusProvider([SENT])
    await wait(omni, timedelta(hours=2))
    intervals = [later - earlier for earlier, later in pairwise(omni.asked)]
    assert intervals[:2] == pytest.approx(paced(5, 7.5))
    assert intervals[:-1] == pytest.approx(sorted(intervals[:-1]))
    assert max(intervals) == pytest.approx(paced(300)[0])
    assert intervals[-2] == pytest.approx(max(intervals))


@pytest.mark.parametrize("seconds", [-1, 0, 0.001, 3, 5, 60, 119.5])
async def test_at_the_deadline_the_last_report_is_returned(seconds: float) -> None:
    omni = StatusProvider([report(DeliveryState.ACCEPTED), SENT])
    last = await wait(omni, timedelta(seconds=seconds))
    assert not last.is_final
    assert last.state is (DeliveryState.SENT if seconds > 0 else DeliveryState.ACCEPTED)
    assert omni.asked[-1] == pytest.approx(max(seconds, 0))


async def test_two_minutes_are_waited_unless_said_otherwise() -> None:
    omni = StatusProvider([SENT])
    assert isinstance(omni.clock, FakeClock)
    assert await omni.clock.drive(omni.wait("memory:1")) is SENT
    assert omni.asked[-1] == pytest.approx(120)


async def test_an_id_that_is_not_known_yet_counts_as_accepted_for_a_minute() -> None:
    omni = StatusProvider([NOT_THERE, NOT_THERE, DELIVERED])
    assert await wait(omni, MINUTE) is DELIVERED

    omni = StatusProvider([NOT_THERE])
    assert await wait(omni, timedelta(seconds=59)) == report(DeliveryState.ACCEPTED)


async def test_an_id_that_is_not_known_after_a_minute_is_an_error() -> None:
    omni = StatusProvider([NOT_THERE])
    with pytest.raises(UnknownMessageError):
        await wait(omni, timedelta(hours=1))
    assert 60 <= omni.asked[-1] <= 77
    assert all(moment < 60 for moment in omni.asked[:-1])


async def test_what_was_known_is_not_forgotten_when_the_id_is_unknown_for_a_while() -> None:
    omni = StatusProvider([SENT, NOT_THERE])
    assert await wait(omni, timedelta(seconds=30)) is SENT


@pytest.mark.parametrize(
    "cause",
    [
        ConnectionFailedError("no route"),
        AnswerLostError("gone"),
        ServerFailedError("502"),
        RateLimitedError("too many"),
    ],
    ids=lambda cause: type(cause).__name__,
)
async def test_a_trouble_that_passes_is_ridden_out(cause: OmniError) -> None:
    omni = StatusProvider([trouble(cause), SENT, trouble(cause), trouble(cause), DELIVERED])
    assert await wait(omni, MINUTE) is DELIVERED
    assert omni.asked == pytest.approx(paced(0, 5, 12.5, 23.75, 40.625))


@pytest.mark.parametrize(
    "error",
    [
        trouble(AuthenticationError("wrong key")),
        trouble(PermissionDeniedError("not from here")),
        trouble(ConnectionRejectedError("wrong certificate")),
        trouble(UnexpectedAnswerError("no JSON")),
        trouble(None),
        NotSupportedError("no status here"),
        trouble(ClientClosedError("closed")),
    ],
    ids=lambda error: type(error.__cause__ or error).__name__,
)
async def test_a_trouble_that_lasts_is_raised_at_once(error: OmniError) -> None:
    omni = StatusProvider([SENT, error])
    with pytest.raises(type(error)) as raised:
        await wait(omni, timedelta(hours=1))
    assert raised.value is error
    assert omni.asked == pytest.approx(paced(0, 5))


async def test_the_last_report_stands_if_only_trouble_follows() -> None:
    assert await wait(StatusProvider([SENT, PASSING]), MINUTE) is SENT


async def test_nothing_but_trouble_until_the_deadline_is_an_error() -> None:
    omni = StatusProvider([PASSING])
    with pytest.raises(ReadError) as raised:
        await wait(omni, MINUTE)
    assert raised.value is PASSING
    assert omni.asked[-1] == pytest.approx(60)


async def test_a_vendor_that_asks_to_wait_is_left_in_peace_as_long() -> None:
    busy = trouble(RateLimitedError("too many"), retry_after=timedelta(seconds=90))
    omni = StatusProvider([busy, SENT, DELIVERED])
    assert await wait(omni, timedelta(minutes=5)) is DELIVERED
    assert omni.asked == pytest.approx(paced(0, 90, 97.5))


@pytest.mark.parametrize("first", [SENT, None])
async def test_nor_is_it_asked_sooner_for_want_of_time(first: DeliveryReport | None) -> None:
    busy = trouble(RateLimitedError("too many"), retry_after=timedelta(seconds=90))
    omni = StatusProvider([busy] if first is None else [first, busy])
    if first is None:
        with pytest.raises(ReadError) as raised:
            await wait(omni, MINUTE)
        assert raised.value is busy
    else:
        assert await wait(omni, MINUTE) is first
    assert omni.asked == pytest.approx(paced(0, 5)[: len(omni.asked)])
    assert omni.clock.monotonic() == pytest.approx(60)


@given(st.lists(st.text(), min_size=1))
def test_every_id_has_a_stretch_of_its_own_that_is_always_the_same(ids: list[str]) -> None:
    stretches = [stretch_of(id) for id in ids]
    assert all(1 <= each < 1.1 for each in stretches)
    assert stretches == [stretch_of(id) for id in ids]


def test_messages_that_are_asked_for_at_once_drift_apart() -> None:
    tenths = [int((stretch_of(f"messente:{n}") - 1) * 100) for n in range(1000)]
    assert set(tenths) == set(range(10))
    assert max(map(tenths.count, range(10))) < 200


@pytest.mark.parametrize(
    "error",
    [ClientClosedError("closed"), AuthenticationError("wrong key"), AnswerLostError("gone")],
    ids=lambda error: type(error).__name__,
)
async def test_no_question_raises_what_only_a_send_may(
    error: NotSentError | OutcomeUnknownError,
) -> None:
    """Around a send and a wait, such an error would have the message sent again."""
    omni = StatusProvider([error])
    with pytest.raises(ReadError) as raised:
        await wait(omni, MINUTE)
    assert raised.value.__cause__ is error
    [result] = [result async for result in omni.status_many(["memory:1"])]
    assert type(result.error) is ReadError


class Ward:
    """Answers for ids, counting how many questions are open at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = self.most = 0
        self.held: dict[str, asyncio.Event] = {}
        self.cancelled: list[str] = []

    async def status(self, id: str) -> DeliveryReport:
        self.asked.append(id)
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await self.held[id].wait() if id in self.held else await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled.append(id)
            raise
        finally:
            self.open -= 1
        if id.startswith("no"):
            raise UnknownMessageError(f"there is no {id}")
        return report(DeliveryState.SENT, id)


async def from_afar(ids: Iterable[str]) -> AsyncIterator[str]:
    for id in ids:
        await asyncio.sleep(0)
        yield id


@pytest.mark.parametrize("make", [list, iter, tuple, from_afar])
async def test_each_id_has_one_result_in_its_place(
    make: Callable[[list[str]], Iterable[str] | AsyncIterator[str]],
) -> None:
    ward = Ward()
    ids = [f"no-{n}" if n % 3 == 0 else f"yes-{n % 10}" for n in range(100)]
    results = [result async for result in status_of_each(ward.status, make(ids))]
    assert [result.id for result in results] == ward.asked == ids
    for result in results:
        if result.id.startswith("no"):
            assert result.report is None
            assert isinstance(result.error, UnknownMessageError)
        else:
            assert result.error is None
            assert result.report == report(DeliveryState.SENT, result.id)
    assert ward.most <= 16


async def test_results_keep_their_place_whichever_is_answered_first() -> None:
    ward = Ward()
    ward.held = {"0": asyncio.Event(), "2": asyncio.Event()}

    async def answer() -> None:
        for id in "20":
            await asyncio.sleep(0)
            ward.held[id].set()

    answering = asyncio.create_task(answer())
    results = [result async for result in status_of_each(ward.status, list("01234"))]
    await answering
    assert [result.id for result in results] == list("01234")


async def test_no_id_is_no_result() -> None:
    assert [result async for result in status_of_each(Ward().status, [])] == []


async def test_a_million_ids_are_read_only_a_few_ahead() -> None:
    read = 0

    def ids() -> Iterator[str]:
        nonlocal read
        for read in range(1_000_000):
            yield str(read)

    ward = Ward()
    results = status_of_each(ward.status, ids())
    assert [(await anext(results)).id for _ in range(50)] == [str(n) for n in range(50)]
    assert read < 50 + 16
    await results.aclose()  # type: ignore[attr-defined]
    assert ward.open == 0


async def test_a_loop_that_is_left_asks_no_further_and_closes_its_source() -> None:
    ward = Ward()
    ward.held = {"1": asyncio.Event()}
    closed = asyncio.Event()

    async def ids() -> AsyncIterator[str]:
        try:
            for n in range(100):
                yield str(n)
        finally:
            closed.set()

    async for _ in status_of_each(ward.status, ids()):
        break
    await closed.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert "1" in ward.cancelled
    assert ward.open == 0
    assert len(ward.asked) <= 17


async def test_a_consumer_that_is_cancelled_leaves_no_question_open() -> None:
    ward = Ward()
    ward.held = {"0": asyncio.Event(), "1": asyncio.Event()}

    async def consume() -> None:
        async for _ in status_of_each(ward.status, list("01")):
            pass

    consumer = asyncio.create_task(consume())
    while len(ward.asked) < 2:  # noqa: ASYNC110 - a test's own loop turns
        await asyncio.sleep(0)
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer
    assert sorted(ward.cancelled) == ["0", "1"]


async def test_a_slow_source_does_not_hold_up_results_that_are_there() -> None:
    """What is answered comes out with the next id, not only when sixteen were asked."""
    ward = Ward()

    async def ids() -> AsyncIterator[str]:
        for n in range(10):
            for _ in range(5):
                await asyncio.sleep(0)
            yield str(n)
            assert n - taken <= 1

    taken = 0
    async for _ in status_of_each(ward.status, ids()):
        taken += 1
    assert taken == 10


@given(ids=st.lists(st.text()), slow=st.booleans())
async def test_any_ids_have_one_result_each(ids: list[str], *, slow: bool) -> None:
    omni = StatusProvider([SENT])
    source = from_afar(ids) if slow else ids
    assert [result.id async for result in omni.status_many(source)] == ids


async def test_an_id_of_another_provider_is_no_newborn() -> None:
    async def status(_: str) -> DeliveryReport:
        raise ForeignIdError("this id is another provider's")

    with pytest.raises(ForeignIdError):
        await poll_until_final(status, "messente:1", timedelta(minutes=1), FakeClock())


async def test_a_timeout_in_plain_seconds_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(TypeError, match="timedelta"):
        await poll_until_final(Ward().status, "1", 5, FakeClock())  # type: ignore[arg-type]


async def test_a_provider_that_breaks_its_contract_spoils_only_its_own_result() -> None:
    async def status(id: str) -> DeliveryReport:
        if id == "bad":
            raise KeyError(id)
        return DeliveryReport(id, DeliveryState.SENT)

    good, bad = [result async for result in status_of_each(status, ["good", "bad"])]
    assert good.report is not None
    assert isinstance(bad.error, ReadError)
    assert isinstance(bad.error.__cause__, KeyError)
