"""Asking for states: one message until it is final or nobody asks any more, or many once each."""

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

__all__ = ["Inquiry", "Looks", "Pace", "check_timeout", "poll_until_final", "status_of_each"]

_FIRST_INTERVAL = timedelta(seconds=5)
_LONGEST_INTERVAL = timedelta(minutes=5)
_GROWTH = 1.5
# A vendor may not know an id yet that it has just given out.
_NEWBORN = timedelta(seconds=60)
_PASSING = (ConnectionFailedError, AnswerLostError, ServerFailedError, RateLimitedError)

Status = Callable[[str], Awaitable[DeliveryReport]]


class Pace:
    """The intervals between questions: from 5 seconds, each longer by half, up to 5 minutes."""

    def __init__(self) -> None:
        self._interval = _FIRST_INTERVAL

    def next(self, trouble: OmniError | None = None) -> timedelta:
        """How long to wait now; longer where the vendor, in its *trouble*, asked for more."""
        interval = self._interval
        self._interval = min(interval * _GROWTH, _LONGEST_INTERVAL)
        asked_to_wait = None if trouble is None else trouble.retry_after
        return interval if asked_to_wait is None else max(interval, asked_to_wait)


def check_timeout(timeout: object) -> None:
    """Refuse a timeout in plain seconds, or whatever else it may be."""
    if not isinstance(timeout, timedelta):
        raise TypeError(f"timeout must be a timedelta, not {type(timeout).__name__}")


async def poll_until_final(
    status: Status, id: str, timeout: timedelta, clock: Clock
) -> DeliveryReport:
    """Ask *status* until the report is final or *timeout* has passed; return the last report.

    A question that is under way at the end still gets its answer.

    Raises:
        UnknownMessageError: The vendor still does not know the id a minute on.
        ReadError: Not one question was answered within *timeout*, or asking cannot succeed.
    """
    check_timeout(timeout)
    start = clock.monotonic()
    pace = Pace()
    last: DeliveryReport | None = None
    while True:
        waited = timedelta(seconds=clock.monotonic() - start)
        trouble: ReadError | None = None
        try:
            last = await status(id)
        except ReadError as error:
            if _is_of_a_newborn(error, waited):
                last = last or DeliveryReport(id, DeliveryState.ACCEPTED)
            elif _passes(error):
                trouble = error
            else:
                raise
        remaining = timeout - timedelta(seconds=clock.monotonic() - start)
        is_over = remaining <= timedelta()
        if last is not None and (is_over or last.is_final):
            return last
        if trouble is not None and is_over:
            raise trouble
        await clock.sleep(min(pace.next(trouble), remaining).total_seconds())


class Inquiry:
    """Asks for one message, again and again, on behalf of everybody who waits for news of it.

    The first who joins begins it, and with the last who leaves it ends; meanwhile each question is
    asked once, however many wait for its answer.
    """

    def __init__(
        self,
        status: Status,
        id: str,
        clock: Clock,
        *,
        heard: Callable[[DeliveryReport], Awaitable[object]],
        ended: Callable[[], object],
    ) -> None:
        """Prepare to ask *status* for *id*.

        Args:
            status: Answers for an id.
            id: The message.
            clock: What time is taken from.
            heard: Is told every answer, before the next question.
            ended: Is told that no other question will be asked.
        """
        self._status = status
        self._id = id
        self._clock = clock
        self._heard = heard
        self._ended = ended
        self._pace = Pace()
        self._joined = 0
        self._task: asyncio.Task[None] | None = None
        self._is_asking = True
        self._asked_at = clock.monotonic()
        self._due = asyncio.Event()
        self._answered = asyncio.Event()
        self.trouble: OmniError | None = None
        """What kept the last question from being answered."""
        self.is_over = False
        """Whether no other question will be asked, as none could be answered."""
        self.failure: Exception | None = None
        """What it ended with that is no error of this library: somebody's bug."""

    def join(self) -> None:
        """Begin to ask, or ask at once, and often, for somebody new.

        Where the vendor asked to wait, it is left in peace.
        """
        self._joined += 1
        self._pace = Pace()
        if self._task is None:
            self._task = asyncio.create_task(self._ask_on())
        elif self.trouble is None or self.trouble.retry_after is None:
            self._due.set()

    def leave(self) -> bool:
        """Let one go who joined; whether it was the last, who then has to :meth:`end` it."""
        self._joined -= 1
        return not self._joined

    async def end(self) -> None:
        """Ask no more; a question under way is given up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def answer_at(self, time: float) -> None:
        """Return when a question is answered that was under way at *time*, or asked since.

        One is asked for that if need be, for who waits no longer.
        """
        if self.is_over or (self._asked_at >= time and not self._is_asking):
            return
        answered = self._answered
        self._due.set()
        await answered.wait()

    async def _ask_on(self) -> None:
        start = self._clock.monotonic()
        try:
            while await self._ask(start):
                self._answered.set()
                self._answered = asyncio.Event()
                await self._pause()
        except Exception as error:  # noqa: BLE001 - raised to all who wait
            self.failure = error
        self.is_over = True
        self._answered.set()
        self._ended()

    async def _ask(self, start: float) -> bool:
        """Ask once; whether it makes sense to ask again."""
        self._asked_at = self._clock.monotonic()
        waited = timedelta(seconds=self._asked_at - start)
        try:
            report = await self._status(self._id)
        except OmniError as error:
            self.trouble = error
            return _is_of_a_newborn(error, waited) or _passes(error)
        self.trouble = None
        await self._heard(report)
        return True

    async def _pause(self) -> None:
        self._is_asking = False
        self._due.clear()
        delay = self._pace.next(self.trouble).total_seconds()
        timer = self._clock.call_later(delay, self._due.set)
        try:
            await self._due.wait()
        finally:
            timer.cancel()
        self._is_asking = True


class Looks:
    """When to look again at what others change: when a bell rings, and now and then."""

    def __init__(self, clock: Clock, deadline: float) -> None:
        """Look until *clock*'s monotonic time is *deadline*."""
        self._clock = clock
        self._deadline = deadline
        self._pace = Pace()
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


def _is_of_a_newborn(error: OmniError, waited: timedelta) -> bool:
    is_unknown = isinstance(error, UnknownMessageError) and not isinstance(error, ForeignIdError)
    return is_unknown and waited < _NEWBORN


def _passes(error: OmniError) -> bool:
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
