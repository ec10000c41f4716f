"""What can happen to one exchange with a vendor: every fault that a line of bare sockets can have.

See :class:`VendorFault` for what a fault is. :data:`FAULTS` are those of any exchange,
:data:`ITEM_FAULTS` those of an answer with an item for each message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from attrs import evolve

from omni_common.errors import Outcome
from tests.support.fault_steps import whole_answer
from tests.support.spoiled_answers import (
    after,
    as_status,
    chunked,
    compressed,
    fixed,
    half_of_body,
    share,
    then,
    whole,
    with_body,
    with_items,
    with_length,
    without_length,
)
from tests.support.vendor_fault import (
    ANSWERED,
    Ending,
    Reads,
    Says,
    Take,
    VendorFault,
    perform,
)

__all__ = [
    "ANSWERED",
    "FAULTS",
    "ITEM_FAULTS",
    "Ending",
    "Reads",
    "Take",
    "VendorFault",
    "perform",
    "status_faults",
]

_CUTS = (Ending.CLOSED, Ending.RESET, Ending.HELD)
_GARBAGE = b"\x15\x03\x01\x00\x02\x02\x28 what?\r\n\r\n"
_UNASKED = whole_answer(200, b'{"unasked": true}')
_HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
_REFUSED = {
    "errors": [{"code": "105", "title": "Invalid data", "detail": "no", "source": "payload[to]"}],
    "code": "REJECTED",
    "description": "Validation failed",
    "reasons": [{"key": "invalid", "ref": "to", "defaultMessage": "no"}],
}
"""A refusal of a whole call, in the words of each vendor."""


def _unread() -> Iterator[VendorFault]:
    """The vendor never gets the whole request."""
    for reads in Reads:
        if reads is not Reads.WHOLE:
            for ends in _CUTS:
                name = f"reads {reads.name.lower()}, {ends.name.lower()}".replace("_", " ")
                yield VendorFault(name, takes=False, reads=reads, ends=ends)
    for status in (401, 408, 413, 429, 503):
        says = fixed(whole_answer(status, b"<html>"))
        for reads, when in ((Reads.NOTHING, "unasked"), (Reads.HEAD, "before the body")):
            for ends in (Ending.CLOSED, Ending.RESET):
                name = f"{status} {when}, {ends.name.lower()}"
                yield VendorFault(name, takes=False, reads=reads, says=says, ends=ends)
    yield VendorFault("2xx unasked", takes=False, reads=Reads.NOTHING, says=fixed(_UNASKED))


def _unanswered() -> Iterator[VendorFault]:
    """The whole request came, and not one byte of an answer goes back."""
    for takes in (True, False):
        for ends in _CUTS:
            word = "taken" if takes else "dropped"
            yield VendorFault(f"{word}, {ends.name.lower()}", takes=takes, ends=ends)


def _cut() -> Iterator[VendorFault]:
    """The vendor did the work, and its answer is cut."""
    cuts: dict[str, Says] = {
        "first byte": lambda right: right[:1],
        "status line": lambda right: right[:11],
        "half of the head": share(0.25),
        "head only": lambda right: right.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        "half of the body": half_of_body,
        "all but one byte": lambda right: right[:-1],
        "chunk without an end": chunked(b"\r\n"),
        "chunk shorter than said": chunked(b"", lambda length: f"{length + 10:x}"),
        "only 102": fixed(b"HTTP/1.1 102 Processing\r\n\r\n"),
        # HTTP calls these whole, since nothing but the connection's end tells where they end.
        "no length, half of the body": without_length(lambda body: body[: len(body) // 2]),
        "no length, all but one byte": without_length(lambda body: body[:-1]),
        "no length, no body": without_length(lambda _: b""),
    }
    for name, says in cuts.items():
        for ends in _CUTS:
            yield VendorFault(f"{name}, {ends.name.lower()}", says=says, ends=ends)


def _wrong() -> Iterator[VendorFault]:
    """The vendor did the work, and its answer is not what HTTP says."""
    wrongs: dict[str, Says] = {
        "garbage": fixed(_GARBAGE),
        "another protocol": fixed(b"220 smtp.example ESMTP\r\n"),
        "an empty line": fixed(b"\r\n\r\n"),
        "zeros": fixed(bytes(4096)),
        "HTTP/0.9": fixed(b'{"ok": true}'),
        "HTTP/2": fixed(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
        "status of letters": fixed(b"HTTP/1.1 OK 200\r\nContent-Length: 0\r\n\r\n"),
        "status beyond 999": fixed(b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
        "a head without an end": fixed(b"HTTP/1.1 200 OK\r\n" + b"X-More: yes\r\n" * 2_000),
        "a header of 100 kB": after(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
        "length too long": with_length(lambda length: str(length + 10)),
        "length too short": with_length(lambda length: str(length - 1)),
        "length negative": with_length(lambda _: "-5"),
        "length of letters": with_length(lambda _: "many"),
        "two lengths": with_length(lambda length: f"{length}\r\nContent-Length: {length + 5}"),
        "a length and chunks": with_length(
            lambda length: f"{length}\r\nTransfer-Encoding: chunked"
        ),
        "chunk size of letters": chunked(b"\r\nwhat\r\n"),
        "last chunk without a line": chunked(b"\r\n0\r\n"),
        "unknown encoding": lambda right: right.replace(
            b"\r\n", b"\r\nContent-Encoding: br\r\n", 1
        ),
        "broken gzip": lambda right: right.replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1),
        "half of the gzip": compressed("gzip", lambda data: data[: len(data) // 2]),
        "half of the deflate": compressed("deflate", lambda data: data[: len(data) // 2]),
        "gzip and more": compressed("gzip", lambda data: data + b"more"),
        "more than its length": then(b"\r\n\r\nmore"),
    }
    for name, says in wrongs.items():
        yield VendorFault(name, says=says)


def _senseless() -> Iterator[VendorFault]:
    """The vendor did the work, and the body of its answer is not what the vendor says."""
    bodies: dict[str, Callable[[bytes], bytes]] = {
        "not JSON": lambda _: b'{"messages": [{"\xff',
        "empty": lambda _: b"",
        "null": lambda _: b"null",
        "true": lambda _: b"true",
        "a number": lambda _: b"200",
        "a text": lambda _: b'"OK"',
        "a list": lambda _: b"[]",
        "a list of null": lambda _: b"[null]",
        "nested deeply": lambda _: b"[" * 100_000,
        "in UTF-16": lambda body: body.decode().encode("utf-16"),
        "a page": lambda _: b"<html><h1>It works!</h1></html>",
        "twice": lambda body: body * 2,
        "beside another": lambda body: body + b'{"unasked": true}',
        "of another shape": lambda _: b'{"result": {"answer": 42}, "messages": {"result": 1}}',
    }
    for name, body in bodies.items():
        yield VendorFault(f"body {name}", says=with_body(body))
    # To a cancellation this is a confirmation (B4), and nothing else is.
    yield VendorFault("body an object", says=with_body(lambda _: b"{}"))
    for status in (302, 500, 599):
        yield VendorFault(f"right as {status}", says=as_status(status), ends=Ending.KEPT)


def _odd() -> Iterator[VendorFault]:
    """Odd, and right all the same: the answer comes."""
    odd: dict[str, Says] = {
        "100 Continue first": after(b"HTTP/1.1 100 Continue\r\n\r\n"),
        "103 twice first": after(_HINT * 2),
        "103 a thousand times first": after(_HINT * 1_000),
        "chunked": chunked(b"\r\n0\r\n\r\n"),
        "chunked, with a trailer": chunked(b"\r\n0\r\nX-Sum: 1\r\n\r\n", "{:x};a=b".format),
        "without a length": without_length(),
        "HTTP/1.0": lambda right: right.replace(b"HTTP/1.1", b"HTTP/1.0", 1),
        "gzip": compressed("gzip"),
        "deflate": compressed("deflate"),
    }
    sure = Outcome.ACCEPTED
    for name, says in odd.items():
        yield VendorFault(name, says=says, proves=sure)
    kept = Ending.KEPT
    yield VendorFault("byte by byte", says=whole, slowly=True, ends=kept, proves=sure)
    yield VendorFault("answered, closed", says=whole, ends=Ending.CLOSED, proves=sure)
    yield VendorFault("answered twice", says=then(_UNASKED), ends=kept, proves=sure)
    yield VendorFault("answered twice alike", says=lambda it: it * 2, ends=kept, proves=sure)
    # Not the same answer once more, when the next request has left: nobody could tell it from the
    # right one.
    late = fixed(whole_answer(408, b"<html>"))
    yield VendorFault("answered, 408 later", says=whole, later=late)


def _flooding() -> Iterator[VendorFault]:
    """The vendor did the work, and its answer has no end."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    floods: dict[str, tuple[Says, Says | None]] = {
        "103 without end": (fixed(_HINT * 20), None),
        "zeros without end": (fixed(bytes(4096)), None),
        "a body without end": (without_length(), lambda _: b" " * 4096),
        "chunks without end": (fixed(head), lambda _: b"400\r\n" + bytes(1024) + b"\r\n"),
    }
    for name, (says, later) in floods.items():
        yield VendorFault(name, says=says, later=later, ends=Ending.FLOODED)


def _in_words() -> Iterator[VendorFault]:
    """A refusal in the vendors' own words; under the status of a failed server it proves nothing.

    It may be the failure itself that is worded so, after the work was done.
    """
    body = json.dumps(_REFUSED).encode()
    for status in (200, 201, 400, 404, 422):
        says = fixed(whole_answer(status, body))
        yield VendorFault(
            f"refused by {status}", takes=False, says=says, ends=Ending.KEPT, proves=_NOT_SENT
        )
    for status in (408, 500, 502, 503, 504):
        for takes in (True, False):
            name = f"refused by {status}" + (", taken" if takes else "")
            says = fixed(whole_answer(status, body))
            yield VendorFault(name, takes=takes, says=says, ends=Ending.KEPT)


def status_faults(
    status: int, body: bytes = b"<html>", headers: dict[str, str] | None = None, words: str = ""
) -> tuple[VendorFault, ...]:
    """An answer of *status* that says nothing in the vendor's own shape.

    Where HTTP itself does not call the status a refusal, the vendor may have done the work.
    """
    upgrade = b"Upgrade: h2c\r\nConnection: Upgrade\r\n" if status == _SWITCHING else b""
    says = fixed(whole_answer(status, body, headers).replace(b"\r\n", b"\r\n" + upgrade, 1))
    is_refusal = status in _REFUSALS
    dropped = VendorFault(
        f"status {status}{words}",
        takes=False,
        says=says,
        ends=Ending.KEPT,
        proves=_NOT_SENT if is_refusal else None,
    )
    if is_refusal:
        return (dropped,)
    return (dropped, evolve(dropped, name=f"status {status}{words}, taken", takes=True))


_NOT_SENT = Outcome.NOT_SENT
_SWITCHING = 101
_REFUSALS = {*range(400, 418), 421, 422, 425, 426, 428, 429, 431, 451, 501, 505} - {408}
_SUCCESSES = {200, 201, 202, 204, 206, 226, 299}
_REDIRECTS = {*range(300, 309), 399}
_OTHERS = {100, 101, 408, 418, 444, 499, 500, 502, 503, 504, 507, 511, 520, 599, 600, 999}


def _statuses() -> Iterator[VendorFault]:
    for status in sorted(_SUCCESSES | _REDIRECTS | _REFUSALS | _OTHERS):
        yield from status_faults(status)
    for status in (301, 302, 303, 307, 308):  # to where it came from: followed, it comes again
        yield from status_faults(status, b"", {"Location": "?"}, " to itself")
    for status in (429, 503):
        yield from status_faults(status, b"", {"Retry-After": "3600"}, ", in an hour")


FAULTS: dict[str, VendorFault] = {
    fault.name: fault
    for fault in (
        ANSWERED,
        *_unread(),
        *_unanswered(),
        *_cut(),
        *_wrong(),
        *_senseless(),
        *_odd(),
        *_flooding(),
        *_in_words(),
        *_statuses(),
    )
}
"""Every fault by its name."""


def _items() -> Iterator[VendorFault]:
    changes: dict[str, Callable[[list[Any]], list[Any]]] = {
        "one less": lambda items: items[:-1],
        "the first less": lambda items: items[1:],
        "one more": lambda items: [*items, *items[-1:]],
        "none": lambda _: [],
        "all null": lambda items: [None] * len(items),
        "all empty": lambda items: [{}] * len(items),
        "all texts": lambda items: ["OK"] * len(items),
        "turned round": lambda items: items[::-1],
        "all the first": lambda items: items[:1] * len(items),
        "nested": lambda items: [items],
    }
    for name, change in changes.items():
        yield VendorFault(f"items: {name}", says=with_items(change), ends=Ending.KEPT)


ITEM_FAULTS: dict[str, VendorFault] = {fault.name: fault for fault in _items()}
"""Faults in an answer that has an item for each message, by their names."""
