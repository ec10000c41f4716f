"""Reading where an omnimessage is: every field is known, kept as it came, or left out."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from messente_async.answers import (
    read_status,
)
from messente_async.omnimessage import Channel
from messente_async.report import DeliveryError, DeliveryResult, PriceInfo, Status
from omni_common.exchange import Answer

TO = "+37251000000"
ID = "d7248cda-6c1a-4436-acf5-aaf249bb67d3"
DELIVERED = {
    "status": "DELIVRD",
    "sender": "MySender",
    "err": 0,
    "message_id": "3e28ec48",
    "channel": "sms",
    "error": None,
    "timestamp": "2020-02-04T08:09:42.389630",
    "price_info": {"part_price": "0.1", "parts_count": 2, "total_price": "0.2"},
    "omnimessage_id": "another",
}


def answer(body: Any) -> Answer:
    return Answer(200, json.dumps(body).encode())


def result(**changes: Any) -> DeliveryResult:
    report = read_status(answer({"statuses": [{**DELIVERED, **changes}]}))
    assert report is not None
    (only,) = report.statuses
    return only


def test_a_status_is_read_in_full() -> None:
    body = {"omnimessage_id": ID, "to": TO, "statuses": [DELIVERED, {}]}
    report = read_status(answer(body))

    assert report is not None
    assert (report.omnimessage_id, report.to, report.raw) == (ID, TO, body)
    assert report.statuses == (
        DeliveryResult(
            status=Status.DELIVRD,
            err=DeliveryError.NO_ERROR,
            timestamp=datetime(2020, 2, 4, 8, 9, 42, 389630, tzinfo=UTC),
            price_info=PriceInfo(Decimal("0.1"), 2, Decimal("0.2")),
            channel=Channel.SMS,
            message_id="3e28ec48",
            sender="MySender",
        ),
        DeliveryResult(),
    )
    assert report.statuses[0].raw == DELIVERED
    assert TO not in repr(report)
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 - our own


@pytest.mark.parametrize(
    "body", [{"errors": [{"code": "101"}]}, {}, [], {"statuses": None}, {"statuses": {}}]
)
def test_a_body_without_statuses_is_no_report(body: Any) -> None:
    assert read_status(answer(body)) is None


@pytest.mark.parametrize(
    ("word", "read"),
    [
        (None, None),
        ("SEEN", Status.SEEN),
        ("delivrd", Status.DELIVRD),
        ("TELEPORTED", "TELEPORTED"),
        (5, "<int>"),
        ([], "<list>"),
    ],
)
def test_t46_a_status_word_is_known_or_kept(word: Any, read: Any) -> None:
    assert result(status=word).status == read


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (10, DeliveryError.SEEN),
        (999, DeliveryError.TEMPORARY_ERROR),
        (77, 77),
        (None, None),
        ("5", None),
        (True, None),
        (1.0, None),
    ],
)
def test_t45_t46_a_delivery_error_is_known_or_kept(number: Any, read: Any) -> None:
    err = result(err=number).err

    assert err == read
    assert type(err) is type(read)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2020-02-04T08:09:42", datetime(2020, 2, 4, 8, 9, 42, tzinfo=UTC)),
        ("2020-02-04T08:09:42Z", datetime(2020, 2, 4, 8, 9, 42, tzinfo=UTC)),
        (
            "2020-02-04 08:09:42+02:00",
            datetime(2020, 2, 4, 8, 9, 42, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("yesterday", None),
        ("", None),
        (1580803782, None),
        (None, None),
    ],
)
def test_t36_a_time_without_a_zone_is_utc_and_an_odd_one_is_none(text: Any, read: Any) -> None:
    changed = result(timestamp=text)

    assert changed.timestamp == read
    assert changed.raw["timestamp"] == text


@pytest.mark.parametrize(
    ("price_info", "read"),
    [
        (None, None),
        ("0.1", None),
        ({}, PriceInfo()),
        (
            {"part_price": 0.1, "parts_count": "2", "total_price": 1},
            PriceInfo(Decimal("0.1"), None, Decimal(1)),
        ),
        ({"part_price": "NaN", "parts_count": True, "total_price": "free"}, PriceInfo()),
        ({"part_price": True, "parts_count": 1.5, "total_price": None}, PriceInfo()),
    ],
)
def test_a_price_that_is_no_number_is_none(price_info: Any, read: PriceInfo | None) -> None:
    assert result(price_info=price_info).price_info == read


@pytest.mark.parametrize(("item", "status"), [(None, None), ("odd", "odd"), ([], "<list>")])
def test_a_result_that_is_no_object_hides_no_other(item: Any, status: str | None) -> None:
    report = read_status(answer({"statuses": [item, DELIVERED]}))

    assert report is not None
    first, second = report.statuses
    assert (first.status, first.raw) == (status, item)
    assert second.status is Status.DELIVRD
