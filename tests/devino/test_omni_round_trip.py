"""OMNI against the emulator, once for every plausible answer to what the documents leave open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.address_book import NewContact
from devino_async.omni import (
    AddressBookSource,
    EmailTemplate,
    EventSource,
    EventValue,
    NewTask,
    NoEventSourceSettings,
    OmniChannel,
    OmniRecipient,
    OmniResult,
    OmniTemplate,
    Period,
    PushTemplate,
    PushWalletTemplate,
    SmsTemplate,
    Task,
    TaskOrder,
    TaskState,
    TaskType,
    Trigger,
    TriggerType,
    ViberTemplate,
    VkTemplate,
    VkTemplatePolicy,
    omni_state,
    read_callbacks,
)
from devino_async.push_wallet import PushWalletPayload
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.omni_behaviour import AnswerOrder
from devino_async.vk import VkRoute
from omni_common.errors import Outcome, ReadError, RefusedError
from omni_common.report import DeliveryState, merge
from tests.support.callback_receiver import CallbackReceiver
from tests.support.clock import FakeClock

EVERY = [pytest.param(each, id=name) for name, each in variants(areas=("omni",))]
OMNI_VARIANTS = pytest.mark.parametrize("behaviour", EVERY)

# Far enough from the emulated present for every zone that a clock of the vendor's may have.
START = datetime(2026, 12, 30)  # noqa: DTZ001 - the account's wall clock
END = datetime(2027, 1, 30)  # noqa: DTZ001
TIMES: dict[str, Any] = {"start_time": START, "end_time": END}
SMS = SmsTemplate(sender="Shop", text="Sale!", validity=timedelta(minutes=10))
VIBER = ViberTemplate(sender="Shop", text="Sale!", validity=timedelta(minutes=1))
LETTER = EmailTemplate(
    source_address="shop@example.com",
    source_name="Shop",
    subject="Sale",
    html_body='<a href="${Unsubscribe}">no more</a> <a href="${WebVersion}">web</a>',
)


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


def unless_delivered(parent: OmniChannel) -> dict[str, Any]:
    return {
        "type": TriggerType.NO_EVENT_SOURCE,
        "no_event_source_settings": NoEventSourceSettings(state_wait_max_time=timedelta(minutes=1)),
        "event_sources": [EventSource(channel=parent, event_value=EventValue.DELIVERED)],
    }


def cascade(name: str = "Codes", **fields: Any) -> NewTask:
    """Viber first, then an SMS, to whom a transactional message names."""
    return NewTask(
        task_name=name,
        type=TaskType.API,
        channel=OmniChannel.OMNI,
        triggers=[
            Trigger(index=0, type=TriggerType.TRAN_API_SOURCE, template=VIBER, **TIMES),
            Trigger(
                index=1,
                parent_index=0,
                template=SMS,
                **unless_delivered(OmniChannel.VIBER),
                **TIMES,
            ),
        ],
        **fields,
    )


def outcomes(results: tuple[OmniResult, ...]) -> list[Outcome]:
    return [result.outcome for result in results]


async def every(client: DevinoClient, **filters: Any) -> list[Task]:
    return [task async for task in client.omni.tasks(**filters)]


# --- Tasks ----------------------------------------------------------------------------------------


@OMNI_VARIANTS
async def test_a_task_that_was_created_is_found_again(client: DevinoClient) -> None:
    first = await client.omni.create_task(cascade("One"))
    second = await client.omni.create_task(cascade("Two"))
    task = await client.omni.task(second)
    assert (task.id, task.task_name, task.type, task.channel) == (second, "Two", "API", "OMNI")
    assert task.state in set(TaskState)
    assert not task.is_final
    assert {each.channel for each in task.triggers_info} == {"VIBER", "SMS"}
    assert all(each.trigger_id and each.task_id == second for each in task.triggers_info)
    assert {(each.start_time, each.end_time) for each in task.triggers_info} == {(START, END)}

    assert [task.id for task in await every(client, page_size=1)] == [first, second]
    backwards = await every(client, order_by=TaskOrder.NAME, ascending=False, page_size=1)
    assert [task.task_name for task in backwards] == ["Two", "One"]
    assert [task.id for task in await every(client, name="Two")] == [second]
    assert await client.omni.tasks_page(count=5, offset=2) == ()


@OMNI_VARIANTS
async def test_every_template_is_taken(client: DevinoClient) -> None:
    wallet = PushWalletTemplate(
        sender="Shop",
        payload=PushWalletPayload(title="Sale", message="Buy"),
        callback_data={"order": "1"},
        scheduled_time=START,
    )
    vk = VkTemplate(
        template_id="16",
        routes=[VkRoute.OK, VkRoute.VK],
        delivery_policy=VkTemplatePolicy.ANY,
        validity=timedelta(minutes=1),
        template_data={"name": "James"},
    )
    push = PushTemplate(sender="3410", title="Sale", text="Buy", badge=1, options={"a": "b"})
    templates: list[OmniTemplate] = [SMS, VIBER, LETTER, push, wallet, vk]
    for template in templates:
        trigger = Trigger(index=0, type=TriggerType.TRAN_API_SOURCE, template=template, **TIMES)
        task_id = await client.omni.create_task(
            NewTask(task_name="One", type=TaskType.API, channel="OMNI", triggers=[trigger])
        )
        [info] = (await client.omni.task(task_id)).triggers_info
        assert info.channel == trigger.channel


@OMNI_VARIANTS
async def test_a_task_for_contact_lists_is_taken(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    list_id = await client.address_book.create_list("Customers")
    task = NewTask(
        task_name="Sale",
        type=TaskType.SIMPLE,
        channel=OmniChannel.SMS,
        address_book_source=AddressBookSource(
            contact_group_ids=[list_id], period=Period.ONCE, smooth_send=timedelta(hours=1)
        ),
        triggers=[Trigger(index=0, type=TriggerType.ADDRESS_BOOK_SOURCE, template=SMS, **TIMES)],
    )
    task_id = await client.omni.create_task(task)
    assert [task.id for task in await every(client, types=[TaskType.SIMPLE])] == [task_id]
    assert await every(client, types=[TaskType.API]) == []
    assert not emulator.ledger


@OMNI_VARIANTS
async def test_tasks_are_found_by_time_and_state(client: DevinoClient) -> None:
    task_id = await client.omni.create_task(cascade())
    around: dict[str, Any] = {"start_date_from": START, "start_date_to": START}
    assert [task.id for task in await every(client, **around)] == [task_id]
    assert await every(client, start_date_from=START + timedelta(seconds=1)) == []
    assert await every(client, end_date_to=END - timedelta(seconds=1)) == []
    assert [task.id for task in await every(client, end_date_from=END)] == [task_id]
    state = (await client.omni.task(task_id)).state
    assert state is not None
    assert [task.id for task in await every(client, included_states=[state])] == [task_id]
    assert await every(client, excluded_states=[state, "FINISHED"]) == []
    assert await every(client, channel=OmniChannel.SMS) == []


@OMNI_VARIANTS
async def test_t55_macros_are_read(client: DevinoClient) -> None:
    letter = Trigger(index=0, type=TriggerType.TRAN_API_SOURCE, template=LETTER, **TIMES)
    other_id = await client.omni.create_task(cascade())
    task_id = await client.omni.create_task(
        NewTask(task_name="Letters", type=TaskType.API, channel="EMAIL", triggers=[letter])
    )
    [found] = await client.omni.macros(task_ids=[task_id])
    assert found.task is not None
    assert (found.task.id, found.macros) == (task_id, ("Unsubscribe", "WebVersion"))
    everything = await client.omni.macros()
    assert {each.task.id for each in everything if each.task} >= {task_id}
    assert await client.omni.macros(task_ids=[other_id], task_states=[TaskState.FAILED]) == []


@OMNI_VARIANTS
async def test_a_task_that_there_is_not_is_an_error_of_reading(client: DevinoClient) -> None:
    with pytest.raises(ReadError):
        await client.omni.task("404")


@OMNI_VARIANTS
async def test_a_task_that_is_refused_was_not_created(client: DevinoClient) -> None:
    with pytest.raises(RefusedError):
        await client.omni.create_task(cascade(extra={"channel": "PIGEON"}))
    assert await every(client) == []


# --- Messages -------------------------------------------------------------------------------------


@OMNI_VARIANTS
async def test_t73_a_message_takes_the_place_of_the_tasks_own(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    task_id = await client.omni.create_task(cascade())
    task = await client.omni.task(task_id)
    viber = next(each.trigger_id for each in task.triggers_info if each.channel == "VIBER")
    answers = await client.omni.send(
        task_id,
        contacts=[OmniRecipient(phone="+79031234567", callback_data={"order": "1"})],
        templates={str(viber): ViberTemplate(sender="Shop", text="Your code is 1234")},
    )
    [result] = answers.results
    assert result.outcome is Outcome.ACCEPTED
    [entry] = emulator.ledger
    assert (entry.id, entry.to, entry.text) == (
        result.message_id,
        "79031234567",
        "Your code is 1234",
    )
    assert entry.content["contactId"] == result.contact_id


@OMNI_VARIANTS
async def test_one_recipient_is_accepted_or_refused(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    task_id = await client.omni.create_task(cascade())
    refused = OmniRecipient(phone="79031230001")
    answers = await client.omni.send(task_id, contacts=[refused])
    [result] = answers.results
    assert result.outcome is Outcome.NOT_SENT
    assert [reason.key for reason in result.reasons] == ["invalid.phone.size"]
    assert not emulator.ledger


@OMNI_VARIANTS
async def test_of_several_nobody_gets_what_is_anothers(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    task_id = await client.omni.create_task(cascade())
    phones = ["79031234561", "79031230001", "79031234562", "79031234563"]
    answers = await client.omni.send(task_id, contacts=[OmniRecipient(phone=p) for p in phones])
    sent = {entry.to: entry.id for entry in emulator.ledger}
    assert set(sent) == {"79031234561", "79031234562", "79031234563"}
    assert {answer.message_id for answer in answers.accepted} == set(sent.values())
    in_order = behaviour.omni.answer_order is AnswerOrder.AS_SENT
    expected = Outcome.ACCEPTED if in_order else Outcome.UNKNOWN
    assert outcomes(answers.results) == [expected, Outcome.NOT_SENT, expected, expected]
    for phone, result in zip(phones, answers.results, strict=True):
        assert result.message_id in {None, sent.get(phone)}


@OMNI_VARIANTS
async def test_contacts_of_the_address_book_are_written_to(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    list_id = await client.address_book.create_list("Customers")
    phones = ["79031234561", "79031234562"]
    contacts = [NewContact(phone=phone) for phone in phones]
    uploaded = client.address_book.upload_contacts(list_id, contacts)
    ids = [str(each.contact_id) async for each in uploaded]
    task_id = await client.omni.create_task(cascade())
    answers = await client.omni.send(task_id, contact_ids=ids)
    sent = {entry.content["contactId"]: entry.id for entry in emulator.ledger}
    assert sorted(sent) == sorted(ids)
    assert [result.message_id for result in answers.results] == [sent[id] for id in ids]

    mixed = await client.omni.send(
        task_id, contacts=[OmniRecipient(phone="79031234563")], contact_ids=ids[:1]
    )
    last = {entry.to: entry.id for entry in list(emulator.ledger)[2:]}
    for phone, result in zip(["79031234563", phones[0]], mixed.results, strict=True):
        in_order = behaviour.omni.answer_order is AnswerOrder.AS_SENT
        assert result.outcome is (Outcome.ACCEPTED if in_order else Outcome.UNKNOWN)
        assert result.message_id in {None, last[phone]}


@OMNI_VARIANTS
async def test_a_call_that_is_refused_as_a_whole_sends_nothing(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    recipient = OmniRecipient(phone="79031234567")
    try:
        answers = await client.omni.send("404", contacts=[recipient])
    except RefusedError:
        pass
    else:
        assert outcomes(answers.results) == [Outcome.NOT_SENT]
    assert not emulator.ledger


# --- Callbacks ------------------------------------------------------------------------------------


@OMNI_VARIANTS
async def test_t60_callbacks_tell_of_every_channel(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    task_id = await client.omni.create_task(cascade())
    async with CallbackReceiver() as receiver:
        recipient = OmniRecipient(
            phone="79031234567", callback_url=receiver.url, callback_data={"order": "1"}
        )
        [result] = (await client.omni.send(task_id, contacts=[recipient])).results
        emulator.clock.advance(timedelta(hours=1))
        await receiver.has_received(behaviour.omni.callback_copies)
        events = [event for each in receiver.received for event in read_callbacks(each.body)]
    assert events
    for event in events:
        assert event.message_id == result.message_id
        if not behaviour.omni.bare_callbacks:
            assert (event.task_id, event.callback_data) == (task_id, {"order": "1"})
            assert event.ts is not None
            assert event.ts.replace(microsecond=0) >= datetime(2027, 1, 1, 9, tzinfo=UTC)
    states = [event.state for event in events if event.state is not None]
    assert merge(states) in {DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.CLICKED}
    assert all(omni_state(event.status) is event.state for event in events)
