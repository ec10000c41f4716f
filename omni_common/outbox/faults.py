"""What keeps a journal from being used, and what whoever runs it can do about that."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping
from datetime import timedelta

from omni_common.errors import JournalError

__all__ = ["busy", "journal_error"]

_FREE_SPACE = "free disk space"
_MAKE_WRITABLE = "make it and its folder writable for this user"
_RESTORE = "restore it, or move it away with the files beside it"
_WAIT = "another process is writing all the time; wait for it, or end it"
_OF_SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: _FREE_SPACE,
    sqlite3.SQLITE_READONLY: _MAKE_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _MAKE_WRITABLE,
    sqlite3.SQLITE_CORRUPT: f"it is damaged: {_RESTORE}",
    sqlite3.SQLITE_NOTADB: f"it is no outbox, or damaged: {_RESTORE}",
    sqlite3.SQLITE_BUSY: _WAIT,
    sqlite3.SQLITE_LOCKED: _WAIT,
}
_OF_SYSTEM: Mapping[int, str] = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EACCES: _MAKE_WRITABLE,
    errno.EPERM: _MAKE_WRITABLE,
    errno.EROFS: _MAKE_WRITABLE,
    errno.ENOLCK: "put it on a local disk",
}
_PASSES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SOON = timedelta(seconds=1)
"""When to try what another process kept from happening; SQLite has waited for it already."""


def journal_error(error: sqlite3.Error | OSError | RuntimeError) -> JournalError:
    """What to raise for *error*: what failed and what to do, without the names of files.

    ``retry_after`` is set where it may pass by itself.
    """
    what, advice, passes = _found(error)
    ending = f": {advice}" if advice else ""
    return JournalError(
        f"the journal of the outbox cannot be used ({what}){ending}",
        retry_after=_SOON if passes else None,
    )


def busy() -> sqlite3.OperationalError:
    """What SQLite itself raises where another process does not let go."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_BUSY, "SQLITE_BUSY"
    return error


def _found(error: sqlite3.Error | OSError | RuntimeError) -> tuple[str, str | None, bool]:
    """What failed, what to do about it, and whether it may pass."""
    if isinstance(error, OSError):
        what = error.strerror or type(error).__name__
        return what, _OF_SYSTEM.get(error.errno or 0), False
    if isinstance(error, RuntimeError):
        return str(error), None, False
    # The lowest byte is the code that the others make more precise.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return name, _OF_SQLITE.get(code), code in _PASSES
