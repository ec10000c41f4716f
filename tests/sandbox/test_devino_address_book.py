"""The emulated address book: lists that are made, filled and deleted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoEmulator
from devino_async.sandbox.contacts import ContactBook
from omni_common.sandbox import SandboxClock
from tests.support.devino_book import CONTACTS, LISTS, PHONE, Book, key_of
from tests.support.devino_http import KEY, Caller


@pytest.fixture
async def book(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Book]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Book(Caller(emulator, http))


# Making lists


async def test_the_documented_request_makes_a_list(book: Book) -> None:
    answer = await book.create(
        {
            "fields": [
                {"displayName": "NickName", "name": "Nickname", "type": 3},
                {"displayName": "Automobile", "name": "Auto", "type": 3},
            ],
            "name": "TestList",
            "type": "STANDARD",
            "autoDeleteEnabled": True,
        }
    )
    assert (answer.status, answer.data.keys()) == (200, {"result"})
    assert re.fullmatch("[0-9]{19}", answer.data["result"])
    [kept] = book.emulator.book
    assert (kept.id, kept.name, kept.type) == (answer.data["result"], "TestList", "STANDARD")
    assert kept.auto_delete_enabled
    assert [each["name"] for each in kept.fields] == ["Nickname", "Auto"]


@pytest.mark.parametrize("name", [{}, {"name": None}, {"name": ""}], ids=repr)
async def test_t3_a_list_without_a_name_is_refused_as_documented(
    book: Book, name: dict[str, Any]
) -> None:
    answer = await book.create({"type": "STANDARD", **name})
    assert answer.status == 400
    assert answer.data == {
        "result": None,
        "reasons": [
            {
                "key": "name.must.be.not.null",
                "ref": "name",
                "defaultMessage": "must not be null",
            }
        ],
        "description": "Key error: (parameter: name -> must not be null)",
    }
    assert not book.emulator.book.lists


@pytest.mark.parametrize(
    ("field", "value", "ref"),
    [
        ("name", 5, "name"),
        ("type", "VIP", "type"),
        ("type", "OMNI_API", "type"),
        ("type", ["STANDARD"], "type"),
        ("autoDeleteEnabled", "true", "autoDeleteEnabled"),
        ("fields", {}, "fields"),
        ("fields", ["Nickname"], "fields[0]"),
        ("fields", [{"name": "a"}, {"name": ""}], "fields[1].name"),
        ("fields", [{"displayName": "a"}], "fields[0].name"),
        ("fields", [{"name": "a", "displayName": ""}], "fields[0].displayName"),
        ("fields", [{"name": "a", "type": "3"}], "fields[0].type"),
        ("fields", [{"name": "a", "type": 4}], "fields[0].type"),
        ("fields", [{"name": "a", "type": True}], "fields[0].type"),
        ("fields", [{"name": "a", "values": "x"}], "fields[0].values"),
        ("fields", [{"name": "a", "value": "x"}], "value"),
        ("title", "a", "title"),
    ],
    ids=repr,
)
async def test_t22_a_malformed_list_is_refused(
    book: Book, field: str, value: Any, ref: str
) -> None:
    answer = await book.create({"name": "Customers", field: value})
    assert key_of(answer) == ("invalid", ref)
    assert answer.data["result"] is None
    assert answer.data["description"] == f"Key error: (parameter: {ref} -> is not valid)"


async def test_what_is_no_list_at_all_is_refused(book: Book) -> None:
    assert (await book.create([])).status == 400
    assert (await book.create(b"{")).status == 400
    assert (await book.caller.call(LISTS, {"name": "a"}, content_type="text/plain")).status == 400
    assert key_of(await book.create({"name": "a"}, "?dryRun=true")) == ("invalid", "dryRun")
    assert not book.emulator.book.lists


# Filling lists


async def test_the_documented_contact_is_added(book: Book) -> None:
    list_id = await book.created(type="PUSH")
    contact = {
        "email": "john@ggl.cm",
        "fields": [
            {"name": "name", "type": 3, "value": "John"},
            {"name": "surname", "type": 3, "value": "Smith"},
            {"name": "gender", "type": 3, "value": "gender.male"},
        ],
        "phone": PHONE,
        "pushInfo": [{"appId": "23244532534", "os": 0, "pushToken": "23fsdivfwrq34frv"}],
    }
    answer = await book.upload(list_id, contact, duplicateCheckField="phone")
    assert answer.status == 200
    [item] = answer.items
    assert item == {"code": "OK", "result": {"contactId": item["result"]["contactId"]}}
    contact_id = item["result"]["contactId"]
    assert re.fullmatch("[0-9a-f]{16}-[0-9a-f]{16}", contact_id)
    kept = book.emulator.book.contact(contact_id)
    assert kept is not None
    assert (kept.list_id, kept.phone, kept.email) == (list_id, PHONE, "john@ggl.cm")
    assert list(kept.fields) == contact["fields"]
    assert list(kept.push_info) == contact["pushInfo"]


async def test_t2_t4_a_contact_like_one_in_the_list_is_refused_as_documented(book: Book) -> None:
    list_id, other = await book.created(), await book.created()
    await book.upload(list_id, {"phone": PHONE})
    answer = await book.upload(
        list_id,
        {"phone": PHONE, "email": "a@example.com"},
        {"phone": "79100000001"},
        {"phone": "79100000001"},
        {"email": "a@example.com"},
        duplicateCheckField="phone",
    )
    assert answer.status == 200
    assert [item["code"] for item in answer.items] == ["REJECTED", "OK", "REJECTED", "OK"]
    assert answer.items[0] == {
        "code": "REJECTED",
        "result": {
            "localizationKey": "DUPLICATE_VALUE",
            "fieldName": "phone",
            "displayName": "Phone",
        },
        "description": "Duplicate",
    }
    elsewhere = await book.upload(other, {"phone": PHONE}, duplicateCheckField="phone")
    assert elsewhere.items[0]["code"] == "OK"


async def test_duplicates_are_looked_for_in_any_field_or_in_none(book: Book) -> None:
    list_id = await book.created(fields=[{"name": "Card", "displayName": "Card no."}])

    def contact(*cards: str) -> dict[str, Any]:
        return {"phone": PHONE, "fields": [{"name": "Card", "value": list(cards)}]}

    contacts = [contact("1", "2"), contact("2"), contact("3")]
    answer = await book.upload(list_id, *contacts, duplicateCheckField="Card")
    assert [item["code"] for item in answer.items] == ["OK", "REJECTED", "OK"]
    assert answer.items[1]["result"]["displayName"] == "Card no."
    again = await book.upload(list_id, *contacts)
    assert [item["code"] for item in again.items] == ["OK"] * 3


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({}, "phone"),
        ({"fields": []}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone": "+79100000000"}, "phone"),
        ({"phone": "0079100000000"}, "phone"),
        ({"phone": 79100000000}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"email": ["a@example.com"]}, "email"),
        ({"phone": PHONE, "fields": "John"}, "fields"),
        ({"phone": PHONE, "fields": ["John"]}, "fields"),
        ({"phone": PHONE, "fields": [{"value": "John"}]}, "fields.name"),
        ({"phone": PHONE, "fields": [{"name": "name"}]}, "name"),
        ({"phone": PHONE, "fields": [{"name": "name", "value": None}]}, "name"),
        ({"phone": PHONE, "fields": [{"name": "gender", "value": {}}]}, "gender"),
        ({"phone": PHONE, "fields": [{"name": "gender", "value": "male"}]}, "gender"),
        ({"phone": PHONE, "fields": [{"name": "Auto", "value": "x"}]}, "Auto"),
        ({"phone": PHONE, "pushInfo": {}}, "pushInfo"),
        ({"phone": PHONE, "pushInfo": ["a"]}, "pushInfo"),
        ({"pushInfo": [{"os": 0, "pushToken": "a"}]}, "pushInfo.appId"),
        ({"pushInfo": [{"appId": "a", "os": "0", "pushToken": "a"}]}, "pushInfo.os"),
        ({"pushInfo": [{"appId": "a", "os": 0, "pushToken": ""}]}, "pushInfo.pushToken"),
        ({"phone": PHONE, "name": "John"}, "name"),
        ("79100000000", None),
        (None, None),
    ],
    ids=repr,
)
async def test_a_malformed_contact_is_refused_alone(book: Book, contact: Any, field: Any) -> None:
    list_id = await book.created()
    answer = await book.upload(list_id, contact, {"phone": PHONE})
    refused, added = answer.items
    assert (refused["code"], refused["result"]["fieldName"]) == ("REJECTED", field)
    assert refused["result"]["localizationKey"] in {"INVALID", "MUST_BE_NOT_NULL"}
    assert refused["description"]
    assert added["code"] == "OK"
    assert len(book.emulator.book.lists[list_id].contacts) == 1


async def test_t22_a_value_may_be_text_or_an_array(book: Book) -> None:
    list_id = await book.created(fields=[{"name": "Color", "values": ["red", "blue"]}])
    name = {"name": "name", "value": "John"}
    answers = [
        await book.upload(
            list_id, {"phone": PHONE, "fields": [name, {"name": "Color", "value": colors}]}
        )
        for colors in (["red", "blue"], ["red", "green"])
    ]
    [[taken], [refused]] = [answer.items for answer in answers]
    assert (taken["code"], refused["code"]) == ("OK", "REJECTED")
    assert refused["result"]["fieldName"] == "Color"


@pytest.mark.parametrize(
    ("change", "key", "ref"),
    [
        ({"contactGroupId": None}, "must.be.not.null", "contactGroupId"),
        ({"contactGroupId": "17"}, "invalid", "contactGroupId"),
        ({"contactGroupId": True}, "invalid", "contactGroupId"),
        ({"contactGroupId": 17.0}, "invalid", "contactGroupId"),
        ({"contactGroupId": 17}, "invalid", "contactGroupId"),
        ({"contacts": None}, "must.be.not.null", "contacts"),
        ({"contacts": []}, "must.be.not.null", "contacts"),
        ({"contacts": {"phone": PHONE}}, "invalid", "contacts"),
        ({"duplicateCheckField": 0}, "invalid", "duplicateCheckField"),
        ({"duplicateCheckField": "fax"}, "invalid", "duplicateCheckField"),
        ({"duplicateCheckField": ["phone"]}, "invalid", "duplicateCheckField"),
        ({"zoneOffset": 180}, "invalid", "zoneOffset"),
    ],
    ids=repr,
)
async def test_t20_t23_a_malformed_upload_is_refused_whole(
    book: Book, change: dict[str, Any], key: str, ref: str
) -> None:
    list_id = await book.created()
    answer = await book.upload(list_id, **{"contacts": [{"phone": PHONE}], **change})
    assert key_of(answer) == (key, ref)
    assert not book.emulator.book.lists[list_id].contacts


@pytest.mark.parametrize(
    ("query", "ref"),
    [
        ("?zoneOffset=x", "zoneOffset"),
        ("?zoneOffset=1440", "zoneOffset"),
        ("?timeOffset=180", "timeOffset"),
    ],
)
async def test_t35_the_offset_of_an_upload_is_minutes_in_the_query(
    book: Book, query: str, ref: str
) -> None:
    list_id = await book.created()
    assert key_of(await book.upload(list_id, {"phone": PHONE}, query=query)) == ("invalid", ref)
    answer = await book.upload(list_id, {"phone": PHONE}, query="?zoneOffset=-180")
    assert answer.status == 200


# Deleting


async def test_t13_lists_are_deleted_by_ids_where_they_are_made(book: Book) -> None:
    ids = [await book.created() for _ in range(3)]
    answer = await book.delete(f"?ids={ids[2]}&ids={ids[0]}&ids={ids[0]}")
    assert answer.status == 200
    assert answer.data == {
        "result": [{"code": "OK", "result": ids[2]}, {"code": "OK", "result": ids[0]}]
    }
    assert list(book.emulator.book.lists) == [ids[1]]
    path = "/address-book-api/contacts-groups"
    elsewhere = await book.caller.call(f"{path}?smsIds={ids[1]}", method="DELETE")
    assert elsewhere.status == 404
    assert key_of(await book.delete(f"?smsIds={ids[1]}")) == ("invalid", "smsIds")
    assert key_of(await book.delete("")) == ("must.be.not.null", "ids")
    assert key_of(await book.delete("?ids=")) == ("invalid", "ids")
    assert list(book.emulator.book.lists) == [ids[1]]


async def test_an_unknown_list_is_refused_for_itself(book: Book) -> None:
    list_id = await book.created()
    answer = await book.delete(f"?ids=17&ids={list_id}")
    assert answer.data["result"] == [
        {
            "code": "REJECTED",
            "result": "17",
            "description": "Not found",
            "reasons": [{"key": "invalid", "ref": "ids", "defaultMessage": "is not valid"}],
        },
        {"code": "OK", "result": list_id},
    ]


async def test_the_contacts_of_a_deleted_list_are_gone(book: Book) -> None:
    list_id = await book.created()
    [item] = (await book.upload(list_id, {"phone": PHONE})).items
    contact_id = item["result"]["contactId"]
    assert book.emulator.book.contact(contact_id) is not None
    await book.delete(f"?ids={list_id}")
    assert book.emulator.book.contact(contact_id) is None
    assert (await book.get(f"{CONTACTS}?contactGroupId={list_id}")).status == 400


def test_nobody_unsubscribes_who_is_not_there(clock: SandboxClock) -> None:
    with pytest.raises(KeyError, match="17"):
        ContactBook().unsubscribe("17", "EMAIL", "a@example.com", clock.now())


# Who may come in


async def test_each_call_has_a_right_of_its_own(book: Book) -> None:
    list_id = await book.created()
    calls = {
        "list_create": book.create({"name": "a"}),
        "contacts_upload": book.upload(list_id, {"phone": PHONE}),
        "lists": book.get(LISTS),
        "contacts": book.get(f"{CONTACTS}?contactGroupId={list_id}"),
        "lists_delete": book.delete(f"?ids={list_id}"),
    }
    for name, call in calls.items():
        book.emulator.key_operations = frozenset(calls.keys() - {name})
        answer = await call
        assert answer.status == 403
        assert answer.data["reasons"][0]["key"] == "forbidden"
    assert list(book.emulator.book.lists) == [list_id]
    assert not book.emulator.book.lists[list_id].contacts


async def test_a_stranger_sees_nothing(book: Book) -> None:
    await book.created()
    stranger = evolve(book, caller=evolve(book.caller, authorization="Key wrong"))
    answer = await stranger.get(LISTS)
    assert (answer.status, answer.body) == (401, b"")
