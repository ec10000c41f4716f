"""An emulated Devino and a provider that speaks to it, on clocks that stand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from omni_common.sandbox import SandboxClock
from tests.support.clock import FakeClock

NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)

Connect: TypeAlias = Callable[..., DevinoProvider]


@pytest.fixture
def clock() -> FakeClock:
    """The provider's time: waits between attempts end when a test drives it."""
    return FakeClock(NOW)


@pytest.fixture
def behaviour() -> DevinoBehaviour:
    """How the emulator answers; tests of every variant parametrise it."""
    return DevinoBehaviour()


@pytest.fixture
async def emulator(behaviour: DevinoBehaviour) -> AsyncIterator[DevinoEmulator]:
    clock = SandboxClock(NOW, frozen=True)
    async with DevinoEmulator(clock=clock, behaviour=behaviour) as started:
        yield started


@pytest.fixture
async def connect(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[Connect]:
    """Make providers for the emulator, with its key and the sender Shop unless told otherwise."""
    async with AsyncExitStack() as stack:

        def make(**settings: Any) -> DevinoProvider:
            if not settings.keys() & {"key", "login", "password"}:
                settings["key"] = emulator.key
            defaults: dict[str, Any] = {
                "base_url": emulator.base_url,
                "sender": "Shop",
                "clock": clock,
            }
            provider = DevinoProvider(**(defaults | settings))
            stack.push_async_callback(provider.close)
            return provider

        yield make


@pytest.fixture
def devino(connect: Connect) -> DevinoProvider:
    return connect()


every_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants()]
)
"""Once for every plausible answer to what the vendor's documents leave open."""
