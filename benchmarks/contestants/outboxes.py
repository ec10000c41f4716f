"""This library with an outbox around the provider: each message is on the disk before it leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.case import AsyncWork
from benchmarks.contestants.omni import messages, messente_provider, stream
from benchmarks.memory import watch

if TYPE_CHECKING:
    from omni_common.outbox import Outbox

__all__ = ["messente_queue", "messente_stream"]


@asynccontextmanager
async def messente_stream(address: str) -> AsyncIterator[AsyncWork]:
    """``send_many`` of an outbox."""
    async with _outbox(address) as outbox:
        yield partial(stream, outbox)


@asynccontextmanager
async def messente_queue(address: str) -> AsyncIterator[AsyncWork]:
    """``enqueue``, and waiting until all is sent."""
    async with _outbox(address) as outbox:
        yield partial(_queue, outbox)


@asynccontextmanager
async def _outbox(address: str) -> AsyncIterator[Outbox]:
    from omni_common.outbox import Outbox

    with TemporaryDirectory() as folder:
        async with Outbox(messente_provider(address), Path(folder, "sends.db")) as outbox:
            yield outbox


async def _queue(outbox: Outbox, count: int) -> int:
    from omni_common.outbox import EntryState

    before = (await outbox.count())[EntryState.ACCEPTED]
    async for _ in outbox.enqueue(messages(count)):
        pass
    watch.look()
    await outbox.drain()
    watch.look()
    return (await outbox.count())[EntryState.ACCEPTED] - before
