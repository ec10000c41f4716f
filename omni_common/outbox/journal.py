"""The journal: what is to become of each message, and what became of it, on the disk."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Any, TypeVar

from attrs import define, field

from omni_common.converter import dumps
from omni_common.errors import (
    ClientClosedError,
    NotSentError,
    OutcomeUnknownError,
)
from omni_common.outbox import reconcile_statements, statements, track_statements, track_steps
from omni_common.outbox.counting import Counts, counts_of, end_of_prefix, next_text
from omni_common.outbox.documents import (
    Document,
    attempt_documents,
    error_document,
    receipt_document,
    receipt_outline,
)
from omni_common.outbox.entry import OPEN_STATES, Entry, EntryState
from omni_common.outbox.faults import journal_error
from omni_common.outbox.plain import whole
from omni_common.outbox.schema import compact, open_journal
from omni_common.outbox.statements import Row
from omni_common.outbox.writer import Writer, WriterClosedError
from omni_common.receipt import Receipt
from omni_common.report import DeliveryState
from omni_common.track import Track

__all__ = ["PAUSED", "Journal", "Posting", "Settlement"]

T = TypeVar("T")
PAUSED = "paused"
"""The note that says why nothing is sent."""
_COUNTED = 2_000
"""Messages that are counted in one step: few enough to keep nobody else waiting for long."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PURGED_TOGETHER = 5_000
"""Messages that are deleted in one transaction: few enough to keep nobody waiting for long."""
_PAGE = 1_000
_LOOKED_AT = 20_000
"""Messages that are looked at in one transaction: some hundredths of a second."""
_NOTHING_YET = (-(2**63), 0)
"""Before everything that is due at some time."""
_FIRST, _LAST = (time.replace(tzinfo=UTC) for time in (datetime.min, datetime.max))  # noqa: DTZ901


@define(eq=False)  # made for every message: to be frozen takes twice as long
class Posting:
    """A message to be written down."""

    reference: str
    state: EntryState
    due: datetime
    held: bool
    document: Document = field(repr=False)


@define(eq=False)
class Settlement:
    """What became of a message that was claimed."""

    id: int
    state: EntryState
    receipt: Receipt | None = None
    error: NotSentError | OutcomeUnknownError | None = None


class Journal:
    """The messages of one outbox, in a file that survives the process.

    Each method is one step: it has happened when it returns, whatever becomes of the process, or it
    has not happened at all. All of them raise :class:`JournalError` where the file fails, and
    ``ConfigurationError`` where it is no journal.
    """

    def __init__(self, path: Path) -> None:
        """Prepare; the file is opened, or made, when something is first asked of it."""
        self._path = path
        self._file: tuple[int, int] | None = None
        self._writer = Writer(self._opened, self._check)

    def _opened(self) -> Connection:
        connection = open_journal(self._path)
        self._file = _identity(self._path)
        return connection

    def _check(self) -> None:
        """See that the file is still there: SQLite goes on writing to one that was deleted."""
        if _identity(self._path) != self._file:
            raise OSError(errno.ESTALE, "the file was replaced by another")

    async def put(self, postings: Sequence[Posting], now: datetime) -> list[int | Entry]:
        """Write messages down: the id of each, or the entry that its reference had already.

        What was there stays as it is. An interruption takes back what was written.
        """
        moment = _number(now)
        rows = [
            [
                each.reference,
                each.state.value,
                moment if each.due is now else _number(each.due),
                each.held,
                each.document,
            ]
            for each in postings
        ]
        put = partial(statements.put, rows=_json(rows), number=len(rows), now=moment)

        def withdraw(connection: Connection, result: tuple[int, list[Row]]) -> None:
            written = [
                [id, posting.state.value]
                for id, posting in zip(_found(len(rows), *result), postings, strict=True)
                if isinstance(id, int)
            ]
            statements.withdraw(connection, rows=_json(written), now=moment)

        return _found(len(rows), *await self._done(put, withdraw))

    async def claim_due(self, most: int, now: datetime) -> list[Entry]:
        """Claim *most* of the queued messages that are due, the earliest first.

        An interruption gives them back.
        """
        claim = partial(statements.claim_due, now=_number(now), most=most)

        def release(connection: Connection, rows: list[Row]) -> None:
            statements.release(connection, ids=[row[0] for row in rows], now=_number(now))

        return [_entry(row) for row in await self._done(claim, release)]

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
            partial(renew, now=_number(now)),
            lambda connection, id: id and restore(connection, now=_number(now)),
        )

    async def settle(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Write down what became of messages that were claimed."""
        await self._done(_settle(settlements, now))

    def settle_unattended(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Write that down without waiting for it: for a caller that is being interrupted."""
        self._writer.post(_settle(settlements, now))

    async def cancel(self, reference: str, now: datetime) -> Entry | None:
        """Take a message back if it is queued; its entry as it is then."""
        return _entry_if_any(
            await self._run(statements.cancel, reference=reference, now=_number(now))
        )

    async def expire(self, due_before: datetime, now: datetime) -> int:
        """Let held messages expire that were due before a time; how many did."""
        return await self._run(statements.expire, due_before=_number(due_before), now=_number(now))

    async def give_up(self, error: OutcomeUnknownError, now: datetime) -> int:
        """Make unknown, with *error*, what a sender that is gone had claimed; how many it had."""
        text = _json(error_document(error))
        return await self._run(statements.give_up, now=_number(now), error=text)

    async def find(self, reference: str) -> Entry | None:
        """The entry of a message."""
        return _entry_if_any(await self._run(statements.find, reference=reference))

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
        rows = await self._run(
            statements.select,
            states=[state.value for state in states],
            prefix=prefix,
            after=after,
            most=most,
        )
        return [_entry(row) for row in rows]

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
        found = await self._run(statements.count, prefix=prefix)
        return {state: found.get(state.value, 0) for state in EntryState}

    async def count_open(self) -> dict[EntryState, int]:
        """How many are queued, claimed and unknown; quick, whatever else the journal holds."""
        found = await self._run(statements.count_open)
        return {state: found.get(state.value, 0) for state in OPEN_STATES}

    async def resend_unknown(self, references: Iterable[str], now: datetime) -> int:
        """Queue those of some messages again that are unknown; how many were."""
        text = _json(list(references))
        return await self._run(statements.resend_unknown, references=text, now=_number(now))

    async def purge(self, states: Iterable[EntryState], changed_before: datetime) -> int:
        """Delete messages that came into some states before a time, and make the file smaller.

        What was deleted is overwritten, in the write-ahead log too. Returns how many there were.
        """
        wanted = [state.value for state in states]
        purge = partial(
            self._run,
            statements.purge,
            states=wanted,
            changed_before=_number(changed_before),
            most=_PURGED_TOGETHER,
        )
        deleted = 0
        while number := await purge():
            deleted += number
        await self._told(self._writer.run_alone(compact))
        return deleted

    async def next_due(self, now: datetime) -> datetime | None:
        """When the first of the queued messages is due, or has been; None if none is queued."""
        due = await self._run(statements.next_due, now=_number(now))
        return None if due is None else _time(due)

    async def write_note(self, name: str, text: str | None) -> None:
        """Keep a text under a name, or nothing."""
        await self._run(statements.write_note, name=name, text=text)

    async def read_note(self, name: str) -> str | None:
        """What is kept under a name."""
        return await self._run(statements.read_note, name=name)

    async def load_track(self, key: str) -> Track | None:
        """The track that is kept under a key; a ``DocumentError`` if it cannot be read."""
        return await self._run(track_steps.load, key=key)

    async def merge_track(self, key: str, track: Track, provider: str, now: datetime) -> Track:
        """Keep a track merged with what is kept under its key, and return the result.

        A message that is unknown becomes accepted if that proves that *provider*'s vendor has it.
        A ``DocumentError`` if what is kept cannot be read.
        """
        return await self._run(
            track_steps.merge, key=key, track=track, provider=provider, now=_number(now)
        )

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
        count = partial(self._run, track_statements.count_deliveries, most=_COUNTED)
        while found := await count(first=first, end=end_of_prefix(prefix), provider=provider):
            counts += counts_of(found)
            first = next_text(max(last for *_, last in found))
        return dict(counts)

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
                yield _entry(row)
            due, id = rows[-1][3], rows[-1][0]

    async def accepted_to(self, recipients: Iterable[str]) -> AsyncGenerator[Entry, None]:
        """The accepted messages to some recipients, in the order they came, a piece at a time."""
        text, last = _json(list(recipients)), 0
        look = partial(self._run, reconcile_statements.accepted_to, recipients=text)
        while piece := await look(after=last, most=_LOOKED_AT):
            rows, last = piece
            for row in rows:
                yield _entry(row)

    async def accept_unknown(self, found: Mapping[int, Receipt], now: datetime) -> list[str]:
        """Give messages that are unknown still a receipt that none has; which ones got theirs."""
        settlements = [Settlement(id, EntryState.ACCEPTED, each) for id, each in found.items()]
        return await self._run(
            reconcile_statements.accept_unknown, rows=_settled(settlements), now=_number(now)
        )

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


def _settle(settlements: Sequence[Settlement], now: datetime) -> Callable[[Connection], None]:
    """What writes *settlements* down."""
    others: list[Settlement] = []
    accepted: dict[int, list[Settlement]] = {}  # by the attempts that those of a bulk call share
    for each in settlements:
        if each.receipt is None or each.error is not None or each.state is not EntryState.ACCEPTED:
            others.append(each)
        elif (known := accepted.get(id(each.receipt.attempts))) is not None:
            known.append(each)
        else:
            accepted[id(each.receipt.attempts)] = [each]
    moment = _number(now)
    steps = [_acceptance(each, moment) for each in accepted.values()]
    if others:
        rows = _json([_settled(each) for each in others])
        steps.append(partial(statements.settle, rows=rows, now=moment))

    def settle(connection: Connection) -> None:
        for step in steps:
            step(connection)

    return settle


def _acceptance(accepted: Sequence[Settlement], now: int) -> Callable[[Connection], None]:
    """What writes down messages that were accepted, and have their attempts in common."""
    receipts = [(each.id, each.receipt) for each in accepted if each.receipt is not None]
    rows = _json([(id, receipt_outline(receipt)) for id, receipt in receipts])
    attempts = _json(attempt_documents(receipts[0][1].attempts))
    return partial(statements.accept, rows=rows, attempts=attempts, now=now)


def _settled(each: Settlement) -> list[Any]:
    return [
        each.id,
        each.state.value,
        None if each.receipt is None else receipt_document(each.receipt),
        None if each.error is None else error_document(each.error),
    ]


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _json(value: Any) -> str:
    return dumps(value, shallow=True).decode()  # a message's extra was looked at by itself


def _number(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def _time(number: int) -> datetime:
    try:
        return _EPOCH + number * _MICROSECOND
    except OverflowError:  # a time near the end of time, in a zone where that comes earlier
        return _LAST if number > 0 else _FIRST


def _found(number: int, first: int, rows: Sequence[Row]) -> list[int | Entry]:
    """Of messages that were put: the id of each that was new, the entry of each that was not."""
    if not rows:
        return list(range(first, first + number))
    entries = [_entry(row) for row in rows]
    new: set[int] = set()
    found: list[int | Entry] = []
    for entry in entries:
        is_new = entry.id >= first and entry.id not in new  # and not one that came just before
        found.append(entry.id if is_new else entry)
        new.add(entry.id)
    return found


def _entry_if_any(row: Row | None) -> Entry | None:
    return None if row is None else _entry(row)


def _entry(row: Row) -> Entry:
    id, reference, state, due, held, changed, *documents = row
    return Entry(
        id, reference, EntryState(state), _time(due), bool(held), _time(changed), *documents
    )
