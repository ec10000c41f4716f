"""What is known of messages survives the process, and is one thing for all who keep it."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from omni_common import Tracker
from omni_common.errors import AnswerLostError, ClientClosedError, JournalError
from omni_common.outbox import Outbox
from omni_common.outbox.journal import Journal
from omni_common.outbox.schema import open_journal
from omni_common.outbox.track_steps import load, merge
from omni_common.report import DeliveryState as S
from omni_common.track import Track
from omni_common.tracker import TrackStore
from tests.outbox.journals import begun, message
from tests.outbox.outboxes import soon, written_by_another
from tests.outbox.programs import StartProgram
from tests.outbox.test_track_documents import tracks
from tests.outbox.tracks import ID, KEY, report, track, tracks_of
from tests.support.clock import FakeClock
from tests.support.following import Waiting
from tests.support.providers import MemoryProvider

CANARY = "kestrel"


def rows(path: Path) -> list[tuple[object, ...]]:
    """All that is kept of tracks, but for their documents."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT key, state, final, heard, changed FROM track ORDER BY key"
        return connection.execute(query).fetchall()


async def test_what_was_merged_is_found_by_the_next_process(path: Path) -> None:
    journal = Journal(path)
    store: TrackStore = tracks_of(journal)
    assert await store.load(ID) is None
    assert await store.merge(ID, track(S.SENT)) == track(S.SENT)
    await journal.close()
    store = tracks_of(again := Journal(path))
    assert await store.load(ID) == track(S.SENT)
    assert await store.load(KEY) is None
    both = await store.merge(ID, track(S.DELIVERED))
    assert both == track(S.SENT).merged(track(S.DELIVERED)) == await store.load(ID)
    await again.close()


async def test_a_row_says_where_the_message_is(journal: Journal, path: Path) -> None:
    store = tracks_of(journal)
    noon = 1_798_804_800_000_000
    await store.merge("a", evolve(track(S.SENT), heard=False))
    await store.merge("b", track(S.UNDELIVERED))
    await store.merge("c", Track.of_report(evolve(report(S.UNDELIVERED), partial=True)))
    assert rows(path) == [
        ("a", "sent", False, False, noon),
        ("b", "undelivered", True, True, noon),
        ("c", "undelivered", False, True, noon),
    ]
    await store.merge("a", track(S.READ))
    assert rows(path)[0] == ("a", "read", True, True, noon)


async def test_what_is_known_already_is_not_written_again(path: Path) -> None:
    clock = FakeClock()
    async with Outbox(MemoryProvider(clock), path) as omni:
        await omni.tracks.merge(ID, track(S.DELIVERED))
        before = rows(path)
        await clock.advance(5)
        assert await omni.tracks.merge(ID, track(S.DELIVERED)) == track(S.DELIVERED)
        assert rows(path) == before
        await omni.tracks.merge(ID, track(S.READ))
        assert rows(path) != before


merges = st.lists(
    st.tuples(st.sampled_from(["a", "b", "\x00", "ж", "'", "a\ud800"]), tracks), max_size=6
)


@settings(max_examples=40)
@given(merges)
def test_the_journal_keeps_what_memory_would_keep(merges: list[tuple[str, Track]]) -> None:
    memory: dict[str, Track] = {}
    with (
        TemporaryDirectory() as folder,
        closing(open_journal(Path(folder, "outbox.journal"))) as connection,
    ):
        for key, each in merges:
            memory[key] = memory.get(key, Track()).merged(each)
            kept = merge(connection, key=key, track=each, provider="messente", now=0)
            assert kept == memory[key]
        for key, each in memory.items():
            assert load(connection, key=key) == each


async def test_of_those_who_merge_at_once_none_loses_what_it_had(path: Path) -> None:
    journals = [Journal(path) for _ in range(3)]
    ids = [f"messente:{number}" for number in range(30)]
    said = [track(state, id) for id in ids for state in (S.SENT, S.READ, S.DELIVERED)]
    await asyncio.gather(
        *(tracks_of(journals[n % 3]).merge("key", each) for n, each in enumerate(said))
    )
    kept = await tracks_of(journals[0]).load("key")
    alone = Track()
    for each in said:
        alone = alone.merged(each)
    assert kept == alone
    await asyncio.gather(*(each.close() for each in journals))


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
async def test_what_was_acknowledged_survives_a_kill(
    path: Path, start_program: StartProgram
) -> None:
    program = start_program(
        """
        from tests.outbox.tracks import ID, track, tracks_of

        async def main():
            await tracks_of(Journal(path)).merge(ID, track())
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
        """,
        path,
    )
    assert await asyncio.to_thread(program.wait) == -signal.SIGKILL
    store = tracks_of(journal := Journal(path))
    assert await store.load(ID) == track()
    await journal.close()


async def spoil(path: Path, document: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE track SET document = ? WHERE key = ?", (document, ID))


@pytest.mark.parametrize("document", [CANARY, f'{{"version": 2, "id": "{CANARY}"}}'])
async def test_a_track_that_cannot_be_read_is_left_as_it_is_and_said_to_be_so(
    journal: Journal, path: Path, document: str
) -> None:
    store = tracks_of(journal)
    await store.merge(ID, track())
    await spoil(path, document)
    results = await asyncio.gather(
        store.load(ID),
        store.merge(ID, track(S.READ)),
        store.merge("messente:2", track(id="messente:2")),
        return_exceptions=True,
    )
    assert results[2] == track(id="messente:2")
    for error in results[:2]:
        assert isinstance(error, JournalError)
        assert CANARY not in str(error)
        assert (error.__cause__, error.__context__) == (None, None)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT document FROM track WHERE key = ?", (ID,)).fetchone()
    assert found == (document,)


# A tracker over it.


async def test_a_tracker_knows_what_the_one_before_it_was_told(path: Path) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        assert omni.tracks is omni.tracks
        receipt = await omni.send(message("order-1"))
        tracker = Tracker(omni, store=omni.tracks)
        await tracker.add(receipt)
        await tracker.record(report(S.DELIVERED, receipt.id))
    async with Outbox(MemoryProvider(), path) as omni:
        tracker = Tracker(omni, store=omni.tracks)
        found = await tracker.report(receipt.id)
        assert found is not None
        assert (found.state, found.reference, found.is_final) == (S.DELIVERED, "order-1", True)
        assert await soon(tracker.wait(receipt)) == found


async def test_trackers_of_two_outboxes_of_one_journal_see_what_each_is_told(path: Path) -> None:
    clock = FakeClock()
    async with (
        Outbox(MemoryProvider(clock), path) as omni,
        Outbox(MemoryProvider(clock), path) as other,
    ):
        first, second = Tracker(omni, store=omni.tracks), Tracker(other, store=other.tracks)
        receipt = await omni.send(message("order-1"))
        await first.add(receipt)
        seen = await second.record(report(S.SENT, receipt.id))
        assert seen is not None
        assert (seen.state, [part.channel for part in seen.parts]) == (S.SENT, ["sms"])
        known = await first.report(receipt.id)
        assert known is not None
        assert (known.state, known.reference) == (S.SENT, "order-1")
        await first.record(report(S.READ, receipt.id))
        known = await second.report(receipt.id)
        assert known is not None
        assert known.state is S.READ


async def test_a_wait_ends_with_what_another_process_was_told(path: Path) -> None:
    clock = FakeClock()
    async with Outbox(MemoryProvider(clock), path) as omni, Outbox(MemoryProvider(), path) as other:
        receipt = await omni.send(message("order-1"))
        waiting = Waiting(Tracker(omni, store=omni.tracks), receipt)
        await Tracker(other, store=other.tracks).record(report(S.DELIVERED, receipt.id))
        found = await clock.drive(waiting.result())
        assert found.state is S.DELIVERED


async def test_a_journal_that_fails_is_told_to_whom_the_vendor_posts(path: Path) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        tracker = Tracker(omni, store=omni.tracks)
        await tracker.record(report(S.SENT))
        elsewhere = path.with_suffix(".elsewhere")
        path.rename(elsewhere)
        with pytest.raises(JournalError):
            await tracker.record(report(S.DELIVERED))
        with pytest.raises(JournalError):
            await omni.tracks.load(ID)
        elsewhere.rename(path)
        found = await tracker.record(report(S.DELIVERED))
        assert found is not None
        assert found.state is S.DELIVERED


async def test_it_waits_for_another_process_that_is_writing(path: Path) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        await omni.count()
        with written_by_another(path):
            merging = await begun(omni.tracks.merge(ID, track()))
            await asyncio.wait([merging], timeout=0.1)
            assert not merging.done()
        assert await soon(merging) == track()


async def test_a_closed_outbox_keeps_nothing(path: Path) -> None:
    async with Outbox(MemoryProvider(), path) as omni:
        await omni.tracks.merge(ID, track())
    with pytest.raises(ClientClosedError):
        await omni.tracks.merge(ID, track(S.READ))
    with pytest.raises(ClientClosedError):
        await omni.tracks.load(ID)
    assert [row[1] for row in rows(path)] == ["delivered"]


async def test_a_tracks_key_holds_no_number_and_its_document_no_content(path: Path) -> None:
    provider = MemoryProvider()
    provider.failures["order-1"] = AnswerLostError("lost")
    async with Outbox(provider, path) as omni:
        with pytest.raises(AnswerLostError):
            await omni.send(message("order-1", CANARY))
        await Tracker(omni, store=omni.tracks).record(
            evolve(report(id="memory:1"), raw={"text": CANARY, "to": message("1").phone})
        )
    with closing(sqlite3.connect(path)) as connection:
        kept = str(connection.execute("SELECT * FROM track").fetchall())
    assert CANARY not in kept
    assert str(message("1").phone) not in kept
