"""One thread that does everything with the journal's file, many wishes in one transaction.

To be sure that something is on the disk takes longer than writing it there. So whatever was asked
for while one transaction ended goes into the next one together, and all who asked wait for it
together: without that, each message would wait for a disk of its own.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

__all__ = ["Writer"]

T = TypeVar("T")
_Work: TypeAlias = Callable[[sqlite3.Connection], Any]
_TOGETHER = 1_000
"""Wishes in one transaction at most."""


@frozen(eq=False)
class _Wish:
    work: _Work
    loop: asyncio.AbstractEventLoop | None
    answer: asyncio.Future[Any] | None
    """None where nobody waits for what comes of it."""


@frozen
class _Result:
    value: Any = None
    error: Exception | None = None


class Writer:
    """Runs work on one database connection, in a thread that begins with the first of it."""

    def __init__(self, opened: Callable[[], sqlite3.Connection]) -> None:
        """Prepare; *opened* makes the connection, in the thread."""
        self._opened = opened
        self._wishes: SimpleQueue[_Wish | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._is_closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run *work* in a transaction, and return what it returns once that is on the disk.

        It is run even if the caller does not wait for its end, and may be run twice, if what went
        into the same transaction fails; so it must do nothing but read and write the database.

        Raises:
            sqlite3.Error: The database failed; nothing of *work* was done.
            Exception: What *work* raised; nothing of it was done.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._put(_Wish(work, loop, answer))
        return await answer

    def post(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Have *work* run like others, without waiting; what it raises is lost."""
        self._put(_Wish(work, None, None))

    async def close(self) -> None:
        """Let all work end that was asked for, and close the connection. Safe to repeat."""
        with self._lock:
            self._is_closed = True
            thread = self._thread
        if thread is not None and self._process == os.getpid():
            self._wishes.put(None)
            await asyncio.to_thread(thread.join)

    def _put(self, wish: _Wish) -> None:
        if self._process != os.getpid():
            raise RuntimeError("an outbox cannot be used after a fork; make another one")
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the outbox is closed")
            self._wishes.put(wish)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="omni-outbox", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        try:
            while (wishes := self._next()) is not None:
                try:
                    connection = connection or self._opened()
                except Exception as error:  # noqa: BLE001 - whoever waits is to have it
                    _answer([(wish, _Result(error=error)) for wish in wishes])
                else:
                    _answer(_done(connection, wishes))
        finally:
            if connection is not None:
                connection.close()

    def _next(self) -> list[_Wish] | None:
        """What was asked for meanwhile, waiting for it; None at the end."""
        wishes: list[_Wish] = []
        wish = self._wishes.get()
        while wish is not None:
            wishes.append(wish)
            if len(wishes) == _TOGETHER:
                return wishes
            try:
                wish = self._wishes.get_nowait()
            except Empty:
                return wishes
        if wishes:
            self._wishes.put(None)  # the end comes after these
        return wishes or None


def _done(
    connection: sqlite3.Connection, wishes: Sequence[_Wish]
) -> Sequence[tuple[_Wish, _Result]]:
    """Carry out all of *wishes* at once, or each by itself if that fails."""
    try:
        values = _in_one_transaction(connection, [wish.work for wish in wishes])
    except Exception as error:  # noqa: BLE001 - whoever waits is to have it
        if len(wishes) == 1:
            return [(wishes[0], _Result(error=error))]
        return [result for wish in wishes for result in _done(connection, [wish])]
    return [(wish, _Result(value)) for wish, value in zip(wishes, values, strict=True)]


def _in_one_transaction(connection: sqlite3.Connection, works: Sequence[_Work]) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        values = [work(connection) for work in works]
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite has rolled back by itself, as when the disk is full
            connection.execute("ROLLBACK")
        raise
    return values


def _answer(results: Sequence[tuple[_Wish, _Result]]) -> None:
    """Give everybody their result, waking each event loop once."""
    for loop in {wish.loop for wish, _ in results if wish.loop is not None}:
        theirs = [(wish, result) for wish, result in results if wish.loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_deliver, theirs)


def _deliver(results: Sequence[tuple[_Wish, _Result]]) -> None:
    for wish, result in results:
        if wish.answer is None or wish.answer.done():
            continue
        if result.error is None:
            wish.answer.set_result(result.value)
        else:
            wish.answer.set_exception(result.error)
