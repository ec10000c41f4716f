"""What Messente posts: delivery reports and messages from people, and whether it was Messente."""

from __future__ import annotations

import hashlib
import hmac
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from messente_async import (
    Channel,
    DeliveryError,
    DeliveryReportEvent,
    InboundMessage,
    PriceInfo,
    Status,
    read_delivery_report,
    read_inbound,
    verify_signature,
)
from omni_common.errors import CallbackError, ConfigurationError, ReadError
from omni_common.report import DeliveryState
from omni_common.secret import Secret

ID = "d7248cda-6c1a-4436-acf5-aaf249bb67d3"
TO = "+3725555555"
REPORT: dict[str, Any] = {
    "status": "DELIVRD",
    "sender": "MySender",
    "err": 0,
    "message_id": "3e28ec48-d620-4191-a96e-d91ba8ecc949",
    "to": TO,
    "channel": "sms",
    "error": None,
    "omnimessage_id": ID,
    "timestamp": "2020-02-04T08:09:42.389630",
    "price_info": {"part_price": "0.1", "parts_count": 2, "total_price": "0.2"},
}
INBOUND: dict[str, Any] = {
    "msg_id": "1f5197ec-b4d7-4d5f-8bba-e005d1cadba1",
    "sub_msg_id": "d276e75e-e9f5-4b44-88aa-d5c7b38a1e4a",
    "channel": "sms",
    "recipient": "1234",
    "time": "2021-02-23T14:51:13.000000Z",
    "text": "This is a test message content",
    "sender": "+44000000000",
}
READERS: list[Callable[[bytes], tuple[object, ...]]] = [read_delivery_report, read_inbound]
"""B5 and B6: the examples of the contract sheet."""


def posted(document: Any) -> bytes:
    return json.dumps(document).encode()


def event(**changes: Any) -> DeliveryReportEvent:
    (only,) = read_delivery_report(posted({**REPORT, **changes}))
    return only


def inbound(**changes: Any) -> InboundMessage:
    (only,) = read_inbound(posted({**INBOUND, **changes}))
    return only


# --- Delivery reports -----------------------------------------------------------------------------


def test_t36_a_delivery_report_is_read_in_full() -> None:
    assert event() == DeliveryReportEvent(
        omnimessage_id=ID,
        to=TO,
        status=Status.DELIVRD,
        err=DeliveryError.NO_ERROR,
        error=None,
        timestamp=datetime(2020, 2, 4, 8, 9, 42, 389630, tzinfo=UTC),
        price_info=PriceInfo(Decimal("0.1"), 2, Decimal("0.2")),
        channel=Channel.SMS,
        message_id="3e28ec48-d620-4191-a96e-d91ba8ecc949",
        sender="MySender",
    )
    assert event().raw == REPORT
    assert event().state is DeliveryState.DELIVERED


def test_t47_a_report_of_what_is_worked_on_says_so_with_nulls_or_with_nothing() -> None:
    names = ("status", "err", "error", "timestamp", "price_info")
    nulls = event(**dict.fromkeys(names))
    (absent,) = read_delivery_report(posted({"omnimessage_id": ID, "to": TO, "channel": "sms"}))

    for report in (nulls, absent):
        assert [getattr(report, name) for name in names] == [None] * 5
        assert report.state is DeliveryState.ACCEPTED
        assert (report.omnimessage_id, report.to) == (ID, TO)


def test_t48_deleted_is_read_although_a_list_lacks_it() -> None:
    assert event(status="DELETED").state is DeliveryState.CANCELLED


def test_t46_words_and_numbers_of_tomorrow_are_kept() -> None:
    report = event(status="TELEPORTED", err=77, channel="pigeon", added_later={"version": 3})

    assert (report.status, report.err, report.channel) == ("TELEPORTED", 77, "pigeon")
    assert report.state is DeliveryState.UNKNOWN
    assert report.raw["added_later"] == {"version": 3}


def test_t45_the_number_of_a_delivery_is_no_code_of_a_request() -> None:
    assert event(err=5).err is DeliveryError.INVALID_NUMBER_FORMAT
    assert event(err="105").err is None


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_is_read(channel: Channel) -> None:
    assert event(channel=channel.value).channel is channel
    assert inbound(channel=channel.value).channel is channel


# --- Messages from people -------------------------------------------------------------------------


def test_t36_an_inbound_message_is_read_in_full() -> None:
    assert inbound() == InboundMessage(
        msg_id="1f5197ec-b4d7-4d5f-8bba-e005d1cadba1",
        sub_msg_id="d276e75e-e9f5-4b44-88aa-d5c7b38a1e4a",
        channel=Channel.SMS,
        recipient="1234",
        time=datetime(2021, 2, 23, 14, 51, 13, tzinfo=UTC),
        text="This is a test message content",
        sender="+44000000000",
    )
    assert inbound().raw == INBOUND


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-02-23T14:51:13", datetime(2021, 2, 23, 14, 51, 13, tzinfo=UTC)),
        (
            "2021-02-23T14:51:13+02:00",
            datetime(2021, 2, 23, 14, 51, 13, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("yesterday", None),
        (1614091873, None),
        (None, None),
    ],
)
def test_t36_a_time_without_a_zone_is_utc_and_an_odd_one_is_none(
    text: Any, time: datetime | None
) -> None:
    assert (inbound(time=text).time, event(timestamp=text).timestamp) == (time, time)


@pytest.mark.parametrize("text", [{"body": "Hi"}, None, ["Hi"], 7])
def test_what_is_not_documented_is_in_raw(text: Any) -> None:
    message = inbound(channel="whatsapp", text=text, whatsapp={"type": "image"})

    assert (message.text, message.sender) == (None, "+44000000000")
    assert message.raw["text"] == text
    assert message.raw["whatsapp"] == {"type": "image"}


def test_a_number_that_comes_as_a_number_keeps_its_digits() -> None:
    assert (inbound(recipient=1234).recipient, inbound(sender=44000000000).sender) == (
        "1234",
        "44000000000",
    )


# --- Either ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", READERS)
def test_t7_an_object_and_an_array_of_one_are_the_same(
    read: Callable[[bytes], tuple[object, ...]],
) -> None:
    one = read(posted(REPORT | INBOUND))

    assert len(one) == 1
    assert read(posted([REPORT | INBOUND])) == one
    assert read(posted([REPORT | INBOUND] * 3)) == one * 3
    assert read(b"[]") == ()


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"canary",
        b'{"text": "canary"',
        b'{"text": NaN, "canary": 1}',
        b"\xff\xfe canary",
        b'"canary"',
        b"7",
        b"null",
        b'[{"text": "canary"}, "canary"]',
        b'[["canary"]]',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_callback_is_an_error_that_quotes_none_of_it(
    read: Callable[[bytes], object], body: bytes
) -> None:
    with pytest.raises(CallbackError) as caught:
        read(body)

    error = caught.value
    assert isinstance(error, ReadError)
    assert (error.provider, error.raw, error.outcome) == ("messente", body, None)
    assert "canary" not in repr(error) + str(error.__cause__)
    assert error.__suppress_context__ or error.__context__ is None
    assert pickle.loads(pickle.dumps(error)).raw is None  # noqa: S301 - our own


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*REPORT, *INBOUND, "x"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(body=JSON.map(posted) | st.binary(max_size=60))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    for read in READERS:
        try:
            read(body)
        except CallbackError:
            continue


@given(item=st.dictionaries(st.sampled_from([*REPORT, *INBOUND]), JSON, max_size=20))
def test_every_object_is_one_event_which_keeps_it(item: dict[str, Any]) -> None:
    (report,), (message,) = read_delivery_report(posted(item)), read_inbound(posted(item))

    assert report.raw == message.raw == item
    for time in (report.timestamp, message.time):
        assert time is None or time.utcoffset() is not None


def test_no_repr_shows_who_wrote_what_to_whom() -> None:
    secrets = {"text": "canary", "sender": "+37251000011", "recipient": "+37251000012"}
    message = inbound(**secrets)
    report = event(to="+37251000013", sender="+37251000014", error="canary")
    shown = repr(message) + repr(report)

    assert "canary" not in shown
    assert "5100001" not in shown
    assert "1f5197ec-b4d7-4d5f-8bba-e005d1cadba1" in shown
    assert ID in shown


# --- Signatures -----------------------------------------------------------------------------------


def signed(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_the_signature_is_the_standards_hmac() -> None:
    body = b"what do ya want for nothing?"  # RFC 4231, test case 2
    digits = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert verify_signature(body, digits, "Jefe")
    assert verify_signature(body, digits.upper(), Secret("Jefe"))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(body=st.binary(max_size=200), secret=TEXTS, data=st.data())
def test_any_flipped_bit_makes_a_signature_wrong(
    body: bytes, secret: str, data: st.DataObject
) -> None:
    signature = signed(body, secret)
    assert verify_signature(body, signature, secret)

    digest = bytearray.fromhex(signature)
    digest[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    assert not verify_signature(body, digest.hex(), secret)
    assert not verify_signature(body + b" ", signature, secret)
    if body:
        changed = bytearray(body)
        changed[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        assert not verify_signature(bytes(changed), signature, secret)


@given(signature=st.none() | st.text(max_size=70), secret=TEXTS)
def test_no_other_text_is_a_signature(signature: str | None, secret: str) -> None:
    assert not verify_signature(b"{}", signature, secret)


def test_a_signature_counts_whole() -> None:
    signature = signed(b"{}", "secret")

    assert verify_signature(b"{}", signature, "secret")
    for part in (signature[:-1], signature[1:], f" {signature}", f"{signature}\n", signature * 2):
        assert not verify_signature(b"{}", part, "secret")


@pytest.mark.parametrize("secret", ["", Secret(""), None])
def test_without_a_secret_nothing_can_be_checked(secret: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        verify_signature(b"{}", hmac.new(b"", b"{}", hashlib.sha256).hexdigest(), secret)
    assert (caught.value.provider, caught.value.field) == ("messente", "secret")
