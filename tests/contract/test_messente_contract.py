"""Messente's provider keeps the contract, with its emulator as the vendor."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import timedelta

import pytest

from messente_async.sandbox import MessenteEmulator
from omni_common import Message, OmniProvider, Sms, connect
from omni_common.sandbox import SandboxClock, Scenario
from omni_common.testing import ProviderContract

USER = "canary-user"
PASSWORD = "canary pass/word+%@:"


class TestMessenteContract(ProviderContract):
    skips_allowed = False
    emulator: MessenteEmulator

    @pytest.fixture(autouse=True)
    async def vendor(self, closed_port: int) -> AsyncIterator[None]:
        self.closed_port = closed_port
        clock = SandboxClock(frozen=True)
        async with MessenteEmulator(clock=clock, username=USER, password=PASSWORD) as self.emulator:
            yield

    def connect(self) -> OmniProvider:
        return connect(f"{self.emulator.url}?batch_size=3")

    def refused_message(self) -> Message:
        return Message(Scenario.REFUSED.number(), Sms("Robin in the ivy"))

    def unknown_message(self) -> Message:
        return Message(Scenario.ANSWER_DROPPED.number(), Sms("Wren in the woodpile"))

    def unanswered_message(self) -> Message:
        return Message(Scenario.STALLED.number(), Sms("Rook on the stubble"))

    def unknown_id(self) -> str:
        return "messente:00000000-0000-4000-8000-000000000000"

    def wrong_credentials(self) -> OmniProvider:
        return connect(f"messente://{USER}:wrong@{self.emulator.authority}/v1")

    def unreachable(self) -> OmniProvider:
        return connect(f"messente://{USER}:word@127.0.0.1:{self.closed_port}/v1?max_attempts=1")

    def secrets(self) -> Collection[str]:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return [PASSWORD, basic, self.emulator.url]

    def callback_secrets(self) -> Mapping[str, str]:
        return {"messente.delivery": PASSWORD}

    async def received(self, message: Message) -> Sequence[object]:
        return [entry.content for entry in self.emulator.ledger.find(to=message.phone)]

    async def request_count(self) -> int:
        return len(self.emulator.requests)

    async def deliver(self) -> None:
        self.emulator.clock.advance(timedelta(days=1))
        await self.emulator.settle()
