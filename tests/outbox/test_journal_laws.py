"""The journal against the simplest model of it: whatever is done, both tell the same."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from attrs import define
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from omni_common.errors import AnswerLostError, ConnectionFailedError, RefusedError
from omni_common.message import Message
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting, Settlement
from omni_common.receipt import Receipt
from tests.outbox.anything import SendError, said
from tests.outbox.journals import at, message, posting, receipt

T = TypeVar("T")

names = st.sampled_from([f"order-{number}" for number in range(8)])
states = st.sampled_from(EntryState)
sets_of_states = st.sets(states)
times = st.integers(0, 9).map(at)
notes = st.sampled_from(["place", "other"])
open_states = st.sampled_from([EntryState.QUEUED, EntryState.CLAIMED])
postings = st.builds(
    posting,
    names,
    state=open_states,
    due=times,
    held=st.booleans(),
    text=st.sampled_from(["Hi", "Ho"]),
)
outcomes = st.sampled_from(
    [
        (EntryState.ACCEPTED, "messente:1", None),
        (EntryState.ACCEPTED, "messente:2", None),
        (EntryState.REFUSED, None, RefusedError("no", vendor_code="7")),
        (EntryState.UNKNOWN, None, AnswerLostError("lost")),
        (EntryState.QUEUED, None, ConnectionFailedError("not now")),
    ]
)


@define
class Row:
    """What the model knows of one message."""

    id: int
    reference: str
    state: EntryState
    due: datetime
    held: bool
    changed: datetime
    message: Message
    receipt: Receipt | None = None
    error: SendError | None = None

    def become(self, state: EntryState, now: datetime) -> None:
        self.state, self.changed = state, now


def told(entry: Entry | Row) -> tuple[object, ...]:
    """All that is known of a message, to be compared."""
    known = (entry.id, entry.reference, entry.state, entry.due, entry.held, entry.changed)
    return (*known, entry.message, entry.receipt, said(entry.error))


class JournalAndModel(RuleBasedStateMachine):
    """Does everything with both."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(mkdtemp())
        self.runner = asyncio.Runner()
        self.journal = Journal(self.folder / "outbox.journal")
        self.rows: list[Row] = []
        self.notes: dict[str, str] = {}

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(step)

    def row(self, reference: str) -> Row | None:
        return next((row for row in self.rows if row.reference == reference), None)

    def of(self, *states: EntryState) -> list[Row]:
        return [row for row in self.rows if row.state in states]

    @rule(given=st.lists(postings, max_size=5), now=times)
    def put(self, given: list[Posting], now: datetime) -> None:
        before = {row.reference: told(row) for row in self.rows}
        found = self.run(self.journal.put(given, now))
        assert len(found) == len(given)
        for each, result in zip(given, found, strict=True):
            if each.reference in before:
                assert isinstance(result, Entry)
                assert told(result) == before[each.reference]
            elif row := self.row(each.reference):  # it stands twice in one put
                assert isinstance(result, Entry)
                assert told(result) == told(row)
            else:
                assert isinstance(result, int)
                self.add(each, result, now)

    def add(self, given: Posting, id: int, now: datetime) -> None:
        assert all(row.id < id for row in self.rows)
        kept = message(given.reference, given.document["sms"])
        turn = given.turn
        self.rows.append(Row(id, given.reference, turn.state, turn.due, turn.held, now, kept))

    @rule(most=st.integers(0, 4), now=times)
    def claim_due(self, most: int, now: datetime) -> None:
        due = [row for row in self.of(EntryState.QUEUED) if row.due <= now or not row.held]
        due.sort(key=lambda row: (row.due, row.id))
        for row in due[:most]:
            row.become(EntryState.CLAIMED, now)
        claimed = self.run(self.journal.claim_due(most, now))
        assert [told(entry) for entry in claimed] == [told(row) for row in due[:most]]

    @rule(name=names, wanted=st.sampled_from(EntryState), state=open_states, now=times)
    def renew(self, name: str, wanted: EntryState, state: EntryState, now: datetime) -> None:
        row = self.row(name)
        is_renewed = row is not None and row.state is wanted
        id = self.run(self.journal.renew(name, wanted, state, now))
        assert id == (row.id if row is not None and is_renewed else None)
        if row is not None and is_renewed:
            row.become(state, now)

    @rule(
        given=st.dictionaries(st.integers(0, 9), outcomes, max_size=4),
        now=times,
        attended=st.booleans(),
    )
    def settle(
        self,
        given: dict[int, tuple[EntryState, str | None, SendError | None]],
        now: datetime,
        attended: bool,  # noqa: FBT001 - the machine gives it by name
    ) -> None:
        settlements = []
        for id, (state, vendor_id, error) in given.items():
            row = next((row for row in self.rows if row.id == id), None)
            name = "" if row is None else row.reference
            taken = None if vendor_id is None else receipt(name, vendor_id)
            settlements.append(Settlement(id, state, taken, error))
            if row is not None and row.state is EntryState.CLAIMED:
                row.become(state, now)
                row.receipt = taken
                row.error = None if error is None else error.about(name)
        if attended:
            self.run(self.journal.settle(settlements, now))
        else:
            self.journal.settle_unattended(settlements, now)

    @rule(name=names, now=times)
    def cancel(self, name: str, now: datetime) -> None:
        row = self.row(name)
        if row is not None and row.state is EntryState.QUEUED:
            row.become(EntryState.CANCELLED, now)
        entry = self.run(self.journal.cancel(name, now))
        assert (entry and told(entry)) == (row and told(row))

    @rule(before=times, now=times)
    def expire(self, before: datetime, now: datetime) -> None:
        late = [row for row in self.of(EntryState.QUEUED) if row.held and row.due < before]
        for row in late:
            row.become(EntryState.EXPIRED, now)
        assert self.run(self.journal.expire(before, now)) == len(late)

    @rule(now=times)
    def give_up(self, now: datetime) -> None:
        claimed = self.of(EntryState.CLAIMED)
        error = AnswerLostError("its sender is gone")
        for row in claimed:
            row.become(EntryState.UNKNOWN, now)
            row.error = error.about(row.reference)
        assert self.run(self.journal.give_up(error, now)) == len(claimed)

    @rule(name=notes, text=st.none() | st.sampled_from(["", "a", "b"]))
    def write_note(self, name: str, text: str | None) -> None:
        self.run(self.journal.write_note(name, text))
        self.notes.pop(name, None)
        if text is not None:
            self.notes[name] = text

    @rule()
    def open_it_again(self) -> None:
        self.run(self.journal.close())
        self.journal = Journal(self.folder / "outbox.journal")

    @rule(wanted=sets_of_states, after=st.integers(0, 9), most=st.integers(0, 4))
    def select(self, wanted: set[EntryState], after: int, most: int) -> None:
        rows = [row for row in self.of(*wanted) if row.id > after][:most]
        entries = self.run(self.journal.select(wanted, after=after, most=most))
        assert [told(entry) for entry in entries] == [told(row) for row in rows]

    @rule(name=names)
    def find(self, name: str) -> None:
        entry, row = self.run(self.journal.find(name)), self.row(name)
        assert (entry and told(entry)) == (row and told(row))

    @invariant()
    def both_tell_the_same(self) -> None:
        entries = self.run(self.journal.select(EntryState))
        assert [told(entry) for entry in entries] == [told(row) for row in self.rows]
        assert self.run(self.journal.count()) == {
            state: len(self.of(state)) for state in EntryState
        }
        queued = self.of(EntryState.QUEUED)
        due = [row.due if row.held else min(row.due, at(4)) for row in queued]
        assert self.run(self.journal.next_due(at(4))) == min(due, default=None)
        for name in ("place", "other"):
            assert self.run(self.journal.read_note(name)) == self.notes.get(name)

    def teardown(self) -> None:
        self.runner.run(self.journal.close())
        self.runner.close()
        shutil.rmtree(self.folder)


TestJournalAndModel = JournalAndModel.TestCase
TestJournalAndModel.settings = settings(max_examples=25, stateful_step_count=30)
