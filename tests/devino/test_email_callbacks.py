"""What Devino posts about letters, read without trusting any of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.email import EmailEvent, read_callbacks
from omni_common.converter import dumps
from omni_common.errors import CallbackError
from omni_common.report import DeliveryState, merge
from tests.devino.answering import ANY_JSON

SAMPLE: dict[str, Any] = {
    "dateTime": "2023-04-04T05:56:56.313Z",
    "userData": None,
    "contactId": None,
    "messageId": "dRJ7nkr99WF",
    "taskId": 0,
    "event": "ACCEPTED",
    "email": "example@devinotele.com",
}
DOCUMENTED = [
    *("ACCEPTED", "SENT", "DELIVERED", "EXPIRED", "OPENED", "CLICKED", "BOUNCED", "REJECTED"),
    *("SUBSCRIBED", "UNSUBSCRIBED", "COMPLAINED"),
]


def event(**fields: Any) -> EmailEvent:
    [only] = read_callbacks(dumps([{**SAMPLE, **fields}]))
    return only


def test_the_documented_callback_is_read() -> None:
    assert event() == EmailEvent(
        date_time=datetime(2023, 4, 4, 5, 56, 56, 313_000, tzinfo=UTC),
        user_data=None,
        contact_id=None,
        message_id="dRJ7nkr99WF",
        task_id="0",
        event="ACCEPTED",
        email="example@devinotele.com",
        raw=SAMPLE,
    )


def test_t7_several_events_or_a_single_one_come_in_order() -> None:
    assert [each.event for each in read_callbacks(dumps([SAMPLE, {"event": "SENT"}]))] == [
        "ACCEPTED",
        "SENT",
    ]
    assert read_callbacks(dumps(SAMPLE)) == (event(),)
    assert read_callbacks(b"[]") == ()


def test_t29_a_time_is_aware_since_devino_names_its_zone_here() -> None:
    time = event().date_time
    assert time is not None
    assert time.utcoffset() is not None
    assert event(dateTime="2023-04-04T08:56:56.313+03:00").date_time == time
    assert event(dateTime="2023-04-04 05:56:56").date_time == datetime(2023, 4, 4, 5, 56, 56)  # noqa: DTZ001 - should the zone be missing after all
    assert event(dateTime=1680587816313).date_time is None


@pytest.mark.parametrize("data", [None, {"key1": "value1"}, '{"key1": "value1"}', 5, ["a"]])
def test_user_data_is_left_as_it_came(data: Any) -> None:
    assert event(userData=data).user_data == data


@pytest.mark.parametrize("word", DOCUMENTED)
def test_t57_every_documented_event_has_a_state_or_is_no_change_of_one(word: str) -> None:
    state = event(event=word).state
    assert (state is None) is (word in {"SUBSCRIBED", "UNSUBSCRIBED", "COMPLAINED"})
    assert state is not DeliveryState.UNKNOWN
    assert event(event=word.lower()).state is state


@pytest.mark.parametrize("word", ["TELEPORTED", "", None, True])
def test_an_event_that_is_not_known_yet_is_kept(word: Any) -> None:
    read = event(event=word)
    assert read.state is DeliveryState.UNKNOWN
    assert read.event == (word if isinstance(word, str) else None)
    assert read.raw["event"] == word


def test_t60_events_in_any_order_and_twice_merge_to_the_furthest() -> None:
    words = ["CLICKED", "SENT", "UNSUBSCRIBED", "DELIVERED", "SENT", "OPENED"]
    events = read_callbacks(dumps([{**SAMPLE, "event": word} for word in words]))
    states = [each.state for each in events if each.state is not None]
    assert merge(states) is DeliveryState.CLICKED


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"taskId": 7004, "contactId": "3379c731a0734800-337a7406f274fe80"}, ("7004", "3379c7")),
        ({"taskId": "7004", "contactId": 3379731}, ("7004", "337973")),
    ],
)
def test_t21_ids_are_text_however_they_come(fields: dict[str, Any], read: tuple[str, str]) -> None:
    found = event(**fields)
    assert (found.task_id, (found.contact_id or "")[:6]) == read


def test_an_event_shows_nobody_and_nothing_of_theirs() -> None:
    shown = repr(event(email="canary@mail.example", userData={"canary": "canary"}))
    assert "canary" not in shown


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b'"x"', b"5", b"[5]", b"[[]]", b"\xff"])
def test_what_is_no_callback_is_an_error_of_its_own(body: bytes) -> None:
    with pytest.raises(CallbackError) as refused:
        read_callbacks(body)
    assert refused.value.raw == body


_EVENTS = st.fixed_dictionaries({}, optional=dict.fromkeys(SAMPLE, ANY_JSON)) | ANY_JSON


@given(document=st.lists(_EVENTS, max_size=3) | _EVENTS)
def test_whatever_is_posted_is_read_or_refused(document: Any) -> None:
    try:
        body = dumps(document)
    except ValueError:  # half a character, which no body can hold
        return
    items = document if isinstance(document, list) else [document]
    if not all(isinstance(item, dict) for item in items):
        with pytest.raises(CallbackError):
            read_callbacks(body)
        return
    events = read_callbacks(body)
    assert [each.raw for each in events] == items
    assert all(each.state is None or isinstance(each.state, DeliveryState) for each in events)
    assert repr(events)
