"""Callbacks received by an ASGI server, alone or mounted in Starlette, FastAPI or another."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from attrs import evolve

from omni_common.callbacks.answers import BODY_SECONDS, TOO_SLOW, CallbackAnswer
from omni_common.callbacks.receiver import CallbackReceiver

__all__ = ["AsgiApplication", "asgi_application"]

_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]
AsgiApplication: TypeAlias = Callable[[_Message, _Receive, _Send], Awaitable[None]]
"""An application of ASGI 3."""


def asgi_application(receiver: CallbackReceiver) -> AsgiApplication:
    """The receiver as an ASGI application.

    ::

        application.mount("/callbacks", asgi_application(receiver))

    A client that goes away before its whole body came is not answered, and nothing comes of it. One
    whose body takes longer than 10 seconds is answered 408. The server has to run on asyncio.
    """

    async def application(scope: _Message, receive: _Receive, send: _Send) -> None:
        match scope["type"]:
            case "http":
                await _answer(receiver, scope, receive, send)
            case "lifespan":
                await _live(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1000})
            case _:
                raise ValueError("callbacks are received over HTTP only")

    return application


async def _answer(
    receiver: CallbackReceiver, scope: _Message, receive: _Receive, send: _Send
) -> None:
    method, path = scope["method"], _path(scope)
    answer = receiver.refusal(method, path, _length(scope))
    if answer is None:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(receive, receiver.size_limit)
        except TimeoutError:
            answer = _closing(TOO_SLOW, scope)
        else:
            if body is None:
                return
            answer = await receiver.receive(
                method,
                path,
                scope["headers"],
                body,
                scope.get("query_string", b"").decode("latin-1"),
            )
    await send(_start(answer))
    await send({"type": "http.response.body", "body": b""})


def _path(scope: _Message) -> str:
    """The path below the mount: some servers and frameworks leave the mount's own in front."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    below = path.removeprefix(root)
    return below if below.startswith("/") else path


def _length(scope: _Message) -> int:
    """The length that the headers announce; 0 where they do not."""
    for name, value in scope["headers"]:
        # Longer than that is no length, nor for Python a number.
        if name.lower() == b"content-length" and re.fullmatch(rb"[0-9]{1,18}", value):
            return int(value)
    return 0


async def _body(receive: _Receive, limit: int) -> bytes | None:
    """The body; of one that is longer than *limit*, more than that but not all; None if cut off."""
    body = bytearray()
    while len(body) <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _closing(answer: CallbackAnswer, scope: _Message) -> CallbackAnswer:
    """The same, as the last one on its connection; HTTP/2 and later have no header for that."""
    is_first = scope.get("http_version", "1.1").startswith("1")
    return evolve(answer, headers={"Connection": "close"}) if is_first else answer


def _start(answer: CallbackAnswer) -> _Message:
    headers = {"Content-Length": "0", **answer.headers}
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": int(answer.status), "headers": lines}


async def _live(receive: _Receive, send: _Send) -> None:
    """Nothing has to be started or stopped."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
