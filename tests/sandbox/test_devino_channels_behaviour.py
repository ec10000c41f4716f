"""What becomes of messages over the emulated channels, and each switch of their behaviour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import fields

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.channel_behaviour import (
    AmountForm,
    BodyForm,
    ChannelBehaviour,
    WalletTime,
)
from omni_common.sandbox import SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller

SECOND = timedelta(seconds=1)
TO = "79031234567"
VIBER = {"from": "Shop", "to": TO, "text": "See https://shop.example"}
PUSH = {"from": 17, "to": TO, "title": "Shop", "text": "Hello", "priority": "HIGH"}
WALLET = {"from": "Shop", "to": TO, "payload": {"message": "Hello"}}
WHATSAPP = {"from": "Shop", "to": TO, "text": "Hello"}
DIRECT = {**WHATSAPP, "recipient_type": "individual", "type": "text", "text": {"body": "Hello"}}
VK = {"phone": TO, "service": "Shop", "templateId": 16}
ACCOUNT = "/billing-api/companies/current/account"


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


def switched(devino: Caller, **switches: Any) -> None:
    devino.emulator.behaviour = DevinoBehaviour(channels=ChannelBehaviour(**switches))


async def viber(devino: Caller, query: str = "", **changed: Any) -> dict[str, Any]:
    answer = await devino.call(f"/viber/messages{query}", {"messages": [{**VIBER, **changed}]})
    [item] = answer.items
    return item


async def words(devino: Caller, after: timedelta = timedelta(minutes=1)) -> list[str]:
    """The states that the newest message went through."""
    devino.emulator.clock.advance(after)
    *_, entry = devino.emulator.ledger
    return [change.state for change in entry.history(devino.emulator.clock.now())]


# What becomes of messages


async def test_a_message_goes_through_the_states_of_an_sms(devino: Caller) -> None:
    await viber(devino)
    assert await words(devino) == ["ACCEPTED", "ENROUTE", "SENT", "DELIVERED"]


@pytest.mark.parametrize(
    ("scenario", "word"),
    [
        (Scenario.UNDELIVERED, "UNDELIVERABLE"),
        (Scenario.EXPIRED, "EXPIRED"),
        (Scenario.LATE, "DELIVERED"),
        (Scenario.REJECTED, "REJECTED"),
    ],
)
async def test_numbers_decide_how_a_message_ends(
    devino: Caller, scenario: Scenario, word: str
) -> None:
    to = scenario.number("7903123")
    sends = [
        ("/viber/messages", {"messages": [{**VIBER, "to": to}]}),
        ("/push/messages", {"messages": [{**PUSH, "to": to}]}),
        ("/wallet/messages", [{**WALLET, "to": to}]),
        ("/whatsapp/messages", {**WHATSAPP, "to": to}),
        ("/whatsapp/v2/messages", {**DIRECT, "to": to}),
        ("/vk/messages", {"messages": [{**VK, "phone": to}]}),
    ]
    for path, body in sends:
        assert (await devino.call(path, body)).items[0]["code"] == "OK"
        assert (await words(devino))[-1] == word


async def test_a_device_plays_the_scenario_that_its_token_ends_in(devino: Caller) -> None:
    answer = await devino.call("/push/messages", {"messages": [{**PUSH, "to": "token-0001"}]})
    assert answer.items[0]["reasons"][0]["ref"] == "messages[0].to"


async def test_a_link_that_is_shortened_is_followed(devino: Caller) -> None:
    await viber(devino, "?shortenUrl=true")
    assert (await words(devino))[-1] == "CLICKED"
    await viber(devino, "?shortenUrl=true", text="Hello")
    assert (await words(devino))[-1] == "DELIVERED"
    await viber(devino, "?shortenUrl=false")
    assert (await words(devino))[-1] == "DELIVERED"


async def test_a_scheduled_message_waits_for_its_time(devino: Caller) -> None:
    await viber(devino, scheduledTime="2027-01-01 10:00:00")
    assert await words(devino, timedelta(minutes=59)) == ["SCHEDULED"]
    assert (await words(devino))[-1] == "ENROUTE"
    assert (await words(devino))[-1] == "DELIVERED"


async def test_a_message_that_is_not_delivered_expires_with_its_validity(devino: Caller) -> None:
    await viber(devino, to=Scenario.EXPIRED.number("7903123"), validity=15)
    assert (await words(devino, 14 * SECOND))[-1] == "SENT"
    assert (await words(devino, 1 * SECOND))[-1] == "EXPIRED"


# Callbacks


async def test_each_state_is_posted_as_an_sms_is(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    item = await viber(devino, callbackUrl=receiver.url, options={"order": "17"})
    devino.emulator.clock.advance(timedelta(minutes=1))
    await devino.emulator.settle()
    assert [body[0]["status"] for body in receiver.bodies] == [
        *("ACCEPTED", "ENROUTE", "SENT", "DELIVERED"),
    ]
    assert receiver.bodies[-1] == [
        {
            "messageId": item["messageId"],
            "ts": 1798794002000,
            "status": "DELIVERED",
            "errorCode": 0,
            "options": {"order": "17"},
        }
    ]


@pytest.mark.parametrize(
    ("path", "message", "field", "data"),
    [
        ("/wallet/messages", WALLET, "callbackUrl", {"order": 17}),
        ("/whatsapp/messages", WHATSAPP, "callbackUrl", "order 17"),
        ("/whatsapp/v2/messages", DIRECT, "callbackUrl", "order 17"),
        ("/vk/messages", VK, "status_url", {"order": 17}),
    ],
)
async def test_t25_callback_data_comes_back_as_it_was_given(
    devino: Caller,
    receiver: CallbackReceiver,
    *,
    path: str,
    message: dict[str, Any],
    field: str,
    data: Any,
) -> None:
    full: Any = {**message, field: receiver.url, "callbackData": data}
    body = {"/wallet/messages": [full], "/vk/messages": {"messages": [full]}}.get(path, full)
    for key in ("callbackData", None):
        switched(devino, callback_data_key=key)
        assert (await devino.call(path, body)).items[0]["code"] == "OK"
        await devino.emulator.settle()
        [event] = receiver.bodies[-1]
        assert event.get("callbackData") == (data if key else None)


async def test_a_message_without_a_url_posts_nothing(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    # The account's URL is for SMS: whether it is for anything else is not documented.
    async with DevinoEmulator(clock=clock, key=KEY, account_callback_url=receiver.url) as emulator:
        caller = Caller(emulator, http)
        await viber(caller)
        await caller.call("/push/messages", {"messages": [PUSH]})
        clock.advance(timedelta(minutes=1))
        await emulator.settle()
        assert [emulator.callback(each, each.plan[0]) for each in emulator.ledger] == [None, None]
    assert receiver.received == []


async def test_words_can_be_in_small_letters(devino: Caller, receiver: CallbackReceiver) -> None:
    switched(devino, lower_case_status=True)
    await viber(devino, callbackUrl=receiver.url)
    await devino.emulator.settle()
    assert receiver.bodies[0][0]["status"] == "accepted"


async def test_a_callback_can_be_repeated_until_it_is_answered(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    receiver.status = 500
    devino.emulator.behaviour = DevinoBehaviour(callback_attempts=5)
    await viber(devino, callbackUrl=receiver.url)
    devino.emulator.clock.advance(timedelta(hours=1))
    await devino.emulator.settle()
    assert len(receiver.received) > 4


# Switches


@pytest.mark.parametrize("form", BodyForm)
async def test_push_can_have_any_form_of_body(devino: Caller, form: BodyForm) -> None:
    switched(devino, push_body=form)
    bodies: dict[BodyForm, Any] = {
        BodyForm.MESSAGES: {"messages": [PUSH]},
        BodyForm.ARRAY: [PUSH],
        BodyForm.SINGLE: PUSH,
    }
    for given, body in bodies.items():
        answer = await devino.call("/push/messages", body)
        assert answer.status == (200 if given is form else 400)
    assert len(devino.emulator.ledger) == 1


async def test_t7_push_wallet_can_take_one_object(devino: Caller) -> None:
    switched(devino, wallet_body=BodyForm.SINGLE)
    assert (await devino.call("/wallet/messages", WALLET)).status == 200
    assert (await devino.call("/wallet/messages", [WALLET])).status == 400


@pytest.mark.parametrize(
    ("form", "time"),
    [
        (WalletTime.LOCAL, "2027-01-01T10:00:00"),
        (WalletTime.SPACED, "2027-01-01 10:00:00"),
        (WalletTime.INSTANT, "2027-01-01T10:00:00.000Z"),
    ],
)
async def test_t29_push_wallet_can_take_other_times(
    devino: Caller, form: WalletTime, time: str
) -> None:
    for each in WalletTime:
        switched(devino, wallet_time=each)
        answer = await devino.call("/wallet/messages", [{**WALLET, "scheduledTime": time}])
        assert answer.items[0]["code"] == ("OK" if each is form else "REJECTED")


@pytest.mark.parametrize(
    ("message", "older", "newer"),
    [
        ({"text": "Hi"}, "OK", "OK"),
        ({"text": "Hi", "caption": "Open", "action": "viber://chat"}, "OK", "OK"),
        ({"text": "Hi", "caption": "Open"}, "REJECTED", "OK"),
        ({"text": "Hi", "image": "https://shop.example/a.png"}, "REJECTED", "OK"),
        ({"image": "https://shop.example/a.png"}, "REJECTED", "OK"),
        ({"text": "Hi", "fileType": "pdf"}, "REJECTED", "OK"),
        ({"fileName": "Terms"}, "REJECTED", "OK"),
        ({"caption": "Open", "action": "viber://chat"}, "REJECTED", "REJECTED"),
        ({"fileSize": 3}, "REJECTED", "REJECTED"),
    ],
)
async def test_viber_can_insist_on_the_combinations_of_the_older_page(
    devino: Caller, message: dict[str, str], older: str, newer: str
) -> None:
    body = {"messages": [{"from": "Shop", "to": TO, **message}]}
    for insists, code in ((True, older), (False, newer)):
        switched(devino, viber_combinations=insists)
        assert (await devino.call("/viber/messages", body)).items[0]["code"] == code


async def test_one_message_can_be_answered_without_a_list(devino: Caller) -> None:
    switched(devino, single_result=True)
    one = await devino.call("/viber/messages", {"messages": [VIBER]})
    assert one.data["result"]["code"] == "OK"
    two = await devino.call("/viber/messages", {"messages": [VIBER, VIBER]})
    assert len(two.items) == 2


@pytest.mark.parametrize(
    ("switches", "key", "kind"),
    [
        ({}, "messageId", str),
        ({"id_key": "id"}, "id", str),
        ({"id_as_number": True}, "messageId", int),
    ],
)
async def test_ids_can_have_another_name_or_form(
    devino: Caller, switches: dict[str, Any], key: str, kind: type
) -> None:
    switched(devino, **switches)
    item = await viber(devino)
    assert set(item) == {"code", key}
    assert isinstance(item[key], kind)
    assert str(item[key]) in {entry.id for entry in devino.emulator.ledger}
    assert key in await viber(devino, to="x")


async def test_ids_can_be_missing(devino: Caller) -> None:
    switched(devino, id_key=None)
    assert await viber(devino) == {"code": "OK"}


@pytest.mark.parametrize(
    ("form", "balance"),
    [(AmountForm.WHOLE, 7), (AmountForm.FRACTION, 7.5), (AmountForm.TEXT, "7.0000")],
)
async def test_amounts_can_be_written_otherwise(
    devino: Caller, form: AmountForm, balance: Any
) -> None:
    devino.emulator.credit = 7
    switched(devino, amounts=form)
    account = (await devino.call(ACCOUNT, b"", method="GET")).data["result"]["account"]
    assert (account["balance"], type(account["balance"])) == (balance, type(balance))


async def test_the_accounts_ids_can_be_text(devino: Caller) -> None:
    for as_text, kind in ((True, str), (False, int)):
        switched(devino, company_id_as_text=as_text)
        account = (await devino.call(ACCOUNT, b"", method="GET")).data["result"]["account"]
        assert {type(account["companyId"]), type(account["currencyId"])} == {kind}


async def test_a_plan_can_come_bare(devino: Caller) -> None:
    switched(devino, plan_record_in_result=False)
    path = "/billing-api/companies/current/plan-records/current?channel=SMS"
    assert (await devino.call(path, b"", method="GET")).data == {"channel": "SMS"}


async def test_the_switches_that_all_calls_share_are_obeyed_here_too(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(
        accepted_status=201,
        accepts_plus=True,
        accepts_unknown_fields=True,
        accepts_past_time=True,
        extra_keys=True,
        ref_with_index=False,
    )
    body = {
        "messages": [
            {**VIBER, "to": f"+{TO}", "more": 1, "scheduledTime": "2026-01-01 00:00:00"},
            {**VIBER, "to": "x"},
        ]
    }
    answer = await devino.call("/viber/messages?more=1", body)
    taken, refused = answer.items
    assert (answer.status, taken["code"]) == (201, "OK")
    assert {"addedLater"} <= taken.keys() & answer.data.keys()
    assert refused["reasons"][0]["ref"] == "to"
    account = (await devino.call(f"{ACCOUNT}?more=1", b"", method="GET")).data
    assert "addedLater" in account["result"]["account"]


def test_the_variants_turn_every_switch_of_the_channels() -> None:
    turned = {
        name.removeprefix("channels.").partition("=")[0]
        for name, _ in variants(areas=("channels",))
        if name.startswith("channels.")
    }
    assert turned == {each.name for each in fields(ChannelBehaviour)}
