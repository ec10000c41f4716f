"""What must hold after a test that uses a stream, whatever it was about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from omni_common.history import OUTCOME_LOGGER


@pytest.fixture
async def no_task_is_left() -> AsyncIterator[None]:
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.fixture
def nothing_is_recorded(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A stream that was read to its end leaves no record of interrupted messages."""
    yield
    assert [each for each in caplog.records if each.name == OUTCOME_LOGGER] == []
