"""The emulated sends over Viber, push, push wallet, WhatsApp and VK: what they take whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import SandboxClock
from tests.sandbox.devino_channels import SENDS, VK, every_send
from tests.support.devino_http import KEY, Caller


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


# What is taken


@every_send
async def test_a_message_is_taken_into_the_ledger_that_all_calls_share(
    devino: Caller, name: str
) -> None:
    send = SENDS[name]
    answer = await send.call(devino, send.message)
    assert answer.status == 200
    [item] = answer.items
    assert (set(item), item["code"]) == ({"code", "messageId"}, "OK")
    sms = await devino.sent()
    first, second = devino.emulator.ledger
    assert (first.id, second.id) == (item["messageId"], sms)
    assert first.content == send.message
    assert first.text == ("" if name == "vk" else "Hello")


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("viber", "VIBER"),
        ("push", "PUSH"),
        ("wallet", "PUSH_WALLET"),
        ("whatsapp", "WHATSAPP"),
        ("direct", "WHATSAPP"),
        ("vk", "VK"),
    ],
)
async def test_the_ledger_names_the_channel(devino: Caller, name: str, channel: str) -> None:
    await SENDS[name].one(devino)
    [entry] = devino.emulator.ledger
    assert entry.channels == (channel,)
    assert {change.channel for change in entry.plan} == {channel}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        (
            "viber",
            {
                "image": "https://shop.example/a.png",
                "fileType": "pdf",
                "fileName": "Terms",
                "thumbnail": "https://shop.example/b.png",
                "duration": 9,
                "fileSize": 200,
                "caption": "л" * 30,
                "action": "viber://chat",
                "validity": 15,
                "priority": "LOW",
                "scheduledTime": "2027-01-01 09:00:00",
                "callbackUrl": "http://127.0.0.1:9/x",
                "options": [{"a": "b"}],
            },
        ),
        (
            "push",
            {
                "badge": 0,
                "validity": 86400,
                "platform": "IOS",
                "silentPush": False,
                "options": {},
                "apns": {"sound": "bell"},
                "android": {},
            },
        ),
        (
            "wallet",
            {
                "payload": {
                    "title": "l" * 50,
                    "message": "l" * 2048,
                    "image": "l" * 512,
                    "deeplink": {"target": "campaign", "campaignId": "l" * 512},
                },
                "callbackUrl": "http://127.0.0.1:9/x",
                "callbackData": {"a": 1},
                "scheduledTime": "2027-01-01T09:00:00",
                "mergeKey": "sale",
                "validity": 1,
            },
        ),
        (
            "whatsapp",
            {
                "text": "л" * 1000,
                "validity": 86400,
                "contentUrl": "https://shop.example/a.pdf",
                "contentName": "l" * 100,
                "contentType": "application/pdf",
                "callbackUrl": "http://127.0.0.1:9/x",
                "callbackData": "17",
                "templateId": "welcome",
                "templateParams": {"1": "Maria"},
                "languageCode": "EN",
            },
        ),
        (
            "direct",
            {
                "callbackUrl": "http://127.0.0.1:9/x",
                "callbackData": "17",
                "preview_url": False,
                "type": "contact",
                "contacts": [{"name": "Maria"}],
            },
        ),
        (
            "vk",
            {
                "routes": ["OK", "VK"],
                "tmpl": "welcome",
                "tmpl_data": {"name": "Maria"},
                "delivery_policy": "mobile_device_required",
                "status_url": "http://127.0.0.1:9/x",
                "callbackData": {"a": 1},
            },
        ),
    ],
)
async def test_every_documented_field_is_taken_up_to_its_limit(
    devino: Caller, name: str, fields: dict[str, Any]
) -> None:
    assert (await SENDS[name].one(devino, **fields))["code"] == "OK"


async def test_a_text_is_found_where_each_channel_has_it(devino: Caller) -> None:
    await SENDS["wallet"].one(devino, payload={"title": "Sale"})
    await SENDS["vk"].one(devino, tmpl="welcome")
    await SENDS["viber"].one(devino, text=..., image="https://shop.example/a.png")
    assert [entry.text for entry in devino.emulator.ledger] == ["Sale", "welcome", ""]


# What is refused


@every_send
async def test_a_message_is_refused_for_all_its_reasons_at_once(devino: Caller, name: str) -> None:
    recipient = "phone" if name == "vk" else "to"
    item = await SENDS[name].one(devino, **{recipient: ..., "one": 1, "two": 2})
    refs = {reason["ref"].removeprefix("messages[0].") for reason in item["reasons"]}
    assert refs == {recipient, "one", "two"}


@every_send
@pytest.mark.parametrize("item", ["text", 5, None, []])
async def test_an_item_that_is_no_message_breaks_nothing(
    devino: Caller, name: str, item: Any
) -> None:
    send = SENDS[name]
    answer = await send.call(devino, item)
    if send.form == "single":
        assert answer.status == 400
    else:
        assert answer.items[0]["code"] == "REJECTED"


@every_send
@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"5", b'{"messages":5}', b'{"messages":[]}'])
async def test_a_body_in_no_form_that_is_known_is_refused(
    devino: Caller, name: str, body: bytes
) -> None:
    send = SENDS[name]
    answer = await devino.call(send.path, body)
    if send.form == "single" and body == b"{}":
        assert answer.items[0]["code"] == "REJECTED"
    else:
        assert (answer.status, answer.data["result"]) == (400, None)
    assert len(devino.emulator.ledger) == 0


@every_send
async def test_t7_another_form_of_the_body_is_refused(devino: Caller, name: str) -> None:
    send = SENDS[name]
    bodies = {
        "messages": {"messages": [send.message]},
        "array": [send.message],
        "single": send.message,
    }
    for form, body in bodies.items():
        answer = await devino.call(send.path, body)
        assert answer.status == (200 if form == send.form else 400)
    assert len(devino.emulator.ledger) == 1


async def test_vk_takes_1000_messages_a_call(devino: Caller) -> None:
    send = SENDS["vk"]
    assert len((await send.call(devino, *[VK] * 1000)).items) == 1000
    refused = await send.call(devino, *[VK] * 1001)
    assert refused.data["reasons"][0]["key"] == "too.many.messages"
    assert len(devino.emulator.ledger) == 1000


@pytest.mark.parametrize("query", ["?shortenUrl=1", "?shortenUrl=", "?includeSegmentId=true"])
@every_send
async def test_a_wrong_query_is_refused_whole(devino: Caller, name: str, query: str) -> None:
    send = SENDS[name]
    assert (await send.call(devino, send.message, query=query)).status == 400
    assert len(devino.emulator.ledger) == 0


async def test_only_viber_shortens_links(devino: Caller) -> None:
    for name, send in SENDS.items():
        answer = await send.call(devino, send.message, query="?shortenUrl=true")
        assert answer.status == (200 if name == "viber" else 400)


async def test_only_approved_senders_may_send_where_they_are_given(
    http: aiohttp.ClientSession,
) -> None:
    async with DevinoEmulator(key=KEY, senders={"Shop"}) as emulator:
        caller = Caller(emulator, http)
        for name, send in SENDS.items():
            sender = {"vk": "service"}.get(name, "from")
            assert (await send.one(caller))["code"] == "OK"
            for other in ("Store", ["Shop"]):
                item = await send.one(caller, **{sender: 18 if name == "push" else other})
                # Push has ids for senders, and nothing tells which of them are the account's.
                assert item["code"] == ("OK" if name == "push" else "REJECTED")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/viber/messages"),
        ("DELETE", "/viber/messages/1"),
        ("POST", "/push/api/messages"),
        ("POST", "/vk/messages/cancel"),
        ("POST", "/billing-api/companies/current/account"),
    ],
)
async def test_what_no_document_names_is_not_there(devino: Caller, method: str, path: str) -> None:
    assert (await devino.call(path, {}, method=method)).status == 404


async def test_times_are_in_utc(devino: Caller) -> None:
    await SENDS["viber"].one(devino, scheduledTime="2027-01-01 10:00:00")
    await SENDS["wallet"].one(devino, scheduledTime="2027-01-01T10:00:00")
    at = datetime(2027, 1, 1, 10, tzinfo=UTC)
    assert [entry.send_at for entry in devino.emulator.ledger] == [at, at]
