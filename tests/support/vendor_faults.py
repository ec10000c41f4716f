"""What can happen to one exchange with a vendor, as data: each way is a :class:`VendorFault`.

A fault says how much of the request is read, whether the vendor does the work, what is written of
the answer, and how it ends. ``takes`` is the truth that a client's words are measured by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from enum import Enum, auto
from typing import TypeAlias

from attrs import evolve, field, frozen

from tests.support.fault_steps import Line, Received, whole_answer

__all__ = [
    "ANSWERED",
    "FAULTS",
    "Ending",
    "Reads",
    "Take",
    "VendorFault",
    "perform",
    "status_faults",
]

Take: TypeAlias = Callable[[Received], Awaitable[bytes]]
"""Lets the vendor do the work of a request, and returns its whole answer as bytes."""
Says: TypeAlias = Callable[[bytes], bytes]
"""What is written, made of the vendor's right answer (empty if the vendor took nothing)."""


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

    @property
    def stalls(self) -> bool:
        """Whether only the client's own patience ends the exchange."""
        return self.ends is Ending.HELD


async def perform(fault: VendorFault, line: Line, take: Take) -> None:
    """Let *fault* happen to the next request on *line*."""
    received = await _read(line, fault.reads)
    right = await take(received) if fault.takes and received is not None else b""
    data = fault.says(right)
    pieces = [bytes([byte]) for byte in data] if fault.slowly else [data] if data else []
    for piece in pieces:
        await line.send(piece)
        await asyncio.sleep(0)
    match fault.ends:
        case Ending.KEPT:
            pass
        case Ending.CLOSED:
            line.fin()
        case Ending.RESET:
            line.reset()
        case Ending.HELD:
            await line.hold()


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


def _whole(right: bytes) -> bytes:
    return right


def _first(share: float) -> Says:
    return lambda right: right[: int(len(right) * share)]


def _half_of_body(right: bytes) -> bytes:
    head, _, body = right.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[: len(body) // 2]


def _framed(right: bytes, framing: str, body: bytes) -> bytes:
    """The right answer's head around *body*, with *framing* for its Content-Length."""
    head = right.partition(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    return b"\r\n".join([*lines, framing.encode(), b"", body])


def _body(right: bytes) -> bytes:
    return right.partition(b"\r\n\r\n")[2]


def _with_length(of: Callable[[int], str]) -> Says:
    """The right answer, whose Content-Length lies."""

    def says(right: bytes) -> bytes:
        body = _body(right)
        return _framed(right, f"Content-Length: {of(len(body))}", body)

    return says


def _chunked(end: bytes, size: Callable[[int], str] = "{:x}".format) -> Says:
    """The right answer in one chunk, followed by *end*."""

    def says(right: bytes) -> bytes:
        body = _body(right)
        chunk = size(len(body)).encode() + b"\r\n" + body + end
        return _framed(right, "Transfer-Encoding: chunked", chunk)

    return says


def _with_body(body: Callable[[bytes], bytes]) -> Says:
    """The right head around another body, of which the Content-Length is true."""

    def says(right: bytes) -> bytes:
        other = body(_body(right))
        return _framed(right, f"Content-Length: {len(other)}", other)

    return says


def _after(early: bytes) -> Says:
    return lambda right: early + right


def _then(more: bytes) -> Says:
    return lambda right: right + more


def _fixed(data: bytes) -> Says:
    return lambda _: data


_GARBAGE = b"\x15\x03\x01\x00\x02\x02\x28 what?\r\n\r\n"
_UNASKED = whole_answer(200, b'{"unasked": true}')

ANSWERED = VendorFault("answered", says=_whole, ends=Ending.KEPT)
"""No fault at all."""


def _unread() -> Iterator[VendorFault]:
    """The vendor never gets the whole request."""
    for reads in Reads:
        if reads is not Reads.WHOLE:
            for ends in (Ending.CLOSED, Ending.RESET, Ending.HELD):
                name = f"reads {reads.name.lower()}, {ends.name.lower()}".replace("_", " ")
                yield VendorFault(name, takes=False, reads=reads, ends=ends)


def _unanswered() -> Iterator[VendorFault]:
    """The whole request came, and not one byte of an answer goes back."""
    for takes in (True, False):
        for ends in (Ending.CLOSED, Ending.RESET, Ending.HELD):
            word = "taken" if takes else "dropped"
            yield VendorFault(f"{word}, {ends.name.lower()}", takes=takes, ends=ends)


def _cut() -> Iterator[VendorFault]:
    """The vendor did the work, and its answer is cut."""
    cuts: dict[str, Says] = {
        "first byte": lambda right: right[:1],
        "status line": lambda right: right[:11],
        "half of the head": _first(0.25),
        "head only": lambda right: right.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        "half of the body": _half_of_body,
        "all but one byte": lambda right: right[:-1],
        "chunk without an end": _chunked(b"\r\n"),
        "chunk shorter than said": _chunked(b"", lambda length: f"{length + 10:x}"),
    }
    for name, says in cuts.items():
        for ends in (Ending.CLOSED, Ending.RESET, Ending.HELD):
            yield VendorFault(f"{name}, {ends.name.lower()}", says=says, ends=ends)


def _wrong() -> Iterator[VendorFault]:
    """The vendor did the work, and its answer is not what HTTP or the vendor says."""
    wrongs: dict[str, Says] = {
        "garbage": _fixed(_GARBAGE),
        "another protocol": _fixed(b"220 smtp.example ESMTP\r\n"),
        "an empty line": _fixed(b"\r\n\r\n"),
        "zeros": _fixed(bytes(4096)),
        "HTTP/0.9": _fixed(b'{"ok": true}'),
        "status of letters": _fixed(b"HTTP/1.1 OK 200\r\nContent-Length: 0\r\n\r\n"),
        "status beyond 999": _fixed(b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
        "length too long": _with_length(lambda length: str(length + 10)),
        "length too short": _with_length(lambda length: str(length - 1)),
        "length negative": _with_length(lambda _: "-5"),
        "length of letters": _with_length(lambda _: "many"),
        "two lengths": _with_length(lambda length: f"{length}\r\nContent-Length: {length + 5}"),
        "chunk size of letters": _chunked(b"\r\nwhat\r\n"),
        "body not JSON": _with_body(lambda _: b'{"messages": [{"\xff'),
        "body empty": _with_body(lambda _: b""),
        "body null": _with_body(lambda _: b"null"),
        "body a list": _with_body(lambda _: b"[]"),
        "body an object": _with_body(lambda _: b"{}"),
        "body nested deeply": _with_body(lambda _: b"[" * 100_000),
        "body in UTF-16": _with_body(lambda body: body.decode().encode("utf-16")),
        "body a page": _with_body(lambda _: b"<html><h1>It works!</h1></html>"),
        "unknown encoding": lambda right: right.replace(
            b"\r\n", b"\r\nContent-Encoding: br\r\n", 1
        ),
        "broken gzip": lambda right: right.replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1),
    }
    for name, says in wrongs.items():
        yield VendorFault(name, says=says)


def _odd() -> Iterator[VendorFault]:
    """Odd, and right all the same: the answer comes."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
    odd: dict[str, Says] = {
        "100 Continue first": _after(b"HTTP/1.1 100 Continue\r\n\r\n"),
        "103 twice first": _after(hint * 2),
        "chunked": _chunked(b"\r\n0\r\n\r\n"),
        "without a length": lambda right: right.replace(b"Content-Length", b"X-Length"),
    }
    for name, says in odd.items():
        yield VendorFault(name, says=says)
    yield VendorFault("byte by byte", says=_whole, slowly=True, ends=Ending.KEPT)
    yield VendorFault("answered, closed", says=_whole, ends=Ending.CLOSED)
    yield VendorFault("answered twice", says=_then(_UNASKED), ends=Ending.KEPT)


def status_faults(status: int, body: bytes = b"<html>") -> tuple[VendorFault, ...]:
    """An answer of *status* that says nothing in the vendor's own shape.

    Where HTTP itself does not call the status a refusal, the vendor may have done the work.
    """
    upgrade = b"Upgrade: h2c\r\nConnection: Upgrade\r\n" if status == _SWITCHING else b""
    says = _fixed(whole_answer(status, body).replace(b"\r\n", b"\r\n" + upgrade, 1))
    dropped = VendorFault(f"status {status}", takes=False, says=says, ends=Ending.KEPT)
    if status in _REFUSALS:
        return (dropped,)
    return (dropped, evolve(dropped, name=f"status {status}, taken", takes=True))


_SWITCHING = 101
_REFUSALS = {*range(400, 418), 421, 422, 425, 426, 428, 429, 431, 451, 501, 505} - {408}
_SUCCESSES = {200, 201, 202, 204, 206, 226, 299}
_REDIRECTS = {*range(300, 309), 399}
_OTHERS = {100, 101, 408, 418, 444, 499, 500, 502, 503, 504, 507, 511, 520, 599, 600, 999}

FAULTS: dict[str, VendorFault] = {
    fault.name: fault
    for fault in (
        ANSWERED,
        *_unread(),
        *_unanswered(),
        *_cut(),
        *_wrong(),
        *_odd(),
        *(
            fault
            for status in sorted(_SUCCESSES | _REDIRECTS | _REFUSALS | _OTHERS)
            for fault in status_faults(status)
        ),
    )
}
"""Every fault by its name."""
