"""Every example of the contract sheet about the address book (A15 to A19), written and read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from devino_async.address_book import (
    Contact,
    ContactField,
    ContactFilters,
    ContactList,
    ContactResult,
    ContactUpload,
    FieldType,
    FieldValue,
    ListDeletion,
    ListField,
    ListFilters,
    ListType,
    NewContact,
    PushInfo,
    StoredField,
    StoredPushInfo,
    UnsubscribedChannel,
    UnsubscribedData,
    contacts_request,
    create_list_request,
    delete_lists_request,
    lists_request,
    read_contact_results,
    read_contacts,
    read_deletions,
    read_list_id,
    read_lists,
)
from omni_common.errors import Outcome
from omni_common.exchange import Failure, FailureKind, Operation
from tests.devino.answering import answer
from tests.devino.channels import body_of

clock = datetime.fromisoformat
PATH = "/address-book-api/contact-groups"

# --- A15: create a list ---------------------------------------------------------------------------


def test_a15_t22_a_new_list_is_written() -> None:
    fields = [
        ContactField("Nickname", "NickName", FieldType.TEXT),
        ContactField("gender", values=["gender.male", "gender.female"]),
    ]
    request = create_list_request(
        "TestList", type=ListType.STANDARD, fields=fields, auto_delete_enabled=True
    )

    assert (request.method, request.target, request.operation) == ("POST", PATH, Operation.SEND)
    assert body_of(request) == {
        "name": "TestList",
        "type": "STANDARD",
        "fields": [
            {"name": "Nickname", "displayName": "NickName", "type": 3},
            {"name": "gender", "values": ["gender.male", "gender.female"]},
        ],
        "autoDeleteEnabled": True,
    }


def test_a15_the_id_of_a_list_is_read() -> None:
    assert read_list_id(answer({"result": "3576515602081985000"})) == "3576515602081985000"


def test_a15_t3_the_refusal_of_a_list_is_read() -> None:
    document = {
        "result": None,
        "reasons": [
            {"key": "name.must.be.not.null", "ref": "name", "defaultMessage": "must not be null"}
        ],
        "description": "Key error: (parameter: name -> must not be null)",
    }
    refused = read_list_id(answer(document))

    assert isinstance(refused, Failure)
    assert (refused.kind, refused.vendor_code, refused.field, refused.raw) == (
        *(FailureKind.REFUSED, "name.must.be.not.null", "name", document),
    )


# --- A16: upload contacts -------------------------------------------------------------------------

JOHN = NewContact(
    phone="79100000000",
    email="john@ggl.cm",
    fields=[
        FieldValue("name", "John", type=FieldType.TEXT),
        FieldValue("gender", "gender.male", type=FieldType.TEXT),
    ],
    push_info=[PushInfo("23244532534", 0, "23fsdivfwrq34frvsfgwgrst4334rfw")],
)


def test_a16_t20_t23_t35_an_upload_is_written() -> None:
    upload = ContactUpload(
        list_id="3576505602081984000",
        duplicate_check_field="phone",
        zone_offset=timedelta(minutes=180),
    )
    request = upload.request([JOHN])

    assert (request.method, request.operation) == ("POST", Operation.SEND)
    assert request.target == "/address-book-api/contacts/batch?zoneOffset=180"
    assert body_of(request) == {
        "contactGroupId": 3576505602081984000,
        "contacts": [
            {
                "phone": "79100000000",
                "email": "john@ggl.cm",
                "fields": [
                    {"name": "name", "type": 3, "value": "John"},
                    {"name": "gender", "type": 3, "value": "gender.male"},
                ],
                "pushInfo": [
                    {
                        "appId": "23244532534",
                        "os": 0,
                        "pushToken": "23fsdivfwrq34frvsfgwgrst4334rfw",
                    }
                ],
            }
        ],
        "duplicateCheckField": "phone",
    }


def test_a16_t4_a_mixed_answer_is_read() -> None:
    added = {"code": "OK", "result": {"contactId": "3379c731a0734800-337a7406f274fe80"}}
    refused = {
        "code": "REJECTED",
        "result": {
            "localizationKey": "DUPLICATE_VALUE",
            "fieldName": "phone",
            "displayName": "Phone",
        },
        "description": "Duplicate",
    }
    results = read_contact_results(answer({"result": [added, refused]}), [JOHN, JOHN])

    assert results == (
        ContactResult(
            contact=JOHN,
            outcome=Outcome.ACCEPTED,
            code="OK",
            contact_id="3379c731a0734800-337a7406f274fe80",
            raw=added,
        ),
        ContactResult(
            contact=JOHN,
            outcome=Outcome.NOT_SENT,
            code="REJECTED",
            localization_key="DUPLICATE_VALUE",
            field_name="phone",
            display_name="Phone",
            description="Duplicate",
            raw=refused,
        ),
    )


# --- A17: lists -----------------------------------------------------------------------------------


def test_a17_lists_are_asked_for() -> None:
    request = lists_request(limit=10, offset=0)

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == f"{PATH}?limit=10&offset=0"


def test_a17_t16_t32_every_parameter_is_written_under_the_vendors_name() -> None:
    filters = ListFilters(
        name="ContactsList",
        created_from=clock("2022-10-22 00:00:00"),
        created_to=clock("2022-10-23 00:00:00"),
        type=[ListType.STANDARD, ListType.STOPLIST],
        zone_offset=timedelta(minutes=180),
        auto_delete_enabled=False,
    )

    assert lists_request(**filters).target == (
        f"{PATH}?name=ContactsList&from=2022-10-22+00%3A00%3A00&to=2022-10-23+00%3A00%3A00"
        "&type=STANDARD&type=STOPLIST&zoneOffset=180&autoDeleteEnabled=false"
    )


GENDER: dict[str, Any] = {
    "name": "gender",
    "displayName": "Gender",
    "type": 3,
    "isDefault": True,
    "values": ["gender.male", "gender.female"],
}


def test_a17_t21_t29_lists_are_read() -> None:
    row = {
        "contactGroupId": "23556345674567625",
        "companyId": 452345234,
        "name": "ContactsList",
        "creationDate": "2022-10-22T18:14:21",
        "lastUpdate": "2022-10-22T18:14:21",
        "fields": [GENDER],
        "contactsCount": "34234",
        "segmentsCount": "2",
        "type": "STANDARD",
        "autoDeleteEnabled": False,
    }

    assert read_lists(answer({"result": [row]})) == (
        ContactList(
            contact_group_id="23556345674567625",
            company_id="452345234",
            name="ContactsList",
            creation_date=clock("2022-10-22 18:14:21"),
            last_update=clock("2022-10-22 18:14:21"),
            fields=(
                ListField(
                    name="gender",
                    display_name="Gender",
                    type=FieldType.TEXT,
                    is_default=True,
                    values=("gender.male", "gender.female"),
                    raw=GENDER,
                ),
            ),
            contacts_count=34234,
            segments_count=2,
            type="STANDARD",
            auto_delete_enabled=False,
            raw=row,
        ),
    )


# --- A18: contacts of a list ----------------------------------------------------------------------


def test_a18_contacts_are_asked_for() -> None:
    request = contacts_request("3576515602081985000", limit=10, offset=0)

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == (
        "/address-book-api/contacts/http/range?contactGroupId=3576515602081985000&limit=10&offset=0"
    )


def test_a18_every_parameter_is_written_under_the_vendors_name() -> None:
    filters = ContactFilters(
        desc_order=True,
        push_token="token",
        query_name="name",
        query_operator="EQUALS",
        query_value="John",
        segment_id="5",
        sort_by_field="surname",
        subscription_channel="EMAIL",
        subscription_state="UNSUBSCRIBED",
        zone_offset=timedelta(minutes=-60),
    )

    assert contacts_request("1", **filters).query == (
        ("contactGroupId", "1"),
        ("descOrder", "true"),
        ("pushToken", "token"),
        ("queryName", "name"),
        ("queryOperator", "EQUALS"),
        ("queryValue", "John"),
        ("segmentId", "5"),
        ("sortByField", "surname"),
        ("subscriptionChannel", "EMAIL"),
        ("subscriptionState", "UNSUBSCRIBED"),
        ("zoneOffset", "-60"),
    )


CHANNEL = {
    "channel": "EMAIL",
    "unsubscribedAt": "2020-10-21T08:13:55",
    "unsubscribedType": "SPAM",
}
UNSUBSCRIBED: dict[str, Any] = {
    "companyId": 112233,
    "data": "valya@yandex.ru",
    "dataType": "EMAIL",
    "channelList": [CHANNEL],
    "updatedAt": "2020-10-21 08:13:55",
}
DEVICE = {"appId": "23244532534", "os": 0, "pushToken": "23fsdivfwrq34frvsfgwgrst4334rfw"}


def test_a18_t22_t29_contacts_are_read() -> None:
    row = {
        "contactId": "31a24ce55d4a8e00-31a251fea18b9280",
        "companyId": 112233,
        "contactGroupId": "3576515602081985000",
        "creationDate": "2020-10-20 09:01:05",
        "lastUpdate": "2020-10-20 09:01:05",
        "phone": "79100000000",
        "email": "valya@yandex.ru",
        "fields": [GENDER | {"value": "gender.female"}],
        "unsubscribedData": [UNSUBSCRIBED],
        "pushInfo": [DEVICE],
    }
    unsubscribed = UnsubscribedData(
        company_id="112233",
        data="valya@yandex.ru",
        data_type="EMAIL",
        channel_list=(
            UnsubscribedChannel(
                channel="EMAIL",
                unsubscribed_at=clock("2020-10-21 08:13:55"),
                unsubscribed_type="SPAM",
                raw=CHANNEL,
            ),
        ),
        updated_at=clock("2020-10-21 08:13:55"),
        raw=UNSUBSCRIBED,
    )

    assert read_contacts(answer({"result": [row]})) == (
        Contact(
            contact_id="31a24ce55d4a8e00-31a251fea18b9280",
            company_id="112233",
            contact_group_id="3576515602081985000",
            creation_date=clock("2020-10-20 09:01:05"),
            last_update=clock("2020-10-20 09:01:05"),
            phone="79100000000",
            email="valya@yandex.ru",
            fields=(
                StoredField(
                    name="gender",
                    display_name="Gender",
                    type=FieldType.TEXT,
                    value="gender.female",
                    values=("gender.male", "gender.female"),
                    is_default=True,
                    raw=GENDER | {"value": "gender.female"},
                ),
            ),
            unsubscribed_data=(unsubscribed,),
            push_info=(
                StoredPushInfo(
                    app_id="23244532534",
                    os=0,
                    push_token="23fsdivfwrq34frvsfgwgrst4334rfw",
                    raw=DEVICE,
                ),
            ),
            raw=row,
        ),
    )


# --- A19: delete lists ----------------------------------------------------------------------------


def test_a19_t13_t16_a_deletion_is_asked_for_and_read() -> None:
    ids = ["5435476543542", "435467586654", "4325364758"]
    request = delete_lists_request(ids)
    items = [{"code": "OK", "result": id} for id in ids]

    assert (request.method, request.operation) == ("DELETE", Operation.IDEMPOTENT_WRITE)
    assert request.target == f"{PATH}?ids=5435476543542&ids=435467586654&ids=4325364758"
    assert request.body is None
    assert read_deletions(answer({"result": items}), ids) == tuple(
        ListDeletion(list_id=id, outcome=Outcome.ACCEPTED, code="OK", raw=item)
        for id, item in zip(ids, items, strict=True)
    )
