"""What was acknowledged stays, whatever becomes of the process or of the disk."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from tests.outbox.journals import message, posted
from tests.outbox.programs import Program, StartProgram, outcome

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and limits")

PUTS = """
async def main(run):
    journal = Journal(path)
    for number in range(1_000_000):
        names = [f"{run}-{number}-{each}" for each in "abc"]
        await posted(journal, *names, text="Hi " * 300)
        say(*names)

asyncio.run(main(sys.argv[2]))
"""


def acknowledged_until_killed(program: Program, lines: int) -> list[list[str]]:
    """What *program* says until it is killed, after at least so many lines, while it goes on."""
    assert program.stdout is not None
    said = [program.stdout.readline() for _ in range(lines)]
    program.send_signal(signal.SIGKILL)
    said += program.stdout.readlines()
    assert program.wait() == -signal.SIGKILL
    return [line.split() for line in said if line.endswith("\n")]


async def test_a_process_that_is_killed_loses_nothing_that_was_acknowledged(
    path: Path, start_program: StartProgram
) -> None:
    acknowledged: list[list[str]] = []
    for run, lines in enumerate((1, 25, 300)):
        program = start_program(PUTS, path, str(run))
        acknowledged += await asyncio.to_thread(acknowledged_until_killed, program, lines)
    journal = Journal(path)
    entries = await journal.select(EntryState, most=1_000_000)
    there = {entry.reference for entry in entries}
    assert there >= {name for names in acknowledged for name in names}
    # At most one put of each run was done and not told of, and none by half.
    assert len(entries) <= 3 * (len(acknowledged) + 3)
    for name in there:
        assert {f"{name[:-1]}{each}" for each in "abc"} <= there
    for entry in entries:
        assert entry.message == message(entry.reference, "Hi " * 300)
    await journal.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_what_a_killed_process_had_claimed_is_still_claimed(
    path: Path, start_program: StartProgram
) -> None:
    program = start_program(
        """
        async def main():
            journal = Journal(path)
            await posted(journal, "a", "b")
            await journal.claim_due(1, NOON)
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
        """,
        path,
    )
    assert await asyncio.to_thread(program.wait) == -signal.SIGKILL
    journal = Journal(path)
    found = [entry.state for entry in await journal.select(EntryState)]
    assert found == [EntryState.CLAIMED, EntryState.QUEUED]
    await journal.close()


FILLS_THE_DISK = """
import resource

async def failing_put(journal):
    for number in range(1_000):
        names = [f"{number}-{each}" for each in range(50)]
        try:
            await posted(journal, *names, text="Hi " * 300)
        except JournalError:
            return number
        say(number)

async def main():
    journal = Journal(path)
    await posted(journal, "before")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    failed = await failing_put(journal)
    say("failed", failed)
    assert await journal.find(f"{failed}-0") is None
    assert await journal.find(f"{failed}-49") is None
    assert await state(journal, "before") is EntryState.QUEUED
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await posted(journal, "after")
    if sys.argv[2] == "closed":
        await journal.close()
    os._exit(0)

asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["closed", "not closed"])
async def test_a_full_disk_fails_a_put_as_a_whole_and_loses_no_other(
    path: Path, start_program: StartProgram, end: str
) -> None:
    *done, failed = await asyncio.to_thread(outcome, start_program(FILLS_THE_DISK, path, end))
    assert done
    assert failed == f"failed {len(done)}"
    journal = Journal(path)
    names = ["before", *(f"{number}-{each}" for number in done for each in range(50)), "after"]
    entries = await journal.select(EntryState, most=100_000)
    assert [entry.reference for entry in entries] == names
    assert len(await posted(journal, *(f"{len(done)}-{each}" for each in range(50)))) == 50
    await journal.close()
    assert {each.name for each in path.parent.iterdir()} == {path.name}
