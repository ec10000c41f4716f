"""What Devino posts about SMS is read into typed events, or refused as a whole."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.callbacks import read_events
from devino_async.sms import IncomingSms, SmsStatusEvent, read_callbacks, read_incoming
from omni_common.errors import CallbackError, ReadError
from omni_common.report import DeliveryState
from tests.devino.answering import ANY_ITEM, ANY_JSON

EVENT = {
    "messageId": "3597944866766620289",
    "ts": 1613404835977,
    "status": "REJECTED",
    "errorCode": 2005,
}
EVENT_TIME = datetime(2021, 2, 15, 16, 0, 35, 977_000, tzinfo=UTC)
INCOMING = {
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


def posted(document: Any) -> bytes:
    return json.dumps(document).encode()


def event(**fields: Any) -> SmsStatusEvent:
    [read] = read_callbacks(posted([EVENT | fields]))
    return read


def incoming(**fields: Any) -> IncomingSms:
    [read] = read_incoming(posted(INCOMING | fields))
    return read


# --- Statuses -------------------------------------------------------------------------------------


def test_the_documented_status_is_read_whole() -> None:
    assert event() == SmsStatusEvent(
        message_id="3597944866766620289",
        ts=EVENT_TIME,
        status="REJECTED",
        error_code=2005,
        raw=EVENT,
    )


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ACCEPTED", DeliveryState.ACCEPTED),
        ("SCHEDULED", DeliveryState.SCHEDULED),
        ("ENROUTE", DeliveryState.SENDING),
        ("SENT", DeliveryState.SENT),
        ("DELIVERED", DeliveryState.DELIVERED),
        ("EXPIRED", DeliveryState.EXPIRED),
        ("CLICKED", DeliveryState.CLICKED),
        ("UNDELIVERABLE", DeliveryState.UNDELIVERED),
        ("REJECTED", DeliveryState.REJECTED),
        ("UNKNOWN", DeliveryState.UNKNOWN),
        ("delivered", DeliveryState.DELIVERED),
        ("ADDED_LATER", DeliveryState.UNKNOWN),
        (None, DeliveryState.UNKNOWN),
    ],
)
def test_t57_words_have_a_shared_state_and_stay_as_they_are(
    word: str | None, state: DeliveryState
) -> None:
    assert (event(status=word).status, event(status=word).state) == (word, state)


@pytest.mark.parametrize("read", [read_callbacks, read_incoming])
def test_t7_arrays_and_single_objects_are_both_taken(read: Any) -> None:
    document = EVENT | INCOMING
    [alone] = read(posted(document))
    assert read(posted([document])) == (alone,)
    assert read(posted([document, document])) == (alone, alone)
    assert read(posted([])) == ()


def test_events_keep_their_order() -> None:
    events = read_callbacks(posted([EVENT | {"messageId": str(number)} for number in range(5)]))
    assert [each.message_id for each in events] == list("01234")


@pytest.mark.parametrize(
    ("ts", "time"),
    [
        (1613404835977, EVENT_TIME),
        ("1613404835977", EVENT_TIME),
        (1613404835, EVENT_TIME.replace(microsecond=0)),
        (10**11, datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (None, None),
        ("yesterday", None),
        (True, None),
        (1613404835977.5, None),
        (10**30, None),
    ],
)
def test_t34_a_time_is_milliseconds_unless_it_is_too_small_for_them(
    ts: Any, time: datetime | None
) -> None:
    read = event(ts=ts)
    assert read.ts == time
    assert read.raw["ts"] == ts
    assert incoming(ts=ts).ts == time


def test_t18_an_id_that_comes_as_a_number_is_exact() -> None:
    assert event(messageId=3597944866766620289).message_id == "3597944866766620289"


def test_options_under_any_key_are_raw() -> None:
    assert event(options={"order": "17"}).raw["options"] == {"order": "17"}


# --- Incoming messages ----------------------------------------------------------------------------


def test_the_documented_incoming_message_is_read_whole() -> None:
    assert incoming() == IncomingSms(
        incoming_message_id="3777714415805253122",
        to="MyCompany",
        sender="79101111111",
        text="Incoming Message",
        transaction_id="a7d76677f699",
        prefix="2135",
        operator="MTS",
        country_name="ru",
        ts=datetime(2020, 4, 24, 9, 41, 23, tzinfo=UTC),
        raw=INCOMING,
    )


def test_t21_numbers_may_be_written_as_numbers_or_as_text() -> None:
    as_numbers = incoming(incomingMessageId=3777714415805253122, ts=1587721283000, prefix=2135)
    assert as_numbers.incoming_message_id == incoming().incoming_message_id
    assert as_numbers.ts == incoming().ts
    assert as_numbers.prefix == "2135"


def test_what_is_missing_is_none() -> None:
    assert read_incoming(b"{}") == (IncomingSms(raw={}),)
    assert read_callbacks(b"[{}]") == (SmsStatusEvent(raw={}),)


def test_an_incoming_message_shows_neither_numbers_nor_text() -> None:
    for to in ("79102222222", "MyCompany"):
        message = incoming(text="canary", prefix="canary", to=to)
        assert "canary" not in repr(message)
        assert "9101111111" not in repr(message)
        assert "9102222222" not in repr(message)
        assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301 - our own bytes


# --- What is no callback --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>canary 79031234567</html>",
        b'[{"text": "canary 79031234567"',
        b'{"text": "canary 79031234567"} {}',
        b"[NaN]",
        b'{"text": "\xff canary 79031234567"}',
        b"[" * 100_000,
        b"null",
        b"5",
        b'"canary 79031234567"',
        b'[{"text": "canary"}, "canary 79031234567"]',
        b"[[{}]]",
        b"[null]",
    ],
    ids=range(14),
)
def test_what_is_no_callback_raises_an_error_that_quotes_nothing(body: bytes) -> None:
    for read in (read_callbacks, read_incoming):
        with pytest.raises(CallbackError) as refused:
            read(body)
        error = refused.value
        assert isinstance(error, ReadError)
        assert (error.provider, error.raw) == ("devino", body)
        assert "canary" not in f"{error} {error!r}"
        assert "7903" not in f"{error} {error!r}"
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        assert (type(again), str(again), again.raw) == (CallbackError, str(error), None)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    [event] = read_callbacks(b"\xef\xbb\xbf[{}]")
    assert event.raw == {}


@given(items=st.lists(ANY_ITEM))
def test_nothing_is_left_out_in_silence(items: list[Any]) -> None:
    if all(isinstance(item, dict) for item in items):
        kinds: tuple[type[Any], ...] = (SmsStatusEvent, IncomingSms)
        for kind in kinds:
            assert [each.raw for each in read_events(kind, posted(items))] == items
    else:
        with pytest.raises(CallbackError):
            read_callbacks(posted(items))


@given(body=st.binary() | ANY_JSON.map(posted))
def test_any_bytes_are_events_or_an_error(body: bytes) -> None:
    try:
        events = read_incoming(body)
    except CallbackError:
        return
    assert all(isinstance(each, IncomingSms) for each in events)
