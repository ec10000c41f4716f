"""What tests of emulators share: a plain HTTP client, a clock that stands, a callback receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from messente_async.sandbox import MessenteEmulator
from omni_common.sandbox import SandboxClock
from tests.support.callback_receiver import CallbackReceiver
from tests.support.messente_caller import MessenteCaller


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that knows nothing of this library."""
    # Without kept connections nothing that one test step broke reaches the next.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=20)
    ) as session:
        yield session


@pytest.fixture
def clock() -> SandboxClock:
    """A clock that moves only when a test advances it."""
    return SandboxClock(datetime(2027, 1, 1, 9, tzinfo=UTC), frozen=True)


@pytest.fixture
async def receiver() -> AsyncIterator[CallbackReceiver]:
    """A server that callbacks are posted to."""
    async with CallbackReceiver() as started:
        yield started


@pytest.fixture
async def messente_emulator(clock: SandboxClock) -> AsyncIterator[MessenteEmulator]:
    """Messente on loopback, on the clock that stands."""
    async with MessenteEmulator(clock=clock) as emulator:
        yield emulator


@pytest.fixture
def messente(messente_emulator: MessenteEmulator, http: aiohttp.ClientSession) -> MessenteCaller:
    """A caller of the emulated Messente, with its credentials."""
    return MessenteCaller(messente_emulator, http)
