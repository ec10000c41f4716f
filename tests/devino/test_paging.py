"""Lists that come page by page are read to their end, whatever the vendor's numbers say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given, strategies as st

from devino_async import DevinoClient
from devino_async.converter import read_object
from devino_async.paging import Page, page_reader, rows, rows_reader
from omni_common.converter import dumps
from omni_common.errors import InvalidQueryError, ReadError
from omni_common.exchange import Failure, FailureKind
from tests.devino.answering import ANY_ENVELOPE, STATUSES, answer
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer as http_answer


@frozen(kw_only=True)
class Row:
    message_id: str | None = None
    raw: Any = field(default=None, repr=False)


def listing(*ids: str) -> tuple[Row, ...]:
    return tuple(Row(message_id=id) for id in ids)


async def every(fetch: Callable[[int], Any], offset: int = 0) -> list[str | None]:
    return [row.message_id async for row in rows(fetch, offset=offset)]


def pages_of(
    ids: Sequence[str], size: int, *, more: bool
) -> tuple[Callable[[int], Any], list[int]]:
    """A vendor with *ids*, *size* on a page, that says ``more`` or leaves it out."""
    asked: list[int] = []

    async def fetch(offset: int) -> Page[Row] | tuple[Row, ...]:
        asked.append(offset)
        data = listing(*ids[offset : offset + size])
        return Page(data=data, more=offset + size < len(ids)) if more else data

    return fetch, asked


@pytest.mark.parametrize("more", [True, False])
@given(count=st.integers(0, 30), size=st.integers(1, 12), offset=st.integers(0, 35))
async def test_every_row_comes_once_and_in_order(
    *, more: bool, count: int, size: int, offset: int
) -> None:
    ids = [str(number) for number in range(count)]
    fetch, asked = pages_of(ids, size, more=more)
    assert await every(fetch, offset) == ids[offset:]
    assert asked[:1] == [offset]
    assert len(asked) <= len(ids[offset:]) // size + 1 + (not more)


async def test_t63_an_empty_page_ends_even_if_more_is_claimed() -> None:
    async def fetch(offset: int) -> Page[Row]:
        return Page(data=listing("a") if offset == 0 else (), more=True, pages=100, total=1000)

    assert await every(fetch) == ["a"]


async def test_t65_a_short_page_of_a_list_without_a_flag_is_not_its_end() -> None:
    held = {0: listing("a", "b"), 2: listing("c"), 3: listing("d", "e")}

    async def fetch(offset: int) -> tuple[Row, ...]:
        return held.get(offset, ())

    assert await every(fetch) == ["a", "b", "c", "d", "e"]


async def test_a_vendor_that_gives_the_same_page_for_ever_is_found_out() -> None:
    async def fetch(_: int) -> tuple[Row, ...]:
        return listing("a", "b")

    with pytest.raises(ReadError, match="same page"):
        await every(fetch)


async def test_the_same_page_is_found_out_whatever_the_vendor_claims_and_counts() -> None:
    async def fetch(offset: int) -> Page[Row]:
        data = tuple(Row(message_id=id, raw={"views": offset}) for id in ("a", "b"))
        return Page(data=data, more=True, offset=offset)

    with pytest.raises(ReadError, match="same page"):
        await every(fetch)


async def test_rows_without_ids_may_look_alike_under_another_offset() -> None:
    async def fetch(offset: int) -> Page[Row]:
        return Page(data=(Row(), Row()), more=offset < 4, offset=offset)

    assert await every(fetch) == [None] * 6


async def test_rows_without_ids_that_look_alike_are_the_same_page_under_one_offset() -> None:
    async def fetch(_: int) -> Page[Row]:
        return Page(data=(Row(), Row()), more=True, offset=0, number=1)

    with pytest.raises(ReadError, match="same page"):
        await every(fetch)


@pytest.mark.parametrize("offset", [None, -1, "0", 1.5, True])
async def test_an_offset_is_a_whole_number(offset: Any) -> None:
    with pytest.raises(InvalidQueryError, match="offset"):
        rows(pages_of([], 1, more=True)[0], offset=offset)


@pytest.mark.parametrize("strange", [None, "x", 5, []])
def test_a_page_with_a_row_that_is_no_object_cannot_be_read(strange: Any) -> None:
    items = [{"messageId": "1"}, strange]
    for read in (
        page_reader(Row)(answer({"result": {"data": items}})),
        rows_reader(partial(read_object, Row))(answer({"result": items})),
    ):
        assert isinstance(read, Failure)
        assert (read.kind, read.detail) == (FailureKind.UNREADABLE, "1 of 2 rows are no objects")


@pytest.mark.parametrize(
    ("count", "limit", "is_read"),
    [(1000, 1, True), (1001, 100, False), (1001, 101, True), (1001, None, True)],
)
def test_a_page_of_far_more_rows_than_were_asked_for_is_not_read(
    count: int, limit: int | None, *, is_read: bool
) -> None:
    came = answer({"result": {"data": [{}] * count}})
    assert isinstance(page_reader(Row)(came, limit=limit), Page) is is_read


async def test_an_iteration_tells_the_reader_how_many_rows_it_asked_for() -> None:
    page = dumps({"result": [{"contactGroupId": str(number)} for number in range(1001)]})
    async with (
        FaultServer(http_answer(200, page)) as server,
        DevinoClient("key", base_url=server.url) as devino,
    ):
        with pytest.raises(ReadError):
            await anext(devino.address_book.lists(page_size=10))
        with pytest.raises(ReadError):
            await devino.address_book.lists_page(limit=10)


async def test_one_page_is_held_at_a_time() -> None:
    fetch, asked = pages_of([str(number) for number in range(1000)], 10, more=True)
    iteration = rows(fetch)
    for _ in range(15):
        await anext(iteration)
    assert asked == [0, 10]
    await iteration.aclose()  # type: ignore[attr-defined]


def test_t63_a_page_keeps_the_vendors_numbers_as_they_came() -> None:
    rows = [{"messageId": "1"}]
    head = {"offset": 1000, "number": 21, "size": "50", "pageExists": True}
    result = {**head, "data": rows, "more": True, "pages": 100, "total": 1000}
    page = page_reader(Row)(answer({"result": result}))
    assert isinstance(page, Page)
    assert [row.message_id for row in page.data] == ["1"]
    assert (page.offset, page.number, page.size, page.pages, page.total) == (
        1000,
        21,
        50,
        100,
        1000,
    )
    assert page.more is True
    assert page.page_exists is True
    assert page.raw == result


@pytest.mark.parametrize("result", [{}, {"data": None}, {"data": {}}, [], "x", None])
def test_what_is_no_page_is_left_to_the_status(result: Any) -> None:
    assert page_reader(Row)(answer({"result": result})) is None


@given(ANY_ENVELOPE, STATUSES)
def test_readers_never_trip(body: Any, status: int) -> None:
    assert isinstance(page_reader(Row)(answer(body, status)), Page | Failure | None)
    read_rows = rows_reader(partial(read_object, Row))
    assert isinstance(read_rows(answer(body, status)), tuple | Failure | None)
