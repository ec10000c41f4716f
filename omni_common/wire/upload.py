"""A file as the body of a request: read piece by piece while it is written."""

from __future__ import annotations

import asyncio
import io
import os

from aiohttp.abc import AbstractStreamWriter

from omni_common.exchange import FileBody

__all__ = ["FileError", "open_file", "write_file"]

_PIECE = 64 * 1024
"""Bytes of a file that are read at a time."""


class FileError(Exception):
    """A file cannot be sent; the text says why without naming it."""


async def open_file(body: FileBody) -> io.BufferedReader:
    """Open the file of *body*, which must be what it was when the request was built.

    Raises:
        FileError: It cannot be read, or has another length.
    """
    try:
        file = await asyncio.to_thread(body.path.open, "rb")
    except OSError as error:
        raise FileError(type(error).__name__) from error
    if os.fstat(file.fileno()).st_size != body.size:
        file.close()
        raise FileError("another length than before")
    return file


async def write_file(writer: AbstractStreamWriter, body: FileBody, file: io.BufferedReader) -> None:
    """Write *body*, whose file is open as *file*.

    Raises:
        FileError: The file became shorter or longer meanwhile.
    """
    await writer.write(body.head)
    left = body.size
    while left:
        piece = await asyncio.to_thread(file.read, min(_PIECE, left))
        if not piece:
            # The promised length is not to be had, and an incomplete body is none.
            raise FileError("it became shorter while it was sent")
        left -= len(piece)
        await writer.write(piece)
    if await asyncio.to_thread(file.read, 1):
        raise FileError("it became longer while it was sent")
    await writer.write(body.tail)
