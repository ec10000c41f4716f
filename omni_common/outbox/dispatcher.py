"""Sends what falls due, and writes down what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from attrs import evolve

from omni_common.batches import outcomes_of
from omni_common.clock import Clock
from omni_common.errors import (
    AnswerLostError,
    InvalidMessageError,
    JournalError,
    NotSentError,
    Outcome,
)
from omni_common.failure import is_passing
from omni_common.history import History, accounting, nowhere
from omni_common.message import Message
from omni_common.outbox.documents import DocumentError
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal, Settlement
from omni_common.outbox.lock import DispatchLock
from omni_common.outbox.pace import Departures
from omni_common.outbox.settling import concerns_all, settled_on_its_own
from omni_common.provider import OmniProvider
from omni_common.receipt import NotSent, SendOutcome

__all__ = ["Dispatcher"]

_log = logging.getLogger("omni_common.outbox")
_CALLS_AT_ONCE = 4
_SINGLES_AT_ONCE = 32
_LOOK_EVERY = 5.0
"""Seconds after which the journal is looked at: another process may have put something in, or the
machine's clock have been set."""
_LONGEST_PAUSE = 60.0
"""Seconds between two tries, at most, while a vendor cannot be reached."""
_DEAD_AFTER = 3
"""Tries in a row after which it is told that it cannot be."""
PAUSED = "paused"
"""The note that says why nothing is sent."""


class Dispatcher:
    """Sends the queued messages of a journal in the order in which they fall due."""

    def __init__(
        self,
        provider: OmniProvider,
        journal: Journal,
        lock: DispatchLock,
        *,
        departures: Departures,
        overdue: timedelta,
        clock: Clock,
    ) -> None:
        """Prepare; nothing runs before :meth:`run`."""
        self._provider = provider
        self._journal = journal
        self._lock = lock
        self._departures = departures
        self._overdue = overdue
        self._clock = clock
        self._leads = False
        self._stopping = False
        self._woken = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._singles = asyncio.Semaphore(_SINGLES_AT_ONCE)
        self._failures = 0
        self._claiming = False
        self.paused: NotSentError | None = None
        """Why nothing is sent until somebody has put it right."""
        self._progress = asyncio.Event()
        self.settled = 0
        """How often something was settled, or looked for."""

    async def leads(self) -> bool:
        """Whether this process is the one that dispatches.

        When it becomes that, what the one before it had claimed and did not settle is unknown.
        """
        if self._leads:
            return True
        if not self._lock.take():
            return False
        lost = AnswerLostError(
            "the process that was sending it ended before it had written down what became of it;"
            " it may have been sent",
            provider=self._provider.capabilities.provider,
        )
        number = await self._journal.give_up(lost, self._clock.now())
        await self._journal.write_note(PAUSED, None)
        if number:
            _log.warning(
                "%d messages were being sent when the process before this one ended: they are"
                " unknown now, and are not sent again",
                number,
            )
        self._leads = True
        return True

    def wake(self) -> None:
        """Look at the journal now: something may be due."""
        self._woken.set()

    async def resume(self) -> None:
        """Send again, after somebody has put right what :attr:`paused` says."""
        self.paused = None
        self._failures = 0
        await self._journal.write_note(PAUSED, None)
        self.wake()

    async def run(self) -> None:
        """Dispatch until :meth:`stop`."""
        while not self._stopping:
            self._woken.clear()
            try:
                rest = await self._step()
            except JournalError as error:
                # Whoever hands messages over is told; those in the journal wait for better times.
                _log.error("nothing is sent for now: %s", error.text)
                rest = _LOOK_EVERY
            if not self._stopping:
                await self._rest(rest)

    async def drained(self) -> None:
        """Return when nothing is due and nothing under way, or nothing is sent while paused."""
        while self.paused is None and not self._stopping:
            before = self.settled
            due = await self._journal.next_due()
            is_idle = not (self._claiming or self._calls)
            if is_idle and (due is None or due > self._clock.now()):
                return
            self.wake()
            await self.settled_since(before)

    async def stop(self) -> None:
        """Claim nothing more, and return when all calls under way have been settled.

        An interruption of this cuts the calls off.
        """
        self._stopping = True
        self.wake()
        try:
            await asyncio.gather(*self._calls)
        except BaseException:
            for call in self._calls:
                call.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
            raise
        finally:
            self._leads = False
            self._lock.release()

    async def _step(self) -> float:
        """Start what calls there is room for; return for how many seconds nothing is to do."""
        if not await self.leads() or self.paused is not None:
            return _LOOK_EVERY
        now = self._clock.now()
        if await self._journal.expire(now - self._overdue, now):
            self._tell()
        wait = self._departures.wait()
        while wait <= 0 and len(self._calls) < _CALLS_AT_ONCE and not self._stopping:
            self._claiming = True
            try:
                entries = await self._journal.claim_due(self._most_at_once(), now)
                self._start(entries)
            finally:
                self._claiming = False
                self._tell()
            if not entries:
                due = await self._journal.next_due()
                return _LOOK_EVERY if due is None else (due - self._clock.now()).total_seconds()
            wait = self._departures.wait()
        return wait if wait > 0 else _LOOK_EVERY

    def _most_at_once(self) -> int:
        return self._departures.at_once(self._provider.capabilities.batch_size)

    async def _rest(self, seconds: float) -> None:
        timer = self._clock.call_later(min(max(seconds, 0.0), _LOOK_EVERY), self.wake)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()

    def _start(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        self._departures.depart(len(entries))
        call = asyncio.create_task(self._send_all(entries))
        self._calls.add(call)
        call.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._tell()
        self.wake()

    async def _send_all(self, entries: Sequence[Entry]) -> None:
        accounting.set(nowhere)  # in this task: what becomes of each stands in the journal
        sendable = await self._sendable(entries)
        bulk = [each for each in sendable if self._goes_in_bulk(each[1])]
        async with asyncio.TaskGroup() as group:
            if bulk:
                group.create_task(self._send(bulk))
            for each in sendable:
                if each not in bulk:
                    group.create_task(self._send_single(each))

    async def _sendable(self, entries: Sequence[Entry]) -> list[tuple[Entry, Message]]:
        """Each with its message as it goes out now; what cannot be sent is settled."""
        sendable: list[tuple[Entry, Message]] = []
        refused: list[Settlement] = []
        for entry in entries:
            message = _as_sent(entry)
            errors = (
                [message] if isinstance(message, NotSentError) else self._provider.check(message)
            )
            if errors or isinstance(message, NotSentError):
                refused.append(Settlement(entry.id, EntryState.REFUSED, error=errors[0]))
            else:
                sendable.append((entry, message))
        if refused:
            await self.settle(refused)
        return sendable

    def _goes_in_bulk(self, message: Message) -> bool:
        capabilities = self._provider.capabilities
        possible = capabilities.together(message.content)
        return capabilities.batch_size > 1 and all(
            possible[channel].bulk for channel in message.channels
        )

    async def _send_single(self, each: tuple[Entry, Message]) -> None:
        async with self._singles:
            await self._send([each])

    async def _send(self, call: Sequence[tuple[Entry, Message]]) -> None:
        """Make one call, and settle it, even where it is interrupted."""
        history = History(nowhere)
        try:
            outcomes = await outcomes_of(self._provider, [message for _, message in call], history)
        except BaseException:
            not_begun = history.outcome is Outcome.NOT_SENT
            state = EntryState.QUEUED if not_begun else EntryState.UNKNOWN
            cut = [Settlement(entry.id, state) for entry, _ in call]
            self._journal.settle_unattended(cut, self._clock.now())
            raise
        await self.settle(
            [
                settled_on_its_own(entry.id, outcome)
                for (entry, _), outcome in zip(call, outcomes, strict=True)
            ]
        )
        self.consider(outcomes)

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write down what became of claimed messages; where that fails they stay claimed."""
        now = self._clock.now()
        try:
            await self._journal.settle(settlements, now)
        except JournalError as error:
            # They stay claimed, and are unknown to the next who dispatches: never sent again.
            _log.error(
                "what became of %d messages could not be written down: %s",
                len(settlements),
                error.text,
            )
        self._tell()

    async def settled_since(self, before: int) -> None:
        """Return when something was settled after the *before*-th time."""
        while self.settled == before:
            await self._progress.wait()

    def _tell(self) -> None:
        self.settled += 1
        self._progress.set()
        self._progress.clear()

    def consider(self, outcomes: Iterable[SendOutcome]) -> None:
        """Decide from what became of some messages whether others are to follow now."""
        errors = [each.error for each in outcomes if isinstance(each, NotSent)]
        lasting = next(filter(concerns_all, errors), None)
        passing = next(filter(is_passing, errors), None)
        if lasting is not None:
            self._pause(lasting)
        elif passing is not None:
            self._wait_after(passing)
        else:
            self._failures = 0

    def _pause(self, error: NotSentError) -> None:
        if self.paused is None:
            _log.error("paused, with its messages still queued: %s", error.text)
        self.paused = error

    def _wait_after(self, error: NotSentError) -> None:
        """Wait for as long as the vendor asks, or longer each time that it is not there."""
        self._failures += 1
        pause = min(2.0 ** min(self._failures, 10) / 2, _LONGEST_PAUSE)
        if error.retry_after is not None:
            pause = max(pause, error.retry_after.total_seconds())
        if self._failures == _DEAD_AFTER:
            _log.warning("waits, with its messages still queued: %s", error.text)
        self._departures.hold(pause)


def _as_sent(entry: Entry) -> Message | NotSentError:
    """The message of *entry* as it goes out now, or why it cannot."""
    try:
        message = entry.message
    except DocumentError as error:
        return InvalidMessageError(
            f"the journal does not hold a message: {error}", reference=entry.reference
        )
    return evolve(message, send_at=None) if entry.held else message
