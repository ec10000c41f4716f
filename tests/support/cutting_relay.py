"""A relay between a client and a server that breaks a connection at a certain byte.

It knows nothing of what it carries, so that it breaks TLS as well as HTTP, in a handshake, in the
middle of a record, or between two of them.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum, auto
from typing import Self

from attrs import frozen

from tests.support.fault_steps import reset_connection

__all__ = ["Break", "Cut", "CuttingRelay", "Direction"]

_JUNK = bytes(range(251, 100, -1))
_PIECE = 65536


class Direction(Enum):
    """Whose bytes are counted."""

    REQUEST = auto()
    ANSWER = auto()


class Break(Enum):
    """What becomes of the connection, on both sides."""

    CLOSED = auto()
    RESET = auto()
    HELD = auto()
    """Open and silent until the client gives up."""
    GARBLED = auto()
    """Something else comes in place of the rest, and then its end."""


@frozen
class Cut:
    """Where a connection breaks, and how: when more than so many bytes go in one direction."""

    direction: Direction
    after: int
    ends: Break


class CuttingRelay:
    """Carries the first connection up to its cut, and every other one to its end."""

    def __init__(self, port: int, cut: Cut | None = None) -> None:
        self._to = port
        self._cut = cut
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.carried = {Direction.REQUEST: 0, Direction.ANSWER: 0}
        """Bytes that went through, of all connections."""
        self.connections = 0
        self.before_last_request = 0
        """Bytes of answers that had gone through when the latest bytes of a request came."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._relay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.close())  # it may end before it has begun

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut, self._cut = self._cut, None
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
        ways = {
            Direction.REQUEST: (reader, there_writer),
            Direction.ANSWER: (there_reader, writer),
        }
        carrying = [
            asyncio.create_task(self._carry(direction, *way, cut))
            for direction, way in ways.items()
        ]
        try:
            done, _ = await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)
            if cut is not None and any(task.result() for task in done):
                await _break(cut.ends, reader, writer, there_writer)
        finally:
            there_writer.close()

    async def _carry(
        self,
        direction: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        cut: Cut | None,
    ) -> bool:
        """Carry one direction; True where it is cut, False where a side ends it."""
        left = cut.after if cut is not None and cut.direction is direction else None
        with suppress(ConnectionError):
            while data := await reader.read(_PIECE):
                is_cut = left is not None and len(data) > left
                data = data[:left]
                left = None if left is None else left - len(data)
                if direction is Direction.REQUEST:
                    self.before_last_request = self.carried[Direction.ANSWER]
                self.carried[direction] += len(data)
                writer.write(data)
                await writer.drain()
                if is_cut:
                    return True
        return False


async def _break(
    ends: Break,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    there: asyncio.StreamWriter,
) -> None:
    match ends:
        case Break.CLOSED:
            pass
        case Break.RESET:
            reset_connection(there)
            reset_connection(writer)
        case Break.HELD:
            with suppress(ConnectionError):
                while await reader.read(_PIECE):
                    pass
        case Break.GARBLED:
            writer.write(_JUNK)
            there.write(_JUNK)
