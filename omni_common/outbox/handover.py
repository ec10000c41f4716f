"""The way of a message that somebody waits for: into the journal, to the vendor, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import compress

from attrs import evolve

from omni_common.batches import outcomes_of
from omni_common.clock import Clock
from omni_common.errors import (
    ClientClosedError,
    InvalidMessageError,
    JournalError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.exchange import OnUnknown
from omni_common.failure import failed
from omni_common.history import History, accounting
from omni_common.message import Message
from omni_common.outbox.departing import departing
from omni_common.outbox.dispatcher import Dispatcher
from omni_common.outbox.documents import DocumentError, message_document
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.ids import id_of
from omni_common.outbox.journal import Journal
from omni_common.outbox.pace import Departures
from omni_common.outbox.receipts import receipt_of
from omni_common.outbox.rows import Posting, Settlement, Turn
from omni_common.outbox.settling import settled
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, Receipt, SendOutcome

__all__ = ["Handover"]

_NOT_SENT = frozenset({EntryState.REFUSED, EntryState.CANCELLED, EntryState.EXPIRED})


class Handover:
    """Takes messages for one event loop, and tells what became of each.

    Whoever is told that a message was not sent decides what to do with it: it does not stay in the
    queue, where it could go out beside the one that is sent in its place.
    """

    def __init__(
        self,
        provider: OmniProvider,
        journal: Journal,
        dispatcher: Dispatcher,
        *,
        departures: Departures,
        clock: Clock,
        hold: bool,
    ) -> None:
        """Send over *provider*; with *hold* keep a message that has a time until then."""
        self.dispatcher = dispatcher
        self._provider = provider
        self._journal = journal
        self._departures = departures
        self._hold = hold
        self._name = provider.capabilities.provider
        self._clock = clock
        self._under_way = 0
        self._is_over = asyncio.Event()

    async def hand_over(
        self, message: Message, history: History, on_unknown: OnUnknown
    ) -> SendOutcome:
        """Write a message down, and send it unless it is to be kept.

        *history* then says what is known of it if this is interrupted.
        """
        async with self._taking():
            return await self._handed_over(message, history, on_unknown)

    async def _handed_over(
        self, message: Message, history: History, on_unknown: OnUnknown
    ) -> SendOutcome:
        leads, now = await self.dispatcher.leads(), self._clock.now()
        posting = self._posting(message, self._turn(now, leads=leads))
        if posting.turn.state is EntryState.CLAIMED:
            await self._departures.admit()
        else:
            history.begin()  # once it is in the journal, it may be sent
        (found,) = await self._journal.put([posting], now)
        if isinstance(found, Entry):
            return await self._handed_over_again(message, found, history, on_unknown)
        return await self._gone(found, message, posting.turn.state, history, on_unknown)

    async def hand_over_all(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Write messages down, and send in one call what is not to be kept."""
        async with self._taking():
            return await self._all_handed_over(messages, history)

    async def _all_handed_over(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        leads, now = await self.dispatcher.leads(), self._clock.now()
        turn = self._turn(now, leads=leads)
        postings = [self._posting(message, turn) for message in messages]
        claiming = [posting.turn.state is EntryState.CLAIMED for posting in postings]
        if not all(claiming):
            history.begin()
        await self._departures.admit(sum(claiming))
        found = await self._journal.put(postings, now)
        new = [
            is_claimed and isinstance(each, int)
            for each, is_claimed in zip(found, claiming, strict=True)
        ]
        sent = await self._sent_together(
            [each for each in compress(found, new) if isinstance(each, int)],
            list(compress(messages, new)),
            history,
        )
        if len(sent) == len(messages):
            return sent
        self.dispatcher.wake()
        sent_in_turn = iter(sent)
        outcomes: list[SendOutcome] = []
        for message, entry, is_claimed in zip(messages, found, claiming, strict=True):
            if isinstance(entry, Entry):
                outcome = await self._handed_over_again(message, entry, history, "raise")
            else:
                outcome = next(sent_in_turn) if is_claimed else self._taken(message)
            outcomes.append(outcome)
        return outcomes

    async def enqueue(self, messages: Sequence[Message]) -> Sequence[SendOutcome]:
        """Write messages down for whoever dispatches; what became of one before stands."""
        now = self._clock.now()
        turn = self._turn(now, leads=False)
        postings = [self._posting(message, turn) for message in messages]
        async with self._taking():
            found = await self._journal.put(postings, now)
        self.dispatcher.wake()
        return [
            self._so_far(message, entry) if isinstance(entry, Entry) else self._taken(message)
            for message, entry in zip(messages, found, strict=True)
        ]

    async def ended(self) -> None:
        """Return when nobody is handing over any more; who waits for a turn is turned away."""
        self._departures.close()
        while self._under_way:
            self._is_over.clear()
            await self._is_over.wait()

    @asynccontextmanager
    async def _taking(self) -> AsyncIterator[None]:
        self._under_way += 1
        try:
            yield
        except BaseException:
            self.dispatcher.tell()  # what is taken back, or settled, while nobody waits for that
            raise
        finally:
            self._under_way -= 1
            self._is_over.set()

    def _turn(self, now: datetime, *, leads: bool) -> Turn:
        """The turn of what is not kept: it is claimed, if it is sent by whoever *leads*."""
        return Turn(EntryState.CLAIMED if leads else EntryState.QUEUED, now, held=False)

    def _posting(self, message: Message, turn: Turn) -> Posting:
        """What to write down of a message; *turn* is its own unless it is kept."""
        if message.send_at is not None and self._hold:
            turn = Turn(EntryState.QUEUED, message.send_at, held=True)
        return Posting(message.reference, turn, message_document(message))

    def _taken(self, message: Message) -> Accepted:
        """The outcome of a message that the outbox has, and the vendor has not."""
        return Accepted(message, self._kept(message))

    def _kept(self, message: Message) -> Receipt:
        """The receipt of a message that the outbox has, and the vendor has not."""
        return receipt_of(message, id_of(message.reference), self._name)

    async def _gone(
        self,
        id: int,
        message: Message,
        state: EntryState,
        history: History,
        on_unknown: OnUnknown,
    ) -> SendOutcome:
        """Go on with a message that was just written down as queued or claimed."""
        if state is EntryState.QUEUED:
            self.dispatcher.wake()
            return self._taken(message)
        return await self._sent(id, message, history, on_unknown)

    async def _sent(
        self, id: int, message: Message, history: History, on_unknown: OnUnknown
    ) -> SendOutcome:
        """Send a message that was claimed, and settle it, even where that is interrupted."""
        told: list[Outcome] = []
        hears = accounting.set(lambda *record: told.append(record[2]))
        outcome: SendOutcome
        try:
            try:
                receipt = await self._provider.send(departing(message), on_unknown=on_unknown)
            finally:
                with suppress(ValueError):  # destroyed with its loop, it ends in another context
                    accounting.reset(hears)
            outcome = Accepted(message, receipt)
        except (NotSentError, OutcomeUnknownError) as error:
            outcome = failed(message, error)
        except BaseException:
            if told != [Outcome.NOT_SENT]:
                history.begin()
            self._cut_off([id], history)
            raise
        history.begin()
        await self.dispatcher.settle([settled(id, outcome)])
        await self.dispatcher.consider([outcome])
        return outcome

    async def _sent_together(
        self, ids: Sequence[int], messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """The same for several in one call."""
        if not messages:
            return ()
        leaving = [departing(message) for message in messages]
        try:
            outcomes = await outcomes_of(self._provider, leaving, history)
        except BaseException:
            self._cut_off(ids, history)
            raise
        await self.dispatcher.settle(list(map(settled, ids, outcomes)))
        await self.dispatcher.consider(outcomes)
        return [
            outcome if sent is message else evolve(outcome, message=message)
            for outcome, sent, message in zip(outcomes, leaving, messages, strict=True)
        ]

    def _cut_off(self, ids: Sequence[int], history: History) -> None:
        """Settle what an interruption has cut off, which does not wait for that."""
        not_sent = history.outcome is Outcome.NOT_SENT
        state = EntryState.CANCELLED if not_sent else EntryState.UNKNOWN
        settlements = [Settlement(id, state) for id in ids]
        self._journal.settle_unattended(settlements, self._clock.now())
        self.dispatcher.tell()

    async def _handed_over_again(
        self, message: Message, entry: Entry, history: History, on_unknown: OnUnknown
    ) -> SendOutcome:
        """What becomes of a message whose reference was in the journal already.

        A journal that fails then is its outcome: others of the same call may have been sent.
        """
        if (fault := self._fault(message, entry)) is not None:
            return fault
        if entry.state is EntryState.ACCEPTED:  # which it stays
            return self._so_far(message, entry)
        try:
            return await self._followed(message, history, on_unknown)
        except (JournalError, ClientClosedError) as error:
            is_sent_never = _is_sent_never(entry.state)
            told = error if is_sent_never else _unreadable(message, entry.state, self._name)
        return failed(message, told)

    async def _followed(
        self, message: Message, history: History, on_unknown: OnUnknown
    ) -> SendOutcome:
        """The outcome of a message that is in the journal, once nobody else is sending it."""
        while True:
            before = self.dispatcher.settled
            entry = await self._journal.find(message.reference)
            if entry is None:  # it was deleted meanwhile, and is new again
                return await self._handed_over(message, history, on_unknown)
            if entry.id in self.dispatcher.unsettled:
                return failed(message, _cut_off_before(message, self._name))
            leads = await self.dispatcher.leads()
            posting = self._posting(message, self._turn(self._clock.now(), leads=leads))
            if self._is_to_be_sent(entry, posting, on_unknown):
                id = await self._journal.renew(
                    message.reference, entry.state, posting.turn.state, self._clock.now()
                )
                if id is not None:
                    return await self._gone(id, message, posting.turn.state, history, on_unknown)
            elif entry.state is EntryState.CLAIMED and await self.dispatcher.leads():
                await self._settled_since(before, history)
            else:
                return self._so_far(message, entry)

    async def _settled_since(self, before: int, history: History) -> None:
        try:
            await self.dispatcher.settled_since(before)
        except BaseException:
            history.begin()  # somebody else is sending it
            raise

    def _is_to_be_sent(self, entry: Entry, posting: Posting, on_unknown: OnUnknown) -> bool:
        """Whether what was handed over again is a new beginning, or may go before its turn."""
        match entry.state:
            case EntryState.QUEUED:
                return posting.turn.state is EntryState.CLAIMED
            case EntryState.UNKNOWN:
                return on_unknown == "resend"
            case _:
                return entry.state in _NOT_SENT

    def _so_far(self, message: Message, entry: Entry) -> SendOutcome:
        """What is known of a message that was handed over before."""
        if (fault := self._fault(message, entry)) is not None:
            return fault
        try:
            if entry.state is EntryState.UNKNOWN:
                return failed(message, entry.error or _cut_off_before(message, self._name))
            if entry.state in _NOT_SENT:
                return failed(message, entry.error or _given_up(message, entry.state, self._name))
            return Accepted(message, entry.receipt or self._kept(message))
        except DocumentError:
            return failed(message, _unreadable(message, entry.state, self._name))

    def _fault(self, message: Message, entry: Entry) -> SendOutcome | None:
        """The outcome of *message* if *entry*, which has its reference, is not seen to be of it."""
        try:
            is_same = entry.message == message
        except DocumentError:
            return failed(message, _unreadable(message, entry.state, self._name))
        return None if is_same else failed(message, _another(message, self._name))


def _another(message: Message, provider: str) -> InvalidMessageError:
    return InvalidMessageError(
        "another message with this reference was handed over before; give each its own",
        field="reference",
        provider=provider,
        reference=message.reference,
    )


def _is_sent_never(state: EntryState) -> bool:
    return state is EntryState.QUEUED or state in _NOT_SENT


def _unreadable(
    message: Message, state: EntryState, provider: str
) -> JournalError | OutcomeUnknownError:
    is_sent_never = _is_sent_never(state)
    kind = JournalError if is_sent_never else OutcomeUnknownError
    consequence = "nothing was sent" if is_sent_never else "it may have been sent"
    return kind(
        f"{provider}: the message {message.reference} was handed over before, and is {state}, but"
        f" what the journal of the outbox holds of it cannot be read; {consequence}",
        provider=provider,
        reference=message.reference,
    )


def _given_up(message: Message, state: EntryState, provider: str) -> NotSentError:
    return NotSentError(
        f"{provider}: the message {message.reference} was handed over before, and is {state};"
        " nothing was sent",
        provider=provider,
        reference=message.reference,
    )


def _cut_off_before(message: Message, provider: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{provider}: the message {message.reference} was handed over before, and sending it was"
        " interrupted; it may have been sent",
        provider=provider,
        reference=message.reference,
    )
