"""The contract of carrier pigeons, whose vendor is a loft in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import cast
from uuid import uuid4

from omni_common import Channel, Message, OmniProvider
from omni_common.callbacks import callback_area_names
from omni_common.testing import ProviderContract, sample_message
from tests.third_party import carrier_pigeon
from tests.third_party.carrier_pigeon import Loft

WORD = "canary word of the keeper"


class PigeonContract(ProviderContract):
    """Every hook but ``connect``; subclasses say where their pigeons come from."""

    skips_allowed = False
    pigeons: ModuleType = carrier_pigeon
    """The module that the provider under test is from, and so knows its lofts."""

    @cached_property
    def name(self) -> str:
        """The loft of this test alone."""
        return uuid4().hex

    def loft(self, name: str | None = None) -> Loft:
        return cast("Loft", self.pigeons.loft(name or self.name))

    def open(self, word: str, loft: str) -> OmniProvider:
        raise NotImplementedError

    def connect(self) -> OmniProvider:
        self.loft().word = WORD
        return self.open(WORD, self.name)

    def message(self, channel: Channel) -> Message:
        return sample_message(channel)

    def refused_message(self) -> Message:
        message = sample_message(Channel.SMS)
        self.loft().without_perch.add(str(message.to))
        return message

    def unknown_message(self) -> Message:
        message = sample_message(Channel.SMS)
        self.loft().in_fog.add(str(message.to))
        return message

    def unanswered_message(self) -> Message:
        message = sample_message(Channel.SMS)
        self.loft().out_of_sight.add(str(message.to))
        return message

    def unknown_id(self) -> str:
        return "pigeon:sms:0"

    def wrong_credentials(self) -> OmniProvider:
        self.loft().word = WORD
        return self.open("wrong word", self.name)

    def unreachable(self) -> OmniProvider:
        name = f"{self.name} beyond the sea"
        self.loft(name).is_away = True
        return self.open(WORD, name)

    def secrets(self) -> Collection[str]:
        return [WORD]

    def callback_secrets(self) -> Mapping[str, str]:
        return {name: WORD for name in callback_area_names() if name.startswith("pigeon.")}

    async def received(self, message: Message) -> Sequence[object]:
        to = message.phone or message.email
        flights = [each for each in self.loft().flights.values() if each.to == to]
        return [(each.channels, each.note) for each in flights]

    async def request_count(self) -> int:
        return self.loft().asked

    async def deliver(self) -> None:
        await self.loft().arrive()
