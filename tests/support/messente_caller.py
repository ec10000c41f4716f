"""A plain HTTP caller of the Messente emulator, which knows nothing of the client under test."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from attrs import frozen

from messente_async.sandbox import MessenteEmulator

__all__ = ["ITEM_KEYS", "NOWHERE", "MessenteCaller", "Reading", "omnimessage", "sms"]

ITEM_KEYS = frozenset(
    {"status", "channel", "message_id", "sender", "error", "err", "timestamp", "price_info"}
)
"""The keys of a status item (contracts B3)."""
NOWHERE = "632c6f3d-49d0-4a8f-5k2n-74023d31e51d"
"""An id that no message has; not hexadecimal, like the vendor's samples (T51)."""


def sms(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"channel": "sms", "text": text, **more}


def omnimessage(*parts: Any, to: Any = "+37251000000", **more: Any) -> dict[str, Any]:
    return {"to": to, "messages": list(parts), **more}


@frozen
class Reading:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers["Content-Type"].partition(";")[0]

    @property
    def data(self) -> Any:
        return json.loads(self.body)


class MessenteCaller:
    """Makes the four calls, with the right credentials unless told otherwise."""

    def __init__(self, emulator: MessenteEmulator, http: aiohttp.ClientSession) -> None:
        self._emulator = emulator
        self._http = http
        pair = f"{emulator.username}:{emulator.password}".encode()
        self.authorization: str | None = f"Basic {base64.b64encode(pair).decode()}"

    async def send(self, payload: Any) -> Reading:
        return await self.call("POST", "/omnimessage", payload)

    async def send_many(self, payloads: list[Any]) -> Reading:
        return await self.call("POST", "/omnimessages", {"messages": payloads})

    async def status(self, id: str) -> Reading:
        return await self.call("GET", f"/omnimessage/{id}/status")

    async def cancel(self, id: str) -> Reading:
        return await self.call("DELETE", f"/omnimessage/{id}")

    async def accepted(self, payload: Any) -> str:
        """Send a message that must be accepted, and return its id."""
        reading = await self.send(payload)
        assert reading.status == 201, reading.body
        return str(reading.data["omnimessage_id"])

    async def call(
        self, method: str, path: str, payload: Any = None, media_type: str = "application/json"
    ) -> Reading:
        body = payload if payload is None or isinstance(payload, bytes) else json.dumps(payload)
        headers = {"Content-Type": media_type}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        async with self._http.request(
            method, self._emulator.base_url + path, data=body, headers=headers
        ) as answer:
            return Reading(answer.status, answer.headers.copy(), await answer.read())
