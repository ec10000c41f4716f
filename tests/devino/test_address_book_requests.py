"""Requests to the address book: what may be said, how it is written, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.address_book import (
    ContactField,
    ContactUpload,
    FieldType,
    FieldValue,
    ListType,
    NewContact,
    PushInfo,
    create_list_request,
)
from omni_common.converter import loads
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Operation, Request

LIST_ID = "3576505602081984000"
JOHN = NewContact(phone="79100000000")


def body_of(request: Request) -> Any:
    assert request.body is not None
    return loads(request.body)


def written(contact: NewContact) -> Any:
    [item] = body_of(ContactUpload(list_id=LIST_ID).request([contact]))["contacts"]
    return item


# --- Making a list --------------------------------------------------------------------------------


def test_a_list_is_made_by_a_post_that_is_never_repeated() -> None:
    request = create_list_request("TestList")
    assert (request.method, request.target) == ("POST", "/address-book-api/contact-groups")
    assert request.operation is Operation.SEND
    assert request.body == b'{"name":"TestList"}'


def test_the_body_of_a_new_list_is_the_documented_one() -> None:
    request = create_list_request(
        "TestList",
        type=ListType.STANDARD,
        fields=[ContactField("Nickname", display_name="NickName", type=FieldType.TEXT)],
        auto_delete_enabled=True,
    )
    assert request.body == (
        b'{"name":"TestList","type":"STANDARD",'
        b'"fields":[{"name":"Nickname","displayName":"NickName","type":3}],'
        b'"autoDeleteEnabled":true}'
    )


def test_what_is_false_is_said_and_what_is_not_given_is_not() -> None:
    assert body_of(create_list_request("a", auto_delete_enabled=False)) == {
        "name": "a",
        "autoDeleteEnabled": False,
    }


@pytest.mark.parametrize("kind", FieldType)
def test_t22_the_type_of_a_field_is_a_number_although_it_is_declared_as_text(
    kind: FieldType,
) -> None:
    fields = [ContactField("a", type=kind, values=["x", "y"]), ContactField("b", type=17)]
    assert body_of(create_list_request("a", fields=fields))["fields"] == [
        {"name": "a", "type": int(kind), "values": ["x", "y"]},
        {"name": "b", "type": 17},
    ]


def test_a_type_that_is_not_documented_yet_can_be_asked_for() -> None:
    assert body_of(create_list_request("a", type="VIP"))["type"] == "VIP"


@pytest.mark.parametrize("kind", [ListType.OMNI_API, "OMNI_API"], ids=repr)
def test_a_list_of_the_type_that_nobody_can_make_is_refused(kind: str) -> None:
    with pytest.raises(InvalidMessageError, match="cannot be created by hand") as refused:
        create_list_request("a", type=kind)
    assert refused.value.field == "type"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", ["", None, 5, "half \ud83d"]),
        ("type", ["", 5, "\ud83d"]),
        ("fields", ["name", [{"name": "a"}], None, 5, ContactField("a")]),
        ("auto_delete_enabled", ["yes", 1]),
    ],
)
def test_a_malformed_list_is_refused_by_the_fields_name(field: str, values: list[Any]) -> None:
    for value in values:
        arguments: dict[str, Any] = {"name": "a", field: value}
        with pytest.raises(InvalidMessageError) as refused:
            create_list_request(**arguments)
        assert (refused.value.field, refused.value.provider) == (field, "devino")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", ["", None, 5, "two\nlines"]),
        ("display_name", ["", 5]),
        ("type", ["3", True, -1, 3.0]),
        ("values", ["text", [1], None, ["\ud83d"], {"a": 1}]),
    ],
)
def test_a_malformed_field_is_refused_by_its_name(field: str, values: list[Any]) -> None:
    for value in values:
        arguments: dict[str, Any] = {"name": "a", field: value}
        with pytest.raises(InvalidMessageError) as refused:
            ContactField(**arguments)
        assert (refused.value.field, refused.value.provider) == (field, "devino")


# --- Uploading contacts ---------------------------------------------------------------------------


def test_contacts_are_added_by_a_post_that_is_never_repeated() -> None:
    request = ContactUpload(list_id=LIST_ID).request([JOHN])
    assert (request.method, request.target) == ("POST", "/address-book-api/contacts/batch")
    assert request.operation is Operation.SEND


def test_the_body_of_an_upload_is_the_documented_one() -> None:
    john = NewContact(
        phone="79100000000",
        email="john@ggl.cm",
        fields=[
            FieldValue("name", "John", type=FieldType.TEXT),
            FieldValue("gender", "gender.male", type=3, display_name="Gender"),
        ],
        push_info=[PushInfo("23244532534", 0, "23fsdivfwrq34")],
    )
    upload = ContactUpload(list_id=LIST_ID, duplicate_check_field="phone")
    assert upload.request([john, JOHN]).body == (
        b'{"contactGroupId":3576505602081984000,"contacts":['
        b'{"phone":"79100000000","email":"john@ggl.cm",'
        b'"fields":[{"name":"name","value":"John","type":3},'
        b'{"name":"gender","value":"gender.male","type":3,"displayName":"Gender"}],'
        b'"pushInfo":[{"appId":"23244532534","os":0,"pushToken":"23fsdivfwrq34"}]},'
        b'{"phone":"79100000000"}],"duplicateCheckField":"phone"}'
    )


@given(st.integers(min_value=0, max_value=10**40 - 1))
def test_t20_the_lists_id_is_written_as_the_exact_number(number: int) -> None:
    request = ContactUpload(list_id=str(number)).request([JOHN])
    assert b'{"contactGroupId":%d,' % number in (request.body or b"")


@pytest.mark.parametrize(
    "list_id", ["", None, "12 ", "-1", "1.0", "1e3", "３", "dwY4", True, 2.5, "9" * 41]
)
def test_t20_an_id_that_is_no_number_is_refused(list_id: Any) -> None:
    with pytest.raises(InvalidMessageError, match="digits") as refused:
        ContactUpload(list_id=list_id)
    assert refused.value.field == "list_id"


def test_t23_duplicates_are_looked_for_by_the_name_of_a_field() -> None:
    body = body_of(ContactUpload(list_id="1", duplicate_check_field="phone").request([JOHN]))
    assert body["duplicateCheckField"] == "phone"
    assert "duplicateCheckField" not in body_of(ContactUpload(list_id="1").request([JOHN]))
    for value in (0, 1, "", "\ud83d"):
        with pytest.raises(InvalidMessageError) as refused:
            ContactUpload(list_id="1", duplicate_check_field=value)  # type: ignore[arg-type]
        assert refused.value.field == "duplicate_check_field"


def test_t35_the_offset_of_a_zone_is_in_minutes() -> None:
    def target(offset: timedelta) -> str:
        return ContactUpload(list_id="1", zone_offset=offset).request([JOHN]).target

    assert target(timedelta(hours=3)) == "/address-book-api/contacts/batch?zoneOffset=180"
    assert target(timedelta(minutes=-30)) == "/address-book-api/contacts/batch?zoneOffset=-30"
    for value in (timedelta(seconds=90), timedelta(days=1), 180):
        with pytest.raises(InvalidMessageError, match="timedelta") as refused:
            ContactUpload(list_id="1", zone_offset=value)  # type: ignore[arg-type]
        assert refused.value.field == "zone_offset"


@pytest.mark.parametrize("phone", ["79100000000", "+79100000000"])
def test_t53_numbers_travel_without_a_plus(phone: str) -> None:
    assert written(NewContact(phone=phone)) == {"phone": "79100000000"}


def test_t22_a_value_is_text_as_in_the_example_or_an_array_as_in_the_table() -> None:
    fields = [FieldValue("a", "John"), FieldValue("b", ["x", "y"]), FieldValue("c", "")]
    assert written(NewContact(email="a@example.com", fields=fields))["fields"] == [
        {"name": "a", "value": "John"},
        {"name": "b", "value": ["x", "y"]},
        {"name": "c", "value": ""},
    ]


def test_contacts_keep_their_order() -> None:
    contacts = [NewContact(phone=str(79_100_000_000 + number)) for number in range(5)]
    items = body_of(ContactUpload(list_id="1").request(contacts))["contacts"]
    assert [item["phone"][-1] for item in items] == list("01234")


def test_a_contact_may_be_a_device_alone() -> None:
    contact = NewContact(push_info=[PushInfo("app", 1, "token")])
    assert written(contact) == {"pushInfo": [{"appId": "app", "os": 1, "pushToken": "token"}]}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("phone", ["", "12", "0079031234567", 79031234567]),
        ("email", ["", "a", "a@b", "a b@example.com", 5]),
        ("fields", ["name", [("name", "John")], None, {"name": "John"}]),
        ("push_info", ["token", [{"appId": "a"}], None]),
    ],
)
def test_a_malformed_contact_is_refused_by_the_fields_name(field: str, values: list[Any]) -> None:
    for value in values:
        arguments: dict[str, Any] = {"phone": "79100000000", field: value}
        with pytest.raises(InvalidMessageError) as refused:
            NewContact(**arguments)
        assert (refused.value.field, refused.value.provider) == (field, "devino")
        assert len(str(refused.value)) < 100


def test_a_contact_must_not_be_entirely_empty() -> None:
    with pytest.raises(InvalidMessageError, match="fields or push_info must be given") as refused:
        NewContact()
    assert refused.value.field == "phone"
    contact = NewContact(fields=[FieldValue("name", "John")])
    assert written(contact) == {"fields": [{"name": "name", "value": "John"}]}


@pytest.mark.parametrize("value", ["", 5, 1.5, True, ["x", 1, None], {"a": {"b": []}}, ("x", "y")])
def test_a_value_is_whatever_json_can_hold(value: Any) -> None:
    [field] = written(NewContact(fields=[FieldValue("a", value)]))["fields"]
    assert field["value"] == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize(
    ("kind", "right", "field", "values"),
    [
        (FieldValue, {"name": "a", "value": "b"}, "name", ["", None, 5]),
        (FieldValue, {"name": "a", "value": "b"}, "value", [None, object(), [b"x"], "\ud83d"]),
        (FieldValue, {"name": "a", "value": "b"}, "type", ["3", True]),
        (FieldValue, {"name": "a", "value": "b"}, "display_name", ["", 5]),
        (PushInfo, {"app_id": "a", "os": 0, "push_token": "b"}, "app_id", ["", 5]),
        (PushInfo, {"app_id": "a", "os": 0, "push_token": "b"}, "os", ["0", True, -1, None]),
        (PushInfo, {"app_id": "a", "os": 0, "push_token": "b"}, "push_token", ["", None]),
    ],
)
def test_what_a_contact_consists_of_is_refused_likewise(
    kind: Callable[..., Any], right: dict[str, Any], field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            kind(**{**right, field: value})
        assert refused.value.field == field


def test_an_upload_holds_contacts_and_at_least_one() -> None:
    upload = ContactUpload(list_id="1")
    with pytest.raises(InvalidMessageError) as refused:
        upload.request([])
    assert refused.value.field == "contacts"
    with pytest.raises(TypeError, match="not dict"):
        upload.request([JOHN, {"phone": "79100000000"}])  # type: ignore[list-item]


def test_nothing_of_a_contact_shows_in_its_repr() -> None:
    contact = NewContact(
        phone="79101234567",
        email="canary@example.com",
        fields=[FieldValue("name", "canary")],
        push_info=[PushInfo("app", 0, "canary")],
    )
    assert "canary" not in repr(contact)
    assert "1234567" not in repr(contact)
