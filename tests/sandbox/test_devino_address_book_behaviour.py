"""What the documents leave open about the address book, each answer of the emulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, EmptyFields
from devino_async.sandbox.address_book_behaviour import (
    AddressBookBehaviour,
    DeletedId,
    DeletionOrder,
    DeletionReasons,
    EmptyResult,
    ListId,
    UnknownList,
    ValueForm,
)
from omni_common.sandbox import SandboxClock
from tests.support.devino_book import LISTS, PHONE, Book
from tests.support.devino_http import KEY, Caller


@pytest.fixture
async def book(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Book]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Book(Caller(emulator, http))


def turn(book: Book, **switches: Any) -> None:
    """Turn switches of the address book; all others have their default."""
    book.emulator.behaviour = DevinoBehaviour(address_book=AddressBookBehaviour(**switches))


# The switches that all calls share


async def test_nothing_can_be_null_or_absent(book: Book) -> None:
    list_id = await book.created()
    book.emulator.behaviour = DevinoBehaviour(empty_fields=EmptyFields.NULL)
    made = await book.create({"name": "a"})
    assert made.data.keys() == {"result", "reasons", "description"}
    added, refused = (await book.upload(list_id, {"phone": PHONE}, {})).items
    assert added["description"] is None
    assert added["result"].keys() == refused["result"].keys()
    assert refused["result"]["contactId"] is None
    [row] = await book.contacts(list_id)
    assert (row["email"], row["pushInfo"], row["unsubscribedData"]) == (None, None, None)
    assert all(field["values"] is None for field in row["fields"] if field["name"] != "gender")
    [deleted] = (await book.delete(f"?ids={list_id}")).items
    assert (deleted["description"], deleted["reasons"]) == (None, None)


async def test_t5_statuses_can_tell_whether_anything_was_accepted(book: Book) -> None:
    book.emulator.behaviour = DevinoBehaviour(
        accepted_status=201, all_rejected_status=400, refused_status=200
    )
    made = await book.create({"name": "a"})
    list_id = made.data["result"]
    assert made.status == 201
    assert (await book.create({})).status == 200
    assert (await book.upload(list_id, {"phone": PHONE}, {})).status == 201
    assert (await book.upload(list_id, {})).status == 400
    assert (await book.delete("?ids=17")).status == 400
    assert (await book.delete(f"?ids=17&ids={list_id}")).status == 201


async def test_what_no_document_names_can_be_ignored(book: Book) -> None:
    book.emulator.behaviour = DevinoBehaviour(accepts_unknown_fields=True, accepts_plus=True)
    list_id = await book.created(color="red")
    contact = {"phone": f"+{PHONE}", "name": "John"}
    assert (await book.upload(list_id, contact, query="?dryRun=1")).items[0]["code"] == "OK"
    assert len(await book.lists("?count=5")) == 1


async def test_answers_can_hold_keys_no_document_names(book: Book) -> None:
    book.emulator.behaviour = DevinoBehaviour(extra_keys=True, reasons_as_object=True)
    list_id = await book.created()
    refused = await book.create({})
    uploaded = await book.upload(list_id, {"phone": PHONE})
    lists, contacts = await book.lists(), await book.contacts(list_id)
    deleted = await book.delete(f"?ids={list_id}")
    objects = [
        *(refused.data, refused.data["reasons"]),
        *(uploaded.data, uploaded.items[0], uploaded.items[0]["result"]),
        *(lists[0], contacts[0]),
        *(deleted.data, deleted.items[0]),
    ]
    assert all("addedLater" in each for each in objects)


# The address book's own switches


async def test_t18_the_id_of_a_list_can_be_a_number(book: Book) -> None:
    turn(book, list_id=ListId.NUMBER)
    made = (await book.create({"name": "Customers"})).data["result"]
    assert isinstance(made, int)
    assert str(made) in book.emulator.book.lists
    await book.upload(str(made), {"phone": PHONE})
    assert [row["contactGroupId"] for row in await book.lists()] == [made]
    assert [row["contactGroupId"] for row in await book.contacts(str(made))] == [made]


@pytest.mark.parametrize("form", DeletedId)
async def test_t18_a_deletion_can_tell_ids_in_three_forms(book: Book, form: DeletedId) -> None:
    turn(book, deleted_id=form)
    list_id = await book.created()
    odd = "9" * 500
    told, strange = (await book.delete(f"?ids={list_id}&ids={odd}")).items
    assert strange["result"] == odd
    match form:
        case DeletedId.TEXT:
            assert told["result"] == list_id
        case DeletedId.NUMBER:
            assert told["result"] == int(list_id)
        case DeletedId.ROUNDED_NUMBER:
            assert told["result"] != int(list_id)
            assert float(told["result"]) == float(list_id)


async def test_a_deletion_can_tell_ids_in_another_order(book: Book) -> None:
    turn(book, deletion_order=DeletionOrder.REVERSED)
    ids = [await book.created() for _ in range(3)]
    told = (await book.delete("?ids=" + "&ids=".join(ids))).items
    assert [item["result"] for item in told] == ids[::-1]


@pytest.mark.parametrize(
    ("unknown", "codes"),
    [
        (UnknownList.REJECTED, ["REJECTED", "OK"]),
        (UnknownList.OK, ["OK", "OK"]),
        (UnknownList.MISSING, ["OK"]),
    ],
)
async def test_a_list_that_is_not_there_can_be_answered_in_three_ways(
    book: Book, unknown: UnknownList, codes: list[str]
) -> None:
    turn(book, unknown_list=unknown)
    list_id = await book.created()
    told = (await book.delete(f"?ids=17&ids={list_id}")).items
    assert [item["code"] for item in told] == codes
    assert told[-1]["result"] == list_id


async def test_the_reasons_of_a_deletion_can_stand_beside_its_items(book: Book) -> None:
    turn(book, deletion_reasons=DeletionReasons.BESIDE_RESULT)
    list_id = await book.created()
    answer = await book.delete(f"?ids=17&ids={list_id}")
    assert [reason["key"] for reason in answer.data["reasons"]] == ["invalid"]
    assert all("reasons" not in item for item in answer.items)
    assert "reasons" not in (await book.delete(f"?ids={await book.created()}")).data


async def test_pages_can_have_a_size_of_their_own(book: Book) -> None:
    list_id = await book.created()
    await book.upload(list_id, *({"phone": str(79_100_000_000 + n)} for n in range(60)))
    assert len(await book.contacts(list_id)) == 20
    assert len(await book.contacts(list_id, "&limit=60")) == 60
    turn(book, default_limit=None)
    assert len(await book.contacts(list_id)) == 60
    assert len(await book.contacts(list_id, "&offset=5")) == 55
    turn(book, longest_page=50)
    assert len(await book.contacts(list_id, "&limit=60")) == 50
    assert len(await book.contacts(list_id)) == 20
    turn(book, longest_page=50, default_limit=None)
    assert len(await book.contacts(list_id)) == 50


async def test_nothing_to_list_can_be_null(book: Book) -> None:
    turn(book, empty_result=EmptyResult.NULL)
    assert (await book.get(LISTS)).data == {"result": None}
    await book.created()
    assert len((await book.get(LISTS)).items) == 1
    assert (await book.get(f"{LISTS}?offset=1")).data == {"result": None}


async def test_the_newest_can_come_first(book: Book) -> None:
    turn(book, newest_first=True)
    first, second = await book.created(), await book.created()
    assert [row["contactGroupId"] for row in await book.lists()] == [second, first]
    await book.upload(first, {"phone": "79100000001"}, {"phone": "79100000002"})

    async def shown(query: str) -> list[str]:
        return [row["phone"][-1] for row in await book.contacts(first, query)]

    assert await shown("") == ["2", "1"]
    assert await shown("&descOrder=false") == ["1", "2"]
    assert await shown("&sortByField=phone") == ["1", "2"]


@pytest.mark.parametrize(("is_part", "found"), [(False, 0), (True, 1)])
async def test_a_name_can_be_found_by_a_part(book: Book, found: int, *, is_part: bool) -> None:
    turn(book, name_is_part=is_part)
    await book.created(name="My customers")
    assert len(await book.lists("?name=customers")) == found
    assert len(await book.lists("?name=My+customers")) == 1
    assert await book.lists("?name=others") == []


async def test_t21_counts_can_be_numbers(book: Book) -> None:
    turn(book, counts_as_text=False)
    await book.created()
    [row] = await book.lists()
    assert (row["contactsCount"], row["segmentsCount"]) == (0, 0)


async def test_t77_the_last_update_of_a_contact_can_be_named_as_in_the_table(book: Book) -> None:
    turn(book, last_update_key="last update")
    list_id = await book.created()
    await book.upload(list_id, {"phone": PHONE})
    [row] = await book.contacts(list_id)
    assert row["last update"] == row["creationDate"]
    assert "lastUpdate" not in row


async def test_t22_the_value_of_a_field_can_be_an_array_always(book: Book) -> None:
    list_id = await book.created()
    fields = [{"name": "name", "value": "John"}, {"name": "city", "value": ["Omsk", "Tver"]}]
    await book.upload(list_id, {"phone": PHONE, "fields": fields})

    async def values() -> dict[str, Any]:
        [row] = await book.contacts(list_id)
        return {each["name"]: each["value"] for each in row["fields"] if "value" in each}

    assert await values() == {"name": "John", "city": ["Omsk", "Tver"]}
    turn(book, value_form=ValueForm.LIST)
    assert await values() == {"name": ["John"], "city": ["Omsk", "Tver"]}


async def test_fields_that_hold_nothing_can_be_left_out(book: Book) -> None:
    list_id = await book.created(fields=[{"name": "Auto"}])
    contact = {"phone": PHONE, "fields": [{"name": "name", "value": "John"}]}
    await book.upload(list_id, contact)
    [row] = await book.contacts(list_id)
    assert {"name", "city", "Auto"} <= {each["name"] for each in row["fields"]}
    turn(book, shows_empty_fields=False)
    [row] = await book.contacts(list_id)
    assert [each["name"] for each in row["fields"]] == ["name"]


async def test_t30_t35_dates_can_be_of_another_zone(book: Book) -> None:
    await book.created()

    async def shown(query: str) -> list[str]:
        return [row["creationDate"][11:13] for row in await book.lists(query)]

    turn(book, dates_offset=timedelta(hours=3))
    assert await shown("") == ["12"]
    assert await shown("?from=2027-01-01+12:00:00") == ["12"]
    assert await shown("?from=2027-01-01+12:00:01") == []
    assert await shown("?zoneOffset=-60") == ["08"]
    assert await shown("?zoneOffset=-60&to=2027-01-01+08:00:00") == ["08"]
    turn(book, zone_offset_moves_dates=False)
    assert await shown("?zoneOffset=-60") == ["09"]


async def test_fields_that_nobody_declared_can_be_taken(book: Book) -> None:
    turn(book, accepts_undeclared_fields=True)
    list_id = await book.created()
    contact = {"phone": PHONE, "fields": [{"name": "Auto", "value": "x"}]}
    assert (await book.upload(list_id, contact)).items[0]["code"] == "OK"
    [row] = await book.contacts(list_id)
    [field] = [each for each in row["fields"] if each["name"] == "Auto"]
    assert field == {"name": "Auto", "value": "x"}
