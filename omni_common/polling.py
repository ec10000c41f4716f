"""Asking for states: one message until it is final or nobody asks any more, or many once each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from datetime import timedelta
from zlib import crc32

from omni_common.clock import Clock
from omni_common.errors import (
    AnswerLostError,
    ConnectionFailedError,
    ConnectionRejectedError,
    ForeignIdError,
    NotSentError,
    OmniError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadError,
    ServerFailedError,
    UnknownMessageError,
)
from omni_common.failure import unanswered
from omni_common.report import DeliveryReport, DeliveryState, StatusResult
from omni_common.source import as_async

__all__ = [
    "FIRST_INTERVAL",
    "Looks",
    "Pace",
    "answer_to",
    "check_timeout",
    "is_of_a_newborn",
    "passes",
    "poll_until_final",
    "status_of_each",
    "stretch_of",
]

FIRST_INTERVAL = timedelta(seconds=5)
_LONGEST_INTERVAL = timedelta(minutes=5)
_GROWTH = 1.5
_LONGEST_STRETCH = 0.1
# A vendor may not know an id yet that it has just given out.
_NEWBORN = timedelta(seconds=60)
_PASSING = (ConnectionFailedError, AnswerLostError, ServerFailedError, RateLimitedError)

Status = Callable[[str], Awaitable[DeliveryReport]]


def stretch_of(id: str) -> float:
    """By what to multiply the intervals of a message: 1 to 1.1, always the same for one id.

    So thousands of messages that are asked for at the same moment drift apart from there on.
    """
    return 1 + _LONGEST_STRETCH * crc32(str(id).encode(errors="surrogatepass")) / 2**32


class Pace:
    """The intervals between questions: from 5 seconds, each longer by half, up to 5 minutes.

    All are longer by the same factor, which is the message's own.
    """

    def __init__(self, stretch: float) -> None:
        self._stretch = stretch
        self._interval = FIRST_INTERVAL

    def next(self, trouble: OmniError | None = None) -> timedelta:
        """How long to wait now; longer where the vendor, in its *trouble*, asked for more."""
        interval = self._interval
        self._interval = min(interval * _GROWTH, _LONGEST_INTERVAL)
        asked_to_wait = None if trouble is None else trouble.retry_after
        longest = interval if asked_to_wait is None else max(interval, asked_to_wait)
        return longest * self._stretch


def check_timeout(timeout: object) -> None:
    """Refuse a timeout in plain seconds, or whatever else it may be."""
    if not isinstance(timeout, timedelta):
        raise TypeError(f"timeout must be a timedelta, not {type(timeout).__name__}")


async def answer_to(status: Status, id: str) -> DeliveryReport:
    """Ask *status* for *id*; errors of sends, which no question may raise, become ``ReadError``."""
    try:
        return await status(id)
    except (NotSentError, OutcomeUnknownError) as error:
        unread = unanswered(error)
        raise unread from unread.__cause__


async def poll_until_final(
    status: Status,
    id: str,
    timeout: timedelta,
    clock: Clock,
    *,
    heard: Callable[[DeliveryReport], object] = lambda _: None,
) -> DeliveryReport:
    """Ask *status* until the report is final or *timeout* has passed; return the last report.

    A question that is under way at the end still gets its answer. None is asked before the time
    that the vendor asked to wait for, be it the last one. *heard* is told every answer.

    Raises:
        UnknownMessageError: The vendor still does not know the id a minute on.
        ReadError: Not one question was answered within *timeout*, or asking cannot succeed.
    """
    check_timeout(timeout)
    start = clock.monotonic()
    pace = Pace(stretch_of(id))
    last: DeliveryReport | None = None
    while True:
        waited = timedelta(seconds=clock.monotonic() - start)
        trouble: ReadError | None = None
        try:
            last = await answer_to(status, id)
            heard(last)
        except ReadError as error:
            if is_of_a_newborn(error, waited):
                last = last or DeliveryReport(id, DeliveryState.ACCEPTED)
            elif passes(error):
                trouble = error
            else:
                raise
        remaining = timeout - timedelta(seconds=clock.monotonic() - start)
        is_over = remaining <= timedelta()
        if last is not None and last.is_final:
            return last
        if not is_over:
            await clock.sleep(min(pace.next(trouble), remaining).total_seconds())
            asked_to_wait = None if trouble is None else trouble.retry_after
            is_over = asked_to_wait is not None and asked_to_wait > remaining
        if is_over and last is not None:
            return last
        if is_over and trouble is not None:
            raise trouble


class Looks:
    """When to look again at what others change: when a bell rings, and now and then."""

    def __init__(self, clock: Clock, deadline: float, stretch: float) -> None:
        """Look until *clock*'s monotonic time is *deadline*, with intervals longer by *stretch*."""
        self._clock = clock
        self._deadline = deadline
        self._pace = Pace(stretch)
        self._next = clock.monotonic()

    async def again(self, bell: asyncio.Event) -> bool:
        """Wait until it is time; False once the deadline has passed."""
        now = self._clock.monotonic()
        if now >= self._deadline:
            return False
        if now >= self._next:
            self._next = now + self._pace.next().total_seconds()
        timer = self._clock.call_later(min(self._next, self._deadline) - now, bell.set)
        try:
            await bell.wait()
        finally:
            timer.cancel()
        return self._clock.monotonic() < self._deadline


def is_of_a_newborn(error: OmniError, waited: timedelta) -> bool:
    """Whether *error* may only mean that the vendor does not know the id yet."""
    is_unknown = isinstance(error, UnknownMessageError) and not isinstance(error, ForeignIdError)
    return is_unknown and waited < _NEWBORN


def passes(error: OmniError) -> bool:
    """Whether asking again may help after *error*."""
    is_read = isinstance(error, ReadError) and not isinstance(error, UnknownMessageError)
    cause = error.__cause__
    is_passing = isinstance(cause, _PASSING) and not isinstance(cause, ConnectionRejectedError)
    return is_read and is_passing


_QUESTIONS_AT_ONCE = 16


async def status_of_each(
    status: Status, ids: Iterable[str] | AsyncIterable[str]
) -> AsyncIterator[StatusResult]:
    """Ask *status* for each id, a few at once; yield one result per id, in the order of *ids*."""

    async def ask(id: str) -> StatusResult:
        try:
            return StatusResult(id, report=await answer_to(status, id))
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
