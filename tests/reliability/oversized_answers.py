"""Answers that are too large, too many or have no end: steps of a ``FaultServer``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, repeat
from typing import Final

from tests.support.fault_steps import Line, Step

__all__ = ["OVERSIZED", "READ_WHOLE", "WITHOUT_END", "oversized"]

_PIECE = 64 * 1024
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"


def _pieces(size: int, piece: bytes = b"x" * _PIECE) -> Iterator[bytes]:
    """About *size* bytes."""
    return repeat(piece, size // len(piece))


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _inflating(size: int) -> Iterator[bytes]:
    """A small body that becomes *size* bytes, although the client asked for no encoding."""
    packer = zlib.compressobj(wbits=31)
    body = b"".join(map(packer.compress, _pieces(size))) + packer.flush()
    yield _OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    yield body


def _json(*parts: Iterable[bytes]) -> Iterator[bytes]:
    """Parts of a document, in chunks."""
    return chain([_CHUNKED], map(_chunk, chain(*parts)), [b"0\r\n\r\n"])


_Answer = Callable[[int], Iterable[bytes]]

OVERSIZED: Final[Mapping[str, _Answer]] = {
    "length": lambda size: chain([_OK, b"Content-Length: %d\r\n\r\n" % size], _pieces(size)),
    "false length": lambda _: [_OK, b"Content-Length: %d\r\n\r\n" % 10**17, b"x" * _PIECE],
    "chunks": lambda size: _json(_pieces(size)),
    "endless chunks": lambda _: chain([_CHUNKED], repeat(_chunk(b"x" * _PIECE))),
    "tiny chunks": lambda _: chain([_CHUNKED], repeat(_chunk(b"x") * 10_000)),
    "endless chunk line": lambda _: chain([_CHUNKED, b"5;"], repeat(b"x" * _PIECE)),
    "endless trailers": lambda _: chain([_CHUNKED, b"0\r\n"], repeat(b"X: y\r\n" * 10_000)),
    "until closed": lambda _: chain([_OK, b"Connection: close\r\n\r\n"], repeat(b"x" * _PIECE)),
    "gzip": _inflating,
    "100,000 headers": lambda _: [_OK, *(b"X-%d: y\r\n" % n for n in range(100_000)), b"\r\n"],
    "endless headers": lambda _: chain([_OK], repeat(b"X: y\r\n" * 10_000)),
    "header of 1 MB": lambda _: [_OK, b"X: ", b"y" * 1_000_000, b"\r\n\r\n"],
    "endless header": lambda _: chain([_OK, b"X: "], repeat(b"y" * _PIECE)),
    "endless status line": lambda _: chain([b"HTTP/1.1 200 "], repeat(b"y" * _PIECE)),
    "endless 1xx": lambda _: repeat(b"HTTP/1.1 102 Wait\r\n\r\n" * 3_000),
    "flat list": lambda size: _json([b"["], _pieces(size, b"{}," * 20_000), [b"0]"]),
    "list of numbers": lambda size: _json([b"["], _pieces(size, b"1.5," * 15_000), [b"0]"]),
    "depth of 100,000": lambda _: _json([b"[" * 100_000, b"]" * 100_000]),
    "text": lambda size: _json([b'{"id": "'], _pieces(size), [b'"}']),
    "wide text": lambda size: _json(['{"id": "\U0001f600'.encode()], _pieces(size), [b'"}']),
    "number": lambda size: _json(
        [b'{"id": '], _pieces(min(size, 10_000_000), b"9" * 1_000), [b"}"]
    ),
    "fraction": lambda size: _json([b"[1."], _pieces(min(size, 10_000_000), b"9" * 1_000), [b"]"]),
}
"""The bytes of each kind of answer, by its name; of so many bytes where it has an end."""

READ_WHOLE: Final[Mapping[str, int]] = {
    "depth of 100,000": 200_000,
    "flat list": 20_000_000,
    "list of numbers": 20_000_000,
    "text": 50_000_000,
    "wide text": 50_000_000,
    "number": 10_000_000,
    "fraction": 10_000_000,
}
"""Those that are no longer than the default limit, and the bytes that they have in a full run."""

WITHOUT_END: Final = frozenset(
    name for name in OVERSIZED if "endless" in name or "header" in name or "false" in name
) | {"tiny chunks"}
"""Those that are given up for another reason than the length of the body."""


def oversized(name: str, size: int) -> Step:
    """Read a request and answer it with what is called *name*, as long as the client listens."""

    async def step(line: Line) -> None:
        await line.read_request()
        for piece in OVERSIZED[name](size):
            line.writer.write(piece)
            await line.writer.drain()
        line.fin()

    return step
