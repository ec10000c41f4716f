"""The journal that a command is about, and what the commands say of it alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from omni_common.errors import ConfigurationError
from omni_common.outbox import EntryState, OutboxFile
from omni_common.redaction import shown_name

__all__ = ["existing", "opened", "shown_counts", "shown_messages", "size_on_disk"]

_BESIDE = ("", "-wal", "-shm")
"""What follows the journal's name in those of the files that SQLite keeps for it."""


def existing(path: Path) -> Path:
    """*path*, at which there is a journal, or another file that will be refused when it is opened.

    Raises:
        ConfigurationError: There is none, or nothing is in it.
    """
    if not path.is_file():
        raise ConfigurationError(
            f"there is no outbox {shown_name(path)}; the first message that is handed over to one"
            " makes it",
            field="journal_file",
        )
    if not size_on_disk(path):
        raise ConfigurationError(
            f"{shown_name(path)} is an empty file, and no outbox", field="journal_file"
        )
    return path


def opened(path: Path) -> OutboxFile:
    """The journal at *path*, to look into and to put right.

    Raises:
        ConfigurationError: There is none.
    """
    return OutboxFile(existing(path))


def size_on_disk(path: Path) -> int:
    """How many bytes a journal takes up, with the files that SQLite puts beside it."""
    files = (path.with_name(f"{path.name}{ending}") for ending in _BESIDE)
    return sum(file.stat().st_size for file in files if file.exists())


def shown_counts(counts: Mapping[EntryState, int], states: Iterable[EntryState]) -> str:
    """How many messages are in each of *states*, without those that have none: ``queued 3``."""
    counted = [f"{state} {counts[state]}" for state in states if counts.get(state)]
    return ", ".join(counted) or "no messages"


def shown_messages(number: int) -> str:
    """A number of messages in words."""
    return f"{number} message{'s' * (number != 1)}"
