"""This library, as its README has it used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.case import AsyncWork, Work
from benchmarks.contestants.crowd import (
    PASSWORD,
    SENDER,
    TEXT,
    USER,
    at_once,
    one_by_one,
    phone_numbers,
)
from benchmarks.memory import watch

if TYPE_CHECKING:
    from omni_common import Message, OmniProvider

__all__ = ["devino", "devino_detail", "devino_statuses"]
__all__ += ["messente", "messente_blocking", "messente_bulk", "messente_bulk_blocking"]
__all__ += ["messages", "messente_provider", "messente_statuses", "messente_streams", "stream"]

_LOOK_EVERY = 10_000


@asynccontextmanager
async def messente(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """One SMS a call."""
    async with messente_provider(address, callers) as provider:
        yield _sending(provider, callers)


@asynccontextmanager
async def devino(address: str, *, callers: int) -> AsyncIterator[AsyncWork]:
    """One SMS a call."""
    async with _devino(address, callers) as provider:
        yield _sending(provider, callers)


@contextmanager
def messente_blocking(address: str) -> Iterator[Work]:
    """One SMS a call, one after another, by the blocking twin."""
    from omni_common import Message, Sms
    from omni_common.sync import connect

    with connect(_url(address)) as provider:

        def send(to: str) -> str:
            return provider.send(Message(to, Sms(TEXT))).id

        yield lambda count: one_by_one(send, phone_numbers(count))


@asynccontextmanager
async def messente_bulk(address: str) -> AsyncIterator[AsyncWork]:
    """``send_many``, which makes bulk calls of a thousand."""
    async with messente_provider(address) as provider:
        yield partial(stream, provider)


@asynccontextmanager
async def messente_streams(address: str, *, length: int) -> AsyncIterator[AsyncWork]:
    """``send_many`` over *length* messages, as often as it takes."""
    async with messente_provider(address) as provider:

        async def work(count: int) -> int:
            lengths = (min(length, count - start) for start in range(0, count, length))
            return sum([await stream(provider, each) for each in lengths])

        yield work


@contextmanager
def messente_bulk_blocking(address: str) -> Iterator[Work]:
    """The same by the blocking twin."""
    from omni_common import Accepted
    from omni_common.sync import connect

    with connect(_url(address)) as provider:

        def work(count: int) -> int:
            with provider.send_many(messages(count)) as outcomes:
                return sum(isinstance(outcome, Accepted) for outcome in outcomes)

        yield work


@asynccontextmanager
async def messente_statuses(address: str) -> AsyncIterator[AsyncWork]:
    """``status_many``, which asks for each."""
    async with messente_provider(address) as provider:
        yield partial(_statuses, provider, "messente:")


@asynccontextmanager
async def devino_statuses(address: str) -> AsyncIterator[AsyncWork]:
    """``status_many``, which asks for 500 at a time."""
    async with _devino(address) as provider:
        yield partial(_statuses, provider, "devino:sms:370117208")


@asynccontextmanager
async def devino_detail(address: str, *, page: int) -> AsyncIterator[AsyncWork]:
    """The rows of a report, *page* a call, as an iterator that has no end in sight."""
    from devino_async import DevinoClient

    async with DevinoClient("key", base_url=address) as client:

        async def work(count: int) -> int:
            done = 0
            async for _ in client.sms.detail(task_id=count, page_size=page):
                done += 1
                if done % _LOOK_EVERY == 0:
                    watch.look()
            watch.look()
            return done

        yield work


def messente_provider(address: str, callers: int = 100) -> OmniProvider:
    """The provider, for *callers* at once."""
    from messente_async import MessenteProvider

    return MessenteProvider(
        USER, PASSWORD, sender=SENDER, base_url=f"{address}/v1", concurrency=callers
    )


def _devino(address: str, callers: int = 100) -> OmniProvider:
    from devino_async import DevinoProvider

    return DevinoProvider("key", sender=SENDER, base_url=address, concurrency=callers)


def _url(address: str) -> str:
    host = address.removeprefix("http://")
    return f"messente://{USER}:{PASSWORD}@{host}/v1?sender={SENDER}"


def _sending(provider: OmniProvider, callers: int) -> AsyncWork:
    from omni_common import Message, Sms

    async def send(to: str) -> str:
        receipt = await provider.send(Message(to, Sms(TEXT)))
        return receipt.id

    return partial(at_once, send, callers=callers)


async def stream(provider: OmniProvider, count: int) -> int:
    """Send so many messages in one ``send_many``; how many were accepted."""
    from omni_common import Accepted

    accepted = 0
    async with provider.send_many(messages(count)) as outcomes:
        async for outcome in outcomes:
            accepted += isinstance(outcome, Accepted)
            if accepted % _LOOK_EVERY == 0:
                watch.look()
    watch.look()
    return accepted


def messages(count: int) -> Iterator[Message]:
    """So many SMS, made as they are asked for."""
    from omni_common import Message, Sms

    return (Message(to, Sms(TEXT)) for to in phone_numbers(count))


async def _statuses(provider: OmniProvider, prefix: str, count: int) -> int:
    done = 0
    async for result in provider.status_many(f"{prefix}{place:010}" for place in range(count)):
        done += result.report is not None
        if done % _LOOK_EVERY == 0:
            watch.look()
    watch.look()
    return done
