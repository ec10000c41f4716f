"""Devino's calls made by hand, without this project's client: what an emulator's tests speak."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import aiohttp
from attrs import frozen

from devino_async.sandbox import DevinoEmulator

KEY = "k/e+y="
LOGIN = "login"
PASSWORD = "pass:wörd"


@frozen
class HttpAnswer:
    status: int
    content_type: str
    body: bytes
    retry_after: str | None = None

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def items(self) -> list[dict[str, Any]]:
        result = self.data["result"]
        assert isinstance(result, list)
        return result


@frozen
class Caller:
    """Posts to one emulator, with whatever authorization it was made with."""

    emulator: DevinoEmulator
    session: aiohttp.ClientSession
    authorization: str | None = f"Key {KEY}"

    async def call(
        self,
        path: str,
        body: Any = None,
        *,
        method: str = "POST",
        content_type: str = "application/json",
    ) -> HttpAnswer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        url = self.emulator.base_url + path
        # A large body given as bytes makes aiohttp warn.
        async with self.session.request(
            method, url, data=io.BytesIO(data), headers=headers
        ) as answer:
            body = await answer.read()
            retry_after = answer.headers.get("Retry-After")
            return HttpAnswer(answer.status, answer.content_type, body, retry_after)

    async def send(self, *messages: Any, query: str = "") -> HttpAnswer:
        return await self.call("/sms/messages" + query, {"messages": list(messages)})

    async def sent(self, query: str = "", **fields: Any) -> str:
        """Send one message that must be accepted, and return its id."""
        [item] = (await self.send(sms(**fields), query=query)).items
        assert item["code"] == "OK", item
        message_id = item["messageId"]
        assert isinstance(message_id, str)
        return message_id

    async def statuses(self, ids: Any) -> HttpAnswer:
        return await self.call("/sms-stat/statuses/get-by-ids", ids)

    async def status(self, message_id: str) -> str:
        [item] = (await self.statuses([message_id])).items
        status = item["status"]
        assert isinstance(status, str)
        return status


def sms(**fields: Any) -> dict[str, Any]:
    """A message that Devino takes, with *fields* in place of its own; ``sender`` is ``from``."""
    sender = fields.pop("sender", "Shop")
    return {"from": sender, "to": "79031234567", "text": "Hello", **fields}


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()
