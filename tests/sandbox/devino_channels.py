"""Each channel's send call, with a message that it takes, spoken by hand."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from tests.support.devino_http import Caller, HttpAnswer

VIBER = {"from": "Shop", "to": "79031234567", "text": "Hello"}
PUSH = {"from": 17, "to": "token", "title": "Shop", "text": "Hello", "priority": "HIGH"}
WALLET = {"from": "Shop", "to": "79031234567", "payload": {"message": "Hello"}}
WHATSAPP = {"from": "Shop", "to": "79031234567", "text": "Hello"}
DIRECT = {
    "from": "Shop",
    "to": "79031234567",
    "recipient_type": "individual",
    "type": "text",
    "text": {"body": "Hello"},
}
VK = {"phone": "79031234567", "service": "Shop", "templateId": 16}


@frozen
class Send:
    """One send call: its path, a message that it takes, and what stands around its messages."""

    path: str
    message: dict[str, Any]
    form: str = "messages"

    def body(self, *messages: Any) -> Any:
        if self.form == "single":
            [message] = messages
            return message
        return list(messages) if self.form == "array" else {"messages": list(messages)}

    async def call(self, caller: Caller, *messages: Any, query: str = "") -> HttpAnswer:
        return await caller.call(self.path + query, self.body(*messages))

    async def one(self, caller: Caller, **fields: Any) -> dict[str, Any]:
        """The result of the message with *fields* in place of its own; ``...`` takes one away."""
        message = {**self.message, **fields}
        message = {name: value for name, value in message.items() if value is not ...}
        [item] = (await self.call(caller, message)).items
        return item


SENDS = {
    "viber": Send("/viber/messages", VIBER),
    "push": Send("/push/messages", PUSH),
    "wallet": Send("/wallet/messages", WALLET, "array"),
    "whatsapp": Send("/whatsapp/messages", WHATSAPP, "single"),
    "direct": Send("/whatsapp/v2/messages", DIRECT, "single"),
    "vk": Send("/vk/messages", VK),
}
every_send = pytest.mark.parametrize("name", SENDS)
