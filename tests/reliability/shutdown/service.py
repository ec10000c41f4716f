"""A service behind a real ASGI server, which has its own ways with signals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

import uvicorn

from omni_common import connect
from tests.reliability.shutdown.async_programs import send
from tests.reliability.shutdown.orders import Order
from tests.reliability.shutdown.witness import Witness

__all__ = ["service"]

_Event: TypeAlias = MutableMapping[str, Any]


def service(order: Order, witness: Witness) -> None:
    """Sends in background tasks, which it cancels when it is told to stop."""

    async def application(
        scope: _Event, receive: Callable[[], Awaitable[_Event]], tell: Callable[[_Event], Any]
    ) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        async with AsyncExitStack() as stack:
            omni = await stack.enter_async_context(connect(order.url))
            tasks = [
                asyncio.create_task(send(omni, message, witness))
                for message in order.all_messages()
            ]
            await tell({"type": "lifespan.startup.complete"})
            await receive()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        witness.conclude()  # the server ends itself by the signal that it was sent
        await tell({"type": "lifespan.shutdown.complete"})

    uvicorn.run(application, port=0, log_level="critical")
