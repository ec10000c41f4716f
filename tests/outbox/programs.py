"""Programs that use a journal in a process of their own, to be killed, forked or let starve."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import omni_common

__all__ = ["Program", "StartProgram", "outcome", "programs"]

_ROOT = Path(omni_common.__path__[0]).parent
_PRELUDE = """
import asyncio, os, signal, sqlite3, sys
from pathlib import Path
from omni_common.errors import JournalError
from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.writer import Writer
from tests.outbox.journals import NOON, posted, posting, state

def say(*words):
    print(*words, flush=True)

path = Path(sys.argv[1])
"""
"""What every program starts with."""

Program: TypeAlias = subprocess.Popen[str]
StartProgram: TypeAlias = Callable[..., Program]


@contextmanager
def programs() -> Iterator[StartProgram]:
    """Give a function that starts programs; none outlives the block."""
    started: list[Program] = []

    def start(source: str, *arguments: str | Path) -> Program:
        # Python 3.12 and later warn of any fork while threads run; here that is the point.
        options = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
        # What a coverage tool writes, a program that has given up its rights cannot.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
        }
        program = subprocess.Popen(
            [sys.executable, *options, "-c", _PRELUDE + textwrap.dedent(source), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONPATH": str(_ROOT)},
        )
        started.append(program)
        return program

    try:
        yield start
    finally:
        for program in started:
            program.kill()
            program.communicate()


def outcome(program: Program) -> list[str]:
    """The lines that *program* says until its end, which must be a good one."""
    output, complaints = program.communicate()
    assert complaints == ""
    assert program.returncode == 0
    return output.splitlines()
