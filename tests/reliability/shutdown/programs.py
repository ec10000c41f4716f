"""All programs that are ended, by name."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TypeAlias

from tests.reliability.shutdown import async_programs, blocking_programs, commands
from tests.reliability.shutdown.orders import STOPPED, Order
from tests.reliability.shutdown.service import service
from tests.reliability.shutdown.witness import Witness

__all__ = ["PROGRAMS", "Program"]

Program: TypeAlias = Callable[[Order, Witness], None]


def _leaving_on_sigterm(program: Program) -> Program:
    """What many a program does: turn the signal into an ordinary way out."""

    def leave(_: int, __: FrameType | None) -> None:
        sys.exit(STOPPED)

    def run(order: Order, witness: Witness) -> None:
        signal.signal(signal.SIGTERM, leave)
        program(order, witness)

    return run


_ROOMS = (async_programs, blocking_programs, commands)
PROGRAMS: dict[str, Program] = {
    name: getattr(room, name) for room in _ROOMS for name in room.__all__ if name != "send"
}
PROGRAMS["service"] = service
PROGRAMS |= {f"{name}, leaving": _leaving_on_sigterm(each) for name, each in PROGRAMS.items()}
