"""Requests that no vendor would make, at each kind of server that a receiver can stand behind."""

from __future__ import annotations

import asyncio
import io
import random
import re
import socket
from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from hypothesis import strategies as st

from omni_common.callbacks import (
    CallbackReceiver,
    Event,
    aiohttp_shim,
    asgi_application,
    asgi_shim,
    wsgi_application,
)
from tests.callbacks.genuine import AREAS, SECRETS, genuine
from tests.callbacks.office import Office
from tests.callbacks.servers import SERVERS
from tests.reliability.cases import Tally, every
from tests.reliability.conftest import Size
from tests.reliability.hostile_json import texts
from tests.reliability.hostile_requests import Request, judge, requests
from tests.support.figures import RecordProperty

SEED = 5
_LENGTHS = ("", "0", "-1", "+5", "1e3", "0x10", "٤", " 5 ", "\x00", "9" * 19, "9" * 5_000, "5, 5")


def is_refusal(status: int) -> bool:
    return status != HTTPStatus.OK


def test_any_asgi_scope_is_answered(size: Size, record_property: RecordProperty) -> None:
    tally, events = Tally(), list[Event]()
    application = asgi_application(CallbackReceiver(events.append, secrets=SECRETS, remembered=0))

    async def answered(scope: dict[str, Any], pieces: list[bytes]) -> int:
        sent: list[MutableMapping[str, Any]] = []
        messages = [
            {"type": "http.request", "body": piece, "more_body": place < len(pieces)}
            for place, piece in enumerate(pieces, start=1)
        ]
        coming = iter(messages)

        async def receive() -> MutableMapping[str, Any]:
            return next(coming)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await application(scope, receive, send)
        return int(sent[0]["status"])

    def check(case: tuple[Request, str, list[tuple[str, str]]]) -> None:
        request, length, others = case
        events.clear()
        headers = [*request.pairs, ("content-length", length), *others]
        scope = {
            "type": "http",
            "method": request.method,
            "path": request.path,
            "headers": [
                (name.lower().encode(errors="replace"), value.encode(errors="replace"))
                for name, value in headers
            ],
        }
        half = len(request.body) // 2
        pieces = [request.body[:half], b"", request.body[half:]]
        status = tally.answered(lambda: runner.run(answered(scope, pieces)), is_refusal=is_refusal)
        if status != 413 or len(request.body) > 2**20:
            judge(request, status, events)

    cases = st.tuples(requests(), _lengths, st.lists(st.tuples(texts(), texts()), max_size=2))
    with asyncio.Runner() as runner:
        every(cases, size(short=120, full=5_000), check)
    record_property("fuzzed callbacks", dict(tally.figures))
    tally.assert_teeth()


_lengths = st.sampled_from(_LENGTHS) | texts()


def test_any_wsgi_environment_is_answered(size: Size, record_property: RecordProperty) -> None:
    tally, events = Tally(), list[Event]()
    application: Any = wsgi_application(
        CallbackReceiver(events.append, secrets=SECRETS, remembered=0)
    )

    def answered(environ: dict[str, Any]) -> int:
        statuses: list[str] = []
        application(environ, lambda status, *_: statuses.append(status))
        return int(statuses[0].split()[0])

    def check(case: tuple[Request, str | None, dict[str, str]]) -> None:
        request, length, others = case
        events.clear()
        headers: dict[str, str] = {}
        for name, value in request.pairs:  # what comes twice is joined by servers
            key = f"HTTP_{name.upper().replace('-', '_')}"
            headers[key] = f"{headers[key]},{value}" if key in headers else value
        environ = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "CONTENT_LENGTH": str(len(request.body)) if length is None else length,
            "wsgi.input": io.BytesIO(request.body),
            **headers,
            **{f"HTTP_{name}": value for name, value in others.items()},
        }
        status = tally.answered(lambda: answered(environ), is_refusal=is_refusal)
        if (
            environ["CONTENT_LENGTH"] == str(len(request.body))
            and "HTTP_TRANSFER_ENCODING" not in environ
        ):
            judge(request, status, events)
        elif not request.is_proved:
            assert events == []

    cases = st.tuples(
        requests(), st.none() | _lengths, st.dictionaries(texts(), texts(), max_size=2)
    )
    every(cases, size(short=120, full=5_000), check)
    record_property("fuzzed callbacks", dict(tally.figures))
    tally.assert_teeth()


@pytest.fixture(scope="module", params=list(SERVERS))
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Office, str]]:
    office = Office(remembered=0)
    with SERVERS[request.param](office.receiver) as office.url:
        yield office, request.param


_LINES: Final = (
    *(
        b"Content-Length: 5",
        b"Content-Length: -1",
        b"Content-Length: " + b"9" * 5_000,
        b"Content-Length:",
    ),
    *(
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: \x00",
    ),
    *(b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: deflate, gzip"),
    *(
        b"Host: a",
        b"Host: [::",
        b"Expect: 100-continue",
        b"Upgrade: websocket",
        b"Connection: upgrade",
    ),
    *(
        b"X-Messente-Signature: " + b"0" * 64,
        b": empty",
        b"no colon",
        b" folded: line",
        b"a\x00b: c",
    ),
    *(b"X: " + b"y" * 70_000, b"\xff\xfe: \xff", b"X: \r injected", b"Cookie: " + b"a=b; " * 2_000),
)
_MANY = b"\r\n".join(b"X-%d: y" % number for number in range(100_000))


def spoilt(chance: random.Random, url: str) -> bytes:
    """The bytes of a genuine request with lines added, bytes replaced, or its end cut off."""
    post = genuine(chance.choice(AREAS))
    lines = [b"%s: %s" % (name.encode(), value.encode()) for name, value in post.headers]
    lines += [b"Host: localhost", b"Content-Length: %d" % len(post.body)]
    lines += chance.sample(_LINES, chance.randint(0, 2))
    chance.shuffle(lines)
    if chance.random() < 0.01:
        lines.append(_MANY)
    target = f"{urlsplit(url).path}{post.path}".encode()
    raw = b"POST %s HTTP/1.1\r\n%s\r\n\r\n%s" % (target, b"\r\n".join(lines), post.body)
    for _ in range(chance.choice([0, 0, 1, 3])):
        at = chance.randrange(len(raw))
        raw = raw[:at] + chance.randbytes(chance.randint(0, 2)) + raw[at + chance.randint(0, 2) :]
    whole = raw[: chance.randrange(len(raw))] if chance.random() < 0.1 else raw
    return whole + b"\r\n\r\n"  # by which a head ends, if it has not before


def answer_to(url: str, raw: bytes, *, leaving: bool) -> int:
    """The status of the answer to *raw*, after which no more comes; 0 where there is none."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        answer = b""
        # A server that answers before it has all may close the connection under the sender.
        with suppress(ConnectionError):
            connection.sendall(raw)
            if leaving:
                connection.shutdown(socket.SHUT_WR)
            while not _HEAD.match(answer) and (more := connection.recv(65536)):
                answer += more
    head = _HEAD.match(answer)
    return int(head[1]) if head else 0


_HEAD = re.compile(
    rb"(?:HTTP/1.1 100 [^\n]*\n\r\n)*HTTP/1.[01] (?!100)([0-9]{3}).*\n\r\n", re.DOTALL
)


def test_any_bytes_leave_a_server_as_it_was(
    served: tuple[Office, str],
    size: Size,
    record_property: RecordProperty,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office, server = served
    for shim in (aiohttp_shim, asgi_shim):  # a body that is not there at once is too late
        monkeypatch.setattr(shim, "BODY_SECONDS", 0)
    # wsgiref waits for a body as long as its client is there; the others drop who leaves.
    leaving = server == "wsgi"
    office.events.clear()
    chance, statuses = random.Random(SEED), Counter[int]()
    count = size(short=40, full=1_500)
    for _ in range(count):
        raw = spoilt(chance, office.url)
        status = answer_to(office.url, raw, leaving=leaving)
        statuses[status] += 1
        assert status < 500 or status in {501, 505}, raw
    monkeypatch.undo()
    # Who leaves may get no answer to what was taken.
    assert statuses[200] <= len(office.events) <= statuses[200] + statuses[0], f"seed {SEED}"
    assert all(office.post(genuine(area)).status == 200 for area in AREAS)
    figures = {"cases": count, "accepted": statuses[200], "refused": count - statuses[200]}
    record_property("fuzzed callbacks", {**figures, "failures": 0})
    assert statuses[200] > count / 20, f"seed {SEED}: {statuses}"
    assert statuses[400] > count / 20, f"seed {SEED}: {statuses}"
