"""Transactional messages of the emulated OMNI, over real HTTP: who gets one, and who does not."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.answers import through_double
from devino_async.sandbox.contacts import Contact, ContactList
from devino_async.sandbox.omni_behaviour import (
    AnswerOrder,
    MissingAddress,
)
from omni_common.sandbox import Fault, SandboxClock
from tests.support.devino_http import KEY, Caller, HttpAnswer
from tests.support.devino_tasks import (
    EMAIL_TEMPLATE,
    PERSON,
    SMS_TEMPLATE,
    VIBER_TEMPLATE,
    advance,
    api_task,
    behave,
    created,
    fallback,
    outline,
    send,
    sent,
    to,
    trigger,
    triggers_of,
)

BOOKED = "3379c731a0734800-337a7406f274fe80"


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        at = clock.now()
        contact = Contact(id=BOOKED, list_id="111", created_at=at, phone="79101112233")
        emulator.book.lists["111"] = ContactList(
            id="111",
            name="Customers",
            type="STANDARD",
            created_at=at,
            updated_at=at,
            contacts={BOOKED: contact},
        )
        yield Caller(emulator, http)


@pytest.fixture
async def task_id(devino: Caller) -> str:
    """A task that sends by SMS."""
    return await created(devino, api_task())


def result(answer: HttpAnswer) -> dict[str, Any]:
    found = answer.data["result"]
    assert set(found) == {"contactIds", "sendAnswers", "errorAnswers"}
    assert isinstance(found, dict)
    return found


# What is accepted


async def test_an_accepted_contact_gets_an_id_and_a_message(devino: Caller, task_id: str) -> None:
    answer = await send(devino, to(task_id=task_id))
    found = result(answer)
    [contact_id] = found["contactIds"]
    [taken] = found["sendAnswers"]
    assert answer.status == 200
    assert re.fullmatch("[0-9a-f]{16}-[0-9a-f]{16}", contact_id)
    assert taken == {"code": "OK", "mergeKey": contact_id, "result": taken["result"]}
    assert found["errorAnswers"] == []
    [entry] = devino.emulator.ledger
    assert entry.id == taken["result"]


async def test_the_ledger_has_one_entry_for_all_channels_of_a_message(devino: Caller) -> None:
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first)
    task_id = await created(devino, api_task(first, second, fallback("EMAIL", 2, of=second)))
    ids = await triggers_of(devino, task_id)
    message_id = await sent(devino, task_id, callbackData={"order": "1"})
    entry = devino.emulator.ledger[message_id]
    assert (entry.origin, entry.to, entry.channels) == (
        "omni_send",
        PERSON["phone"],
        ("VIBER", "SMS", "EMAIL"),
    )
    assert entry.text == VIBER_TEMPLATE["viberTemplate"]["text"]
    assert re.fullmatch("[0-9a-f]{16}-[0-9a-f]{16}", entry.content["contactId"])
    assert {name: value for name, value in entry.content.items() if name != "contactId"} == {
        "taskId": task_id,
        "taskName": "Cascade",
        "taskType": "API",
        "contact": PERSON,
        "callbackData": {"order": "1"},
        "triggers": [
            {"triggerId": ids[0], "channel": "VIBER", "template": VIBER_TEMPLATE},
            {"triggerId": ids[1], "channel": "SMS", "template": SMS_TEMPLATE},
            {"triggerId": ids[2], "channel": "EMAIL", "template": EMAIL_TEMPLATE},
        ],
    }
    assert {(change.channel, change.part) for change in entry.plan} == {("VIBER", ids[0])}


async def test_contacts_of_the_address_book_are_named_by_id(devino: Caller, task_id: str) -> None:
    body = {"taskId": int(task_id), "contactIds": [BOOKED, "unknown", 17]}
    found = result(await send(devino, body))
    assert found["contactIds"] == [BOOKED]
    assert [each["mergeKey"] for each in found["sendAnswers"]] == [BOOKED]
    assert [each["description"] for each in found["errorAnswers"]] == [
        '"unknown" #invalid; Invalid',
        "17 #invalid; Invalid",
    ]
    [entry] = devino.emulator.ledger
    assert (entry.to, entry.callback_url) == ("79101112233", None)
    assert entry.content["contact"]["phone"] == "79101112233"


async def test_everything_that_a_contact_may_hold_is_taken(devino: Caller, task_id: str) -> None:
    contact = {
        **PERSON,
        "fields": [{"name": "name", "displayName": "Name", "type": 3, "value": "James"}],
        "pushInfo": [{"appId": "3410", "os": 1, "pushToken": "ctJ5Vz"}],
    }
    message_id = await sent(devino, task_id, contact)
    assert devino.emulator.ledger[message_id].content["contact"] == contact
    assert await sent(devino, task_id, {**PERSON, "fields": None, "pushInfo": None})


@pytest.mark.parametrize(
    ("channel", "contact", "address"),
    [
        ("SMS", PERSON, PERSON["phone"]),
        ("VK", PERSON, PERSON["phone"]),
        ("EMAIL", PERSON, PERSON["email"]),
        (
            "PUSH",
            {
                "pushInfo": [
                    {"appId": "3410", "pushToken": "ctJ5"},
                    {"appId": "1", "pushToken": "x"},
                ]
            },
            "ctJ5",
        ),
    ],
)
async def test_a_message_goes_to_the_address_of_its_first_channel(
    devino: Caller, channel: str, contact: dict[str, Any], address: str
) -> None:
    message_id = await sent(devino, await created(devino, api_task(trigger(channel))), contact)
    assert devino.emulator.ledger[message_id].to == address


# What is refused for one contact


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ({"contact": {"phone": "0"}}, "invalid.phone.size"),
        ({"contact": {"phone": "+79103398080"}}, "invalid.phone.size"),
        ({"contact": {"phone": "7" * 16}}, "invalid.phone.size"),
        ({"contact": {"phone": 79103398080}}, "invalid.phone.size"),
        ({"contact": {"phone": ""}}, "invalid.phone.size"),
        ({"contact": {**PERSON, "phone": "79030000001"}}, "invalid.phone.size"),
        ({"contact": {**PERSON, "email": "mail0001@mail.example"}}, "invalid.phone.size"),
        ({"contact": {**PERSON, "email": "nowhere"}}, "invalid"),
        ({"contact": {**PERSON, "fields": [{"type": 3}]}}, "must.be.not.null"),
        ({"contact": {**PERSON, "pushInfo": {"appId": "1"}}}, "invalid"),
        ({"contact": {**PERSON, "name": "James"}}, "invalid"),
        ({"contact": {"email": None, "phone": None}}, "must.be.not.null"),
        ({"contact": {}}, "must.be.not.null"),
        ({"contact": "79103398080"}, "invalid"),
        ({"phone": "79103398080"}, "must.be.not.null"),
        ({"contact": PERSON, "callbackUrl": "shop.example"}, "callbackUrl.format.invalid"),
        ({"contact": PERSON, "callbackData": "order"}, "invalid"),
        ({"contact": PERSON, "other": 1}, "invalid"),
        ("79103398080", "invalid"),
        (None, "invalid"),
    ],
)
async def test_a_wrong_contact_is_refused_alone(
    devino: Caller, task_id: str, item: Any, key: str
) -> None:
    body = {"taskId": int(task_id), "contacts": [item, {"contact": PERSON}]}
    answer = await send(devino, body)
    found = result(answer)
    [refused] = found["errorAnswers"]
    assert (answer.status, refused["code"], refused["result"]) == (200, "REJECTED", None)
    assert refused["description"].rpartition(" #")[2].partition(";")[0] == key
    assert len(found["sendAnswers"]) == len(found["contactIds"]) == len(devino.emulator.ledger) == 1


async def test_t28_a_refusal_quotes_the_contact_before_its_key(
    devino: Caller, task_id: str
) -> None:
    name = "Zoë #1; first"
    contact = {"phone": "0", "fields": [{"name": "name", "value": name}]}
    [refused] = result(await send(devino, to(contact, task_id=task_id)))["errorAnswers"]
    text, _, why = refused["description"].rpartition(" #")
    assert why == "invalid.phone.size; Invalid phone size"
    assert text == (
        '{"email":null,"fields":[{"name":"name","value":"Zoë #1; first"}],'
        '"phone":"0","pushInfo":null}'
    )
    assert json.loads(text)["fields"][0]["value"] == name


async def test_t2_a_call_that_only_refuses_can_still_be_answered_with_200(
    devino: Caller, task_id: str
) -> None:
    refused = to({"phone": "0"}, task_id=task_id)
    assert (await send(devino, refused)).status == 200
    devino.emulator.behaviour = DevinoBehaviour(accepted_status=201, all_rejected_status=400)
    assert (await send(devino, refused)).status == 400
    assert (await send(devino, to(PERSON, {"phone": "0"}, task_id=task_id))).status == 201


async def test_each_contact_is_paid_for(http: aiohttp.ClientSession, clock: SandboxClock) -> None:
    async with DevinoEmulator(key=KEY, credit=2, clock=clock) as emulator:
        devino = Caller(emulator, http)
        task_id = await created(devino, api_task())
        people = [PERSON, {"phone": "0"}, PERSON, PERSON]
        found = result(await send(devino, to(*people, task_id=task_id)))
        assert (emulator.credit, len(emulator.ledger)) == (0, 2)
    assert len(found["sendAnswers"]) == 2
    assert [each["description"].rpartition(" #")[2] for each in found["errorAnswers"]] == [
        "invalid.phone.size; Invalid phone size",
        "billing.error; Billing error",
    ]


async def test_a_plus_before_the_number_can_be_taken(devino: Caller, task_id: str) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepts_plus=True)
    message_id = await sent(devino, task_id, {"phone": "+79103398080"})
    assert devino.emulator.ledger[message_id].to == "+79103398080"


async def test_without_an_address_for_the_first_channel_there_are_two_answers(
    devino: Caller,
) -> None:
    first = trigger("EMAIL")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first)))
    contact = {"phone": PERSON["phone"]}
    [refused] = result(await send(devino, to(contact, task_id=task_id)))["errorAnswers"]
    assert refused["description"].endswith(" #must.be.not.null; Must be not null")
    behave(devino, missing_address=MissingAddress.REJECTED)
    message_id = await sent(devino, task_id, contact)
    advance(devino, 62)
    assert outline(devino, message_id) == [
        (0, "EMAIL", "REJECTED"),
        (60, "SMS", "ACCEPTED"),
        (62, "SMS", "DELIVERED"),
    ]


# Ids and order


async def test_t18_the_id_of_a_message_is_text_or_a_number_that_no_double_holds(
    devino: Caller, task_id: str
) -> None:
    text = (result(await send(devino, to(task_id=task_id))))["sendAnswers"][0]["result"]
    behave(devino, message_id_as_number=True)
    number = (result(await send(devino, to(task_id=task_id))))["sendAnswers"][0]["result"]
    assert (type(text), type(number)) == (str, int)
    assert [entry.id for entry in devino.emulator.ledger] == [text, str(number)]
    assert through_double(number) != number


async def test_t27_a_merge_key_can_lack_the_end_of_the_contacts_id(
    devino: Caller, task_id: str
) -> None:
    behave(devino, merge_key_truncated=True)
    found = result(await send(devino, to(PERSON, PERSON, task_id=task_id)))
    keys = [each["mergeKey"] for each in found["sendAnswers"]]
    assert keys == [contact_id[:-3] for contact_id in found["contactIds"]]


async def test_answers_can_come_in_the_reverse_order_of_the_contacts(
    devino: Caller, task_id: str
) -> None:
    people = [{"phone": "79030000010"}, {"phone": "1"}, {"phone": "79030000011"}, {"phone": "2"}]
    body = {**to(*people, task_id=task_id), "contactIds": [BOOKED]}
    behave(devino, answer_order=AnswerOrder.REVERSED)
    found = result(await send(devino, body))
    by_id = {entry.id: entry.to for entry in devino.emulator.ledger}
    order = [by_id[each["result"]] for each in found["sendAnswers"]]
    assert order == ["79030000011", "79030000010", "79101112233"]
    assert [each["mergeKey"] for each in found["sendAnswers"]] == found["contactIds"][::-1]
    assert ['"phone":"2"' in each["description"] for each in found["errorAnswers"]] == [True, False]


async def test_answers_can_hold_keys_that_no_document_names(devino: Caller, task_id: str) -> None:
    devino.emulator.behaviour = evolve(devino.emulator.behaviour, extra_keys=True)
    answer = (await send(devino, to(PERSON, {"phone": "0"}, task_id=task_id))).data
    found = answer["result"]
    objects = [answer, found, *found["sendAnswers"], *found["errorAnswers"]]
    assert all("addedLater" in each for each in objects)


# Numbers that decide about the answer


@pytest.mark.parametrize(
    "contact", [{"phone": "79030000005"}, {**PERSON, "email": "mail0005@mail.example"}]
)
async def test_a_contact_can_lose_the_answer_to_its_accepted_message(
    devino: Caller, task_id: str, contact: Any
) -> None:
    assert (await send(devino, to(contact, task_id=task_id))).status == 500
    assert len(devino.emulator.ledger) == 1


async def test_a_contact_of_the_address_book_decides_too(devino: Caller, task_id: str) -> None:
    at = devino.emulator.clock.now()
    contacts = devino.emulator.book.lists["111"].contacts
    contacts["a-6"] = Contact(id="a-6", list_id="111", created_at=at, phone="79030000006")
    body = {"taskId": int(task_id), "contactIds": ["a-6"]}
    assert (await send(devino, body)).status == 429
    assert result(await send(devino, body))["contactIds"] == ["a-6"]


async def test_a_dropped_answer_leaves_the_message_in_the_ledger(
    devino: Caller, task_id: str
) -> None:
    devino.emulator.fail_next(Fault.DROP, on="omni_send")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await send(devino, to(task_id=task_id))
    assert len(devino.emulator.ledger.find(to=PERSON["phone"])) == 1
