"""The client's process of a soak: async and blocking clients of both vendors, all day long.

It is told what to do by its only argument, and says in the end, as JSON on its standard output,
what was done and what it held meanwhile. Whatever goes wrong shows on standard error.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import threading
import time
from typing import Any

from attrs import asdict

from omni_common.history import OUTCOME_LOGGER
from tests.reliability.resources import Held, resident_kib
from tests.reliability.soak.blocking_calls import use_blocking_clients
from tests.reliability.soak.calls import use_async_clients
from tests.reliability.soak.mailbox import Mailbox
from tests.reliability.soak.orders import Orders
from tests.reliability.soak.tally import InterruptedSends, Tally

_BETWEEN_SAMPLES = 0.5
_COUNTS = 5
_SETTLING = 5.0
_A_MOMENT = 0.05


async def _soak(orders: Orders, tally: Tally) -> dict[str, Any]:
    gc.collect()
    before = Held.now()
    measured = await _use_clients(orders, tally)
    after = await _settled(before)
    return {
        **measured,
        "operations": tally.operations,
        "outcomes": tally.outcomes,
        "errors": tally.errors,
        "events": tally.events,
        "foreign": tally.foreign[:5],
        "before": asdict(before),
        "after": asdict(after),
        "tasks": [repr(task) for task in asyncio.all_tasks() - {asyncio.current_task()}],
    }


async def _use_clients(orders: Orders, tally: Tally) -> dict[str, Any]:
    """Use clients of both kinds at once, and measure what this needs meanwhile."""
    over = threading.Event()
    mailbox = Mailbox(tally)
    begun = asyncio.Semaphore(0)
    blocking_over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def block() -> None:
        try:
            use_blocking_clients(
                orders, mailbox, tally, over, lambda: loop.call_soon_threadsafe(begun.release)
            )
        finally:
            loop.call_soon_threadsafe(blocking_over.set)

    thread = threading.Thread(target=block)
    async with mailbox.open(), asyncio.TaskGroup() as group:
        group.create_task(use_async_clients(orders, mailbox, tally, over, begun.release))
        thread.start()
        try:
            for _ in ("async", "blocking"):
                await begun.acquire()
            await asyncio.sleep(orders.warm_up)
            return await _measured(orders)
        finally:
            over.set()
            await blocking_over.wait()
            thread.join()


async def _measured(orders: Orders) -> dict[str, Any]:
    """What is allocated before and after, and the memory of both processes in between."""
    count = _COUNTS if orders.warm_up else 1
    blocks = await _blocks(count)
    start = time.monotonic()
    samples: list[tuple[float, int, int]] = []
    while (passed := time.monotonic() - start) < orders.seconds or len(samples) < 2:
        samples.append((passed, resident_kib(), resident_kib(orders.vendors_pid)))
        await asyncio.sleep(_BETWEEN_SAMPLES)
    return {"samples": samples, "blocks": (blocks, await _blocks(count))}


async def _blocks(count: int) -> int:
    """How many blocks of memory Python holds beside what is under way: the least of *count* looks.

    Unlike the resident memory, it neither has holes nor garbage in it.
    """
    counts: list[int] = []
    for _ in range(count):
        gc.collect()
        counts.append(sys.getallocatedblocks())
        await asyncio.sleep(_BETWEEN_SAMPLES)
    return min(counts)


async def _settled(before: Held) -> Held:
    """What is held as soon as it is as *before*, or else after some seconds."""
    deadline = time.monotonic() + _SETTLING
    while True:
        gc.collect()
        held = Held.now()
        if held == before or time.monotonic() > deadline:
            return held
        await asyncio.sleep(_A_MOMENT)


def _is_not_about_slowness(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Executing ")


def _quiet(tally: Tally) -> None:
    """Count the records of interrupted sends, and leave out what asyncio says of slow steps."""
    outcomes = logging.getLogger(OUTCOME_LOGGER)
    outcomes.addHandler(InterruptedSends(tally))
    outcomes.propagate = False
    logging.getLogger("asyncio").addFilter(_is_not_about_slowness)


if __name__ == "__main__":
    counts = Tally()
    _quiet(counts)
    sys.setswitchinterval(0.0005)  # so that one loop waits less for the threads of the others
    # Not in asyncio's debug mode, as the blocking clients' loops are under -X dev: it is slow.
    told = asyncio.run(_soak(Orders.read(sys.argv[1]), counts), debug=False)
    sys.stdout.write(f"{json.dumps(told)}\n")
