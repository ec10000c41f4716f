"""What can be made of a vendor's right answer: its bytes in another frame, or another content.

Each function returns one from the right answer's bytes to those that are written instead.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

from tests.support.fault_steps import whole_answer
from tests.support.vendor_fault import Says

__all__ = [
    "after",
    "as_status",
    "body_of",
    "chunked",
    "compressed",
    "fixed",
    "framed",
    "half_of_body",
    "share",
    "then",
    "whole",
    "with_body",
    "with_items",
    "with_length",
    "without_length",
]

_LISTS = frozenset({"messages", "result", "sendAnswers", "errorAnswers"})
"""Where the vendors' answers to calls with several messages hold an item for each."""


def whole(right: bytes) -> bytes:
    return right


def fixed(data: bytes) -> Says:
    """Something that has nothing to do with the right answer."""
    return lambda _: data


def after(early: bytes) -> Says:
    return lambda right: early + right


def then(more: bytes) -> Says:
    return lambda right: right + more


def share(part: float) -> Says:
    """The first *part* of it."""
    return lambda right: right[: int(len(right) * part)]


def half_of_body(right: bytes) -> bytes:
    head, _, body = right.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[: len(body) // 2]


def body_of(right: bytes) -> bytes:
    return right.partition(b"\r\n\r\n")[2]


def framed(right: bytes, framing: str, body: bytes) -> bytes:
    """The right answer's head around *body*, with *framing* for its Content-Length."""
    head = right.partition(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    return b"\r\n".join([*lines, framing.encode(), b"", body])


def with_length(of: Callable[[int], str]) -> Says:
    """The right answer, whose Content-Length lies."""

    def says(right: bytes) -> bytes:
        body = body_of(right)
        return framed(right, f"Content-Length: {of(len(body))}", body)

    return says


def without_length(cut: Callable[[bytes], bytes] = whole) -> Says:
    """The right answer, of which only the connection's end tells the end; its body is *cut*."""
    return lambda right: framed(right, "X-Length: none", cut(body_of(right)))


def chunked(end: bytes, size: Callable[[int], str] = "{:x}".format) -> Says:
    """The right answer in one chunk, followed by *end*."""

    def says(right: bytes) -> bytes:
        body = body_of(right)
        chunk = size(len(body)).encode() + b"\r\n" + body + end
        return framed(right, "Transfer-Encoding: chunked", chunk)

    return says


def with_body(body: Callable[[bytes], bytes]) -> Says:
    """The right head around another body, of which the Content-Length is true."""

    def says(right: bytes) -> bytes:
        other = body(body_of(right))
        return framed(right, f"Content-Length: {len(other)}", other)

    return says


def compressed(encoding: str, spoil: Callable[[bytes], bytes] = whole) -> Says:
    """The right answer in *encoding*, which nobody asked for; *spoil* is done to what it makes."""
    compressions: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
    }

    def says(right: bytes) -> bytes:
        body = spoil(compressions[encoding](body_of(right)))
        return framed(right, f"Content-Length: {len(body)}\r\nContent-Encoding: {encoding}", body)

    return says


def as_status(status: int) -> Says:
    """The right answer under another status."""
    return lambda right: whole_answer(status, body_of(right))


def with_items(change: Callable[[list[Any]], list[Any]]) -> Says:
    """The right answer with another list of items, one of which belongs to each message."""

    def changed(document: Any) -> Any:
        if not isinstance(document, dict):
            return document
        return {
            name: change(value) if name in _LISTS and isinstance(value, list) else changed(value)
            for name, value in document.items()
        }

    def spoilt(body: bytes) -> bytes:
        # Some answers have no body at all, such as that to too many requests.
        return json.dumps(changed(json.loads(body))).encode() if body else body

    return with_body(spoilt)
