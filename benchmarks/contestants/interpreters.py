"""Fresh interpreters: what starting a program costs that imports something."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from benchmarks.case import Work

__all__ = ["fresh"]


@contextmanager
def fresh(address: str, *, code: str) -> Iterator[Work]:
    """Run *code*; an interpreter that fails ends it all, since its time would mean nothing."""
    # -P: measure what is installed, not what happens to lie in the current folder.
    command = [sys.executable, "-P", "-c", code]
    environment = dict(os.environ)
    # What is installed has its bytecode. Packages that are worked on have none where writing it is
    # forbidden, and would be compiled each time, beside dependencies that are not. The warm-up
    # writes it, for all alike and out of everybody's way.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def work(count: int) -> int:
        for _ in range(count):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        return count

    with TemporaryDirectory() as bytecode:
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        yield work
