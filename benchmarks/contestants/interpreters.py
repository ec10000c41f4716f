"""Fresh interpreters: what starting a program costs that imports something."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.case import Work

__all__ = ["fresh"]


@contextmanager
def fresh(address: str, *, code: str) -> Iterator[Work]:
    """Run *code*; an interpreter that fails ends it all, since its time would mean nothing."""
    # -P: measure what is installed, not what happens to lie in the current folder.
    command = [sys.executable, "-P", "-c", code]

    def work(count: int) -> int:
        for _ in range(count):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return count

    yield work
