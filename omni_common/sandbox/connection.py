"""How an answer, or the lack of one, reaches the client's socket."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

from aiohttp import web

from omni_common.sandbox.faults import Fault
from omni_common.sandbox.operation import Reply

__all__ = ["put"]

_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER switched on with no time to linger: closing sends RST instead of FIN."""


async def put(
    request: web.Request, reply: Reply, fault: Fault | None, closing: asyncio.Event
) -> web.StreamResponse:
    """Answer *request* with *reply*, or break the connection as *fault* says.

    Args:
        request: What is answered.
        reply: The answer, already as the fault makes it.
        fault: What goes wrong, if anything.
        closing: Set when the emulator closes, which ends a stalled answer.
    """
    match fault:
        case Fault.STALL:
            await closing.wait()
            return _hang_up(request)
        case Fault.DROP:
            return _hang_up(request)
        case Fault.RESET:
            return _hang_up(request, reset=True)
        case Fault.TRUNCATED:
            return await _break_off(request, reply)
        case Fault.REDIRECT:
            return web.Response(status=307, headers={"Location": request.raw_path})
        case _:
            return web.Response(status=reply.status, body=reply.body, headers=_headers(reply))


def _headers(reply: Reply) -> dict[str, str]:
    return {"Content-Type": reply.content_type, **reply.headers}


def _hang_up(request: web.Request, *, reset: bool = False) -> web.StreamResponse:
    """Close the connection; what is returned is never written, for want of one."""
    transport = request.transport
    if transport is not None and reset:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
    elif transport is not None:
        transport.close()
    return web.Response()


async def _break_off(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Announce the whole body, write half of it and close."""
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    response.content_length = max(len(reply.body), 2)
    await response.prepare(request)
    await response.write(reply.body[: response.content_length // 2])
    if request.transport is not None:
        request.transport.close()
    return response
