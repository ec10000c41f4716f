"""The journal, step by step: what is put, claimed, settled, taken back and found."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from omni_common.errors import AnswerLostError, RateLimitedError
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from tests.outbox.anything import lines, said
from tests.outbox.journals import (
    NOON,
    at,
    message,
    posted,
    posting,
    receipt,
    references,
    state,
)

QUEUED, CLAIMED = EntryState.QUEUED, EntryState.CLAIMED
SETTLED = [each for each in EntryState if each.is_settled]


async def test_an_empty_journal_knows_nothing(journal: Journal) -> None:
    assert await journal.find("order-1") is None
    assert await journal.cancel("order-1", NOON) is None
    assert await journal.renew("order-1", QUEUED, CLAIMED, NOON) is None
    assert await journal.select(EntryState) == []
    assert await journal.claim_due(10, NOON) == []
    assert await journal.next_due(NOON) is None
    assert await journal.read_note("place") is None
    assert await journal.count() == dict.fromkeys(EntryState, 0)


async def test_what_was_put_is_found_as_it_was_put(journal: Journal) -> None:
    (id,) = await journal.put([posting("order-1", due=at(5), held=True)], at(1))
    entry = await journal.find("order-1")
    assert entry is not None
    assert (entry.id, entry.reference, entry.state) == (id, "order-1", QUEUED)
    assert (entry.due, entry.held, entry.changed) == (at(5), True, at(1))
    assert entry.message == message("order-1")
    assert (entry.receipt, entry.error) == (None, None)


async def test_nothing_put_is_nothing(journal: Journal) -> None:
    assert await journal.put([], NOON) == []
    await posted(journal, "order-1")
    assert await journal.put([], NOON) == []
    assert references(await journal.select(EntryState)) == ["order-1"]


async def test_each_of_several_is_put_as_what_it_is_to_be(journal: Journal) -> None:
    given = [
        posting("claimed", state=CLAIMED),
        posting("held", due=at(5), held=True),
        posting("queued", text="Ho"),
    ]
    ids = await journal.put(given, NOON)
    entries = await journal.select(EntryState)
    assert [entry.id for entry in entries] == ids
    assert [entry.state for entry in entries] == [CLAIMED, QUEUED, QUEUED]
    assert [entry.held for entry in entries] == [False, True, False]
    assert [entry.message for entry in entries] == [
        message("claimed"),
        message("held"),
        message("queued", "Ho"),
    ]


async def test_ids_grow_with_every_message(journal: Journal) -> None:
    ids = [*await posted(journal, "1", "2"), *await posted(journal, "3"), *await posted(journal)]
    assert ids == sorted(set(ids))


async def test_what_was_there_stays_as_it_is(journal: Journal) -> None:
    await posted(journal, "order-1", due=at(1), text="first")
    before = await journal.find("order-1")
    again = posting("order-1", state=CLAIMED, due=at(9), held=True, text="second")
    assert await journal.put([again], at(2)) == [before]
    assert await journal.find("order-1") == before


async def test_new_ones_and_old_ones_in_one_put_get_what_is_theirs(journal: Journal) -> None:
    await posted(journal, "b", "d")
    names = ["a", "b", "c", "d", "e"]
    found = await journal.put([posting(name) for name in names], at(1))
    for name, each in zip(names, found, strict=True):
        entry = await journal.find(name)
        assert entry is not None
        assert each == (entry if name in {"b", "d"} else entry.id)
        assert entry.changed == (NOON if name in {"b", "d"} else at(1))


async def test_of_one_reference_twice_in_one_put_the_first_counts(journal: Journal) -> None:
    given = [posting("a"), posting("b", text="first"), posting("b", text="second"), posting("c")]
    a, b, again, c = await journal.put(given, NOON)
    assert isinstance(again, Entry)
    assert (again.id, again.message) == (b, message("b", "first"))
    entries = await journal.select(EntryState)
    assert [entry.id for entry in entries] == [a, b, c]
    assert entries[1].message == message("b", "first")


async def test_one_reference_twice_that_was_there_is_found_twice(journal: Journal) -> None:
    await posted(journal, "a")
    entry = await journal.find("a")
    first, new, second = await journal.put([posting("a"), posting("b"), posting("a")], NOON)
    assert first == second == entry
    assert isinstance(new, int)


@given(given=st.lists(lines, min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_any_reference_is_found_again_and_no_other(
    given: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def check() -> None:
        journal = Journal(tmp_path_factory.mktemp("any") / "outbox")
        first = await journal.put([posting(each, text=each) for each in given], NOON)
        again = await journal.put([posting(each) for each in reversed(given)], NOON)
        for reference, new, found in zip(given, first, reversed(again), strict=True):
            entry = await journal.find(reference)
            assert entry is not None
            assert entry == found
            assert entry.id == (new.id if isinstance(new, Entry) else new)
            assert entry.message.reference == reference
        await journal.close()

    asyncio.run(check())


async def test_the_earliest_due_is_claimed_first(journal: Journal) -> None:
    for name, minutes in (("c", 3), ("a", 1), ("late", 6), ("d", 3), ("b", 2)):
        await posted(journal, name, due=at(minutes), held=True)
    claimed = await journal.claim_due(10, at(5))
    assert references(claimed) == ["a", "b", "c", "d"]
    assert {(entry.state, entry.changed) for entry in claimed} == {(CLAIMED, at(5))}
    assert claimed == [await journal.find(entry.reference) for entry in claimed]
    assert await journal.claim_due(10, at(5)) == []
    assert await state(journal, "late") is QUEUED


async def test_no_more_are_claimed_than_were_asked_for(journal: Journal) -> None:
    await posted(journal, *"abcde")
    assert references(await journal.claim_due(2, NOON)) == ["a", "b"]
    assert references(await journal.claim_due(2, NOON)) == ["c", "d"]
    assert await journal.claim_due(0, NOON) == []
    assert references(await journal.claim_due(2, NOON)) == ["e"]


async def test_a_message_is_due_at_its_moment_and_not_before(journal: Journal) -> None:
    await posted(journal, "a", due=NOON, held=True)
    assert await journal.claim_due(1, NOON - timedelta(microseconds=1)) == []
    assert references(await journal.claim_due(1, NOON)) == ["a"]


async def test_what_is_not_kept_until_its_time_is_due_at_any_time(journal: Journal) -> None:
    await posted(journal, "early", due=at(5))
    await posted(journal, "kept", due=at(1), held=True)
    await posted(journal, "late", due=at(-5))
    assert await journal.next_due(NOON) == at(-5)
    assert references(await journal.claim_due(1, NOON)) == ["late"]
    assert await journal.next_due(NOON) == NOON
    assert references(await journal.claim_due(5, NOON)) == ["early"]
    assert await journal.next_due(NOON) == at(1)
    assert references(await journal.claim_due(5, at(1))) == ["kept"]


async def test_what_is_not_queued_is_not_claimed_when_due(journal: Journal) -> None:
    for each in EntryState:
        await posted(journal, each.value, state=each)
    assert references(await journal.claim_due(10, NOON)) == ["queued"]


@pytest.mark.parametrize("found", EntryState)
@pytest.mark.parametrize("wanted", [QUEUED, CLAIMED])
async def test_a_message_is_renewed_if_it_is_in_that_state(
    journal: Journal, found: EntryState, wanted: EntryState
) -> None:
    ids = await posted(journal, "order-1", "order-2", state=found)
    for other in set(EntryState) - {found}:
        assert await journal.renew("order-1", other, wanted, at(1)) is None
    assert await state(journal, "order-1") is found
    assert await journal.renew("order-1", found, wanted, at(1)) == ids[0]
    entry = await journal.find("order-1")
    assert entry is not None
    assert (entry.state, entry.changed) == (wanted, at(1))
    assert await state(journal, "order-2") is found


async def test_what_is_renewed_has_its_error_until_it_is_settled_again(journal: Journal) -> None:
    (id,) = await posted(journal, "order-1", state=CLAIMED)
    error = AnswerLostError("lost", reference="order-1")
    await journal.settle([Settlement(id, EntryState.UNKNOWN, error=error)], NOON)
    assert await journal.renew("order-1", EntryState.UNKNOWN, CLAIMED, NOON) == id
    entry = await journal.find("order-1")
    assert entry is not None
    assert said(entry.error) == said(error)
    await journal.settle([Settlement(id, EntryState.ACCEPTED, receipt=receipt("order-1"))], NOON)
    entry = await journal.find("order-1")
    assert entry is not None
    assert entry.error is None


async def test_what_became_of_each_is_written_down(journal: Journal) -> None:
    a, b, c, d = await posted(journal, *"abcd", state=CLAIMED)
    limited = RateLimitedError("slower", retry_after=timedelta(seconds=3), reference="b")
    lost = AnswerLostError("lost", reference="c")
    await journal.settle(
        [
            Settlement(c, EntryState.UNKNOWN, error=lost),
            Settlement(a, EntryState.ACCEPTED, receipt=receipt("a")),
            Settlement(b, QUEUED, error=limited),
        ],
        at(1),
    )
    entries = await journal.select(EntryState)
    assert [entry.id for entry in entries] == [a, b, c, d]
    assert [entry.state for entry in entries] == [
        EntryState.ACCEPTED,
        QUEUED,
        EntryState.UNKNOWN,
        CLAIMED,
    ]
    assert [entry.receipt for entry in entries] == [receipt("a"), None, None, None]
    assert [said(entry.error) for entry in entries] == [None, said(limited), said(lost), None]
    assert [entry.changed for entry in entries] == [at(1), at(1), at(1), NOON]


@pytest.mark.parametrize("before", [each for each in EntryState if each is not CLAIMED])
async def test_only_what_is_claimed_can_be_settled(journal: Journal, before: EntryState) -> None:
    (id,) = await posted(journal, "order-1", state=before)
    entry = await journal.find("order-1")
    accepted = Settlement(id, EntryState.ACCEPTED, receipt=receipt("order-1"))
    unheard = Settlement(id + 1, EntryState.ACCEPTED, receipt=receipt("order-2"))
    await journal.settle([accepted, unheard], at(1))
    assert await journal.select(EntryState) == [entry]


async def test_what_is_settled_unattended_is_settled_before_what_is_asked_next(
    journal: Journal,
) -> None:
    (id,) = await posted(journal, "order-1", state=CLAIMED)
    journal.settle_unattended([Settlement(id, EntryState.REFUSED)], NOON)
    assert await state(journal, "order-1") is EntryState.REFUSED


@pytest.mark.parametrize("found", EntryState)
async def test_only_what_is_queued_can_be_taken_back(journal: Journal, found: EntryState) -> None:
    await posted(journal, "order-1", "order-2", state=found)
    before = await journal.find("order-1")
    entry = await journal.cancel("order-1", at(1))
    assert entry is not None
    assert entry == await journal.find("order-1")
    if found is QUEUED:
        assert (entry.state, entry.changed) == (EntryState.CANCELLED, at(1))
    else:
        assert entry == before
    assert await state(journal, "order-2") is found


async def test_only_what_is_held_and_queued_for_too_long_expires(journal: Journal) -> None:
    await posted(journal, "old", due=at(1), held=True)
    await posted(journal, "other", due=at(1), held=False)
    await posted(journal, "young", due=at(2), held=True)
    for each in EntryState:
        if each is not QUEUED:
            await posted(journal, each.value, due=at(1), held=True, state=each)
    assert await journal.expire(at(2), at(9)) == 1
    entry = await journal.find("old")
    assert entry is not None
    assert (entry.state, entry.changed) == (EntryState.EXPIRED, at(9))
    assert await state(journal, "other") is QUEUED
    assert await state(journal, "young") is QUEUED
    assert await state(journal, "claimed") is CLAIMED
    assert await journal.expire(at(2), at(9)) == 0


async def test_what_was_claimed_is_given_up_and_nothing_else(journal: Journal) -> None:
    for each in EntryState:
        await posted(journal, each.value, f"{each.value} too", state=each)
    before = {entry.reference: entry for entry in await journal.select(EntryState)}
    assert await journal.give_up(AnswerLostError("its sender is gone"), at(1)) == 2
    for name, entry in before.items():
        after = await journal.find(name)
        assert after is not None
        if entry.state is not CLAIMED:
            assert after == entry
            continue
        assert (after.state, after.changed) == (EntryState.UNKNOWN, at(1))
        assert said(after.error) == said(AnswerLostError("its sender is gone", reference=name))


async def test_entries_are_selected_in_the_order_they_came(journal: Journal) -> None:
    ids = await posted(journal, "c", "a", "b", due=at(3))
    await posted(journal, "d", due=at(1), state=CLAIMED)
    everything = await journal.select([QUEUED, CLAIMED])
    assert references(everything) == ["c", "a", "b", "d"]
    assert references(await journal.select([QUEUED], after=ids[0])) == ["a", "b"]
    assert references(await journal.select([QUEUED], most=2)) == ["c", "a"]
    assert references(await journal.select([CLAIMED], after=ids[2], most=5)) == ["d"]
    assert await journal.select([]) == []
    assert await journal.select(SETTLED) == []


async def test_each_state_is_counted(journal: Journal) -> None:
    for number, each in enumerate(EntryState):
        await posted(journal, *(f"{each} {n}" for n in range(number)), state=each)
    assert await journal.count() == {each: number for number, each in enumerate(EntryState)}


async def test_the_next_to_be_due_is_the_first_that_is_queued(journal: Journal) -> None:
    await posted(journal, "claimed", due=at(1), state=CLAIMED)
    await posted(journal, "later", due=at(3), held=True)
    await posted(journal, "sooner", due=at(2), held=True)
    assert await journal.next_due(NOON) == at(2)
    await journal.cancel("sooner", NOON)
    assert await journal.next_due(NOON) == at(3)
    await journal.cancel("later", NOON)
    assert await journal.next_due(NOON) is None


async def test_a_note_is_what_was_written_last(journal: Journal) -> None:
    for text in ("one", "", "a\x00b 'quoted' 🇪🇪"):
        await journal.write_note("place", text)
        assert await journal.read_note("place") == text
    await journal.write_note("other", "stays")
    await journal.write_note("place", None)
    assert await journal.read_note("place") is None
    assert await journal.read_note("other") == "stays"
    await journal.write_note("never written", None)
