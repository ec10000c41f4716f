"""Between what the library knows of messages and the rows of the journal: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from sqlite3 import Connection
from typing import Any

from attrs import define, field, frozen

from omni_common.converter import dumps
from omni_common.errors import JournalError, NotSentError, OutcomeUnknownError
from omni_common.outbox import statements
from omni_common.outbox.documents import (
    Document,
    attempt_documents,
    error_document,
    receipt_document,
    receipt_outline,
)
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.statements import Row
from omni_common.receipt import Receipt

__all__ = [
    "Posting",
    "Settlement",
    "Turn",
    "entry_if_any",
    "entry_of",
    "found_in",
    "json_text",
    "number_of",
    "putting_step",
    "settled_row",
    "settling_steps",
    "time_of",
    "withdrawing_step",
]

_STATES = {state.value: state for state in EntryState}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = (time.replace(tzinfo=UTC) for time in (datetime.min, datetime.max))  # noqa: DTZ901


@frozen
class Turn:
    """What a message is to wait for; those of a call share it, but for what is kept."""

    state: EntryState
    due: datetime
    held: bool


@define(eq=False)  # made for every message: to be frozen takes twice as long
class Posting:
    """A message to be written down."""

    reference: str
    turn: Turn
    document: Document = field(repr=False)


@define(eq=False)
class Settlement:
    """What became of a message that was claimed."""

    id: int
    state: EntryState
    receipt: Receipt | None = None
    error: NotSentError | OutcomeUnknownError | None = None


def putting_step(postings: Sequence[Posting], now: datetime) -> Callable[[Connection], range]:
    """What writes *postings* down, in one statement; it returns the ids of those that are new."""
    turn = postings[0].turn
    documents = {each.reference: each.document for each in postings}
    if len(documents) == len(postings) and all(each.turn is turn for each in postings):
        return partial(
            statements.put_alike,
            documents=json_text(documents),
            state=turn.state.value,
            due=number_of(turn.due),
            held=turn.held,
            now=number_of(now),
        )
    rows = [
        (
            each.reference,
            each.turn.state.value,
            number_of(each.turn.due),
            each.turn.held,
            each.document,
        )
        for each in postings
    ]
    return partial(statements.put, rows=json_text(rows), now=number_of(now))


def withdrawing_step(
    postings: Sequence[Posting], now: datetime
) -> Callable[[Connection, range], None]:
    """What takes *postings* back whose ids are in a range, unless somebody went on with them."""

    def withdraw(connection: Connection, ids: range) -> None:
        if ids:
            rows = json_text([(each.reference, each.turn.state.value) for each in postings])
            statements.withdraw(
                connection, rows=rows, first=ids[0], last=ids[-1], now=number_of(now)
            )

    return withdraw


def settling_steps(
    settlements: Sequence[Settlement], now: datetime
) -> list[Callable[[Connection], None]]:
    """What writes *settlements* down, each step in one statement."""
    others: list[Settlement] = []
    accepted: dict[int, list[tuple[int, Receipt]]] = {}  # by the attempts that they share
    for each in settlements:
        receipt = each.receipt
        if receipt is None or each.error is not None or each.state is not EntryState.ACCEPTED:
            others.append(each)
        elif (alike := accepted.get(id(receipt.attempts))) is not None:
            alike.append((each.id, receipt))
        else:
            accepted[id(receipt.attempts)] = [(each.id, receipt)]
    moment = number_of(now)
    steps: list[Callable[[Connection], None]]
    steps = [_acceptance(each, moment) for each in accepted.values()]
    if others:
        rows = json_text([settled_row(each) for each in others])
        steps.append(partial(statements.settle, rows=rows, now=moment))
    return steps


def _acceptance(accepted: Sequence[tuple[int, Receipt]], now: int) -> Callable[[Connection], None]:
    """What writes down messages that were accepted, and have their attempts in common."""
    outlines = {str(id): receipt_outline(receipt) for id, receipt in accepted}
    attempts = attempt_documents(accepted[0][1].attempts)
    return partial(
        statements.accept, receipts=json_text(outlines), attempts=json_text(attempts), now=now
    )


def settled_row(each: Settlement) -> list[Any]:
    """``[id, state, receipt, error]``."""
    return [
        each.id,
        each.state.value,
        None if each.receipt is None else receipt_document(each.receipt),
        None if each.error is None else error_document(each.error),
    ]


def json_text(value: Any) -> str:
    """*value*, rows or documents, as JSON."""
    return dumps(value, shallow=True).decode()  # a message's extra was looked at by itself


def number_of(time: datetime) -> int:
    """*time* as the journal has it: microseconds since 1970, in UTC."""
    return (time - _EPOCH) // _MICROSECOND


def time_of(number: int) -> datetime:
    """The time that the journal has as *number*."""
    try:
        return _EPOCH + number * _MICROSECOND
    except OverflowError:  # a time near the end of time, in a zone where that comes earlier
        return _LAST if number > 0 else _FIRST


def found_in(
    postings: Sequence[Posting], ids: range, entries: Iterable[Entry]
) -> list[int | Entry]:
    """Of messages that were put: the id of each that was new, the entry of each that was not.

    Raises:
        JournalError: One is not among *entries*, which are what the journal has.
    """
    known = {entry.reference: entry for entry in entries}
    new = set(ids)
    found: list[int | Entry] = []
    for posting in postings:
        entry = known.get(posting.reference)
        if entry is None:
            raise JournalError("another process deleted from the journal of the outbox meanwhile")
        found.append(entry.id if entry.id in new else entry)
        new.discard(entry.id)  # the same reference again is one that is there
    return found


def entry_if_any(row: Row | None) -> Entry | None:
    """The entry of *row*, if there is one."""
    return None if row is None else entry_of(row)


def entry_of(row: Row) -> Entry:
    """The entry of *row*.

    Raises:
        JournalError: It is in a state that there is not.
    """
    id, reference, state, due, held, changed, *documents = row
    if state not in _STATES:
        raise JournalError("the journal of the outbox holds a message in a state that there is not")
    return Entry(
        id, reference, _STATES[state], time_of(due), bool(held), time_of(changed), *documents
    )
