"""Calls interrupted at random moments: what is said of each message agrees with the vendor."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator
from random import Random

import pytest

from omni_common import batches
from omni_common.config import connect
from tests.reliability.conftest import Size
from tests.reliability.interruption.loop import StrikingLoop
from tests.reliability.interruption.scene import Scene
from tests.reliability.interruption.ways import INTERRUPTIONS, LEAVINGS, by_closing_the_client
from tests.reliability.interruption.words import Words, heard
from tests.reliability.resources import Held
from tests.support.faulty_vendor import FaultyVendor
from tests.support.figures import RecordProperty

SEED = 20_270_101
_AT_ONCE = 20
_SHARE_OF_LEAVINGS = 0.2
VENDORS = ("messente", "devino")


@pytest.fixture
def words() -> Iterator[Words]:
    with heard() as words:
        yield words


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that a stalling vendor has get less time when their stream is closed."""
    monkeypatch.setattr(batches, "_GRACE", 0.05)


def _begun(scene: Scene) -> tuple[str, Awaitable[None]]:
    """A call and a way to interrupt it, drawn by chance, and their names."""
    if scene.chance.random() < _SHARE_OF_LEAVINGS:
        leave = scene.chance.choice(LEAVINGS)
        return f"send_many {leave.__name__}", leave(scene)
    call = scene.chance.choice([scene.send, scene.send_many])
    interrupt = scene.chance.choice(INTERRUPTIONS)
    return f"{call.__name__} {interrupt.__name__}", interrupt(scene, call)


async def _play(scene: Scene, interruptions: int) -> Counter[str]:
    """Interrupt calls over one client until it has been closed."""
    struck: Counter[str] = Counter()
    while struck.total() < interruptions:
        before = scene.struck
        scene.vendor.plan = scene.fault
        name, interrupted = _begun(scene)
        await asyncio.ensure_future(interrupted)
        await scene.settle()
        struck[name] += scene.struck - before
        if name.endswith(by_closing_the_client.__name__):
            break
        assert await scene.still_works()
    return struck


async def _interrupt(vendor: str, chance: Random, words: Words) -> tuple[Counter[str], list[str]]:
    before = asyncio.all_tasks()
    async with FaultyVendor(vendor) as server:
        url = f"{server.connection_url}&batch_size={chance.choice((1, 3))}&bulk_timeout=5&timeout=5"
        async with connect(f"{url}&concurrency={chance.choice((1, 2, 100))}") as omni:
            scene = Scene(server, omni, words, chance)
            struck = await _play(scene, _AT_ONCE)
        await server.until(lambda: server.open_connections == 0)
        wrongs = words.judge(server.taken())
    left = asyncio.all_tasks() - before
    if left:
        _, left = await asyncio.wait(left, timeout=2)
    return struck, [*wrongs, *map(str, left)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_whatever_interrupts_a_call_each_message_has_one_true_word(
    vendor: str, words: Words, size: Size, record_property: RecordProperty
) -> None:
    struck: Counter[str] = Counter()
    wrongs: list[str] = []
    chance = Random(SEED)
    wanted = size(short=200, full=5_000)
    with asyncio.Runner(loop_factory=StrikingLoop) as runner:
        files = Held.now().descriptors
        while struck.total() < wanted:
            more, found = runner.run(_interrupt(vendor, chance, words))
            struck += more
            wrongs += found
        still_open = Held.now().descriptors - files
    figures = {"interrupted": struck.total(), **words.happened, "violations": len(wrongs)}
    record_property("interruptions", figures)
    assert wrongs == [], f"with seed {SEED}"
    assert still_open == 0
    # Each end of a message that an interruption leaves was met, or the test would prove little.
    assert {"told accepted", "recorded not_sent", "recorded unknown"} <= words.happened.keys()
