from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from omni_common.outbox import Outbox
from omni_common.outbox.journal import Journal
from tests.outbox.listing import ListingProvider
from tests.outbox.programs import StartProgram, programs
from tests.support.clock import FakeClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal is to be."""
    return tmp_path / "outbox.journal"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    journal = Journal(path)
    yield journal
    await journal.close()


@pytest.fixture
def start_program() -> Iterator[StartProgram]:
    with programs() as start:
        yield start


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider(clock: FakeClock) -> ListingProvider:
    """A provider that lists what it sent."""
    return ListingProvider(clock)


@pytest.fixture
async def omni(provider: ListingProvider, path: Path, clock: FakeClock) -> AsyncIterator[Outbox]:
    """An outbox over that one."""
    async with Outbox(provider, path, clock=clock) as opened:
        yield opened
