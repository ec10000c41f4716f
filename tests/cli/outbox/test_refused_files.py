"""Files that are no journals, or cannot be used now: refused in words, and left as they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from messente_async.sandbox import MessenteEmulator
from omni_common.outbox import EntryState
from tests.cli.command import Ended, Omni
from tests.cli.outbox.journals import filled, states
from tests.outbox.outboxes import written_by_another

COMMANDS: dict[str, list[str]] = {
    "run": ["--until-empty"],
    "status": [],
    "list": [],
    "cancel": ["a"],
    "resend": ["a"],
    "purge": ["--older-than", "1d"],
}
each_command = pytest.mark.parametrize("command", COMMANDS)
pytestmark = pytest.mark.usefixtures("over_messente")


def refused(omni: Omni, command: str, path: Path) -> Ended:
    """How the command ends, which is the same in both forms."""
    ended = omni("outbox", command, str(path), *COMMANDS[command])
    document = omni("outbox", command, str(path), *COMMANDS[command], "--json")
    assert document.code == ended.code
    assert document.document["error"]["text"] == ended.complaints.removeprefix("omni: ").strip()
    assert ended.complaints.count("\n") == 1
    return ended


@each_command
def test_no_file_is_wrong_usage_and_none_is_made(omni: Omni, path: Path, command: str) -> None:
    for name in (path, path / "below", path.parent):
        ended = refused(omni, command, name)
        assert ended.code == 64
        assert "there is no outbox" in ended.complaints
    assert list(path.parent.iterdir()) == []


@each_command
def test_an_empty_file_stays_one(omni: Omni, path: Path, command: str) -> None:
    path.touch()
    ended = refused(omni, command, path)
    assert (ended.code, path.read_bytes()) == (64, b"")
    assert "empty" in ended.complaints


@each_command
def test_a_text_is_no_journal(omni: Omni, path: Path, command: str) -> None:
    path.write_text("Dear Ann, " * 100)
    ended = refused(omni, command, path)
    assert ended.code == 2
    assert "SQLITE_NOTADB" in ended.complaints
    assert "move it away" in ended.complaints
    assert path.read_text().startswith("Dear Ann, ")


@each_command
def test_a_database_of_another_program_is_wrong_usage(omni: Omni, path: Path, command: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE book (title TEXT)")
    before = path.read_bytes()
    ended = refused(omni, command, path)
    assert ended.code == 64
    assert "another program" in ended.complaints
    assert path.read_bytes() == before


@each_command
def test_the_journal_of_a_newer_version_is_wrong_usage(
    omni: Omni, path: Path, command: str
) -> None:
    filled(path, a=EntryState.QUEUED)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    ended = refused(omni, command, path)
    assert ended.code == 64
    assert "upgrade" in ended.complaints


@each_command
def test_a_journal_that_another_process_is_writing_to_may_be_free_later(
    omni: Omni,
    path: Path,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    messente: MessenteEmulator,
) -> None:
    filled(path, a=EntryState.QUEUED)
    requests = len(messente.requests)
    monkeypatch.setattr("omni_common.outbox.schema._PATIENCE", 0.0)
    with written_by_another(path):
        ended = refused(omni, command, path)
    assert ended.code == 75
    assert "another process is writing" in ended.complaints
    assert states(path) == {"a": "queued"}
    assert len(messente.requests) == requests
