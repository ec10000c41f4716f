"""Sources: whatever a caller hands over is read in order, and generators are closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
from hypothesis import given, strategies as st

from omni_common.source import as_async, chunks, in_chunks

pytestmark = pytest.mark.usefixtures("no_task_is_left")


class Tape:
    """An asynchronous generator's life."""

    def __init__(self) -> None:
        self.closed_in: asyncio.Task[object] | None = None

    async def numbers(self, count: int) -> AsyncIterator[int]:
        try:
            for number in range(count):
                yield number
        finally:
            await asyncio.sleep(0)
            self.closed_in = asyncio.current_task()


@given(items=st.lists(st.integers()))
async def test_both_kinds_of_iterables_give_their_items(items: list[int]) -> None:
    async def from_afar() -> AsyncIterator[int]:
        for item in items:
            yield item

    assert [item async for item in as_async(items)] == items
    assert [item async for item in as_async(from_afar())] == items


@given(items=st.lists(st.integers()), size=st.integers(1, 10))
async def test_chunks_are_full_but_for_the_last(items: list[int], size: int) -> None:
    chunks = [chunk async for chunk in in_chunks(items, size)]
    assert [item for chunk in chunks for item in chunk] == items
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(1 <= len(chunk) <= size for chunk in chunks)


async def test_a_generator_is_closed_at_once_when_reading_stops() -> None:
    tape = Tape()
    async with aclosing(as_async(tape.numbers(10))) as numbers:
        assert await anext(numbers) == 0
    assert tape.closed_in is asyncio.current_task()

    tape = Tape()
    async with aclosing(in_chunks(tape.numbers(10), 3)) as chunks:
        assert await anext(chunks) == [0, 1, 2]
    assert tape.closed_in is asyncio.current_task()


async def test_an_iterator_that_is_no_generator_is_its_owners_to_close() -> None:
    class Channel:
        def __init__(self) -> None:
            self.left = 3
            self.is_closed = False

        def __aiter__(self) -> Channel:
            return self

        async def __anext__(self) -> int:
            self.left -= 1
            return self.left

        async def aclose(self) -> None:
            self.is_closed = True

    channel = Channel()
    async with aclosing(as_async(channel)) as numbers:
        assert await anext(numbers) == 2
    assert not channel.is_closed
    assert await anext(channel) == 1


@given(items=st.lists(st.integers()), size=st.integers(1, 10))
def test_blocking_chunks_are_as_large_as_they_may_be(items: list[int], size: int) -> None:
    pieces = list(chunks(iter(items), size))
    assert [item for piece in pieces for item in piece] == items
    assert all(len(piece) == size for piece in pieces[:-1])
    assert all(pieces)


def test_blocking_chunks_read_no_further_than_the_chunk() -> None:
    source = iter(range(100))
    next(chunks(source, 10))
    assert next(source) == 10


def test_blocking_chunks_of_a_single_text_are_refused() -> None:
    with pytest.raises(TypeError):
        next(chunks("text", 3))


def test_blocking_chunks_that_hold_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="one item"):
        next(chunks([1], 0))


@pytest.mark.parametrize("keep", [False, True])
async def test_what_a_source_raises_comes_after_what_it_gave(*, keep: bool) -> None:
    def failing() -> Iterator[int]:
        yield from range(5)
        raise LookupError("the table ends here")

    given: list[list[int]] = []

    async def take() -> None:
        async for chunk in in_chunks(failing(), 3, keep=keep):
            given.append(chunk)  # noqa: PERF401 - what came before the error is what matters

    with pytest.raises(LookupError, match="ends here"):
        await take()
    assert given == [[0, 1, 2], *([[3, 4]] if keep else [])]
