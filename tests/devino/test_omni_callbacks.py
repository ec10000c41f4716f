"""What Devino posts about transactional messages: bytes in, typed events out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.omni import OmniEvent, omni_state, read_callbacks
from omni_common.errors import CallbackError
from omni_common.report import DeliveryState, merge
from tests.devino.answering import ANY_JSON

EVENT = {
    "messageId": "3606044956953218300",
    "ts": 1613404835977,
    "status": "delivered",
    "errorCode": 0,
    "callbackData": {"order": "1"},
    "contactId": "3111e47182ca9c11-3111e4711103c800",
    "taskId": 7004,
    "triggerId": 63322,
}
AT = datetime(2021, 2, 15, 16, 0, 35, tzinfo=UTC)


def events(*items: Any) -> tuple[OmniEvent, ...]:
    return read_callbacks(json.dumps(list(items)).encode())


def event(**fields: Any) -> OmniEvent:
    [found] = events(EVENT | fields)
    return found


def test_the_documented_event_is_read() -> None:
    found = event()
    assert (found.message_id, found.status, found.error_code) == (
        "3606044956953218300",
        "delivered",
        0,
    )
    assert found.ts == AT + timedelta(milliseconds=977)
    assert found.callback_data == {"order": "1"}
    assert (found.contact_id, found.task_id, found.trigger_id) == (
        "3111e47182ca9c11-3111e4711103c800",
        "7004",
        "63322",
    )
    assert found.raw == EVENT


def test_every_optional_field_is_read() -> None:
    found = event(
        ip="192.0.2.7",
        browser="Chrome",
        os="Android",
        userAgent="Mozilla/5.0",
        email="james@example.com",
        url="https://shop.example/sale?token=1",
        geolocation={"country": "RU", "region": "77", "city": "Moscow"},
        pushToken="ctJ5VzCE",
        actionId="open",
        pushApplicationId=3410,
    )
    assert (found.ip, found.browser, found.os) == ("192.0.2.7", "Chrome", "Android")
    assert (found.user_agent, found.email) == ("Mozilla/5.0", "james@example.com")
    assert found.url == "https://shop.example/sale?token=1"
    assert found.geolocation == {"country": "RU", "region": "77", "city": "Moscow"}
    assert (found.push_token, found.action_id) == ("ctJ5VzCE", "open")
    assert found.push_application_id == "3410"


def test_t7_a_single_object_is_read_like_an_array_of_one() -> None:
    assert read_callbacks(json.dumps(EVENT).encode()) == (event(),)


@pytest.mark.parametrize("message_id", ["3606044956953218301", 3606044956953218301], ids=repr)
def test_t18_an_id_is_exact_as_a_number_and_as_text(message_id: Any) -> None:
    assert event(messageId=message_id).message_id == "3606044956953218301"


@pytest.mark.parametrize("ts", [1613404835000, 1613404835, "1613404835", "1613404835000"], ids=repr)
def test_t34_seconds_and_milliseconds_are_told_apart_by_their_size(ts: Any) -> None:
    assert event(ts=ts).ts == AT


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("delivered", DeliveryState.DELIVERED),
        ("expired", DeliveryState.EXPIRED),
        ("undeliverable", DeliveryState.UNDELIVERED),
        ("bounced", DeliveryState.UNDELIVERED),
        ("opened", DeliveryState.READ),
        ("clicked", DeliveryState.CLICKED),
        ("rejected", DeliveryState.REJECTED),
        ("deleted", DeliveryState.CANCELLED),
        ("canceled", DeliveryState.CANCELLED),
        ("MSISDN_NOT_REGISTERED", DeliveryState.UNDELIVERED),
        ("unknown", DeliveryState.UNKNOWN),
        ("teleported", DeliveryState.UNKNOWN),
        ("subscribed", None),
        ("unsubscribed", None),
        ("complained", None),
    ],
)
def test_t57_a_word_has_a_shared_state_in_any_case(word: str, state: DeliveryState | None) -> None:
    for spelt in (word, word.upper(), word.title()):
        assert event(status=spelt).state is state
        assert event(status=spelt).status == spelt
        assert omni_state(spelt) is state


def test_an_event_without_a_word_says_nothing() -> None:
    [found] = events({})
    assert (found.status, found.state) == (None, DeliveryState.UNKNOWN)


def test_t59_each_channel_has_events_of_its_own() -> None:
    viber, sms = event(status="expired", triggerId=1), event(status="delivered", triggerId=2)
    assert [(each.trigger_id, each.state) for each in (viber, sms)] == [
        ("1", DeliveryState.EXPIRED),
        ("2", DeliveryState.DELIVERED),
    ]
    assert viber.message_id == sms.message_id


def test_t60_an_event_that_comes_twice_is_one_event_and_order_plays_no_part() -> None:
    told = [event(status=word) for word in ("expired", "delivered", "opened", "delivered")]
    assert len(set(told)) == 3
    for order in permutations(told):
        assert merge(each.state for each in order if each.state) is DeliveryState.READ


def test_t61_a_click_after_the_delivery_is_further() -> None:
    told = [event(status=word) for word in ("clicked", "delivered", "complained")]
    assert merge(each.state for each in told if each.state) is DeliveryState.CLICKED


def test_t22_what_is_not_as_documented_is_none_and_stays_in_the_raw_event() -> None:
    odd = {
        "messageId": 1.5,
        "ts": "yesterday",
        "status": 5,
        "errorCode": "x",
        "callbackData": [],
        "geolocation": "Moscow",
        "email": ["a"],
        "addedLater": 1,
    }
    [found] = events(odd)
    assert (found.message_id, found.ts, found.error_code, found.callback_data) == (None,) * 4
    assert (found.geolocation, found.email) == ("Moscow", None)
    assert found.raw == odd


@pytest.mark.parametrize("body", [b"", b"<html>", b"5", b"null", b'"x"', b"[5]", b"[null]"])
def test_what_is_no_callback_is_refused(body: bytes) -> None:
    with pytest.raises(CallbackError):
        read_callbacks(body)


def test_nothing_shows_whom_an_event_is_about() -> None:
    found = event(
        email="canary@example.com",
        ip="192.0.2.7",
        pushToken="canary",
        url="https://shop.example/canary",
        callbackData={"canary": "canary"},
        geolocation="canary",
        userAgent="canary",
    )
    assert "canary" not in repr(found)
    assert "192.0.2.7" not in repr(found)
    assert "3606044956953218300" in repr(found)


_KEYS = st.sampled_from([*EVENT, "ip", "email", "url", "geolocation", "pushToken", "browser"])


@given(items=st.lists(st.dictionaries(_KEYS, ANY_JSON, max_size=6), max_size=3))
def test_any_objects_are_events(items: list[Any]) -> None:
    found = events(*items)
    assert [each.raw for each in found] == items
    for each in found:
        assert each.state is None or isinstance(each.state, DeliveryState)


@given(body=st.binary())
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    try:
        found = read_callbacks(body)
    except CallbackError:
        return
    assert all(isinstance(each, OmniEvent) for each in found)
