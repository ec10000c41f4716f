"""Lists that come page by page, read to their end in bounded memory.

The vendor's page numbers contradict themselves (T63), so only two things are trusted: the rows that
came, and the flag ``more`` where there is one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from devino_async.answers import read_result
from devino_async.converter import read_object, read_objects
from omni_common.errors import ReadError
from omni_common.exchange import Answer, Failure, Reader

__all__ = ["PAGE_SIZE", "Page", "page_reader", "rows", "rows_reader"]

T = TypeVar("T")

PAGE_SIZE = 100
"""Rows that an iteration asks for at a time. Devino names no limit; its examples use 10 to 50."""


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a report.

    Attributes:
        data: Its rows.
        more: Whether rows follow.
        total: Rows on all pages; only where it was asked for, and not to be relied on (T63).
        pages: How many pages there are, rounded down by the vendor; not to be relied on (T63).
        offset: Rows before this page, counted from 0.
        number: The vendor's number for the page; not to be relied on (T63).
        size: Rows on a page.
        page_exists: Whether the page exists.
        raw: The vendor's ``result``.
    """

    data: tuple[T, ...] = ()
    more: bool | None = None
    total: int | None = None
    pages: int | None = None
    offset: int | None = None
    number: int | None = None
    size: int | None = None
    page_exists: bool | None = None
    raw: Any = field(default=None, repr=False, hash=False)


def page_reader(row: type[T]) -> Reader[Page[T]]:
    """Read an answer whose result is a page with rows of the class *row*."""

    def read(answer: Answer) -> Page[T] | Failure | None:
        result = read_result(answer, dict)
        if not isinstance(result, dict):
            return result
        if not isinstance(result.get("data"), list):
            return None
        head = read_object(_Head, result) or _Head()
        return Page(
            data=read_objects(row, result["data"]),
            more=head.more,
            total=head.total,
            pages=head.pages,
            offset=head.offset,
            number=head.number,
            size=head.size,
            page_exists=head.page_exists,
            raw=result,
        )

    return read


def rows_reader(row: type[T]) -> Reader[tuple[T, ...]]:
    """Read an answer whose result is a plain list of rows of the class *row*."""

    def read(answer: Answer) -> tuple[T, ...] | Failure | None:
        result = read_result(answer, list)
        return read_objects(row, result) if isinstance(result, list) else result

    return read


async def rows(
    fetch: Callable[[int], Awaitable[Page[T] | Sequence[T]]], *, offset: int = 0
) -> AsyncIterator[T]:
    """Every row from *offset* on, one page in memory at a time.

    It ends with a page that says that no more follow, and with an empty one. A list that has no
    such flag (T65) is therefore asked for once more than needed: a short page proves nothing, since
    the vendor may give fewer rows than it was asked for. Rows that are added or removed meanwhile
    move those behind them, so that one may come twice or not at all.

    Args:
        fetch: Gives the page that begins at an offset.
        offset: Rows to leave out.

    Raises:
        ReadError: A page did not come, or the same page came again for another offset, so that the
            iteration would never end.
    """
    last: Sequence[T] = ()
    while True:
        page = await fetch(offset)
        data, more = (page.data, page.more) if isinstance(page, Page) else (page, None)
        if more is None and data and data == last:
            msg = "the vendor gave the same page for two offsets, so the rest cannot be read"
            raise ReadError(msg, provider="devino")
        for row in data:
            yield row
        if not data or more is False:
            return
        offset += len(data)
        last = data


@frozen(kw_only=True)
class _Head:
    more: bool | None = None
    total: int | None = None
    pages: int | None = None
    offset: int | None = None
    number: int | None = None
    size: int | None = None
    page_exists: bool | None = None
