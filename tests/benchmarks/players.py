"""Contestants for tests of the arena, which runs them in processes of their own."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.case import AsyncWork, Work

__all__ = ["blind", "careless", "failing", "idle", "loud", "sends"]


@contextmanager
def idle(_address: str, *, allowed: int = sys.maxsize) -> Iterator[Work]:
    """Does nothing, up to *allowed* times a turn."""
    yield lambda count: min(count, allowed)


@asynccontextmanager
async def loud(_address: str) -> AsyncIterator[AsyncWork]:
    """Does nothing, and says so where answers are written."""

    async def work(count: int) -> int:
        sys.stdout.write("nothing is done\n")
        return count

    yield work


@contextmanager
def failing(_address: str) -> Iterator[Work]:
    """Fails at its work."""

    def work(_count: int) -> int:
        raise SystemExit("this is what it says")

    yield work


@contextmanager
def blind(_address: str, *, module: str) -> Iterator[Work]:
    """Works only if *module* cannot be imported."""

    def work(count: int) -> int:
        try:
            __import__(module)
        except ImportError:
            return count
        return 0

    yield work


@contextmanager
def sends(address: str) -> Iterator[Work]:
    """Sends a message each time."""
    yield lambda count: sum(_send(address) for _ in range(count))


@contextmanager
def careless(address: str) -> Iterator[Work]:
    """Sends a message each time, and one more."""
    yield lambda count: sum(_send(address) for _ in range(count + 1)) - 1


def _send(address: str) -> int:
    body = b'{"to":"+37251000000","messages":[{"channel":"sms","text":"Hi"}]}'
    connection = HTTPConnection(urlsplit(address).netloc)
    connection.request("POST", "/v1/omnimessage", body, {"Authorization": "Basic made-up"})
    status = connection.getresponse().status
    connection.close()
    return int(status == 201)
