"""Callbacks received by a server of aiohttp's. aiohttp is imported when the function is called."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from omni_common.callbacks.answers import BODY_SECONDS, TOO_SLOW, CallbackAnswer
from omni_common.callbacks.receiver import CallbackReceiver

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["aiohttp_application"]

_CUT_OFF = CallbackAnswer(HTTPStatus.BAD_REQUEST)
"""For a body that is not what its encoding says, or whose client is gone and hears no answer."""


def aiohttp_application(receiver: CallbackReceiver) -> web.Application:
    """The receiver as a sub-application.

    ::

        application.add_subapp("/callbacks", aiohttp_application(receiver))

    Its own ``client_max_size`` and the one of the application around it play no part: what counts
    is the receiver's ``size_limit``. A body that takes longer than 10 seconds to come is answered
    408, and nothing comes of it, nor of one whose client goes away.
    """
    from aiohttp import web

    async def receive(request: web.Request) -> web.Response:
        method, path = request.method, f"/{request.match_info['path']}"
        answer = receiver.refusal(method, path, request.content_length or 0)
        if answer is None:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await _body(request, receiver.size_limit)
            except TimeoutError:
                answer = TOO_SLOW
            except (OSError, web.RequestPayloadError):
                answer = _CUT_OFF
            else:
                answer = await receiver.receive(
                    method, path, request.raw_headers, body, request.rel_url.raw_query_string
                )
        response = web.Response(status=answer.status, headers=answer.headers)
        if answer is TOO_SLOW:
            response.force_close()
        return response

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", receive)
    return application


async def _body(request: web.Request, limit: int) -> bytes:
    """The body; of one that is longer than *limit*, more than that but not all."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)
