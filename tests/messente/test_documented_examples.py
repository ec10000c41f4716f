"""Every example of the contract sheet's section B, and the other shapes that its documents have."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from messente_async import (
    SMS,
    Channel,
    DeliveryError,
    ErrorItem,
    MessageResult,
    MessenteErrors,
    Omnimessage,
    OmnimessageCreated,
    PriceInfo,
    Priority,
    Status,
    TextStore,
    Viber,
)
from messente_async.answers import read_bulk, read_errors, read_sent, read_status
from messente_async.omnimessage import (
    bulk_request,
    cancel_request,
    from_wire,
    send_request,
    status_request,
    to_wire,
)
from messente_async.verdicts import cancelled_reader
from omni_common.exchange import Answer, Request
from omni_common.report import DeliveryState

TO = "+37251000000"
ID = "d7248cda-6c1a-4436-acf5-aaf249bb67d3"
REFUSAL: dict[str, Any] = {
    "errors": [
        {
            "title": "Invalid data",
            "detail": "Invalid or disallowed sender Messente",
            "code": "105",
            "source": "payload[sms][sender]",
        }
    ]
}
OMNIMESSAGE: dict[str, Any] = {
    "to": TO,
    "messages": [
        {"channel": "viber", "sender": "Shop", "text": "Hi", "ttl": 300},
        {"channel": "sms", "sender": "Shop", "text": "Hi", "validity": 60},
    ],
    "dlr_url": "https://example.com/dlr",
    "text_store": "nostore",
    "time_to_send": "2030-06-22T09:05:07+00:00",
    "priority": "regular",
}
CREATED: dict[str, Any] = {
    "messages": [
        {
            "channel": "viber",
            "message_id": "3e28ec48-d620-4191-a96e-d91ba8ecc949",
            "sender": "Shop",
        },
        {
            "channel": "sms",
            "message_id": "0c6c7c7e-6a0a-4a10-9d64-8a8b1f2f7f10",
            "sender": "Shop",
        },
    ],
    "omnimessage_id": ID,
    "to": TO,
}
ITEM: dict[str, Any] = {
    "status": "DELIVRD",
    "sender": "MySender",
    "err": 0,
    "message_id": "3e28ec48-d620-4191-a96e-d91ba8ecc949",
    "channel": "sms",
    "error": None,
    "timestamp": "2020-02-04T08:09:42.389630",
    "price_info": {"part_price": "0.1", "parts_count": 2, "total_price": "0.2"},
}


def answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode())


def body(request: Request) -> Any:
    return json.loads(request.body or b"")


def test_b0_an_error_is_read() -> None:
    refusal = read_errors(answer(REFUSAL, 400))

    assert refusal == MessenteErrors(
        (
            ErrorItem(
                code="105",
                title="Invalid data",
                detail="Invalid or disallowed sender Messente",
                source="payload[sms][sender]",
            ),
        )
    )
    assert refusal.errors[0].path == "sms.sender"


def test_b1_t38_an_omnimessage_is_written_and_its_answer_read() -> None:
    omnimessage = Omnimessage(
        TO,
        [
            Viber("Hi", sender="Shop", ttl=timedelta(seconds=300)),
            SMS("Hi", sender="Shop", validity=timedelta(minutes=60)),
        ],
        dlr_url="https://example.com/dlr",
        text_store=TextStore.NOSTORE,
        time_to_send=datetime(2030, 6, 22, 9, 5, 7, tzinfo=UTC),
        priority=Priority.REGULAR,
    )
    request = send_request(omnimessage)

    assert (request.method, request.target, body(request)) == ("POST", "/omnimessage", OMNIMESSAGE)
    assert from_wire(OMNIMESSAGE) == omnimessage
    assert read_sent(answer(CREATED, 201), omnimessage) == OmnimessageCreated(
        ID,
        TO,
        (
            MessageResult("3e28ec48-d620-4191-a96e-d91ba8ecc949", Channel.VIBER, "Shop"),
            MessageResult("0c6c7c7e-6a0a-4a10-9d64-8a8b1f2f7f10", Channel.SMS, "Shop"),
        ),
    )


@pytest.mark.parametrize(
    "words",
    ["2018-06-22T09:05:07+00:00", "2018-06-22T09:05:07Z", "2018-06-22T13:05:07+04:00"],
)
def test_b1_t37_a_time_is_written_with_an_offset_that_counts(words: str) -> None:
    omnimessage = from_wire({**OMNIMESSAGE, "time_to_send": words})

    assert to_wire(omnimessage)["time_to_send"] == "2018-06-22T09:05:07+00:00"


def test_b2_t6_a_bulk_call_is_written_and_its_mixed_answer_read() -> None:
    numbers = ["+4400000001", "+4400000002"]
    messages = [Omnimessage(to, [SMS("Hi John!", sender="Messente")]) for to in numbers]
    request = bulk_request(messages)
    part = {"channel": "sms", "message_id": "3e28ec48", "sender": "Messente"}
    items = read_bulk(
        answer(
            {
                "messages": [
                    {"messages": [part], "to": "+4400000001", "omnimessage_id": ID},
                    {"errors": [{**REFUSAL["errors"][0], "source": "payload[to]"}]},
                ]
            },
            201,
        ),
        messages,
    )

    assert (request.method, request.target) == ("POST", "/omnimessages")
    assert body(request) == {
        "messages": [
            {
                "to": to,
                "messages": [{"channel": "sms", "text": "Hi John!", "sender": "Messente"}],
            }
            for to in numbers
        ]
    }
    assert items is not None
    taken, refused = items
    assert isinstance(taken, OmnimessageCreated)
    assert taken.omnimessage_id == ID
    assert isinstance(refused, MessenteErrors)
    assert refused.errors[0].path == "to"


def test_b3_t36_a_status_is_asked_for_and_read() -> None:
    request = status_request(ID)
    report = read_status(answer({"omnimessage_id": ID, "to": "+3725555555", "statuses": [ITEM]}))

    assert (request.method, request.target) == ("GET", f"/omnimessage/{ID}/status")
    assert request.body is None
    assert report is not None
    assert (report.omnimessage_id, report.to) == (ID, "+3725555555")
    (result,) = report.statuses
    assert (result.status, result.err, result.error) == (
        Status.DELIVRD,
        DeliveryError.NO_ERROR,
        None,
    )
    assert result.timestamp == datetime(2020, 2, 4, 8, 9, 42, 389630, tzinfo=UTC)
    assert result.price_info == PriceInfo(Decimal("0.1"), 2, Decimal("0.2"))
    assert (result.channel, result.sender) == (Channel.SMS, "MySender")
    assert report.state() is DeliveryState.DELIVERED


def test_b3_t52_the_outer_id_counts_where_an_item_holds_another() -> None:
    item = {**ITEM, "omnimessage_id": "5792a02a-e5c2-422b-a0a0-0ae65d814663", "to": "+372"}
    report = read_status(answer({"omnimessage_id": ID, "to": TO, "statuses": [item]}))

    assert report is not None
    assert (report.omnimessage_id, report.to) == (ID, TO)
    assert report.statuses[0].raw == item


@pytest.mark.parametrize("more", [{}, {"status": None, "err": None, "price_info": None}])
def test_b3_t47_an_item_that_is_worked_on_has_no_status(more: dict[str, Any]) -> None:
    item = {"channel": "sms", "message_id": "3e28ec48", **more}
    report = read_status(answer({"omnimessage_id": ID, "to": TO, "statuses": [item]}))

    assert report is not None
    (result,) = report.statuses
    assert (result.status, result.err, result.price_info) == (None, None, None)
    assert report.state() is DeliveryState.ACCEPTED


def test_b4_a_cancellation_is_asked_for_and_confirmed_by_an_empty_object() -> None:
    request = cancel_request(ID)

    assert (request.method, request.target, request.body) == ("DELETE", f"/omnimessage/{ID}", None)
    assert cancelled_reader(ID)(answer({}, 202)) is True


def test_t51_ids_that_are_no_uuids_are_ids() -> None:
    odd = "fr593ce7-68de-5k2n-a8e1-6f4f6d4ce1ba"
    created = read_sent(answer({**CREATED, "omnimessage_id": odd}, 201))

    assert isinstance(created, OmnimessageCreated)
    assert status_request(created.omnimessage_id or "").target == f"/omnimessage/{odd}/status"
