"""What Devino posts about SMS and letters, in the words that all vendors share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from devino_async.posts import EMAIL, SMS, SMS_INCOMING
from omni_common.callbacks import (
    CallbackArea,
    Event,
    IncomingMessage,
    Subscription,
    SubscriptionChanged,
)
from omni_common.errors import CallbackError
from omni_common.message import Channel
from omni_common.report import DeliveryFault, DeliveryReport, DeliveryState, PartReport
from tests.support.documented_posts import EMAIL_EVENT, INCOMING_SMS, SMS_STATUS, posted

AT = datetime(2021, 2, 15, 16, 0, 35, 977_000, tzinfo=UTC)
NOTHING: list[Any] = [None, True, 1.5, [], {}, ""]


def only(area: CallbackArea, document: Any, fields: dict[str, Any]) -> Event:
    [event] = area.read(posted([{**document, **fields}]))
    return event


def report(area: CallbackArea, document: Any, **fields: Any) -> DeliveryReport:
    event = only(area, document, fields)
    assert isinstance(event, DeliveryReport)
    return event


def sms(**fields: Any) -> DeliveryReport:
    return report(SMS, SMS_STATUS, **fields)


def incoming(**fields: Any) -> IncomingMessage:
    event = only(SMS_INCOMING, INCOMING_SMS, fields)
    assert isinstance(event, IncomingMessage)
    return event


def email(**fields: Any) -> DeliveryReport:
    return report(EMAIL, EMAIL_EVENT, **fields)


def decided(**fields: Any) -> SubscriptionChanged:
    event = only(EMAIL, EMAIL_EVENT, fields)
    assert isinstance(event, SubscriptionChanged)
    return event


# --- SMS ------------------------------------------------------------------------------------------


def test_the_documented_status_is_a_whole_message() -> None:
    fault = DeliveryFault("2005")
    assert sms() == DeliveryReport(
        id="devino:sms:3597944866766620289",
        state=DeliveryState.REJECTED,
        channel=Channel.SMS,
        at=AT,
        error=fault,
        parts=(
            PartReport(
                channel=Channel.SMS,
                state=DeliveryState.REJECTED,
                id="3597944866766620289",
                raw_state="REJECTED",
                at=AT,
                raw_at="1613404835977",
                error=fault,
            ),
        ),
        raw=SMS_STATUS,
    )
    assert sms().is_final


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
        ("TELEPORTED", DeliveryState.UNKNOWN),
    ],
)
def test_t57_each_word_for_an_sms_has_a_state_in_any_case(word: str, state: DeliveryState) -> None:
    for spelt in (word, word.lower()):
        found = sms(status=spelt)
        assert (found.state, found.parts[0].raw_state) == (state, spelt)


def test_t18_t21_ids_and_times_are_exact_as_numbers_and_as_text() -> None:
    as_numbers = sms(messageId=3597944866766620289, ts="1613404835977", errorCode="2005")
    assert (as_numbers.id, as_numbers.parts) == (sms().id, sms().parts)
    assert sms(messageId=2**64 + 1).parts[0].id == "18446744073709551617"


@pytest.mark.parametrize(
    ("ts", "at", "raw_at"),
    [
        (1613404835, AT.replace(microsecond=0), "1613404835"),
        (0, datetime(1970, 1, 1, tzinfo=UTC), "0"),
        ("yesterday", None, "yesterday"),
        (1613404835977.5, None, "1613404835977.5"),
        (10**30, None, str(10**30)),
        (True, None, None),
        (None, None, None),
        ([1613404835977], None, None),
    ],
)
def test_t34_a_time_is_a_moment_if_it_counts_and_is_kept_as_it_came(
    ts: Any, at: datetime | None, raw_at: str | None
) -> None:
    found = sms(ts=ts)
    assert (found.at, found.parts[0].at, found.parts[0].raw_at) == (at, at, raw_at)


@pytest.mark.parametrize("code", [0, "0", None, "x", []], ids=repr)
def test_an_error_code_of_zero_or_none_is_no_fault(code: Any) -> None:
    assert sms(errorCode=code).error is None


def test_a_status_of_an_odd_kind_is_unknown_and_raw() -> None:
    odd: Any
    for odd in (None, "", [], {"code": "SENT"}, True):
        found = sms(status=odd)
        assert (found.state, found.parts[0].raw_state or None) == (DeliveryState.UNKNOWN, None)
        assert found.raw["status"] == odd


def test_a_status_that_is_null_keeps_no_other_from_being_read() -> None:
    documents = [{**SMS_STATUS, "messageId": str(n)} for n in range(3)]
    documents[1]["status"] = None
    events = SMS.read(posted(documents))
    assert [event.id for event in events] == ["devino:sms:0", "devino:sms:1", "devino:sms:2"]


@pytest.mark.parametrize("nothing", [*NOTHING, 0, " "], ids=repr)
def test_a_status_of_no_message_is_refused(nothing: Any) -> None:
    with pytest.raises(CallbackError):
        sms(messageId=nothing)


def test_a_post_without_a_status_is_refused() -> None:
    document = {name: value for name, value in SMS_STATUS.items() if name != "status"}
    for documents in ([document], [SMS_STATUS, document]):
        with pytest.raises(CallbackError):
            SMS.read(posted(documents))


def test_t59_the_step_of_a_scenario_is_no_sms_of_its_own() -> None:
    with pytest.raises(CallbackError):
        sms(triggerId=63322)
    assert sms(triggerId=None, options={"order": "1"}, added_later=1).id == sms().id


# --- Incoming SMS ---------------------------------------------------------------------------------


def test_the_documented_incoming_message() -> None:
    assert incoming() == IncomingMessage(
        provider="devino",
        id="3777714415805253122",
        channel=Channel.SMS,
        sender="+79101111111",
        recipient="MyCompany",
        text="Incoming Message",
        at=datetime(2020, 4, 24, 9, 41, 23, tzinfo=UTC),
        raw=INCOMING_SMS,
    )


def test_t21_an_incoming_message_is_the_same_in_numbers() -> None:
    as_numbers = incoming(incomingMessageId=3777714415805253122, ts=1587721283000)
    assert (as_numbers.id, as_numbers.at) == (incoming().id, incoming().at)


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ("+79101111111", "+79101111111"),
        (79101111111, "+79101111111"),
        ("00791011111", "00791011111"),
        ("900", "900"),
        ("MTS", "MTS"),
        (None, None),
    ],
    ids=repr,
)
def test_t53_a_phone_number_has_a_plus_and_all_else_is_as_it_came(
    given: Any, sender: str | None
) -> None:
    assert incoming(**{"from": given}).sender == sender


def test_the_accounts_own_name_or_number_is_as_it_came() -> None:
    assert incoming(to="79001234567").recipient == "79001234567"


def test_an_incoming_message_needs_an_id_or_a_text_with_its_sender() -> None:
    assert incoming(incomingMessageId=None).text == "Incoming Message"
    assert incoming(text=None).id == "3777714415805253122"
    for missing in ("text", "from"):
        with pytest.raises(CallbackError):
            incoming(**{"incomingMessageId": None, missing: None})


# --- Letters --------------------------------------------------------------------------------------


def test_the_documented_event_of_a_letter_is_a_whole_message() -> None:
    at = datetime(2023, 4, 4, 5, 56, 56, 313_000, tzinfo=UTC)
    assert email() == DeliveryReport(
        id="devino:email:dRJ7nkr99WF",
        state=DeliveryState.ACCEPTED,
        channel=Channel.EMAIL,
        at=at,
        parts=(
            PartReport(
                channel=Channel.EMAIL,
                state=DeliveryState.ACCEPTED,
                id="dRJ7nkr99WF",
                raw_state="ACCEPTED",
                at=at,
                raw_at="2023-04-04T05:56:56.313Z",
            ),
        ),
        raw=EMAIL_EVENT,
    )


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ACCEPTED", DeliveryState.ACCEPTED),
        ("SENT", DeliveryState.SENT),
        ("DELIVERED", DeliveryState.DELIVERED),
        ("EXPIRED", DeliveryState.EXPIRED),
        ("OPENED", DeliveryState.READ),
        ("CLICKED", DeliveryState.CLICKED),
        ("BOUNCED", DeliveryState.UNDELIVERED),
        ("REJECTED", DeliveryState.REJECTED),
        ("TELEPORTED", DeliveryState.UNKNOWN),
    ],
)
def test_t57_each_word_for_a_letter_has_a_state_in_any_case(
    word: str, state: DeliveryState
) -> None:
    for spelt in (word, word.lower()):
        found = email(event=spelt)
        assert (found.state, found.parts[0].raw_state) == (state, spelt)
        assert not found.partial


@pytest.mark.parametrize("word", ["SUBSCRIBED", "UNSUBSCRIBED", "COMPLAINED"])
def test_what_a_reader_decides_is_no_state_of_the_letter(word: str) -> None:
    for spelt in (word, word.lower()):
        assert decided(event=spelt) == SubscriptionChanged(
            provider="devino",
            change=Subscription[word],
            id="devino:email:dRJ7nkr99WF",
            channel=Channel.EMAIL,
            address="example@devinotele.com",
            at=email().at,
            raw={**EMAIL_EVENT, "event": spelt},
        )


def test_a_decision_about_no_letter_is_still_that_of_an_address() -> None:
    found = decided(event="UNSUBSCRIBED", messageId=None)
    assert (found.id, found.address) == ("", "example@devinotele.com")


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2023-04-04T08:56:56.313+03:00", datetime(2023, 4, 4, 5, 56, 56, 313_000, tzinfo=UTC)),
        ("2023-04-04T05:56:56.313", None),
        ("2023-04-04 05:56:56", None),
        ("yesterday", None),
    ],
)
def test_t29_a_time_is_a_moment_only_if_it_names_its_zone(
    written: str, at: datetime | None
) -> None:
    found = email(dateTime=written)
    assert (found.at, found.parts[0].raw_at) == (at, written)


def test_an_event_of_neither_a_letter_nor_an_address_is_refused() -> None:
    assert email(email=None).id == "devino:email:dRJ7nkr99WF"
    with pytest.raises(CallbackError):
        email(email=None, messageId=None)
    document = {name: value for name, value in EMAIL_EVENT.items() if name != "event"}
    with pytest.raises(CallbackError):
        EMAIL.read(posted([EMAIL_EVENT, document]))


@pytest.mark.parametrize("odd", [None, "", [], {"name": "SENT"}, True], ids=repr)
def test_an_event_of_an_odd_kind_is_unknown_and_raw(odd: Any) -> None:
    found = email(event=odd)
    assert (found.id, found.state) == ("devino:email:dRJ7nkr99WF", DeliveryState.UNKNOWN)
    assert found.raw["event"] == odd
