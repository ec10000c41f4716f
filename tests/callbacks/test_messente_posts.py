"""What Messente posts, in the words that all vendors share."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from messente_async import Status, sign, verify_signature
from messente_async.delivery import part_report
from messente_async.posts import DELIVERY, INBOUND
from messente_async.report import DeliveryResult, read_result
from omni_common.callbacks import IncomingMessage
from omni_common.errors import CallbackError, ConfigurationError
from omni_common.message import Channel
from omni_common.report import DeliveryFault, DeliveryReport, DeliveryState, PartReport, Price
from omni_common.secret import Secret
from tests.support.documented_posts import INBOUND_MESSAGE, MESSENTE_REPORT, posted

ID = "messente:d7248cda-6c1a-4436-acf5-aaf249bb67d3"
AT = datetime(2020, 2, 4, 8, 9, 42, 389_630, tzinfo=UTC)


class Absent(Enum):
    """A field that is not there."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


def changed(document: Any, **fields: Any) -> dict[str, Any]:
    whole = {**document, **fields}
    return {name: value for name, value in whole.items() if value is not ABSENT}


def report(**fields: Any) -> DeliveryReport:
    [event] = DELIVERY.read(posted(changed(MESSENTE_REPORT, **fields)))
    assert isinstance(event, DeliveryReport)
    return event


def incoming(**fields: Any) -> IncomingMessage:
    [event] = INBOUND.read(posted(changed(INBOUND_MESSAGE, **fields)))
    assert isinstance(event, IncomingMessage)
    return event


# --- Delivery reports -----------------------------------------------------------------------------


def test_the_documented_report_tells_of_one_channel() -> None:
    price = Price(Decimal("0.2"), per_segment=Decimal("0.1"), segments=2)
    assert report() == DeliveryReport(
        id=ID,
        state=DeliveryState.DELIVERED,
        channel=Channel.SMS,
        at=AT,
        price=price,
        parts=(
            PartReport(
                channel=Channel.SMS,
                state=DeliveryState.DELIVERED,
                id="3e28ec48-d620-4191-a96e-d91ba8ecc949",
                raw_state="DELIVRD",
                at=AT,
                raw_at="2020-02-04T08:09:42.389630",
                price=price,
            ),
        ),
        raw=MESSENTE_REPORT,
        partial=True,
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.ACK, DeliveryState.SENT),
        (Status.ACCEPTD, DeliveryState.SENT),
        (Status.DELIVRD, DeliveryState.DELIVERED),
        (Status.SEEN, DeliveryState.READ),
        (Status.UNDELIV, DeliveryState.UNDELIVERED),
        (Status.FAILED, DeliveryState.UNDELIVERED),
        (Status.UNKNOWN, DeliveryState.UNKNOWN),
        (Status.REJECTD, DeliveryState.REJECTED),
        (Status.NACK, DeliveryState.REJECTED),
        (Status.DELETED, DeliveryState.CANCELLED),
        (Status.EXPIRED, DeliveryState.EXPIRED),
    ],
)
def test_t57_each_documented_word_has_a_state_in_any_case(
    status: Status, state: DeliveryState
) -> None:
    for word in (status.value, status.value.lower()):
        found = report(status=word)
        assert (found.state, found.parts[0].state) == (state, state)
        assert found.parts[0].raw_state == status.value


def test_t46_a_word_that_nobody_documents_is_unknown_and_kept() -> None:
    found = report(status="TELEPORTED", channel="pigeon", err=77, error="Lost", added_later=1)
    assert found.state is DeliveryState.UNKNOWN
    assert (found.channel, found.error) == ("pigeon", DeliveryFault("77", "Lost"))
    assert found.parts[0].raw_state == "TELEPORTED"


@pytest.mark.parametrize("status", [None, ABSENT], ids=["null", "absent"])
def test_t47_a_message_that_is_worked_on_is_accepted(status: Any) -> None:
    found = report(status=status, err=status, timestamp=status, price_info=status)
    assert found.state is DeliveryState.ACCEPTED
    assert (found.at, found.price, found.error) == (None, None, None)
    assert (found.parts[0].raw_state, found.parts[0].raw_at) == (None, None)


@pytest.mark.parametrize("word", ["UNDELIV", "EXPIRED", "REJECTD", "DELETED"])
def test_t59_the_failure_of_a_channel_is_not_the_end_of_its_message(word: str) -> None:
    found = report(status=word)
    assert found.partial
    assert found.state.is_final
    assert not found.is_final


@pytest.mark.parametrize("word", ["DELIVRD", "SEEN"])
def test_t59_what_arrived_is_the_end_of_its_message(word: str) -> None:
    assert report(status=word).is_final


def test_which_other_channels_there_are_and_the_reference_are_not_told() -> None:
    assert (report().channels, report().reference) == ((), None)


@pytest.mark.parametrize(
    ("code", "words", "fault"),
    [
        (0, None, None),
        (10, "Seen", None),
        (None, None, None),
        (None, "Lost", DeliveryFault(None, "Lost")),
        (2, "Expired", DeliveryFault("2", "Expired")),
        (999, None, DeliveryFault("999")),
    ],
)
def test_a_fault_has_the_vendors_number_and_words(
    code: int | None, words: str | None, fault: DeliveryFault | None
) -> None:
    found = report(status="UNDELIV", err=code, error=words)
    assert (found.error, found.parts[0].error) == (fault, fault)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2020-02-04T08:09:42.389630Z", AT),
        ("2020-02-04T10:09:42.389630+02:00", AT),
        ("2020-02-04T08:09:42", AT.replace(microsecond=0)),
        ("yesterday", None),
    ],
)
def test_t36_a_time_without_a_zone_is_utc_and_each_is_kept_as_it_came(
    written: str, at: datetime | None
) -> None:
    found = report(timestamp=written)
    assert (found.at, found.parts[0].raw_at) == (at, written)


@pytest.mark.parametrize("missing", [None, "", " ", {}, ABSENT], ids=str)
def test_a_report_without_the_omnimessage_is_still_about_its_part(missing: Any) -> None:
    found = report(omnimessage_id=missing)
    assert found.id == ""
    assert found.parts[0].id == MESSENTE_REPORT["message_id"]


@pytest.mark.parametrize("missing", [None, "", [], ABSENT], ids=str)
def test_a_report_without_its_part_is_still_about_the_omnimessage(missing: Any) -> None:
    found = report(message_id=missing)
    assert (found.id, found.parts[0].id) == (ID, None)


def test_a_report_that_names_no_message_is_refused() -> None:
    with pytest.raises(CallbackError):
        report(omnimessage_id=None, message_id=None)


def test_t18_ids_that_come_as_numbers_are_exact() -> None:
    found = report(omnimessage_id=2**53 + 1, message_id=2**63 + 1)
    assert found.id == "messente:9007199254740993"
    assert found.parts[0].id == "9223372036854775809"


def test_t60_reports_of_one_part_are_told_apart_by_state_and_time_alone() -> None:
    assert report() == report()
    assert report() != report(status="SEEN")
    assert report() != report(timestamp="2020-02-04T08:09:43")


def test_a_post_and_the_status_call_say_the_same_of_a_channel() -> None:
    for status in [*Status, None, "TELEPORTED"]:
        document = changed(MESSENTE_REPORT, status=status)
        answered = part_report(read_result(DeliveryResult, document))
        assert report(status=status).parts == (answered,)


# --- Messages from people -------------------------------------------------------------------------


def test_the_documented_message_from_a_person() -> None:
    assert incoming() == IncomingMessage(
        provider="messente",
        id="1f5197ec-b4d7-4d5f-8bba-e005d1cadba1",
        channel=Channel.SMS,
        sender="+44000000000",
        recipient="1234",
        text="This is a test message content",
        at=datetime(2021, 2, 23, 14, 51, 13, tzinfo=UTC),
        raw=INBOUND_MESSAGE,
    )


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ("+44000000000", "+44000000000"),
        ("44000000000", "+44000000000"),
        (44000000000, "+44000000000"),
        ("0044000000000", "0044000000000"),
        ("123456", "123456"),
        ("1234567890123456", "1234567890123456"),
        ("٤٤٠٠٠٠٠٠٠", "٤٤٠٠٠٠٠٠٠"),  # digits, but not those of a phone number
        ("Somebody", "Somebody"),
        (None, None),
    ],
    ids=repr,
)
def test_t53_a_phone_number_has_a_plus_and_all_else_is_as_it_came(
    given: Any, sender: str | None
) -> None:
    assert incoming(sender=given).sender == sender


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("sms", Channel.SMS),
        ("WhatsApp", Channel.WHATSAPP),
        ("viber", Channel.VIBER),
        ("rcs", "rcs"),
        ("pigeon", "pigeon"),
        ("", None),
        (None, None),
    ],
)
def test_a_channel_is_the_shared_one_or_its_word(
    word: str | None, channel: Channel | str | None
) -> None:
    assert incoming(channel=word).channel == channel


def test_content_of_an_undocumented_form_is_raw_alone() -> None:
    found = incoming(channel="whatsapp", text={"body": "Hi"})
    assert found.text is None
    assert found.raw["text"] == {"body": "Hi"}


def test_a_message_needs_an_id_or_a_text_with_its_sender() -> None:
    assert incoming(msg_id=None).text == INBOUND_MESSAGE["text"]
    assert incoming(text=None, sender=None).id == INBOUND_MESSAGE["msg_id"]
    for missing in ("text", "sender"):
        with pytest.raises(CallbackError):
            incoming(**{"msg_id": None, missing: None})


# --- Signatures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["password", "pässword", Secret("password")], ids=range(3))
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\x00"])
def test_t69_what_is_signed_with_a_secret_is_genuine_with_that_secret_alone(
    body: bytes, secret: Any
) -> None:
    signature = sign(body, secret)
    assert verify_signature(body, signature, secret)
    assert verify_signature(body, signature.upper(), secret)
    assert not verify_signature(body + b" ", signature, secret)
    assert not verify_signature(body, signature, "another")


def test_a_signature_is_the_hmac_that_the_vendor_names() -> None:
    # RFC 4231, test case 2.
    assert sign(b"what do ya want for nothing?", "Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_nothing_is_signed_with_an_empty_secret() -> None:
    for empty in ("", Secret("")):
        with pytest.raises(ConfigurationError):
            sign(b"{}", empty)
