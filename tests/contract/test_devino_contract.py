"""Devino's provider keeps the contract, with its emulator as the vendor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve

from devino_async.sandbox import DevinoEmulator
from omni_common import Channel, Email, Message, OmniProvider, Sms, Vk, connect
from omni_common.sandbox import SandboxClock, Scenario
from omni_common.testing import ProviderContract

KEY = "canary/key+with==signs"
SMS_TOKEN, OMNI_TOKEN = "canary-token-of-sms", "canary_token_of_omni"
SENDERS = "sender=Shop&email_sender=post%40shop.example"
SCENARIOS = "cascade_ttl=60&scenario_vk_template=42&account_zone=UTC"


def letter(begin: str, end: str) -> Email:
    """A letter that Devino takes; the macro stands inside, where nothing looks for secrets."""
    return Email(f"{begin} [Unsubscribe] {end}", subject="Bullfinch among the plum buds")


class TestDevinoContract(ProviderContract):
    skips_allowed = False
    emulator: DevinoEmulator

    @pytest.fixture(autouse=True)
    async def vendor(self, closed_port: int) -> AsyncIterator[None]:
        self.closed_port = closed_port
        async with DevinoEmulator(clock=SandboxClock(frozen=True), key=KEY) as self.emulator:
            yield

    def connect(self) -> OmniProvider:
        return connect(f"{self.emulator.url}?batch_size=3&{SENDERS}&{SCENARIOS}")

    def message(self, channel: Channel) -> Message:
        message = super().message(channel)
        if channel is Channel.EMAIL:
            return evolve(message, content=letter("Wheatear", "drystone wall"))
        if channel is Channel.VK:
            return evolve(message, content=Vk(template_id="43"))
        return message

    def refused_message(self) -> Message:
        return Message(Scenario.REFUSED.number(), Sms("Robin in the ivy"))

    def unknown_message(self) -> Message:
        return Message(Scenario.ANSWER_DROPPED.number(), Sms("Wren in the woodpile"))

    def unanswered_message(self) -> Message:
        return Message(Scenario.STALLED.number(), Sms("Rook on the stubble"))

    def unknown_id(self) -> str:
        return "devino:sms:42"

    def wrong_credentials(self) -> OmniProvider:
        return connect(f"devino://wrong@{self.emulator.authority}?{SENDERS}")

    def unreachable(self) -> OmniProvider:
        return connect(f"devino://key@127.0.0.1:{self.closed_port}?{SENDERS}&max_attempts=1")

    def secrets(self) -> Collection[str]:
        return [KEY, quote(KEY, safe="")]

    def callback_secrets(self) -> Mapping[str, str]:
        return {"devino.sms": SMS_TOKEN, "devino.omni": OMNI_TOKEN}

    async def received(self, message: Message) -> Sequence[object]:
        addresses = filter(None, (message.phone, message.email))
        entries = (entry for to in addresses for entry in self.emulator.ledger.find(to=to))
        return [(_without_names(entry.content), entry.callback_url) for entry in entries]

    async def request_count(self) -> int:
        return len(self.emulator.requests)

    async def deliver(self) -> None:
        self.emulator.clock.advance(timedelta(days=1))
        await self.emulator.settle()


def _without_names(content: Mapping[str, Any]) -> dict[str, Any]:
    """*content* without the vendor's id of the contact and our reference of the message."""
    content = {**content, "contactId": None}
    if "callbackData" in content:
        content["callbackData"] = {**content["callbackData"], "omni_reference": None}
    return content


class TestDevinoEmailContract(TestDevinoContract):
    """The same with e-mail, for all that has nothing to do with channels."""

    def first_channel(self, provider: OmniProvider) -> Channel:
        assert Channel.EMAIL in provider.capabilities.channels
        return Channel.EMAIL

    def refused_message(self) -> Message:
        return self._to(Scenario.REFUSED)

    def unknown_message(self) -> Message:
        return self._to(Scenario.ANSWER_DROPPED)

    def unanswered_message(self) -> Message:
        return self._to(Scenario.STALLED)

    def unknown_id(self) -> str:
        return "devino:email:dwY4BSnjQ2X"

    def _to(self, scenario: Scenario) -> Message:
        return Message(f"wren{scenario.value}@example.com", letter("Robin", "ivy"))
