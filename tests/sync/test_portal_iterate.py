"""Async iterators, pulled one item at a time by blocking code."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from omni_common.errors import ClientClosedError
from omni_common.sync.portal import Portal
from tests.sync.held import Held, current_thread, double


class Counter:
    """Numbers, and a record of what happened to their generator."""

    def __init__(self) -> None:
        self.produced: list[int] = []
        self.closed = threading.Event()
        self.cancelled = False

    async def count(self, _: Held, limit: int) -> AsyncIterator[int]:
        try:
            for number in range(limit):
                self.produced.append(number)
                yield number
                await asyncio.sleep(0)
            if limit == 3:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        finally:
            await asyncio.sleep(0)  # closing is asynchronous too
            self.closed.set()


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_s27_every_item_comes_in_order(portal: Portal[Held], counter: Counter) -> None:
    assert list(portal.iterate(counter.count, 5)) == [0, 1, 2, 3, 4]
    assert counter.closed.is_set()


def test_s27_nothing_is_produced_ahead_of_the_caller(
    portal: Portal[Held], counter: Counter
) -> None:
    numbers = portal.iterate(counter.count, limit=5)
    assert counter.produced == []
    next(numbers)
    next(numbers)
    assert counter.produced == [0, 1]
    numbers.close()


def test_s27_an_iteration_left_early_closes_its_generator(
    portal: Portal[Held], counter: Counter
) -> None:
    for number in portal.iterate(counter.count, 5):
        if number == 1:
            break
    assert counter.closed.is_set()
    assert counter.produced == [0, 1]


def test_s27_an_error_inside_the_loop_closes_the_generator_and_comes_through(
    portal: Portal[Held], counter: Counter
) -> None:
    numbers = portal.iterate(counter.count, 5)
    next(numbers)
    with pytest.raises(KeyError, match="mine"):
        numbers.throw(KeyError("mine"))
    assert counter.closed.is_set()


def test_s27_an_error_of_the_generator_comes_through(portal: Portal[Held]) -> None:
    async def fail(_: Held) -> AsyncIterator[int]:
        yield 1
        raise LookupError("page 2 is missing")

    numbers = portal.iterate(fail)
    assert next(numbers) == 1
    with pytest.raises(LookupError, match="page 2"):
        next(numbers)
    assert list(numbers) == []


def test_s27_an_error_of_leaving_early_is_raised(portal: Portal[Held]) -> None:
    async def cling(_: Held) -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            raise OSError("cannot leave")

    numbers = portal.iterate(cling)
    next(numbers)
    with pytest.raises(OSError, match="cannot leave"):
        numbers.close()
    numbers = portal.iterate(cling)
    next(numbers)
    with pytest.raises(KeyError) as caught:
        numbers.throw(KeyError("mine"))
    assert caught.value.__notes__ == ["Leaving the iteration failed too: OSError."]


def test_s27_an_iterator_without_aclose_can_be_left(portal: Portal[Held]) -> None:
    class Endless:
        def __aiter__(self) -> AsyncIterator[int]:
            return self

        async def __anext__(self) -> int:
            return 7

    numbers = portal.iterate(lambda _: Endless())
    assert next(numbers) == 7
    numbers.close()


_page: contextvars.ContextVar[int] = contextvars.ContextVar("_page", default=0)


def test_s27_all_items_share_one_context(portal: Portal[Held]) -> None:
    async def pages(_: Held) -> AsyncIterator[int]:
        token = _page.set(_page.get() + 1)
        try:
            yield _page.get()
            yield _page.get()
        finally:
            _page.reset(token)

    _page.set(10)
    assert list(portal.iterate(pages)) == [11, 11]
    assert _page.get() == 10


def test_s27_closing_the_portal_ends_an_iteration(counter: Counter) -> None:
    with closing(Portal(Held)) as portal:
        numbers = portal.iterate(counter.count, 5)
        next(numbers)
    assert counter.closed.is_set()
    with pytest.raises(ClientClosedError):
        next(numbers)


def test_s27_an_iteration_does_not_go_on_in_another_thread_than_it_began_in(
    portal: Portal[Held], counter: Counter
) -> None:
    numbers = portal.iterate(counter.count, 5)
    next(numbers)
    thread = portal._thread
    thread.stop()
    thread.join(10)
    portal.call(double, 1)
    with pytest.raises(RuntimeError, match="Begin another iteration"):
        next(numbers)


def test_s27_an_iteration_collected_on_the_loop_thread_is_closed_there(
    portal: Portal[Held], counter: Counter
) -> None:
    kept = [portal.iterate(counter.count, 5)]
    next(kept[0])
    before = portal.call(current_thread)

    async def drop(_: Held) -> None:
        kept.clear()
        gc.collect()

    portal.call(drop)
    assert counter.closed.wait(10)
    assert portal.call(current_thread) is before
