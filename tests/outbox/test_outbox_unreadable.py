"""Rows of a journal that hold no documents any more: each is an error of the library's own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from omni_common.errors import (
    CancelFailedError,
    JournalError,
    OmniError,
    OutcomeUnknownError,
    ReadError,
    RefusedError,
)
from omni_common.outbox import EntryState, Outbox
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from omni_common.receipt import NotSent, Unknown
from tests.outbox.journals import NOON, message, posted, receipt
from tests.outbox.outboxes import all_of, sent, states
from tests.support.outcomes import all_of as all_outcomes
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of

CANARY = "kestrel"
NEVER_SENT = (EntryState.REFUSED, EntryState.CANCELLED, EntryState.EXPIRED)


async def broken(path: Path, state: EntryState, *columns: str) -> None:
    """Make a journal in which the message a, in *state*, has something else in some columns."""
    journal = Journal(path)
    (id,) = await posted(journal, "a", state=EntryState.CLAIMED)
    given = receipt("a") if state is EntryState.ACCEPTED else None
    error = RefusedError("no") if state is EntryState.REFUSED else None
    await journal.settle([Settlement(id, state, given, error)], NOON)
    await journal.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for column in columns:
            update = "UPDATE message SET document = ?".replace("document", column)
            other.execute(update, (f'{{"{CANARY}": 1}}',))


def assert_says_nothing_of_it(error: OmniError) -> None:
    assert CANARY not in str(error)
    assert "cannot be read" in error.text


@pytest.mark.parametrize("state", NEVER_SENT)
async def test_a_message_that_was_never_sent_is_not_sent_again_if_it_cannot_be_read(
    path: Path, state: EntryState
) -> None:
    await broken(path, state, "document", "receipt", "error")
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        with pytest.raises(JournalError) as caught:
            await omni.send(message("a"))
        (enqueued,) = await all_of(omni.enqueue([message("a")]))
    assert caught.value.reference == "a"
    assert_says_nothing_of_it(caught.value)
    assert isinstance(enqueued, NotSent)
    assert isinstance(enqueued.error, JournalError)
    assert sent(provider) == []


@pytest.mark.parametrize(
    ("state", "column"),
    [
        (EntryState.ACCEPTED, "document"),
        (EntryState.ACCEPTED, "receipt"),
        (EntryState.UNKNOWN, "document"),
        (EntryState.UNKNOWN, "error"),
    ],
)
async def test_a_message_that_may_have_been_sent_is_not_called_unsent_as_it_cannot_be_read(
    path: Path, state: EntryState, column: str
) -> None:
    await broken(path, state, column)
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        with pytest.raises(OutcomeUnknownError) as caught:
            await omni.send(message("a"))
        (enqueued,) = await all_of(omni.enqueue([message("a")]))
    assert_says_nothing_of_it(caught.value)
    assert isinstance(enqueued, Unknown)
    assert sent(provider) == []


async def test_an_error_that_cannot_be_read_keeps_no_message_from_being_sent_anew(
    path: Path,
) -> None:
    await broken(path, EntryState.REFUSED, "error")
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        (enqueued,) = await all_of(omni.enqueue([message("a")]))
        assert isinstance(enqueued, NotSent)
        assert isinstance(enqueued.error, JournalError)
        assert await omni.send(message("a")) == receipt_of(message("a"))


async def test_one_that_cannot_be_read_says_nothing_of_those_that_are_sent_with_it(
    path: Path,
) -> None:
    await broken(path, EntryState.CANCELLED, "document")
    provider = BulkProvider(10)
    async with Outbox(provider, path) as omni:
        outcomes = await all_outcomes(omni.send_many([message("b"), message("a"), message("c")]))
    kinds = {each.message.reference: type(each).__name__ for each in outcomes}
    assert kinds == {"a": "NotSent", "b": "Accepted", "c": "Accepted"}
    assert (await states(path))["a"] == "cancelled"


@pytest.mark.parametrize(
    ("state", "column"),
    [
        (EntryState.ACCEPTED, "receipt"),
        (EntryState.REFUSED, "error"),
        (EntryState.CANCELLED, "document"),
    ],
)
async def test_what_became_of_it_is_not_answered(
    path: Path, state: EntryState, column: str
) -> None:
    await broken(path, state, column)
    async with Outbox(MemoryProvider(), path) as omni:
        with pytest.raises(ReadError) as caught:
            await omni.status("outbox:a")
    assert isinstance(caught.value.__cause__, JournalError)
    assert_says_nothing_of_it(caught.value)


async def test_it_cannot_be_taken_back_at_the_vendor_without_its_receipt(path: Path) -> None:
    await broken(path, EntryState.ACCEPTED, "receipt")
    async with Outbox(MemoryProvider(), path) as omni:
        with pytest.raises(CancelFailedError) as caught:
            await omni.cancel("outbox:a")
    assert isinstance(caught.value.__cause__, JournalError)
    assert_says_nothing_of_it(caught.value)
