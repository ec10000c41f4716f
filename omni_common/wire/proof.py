"""What an exception on the way proves: whether the request left, and what became of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.http import HttpProcessingError

from omni_common.exchange import Failure, FailureKind
from omni_common.wire.upload import FileError

__all__ = ["failure_of"]


def failure_of(error: Exception, *, sent: bool, status: int | None, closed: bool) -> Failure:
    """What *error* proves.

    Args:
        error: What ended the attempt.
        sent: A byte of the request may have left.
        status: The status of the answer, if it had begun.
        closed: The client was closed meanwhile.
    """
    kind = _while_connecting(error)
    sent = kind is None and sent
    if kind is None:
        kind = _after_leaving(error, status) if sent else _before_leaving(error, closed=closed)
    return Failure(kind, _describe(error), sent=sent, status=status)


def _while_connecting(error: Exception) -> FailureKind | None:
    """The kind of an exception that exists only before a request leaves; None for any other.

    The most specific come first: aiohttp's classes overlap.
    """
    match error:
        case (
            aiohttp.ServerFingerprintMismatch()
            | aiohttp.ClientConnectorCertificateError()
            | aiohttp.ClientConnectorSSLError()
            | aiohttp.InvalidURL()
            | aiohttp.ClientHttpProxyError(status=HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
        ):
            return FailureKind.CONNECTION_REJECTED
        case aiohttp.ClientHttpProxyError() | aiohttp.ClientConnectorError():
            return FailureKind.UNREACHABLE
        case _:
            return None


def _before_leaving(error: Exception, *, closed: bool) -> FailureKind:
    if isinstance(error, FileError):
        return FailureKind.FILE_UNREADABLE
    if closed:
        return FailureKind.CLIENT_CLOSED
    if isinstance(error, OSError | aiohttp.ClientError):  # TimeoutError is an OSError
        return FailureKind.UNREACHABLE
    return FailureKind.CONNECTION_REJECTED  # a header that cannot be written, say: it stays so


def _after_leaving(error: Exception, status: int | None) -> FailureKind:
    if status is not None:
        return FailureKind.CUT_OFF
    match error:
        case TimeoutError():
            return FailureKind.TIMED_OUT
        case HttpProcessingError() | aiohttp.ClientResponseError():
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
