"""One request and its answer over one connection: the first byte out to the last byte in."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
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
from omni_common.wire.upload import write_file

__all__ = ["Conversation"]


class Conversation:
    """What is said for one attempt, and how far it has come."""

    def __init__(
        self,
        request: Request,
        headers: CIMultiDict[str],
        begun: Callable[[], None],
    ) -> None:
        """Prepare to send *request*; *begun* is called before the first byte may leave."""
        self.request = request
        self.headers = headers
        self.traces: list[Trace] = []
        self.file: io.BufferedReader | None = None
        self.sent = False
        self.status: int | None = None
        self._begun = begun
        self._url: URL

    async def trace(self, session: aiohttp.ClientSession, url: URL) -> None:
        """Tell the tracing of *session* that the request begins, and from now on how it goes on."""
        self._url = url
        for config in session.trace_configs:
            trace = Trace(session, config, config.trace_config_ctx())
            await trace.send_request_start(self.request.method, url, self.headers)
            self.traces.append(trace)

    async def trace_exception(self, error: BaseException) -> None:
        """Tell those who heard of the beginning that it ended in *error*."""
        for trace in self.traces:
            await trace.send_request_exception(self.request.method, self._url, self.headers, error)

    async def hold(
        self, connection: Connection, start: str, headers: CIMultiDict[str], limit: int
    ) -> Answer | Failure:
        """Send the request and read its whole answer.

        The connection goes back to the pool if all was said over it, and is closed otherwise.

        Args:
            connection: What to send it over.
            start: The request's first line.
            headers: All headers of the request; with credentials, which those before are without.
            limit: Bytes of an answer at most.
        """
        protocol = cast("ResponseHandler", connection.protocol)  # which it has until released
        protocol.set_response_params(read_until_eof=True)
        writing: asyncio.Task[None] | None = None
        try:
            writer = self._writer(protocol)
            await writer.write_headers(start, headers)
            if self.file is not None:
                writing = asyncio.create_task(self._upload(self.file, writer, protocol))
            else:
                self._begin()
                if self.request.body:
                    # It is at hand, so that nothing needs to wait for what can be read already.
                    await writer.write(self.request.body, drain=False)
                writer.set_eof()
            answer = await self._answer(connection, protocol, writer, limit)
            if isinstance(answer, Answer) and _all_left(connection, writing):
                connection.release()
            return answer
        finally:
            if writing is not None:
                writing.cancel()
            connection.close()  # unless it was released

    def _begin(self) -> None:
        self.sent = True
        self._begun()

    def _writer(self, protocol: ResponseHandler) -> StreamWriter:
        loop = asyncio.get_running_loop()
        if not self.traces:
            return StreamWriter(protocol, loop)
        return StreamWriter(protocol, loop, self._trace_chunk, self._trace_headers)

    async def _upload(
        self, file: io.BufferedReader, writer: StreamWriter, protocol: ResponseHandler
    ) -> None:
        """Write a body that takes its time, while the answer may come already."""
        try:
            self._begin()
            await write_file(writer, cast("FileBody", self.request.file), file)
            await writer.write_eof()
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            protocol.set_exception(error)

    async def _answer(
        self,
        connection: Connection,
        protocol: ResponseHandler,
        writer: StreamWriter,
        limit: int,
    ) -> Answer | Failure:
        if self.traces:
            response = await self._traced_response(connection, writer)
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
        self, connection: Connection, writer: StreamWriter
    ) -> aiohttp.ClientResponse:
        """The answer as aiohttp's own object, which is what tracing hooks are shown."""
        method, url = self.request.method, self._url
        response = aiohttp.ClientResponse(
            method,
            url,
            writer=None,
            continue100=None,
            timer=TimerNoop(),
            request_info=aiohttp.RequestInfo(url, method, CIMultiDictProxy(self.headers), url),
            traces=[],
            loop=asyncio.get_running_loop(),
            session=None,  # type: ignore[arg-type]  # it is asked for a guess at a text's encoding
            stream_writer=writer,
        )
        await response.start(cast("Connection", _Lent(connection)))
        for trace in self.traces:
            await trace.send_request_end(method, url, self.headers, response)
        return response

    async def _trace_chunk(self, chunk: Any) -> None:
        for trace in self.traces:
            await trace.send_request_chunk_sent(self.request.method, self._url, chunk)

    async def _trace_headers(self, headers: CIMultiDict[str]) -> None:
        for trace in self.traces:
            await trace.send_request_headers(self.request.method, self._url, headers)


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


def _all_left(connection: Connection, writing: asyncio.Task[None] | None) -> bool:
    """Whether nothing of the request is left to be sent, although its answer is here already."""
    transport = connection.transport
    return (writing is None or writing.done()) and not (
        transport is not None and transport.get_write_buffer_size()
    )
