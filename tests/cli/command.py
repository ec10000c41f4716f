"""How tests run the command and look at what it wrote."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from attrs import frozen

__all__ = ["Ended", "NumberMaker", "Omni", "completed", "fresh_numbers", "started"]

NumberMaker: TypeAlias = Callable[[str], str]
"""Makes a number that no other test uses, from the four digits that say what happens to it."""


@frozen
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    output: str
    complaints: str

    @property
    def document(self) -> Any:
        return json.loads(self.output)

    @property
    def text(self) -> str:
        return self.output + self.complaints


class Omni(Protocol):
    def __call__(self, *tokens: str) -> Ended: ...


def fresh_numbers() -> NumberMaker:
    taken = itertools.count(1)
    return lambda ending: f"+3725{next(taken):04}{ending}"


def started(
    *tokens: str, environment: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start the command in a process of its own, where no warning is wanted."""
    command = [sys.executable, "-W", "error", "-m", "omni_common.cli", *tokens]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        command, text=True, env={**os.environ, **(environment or {})}, **{**streams, **options}
    )


def completed(*tokens: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run the command in a process of its own."""
    process = started(*tokens, environment=environment)
    output, complaints = process.communicate()
    return Ended(process.returncode, output, complaints)
