"""The lock that says who dispatches: one process of all, until that ends."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omni_common.errors import JournalError
from omni_common.outbox import Outbox
from omni_common.outbox.lock import DispatchLock
from tests.outbox.journals import message
from tests.outbox.programs import StartProgram, outcome
from tests.support.providers import MemoryProvider

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs forks and signals")

HOLDS = """
from omni_common.outbox.lock import DispatchLock

lock = DispatchLock(path)
say("taken", lock.take())
signal.pause()
"""

FORKS = """
from omni_common.outbox.lock import DispatchLock

lock = DispatchLock(path)
assert lock.take()
child = os.fork()
if not child:
    other = DispatchLock(path)
    assert not other.take()
    other.release()
    lock.release()  # which was the parent's
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
say("forked")
signal.pause()
"""


def said(program: object) -> str:
    """The next line that a program says."""
    stdout = getattr(program, "stdout")  # noqa: B009
    return str(stdout.readline()).strip()


def test_one_has_it_and_the_next_when_that_lets_go(path: Path) -> None:
    one, other = DispatchLock(path), DispatchLock(path)
    assert one.take()
    assert one.take()
    assert not other.take()
    other.release()
    assert not other.take()
    one.release()
    one.release()
    assert other.take()
    assert not one.take()
    other.release()


def test_one_file_has_one_lock_whatever_it_is_called_by(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    one = DispatchLock(tmp_path / "real" / "a.db")
    other = DispatchLock(tmp_path / "link" / ".." / "real" / "a.db")
    assert one.take()
    assert not other.take()
    one.release()
    assert other.take()
    other.release()


def test_two_journals_have_two_locks(tmp_path: Path) -> None:
    one, other = DispatchLock(tmp_path / "a.db"), DispatchLock(tmp_path / "b.db")
    assert one.take()
    assert other.take()
    one.release()
    other.release()


def test_its_file_is_for_its_owner_alone(path: Path) -> None:
    lock = DispatchLock(path)
    assert lock.take()
    (file,) = path.parent.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    lock.release()


async def test_another_process_has_it_until_it_is_killed(
    path: Path, start_program: StartProgram
) -> None:
    program = start_program(HOLDS, path)
    lock = DispatchLock(path)
    assert await asyncio.to_thread(said, program) == "taken True"
    assert not lock.take()
    program.kill()
    await asyncio.to_thread(program.wait)
    assert lock.take()
    second = start_program(HOLDS, path)
    assert await asyncio.to_thread(said, second) == "taken False"
    lock.release()


async def test_a_fork_neither_has_the_lock_nor_lets_go_of_it(
    path: Path, start_program: StartProgram
) -> None:
    program = start_program(FORKS, path)
    assert await asyncio.to_thread(said, program) == "forked"
    lock = DispatchLock(path)
    assert not lock.take()
    program.kill()
    await asyncio.to_thread(program.wait)
    assert lock.take()
    lock.release()


async def test_a_process_that_ends_lets_go_of_it(path: Path, start_program: StartProgram) -> None:
    ends = HOLDS.replace("signal.pause()", "")
    assert await asyncio.to_thread(outcome, start_program(ends, path)) == ["taken True"]
    lock = DispatchLock(path)
    assert lock.take()
    lock.release()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EAGAIN])
def test_a_lock_that_another_process_has_is_not_ours(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("omni_common.outbox.lock._lock", failing_with(number))
        assert not DispatchLock(path).take()
    lock = DispatchLock(path)
    assert lock.take()
    lock.release()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EIO, errno.EINVAL])
async def test_a_lock_that_cannot_be_had_at_all_is_no_other_process(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = open_files()
    with monkeypatch.context() as patched:
        patched.setattr("omni_common.outbox.lock._lock", failing_with(number))
        with pytest.raises(OSError, match=re.escape(os.strerror(number))):
            DispatchLock(path).take()
        assert open_files() == before
        provider = MemoryProvider()
        omni = Outbox(provider, path)
        with pytest.raises(JournalError, match=re.escape(os.strerror(number))):
            await omni.send(message("a"))
        await omni.close()
    assert provider.sent == []
    lock = DispatchLock(path)
    assert lock.take()
    lock.release()


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def failing_with(number: int) -> Callable[[int], None]:
    def lock(_: int) -> None:
        raise OSError(number, os.strerror(number))

    return lock
