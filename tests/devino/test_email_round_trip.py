"""Letters, files and reports over real HTTP, whichever way Devino decided where it does not say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.email import (
    DOCUMENTED_ENDPOINT,
    SAMPLED_ENDPOINT,
    Charset,
    EmailDetail,
    EmailDetailStatus,
    EmailEvent,
    EmailField,
    EmailLetter,
    EmailRecipient,
    EmailResult,
    EmailSender,
    StatisticsEndpoint,
    read_callbacks,
)
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.email_behaviour import (
    AfterDelivery,
    EmailBehaviour,
    ExtraDataEcho,
    InvalidAddress,
    StatisticsForm,
    UnsubscribedAddress,
)
from devino_async.selection import GroupBy, SortOrder
from omni_common.errors import (
    InsufficientFundsError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    ReadError,
    RefusedError,
)
from omni_common.report import DeliveryState, merge
from omni_common.sandbox import Scenario
from tests.devino.conftest import NOW
from tests.support.callback_receiver import CallbackReceiver
from tests.support.clock import FakeClock

every_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("email",))]
)
ANN, BOB = "Ann@mail.example", f"bob{Scenario.UNDELIVERED.value}@mail.example"
SHOP = "info@shop.example"
FAILED = {DeliveryState.UNDELIVERED, DeliveryState.REJECTED}
TODAY = NOW.replace(tzinfo=None)
DAYS: dict[str, Any] = {
    "sent_from": TODAY - timedelta(days=1),
    "sent_to": TODAY + timedelta(days=1),
}
QUESTION: dict[str, Any] = {
    "date_time_from": TODAY - timedelta(days=1),
    "date_time_to": TODAY + timedelta(days=1),
}


@pytest.fixture
async def devino(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


def letter(*recipients: str | EmailRecipient, **fields: Any) -> EmailLetter:
    usual = {"sender": EmailSender(address=SHOP, name="Shop"), "subject": "News"}
    body = {"html": "<p>Hi, [Name]</p>[Unsubscribe]"}
    people = [
        each if isinstance(each, EmailRecipient) else EmailRecipient(address=each)
        for each in recipients
    ]
    return EmailLetter(**{"recipients": people, **usual, **body, **fields})


def ids_of(results: list[EmailResult]) -> list[str]:
    assert [result.outcome for result in results] == [Outcome.ACCEPTED] * len(results)
    return [result.message_id or "" for result in results]


def furthest(behaviour: DevinoBehaviour) -> DeliveryState:
    """How far a letter that reached its recipient has come."""
    match behaviour.email.after_delivery:
        case AfterDelivery.NOTHING:
            return DeliveryState.DELIVERED
        case AfterDelivery.CLICKED:
            return DeliveryState.CLICKED
        case _:
            return DeliveryState.READ


def is_event(behaviour: DevinoBehaviour) -> bool:
    """Whether the last thing that a recipient did has a word of its own that is no state."""
    return behaviour.email.after_delivery in {AfterDelivery.SUBSCRIBED, AfterDelivery.UNSUBSCRIBED}


async def all_of(rows: AsyncIterator[EmailDetail]) -> list[EmailDetail]:
    return [row async for row in rows]


def endpoint(behaviour: DevinoBehaviour) -> StatisticsEndpoint:
    is_example = behaviour.email.statistics_form is StatisticsForm.EXAMPLE
    return SAMPLED_ENDPOINT if is_example else DOCUMENTED_ENDPOINT


# --- Under every plausible answer -----------------------------------------------------------------


@every_variant
async def test_a_letter_with_a_file_reaches_the_ledger_as_it_was_meant(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    uploaded = await devino.email.upload(b"picture", filename="letter.PNG")
    ann = EmailRecipient(
        address=ANN, name="Ann", merge_fields={"Name": "Ann"}, extra_data={"order": "5"}
    )
    whole = letter(ann, BOB, attachments_ids=[uploaded.file_id], check_unsubscription=True)
    results = await devino.email.send(whole)
    assert [result.address for result in results] == [ANN, BOB]
    entries = [emulator.ledger[id] for id in ids_of(results)]
    assert [entry.to for entry in entries] == [ANN, BOB]
    assert len(emulator.ledger) == 2
    assert entries[0].content == {
        "Recipients": [
            {
                "Address": ANN,
                "Name": "Ann",
                "MergeFields": {"Name": "Ann"},
                "ExtraData": {"order": "5"},
            }
        ],
        "Sender": {"Address": SHOP, "Name": "Shop"},
        "Subject": "News",
        "Body": {"Html": "<p>Hi, [Name]</p>[Unsubscribe]"},
        "CheckUnsubscription": True,
        "AttachmentsIds": [uploaded.file_id],
    }


@every_variant
async def test_every_letter_that_was_sent_has_its_row(
    emulator: DevinoEmulator, devino: DevinoClient, behaviour: DevinoBehaviour
) -> None:
    ids = ids_of(await devino.email.send(letter(ANN, BOB)))
    [last] = ids_of(await devino.email.send(letter("carol@mail.example", subject="More")))
    emulator.clock.advance(timedelta(minutes=1))
    found = await all_of(devino.email.detail(**DAYS, page_size=2))
    rows = {row.message_id or "": row for row in found}
    assert sorted(row.message_id or "" for row in found) == sorted([*ids, last])
    assert [rows[id].recipient for id in (*ids, last)] == [ANN, BOB, "carol@mail.example"]
    assert rows[ids[0]].state is (None if is_event(behaviour) else furthest(behaviour))
    assert rows[ids[1]].state in FAILED
    for row in found:
        assert row.sent_date_time == TODAY + behaviour.status_offset
        assert (row.source_address, row.source_name) == (SHOP, "Shop")
        assert (row.price, row.is_list_deleted, row.company_id) == (Decimal(1), False, "234")
        assert row.task_id in {None, "0"}
        assert row.trigger_id in {None, "0"}
    by_ids = await all_of(devino.email.detail(message_ids=[last], page_size=1))
    assert [(row.message_id, row.subject) for row in by_ids] == [(last, "More")]


@every_variant
async def test_filters_and_order_do_what_they_say_and_what_is_not_there_has_no_rows(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    ids = ids_of(await devino.email.send(letter(ANN, BOB)))
    emulator.clock.advance(timedelta(minutes=1))
    ordered = [
        [
            row.message_id
            async for row in devino.email.detail(
                message_ids=ids, order=order, order_by=EmailField.RECIPIENT
            )
        ]
        for order in SortOrder
    ]
    assert ordered == [ids, ids[::-1]]
    narrowed: list[dict[str, Any]] = [
        {"recipient": BOB},
        {"status": EmailDetailStatus.UNDELIVERED},
        {"recipient": BOB, "source_address": SHOP, "user_id": 88, "time_offset": timedelta()},
        {"status": EmailDetailStatus.IN_PROGRESS},
        {"source_address": "other@shop.example"},
        {"offset": 2},
        {"task_id": 7004, "trigger_id": 511},
    ]
    found = [await all_of(devino.email.detail(**DAYS, **filters)) for filters in narrowed]
    assert await all_of(devino.email.detail(message_ids=["dwY4BSnjQ2X"])) == []
    assert [[row.message_id for row in rows] for rows in found] == [[ids[1]]] * 3 + [[]] * 4


@every_variant
async def test_t9_statistics_count_the_letters_that_were_sent(
    emulator: DevinoEmulator, devino: DevinoClient, behaviour: DevinoBehaviour
) -> None:
    await devino.email.send(letter(ANN, BOB))
    emulator.clock.advance(timedelta(minutes=1))
    questions = [
        {"group_by": group, "charset": charset} for group in GroupBy for charset in Charset
    ]
    for question in questions:
        asked = {**QUESTION, **question, "endpoint": endpoint(behaviour)}
        statistics = await devino.email.statistics(**asked)
        total = statistics.total
        assert total is not None
        assert (total.sent, total.delivered, total.delivery_rate) == (2, 1, Decimal(50))
        assert len(statistics.header) == 14
        if statistics.rows or question["group_by"] is not GroupBy.NONE:
            assert sum(row.sent or 0 for row in statistics.rows) == 2
        raw = await devino.email.statistics_csv(**asked)
        codec = "cp1251" if question["charset"] is Charset.CP1251 else "utf-8-sig"
        first, *lines = (line.split(";") for line in raw.decode(codec).splitlines())
        assert first == [*statistics.header, ""]
        assert lines == [list(row.raw) for row in (*statistics.rows, total)]
    if behaviour.email.statistics_form is not StatisticsForm.BOTH:
        other = {DOCUMENTED_ENDPOINT, SAMPLED_ENDPOINT} - {endpoint(behaviour)}
        with pytest.raises(ReadError):
            await devino.email.statistics(**QUESTION, group_by=GroupBy.NONE, endpoint=other.pop())


@every_variant
async def test_callbacks_tell_what_became_of_each_letter(
    emulator: DevinoEmulator, devino: DevinoClient, behaviour: DevinoBehaviour
) -> None:
    async with CallbackReceiver() as receiver:
        emulator.email_callback_url = receiver.url
        extra = {"order": "5"}
        people = [EmailRecipient(address=each, extra_data=extra) for each in (ANN, BOB)]
        ids = ids_of(await devino.email.send(letter(*people)))
        emulator.clock.advance(timedelta(minutes=1))
        posts = sum(len(entry.plan) for entry in emulator.ledger)
        await receiver.has_received(behaviour.callback_copies * posts)
    events = [each for post in receiver.received for each in read_callbacks(post.body)]
    assert {event.message_id for event in events} == set(ids)
    assert {event.task_id for event in events} == {"0"}
    echoes = {ExtraDataEcho.OBJECT: extra, ExtraDataEcho.TEXT: json.dumps(extra)}
    assert all(event.user_data == echoes.get(behaviour.email.extra_data) for event in events)
    assert all(event.date_time is not None and event.date_time >= NOW for event in events)
    assert merged(events, ANN) is furthest(behaviour)
    assert merged(events, BOB) in FAILED


def merged(events: list[EmailEvent], address: str) -> DeliveryState:
    return merge(
        event.state for event in events if event.email == address and event.state is not None
    )


@every_variant
async def test_what_is_refused_is_an_error_and_stands_nowhere(
    emulator: DevinoEmulator, devino: DevinoClient, behaviour: DevinoBehaviour
) -> None:
    emulator.senders = frozenset({"other.example"})
    with pytest.raises(RefusedError) as refused:
        await devino.email.send(letter(ANN, BOB))
    assert (refused.value.vendor_code, refused.value.field) == ("not.available", "sender.address")
    emulator.senders, emulator.credit = None, 1
    with pytest.raises(InsufficientFundsError):
        await devino.email.send(letter(ANN, BOB))
    with pytest.raises(RefusedError):
        await devino.email.send(letter(ANN, attachments_ids=["unknown"]))
    emulator.key_operations = frozenset({"send"})
    with pytest.raises((NotSentError, OutcomeUnknownError)):
        await devino.email.send(letter(ANN))
    with pytest.raises((NotSentError, OutcomeUnknownError)):
        await devino.email.upload(b"picture", filename="letter.png")
    with pytest.raises(ReadError):
        await devino.email.detail_page(**DAYS, limit=1)
    with pytest.raises(ReadError):
        await anext(devino.email.detail(**DAYS))
    question = {**QUESTION, "group_by": GroupBy.DAY, "endpoint": endpoint(behaviour)}
    for call in (devino.email.statistics, devino.email.statistics_csv):
        with pytest.raises(ReadError):
            await call(**question)
    assert len(emulator.ledger) == 0


# --- Recipients of whom the answer says nothing ---------------------------------------------------


@pytest.mark.parametrize("invalid", InvalidAddress)
async def test_a_recipient_who_cannot_be_written_to_is_never_said_to_have_a_letter(
    emulator: DevinoEmulator, devino: DevinoClient, invalid: InvalidAddress
) -> None:
    emulator.behaviour = DevinoBehaviour(email=EmailBehaviour(invalid_address=invalid))
    nobody = f"nobody{Scenario.REFUSED.value}@mail.example"
    if invalid is InvalidAddress.CALL_REFUSED:
        with pytest.raises(RefusedError):
            await devino.email.send(letter(ANN, nobody, BOB))
        assert len(emulator.ledger) == 0
        return
    results = await devino.email.send(letter(ANN, nobody, BOB))
    assert [result.outcome for result in results] == [
        Outcome.ACCEPTED,
        Outcome.UNKNOWN,
        Outcome.ACCEPTED,
    ]
    assert [entry.to for entry in emulator.ledger] == [ANN, BOB]


@pytest.mark.parametrize("told", UnsubscribedAddress)
async def test_someone_who_unsubscribed_is_rejected_later_or_left_out(
    emulator: DevinoEmulator, devino: DevinoClient, told: UnsubscribedAddress
) -> None:
    emulator.behaviour = DevinoBehaviour(
        email=EmailBehaviour(after_delivery=AfterDelivery.UNSUBSCRIBED, unsubscribed_address=told)
    )
    [first] = ids_of(await devino.email.send(letter(ANN)))
    emulator.clock.advance(timedelta(minutes=1))
    [row] = await all_of(devino.email.detail(message_ids=[first]))
    assert (row.status, row.state) == ("UNSUBSCRIBED", None)
    results = await devino.email.send(letter(ANN, check_unsubscription=True))
    if told is UnsubscribedAddress.INDEX_MISSING:
        assert [(each.outcome, each.message_id) for each in results] == [(Outcome.UNKNOWN, None)]
        return
    [second] = ids_of(results)
    emulator.clock.advance(timedelta(minutes=1))
    [row] = await all_of(devino.email.detail(message_ids=[second]))
    assert row.state in FAILED
    assert row.price == 0


# --- Faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", Scenario)
async def test_what_is_said_of_a_letter_is_true_of_the_ledger(
    emulator: DevinoEmulator, clock: FakeClock, scenario: Scenario
) -> None:
    address = f"bob{scenario.value}@mail.example"
    options: dict[str, Any] = {"timeout": 0.2} if scenario is Scenario.STALLED else {}
    async with DevinoClient(
        emulator.key, base_url=emulator.base_url, clock=clock, **options
    ) as devino:
        try:
            [result] = await clock.drive(devino.email.send(letter(address)))
        except OmniError as error:
            outcome = error.outcome
        else:
            outcome = result.outcome
    expected = {Scenario.REFUSED: Outcome.NOT_SENT}
    if scenario.fault is not None and scenario is not Scenario.RATE_LIMITED:
        expected[scenario] = Outcome.UNKNOWN
    assert outcome is expected.get(scenario, Outcome.ACCEPTED)
    assert emulator.ledger.count(to=address) == int(scenario is not Scenario.REFUSED)


async def test_letters_sent_at_once_are_not_mixed_up(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    addresses = [f"person-{number}@mail.example" for number in range(20)]
    sent = await asyncio.gather(*(devino.email.send(letter(each)) for each in addresses))
    assert [emulator.ledger[ids_of(results)[0]].to for results in sent] == addresses
