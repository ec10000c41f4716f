"""Calls of each kind, and a transport to make them with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, Unpack

from omni_common.clock import Clock
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from omni_common.secret import Secret
from omni_common.settings import TransportOptions, TransportSettings
from omni_common.transport import Transport

if TYPE_CHECKING:
    import aiohttp

__all__ = [
    "ACCEPTED",
    "AUTHORIZATION",
    "DELETE",
    "PROVIDER",
    "READ",
    "READ_BY_POST",
    "SEND",
    "HasUrl",
    "accepted",
    "transport_to",
]

PROVIDER = "acme"
AUTHORIZATION = "Basic Y2FuYXJ5OnN3b3JkZmlzaA=="
ACCEPTED = b'{"id": "1"}'

SEND = Request("POST", "/messages", Operation.SEND, body=b'{"text": "Hi"}')
READ = Request("GET", "/messages/1", Operation.READ)
READ_BY_POST = Request("POST", "/statuses", Operation.READ, body=b'["1"]')
DELETE = Request("DELETE", "/messages/1", Operation.IDEMPOTENT_WRITE)


class HasUrl(Protocol):
    """A server, of which only the address matters."""

    @property
    def url(self) -> str: ...


def accepted(answer: Answer) -> bytes | Failure | None:
    """Read an answer as a vendor's module would: the body decides, the status where it does not."""
    if answer.body.startswith(b'{"refused"'):
        return Failure(FailureKind.REFUSED, vendor_code="NO")
    return answer.body if answer.status in {200, 201} and answer.body == ACCEPTED else None


@asynccontextmanager
async def transport_to(
    server: HasUrl | str,
    *,
    session: aiohttp.ClientSession | None = None,
    clock: Clock | None = None,
    **options: Unpack[TransportOptions],
) -> AsyncIterator[Transport]:
    """A transport to *server*, closed at the end."""
    base_url = server if isinstance(server, str) else server.url
    transport = Transport(
        TransportSettings.from_options({"base_url": base_url, **options}),
        provider=PROVIDER,
        authorization=Secret(AUTHORIZATION),
        session=session,
        clock=clock,
    )
    try:
        yield transport
    finally:
        await transport.close()
