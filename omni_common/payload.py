"""Request bodies that say when their first byte is about to be written.

aiohttp's exceptions do not tell whether a request left; this does. A body is written after the
connection is made and in one go with the headers, so as long as it was not begun nothing reached
the other side.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from omni_common.exchange import FileBody, Request

__all__ = ["FileError", "payload_of"]

_PIECE = 64 * 1024
"""Bytes of a file that are read at a time."""


class FileError(Exception):
    """A file cannot be sent; the text says why without naming it."""


async def payload_of(request: Request, begun: Callable[[], None]) -> aiohttp.Payload | None:
    """Return the body of *request* for one attempt, or None if it has none.

    Raises:
        FileError: Its file cannot be read, or has changed since the request was built.
    """
    if request.file is not None:
        file = await _open(request.file)
        return _ProbedFile(request.file, file, begun, request.headers["Content-Type"])
    return None if request.body is None else _ProbedBody(request.body, begun)


class _ProbedBody(aiohttp.BytesIOPayload):
    def __init__(self, body: bytes, begun: Callable[[], None]) -> None:
        super().__init__(io.BytesIO(body), content_type="application/json")
        self._begun = begun

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        self._begun()
        await super().write_with_length(writer, content_length)


class _ProbedFile(aiohttp.Payload):
    """A file between a head and a tail, read piece by piece while it is written."""

    def __init__(
        self, body: FileBody, file: io.BufferedReader, begun: Callable[[], None], content_type: str
    ) -> None:
        super().__init__(file, content_type=content_type)
        self._body = body
        self._file = file
        self._begun = begun

    @property
    def size(self) -> int:
        return len(self._body)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("a file is written, never shown")

    async def write(self, writer: AbstractStreamWriter) -> None:
        self._begun()
        await writer.write(self._body.head)
        left = self._body.size
        while left:
            piece = await asyncio.to_thread(self._file.read, min(_PIECE, left))
            if not piece:
                # The promised length is not to be had, and an incomplete body is none.
                raise FileError("it became shorter while it was sent")
            left -= len(piece)
            await writer.write(piece)
        if await asyncio.to_thread(self._file.read, 1):
            raise FileError("it became longer while it was sent")
        await writer.write(self._body.tail)

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        await self.write(writer)

    async def close(self) -> None:
        await asyncio.to_thread(self._file.close)


async def _open(body: FileBody) -> io.BufferedReader:
    try:
        file = await asyncio.to_thread(body.path.open, "rb")
    except OSError as error:
        raise FileError(type(error).__name__) from error
    if os.fstat(file.fileno()).st_size != body.size:
        file.close()
        raise FileError("another length than before")
    return file
