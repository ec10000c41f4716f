"""aiohttp by itself, as little around it as an honest program can have: what all is compared with.

It looks at the status, and takes the id out of the answer. It has no idea whether a message that
was not answered was sent.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.case import AsyncWork, Work
from benchmarks.contestants.crowd import (
    AUTHORIZATION,
    SENDER,
    TEXT,
    at_once,
    one_by_one,
    phone_number,
    phone_numbers,
)
from benchmarks.memory import watch

if TYPE_CHECKING:
    import aiohttp

__all__ = ["messente", "messente_bulk", "messente_from_thread", "messente_statuses"]
__all__ += ["devino", "devino_detail"]

_BATCH = 1000


@asynccontextmanager
async def messente(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """One SMS a call."""
    async with _session() as session:
        yield partial(at_once, _messente_sender(session, address), callers=callers)


@contextmanager
def messente_from_thread(address: str) -> Iterator[Work]:
    """The same, one after another, from a thread that has no event loop: the cheapest way over."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait_for(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    async def open_session() -> aiohttp.ClientSession:
        return _session()

    session = wait_for(open_session())
    send = _messente_sender(session, address)
    yield lambda count: one_by_one(lambda to: wait_for(send(to)), phone_numbers(count))
    wait_for(session.close())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@asynccontextmanager
async def messente_bulk(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """A thousand a call, in dictionaries that are ready before the clock starts."""
    ready = [_omnimessage(phone_number(place)) for place in range(_BATCH)]

    async with _session() as session:

        async def send(batch: list[dict[str, Any]]) -> int:
            async with session.post(
                f"{address}/v1/omnimessages", json={"messages": batch}
            ) as response:
                answer = await response.json()
                _expect(response, 201)
            return len([item["omnimessage_id"] for item in answer["messages"]])

        async def work(count: int) -> int:
            batches = (ready[: min(_BATCH, count - start)] for start in range(0, count, _BATCH))

            async def call() -> int:
                return sum([await send(batch) for batch in batches])

            return sum(await asyncio.gather(*(call() for _ in range(callers))))

        yield work


@asynccontextmanager
async def messente_statuses(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """One status a call."""
    async with _session() as session:

        async def ask(id: str) -> str:
            async with session.get(f"{address}/v1/omnimessage/{id}/status") as response:
                answer = await response.json()
                _expect(response, 200)
            return str(answer["statuses"][0]["status"])

        yield partial(at_once, ask, callers=callers)


@asynccontextmanager
async def devino(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """One SMS a call."""
    async with _session() as session:

        async def send(to: str) -> str:
            message = {"from": SENDER, "to": to[1:], "text": TEXT}
            async with session.post(
                f"{address}/sms/messages", json={"messages": [message]}
            ) as response:
                answer = await response.json()
                _expect(response, 200)
            (result,) = answer["result"]
            if result["code"] != "OK":
                raise ValueError(result["code"])
            return str(result["messageId"])

        yield partial(at_once, send, callers=callers)


@asynccontextmanager
async def devino_detail(address: str, *, page: int) -> AsyncIterator[AsyncWork]:
    """The rows of a report, *page* a call."""
    async with _session() as session:

        async def work(count: int) -> int:
            offset, more = 0, True
            while more:
                query = {"taskId": count, "limit": page, "offset": offset}
                async with session.get(f"{address}/sms-stat/detail", params=query) as response:
                    answer = await response.json()
                    _expect(response, 200)
                offset += len([row["messageId"] for row in answer["result"]["data"]])
                more = answer["result"]["more"]
                watch.look()
            return offset

        yield work


def _session() -> aiohttp.ClientSession:
    import aiohttp

    return aiohttp.ClientSession(headers={"Authorization": AUTHORIZATION})


def _messente_sender(
    session: aiohttp.ClientSession, address: str
) -> Callable[[str], Awaitable[str]]:
    async def send(to: str) -> str:
        async with session.post(f"{address}/v1/omnimessage", json=_omnimessage(to)) as response:
            answer = await response.json()
            _expect(response, 201)
        return str(answer["omnimessage_id"])

    return send


def _omnimessage(to: str) -> dict[str, Any]:
    return {"to": to, "messages": [{"channel": "sms", "sender": SENDER, "text": TEXT}]}


def _expect(response: aiohttp.ClientResponse, status: int) -> None:
    if response.status != status:
        raise ValueError(response.status)
