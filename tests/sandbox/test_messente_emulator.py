"""Messente on loopback: who is let in, what each call answers, and in which shape."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
import pytest

from messente_async.sandbox import (
    Account,
    BulkItems,
    MessenteBehaviour,
    MessenteEmulator,
)
from omni_common.errors import ConfigurationError
from omni_common.sandbox import Scenario
from tests.support.messente_caller import NOWHERE, MessenteCaller, Reading, omnimessage, sms


def assert_error(reading: Reading, status: int, code: str, title: str, source: str | None) -> None:
    """The documented shape: four keys in each error, the code as text (contracts B0)."""
    assert reading.status == status
    assert reading.content_type == "application/json"
    [error] = reading.data["errors"]
    assert error.keys() == {"title", "detail", "code", "source"}
    assert (error["code"], error["title"], error["source"]) == (code, title, source)
    assert error["detail"]


def test_it_refuses_to_listen_beyond_loopback() -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        MessenteEmulator(host="0.0.0.0")


async def test_its_url_says_where_it_is_and_holds_the_credentials_encoded() -> None:
    async with MessenteEmulator(username="a/b@c", password="p:w%d é") as messente_emulator:
        parts = urlsplit(messente_emulator.url)
    assert (parts.scheme, parts.hostname, parts.path) == ("messente", "127.0.0.1", "/v1")
    assert parts.port == messente_emulator.port
    assert unquote(parts.username or "") == "a/b@c"
    assert unquote(parts.password or "") == "p:w%d é"
    assert messente_emulator.base_url == f"http://127.0.0.1:{messente_emulator.port}/v1"


async def test_an_omnimessage_is_accepted_with_an_id_for_each_channel(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    payload = omnimessage({"channel": "viber", "text": "Hi"}, sms(sender="Shop"), to="+37255555")
    reading = await messente.send(payload)
    assert (reading.status, reading.content_type) == (201, "application/json")
    assert reading.data.keys() == {"to", "omnimessage_id", "messages"}
    assert reading.data["to"] == "+37255555"
    shown = [(part["channel"], part["sender"]) for part in reading.data["messages"]]
    assert shown == [("viber", "Sandbox"), ("sms", "Shop")]
    ids = [part["message_id"] for part in reading.data["messages"]]
    ids.append(reading.data["omnimessage_id"])
    assert [uuid.UUID(id).version for id in ids] == [4, 4, 4]
    [entry] = messente_emulator.ledger.find(to="37255555", text="Hi")
    assert [*entry.parts, entry.id] == ids
    assert entry.channels == ("viber", "sms")
    assert entry.content == payload
    assert entry.accepted_at == messente_emulator.clock.now()


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic c2FuZGJveDp3cm9uZw==",
        "Bearer c2FuZGJveDpzYW5kYm94LXBhc3N3b3Jk",
        "Key sandbox-password",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/omnimessage"),
        ("POST", "/omnimessages"),
        ("GET", "/omnimessage/x/status"),
        ("DELETE", "/omnimessage/x"),
        ("GET", "/nowhere"),
    ],
)
async def test_wrong_credentials_are_401(
    messente: MessenteCaller,
    messente_emulator: MessenteEmulator,
    authorization: str | None,
    method: str,
    path: str,
) -> None:
    messente.authorization = authorization
    reading = await messente.call(method, path, omnimessage(sms()) if method == "POST" else None)
    assert_error(reading, 401, "103", "Unauthorized", None)
    assert len(messente_emulator.ledger) == 0


async def test_credentials_beyond_ascii_are_utf_8(http: aiohttp.ClientSession) -> None:
    async with MessenteEmulator(username="jõgi", password="päß") as messente_emulator:
        assert (
            await MessenteCaller(messente_emulator, http).send(omnimessage(sms()))
        ).status == 201


async def test_an_address_that_is_not_on_the_list_is_403(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.address_allowed = False
    assert_error(await messente.send(omnimessage(sms())), 403, "102", "Forbidden", None)


async def test_an_unknown_path_is_404_and_a_wrong_method_405(messente: MessenteCaller) -> None:
    assert_error(await messente.call("GET", "/nowhere"), 404, "101", "Not found", None)
    reading = await messente.call("PUT", "/omnimessage", omnimessage(sms()))
    assert_error(reading, 405, "107", "Method not allowed", None)
    assert reading.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/omnimessage", "/omnimessages"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'to': 1}", b'{"to": NaN}', b"\xff", b"[" * 100_000],
    ids=lambda body: repr(body[:9]),
)
async def test_a_body_that_is_not_json_is_400(
    messente: MessenteCaller, path: str, body: bytes
) -> None:
    reading = await messente.call("POST", path, body)
    assert_error(reading, 400, "105", "Invalid data", "payload")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "json"])
async def test_a_body_that_does_not_say_it_is_json_is_400(
    messente: MessenteCaller, media_type: str
) -> None:
    reading = await messente.call("POST", "/omnimessage", omnimessage(sms()), media_type)
    assert_error(reading, 400, "105", "Invalid data", "payload")


async def test_a_media_type_with_a_charset_is_json_too(messente: MessenteCaller) -> None:
    media_type = "Application/JSON; charset=utf-8"
    reading = await messente.call("POST", "/omnimessage", omnimessage(sms()), media_type)
    assert reading.status == 201


async def test_a_forbidden_sender_is_refused_with_the_field_at_fault(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.account = Account(forbidden_senders=frozenset({"Messente"}))
    reading = await messente.send(omnimessage(sms(sender="Messente")))
    assert_error(reading, 400, "105", "Invalid data", "payload[sms][sender]")
    assert len(messente_emulator.ledger) == 0


async def test_a_missing_field_has_a_code_of_its_own(messente: MessenteCaller) -> None:
    reading = await messente.send({"messages": [sms()]})
    assert_error(reading, 400, "106", "Missing data", "payload[to]")


async def test_everything_wrong_is_named_at_once_or_the_first_thing_only(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    payload = omnimessage({"channel": "sms", "ttl": 0}, to="bad")
    sources = [error["source"] for error in (await messente.send(payload)).data["errors"]]
    assert sources == ["payload[to]", "payload[sms][ttl]", "payload[sms][text]"]
    messente_emulator.behaviour = MessenteBehaviour(first_error_only=True)
    [error] = (await messente.send(payload)).data["errors"]
    assert error["source"] == "payload[to]"


async def test_no_error_quotes_what_was_sent(messente: MessenteCaller) -> None:
    payload = omnimessage(sms(text="secret" * 999, sender="", udh="zzsecret"), to="+1secret")
    assert "secret" not in json.dumps((await messente.send(payload)).data)


async def test_t6_a_bulk_call_accepts_and_refuses_item_by_item(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    numbers = ["+37251000010", "bad", "+37251000011", Scenario.REFUSED.number()]
    reading = await messente.send_many([omnimessage(sms(), to=number) for number in numbers])
    assert reading.status == 201
    assert reading.data.keys() == {"messages"}
    first, second, third, fourth = reading.data["messages"]
    assert (first["to"], third["to"]) == ("+37251000010", "+37251000011")
    assert first["omnimessage_id"] != third["omnimessage_id"]
    for refused in (second, fourth):
        assert refused.keys() == {"errors"}
        [error] = refused["errors"]
        assert (error["code"], error["source"]) == ("105", "payload[to]")
    assert [entry.to for entry in messente_emulator.ledger] == ["+37251000010", "+37251000011"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ([], "106"),
        ({}, "106"),
        ({"messages": []}, "105"),
        ({"messages": {}}, "105"),
        ({"messages": None}, "105"),
    ],
)
async def test_a_bulk_body_without_a_list_is_refused_whole(
    messente: MessenteCaller, payload: Any, code: str
) -> None:
    title = {"105": "Invalid data", "106": "Missing data"}[code]
    reading = await messente.call("POST", "/omnimessages", payload)
    assert_error(reading, 400, code, title, "payload[messages]")


async def test_an_item_that_is_no_omnimessage_is_refused_alone(messente: MessenteCaller) -> None:
    reading = await messente.send_many([omnimessage(sms()), 7, None])
    assert ["errors" in item for item in reading.data["messages"]] == [False, True, True]


async def test_a_bulk_call_takes_as_many_as_it_is_set_to(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(max_bulk=2)
    three = [omnimessage(sms())] * 3
    reading = await messente.send_many(three)
    assert_error(reading, 400, "105", "Invalid data", "payload[messages]")
    assert len(messente_emulator.ledger) == 0
    messente_emulator.behaviour = MessenteBehaviour(max_bulk=None)
    assert len((await messente.send_many(three)).data["messages"]) == 3


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (BulkItems.IN_ORDER, ["+37251000010", "bad", "+37251000012"]),
        (BulkItems.REVERSED, ["+37251000012", "bad", "+37251000010"]),
        (BulkItems.ONE_SHORT, ["+37251000010", "bad"]),
    ],
)
async def test_a_bulk_answer_can_break_the_order_that_no_document_promises(
    messente: MessenteCaller,
    messente_emulator: MessenteEmulator,
    items: BulkItems,
    expected: list[str],
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(bulk_items=items, bulk_errors_have_to=True)
    payloads = [omnimessage(sms(), to=to) for to in ("+37251000010", "bad", "+37251000012")]
    reading = await messente.send_many(payloads)
    assert [item["to"] for item in reading.data["messages"]] == expected
    assert len(messente_emulator.ledger) == 2


async def test_a_scheduled_omnimessage_can_be_cancelled_until_its_time(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    due = messente_emulator.clock.now() + timedelta(hours=1)
    id = await messente.accepted(omnimessage(sms(), time_to_send=due.isoformat()))
    messente_emulator.clock.advance(timedelta(minutes=59))
    reading = await messente.cancel(id)
    assert (reading.status, reading.data) == (202, {})
    assert messente_emulator.ledger[id].cancelled_at == messente_emulator.clock.now()
    assert_error(await messente.cancel(id), 404, "101", "Not found", None)


async def test_a_second_cancellation_may_be_confirmed_too(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(cancels_again=True)
    due = messente_emulator.clock.now() + timedelta(hours=1)
    id = await messente.accepted(omnimessage(sms(), time_to_send=due.isoformat()))
    for _ in range(2):
        reading = await messente.cancel(id)
        assert (reading.status, reading.data) == (202, {})
    messente_emulator.clock.advance(timedelta(hours=1))
    assert_error(await messente.cancel(id), 404, "101", "Not found", None)


async def test_an_entry_names_the_call_that_took_it(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    await messente.send(omnimessage(sms()))
    await messente.send_many([omnimessage(sms())])
    assert [entry.origin for entry in messente_emulator.ledger] == ["send", "send_many"]


async def test_what_was_sent_or_never_known_cannot_be_cancelled(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    due = messente_emulator.clock.now() + timedelta(hours=1)
    scheduled = await messente.accepted(omnimessage(sms(), time_to_send=due.isoformat()))
    messente_emulator.clock.advance(timedelta(hours=1))
    for id in (scheduled, await messente.accepted(omnimessage(sms())), NOWHERE):
        assert_error(await messente.cancel(id), 404, "101", "Not found", None)
    assert messente_emulator.ledger[scheduled].cancelled_at is None


@pytest.mark.parametrize(
    "words",
    [
        "2027-01-02T09:00",
        "2027-01-02T09:00:00Z",
        "2027-01-02T13:00:00.5+04:00",
        "2027-01-02T09:00:00",
    ],
)
async def test_t37_a_time_without_a_zone_is_utc_and_an_offset_counts(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, words: str
) -> None:
    id = await messente.accepted(omnimessage(sms(), time_to_send=words))
    send_at = messente_emulator.ledger[id].send_at
    assert send_at is not None
    assert send_at.replace(microsecond=0) == datetime(2027, 1, 2, 9, tzinfo=UTC)


async def test_an_unknown_id_has_no_status(messente: MessenteCaller) -> None:
    assert_error(await messente.status(NOWHERE), 404, "101", "Not found", None)
