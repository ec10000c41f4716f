"""Other HTTP clients that programs of one's own are written with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from benchmarks.case import AsyncWork, Work
from benchmarks.contestants.crowd import (
    AUTHORIZATION,
    PASSWORD,
    SENDER,
    TEXT,
    USER,
    at_once,
    one_by_one,
    phone_numbers,
)

__all__ = ["httpx_devino", "httpx_messente", "requests_messente"]


@asynccontextmanager
async def httpx_messente(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """One SMS a call by ``httpx.AsyncClient``."""
    async with _httpx(callers) as client:

        async def send(to: str) -> str:
            response = await client.post(f"{address}/v1/omnimessage", json=_omnimessage(to))
            _expect(response.status_code, 201)
            return str(response.json()["omnimessage_id"])

        yield partial(at_once, send, callers=callers)


@asynccontextmanager
async def httpx_devino(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """The same on Devino's SMS API."""
    async with _httpx(callers) as client:

        async def send(to: str) -> str:
            message = {"from": SENDER, "to": to[1:], "text": TEXT}
            response = await client.post(f"{address}/sms/messages", json={"messages": [message]})
            _expect(response.status_code, 200)
            (result,) = response.json()["result"]
            if result["code"] != "OK":
                raise ValueError(result["code"])
            return str(result["messageId"])

        yield partial(at_once, send, callers=callers)


@contextmanager
def requests_messente(address: str) -> Iterator[Work]:
    """One SMS a call, one after another, by ``requests.Session``."""
    import requests

    with requests.Session() as session:
        session.auth = (USER, PASSWORD)

        def send(to: str) -> str:
            response = session.post(f"{address}/v1/omnimessage", json=_omnimessage(to))
            _expect(response.status_code, 201)
            return str(response.json()["omnimessage_id"])

        yield lambda count: one_by_one(send, phone_numbers(count))


def _httpx(callers: int) -> Any:
    import httpx

    return httpx.AsyncClient(
        headers={"Authorization": AUTHORIZATION},
        limits=httpx.Limits(max_connections=callers, max_keepalive_connections=callers),
    )


def _omnimessage(to: str) -> dict[str, Any]:
    return {"to": to, "messages": [{"channel": "sms", "sender": SENDER, "text": TEXT}]}


def _expect(status: int, expected: int) -> None:
    if status != expected:
        raise ValueError(status)
