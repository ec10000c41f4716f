"""What the emulated address book lists: which rows, in which order, in which form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import SandboxClock
from tests.support.devino_book import CONTACTS, LISTS, PHONE, Book, key_of
from tests.support.devino_http import KEY, Caller


@pytest.fixture
async def book(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Book]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Book(Caller(emulator, http))


# Listing


async def test_t21_t29_a_list_is_shown_as_documented(book: Book) -> None:
    list_id = await book.created(fields=[{"name": "Nickname", "displayName": "Nick", "type": 3}])
    book.emulator.clock.advance(timedelta(hours=1))
    await book.upload(list_id, {"phone": PHONE})
    [row] = await book.lists()
    fields = row.pop("fields")
    assert row == {
        "contactGroupId": list_id,
        "companyId": 234,
        "name": "Customers",
        "creationDate": "2027-01-01T09:00:00",
        "lastUpdate": "2027-01-01T10:00:00",
        "contactsCount": "1",
        "segmentsCount": "0",
        "type": "STANDARD",
        "autoDeleteEnabled": False,
    }
    assert fields[0] == {"name": "name", "displayName": "Name", "type": 3, "isDefault": True}
    assert fields[2]["values"] == ["gender.male", "gender.female"]
    assert fields[-1] == {
        "name": "Nickname",
        "displayName": "Nick",
        "type": 3,
        "isDefault": False,
    }


async def test_t29_a_contact_is_shown_as_documented(book: Book) -> None:
    list_id = await book.created()
    contact = {
        "phone": PHONE,
        "email": "valya@yandex.ru",
        "fields": [{"name": "surname", "type": 3, "value": "Smith"}],
    }
    [item] = (await book.upload(list_id, contact)).items
    contact_id = item["result"]["contactId"]
    at = book.emulator.clock.now() + timedelta(days=1)
    book.emulator.book.unsubscribe(contact_id, "EMAIL", "valya@yandex.ru", at)
    [row] = await book.contacts(list_id)
    fields = {field["name"]: field for field in row.pop("fields")}
    assert row == {
        "contactId": contact_id,
        "companyId": 234,
        "contactGroupId": list_id,
        "creationDate": "2027-01-01 09:00:00",
        "lastUpdate": "2027-01-01 09:00:00",
        "phone": PHONE,
        "email": "valya@yandex.ru",
        "unsubscribedData": [
            {
                "companyId": 234,
                "data": "valya@yandex.ru",
                "dataType": "EMAIL",
                "channelList": [
                    {
                        "channel": "EMAIL",
                        "unsubscribedAt": "2027-01-02T09:00:00",
                        "unsubscribedType": "SPAM",
                    }
                ],
                "updatedAt": "2027-01-02 09:00:00",
            }
        ],
    }
    assert fields["surname"] == {
        "name": "surname",
        "displayName": "Last name",
        "type": 3,
        "isDefault": True,
        "value": "Smith",
    }
    assert "value" not in fields["name"]


async def test_limit_and_offset_choose_rows(book: Book) -> None:
    ids = [await book.created() for _ in range(5)]

    async def chosen(query: str) -> list[str]:
        return [row["contactGroupId"] for row in await book.lists(query)]

    assert await chosen("?limit=2") == ids[:2]
    assert await chosen("?limit=2&offset=3") == ids[3:]
    assert await chosen("?offset=4") == ids[4:]
    assert await chosen("?limit=10&offset=5") == []


async def test_t16_types_are_repeated_keys(book: Book) -> None:
    push, stop = await book.created(type="PUSH"), await book.created(type="STOPLIST")
    await book.created()
    rows = await book.lists("?type=PUSH&type=STOPLIST")
    assert [row["contactGroupId"] for row in rows] == [push, stop]
    assert key_of(await book.get(f"{LISTS}?type=PUSH%2CSTOPLIST")) == ("invalid", "type")
    assert await book.lists("?type=OMNI_API") == []


async def test_t32_a_space_in_a_date_is_a_plus_or_20_and_never_a_real_plus(book: Book) -> None:
    await book.created()
    assert len(await book.lists("?from=2027-01-01+09%3A00%3A00")) == 1
    assert len(await book.lists("?to=2027-01-01%2009:00:00")) == 1
    assert await book.lists("?from=2027-01-01+09%3A00%3A01") == []
    assert await book.lists("?to=2027-01-01+08%3A59%3A59") == []
    for wrong in ("2027-01-01%2B09:00:00", "2027-01-01T09:00:00", "2027-01-01"):
        assert key_of(await book.get(f"{LISTS}?from={wrong}")) == ("invalid", "from")


@pytest.mark.parametrize(
    ("query", "ref"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("zoneOffset=1.5", "zoneOffset"),
        ("autoDeleteEnabled=yes", "autoDeleteEnabled"),
        ("name=", "name"),
        ("count=5", "count"),
    ],
)
async def test_t14_a_wrong_parameter_of_lists_is_refused(book: Book, query: str, ref: str) -> None:
    assert key_of(await book.get(f"{LISTS}?{query}")) == ("invalid", ref)


@pytest.mark.parametrize(
    ("query", "key", "ref"),
    [
        ("", "must.be.not.null", "contactGroupId"),
        ("contactGroupId=17", "invalid", "contactGroupId"),
        ("contactGroupId=17&contactGroupId=18", "invalid", "contactGroupId"),
    ],
)
async def test_contacts_need_a_list_that_there_is(
    book: Book, query: str, key: str, ref: str
) -> None:
    await book.created()
    assert key_of(await book.get(f"{CONTACTS}?{query}")) == (key, ref)


@pytest.mark.parametrize("query", ["descOrder=1", "limit=0", "orderField=phone", "queryName="])
async def test_t14_a_wrong_parameter_of_contacts_is_refused(book: Book, query: str) -> None:
    list_id = await book.created()
    answer = await book.get(f"{CONTACTS}?contactGroupId={list_id}&{query}")
    assert key_of(answer) == ("invalid", query.partition("=")[0])


async def test_contacts_are_sorted_and_filtered(book: Book) -> None:
    list_id = await book.created()
    for name in ("Bob", "Ann", "Cid"):
        await book.upload(
            list_id,
            {"email": f"{name}@example.com", "fields": [{"name": "name", "value": name}]},
        )
        book.emulator.clock.advance(timedelta(hours=1))

    async def shown(query: str) -> list[str]:
        return [row["email"][:3] for row in await book.contacts(list_id, f"&{query}")]

    assert await shown("sortByField=name") == ["Ann", "Bob", "Cid"]
    assert await shown("sortByField=name&descOrder=true&limit=2") == ["Cid", "Bob"]
    assert await shown("sortByField=CreationDate&descOrder=true") == ["Cid", "Ann", "Bob"]
    assert await shown("sortByField=CreationDate&descOrder=false") == ["Bob", "Ann", "Cid"]
    assert await shown("sortByField=fax") == ["Bob", "Ann", "Cid"]
    assert await shown("descOrder=true") == ["Cid", "Ann", "Bob"]
    assert await shown("queryName=name&queryOperator=any&queryValue=Ann") == ["Ann"]
    assert await shown("queryName=email&queryValue=Cid%40example.com") == ["Cid"]
    assert await shown("pushToken=a") == []
    assert await shown("segmentId=1") == []
    assert await shown("subscriptionChannel=EMAIL&subscriptionState=any") == ["Bob", "Ann", "Cid"]
