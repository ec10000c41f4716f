"""What all contestants have in common: the messages, and how many callers there are at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = [
    "AUTHORIZATION",
    "PASSWORD",
    "SENDER",
    "TEXT",
    "USER",
    "at_once",
    "in_threads",
    "one_by_one",
    "phone_number",
    "phone_numbers",
]

USER, PASSWORD = "user", "password"
AUTHORIZATION = "Basic dXNlcjpwYXNzd29yZA=="
"""What vendors are told by the contestants that write the header themselves."""
SENDER = "Shop"
TEXT = "Your code is 1234"


def phone_number(place: int) -> str:
    """The number that the message at a place goes to."""
    return f"+372{place:08}"


def phone_numbers(count: int) -> Iterator[str]:
    """*count* numbers, each another one. Several threads may take from it."""
    return map(phone_number, range(count))


async def at_once(send: Callable[[str], Awaitable[Any]], count: int, *, callers: int) -> int:
    """Send to *count* numbers, *callers* at a time; how many it were."""
    numbers = phone_numbers(count)

    async def call() -> int:
        done = 0
        for number in numbers:
            await send(number)
            done += 1
        return done

    return sum(await asyncio.gather(*(call() for _ in range(callers))))


def in_threads(
    send: Callable[[str], Any], count: int, *, threads: ThreadPoolExecutor, callers: int
) -> int:
    """The same, blocking: each caller is one of *threads*."""
    numbers = phone_numbers(count)
    calls = [threads.submit(one_by_one, send, numbers) for _ in range(callers)]
    return sum(call.result() for call in calls)


def one_by_one(send: Callable[[str], Any], numbers: Iterator[str]) -> int:
    """Send to one number after another; how many it were."""
    done = 0
    for number in numbers:
        send(number)
        done += 1
    return done
