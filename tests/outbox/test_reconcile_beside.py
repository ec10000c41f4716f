"""What happens while unknown messages are looked for, and what keeps them from being found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from omni_common.errors import (
    AnswerLostError,
    ClientClosedError,
    JournalError,
    NotSupportedError,
    ReadError,
)
from omni_common.outbox import EntryState, Outbox, OutboxFile, Reconciliation
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from omni_common.receipt import Receipt
from tests.outbox.journals import NUMBER, message, posted, posting, state
from tests.outbox.listing import ListingProvider, killed, lose
from tests.outbox.outboxes import all_of, state_of, states
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

NOTHING = Reconciliation(settled=0, left=0)
DAY = timedelta(days=1)


# --- What happens beside it -----------------------------------------------------------------------


async def test_a_message_that_is_being_sent_may_be_the_one_that_is_listed(
    omni: Outbox, provider: ListingProvider, path: Path, clock: FakeClock
) -> None:
    await lose(omni, message("order-1"))
    provider.rows.clear()

    async def send_another() -> None:
        await killed(path, clock, "order-2")

    provider.take(message("order-2"))
    provider.meanwhile = send_another
    assert (await omni.reconcile()).settled == 0
    assert await state_of(omni, "order-2") is EntryState.CLAIMED


async def test_a_message_that_is_unknown_only_now_is_left_for_the_next_time(
    omni: Outbox, provider: ListingProvider, clock: FakeClock
) -> None:
    await lose(omni, message("order-1"))
    await clock.advance(40 * 3600)
    provider.take(message("somebody's"), clock.now() - timedelta(hours=14))
    provider.beyond = timedelta(hours=12)

    async def lose_another() -> None:
        await lose(omni, message("order-2"))

    provider.meanwhile = lose_another
    # The list reaches as far as somebody's message, and not as far as the second one.
    expected = Reconciliation(settled=1, left=1, references=("order-1",))
    assert await omni.reconcile() == expected


async def test_a_message_that_is_sent_again_meanwhile_keeps_what_comes_of_that(
    omni: Outbox, provider: ListingProvider
) -> None:
    await lose(omni, message("order-1"))
    provider.failures.clear()

    async def send_again() -> None:
        provider.meanwhile = None
        await omni.send(message("order-1"), on_unknown="resend")

    provider.meanwhile = send_again
    assert await omni.reconcile() == NOTHING
    assert (await omni.send(message("order-1"))).id == "memory:2"


async def test_no_two_messages_get_the_same_receipt(path: Path, clock: FakeClock) -> None:
    journal = Journal(path)
    await posted(journal, "a", "b", "c", "d", state=EntryState.CLAIMED)
    taken = Receipt("memory:1", "memory", "a", NUMBER)
    await journal.settle(
        [
            Settlement(1, EntryState.ACCEPTED, receipt=taken),
            Settlement(2, EntryState.UNKNOWN),
            Settlement(3, EntryState.UNKNOWN),
        ],
        clock.now(),
    )
    found = {
        id: evolve(taken, id=name, reference=reference)
        for id, name, reference in (
            (1, "memory:4", "a"),
            (2, "memory:1", "b"),
            (3, "memory:2", "c"),
            (4, "memory:3", "d"),
        )
    }
    assert await journal.accept_unknown(found, clock.now()) == ["c"]
    assert [await state(journal, each) for each in "abcd"] == [
        EntryState.ACCEPTED,
        EntryState.UNKNOWN,
        EntryState.ACCEPTED,
        EntryState.CLAIMED,
    ]
    entry = await journal.find("c")
    assert entry is not None
    assert entry.receipt == found[3]
    assert entry.changed == clock.now()
    assert await journal.accept_unknown(found, clock.now()) == []
    await journal.close()


async def test_several_who_look_at_once_settle_each_message_once(
    omni: Outbox, provider: ListingProvider, path: Path, clock: FakeClock
) -> None:
    await lose(omni, message("order-1"))

    async def look_too() -> None:
        provider.meanwhile = None
        async with OutboxFile(path, clock=clock) as file:
            assert (await file.reconcile(provider)).settled == 1

    provider.meanwhile = look_too
    assert await omni.reconcile() == NOTHING


# --- Many of them ---------------------------------------------------------------------------------


async def test_however_many_there_are_those_that_are_alike_are_seen_together(
    path: Path, provider: ListingProvider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omni_common.outbox.reconciliation._TOGETHER", 300)
    journal = Journal(path)
    texts = [str(number // 2 if number < 40 else number) for number in range(2_300)]
    given = [message(f"order-{number}", text) for number, text in enumerate(texts)]
    await journal.put(
        [
            posting(each.reference, state=EntryState.CLAIMED, due=clock.now(), text=text)
            for each, text in zip(given, texts, strict=True)
        ],
        clock.now(),
    )
    await journal.close()
    for each in given:
        provider.take(each)
    async with Outbox(provider, path, clock=clock) as omni:
        found = await omni.reconcile()
        assert (found.settled, found.left) == (2_260, 40)
        assert set(found.references) == {f"order-{number}" for number in range(40, 2_300)}
        assert (await omni.reconcile()).settled == 0
        async for entry in omni.entries([EntryState.ACCEPTED]):
            assert entry.receipt is not None
            assert entry.receipt.id == f"memory:{entry.id}"


async def test_receipts_are_known_however_long_ago_they_came(
    path: Path, provider: ListingProvider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omni_common.outbox.journal._LOOKED_AT", 3)
    async with Outbox(provider, path, clock=clock) as omni:
        receipts = [await omni.send(message(f"order-{number}")) for number in range(10)]
        await lose(omni, message("lost"))
        assert (await omni.reconcile()).settled == 1
        assert (await omni.send(message("lost"))).id not in {each.id for each in receipts}


# --- Errors, and what it does not do --------------------------------------------------------------


async def test_a_provider_without_a_list_says_so_if_there_is_anything_to_look_for(
    path: Path,
) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        assert await omni.reconcile() == NOTHING
        provider.failures["order-1"] = AnswerLostError("lost", provider="memory")
        with pytest.raises(AnswerLostError):
            await omni.send(message("order-1"))
        with pytest.raises(NotSupportedError, match="no list"):
            await omni.reconcile()
        assert await state_of(omni, "order-1") is EntryState.UNKNOWN


async def test_a_question_without_an_answer_settles_nothing(
    omni: Outbox, provider: ListingProvider
) -> None:
    await lose(omni, message("order-1"))
    provider.states["memory:1"] = ReadError("no answer", provider="memory")
    with pytest.raises(ReadError, match="no answer"):
        await omni.reconcile()
    assert await state_of(omni, "order-1") is EntryState.UNKNOWN


async def test_a_journal_that_cannot_be_read_is_an_error(omni: Outbox, path: Path) -> None:
    path.unlink()
    with pytest.raises(JournalError):
        await omni.reconcile()


async def test_a_closed_outbox_looks_for_nothing(
    provider: ListingProvider, path: Path, clock: FakeClock
) -> None:
    omni = Outbox(provider, path, clock=clock)
    await omni.close()
    with pytest.raises(ClientClosedError):
        await omni.reconcile()


async def test_only_unknown_messages_change_and_nothing_is_sent(
    path: Path, provider: ListingProvider, clock: FakeClock
) -> None:
    journal = Journal(path)
    for each in EntryState:
        (id,) = await posted(journal, each, state=EntryState.CLAIMED, text=each)
        if each is not EntryState.CLAIMED:
            await journal.settle([Settlement(id, each)], clock.now())
        provider.take(message(each, each))
    await journal.close()
    async with OutboxFile(path, clock=clock) as file:
        found = await file.reconcile(provider)
    assert found == Reconciliation(settled=1, left=0, references=("unknown",))
    assert await states(path) == {each: each for each in EntryState} | {"unknown": "accepted"}
    assert provider.sent == []


async def test_an_outbox_lists_what_its_provider_does(
    omni: Outbox, provider: ListingProvider, clock: FakeClock
) -> None:
    await all_of(omni.enqueue([message("order-1")]))
    await omni.drain()
    rows = [row async for row in omni.sent_messages(after=clock.now(), before=clock.now())]
    assert rows == provider.rows
    assert [row.sent_as for row in rows] == [omni.sent_as(message("order-1"))]
