"""Answers and posts of any size: memory and time stay bounded, and what is said stays right.

Client and receiver run in processes of their own, whose memory is measured. Servers and senders of
posts are bare sockets.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import field, frozen

from tests.callbacks.genuine import genuine
from tests.callbacks.servers import SERVERS
from tests.reliability.conftest import Size
from tests.reliability.oversized_answers import OVERSIZED, READ_WHOLE, WITHOUT_END, oversized
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Step, answer
from tests.support.figures import RecordProperty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")

MEBIBYTE = 2**20
ROOT = Path(__file__).parents[2]
SLACK = 24 * MEBIBYTE
"""What a few connections, their buffers and the modules that they need take anyway."""
FACTOR_REFUSED = 1.5
"""Of ``response_limit``: what an answer takes that is not read to its end."""
FACTOR_READ = 40
"""Of its own size: what an answer takes that is read. The worst is a list of empty objects."""
PATIENCE = 60.0
"""Seconds that a call may take beyond its timeout, on a machine that has much else to do."""
ACCEPTED = {
    "omnimessage_id": "3e28ec48-d620-4191-a96e-d91ba8ecc949",
    "to": "+37251000000",
    "messages": [{"channel": "sms", "message_id": "1", "sender": "Shop"}],
}
GOOD = answer(201, json.dumps(ACCEPTED).encode())


@frozen
class Told:
    """What the client in the other process told of a status and a send with such an answer."""

    name: str
    read: str = field(repr=False)
    sent: str = field(repr=False)
    growth: int
    seconds: float

    def check(self, allowed: float, timeout: float) -> None:
        assert self.read.startswith("ReadError: "), self
        assert self.sent.startswith("Outcome.UNKNOWN: "), self
        assert self.growth <= allowed, self
        assert self.seconds <= 2 * (timeout + PATIENCE), self


async def told_by(names: Iterable[str], size: int, **settings: float) -> list[Told]:
    """Let a client get the answers called *names*, of *size* bytes, between two good ones."""
    names = list(names)
    steps: list[Step] = [oversized(name, size) for name in names for _ in ("read", "sent")]
    async with FaultServer(GOOD, *steps, GOOD) as server:
        options = "&".join(f"{name}={value}" for name, value in settings.items())
        url = f"messente://me:password@127.0.0.1:{server.port}?max_attempts=1&{options}"
        module = "tests.reliability.measured_client"
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, url, str(len(names)), stdout=-1, cwd=ROOT
        )
        output, _ = await client.communicate()
    first, *told, last = map(json.loads, output.splitlines())
    assert first["sent"] == last["sent"] == f"messente:{ACCEPTED['omnimessage_id']}"
    return [Told(name, **each) for name, each in zip(names, told, strict=True)]


def recorded(record_property: RecordProperty, told: Iterable[Told]) -> None:
    for each in told:
        figures = {"answers": 2, f"MB for {each.name}": round(each.growth / 1_000_000)}
        record_property("hostile sizes", figures)


async def test_no_answer_takes_more_than_a_little_over_the_limit(
    size: Size, record_property: RecordProperty
) -> None:
    limit = MEBIBYTE * size(short=1, full=64)
    timeout = size(short=300, full=10_000) / 1000
    length = size(short=3, full=100) * 1_000_000
    for names in one_by_one([name for name in OVERSIZED if name not in READ_WHOLE], size):
        told = await told_by(names, length, timeout=timeout, response_limit=limit)
        for each in told:
            each.check(FACTOR_REFUSED * limit + SLACK, timeout)
            assert ("response_limit" in each.sent) or each.name in WITHOUT_END, each
        recorded(record_property, told)


async def test_an_answer_that_is_read_takes_a_bounded_multiple_of_its_size(
    size: Size, record_property: RecordProperty
) -> None:
    for names in one_by_one(READ_WHOLE, size):
        length = size(short=200_000, full=READ_WHOLE[names[0]])
        told = await told_by(names, length, timeout=PATIENCE)
        for each in told:
            each.check(FACTOR_READ * length + SLACK, PATIENCE)
            assert "response_limit" not in each.sent
        recorded(record_property, told)


def one_by_one(names: Iterable[str], size: Size) -> list[list[str]]:
    """Each for a client of its own; in a short run one gets all, since it takes long to start."""
    return size(short=0, full=1) * [[name] for name in names] or [list(names)]


@frozen
class Receiver:
    """A receiver in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def told(self) -> Any:
        """The memory that it came to need beyond that at its start, and its events so far."""
        questions, answers = self.process.stdin, self.process.stdout
        assert questions is not None
        assert answers is not None
        questions.write("?\n")
        questions.flush()
        return json.loads(answers.readline())


@contextmanager
def receiver(server: str) -> Iterator[Receiver]:
    module = "tests.reliability.measured_receiver"
    with subprocess.Popen(
        [sys.executable, "-m", module, server],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        yield Receiver(json.loads(process.stdout.readline())["url"], process)
        assert process.stdin is not None
        process.stdin.close()


POST = genuine("devino.sms")
_PIECE = b" " * 2**16


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    return chain((b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), [b"0\r\n\r\n"])


def _inflating(size: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(b" " * size) + packer.flush()


def _bodies(size: int) -> dict[str, tuple[list[str], Iterable[bytes]]]:
    whole = repeat(_PIECE, size // len(_PIECE))
    packed = _inflating(size)
    return {
        "length": ([f"Content-Length: {size}"], whole),
        "false length": ([f"Content-Length: {len(POST.body)}"], chain([POST.body], whole)),
        "chunks": (["Transfer-Encoding: chunked"], _chunks(whole)),
        "gzip": ([f"Content-Length: {len(packed)}", "Content-Encoding: gzip"], [packed]),
        "headers": ([f"X-{number}: y" for number in range(size // 1000)], []),
        "header": ([f"X: {'y' * (size // 100)}"], []),
    }


def posted(url: str, path: str, lines: Iterable[str], body: Iterable[bytes]) -> int:
    """Send all of *body*, unless the receiver hangs up first, and return the status; 0 for none."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        head = "\r\n".join([f"POST {parts.path}{path} HTTP/1.1", "Host: a", *lines, "\r\n"])
        answer = b""
        try:
            for piece in chain([head.encode()], body):
                connection.sendall(piece)
            answer = connection.recv(2**16)
        except ConnectionError:
            connection.settimeout(0)
            try:
                answer = connection.recv(2**16)
            except OSError:
                return 0
    return int(answer.split()[1]) if answer else 0


@pytest.mark.parametrize("server", SERVERS)
def test_a_post_of_any_size_is_refused_in_bounded_memory(
    server: str, size: Size, record_property: RecordProperty
) -> None:
    length, posts, taken = size(short=5, full=100) * 1_000_000, 0, 0
    with receiver(server) as office:
        for kind in _bodies(length):
            for path in (POST.path, POST.path + "x", "/"):
                lines, body = _bodies(length)[kind]
                status = posted(office.url, path, lines, body)
                assert status in {0, 200, 400, 404, 408, 411, 413, 431}, kind
                assert status != 200 or (kind in MAY_BE_TAKEN and path == POST.path)
                # Who is cut off while sending what is too much may hear no answer.
                posts, taken = posts + 1, taken + (kind in MAY_BE_TAKEN and path == POST.path)
            told = office.told()
            assert told["growth"] <= SLACK, (kind, told)
            assert told["events"] <= taken, kind
        lines = [f"Content-Length: {len(POST.body)}"]
        assert posted(office.url, POST.path, lines, [POST.body]) == HTTPStatus.OK
        told = office.told()
    figures = {"posts": posts, f"MB behind {server}": round(told["growth"] / 1_000_000)}
    record_property("hostile sizes of posts", figures)


MAY_BE_TAKEN = {"false length", "headers"}
"""Posts that are whole beside what is too much of them: where they end it is not read further."""
