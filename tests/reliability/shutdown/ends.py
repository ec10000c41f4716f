"""The ends of programs: forked on order, struck at a random moment, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from attrs import field, frozen

from omni_common.errors import Outcome
from tests.reliability.interruption.words import Words
from tests.reliability.shutdown.orders import Order
from tests.support.faulty_vendor import FaultyVendor

__all__ = ["End", "Zygote"]

_ROOT = Path(__file__).parents[3]
_PATIENCE = 10.0
"""Seconds after which a process that does not end is killed, which is a failure."""
_LAST_WORD = 2.0
"""Seconds that it gets to say why it does not end."""
_LATEST = 0.3
"""Seconds after which a program is struck that never comes to what it was to be struck at."""
_APART = 0.01
"""Seconds between two signals, at most."""


@frozen
class End:
    """How a program ended, and what it left behind."""

    code: int | None
    """The exit code, or the number of a signal below 0; None if it would not end."""
    seconds: float
    """From the last signal, or from the beginning, to the end."""
    said: Sequence[Sequence[str]] = field(repr=False)
    output: str = field(repr=False)
    complaints: str = field(repr=False)

    @property
    def came_before_the_program(self) -> bool:
        """Whether Ctrl-C struck while asyncio made the loop for the program, which never began.

        Its loop is then left half made and the program's coroutine not awaited, as Python says.
        """
        begun = any(word == "asked" for word, *_ in self.said) or "omni_common" in self.complaints
        return self.code == -signal.SIGINT and "asyncio/runners.py" in self.complaints and not begun

    def add_to(self, words: Words) -> None:
        """Let *words* have what was said, by the witness or by a command's own output."""
        for word, *details in self.said:
            match word, details:
                case "asked", [reference]:
                    words.ask(reference)
                case "recorded", [reference, outcome]:
                    words.record(reference, Outcome(outcome))
                case "told", [reference, outcome]:
                    words.tell(reference, Outcome(outcome))
        with suppress(json.JSONDecodeError):
            document: dict[str, Any] = json.loads(self.output)
            if "outcome" in document:
                words.tell(document["reference"], Outcome(document["outcome"]))


class Zygote:
    """The process that forks the programs."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        # A coverage tool's tracer takes a lock on every line, which an interruption leaves taken.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
        }
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error::ResourceWarning"),
            *("-m", "tests.reliability.shutdown.zygote"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**environment, "PYTHONPATH": str(_ROOT)},
            cwd=_ROOT,
            start_new_session=True,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def end(
        self, order: Order, signals: Sequence[signal.Signals], vendor: FaultyVendor
    ) -> End:
        """Run the program of *order*, and end it by *signals* at a random moment."""
        assert self._process.stdin is not None
        self._process.stdin.write(order.line.encode())
        child, struck_at = int(await self._answer()), time.monotonic()
        ended = asyncio.ensure_future(self._answer())
        if signals:
            await self._moment(vendor, order)
        for each in signals:
            if ended.done():
                break
            struck_at = time.monotonic()
            with suppress(ProcessLookupError):
                os.kill(child, each)
            await asyncio.sleep(self._chance.uniform(0, _APART))
        await asyncio.wait([ended], timeout=_PATIENCE)
        is_stuck = not ended.done()
        if is_stuck:
            await self._ask_why(child, ended)
        how = json.loads(await ended)
        said, output, complaints = (_taken(f"{order.path}.{kind}") for kind in _KINDS)
        return End(
            code=None if is_stuck else how["code"],
            seconds=how["at"] - struck_at,
            said=[json.loads(line) for line in said.splitlines()],
            output=output,
            complaints=complaints,
        )

    async def _ask_why(self, child: int, ended: asyncio.Future[bytes]) -> None:
        for number in (signal.SIGALRM, signal.SIGABRT):
            if not ended.done():
                os.kill(child, number)
                await asyncio.wait([ended], timeout=_LAST_WORD)

    async def _moment(self, vendor: FaultyVendor, order: Order) -> None:
        """Wait until a program has just sent some request, or for a part of its life."""
        if self._chance.random() < 0.3:
            await asyncio.sleep(self._chance.uniform(0, 0.1))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_LATEST):
                await vendor.until_requests(self._chance.randrange(1, order.messages + 2))
        await asyncio.sleep(self._chance.uniform(0, 0.004))

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        return await self._process.stdout.readline()


_KINDS = ("said", "out", "err")


def _taken(path: str) -> str:
    """The text of a file, which is removed."""
    file = Path(path)
    text = file.read_text() if file.exists() else ""
    file.unlink(missing_ok=True)
    return text
