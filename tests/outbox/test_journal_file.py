"""The journal's file: who can read it, who can open it with us, and what stays in it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from omni_common.errors import ClientClosedError
from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from omni_common.outbox.schema import open_journal
from omni_common.receipt import Receipt
from tests.outbox.journals import (
    NOON,
    NUMBER,
    at,
    begun,
    message,
    posted,
    posting,
    references,
    state,
)
from tests.outbox.programs import StartProgram, outcome

CANARY = "kestrel and goldfinch"

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of files")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


async def test_the_file_is_made_when_something_is_first_asked_of_it(path: Path) -> None:
    journal = Journal(path)
    assert not path.exists()
    await journal.close()
    assert not path.exists()
    journal = Journal(path)
    assert await journal.select(EntryState) == []
    assert path.exists()
    await journal.close()


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077], ids=oct)
async def test_only_its_owner_can_read_it_whatever_the_umask(path: Path, mask: int) -> None:
    journal = Journal(path)
    with umask(mask):
        await posted(journal, "order-1")
    own = path.name
    assert modes(path.parent) == dict.fromkeys([own, f"{own}-wal", f"{own}-shm"], 0o600)
    await journal.close()
    with umask(mask):
        await posted(again := Journal(path), "order-2")
    assert set(modes(path.parent).values()) == {0o600}
    await again.close()


@posix
async def test_an_empty_file_that_others_could_read_becomes_its_owners_alone(path: Path) -> None:
    path.touch()
    path.chmod(0o644)
    journal = Journal(path)
    await posted(journal, "order-1")
    assert set(modes(path.parent).values()) == {0o600}
    await journal.close()


@posix
async def test_opening_it_again_takes_no_lock_from_those_who_have_it_open(path: Path) -> None:
    # For the system a process has its locks on a file once; to close the file ends them.
    first, second = Journal(path), Journal(path)
    await posted(first, "order-1")
    before = locked(path)
    await posted(second, "order-2")
    await second.close()
    assert locked(path) == before
    await first.close()
    assert not locked(path)


def locked(path: Path) -> bool:
    """Whether another process finds the file locked where SQLite's readers lock it."""
    look = (
        "import fcntl, sys\n"
        "with open(sys.argv[1], 'r+b') as file:\n"
        "    try: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)\n"
        "    except BlockingIOError: print('locked')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", look, str(path)], check=True, capture_output=True, text=True
    )
    return ended.stdout.strip() == "locked"


async def test_everything_is_found_when_it_is_opened_again(path: Path) -> None:
    journal = Journal(path)
    a, b, *_ = await posted(journal, *"abcd", state=EntryState.CLAIMED)
    taken = Settlement(a, EntryState.ACCEPTED, Receipt("messente:1", "messente", "a", NUMBER))
    await journal.settle([taken, Settlement(b, EntryState.UNKNOWN)], at(1))
    await posted(journal, "e", due=at(5), held=True, text=CANARY)
    await journal.write_note("place", CANARY)
    before = await journal.select(EntryState)
    await journal.close()
    journal = Journal(path)
    assert await journal.select(EntryState) == before
    assert await journal.read_note("place") == CANARY
    assert await posted(journal, "f") == [before[-1].id + 1]
    await journal.close()


async def test_a_closed_journal_is_one_file(path: Path, journal: Journal) -> None:
    await posted(journal, *map(str, range(100)))
    await journal.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_after_its_end_nothing_can_be_asked_of_it(journal: Journal) -> None:
    (id,) = await posted(journal, "order-1", state=EntryState.CLAIMED)
    await journal.close()
    with pytest.raises(ClientClosedError):
        await journal.find("order-1")
    journal.settle_unattended([Settlement(id, EntryState.REFUSED)], NOON)
    await journal.close()


async def test_what_was_told_is_on_the_disk_for_everybody(journal: Journal, path: Path) -> None:
    await posted(journal, "a", "b")
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT reference, state FROM message ORDER BY id"
        assert connection.execute(query).fetchall() == [("a", "queued"), ("b", "queued")]
        await journal.cancel("a", NOON)
        assert connection.execute(query).fetchall() == [("a", "cancelled"), ("b", "queued")]


async def test_several_can_make_one_journal_at_once(tmp_path: Path) -> None:
    for number in range(10):
        journals = [Journal(tmp_path / f"{number}.journal") for _ in range(4)]
        await asyncio.gather(*(posted(each, str(n)) for n, each in enumerate(journals)))
        assert len(await journals[0].select(EntryState)) == 4
        await asyncio.gather(*(each.close() for each in journals))


async def test_a_new_file_that_another_is_preparing_is_waited_for(path: Path) -> None:
    journal = Journal(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        task = await begun(posted(journal, "order-1"))
        await asyncio.wait([task], timeout=0.1)
        other.execute("ROLLBACK")
    await asyncio.wait([task])
    await journal.close()
    assert task.result() == [1]


async def test_several_journals_on_one_file_put_each_reference_once(path: Path) -> None:
    journals = [Journal(path) for _ in range(4)]
    await journals[0].count()
    names = [f"order-{number}" for number in range(50)]
    found = await asyncio.gather(
        *(journal.put([posting(name)], NOON) for name in names for journal in journals)
    )
    new = [each for (each,) in found if isinstance(each, int)]
    assert len(new) == len(set(new)) == len(names)
    claimed = await asyncio.gather(*(journal.claim_due(20, NOON) for journal in journals))
    together = [entry.reference for entries in claimed for entry in entries]
    assert sorted(together) == sorted(names)
    await asyncio.gather(*(journal.close() for journal in journals))


async def test_another_process_can_read_put_and_take_back_meanwhile(
    journal: Journal, path: Path, start_program: StartProgram
) -> None:
    await posted(journal, "a", "b", text=CANARY)
    program = start_program(
        """
        async def main():
            journal = Journal(path)
            entry = await journal.find("a")
            say(entry.message.content[0].text)
            say(*await journal.put([posting("c")], NOON))
            say((await journal.cancel("b", NOON)).state)
            await journal.close()

        asyncio.run(main())
        """,
        path,
    )
    assert await asyncio.to_thread(outcome, program) == [CANARY, "3", "cancelled"]
    assert await state(journal, "b") is EntryState.CANCELLED
    assert references(await journal.claim_due(5, NOON)) == ["a", "c"]
    assert await posted(journal, "d") == [4]


def deleted(path: Path) -> None:
    with closing(open_journal(path)) as connection:
        connection.execute("DELETE FROM message WHERE reference <> 'kept'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("length", [1, 100, 2_000], ids=["short", "long", "of several pages"])
async def test_what_is_deleted_is_overwritten(journal: Journal, path: Path, length: int) -> None:
    names = [f"{CANARY} {number}" for number in range(50)]
    ids = await posted(journal, *names, text=f"{CANARY} " * length, state=EntryState.CLAIMED)
    await posted(journal, "kept", text="sparrow")
    taken = [Receipt(f"messente:{CANARY}", "messente", name, NUMBER) for name in names]
    accepted = [
        Settlement(id, EntryState.ACCEPTED, receipt) for id, receipt in zip(ids, taken, strict=True)
    ]
    await journal.settle(accepted, NOON)
    assert any(CANARY.encode() in each for each in contents(path.parent).values())
    await asyncio.to_thread(deleted, path)
    for name, content in contents(path.parent).items():
        assert CANARY.encode() not in content, name
    entry = await journal.find("kept")
    assert entry is not None
    assert entry.message == message("kept", "sparrow")


async def test_a_note_that_is_gone_is_overwritten(journal: Journal, path: Path) -> None:
    await journal.write_note("place", CANARY)
    await journal.write_note("place", "sparrow")
    await journal.write_note("other", CANARY)
    await journal.write_note("other", None)
    await journal.close()
    for content in contents(path.parent).values():
        assert CANARY.encode() not in content
        assert b"sparrow" in content
