"""The writer: many wishes in one transaction, each with an answer of its own."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from omni_common.outbox.writer import Writer
from tests.outbox.journals import begun
from tests.outbox.programs import StartProgram, outcome

Work: TypeAlias = Callable[[sqlite3.Connection], Any]


class Table:
    """A database of one table, whose transactions are counted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.statements: list[str] = []
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE kept (value INTEGER PRIMARY KEY)")

    def opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0.05, isolation_level=None)
        connection.set_trace_callback(self.statements.append)
        return connection

    @property
    def transactions(self) -> int:
        return sum(each.startswith("BEGIN") for each in self.statements)

    @property
    def values(self) -> list[int]:
        """What any other process would find."""
        with closing(sqlite3.connect(self.path)) as connection:
            return [value for (value,) in connection.execute("SELECT value FROM kept")]


def keep(*values: int) -> Work:
    """Work that keeps *values* one after another, and returns the last."""

    def work(connection: sqlite3.Connection) -> int:
        for value in values:
            connection.execute("INSERT INTO kept VALUES (?)", (value,))
        return values[-1]

    return work


def fail_after(*values: int) -> Work:
    """Work that fails when it has kept *values*."""

    def work(connection: sqlite3.Connection) -> None:
        keep(*values)(connection)
        raise LookupError(values)

    return work


class Pause:
    """Holds up a writer until :meth:`end`, so that wishes come together meanwhile."""

    def __init__(self) -> None:
        self._begun, self._ended = threading.Event(), threading.Event()

    def __call__(self, _: sqlite3.Connection) -> None:
        self._begun.set()
        assert self._ended.wait(20)

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, 20)

    def end(self) -> None:
        self._ended.set()


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path / "table.db")


@pytest.fixture
async def writer(table: Table) -> AsyncIterator[Writer]:
    writer = Writer(table.opened)
    yield writer
    await writer.close()


async def together(writer: Writer, *works: Work) -> list[Any]:
    """What comes of *works* when all of them are asked for while the writer is busy."""
    pause = Pause()
    first = await begun(writer.run(pause))
    await pause.begun()
    tasks = [await begun(writer.run(work)) for work in works]
    pause.end()
    await first
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_work_is_done_and_its_result_returned(writer: Writer, table: Table) -> None:
    assert await writer.run(keep(1, 2)) == 2
    assert table.values == [1, 2]


async def test_what_was_asked_for_meanwhile_shares_a_transaction(
    writer: Writer, table: Table
) -> None:
    results = await together(writer, *(keep(number) for number in range(500)))
    assert results == list(range(500))
    assert table.values == list(range(500))
    assert table.transactions == 2


async def test_no_wish_waits_for_all_that_come_after_it(writer: Writer, table: Table) -> None:
    numbers = range(5_000)
    assert await together(writer, *(keep(number) for number in numbers)) == list(numbers)
    assert 2 < table.transactions < 50


async def test_wishes_are_done_in_the_order_they_came(writer: Writer) -> None:
    order: list[int] = []

    def noting(number: int) -> Work:
        return lambda _: order.append(number)

    await together(writer, *(noting(number) for number in range(100)))
    assert order == list(range(100))


async def test_work_that_fails_leaves_nothing_of_itself(writer: Writer, table: Table) -> None:
    with pytest.raises(LookupError):
        await writer.run(fail_after(1))
    with pytest.raises(sqlite3.IntegrityError):
        await writer.run(keep(2, 3, 2))
    with pytest.raises(sqlite3.OperationalError):
        await writer.run(lambda connection: connection.execute("SELECT nothing"))
    assert table.values == []
    assert await writer.run(keep(2)) == 2


async def test_work_that_fails_harms_no_other_that_came_with_it(
    writer: Writer, table: Table
) -> None:
    works = [keep(1), fail_after(2), keep(3), keep(3), fail_after(4, 5), keep(6)]
    one, failed, three, twice, failed_too, six = await together(writer, *works)
    assert (one, three, six) == (1, 3, 6)
    assert isinstance(failed, LookupError)
    assert failed.args == ((2,),)
    assert isinstance(twice, sqlite3.IntegrityError)
    assert isinstance(failed_too, LookupError)
    assert failed_too.args == ((4, 5),)
    assert table.values == [1, 3, 6]


async def test_work_is_done_though_nobody_waits_for_it_any_more(
    writer: Writer, table: Table
) -> None:
    pause = Pause()
    first = await begun(writer.run(pause))
    await pause.begun()
    left, waiting = await begun(writer.run(keep(1))), await begun(writer.run(keep(2)))
    for task in (first, left):
        task.cancel()
    await asyncio.wait([first, left])
    assert first.cancelled()
    assert left.cancelled()
    pause.end()
    assert await waiting == 2
    assert table.values == [1, 2]


async def test_what_is_posted_is_done_and_its_failure_harms_nobody(
    writer: Writer, table: Table
) -> None:
    writer.post(keep(1))
    writer.post(fail_after(2))
    writer.post(keep(3))
    assert await writer.run(keep(4)) == 4
    assert table.values == [1, 3, 4]


async def test_results_reach_every_loop_in_its_own_thread(writer: Writer, table: Table) -> None:
    results: dict[int, list[int]] = {}

    async def ask(first: int) -> list[int]:
        loop, thread = asyncio.get_running_loop(), threading.get_ident()
        wishes = (writer.run(keep(number)) for number in range(first, first + 50))
        found = await asyncio.gather(*wishes)
        assert (asyncio.get_running_loop(), threading.get_ident()) == (loop, thread)
        return found

    def run(first: int) -> None:
        results[first] = asyncio.run(ask(first))

    await asyncio.gather(*(asyncio.to_thread(run, first) for first in range(0, 200, 50)))
    assert {first: list(range(first, first + 50)) for first in range(0, 200, 50)} == results
    assert table.values == list(range(200))


async def test_a_loop_that_is_closed_keeps_no_result_from_the_others(
    writer: Writer, table: Table
) -> None:
    pause = Pause()
    first = await begun(writer.run(pause))
    await pause.begun()

    async def leave() -> None:
        task = await begun(writer.run(keep(1)))
        task.cancel()

    await asyncio.to_thread(asyncio.run, leave())
    waiting = await begun(writer.run(keep(2)))
    pause.end()
    await first
    assert await waiting == 2
    assert table.values == [1, 2]


async def test_the_end_comes_after_all_that_was_asked_for(writer: Writer, table: Table) -> None:
    pause = Pause()
    first = await begun(writer.run(pause))
    await pause.begun()
    for number in range(1_500):
        writer.post(keep(number))
    waiting = await begun(writer.run(keep(1_500)))
    end = await begun(writer.close())
    pause.end()
    await end
    assert table.values == list(range(1_501))
    await first
    assert await waiting == 1_500


async def test_after_the_end_nothing_can_be_asked_for(writer: Writer, table: Table) -> None:
    before = set(threading.enumerate())
    await writer.run(keep(1))
    await writer.close()
    await writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        await writer.run(keep(2))
    writer.post(keep(3))  # which is for what an interruption leaves: it must not raise
    assert table.values == [1]
    assert "omni-outbox" not in {thread.name for thread in set(threading.enumerate()) - before}


async def test_what_was_never_used_is_closed_and_never_opened() -> None:
    def opened() -> sqlite3.Connection:
        raise AssertionError

    writer = Writer(opened)
    await writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        await writer.run(keep(1))


async def test_several_that_close_it_at_once_all_see_its_end(writer: Writer, table: Table) -> None:
    writer.post(keep(1))
    await asyncio.gather(*(writer.close() for _ in range(5)))
    assert table.values == [1]


async def test_a_failure_to_open_reaches_all_who_wait_and_is_not_the_end(table: Table) -> None:
    problems: list[Exception] = [sqlite3.OperationalError("no"), OSError("no")]

    def opened() -> sqlite3.Connection:
        if problems:
            raise problems.pop()
        return table.opened()

    writer = Writer(opened)
    with pytest.raises(OSError, match="no"):
        await writer.run(keep(1))
    with pytest.raises(sqlite3.OperationalError, match="no"):
        await writer.run(keep(2))
    assert await writer.run(keep(3)) == 3
    await writer.close()
    assert table.values == [3]


async def test_those_who_find_it_locked_by_another_process_wait_for_it_once(
    writer: Writer, table: Table
) -> None:
    # Each would wait for as long as the first, one after another.
    with closing(table.opened()) as other:
        other.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(
            *(writer.run(keep(number)) for number in range(50)), return_exceptions=True
        )
        other.execute("ROLLBACK")
    assert {type(result) for result in results} == {sqlite3.OperationalError}
    assert table.transactions < 10
    assert table.values == []
    assert await writer.run(keep(1)) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
async def test_a_forked_child_cannot_use_it_and_the_parent_goes_on(
    start_program: StartProgram, table: Table
) -> None:
    program = start_program(
        """
        def keep(value):
            return lambda connection: connection.execute(f"INSERT INTO kept VALUES ({value})") and 1

        async def use():
            await writer.run(keep(value))

        writer = Writer(lambda: sqlite3.connect(path, isolation_level=None))
        value = 1
        asyncio.run(use())
        child = os.fork()
        if not child:
            value = 2
            try:
                asyncio.run(use())
            except RuntimeError as error:
                asyncio.run(writer.close())
                os._exit(7 if "fork" in str(error) else 1)
            os._exit(1)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        value = 3
        asyncio.run(use())
        asyncio.run(writer.close())
        """,
        table.path,
    )
    assert await asyncio.to_thread(outcome, program) == ["7"]
    assert table.values == [1, 3]


async def test_what_is_asked_for_while_there_is_no_thread_is_never_done(
    writer: Writer, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError, match="thread"):
            await writer.run(keep(1))
        writer.post(keep(2))
    assert await asyncio.wait_for(writer.run(keep(3)), 3) == 3
    assert table.values == [2, 3]


async def test_what_never_had_a_thread_can_be_closed(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    writer = Writer(table.opened)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError, match="thread"):
            await writer.run(keep(1))
    await asyncio.wait_for(writer.close(), 3)
    assert table.values == []
