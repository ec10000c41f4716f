"""The contract sheet's examples of transactional messages (A13 and A14), written and read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from devino_async import Reason
from devino_async.address_book import FieldValue, PushInfo
from devino_async.omni import (
    OmniAnswer,
    OmniAnswers,
    OmniEvent,
    OmniRecipient,
    OmniRefusal,
    OmniResult,
    RefusedContact,
    SmsTemplate,
    read_answers,
    read_callbacks,
    send_request,
)
from omni_common.errors import Outcome
from omni_common.exchange import Operation
from omni_common.report import DeliveryState
from tests.devino.answering import answer
from tests.devino.channels import body_of

# --- A13: transactional messages ------------------------------------------------------------------

CONTACT_ID = "3111e47182ca9c11-3111e4711103c800"
TEMPLATE = SmsTemplate(
    sender="TESTADR", text="We have new new shop!", validity=timedelta(seconds=600)
)


def test_a13_t20_a_send_is_written() -> None:
    james = OmniRecipient(
        email="James@jamesmail.com",
        phone="79103398080",
        callback_url="https://example.com/cb",
        callback_data={"order": "1"},
    )
    request = send_request("7004", contacts=[james], templates={"63322": TEMPLATE})

    assert (request.method, request.target) == ("POST", "/omni-scheduler/api/messages")
    assert request.operation is Operation.SEND
    assert body_of(request) == {
        "taskId": 7004,
        "contacts": [
            {
                "contact": {"email": "James@jamesmail.com", "phone": "79103398080"},
                "callbackUrl": "https://example.com/cb",
                "callbackData": {"order": "1"},
            }
        ],
        "templates": {
            "63322": {
                "smsTemplate": {
                    "from": "TESTADR",
                    "text": "We have new new shop!",
                    "validity": 600,
                }
            }
        },
    }


def test_a13_t19_every_field_of_a_contact_is_written() -> None:
    recipient = OmniRecipient(
        phone="79103398080",
        fields=[FieldValue("name", "James", type=3, display_name="Name")],
        push_info=[PushInfo("3410", 1, "token")],
    )
    request = send_request(7004, contacts=[recipient], contact_ids=[CONTACT_ID])

    assert body_of(request) == {
        "taskId": 7004,
        "contactIds": [CONTACT_ID],
        "contacts": [
            {
                "contact": {
                    "phone": "79103398080",
                    "fields": [
                        {"name": "name", "value": "James", "type": 3, "displayName": "Name"}
                    ],
                    "pushInfo": [{"appId": "3410", "os": 1, "pushToken": "token"}],
                }
            }
        ],
    }


def refusal(phone: str) -> dict[str, Any]:
    """An entry of ``errorAnswers`` that quotes a contact with this number."""
    contact = {"email": "test@test.com", "fields": None, "phone": phone, "pushInfo": None}
    description = f"{json.dumps(contact)} #invalid.phone.size; Invalid phone size"
    return {"code": "REJECTED", "result": None, "description": description}


TAKEN = {"code": "OK", "mergeKey": CONTACT_ID[:-3], "result": "3606044956953218300"}
"""The key is cut short in the vendor's own example (T27)."""
REASON = Reason("invalid.phone.size", None, "Invalid phone size")


def test_a13_t27_t28_the_vendors_answer_is_read() -> None:
    refused = refusal("0")
    result = {"contactIds": [CONTACT_ID], "sendAnswers": [TAKEN], "errorAnswers": [refused]}
    people = [OmniRecipient(phone="79103398080"), OmniRecipient(email="test@test.com")]
    contact = json.loads(refused["description"].partition(" #")[0])

    assert read_answers(answer({"result": result}), people, []) == OmniAnswers(
        # That somebody else was refused than the one without a number is not to be excluded.
        results=(OmniResult(outcome=Outcome.UNKNOWN), OmniResult(outcome=Outcome.UNKNOWN)),
        accepted=(
            OmniAnswer(
                code="OK",
                message_id="3606044956953218300",
                merge_key=CONTACT_ID[:-3],
                raw=TAKEN,
            ),
        ),
        rejected=(
            OmniRefusal(
                code="REJECTED",
                reasons=(REASON,),
                contact=RefusedContact(phone="0", email="test@test.com", raw=contact),
                description=refused["description"],
                raw=refused,
            ),
        ),
        contact_ids=(CONTACT_ID,),
        raw=result,
    )


def test_a13_t27_t28_an_answer_like_it_says_what_became_of_each() -> None:
    refused = refusal("79100000000")
    result = {"contactIds": [CONTACT_ID], "sendAnswers": [TAKEN], "errorAnswers": [refused]}
    people = [
        OmniRecipient(phone="79103398080"),
        OmniRecipient(phone="79100000000", email="test@test.com"),
    ]
    answers = read_answers(answer({"result": result}), people, [])

    assert isinstance(answers, OmniAnswers)
    assert answers.results == (
        OmniResult(
            outcome=Outcome.ACCEPTED,
            message_id="3606044956953218300",
            contact_id=CONTACT_ID,
            raw=TAKEN,
        ),
        OmniResult(outcome=Outcome.NOT_SENT, reasons=(REASON,), raw=refused),
    )


# --- A14: callback --------------------------------------------------------------------------------


def test_a14_a_status_is_read() -> None:
    document = {
        "messageId": "3606044956953218300",
        "ts": 1613404835977,
        "status": "delivered",
        "errorCode": 0,
        "callbackData": {"order": "1"},
        "contactId": CONTACT_ID,
        "taskId": 7004,
        "triggerId": 63322,
    }
    [event] = read_callbacks(json.dumps([document]).encode())

    assert event == OmniEvent(
        message_id="3606044956953218300",
        ts=datetime(2021, 2, 15, 16, 0, 35, 977_000, tzinfo=UTC),
        status="delivered",
        error_code=0,
        callback_data={"order": "1"},
        contact_id=CONTACT_ID,
        task_id="7004",
        trigger_id="63322",
        raw=document,
    )
    assert event.state is DeliveryState.DELIVERED


def test_a14_t22_t34_every_documented_field_is_read() -> None:
    place = {"country": "string", "region": "string", "city": "string"}
    document = {
        **dict.fromkeys(("messageId", "status", "ip", "browser", "os", "userAgent"), "string"),
        **dict.fromkeys(("contactId", "email", "url", "pushToken", "actionId"), "string"),
        **dict.fromkeys(("ts", "errorCode", "taskId", "triggerId", "pushApplicationId"), 0),
        "callbackData": {"additionalProp": "string"},
        "geolocation": place,
    }

    assert read_callbacks(json.dumps([document]).encode()) == (
        OmniEvent(
            message_id="string",
            ts=datetime(1970, 1, 1, tzinfo=UTC),
            status="string",
            error_code=0,
            ip="string",
            browser="string",
            os="string",
            callback_data={"additionalProp": "string"},
            user_agent="string",
            contact_id="string",
            task_id="0",
            trigger_id="0",
            email="string",
            url="string",
            geolocation=place,
            push_token="string",
            action_id="string",
            push_application_id="0",
            raw=document,
        ),
    )
