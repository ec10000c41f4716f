"""Small programs that send a few messages, while an exception strikes at one of their steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TypeAlias

from omni_common import connect, sync
from omni_common.message import Message
from omni_common.receipt import Receipt, SendOutcome
from tests.reliability.interruption.steps import Steps
from tests.reliability.interruption.words import Words

__all__ = [
    "Kept",
    "Program",
    "async_bare_stream",
    "async_send",
    "async_stream",
    "blocking_bare_stream",
    "blocking_send",
    "blocking_stream",
    "blocking_stream_left",
]

Kept: TypeAlias = dict[str, Receipt | SendOutcome]
"""What callers were told, by reference."""
Program: TypeAlias = Callable[[str, Sequence[Message], Words, Kept, Steps], None]
"""Is given a URL, and leaves what it was told where it is told to."""


def blocking_send(
    url: str, messages: Sequence[Message], words: Words, kept: Kept, steps: Steps
) -> None:
    message, another, *_ = messages
    with sync.connect(url) as omni:
        words.ask(message.reference)
        try:
            with steps:
                kept[message.reference] = omni.send(message)
        finally:  # whatever has struck, the client still works
            words.ask(another.reference)
            kept[another.reference] = omni.send(another)


def blocking_stream(
    url: str, messages: Sequence[Message], words: Words, kept: Kept, steps: Steps
) -> None:
    with sync.connect(url) as omni:
        source = _asked(messages, words)
        with steps, omni.send_many(source) as outcomes:
            for outcome in outcomes:
                kept[outcome.message.reference] = outcome


def blocking_bare_stream(
    url: str, messages: Sequence[Message], words: Words, kept: Kept, steps: Steps
) -> None:
    with sync.connect(url) as omni:
        source = _asked(messages, words)
        with steps:
            for outcome in omni.send_many(source):
                kept[outcome.message.reference] = outcome


def blocking_stream_left(
    url: str, messages: Sequence[Message], words: Words, kept: Kept, steps: Steps
) -> None:
    """Is left in the middle, and struck there, too."""
    with sync.connect(url) as omni:
        source = _asked(messages, words)
        with steps, omni.send_many(source) as outcomes:
            for outcome in outcomes:
                kept[outcome.message.reference] = outcome
                break


def async_send(
    url: str, messages: Sequence[Message], words: Words, kept: Kept, steps: Steps
) -> None:
    async def send() -> None:
        message = messages[0]
        async with connect(url) as omni:
            words.ask(message.reference)
            with steps:
                kept[message.reference] = await omni.send(message)

    asyncio.run(send())


def async_stream(
    url: str, messages: Sequence[Message], words: Words, kept: Kept, steps: Steps
) -> None:
    async def send() -> None:
        async with connect(url) as omni:
            source = _asked(messages, words)
            with steps:
                async with omni.send_many(source) as outcomes:
                    async for outcome in outcomes:
                        kept[outcome.message.reference] = outcome

    asyncio.run(send())


def async_bare_stream(
    url: str, messages: Sequence[Message], words: Words, kept: Kept, steps: Steps
) -> None:
    async def source() -> AsyncIterator[Message]:
        for message in _asked(messages, words):
            yield message
            await asyncio.sleep(0)

    async def send() -> None:
        async with connect(url) as omni:
            with steps:
                async for outcome in omni.send_many(source()):
                    kept[outcome.message.reference] = outcome

    asyncio.run(send())


def _asked(messages: Sequence[Message], words: Words) -> Iterator[Message]:
    for message in messages:
        words.ask(message.reference)
        yield message
