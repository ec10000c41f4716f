"""A Python program of this package in a process of its own, spoken to in lines over its pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

__all__ = ["Process"]


_ROOT = Path(__file__).parent.parent


class Process:
    """Runs ``python -m MODULE ARGUMENTS`` until its input is closed, which leaving this does."""

    def __init__(self, module: str, *arguments: str, cpus: Collection[int] = ()) -> None:
        """Start it, on these processors if any are named."""
        # Some libraries would look for a proxy at each request, or send it what is for loopback.
        environment = {
            name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env=environment,
        )
        if cpus:
            os.sched_setaffinity(self._process.pid, cpus)

    def tell(self, line: str) -> None:
        """Write a line; nobody may be there any more to read it."""
        stdin = cast("IO[str]", self._process.stdin)
        try:
            stdin.write(f"{line}\n")
            stdin.flush()
        except BrokenPipeError:
            pass  # what is heard next tells

    def hear(self) -> dict[str, Any] | None:
        """Wait for the JSON object that it writes next; None if it has ended instead."""
        line = cast("IO[str]", self._process.stdout).readline()
        return json.loads(line) if line else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:  # it may be in the middle of much work
            self._process.kill()
        self._process.communicate()
