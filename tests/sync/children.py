"""Scripts run in interpreters of their own: Ctrl-C, exit and fork need a whole process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import omni_common

_ROOT = Path(omni_common.__path__[0]).parent

PRELUDE = """
import asyncio, atexit, gc, logging, os, signal, sys, threading
from contextlib import asynccontextmanager
import aiohttp
from omni_common.errors import ClientClosedError, OutcomeUnknownError
from omni_common.sync.portal import Portal

# Development mode reports every slow step of the loop, and a loaded machine is slow.
logging.getLogger("asyncio").setLevel(logging.ERROR)

def say(*words):
    print(*words, flush=True)

@asynccontextmanager
async def nothing():
    yield None

async def name_of_thread(_):
    return threading.current_thread().name

async def stay(_):
    say("inside")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        say("cancelled")
        raise
"""
"""What every script starts with."""

INTERRUPT_EACH_STEP = """
    from omni_common.sync import call, daemon_thread, loop_thread, portal as module

    loop_thread._GRACE = 0.01
    files = {part.__file__ for part in (call, daemon_thread, loop_thread, module)}

    def interruption_after(steps):
        def trace(frame, event, _):
            nonlocal steps
            if frame.f_code.co_filename not in files:
                return None
            frame.f_trace_opcodes = True
            steps -= event == "opcode"
            if steps < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
            return trace
        return trace

    def is_interrupted(function, *, after):
        sys._getframe().f_trace_opcodes = True  # else Python 3.12 gives no other frame's either
        sys.settrace(interruption_after(after))
        try:
            function()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(None)
        return False
"""
"""Raises before each instruction of the main thread in turn, where Ctrl-C could strike at best."""


class Ended(NamedTuple):
    """How a script ended: its exit code, all it printed, and all it complained."""

    code: int
    lines: list[str]
    complaints: str


class Child:
    """A running script."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: list[str] = []

    def wait_for(self, line: str) -> None:
        """Read what the script prints until it prints *line*."""
        assert self._process.stdout is not None
        for read in self._process.stdout:
            self._lines.append(read.rstrip("\n"))
            if self._lines[-1] == line:
                return
        _, complaints = self._process.communicate()
        raise AssertionError(f"ended without {line!r}: {self._lines}, {complaints}")

    def press_ctrl_c(self) -> None:
        """Send what the terminal sends on Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> Ended:
        """Wait for the end of the script."""
        output, complaints = self._process.communicate()
        return Ended(self._process.returncode, self._lines + output.splitlines(), complaints)

    def kill(self) -> None:
        """End by force a script that nobody saw end, and what it forked."""
        if self._process.returncode is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            # The group bears the number of the script, which nobody else gets before it is reaped.
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


StartChild = Callable[..., Child]


def _environment(*, measured: bool) -> dict[str, str]:
    """The environment of a script; coverage measures it only if *measured*.

    Its tracer takes a lock of its own on every new line, which an interruption leaves taken.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if measured or not name.startswith("COVERAGE")
    }
    return {**inherited, "PYTHONPATH": str(_ROOT)}


@contextmanager
def children() -> Iterator[StartChild]:
    """Give a function that starts scripts; none outlives the block."""
    started: list[Child] = []

    def start(script: str, *arguments: str, measured: bool = True) -> Child:
        options = ["-X", "dev", "-W", "error::ResourceWarning"]
        # Python 3.12 and later warn of any fork while threads run; here that is the point.
        options += ["-W", "ignore:This process:DeprecationWarning"]
        source = PRELUDE + textwrap.dedent(script)
        child = Child(
            subprocess.Popen(
                [sys.executable, *options, "-c", source, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=_environment(measured=measured),
                start_new_session=True,
            )
        )
        started.append(child)
        return child

    try:
        yield start
    finally:
        for child in started:
            child.kill()
