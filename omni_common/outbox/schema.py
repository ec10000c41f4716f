"""The journal's file: how it is made, opened and told from other files and other versions."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from omni_common.errors import ConfigurationError
from omni_common.redaction import shown_name

__all__ = ["open_journal"]

_OLDEST_SQLITE = (3, 37, 0)
"""The first with strict tables."""
_APPLICATION = int.from_bytes(b"omni", "big")
"""Tells a journal from every other database (``PRAGMA application_id``)."""
_VERSION = 1
_PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""
_CACHE_KIB = 16 * 1024

# Every message has a row for good, until it is purged; only what is not settled is in an index.
_TABLES = """\
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    due REAL NOT NULL,
    held INTEGER NOT NULL DEFAULT 0,
    changed REAL NOT NULL,
    document TEXT NOT NULL,
    vendor_id TEXT,
    receipt TEXT,
    error TEXT
) STRICT;
CREATE INDEX message_open ON message (state, due, id)
    WHERE state IN ('queued', 'claimed', 'unknown');
CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
"""


def open_journal(path: Path) -> sqlite3.Connection:
    """Open the journal at *path*, or make one where there is no file.

    What is written is on the disk when a transaction has ended, and what is deleted is overwritten.
    The file and those that SQLite puts beside it can be read and written by their owner alone.

    Raises:
        ConfigurationError: It is no journal, one of a newer version, or cannot be one there.
        sqlite3.Error: It is damaged, or cannot be read or written.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ConfigurationError(
            f"an outbox needs SQLite 3.37 or later; this Python has {sqlite3.sqlite_version}"
        )
    # SQLite gives its other files the rights of this one, and would make it readable by others.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    name = shown_name(path)
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise ConfigurationError(
            f"{name} cannot be an outbox where it is: SQLite's write-ahead log does not work there;"
            " put it on a local disk",
            field="path",
        )
    for setting in ("synchronous = FULL", "secure_delete = ON", f"cache_size = -{_CACHE_KIB}"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        _make_or_recognize(connection, name)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _make_or_recognize(connection: sqlite3.Connection, name: str) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) == (0, 0) and _is_empty(connection):
        for statement in filter(str.strip, _TABLES.split(";\n")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    elif application != _APPLICATION:
        raise ConfigurationError(
            f"{name} is a database of another program, not an outbox", field="path"
        )
    elif version > _VERSION:
        raise ConfigurationError(
            f"{name} was made by a newer version of this library (its schema is {version}, and"
            f" {_VERSION} is the newest known here); upgrade omni-async",
            field="path",
        )


def _is_empty(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return bool(tables == 0)
