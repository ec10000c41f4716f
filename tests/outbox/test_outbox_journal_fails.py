"""A journal that fails: nothing is sent that was not written down, nor twice what was."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from omni_common.errors import (
    CancelFailedError,
    JournalError,
    OutcomeUnknownError,
    ReadError,
    RefusedError,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.message import Message
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.receipt import Accepted, NotSent, Receipt, SendOutcome, Unknown
from tests.outbox.journals import message
from tests.outbox.outboxes import all_of, said_by, sent, soon, states
from tests.outbox.programs import StartProgram, outcome
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of as all_outcomes
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of

FILLS_THE_DISK = """
import logging, resource
from omni_common.outbox import Outbox
from omni_common.receipt import Receipt
from tests.outbox.journals import message
from tests.outbox.outboxes import all_of
from tests.support.providers import MemoryProvider

logging.basicConfig(stream=sys.stdout, format="%(levelname)s", level=logging.WARNING)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

class Filling(MemoryProvider):
    async def send(self, message, **options):
        receipt = await super().send(message, **options)
        limit(1)
        return receipt

async def main():
    provider = Filling()
    omni = Outbox(provider, path)
    if sys.argv[2] == "sent":
        receipt = await omni.send(message("a"))
        say(receipt.id)
    else:
        await all_of(omni.enqueue([message("a")]))
        await omni.drain()
        say("memory:a")
    try:
        await omni.send(message("b"))
    except JournalError:
        say("not sent", len(provider.sent))
    os._exit(0)

asyncio.run(main())
"""


class Losing(MemoryProvider):
    """Takes the journal's folder away while it sends."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        shutil.rmtree(self._folder)
        return await super().send(message, on_unknown=on_unknown)


class LosingLater(BulkProvider):
    """Takes the journal's folder away in its second bulk call."""

    def __init__(self, folder: Path) -> None:
        super().__init__(5)
        self._folder = folder

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        if self.batches:
            shutil.rmtree(self._folder)
        return await super().send_batch(messages, history)


class Barring(MemoryProvider):
    """Has the journal take no settlement from its first call on."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        with closing(sqlite3.connect(self._path)) as other:
            other.execute(
                "CREATE TRIGGER IF NOT EXISTS bar BEFORE UPDATE ON message"
                " WHEN new.state = 'accepted' BEGIN SELECT RAISE(ABORT, 'barred'); END"
            )
        return receipt

    def unbar(self) -> None:
        """Let the journal take settlements again."""
        with closing(sqlite3.connect(self._path)) as other:
            other.execute("DROP TRIGGER bar")


async def test_a_journal_that_is_a_folder_lets_nothing_be_sent(path: Path) -> None:
    path.mkdir()
    provider = MemoryProvider()
    omni = Outbox(provider, path)
    with pytest.raises(JournalError):
        await omni.send(message("a"))
    with pytest.raises(JournalError):
        await all_of(omni.enqueue([message("a")]))
    await omni.close()
    assert provider.sent == []


async def test_a_journal_in_a_folder_that_is_not_there_lets_nothing_be_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    omni = Outbox(provider, tmp_path / "nowhere" / "a.db")
    with pytest.raises(JournalError):
        await omni.send(message("a"))
    with pytest.raises(JournalError):
        await all_of(omni.enqueue([message("a")]))
    await omni.close()
    assert provider.sent == []
    assert [each for each in caplog.records if each.name == "asyncio"] == []


async def test_an_outbox_whose_folder_comes_later_works_then(tmp_path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    path = tmp_path / "later" / "a.db"
    omni = Outbox(provider, path)
    with pytest.raises(JournalError):
        await omni.send(message("a"))
    path.parent.mkdir()
    await all_of(omni.enqueue([message("b")]))
    await clock.advance(5)
    await soon(omni.drain())
    assert await omni.send(message("a")) == receipt_of(message("a"))
    await omni.close()
    assert sent(provider) == ["b", "a"]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
async def test_a_journal_whose_folder_is_deleted_lets_nothing_more_be_sent(tmp_path: Path) -> None:
    provider = MemoryProvider()
    folder = tmp_path / "journals"
    folder.mkdir()
    omni = Outbox(provider, folder / "a.db")
    await omni.send(message("a"))
    shutil.rmtree(folder)
    with pytest.raises(JournalError):
        await omni.send(message("b"))
    (outcome,) = await all_outcomes(omni.send_many([message("c")]))
    assert isinstance(outcome, NotSent)
    assert isinstance(outcome.error, JournalError)
    await omni.close()
    assert sent(provider) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
async def test_a_receipt_is_returned_even_if_it_cannot_be_written_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "journals"
    folder.mkdir()
    omni = Outbox(Losing(folder), folder / "a.db")
    assert await omni.send(message("a")) == receipt_of(message("a"))
    # Beside it the dispatcher may say that it cannot look at the journal.
    lost = "what became of 1 messages could not be written down"
    assert [said.startswith(lost) for said in said_by(caplog, logging.ERROR)].count(True) == 1
    await omni.close()


async def test_a_failing_journal_answers_no_question(path: Path) -> None:
    path.mkdir()
    omni = Outbox(MemoryProvider(), path)
    with pytest.raises(ReadError) as unread:
        await omni.status("outbox:a")
    with pytest.raises(CancelFailedError) as uncancelled:
        await omni.cancel("outbox:a")
    for caught in (unread, uncancelled):
        assert isinstance(caught.value.__cause__, JournalError)
    await omni.close()


async def test_a_message_that_could_not_be_written_down_can_be_sent_when_that_works_again(
    path: Path,
) -> None:
    provider = MemoryProvider()
    path.mkdir()
    omni = Outbox(provider, path)
    with pytest.raises(JournalError):
        await omni.send(message("a"))
    path.rmdir()
    assert await omni.send(message("a")) == receipt_of(message("a"))
    await omni.close()
    assert sent(provider) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits")
@pytest.mark.parametrize("way", ["sent", "queued"])
async def test_what_a_full_disk_kept_from_being_written_down_is_unknown_to_the_next_process(
    path: Path, start_program: StartProgram, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    said = await asyncio.to_thread(outcome, start_program(FILLS_THE_DISK, path, way))
    assert said == ["ERROR", "memory:a", "not sent 1"]
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        await omni.drain()
        assert (await omni.count())[EntryState.UNKNOWN] == 1
        with pytest.raises(OutcomeUnknownError):
            await omni.send(message("a"))
        assert await omni.send(message("b")) == receipt_of(message("b"))
    assert sent(provider) == ["b"]
    assert await states(path) == {"a": "unknown", "b": "accepted"}
    assert len(said_by(caplog, logging.WARNING)) == 1


async def test_a_second_send_of_what_could_not_be_settled_does_not_wait_for_ever(
    path: Path,
) -> None:
    provider = Barring(path)
    omni = Outbox(provider, path)
    assert await omni.send(message("a")) == receipt_of(message("a"))
    provider.unbar()
    with pytest.raises(OutcomeUnknownError):
        await soon(omni.send(message("a")))
    await omni.close()
    assert sent(provider) == ["a"]


async def test_what_could_not_be_settled_is_not_sent_again_by_the_next_outbox(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Barring(path)
    omni = Outbox(provider, path)
    assert await omni.send(message("a")) == receipt_of(message("a"))
    # Beside it the dispatcher may say that it cannot look at the journal.
    lost = "what became of 1 messages could not be written down"
    assert [said.startswith(lost) for said in said_by(caplog, logging.ERROR)].count(True) == 1
    await omni.close()
    provider.unbar()
    async with Outbox(provider, path) as again:
        await again.drain()
        with pytest.raises(OutcomeUnknownError):
            await again.send(message("a"))
    assert sent(provider) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
async def test_a_journal_that_fails_after_a_bulk_call_does_not_make_what_was_sent_not_sent(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "journals"
    folder.mkdir()
    provider = LosingLater(folder)
    provider.failures = {"no": RefusedError("no"), "lost": OutcomeUnknownError("lost")}
    async with Outbox(provider, folder / "a.db") as omni:
        await all_outcomes(omni.send_many(map(message, ["yes", "no", "lost"])))
        again = await all_outcomes(omni.send_many(map(message, ["new", "yes", "no", "lost"])))
    assert provider.batches == [["yes", "no", "lost"], ["new"]]
    assert [type(each) for each in again] == [Accepted, Accepted, NotSent, Unknown]
    refused = again[2]
    assert isinstance(refused, NotSent)
    assert isinstance(refused.error, JournalError)
