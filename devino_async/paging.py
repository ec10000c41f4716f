"""Lists that come page by page, read to their end in bounded memory.

The vendor's page numbers contradict themselves (T63), so only two things are trusted: the rows that
came, and the flag ``more`` where there is one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from attrs import asdict, field, fields, frozen, has

from devino_async.answers import is_success, read_document, read_result, refusal
from devino_async.converter import read_object
from devino_async.query import whole
from omni_common.errors import ReadError
from omni_common.exchange import Answer, Failure, FailureKind, Request
from omni_common.transport import Transport

__all__ = [
    "PAGE_SIZE",
    "ListReader",
    "Page",
    "every_row",
    "first_id",
    "page_reader",
    "rows",
    "rows_reader",
]

T = TypeVar("T")
Read_co = TypeVar("Read_co", covariant=True)
Key: TypeAlias = Callable[[Any], Hashable | None]
"""What tells a row from all others, or None where nothing does."""

PAGE_SIZE = 100
"""Rows that an iteration asks for at a time. Devino names no limit; its examples use 10 to 50."""
_FAR_TOO_MANY = 10
_NEVER_TOO_MANY = 1_000


class ListReader(Protocol[Read_co]):
    """Reads an answer that holds rows."""

    def __call__(self, answer: Answer, *, limit: int | None = None) -> Read_co | Failure | None:
        """Read *answer*, to a request for at most *limit* rows, if that is known."""


@frozen(kw_only=True)
class _Head:
    """What a page says of itself."""

    more: bool | None = None
    total: int | None = None
    pages: int | None = None
    offset: int | None = None
    number: int | None = None
    size: int | None = None
    page_exists: bool | None = None


@frozen(kw_only=True)
class Page(_Head, Generic[T]):
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
    raw: Any = field(default=None, repr=False, hash=False)


def page_reader(row: type[T]) -> ListReader[Page[T]]:
    """Read an answer whose result is a page with rows of the class *row*.

    A page with a row that is no object is no page: a row is never left out without a word. Nor is
    one of over 1,000 rows that has more than ten times those asked for.
    """

    def read(answer: Answer, *, limit: int | None = None) -> Page[T] | Failure | None:
        result = read_result(answer, dict)
        if not isinstance(result, dict):
            return result
        if not isinstance(result.get("data"), list):
            return None
        data = _read_rows(partial(read_object, row), result["data"], limit)
        if isinstance(data, Failure):
            return data
        head = read_object(_Head, result) or _Head()
        return Page(data=data, raw=result, **asdict(head))

    return read


def rows_reader(read_row: Callable[[Any], T | None]) -> ListReader[tuple[T, ...]]:
    """Read an answer whose result is a plain list; *read_row* makes a row of an item, or None.

    A list with an item that is no row cannot be read, as with :func:`page_reader`.

    What Devino answers where there is nothing to list is not documented: an empty list and a
    ``result`` of null are both read as no rows, the latter only in a success that says no more.
    """

    def read(answer: Answer, *, limit: int | None = None) -> tuple[T, ...] | Failure | None:
        document = read_document(answer)
        if not isinstance(document, dict):
            return None
        result = document.get("result")
        if isinstance(result, list):
            return _read_rows(read_row, result, limit)
        if (refused := refusal(document, answer.status)) is not None:
            return refused
        is_null = "result" in document and result is None
        return () if is_null and not document.get("description") and is_success(answer) else None

    return read


def _read_rows(
    read_row: Callable[[Any], T | None], items: list[Any], limit: int | None
) -> tuple[T, ...] | Failure:
    if limit is not None and len(items) > max(_NEVER_TOO_MANY, _FAR_TOO_MANY * limit):
        detail = f"{len(items)} rows came where {limit} were asked for"
        return Failure(FailureKind.UNREADABLE, detail)
    read = tuple(row for item in items if (row := read_row(item)) is not None)
    if unread := len(items) - len(read):
        detail = f"{unread} of {len(items)} rows are no objects"
        return Failure(FailureKind.UNREADABLE, detail, raw=items)
    return read


def first_id(row: Any) -> Hashable | None:
    """The first of *row*'s fields that is called ``id`` or ends so; None if it holds nothing."""
    for each in fields(type(row)) if has(type(row)) else ():
        if each.name == "id" or each.name.endswith("_id"):
            id: Hashable | None = getattr(row, each.name)
            return id
    return None


def rows(
    fetch: Callable[[int], Awaitable[Page[T] | Sequence[T]]],
    *,
    offset: int = 0,
    key: Key = first_id,
    step: Callable[[Sequence[T]], int] = len,
) -> AsyncIterator[T]:
    """Every row from *offset* on, one page in memory at a time.

    It ends with a page that says that no more follow, and with an empty one. A list that has no
    such flag (T65) is therefore asked for once more than needed: a short page proves nothing, since
    the vendor may give fewer rows than it was asked for. Rows that are added or removed meanwhile
    move those behind them, so that one may come twice or not at all.

    A vendor that gives the same page for two offsets would keep the iteration from ending, whatever
    ``more`` says. A page is the same if each of its rows was on the page before, by its *key*.
    Where a row has none, because it was not asked for, pages are the same if all their rows are
    equal, and the vendor does not say that more follow under another offset or page number.

    Args:
        fetch: Gives the page that begins at an offset.
        offset: Rows to leave out.
        key: What tells a row from all others, or None where nothing does.
        step: How far a page's rows move the offset, where it does not count rows. If it is less
            than their number, the rows beyond may come again on the next page; there they are left
            out, if they have a key.

    Raises:
        InvalidQueryError: *offset* is no whole number.
        ReadError: A page did not come, or the same page came again for another offset.
    """
    whole(offset, name="offset", required=True)
    return _rows(fetch, offset, key, step)


async def _rows(
    fetch: Callable[[int], Awaitable[Page[T] | Sequence[T]]],
    offset: int,
    key: Key,
    step: Callable[[Sequence[T]], int],
) -> AsyncIterator[T]:
    last, again = _Seen(), _Seen()
    while True:
        page = await fetch(offset)
        seen, more = _Seen.of(page, key), page.more if isinstance(page, Page) else None
        if seen.repeats(last) and seen.keys != again.keys:
            msg = "the vendor gave the same page for two offsets, so the rest cannot be read"
            raise ReadError(msg, provider="devino")
        for row, its_key in zip(seen.data, seen.keys, strict=True):
            if its_key is None or its_key not in again.keys:
                yield row
        if not seen.data or more is False:
            return
        moved = step(seen.data)
        offset += moved
        last, again = seen, _Seen(keys=seen.keys[moved:])


@frozen
class _Seen:
    """A page, as far as it is compared with the next one."""

    data: Sequence[Any] = ()
    keys: tuple[Hashable | None, ...] = ()
    place: Any = None

    @classmethod
    def of(cls, page: Page[Any] | Sequence[Any], key: Key) -> _Seen:
        data = page.data if isinstance(page, Page) else page
        place = (page.offset, page.number) if isinstance(page, Page) and page.more else None
        return cls(data, tuple(map(key, data)), place)

    def repeats(self, last: _Seen) -> bool:
        """Whether this page is *last* once more."""
        if None in self.keys:
            return (self.data, self.place) == (last.data, last.place)
        return bool(self.keys) and set(self.keys) <= set(last.keys)


def every_row(
    transport: Transport,
    request: Callable[[int], Request],
    read: ListReader[Page[T]] | ListReader[tuple[T, ...]],
    *,
    offset: int = 0,
    key: Key = first_id,
    step: Callable[[Sequence[T]], int] = len,
) -> AsyncIterator[T]:
    """Every row from *offset* on, as :func:`rows` gives them, asked for over *transport*.

    Args:
        transport: Carries the requests.
        request: Makes the one for the page that begins at an offset. It is made for the first page
            at once, so that what is wrong with it is raised now and not with the first row.
        read: Reads the answers; it is told the ``limit`` (``count``) in the request.
        offset: Rows to leave out.
        key: See :func:`rows`.
        step: Likewise.

    Raises:
        InvalidQueryError: What *request* refuses, or *offset* is no whole number.
        ReadError: Raised by the iteration: a page did not come, or came twice.
    """
    whole(offset, name="offset", required=True)
    asked = dict(request(offset).query)
    limit = asked.get("limit", asked.get("count"))  # T14
    read_page: Any = partial(read, limit=None if limit is None else int(limit))

    async def fetch(start: int) -> Page[T] | tuple[T, ...]:
        page: Page[T] | tuple[T, ...] = await transport.exchange(request(start), read_page)
        return page

    return rows(fetch, offset=offset, key=key, step=step)
