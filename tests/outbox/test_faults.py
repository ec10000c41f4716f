"""What is said of a journal that cannot be used: what failed, and what to do about it."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from omni_common.cli.exits import ExitCode, exit_code_of
from omni_common.errors import JournalError, ReadError
from omni_common.failure import is_passing
from omni_common.outbox import EntryState, Outbox, OutboxFile
from omni_common.outbox.faults import busy, journal_error
from omni_common.outbox.journal import Journal
from tests.outbox.journals import at, message, posted
from tests.outbox.outboxes import written_by_another
from tests.support.providers import MemoryProvider


def of_sqlite(code: int, name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("/home/kestrel/sends.db is in the way")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL, "SQLITE_FULL"), "free disk space"),
        (of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED, "SQLITE_READONLY_DBMOVED"), "writable"),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN, "SQLITE_CANTOPEN"), "writable"),
        (of_sqlite(sqlite3.SQLITE_CORRUPT_INDEX, "SQLITE_CORRUPT_INDEX"), "restore it"),
        (of_sqlite(sqlite3.SQLITE_NOTADB, "SQLITE_NOTADB"), "move it away"),
        (OSError(errno.ENOSPC, "No space left on device"), "free disk space"),
        (PermissionError(errno.EACCES, "Permission denied", "/home/kestrel/sends.db"), "writable"),
        (OSError(errno.ENOLCK, "No locks available"), "local disk"),
    ],
    ids=lambda value: getattr(value, "sqlite_errorname", None),
)
def test_it_says_what_to_do_and_will_not_pass_by_itself(
    error: sqlite3.Error | OSError, advice: str
) -> None:
    found = journal_error(error)
    assert advice in found.text
    assert "kestrel" not in found.text
    assert not is_passing(found)
    assert exit_code_of(found) is ExitCode.REFUSED


@pytest.mark.parametrize(
    "error", [busy(), of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT, "SQLITE_BUSY_SNAPSHOT")]
)
def test_another_process_that_writes_may_have_ended_at_the_next_try(error: sqlite3.Error) -> None:
    found = journal_error(error)
    assert "another process" in found.text
    assert is_passing(found)
    assert exit_code_of(found) is ExitCode.AGAIN


@given(code=st.integers(0, 2**31 - 1))
def test_any_failure_of_sqlite_is_named(code: int) -> None:
    assert "(SQLITE_ANY)" in journal_error(of_sqlite(code, "SQLITE_ANY")).text


def test_what_sqlite_does_not_number_is_named_by_its_class() -> None:
    assert "(ProgrammingError)" in journal_error(sqlite3.ProgrammingError("closed")).text


async def test_a_question_about_a_message_passes_as_well(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        await omni.send(message("a"))
    monkeypatch.setattr("omni_common.outbox.schema._PATIENCE", 0.0)
    omni = Outbox(MemoryProvider(), path)
    with written_by_another(path):
        with pytest.raises(ReadError) as caught:
            await omni.status("outbox:a")
        await omni.close()
    assert exit_code_of(caught.value) is ExitCode.AGAIN


async def test_a_journal_that_another_reads_all_the_time_cannot_be_made_smaller_for_now(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omni_common.outbox.schema._PATIENCE", 0.0)
    journal = Journal(path)
    await posted(journal, "a", state=EntryState.REFUSED)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM message").fetchall()
    async with OutboxFile(path) as file:
        with pytest.raises(JournalError, match="SQLITE_BUSY") as caught:
            await file.purge(before=at(1))
    reader.close()
    await journal.close()
    assert is_passing(caught.value)


async def test_a_file_that_is_a_text_is_to_be_moved_away(path: Path) -> None:
    path.write_text("Dear Ann, " * 100)
    async with OutboxFile(path) as file:
        with pytest.raises(JournalError, match="move it away"):
            await file.count()
