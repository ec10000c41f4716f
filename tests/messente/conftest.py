"""What tests of the Messente adapter share: the emulator, and clients of it on its own time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from messente_async import MessenteClient, MessenteProvider
from messente_async.sandbox import MessenteEmulator
from omni_common.sandbox import SandboxClock
from tests.support.emulated_time import EmulatedTime


@pytest.fixture
def clock() -> SandboxClock:
    """Emulated time, which passes only while the client waits or a test advances it."""
    return SandboxClock(datetime(2027, 1, 1, 9, tzinfo=UTC), frozen=True)


@pytest.fixture
def time(clock: SandboxClock) -> EmulatedTime:
    """The same time, as the client sees it."""
    return EmulatedTime(clock)


@pytest.fixture
async def emulator(clock: SandboxClock) -> AsyncIterator[MessenteEmulator]:
    """Messente on loopback."""
    async with MessenteEmulator(clock=clock) as started:
        yield started


@pytest.fixture
async def connected(
    emulator: MessenteEmulator, time: EmulatedTime
) -> AsyncIterator[Callable[..., MessenteProvider]]:
    """Makes providers that speak to the emulator, unless options say otherwise."""
    made: list[MessenteProvider] = []

    def connect(**options: Any) -> MessenteProvider:
        usual = {
            "user": emulator.username,
            "password": emulator.password,
            "base_url": emulator.base_url,
            "sender": "Shop",
            "clock": time,
        }
        made.append(MessenteProvider(**{**usual, **options}))
        return made[-1]

    yield connect
    for provider in made:
        await provider.close()


@pytest.fixture
def omni(connected: Callable[..., MessenteProvider]) -> MessenteProvider:
    """The provider, connected to the emulator."""
    return connected()


@pytest.fixture
def messente(omni: MessenteProvider) -> MessenteClient:
    """The native client, connected to the emulator."""
    return omni.client
