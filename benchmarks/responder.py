"""A vendor that costs next to nothing, so that what is measured is the client.

``python -m benchmarks.responder`` listens on loopback, writes its address as a line of JSON, and
ends when its standard input does. It speaks as much of Messente and Devino as the benchmarks ask
for. Its answers are true: as many items as there were messages, each with an id of its own and,
where the vendor says it, the number that was sent to. ``GET /taken`` tells how many messages, ids
and rows were asked for so far, so that nobody's failures pass for speed.

It knows its callers: bodies are JSON as they write it, with a length and never in chunks.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import TypeAlias, cast

__all__ = ["Ledger", "answer_to"]

Answer: TypeAlias = tuple[bytes, bytes]
"""Status line without the version, and body."""

_TO = re.compile(rb'"to": ?"([^"]*)"')
_ID = re.compile(rb'"([^"]+)"')
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)")
_OK = b"200 OK"
_CREATED = b"201 Created"
_NOT_FOUND = (b"404 Not Found", b"{}")
_UNAUTHORIZED = (b"401 Unauthorized", b"{}")

_OMNIMESSAGE = (
    b'{"messages":[{"channel":"sms","message_id":"3e28ec48-d620-4191-a96e-%012x","sender":"Shop"}],'
    b'"omnimessage_id":"d7248cda-6c1a-4436-acf5-%012x","to":"%b"}'
)
_STATUS = (
    b'{"omnimessage_id":"%b","to":"+37251000000","statuses":[{"status":"DELIVRD","sender":"Shop",'
    b'"err":0,"message_id":"3e28ec48-d620-4191-a96e-d91ba8ecc949","channel":"sms","error":null,'
    b'"timestamp":"2027-02-04T08:09:42.389630",'
    b'"price_info":{"part_price":"0.1","parts_count":2,"total_price":"0.2"}}]}'
)
_SMS_RESULT = b'{"code":"OK","messageId":"3701172084%09d","segmentsId":null}'
_SMS_STATUS = b'{"smsId":%b,"status":"DELIVERED","statusDateTime":"2027-02-04 08:09:42"}'
_DETAIL = (
    b'{"messageId":"3701172084%09d","segmentId":"3701172084%09d",'
    b'"sentDateTime":"2027-02-04 08:09:32","eventDateTime":"2027-02-04 08:09:42",'
    b'"sourceAddress":"Shop","recipient":"79001112233","status":"DELIVERED","companyId":"12",'
    b'"companyName":"Shop","userId":"34","userLogin":"79001112200","countryId":"1",'
    b'"countryName":"Russia","taskId":56,"taskName":"Sale","taskType":"SIMPLE","triggerId":78,'
    b'"text":"Your code is 1234","errorCode":0,"traffic":"SERVICE",'
    b'"recipientZoneName":"UTC +03:00","isContactGroupDeleted":"No"}'
)


class Ledger:
    """How many messages were taken, and ids and rows asked for."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, count: int) -> range:
        """Numbers for *count* more, never given out before."""
        first = self.taken
        self.taken += count
        return range(first, self.taken)


def answer_to(ledger: Ledger, head: bytes, body: bytes) -> Answer:
    """What the vendor answers to a request, whose *head* is in lower case but for its first line.

    A Devino task has as many messages as its id says.
    """
    method, target, _ = head.split(b" ", 2)
    path, _, query = target.partition(b"?")
    if path == b"/taken":
        return _OK, b'{"taken":%d}' % ledger.taken
    if b"\r\nauthorization: " not in head:
        return _UNAUTHORIZED
    route = _ROUTES.get((method, path))
    if route is not None:
        return route(ledger, query, body)
    if method == b"GET" and path.startswith(b"/v1/omnimessage/") and path.endswith(b"/status"):
        ledger.take(1)
        return _OK, _STATUS % path.split(b"/")[3]
    return _NOT_FOUND


def _send(ledger: Ledger, query: bytes, body: bytes) -> Answer:
    found = _TO.search(body)
    if found is None:
        return _NOT_FOUND
    (number,) = ledger.take(1)
    return _CREATED, _OMNIMESSAGE % (number, number, found[1])


def _send_bulk(ledger: Ledger, query: bytes, body: bytes) -> Answer:
    numbers = _TO.findall(body)
    pairs = zip(ledger.take(len(numbers)), numbers, strict=True)
    items = [_OMNIMESSAGE % (number, number, to) for number, to in pairs]
    return _CREATED, b'{"messages":[%b]}' % b",".join(items)


def _send_sms(ledger: Ledger, query: bytes, body: bytes) -> Answer:
    numbers = ledger.take(len(_TO.findall(body)))
    return _OK, b'{"result":[%b]}' % b",".join([_SMS_RESULT % number for number in numbers])


def _statuses(ledger: Ledger, query: bytes, body: bytes) -> Answer:
    ids = _ID.findall(body)
    ledger.take(len(ids))
    return _OK, b'{"result":[%b]}' % b",".join([_SMS_STATUS % id for id in ids])


def _detail(ledger: Ledger, query: bytes, body: bytes) -> Answer:
    asked = dict(pair.split(b"=", 1) for pair in query.split(b"&"))
    offset, total = int(asked[b"offset"]), int(asked[b"taskId"])
    count = max(0, min(int(asked[b"limit"]), total - offset))
    ledger.take(count)
    numbers = (number for number in range(offset, offset + count) for _ in range(2))
    more = b"true" if offset + count < total else b"false"
    form = b'{"result":{"offset":%d,"number":1,"size":%d,"pageExists":true,"data":[%b],"more":%b}}'
    return _OK, form % (offset, count, _rows(count) % tuple(numbers), more)


@cache
def _rows(count: int) -> bytes:
    """The form of a page; made once for each length, and filled in at one go."""
    return b",".join([_DETAIL] * count)


_ROUTES: dict[tuple[bytes, bytes], Callable[[Ledger, bytes, bytes], Answer]] = {
    (b"POST", b"/v1/omnimessage"): _send,
    (b"POST", b"/v1/omnimessages"): _send_bulk,
    (b"POST", b"/sms/messages"): _send_sms,
    (b"POST", b"/sms-stat/statuses/get-by-ids"): _statuses,
    (b"GET", b"/sms-stat/detail"): _detail,
}


class _Connection(asyncio.Protocol):
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        came = self._waiting + data if self._waiting else data
        while (end := came.find(b"\r\n\r\n")) >= 0:
            line = came.find(b"\r\n")
            head = came[:line] + came[line:end].lower()
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(came) < whole:
                break
            status, body = answer_to(self._ledger, head, came[end + 4 : whole])
            self._write(
                b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )
            came = came[whole:]
        self._waiting = came


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    ledger, ended = Ledger(), asyncio.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    server = await loop.create_server(lambda: _Connection(ledger), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    print(json.dumps({"address": f"http://{host}:{port}"}), flush=True)
    # A thread, since not every platform's event loop can watch a pipe.
    threading.Thread(target=wait_for_the_end, daemon=True).start()
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
