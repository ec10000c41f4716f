"""Unknown messages are looked for in what the vendor lists, and accepted where it has them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from omni_common.errors import (
    AnswerLostError,
    Attempt,
    NotSupportedError,
    OutcomeUnknownError,
    UnknownMessageError,
)
from omni_common.message import Channel, Message, Sms
from omni_common.outbox import EntryState, Outbox, Reconciliation
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from omni_common.receipt import Part, Receipt
from omni_common.report import DeliveryState
from tests.outbox.journals import NUMBER, message
from tests.outbox.listing import ListingProvider, killed, lose
from tests.outbox.outboxes import sent, state_of, states
from tests.support.clock import FakeClock

NOTHING = Reconciliation(settled=0, left=0)
DAY = timedelta(days=1)


# --- What is found --------------------------------------------------------------------------------


async def test_a_message_that_the_vendor_lists_is_accepted_and_never_sent_again(
    omni: Outbox, provider: ListingProvider
) -> None:
    await lose(omni, message("order-1"))
    found = await omni.reconcile()
    assert found == Reconciliation(settled=1, left=0, references=("order-1",))
    receipt = await omni.send(message("order-1"))
    assert receipt == Receipt(
        "memory:1", "memory", "order-1", NUMBER, (Part(Channel.SMS, "1", "Shop"),)
    )
    assert (await omni.status(receipt.id)).state is DeliveryState.DELIVERED
    assert (await omni.status("outbox:order-1")).state is DeliveryState.DELIVERED
    assert sent(provider) == ["order-1"]
    assert await omni.reconcile() == NOTHING


async def test_what_is_accepted_stays_so_in_the_next_process(
    provider: ListingProvider, path: Path, clock: FakeClock
) -> None:
    async with Outbox(provider, path, clock=clock) as omni:
        await lose(omni, message("order-1"))
        await omni.reconcile()
    assert await states(path) == {"order-1": "accepted"}
    async with Outbox(provider, path, clock=clock) as omni:
        assert (await omni.send(message("order-1"))).id == "memory:1"
        assert [entry.error async for entry in omni.entries()] == [None]


async def test_a_killed_process_s_message_is_found_days_later(
    provider: ListingProvider, path: Path, clock: FakeClock
) -> None:
    await killed(path, clock, "order-1")
    provider.take(message("order-1"))
    await clock.advance(3 * DAY.total_seconds())
    async with Outbox(provider, path, clock=clock) as omni:
        assert await state_of(omni, "order-1") is EntryState.UNKNOWN
        assert (await omni.reconcile()).references == ("order-1",)


async def test_messages_are_told_apart_by_recipient_sender_and_text(
    omni: Outbox, provider: ListingProvider
) -> None:
    lost = [
        message("text", "One"),
        message("sender", "Two"),
        Message(NUMBER, Sms("Two", sender="Bank"), reference="other sender"),
        Message("+37251000099", Sms("One"), reference="other number"),
    ]
    for each in lost:
        await lose(omni, each)
    provider.rows.reverse()
    assert (await omni.reconcile()).settled == 4
    ids = [(await omni.send(each)).id for each in lost]
    assert ids == [f"memory:{number}" for number in (1, 2, 3, 4)]


async def test_a_row_that_a_receipt_has_is_another_message(
    omni: Outbox, provider: ListingProvider
) -> None:
    first = await omni.send(message("order-1"))
    await lose(omni, message("order-2"))
    assert (await omni.reconcile()).references == ("order-2",)
    assert (await omni.send(message("order-2"))).id != first.id
    await lose(omni, message("order-3"))
    provider.rows.pop()  # its row is missing, and those of the others are theirs
    assert await omni.reconcile() == Reconciliation(settled=0, left=1)


@pytest.mark.parametrize("text", ["Hi", "Other words"])
async def test_a_message_that_is_accepted_and_not_listed_may_be_any_row_that_is_alike(
    omni: Outbox, provider: ListingProvider, text: str
) -> None:
    """As it would be if a vendor listed messages under other ids than their sends gave."""
    await omni.send(message("order-1", text))
    provider.rows[0] = evolve(provider.rows[0], id="memory:other")
    await lose(omni, message("order-2"))
    provider.rows.pop(0)
    assert (await omni.reconcile()).settled == (0 if text == "Hi" else 1)


# --- What is left ---------------------------------------------------------------------------------


async def test_what_is_not_listed_stays_unknown(omni: Outbox, provider: ListingProvider) -> None:
    await lose(omni, message("order-1"))
    provider.rows.clear()
    assert await omni.reconcile() == Reconciliation(settled=0, left=1)
    with pytest.raises(OutcomeUnknownError):
        await omni.send(message("order-1"))
    assert sent(provider) == ["order-1"]


async def test_two_messages_that_are_alike_are_left(
    omni: Outbox, provider: ListingProvider
) -> None:
    await lose(omni, message("order-1"))
    await lose(omni, message("order-2"))
    assert await omni.reconcile() == Reconciliation(settled=0, left=2)
    provider.rows.pop()
    assert await omni.reconcile() == Reconciliation(settled=0, left=2)


async def test_two_rows_for_one_message_are_left(omni: Outbox, provider: ListingProvider) -> None:
    await lose(omni, message("order-1"))
    provider.take(message("somebody's"))
    assert await omni.reconcile() == Reconciliation(settled=0, left=1)


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Hi "},
        {"text": None},
        {"sender": "shop"},
        {"sender": None},
        {"to": "+37251234568"},
        {"channel": Channel.VIBER},
        {"at": None},
    ],
    ids=str,
)
async def test_a_row_that_differs_is_not_taken_for_the_message(
    omni: Outbox, provider: ListingProvider, change: dict[str, Any]
) -> None:
    await lose(omni, message("order-1"))
    provider.rows[0] = evolve(provider.rows[0], **change)
    assert await omni.reconcile() == Reconciliation(settled=0, left=1)


@pytest.mark.parametrize("way", [-1, 1])
async def test_a_row_is_at_most_a_day_from_the_message(
    omni: Outbox, provider: ListingProvider, clock: FakeClock, way: int
) -> None:
    await lose(omni, message("order-1"))
    away = clock.now() + way * (DAY + timedelta(seconds=1))
    provider.rows[0] = evolve(provider.rows[0], at=away)
    assert (await omni.reconcile()).settled == 0
    provider.rows[0] = evolve(provider.rows[0], at=clock.now() + way * DAY)
    assert (await omni.reconcile()).settled == 1


async def test_a_message_is_looked_for_when_its_requests_went_out_and_not_when_it_was_due(
    path: Path, provider: ListingProvider, clock: FakeClock
) -> None:
    await killed(path, clock, "order-1", due=-10 * DAY)
    journal = Journal(path)
    attempt = Attempt(1, clock.now(), sent=True, detail="no answer")
    lost = AnswerLostError("lost", provider="memory", attempts=[attempt])
    await journal.settle([Settlement(1, EntryState.UNKNOWN, error=lost)], clock.now())
    await journal.close()
    provider.take(message("somebody's"), clock.now() - 10 * DAY)
    async with Outbox(provider, path, clock=clock) as omni:
        assert await omni.reconcile() == Reconciliation(settled=0, left=1)
    assert provider.asked == [(clock.now() - DAY, clock.now() + DAY)]


@pytest.mark.parametrize(
    "told",
    [
        DeliveryState.UNKNOWN,
        DeliveryState.REJECTED,  # be it when it was handed over
        UnknownMessageError("no such message", provider="memory"),
        NotSupportedError("not by id", provider="memory"),
    ],
    ids=str,
)
async def test_what_the_vendor_does_not_say_it_has_taken_is_left(
    omni: Outbox, provider: ListingProvider, told: DeliveryState | Exception
) -> None:
    await lose(omni, message("order-1"))
    await lose(omni, message("order-2", "Other words"))
    provider.states["memory:1"] = told
    expected = Reconciliation(settled=1, left=1, references=("order-2",))
    assert await omni.reconcile() == expected


async def test_a_document_that_cannot_be_read_is_left(
    path: Path, provider: ListingProvider, clock: FakeClock
) -> None:
    await killed(path, clock, "order-1", "order-2")
    provider.take(message("order-1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE message SET document = '{}' WHERE reference = 'order-2'")
    async with Outbox(provider, path, clock=clock) as omni:
        found = await omni.reconcile()
    assert found == Reconciliation(settled=1, left=1, references=("order-1",))
