"""Looking into a journal, queueing unknown messages again, and deleting settled ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from omni_common.errors import (
    ClientClosedError,
    ConfigurationError,
    JournalError,
    OutcomeUnknownError,
)
from omni_common.outbox import EntryState, Outbox, OutboxFile
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from omni_common.track import reference_key
from tests.outbox.journals import NOON, at, message, posted, receipt, references
from tests.outbox.outboxes import kept, sent, state_of, written_by_another
from tests.outbox.tracks import track
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

SECRET = "Your code is 271828"


async def settled(journal: Journal, reference: str, state: EntryState, minutes: float = 0) -> int:
    """A message in *state*, which it came into so many minutes after noon."""
    (id,) = await posted(journal, reference, state=EntryState.CLAIMED, text=SECRET)
    error = OutcomeUnknownError("lost", provider="messente")
    accepted = state is EntryState.ACCEPTED
    await journal.settle(
        [
            Settlement(
                id,
                state,
                receipt=receipt(reference) if accepted else None,
                error=error if state is EntryState.UNKNOWN else None,
            )
        ],
        at(minutes),
    )
    return id


async def test_messages_are_found_by_their_references_whatever_their_number(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, *(f"a-{number}" for number in range(1_500)))
    await settled(journal, "b'1", EntryState.UNKNOWN)
    await journal.close()
    async with OutboxFile(path) as file:
        wanted = [*(f"a-{number}" for number in range(0, 3_000, 2)), "b'1", "b'1"]
        found = await file.find_all(iter(wanted))
        assert set(found) == {*(f"a-{number}" for number in range(0, 1_500, 2)), "b'1"}
        assert all(entry.reference == reference for reference, entry in found.items())
        assert found["b'1"].state is EntryState.UNKNOWN
        assert await file.find_all([]) == {}


async def test_entries_are_those_in_the_states_asked_for_page_after_page(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, *(f"a-{number}" for number in range(1_500)))
    await settled(journal, "b-1", EntryState.UNKNOWN)
    await settled(journal, "a-last", EntryState.ACCEPTED)
    await journal.close()
    async with OutboxFile(path) as file:
        everything = [entry async for entry in file.entries()]
        assert len(everything) == 1_502
        assert [entry.id for entry in everything] == sorted(entry.id for entry in everything)
        assert references([each async for each in file.entries([EntryState.UNKNOWN])]) == ["b-1"]
        settled_a = file.entries([EntryState.UNKNOWN, EntryState.ACCEPTED], prefix="a-")
        assert references([each async for each in settled_a]) == ["a-last"]
        assert len([each async for each in file.entries(prefix="a-1")]) == 611


async def test_counts_are_of_the_references_that_begin_so(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, "summer-1", "summer-2", "summer", "sum", "winter-1", "summes")
    await settled(journal, "summer-3", EntryState.UNKNOWN)
    await journal.close()
    async with OutboxFile(path) as file:
        counts = await file.count("summer")
        assert {state: number for state, number in counts.items() if number} == {
            EntryState.QUEUED: 3,
            EntryState.UNKNOWN: 1,
        }
        assert sum((await file.count()).values()) == 7
        assert await file.count_open() == {
            EntryState.QUEUED: 6,
            EntryState.CLAIMED: 0,
            EntryState.UNKNOWN: 1,
        }


async def test_unknown_messages_that_are_named_are_queued_again_and_no_others(path: Path) -> None:
    journal = Journal(path)
    for state in (EntryState.UNKNOWN, EntryState.ACCEPTED, EntryState.REFUSED):
        await settled(journal, state.value, state)
    await settled(journal, "other", EntryState.UNKNOWN)
    await journal.close()
    async with OutboxFile(path) as file:
        named = iter(["unknown", "accepted", "refused", "nobody", "unknown"])
        assert await file.resend_unknown(named) == 1
        queued = [each async for each in file.entries([EntryState.QUEUED])]
    assert references(queued) == ["unknown"]
    assert queued[0].error is None


async def test_a_kept_message_that_is_sent_again_goes_out_however_late_it_is(path: Path) -> None:
    clock, provider = FakeClock(), MemoryProvider()
    provider.clock = clock
    async with Outbox(provider, path, clock=clock) as omni:
        await omni.send(kept("order-1", clock))
    journal = Journal(path)
    await journal.claim_due(10, clock.now() + timedelta(hours=1))
    await journal.close()
    await clock.advance(3 * 3600)
    async with Outbox(provider, path, clock=clock) as omni:
        assert await state_of(omni, "order-1") is EntryState.UNKNOWN
        assert await omni.resend_unknown(["order-1"]) == 1
        await omni.drain()
    assert sent(provider) == ["order-1"]


async def test_purging_leaves_nothing_of_what_was_deleted_in_any_file(path: Path) -> None:
    journal = Journal(path)
    for number in range(300):
        await settled(journal, str(number), EntryState.ACCEPTED)
    await settled(journal, "late", EntryState.REFUSED, minutes=30)
    await settled(journal, "lost", EntryState.UNKNOWN)
    (still,) = await posted(journal, "still", text="another text")
    await journal.close()
    large = path.stat().st_size
    async with OutboxFile(path) as file:
        assert await file.purge(before=at(10)) == 300
        assert [each.reference async for each in file.entries()] == ["late", "lost", "still"]
        assert await file.purge(before=at(60), states=list(EntryState)[2:]) == 2
        held = b"".join(each.read_bytes() for each in path.parent.iterdir())
        assert SECRET.encode() not in held
        assert path.stat().st_size < large
        assert [each.id async for each in file.entries()] == [still]


async def test_reports_are_purged_with_what_was_accepted(path: Path) -> None:
    clock, provider = FakeClock(), MemoryProvider()
    async with Outbox(provider, path, clock=clock) as omni:
        await omni.send(message("order-1"))
        old, new = reference_key("memory", "order-1"), reference_key("memory", "order-2")
        await omni.tracks.merge(old, track())
        await clock.advance(60)
        await omni.tracks.merge(new, track())
        before = clock.now() - timedelta(seconds=30)
        await omni.purge(before=before, states=[EntryState.REFUSED])
        assert await omni.tracks.load(old) is not None
        assert await omni.purge(before=before) == 1
        assert await omni.tracks.load(old) is None
        assert await omni.tracks.load(new) == track()


async def test_what_was_reported_of_a_purged_message_settles_no_other_of_its_reference(
    path: Path,
) -> None:
    provider, clock = MemoryProvider(), FakeClock()
    async with Outbox(provider, path, clock=clock) as omni:
        await omni.send(message("order-1"))
        await clock.advance(60)
        before = clock.now()
        await clock.advance(60)
        key = reference_key("memory", "order-1")
        await omni.tracks.merge(key, track(id="memory:order-1"))
        assert await omni.purge(before=before) == 1
        assert await omni.tracks.load(key) is None
        provider.failures["order-1"] = OutcomeUnknownError("lost")
        with pytest.raises(OutcomeUnknownError):
            await omni.send(message("order-1"))
        assert await state_of(omni, "order-1") is EntryState.UNKNOWN


async def test_a_reference_that_was_purged_is_new_again(path: Path) -> None:
    provider, clock = MemoryProvider(), FakeClock()
    async with Outbox(provider, path, clock=clock) as omni:
        await omni.send(message("order-1"))
        await omni.purge(before=clock.now() + timedelta(seconds=1))
        await omni.send(message("order-1"))
    assert sent(provider) == ["order-1", "order-1"]


@pytest.mark.parametrize("state", [EntryState.QUEUED, EntryState.CLAIMED])
async def test_what_is_not_settled_is_not_purged(path: Path, state: EntryState) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        with pytest.raises(ValueError, match=f"a message that is {state}"):
            await omni.purge(before=NOON, states=[EntryState.ACCEPTED, state])
        with pytest.raises(ValueError, match="time zone"):
            await omni.purge(before=NOON.replace(tzinfo=None))


async def test_a_file_that_another_is_writing_to_cannot_be_purged_and_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omni_common.outbox.schema._PATIENCE", 0.0)
    journal = Journal(path)
    await settled(journal, "order-1", EntryState.ACCEPTED)
    await journal.close()
    async with OutboxFile(path) as file:
        assert await file.paused() is None
        with written_by_another(path), pytest.raises(JournalError, match="SQLITE_BUSY"):
            await file.purge(before=at(1))
        assert await file.purge(before=at(1)) == 1


async def test_a_message_is_taken_back_without_an_account(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, "order-1")
    await settled(journal, "order-2", EntryState.ACCEPTED)
    await journal.close()
    async with OutboxFile(path) as file:
        found = [await file.cancel(f"order-{number}") for number in (1, 2, 3)]
        states = [None if each is None else each.state for each in found]
        assert states == [EntryState.CANCELLED, EntryState.ACCEPTED, None]


def test_looking_at_no_file_makes_none(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no outbox .*outbox\.journal"):
        OutboxFile(path)
    assert not path.exists()


async def test_it_is_told_when_the_next_message_is_due(path: Path) -> None:
    journal = Journal(path)
    await posted(journal, "order-1", due=at(30), held=True)
    await posted(journal, "order-2", due=at(10), held=True)
    await posted(journal, "order-3", due=at(5), state=EntryState.CLAIMED)
    await journal.close()
    async with OutboxFile(path) as file:
        assert await file.next_due() == at(10)
        await file.cancel("order-2")
        assert await file.next_due() == at(30)
        await file.cancel("order-1")
        assert await file.next_due() is None


async def test_one_of_all_open_outboxes_is_the_one_that_sends(path: Path) -> None:
    one, other = Outbox(MemoryProvider(), path), Outbox(MemoryProvider(), str(path))
    assert one.journal_file == other.journal_file == path
    assert await one.dispatches()
    assert not await other.dispatches()
    await one.close()
    assert await other.dispatches()
    await other.close()
    with pytest.raises(ClientClosedError):
        await other.dispatches()
