"""Asking for states: one message until it is final, or many messages once each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from datetime import timedelta

from omni_common.clock import Clock
from omni_common.errors import (
    AnswerLostError,
    ConnectionFailedError,
    ConnectionRejectedError,
    ForeignIdError,
    OmniError,
    RateLimitedError,
    ReadError,
    ServerFailedError,
    UnknownMessageError,
)
from omni_common.report import DeliveryReport, DeliveryState, StatusResult
from omni_common.source import as_async

__all__ = ["poll_until_final", "status_of_each"]

_FIRST_INTERVAL = timedelta(seconds=5)
_LONGEST_INTERVAL = timedelta(minutes=5)
_GROWTH = 1.5
# A vendor may not know an id yet that it has just given out.
_NEWBORN = timedelta(seconds=60)
_PASSING = (ConnectionFailedError, AnswerLostError, ServerFailedError, RateLimitedError)


async def poll_until_final(
    status: Callable[[str], Awaitable[DeliveryReport]], id: str, timeout: timedelta, clock: Clock
) -> DeliveryReport:
    """Ask *status* until the report is final or *timeout* has passed; return the last report.

    A question that is under way at the end still gets its answer.

    Raises:
        UnknownMessageError: The vendor still does not know the id a minute on.
        ReadError: Not one question was answered within *timeout*, or asking cannot succeed.
    """
    if not isinstance(timeout, timedelta):
        raise TypeError(f"timeout must be a timedelta, not {type(timeout).__name__}")
    start = clock.monotonic()
    interval = _FIRST_INTERVAL
    last: DeliveryReport | None = None
    while True:
        waited = timedelta(seconds=clock.monotonic() - start)
        trouble: ReadError | None = None
        try:
            last = await status(id)
        except ForeignIdError:
            raise
        except UnknownMessageError:
            if waited >= _NEWBORN:
                raise
            last = last or DeliveryReport(id, DeliveryState.ACCEPTED)
        except ReadError as error:
            if not _passes(error):
                raise
            trouble = error
        remaining = timeout - timedelta(seconds=clock.monotonic() - start)
        is_over = remaining <= timedelta()
        if last is not None and (is_over or last.is_final):
            return last
        if trouble is not None and is_over:
            raise trouble
        asked_to_wait = timedelta() if trouble is None else trouble.retry_after or timedelta()
        await clock.sleep(min(max(interval, asked_to_wait), remaining).total_seconds())
        interval = min(interval * _GROWTH, _LONGEST_INTERVAL)


def _passes(error: ReadError) -> bool:
    cause = error.__cause__
    return isinstance(cause, _PASSING) and not isinstance(cause, ConnectionRejectedError)


_QUESTIONS_AT_ONCE = 16


async def status_of_each(
    status: Callable[[str], Awaitable[DeliveryReport]], ids: Iterable[str] | AsyncIterable[str]
) -> AsyncIterator[StatusResult]:
    """Ask *status* for each id, a few at once; yield one result per id, in the order of *ids*."""

    async def ask(id: str) -> StatusResult:
        try:
            return StatusResult(id, report=await status(id))
        except OmniError as error:
            return StatusResult(id, error=error)
        except Exception as error:  # noqa: BLE001 - a provider that breaks its contract
            unreadable = ReadError(f"the status could not be read ({type(error).__name__})")
            unreadable.__cause__ = error
            return StatusResult(id, error=unreadable)

    asked: deque[asyncio.Task[StatusResult]] = deque()
    try:
        async with aclosing(as_async(ids)) as each:
            async for id in each:
                asked.append(asyncio.create_task(ask(id)))
                while asked and (asked[0].done() or len(asked) == _QUESTIONS_AT_ONCE):
                    yield await asked.popleft()
        while asked:
            yield await asked.popleft()
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
