"""Journals of older versions are brought up to this one, whole or not at all."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omni_common.errors import ConfigurationError, JournalError
from omni_common.outbox import Outbox, schema
from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from omni_common.report import DeliveryReport, DeliveryState
from omni_common.track import Track
from tests.outbox.journals import NOON, message, posted
from tests.outbox.outboxes import sent, states
from tests.outbox.programs import StartProgram, outcome
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

VERSION_1 = """
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    due INTEGER NOT NULL,
    held INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    document TEXT NOT NULL,
    receipt TEXT,
    error TEXT
) STRICT;
CREATE INDEX message_open ON message (state, due, id)
    WHERE state IN ('queued', 'claimed', 'unknown');
CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
PRAGMA application_id = 1869442665;
PRAGMA user_version = 1;
INSERT INTO message VALUES (1, 'a', 'queued', 1798804800000000, 0, 1798804800000000,
    '{"to":"+37251234567","content":[{"channel":"sms","text":"Hi"}]}', NULL, NULL);
INSERT INTO message VALUES (2, 'b', 'accepted', 1798804800000000, 0, 1798804800000000,
    '{"to":"+37251234567","content":[{"channel":"sms","text":"Hi"}]}',
    '{"id":"memory:b","provider":"memory","to":"+37251234567","parts":[],"attempts":[]}', NULL);
INSERT INTO note VALUES ('place', 'kestrel');
"""
TRACK = Track.of_report(DeliveryReport("memory:b", DeliveryState.DELIVERED))


@pytest.fixture
def old(path: Path) -> Path:
    """A journal as the first version made it, with two messages and a note."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_1)
    path.chmod(0o600)
    return path


def version_of(path: Path) -> tuple[int, set[str]]:
    """The version that a file says it is of, and the tables that it has."""
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return version, {name for (name,) in tables}


FIRST = (1, {"message", "note"})
SECOND = (2, {"message", "note", "track"})


async def assert_works(path: Path) -> None:
    """All that was in the old journal is in this one, and tracks can be kept there."""
    journal = Journal(path)
    a, b = await journal.select(EntryState)
    assert (a.message, a.state, a.due) == (message("a"), EntryState.QUEUED, NOON)
    assert b.receipt is not None
    assert (b.receipt.id, b.state) == ("memory:b", EntryState.ACCEPTED)
    assert await journal.read_note("place") == "kestrel"
    assert await posted(journal, "c") == [3]
    assert await journal.merge_track("memory:b", TRACK, "memory", NOON) == TRACK
    assert (await journal.count_deliveries())[EntryState.ACCEPTED, DeliveryState.DELIVERED] == 1
    await journal.close()
    assert version_of(path) == SECOND
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_journal_of_the_first_version_goes_on_as_one_of_the_second(old: Path) -> None:
    assert version_of(old) == FIRST
    await assert_works(old)
    assert await states(old) == {"a": "queued", "b": "accepted", "c": "queued"}


async def test_what_an_old_journal_has_queued_is_sent(old: Path) -> None:
    provider = MemoryProvider(FakeClock(NOON))
    async with Outbox(provider, old) as omni:
        await omni.drain()
    assert sent(provider) == ["a"]


def layout(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


async def test_a_new_journal_is_what_an_old_one_becomes(old: Path, tmp_path: Path) -> None:
    for each in (old, tmp_path / "new.journal"):
        journal = Journal(each)
        await journal.count()
        await journal.close()
    assert layout(old) == layout(tmp_path / "new.journal")
    assert version_of(old) == version_of(tmp_path / "new.journal") == SECOND


async def test_the_third_version_is_refused_and_says_how_to_read_it(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, "a")
    await journal.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 3")
    before = path.read_bytes()
    journal = Journal(path)
    with pytest.raises(ConfigurationError) as caught:
        await journal.count()
    await journal.close()
    assert str(caught.value) == (
        f"{path} was made by a newer version of this library (its schema is 3, and 2 is the"
        " newest known here); upgrade omni-async"
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [0, -1])
async def test_a_version_that_there_never_was_is_no_journal(old: Path, version: int) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    journal = Journal(old)
    with pytest.raises(ConfigurationError, match="another program"):
        await journal.count()
    await journal.close()
    assert version_of(old) == (version, FIRST[1])


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE message (id INTEGER)", "SELECT no_such_function()"]
)
async def test_a_step_that_fails_leaves_the_old_version_whole(
    old: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    journal = Journal(old)
    with monkeypatch.context() as patched:
        patched.setattr(schema, "_STEPS", (schema._MESSAGES, f"{schema._TRACKS}{statement};\n"))
        with pytest.raises(JournalError, match="SQLITE_ERROR"):
            await journal.count()
    assert version_of(old) == FIRST
    await journal.count()
    await journal.close()
    await assert_works(old)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("words", ["CREATE TABLE track", "PRAGMA user_version =", "COMMIT"])
async def test_a_process_killed_at_any_step_leaves_the_old_version_whole(
    old: Path, start_program: StartProgram, words: str
) -> None:
    program = start_program(
        """
        from omni_common.outbox import schema

        def deadly(statement):
            is_begun.append("CREATE TABLE track" in statement)
            if any(is_begun) and statement.startswith(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)

        def connect(*args, **more):
            connection = plain(*args, **more)
            connection.set_trace_callback(deadly)
            return connection

        plain, is_begun = sqlite3.connect, []
        sqlite3.connect = connect
        schema.open_journal(path)
        """,
        old,
        words,
    )
    assert await asyncio.to_thread(program.wait) == -signal.SIGKILL
    assert version_of(old) == FIRST
    await assert_works(old)


async def test_one_that_another_is_bringing_up_is_waited_for(old: Path) -> None:
    for _ in range(3):
        journals = [Journal(old) for _ in range(4)]
        await asyncio.gather(*(each.count() for each in journals))
        await asyncio.gather(*(each.close() for each in journals))
    await assert_works(old)


async def test_two_processes_bring_one_up_at_once(old: Path, start_program: StartProgram) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # so that both have seen the old version
        programs = [
            start_program(
                """
                from omni_common.outbox import schema

                def told(*args):
                    say("here")
                    return bring_up(*args)

                def prepared(connection):
                    say("seen", connection.execute("PRAGMA user_version").fetchone()[0])
                    return write_ahead(connection)

                bring_up, write_ahead = schema._bring_up, schema._write_ahead
                schema._bring_up, schema._write_ahead = told, prepared
                connection = schema.open_journal(path)
                say("has", connection.execute("PRAGMA user_version").fetchone()[0])
                connection.close()
                """,
                old,
            )
            for _ in range(2)
        ]
        for program in programs:
            assert program.stdout is not None
            line = await asyncio.to_thread(program.stdout.readline)
            assert line == "seen 1\n"
        assert version_of(old) == FIRST
        other.execute("ROLLBACK")
    for program in programs:
        assert (await asyncio.to_thread(outcome, program)) == ["here", "has 2"]
    await assert_works(old)


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes of files")
async def test_an_old_journal_that_can_only_be_read_says_so(
    old: Path, start_program: StartProgram
) -> None:
    old.chmod(0o444)
    old.parent.chmod(0o755)
    program = start_program(
        """
        import concurrent.futures.thread  # while it can still be read

        async def main():
            journal = Journal(Path(path.name))
            try:
                await journal.find("a")
            except JournalError as error:
                say(error)
            await journal.close()

        os.chdir(path.parent)
        if not os.getuid():  # whom no mode keeps from writing
            os.setuid(65534)
        asyncio.run(main())
        """,
        old,
    )
    (said,) = await asyncio.to_thread(outcome, program)
    assert "the journal of the outbox cannot be used (SQLITE_CANTOPEN): make it" in said
    assert version_of(old) == FIRST
