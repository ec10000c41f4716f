"""One way for an exchange with a vendor to go, as data, and how it is done on a line.

A fault says how much of the request is read, whether the vendor does the work, what is written of
the answer, and how it ends. ``takes`` is the truth that a client's words are measured by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TypeAlias

from attrs import field, frozen

from omni_common.errors import Outcome
from tests.support.fault_steps import Line, Received

__all__ = ["ANSWERED", "Ending", "Reads", "Says", "Take", "VendorFault", "perform"]

Take: TypeAlias = Callable[[Received], Awaitable[bytes]]
"""Lets the vendor do the work of a request, and returns its whole answer as bytes."""
Says: TypeAlias = Callable[[bytes], bytes]
"""What is written, made of the vendor's right answer (empty if the vendor took nothing)."""

_ROUNDS = 20
"""Turns of the event loop between two pieces that shall come apart."""


class Reads(Enum):
    """How much of a request is read before anything else happens."""

    NOTHING = auto()
    FIRST_BYTE = auto()
    HEAD = auto()
    ALL_BUT_ONE_BYTE = auto()
    WHOLE = auto()


class Ending(Enum):
    """What becomes of the connection."""

    KEPT = auto()
    CLOSED = auto()
    RESET = auto()
    HELD = auto()
    """Open and silent until the client gives up."""
    FLOODED = auto()
    """What was written last is written again and again until the client gives up."""


@frozen
class VendorFault:
    """One way for an exchange to go."""

    name: str
    takes: bool = True
    """Whether the vendor does what the request asks for."""
    reads: Reads = Reads.WHOLE
    says: Says = field(default=lambda _: b"", repr=False)
    slowly: bool = False
    """Each byte is written alone."""
    ends: Ending = Ending.CLOSED
    proves: Outcome | None = None
    """What a client can be sure of from what it sees; None where it can be sure of nothing."""
    later: Says | None = field(default=None, repr=False)
    """What is written a moment after that, when the client has read it."""

    @property
    def stalls(self) -> bool:
        """Whether only the client's own patience ends the exchange."""
        return self.ends in {Ending.HELD, Ending.FLOODED}


ANSWERED = VendorFault(
    "answered", says=lambda right: right, ends=Ending.KEPT, proves=Outcome.ACCEPTED
)
"""No fault at all."""


async def perform(fault: VendorFault, line: Line, take: Take) -> None:
    """Let *fault* happen to the next request on *line*."""
    received = await _read(line, fault.reads)
    right = await take(received) if fault.takes and received is not None else b""
    data = fault.says(right)
    pieces = [bytes([byte]) for byte in data] if fault.slowly else [data] if data else []
    for piece in pieces:
        await line.send(piece)
        await asyncio.sleep(0)
    if fault.later is not None:
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        data = fault.later(right)
        await line.send(data)
    match fault.ends:
        case Ending.KEPT:
            pass
        case Ending.CLOSED:
            line.fin()
        case Ending.RESET:
            line.reset()
        case Ending.HELD:
            await line.hold()
        case Ending.FLOODED:
            while line.is_open:
                await line.send(data)
                await asyncio.sleep(0)


async def _read(line: Line, reads: Reads) -> Received | None:
    match reads:
        case Reads.NOTHING:
            return None
        case Reads.FIRST_BYTE:
            await line.read_first_byte()
            return None
        case Reads.HEAD:
            await line.read_head()
            return None
        case Reads.ALL_BUT_ONE_BYTE:
            await line.read_all_but_one_byte()
            return None
        case Reads.WHOLE:
            return await line.read_request()
