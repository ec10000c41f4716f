"""Who is on the stop-list, and who has had a row already: remembered on the disk, not in memory.

The database has no name and ends with the process. It holds digests under a key that is never
written down, so that what is left of it on the disk says nobody's number.
"""

from __future__ import annotations

import os
import sqlite3
from hashlib import blake2b
from types import TracebackType
from typing import Self

from omni_common.cli.bulk.recipient import same_for

__all__ = ["Recipients"]

_CACHE_KIB = 32 * 1024
_TABLE = "CREATE TABLE {} (digest BLOB PRIMARY KEY) WITHOUT ROWID"


class Recipients:
    """Recipients that get no message, or no second one. A context manager; closes with it."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._key = os.urandom(32)
        self._database = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._database.execute(f"PRAGMA {setting}")
        for table in ("stopped", "seen"):
            self._database.execute(_TABLE.format(table))
        self._database.execute("BEGIN")
        self._stops = False

    def stop(self, address: str) -> None:
        """Let *address* get no message."""
        self._stops = True
        self._database.execute("INSERT OR IGNORE INTO stopped VALUES (?)", (self._digest(address),))

    def is_stopped(self, address: str) -> bool:
        """Whether *address* gets no message."""
        if not self._stops:
            return False
        found = self._database.execute(
            "SELECT 1 FROM stopped WHERE digest = ?", (self._digest(address),)
        )
        return found.fetchone() is not None

    def is_new(self, address: str) -> bool:
        """Whether this is the first time that this is asked about *address*."""
        added = self._database.execute(
            "INSERT OR IGNORE INTO seen VALUES (?)", (self._digest(address),)
        )
        return added.rowcount == 1

    def begin(self) -> None:
        """Begin anew with a table's first row; who is stopped stays so."""
        self._database.execute("DELETE FROM seen")

    def _digest(self, address: str) -> bytes:
        return blake2b(same_for(address).encode(), key=self._key, digest_size=16).digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()
