"""The programs of ``examples``, run as a user runs them: each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, field

from tests.support.emulated_vendor import SECRETS

__all__ = ["EXAMPLES", "Program", "free_port", "running", "secrets_folder"]

EXAMPLES = Path(__file__).parents[2] / "examples"


@define
class Program:
    """A process, and all that it has printed so far, errors too."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(factory=list)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    async def prints(self, wanted: str) -> str:
        """Return the next line that holds *wanted*, when it is printed."""
        while line := await self._read():
            if wanted in line:
                return line
        raise AssertionError(f"it never printed {wanted!r}:\n{self.output}")

    async def ends(self) -> int:
        """Return the exit code when the process has ended."""
        while await self._read():
            pass
        return await self.process.wait()

    async def _read(self) -> str:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        self.lines.append(line)
        return line


@asynccontextmanager
async def running(command: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[Program]:
    """Run Python with *command*, and see that it has ended in the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env={**os.environ, **settings, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    program = Program(process)
    try:
        yield program
    finally:
        if process.returncode is None:
            process.terminate()
        await program.ends()


def free_port() -> int:
    """A port of this machine that nobody listens on.

    It is of those that systems do not hand out by themselves, so that none of the tests that run
    meanwhile is given it; and the seed of the tests' random order is not its seed.
    """
    dice = random.SystemRandom()
    while True:
        port = dice.randrange(15_000, 30_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def secrets_folder(folder: Path) -> Path:
    """*folder* with a file for each area, in which an old secret stands below the new one."""
    folder.mkdir()
    for area, secret in SECRETS.items():
        (folder / area).write_text(f"{secret}\nanother-secret-from-before\n")
    return folder
