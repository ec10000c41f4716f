"""Programs over asyncio: each sends messages until it is through, or is ended."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator

from omni_common import OmniProvider, connect
from omni_common.errors import NotSentError, OutcomeUnknownError
from omni_common.message import Message
from tests.reliability.shutdown.orders import STOPPED, Order
from tests.reliability.shutdown.witness import Witness

__all__ = [
    "bare_stream",
    "cancelled_on_sigterm",
    "leaves_its_loop",
    "runner",
    "send",
    "sends",
    "sends_together",
    "stream",
]


def sends(order: Order, witness: Witness) -> None:
    asyncio.run(_send_one_by_one(order, witness))


def sends_together(order: Order, witness: Witness) -> None:
    asyncio.run(_send_together(order, witness))


def stream(order: Order, witness: Witness) -> None:
    asyncio.run(_stream(order, witness))


def bare_stream(order: Order, witness: Witness) -> None:
    asyncio.run(_stream_in_a_bare_loop(order, witness))


def runner(order: Order, witness: Witness) -> None:
    with asyncio.Runner() as each:
        each.run(_send_one_by_one(order, witness))


def cancelled_on_sigterm(order: Order, witness: Witness) -> None:
    """Stops as the documentation of asyncio advises."""

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await _send_together(order, witness)

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        sys.exit(STOPPED)


def leaves_its_loop(order: Order, witness: Witness) -> None:
    """Closes its event loop with everything still under way, and forgets all of it."""
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(each(order, witness)) for each in (_send_together, _stream)]
    loop.call_later(0.005 + order.seed % 1000 / 20_000, loop.stop)
    loop.run_forever()
    loop.close()
    tasks.clear()
    for answer in witness.kept.values():
        error = getattr(answer, "error", answer)
        if isinstance(error, Exception):  # its frames refer to the client, and so to the tasks
            error.__traceback__ = error.__context__ = error.__cause__ = None
    gc.collect()


async def send(omni: OmniProvider, message: Message, witness: Witness) -> None:
    """Send a message, and keep what its caller is told."""
    witness.ask(message.reference)
    try:
        witness.kept[message.reference] = await omni.send(message)
    except (NotSentError, OutcomeUnknownError) as error:
        witness.kept[message.reference] = error


async def _send_one_by_one(order: Order, witness: Witness) -> None:
    async with connect(order.url) as omni:
        for message in order.all_messages():
            await send(omni, message, witness)


async def _send_together(order: Order, witness: Witness) -> None:
    async with connect(order.url) as omni, asyncio.TaskGroup() as group:
        for message in order.all_messages():
            group.create_task(send(omni, message, witness))


async def _stream(order: Order, witness: Witness) -> None:
    async with connect(order.url) as omni, omni.send_many(_source(order, witness)) as outcomes:
        async for outcome in outcomes:
            witness.kept[outcome.message.reference] = outcome


async def _stream_in_a_bare_loop(order: Order, witness: Witness) -> None:
    async with connect(order.url) as omni:
        async for outcome in omni.send_many(_source(order, witness)):
            witness.kept[outcome.message.reference] = outcome


async def _source(order: Order, witness: Witness) -> AsyncIterator[Message]:
    for message in order.all_messages("s"):
        witness.ask(message.reference)
        yield message
        await asyncio.sleep(0)
