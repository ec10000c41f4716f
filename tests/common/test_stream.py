"""``send_many``: outcomes in the order of the messages, few messages in memory, any source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator

import pytest

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.errors import (
    RefusedError,
)
from omni_common.message import Channel, Content, Message, Sms, Viber
from omni_common.receipt import NotSent, SendOutcome
from omni_common.stream import OutcomeStream
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of, message, messages, pulled, shown
from tests.support.providers import BulkProvider, MemoryProvider

BOTH = (Channel.VIBER, Channel.SMS)

pytestmark = pytest.mark.usefixtures("no_task_is_left", "nothing_is_recorded")


async def test_outcomes_come_in_the_order_of_the_messages_whatever_batch_is_answered_first() -> (
    None
):
    omni = BulkProvider(2)
    omni.held = {reference: asyncio.Event() for reference in "024"}
    reading = asyncio.create_task(all_of(omni.send_many(messages(6))))
    await omni.has_been_called(3)

    for reference in "420":
        assert not reading.done()
        omni.held[reference].set()
        await asyncio.sleep(0)

    assert shown(await reading) == [f"Accepted {number}" for number in range(6)]
    assert [each.reference for each in omni.sent] == ["4", "5", "2", "3", "0", "1"]


async def test_an_outcome_is_handed_out_as_soon_as_all_before_it_are_known() -> None:
    omni = MemoryProvider()
    omni.held = {"1": asyncio.Event()}
    async with omni.send_many(messages(3)) as stream:
        assert shown([await anext(stream)]) == ["Accepted 0"]
        second = asyncio.ensure_future(anext(stream))
        await omni.has_been_called(3)
        assert not second.done()
        omni.held["1"].set()
        assert shown([await second, await anext(stream)]) == ["Accepted 1", "Accepted 2"]
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


@pytest.mark.parametrize("make", [list, iter, tuple, set, pulled])
async def test_any_iterable_is_a_source(
    make: Callable[[list[Message]], Iterable[Message] | AsyncIterator[Message]],
) -> None:
    source = make(messages(5))
    expected = list(source) if isinstance(source, set) else messages(5)
    outcomes = await all_of(BulkProvider(2).send_many(source))
    assert [outcome.message for outcome in outcomes] == expected


@pytest.mark.parametrize("source", [[], set(), iter(())], ids=["list", "set", "iterator"])
async def test_no_message_is_no_outcome_and_no_call(source: Collection[Message]) -> None:
    omni = BulkProvider(2)
    assert await all_of(omni.send_many(source)) == []
    assert omni.batches == []


async def test_the_bulk_call_serves_even_two_messages() -> None:
    omni = BulkProvider(1000)
    assert shown(await all_of(omni.send_many(messages(2)))) == ["Accepted 0", "Accepted 1"]
    assert omni.batches == [["0", "1"]]


@pytest.mark.parametrize("channels_in_bulk", [True, False])
@pytest.mark.parametrize("cascades_in_bulk", [True, False])
async def test_what_goes_into_a_bulk_call_depends_on_whether_channels_are_tried_in_order(
    *, channels_in_bulk: bool, cascades_in_bulk: bool
) -> None:
    class Cascading(BulkProvider):
        @property
        def capabilities(self) -> Capabilities:
            return Capabilities(
                provider="memory",
                channels=dict.fromkeys(BOTH, ChannelCapabilities(bulk=channels_in_bulk)),
                cascade=dict.fromkeys(BOTH, ChannelCapabilities(bulk=cascades_in_bulk)),
                batch_size=10,
            )

    omni = Cascading(10)
    several = [Message("+37251000000", [Viber("Hi"), Sms("Hi")], reference=each) for each in "01"]
    single = [Message("+37251000000", Sms("Hi"), reference=each) for each in "23"]
    assert len(await all_of(omni.send_many([*several, *single]))) == 4
    match channels_in_bulk, cascades_in_bulk:
        case True, True:
            assert omni.batches == [["0", "1", "2", "3"]]
        case True, False:
            assert omni.batches == [["0"], ["1"], ["2", "3"]]
        case False, True:
            assert omni.batches == [["2"], ["3"], ["0", "1"]]  # which waited for more
        case _:
            assert omni.batches == [["0"], ["1"], ["2"], ["3"]]


class Mixed(BulkProvider):
    """SMS go together, Viber messages alone."""

    @property
    def capabilities(self) -> Capabilities:
        alone = ChannelCapabilities(bulk=False)
        channels = {Channel.SMS: ChannelCapabilities(), Channel.VIBER: alone}
        return Capabilities(provider="memory", channels=channels, batch_size=self.batch_size)


def mixed(*contents: Content) -> list[Message]:
    return [
        Message("+37251000000", content, reference=str(place))
        for place, content in enumerate(contents)
    ]


async def test_messages_without_a_bulk_call_do_not_break_up_those_of_the_others() -> None:
    omni = Mixed(10)
    pair: list[Content] = [Sms("Hi"), Viber("Hi")]
    given = mixed(*pair * 200)
    outcomes = await all_of(omni.send_many(given))

    assert [outcome.message for outcome in outcomes] == given
    assert sorted(map(len, omni.batches)) == [1] * 200 + [10] * 20
    together = [each for batch in omni.batches if len(batch) > 1 for each in batch]
    assert together == [message.reference for message in given[::2]]


async def test_a_batch_that_all_others_wait_for_does_not_wait_for_more() -> None:
    omni = Mixed(1000)
    omni.clock = FakeClock()  # which stands still: no batch leaves because of its time
    given = mixed(Sms("Hi"), *[Viber("Hi")] * 100)
    outcomes = await all_of(omni.send_many(given))

    assert [outcome.message for outcome in outcomes] == given


async def test_a_vendor_without_a_bulk_call_gets_one_message_at_a_time_but_many_at_once() -> None:
    omni = MemoryProvider()
    omni.held = {"0": asyncio.Event()}
    reading = asyncio.create_task(all_of(omni.send_many(messages(100))))
    await omni.has_been_called(32)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(omni.sent) == 32
    omni.held["0"].set()
    assert len(await reading) == 100


@pytest.mark.parametrize("taken_at_once", [1, 700])
async def test_a_hundred_thousand_messages_are_read_only_a_few_batches_ahead(
    taken_at_once: int,
) -> None:
    size, read, furthest, taken = 100, 0, 0, 0

    def source() -> Iterator[Message]:
        nonlocal read
        same = message("same")
        for _ in range(100_000):
            read += 1
            yield same

    async with BulkProvider(size).send_many(source()) as stream:
        async for _ in stream:
            taken += 1
            furthest = max(furthest, read - taken)
            if taken % taken_at_once == 0:
                await asyncio.sleep(0)
    assert taken == read == 100_000
    assert furthest <= 4 * size


async def test_others_may_run_whenever_a_batch_has_been_read() -> None:
    turns, seen = 0, []

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def source() -> Iterator[Message]:
        for each in messages(40):
            seen.append(turns)
            yield each

    ticking = asyncio.create_task(tick())
    await all_of(BulkProvider(10).send_many(source()))
    ticking.cancel()
    assert len(set(seen)) == 4


async def test_a_slow_source_is_not_read_ahead_without_bounds_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    read = 0

    async def source() -> AsyncIterator[Message]:
        nonlocal read
        while True:
            read += 1
            yield message(read)
            await clock.sleep(1)

    async with BulkProvider(10, clock).send_many(source()) as stream:
        first = asyncio.ensure_future(anext(stream))
        await clock.until_waiting()
        await clock.advance(60)
        assert shown([await first]) == ["Accepted 1"]
        assert 4 <= read <= 6
        for number in (2, 3, 4):
            assert shown([await anext(stream)]) == [f"Accepted {number}"]
        await clock.advance(0)
        await clock.advance(60)
        assert 7 <= read <= 9
    caplog.clear()


async def test_a_partial_batch_leaves_after_a_moment_without_disturbing_the_source() -> None:
    clock = FakeClock()
    omni = BulkProvider(10, clock)
    interrupted = False

    async def source() -> AsyncIterator[Message]:
        nonlocal interrupted
        yield message(0)
        yield message(1)
        try:
            await clock.sleep(10)
        except asyncio.CancelledError:
            interrupted = True
            raise
        yield message(2)

    reading = asyncio.create_task(all_of(omni.send_many(source())))
    await clock.until_waiting()
    await clock.advance(0.19)
    assert omni.batches == []
    await clock.advance(0.01)
    assert omni.batches == [["0", "1"]]
    await clock.advance(10)
    assert shown(await reading) == ["Accepted 0", "Accepted 1", "Accepted 2"]
    assert omni.batches == [["0", "1"], ["2"]]
    assert not interrupted
    assert clock.next_in is None


async def test_a_partial_batch_leaves_even_if_its_source_blocks_the_loop() -> None:
    class Moving(FakeClock):
        passed = 0.0

        def monotonic(self) -> float:
            return self.passed

    clock = Moving()

    def source() -> Iterator[Message]:
        for number in range(4):
            clock.passed += 0.15
            yield message(number)

    omni = BulkProvider(10, clock)
    assert len(await all_of(omni.send_many(source()))) == 4
    assert omni.batches == [["0", "1", "2"], ["3"]]


class SourceError(Exception):
    """What a source of messages fails with."""


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
async def test_an_error_of_the_source_comes_after_the_outcomes_of_all_that_was_read(
    *, is_async: bool, count: int
) -> None:
    def blocking() -> Iterator[Message]:
        yield from messages(count)
        raise SourceError

    async def from_afar() -> AsyncIterator[Message]:
        async for each in pulled(messages(count)):
            yield each
        raise SourceError

    omni = BulkProvider(2)
    stream = omni.send_many(from_afar() if is_async else blocking())
    async with stream:
        outcomes = [await anext(stream) for _ in range(count)]
        with pytest.raises(SourceError):
            await anext(stream)
    assert shown(outcomes) == [f"Accepted {number}" for number in range(count)]
    assert stream.unreported == ()
    assert [outcome async for outcome in stream] == []


async def test_a_source_that_cancels_itself_does_not_end_the_stream_in_silence() -> None:
    async def source() -> AsyncIterator[Message]:
        yield message(0)
        raise asyncio.CancelledError

    async with BulkProvider(2).send_many(source()) as stream:
        assert shown([await anext(stream)]) == ["Accepted 0"]
        with pytest.raises(asyncio.CancelledError):
            await anext(stream)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ([message(0), "a message"], "str"),
        ([message(0), None], "NoneType"),
        (message(0), "'Message' object is not iterable"),
        (7, "'int' object is not iterable"),
    ],
)
async def test_what_is_no_message_is_the_sources_error(source: object, what: str) -> None:
    omni = BulkProvider(2)
    with pytest.raises(TypeError, match=what):
        await all_of(omni.send_many(source))  # type: ignore[arg-type]
    assert len(omni.sent) == isinstance(source, list)


async def test_a_stream_is_read_once() -> None:
    stream = BulkProvider(2).send_many(messages(3))
    assert len([outcome async for outcome in stream]) == 3
    assert [outcome async for outcome in stream] == []


async def test_two_streams_of_one_provider_do_not_mix() -> None:
    omni = BulkProvider(2)
    one = [message(f"one-{number}") for number in range(9)]
    other = [message(f"other-{number}") for number in range(5)]
    outcomes = await asyncio.gather(all_of(omni.send_many(one)), all_of(omni.send_many(other)))
    assert [[outcome.message for outcome in each] for each in outcomes] == [one, other]


async def test_several_workers_may_share_a_stream() -> None:
    omni = MemoryProvider()
    taken: list[SendOutcome] = []

    async def work(stream: OutcomeStream) -> None:
        async for outcome in stream:
            taken.append(outcome)
            await asyncio.sleep(0)

    async with omni.send_many(messages(50)) as stream:
        await asyncio.gather(*(work(stream) for _ in range(3)))
    assert sorted(int(each.message.reference) for each in taken) == list(range(50))


async def test_a_stream_can_be_the_source_of_another() -> None:
    omni, fallback = BulkProvider(2), BulkProvider(3)
    omni.failures = {str(number): RefusedError("no") for number in range(0, 10, 2)}

    async def refused() -> AsyncIterator[Message]:
        async with omni.send_many(messages(10)) as stream:
            async for outcome in stream:
                if isinstance(outcome, NotSent):
                    yield outcome.message

    outcomes = await all_of(fallback.send_many(refused()))
    assert shown(outcomes) == [f"Accepted {number}" for number in range(0, 10, 2)]
