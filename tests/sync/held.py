"""What the portals of these tests hold open, and async functions to run on them."""

from __future__ import annotations

import asyncio
import threading
from typing import Self


class Held:
    """A resource that remembers on which threads it was opened and closed."""

    def __init__(self) -> None:
        self.opened_on: threading.Thread | None = None
        self.closed_on: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        self.opened_on = threading.current_thread()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed_on = threading.current_thread()


async def give_itself(held: Held) -> Held:
    """Return the resource."""
    return held


async def double(_: Held, number: int) -> int:
    """Return twice the number, after a turn of the loop."""
    await asyncio.sleep(0)
    return 2 * number


async def fail(_: Held, error: BaseException) -> None:
    """Raise the error."""
    await asyncio.sleep(0)
    raise error


async def current_thread(_: Held) -> threading.Thread:
    """Return the loop thread."""
    return threading.current_thread()


class Stay:
    """An async function that stays inside until it is cancelled, and says so."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.cancelled = threading.Event()

    async def __call__(self, _: Held) -> None:
        self.entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
