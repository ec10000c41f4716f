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
from functools import partial
from itertools import groupby
from operator import attrgetter
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from attrs import define, frozen

from omni_common.outbox.connecting import FORKED

__all__ = ["Writer", "WriterClosedError"]

T = TypeVar("T")
_Work: TypeAlias = Callable[[sqlite3.Connection], Any]
_TOGETHER = 1_000
"""Wishes in one transaction at most."""


@frozen
class _Result:
    value: Any = None
    error: Exception | None = None


@define(eq=False)
class _Wish:
    work: _Work
    loop: asyncio.AbstractEventLoop | None
    answer: asyncio.Future[Any] | None
    """None where nobody waits for what comes of it."""
    alone: bool = False
    """Whether it is carried out by itself, and not in a transaction."""
    is_one: bool = False
    """Whether it is one statement, and so a transaction already where nothing else goes into it."""
    result: _Result | None = None
    """What came of it; only the thread knows whether that is on the disk already."""


class WriterClosedError(RuntimeError):
    """Nothing more can be asked for."""


class Writer:
    """Runs work on one database connection, in a thread that begins with the first of it."""

    def __init__(
        self, opened: Callable[[], sqlite3.Connection], check: Callable[[], object] = lambda: None
    ) -> None:
        """Prepare; the thread calls *opened* for the connection, and *check* before each use.

        What they raise is what whoever waits is given.
        """
        self._opened, self._check = opened, check
        self._wishes: SimpleQueue[_Wish | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._is_closed = self._has_ended = False

    async def run(
        self,
        work: Callable[[sqlite3.Connection], T],
        undo: Callable[[sqlite3.Connection, T], object] | None = None,
        *,
        is_one: bool = False,
    ) -> T:
        """Run *work* in a transaction, and return what it returns once that is on the disk.

        It is run even if the caller does not wait for its end, and may be run twice, if what went
        into the same transaction fails; so it must do nothing but read and write the database.

        Args:
            work: What to do.
            undo: What to do with its result if the caller is interrupted, and will never have it.
            is_one: Whether *work* is one statement: that is done in less time.

        Raises:
            WriterClosedError: It was closed before.
            sqlite3.Error: The database failed; nothing of *work* was done.
            Exception: What *work* raised; nothing of it was done.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        wish = _Wish(work, loop, answer, is_one=is_one)
        self._put(wish)
        try:
            return await answer
        except Exception:
            raise
        except BaseException:
            if undo is not None:
                self.post(partial(_undone, wish=wish, undo=undo))
            raise

    async def run_alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run *work* outside of any transaction, after what was asked for before it.

        It raises what :meth:`run` does, but that what *work* had done by then may stay done.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._put(_Wish(work, loop, answer, alone=True))
        return await answer

    def post(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Have *work* run like others, without waiting; what it raises is lost.

        For what an interruption leaves to do: it raises nothing itself. It is taken also while the
        writer closes; when that has ended, or after a fork, nothing comes of it.
        """
        if self._is_at_home:
            with self._lock:
                if not self._has_ended:
                    self._wishes.put(_Wish(work, None, None))
                    with suppress(RuntimeError):  # the system gives no thread; a later one does it
                        self._start()

    async def close(self) -> None:
        """Let all work end that was asked for, and close the connection. Safe to repeat."""
        with self._lock:
            self._is_closed = True
            thread = self._thread
        if thread is not None and self._is_at_home:
            self._wishes.put(None)
            await asyncio.to_thread(thread.join)

    @property
    def _is_at_home(self) -> bool:
        """Whether this is the process that the thread is in, and not a fork of it."""
        return self._process == os.getpid()

    def _put(self, wish: _Wish) -> None:
        if not self._is_at_home:
            raise RuntimeError(FORKED)
        with self._lock:
            if self._is_closed:
                raise WriterClosedError("the outbox is closed")
            self._start()  # or nothing was asked for
            self._wishes.put(wish)

    def _start(self) -> None:
        if self._thread is None and not self._is_closed:
            thread = threading.Thread(target=self._serve, name="omni-outbox", daemon=True)
            thread.start()
            self._thread = thread

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        try:
            while wishes := self._next():
                try:
                    connection = connection or self._opened()
                    self._check()
                except Exception as error:  # noqa: BLE001 - whoever waits is to have it
                    _fail(wishes, error)
                else:
                    for alone, some in groupby(wishes, attrgetter("alone")):
                        (_do_alone if alone else _do)(connection, list(some))
                _answer(wishes)
        finally:
            if connection is not None:
                connection.close()

    def _next(self) -> list[_Wish]:
        """What was asked for meanwhile, waiting for it; nothing at the end."""
        while True:
            wishes, is_to_end = self._taken()
            if not is_to_end:
                return wishes
            with self._lock:
                if not wishes and self._wishes.empty():
                    self._has_ended = True
                    return []
                self._wishes.put(None)  # the end comes when nothing is left
            if wishes:
                return wishes

    def _taken(self) -> tuple[list[_Wish], bool]:
        """All that is in the queue, and whether the end is, once there is anything."""
        wishes: list[_Wish] = []
        is_to_end = False
        wish = self._wishes.get()
        with suppress(Empty):
            while True:
                if wish is None:
                    is_to_end = True
                else:
                    wishes.append(wish)
                if len(wishes) == _TOGETHER:
                    break
                wish = self._wishes.get_nowait()
        return wishes, is_to_end


def _do_alone(connection: sqlite3.Connection, wishes: Sequence[_Wish]) -> None:
    for wish in wishes:
        try:
            wish.result = _Result(wish.work(connection))
        except Exception as error:  # noqa: BLE001 - whoever waits is to have it
            _fail([wish], error)


def _do(connection: sqlite3.Connection, wishes: Sequence[_Wish]) -> None:
    """Carry out all of *wishes* at once, or each by itself if one of them fails.

    Each call gives Python's lock away, and while the event loop has much to do, it takes 5 ms to
    have it back: ``executescript`` and ``commit`` do so once, ``execute`` three times.
    """
    if len(wishes) == 1 and wishes[0].is_one:
        _do_alone(connection, wishes)
        return
    try:
        connection.executescript("BEGIN IMMEDIATE")
    except Exception as error:  # noqa: BLE001 - whoever waits is to have it
        _fail(wishes, error)
        return
    try:
        for wish in wishes:
            wish.result = _Result(wish.work(connection))
        connection.commit()
    except Exception as error:  # noqa: BLE001 - see above
        for wish in wishes:
            wish.result = None
        with suppress(sqlite3.Error):  # SQLite has rolled back by itself, as when the disk is full
            connection.execute("ROLLBACK")
        if len(wishes) == 1:
            _fail(wishes, error)
            return
        for wish in wishes:
            _do(connection, [wish])


def _fail(wishes: Sequence[_Wish], error: Exception) -> None:
    for wish in wishes:
        wish.result = _Result(error=error)


def _undone(
    connection: sqlite3.Connection, *, wish: _Wish, undo: Callable[[sqlite3.Connection, T], object]
) -> None:
    """Undo what *wish* has done, if it has come to that."""
    if wish.result is not None and wish.result.error is None:
        undo(connection, wish.result.value)


def _answer(wishes: Sequence[_Wish]) -> None:
    """Give everybody their result, waking each event loop once."""
    for loop in {wish.loop for wish in wishes if wish.loop is not None}:
        theirs = [wish for wish in wishes if wish.loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_deliver, theirs)


def _deliver(wishes: Sequence[_Wish]) -> None:
    for wish in wishes:
        if wish.answer is None or wish.answer.done() or wish.result is None:
            continue
        if wish.result.error is None:
            wish.answer.set_result(wish.result.value)
        else:
            wish.answer.set_exception(wish.result.error)
