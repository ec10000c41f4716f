"""The Devino emulator, spoken to over real HTTP as the vendor's documents say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, LOGIN, PASSWORD, Caller, basic, sms


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY, login=LOGIN, password=PASSWORD) as emulator:
        yield Caller(emulator, http)


# Who may come in


async def test_both_forms_of_authorization_open_the_door(devino: Caller) -> None:
    assert (await devino.send(sms())).status == 200
    by_login = evolve(devino, authorization=basic(LOGIN, PASSWORD))
    assert (await by_login.send(sms())).status == 200
    assert len(devino.emulator.ledger) == 2


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Key wrong",
        "Key",
        f"Bearer {KEY}",
        KEY,
        basic(LOGIN, "wrong"),
        basic("other", PASSWORD),
        f"Basic {KEY}",
        "Key kéy",
    ],
)
async def test_anything_else_is_turned_away(devino: Caller, authorization: str | None) -> None:
    answer = await evolve(devino, authorization=authorization).send(sms())
    assert (answer.status, answer.body) == (401, b"")
    assert len(devino.emulator.ledger) == 0


async def test_a_key_can_be_limited_to_some_operations(http: aiohttp.ClientSession) -> None:
    async with DevinoEmulator(
        key=KEY, login=LOGIN, password=PASSWORD, key_operations={"status"}
    ) as emulator:
        caller = Caller(emulator, http)
        refused = await caller.send(sms())
        assert refused.status == 403
        assert refused.data["reasons"][0]["key"] == "forbidden"
        assert (await caller.statuses(["1"])).status == 200
        by_login = evolve(caller, authorization=basic(LOGIN, PASSWORD))
        assert (await by_login.send(sms())).items[0]["code"] == "OK"


async def test_connection_urls_hold_the_credentials_percent_encoded(
    http: aiohttp.ClientSession,
) -> None:
    async with DevinoEmulator() as emulator:
        by_key, by_login = urlsplit(emulator.url), urlsplit(emulator.basic_url)
        assert (by_key.scheme, by_key.hostname, by_key.port) == (
            "devino",
            "127.0.0.1",
            emulator.port,
        )
        assert by_key.password is None
        key = unquote(by_key.username or "")
        assert {"/", "+", "="} <= set(key)
        assert not {"/", "+", "="} & set(by_key.username or "")
        login, password = unquote(by_login.username or ""), unquote(by_login.password or "")
        for authorization in (f"Key {key}", basic(login, password)):
            assert await Caller(emulator, http, authorization).sent()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/sms/messages"),
        ("GET", "/sms/messages"),
        ("DELETE", "/sms/messages/3701172084729885952"),
        ("POST", "/sms/messages/cancel"),
    ],
)
async def test_what_no_document_names_is_not_there(devino: Caller, method: str, path: str) -> None:
    assert (await devino.call(path, {}, method=method)).status == 404


# What a message may hold


async def test_every_documented_field_is_taken(devino: Caller) -> None:
    message = sms(
        validity=600,
        scheduledTime="2027-01-01T09:30:00.319Z",
        priority="HIGH",
        callbackUrl="https://shop.example/callback",
        options={"order": "17"},
    )
    [item] = (await devino.send(message)).items
    entry = devino.emulator.ledger[item["messageId"]]
    assert entry.content == message
    assert (entry.to, entry.text) == (message["to"], message["text"])
    assert entry.send_at == datetime(2027, 1, 1, 9, 30, 0, 319_000, tzinfo=UTC)
    assert entry.callback_url == message["callbackUrl"]


@pytest.mark.parametrize(
    ("field", "values", "key"),
    [
        ("from", ["TwelveLetter", "1234567890123456", "Магазин", 7], "not.available"),
        ("from", ["", None], "must.be.not.null"),
        ("to", ["+79031234567", "0079031234", "790312", "7" * 16, "7 903 123-45-67"], None),
        ("to", ["７９０３１２３４５６７", 79031234567, True, ["79031234567"]], None),
        ("to", ["", None], "must.be.not.null"),
        ("text", ["л" * 17086, "l" * 34171, "😀" * 8543], "text.length.too.long"),
        ("text", ["", None], "must.be.not.null"),
        ("text", [5, ["Hello"]], "invalid"),
        ("validity", [-1, 259201, "600", 600.0, True, None], "validity.is.invalid"),
        ("scheduledTime", ["2027-01-01T08:59:59.999Z", "9999-01-01T00:00:00Z"], None),
        ("scheduledTime", ["2027-01-02T12:00:00+03:00", "2027-01-02T12:00:00"], None),
        ("scheduledTime", ["2027-01-02 12:00:00Z", "2027-02-30T12:00:00Z", "soon"], None),
        ("scheduledTime", [1798804800000, None], None),
        ("priority", ["high", "REGULAR", 2, None, ["HIGH"]], "priority.is.not.match"),
        ("callbackUrl", ["ftp://shop.example", "shop.example", "http://", "http://[", 5], None),
        ("options", ["text", ["list"], None], "invalid"),
        ("ttl", [600], "invalid"),
    ],
)
async def test_a_wrong_field_is_refused_by_its_key(
    devino: Caller, field: str, values: list[Any], key: str | None
) -> None:
    keys = {
        "to": "to.format.invalid",
        "scheduledTime": "scheduledTime.is.invalid",
        "callbackUrl": "callbackUrl.format.invalid",
    }
    messages = [{**sms(), field: value} for value in values]
    items = (await devino.send(*messages)).items
    for index, item in enumerate(items):
        [reason] = item["reasons"]
        assert item["code"] == "REJECTED", values[index]
        assert (item["messageId"], item["segmentsId"]) == (None, None)
        assert reason["key"] == (key or keys[field])
        assert reason["ref"] == f"messages[{index}].{field}"
        assert isinstance(reason["defaultMessage"], str)
    assert len(items) == len(values)
    assert len(devino.emulator.ledger) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": "ElevenChars"},
        {"sender": "123456789012345"},
        {"to": "7" * 7},
        {"to": "7" * 15},
        {"text": "л" * 17085},
        {"text": "l" * 34170},
        {"validity": 0},
        {"validity": 259200},
        {"scheduledTime": "2027-01-01T09:00:00Z"},
        {"priority": "REALTIME"},
        {"callbackUrl": "http://127.0.0.1:9/x"},
        {"options": {}},
    ],
)
async def test_the_documented_limits_themselves_are_taken(
    devino: Caller, fields: dict[str, Any]
) -> None:
    assert await devino.sent(**fields)


async def test_a_message_is_refused_for_all_its_reasons_at_once(devino: Caller) -> None:
    [item] = (await devino.send(sms(to="x", validity=-1, priority="NO"))).items
    assert [reason["key"] for reason in item["reasons"]] == [
        "to.format.invalid",
        "validity.is.invalid",
        "priority.is.not.match",
    ]


async def test_a_mixed_batch_is_answered_in_the_order_of_the_request(devino: Caller) -> None:
    items = (await devino.send(sms(text="one"), "no message", sms(to="x"), sms(text="two"))).items
    assert [item["code"] for item in items] == ["OK", "REJECTED", "REJECTED", "OK"]
    assert items[1]["reasons"][0]["ref"] == "messages[1]"
    assert items[2]["reasons"][0]["ref"] == "messages[2].to"
    texts = [devino.emulator.ledger[item["messageId"]].text for item in (items[0], items[3])]
    assert texts == ["one", "two"]
    assert len(devino.emulator.ledger) == 2


async def test_only_approved_senders_may_send_where_they_are_given(
    http: aiohttp.ClientSession,
) -> None:
    async with DevinoEmulator(key=KEY, senders={"Shop"}) as emulator:
        items = (await Caller(emulator, http).send(sms(), sms(sender="Store"))).items
    assert [item["code"] for item in items] == ["OK", "REJECTED"]
    assert items[1]["reasons"][0]["key"] == "not.available"


async def test_an_account_without_credit_is_refused(http: aiohttp.ClientSession) -> None:
    async with DevinoEmulator(key=KEY, credit=2) as emulator:
        items = (await Caller(emulator, http).send(sms(text="a" * 161), sms())).items
        assert emulator.credit == 0
    assert [item["code"] for item in items] == ["OK", "REJECTED"]
    assert items[1]["reasons"][0]["key"] == "billing.error"


@pytest.mark.parametrize(
    ("body", "key", "ref"),
    [
        (b"{", "invalid", None),
        (b"[" * 100_000, "invalid", None),
        ([], "invalid", None),
        ({}, "must.be.not.null", "messages"),
        ({"messages": []}, "must.be.not.null", "messages"),
        ({"messages": {"from": "Shop"}}, "invalid", "messages"),
        ({"messages": [sms()], "other": 1}, "invalid", "other"),
        ({"messages": [sms()], "\ud800": 1}, "invalid", "?"),
        ({"messages": [0] * 32_001}, "too.many.messages", "messages"),
    ],
)
async def test_a_body_without_a_list_of_messages_is_refused_whole(
    devino: Caller, body: Any, key: str, ref: str | None
) -> None:
    answer = await devino.call("/sms/messages", body)
    assert answer.status == 400
    assert answer.data["result"] is None
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == (key, ref)


async def test_a_body_must_be_declared_as_json(devino: Caller) -> None:
    plain = await devino.call("/sms/messages", {"messages": [sms()]}, content_type="text/plain")
    assert plain.data["reasons"][0]["ref"] == "Content-Type"
    named = "application/json; charset=utf-8"
    taken = await devino.call("/sms/messages", {"messages": [sms()]}, content_type=named)
    assert taken.items[0]["code"] == "OK"


@pytest.mark.parametrize("query", ["?includeSegmentId=1", "?shortenUrl=", "?other=true"])
async def test_a_wrong_query_is_refused_whole(devino: Caller, query: str) -> None:
    answer = await devino.send(sms(), query=query)
    assert answer.status == 400
    assert answer.data["reasons"][0]["key"] == "invalid"
    assert len(devino.emulator.ledger) == 0


async def test_a_full_batch_is_taken(devino: Caller) -> None:
    answer = await devino.send(*[sms()] * 32_000)
    assert len({item["messageId"] for item in answer.items}) == 32_000


# Ids


async def test_ids_are_text_that_a_double_cannot_hold(devino: Caller) -> None:
    ids = [item["messageId"] for item in (await devino.send(*[sms()] * 50)).items]
    assert all(isinstance(id, str) and len(id) == 19 and int(id) > 2**53 for id in ids)
    assert all(
        int(repr(float(id)).replace(".", "").split("e")[0].ljust(19, "0")) != int(id) for id in ids
    )
    assert len({float(id) for id in ids}) == 50


async def test_segments_have_ids_of_their_own_where_they_are_asked_for(devino: Caller) -> None:
    long = sms(text="л" * 150)
    [item] = (await devino.send(long, query="?includeSegmentId=true")).items
    assert len(set(item["segmentsId"])) == 3
    assert item["segmentsId"][0] == item["messageId"]
    [unasked] = (await devino.send(long, query="?includeSegmentId=false")).items
    assert "segmentsId" not in unasked


async def test_statuses_are_asked_for_by_text_or_number(devino: Caller) -> None:
    first, second = await devino.sent(), await devino.sent()
    items = (await devino.statuses([second, int(first), first, "1", "not a number"])).items
    assert items == [
        {"smsId": int(id), "status": "ACCEPTED", "statusDateTime": "2027-01-01 09:00:00"}
        for id in (second, first)
    ]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"ids": ["1"]}, "invalid"),
        ("1", "invalid"),
        ([True], "invalid"),
        ([1.5], "invalid"),
        ([None], "invalid"),
        ([""], "invalid"),
        ([["1"]], "invalid"),
        (["1"] * 501, "too.many.messages"),
    ],
)
async def test_ids_come_as_a_bare_array(devino: Caller, body: Any, key: str) -> None:
    answer = await devino.statuses(body)
    assert answer.status == 400
    assert answer.data["reasons"][0]["key"] == key


async def test_up_to_500_ids_are_asked_for_at_once(devino: Caller) -> None:
    assert (await devino.statuses([str(id) for id in range(1, 501)])).items == []


async def test_wrong_items_beside_each_other_break_nothing(devino: Caller) -> None:
    answer = await devino.call("/sms/messages", {"messages": [5, {"to": 5}, {"to": None}]})
    assert [item["code"] for item in answer.items] == ["REJECTED"] * 3
