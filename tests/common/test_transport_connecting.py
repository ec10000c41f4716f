"""Failures before a request leaves: proved unsent, and repeated where that may help."""

from __future__ import annotations

import asyncio
import random
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from omni_common.errors import (
    ConfigurationError,
    ConnectionFailedError,
    ConnectionRejectedError,
)
from omni_common.exchange import Request
from omni_common.secret import Secret
from omni_common.settings import TransportSettings
from omni_common.transport import Transport
from tests.support.fault_server import CERTIFICATE, FaultServer, untrusted_tls
from tests.support.fault_steps import (
    close_unread,
    silence,
    speak_first,
    stall,
)
from tests.support.transport_calls import (
    ACCEPTED,
    AUTHORIZATION,
    DELETE,
    PROVIDER,
    READ,
    SEND,
    accepted,
    transport_to,
)
from tests.support.unsent import assert_unsent, closed_port

_SOON = 0.1
"""Seconds for the rows in which aiohttp itself has to run out of time."""

each_request = pytest.mark.parametrize("request_", [SEND, READ, DELETE], ids=["SEND", "GET", "DEL"])


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every pause zero, so that the short real timeouts never forbid a repetition."""
    monkeypatch.setattr(random, "uniform", lambda low, _: low)


@contextmanager
def _full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full: further ones wait for an answer in vain."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address[1]


@each_request
async def test_a_refused_connection(request_: Request) -> None:
    with closed_port() as port:
        error = await assert_unsent(
            f"http://127.0.0.1:{port}", ConnectionFailedError, attempts=3, request=request_
        )

    assert error.attempts[0].detail.startswith(
        "the vendor could not be reached (ClientConnectorError, errno"
    )


class _NoSuchHost(AbstractResolver):
    async def resolve(
        self, host: str, port: int = 0, family: Any = socket.AF_INET
    ) -> list[ResolveResult]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port} of {family} is not known")

    async def close(self) -> None:
        """Nothing is held."""


class _Loopback(AbstractResolver):
    async def resolve(
        self, host: str, port: int = 0, family: Any = socket.AF_INET
    ) -> list[ResolveResult]:
        assert family in {socket.AF_INET, socket.AF_UNSPEC}
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def test_a_name_that_does_not_resolve() -> None:
    connector = aiohttp.TCPConnector(resolver=_NoSuchHost())
    async with aiohttp.ClientSession(connector=connector) as session:
        error = await assert_unsent(
            "https://vendor.example", ConnectionFailedError, attempts=3, session=session
        )

    assert "ClientConnectorDNSError" in error.attempts[0].detail


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full backlog refuses")
@each_request
async def test_a_connection_that_is_never_accepted(request_: Request) -> None:
    with _full_backlog() as port:
        await assert_unsent(
            f"http://127.0.0.1:{port}",
            ConnectionFailedError,
            attempts=3,
            request=request_,
            connect_timeout=_SOON,
        )


@each_request
async def test_a_whole_call_that_times_out_while_connecting(request_: Request) -> None:
    async with FaultServer(silence) as server:
        url = server.url.replace("http:", "https:")
        await assert_unsent(
            url,
            ConnectionFailedError,
            attempts=1,
            request=request_,
            timeout=_SOON,
            max_attempts=1,
        )


@each_request
async def test_a_tls_handshake_that_is_never_answered(request_: Request) -> None:
    async with FaultServer(silence) as server:
        await assert_unsent(
            server.url.replace("http:", "https:"),
            ConnectionFailedError,
            attempts=3,
            request=request_,
            connect_timeout=_SOON,
        )

    assert server.connections == 3


@each_request
async def test_a_pool_whose_only_connection_is_taken(request_: Request) -> None:
    connector = aiohttp.TCPConnector(limit=1)
    async with FaultServer(stall) as server, aiohttp.ClientSession(connector=connector) as session:
        holder = asyncio.create_task(session.request("GET", f"{server.url}/held"))
        await server.until_requests(1)
        await assert_unsent(
            server.url,
            ConnectionFailedError,
            attempts=3,
            request=request_,
            session=session,
            connect_timeout=_SOON,
        )
        holder.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder

    assert len(server.requests) == 1


async def test_a_certificate_that_nobody_vouches_for() -> None:
    async with FaultServer(tls=untrusted_tls()) as server:
        for request in (SEND, READ, DELETE):
            await assert_unsent(server.url, ConnectionRejectedError, attempts=1, request=request)

    assert server.requests == []


async def test_a_certificate_for_another_name() -> None:
    connector = aiohttp.TCPConnector(resolver=_Loopback())
    async with (
        FaultServer(tls=untrusted_tls()) as server,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        url = server.url.replace("127.0.0.1", "vendor.example")
        await assert_unsent(
            url, ConnectionRejectedError, attempts=1, session=session, ca_file=CERTIFICATE
        )

    assert server.requests == []


async def test_a_server_that_does_not_speak_tls() -> None:
    async with FaultServer(speak_first(b"220 mail.example ESMTP\r\n")) as server:
        url = server.url.replace("http:", "https:")
        await assert_unsent(url, ConnectionRejectedError, attempts=1)

    assert server.requests == []


async def test_a_connection_dropped_during_the_tls_handshake() -> None:
    async with FaultServer(close_unread) as server:
        url = server.url.replace("http:", "https:")
        await assert_unsent(url, ConnectionFailedError, attempts=3)

    assert server.requests == []


async def test_a_certificate_that_the_settings_trust() -> None:
    async with (
        FaultServer(tls=untrusted_tls()) as server,
        transport_to(server, ca_file=CERTIFICATE) as omni,
    ):
        assert await omni.exchange(SEND, accepted) == ACCEPTED


async def test_a_certificate_with_another_fingerprint() -> None:
    connector = aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(b"\0" * 32))
    async with (
        FaultServer(tls=untrusted_tls()) as server,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        for request in (SEND, READ, DELETE):
            await assert_unsent(
                server.url, ConnectionRejectedError, attempts=1, session=session, request=request
            )

    assert server.requests == []


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "not PEM"])
def test_a_file_of_certificates_that_cannot_be_used(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    settings = TransportSettings(base_url="https://vendor.example", ca_file=str(file))

    with pytest.raises(ConfigurationError, match="ca_file cannot be used") as caught:
        Transport(settings, provider=PROVIDER, authorization=Secret(AUTHORIZATION))

    assert caught.value.field == "ca_file"
