"""What is odd, and still has to be written down and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import TypeAlias

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from omni_common.errors import RefusedError
from omni_common.message import Message
from omni_common.outbox.documents import message_document
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting, Settlement, Turn
from omni_common.receipt import Part, Receipt
from tests.outbox.anything import SendError, failures, messages, receipts, said
from tests.outbox.journals import NOON, NUMBER, at, message, posted, posting, references

CLAIMED = EntryState.CLAIMED
moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - the zone comes with what is drawn
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11, minutes=-30, seconds=-7))]),
)
Kept: TypeAlias = Callable[[Posting, datetime, Receipt | None, SendError | None], Entry]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Gives the entry of what is put, then settled, each time under a reference of its own."""
    journal = Journal(tmp_path_factory.mktemp("odd") / "outbox.journal")
    numbers = count()

    async def entry(
        given: Posting, now: datetime, receipt: Receipt | None, error: SendError | None
    ) -> Entry:
        reference = f"{given.reference}{next(numbers)}"
        (id,) = await journal.put([evolve(given, reference=reference)], now)
        assert isinstance(id, int)
        if receipt is not None or error is not None:
            await journal.settle([Settlement(id, EntryState.UNKNOWN, receipt, error)], now)
        found = await journal.find(reference)
        assert found is not None
        return evolve(found, reference=given.reference)

    with asyncio.Runner() as runner:
        yield lambda *given: runner.run(entry(*given))
        runner.run(journal.close())


@given(message=messages)
def test_any_message_comes_back(kept: Kept, message: Message) -> None:
    given = Posting(message.reference, Turn(CLAIMED, NOON, held=False), message_document(message))
    assert kept(given, NOON, None, None).message == message


@given(receipt=receipts)
def test_any_receipt_comes_back(kept: Kept, receipt: Receipt) -> None:
    entry = kept(posting(receipt.reference, state=CLAIMED), NOON, receipt, None)
    assert entry.receipt == receipt


@given(error=failures())
def test_any_error_comes_back(kept: Kept, error: SendError) -> None:
    entry = kept(posting(error.reference or "", state=CLAIMED), NOON, None, error)
    assert said(entry.error) == said(error)


@given(due=moments, now=moments)
def test_any_times_come_back_to_the_microsecond(kept: Kept, due: datetime, now: datetime) -> None:
    entry = kept(posting("order-1", due=due, held=True), now, None, None)
    assert entry.due == due
    assert entry.changed == now


@given(due=moments)
@settings(max_examples=50)
def test_a_message_is_claimed_at_the_moment_that_is_told_to_be_next(
    due: datetime, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def check() -> None:
        journal = Journal(tmp_path_factory.mktemp("due") / "outbox.journal")
        await posted(journal, "order-1", due=due, held=True)
        assert await journal.next_due(NOON) == due
        assert await journal.claim_due(1, due - timedelta(microseconds=1)) == []
        assert references(await journal.claim_due(1, due)) == ["order-1"]
        await journal.close()

    asyncio.run(check())


@pytest.mark.parametrize(
    "due",
    [
        datetime.max.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
        datetime.min.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=12))),
    ],
    ids=["last", "after the last", "first", "before the first"],
)
async def test_a_time_at_the_end_of_time_keeps_no_other_message_from_being_found(
    journal: Journal, due: datetime
) -> None:
    await journal.put([posting("odd", due=due), posting("even")], NOON)
    assert references(await journal.select([EntryState.QUEUED])) == ["odd", "even"]
    assert "even" in references(await journal.claim_due(5, at(1)))
    await journal.next_due(NOON)


async def test_half_a_character_from_one_vendor_keeps_no_message_from_being_settled(
    journal: Journal,
) -> None:
    # A vendor's JSON can bring one in, escaped, and the others were answered in the same call.
    names = ["id", "part", "code", "even"]
    ids = await posted(journal, *names, state=CLAIMED)
    odd = "messente:\ud800"
    await journal.settle(
        [
            Settlement(ids[0], EntryState.ACCEPTED, Receipt(odd, "messente", "id", NUMBER)),
            Settlement(
                ids[1],
                EntryState.ACCEPTED,
                Receipt("messente:1", "messente", "part", NUMBER, (Part("sms", odd),)),
            ),
            Settlement(ids[2], EntryState.REFUSED, error=RefusedError("no", vendor_code=odd)),
            Settlement(ids[3], EntryState.REFUSED, error=RefusedError("no")),
        ],
        NOON,
    )
    assert await journal.select([CLAIMED]) == []
    assert references(await journal.select([EntryState.ACCEPTED])) == ["id", "part"]


async def test_a_large_batch_is_put_claimed_and_settled_at_once(journal: Journal) -> None:
    names = [f"order-{number}" for number in range(3_000)]
    ids = await posted(journal, *names, text="Õäöü 🇪🇪 " * 40)
    claimed = await journal.claim_due(5_000, NOON)
    assert [entry.id for entry in claimed] == ids
    assert claimed[-1].message == message(names[-1], "Õäöü 🇪🇪 " * 40)
    shared = Receipt("messente:1", "messente", "", NUMBER)
    await journal.settle([Settlement(id, EntryState.ACCEPTED, shared) for id in ids], NOON)
    assert await journal.count() == dict.fromkeys(EntryState, 0) | {EntryState.ACCEPTED: 3_000}


async def test_what_is_refused_as_json_keeps_the_journal_as_it_was(journal: Journal) -> None:
    odd = Posting("odd", Turn(EntryState.QUEUED, NOON, held=False), {"to": float("nan")})
    with pytest.raises(ValueError, match="not finite"):
        await journal.put([posting("even"), odd], NOON)
    assert await journal.select(EntryState) == []
    assert len(await posted(journal, "even")) == 1
