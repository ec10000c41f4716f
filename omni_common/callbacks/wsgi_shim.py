"""Callbacks received by a WSGI server, alone or mounted in Flask, Django or another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from omni_common.callbacks.answers import CallbackAnswer
from omni_common.callbacks.receiver import CallbackReceiver
from omni_common.errors import ConfigurationError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["wsgi_application"]

_CHUNK = 2**16
_DIGITS = re.compile(r"[0-9]{1,18}")
_HEADER = "HTTP_"


class _Input(Protocol):
    def read(self, size: int, /) -> bytes: ...


def wsgi_application(receiver: CallbackReceiver) -> WSGIApplication:
    """The receiver as a WSGI application (PEP 3333).

    ::

        application.wsgi_app = DispatcherMiddleware(
            application.wsgi_app, {"/callbacks": wsgi_application(receiver)}
        )

    A body in chunks is read from servers that say where it ends (``wsgi.input_terminated``, such
    as gunicorn); to others it is answered 411. How long a body may take to come is the server's to
    limit: a WSGI application can only wait for it.

    Raises:
        ConfigurationError: The receiver's handler is async, and WSGI has nothing to run it.
    """
    if receiver.has_async_handler:
        raise ConfigurationError(
            "handler: WSGI calls plain functions only, and this one is async", field="handler"
        )

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = _answer(receiver, environ)
        status = HTTPStatus(answer.status)
        # There is nothing of that type, but checkers of WSGI ask for one.
        headers = [("Content-Type", "text/plain"), ("Content-Length", "0")]
        headers += answer.headers.items()
        start_response(f"{status.value} {status.phrase}", headers)
        return [b""]

    return application


def _answer(receiver: CallbackReceiver, environ: WSGIEnvironment) -> CallbackAnswer:
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    if (problem := _problem(environ)) is not None:
        return CallbackAnswer(problem)
    length = _length(environ)
    refusal = receiver.refusal(method, path, length or 0)
    if refusal is not None:
        return refusal
    body = _body(environ["wsgi.input"], receiver.size_limit, length)
    if body is None:
        return CallbackAnswer(HTTPStatus.BAD_REQUEST)
    return receiver.receive_blocking(
        method, path, _headers(environ), body, environ.get("QUERY_STRING", "")
    )


def _problem(environ: WSGIEnvironment) -> HTTPStatus | None:
    """What is wrong with a request if nobody can know where its body ends."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return None if environ.get("wsgi.input_terminated") else HTTPStatus.LENGTH_REQUIRED
    length = environ.get("CONTENT_LENGTH")
    return None if not length or _DIGITS.fullmatch(length) else HTTPStatus.BAD_REQUEST


def _length(environ: WSGIEnvironment) -> int | None:
    """How long the body is; None if it is as long as its input."""
    length = environ.get("CONTENT_LENGTH")
    if environ.get("HTTP_TRANSFER_ENCODING") or not length:
        return None if environ.get("wsgi.input_terminated") else 0
    return int(length)


def _body(source: _Input, limit: int, length: int | None) -> bytes | None:
    """The body; of one that is longer than *limit*, a byte more than that; None if cut off."""
    wanted = limit + 1 if length is None else length
    body = bytearray()
    try:
        while len(body) < wanted:
            chunk = source.read(min(_CHUNK, wanted - len(body)))
            if not chunk:
                break
            body += chunk
    except OSError:  # how servers tell that the client went away, or broke its own encoding
        return None
    return bytes(body) if length in {None, len(body)} else None


def _headers(environ: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name.removeprefix(_HEADER).replace("_", "-"), value)
        for name, value in environ.items()
        if name.startswith(_HEADER)
    ]
