"""The journal: what is to become of each message, and what became of it, on the disk."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from omni_common.errors import (
    ClientClosedError,
    OutcomeUnknownError,
)
from omni_common.outbox import reconcile_statements, statements, track_statements, track_steps
from omni_common.outbox.connecting import Identity, identity_of
from omni_common.outbox.counting import Counts, counts_of, end_of_prefix, next_text
from omni_common.outbox.documents import (
    error_document,
)
from omni_common.outbox.entry import OPEN_STATES, Entry, EntryState
from omni_common.outbox.faults import journal_error
from omni_common.outbox.plain import whole
from omni_common.outbox.rows import (
    Posting,
    Settlement,
    entry_if_any,
    entry_of,
    found_in,
    json_text,
    number_of,
    putting_step,
    settled_row,
    settling_steps,
    time_of,
    withdrawing_step,
)
from omni_common.outbox.schema import compact, open_journal
from omni_common.outbox.statements import Row
from omni_common.outbox.writer import Writer, WriterClosedError
from omni_common.receipt import Receipt
from omni_common.report import DeliveryState
from omni_common.track import Track

__all__ = ["PAUSED", "Journal"]

T = TypeVar("T")
PAUSED = "paused"
"""The note that says why nothing is sent."""
_COUNTED = 2_000
"""Messages that are counted in one step: few enough to keep nobody else waiting for long."""
_PURGED_TOGETHER = 5_000
"""Messages that are deleted in one transaction: few enough to keep nobody waiting for long."""
_PAGE = 1_000
_LOOKED_AT = 20_000
"""Messages that are looked at in one transaction: some hundredths of a second."""
_NOTHING_YET = (-(2**63), 0)
"""Before everything that is due at some time."""


class Journal:
    """The messages of one outbox, in a file that survives the process.

    Each method is one step: it has happened when it returns, whatever becomes of the process, or it
    has not happened at all. All of them raise :class:`JournalError` where the file fails, and
    ``ConfigurationError`` where it is no journal.
    """

    def __init__(self, path: Path) -> None:
        """Prepare; the file is opened, or made, when something is first asked of it."""
        self._path = path
        self._file: Identity | None = None
        self._writer = Writer(self._opened, self._check)

    def _opened(self) -> Connection:
        connection = open_journal(self._path)
        self._file = identity_of(self._path)
        return connection

    def _check(self) -> None:
        """See that the file is still there: SQLite goes on writing to one that was deleted."""
        if identity_of(self._path) != self._file:
            raise OSError(errno.ESTALE, "the file was replaced by another")

    async def put(self, postings: Sequence[Posting], now: datetime) -> list[int | Entry]:
        """Write messages down: the id of each, or the entry that its reference had already.

        What was there stays as it is. An interruption takes back what was written.
        """
        if not postings:
            return []
        put, withdraw = putting_step(postings, now), withdrawing_step(postings, now)
        ids = await self._told(self._writer.run(put, withdraw, is_one=True))
        if len(ids) == len(postings):
            return list(ids)
        try:
            entries = await self.find_all([each.reference for each in postings])
            return found_in(postings, ids, entries)
        except BaseException:
            self._writer.post(lambda connection: withdraw(connection, ids))
            raise

    async def claim_due(self, most: int, now: datetime) -> list[Entry]:
        """Claim *most* of the queued messages that are due, the earliest first.

        An interruption gives them back.
        """
        claim = partial(statements.claim_due, now=number_of(now), most=most)

        def release(connection: Connection, rows: list[Row]) -> None:
            statements.release(connection, ids=[row[0] for row in rows], now=number_of(now))

        return [entry_of(row) for row in await self._done(claim, release)]

    async def renew(
        self, reference: str, before: EntryState, state: EntryState, now: datetime
    ) -> int | None:
        """Queue or claim a message anew, if it is in state *before*: its id; None if it is not.

        An interruption lets it be what it was.
        """
        renew = partial(
            statements.renew, reference=reference, before=before.value, state=state.value
        )
        restore = partial(
            statements.renew, reference=reference, before=state.value, state=before.value
        )
        return await self._done(
            partial(renew, now=number_of(now)),
            lambda connection, id: id and restore(connection, now=number_of(now)),
        )

    async def settle(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Write down what became of messages that were claimed."""
        steps = settling_steps(settlements, now)
        settle = partial(_carried_out, steps)
        await self._told(self._writer.run(settle, is_one=len(steps) == 1))

    def settle_unattended(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Write that down without waiting for it: for a caller that is being interrupted."""
        self._writer.post(partial(_carried_out, settling_steps(settlements, now)))

    async def cancel(self, reference: str, now: datetime) -> Entry | None:
        """Take a message back if it is queued; its entry as it is then."""
        return entry_if_any(
            await self._run(statements.cancel, reference=reference, now=number_of(now))
        )

    async def expire(self, due_before: datetime, now: datetime) -> int:
        """Let held messages expire that were due before a time; how many did."""
        return await self._run(
            statements.expire, due_before=number_of(due_before), now=number_of(now)
        )

    async def give_up(self, error: OutcomeUnknownError, now: datetime) -> int:
        """Make unknown, with *error*, what a sender that is gone had claimed; how many it had."""
        text = json_text(error_document(error))
        return await self._run(statements.give_up, now=number_of(now), error=text)

    async def find(self, reference: str) -> Entry | None:
        """The entry of a message."""
        return entry_if_any(await self._ask(statements.find, reference=reference))

    async def select(
        self,
        states: Iterable[EntryState],
        *,
        prefix: str = "",
        after: int = 0,
        most: int = 1_000,
    ) -> list[Entry]:
        """Entries in some states, in the order they came, beginning after an id.

        Only those whose reference begins with *prefix*, and *most* of them.
        """
        rows = await self._ask(
            statements.select,
            states=[state.value for state in states],
            prefix=prefix,
            after=after,
            most=most,
        )
        return [entry_of(row) for row in rows]

    async def entries(
        self, states: Iterable[EntryState], *, prefix: str = ""
    ) -> AsyncGenerator[Entry, None]:
        """All of them, a page at a time."""
        wanted, last = tuple(states), 0
        while page := await self.select(wanted, prefix=prefix, after=last):
            for entry in page:
                yield entry
            last = page[-1].id

    async def count(self, prefix: str = "") -> dict[EntryState, int]:
        """How many messages there are in each state whose reference begins with *prefix*."""
        found = await self._ask(statements.count, prefix=prefix)
        return {state: found.get(state.value, 0) for state in EntryState}

    async def count_open(self) -> dict[EntryState, int]:
        """How many are queued, claimed and unknown; quick, whatever else the journal holds."""
        found = await self._ask(statements.count_open)
        return {state: found.get(state.value, 0) for state in OPEN_STATES}

    async def resend_unknown(self, references: Iterable[str], now: datetime) -> int:
        """Queue those of some messages again that are unknown; how many were."""
        text = json_text(list(references))
        return await self._run(statements.resend_unknown, references=text, now=number_of(now))

    async def purge(self, states: Iterable[EntryState], changed_before: datetime) -> int:
        """Delete messages that came into some states before a time, and make the file smaller.

        With accepted ones go the reports that are older than that. What was deleted is overwritten,
        in the write-ahead log too. Returns how many messages there were.
        """
        wanted = [state.value for state in states]
        limits = {"changed_before": number_of(changed_before), "most": _PURGED_TOGETHER}
        deleted = 0
        while number := await self._run(statements.purge, states=wanted, **limits):
            deleted += number
        if EntryState.ACCEPTED in wanted:
            while await self._run(track_statements.purge, **limits):
                pass
        await self._told(self._writer.run_alone(compact))
        return deleted

    async def next_due(self, now: datetime) -> datetime | None:
        """When the first of the queued messages is due, or has been; None if none is queued."""
        due = await self._ask(statements.next_due, now=number_of(now))
        return None if due is None else time_of(due)

    async def write_note(self, name: str, text: str | None) -> None:
        """Keep a text under a name, or nothing."""
        await self._run(statements.write_note, name=name, text=text)

    async def read_note(self, name: str) -> str | None:
        """What is kept under a name."""
        return await self._ask(statements.read_note, name=name)

    async def load_track(self, key: str) -> Track | None:
        """The track that is kept under a key; a ``DocumentError`` if it cannot be read."""
        return await self._run(track_steps.load, key=key)

    async def merge_track(self, key: str, track: Track, provider: str, now: datetime) -> Track:
        """Keep a track merged with what is kept under its key, and return the result.

        A message that is unknown becomes accepted if that proves that *provider*'s vendor has it.
        A ``DocumentError`` if what is kept cannot be read.
        """
        return await self._run(
            track_steps.merge, key=key, track=track, provider=provider, now=number_of(now)
        )

    async def accept_heard(self, provider: str, now: datetime) -> int:
        """Accept unknown messages that *provider*'s vendor has, as the tracks prove; how many."""
        return await self._run(track_steps.accept_heard, provider=provider, now=number_of(now))

    async def count_deliveries(
        self, prefix: str = "", *, provider: str | None = None
    ) -> dict[tuple[EntryState, DeliveryState | None], int]:
        """How many messages there are in each state, and of each delivery state known of them.

        Counted are those whose reference begins with *prefix*. What is known of a message, by the
        id of its receipt or else by its reference and provider, is in the journal's tracks; None
        where no report is. *provider* is that of messages without a receipt, of which nothing is
        known unless it is given. Messages that are new meanwhile may be counted or not.
        """
        counts, first = Counts(), prefix
        if whole(prefix) != prefix:
            return {}  # no reference holds half a character
        if not await self._run(track_statements.holds_any):
            counted = await self.count(prefix)
            return {(state, None): number for state, number in counted.items() if number}
        count = partial(self._run, track_statements.count_deliveries, most=_COUNTED)
        while found := await count(first=first, end=end_of_prefix(prefix), provider=provider):
            counts += counts_of(found)
            first = next_text(max(last for *_, last in found))
        return dict(counts)

    async def find_all(self, references: Sequence[str]) -> list[Entry]:
        """The entries of those messages that there are."""
        rows = await self._ask(statements.find_all, references=json_text(list(references)))
        return [entry_of(row) for row in rows]

    async def close(self) -> None:
        """Finish what was asked for, and close the file. Safe to repeat."""
        await self._writer.close()

    async def in_state(self, state: EntryState) -> AsyncGenerator[Entry, None]:
        """All entries in one of the states that wait for something, a page at a time.

        It is quick, whatever else the journal holds.
        """
        due, id = _NOTHING_YET
        page = partial(self._run, reconcile_statements.in_state, state=state.value)
        while rows := await page(due=due, id=id, most=_PAGE):
            for row in rows:
                yield entry_of(row)
            due, id = rows[-1][3], rows[-1][0]

    async def accepted_to(self, recipients: Iterable[str]) -> AsyncGenerator[Entry, None]:
        """The accepted messages to some recipients, in the order they came, a piece at a time."""
        text, last = json_text(list(recipients)), 0
        look = partial(self._run, reconcile_statements.accepted_to, recipients=text)
        while piece := await look(after=last, most=_LOOKED_AT):
            rows, last = piece
            for row in rows:
                yield entry_of(row)

    async def accept_unknown(self, found: Mapping[int, Receipt], now: datetime) -> list[str]:
        """Give messages that are unknown still a receipt that none has; which ones got theirs."""
        settlements = [Settlement(id, EntryState.ACCEPTED, each) for id, each in found.items()]
        return await self._run(
            reconcile_statements.accept_unknown,
            rows=json_text([settled_row(each) for each in settlements]),
            now=number_of(now),
        )

    async def _ask(self, question: Callable[..., T], **values: object) -> T:
        """What one statement that changes nothing says; no other process is waited for."""
        ask = partial(question, **values)
        return await self._told(self._writer.run(ask, is_one=True))

    async def _run(self, statement: Callable[..., T], **values: object) -> T:
        return await self._done(lambda connection: statement(connection, **values))

    async def _done(
        self,
        work: Callable[[Connection], T],
        undo: Callable[[Connection, T], object] | None = None,
    ) -> T:
        return await self._told(self._writer.run(work, undo))

    async def _told(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except WriterClosedError:
            raise ClientClosedError("the outbox is closed; nothing was sent") from None
        except (sqlite3.Error, OSError, RuntimeError) as error:
            found = journal_error(error)
        raise found  # out here, without what names files as its context


def _carried_out(steps: Iterable[Callable[[Connection], object]], connection: Connection) -> None:
    for step in steps:
        step(connection)
