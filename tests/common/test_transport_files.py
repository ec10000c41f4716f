"""A file is streamed with its length known; one that is not what it was is not sent."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import pytest

from omni_common.errors import ConnectionFailedError, InvalidMessageError, OutcomeUnknownError
from omni_common.exchange import FileBody, Operation, Request
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Line, answer
from tests.support.transport_calls import ACCEPTED, accepted, transport_to

HEAD, TAIL = b"--edge\r\n\r\n", b"\r\n--edge--\r\n"


def upload(path: Path, size: int | None = None) -> Request:
    body = FileBody(HEAD, path, path.stat().st_size if size is None else size, TAIL)
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    return Request("POST", "/files", Operation.SEND, headers=headers, file=body)


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(bytes(range(256)) * 4096)  # 1 MiB: many pieces
    return path


async def test_a_file_is_sent_between_head_and_tail_with_its_length(letter: Path) -> None:
    async with FaultServer(answer(body=ACCEPTED)) as server, transport_to(server) as omni:
        await omni.exchange(upload(letter), accepted)
    (request,) = server.requests
    assert request.body == HEAD + letter.read_bytes() + TAIL
    assert request.header("content-length") == str(len(request.body))
    assert request.header("content-type") == "multipart/form-data; boundary=edge"
    assert request.header("transfer-encoding") is None


async def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    async with FaultServer(answer(body=ACCEPTED)) as server, transport_to(server) as omni:
        await omni.exchange(upload(empty), accepted)
    assert server.requests[0].body == HEAD + TAIL


async def test_each_attempt_reads_the_file_anew(letter: Path) -> None:
    clock = FakeClock()
    async with (
        FaultServer(answer(429), answer(body=ACCEPTED)) as server,
        transport_to(server, clock=clock) as omni,
    ):
        await clock.drive(omni.exchange(upload(letter), accepted))
    assert [request.body for request in server.requests] == [HEAD + letter.read_bytes() + TAIL] * 2


async def test_a_file_is_closed_when_the_server_cannot_be_reached(letter: Path) -> None:
    async with FaultServer() as server:
        nobody = server.url
    clock = FakeClock()
    async with transport_to(nobody, clock=clock) as omni:
        with pytest.raises(ConnectionFailedError):
            await clock.drive(omni.exchange(upload(letter), accepted))
    gc.collect()  # a file left open would warn here, and warnings are errors


async def test_a_file_that_is_gone_sends_nothing_and_is_not_tried_again(letter: Path) -> None:
    request = upload(letter)
    letter.unlink()
    async with FaultServer(answer(body=ACCEPTED)) as server, transport_to(server) as omni:
        with pytest.raises(InvalidMessageError, match="FileNotFoundError") as caught:
            await omni.exchange(request, accepted)
    assert len(caught.value.attempts) == 1
    assert not caught.value.attempts[0].sent
    assert server.connections == 0
    assert str(letter) not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize("change", [-1, 1])
async def test_a_file_with_another_length_than_before_sends_nothing(
    letter: Path, change: int
) -> None:
    request = upload(letter, letter.stat().st_size + change)
    async with FaultServer(answer(body=ACCEPTED)) as server, transport_to(server) as omni:
        with pytest.raises(InvalidMessageError, match="another length"):
            await omni.exchange(request, accepted)
    assert server.connections == 0


async def test_a_file_that_shrinks_while_it_is_sent_is_never_taken_for_whole(
    tmp_path: Path,
) -> None:
    big = tmp_path / "big.pdf"
    big.touch()
    os.truncate(big, 64 * 2**20)  # more than the sockets' buffers hold
    begun = asyncio.Event()
    cut = asyncio.Event()

    async def read_when_cut(line: Line) -> None:
        await line.reader.readexactly(1000)
        begun.set()
        await cut.wait()
        await line.reader.read()

    async with FaultServer(read_when_cut) as server, transport_to(server) as omni:
        sending = asyncio.ensure_future(omni.exchange(upload(big), accepted))
        await begun.wait()
        os.truncate(big, 2**20)
        cut.set()
        with pytest.raises(OutcomeUnknownError):
            await sending
    assert server.requests == []
