"""Omnimessages: what may be said, how it is written, and what is refused before it is sent."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from messente_async.omnimessage import (
    Omnimessage,
    from_wire,
    to_wire,
)
from messente_async.rcs import (
    Rcs,
    RcsCardContent,
    RcsContentInfo,
    RcsDialAction,
    RcsShareLocationAction,
    RcsSuggestedAction,
    RcsSuggestedReply,
    RcsSuggestion,
)
from messente_async.sms import SMS
from messente_async.viber import (
    Viber,
    ViberCarousel,
    ViberCarouselButton,
    ViberCarouselItem,
    ViberTemplate,
    ViberVideo,
)
from messente_async.whatsapp import (
    WhatsApp,
    WhatsAppDocument,
    WhatsAppLanguage,
    WhatsAppMedia,
    WhatsAppTemplate,
)
from omni_common.converter import STANDARD_JSON, dumps, loads, orjson_backend
from omni_common.errors import InvalidMessageError
from tests.messente.strategies import OMNIMESSAGES

TO = "+37251000000"
URL = "https://shop.example/a"
MINUTE = timedelta(minutes=1)
VIDEO = ViberVideo(URL, URL, 1, MINUTE)
BUTTON = ViberCarouselButton("Open", URL)
ITEM = ViberCarouselItem("Shoes", URL, BUTTON)
CAROUSEL = ViberCarousel([ITEM, ITEM])
TEMPLATE = ViberTemplate("id", "en")
FILE = RcsContentInfo(URL, force_refresh=False)
REPLY = RcsSuggestion(reply=RcsSuggestedReply("Yes", "yes"))
CARD = RcsCardContent(title="Shoes")


@given(omnimessage=OMNIMESSAGES)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200)
def test_every_omnimessage_comes_back_from_the_wire_as_it_went(omnimessage: Omnimessage) -> None:
    bodies = [dumps(to_wire(omnimessage), backend=STANDARD_JSON)]
    if backend := orjson_backend():
        bodies.append(dumps(to_wire(omnimessage), backend=backend))

    assert [from_wire(loads(body)) for body in bodies] == [omnimessage] * len(bodies)
    assert len({json.dumps(json.loads(body)) for body in bodies}) == 1


@given(omnimessage=OMNIMESSAGES)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
def test_every_omnimessage_can_be_pickled_and_copied(omnimessage: Omnimessage) -> None:
    assert pickle.loads(pickle.dumps(omnimessage)) == omnimessage  # noqa: S301 - our own
    assert copy.deepcopy(omnimessage) == omnimessage


@given(omnimessage=OMNIMESSAGES)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
def test_t38_t43_every_message_names_its_channel_and_says_once_how_long(
    omnimessage: Omnimessage,
) -> None:
    for message, wire in zip(omnimessage.messages, to_wire(omnimessage)["messages"], strict=True):
        assert wire["channel"] == message.channel
        assert not {"ttl", "validity"} <= wire.keys()
        assert wire.get("ttl") == (message.ttl and message.ttl.total_seconds())
        assert wire.get("validity") == (message.validity and message.validity / MINUTE)
        assert None not in wire.values()


def test_the_wire_is_as_documented() -> None:
    omnimessage = Omnimessage(
        TO,
        [
            Viber("Hi", sender="Shop", ttl=5 * MINUTE),
            SMS("Hi", sender="Shop", ttl=60 * MINUTE, autoconvert="off", udh="0b00"),
        ],
        dlr_url="https://example.com/dlr",
        text_store="nostore",
        time_to_send=datetime(2030, 6, 22, 13, 5, 7, tzinfo=timezone(timedelta(hours=4))),
        priority="regular",
    )

    assert to_wire(omnimessage) == {
        "to": TO,
        "messages": [
            {"channel": "viber", "text": "Hi", "sender": "Shop", "ttl": 300},
            {
                "channel": "sms",
                "text": "Hi",
                "sender": "Shop",
                "ttl": 3600,
                "autoconvert": "off",
                "udh": "0b00",
            },
        ],
        "dlr_url": "https://example.com/dlr",
        "text_store": "nostore",
        "time_to_send": "2030-06-22T09:05:07+00:00",
        "priority": "regular",
    }


def test_t49_a_whatsapp_template_without_placeholders_still_lists_its_components() -> None:
    message = WhatsApp(template=WhatsAppTemplate("hello", WhatsAppLanguage("en")))

    assert to_wire(Omnimessage(TO, [message]))["messages"] == [
        {
            "channel": "whatsapp",
            "template": {"name": "hello", "language": {"code": "en"}, "components": []},
        }
    ]


def test_t49_media_name_their_files_as_each_place_spells_it() -> None:
    document = WhatsAppDocument(link=URL, file_name="a.pdf")
    wire = to_wire(Omnimessage(TO, [WhatsApp(document=document)]))

    assert wire["messages"][0]["document"] == {"link": URL, "file_name": "a.pdf"}
    assert WhatsAppMedia(link=URL, filename="a.pdf").filename == "a.pdf"


def test_an_action_without_fields_is_an_empty_object() -> None:
    action = RcsSuggestedAction("Where?", "w", share_location_action=RcsShareLocationAction())
    message = Rcs("Hi", sender="Shop", suggestions=[RcsSuggestion(action=action)])

    wire = to_wire(Omnimessage(TO, [message]))["messages"][0]["suggestions"][0]["action"]
    assert wire == {"text": "Where?", "postback_data": "w", "share_location_action": {}}


def test_later_changes_of_what_was_passed_in_do_not_reach_the_message() -> None:
    params = {"name": "John"}
    messages: list[Any] = [SMS("Hi")]
    template, omnimessage = ViberTemplate("id", "en", params), Omnimessage(TO, messages)
    params["name"] = "Jane"
    messages.append(Viber("Hi"))

    assert template.params == {"name": "John"}
    assert omnimessage.messages == (SMS("Hi"),)


@given(omnimessage=OMNIMESSAGES)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
def test_no_repr_shows_the_recipient(omnimessage: Omnimessage) -> None:
    assert omnimessage.to[1:] not in repr(omnimessage).replace(
        "".join(message.sender or "" for message in omnimessage.messages), ""
    )


def test_no_repr_shows_what_is_said_or_to_whom() -> None:
    canary = "canary"
    link = f"https://shop.example/{canary}"
    action = RcsSuggestedAction(canary, canary, dial_action=RcsDialAction(TO), fallback_url=link)
    omnimessage = Omnimessage(
        TO,
        [
            SMS(canary, sender=TO),
            Viber(canary, image_url=link, button_text=canary, button_url=link),
            WhatsApp(document=WhatsAppDocument(link=link, caption=canary, file_name=canary)),
            Rcs(canary, sender="Shop", suggestions=[RcsSuggestion(action=action)]),
        ],
        dlr_url=link,
    )
    template = Viber(template=ViberTemplate("id", "en", {"name": canary}))

    assert canary not in repr(omnimessage)
    assert TO[1:] not in repr(omnimessage)
    assert canary not in repr(template)
    assert "sender='Shop'" in repr(omnimessage)


@pytest.mark.parametrize(
    ("wire", "problem"),
    [
        ({"messages": []}, "missing at $.to"),
        ({"to": TO, "messages": [{"text": "canary"}]}, "one of sms, viber, whatsapp, rcs at"),
        (
            {"to": TO, "messages": [{"channel": "sms", "text": "canary", "validty": 1}]},
            "unknown keys validty at $.messages[0]",
        ),
        (
            {"to": TO, "messages": [{"channel": "sms", "text": "canary", "validity": 10**13}]},
            "not a valid value at $.messages[0].validity",
        ),
        (
            {"to": TO, "messages": [{"channel": "sms", "text": None}]},
            "null at $.messages[0].text",
        ),
        ({"to": "canary", "messages": [{"channel": "sms", "text": "Hi"}]}, "Omnimessage.to must"),
    ],
)
def test_a_wire_object_that_is_no_omnimessage_is_refused_without_its_values(
    wire: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        from_wire(wire)

    assert problem in str(caught.value)
    assert "canary" not in str(caught.value)
