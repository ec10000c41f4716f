"""How each kind of server is met: where it mounts the receiver, and what its clients break off."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import uvicorn
from aiohttp import web
from attrs import evolve
from fastapi import FastAPI

from omni_common.callbacks import (
    CallbackReceiver,
    Event,
    aiohttp_application,
    asgi_application,
)
from tests.callbacks.genuine import AREAS, BODIES, SECRETS, Post, genuine
from tests.callbacks.office import Office
from tests.callbacks.servers import Answer, request

AREA = "devino.sms"


def raw(url: str, *pieces: bytes, leaving: bool = False, to_the_end: bool = False) -> bytes:
    """Send *pieces* as they are, stop sending there if *leaving*, and read the answer's head.

    With *to_the_end*, read on until the server has closed the connection.
    """
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        # A server that answers before it has the body may close the connection under the sender.
        with suppress(OSError):
            connection.sendall(b"".join(pieces))
            if leaving:
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        while (to_the_end or b"\r\n\r\n" not in answer) and (more := connection.recv(65536)):
            answer += more
        return answer


def head(url: str, post: Post, *lines: str) -> bytes:
    root = urlsplit(url).path
    return "\r\n".join(
        [f"POST {root}{post.path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "\r\n"]
    ).encode()


def chunked(body: bytes) -> bytes:
    size = 40
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("area", AREAS)
def test_a_client_that_stops_halfway_leaves_no_event(office: Office, area: str) -> None:
    # What came is genuine and readable; but more was announced.
    answer = raw(
        office.url,
        head(office.url, genuine(area), *signed(area), f"Content-Length: {len(BODIES[area]) + 9}"),
        BODIES[area],
        leaving=True,
    )
    assert answer == b"" or answer.split()[1] == b"400"
    assert office.events == []
    assert office.post(genuine(area)).status == 200


def signed(area: str) -> list[str]:
    return [f"{name}: {value}" for name, value in genuine(area).headers]


@pytest.mark.parametrize("area", AREAS)
def test_a_body_in_chunks_is_read_where_its_end_is_known(office: Office, area: str) -> None:
    lines = (*signed(area), "Transfer-Encoding: chunked")
    answer = raw(office.url, head(office.url, genuine(area), *lines), chunked(BODIES[area]))
    status = int(answer.split()[1])
    # wsgiref leaves chunks as they are and does not say where they end.
    assert (status, len(office.events)) in {(200, 1), (411, 0)}


def test_a_body_in_chunks_that_goes_on_and_on_is_refused(office: Office) -> None:
    lines = (*signed(AREA), "Transfer-Encoding: chunked")
    piece = b"%x\r\n%s\r\n" % (2**16, b" " * 2**16)
    answer = raw(office.url, head(office.url, genuine(AREA), *lines), piece * 17)
    assert int(answer.split()[1]) in {413, 411}
    assert office.events == []


def test_broken_chunks_are_refused(office: Office) -> None:
    lines = (*signed(AREA), "Transfer-Encoding: chunked")
    answer = raw(office.url, head(office.url, genuine(AREA), *lines), b"5\r\n[{}]", b"\r\nzz\r\n")
    assert answer == b"" or int(answer.split()[1]) in {400, 411}
    assert office.events == []


@pytest.mark.parametrize("junk", [b"\x1f\x8b no gzip at all", gzip.compress(b" " * 20_000_000)])
def test_a_body_that_claims_to_be_compressed_is_refused(office: Office, junk: bytes) -> None:
    post = genuine(AREA, junk)
    compressed = evolve(post, headers=(*post.headers, ("Content-Encoding", "gzip")))
    assert office.post(compressed).status in {400, 413}
    assert office.events == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [b"", BODIES[AREA][:-1]], ids=["none", "all but a byte"])
async def test_a_body_that_never_ends_is_answered_408_and_its_connection_closed(
    sent: bytes,
) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    post = genuine(AREA)
    length = f"Content-Length: {len(post.body)}"
    async with (
        aiohttp_serving(receiver, lingering_time=0) as one,
        uvicorn_serving(asgi_application(receiver)) as other,
    ):
        for url in (one, other):
            keeping = head(url, post, length).replace(b"Connection: close\r\n", b"")
            answer = await asyncio.to_thread(raw, url, keeping, sent, to_the_end=True)
            assert answer.split()[1] == b"408"
            assert b"connection: close" in answer.lower()
    assert events == []


@pytest.mark.parametrize("area", AREAS)
async def test_a_client_that_breaks_off_leaves_no_event_and_no_traceback(
    area: str, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    post = genuine(area)
    length = f"Content-Length: {len(post.body)}"
    with caplog.at_level(logging.INFO):
        async with aiohttp_serving(receiver) as url:
            parts = urlsplit(url)
            for _ in range(5):
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.write(head(url, post, length) + post.body[:-1])
                await writer.drain()
                # One that hears an answer after it: the broken one has been begun by then.
                assert (await posted(url, evolve(post, method="GET"))).status == 405
                writer.transport.abort()
    assert events == []
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_handler_that_raises_is_answered_500_and_gets_the_retry(office: Office) -> None:
    office.errors = [RuntimeError("canary")]
    answers = [office.post(genuine(AREA)) for _ in range(2)]
    assert [(answer.status, answer.body) for answer in answers] == [(500, b""), (200, b"")]
    assert len(office.events) == 1


@asynccontextmanager
async def uvicorn_serving(application: Any, **settings: Any) -> AsyncIterator[str]:
    config = uvicorn.Config(application, log_config=None, **settings)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(config)
        # Without its serve(), which would take over the process's signals.
        serving = asyncio.create_task(server._serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def posted(url: str, post: Post) -> Answer:
    return await asyncio.to_thread(request, url, post)


async def test_fastapi_mounts_it_at_any_depth() -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS, remembered=0)
    outer, inner = FastAPI(), FastAPI()
    inner.mount("/callbacks", asgi_application(receiver))
    outer.mount("/inner", inner)
    outer.mount("/", asgi_application(receiver))

    async with uvicorn_serving(outer) as url:
        for area in AREAS:
            post = genuine(area)
            assert (await posted(f"{url}/inner/callbacks", post)).status == 200
            assert (await posted(url, post)).status == 200
            assert (
                await posted(f"{url}/inner/callbacks", evolve(post, method="GET"))
            ).status == 405
            wrong = evolve(post, path=f"{post.path}/")
            assert (await posted(f"{url}/inner/callbacks", wrong)).status == 404
    assert len(events) == 2 * len(AREAS)


async def test_a_server_may_have_a_root_path_of_its_own() -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS, remembered=0)
    # The proxy in front takes /shop away; uvicorn puts it before the path again.
    async with uvicorn_serving(asgi_application(receiver), root_path="/shop") as url:
        assert (await posted(url, genuine(AREA))).status == 200
    assert len(events) == 1


@asynccontextmanager
async def aiohttp_serving(receiver: CallbackReceiver, **settings: Any) -> AsyncIterator[str]:
    application = web.Application(client_max_size=10)
    application.add_subapp("/callbacks", aiohttp_application(receiver))
    runner = web.AppRunner(application, access_log=None, **settings)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks"
    finally:
        await runner.cleanup()


async def test_under_aiohttp_the_size_limit_of_the_receiver_counts() -> None:
    receiver = CallbackReceiver(repr, secrets=SECRETS, size_limit=1000)
    async with aiohttp_serving(receiver) as url:
        assert (await posted(url, genuine(AREA))).status == 200
        assert (await posted(url, genuine(AREA, b" " * 1001))).status == 413


async def test_under_aiohttp_a_cancelled_handler_has_accepted_nothing() -> None:
    begun, ended, patience = asyncio.Event(), asyncio.Event(), asyncio.Event()
    taken: list[Event] = []

    async def handle(event: Event) -> None:
        begun.set()
        try:
            await patience.wait()
        finally:
            ended.set()
        taken.append(event)

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    async with aiohttp_serving(receiver, handler_cancellation=True) as url:
        post = genuine(AREA)
        async with aiohttp.ClientSession() as session:
            leaving = asyncio.create_task(session.post(url + post.path, data=post.body))
            await begun.wait()
            leaving.cancel()
            await ended.wait()
        assert taken == []
        patience.set()
        assert (await posted(url, post)).status == 200
    assert len(taken) == 1


async def test_under_uvicorn_a_client_that_leaves_changes_nothing() -> None:
    begun, ended, patience = asyncio.Event(), asyncio.Event(), asyncio.Event()
    taken: list[Event] = []

    async def handle(event: Event) -> None:
        begun.set()
        await patience.wait()
        taken.append(event)
        ended.set()

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    async with uvicorn_serving(asgi_application(receiver)) as url:
        post = genuine(AREA)
        async with aiohttp.ClientSession() as session:
            leaving = asyncio.create_task(session.post(url + post.path, data=post.body))
            await begun.wait()
            leaving.cancel()
        patience.set()
        await ended.wait()
        assert (await posted(url, post)).status == 200
    assert len(taken) == 1


def test_importing_callbacks_does_not_import_aiohttp() -> None:
    code = "import sys; from omni_common.callbacks import *; print(*sys.modules)"
    command = [sys.executable, "-W", "error", "-c", code]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    modules = set(finished.stdout.split())
    assert "omni_common.callbacks.aiohttp_shim" in modules
    assert not modules & {"aiohttp", "yarl", "multidict", "uvicorn", "starlette"}
