"""Status callbacks of the emulated OMNI, really posted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.email_behaviour import AfterDelivery, EmailBehaviour
from devino_async.sandbox.omni_behaviour import (
    AfterViber,
    CallbackMessageId,
    CallbackRetry,
    OmniBehaviour,
)
from devino_async.sandbox.states import StatusWord
from omni_common.sandbox import SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import (
    PERSON,
    VIBER_TEMPLATE,
    advance,
    api_task,
    behave,
    created,
    fallback,
    sent,
    trigger,
    triggers_of,
)

NINE = 1_798_794_000_000
"""Nine o'clock, when tests begin, in milliseconds since 1970."""


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def events(
    devino: Caller,
    receiver: CallbackReceiver,
    *triggers: dict[str, Any],
    contact: Any = None,
    seconds: float = 3600,
    **fields: Any,
) -> list[dict[str, Any]]:
    """The events that are told of one message."""
    task_id = await created(devino, api_task(*triggers))
    before = len(receiver.received)
    await sent(devino, task_id, contact, callbackUrl=receiver.url, **fields)
    advance(devino, seconds)
    await devino.emulator.settle()
    bodies = receiver.bodies[before:]
    assert all(isinstance(body, list) and len(body) == 1 for body in bodies)
    return [body[0] for body in bodies]


async def test_a_delivery_is_told_in_an_array_of_one(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    task_id = await created(devino, api_task())
    [sms_id] = await triggers_of(devino, task_id)
    data = {"order": "1", "nested": {"a": 1}}
    message_id = await sent(devino, task_id, callbackUrl=receiver.url, callbackData=data)
    advance(devino, 1)
    await devino.emulator.settle()
    assert receiver.bodies == []  # it is merely on its way
    advance(devino, 1)
    await devino.emulator.settle()
    assert receiver.bodies == [
        [
            {
                "messageId": message_id,
                "status": "delivered",
                "ts": NINE + 2000,
                "callbackData": data,
                "contactId": devino.emulator.ledger[message_id].content["contactId"],
                "taskId": int(task_id),
                "triggerId": int(sms_id),
            }
        ]
    ]
    assert receiver.received[0].headers["Content-Type"] == "application/json"
    assert "Authorization" not in receiver.received[0].headers


@pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("omni",))]
)
async def test_every_variant_takes_a_cascade_and_tells_how_it_ends(
    devino: Caller, receiver: CallbackReceiver, behaviour: DevinoBehaviour
) -> None:
    devino.emulator.behaviour = behaviour
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first, wait=60)
    told = await events(devino, receiver, first, second, contact={"phone": "79030000003"})
    assert {each["status"] for each in told} == {"expired", "delivered"}
    [entry] = devino.emulator.ledger
    if behaviour.omni.callback_message_id is CallbackMessageId.ANSWERS:
        assert {str(each["messageId"]) for each in told} == {entry.id}


async def test_nobody_is_told_of_a_message_without_a_url(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with DevinoEmulator(clock=clock, key=KEY, account_callback_url=receiver.url) as emulator:
        devino = Caller(emulator, http)
        await sent(devino, await created(devino, api_task()))
        advance(devino, 3600)
        await emulator.settle()
    assert receiver.bodies == []


async def test_callbacks_leave_this_machine_for_named_hosts_only(devino: Caller) -> None:
    task_id = await created(devino, api_task())
    await sent(devino, task_id, callbackUrl="https://shop.example/callback")
    advance(devino, 2)
    await devino.emulator.settle()
    assert [each.error for each in devino.emulator.callbacks][:1] == ["host not allowed"]


@pytest.mark.parametrize(
    ("phone", "status", "code"),
    [
        ("79103398080", "delivered", None),
        ("79030000002", "undeliverable", 2005),
        ("79030000003", "expired", None),
    ],
)
async def test_an_error_code_comes_with_a_refused_or_undeliverable_message_alone(
    devino: Caller, receiver: CallbackReceiver, phone: str, status: str, code: int | None
) -> None:
    [event] = await events(devino, receiver, contact={"phone": phone})
    assert (event["status"], event.get("errorCode")) == (status, code)


@pytest.mark.parametrize(
    ("word", "code"), [(StatusWord.REJECTED, 2005), (StatusWord.UNKNOWN, None)]
)
async def test_t57_words_are_small_whatever_they_are(
    devino: Caller, receiver: CallbackReceiver, word: StatusWord, code: int | None
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(undelivered_status=word)
    [event] = await events(devino, receiver, contact={"phone": "79030000002"})
    assert (event["status"], event.get("errorCode")) == (word.value.lower(), code)


async def test_t59_each_channel_is_told_of_under_one_message_id(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first, wait=60)
    told = await events(devino, receiver, first, second, contact={"phone": "79030000003"})
    assert [each["status"] for each in told] == ["expired", "delivered"]
    assert len({each["messageId"] for each in told}) == 1
    assert len({each["triggerId"] for each in told}) == 2


@pytest.mark.parametrize("which", CallbackMessageId)
async def test_a_later_channel_can_have_an_id_of_its_own_or_none(
    devino: Caller, receiver: CallbackReceiver, which: CallbackMessageId
) -> None:
    behave(devino, callback_message_id=which)
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first, wait=60)
    told = await events(devino, receiver, first, second, contact={"phone": "79030000003"})
    [entry] = devino.emulator.ledger
    expected = {"answers": entry.id, "own": entry.parts[1], "absent": None}
    assert [each.get("messageId") for each in told] == [entry.id, expected[which.value]]
    assert len({entry.id, *entry.parts}) == 2
    await events(devino, receiver)
    ids = [id for each in devino.emulator.ledger for id in each.parts]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"b": "1", "a": "2"},
        {"omni_reference": "Заказ 17 \u2028", "omni_channels": "63322:viber 63323:sms"},
        {"nested": {"list": [1, None, True, 0.1, 2**63], "empty": ""}, "\ud83d": "\x00"},
    ],
)
async def test_callback_data_comes_back_as_it_was_sent(
    devino: Caller, receiver: CallbackReceiver, data: dict[str, Any]
) -> None:
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first, wait=60)
    contact = {"phone": "79030000003"}
    told = await events(devino, receiver, first, second, contact=contact, callbackData=data)
    assert [json.dumps(each["callbackData"]) for each in told] == [json.dumps(data)] * 2


async def test_without_callback_data_none_comes_back(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    [event] = await events(devino, receiver)
    assert "callbackData" not in event


@pytest.mark.parametrize(
    "scenario", [each for each in Scenario if not each.fault and each is not Scenario.REFUSED]
)
async def test_only_documented_words_are_told_on_any_channel(
    devino: Caller, receiver: CallbackReceiver, scenario: Scenario
) -> None:
    """Nothing is told of a message that is merely on its way (A14)."""
    documented = (
        "delivered expired undeliverable bounced opened clicked rejected deleted subscribed"
        " unsubscribed complained unknown canceled"
    )
    first = trigger("EMAIL")
    second = fallback("VIBER", 1, of=first)
    third = fallback("SMS", 2, of=second)
    contact = {
        "email": f"ann{scenario.value}@mail.example",
        "phone": scenario.number("7903000"),
    }
    behave(devino, after_viber=AfterViber.OPENED)
    told = await events(devino, receiver, first, second, third, contact=contact)
    words = {each["status"] for each in told}
    assert words
    assert words <= set(documented.split())


async def test_a_letter_and_what_is_done_with_it_are_told_with_the_address(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(
        email=EmailBehaviour(after_delivery=AfterDelivery.CLICKED)
    )
    told = await events(devino, receiver, trigger("EMAIL"))
    assert [each["status"] for each in told] == ["delivered", "opened", "clicked"]
    assert {each["email"] for each in told} == {PERSON["email"]}
    device = {"ip", "browser", "os", "userAgent"}
    assert [device <= each.keys() for each in told] == [False, True, True]
    assert all("url" not in each for each in told)  # the letter holds no link
    bounced = await events(
        devino, receiver, trigger("EMAIL"), contact={"email": "mail0002@mail.example"}
    )
    assert [each["status"] for each in bounced] == ["bounced"]
    for then in ("SUBSCRIBED", "UNSUBSCRIBED", "COMPLAINED"):
        devino.emulator.behaviour = DevinoBehaviour(
            email=EmailBehaviour(after_delivery=AfterDelivery[then])
        )
        told = await events(devino, receiver, trigger("EMAIL"))
        assert told[-1]["status"] == then.lower()


async def test_t61_a_click_is_told_after_the_delivery_with_its_link(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, after_viber=AfterViber.CLICKED)
    link = "https://shop.example/new?a=1"
    button = {**VIBER_TEMPLATE["viberTemplate"], "action": link, "caption": "Open"}
    told = await events(devino, receiver, trigger("VIBER", template={"viberTemplate": button}))
    assert [each["status"] for each in told] == ["delivered", "opened", "clicked"]
    assert [each.get("url") for each in told] == [None, None, link]
    linked = {"from": "Shop", "text": f"See {link} now", "shortenUrl": True}
    told = await events(devino, receiver, trigger("SMS", template={"smsTemplate": linked}))
    assert (told[-1]["status"], told[-1]["url"]) == ("clicked", link)


async def test_the_device_that_got_a_push_is_told(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    device = {"appId": "3410", "os": 1, "pushToken": "ctJ5Vz"}
    told = await events(devino, receiver, trigger("PUSH"), contact={"pushInfo": [device]})
    assert [(each["status"], each["pushToken"]) for each in told] == [("delivered", "ctJ5Vz")]


async def test_t18_the_id_of_the_message_can_be_a_number(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, callback_id_as_number=True)
    [event] = await events(devino, receiver)
    [entry] = devino.emulator.ledger
    assert (type(event["messageId"]), str(event["messageId"])) == (int, entry.id)


async def test_t34_times_can_count_seconds(devino: Caller, receiver: CallbackReceiver) -> None:
    behave(devino, ts_in_seconds=True)
    [event] = await events(devino, receiver)
    assert event["ts"] == NINE // 1000 + 2


async def test_an_event_can_hold_nothing_that_is_optional(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, bare_callbacks=True)
    [event] = await events(devino, receiver, callbackData={"order": "1"})
    assert event.keys() == {"messageId", "status"}


async def test_an_event_can_hold_keys_that_no_document_names(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = evolve(devino.emulator.behaviour, extra_keys=True)
    [event] = await events(devino, receiver)
    assert "addedLater" in event


@pytest.mark.parametrize(
    ("retry", "status", "posted"),
    [
        (CallbackRetry.SERVER_ERROR, 200, 1),
        (CallbackRetry.SERVER_ERROR, 204, 1),
        (CallbackRetry.SERVER_ERROR, 302, 1),
        (CallbackRetry.SERVER_ERROR, 404, 1),
        (CallbackRetry.SERVER_ERROR, 500, 6),
        (CallbackRetry.NOT_OK, 200, 1),
        (CallbackRetry.NOT_OK, 204, 6),
        (CallbackRetry.NOT_OK, 404, 6),
    ],
)
async def test_t60_a_callback_is_repeated_five_times_a_minute_apart(
    devino: Caller, receiver: CallbackReceiver, retry: CallbackRetry, status: int, posted: int
) -> None:
    behave(devino, callback_retry=retry)
    receiver.status = status
    task_id = await created(devino, api_task())
    await sent(devino, task_id, callbackUrl=receiver.url)
    advance(devino, 2)
    times = []
    for _ in range(8):
        await devino.emulator.settle()
        times.append(len(receiver.received))
        advance(devino, 60)
    assert times == [min(minute, posted) for minute in range(1, 9)]
    assert len({str(body) for body in receiver.bodies}) == 1


async def test_t60_a_callback_can_come_twice_and_late(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, callback_copies=2)
    told = await events(devino, receiver)
    assert told[0] == told[1]
    assert len(told) == 2
    devino.emulator.behaviour = DevinoBehaviour(
        omni=OmniBehaviour(after_viber=AfterViber.OPENED, callback_attempts=5)
    )
    receiver.status = 500
    task_id = await created(devino, api_task(trigger("VIBER")))
    await sent(devino, task_id, callbackUrl=receiver.url)
    advance(devino, 2)
    await devino.emulator.settle()
    receiver.status = 200
    advance(devino, 2)
    await devino.emulator.settle()
    advance(devino, 58)
    await devino.emulator.settle()
    words = [body[0]["status"] for body in receiver.bodies[2:]]
    assert words == ["delivered", "opened", "delivered"]
