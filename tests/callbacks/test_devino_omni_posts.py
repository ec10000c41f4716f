"""What Devino posts about messages through OMNI, in the words that all vendors share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devino_async.omni.reference import callback_data
from devino_async.posts import OMNI
from omni_common.callbacks import Event, Subscription, SubscriptionChanged
from omni_common.errors import CallbackError
from omni_common.message import Channel
from omni_common.report import DeliveryFault, DeliveryReport, DeliveryState, PartReport
from tests.support.documented_posts import OMNI_EVENT, posted

AT = datetime(2021, 2, 15, 16, 0, 35, 977_000, tzinfo=UTC)
CASCADE = callback_data(
    "ref-1", {"63322": Channel.VIBER, "63323": Channel.SMS}, {"order": "1", "channels": "mine"}
)
ALONE = callback_data("ref-2", {"63322": Channel.VIBER}, None)
NOTHING: list[Any] = [None, True, 1.5, [], {}, ""]


def only(document: Any) -> Event:
    [event] = OMNI.read(posted([document]))
    return event


def omni(**fields: Any) -> DeliveryReport:
    event = only({**OMNI_EVENT, **fields})
    assert isinstance(event, DeliveryReport)
    return event


def decided(**fields: Any) -> SubscriptionChanged:
    event = only({**OMNI_EVENT, **fields})
    assert isinstance(event, SubscriptionChanged)
    return event


def test_the_documented_event_of_a_stranger_is_of_an_unknown_channel() -> None:
    assert omni() == DeliveryReport(
        id="devino:omni:3606044956953218300",
        state=DeliveryState.DELIVERED,
        channel="unknown",
        at=AT,
        parts=(
            PartReport(
                channel="unknown",
                state=DeliveryState.DELIVERED,
                raw_state="delivered",
                at=AT,
                raw_at="1613404835977",
            ),
        ),
        raw=OMNI_EVENT,
        partial=True,
        provider="devino",
    )


def test_the_documented_outline_is_an_event() -> None:
    names = ["ip", "browser", "os", "userAgent", "contactId", "email", "url", "pushToken"]
    outline: dict[str, Any] = dict.fromkeys([*names, "actionId", "messageId", "status"], "string")
    outline |= dict.fromkeys(["ts", "errorCode", "taskId", "triggerId", "pushApplicationId"], 0)
    outline |= {
        "callbackData": {"additionalProp": "string"},
        "geolocation": {"country": "string", "region": "string", "city": "string"},
    }
    found = only(outline)
    assert isinstance(found, DeliveryReport)
    assert (found.id, found.state) == ("devino:omni:string", DeliveryState.UNKNOWN)
    assert found.parts[0].raw_state == "string"


@pytest.mark.parametrize(
    ("trigger", "channel"),
    [(63322, Channel.VIBER), ("63323", Channel.SMS), (63324, "unknown"), (None, "unknown")],
)
def test_t59_a_report_of_ours_tells_its_channel_and_all_others(
    trigger: Any, channel: Channel | str
) -> None:
    found = omni(triggerId=trigger, callbackData=CASCADE, status="expired")
    assert (found.channel, found.parts[0].channel) == (channel, channel)
    assert found.channels == (Channel.VIBER, Channel.SMS)
    assert found.reference == "ref-1"
    assert found.partial
    assert not found.is_final
    assert found.parts[0].id is None


@pytest.mark.parametrize("trigger", [63322, "63322", None], ids=repr)
def test_a_message_with_one_channel_ends_with_it(trigger: Any) -> None:
    found = omni(triggerId=trigger, callbackData=ALONE, status="expired")
    assert (found.channel, found.channels) == (Channel.VIBER, (Channel.VIBER,))
    assert (found.reference, found.partial, found.is_final) == ("ref-2", False, True)


def test_a_step_that_the_message_does_not_have_is_of_an_unknown_channel() -> None:
    assert omni(triggerId=1, callbackData=ALONE).channel == "unknown"


@pytest.mark.parametrize(
    "data", [None, {}, [], "text", {"omni_channels": 5, "omni_reference": []}, {"order": "1"}]
)
def test_t22_t25_whatever_is_carried_along_is_no_obstacle(data: Any) -> None:
    found = omni(callbackData=data)
    assert (found.reference, found.channels, found.channel) == (None, (), "unknown")
    assert found.partial


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
        ("unknown", DeliveryState.UNKNOWN),
        ("msisdn_not_registered", DeliveryState.UNDELIVERED),
        ("teleported", DeliveryState.UNKNOWN),
    ],
)
def test_t57_each_word_for_any_channel_has_a_state_in_any_case(
    word: str, state: DeliveryState
) -> None:
    for spelt in (word, word.upper()):
        found = omni(status=spelt, callbackData=CASCADE)
        assert (found.state, found.parts[0].raw_state) == (state, spelt)


@pytest.mark.parametrize("word", ["subscribed", "unsubscribed", "complained"])
def test_what_a_recipient_decides_is_no_state_of_the_message(word: str) -> None:
    data = callback_data("ref-3", {"63322": Channel.EMAIL, "63323": Channel.SMS}, None)
    found = decided(status=word, callbackData=data, email="a@mail.example")
    assert found == SubscriptionChanged(
        provider="devino",
        change=Subscription(word),
        id="devino:omni:3606044956953218300",
        reference="ref-3",
        channel=Channel.EMAIL,
        address="a@mail.example",
        at=AT,
        raw={**OMNI_EVENT, "status": word, "callbackData": data, "email": "a@mail.example"},
    )
    of_a_stranger = decided(status=word)
    assert (of_a_stranger.reference, of_a_stranger.channel) == (None, None)
    assert of_a_stranger.address is None


@pytest.mark.parametrize(
    ("ts", "at", "raw_at"),
    [
        ("1613404835977", AT, "1613404835977"),
        (1613404835, AT.replace(microsecond=0), "1613404835"),
        ("yesterday", None, "yesterday"),
        (True, None, None),
        (None, None, None),
    ],
)
def test_t34_a_time_is_a_moment_if_it_counts_and_is_kept_as_it_came(
    ts: Any, at: datetime | None, raw_at: str | None
) -> None:
    found = omni(ts=ts)
    assert (found.at, found.parts[0].at, found.parts[0].raw_at) == (at, at, raw_at)


@pytest.mark.parametrize("code", [0, "0", None, "x", []], ids=repr)
def test_an_error_code_of_zero_or_none_is_no_fault(code: Any) -> None:
    assert omni(errorCode=code, status="rejected").error is None


def test_t61_clicks_and_refusals_keep_why_and_when() -> None:
    clicked = omni(status="clicked", url="https://shop.example", ts=1613404836)
    assert (clicked.state, clicked.error) == (DeliveryState.CLICKED, None)
    assert clicked.at == AT.replace(microsecond=0) + timedelta(seconds=1)
    refused = omni(status="rejected", errorCode=2005)
    assert (refused.error, refused.parts[0].error) == (DeliveryFault("2005"), DeliveryFault("2005"))


@pytest.mark.parametrize("nothing", [*NOTHING, 0, " "], ids=repr)
def test_a_message_that_has_no_id_is_known_by_its_reference(nothing: Any) -> None:
    found = omni(messageId=nothing, callbackData=CASCADE)
    assert (found.id, found.reference) == ("", "ref-1")


def test_t18_a_message_id_that_comes_as_a_number_is_exact() -> None:
    assert omni(messageId=3606044956953218301).id == "devino:omni:3606044956953218301"


def test_an_event_that_says_nothing_of_whose_message_it_is_is_refused() -> None:
    bare = {"messageId": "1", "status": "delivered"}
    assert only(bare).id == "devino:omni:1"
    for document in ({"status": "delivered"}, {"status": None}, {"messageId": "1"}):
        with pytest.raises(CallbackError):
            OMNI.read(posted(document))


@pytest.mark.parametrize("odd", [None, "", [], {"code": "delivered"}, True], ids=repr)
def test_a_status_of_an_odd_kind_is_unknown_and_raw(odd: Any) -> None:
    found = only({"messageId": "1", "status": odd})
    assert isinstance(found, DeliveryReport)
    assert (found.id, found.state) == ("devino:omni:1", DeliveryState.UNKNOWN)
    assert found.raw["status"] == odd
