"""Reading what a caller hands over, be it iterable or async iterable."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from contextlib import aclosing
from itertools import islice
from typing import TypeVar

__all__ = ["as_async", "chunks", "in_chunks"]

T = TypeVar("T")


async def as_async(items: Iterable[T] | AsyncIterable[T]) -> AsyncGenerator[T, None]:
    """Iterate over either kind of iterable; an async generator is closed at the end.

    Raises:
        TypeError: *items* is a single text, which would be read letter by letter.
    """
    if isinstance(items, str):
        raise TypeError("several are expected here, not a single text: put it into a list")
    if not isinstance(items, AsyncIterable):
        for item in items:
            yield item
        return
    iterator = aiter(items)
    try:
        async for item in iterator:
            yield item
    finally:
        # Left to the garbage collector, it would be closed at some later time, in another task.
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Iterate in lists of *size*; the last may be shorter. For code without asyncio.

    Raises:
        TypeError: *items* is a single text, which would be read letter by letter.
        ValueError: *size* is less than one.
    """
    if isinstance(items, str):
        raise TypeError("several are expected here, not a single text: put it into a list")
    if size < 1:  # nothing would ever be read, as if *items* were empty
        raise ValueError("a chunk has to hold one item at least")
    each = iter(items)
    while chunk := list(islice(each, size)):
        yield chunk


async def in_chunks(
    items: Iterable[T] | AsyncIterable[T], size: int, *, keep: bool = False
) -> AsyncGenerator[list[T], None]:
    """Iterate in lists of *size*; the last may be shorter.

    Where *items* raise, what came before it and fills no list is lost, unless *keep* is given.
    """
    chunk: list[T] = []
    failure: Exception | None = None
    async with aclosing(as_async(items)) as each:
        while True:
            try:
                chunk.append(await anext(each))
            except StopAsyncIteration:
                break
            except Exception as error:  # noqa: BLE001 - raised below
                failure = error
                break
            if len(chunk) == size:
                yield chunk
                chunk = []
    if chunk and (keep or failure is None):
        yield chunk
    if failure is not None:
        raise failure
