"""Who goes next: slots, rate and precedence, in time that the test moves."""

from __future__ import annotations

import asyncio
import gc
import math
from collections.abc import AsyncIterator, Callable

import pytest
from attrs import frozen
from hypothesis import given, strategies as st

from omni_common.errors import ClientClosedError
from omni_common.gate import Gate, Pace, Precedence
from tests.support.clock import FakeClock

_REPEAT, _SEND, _READ = Precedence.REPEAT, Precedence.SEND, Precedence.READ


@frozen
class Caller:
    """One who was sent to the gate."""

    task: asyncio.Task[None]


class Crowd:
    """Callers at a gate, who note the moment that each is let through."""

    def __init__(self, gate: Gate, clock: FakeClock) -> None:
        self._gate = gate
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self.inside = 0
        self.most_inside = 0
        self.departures: list[float] = []
        self.names: list[str] = []

    async def comes(
        self,
        name: str = "",
        precedence: Precedence = _SEND,
        *,
        stays: float | None = None,
        patience: float | None = None,
    ) -> Caller:
        """Let one more wait; it leaves after *stays* seconds, or never."""
        task = asyncio.create_task(self._visit(name, precedence, stays, patience))
        self._tasks.append(task)
        await self._clock.advance(0)
        return Caller(task)

    async def disperse(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _visit(
        self, name: str, precedence: Precedence, stays: float | None, patience: float | None
    ) -> None:
        await self._gate.enter(precedence, patience)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.departures.append(self._clock.monotonic())
        self.names.append(name)
        try:
            if stays is None:
                await asyncio.Event().wait()
            else:
                await self._clock.sleep(stays)
        finally:
            self.inside -= 1
            self._gate.leave()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def crowd_at(clock: FakeClock) -> AsyncIterator[Callable[[Gate], Crowd]]:
    crowds: list[Crowd] = []

    def make(gate: Gate) -> Crowd:
        crowds.append(Crowd(gate, clock))
        return crowds[-1]

    yield make
    for crowd in crowds:
        await crowd.disperse()


MakeCrowd = Callable[[Gate], Crowd]


async def test_no_more_are_inside_than_there_are_slots(
    clock: FakeClock, crowd_at: MakeCrowd
) -> None:
    crowd = crowd_at(Gate(3, None, clock))
    for _ in range(10):
        await crowd.comes(stays=1)
    assert crowd.inside == 3

    await clock.advance(10)

    assert len(crowd.departures) == 10
    assert crowd.most_inside == 3
    assert crowd.inside == 0


async def test_repeats_go_before_sends_and_sends_before_reads(
    clock: FakeClock, crowd_at: MakeCrowd
) -> None:
    crowd = crowd_at(Gate(1, None, clock))
    await crowd.comes("first", stays=1)
    for name, precedence in [
        ("read 1", _READ),
        ("send 1", _SEND),
        ("read 2", _READ),
        ("repeat", _REPEAT),
        ("send 2", _SEND),
    ]:
        await crowd.comes(name, precedence, stays=1)

    await clock.advance(6)

    assert crowd.names == ["first", "repeat", "send 1", "send 2", "read 1", "read 2"]


async def test_departures_keep_to_the_rate(clock: FakeClock, crowd_at: MakeCrowd) -> None:
    crowd = crowd_at(Gate(100, 10, clock))
    for _ in range(21):
        await crowd.comes(stays=0)

    await clock.advance(2.01)

    assert crowd.departures == pytest.approx([n / 10 for n in range(21)])


async def test_a_caller_that_gives_up_leaves_its_turn_to_the_next(
    clock: FakeClock, crowd_at: MakeCrowd
) -> None:
    crowd = crowd_at(Gate(1, None, clock))
    await crowd.comes("first", stays=1)
    impatient = await crowd.comes("second")
    await crowd.comes("third", stays=1)

    impatient.task.cancel()
    await clock.advance(1)

    assert crowd.names == ["first", "third"]


async def test_a_caller_cancelled_in_the_moment_it_is_let_through_gives_the_slot_back(
    clock: FakeClock, crowd_at: MakeCrowd
) -> None:
    gate = Gate(1, None, clock)
    await gate.enter(_SEND)
    waiting = asyncio.create_task(gate.enter(_SEND))
    await clock.advance(0)

    gate.leave()  # the turn is given, and its caller has not run yet
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    crowd = crowd_at(gate)
    await crowd.comes("next")
    assert crowd.names == ["next"]


async def test_a_caller_cancelled_while_it_waits_for_the_rate_costs_nothing(
    clock: FakeClock, crowd_at: MakeCrowd
) -> None:
    crowd = crowd_at(Gate(10, 1, clock))
    await crowd.comes("first", stays=0)
    impatient = await crowd.comes("second")
    await crowd.comes("third", stays=0)

    await clock.advance(0.5)
    impatient.task.cancel()
    await clock.advance(0.5)

    assert crowd.names == ["first", "third"]


async def test_patience_comes_to_an_end(clock: FakeClock, crowd_at: MakeCrowd) -> None:
    gate = Gate(1, None, clock)
    crowd = crowd_at(gate)
    await crowd.comes("first", stays=3)
    impatient = await crowd.comes("second", patience=2)
    await crowd.comes("third", stays=0)

    await clock.advance(1.9)
    assert not impatient.task.done()
    await clock.advance(0.1)

    with pytest.raises(TimeoutError):
        await impatient.task
    await clock.advance(1)
    assert crowd.names == ["first", "third"]
    assert clock.next_in is None


async def test_patience_ends_with_the_waiting(clock: FakeClock) -> None:
    gate = Gate(1, None, clock)

    await gate.enter(_REPEAT, patience=1)

    assert clock.next_in is None


async def test_closing_turns_away_who_waits_and_who_comes(
    clock: FakeClock, crowd_at: MakeCrowd
) -> None:
    gate = Gate(1, 5, clock)
    crowd = crowd_at(gate)
    await crowd.comes("inside", stays=1)
    waiting = [await crowd.comes(precedence=precedence) for precedence in Precedence]

    gate.close()
    gate.close()

    for caller in waiting:
        with pytest.raises(ClientClosedError):
            await caller.task
    with pytest.raises(ClientClosedError):
        await gate.enter(_REPEAT)
    await clock.advance(2)
    assert crowd.names == ["inside"]
    assert clock.next_in is None


async def test_closing_turns_away_who_waits_for_the_rate(
    clock: FakeClock, crowd_at: MakeCrowd
) -> None:
    gate = Gate(10, 1, clock)
    crowd = crowd_at(gate)
    await crowd.comes("first", stays=0)
    waiting = await crowd.comes("second")

    gate.close()

    with pytest.raises(ClientClosedError):
        await waiting.task
    assert clock.next_in is None


async def test_fifty_thousand_at_once_all_come_through_in_order_at_the_rate() -> None:
    count, rate = 50_000, 150
    clock = FakeClock(turns=2)
    gate = Gate(100, rate, clock)
    departures: list[tuple[int, float]] = []

    async def visit(number: int) -> None:
        await gate.enter(_SEND)
        departures.append((number, clock.monotonic()))
        gate.leave()

    await clock.drive(asyncio.gather(*(visit(number) for number in range(count))))

    assert [number for number, _ in departures] == list(range(count))
    assert most_in_any_second([moment for _, moment in departures]) <= rate
    assert departures[-1][1] <= count / rate * 1.06  # what is taken off for the burst is little


def most_in_any_second(departures: list[float]) -> int:
    """The most departures in any window of one second, its end not included."""
    most = oldest = 0
    for index, moment in enumerate(departures):
        while departures[oldest] <= moment - 1 + 1e-9:
            oldest += 1
        most = max(most, index - oldest + 1)
    return most


@given(
    rate=st.integers(1, 400) | st.floats(0.05, 400),
    waits=st.lists(st.floats(0, 0.5) | st.just(0.0) | st.floats(0, 30), min_size=1, max_size=800),
)
def test_no_second_sees_more_departures_than_the_rate(rate: float, waits: list[float]) -> None:
    pace = Pace(rate)
    now = 1000.0
    departures: list[float] = []
    for idle in waits:
        now += idle
        now += max(0.0, pace.wait(now))
        pace.depart(now)
        departures.append(now)

    assert most_in_any_second(departures) <= math.ceil(rate)


@pytest.mark.parametrize("rate", [1e-300, 1e-17, 1e-9, 1.0])
def test_the_slowest_rates_can_be_paced_by(rate: float) -> None:
    pace = Pace(rate)
    pace.depart(0.0)
    assert pace.wait(0.0) == pytest.approx(1 / rate)


@given(rate=st.floats(0.05, 400), seconds=st.integers(20, 60))
def test_the_rate_is_nearly_used_up_under_load(rate: float, seconds: int) -> None:
    pace = Pace(rate)
    now = 0.0
    departed = 0
    while now <= seconds:
        now += max(0.0, pace.wait(now))
        pace.depart(now)
        departed += 1

    assert departed >= math.floor(rate * seconds * 0.93)


@pytest.mark.parametrize("patience", [None, 5.0], ids=["cancelled", "timed out"])
async def test_who_gives_up_leaves_no_place_behind_while_others_wait(
    patience: float | None, clock: FakeClock
) -> None:
    gate = Gate(1, None, clock)
    await gate.enter(_SEND)  # and leaves in the end only
    sender = asyncio.create_task(gate.enter(_SEND))
    before = _futures()
    for _ in range(200):
        poller = asyncio.create_task(gate.enter(_READ, patience))
        await clock.advance(5)
        poller.cancel()
        await asyncio.wait([poller])
    left = _futures() - before
    gate.leave()
    await sender
    assert left < 20


def _futures() -> int:
    gc.collect()
    return sum(isinstance(each, asyncio.Future) for each in gc.get_objects())
