"""``send_many`` left early: every message that was read is accounted for, and nothing goes on."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress

import pytest

from omni_common.errors import AnswerLostError, ClientClosedError, NotSentError, Outcome
from omni_common.exchange import OnUnknown
from omni_common.history import OUTCOME_LOGGER, record_interrupted
from omni_common.message import Message
from omni_common.receipt import NotSent, Receipt, Unknown
from tests.support.clock import FakeClock
from tests.support.outcomes import CANARY, belated, message, messages, pulled, shown
from tests.support.providers import BulkProvider, MemoryProvider

pytestmark = pytest.mark.usefixtures("no_task_is_left")


class Scene:
    """A stream in the middle, with a batch of two messages in every state that there is.

    The first is answered, the second has left, the third waits to leave, and the fourth is half
    full: its source takes its time.
    """

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.omni = BulkProvider(2, self.clock)
        self.omni.held = {"2": asyncio.Event(), "4": asyncio.Event()}
        self.omni.waiting = {"4"}
        self.reached = asyncio.Event()
        self.source_ended = asyncio.Event()
        self.stream = self.omni.send_many(self.source())

    async def source(self) -> AsyncIterator[Message]:
        began_in = asyncio.current_task()
        try:
            for each in messages(7):
                yield each
            await self.omni.has_been_called(3)
            self.reached.set()
            await asyncio.Event().wait()
        finally:
            assert asyncio.current_task() is began_in
            self.source_ended.set()

    async def play(self, leave: Callable[[Scene], Awaitable[None]]) -> None:
        """Get to the middle, leave, and wait until the stream has come to rest by itself."""
        leaving = asyncio.ensure_future(leave(self))
        await self.reached.wait()
        await self.clock.advance(0)
        with suppress(ZeroDivisionError, TimeoutError, asyncio.CancelledError):
            await self.clock.drive(leaving)
        await self.source_ended.wait()
        await self.clock.drive(self.stream.close())


async def by_break(scene: Scene) -> None:
    async with scene.stream as stream:
        async for _ in stream:
            await scene.reached.wait()
            break


async def by_closing(scene: Scene) -> None:
    async for _ in scene.stream:
        await scene.reached.wait()
        await scene.stream.close()


async def by_an_error_in_the_body(scene: Scene) -> None:
    async with scene.stream as stream:
        async for _ in stream:
            await scene.reached.wait()
            raise ZeroDivisionError


async def by_break_of_a_bare_loop(scene: Scene) -> None:
    async for _ in scene.stream:
        await scene.reached.wait()
        break


async def by_an_error_in_a_bare_loop(scene: Scene) -> None:
    async for _ in scene.stream:
        await scene.reached.wait()
        raise ZeroDivisionError


async def by_a_timeout(scene: Scene) -> None:
    async with asyncio.timeout(None) as limit, scene.stream as stream:
        async for outcome in stream:
            if outcome.message.reference == "1":
                await scene.reached.wait()
                limit.reschedule(0)


async def by_a_timeout_around_a_bare_loop(scene: Scene) -> None:
    async with asyncio.timeout(None) as limit:
        async for outcome in scene.stream:
            if outcome.message.reference == "1":
                await scene.reached.wait()
                limit.reschedule(0)


async def by_cancellation(scene: Scene) -> None:
    async with scene.stream as stream:
        async for outcome in stream:
            if outcome.message.reference == "1":
                await scene.reached.wait()
                task = asyncio.current_task()
                assert task is not None
                asyncio.get_running_loop().call_soon(task.cancel)


AFTER_ONE = [by_break, by_closing, by_an_error_in_the_body]
AFTER_ONE += [by_break_of_a_bare_loop, by_an_error_in_a_bare_loop]
AFTER_TWO = [by_a_timeout, by_a_timeout_around_a_bare_loop, by_cancellation]
"""In these the consumer waits for the third outcome when the stream is stopped."""


def recorded(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [each for each in caplog.records if each.name == OUTCOME_LOGGER]
    assert all(each.levelno == logging.WARNING for each in records)
    return [each.getMessage() for each in records]


@pytest.mark.parametrize("leave", [*AFTER_ONE, *AFTER_TWO])
async def test_what_was_read_and_not_handed_out_is_accounted_for(
    leave: Callable[[Scene], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene()
    await scene.play(leave)

    left = ["Unknown 2", "Unknown 3", "NotSent 4", "NotSent 5", "NotSent 6"]
    left = ["Accepted 1", *left] if leave in AFTER_ONE else left
    assert shown(scene.stream.unreported) == left
    assert recorded(caplog) == [
        f"send interrupted: provider=memory reference={outcome.message.reference}"
        f" outcome={outcome.outcome.value}"
        for outcome in scene.stream.unreported
    ]
    assert CANARY not in caplog.text
    assert scene.omni.batches == [["0", "1"], ["2", "3"], ["4", "5"]]
    assert [each.reference for each in scene.omni.sent] == ["0", "1"]
    assert scene.source_ended.is_set()
    assert scene.clock.next_in is None
    with pytest.raises(StopAsyncIteration):
        await anext(scene.stream)


async def test_errors_of_what_was_left_say_what_they_prove_of_which_message() -> None:
    scene = Scene()
    await scene.play(by_break)
    for outcome in scene.stream.unreported[1:]:
        assert isinstance(outcome, NotSent | Unknown)
        kind = ClientClosedError if isinstance(outcome, NotSent) else AnswerLostError
        assert type(outcome.error) is kind
        assert outcome.error.reference == outcome.message.reference
        assert outcome.error.provider == "memory"
    assert scene.stream.unreported == scene.stream.unreported


async def test_what_has_left_gets_a_moment_to_be_answered() -> None:
    scene = Scene()
    leaving = asyncio.ensure_future(by_break(scene))
    await scene.reached.wait()
    await scene.clock.advance(0.9)
    assert not leaving.done()
    scene.omni.held["2"].set()
    await leaving
    assert shown(scene.stream.unreported)[:3] == ["Accepted 1", "Accepted 2", "Accepted 3"]


async def test_outcomes_that_are_known_when_the_stream_is_left_stay_true() -> None:
    clock = FakeClock()
    omni = BulkProvider(2, clock)
    omni.failures = {"3": AnswerLostError("gone"), "4": NotSentError("no")}
    async with omni.send_many([*messages(5), belated(5)]) as stream:
        await anext(stream)
        await clock.advance(0)
    assert shown(stream.unreported) == [
        "Accepted 1",
        "Accepted 2",
        "Unknown 3",
        "NotSent 4",
        "NotSent 5",
    ]


async def test_a_vendor_without_a_bulk_call_leaves_in_doubt_what_it_was_given() -> None:
    clock = FakeClock()
    omni = MemoryProvider(clock)
    omni.held = {"1": asyncio.Event()}
    async with omni.send_many(messages(3)) as stream:
        await anext(stream)
        await omni.has_been_called(3)
        await clock.drive(stream.close())
    assert shown(stream.unreported) == ["Unknown 1", "Accepted 2"]


async def test_closing_is_safe_to_repeat_and_returns_when_all_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    consumer = asyncio.ensure_future(anext(scene.stream))
    await scene.reached.wait()
    assert shown([await consumer, await anext(scene.stream)]) == ["Accepted 0", "Accepted 1"]
    waiting = asyncio.ensure_future(anext(scene.stream))
    await asyncio.sleep(0)
    first, second = (asyncio.ensure_future(scene.stream.close()) for _ in range(2))
    with pytest.raises(StopAsyncIteration):
        await waiting
    assert not first.done()
    assert not second.done()
    await scene.clock.drive(second)
    await first
    await scene.stream.close()
    assert len(recorded(caplog)) == len(scene.stream.unreported) == 5


async def test_closing_that_is_cancelled_accounts_for_all_and_leaves_nothing_running(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    leaving = asyncio.ensure_future(by_break(scene))
    await scene.reached.wait()
    await scene.clock.advance(0)
    assert not leaving.done()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert shown(scene.stream.unreported)[:3] == ["Accepted 1", "Unknown 2", "Unknown 3"]
    assert len(recorded(caplog)) == 6
    await scene.clock.advance(0)
    assert scene.source_ended.is_set()
    assert scene.clock.next_in is None


async def test_a_stream_that_was_never_iterated_has_touched_nothing() -> None:
    omni = BulkProvider(2)
    source = pulled(messages(3))
    async with omni.send_many(source) as stream:
        pass
    assert stream.unreported == ()
    assert [each async for each in source] == messages(3)
    assert [outcome async for outcome in stream] == []
    assert omni.batches == []


async def test_a_loop_in_a_context_may_be_left_and_gone_on_with() -> None:
    async with BulkProvider(2).send_many(messages(5)) as stream:
        first = [await anext(stream)]
        async for outcome in stream:
            first.append(outcome)
            break
        rest = [outcome async for outcome in stream]
    assert shown([*first, *rest]) == [f"Accepted {number}" for number in range(5)]


@pytest.mark.parametrize("kind", ["generator", "async generator", "async iterable"])
async def test_a_generator_is_closed_when_its_stream_is(kind: str) -> None:
    closed = False

    def source() -> Iterator[Message]:
        nonlocal closed
        try:
            yield from messages(100)
        finally:
            closed = True

    class Afar:
        async def __aiter__(self) -> AsyncIterator[Message]:
            nonlocal closed
            try:
                for each in messages(100):
                    yield each
            finally:
                await asyncio.sleep(0)
                closed = True

    makers: dict[str, Callable[[], Iterable[Message] | AsyncIterable[Message]]] = {
        "generator": source,
        "async generator": lambda: aiter(Afar()),
        "async iterable": Afar,
    }
    async with BulkProvider(2).send_many(makers[kind]()) as stream:
        await anext(stream)
        assert not closed
    assert closed


@pytest.mark.parametrize("size", [1, 2])
async def test_a_source_that_will_not_be_cancelled_is_read_no_further_and_accounted_for(
    size: int,
) -> None:
    waits = asyncio.Event()

    async def source() -> AsyncIterator[Message]:
        for number in range(100):
            if number == 2:
                waits.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0) if number < 2 else await asyncio.Event().wait()
            yield message(number)

    clock = FakeClock()
    omni = BulkProvider(size, clock)
    async with omni.send_many(source()) as stream:
        await anext(stream)
        await waits.wait()
    assert shown(stream.unreported) == ["Accepted 1", "NotSent 2"]
    assert [each.reference for each in omni.sent] == ["0", "1"]
    assert clock.next_in is None


async def test_a_source_that_fails_when_it_is_stopped_says_so_after_all_is_accounted_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def source() -> AsyncIterator[Message]:
        try:
            for each in messages(100):
                yield each
        finally:
            raise ZeroDivisionError

    stream = BulkProvider(2).send_many(source())
    await anext(stream)
    with pytest.raises(ZeroDivisionError):
        await stream.close()
    assert len(recorded(caplog)) == len(stream.unreported) > 0


async def test_a_source_may_fail_after_its_stream_was_left() -> None:
    """Its error would have come after outcomes that nobody asks for any more."""

    async def source() -> AsyncIterator[Message]:
        for each in messages(2):
            yield each
        raise ZeroDivisionError

    async with BulkProvider(2).send_many(source()) as stream:
        await anext(stream)
    assert shown(stream.unreported) == ["Accepted 1"]
    del stream
    gc.collect()


def test_a_program_may_end_while_a_bare_loop_is_being_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def program() -> None:
        omni = BulkProvider(2)
        omni.held = {"2": asyncio.Event()}
        async for _ in omni.send_many(messages(20)):
            await omni.has_been_called(3)
            break

    asyncio.run(program(), debug=True)
    gc.collect()
    assert len(recorded(caplog)) >= 5
    assert len(set(recorded(caplog))) == len(recorded(caplog))
    assert all(each.name == OUTCOME_LOGGER for each in caplog.records if each.levelno >= 30)


class RecordingProvider(MemoryProvider):
    """Leaves its own record of a send that is interrupted, as a provider over a transport does."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.sending = asyncio.Event()

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self.sending.set()
        try:
            await asyncio.Event().wait()
        finally:
            record_interrupted("memory", message.reference, Outcome.UNKNOWN)
        raise AssertionError


async def test_a_message_leaves_one_record_even_if_its_provider_keeps_records_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    omni = RecordingProvider(clock)
    stream = omni.send_many([message("1")])
    with caplog.at_level(logging.WARNING, OUTCOME_LOGGER):
        taking = asyncio.ensure_future(anext(stream))
        await omni.sending.wait()
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
        await clock.drive(stream.close())
    assert len(caplog.records) == len(stream.unreported) == 1
