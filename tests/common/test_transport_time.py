"""Deadlines, pauses and what the vendor asks to wait, in time that the test moves."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest

from omni_common.errors import (
    AnswerLostError,
    ConnectionFailedError,
    OmniError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadError,
)
from omni_common.exchange import Answer, Failure, FailureKind, Request
from omni_common.history import History
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Step, answer, read_then_fin, stall
from tests.support.transport_calls import (
    ACCEPTED,
    DELETE,
    READ,
    SEND,
    accepted,
    transport_to,
)

each_request = pytest.mark.parametrize("request_", [SEND, READ, DELETE], ids=["SEND", "GET", "DEL"])


def _busy(retry_after: str) -> Step:
    return answer(429, b"{}", {"Retry-After": retry_after})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@each_request
async def test_what_the_vendor_asks_to_wait_is_waited_before_the_next_attempt(
    request_: Request, clock: FakeClock
) -> None:
    history = History()
    async with (
        FaultServer(_busy("7"), answer()) as server,
        transport_to(server, clock=clock) as omni,
    ):
        call = asyncio.create_task(omni.exchange(request_, accepted, history=history))
        await clock.until_waiting()
        await clock.advance(6.99)
        assert len(server.requests) == 1
        await clock.advance(1.01)
        assert await call == ACCEPTED

    assert len(server.requests) == 2
    assert 7 <= clock.slept[0] <= 8
    first, second = history.attempts
    assert first.waited == timedelta()
    assert second.waited == timedelta(seconds=clock.slept[0])
    assert second.started_at - first.started_at == second.waited


async def test_a_date_to_come_back_at_is_understood(clock: FakeClock) -> None:
    date = format_datetime(clock.now() + timedelta(seconds=10), usegmt=True)
    async with (
        FaultServer(_busy(date), answer()) as server,
        transport_to(server, clock=clock) as omni,
    ):
        assert await clock.drive(omni.exchange(SEND, accepted)) == ACCEPTED

    assert 10 <= clock.slept[0] <= 11


@pytest.mark.parametrize(
    "value", ["-1", "0", "nan", "inf", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
async def test_nonsense_to_wait_is_an_ordinary_pause(value: str, clock: FakeClock) -> None:
    async with (
        FaultServer(_busy(value), answer()) as server,
        transport_to(server, clock=clock) as omni,
    ):
        assert await clock.drive(omni.exchange(SEND, accepted)) == ACCEPTED

    assert 0 <= clock.slept[0] <= 0.5


@each_request
@pytest.mark.parametrize(
    ("retry_after", "timeout", "because"),
    [("61", 300.0, "asks to wait 61 s"), ("30", 30.0, "no time left"), ("1e30", 30.0, "to wait")],
    ids=["beyond the cap", "beyond the deadline", "absurd"],
)
async def test_a_wait_that_is_too_long_is_told_at_once(
    request_: Request, retry_after: str, timeout: float, because: str, clock: FakeClock
) -> None:
    async with (
        FaultServer(_busy(retry_after)) as server,
        transport_to(server, clock=clock, timeout=timeout) as omni,
    ):
        with pytest.raises(OmniError) as caught:
            await omni.exchange(request_, accepted)

    assert isinstance(caught.value, ReadError if request_ is READ else RateLimitedError)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= timedelta(seconds=30)
    assert because in caught.value.text
    assert len(server.requests) == 1
    assert clock.slept == []


async def test_a_wait_that_the_body_asks_for_counts_where_no_header_does(clock: FakeClock) -> None:
    def read(answer_: Answer) -> bytes | Failure:
        if answer_.status == 200:
            return answer_.body
        return Failure(FailureKind.RATE_LIMITED, retry_after=timedelta(seconds=5))

    async with (
        FaultServer(answer(429), _busy("3"), answer()) as server,
        transport_to(server, clock=clock) as omni,
    ):
        assert await clock.drive(omni.exchange(SEND, read)) == ACCEPTED

    assert 5 <= clock.slept[0] <= 6
    assert 3 <= clock.slept[1] <= 4


async def test_pauses_without_an_instruction_grow_within_their_bounds(clock: FakeClock) -> None:
    async with (
        FaultServer(read_then_fin) as server,
        transport_to(server, clock=clock, max_attempts=6) as omni,
    ):
        with pytest.raises(ReadError) as caught:
            await clock.drive(omni.exchange(READ, accepted))

    assert len(caught.value.attempts) == len(server.requests) == 6
    bounds = [0.5, 1, 2, 4, 8]
    assert all(slept <= bound for slept, bound in zip(clock.slept, bounds, strict=True))
    assert [attempt.waited.total_seconds() for attempt in caught.value.attempts[1:]] == (
        pytest.approx(clock.slept, abs=1e-6)
    )


async def test_attempts_and_pauses_together_stay_within_the_deadline(clock: FakeClock) -> None:
    async with (
        FaultServer(_busy("4")) as server,
        transport_to(server, clock=clock, timeout=10, max_attempts=100) as omni,
    ):
        with pytest.raises(RateLimitedError, match="no time left"):
            await clock.drive(omni.exchange(SEND, accepted))

    assert len(server.requests) in {2, 3}
    assert clock.monotonic() < 10


async def test_a_call_may_have_a_deadline_of_its_own(clock: FakeClock) -> None:
    async with (
        FaultServer(_busy("4")) as server,
        transport_to(server, clock=clock, timeout=1) as omni,
    ):
        with pytest.raises(RateLimitedError):
            await clock.drive(omni.exchange(SEND, accepted, timeout=6))
        with pytest.raises(RateLimitedError):
            await clock.drive(omni.exchange(SEND, accepted))

    assert len(server.requests) == 3


async def test_no_time_is_not_mistaken_for_endless_time(clock: FakeClock) -> None:
    async with FaultServer(stall) as server, transport_to(server, clock=clock) as omni:
        with pytest.raises(ConnectionFailedError, match="no time left") as caught:
            await omni.exchange(SEND, accepted, timeout=0)

    assert server.connections == 0
    assert caught.value.attempts == ()


async def test_a_deadline_beyond_all_reckoning_does_no_harm(clock: FakeClock) -> None:
    async with (
        FaultServer(_busy("1"), answer()) as server,
        transport_to(server, clock=clock, timeout=1e18) as omni,
    ):
        assert await clock.drive(omni.exchange(SEND, accepted)) == ACCEPTED


async def test_a_stalled_read_leaves_time_for_another_attempt() -> None:
    async with FaultServer(stall, answer()) as server, transport_to(server, timeout=1.5) as omni:
        assert await omni.exchange(READ, accepted) == ACCEPTED

    assert len(server.requests) == 2


async def test_a_stalled_send_is_waited_for_to_the_end() -> None:
    started = asyncio.get_running_loop().time()
    async with FaultServer(stall) as server, transport_to(server, timeout=0.3) as omni:
        with pytest.raises(AnswerLostError) as caught:
            await omni.exchange(SEND, accepted)

    assert asyncio.get_running_loop().time() - started >= 0.29
    assert len(caught.value.attempts) == len(server.requests) == 1


async def test_waiting_for_a_slot_costs_nothing_of_the_deadline(clock: FakeClock) -> None:
    async with (
        FaultServer() as server,
        transport_to(server, clock=clock, rate=1, timeout=2) as omni,
    ):
        calls = asyncio.gather(*(omni.exchange(SEND, accepted) for _ in range(60)))
        assert await clock.drive(calls) == [ACCEPTED] * 60

    assert clock.monotonic() == pytest.approx(59)


async def test_a_repetition_waits_for_a_slot_no_longer_than_its_deadline(clock: FakeClock) -> None:
    """The only slot is taken during the pause, by a call that does not end."""
    async with (
        FaultServer(_busy("5"), stall) as server,
        transport_to(server, clock=clock, concurrency=1, timeout=20) as omni,
    ):
        first = asyncio.create_task(omni.exchange(SEND, accepted))
        await clock.until_waiting()
        second = asyncio.create_task(omni.exchange(SEND, accepted))
        await server.until_requests(2)
        await clock.advance(20)
        with pytest.raises(ConnectionFailedError, match="no free connection in time") as caught:
            await first
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second

    assert len(caught.value.attempts) == 1
    assert len(server.requests) == 2


async def test_a_resend_that_finds_no_slot_in_time_is_still_unknown(clock: FakeClock) -> None:
    async with (
        FaultServer(read_then_fin, stall) as server,
        transport_to(server, clock=clock, concurrency=1, timeout=20) as omni,
    ):
        first = asyncio.create_task(omni.exchange(SEND, accepted, on_unknown="resend"))
        await clock.until_waiting()
        second = asyncio.create_task(omni.exchange(SEND, accepted))
        await server.until_requests(2)
        await clock.advance(20)
        with pytest.raises(OutcomeUnknownError, match="an earlier attempt may have arrived"):
            await first
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second


async def test_who_accepts_a_double_gets_it_even_after_an_answer_that_never_came() -> None:
    async with (
        FaultServer(stall, answer(200, ACCEPTED)) as server,
        transport_to(server, timeout=3) as omni,
    ):
        assert await omni.exchange(SEND, accepted, on_unknown="resend") == ACCEPTED
    assert len(server.requests) == 2
