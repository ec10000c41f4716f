"""``Outbox``: a provider that writes every message down before it sends it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Iterable,
    Sequence,
)
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from attrs import evolve

from omni_common.capabilities import Capabilities
from omni_common.check import problems
from omni_common.clock import Clock
from omni_common.errors import (
    CancelFailedError,
    ClientClosedError,
    JournalError,
    NotSentError,
)
from omni_common.exchange import OnUnknown, check_on_unknown
from omni_common.failure import failed, unanswered
from omni_common.history import History, is_unheard
from omni_common.message import Message
from omni_common.outbox.dispatcher import Dispatcher
from omni_common.outbox.documents import problems_of_writing
from omni_common.outbox.entry import EntryState
from omni_common.outbox.handover import Handover
from omni_common.outbox.ids import reference_in
from omni_common.outbox.journal import Journal
from omni_common.outbox.keeping import capabilities_with, overdue_after
from omni_common.outbox.lock import DispatchLock
from omni_common.outbox.pace import Departures
from omni_common.outbox.reconciliation import Reconciliation, reconcile
from omni_common.outbox.records import Records
from omni_common.outbox.reports import not_here, receipt_in, receipt_or_report
from omni_common.outbox.tracks import JournalTracks
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, Receipt, SendOutcome
from omni_common.report import DeliveryReport
from omni_common.sent import SentAs, SentMessage
from omni_common.source import in_chunks

__all__ = ["Outbox"]

_TOGETHER = 200
"""Messages that are written down in one step: few enough to keep nobody else waiting for long."""
_log = logging.getLogger("omni_common.outbox")


class Outbox(Records, OmniProvider):
    """Writes every message down before it is sent, in a journal that survives the process.

    ::

        async with Outbox(MessenteProvider("user", "password"), "sends.db") as omni:
            receipt = await omni.send(message)

    ``send`` returns the vendor's receipt, and raises what the vendor's provider raises. A message
    with ``send_at`` is kept until its time: its receipt's id is ``outbox:`` and its reference, it
    can be taken back with ``cancel``, whatever the vendor, and what became of it is told by
    ``status``. It is sent by any open outbox of the journal; one process of all that have it open
    sends, the others may hand over, ask and take back.

    If the process is killed, the next one goes on: what was not begun is sent, and what was being
    sent is unknown and not sent again. A message is known by its reference: handed over a second
    time it is not sent again, but its receipt returned, or its error raised again if it is unknown;
    one that was not sent is tried anew.

    The journal holds texts and numbers, because it must. It and the files that SQLite puts beside
    it can be read by their owner alone.
    """

    path_setting = "journal_file"

    def __init__(
        self,
        provider: OmniProvider,
        journal_file: str | os.PathLike[str],
        *,
        hold: bool = True,
        overdue: timedelta | float = timedelta(hours=1),
        rate: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare; the journal is opened, or made, with the first message.

        Args:
            provider: Sends the messages; it is closed with the outbox.
            journal_file: The path of the journal, on a local disk.
            hold: Whether a message with ``send_at`` is kept here until then; the vendor's own
                scheduling is used otherwise.
            overdue: How long after its time a message that was kept is still sent, a number being
                seconds; after that it expires.
            rate: Messages a second at most; by default as fast as the provider lets them.
            clock: Where the time comes from; the provider's unless given.

        Raises:
            ConfigurationError: *overdue* is negative, or no length of time.
        """
        if not isinstance(provider, OmniProvider):
            raise TypeError(f"an outbox sends over an OmniProvider, not {type(provider).__name__}")
        self.clock = clock or provider.clock
        self._provider = provider
        self._hold = hold
        self._overdue = overdue_after(overdue)
        self._name = provider.capabilities.provider
        self._path = Path(journal_file)
        self._journal = Journal(self._path)
        self._tracks = JournalTracks(self._journal, self._name, self.clock)
        self._lock = DispatchLock(self._path)
        self._departures = Departures(rate, self.clock)
        at_once = self._departures.at_once(provider.capabilities.batch_size)
        self._capabilities = capabilities_with(provider.capabilities, at_once, hold=hold)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handover: Handover | None = None
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do, and, where messages are held here, scheduling and cancelling.

        Those are possible then for every channel.
        """
        return self._capabilities

    @property
    def wrapped(self) -> OmniProvider:
        """The provider that sends the messages."""
        return self._provider

    @property
    def tracks(self) -> JournalTracks:
        """Where a ``Tracker`` of this outbox keeps what is known of messages: in the journal.

        So it survives the process, and trackers of all processes that have the journal open share
        it: ``Tracker(omni, store=omni.tracks)``. A report of a message that may have been sent, or
        may not, settles that: the vendor has it.
        """
        return self._tracks

    @property
    def journal_file(self) -> Path:
        """The path of the journal."""
        return self._path

    def check(self, message: Message) -> list[NotSentError]:
        """Everything that would keep *message* from being sent; see ``OmniProvider.check``."""
        unwritable = problems_of_writing(message)
        if not self._hold or message.send_at is None:
            return [*self._provider.check(message), *unwritable]
        found = problems(message, self._capabilities, self.clock.now())
        late = [error for error in found if error.field == "send_at"]
        return [*late, *self._provider.check(evolve(message, send_at=None)), *unwritable]

    async def __aenter__(self) -> Self:
        """Open the journal, and begin to send what is due.

        Raises:
            ConfigurationError: The file is no journal, or one of a newer version.
            JournalError: It cannot be read or written.
        """
        await self._opened().dispatcher.leads()
        return self

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        """Write *message* down and send it, unless it is to be kept until its time.

        Where another process is the one that sends, it is left to that, and the receipt's id is
        ``outbox:`` and the reference.

        Raises:
            NotSentError: Nothing was sent, and nothing will be. A ``JournalError`` if it could not
                be written down.
            OutcomeUnknownError: It may have been sent.
            InvalidMessageError: Another message with this reference was handed over before.
        """
        check_on_unknown(on_unknown, message.reference)
        self._refuse_problems(message)
        history = History()
        try:
            outcome = await self._opened().hand_over(message, history, on_unknown)
        except BaseException as error:
            if is_unheard(error):
                history.record_interrupted(self._name, message.reference)
            raise
        if isinstance(outcome, Accepted):
            return outcome.receipt
        raise outcome.error

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Write a few messages down and send them; see ``OmniProvider.send_batch``."""
        return await self._opened().hand_over_all(messages, history)

    async def enqueue(
        self, messages: Iterable[Message] | AsyncIterable[Message]
    ) -> AsyncGenerator[SendOutcome, None]:
        """Write messages down to be sent as soon as their turn comes, without waiting for that.

        Whoever dispatches sends them; one that is not sent for a reason that may pass, or that
        concerns the whole account, stays queued. Iterate to the end: messages are written down as
        the outcomes are taken, two hundred together. What *messages* raises comes after those.

        Yields:
            For each message, in order: ``Accepted``, with a receipt whose id is ``outbox:`` and the
            reference, or the vendor's if that took it before; ``NotSent`` if :meth:`check` finds
            fault with it, or it was not sent before; ``Unknown`` if it was handed over before and
            its outcome is not known.

        Raises:
            JournalError: The journal cannot be written.
        """
        handover = self._opened()
        async with aclosing(in_chunks(messages, _TOGETHER, keep=True)) as parts:
            async for part in parts:
                faults = [self.check(message) for message in part]
                good = [message for message, found in zip(part, faults, strict=True) if not found]
                outcomes = iter(await handover.enqueue(good))
                for message, found in zip(part, faults, strict=True):
                    yield failed(message, found[0]) if found else next(outcomes)

    async def status(self, id: str) -> DeliveryReport:
        """What became of a message, by the ``id`` of its receipt; see ``OmniProvider.status``.

        One that was not sent yet is SCHEDULED; a refusal at its time is REJECTED.
        """
        reference = reference_in(id)
        if reference is None:
            return await self._provider.status(id)
        try:
            self._opened()
            entry = await self._journal.find(reference)
            if entry is None:
                raise not_here(reference, self._name)
            found = receipt_or_report(entry, id, self._name)
        except NotSentError as error:
            raise unanswered(error) from error
        if isinstance(found, DeliveryReport):
            return found
        return evolve(await self._provider.status(found.id), id=id)

    async def cancel(self, id: str) -> None:
        """Take a message back; see ``OmniProvider.cancel``.

        One that is kept here is taken back for sure, or was claimed to be sent before.
        """
        reference = reference_in(id)
        if reference is None:
            await self._provider.cancel(id)
            return
        try:
            self._opened()
            entry = await self._journal.cancel(reference, self.clock.now())
            if entry is None:
                raise not_here(reference, self._name)
            if entry.state is EntryState.CANCELLED:
                return
            receipt = receipt_in(entry, self._name)
        except NotSentError as error:
            raise CancelFailedError(error.text, provider=self._name) from error
        if receipt is None:
            raise CancelFailedError(
                f"{self._name}: the message {reference} is {entry.state} and cannot be taken back",
                provider=self._name,
                reference=reference,
            )
        await self._provider.cancel(receipt.id)

    def sent_messages(self, *, after: datetime, before: datetime) -> AsyncIterator[SentMessage]:
        """List what the vendor has sent; see ``OmniProvider.sent_messages``."""
        return self._provider.sent_messages(after=after, before=before)

    def sent_as(self, message: Message) -> SentAs | None:
        """How *message* would stand there; see ``OmniProvider.sent_as``."""
        return self._provider.sent_as(message)

    async def reconcile(self) -> Reconciliation:
        """Look for unknown messages in what the vendor says it sent, and accept those it has.

        A message is accepted where the vendor lists exactly one that no other message here has,
        with the same recipient, sender and text, sent within a day of it, and tells its status.
        Then it has a receipt, and handed over again it is not sent again. What leaves a doubt stays
        unknown, such as two messages that are alike, and so does what is not listed: that proves
        nothing. Nothing is sent, and to repeat it is safe. ``docs/outbox.md`` says what it trusts.

        Raises:
            NotSupportedError: There are unknown messages, and the provider cannot list what it
                sent.
            ReadError: The vendor gave no usable answer; what was found until then stays accepted.
            JournalError: The journal cannot be read or written.
        """
        await self._opened().dispatcher.leads()
        await self._journal.accept_heard(self._name, self.clock.now())
        return await reconcile(self._provider, self._journal, self.clock)

    def _records(self) -> Journal:
        self._opened()
        return self._journal

    def _queued(self) -> None:
        self._opened().dispatcher.wake()

    async def resume(self) -> None:
        """Send from the queue again, now that what :meth:`paused` says has been put right.

        That concerns this process; opening the outbox anew in the one that dispatches does the
        same.
        """
        await self._opened().dispatcher.resume()

    async def dispatches(self) -> bool:
        """Whether this process is the one that sends; if no other is, it becomes that.

        Raises:
            JournalError: The journal cannot be written.
        """
        return await self._opened().dispatcher.leads()

    async def drain(self) -> None:
        """Return when nothing is due and nothing under way, or the outbox is paused.

        Messages that are kept for later do not count, nor does what other processes send.
        """
        await self._opened().dispatcher.drained()

    async def close(self) -> None:
        """Send nothing more, write down what becomes of what is under way, and close. Repeatable.

        Messages that are kept are said to be on the logger ``omni_common.outbox``; they are sent
        when the journal is opened again.
        """
        if self._closed:
            return
        self._closed = True
        try:
            await self._stop()
        finally:
            try:
                await self._journal.close()
            finally:
                self._lock.release()  # not before what became of all is written down
                await self._provider.close()

    async def _stop(self) -> None:
        handover, running = self._handover, self._running
        if handover is None or running is None or self._loop is not asyncio.get_running_loop():
            return
        await handover.dispatcher.stop(running, handover.ended())
        with suppress(JournalError):
            kept = (await self._journal.count_open())[EntryState.QUEUED]
            if kept:
                _log.warning(
                    "closed with %d message%s kept; sent when the journal is opened again",
                    kept,
                    "s" * (kept != 1),
                )

    def _opened(self) -> Handover:
        """The way of messages in the running event loop, where what is due is sent meanwhile.

        Raises:
            ClientClosedError: The outbox is closed.
        """
        if self._closed:
            raise ClientClosedError("the outbox is closed; nothing was sent", provider=self._name)
        loop = asyncio.get_running_loop()
        if self._handover is None or self._loop is not loop:
            dispatcher = Dispatcher(
                self._provider,
                self._journal,
                self._lock,
                departures=self._departures,
                overdue=self._overdue,
                clock=self.clock,
            )
            self._handover = Handover(
                self._provider,
                self._journal,
                dispatcher,
                departures=self._departures,
                clock=self.clock,
                hold=self._hold,
            )
            self._running = asyncio.create_task(dispatcher.run())
            self._loop = loop
        return self._handover
