"""Files that are no journals, or are none any more: each is refused, and left as it is."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from omni_common.errors import ConfigurationError, JournalError
from omni_common.outbox.documents import DocumentError
from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from tests.outbox.journals import NOON, message, posted, posting
from tests.outbox.programs import StartProgram, outcome

CANARY = "kestrel"


async def refused(path: Path) -> Exception:
    """What opening *path* for the first time, and for another, ends with."""
    journal = Journal(path)
    with pytest.raises((ConfigurationError, JournalError)) as first:
        await journal.put([posting("order-1")], NOON)
    with pytest.raises(type(first.value)) as second:
        await journal.find("order-1")
    await journal.close()
    assert str(second.value) == str(first.value)
    for error in (first.value, second.value):
        assert CANARY not in str(error)
    return first.value


def others(path: Path, *statements: str) -> None:
    """A database of another program's."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE kestrel (name TEXT)")
        connection.execute("INSERT INTO kestrel VALUES (?)", (CANARY,))
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    "statements",
    [
        [],
        ["PRAGMA application_id = 252006674"],
        ["PRAGMA user_version = 1"],
        ["PRAGMA application_id = 1", "DROP TABLE kestrel"],
    ],
    ids=["plain", "named", "versioned", "named and empty"],
)
async def test_another_programs_database_is_refused_and_left_as_it_is(
    path: Path, statements: list[str]
) -> None:
    others(path, *statements)
    before = path.read_bytes()
    error = await refused(path)
    assert isinstance(error, ConfigurationError)
    assert error.field == "journal_file"
    assert "another program" in str(error)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == {path.name: before}


async def test_the_journal_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, "order-1", text=CANARY)
    await journal.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = path.read_bytes()
    error = await refused(path)
    assert isinstance(error, ConfigurationError)
    assert error.field == "journal_file"
    assert "newer version" in str(error)
    assert "7" in str(error)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == {path.name: before}


async def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    journal = Journal(path)
    assert await posted(journal, "order-1") == [1]
    await journal.close()


async def test_a_database_without_tables_becomes_a_journal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    journal = Journal(path)
    assert await posted(journal, "order-1") == [1]
    await journal.close()


@pytest.mark.parametrize("length", [2, 20, 511, 512, 4_096, 50_000])
async def test_a_text_is_refused_and_left_as_it_is(path: Path, length: int) -> None:
    text = (f"{CANARY} " * 10_000)[:length]
    path.write_text(text)
    error = await refused(path)
    assert isinstance(error, JournalError)
    assert "SQLITE_NOTADB" in str(error)
    assert path.read_text() == text


async def test_a_folder_is_refused(path: Path) -> None:
    path.mkdir()
    assert isinstance(await refused(path), JournalError)
    assert list(path.iterdir()) == []


async def test_a_folder_that_is_missing_is_not_made(path: Path) -> None:
    assert isinstance(await refused(path / "inside"), JournalError)
    assert not path.exists()


async def test_a_journal_can_be_made_when_its_folder_is_there_at_last(path: Path) -> None:
    journal = Journal(path / "inside")
    with pytest.raises(JournalError):
        await journal.find("order-1")
    path.mkdir()
    assert await posted(journal, "order-1") == [1]
    await journal.close()


async def filled(path: Path) -> None:
    """A journal of many pages."""
    journal = Journal(path)
    await posted(journal, *(f"order-{number}" for number in range(500)), text=f"{CANARY} " * 20)
    await journal.close()


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def cut_to_one_page(content: bytes) -> bytes:
    return content[:4_096]


def cut_in_a_page(content: bytes) -> bytes:
    return content[:5_000]


def overwritten(content: bytes) -> bytes:
    return content[:4_096] + b"\xff" * (len(content) - 4_096)


def without_its_head(content: bytes) -> bytes:
    return b"\0" * 100 + content[100:]


def with_its_tables_overwritten(content: bytes) -> bytes:
    return content[:100] + b"\xff" * 3_996 + content[4_096:]


@pytest.mark.parametrize(
    "damage",
    [
        truncated,
        cut_to_one_page,
        cut_in_a_page,
        overwritten,
        without_its_head,
        with_its_tables_overwritten,
    ],
)
async def test_a_damaged_journal_says_that_it_is_one(
    path: Path, damage: Callable[[bytes], bytes]
) -> None:
    await filled(path)
    path.write_bytes(damage(path.read_bytes()))
    journal = Journal(path)
    with pytest.raises(JournalError) as caught:
        await journal.select(EntryState)
    said = str(caught.value)
    assert "SQLITE_CORRUPT" in said or "SQLITE_NOTADB" in said
    with pytest.raises(JournalError) as caught:
        await journal.put([posting("order-1"), posting("new")], NOON)
    assert CANARY not in str(caught.value)
    await journal.close()


async def test_a_message_that_is_damaged_alone_keeps_no_other_from_being_read(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, "a", "b", "c", text=CANARY)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET document = substr(document, 5) WHERE id = 2")
    a, b, c = await journal.select(EntryState)
    assert (a.message, c.message) == (message("a", CANARY), message("c", CANARY))
    with pytest.raises(DocumentError) as caught:
        _ = b.message
    assert CANARY not in str(caught.value)
    await journal.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes of files")
def test_a_file_that_can_only_be_read_is_refused(path: Path, start_program: StartProgram) -> None:
    path.touch()
    path.chmod(0o444)
    path.parent.chmod(0o755)
    program = start_program(
        """
        import concurrent.futures.thread  # while it can still be read

        async def main():
            journal = Journal(Path(path.name))
            try:
                await journal.find("order-1")
            except JournalError:
                say("refused")
            await journal.close()

        os.chdir(path.parent)
        if not os.getuid():  # whom no mode keeps from writing
            os.setuid(65534)
        asyncio.run(main())
        """,
        path,
    )
    assert outcome(program) == ["refused"]
    assert path.read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such device")
async def test_a_device_is_refused() -> None:
    await refused(Path(os.devnull))


async def test_nothing_behind_an_error_names_a_file_or_its_content(path: Path) -> None:
    path.write_text(CANARY)
    journal = Journal(path)
    with pytest.raises(JournalError) as caught:
        await journal.find("order-1")
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert path.name not in str(caught.value)
    await journal.close()
