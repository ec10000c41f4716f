"""Files over sockets: streamed with their length known, and what a changing one ends in."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.sandbox.email_files import read_upload as read_form
from omni_common.errors import (
    AnswerLostError,
    InvalidMessageError,
    OutcomeUnknownError,
    RefusedError,
    UnexpectedAnswerError,
)
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Line, answer as answered, read_then_fin, whole_answer

FILE_ID = "efc1c054-9d65-4c21-b01f-cb0986c2dccb"
STORED = (
    b'{"result":{"fileId":"efc1c054-9d65-4c21-b01f-cb0986c2dccb",'
    b'"publicUrl":"http://files.local/emailAttachments/efc1c054-9d65-4c21-b01f-cb0986c2dccb"}}'
)
MEGABYTE = 2**20


def client(server: FaultServer, clock: FakeClock) -> DevinoClient:
    return DevinoClient("k/e+y=", base_url=server.url, clock=clock)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.PNG"
    path.write_bytes(bytes(range(256)) * 20 * 1024)  # 5 MB
    return path


async def test_a_file_of_5_megabytes_arrives_whole_and_with_its_length(
    clock: FakeClock, picture: Path
) -> None:
    async with FaultServer(answered(body=STORED)) as server, client(server, clock) as devino:
        uploaded = await devino.email.upload(picture)
    assert uploaded.file_id == FILE_ID
    [request] = server.requests
    assert request.request_line == "POST /files/files?category=EMAIL_ATTACHMENT HTTP/1.1"
    assert request.header("transfer-encoding") is None
    assert request.header("content-length") == str(len(request.body))
    form = read_form(request.header("content-type") or "", request.body, accepts_unknown=False)
    assert (form.name, form.content_type) == ("picture.PNG", "image/png")
    assert form.content == picture.read_bytes()


async def test_bytes_arrive_as_the_same_form(clock: FakeClock, picture: Path) -> None:
    content = picture.read_bytes()
    async with FaultServer(answered(body=STORED)) as server, client(server, clock) as devino:
        await devino.email.upload(content, filename="picture.PNG", content_type="image/x-y")
    [request] = server.requests
    assert request.header("transfer-encoding") is None
    assert request.header("content-length") == str(len(request.body))
    form = read_form(request.header("content-type") or "", request.body, accepts_unknown=False)
    assert (form.name, form.content_type) == ("picture.PNG", "image/x-y")
    assert form.content == content


async def test_a_file_is_never_held_in_memory_as_a_whole(clock: FakeClock, picture: Path) -> None:
    async def read_and_forget(line: Line) -> None:
        head = await line.reader.readuntil(b"\r\n\r\n")
        [length] = [each for each in head.split(b"\r\n") if each.startswith(b"Content-Length")]
        left = int(length.partition(b":")[2])
        while left:
            left -= len(await line.reader.read(65536))
        await line.send(whole_answer(200, STORED))

    async with FaultServer(read_and_forget) as server, client(server, clock) as devino:
        tracemalloc.start()
        try:
            await devino.email.upload(picture)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 3 * MEGABYTE


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big.pdf"
    with path.open("wb") as file:
        file.truncate(64 * MEGABYTE)  # more than the sockets' buffers hold
    return path


async def test_a_file_that_shrinks_while_it_is_sent_ends_as_unknown(
    clock: FakeClock, big: Path
) -> None:
    begun, cut = asyncio.Event(), asyncio.Event()

    async def read_when_cut(line: Line) -> None:
        await line.reader.readexactly(1000)
        begun.set()
        await cut.wait()
        await line.hold()

    async with FaultServer(read_when_cut) as server, client(server, clock) as devino:
        sending = asyncio.ensure_future(devino.email.upload(big))
        await begun.wait()
        os.truncate(big, MEGABYTE)
        cut.set()
        with pytest.raises(AnswerLostError) as caught:
            await sending
    assert isinstance(caught.value, OutcomeUnknownError)
    assert server.requests == []


async def test_a_file_that_grows_while_it_is_sent_is_never_taken_for_whole(
    clock: FakeClock, tmp_path: Path
) -> None:
    growing = tmp_path / "growing.txt"
    growing.write_bytes(b"begin " * 2 * MEGABYTE)
    begun, grown = asyncio.Event(), asyncio.Event()

    async def read_when_grown(line: Line) -> None:
        await line.next_begins()
        begun.set()
        await grown.wait()
        await line.read_request()
        await line.send(whole_answer(200, STORED))

    async with FaultServer(read_when_grown) as server, client(server, clock) as devino:
        sending = asyncio.ensure_future(devino.email.upload(growing))
        await begun.wait()
        with growing.open("ab") as file:
            file.write(b"and end")
        grown.set()
        with pytest.raises(OutcomeUnknownError, match="longer"):
            await sending
    assert server.requests == []  # not one whole request


@pytest.mark.parametrize("change", ["gone", "longer"])
async def test_a_file_that_changed_between_two_attempts_was_not_sent(
    clock: FakeClock, picture: Path, change: str
) -> None:
    async def change_and_turn_away(line: Line) -> None:
        await line.read_request()
        picture.unlink()
        if change == "longer":
            picture.write_bytes(b"other")
        await line.send(whole_answer(429, b""))

    async with FaultServer(change_and_turn_away) as server, client(server, clock) as devino:
        with pytest.raises(InvalidMessageError, match="Nothing was made") as caught:
            await clock.drive(devino.email.upload(picture))
    assert (caught.value.field, caught.value.provider) == ("source", "devino")
    assert len(server.requests) == 1
    assert "picture" not in str(caught.value)


async def test_an_upload_whose_answer_is_lost_speaks_of_the_file(clock: FakeClock) -> None:
    async with FaultServer(read_then_fin) as server, client(server, clock) as devino:
        with pytest.raises(AnswerLostError, match="The file may have been made") as caught:
            await devino.email.upload(b"picture", filename="letter.png")
    assert "message" not in str(caught.value)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (read_then_fin, AnswerLostError),
        (answered(200, b"<html>"), UnexpectedAnswerError),
        (answered(200, b'{"result":{}}'), UnexpectedAnswerError),
        (answered(400, b""), RefusedError),
        (answered(200, b'{"reasons":[{"key":"invalid","ref":"file"}]}'), RefusedError),
    ],
    ids=["no answer", "html", "no id", "status", "reasons"],
)
async def test_an_upload_is_tried_once_and_raises_what_its_end_proves(
    clock: FakeClock, step: Any, error: type[Exception]
) -> None:
    async with FaultServer(step) as server, client(server, clock) as devino:
        with pytest.raises(error) as caught:
            await devino.email.upload(b"picture", filename="letter.png")
    assert type(caught.value) is error
    assert len(server.requests) == 1
