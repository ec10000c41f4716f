"""Lists and contacts as the address book shows them, read: documented or odd."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import pytest

from devino_async.address_book import (
    ListField,
    StoredField,
    read_contacts,
    read_lists,
)
from omni_common.exchange import Answer, Failure, FailureKind
from tests.devino.answering import answer

T = TypeVar("T")

LIST_ID = "3576515602081985000"
WALL = datetime(2022, 10, 22, 18, 14, 21)  # noqa: DTZ001 - Devino names no zone
NOT_MADE = {
    "result": None,
    "reasons": [
        {"key": "name.must.be.not.null", "ref": "name", "defaultMessage": "must not be null"}
    ],
    "description": "Key error: (parameter: name -> must not be null)",
}
LIST_ROW = {
    "contactGroupId": "23556345674567625",
    "companyId": 452345234,
    "name": "ContactsList",
    "creationDate": "2022-10-22T18:14:21",
    "lastUpdate": "2022-10-22T18:14:21",
    "fields": [
        {
            "name": "gender",
            "displayName": "Gender",
            "type": 3,
            "isDefault": True,
            "values": ["gender.male", "gender.female"],
        },
    ],
    "contactsCount": "34234",
    "segmentsCount": "2",
    "type": "STANDARD",
    "autoDeleteEnabled": False,
}
CONTACT_ROW = {
    "contactId": "31a24ce55d4a8e00-31a251fea18b9280",
    "companyId": 112233,
    "contactGroupId": LIST_ID,
    "creationDate": "2020-10-20 09:01:05",
    "lastUpdate": "2020-10-20 09:01:05",
    "phone": "79100000000",
    "email": "valya@yandex.ru",
    "fields": [{"name": "name", "displayName": "Name", "type": 3, "isDefault": True}],
    "unsubscribedData": [
        {
            "companyId": 112233,
            "data": "valya@yandex.ru",
            "dataType": "EMAIL",
            "channelList": [
                {
                    "channel": "EMAIL",
                    "unsubscribedAt": "2020-10-21T08:13:55",
                    "unsubscribedType": "SPAM",
                }
            ],
            "updatedAt": "2020-10-21 08:13:55",
        }
    ],
    "pushInfo": [{"appId": "23244532534", "os": 0, "pushToken": "23fsdivfwrq34"}],
}
HTML = Answer(200, b"<!DOCTYPE html><html><body>Hello</body></html>")


def got(verdict: tuple[T, ...] | Failure | None) -> tuple[T, ...]:
    assert isinstance(verdict, tuple)
    return verdict


def kind_of(verdict: object) -> FailureKind | None:
    return verdict.kind if isinstance(verdict, Failure) else None


# --- Lists ----------------------------------------------------------------------------------------


def test_the_documented_list_is_read_whole() -> None:
    rows = got(read_lists(answer({"result": [LIST_ROW]})))
    [row] = rows
    assert (row.contact_group_id, row.company_id) == ("23556345674567625", "452345234")
    assert (row.name, row.type, row.auto_delete_enabled) == ("ContactsList", "STANDARD", False)
    assert row.fields == (
        ListField(
            name="gender",
            display_name="Gender",
            type=3,
            values=("gender.male", "gender.female"),
            is_default=True,
            raw=LIST_ROW["fields"][0],  # type: ignore[index]
        ),
    )
    assert row.raw == LIST_ROW


@pytest.mark.parametrize(("contacts", "segments"), [("34234", "2"), (34234, 2)], ids=repr)
def test_t21_counts_are_numbers_whether_written_as_text_or_not(
    contacts: Any, segments: Any
) -> None:
    row = {**LIST_ROW, "contactsCount": contacts, "segmentsCount": segments}
    [read] = got(read_lists(answer({"result": [row]})))
    assert (read.contacts_count, read.segments_count) == (34234, 2)


@pytest.mark.parametrize("text", ["2022-10-22T18:14:21", "2022-10-22 18:14:21"])
def test_t29_t30_dates_are_read_in_either_form_and_have_no_zone(text: str) -> None:
    came = answer({"result": [{"creationDate": text, "lastUpdate": text}]})
    [one], [other] = got(read_lists(came)), got(read_contacts(came))
    assert (one.creation_date, one.last_update) == (WALL, WALL)
    assert (other.creation_date, other.last_update) == (WALL, WALL)


@pytest.mark.parametrize("read", [read_lists, read_contacts], ids=["lists", "contacts"])
def test_an_odd_value_costs_no_row(read: Callable[[Answer], Any]) -> None:
    names = {*LIST_ROW, *CONTACT_ROW}
    values: list[Any] = [None, [], {}, True, 1.5, "\ud83d", "text"]
    odd = [dict.fromkeys(names, value) for value in values]
    rows = read(answer({"result": odd}))
    assert [row.raw for row in rows] == odd
    assert [row.fields for row in rows] == [()] * len(odd)


def test_a_list_with_what_is_no_row_cannot_be_read() -> None:
    read = read_lists(answer({"result": [None, "text", [], LIST_ROW]}))
    assert isinstance(read, Failure)
    assert read.kind is FailureKind.UNREADABLE
    assert read.detail == "3 of 4 rows are no objects"


@pytest.mark.parametrize("read", [read_lists, read_contacts], ids=["lists", "contacts"])
def test_nothing_to_list_may_be_an_empty_list_or_null(read: Callable[[Answer], Any]) -> None:
    assert read(answer({"result": []})) == ()
    assert read(answer({"result": None})) == ()
    assert read(answer({"result": None, "reasons": None, "description": ""})) == ()


@pytest.mark.parametrize("read", [read_lists, read_contacts], ids=["lists", "contacts"])
def test_t2_a_refusal_is_never_taken_for_an_empty_list(read: Callable[[Answer], Any]) -> None:
    assert kind_of(read(answer(NOT_MADE))) is FailureKind.REFUSED
    assert kind_of(read(answer({"code": "REJECTED", "result": None}))) is FailureKind.REFUSED
    assert read(answer({"result": None, "description": "No such list"})) is None
    assert read(answer({"result": None}, 404)) is None
    assert read(answer({})) is None
    assert read(answer([])) is None
    assert read(HTML) is None


# --- Contacts -------------------------------------------------------------------------------------


def test_the_documented_contact_is_read_whole() -> None:
    rows = got(read_contacts(answer({"result": [CONTACT_ROW]})))
    [row] = rows
    assert row.contact_id == "31a24ce55d4a8e00-31a251fea18b9280"
    assert (row.company_id, row.contact_group_id) == ("112233", LIST_ID)
    assert (row.phone, row.email) == ("79100000000", "valya@yandex.ru")
    [device] = row.push_info
    assert (device.app_id, device.os, device.push_token) == ("23244532534", 0, "23fsdivfwrq34")
    [data] = row.unsubscribed_data
    assert (data.company_id, data.data, data.data_type) == ("112233", "valya@yandex.ru", "EMAIL")
    [channel] = data.channel_list
    assert (channel.channel, channel.unsubscribed_type) == ("EMAIL", "SPAM")
    assert row.raw == CONTACT_ROW


def test_t29_one_record_has_times_in_two_forms() -> None:
    rows = got(read_contacts(answer({"result": [CONTACT_ROW]})))
    [data] = rows[0].unsubscribed_data
    wall = datetime(2020, 10, 21, 8, 13, 55)  # noqa: DTZ001 - Devino names no zone
    assert (data.updated_at, data.channel_list[0].unsubscribed_at) == (wall, wall)


def test_t22_a_time_that_comes_as_a_number_after_all_stays_in_raw() -> None:
    channel = {"channel": "EMAIL", "unsubscribedAt": 1603268035}
    row = {"unsubscribedData": [{"channelList": [channel]}]}
    rows = got(read_contacts(answer({"result": [row]})))
    [read] = rows[0].unsubscribed_data[0].channel_list
    assert (read.unsubscribed_at, read.raw) == (None, channel)


def test_t77_the_last_update_of_a_contact_has_two_names() -> None:
    def last_update(**row: Any) -> datetime | None:
        [read] = got(read_contacts(answer({"result": [row]})))
        assert read.raw == row
        found = read.last_update
        assert found is None or isinstance(found, datetime)
        return found

    text, other = "2022-10-22 18:14:21", "2000-01-01 00:00:00"
    assert last_update(lastUpdate=text) == WALL
    assert last_update(**{"last update": text}) == WALL
    assert last_update(**{"lastUpdate": text, "last update": other}) == WALL
    assert last_update(**{"lastUpdate": None, "last update": text}) == WALL
    assert last_update(**{"last update": 5}) is None
    assert last_update() is None


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("John", ("John",)),
        (["John"], ("John",)),
        (["x", "y"], ("x", "y")),
        ([], ()),
        (None, ()),
        (5, ()),
        ([None, "x"], ("x",)),
    ],
)
def test_t22_the_value_of_a_field_is_text_or_an_array(value: Any, texts: tuple[str, ...]) -> None:
    row = {"fields": [{"name": "name", "value": value}]}
    rows = got(read_contacts(answer({"result": [row]})))
    [field] = rows[0].fields
    assert isinstance(field, StoredField)
    assert (field.value, field.texts) == (value, texts)


def test_nothing_of_a_contact_that_was_read_shows_in_its_repr() -> None:
    row = json.loads(json.dumps(CONTACT_ROW).replace("John", "canary"))
    row["fields"][0]["value"] = "canary"
    [read] = got(read_contacts(answer({"result": [row]})))
    shown = repr(read)
    assert not re.search("canary|valya|79100000000|23fsdivfwrq34", shown)
    assert hash(read) == hash(read)
