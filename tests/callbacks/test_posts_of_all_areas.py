"""What holds for the posts of every area, whichever vendor's: found by name, read or refused."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st

from omni_common.callbacks import (
    CallbackArea,
    Event,
    IncomingMessage,
    callback_area,
    callback_area_names,
    read_callback,
    sign,
)
from omni_common.errors import CallbackError, CallbackRefusedError
from omni_common.report import DeliveryReport
from tests.devino.answering import ANY_JSON
from tests.support.documented_posts import DOCUMENTED_POSTS, INCOMING_SMS, SMS_STATUS, posted

AREAS: Mapping[str, CallbackArea] = {name: callback_area(name) for name in DOCUMENTED_POSTS}
EVERY_AREA = pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
INDISTINCT = {("devino.sms", "devino.omni")}
"""A status of an SMS holds nothing that one of OMNI's might not, and all that one has to."""

_WORDS = st.sampled_from(
    [
        *("DELIVRD", "delivered", "EXPIRED", "unsubscribed", "SUBSCRIBED", "unknown", "", " "),
        *("63322:viber 63323:sms", "1:sms", "79101111111", "2021-02-23T14:51:13.000000Z"),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "\ud800", "9" * 400),
        *(0, -1, 1613404835977, 10**400, 1e308, "NaN", "1e400"),
    ]
)
_VALUES = ANY_JSON | _WORDS
_NAMES = sorted({name for post in DOCUMENTED_POSTS.values() for name in post})
_CARRIED = st.dictionaries(
    st.sampled_from(["omni_reference", "omni_channels", "order"]), _VALUES, max_size=3
)
LIKE_POSTS = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=10) | st.builds(
    lambda post, changes, carried: {**post, **changes, **carried},
    st.sampled_from(list(DOCUMENTED_POSTS.values())),
    st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=4),
    st.just({}) | _CARRIED.map(lambda carried: {"callbackData": carried}),
)
"""Objects that have the names of some vendor's post and, here and there, its values."""


def read_or_refused(area: CallbackArea, body: bytes) -> list[Event] | None:
    """The events in *body*; None if the area refuses it, which is the one error it may raise."""
    try:
        return list(area.read(body))
    except CallbackError:
        return None


def check(event: Event) -> None:
    """Refuse an event that contradicts itself, or says nothing of what it is about."""
    assert hash(event) == hash(event)
    assert repr(event)
    assert event.at is None or event.at.utcoffset() is not None
    if isinstance(event, DeliveryReport):
        [part] = event.parts
        assert (event.state, event.channel, event.at) == (part.state, part.channel, part.at)
        assert not event.id.endswith((":", "None"))
    if isinstance(event, IncomingMessage):
        assert event.id is not None or event.text is not None


def test_all_areas_are_found_by_the_names_they_have() -> None:
    assert set(DOCUMENTED_POSTS) <= set(callback_area_names())
    assert {name: area.name for name, area in AREAS.items()} == {name: name for name in AREAS}


def test_t68_messente_signs_and_devino_does_not() -> None:
    assert [name for name, area in AREAS.items() if area.is_signed] == [
        "messente.delivery",
        "messente.inbound",
    ]
    assert {area.signature_header for area in AREAS.values() if area.is_signed} == {
        "X-Messente-Signature"
    }


@EVERY_AREA
def test_a_documented_post_that_is_genuine_is_one_event(area: CallbackArea) -> None:
    body, secret = posted(DOCUMENTED_POSTS[area.name]), "token-of-sixteen-or-more"
    post = sign(area.name, body, secret)
    token = None if area.is_signed else post.path.rpartition("/")[2]

    [event] = read_callback(area.name, post.headers, body, secrets=secret, token=token)

    assert event.raw == DOCUMENTED_POSTS[area.name]
    with pytest.raises(CallbackRefusedError):
        read_callback(area.name, post.headers, body, secrets="another-secret-token", token=token)


@EVERY_AREA
def test_t7_an_array_is_its_events_in_order_and_an_object_is_one(area: CallbackArea) -> None:
    first = dict(DOCUMENTED_POSTS[area.name])
    second = {**first, "added_later": 2}

    assert area.read(posted(first)) == area.read(posted([first]))
    assert [event.raw for event in area.read(posted([first, second, first]))] == [
        first,
        second,
        first,
    ]
    assert area.read(b"[]") == []


@pytest.mark.parametrize(
    ("came_from", "came_to"), list(itertools.permutations(DOCUMENTED_POSTS, 2))
)
def test_a_post_at_the_url_of_another_area_is_refused(came_from: str, came_to: str) -> None:
    events = read_or_refused(AREAS[came_to], posted([DOCUMENTED_POSTS[came_from]]))
    assert (events is not None) is ((came_from, came_to) in INDISTINCT)


@EVERY_AREA
@pytest.mark.parametrize(
    "other", [{}, {"added_later": 1}, {"errors": []}, {"result": None}], ids=str
)
def test_one_object_that_is_no_such_post_refuses_them_all(area: CallbackArea, other: Any) -> None:
    assert read_or_refused(area, posted(other)) is None
    assert read_or_refused(area, posted([DOCUMENTED_POSTS[area.name], other])) is None


@EVERY_AREA
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"5", b"null", b'"x"', b"[5]", b"[null]", b"[[]]"]
)
def test_what_is_no_object_is_refused(area: CallbackArea, body: bytes) -> None:
    assert read_or_refused(area, body) is None


@EVERY_AREA
@pytest.mark.parametrize("odd", [None, True, 1.5, [], {}, [{}], {"a": {"b": []}}, "", 10**400])
def test_no_odd_value_of_one_field_is_an_error(area: CallbackArea, odd: Any) -> None:
    document = DOCUMENTED_POSTS[area.name]
    for name in document:
        events = read_or_refused(area, posted({**document, name: odd}))
        assert events is None or [event.raw for event in events] == [{**document, name: odd}]


def test_a_refusal_quotes_nothing_of_the_post() -> None:
    body = posted({**INCOMING_SMS, "incomingMessageId": None, "text": None})
    with pytest.raises(CallbackError) as refused:
        AREAS["devino.sms_incoming"].read(body)
    assert (refused.value.provider, refused.value.raw) == ("devino", body)
    assert "9101111111" not in f"{refused.value} {refused.value!r}"
    assert "devino.sms_incoming" in str(refused.value)


def test_an_event_shows_neither_whom_it_is_about_nor_what_they_wrote() -> None:
    for name, area in AREAS.items():
        for event in area.read(posted(DOCUMENTED_POSTS[name])):
            for hidden in (
                "9101111111",
                "4000000000",
                "Incoming Message",
                "test message",
                "Sender",
            ):
                assert hidden not in repr(event)


@EVERY_AREA
def test_an_event_goes_to_another_process_as_it_is(area: CallbackArea) -> None:
    [event] = area.read(posted(DOCUMENTED_POSTS[area.name]))
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301 - our own bytes


def test_t60_a_report_that_comes_twice_is_one_report() -> None:
    body = posted([SMS_STATUS, SMS_STATUS])
    assert len(set(AREAS["devino.sms"].read(body))) == 1


@given(documents=st.lists(LIKE_POSTS, min_size=1, max_size=3))
def test_whatever_looks_like_posts_is_events_or_refused(documents: list[Any]) -> None:
    for area in AREAS.values():
        events = read_or_refused(area, posted(documents))
        assert events is None or [event.raw for event in events] == documents
        for event in events or []:
            check(event)


@given(body=st.binary() | ANY_JSON.map(posted))
def test_any_bytes_are_events_or_refused(body: bytes) -> None:
    for area in AREAS.values():
        for event in read_or_refused(area, body) or []:
            check(event)
