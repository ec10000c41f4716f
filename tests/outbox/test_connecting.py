"""A child of a fork and the journal that its parent had open."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.outbox.programs import StartProgram, outcome

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs forks")

FORKED = """
async def use(journal, reference):
    try:
        await posted(journal, reference)
    except JournalError as error:
        return str(error)
    finally:
        await journal.close()
    return "wrote"

async def main():
    journal, linked = Journal(path), path.with_name("another name")
    {before}
    linked.hardlink_to(path)
    if not (child := os.fork()):
        os._exit(0 if in_child() else 1)
    say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    say(await use(journal, "of the parent"))

def in_child():
    found = []
    opening = lambda: found.append(asyncio.run(use(Journal(linked_path), "b")))
    thread = threading.Thread(target=opening)
    thread.start()
    thread.join()
    return {expected} in found[0]

import threading
from omni_common.errors import JournalError
from tests.outbox.journals import posted
linked_path = path.with_name("another name")
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('await posted(journal, "a")', '"after the fork, or"'),
        ('await posted(journal, "a"); await journal.close(); journal = Journal(path)', '"wrote"'),
        ("path.touch()", '"wrote"'),
    ],
    ids=["open", "closed before", "never opened"],
)
async def test_a_child_opens_what_its_parent_did_not_have_open(
    path: Path, start_program: StartProgram, before: str, expected: str
) -> None:
    program = start_program(
        FORKED.replace("{before}", before).replace("{expected}", expected), path
    )
    assert await asyncio.to_thread(outcome, program) == ["0", "wrote"]
