"""Asking for one message on behalf of all who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import copy
from datetime import timedelta
from math import inf

from attrs import define, evolve

from omni_common.clock import Clock
from omni_common.errors import OmniError, ReadError
from omni_common.polling import (
    FIRST_INTERVAL,
    Pace,
    Status,
    answer_to,
    is_of_a_newborn,
    passes,
    stretch_of,
)
from omni_common.track import Track

__all__ = ["Inquiry", "Past"]


@define
class Past:
    """What is to be heeded of earlier questions for a message, whoever they were asked for.

    Attributes:
        at: When the last one was asked or ended, on the clock's monotonic time.
        not_before: When the vendor may be asked again that asked to wait.
        trouble: What kept the last one from being answered.
    """

    at: float = -inf
    not_before: float = -inf
    trouble: OmniError | None = None

    @property
    def earliest(self) -> float:
        """When the next question may be asked out of turn: 5 seconds on, if the vendor agrees."""
        return max(self.at + FIRST_INTERVAL.total_seconds(), self.not_before)


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
        past: Past,
        *,
        heard: Callable[[Track], Awaitable[object]],
        ended: Callable[[], object],
    ) -> None:
        """Prepare to ask *status* for *id*.

        Args:
            status: Answers for an id.
            id: The message.
            clock: What time is taken from.
            past: Of earlier questions; kept up to date.
            heard: Is told what every answer tells, before the next question.
            ended: Is told that no other question will be asked.
        """
        self.past = past
        self._status = status
        self._id = id
        self._clock = clock
        self._heard = heard
        self._ended = ended
        self._stretch = stretch_of(id)
        self._pace = Pace(self._stretch)
        self._joined = 0
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        now = clock.monotonic()
        self._next = max(now, past.earliest)
        self._is_asking = self._next <= now
        self._is_due = asyncio.Event()
        self._answered = asyncio.Event()
        self.track: Track | None = None
        """What all answers told."""
        self.trouble: OmniError | None = None if self._is_asking else _again(past.trouble)
        """What kept the last question from being answered."""
        self.is_over = False
        """Whether no other question will be asked, as none could be answered."""
        self.failure: Exception | None = None
        """What it ended with that is no error of this library: somebody's bug."""

    def join(self) -> None:
        """Begin to ask, or ask as soon as :attr:`Past.earliest`, and often, for somebody new."""
        self._joined += 1
        self._pace = Pace(self._stretch)
        if self._task is None:
            self._task = self._loop.create_task(self._ask_on())
        else:
            self._hurry()

    def leave(self) -> bool:
        """Let one go who joined; whether it was the last, who then has to :meth:`end` it."""
        self._joined -= 1
        return not self._joined

    async def end(self) -> None:
        """Ask no more; a question under way is given up."""
        if self._task is not None and self._loop.is_running():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def last_answer(self) -> None:
        """Return when the answer is there with which to end a wait.

        That is the one to the question under way, the last one if it has just been asked, or else
        one that is asked for at once, for all who end their wait then.
        """
        if self.is_over:
            return
        if not self._is_asking:
            if self._clock.monotonic() < self.past.earliest:
                return
            self._hurry()
        await self._answered.wait()

    def _hurry(self) -> None:
        self._next = min(self._next, max(self._clock.monotonic(), self.past.earliest))
        self._is_due.set()

    async def _ask_on(self) -> None:
        start = self._clock.monotonic()
        try:
            await self._until_due()
            while await self._ask(start):
                self._answered.set()
                self._answered = asyncio.Event()
                delay = self._pace.next(self.trouble).total_seconds()
                self._next = self._clock.monotonic() + delay
                await self._until_due()
        except asyncio.CancelledError as error:  # by who was last, or by whom the provider asked
            self.trouble = ReadError("the question for the status was cancelled")
            self.trouble.__cause__ = error
            raise
        except Exception as error:  # noqa: BLE001 - raised to all who wait
            self.failure = error
        finally:
            self.is_over = True
            if self._loop.is_running():  # unless it was abandoned, with this task on it
                self._answered.set()
                self._ended()

    async def _ask(self, start: float) -> bool:
        """Ask once; whether it makes sense to ask again."""
        self.past.at = self._clock.monotonic()
        waited = timedelta(seconds=self.past.at - start)
        try:
            report = await answer_to(self._status, self._id)
        except OmniError as error:
            self.trouble, self.past.trouble = error, _again(error)
            if error.retry_after is not None:
                pause = error.retry_after.total_seconds() * self._stretch
                self.past.not_before = self._clock.monotonic() + pause
            return is_of_a_newborn(error, waited) or passes(error)
        finally:
            self.past.at = self._clock.monotonic()
        self.trouble = self.past.trouble = None
        track = Track.of_report(evolve(report, id=self._id))
        self.track = track if self.track is None else self.track.merged(track)
        await self._heard(self.track)
        return True

    async def _until_due(self) -> None:
        self._is_asking = False
        while (delay := self._next - self._clock.monotonic()) > 0:
            self._is_due.clear()
            timer = self._clock.call_later(delay, self._is_due.set)
            try:
                await self._is_due.wait()
            finally:
                timer.cancel()
        self._is_asking = True


def _again(trouble: OmniError | None) -> OmniError | None:
    """*trouble* to be raised once more, without what was raised with it and what it quoted."""
    again = copy(trouble)
    if again is not None and trouble is not None:
        again.__cause__ = trouble.__cause__
    return again
