"""The address book over real HTTP: lists that are made, filled, read and deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.address_book import (
    ContactField,
    ContactResult,
    FieldType,
    FieldValue,
    ListType,
    NewContact,
    PushInfo,
)
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.address_book_behaviour import AddressBookBehaviour, UnknownList
from devino_async.sandbox.contacts import ContactList
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    InvalidMessageError,
    InvalidQueryError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    ReadError,
    RefusedError,
    ServerFailedError,
)
from omni_common.sandbox import Fault
from tests.support.clock import FakeClock

every_variant = pytest.mark.parametrize(
    "behaviour",
    [pytest.param(each, id=name) for name, each in variants(areas=("address_book",))],
)
UNKNOWN_LISTS = {
    UnknownList.REJECTED: Outcome.NOT_SENT,
    UnknownList.OK: Outcome.ACCEPTED,
    UnknownList.MISSING: Outcome.UNKNOWN,
}
JOHN = NewContact(
    phone="+79100000000",
    email="john@example.com",
    fields=[FieldValue("name", "John", type=FieldType.TEXT), FieldValue("Nickname", ["Jo", "J"])],
)
ANN = NewContact(email="ann@example.com")


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


async def uploaded(
    client: DevinoClient, list_id: str, *contacts: NewContact, **settings: Any
) -> list[ContactResult]:
    upload = client.address_book.upload_contacts(list_id, contacts, **settings)
    return [result async for result in upload]


async def filled(client: DevinoClient, count: int) -> str:
    """A list with *count* contacts."""
    list_id = await client.address_book.create_list("Many")
    contacts = [NewContact(phone=str(79_100_000_000 + number)) for number in range(count)]
    results = await uploaded(client, list_id, *contacts)
    assert {result.outcome for result in results} <= {Outcome.ACCEPTED}
    return list_id


# --- A list's life, whatever the documents leave open ---------------------------------------------


@every_variant
async def test_a_list_is_made_filled_listed_read_and_deleted(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    book = client.address_book
    list_id = await book.create_list(
        "Customers",
        type=ListType.STANDARD,
        fields=[ContactField("Nickname", display_name="Nick", type=FieldType.TEXT)],
        auto_delete_enabled=True,
    )
    assert list(emulator.book.lists) == [list_id]

    john, again, ann = await uploaded(
        client, list_id, JOHN, JOHN, ANN, duplicate_check_field="phone"
    )
    assert (john.outcome, again.outcome, ann.outcome) == (
        Outcome.ACCEPTED,
        Outcome.NOT_SENT,
        Outcome.ACCEPTED,
    )
    assert again.is_duplicate
    assert (again.field_name, again.display_name) == ("phone", "Phone")

    [listed] = [each async for each in book.lists(name="Customers", type=ListType.STANDARD)]
    assert (listed.contact_group_id, listed.name, listed.type) == (
        list_id,
        "Customers",
        "STANDARD",
    )
    assert (listed.contacts_count, listed.segments_count) == (2, 0)
    assert listed.auto_delete_enabled is True
    assert [field.display_name for field in listed.fields if field.name == "Nickname"] == ["Nick"]

    contacts = {each.contact_id: each async for each in book.contacts(list_id)}
    assert contacts.keys() == {john.contact_id, ann.contact_id}
    stored = contacts[john.contact_id]
    assert (stored.phone, stored.email) == ("79100000000", "john@example.com")
    assert stored.contact_group_id == list_id
    assert stored.last_update == stored.creation_date == listed.creation_date
    assert {each.name: each.texts for each in stored.fields if each.texts} == {
        "name": ("John",),
        "Nickname": ("Jo", "J"),
    }

    deleted, unknown = await book.delete_lists([list_id, "17"])
    assert (deleted.list_id, deleted.outcome) == (list_id, Outcome.ACCEPTED)
    expected = UNKNOWN_LISTS[emulator.behaviour.address_book.unknown_list]
    assert (unknown.list_id, unknown.outcome) == ("17", expected)
    assert len(unknown.reasons) == (expected is Outcome.NOT_SENT)
    assert [each async for each in book.lists()] == []
    assert not emulator.book.lists


@every_variant
async def test_an_empty_list_and_a_page_past_the_end_have_no_rows(client: DevinoClient) -> None:
    book = client.address_book
    assert [each async for each in book.lists()] == []
    assert await book.lists_page(limit=10, offset=10) == ()
    list_id = await book.create_list("Empty")
    assert [each async for each in book.contacts(list_id)] == []
    assert await book.contacts_page(list_id) == ()
    await uploaded(client, list_id, ANN)
    assert len(await book.contacts_page(list_id, limit=10)) == 1
    assert await book.contacts_page(list_id, limit=10, offset=1) == ()
    assert [each async for each in book.contacts(list_id, offset=5)] == []


@every_variant
async def test_t65_every_row_comes_once_however_many_a_page_holds(client: DevinoClient) -> None:
    list_id = await filled(client, 120)
    for _ in range(12):
        await client.address_book.create_list("Another")
    for size in (100, 120, 7):
        rows = [each async for each in client.address_book.contacts(list_id, page_size=size)]
        assert len({each.contact_id for each in rows}) == len(rows) == 120
    lists = [each async for each in client.address_book.lists(page_size=5)]
    assert len({each.contact_group_id for each in lists}) == len(lists) == 13
    part = [each async for each in client.address_book.lists(page_size=5, offset=10)]
    assert part == lists[10:]


@every_variant
async def test_t2_t3_what_the_vendor_refuses_is_a_refusal_in_each_variant(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    # The answer to a list that was not made is documented, but for its status.
    with pytest.raises(RefusedError) as refused:
        await client.address_book.create_list("a", type="VIP")
    assert (refused.value.vendor_code, refused.value.field) == ("invalid", "type")
    with pytest.raises(ReadError):
        await client.address_book.contacts_page("17")
    [result] = await uploaded(client, "17", ANN)
    assert result.outcome is not Outcome.ACCEPTED
    assert result.error is not None
    assert not emulator.book.lists


@every_variant
async def test_wrong_credentials_and_missing_rights_are_told(
    emulator: DevinoEmulator, clock: FakeClock
) -> None:
    async with DevinoClient("wrong", base_url=emulator.base_url, clock=clock) as stranger:
        with pytest.raises((AuthenticationError, PermissionDeniedError)):
            await stranger.address_book.create_list("a")
        with pytest.raises((AuthenticationError, PermissionDeniedError)):
            await stranger.address_book.delete_lists(["17"])
        with pytest.raises(ReadError) as unread:
            await stranger.address_book.lists_page()
        assert isinstance(unread.value.__cause__, AuthenticationError | PermissionDeniedError)
        [result] = await uploaded(stranger, "17", ANN)
        assert result.outcome is Outcome.NOT_SENT
        assert isinstance(result.error, AuthenticationError | PermissionDeniedError)


async def test_a_key_without_the_right_to_a_call_is_told(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    emulator.key_operations = frozenset({"list_create"})
    book = client.address_book
    list_id = await book.create_list("Customers")
    with pytest.raises(PermissionDeniedError) as refused:
        await book.delete_lists([list_id])
    assert refused.value.vendor_code == "forbidden"
    with pytest.raises(ReadError) as unread:
        await anext(book.contacts(list_id))
    assert isinstance(unread.value.__cause__, PermissionDeniedError)
    [result] = await uploaded(client, list_id, ANN)
    assert isinstance(result.error, PermissionDeniedError)
    emulator.key_operations = frozenset({"lists", "contacts", "contacts_upload", "lists_delete"})
    with pytest.raises(PermissionDeniedError):
        await book.create_list("Another")
    assert len(await book.lists_page()) == 1


# --- What is asked for ----------------------------------------------------------------------------


async def test_lists_are_filtered_by_name_type_date_and_auto_delete(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    book = client.address_book
    old = await book.create_list("Old", auto_delete_enabled=True)
    emulator.clock.advance(timedelta(days=1))
    push = await book.create_list("New", type=ListType.PUSH)
    stop = await book.create_list("Stop", type="STOPLIST")

    async def found(**filters: Any) -> list[str | None]:
        return [each.contact_group_id async for each in book.lists(**filters)]

    midnight = datetime(2027, 1, 2)  # noqa: DTZ001 - a time on the wall
    assert await found() == [old, push, stop]
    assert await found(name="New") == [push]
    assert await found(type=[ListType.PUSH, "STOPLIST"]) == [push, stop]
    assert await found(created_from=midnight) == [push, stop]
    assert await found(created_to=midnight) == [old]
    assert await found(created_to=midnight, created_from=midnight) == []
    assert await found(auto_delete_enabled=True) == [old]
    assert await found(auto_delete_enabled=False) == [push, stop]


async def test_t35_the_zone_of_dates_can_be_asked_for(client: DevinoClient) -> None:
    await client.address_book.create_list("a")
    [there] = await client.address_book.lists_page(zone_offset=timedelta(hours=3))
    [here] = await client.address_book.lists_page()
    assert there.creation_date is not None
    assert here.creation_date is not None
    assert there.creation_date - here.creation_date == timedelta(hours=3)


async def test_t30_times_with_a_zone_are_taken_where_the_accounts_zone_is_known(
    emulator: DevinoEmulator, clock: FakeClock, client: DevinoClient
) -> None:
    list_id = await client.address_book.create_list("a")
    now = emulator.clock.now()
    with pytest.raises(InvalidQueryError):
        await client.address_book.lists_page(created_from=now)
    emulator.behaviour = DevinoBehaviour(
        address_book=AddressBookBehaviour(dates_offset=timedelta(hours=3))
    )
    async with DevinoClient(
        emulator.key, base_url=emulator.base_url, clock=clock, account_zone="Europe/Moscow"
    ) as known:
        rows = await known.address_book.lists_page(created_from=now, created_to=now)
    assert [each.contact_group_id for each in rows] == [list_id]


async def test_contacts_are_filtered_and_sorted(client: DevinoClient) -> None:
    book = client.address_book
    list_id = await book.create_list("Customers", type=ListType.PUSH)
    cities = {"79100000003": "Tver", "79100000001": "Omsk", "79100000002": "Omsk"}
    contacts = [
        NewContact(
            phone=phone,
            fields=[FieldValue("city", city)],
            push_info=[PushInfo("app", 0, f"token {phone}")],
        )
        for phone, city in cities.items()
    ]
    await uploaded(client, list_id, *contacts)

    async def found(**filters: Any) -> str:
        rows = [each async for each in book.contacts(list_id, **filters)]
        return "".join(str(each.phone)[-1] for each in rows)

    assert await found() == "312"
    assert await found(desc_order=True) == "213"
    assert await found(sort_by_field="phone") == "123"
    assert await found(sort_by_field="phone", desc_order=True) == "321"
    assert await found(sort_by_field="city", desc_order=False) == "123"
    assert await found(query_name="city", query_value="Omsk") == "12"
    assert await found(query_name="city", query_operator="=", query_value="Perm") == ""
    assert await found(push_token="token 79100000002") == "2"
    assert await found(segment_id="1") == ""


async def test_devices_and_unsubscriptions_are_read(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    list_id = await client.address_book.create_list("Devices", type=ListType.PUSH)
    contact = NewContact(email="ann@example.com", push_info=[PushInfo("app", 1, "token")])
    [result] = await uploaded(client, list_id, contact)
    assert result.contact_id is not None
    emulator.book.unsubscribe(
        result.contact_id, "EMAIL", "ann@example.com", at=emulator.clock.now()
    )
    [stored] = await client.address_book.contacts_page(list_id)
    [device] = stored.push_info
    assert (device.app_id, device.os, device.push_token) == ("app", 1, "token")
    [data] = stored.unsubscribed_data
    assert (data.data, data.data_type) == ("ann@example.com", "EMAIL")
    [channel] = data.channel_list
    assert channel.unsubscribed_at == data.updated_at == stored.creation_date


async def test_lists_that_devino_made_itself_are_hidden(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    now = emulator.clock.now()
    emulator.book.lists["17"] = ContactList(
        id="17", name="By a task", type="OMNI_API", created_at=now, updated_at=now
    )
    assert [each async for each in client.address_book.lists()] == []
    assert await client.address_book.lists_page(type=ListType.OMNI_API) == ()


async def test_a_malformed_parameter_is_told_before_anything_is_asked(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    book = client.address_book
    with pytest.raises(InvalidQueryError, match="page_size"):
        book.lists(page_size=0)
    with pytest.raises(InvalidQueryError, match="offset"):
        book.contacts("17", offset=-1)
    with pytest.raises(InvalidMessageError, match="list_ids"):
        await book.delete_lists(["17"] * 3 + [""])
    for malformed in (None, 5, [[1]], [" "]):
        with pytest.raises(InvalidMessageError, match="list_ids"):
            await client.address_book.delete_lists(malformed)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="put a single one into a list"):
        await book.delete_lists("17")
    assert await book.delete_lists([]) == []
    assert emulator.requests == []


# --- Lost answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.DROP, AnswerLostError),
        (Fault.SERVER_ERROR, ServerFailedError),
        (Fault.GARBAGE, OutcomeUnknownError),
        (Fault.HTML, ServerFailedError),
    ],
)
async def test_t70_a_list_whose_answer_is_lost_may_exist_and_is_not_made_again(
    client: DevinoClient, emulator: DevinoEmulator, fault: Fault, kind: type[OutcomeUnknownError]
) -> None:
    emulator.fail_next(fault, on="list_create")
    with pytest.raises(kind, match="The list may have been made: check that") as lost:
        await client.address_book.create_list("canary list")
    assert len(emulator.requests) == len(emulator.book.lists) == len(lost.value.attempts) == 1
    assert "message" not in str(lost.value)
    assert "canary" not in str(lost.value)
    [found] = [each async for each in client.address_book.lists(name="canary list")]
    assert found.contact_group_id in emulator.book.lists


async def test_a_list_that_was_surely_not_made_is_tried_again(
    client: DevinoClient, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    emulator.fail_next(Fault.RATE_LIMITED, on="list_create")
    list_id = await clock.drive(client.address_book.create_list("Customers"))
    assert list(emulator.book.lists) == [list_id]
    assert len(emulator.requests) == 2


async def test_a_page_that_does_not_come_is_asked_for_again(
    client: DevinoClient, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    await client.address_book.create_list("Customers")
    emulator.fail_next(Fault.DROP, on="lists")
    assert len(await clock.drive(client.address_book.lists_page())) == 1


async def test_an_iteration_whose_page_cannot_be_read_says_so(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    list_id = await filled(client, 3)
    rows = client.address_book.contacts(list_id, page_size=2)
    assert [(await anext(rows)).phone for _ in range(2)] == ["79100000000", "79100000001"]
    emulator.fail_next(Fault.GARBAGE, on="contacts")
    with pytest.raises(ReadError):
        await anext(rows)
