"""The journal's file: how it is made, opened and told from other files and other versions."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from omni_common.errors import ConfigurationError
from omni_common.outbox.connecting import connected
from omni_common.outbox.faults import busy
from omni_common.redaction import shown_name

__all__ = ["compact", "open_journal"]

_OLDEST_SQLITE = (3, 37, 0)
"""The first with strict tables."""
_APPLICATION = int.from_bytes(b"omni", "big")
"""Tells a journal from every other database (``PRAGMA application_id``)."""
_PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""
_PAUSE = 0.01
"""Seconds between two tries of what SQLite does not wait for."""
_CACHE_KIB = 16 * 1024

# Every message has a row for good, until it is purged; only what is not settled is in an index.
_MESSAGES = """\
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
"""
# What is not kept until its time is due whatever the time is, which somebody may set back.
_TURNS = """\
DROP INDEX message_open;
CREATE INDEX message_open ON message (state, held, due, id)
    WHERE state IN ('queued', 'claimed', 'unknown');
"""
# A track is longer than what SQLite keeps well in the tree of a key, so its row is a row of its
# own. Counting needs what is in the index and never comes to the rows.
_TRACKS = """\
CREATE TABLE track (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    final INTEGER NOT NULL,
    heard INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX track_heard ON track (key, state) WHERE heard = 1;
"""
_STEPS = (_MESSAGES, _TURNS + _TRACKS)
"""What makes each version of the one before; the first makes one of an empty file."""
_VERSION = len(_STEPS)


def open_journal(path: Path) -> sqlite3.Connection:
    """Open the journal at *path*, or make one where there is no file.

    What is written is on the disk when a transaction has ended, and what is deleted is overwritten.
    The file and those that SQLite puts beside it can be read and written by their owner alone.

    One of an older version becomes one of this version, all at once or not at all.

    Raises:
        ConfigurationError: It is no journal, one of a newer version, or cannot be one there.
        sqlite3.Error: It is damaged, or cannot be read or written.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ConfigurationError(
            f"an outbox needs SQLite 3.37 or later; this Python has {sqlite3.sqlite_version}"
        )
    _make_private(path)
    connection = connected(path, timeout=_PATIENCE, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def compact(connection: sqlite3.Connection) -> None:
    """Give the system back what deleted messages took up, and leave nothing of them in the log.

    Outside of a transaction. It takes as much room on the disk again as the journal does.

    Raises:
        sqlite3.OperationalError: Another process is using the journal and does not let go.
    """
    connection.execute("VACUUM")
    (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise busy()


def _make_private(path: Path) -> None:
    """Make the file, if there is none, for its owner alone.

    SQLite would make it readable by others, and gives its other files the rights of this one. One
    that is there is not opened: closing it would undo the locks that this process has on it.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.stat().st_size:
            return
    else:
        os.close(file)
    path.chmod(0o600)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    name = shown_name(path)
    connection.execute("BEGIN")
    _version(connection, name)  # before anything is changed in a file of somebody else
    connection.execute("COMMIT")
    if _write_ahead(connection) != "wal":
        raise ConfigurationError(
            f"{name} cannot be an outbox where it is: SQLite's write-ahead log does not work there;"
            " put it on a local disk",
            field="journal_file",
        )
    for setting in ("synchronous = FULL", "secure_delete = ON", f"cache_size = -{_CACHE_KIB}"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        _bring_up(connection, _version(connection, name))  # now that nobody else can change it
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _write_ahead(connection: sqlite3.Connection) -> str:
    """Have SQLite keep a write-ahead log, and return what it keeps instead if it cannot."""
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            # For this statement alone SQLite does not wait for another process.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(_PAUSE)
        else:
            return str(mode)


def _bring_up(connection: sqlite3.Connection, version: int) -> None:
    """Make the journal one of this version, within the transaction in which its own was seen."""
    if version == _VERSION:
        return
    for step in _STEPS[version:]:
        for statement in filter(str.strip, step.split(";\n")):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")


def _version(connection: sqlite3.Connection, name: str) -> int:
    """The version that the journal is of; 0 where the file is empty still.

    Raises:
        ConfigurationError: It is no journal, or one of a newer version.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) == (0, 0) and _is_empty(connection):
        return 0
    if application != _APPLICATION or version < 1:
        raise ConfigurationError(
            f"{name} is a database of another program, not an outbox", field="journal_file"
        )
    if version > _VERSION:
        raise ConfigurationError(
            f"{name} was made by a newer version of this library (its schema is {version}, and"
            f" {_VERSION} is the newest known here); upgrade omni-async",
            field="journal_file",
        )
    return int(version)


def _is_empty(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return bool(tables == 0)
