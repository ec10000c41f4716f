"""``omni outbox run`` as a service has it: in a process of its own, ended by a signal."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from messente_async.sandbox import MessenteEmulator
from omni_common import sandbox
from omni_common.outbox import EntryState
from tests.cli.command import started
from tests.cli.outbox.journals import NUMBER, SECRET, filled, later, states

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")

ANSWER = json.dumps(
    {
        "omnimessage_id": "d7248cda-6c1a-4436-acf5-aaf249bb67d3",
        "to": NUMBER,
        "messages": [{"channel": "sms", "message_id": "1", "sender": "Shop"}],
    }
)


@pytest.fixture
def messente() -> Iterator[MessenteEmulator]:
    """An emulator of its own, whose requests are those of the test."""
    with sandbox.running(MessenteEmulator()) as emulator:
        yield emulator


@pytest.fixture
def slow_vendor() -> Iterator[socket.socket]:
    """A server that answers when the test does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


@contextmanager
def running(url: str, path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command, which has begun to send."""
    account = {"OMNI_URL": f"{url}?sender=Shop"}
    with started("outbox", "run", str(path), *options, environment=account) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(stream: IO[str] | None, words: str) -> None:
    """Read the lines up to the one that holds *words*."""
    assert stream is not None
    while words not in (line := stream.readline()):
        assert line, f"it ended without {words!r}"


@pytest.mark.parametrize(
    ("number", "code", "last"),
    [
        (signal.SIGTERM, 0, "ended by SIGTERM; 1 message stays queued\n"),
        (signal.SIGINT, 130, "omni: interrupted; 1 message stays queued\n"),
    ],
)
def test_what_is_due_is_sent_and_the_rest_is_kept_when_it_ends(
    messente: MessenteEmulator, path: Path, number: signal.Signals, code: int, last: str
) -> None:
    filled(path, a=EntryState.QUEUED)
    later(path, "b")
    with running(messente.url, path) as process:
        read_until(process.stdout, "sending what falls due")
        asyncio.run(messente.handled(1))
        process.send_signal(number)
        output, complaints = process.communicate()
    assert process.returncode == code
    assert (complaints if number == signal.SIGINT else output).endswith(last)
    assert states(path) == {"a": "accepted", "b": "queued"}
    for hidden in (NUMBER, SECRET, messente.password, "Traceback", "closed with"):
        assert hidden not in output + complaints


def test_ended_before_it_was_empty_it_has_not_done_what_was_asked(
    messente: MessenteEmulator, path: Path
) -> None:
    later(path, "b")
    with running(messente.url, path, "--until-empty") as process:
        read_until(process.stdout, "sending what falls due")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate()
    assert process.returncode == 75
    assert output.endswith("ended by SIGTERM; 1 message stays queued\n")


def url_of(server: socket.socket) -> str:
    return f"messente://user:password@127.0.0.1:{server.getsockname()[1]}/v1"


def asked(connection: socket.socket) -> None:
    """Read a whole request."""
    request = b""
    while SECRET.encode() not in request:
        request += connection.recv(65536)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_an_answer_that_is_under_way_is_waited_for_and_settled(
    slow_vendor: socket.socket, path: Path, number: signal.Signals, code: int
) -> None:
    filled(path, a=EntryState.QUEUED)
    with running(url_of(slow_vendor), path) as process:
        connection, _ = slow_vendor.accept()
        with connection:
            asked(connection)
            process.send_signal(number)
            read_until(process.stderr, "ending; waits for what is being sent")
            head = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
            connection.sendall(f"{head}{len(ANSWER)}\r\n\r\n{ANSWER}".encode())
            process.communicate()
    assert process.returncode == code
    assert states(path) == {"a": "accepted"}


def test_the_second_ctrl_c_cuts_off_what_is_unknown_then(
    slow_vendor: socket.socket, path: Path
) -> None:
    filled(path, a=EntryState.QUEUED)
    with running(url_of(slow_vendor), path) as process:
        connection, _ = slow_vendor.accept()
        with connection:
            asked(connection)
            process.send_signal(signal.SIGINT)
            read_until(process.stderr, "ending; waits for what is being sent")
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=20)  # sooner than the account gives up
    assert process.returncode == 130
    assert "what was being sent may have been sent, and is unknown" in complaints
    assert "Traceback" not in complaints
    assert states(path) == {"a": "unknown"}
