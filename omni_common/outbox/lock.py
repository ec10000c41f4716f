"""Who dispatches: one process of all that have the journal open."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path

__all__ = ["DispatchLock"]

_taken: set[tuple[int, Path]] = set()
"""Held by this process, whose own locks the system does not see."""
_guard = threading.Lock()


class DispatchLock:
    """A lock of the operating system, which ends with the process that holds it, however it ends.

    It is on a file beside the journal: SQLite has locks of its own on the journal's, which closing
    it here would undo.
    """

    def __init__(self, journal: Path) -> None:
        """Prepare; *journal* is the path of the journal."""
        journal = journal.resolve()  # so that one file has one lock, whatever it is called by
        self._path = journal.with_name(f"{journal.name}-dispatch")
        self._file: int | None = None

    def take(self) -> bool:
        """Take the lock if nobody holds it, and say whether it is ours.

        Raises:
            OSError: The file cannot be made, or nothing can be locked where it is.
        """
        if self._file is not None:
            return True
        key = (os.getpid(), self._path)
        with _guard:
            if key in _taken:
                return False
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _lock(file)
            except OSError as error:
                os.close(file)
                if error.errno in _HELD:
                    return False
                raise
            _taken.add(key)
        self._file = file
        return True

    def release(self) -> None:
        """Let another have it. Safe to repeat."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)  # which ends the lock
            _taken.discard((os.getpid(), self._path))


if sys.platform == "win32":
    import msvcrt

    _HELD = {errno.EACCES, errno.EDEADLOCK}
    """What the system says of a lock that another has."""

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    _HELD = {errno.EACCES, errno.EAGAIN}
    """What the system says of a lock that another has."""

    def _lock(file: int) -> None:
        # Not flock, whose locks a forked child would share and keep.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
