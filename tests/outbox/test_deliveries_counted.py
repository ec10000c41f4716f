"""How many messages have come how far, by the journal and by what is known of their delivery."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from omni_common.outbox import journal as journals
from omni_common.outbox.counting import end_of_prefix
from omni_common.outbox.entry import EntryState as E
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting, Turn
from omni_common.report import DeliveryState as S
from omni_common.track import Track, reference_key
from tests.outbox.journals import NOON, posted, posting, receipt
from tests.outbox.tracks import settled_as, track, tracks_of

TEXTS = st.text(st.sampled_from("ab ~\x7fж\ud7ff\ue000\uffff\U00010000\U0010ffff"), max_size=4)


async def accepted(journal: Journal, reference: str, id: str = "") -> None:
    await settled_as(journal, reference, E.ACCEPTED, id=id or f"messente:{reference}")


async def test_where_there_is_nothing_nothing_is_counted(journal: Journal) -> None:
    assert await journal.count_deliveries() == {}


async def test_messages_are_counted_by_their_state_and_what_is_known(journal: Journal) -> None:
    for each in E:
        await settled_as(journal, f"{each}", each)
    store = tracks_of(journal)
    for reference, state in [("a", S.DELIVERED), ("b", S.DELIVERED), ("c", S.SENT)]:
        await accepted(journal, reference)
        await store.merge(f"messente:{reference}", track(state, f"messente:{reference}"))
    known = {(E.ACCEPTED, S.DELIVERED): 2, (E.ACCEPTED, S.SENT): 1}
    assert await journal.count_deliveries() == {(each, None): 1 for each in E} | known


async def test_what_is_known_by_the_id_comes_before_what_is_known_by_the_reference(
    journal: Journal,
) -> None:
    store = tracks_of(journal)
    for reference in "abc":
        await accepted(journal, reference)
    for reference in "ab":
        await store.merge(f"messente reference {reference}", track(S.SENT))
    for reference in "bc":
        await store.merge(f"messente:{reference}", track(S.READ))
    assert await journal.count_deliveries() == {
        (E.ACCEPTED, S.SENT): 1,
        (E.ACCEPTED, S.READ): 2,
    }


async def test_a_receipt_that_was_added_is_no_report(journal: Journal) -> None:
    store = tracks_of(journal)
    await accepted(journal, "a")
    for key in ("messente:a", "messente reference a"):
        await store.merge(key, Track.of_receipt(receipt("a", "messente:a")))
    assert await journal.count_deliveries() == {(E.ACCEPTED, None): 1}
    await store.merge("messente reference a", track(S.SENT, "messente:a"))
    assert await journal.count_deliveries() == {(E.ACCEPTED, S.SENT): 1}


async def test_what_is_known_of_others_messages_is_not_counted(journal: Journal) -> None:
    await accepted(journal, "a")
    store = tracks_of(journal)
    for key in ("messente:b", "devino:a", "devino reference a", "messente reference b"):
        await store.merge(key, track())
    assert await journal.count_deliveries() == {(E.ACCEPTED, None): 1}


async def test_a_message_without_a_receipt_is_known_by_its_provider(journal: Journal) -> None:
    await settled_as(journal, "a", E.UNKNOWN)
    await tracks_of(journal).merge("messente reference a", track(S.SENT, ""))
    assert await journal.count_deliveries() == {(E.UNKNOWN, None): 1}
    assert await journal.count_deliveries(provider="messente") == {(E.UNKNOWN, S.SENT): 1}
    assert await journal.count_deliveries(provider="devino") == {(E.UNKNOWN, None): 1}


async def test_a_receipt_that_cannot_be_read_is_none(journal: Journal, path: Path) -> None:
    await accepted(journal, "a")
    await accepted(journal, "b")
    await tracks_of(journal).merge("messente:b", track(S.SENT))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET receipt = '{kestrel' WHERE reference = 'a'")
    assert await journal.count_deliveries() == {
        (E.ACCEPTED, None): 1,
        (E.ACCEPTED, S.SENT): 1,
    }


@pytest.mark.parametrize("together", [1, 2, 3, 100])
async def test_however_few_are_counted_at_a_time_each_is_counted_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(journals, "_COUNTED", together)
    numbered = [f"{each}{number}" for each in "xay" for number in range(5)]
    await posted(journal, *numbered, "a", "a~")
    assert await journal.count_deliveries() == {(E.QUEUED, None): 17}
    assert await journal.count_deliveries("a") == {(E.QUEUED, None): 7}
    assert await journal.count_deliveries("a1") == {(E.QUEUED, None): 1}
    assert await journal.count_deliveries("b") == {}


@given(TEXTS, st.lists(TEXTS, max_size=6))
def test_before_its_end_is_what_begins_with_a_prefix_and_nothing_else(
    prefix: str, texts: list[str]
) -> None:
    end = end_of_prefix(prefix)
    for text in [*texts, *(prefix + each for each in texts)]:
        is_inside = prefix <= text and (end is None or text < end)
        assert is_inside is text.startswith(prefix)


async def counted(path: Path, references: list[str], prefix: str) -> dict[object, int]:
    """How many messages of those *references* the journal counts, of which every other is known."""
    journal = Journal(path)
    document = posting("any").document
    await journal.put(
        [Posting(each, Turn(E.QUEUED, NOON, held=False), document) for each in references], NOON
    )
    for each in references[::2]:
        await tracks_of(journal).merge(reference_key("messente", each), track(S.SENT))
    found = await journal.count_deliveries(prefix, provider="messente")
    await journal.close()
    return {delivery: number for (_, delivery), number in found.items()}


@settings(max_examples=40)
@given(references=st.lists(TEXTS.filter(bool), unique=True, max_size=8), prefix=TEXTS)
def test_sqlite_counts_what_begins_with_a_prefix(references: list[str], prefix: str) -> None:
    with TemporaryDirectory() as folder:
        found = asyncio.run(counted(Path(folder, "outbox.journal"), references, prefix))
    known = references[::2]
    assert found == Counter(
        S.SENT if each in known else None for each in references if each.startswith(prefix)
    )


async def test_half_a_character_begins_no_reference(journal: Journal) -> None:
    await posted(journal, "a", "\ufffd", "\ue000")
    assert await journal.count_deliveries("\ud800") == {}
