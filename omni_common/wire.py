"""One attempt over aiohttp's client: session, sockets, and what a failure on them proves.

This is the only room that touches aiohttp's client. It never raises for what goes wrong on the way:
an attempt ends in an :class:`Answer` or a :class:`Failure`; only an interruption passes through.
"""

from __future__ import annotations

import asyncio
import math
import select
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Literal, cast
from weakref import WeakSet

import aiohttp
from aiohttp import hdrs
from aiohttp.connector import Connection
from yarl import URL

from omni_common.errors import ConfigurationError
from omni_common.exchange import Answer, Failure, FailureKind, Request
from omni_common.payload import FileError, payload_of
from omni_common.secret import Secret
from omni_common.settings import TransportSettings
from omni_common.version import __version__

__all__ = ["Wire"]

_USER_AGENT = f"omni-async/{__version__}"
# Servers commonly drop idle connections after five seconds; letting go first avoids the race in
# which a send meets a connection that is being closed, which cannot be told from a lost answer.
_KEEP_ALIVE = 4.0


class _BrokenError(Exception):
    """Carries a disconnection past aiohttp, which would repeat some methods on its own."""


class _StaleError(Exception):
    """A kept-alive connection is of no use any more, and nothing was written to it."""


_carried: WeakSet[asyncio.BaseProtocol] = WeakSet()
"""Connections that have carried a request before."""


class _Request(aiohttp.ClientRequest):
    """A request that does not leave over a connection on which something came unasked.

    aiohttp would take that for the answer to this request, and a send that was never answered for
    an accepted one. Looked at here, it holds for the pool of a given session too. What has come and
    was not read yet counts as well, and so does the connection's end.
    """

    leaves: Callable[[], None] | None = None
    """Called right before a request leaves that has no body, which would tell it better."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        protocol = conn.protocol
        if protocol is not None:
            if protocol in _carried and (protocol.should_close or _waits_to_be_read(conn)):
                raise _StaleError
            if protocol.should_close:
                raise aiohttp.ServerDisconnectedError("the server spoke unasked")
            _carried.add(protocol)
        if self.leaves is not None:
            self.leaves()
        return await super().send(conn)


class Wire:
    """The session of one client: made when first needed, in the loop that needs it.

    Of a session that is given only the connector is used (its pool, TLS and resolver), and its
    tracing goes on. What else it was set up with (headers, login, cookies, timeout, middlewares,
    proxies of the environment) was meant for other servers than this vendor's.
    """

    def __init__(
        self,
        settings: TransportSettings,
        authorization: Secret,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        """Prepare; opens nothing. A given *session* is used but never closed."""
        self._settings = settings
        self._base = settings.base_url.rstrip("/")
        self._authorization = authorization
        self._given = session
        self._closed = False
        self._session: aiohttp.ClientSession | None = None
        self._session_loop: asyncio.AbstractEventLoop | None = None
        self._session_life: AsyncGenerator[aiohttp.ClientSession, None] | None = None
        self._tls = _tls(settings)

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

    async def attempt(
        self, request: Request, timeout: float, begun: Callable[[], None]
    ) -> Answer | Failure:
        """Make one request and read its whole answer within *timeout* seconds.

        *begun* is called right before the first byte may leave.

        Raises:
            ConfigurationError: The session that was given belongs to another event loop.
        """
        if self.closed:
            return Failure(FailureKind.CLIENT_CLOSED, sent=False)
        progress = _Progress(begun)
        session = await self._session_of_running_loop()
        try:
            return await self._exchange(session, request, timeout, progress)
        except Exception as error:  # noqa: BLE001 - whatever it is, what counts is what it proves
            return _failure(error, progress, closed=session.closed)
        except BaseException as interruption:  # noqa: BLE001 - it is raised again
            # The frames of aiohttp hold the request, its address and the proxy's password, and a
            # crash reporter shows what frames hold: those of an interruption end here.
            raise interruption.with_traceback(None)  # noqa: B904 - it is the same

    async def close(self) -> None:
        """Close our own session, if one was made. Safe to repeat."""
        self._closed = True
        life, self._session_life = self._session_life, None
        if life is not None and self._session_loop is asyncio.get_running_loop():
            await life.aclose()

    async def _exchange(
        self, session: aiohttp.ClientSession, request: Request, timeout: float, progress: _Progress
    ) -> Answer | Failure:
        settings = self._settings
        connect = min(settings.connect_timeout, timeout)
        payload = await payload_of(request, progress.begin)
        guard = partial(self._guard, None if payload is not None else progress.begin)
        try:
            async with session.request(
                request.method,
                URL(self._base + request.target, encoded=True),
                data=payload,
                headers={
                    hdrs.ACCEPT: "application/json",
                    hdrs.ACCEPT_ENCODING: "identity",
                    hdrs.USER_AGENT: _USER_AGENT,
                    **request.headers,
                },
                allow_redirects=False,
                raise_for_status=False,
                timeout=aiohttp.ClientTimeout(
                    total=timeout, connect=connect, sock_connect=connect, ceil_threshold=math.inf
                ),
                proxy=None if settings.proxy is None else settings.proxy.reveal(),
                ssl=self._tls,
                middlewares=(guard,),
            ) as response:
                progress.status = response.status
                return await self._read(response)
        finally:
            if payload is not None:
                await payload.close()

    async def _read(self, response: aiohttp.ClientResponse) -> Answer | Failure:
        limit = self._settings.response_limit
        chunks: list[bytes] = []
        length = 0
        async for chunk in response.content.iter_any():
            length += len(chunk)
            if length > limit:
                response.close()
                detail = "longer than response_limit"
                return Failure(FailureKind.UNREADABLE, detail, status=response.status)
            chunks.append(chunk)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, b"".join(chunks), headers)

    async def _guard(
        self,
        leaves: Callable[[], None] | None,
        request: aiohttp.ClientRequest,
        handler: aiohttp.ClientHandlerType,
    ) -> aiohttp.ClientResponse:
        cast("_Request", request).leaves = leaves  # every session here makes these
        # Set here rather than as a header of the call, which tracing hooks are shown first of all.
        request.headers[hdrs.AUTHORIZATION] = self._authorization.reveal()
        try:
            return await _past_stale_ones(request, handler)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            # aiohttp sends GET, PUT and DELETE again by itself on these two.
            raise _BrokenError from error

    async def _session_of_running_loop(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._session_loop is not loop:
            # A session of another loop is let go: it was closed with that loop, see below.
            self._session_life = _open(self._given, self._tls)
            self._session = await anext(self._session_life)
            self._session_loop = loop
        return self._session


class _Progress:
    """How far one attempt has come."""

    __slots__ = ("_begun", "sent", "status")

    def __init__(self, begun: Callable[[], None]) -> None:
        self._begun = begun
        self.sent = False
        self.status: int | None = None

    def begin(self) -> None:
        self.sent = True
        self._begun()


async def _past_stale_ones(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send *request*, not counting stale connections of the pool, each of which is closed."""
    while True:
        try:
            return await handler(request)
        except _StaleError:
            continue


def _waits_to_be_read(connection: Connection) -> bool:
    """Whether the socket holds something, be it its end, that the event loop has not read yet."""
    transport = connection.transport
    sock: socket.socket | None = None if transport is None else transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return False
    if sys.platform == "win32":
        return bool(select.select([sock.fileno()], [], [], 0)[0])
    poll = select.poll()  # which, other than select, takes any number of open files
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def _open(
    given: aiohttp.ClientSession | None, tls: ssl.SSLContext | Literal[True]
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
            request_class=_Request,
            trace_configs=None if given is None else given.trace_configs,
            loop=asyncio.get_running_loop(),  # refused unless it is the connector's too
        )
    except RuntimeError as error:
        msg = "the given session belongs to another event loop; make it in the one that uses it"
        raise ConfigurationError(msg, field="session") from error
    async with session:
        yield session


def _tls(settings: TransportSettings) -> ssl.SSLContext | Literal[True]:
    if settings.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        msg = f"ca_file cannot be used ({type(error).__name__}); give a file of PEM certificates"
        raise ConfigurationError(msg, field="ca_file") from error


def _failure(error: Exception, progress: _Progress, *, closed: bool) -> Failure:
    """What an exception of aiohttp proves."""
    cause = error.__cause__ if isinstance(error, _BrokenError) and error.__cause__ else error
    kind = _while_connecting(cause)
    sent = kind is None and progress.sent
    if kind is None:
        kind = _after_leaving(cause, progress) if sent else _before_leaving(cause, closed=closed)
    return Failure(kind, _describe(cause), sent=sent, status=progress.status)


def _while_connecting(cause: BaseException) -> FailureKind | None:
    """The kind of an exception that exists only before a request leaves; None for any other.

    The most specific come first: aiohttp's classes overlap.
    """
    match cause:
        case (
            aiohttp.ServerFingerprintMismatch()
            | aiohttp.ClientConnectorCertificateError()
            | aiohttp.ClientConnectorSSLError()
            | aiohttp.InvalidURL()
            | aiohttp.ClientHttpProxyError(status=HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
        ):
            return FailureKind.CONNECTION_REJECTED
        case (
            aiohttp.ClientHttpProxyError()
            | aiohttp.ClientConnectorError()
            | aiohttp.ConnectionTimeoutError()
        ):
            return FailureKind.UNREACHABLE
        case _:
            return None


def _before_leaving(cause: BaseException, *, closed: bool) -> FailureKind:
    if isinstance(cause, FileError):
        return FailureKind.FILE_UNREADABLE
    if closed:
        return FailureKind.CLIENT_CLOSED
    if isinstance(cause, OSError | aiohttp.ClientError):  # TimeoutError is an OSError
        return FailureKind.UNREACHABLE
    return FailureKind.CONNECTION_REJECTED  # a header that cannot be written, say: it stays so


def _after_leaving(cause: BaseException, progress: _Progress) -> FailureKind:
    if progress.status is not None:
        return FailureKind.CUT_OFF
    match cause:
        case TimeoutError():
            return FailureKind.TIMED_OUT
        case aiohttp.ClientResponseError():  # with a made-up status of 400
            return FailureKind.MALFORMED
        case _:
            return FailureKind.DISCONNECTED


def _describe(error: Any) -> str:
    """Name an exception without its text, which may quote addresses and headers."""
    cause = error
    while cause is not None:
        if isinstance(cause, FileError):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    number = getattr(error, "errno", None)
    name = type(error).__name__
    return name if number is None else f"{name}, errno {number}"
