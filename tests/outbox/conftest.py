from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from omni_common.outbox.journal import Journal
from tests.outbox.programs import StartProgram, programs


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
