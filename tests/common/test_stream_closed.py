"""``send_many`` closed by another task, at any step: whoever iterates it comes to an end."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.outcomes import messages
from tests.support.providers import BulkProvider, MemoryProvider

pytestmark = pytest.mark.usefixtures("no_task_is_left")


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("steps", range(12))
async def test_a_loop_ends_when_its_stream_is_closed_at_any_step(size: int, steps: int) -> None:
    omni = MemoryProvider() if size == 1 else BulkProvider(size)
    stream = omni.send_many(messages(3))
    handed_out = 0

    async def consume() -> None:
        nonlocal handed_out
        async for _ in stream:
            handed_out += 1

    async def close() -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        await stream.close()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(consume())
        group.create_task(close())
    assert handed_out + len(stream.unreported) <= 3
