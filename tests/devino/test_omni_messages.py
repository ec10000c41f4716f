"""Transactional messages: whom they are for, and how that is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from devino_async.address_book import FieldType, FieldValue, PushInfo
from devino_async.omni import (
    EmailTemplate,
    OmniRecipient,
    PushWalletTemplate,
    SmsTemplate,
    send_request,
)
from devino_async.push_wallet import PushWalletPayload
from omni_common.converter import loads
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Operation

JAMES = OmniRecipient(phone="79103398080")
CONTACT_ID = "3379c731a0734800-337a7406f274fe80"


def written(task_id: Any = "7004", **fields: Any) -> Any:
    """The body of the request."""
    body = send_request(task_id, **({"contacts": [JAMES]} | fields)).body
    assert body is not None
    return loads(body)


def test_a_send_is_a_post_that_is_never_repeated() -> None:
    request = send_request("7004", contacts=[JAMES])
    assert (request.method, request.target) == ("POST", "/omni-scheduler/api/messages")
    assert request.operation is Operation.SEND


def test_the_body_is_the_documented_one() -> None:
    recipient = OmniRecipient(
        email="James@jamesmail.com",
        phone="+79103398080",
        callback_url="https://example.com/cb",
        callback_data={"order": "1"},
    )
    letter = EmailTemplate(
        source_address="test@shop.org",
        source_name="TEST",
        subject="New shop",
        html_body="<h1>We have new shop!</h1>${Unsubscribe}",
    )
    sms = SmsTemplate(
        sender="TESTADR", text="We have new new shop!", validity=timedelta(minutes=10)
    )
    body = written(contacts=[recipient], templates={"63321": letter, "63322": sms})
    assert body == {
        "taskId": 7004,
        "contacts": [
            {
                "contact": {"email": "James@jamesmail.com", "phone": "79103398080"},
                "callbackUrl": "https://example.com/cb",
                "callbackData": {"order": "1"},
            }
        ],
        "templates": {
            "63321": {
                "emailTemplate": {
                    "sourceAddress": "test@shop.org",
                    "sourceName": "TEST",
                    "subject": "New shop",
                    "htmlBody": "<h1>We have new shop!</h1>${Unsubscribe}",
                }
            },
            "63322": {
                "smsTemplate": {
                    "from": "TESTADR",
                    "text": "We have new new shop!",
                    "validity": 600,
                }
            },
        },
    }


@pytest.mark.parametrize("task_id", ["3701172084729885953", 3701172084729885953], ids=repr)
def test_t20_the_task_goes_out_as_a_whole_number(task_id: str | int) -> None:
    assert written(task_id)["taskId"] == 3701172084729885953


def test_t19_t22_ids_of_contacts_go_out_as_the_text_they_are() -> None:
    assert written(contacts=(), contact_ids=[CONTACT_ID, "17"]) == {
        "taskId": 7004,
        "contactIds": [CONTACT_ID, "17"],
    }


def test_t53_numbers_travel_without_a_plus() -> None:
    [item] = written(contacts=[OmniRecipient(phone="+79103398080")])["contacts"]
    assert item == {"contact": {"phone": "79103398080"}}


def test_fields_and_devices_go_with_the_contact() -> None:
    recipient = OmniRecipient(
        fields=[FieldValue("name", "John", type=FieldType.TEXT, display_name="Name")],
        push_info=[PushInfo(app_id="3410", os=1, push_token="ctJ5VzCE")],
        extra={"addedLater": 1},
    )
    [item] = written(contacts=[recipient])["contacts"]
    assert item == {
        "contact": {
            "fields": [{"name": "name", "value": "John", "type": 3, "displayName": "Name"}],
            "pushInfo": [{"appId": "3410", "os": 1, "pushToken": "ctJ5VzCE"}],
        },
        "addedLater": 1,
    }


def test_a_part_of_a_template_may_be_given_as_a_mapping() -> None:
    part = {"smsTemplate": {"text": "Your code is 1234"}}
    assert written(templates={"63322": part})["templates"] == {"63322": part}


def test_t30_times_of_templates_need_the_accounts_zone() -> None:
    wallet = PushWalletTemplate(
        sender="Shop",
        payload=PushWalletPayload(message="Buy"),
        scheduled_time=datetime(2027, 1, 1, 9, tzinfo=UTC),
    )
    moscow = timezone(timedelta(hours=3))
    body = written(templates={"5": wallet}, zone=moscow)
    assert body["templates"]["5"]["pushWalletTemplate"]["scheduledTime"] == "2027-01-01T12:00:00"
    with pytest.raises(InvalidMessageError, match="account_zone"):
        written(templates={"5": wallet})


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("phone", ["", "790312", "0079031234567", 79031234567, "٧٩٠٣١٢٣٤٥٦٧"]),
        ("email", ["", "James", 5]),
        ("fields", [None, "name", [("name", "James")], {"name": "James"}]),
        ("push_info", [None, "token", [{"pushToken": "x"}]]),
        ("callback_url", ["", "shop.example", "ftp://shop.example", 5]),
        ("callback_data", ["text", {"a": {1}}, {1: "a"}]),
        ("extra", ["text", {"a": b"b"}]),
    ],
)
def test_a_malformed_recipient_is_refused_by_the_fields_name(field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            OmniRecipient(**{"phone": "79103398080", field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")


def test_somebody_who_cannot_be_reached_is_refused() -> None:
    with pytest.raises(InvalidMessageError) as refused:
        OmniRecipient(fields=[FieldValue("name", "James")])
    assert refused.value.field == "phone"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("task_id", [None, "", "x", -1, True, 1.5, "٣"]),
        ("contacts", [JAMES, "James", [None], ["79103398080"], iter([JAMES]), None, []]),
        ("contact_ids", [CONTACT_ID, [""], [5], [None], ["\ud800"], None]),
        ("templates", [[], 0, ["x"], {"5": "text"}, {"5": {}}, {"": {"a": {}}}, {5: {"a": {}}}]),
        ("templates", [{"5": {"smsTemplate": {"text": {1}}}}, {"5": object()}]),
    ],
)
def test_a_malformed_call_is_refused_by_the_parameters_name(field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            written(**{field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")


def test_nothing_shows_whom_a_message_is_for() -> None:
    recipient = OmniRecipient(
        phone="79031234567",
        email="canary@example.com",
        fields=[FieldValue("name", "canary")],
        push_info=[PushInfo(app_id="1", os=1, push_token="canary")],
        callback_url="https://shop.example/canary",
        callback_data={"canary": "canary"},
        extra={"canary": "canary"},
    )
    request = send_request("7004", contacts=[recipient])
    assert "canary" not in f"{recipient!r} {request!r}"
    assert "79031234567" not in f"{recipient!r} {request!r}"
