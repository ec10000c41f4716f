"""What a :class:`tests.support.fault_server.FaultServer` does with one request, step by step.

A step reads and writes raw bytes on a :class:`Line`; afterwards the connection is kept if the step
left it open.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeAlias

from attrs import frozen

__all__ = [
    "Line",
    "Received",
    "Step",
    "answer",
    "answer_and_speak_again",
    "answer_then_close",
    "answer_twice",
    "close_unread",
    "cut_body",
    "cut_headers",
    "drip",
    "garbage",
    "interim_then_answer",
    "raw_answer",
    "read_part_then_reset",
    "read_then_fin",
    "read_then_reset",
    "redirect",
    "reset_connection",
    "silence",
    "speak_first",
    "stall",
    "stall_body",
    "tunnel",
    "whole_answer",
]

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER switched on with no time to linger: closing sends RST instead of FIN."""


@frozen
class Received:
    """One whole request, as its bytes came."""

    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.head + self.body

    @property
    def request_line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode("ascii")

    @property
    def length(self) -> int:
        """How many bytes of body the head promises."""
        return int(self.header("content-length") or 0)

    def header(self, name: str) -> str | None:
        """The value of a header that may come once at most."""
        found = self.headers(name)
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else None

    def headers(self, name: str) -> list[str]:
        lines = [line.partition(b":") for line in self.head.split(b"\r\n")[1:]]
        return [
            value.strip().decode("latin-1")
            for key, _, value in lines
            if key.strip().lower().decode("latin-1") == name.lower()
        ]

    @property
    def header_names(self) -> set[str]:
        lines = self.head.split(b"\r\n")[1:]
        return {line.partition(b":")[0].decode("latin-1").lower() for line in lines if line}


class Line:
    """One connection, seen from the server."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        arrived: Callable[[Received], None],
        answered: Callable[[], None],
    ) -> None:
        self.reader = reader
        self.writer = writer
        self._arrived = arrived
        self._answered = answered
        self._first = b""
        self.requests = 0

    @property
    def is_open(self) -> bool:
        return not self.writer.is_closing()

    async def next_begins(self) -> bool:
        """Wait for the first byte of another request; False if the client closes instead."""
        self._first = await self.reader.read(1)
        return bool(self._first)

    async def read_first_byte(self) -> None:
        """Wait until a request begins."""
        if not self._first:
            self._first = await self.reader.readexactly(1)

    async def read_head(self) -> Received:
        """Read a request up to its body."""
        head = self._first + await self.reader.readuntil(b"\r\n\r\n")
        self._first = b""
        return Received(head, b"")

    async def read_all_but_one_byte(self) -> None:
        """Read a request except for the last byte of its body, if it has one."""
        head = await self.read_head()
        await self.reader.readexactly(max(head.length - 1, 0))

    async def read_request(self) -> Received:
        """Read one whole request, and count it."""
        head = await self.read_head()
        received = Received(head.head, await self.reader.readexactly(head.length))
        self.requests += 1
        self._arrived(received)
        return received

    async def send(self, data: bytes) -> None:
        """Write *data*; it counts as a begun answer."""
        self.writer.write(data)
        await self.writer.drain()
        self._answered()

    async def hold(self) -> None:
        """Say nothing more until the client gives up."""
        while await self.reader.read(65536):
            pass

    def fin(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        reset_connection(self.writer)


def reset_connection(writer: asyncio.StreamWriter) -> None:
    """Break a connection without a word of farewell."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


Step: TypeAlias = Callable[[Line], Awaitable[None]]


class HasAddress(Protocol):
    """Another server to which a tunnel can lead."""

    @property
    def port(self) -> int: ...


def whole_answer(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """An answer's bytes, with a Content-Length unless *headers* name one."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    fields |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Anything\r\n{head}\r\n".encode("latin-1") + body


def answer(
    status: int = 200, body: bytes = b'{"id": "1"}', headers: dict[str, str] | None = None
) -> Step:
    """Read the request and answer it properly."""
    return raw_answer(whole_answer(status, body, headers))


def raw_answer(data: bytes, *, then_fin: bool = False) -> Step:
    """Read the request and write *data*, whatever it is."""

    async def step(line: Line) -> None:
        await line.read_request()
        await line.send(data)
        if then_fin:
            line.fin()

    return step


def redirect(status: int, location: str) -> Step:
    """Point to another address, as a server does that has moved."""
    return answer(status, b"", {"Location": location})


def answer_then_close(status: int = 200, body: bytes = b'{"id": "1"}') -> Step:
    """Answer as if the connection stayed, then close it."""
    return raw_answer(whole_answer(status, body), then_fin=True)


def answer_and_speak_again(cue: asyncio.Event, body: bytes = b'{"id": "1"}') -> Step:
    """Answer properly and, on *cue*, send one more answer that nobody asked for."""

    async def step(line: Line) -> None:
        await line.read_request()
        await line.send(whole_answer(200, body))
        await cue.wait()
        await line.send(whole_answer(200, b'{"id": "unasked"}'))

    return step


def answer_twice(status: int = 200, body: bytes = b'{"id": "1"}') -> Step:
    """Answer one request with two whole answers."""
    return raw_answer(whole_answer(status, body) * 2)


def interim_then_answer(*interim: int) -> Step:
    """Send 1xx answers before the real one."""
    early = b"".join(f"HTTP/1.1 {status} Wait\r\n\r\n".encode() for status in interim)
    return raw_answer(early + whole_answer(200, b'{"id": "1"}'))


def garbage(data: bytes = b"\x15\x03\x01 what?\r\n\r\n") -> Step:
    """Answer with something that is not HTTP."""
    return raw_answer(data, then_fin=True)


def cut_body(status: int = 200, body: bytes = b'{"id": ', promised: int = 100) -> Step:
    """Promise a longer body than is sent before the connection closes."""
    headers = {"Content-Length": str(promised)}
    return raw_answer(whole_answer(status, body, headers), then_fin=True)


def cut_headers() -> Step:
    """Close in the middle of the answer's headers."""
    return raw_answer(b"HTTP/1.1 200 OK\r\nContent-Ty", then_fin=True)


def stall_body(status: int = 200, body: bytes = b'{"id": ', promised: int = 100) -> Step:
    """Begin the body and never end it."""
    data = whole_answer(status, body, {"Content-Length": str(promised)})

    async def step(line: Line) -> None:
        await line.read_request()
        await line.send(data)
        await line.hold()

    return step


def drip(status: int = 200, body: bytes = b'{"id": "1"}') -> Step:
    """Answer byte by byte, each in its own segment."""
    data = whole_answer(status, body)

    async def step(line: Line) -> None:
        await line.read_request()
        sock: socket.socket = line.writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            await line.send(bytes([byte]))
            await asyncio.sleep(0)

    return step


async def close_unread(line: Line) -> None:
    """Close a fresh connection at once, whatever was sent."""
    line.fin()


async def read_then_fin(line: Line) -> None:
    """Take the request and hang up."""
    await line.read_request()
    line.fin()


async def read_then_reset(line: Line) -> None:
    """Take the request and reset the connection."""
    await line.read_request()
    line.reset()


async def read_part_then_reset(line: Line) -> None:
    """Take a part of the request and reset the connection."""
    await line.reader.readuntil(b"\r\n\r\n")
    line.reset()


async def stall(line: Line) -> None:
    """Take the request and never answer."""
    await line.read_request()
    await line.hold()


async def silence(line: Line) -> None:
    """Accept the connection and never say a word, not even in a TLS handshake."""
    await line.hold()


def speak_first(data: bytes) -> Step:
    """Greet with *data* before a word was said, as servers of other protocols do."""

    async def step(line: Line) -> None:
        await line.send(data)
        await line.hold()

    return step


def tunnel(target: HasAddress) -> Step:
    """Be a proxy: let a CONNECT through to *target*, wherever it was meant to go."""

    async def step(line: Line) -> None:
        await line.read_request()
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        await line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pipe(line.reader, writer), _pipe(reader, line.writer))
        finally:
            writer.close()
            line.fin()

    return step


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # also "not connected", of a line that was reset
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
