"""Sends what falls due, and writes down what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from omni_common.batches import bulk_rule, outcomes_of
from omni_common.clock import Clock
from omni_common.errors import (
    AnswerLostError,
    ClientClosedError,
    ConfigurationError,
    InvalidMessageError,
    JournalError,
    NotSentError,
    Outcome,
)
from omni_common.failure import is_passing
from omni_common.history import History, accounting, nowhere
from omni_common.message import Message
from omni_common.outbox.departing import departing
from omni_common.outbox.documents import DocumentError
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.faults import journal_error
from omni_common.outbox.journal import PAUSED, Journal
from omni_common.outbox.lock import DispatchLock
from omni_common.outbox.pace import Departures
from omni_common.outbox.rows import Settlement
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
        self._goes_in_bulk = bulk_rule(provider.capabilities)
        self._overdue = overdue
        self._clock = clock
        self._leads = False
        self._stopping = False
        self._woken = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._singles = asyncio.Semaphore(_SINGLES_AT_ONCE)
        self._failures = 0
        self._claiming = False
        self._ails: str | None = None
        self.paused: NotSentError | None = None
        """Why nothing is sent until somebody has put it right."""
        self._progress = asyncio.Event()
        self.unsettled: set[int] = set()
        """What was sent, or may have been, and could not be settled."""
        self.settled = 0
        """How often something was settled, or looked for."""

    async def leads(self) -> bool:
        """Whether this process is the one that dispatches; not any more once it is told to stop.

        When it becomes that, what the one before it had claimed and did not settle is unknown.
        """
        if self._leads or self._stopping:
            return self._leads
        if not self._has_taken_lock():
            return False
        lost = AnswerLostError(
            "the process that was sending it ended before it had written down what became of it;"
            " it may have been sent",
            provider=self._provider.capabilities.provider,
        )
        number = await self._journal.give_up(lost, self._clock.now())
        number -= await self._accept_heard()
        await self._journal.write_note(PAUSED, None)
        if number > 0:
            _log.warning(
                "%d messages were being sent when the process before this one ended: they are"
                " unknown now, and are not sent again",
                number,
            )
        self._leads = True
        return True

    def _has_taken_lock(self) -> bool:
        try:
            return self._lock.take()
        except OSError as error:
            found = journal_error(error)
        raise found

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
                self._ails = None
            except (JournalError, ConfigurationError) as error:
                # Whoever hands messages over is told; those in the journal wait for better times.
                if self._ails != error.text:
                    _log.error("nothing is sent for now: %s", error.text)
                self._ails = error.text
                rest = _LOOK_EVERY
            if not self._stopping:
                await self._rest(rest)

    async def drained(self) -> None:
        """Return when nothing is due and nothing under way, or nothing is sent from here."""
        while await self.leads() and self.paused is None and not self._stopping:
            before = self.settled
            now = self._clock.now()
            due = await self._journal.next_due(now)
            is_idle = not (self._claiming or self._calls)
            if is_idle and (due is None or due > now):
                return
            self.wake()
            await self.settled_since(before)

    async def stop(self, running: asyncio.Task[None], others: Awaitable[None]) -> None:
        """Claim nothing more, and return when all calls under way have been settled.

        *running* is what runs :meth:`run`, and *others* returns when nobody else is sending. An
        interruption of this cuts the calls off. Another process may send once the lock is released,
        which is for the caller to do when all is written down.
        """
        self._stopping = True
        self.wake()
        self.tell()
        try:
            await others
            await asyncio.gather(running, return_exceptions=True)  # which may be claiming still
            await asyncio.gather(*self._calls)
        except BaseException:
            for task in (running, *self._calls):
                task.cancel()
            await asyncio.gather(running, *self._calls, return_exceptions=True)
            raise
        finally:
            self._leads = False

    async def _step(self) -> float:
        """Start what calls there is room for; return for how many seconds nothing is to do."""
        if not await self.leads() or self.paused is not None:
            return _LOOK_EVERY
        now = self._clock.now()
        if await self._journal.expire(now - self._overdue, now):
            self.tell()
        most = self._most_at_once()
        wait = self._departures.wait(most)
        while wait <= 0 and len(self._calls) < _CALLS_AT_ONCE and not self._stopping:
            self._claiming = True
            self._departures.depart(most)  # before others see that there is room
            entries: list[Entry] = []
            try:
                entries = await self._journal.claim_due(most, now)
                self._start(entries)
            finally:
                self._departures.give_back(most - len(entries))
                self._claiming = False
                self.tell()
            if not entries:
                due = await self._journal.next_due(self._clock.now())
                return _LOOK_EVERY if due is None else (due - self._clock.now()).total_seconds()
            wait = self._departures.wait(most)
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
        if entries:
            call = asyncio.create_task(self._send_all(entries))
            self._calls.add(call)
            call.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self.tell()
        self.wake()

    async def _send_all(self, entries: Sequence[Entry]) -> None:
        accounting.set(nowhere)  # in this task: what becomes of each stands in the journal
        left = {entry.id for entry in entries}
        try:
            sendable = await self._sendable(entries)
            left &= {entry.id for entry, _ in sendable}
            bulk = [each for each in sendable if self._goes_in_bulk(each[1])]
            singles = [[each] for each in sendable if not self._goes_in_bulk(each[1])]
            async with asyncio.TaskGroup() as group:
                if bulk:
                    group.create_task(self._send(bulk, left))
                for single in singles:
                    group.create_task(self._send_in_turn(single, left))
        except BaseException:
            never_begun = [Settlement(id, EntryState.QUEUED) for id in left]
            self._journal.settle_unattended(never_begun, self._clock.now())
            raise

    async def _sendable(self, entries: Sequence[Entry]) -> list[tuple[Entry, Message]]:
        """Each with its message as it goes out now; what cannot be sent is settled."""
        sendable: list[tuple[Entry, Message]] = []
        refused: list[Settlement] = []
        for entry in entries:
            message = self._as_sent(entry)
            if isinstance(message, Message):
                sendable.append((entry, message))
            else:
                refused.append(Settlement(entry.id, EntryState.REFUSED, error=message))
        if refused:
            await self.settle(refused)
        return sendable

    def _as_sent(self, entry: Entry) -> Message | NotSentError:
        """The message of *entry* as it goes out now, or why it cannot."""
        try:
            message = departing(entry.message, held=entry.held)
        except DocumentError as error:
            return InvalidMessageError(
                f"the journal does not hold a message: {error}", reference=entry.reference
            )
        try:
            errors = self._provider.check(message)
        except Exception as error:  # noqa: BLE001 - a provider that breaks its contract
            # Kept in the queue, it would keep all that are claimed with it from ever being sent.
            name, what = self._provider.capabilities.provider, type(error).__name__
            text = f"{name}: {what} inside the provider; nothing was sent"
            return NotSentError(text, provider=name, reference=entry.reference)
        return errors[0] if errors else message

    async def _send_in_turn(self, call: Sequence[tuple[Entry, Message]], left: set[int]) -> None:
        async with self._singles:
            await self._send(call, left)

    async def _send(self, call: Sequence[tuple[Entry, Message]], left: set[int]) -> None:
        """Make one call and settle it, even where it is interrupted; it is *left* no more."""
        history = History(nowhere)
        left.difference_update(entry.id for entry, _ in call)
        try:
            outcomes = await outcomes_of(self._provider, [message for _, message in call], history)
        except BaseException:
            not_begun = history.outcome is Outcome.NOT_SENT
            state = EntryState.QUEUED if not_begun else EntryState.UNKNOWN
            cut = [Settlement(entry.id, state) for entry, _ in call]
            self._journal.settle_unattended(cut, self._clock.now())
            self.tell()
            raise
        await self.settle(
            [
                settled_on_its_own(entry.id, outcome)
                for (entry, _), outcome in zip(call, outcomes, strict=True)
            ]
        )
        await self.consider(outcomes)

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write down what became of claimed messages; where that fails they stay claimed."""
        try:
            await self._journal.settle(settlements, self._clock.now())
        except (JournalError, ClientClosedError) as error:
            # They stay claimed, and are unknown to the next who dispatches: never sent again.
            self.unsettled.update(each.id for each in settlements)
            _log.error(
                "what became of %d messages could not be written down: %s",
                len(settlements),
                error.text,
            )
        else:
            if any(each.state is EntryState.UNKNOWN for each in settlements):
                with suppress(JournalError, ClientClosedError):  # the next who dispatches does it
                    await self._accept_heard()
        self.tell()

    async def _accept_heard(self) -> int:
        """Accept what the vendor has told of already while it was being sent; how many."""
        name = self._provider.capabilities.provider
        return await self._journal.accept_heard(name, self._clock.now())

    async def settled_since(self, before: int) -> None:
        """Return when something was settled after the *before*-th time."""
        while self.settled == before:
            await self._progress.wait()

    def tell(self) -> None:
        """Wake whoever waits for something to be settled."""
        self.settled += 1
        self._progress.set()
        self._progress.clear()

    async def consider(self, outcomes: Iterable[SendOutcome]) -> None:
        """Decide from what became of some messages whether others are to follow now."""
        errors = [each.error for each in outcomes if isinstance(each, NotSent)]
        lasting = next(filter(concerns_all, errors), None)
        passing = next(filter(is_passing, errors), None)
        if lasting is not None:
            await self._pause(lasting)
        elif passing is not None:
            self._wait_after(passing)
        else:
            self._failures = 0

    async def _pause(self, error: NotSentError) -> None:
        is_new, self.paused = self.paused is None, error
        self.tell()
        if is_new:
            _log.error("paused, with its messages still queued: %s", error.text)
            with suppress(JournalError):  # which has been told by whoever met it first
                await self._journal.write_note(PAUSED, error.text)

    def _wait_after(self, error: NotSentError) -> None:
        """Wait for as long as the vendor asks, or longer each time that it is not there."""
        if not self._departures.is_held:  # several calls that fail together are one failure
            self._failures += 1
        pause = min(2.0 ** min(self._failures, 10) / 2, _LONGEST_PAUSE)
        if error.retry_after is not None:
            pause = max(pause, error.retry_after.total_seconds())
        if self._failures == _DEAD_AFTER and not self._departures.is_held:
            _log.warning("waits, with its messages still queued: %s", error.text)
        self._departures.hold(pause)
