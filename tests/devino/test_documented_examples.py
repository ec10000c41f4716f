"""Every example of the contract sheet about SMS (A1 to A4), written and read word for word.

The neighbours of this file whose names begin alike do the same for reports and the other areas.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devino_async import Reason
from devino_async.sms import (
    IncomingSms,
    SmsMessage,
    SmsPriority,
    SmsResult,
    SmsStatus,
    SmsStatusEvent,
    match_statuses,
    read_callbacks,
    read_incoming,
    read_results,
    read_statuses,
    send_request,
    statuses_request,
)
from omni_common.errors import Outcome
from omni_common.exchange import Operation
from omni_common.report import DeliveryState
from tests.devino.answering import answer
from tests.devino.channels import body_of

ID = "3701172084729885952"
clock = datetime.fromisoformat


def posted(document: Any) -> bytes:
    return json.dumps(document).encode()


# --- A1: send -------------------------------------------------------------------------------------

MESSAGE = {
    "from": "MyCompany",
    "to": "79034567890",
    "text": "Code: 1234",
    "validity": 600,
    "scheduledTime": "2022-09-09T08:52:27.319Z",
    "priority": "HIGH",
    "callbackUrl": "https://example.com/cb",
    "options": {"key1": "value1"},
}
ACCEPTED = {"code": "OK", "messageId": ID, "segmentsId": [ID, "3701172084729885953"]}
REJECTED = {
    "code": "REJECTED",
    "messageId": None,
    "segmentsId": None,
    "reasons": [
        {
            "key": "to.format.invalid",
            "ref": "to",
            "defaultMessage": "Error: Invalid field value. Value: string",
        }
    ],
}


def test_a1_a_send_is_written() -> None:
    message = SmsMessage(
        sender="MyCompany",
        to="79034567890",
        text="Code: 1234",
        validity=timedelta(seconds=600),
        scheduled_time=datetime(2022, 9, 9, 8, 52, 27, 319_000, tzinfo=UTC),
        priority=SmsPriority.HIGH,
        callback_url="https://example.com/cb",
        options={"key1": "value1"},
    )
    request = send_request([message])

    assert (request.method, request.target) == ("POST", "/sms/messages")
    assert request.operation is Operation.SEND
    assert body_of(request) == {"messages": [MESSAGE]}


def test_a1_both_query_parameters_are_written() -> None:
    message = SmsMessage(sender="MyCompany", to="+79034567890", text="Code: 1234")
    request = send_request([message], include_segment_id=True, shorten_url=True)

    assert request.target == "/sms/messages?includeSegmentId=true&shortenUrl=true"
    assert body_of(request) == {
        "messages": [{"from": "MyCompany", "to": "79034567890", "text": "Code: 1234"}]
    }


@pytest.mark.parametrize("seconds", [0, 259_200])
def test_a1_a_lifetime_has_the_documented_limits(seconds: int) -> None:
    lifetime = timedelta(seconds=seconds)
    message = SmsMessage(sender="MyCompany", to="79034567890", text="Hello", validity=lifetime)

    assert body_of(send_request([message]))["messages"][0]["validity"] == seconds


def test_a1_t2_a_mixed_answer_is_read() -> None:
    reason = Reason("to.format.invalid", "to", "Error: Invalid field value. Value: string")

    assert read_results(answer({"result": [ACCEPTED, REJECTED]}), 2) == (
        SmsResult(Outcome.ACCEPTED, "OK", ID, (ID, "3701172084729885953"), (), raw=ACCEPTED),
        SmsResult(Outcome.NOT_SENT, "REJECTED", None, (), (reason,), raw=REJECTED),
    )


# --- A2 and A3: callbacks -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "state", "code"),
    [("DELIVERED", DeliveryState.DELIVERED, 0), ("REJECTED", DeliveryState.REJECTED, 2005)],
)
def test_a2_a_status_is_read(word: str, state: DeliveryState, code: int) -> None:
    document = {
        "messageId": "3597944866766620289",
        "ts": 1613404835977,
        "status": word,
        "errorCode": code,
    }
    [event] = read_callbacks(posted([document]))

    assert event == SmsStatusEvent(
        message_id="3597944866766620289",
        ts=datetime(2021, 2, 15, 16, 0, 35, 977_000, tzinfo=UTC),
        status=word,
        error_code=code,
        raw=document,
    )
    assert event.state is state


def test_a3_an_incoming_message_is_read() -> None:
    document = {
        "incomingMessageId": "3777714415805253122",
        "to": "MyCompany",
        "from": "79101111111",
        "text": "Incoming Message",
        "transactionId": "a7d76677f699",
        "prefix": "2135",
        "operator": "MTS",
        "countryName": "ru",
        "ts": "1587721283000",
    }

    assert read_incoming(posted(document)) == (
        IncomingSms(
            incoming_message_id="3777714415805253122",
            to="MyCompany",
            sender="79101111111",
            text="Incoming Message",
            transaction_id="a7d76677f699",
            prefix="2135",
            operator="MTS",
            country_name="ru",
            ts=datetime(2020, 4, 24, 9, 41, 23, tzinfo=UTC),
            raw=document,
        ),
    )


# --- A4: statuses ---------------------------------------------------------------------------------


def test_a4_statuses_are_asked_for_by_a_bare_array() -> None:
    request = statuses_request(["3482512350952730368"])

    assert (request.method, request.target) == ("POST", "/sms-stat/statuses/get-by-ids")
    assert request.operation is Operation.READ
    assert body_of(request) == ["3482512350952730368"]


def test_a4_a_status_is_read() -> None:
    row = {
        "smsId": 3482512350952730368,
        "status": "DELIVERED",
        "statusDateTime": "2022-09-09 19:29:34",
    }

    assert read_statuses(answer({"result": [row]})) == (
        SmsStatus("3482512350952730368", "DELIVERED", clock("2022-09-09 19:29:34"), raw=row),
    )


def test_a4_t18_the_rounded_id_of_the_vendors_page_is_the_one_that_was_sent() -> None:
    row = {
        "smsId": 3701172084729885700,
        "status": "DELIVERED",
        "statusDateTime": "2022-09-09 19:29:34",
    }
    statuses = read_statuses(answer({"result": [row]}))

    assert isinstance(statuses, tuple)
    assert match_statuses([ID], statuses)[ID].status == "DELIVERED"
