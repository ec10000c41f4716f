"""Connections to the journal's file, and what a fork makes of them.

SQLite locks files for the whole process, and keeps in the process what it has locked. A child of a
fork inherits that knowledge and not the locks: a connection of its own to the same file would take
locks for held that nobody holds, and could damage it. So the child is kept from making one.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["FORKED", "Identity", "connected", "identity_of"]

Identity: TypeAlias = tuple[int, int]
FORKED = (
    "a process that was forked from one which had it open cannot use it; open it after the fork, or"
    " start processes anew (spawn)"
)
_open: set[tuple[Identity, int, int]] = set()
"""The file, the process and the object of each connection. Each change is one step, without a lock
that a fork could find taken."""


class _Connection(sqlite3.Connection):
    """Is known for as long as it is open."""

    key: tuple[Identity, int, int] | None = None

    def close(self) -> None:
        super().close()
        if self.key is not None:
            _open.discard(self.key)


def connected(path: Path, **options: Any) -> sqlite3.Connection:
    """Connect to the file at *path*, which there is.

    Raises:
        RuntimeError: It was open in the process that this one was forked from.
        sqlite3.Error: It cannot be opened.
    """
    identity, process = identity_of(path), os.getpid()
    if any(file == identity and opener != process for file, opener, _ in tuple(_open)):
        raise RuntimeError(FORKED)
    connection = sqlite3.connect(path, factory=_Connection, **options)
    connection.key = (identity, process, id(connection))
    _open.add(connection.key)
    return connection


def identity_of(path: Path) -> Identity:
    """What tells the file at *path* from every other, whatever it is called by."""
    found = path.stat()
    return found.st_dev, found.st_ino
