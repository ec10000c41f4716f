"""Ways to a vendor that fail before a request leaves, or inside TLS, or at a proxy."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from omni_common.errors import Outcome
from tests.reliability.fault_matrix.setting import Leads, Way
from tests.support.fault_server import CERTIFICATE, FaultServer, untrusted_tls
from tests.support.fault_steps import (
    Line,
    Step,
    answer,
    close_unread,
    garbage,
    interim_then_answer,
    raw_answer,
    read_then_fin,
    read_then_reset,
    redirect,
    silence,
    speak_first,
    stall,
    tunnel,
)
from tests.support.faulty_vendor import FaultyVendor
from tests.support.unsent import closed_port

__all__ = ["OPEN_WAYS", "WAYS"]

_SOON = 0.15
"""Seconds for a connection that only the client's patience ends."""
_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
"""TLS: a fatal alert, handshake_failure."""
_HALF = b"\x16\x03\x03\x00\x40" + b"\x02" + bytes(31)
"""TLS: the first half of a record of the handshake."""


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


class _Resolver(AbstractResolver):
    """Knows no name at all, or that every one is this machine's."""

    def __init__(self, *, knows: bool) -> None:
        self._knows = knows

    async def resolve(
        self, host: str, port: int = 0, family: Any = socket.AF_INET
    ) -> list[ResolveResult]:
        if not self._knows:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        this = ResolveResult(
            hostname=host,
            host="127.0.0.1",
            port=port,
            family=socket.AF_INET,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )
        return [this]

    async def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def _nobody(vendor: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    with closed_port() as port:
        yield {"base_url": f"http://127.0.0.1:{port}{vendor.emulator.path}"}


@asynccontextmanager
async def _queue(vendor: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    with _full_backlog() as port:
        url = f"http://127.0.0.1:{port}{vendor.emulator.path}"
        yield {"base_url": url, "connect_timeout": _SOON}


def _named(*, knows: bool) -> Leads:
    """By a name that is looked up, and is not the one in the certificate."""

    @asynccontextmanager
    async def leads(vendor: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
        connector = aiohttp.TCPConnector(resolver=_Resolver(knows=knows))
        async with aiohttp.ClientSession(connector=connector) as session:
            url = f"https://vendor.example:{vendor.port}{vendor.emulator.path}"
            yield {"base_url": url, "session": session}

    return leads


def _server(step: Step, **options: Any) -> Leads:
    """To a server that does *step* where TLS should begin."""

    @asynccontextmanager
    async def leads(vendor: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
        async with FaultServer(step) as server:
            url = f"https://127.0.0.1:{server.port}{vendor.emulator.path}"
            yield {"base_url": url, "ca_file": CERTIFICATE, **options}

    return leads


@asynccontextmanager
async def _untrusted(_: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    yield {"ca_file": None}


@asynccontextmanager
async def _wants_a_certificate(vendor: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    """The vendor turns the client away, which in TLS 1.3 the client learns after its request."""
    context = untrusted_tls()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(CERTIFICATE)
    async with FaultServer(answer(), tls=context) as server:
        url = f"https://127.0.0.1:{server.port}{vendor.emulator.path}"
        yield {"base_url": url, "ca_file": CERTIFICATE}


def _proxy(step: Step, **options: Any) -> Leads:
    """By a proxy that does *step* when it is asked for a tunnel."""

    @asynccontextmanager
    async def leads(_: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
        async with FaultServer(step) as proxy:
            yield {"proxy": f"http://127.0.0.1:{proxy.port}", **options}

    return leads


@asynccontextmanager
async def _no_proxy(_: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    with closed_port() as port:
        yield {"proxy": f"http://127.0.0.1:{port}"}


@asynccontextmanager
async def _working_proxy(vendor: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    async with FaultServer(tunnel(vendor)) as proxy:
        yield {"proxy": f"http://127.0.0.1:{proxy.port}"}


@asynccontextmanager
async def _given_session(_: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    async with aiohttp.ClientSession() as session:
        yield {"session": session}


async def _reset_unread(line: Line) -> None:
    await line.read_first_byte()
    line.reset()


async def _http_error(line: Line) -> None:
    """What a server of plain HTTP says to TLS."""
    await line.read_first_byte()
    await line.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    line.fin()


async def _agree_and_cut(line: Line) -> None:
    await line.read_request()
    await line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
    line.fin()


def _lost(name: str, leads: Leads, *, tls: bool = False, stalls: bool = False) -> Way:
    """A way on which nothing ever leaves."""
    return Way(name, leads, tls=tls, proves=Outcome.NOT_SENT, stalls=stalls, recovers=False)


def _ways() -> Iterator[Way]:
    yield _lost("a closed port", _nobody)
    yield _lost("a full queue", _queue, stalls=True)
    yield _lost("a name that nobody knows", _named(knows=False), tls=True)
    yield _lost("a certificate of another name", _named(knows=True), tls=True)
    yield _lost("a certificate of nobody known", _untrusted, tls=True)
    instead_of_tls: dict[str, Step] = {
        "closed": close_unread,
        "reset": _reset_unread,
        "an alert": speak_first(_ALERT),
        "another protocol": speak_first(b"220 mail.example ESMTP\r\n"),
        "plain HTTP": _http_error,
        "zeros": speak_first(bytes(4096)),
    }
    for name, step in instead_of_tls.items():
        yield _lost(f"instead of TLS {name}", _server(step))
    for name, step in {"silence": silence, "half a record": speak_first(_HALF)}.items():
        leads = _server(step, connect_timeout=_SOON)
        yield _lost(f"instead of TLS {name}", leads, stalls=True)
    yield Way("a certificate is wanted", _wants_a_certificate, recovers=None)
    at_a_proxy: dict[str, Step] = {
        "not there for us": answer(403, b"<html>"),
        "wants a login": answer(407, b"<html>"),
        "has no route": answer(502, b"<html>"),
        "points elsewhere": redirect(302, "/elsewhere"),
        "closes": read_then_fin,
        "resets": read_then_reset,
        "closes unread": close_unread,
        "speaks no HTTP": garbage(),
        "says 100 and 403": raw_answer(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\n\r\n"),
        "agrees and closes": _agree_and_cut,
        "says 101": interim_then_answer(101),
    }
    for name, step in at_a_proxy.items():
        yield _lost(f"a proxy {name}", _proxy(step), tls=True)
    for name, step in {"hangs": stall, "agrees and speaks itself": answer(200, b"<html>")}.items():
        leads = _proxy(step, connect_timeout=_SOON)
        yield _lost(f"a proxy {name}", leads, tls=True, stalls=True)
    yield _lost("a proxy is not there", _no_proxy, tls=True)


OPEN_WAYS: Mapping[str, Way] = {
    way.name: way
    for way in (
        Way("TLS", tls=True),
        Way("a given session", _given_session),
        Way("a given session with TLS", _given_session, tls=True),
        # What a vendor ends comes through a proxy late, maybe in the middle of the next send.
        Way("a proxy", _working_proxy, tls=True, recovers=None),
    )
}
"""Ways on which nothing is wrong."""
WAYS: Mapping[str, Way] = {way.name: way for way in _ways()}
"""Ways on which something is wrong."""
