"""One request and its answer over one connection: the first byte out to the last byte in."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.helpers import TimerNoop
from aiohttp.http import StreamWriter
from aiohttp.tracing import Trace
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from omni_common.exchange import Answer, Failure, FailureKind, FileBody, Request
from omni_common.wire.head import Heads
from omni_common.wire.upload import write_file

__all__ = ["Conversation"]


class Conversation:
    """What is said for one attempt, and how far it has come.

    It is over when request and answer have gone over the connection whole: then, and only then,
    another one may follow.
    """

    def __init__(self, request: Request, heads: Heads, begun: Callable[[], None]) -> None:
        """Prepare to send *request*; *begun* is called before the first byte may leave."""
        self.request = request
        self.traces: list[Trace] = []
        self.file: io.BufferedReader | None = None
        self.sent = False
        self.status: int | None = None
        self.is_over = False
        self._heads = heads
        self._begun = begun
        self._url: URL
        self._headers: CIMultiDict[str]

    async def trace(self, session: aiohttp.ClientSession) -> None:
        """Tell the tracing of *session* that the request begins, and from now on how it goes on.

        Its hooks may add headers.
        """
        self._url = url = self._heads.url(self.request)
        self._headers = self._heads.headers(self.request)
        for config in session.trace_configs:
            trace = Trace(session, config, config.trace_config_ctx())
            await trace.send_request_start(self.request.method, url, self._headers)
            self.traces.append(trace)

    async def trace_exception(self, error: BaseException) -> None:
        """Tell those who heard of the beginning that it ended in *error*."""
        for trace in self.traces:
            await trace.send_request_exception(self.request.method, self._url, self._headers, error)

    async def hold(
        self, connection: Connection, for_proxy: Mapping[str, str] | None, limit: int
    ) -> Answer | Failure:
        """Send the request and read its whole answer.

        Args:
            connection: What to send it over.
            for_proxy: Headers for a proxy that the request is addressed to; None without one.
            limit: Bytes of an answer at most.
        """
        protocol = cast("ResponseHandler", connection.protocol)  # which it has until released
        protocol.set_response_params(read_until_eof=True)
        writing: asyncio.Task[None] | None = None
        try:
            await self._send(protocol, for_proxy)
            if self.file is not None:
                writing = asyncio.create_task(self._upload(self.file, protocol))
            answer = await self._answer(connection, protocol, limit)
            self.is_over = isinstance(answer, Answer) and _all_left(protocol, writing)
            return answer
        finally:
            if writing is not None:
                writing.cancel()

    async def _send(self, protocol: ResponseHandler, for_proxy: Mapping[str, str] | None) -> None:
        """Write all of the request that is at hand."""
        request, heads = self.request, self._heads
        if self.traces or request.headers or for_proxy is not None:
            shown = self._headers if self.traces else heads.headers(request)
            headers = heads.with_credentials(shown, for_proxy)
            head = heads.head(request, headers, is_for_proxy=for_proxy is not None)
            await self._trace_sending(headers)
        else:
            head = heads.usual_head(request)
        transport = protocol.transport
        if transport is None or transport.is_closing():
            raise aiohttp.ClientConnectionResetError("closed before the request left")
        self._begin()
        transport.write(head + (request.body or b""))

    def _begin(self) -> None:
        self.sent = True
        self._begun()

    async def _upload(self, file: io.BufferedReader, protocol: ResponseHandler) -> None:
        """Write a body that takes its time, while the answer may come already."""
        writer = StreamWriter(protocol, asyncio.get_running_loop(), self._trace_chunk)
        try:
            await write_file(writer, cast("FileBody", self.request.file), file)
            await writer.write_eof()
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            protocol.set_exception(error)

    async def _answer(
        self,
        connection: Connection,
        protocol: ResponseHandler,
        limit: int,
    ) -> Answer | Failure:
        if self.traces:
            response = await self._traced_response(connection, protocol)
            status, headers, content = response.status, response.headers, response.content
        else:
            head, content = await protocol.read()
            while head.code // 100 == 1 and head.code != HTTPStatus.SWITCHING_PROTOCOLS:
                head, content = await protocol.read()
            status, headers = head.code, head.headers
        self.status = status
        chunks: list[bytes] = []
        length = 0
        while not content.at_eof():
            chunk = await content.readany()
            length += len(chunk)
            if length > limit:
                return Failure(FailureKind.UNREADABLE, "longer than response_limit", status=status)
            chunks.append(chunk)
        lower = {name.lower(): value for name, value in headers.items()}
        return Answer(status, b"".join(chunks), lower)

    async def _traced_response(
        self, connection: Connection, protocol: ResponseHandler
    ) -> aiohttp.ClientResponse:
        """The answer as aiohttp's own object, which is what tracing hooks are shown."""
        method, url = self.request.method, self._url
        loop = asyncio.get_running_loop()
        response = aiohttp.ClientResponse(
            method,
            url,
            writer=None,
            continue100=None,
            timer=TimerNoop(),
            request_info=aiohttp.RequestInfo(url, method, CIMultiDictProxy(self._headers), url),
            traces=[],
            loop=loop,
            session=None,  # type: ignore[arg-type]  # it is asked for a guess at a text's encoding
            stream_writer=StreamWriter(protocol, loop),
        )
        await response.start(cast("Connection", _Lent(connection)))
        for trace in self.traces:
            await trace.send_request_end(method, url, self._headers, response)
        return response

    async def _trace_sending(self, headers: CIMultiDict[str]) -> None:
        for trace in self.traces:
            await trace.send_request_headers(self.request.method, self._url, headers)
        if self.request.body:
            await self._trace_chunk(self.request.body)

    async def _trace_chunk(self, chunk: Any) -> None:
        for trace in self.traces:
            await trace.send_request_chunk_sent(self.request.method, self._url, chunk)


class _Lent:
    """A connection for a response to read from, which would give it back with the last byte.

    That is not the response's to decide: the request may still be leaving.
    """

    def __init__(self, connection: Connection) -> None:
        self.protocol = connection.protocol

    def release(self) -> None:
        """Leave it to the owner."""

    def close(self) -> None:
        """Leave it to the owner."""


def _all_left(protocol: ResponseHandler, writing: asyncio.Task[None] | None) -> bool:
    """Whether nothing of the request is left to be sent, although its answer is here already."""
    transport = protocol.transport
    return (writing is None or writing.done()) and not (
        transport is not None and transport.get_write_buffer_size()
    )
