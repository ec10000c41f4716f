"""Devino's provider keeps the contract, with its emulator as the vendor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta
from urllib.parse import quote

import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common import Message, OmniProvider, Sms, connect
from omni_common.sandbox import SandboxClock, Scenario
from omni_common.testing import ProviderContract

KEY = "canary/key+with==signs"


class TestDevinoContract(ProviderContract):
    skips_allowed = False
    emulator: DevinoEmulator

    @pytest.fixture(autouse=True)
    async def vendor(self, closed_port: int) -> AsyncIterator[None]:
        self.closed_port = closed_port
        async with DevinoEmulator(clock=SandboxClock(frozen=True), key=KEY) as self.emulator:
            yield

    def connect(self) -> OmniProvider:
        return connect(f"{self.emulator.url}?batch_size=3&sender=Shop")

    def refused_message(self) -> Message:
        return Message(Scenario.REFUSED.number(), Sms("Robin in the ivy"))

    def unknown_message(self) -> Message:
        return Message(Scenario.ANSWER_DROPPED.number(), Sms("Wren in the woodpile"))

    def unanswered_message(self) -> Message:
        return Message(Scenario.STALLED.number(), Sms("Rook on the stubble"))

    def unknown_id(self) -> str:
        return "devino:sms:42"

    def wrong_credentials(self) -> OmniProvider:
        return connect(f"devino://wrong@{self.emulator.authority}?sender=Shop")

    def unreachable(self) -> OmniProvider:
        return connect(f"devino://key@127.0.0.1:{self.closed_port}?sender=Shop&max_attempts=1")

    def secrets(self) -> Collection[str]:
        return [KEY, quote(KEY, safe="")]

    async def received(self, message: Message) -> Sequence[object]:
        return [entry.content for entry in self.emulator.ledger.find(to=message.phone)]

    async def request_count(self) -> int:
        return len(self.emulator.requests)

    async def deliver(self) -> None:
        self.emulator.clock.advance(timedelta(days=1))
