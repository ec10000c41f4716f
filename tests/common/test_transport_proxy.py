"""A proxy on the way: what it does before there is a tunnel proves that nothing was sent."""

from __future__ import annotations

import asyncio
import random

import aiohttp
import pytest

from omni_common.errors import (
    ClientClosedError,
    ConnectionFailedError,
    ConnectionRejectedError,
    OmniError,
)
from omni_common.exchange import Request
from tests.support.clock import FakeClock
from tests.support.fault_server import CERTIFICATE, FaultServer, untrusted_tls
from tests.support.fault_steps import (
    Line,
    Step,
    answer,
    close_unread,
    garbage,
    read_then_fin,
    read_then_reset,
    stall,
    tunnel,
)
from tests.support.transport_calls import (
    ACCEPTED,
    AUTHORIZATION,
    DELETE,
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


@pytest.mark.parametrize(
    ("step", "error", "attempts"),
    [
        (answer(502), ConnectionFailedError, 3),
        (answer(403), ConnectionFailedError, 3),
        (answer(407), ConnectionRejectedError, 1),
        (read_then_fin, ConnectionFailedError, 3),
        (read_then_reset, ConnectionFailedError, 3),
        (close_unread, ConnectionFailedError, 3),
        (garbage(), ConnectionFailedError, 3),
        (stall, ConnectionFailedError, 3),
        (answer(200, b""), ConnectionFailedError, 3),
    ],
    ids=[
        "refuses CONNECT",
        "forbids CONNECT",
        "wants a login",
        "closes in CONNECT",
        "resets in CONNECT",
        "closes unread",
        "speaks no HTTP",
        "hangs in CONNECT",
        "agrees and connects nothing",
    ],
)
@each_request
async def test_a_proxy_that_makes_no_tunnel(
    step: Step, error: type[OmniError], attempts: int, request_: Request
) -> None:
    async with FaultServer(tls=untrusted_tls()) as vendor, FaultServer(step) as proxy:
        await assert_unsent(
            vendor.url,
            error,
            attempts=attempts,
            request=request_,
            ca_file=CERTIFICATE,
            proxy=proxy.url,
            connect_timeout=_SOON,
        )

    assert vendor.connections == 0
    assert proxy.connections == attempts


@each_request
async def test_a_proxy_that_hangs_until_the_whole_call_is_out_of_time(request_: Request) -> None:
    async with FaultServer(tls=untrusted_tls()) as vendor, FaultServer(stall) as proxy:
        await assert_unsent(
            vendor.url,
            ConnectionFailedError,
            attempts=1,
            request=request_,
            max_attempts=1,
            ca_file=CERTIFICATE,
            proxy=proxy.url,
            timeout=_SOON,
        )

    assert vendor.connections == 0


async def test_a_proxy_that_is_not_there() -> None:
    with closed_port() as port:
        async with FaultServer(tls=untrusted_tls()) as vendor:
            await assert_unsent(
                vendor.url,
                ConnectionFailedError,
                attempts=3,
                ca_file=CERTIFICATE,
                proxy=f"http://127.0.0.1:{port}",
            )

    assert vendor.connections == 0


async def test_a_tunnel_that_opens_after_the_client_was_closed_is_not_used() -> None:
    opening = asyncio.Event()

    async def open_late(line: Line) -> None:
        await opening.wait()
        await tunnel(vendor)(line)

    async with (
        FaultServer(tls=untrusted_tls()) as vendor,
        FaultServer(open_late) as proxy,
        transport_to(vendor, ca_file=CERTIFICATE, proxy=proxy.url) as omni,
    ):
        send = asyncio.create_task(omni.exchange(SEND, accepted))
        await proxy.until_connections(1)
        await omni.close()
        opening.set()
        with pytest.raises(ClientClosedError):
            await send

    assert vendor.requests == []


async def test_a_proxy_is_shown_its_own_login_and_not_the_vendors() -> None:
    async with FaultServer(tls=untrusted_tls()) as vendor, FaultServer(tunnel(vendor)) as proxy:
        url = proxy.url.replace("://", "://user:p%40ss@")
        async with transport_to(vendor, ca_file=CERTIFICATE, proxy=url) as omni:
            assert await omni.exchange(SEND, accepted) == ACCEPTED

    (connect,) = proxy.requests
    assert connect.request_line.startswith("CONNECT 127.0.0.1:")
    assert connect.header("proxy-authorization") == "Basic dXNlcjpwQHNz"
    assert connect.header("authorization") is None
    (request,) = vendor.requests
    assert request.header("authorization") == AUTHORIZATION
    assert request.header("proxy-authorization") is None


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FaultServer() as server, FaultServer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with (
            aiohttp.ClientSession(trust_env=True) as session,
            transport_to(server, session=session) as omni,
        ):
            assert await omni.exchange(SEND, accepted) == ACCEPTED

    assert proxy.connections == 0


async def test_a_failed_connection_is_made_good_by_the_next_attempt() -> None:
    clock = FakeClock()
    async with (
        FaultServer(tls=untrusted_tls()) as vendor,
        FaultServer(read_then_fin, tunnel(vendor)) as proxy,
        transport_to(vendor, clock=clock, ca_file=CERTIFICATE, proxy=proxy.url) as omni,
    ):
        assert await clock.drive(omni.exchange(SEND, accepted)) == ACCEPTED

    assert len(vendor.requests) == 1
    assert proxy.connections == 2


async def test_without_tls_the_proxy_gets_the_request_itself_with_its_own_login_beside() -> None:
    async with FaultServer() as vendor, FaultServer() as proxy:
        url = proxy.url.replace("://", "://user:p%40ss@")
        async with transport_to(f"{vendor.url}/v1", proxy=url) as omni:
            assert await omni.exchange(SEND, accepted) == ACCEPTED
            assert await omni.exchange(SEND, accepted) == ACCEPTED

    assert vendor.requests == []
    assert proxy.connections == 1
    first, second = proxy.requests
    assert first.request_line == f"POST {vendor.url}/v1/messages HTTP/1.1"
    assert first.header("host") == f"127.0.0.1:{vendor.port}"
    assert first.headers("authorization") == [AUTHORIZATION]
    assert first.headers("proxy-authorization") == ["Basic dXNlcjpwQHNz"]
    assert second.raw == first.raw
