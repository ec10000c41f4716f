"""Connections to one vendor, none of which anything has come over unasked."""

from __future__ import annotations

import asyncio
import math
import select
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Literal, cast
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import hdrs
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from omni_common.clock import SystemClock
from omni_common.errors import ConfigurationError
from omni_common.settings import TransportSettings
from omni_common.wire.idle import Idle

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

__all__ = ["Pool"]

# Servers commonly drop idle connections after five seconds; letting go first avoids the race in
# which a send meets a connection that is being closed, which cannot be told from a lost answer.
_KEEP_ALIVE = 4.0

_used: WeakKeyDictionary[asyncio.BaseProtocol, Callable[[], bool]] = WeakKeyDictionary()
"""Connections that have carried a request, and how each tells that something waits to be read."""


class Pool:
    """The connections of one client: opened in the event loop that needs them first.

    Of a session that is given only the connector is used (its pool, TLS and resolver), and its
    tracing goes on. What else it was set up with (headers, login, cookies, timeout, middlewares,
    proxies of the environment) was meant for other servers than this vendor's.
    """

    def __init__(
        self, settings: TransportSettings, session: aiohttp.ClientSession | None = None
    ) -> None:
        """Prepare; opens nothing. A given *session* is used but never closed."""
        self._settings = settings
        self._given = session
        self._closed = False
        self._tls = _tls(settings)
        connect = settings.connect_timeout
        self._patience = aiohttp.ClientTimeout(
            connect=connect, sock_connect=connect, ceil_threshold=math.inf
        )
        self._session: aiohttp.ClientSession | None = None
        self._session_loop: asyncio.AbstractEventLoop | None = None
        self._session_life: AsyncGenerator[aiohttp.ClientSession, None] | None = None
        self._idle: Idle | None = None
        self._to_vendor: aiohttp.ClientRequest | None = None

    @property
    def slots(self) -> int:
        """How many requests may run at once without waiting inside aiohttp's own pool."""
        limits = [self._settings.concurrency]
        if self._given is not None and self._given.connector is not None:
            connector = self._given.connector
            limits += [limit for limit in (connector.limit, connector.limit_per_host) if limit]
        return min(limits)

    @property
    def closed(self) -> bool:
        """Whether this, or the session that was given, is closed."""
        return self._closed or (self._given is not None and self._given.closed)

    async def session(self) -> aiohttp.ClientSession:
        """The session of the running event loop, which holds the connections and the tracing.

        Raises:
            ConfigurationError: The session that was given belongs to another event loop.
        """
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._session_loop is not loop:
            # A session of another loop is let go: it was closed with that loop, see below.
            # Connections are kept by the system's clock, since servers let go of them by it.
            self._idle = Idle(_KEEP_ALIVE, SystemClock()) if self._given is None else None
            self._session_life = _open(self._given, self._tls, self._idle)
            self._session = await anext(self._session_life)
            self._session_loop = loop
            self._to_vendor = self._to_vendor_over(self._session)
        return self._session

    async def connection(self, session: aiohttp.ClientSession, traces: list[Trace]) -> Connection:
        """A connection of *session* on which nothing came unasked; to be released or closed.

        aiohttp would take that for the answer to this request, and a send that was never answered
        for an accepted one. Looked at here, it holds for the pool of a given session too. What has
        come and was not read yet counts as well, and so does the connection's end.
        """
        kept = self._idle_connection()
        if kept is not None:
            return kept
        connector = cast("aiohttp.BaseConnector", session.connector)  # it has one while it is open
        to_vendor = cast("aiohttp.ClientRequest", self._to_vendor)  # made with the session
        while True:
            connection = await connector.connect(to_vendor, traces, self._patience)
            protocol = cast("ResponseHandler", connection.protocol)  # which it has until released
            if protocol not in _used:
                break
            if not _has_spoken(connection):
                return connection
            connection.close()
        if protocol.should_close:
            connection.close()
            raise aiohttp.ServerDisconnectedError("the server spoke unasked")
        _used[protocol] = _look(connection)
        return connection

    def keep(self, connection: Connection, session: aiohttp.ClientSession) -> None:
        """Take back a connection of *session*, over which a request and its answer have gone."""
        protocol = cast("ResponseHandler", connection.protocol)  # which it has until released
        if self._idle is None or session is not self._session or protocol.should_close:
            connection.release()  # which closes one that cannot be used again
        else:
            self._idle.put(connection)

    @property
    def forward_proxy_headers(self) -> dict[str, str] | None:
        """What a proxy that requests are addressed to wants to be told; None without such a one.

        Requests over TLS go through a tunnel instead, past the proxy. Known once connected.
        """
        to_vendor = self._to_vendor
        if to_vendor is None or to_vendor.proxy is None or to_vendor.is_ssl():
            return None
        login = to_vendor.headers.get(hdrs.PROXY_AUTHORIZATION)
        return {} if login is None else {hdrs.PROXY_AUTHORIZATION: login}

    async def close(self) -> None:
        """Close our own session, if one was made. Safe to repeat."""
        self._closed = True
        life, self._session_life = self._session_life, None
        if life is not None and self._session_loop is asyncio.get_running_loop():
            await life.aclose()

    def _idle_connection(self) -> Connection | None:
        while self._idle is not None and (connection := self._idle.take()) is not None:
            if not _has_spoken(connection):
                return connection
            connection.close()
        return None

    def _to_vendor_over(self, session: aiohttp.ClientSession) -> aiohttp.ClientRequest:
        """What tells aiohttp where to connect to, and how; it is never sent."""
        proxy = self._settings.proxy
        return aiohttp.ClientRequest(
            hdrs.METH_GET,
            URL(self._settings.base_url),
            loop=asyncio.get_running_loop(),
            session=session,
            ssl=self._tls,
            proxy=None if proxy is None else URL(proxy.reveal()),
        )


def _has_spoken(connection: Connection) -> bool:
    """Whether anything came over *connection* that nobody asked for, be it its end."""
    protocol = cast("ResponseHandler", connection.protocol)  # which it has until released
    return protocol.should_close or _used[protocol]()


def _look(connection: Connection) -> Callable[[], bool]:
    """How to tell whether the socket holds something, be it its end, that nobody has read yet."""
    transport = connection.transport
    sock: socket.socket | None = None if transport is None else transport.get_extra_info("socket")
    if sock is None:
        return lambda: False
    number = sock.fileno()
    if sys.platform == "win32":
        return lambda: bool(select.select([number], [], [], 0)[0])
    poll = select.poll()  # which, other than select, takes any number of open files
    poll.register(number, select.POLLIN)
    return lambda: bool(poll.poll(0))


async def _open(
    given: aiohttp.ClientSession | None,
    tls: ssl.SSLContext | Literal[True],
    idle: Idle | None,
) -> AsyncGenerator[aiohttp.ClientSession, None]:
    """Hold a session open.

    As a generator, because asyncio ends the generators of a loop with the loop: a client that is
    used in several ``asyncio.run`` leaves no open sockets behind.
    """
    connector: aiohttp.BaseConnector | None = (
        aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE, ssl=tls)
        if given is None
        else given.connector
    )
    try:
        session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=given is None,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=None if given is None else given.trace_configs,
            loop=asyncio.get_running_loop(),  # refused unless it is the connector's too
        )
    except RuntimeError as error:
        msg = "the given session belongs to another event loop; make it in the one that uses it"
        raise ConfigurationError(msg, field="session") from error
    try:
        yield session
    finally:
        left = [] if idle is None else idle.close()
        try:
            await session.close()
        finally:
            for connection in left:
                connection.release()


def _tls(settings: TransportSettings) -> ssl.SSLContext | Literal[True]:
    if settings.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        msg = f"ca_file cannot be used ({type(error).__name__}); give a file of PEM certificates"
        raise ConfigurationError(msg, field="ca_file") from error
