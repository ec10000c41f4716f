"""What cannot be sent is refused when it is made, by the name of the field."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from messente_async.omnimessage import (
    Omnimessage,
    to_wire,
)
from messente_async.rcs import (
    Rcs,
    RcsCardContent,
    RcsCarouselCard,
    RcsContentInfo,
    RcsDialAction,
    RcsLatLng,
    RcsOpenUrlAction,
    RcsRichCard,
    RcsShareLocationAction,
    RcsStandaloneCard,
    RcsSuggestedAction,
    RcsSuggestedReply,
    RcsSuggestion,
    RcsViewLocationAction,
)
from messente_async.sms import SMS
from messente_async.viber import (
    ACCEPTED_COMBINATIONS,
    LARGEST_VIDEO,
    Viber,
    ViberCarousel,
    ViberCarouselButton,
    ViberCarouselItem,
    ViberTemplate,
    ViberVideo,
    is_accepted_combination,
)
from messente_async.whatsapp import (
    WhatsApp,
    WhatsAppComponent,
    WhatsAppCurrency,
    WhatsAppImage,
    WhatsAppMedia,
    WhatsAppText,
)
from omni_common.errors import InvalidMessageError

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


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


VIBER_FIELDS: dict[str, Any] = {
    "text": "Sale",
    "image_url": URL,
    "button_text": "Open",
    "button_url": URL,
    "video": VIDEO,
    "template": TEMPLATE,
    "carousel": CAROUSEL,
}


@pytest.mark.parametrize(
    "names",
    [
        names
        for count in range(len(VIBER_FIELDS) + 1)
        for names in itertools.combinations(VIBER_FIELDS, count)
    ],
    ids="+".join,
)
def test_t50_viber_takes_the_documented_combinations_and_no_other(names: tuple[str, ...]) -> None:
    documented = {
        ("image_url",),
        ("text",),
        ("text", "button_text", "button_url"),
        ("text", "image_url", "button_text", "button_url"),
        ("video",),
        ("text", "video"),
        ("text", "button_text", "video"),
        ("text", "button_text", "button_url", "video"),
        ("text", "carousel"),
        ("template",),
    }
    fields = {name: VIBER_FIELDS[name] for name in names}

    assert is_accepted_combination(names) == (names in documented)
    if names in documented:
        assert to_wire(Omnimessage(TO, [Viber(**fields)]))["messages"][0].keys() - {"channel"} == (
            set(names)
        )
    else:
        with pytest.raises(InvalidMessageError, match="accepted together are: text; image_url; "):
            Viber(**fields)


def test_each_accepted_combination_is_named_once() -> None:
    assert len({frozenset(names) for names in ACCEPTED_COMBINATIONS}) == len(ACCEPTED_COMBINATIONS)


def _action(**actions: Any) -> RcsSuggestedAction:
    return RcsSuggestedAction("Go", "go", **actions)


def _rcs(**content: Any) -> Rcs:
    return Rcs(sender="Shop", **content)


INVALID: dict[str, tuple[str, Callable[[], Any]]] = {
    "sms without text": ("text", lambda: SMS("")),
    "sms with a number as text": ("text", lambda: SMS(5)),  # type: ignore[arg-type]
    "half a character": ("text", lambda: SMS("\ud83d")),
    "empty sender": ("sender", lambda: SMS("Hi", sender="")),
    "no time at all": ("ttl", lambda: SMS("Hi", ttl=timedelta())),
    "negative time": ("ttl", lambda: SMS("Hi", ttl=-MINUTE)),
    "parts of a second": ("ttl", lambda: SMS("Hi", ttl=timedelta(seconds=1.5))),
    "seconds as a number": ("ttl", lambda: SMS("Hi", ttl=60)),  # type: ignore[arg-type]
    "no minutes at all": ("validity", lambda: Viber("Hi", validity=timedelta())),
    "parts of a minute": ("validity", lambda: SMS("Hi", validity=timedelta(seconds=90))),
    "minutes as a number": ("validity", lambda: SMS("Hi", validity=6)),  # type: ignore[arg-type]
    "sms with two lifetimes": ("validity", lambda: SMS("Hi", ttl=MINUTE, validity=MINUTE)),
    "viber with two lifetimes": ("validity", lambda: Viber("Hi", ttl=MINUTE, validity=MINUTE)),
    "whatsapp with two lifetimes": (
        "validity",
        lambda: WhatsApp(text=WhatsAppText("Hi"), ttl=MINUTE, validity=MINUTE),
    ),
    "rcs with two lifetimes": ("validity", lambda: _rcs(text="Hi", ttl=MINUTE, validity=MINUTE)),
    "unknown autoconvert": ("autoconvert", lambda: SMS("Hi", autoconvert="true")),
    "udh of half a byte": ("udh", lambda: SMS("Hi", udh="0b0")),
    "udh that is not hex": ("udh", lambda: SMS("Hi", udh="zz")),
    "viber text too long": ("text", lambda: Viber("x" * 1001)),
    "picture not on the web": ("image_url", lambda: Viber(image_url="ftp://shop.example/a.png")),
    "picture without host": ("image_url", lambda: Viber(image_url="https:///a.png")),
    "url with a space": ("image_url", lambda: Viber(image_url="https://shop.example/a b")),
    "malformed url": ("image_url", lambda: Viber(image_url="https://[::1/")),
    "button that leads nowhere": (
        "button_url",
        lambda: Viber("Hi", button_text="Open", button_url="shop"),
    ),
    "button with a broken address": (
        "button_url",
        lambda: Viber("Hi", button_text="Open", button_url="https://[::1/"),
    ),
    "video too large": ("file_size", lambda: ViberVideo(URL, URL, LARGEST_VIDEO + 1, MINUTE)),
    "video of no size": ("file_size", lambda: ViberVideo(URL, URL, 0, MINUTE)),
    "video of true bytes": ("file_size", lambda: ViberVideo(URL, URL, True, MINUTE)),
    "video too long": ("duration", lambda: ViberVideo(URL, URL, 1, timedelta(seconds=601))),
    "carousel too short": ("items", lambda: ViberCarousel([ITEM])),
    "carousel too long": ("items", lambda: ViberCarousel([ITEM] * 6)),
    "title too short": ("title", lambda: ViberCarouselItem("x", URL, BUTTON)),
    "title too long": ("title", lambda: ViberCarouselItem("x" * 39, URL, BUTTON)),
    "template value that is no text": (
        "params",
        lambda: ViberTemplate("id", "en", {"n": 1}),  # type: ignore[dict-item]
    ),
    "template values that are no mapping": (
        "params",
        lambda: ViberTemplate("id", "en", "n"),  # type: ignore[arg-type]
    ),
    "whatsapp without content": ("template", WhatsApp),
    "whatsapp with two contents": (
        "image",
        lambda: WhatsApp(text=WhatsAppText("Hi"), image=WhatsAppImage(id="1")),
    ),
    "whatsapp text that is no object": ("text", lambda: WhatsApp(text="Hi")),  # type: ignore[arg-type]
    "image without a file": ("id", WhatsAppImage),
    "image with two files": ("link", lambda: WhatsAppImage(id="1", link=URL)),
    "media with two files": ("link", lambda: WhatsAppMedia(id="1", link=URL)),
    "currency that does not exist": ("code", lambda: WhatsAppCurrency("5 €", "euro", "5000")),
    "amount with a point": ("amount_1000", lambda: WhatsAppCurrency("5 €", "EUR", "5.0")),
    "preview as text": ("preview_url", lambda: WhatsAppText("Hi", "no")),  # type: ignore[arg-type]
    "rcs without content": ("text", _rcs),
    "rcs with two contents": ("content_info", lambda: _rcs(text="Hi", content_info=FILE)),
    "rcs without sender": ("sender", lambda: Rcs("Hi", sender="")),
    "rcs text too long": ("text", lambda: _rcs(text="x" * 3073)),
    "too many suggestions": ("suggestions", lambda: _rcs(text="Hi", suggestions=[REPLY] * 12)),
    "too many suggestions on a card": (
        "suggestions",
        lambda: RcsCardContent(title="x", suggestions=[REPLY] * 5),
    ),
    "card title too long": ("title", lambda: RcsCardContent(title="x" * 201)),
    "card description too long": ("description", lambda: RcsCardContent(description="x" * 2001)),
    "one card to swipe": (
        "card_contents",
        lambda: RcsCarouselCard(card_width="SMALL", card_contents=[CARD]),
    ),
    "eleven cards to swipe": (
        "card_contents",
        lambda: RcsCarouselCard(card_width="SMALL", card_contents=[CARD] * 11),
    ),
    "unknown width": (
        "card_width",
        lambda: RcsCarouselCard(card_width="LARGE", card_contents=[CARD] * 2),
    ),
    "unknown orientation": (
        "card_orientation",
        lambda: RcsStandaloneCard(
            card_orientation="OBLIQUE", thumbnail_image_alignment="LEFT", card_content=CARD
        ),
    ),
    "no card": ("standalone_card", RcsRichCard),
    "no suggestion": ("reply", RcsSuggestion),
    "label too long": ("text", lambda: RcsSuggestedReply("x" * 26, "x")),
    "postback too long": ("postback_data", lambda: RcsSuggestedReply("x", "x" * 2049)),
    "no action": ("dial_action", _action),
    "two actions": (
        "share_location_action",
        lambda: _action(
            dial_action=RcsDialAction(TO), share_location_action=RcsShareLocationAction()
        ),
    ),
    "malformed number to dial": ("phone_number", lambda: RcsDialAction("112")),
    "no place": ("lat_long", RcsViewLocationAction),
    "beyond the pole": ("latitude", lambda: RcsLatLng(90.5, 0)),
    "nowhere": ("longitude", lambda: RcsLatLng(0, float("nan"))),
    "degrees as text": ("latitude", lambda: RcsLatLng("0", 0)),  # type: ignore[arg-type]
    "address too long": (
        "url",
        lambda: RcsOpenUrlAction(f"https://shop.example/{'x' * 2048}", "BROWSER"),
    ),
    "no recipient": ("to", lambda: Omnimessage("", [SMS("Hi")])),
    "recipient without plus": ("to", lambda: Omnimessage("37251000000", [SMS("Hi")])),
    "recipient with a line break": ("to", lambda: Omnimessage("+37251000000\n", [SMS("Hi")])),
    "recipient of other digits": ("to", lambda: Omnimessage("+٣٧٢٥١٠٠٠", [SMS("Hi")])),
    "recipient that is no text": ("to", lambda: Omnimessage(37251000000, [SMS("Hi")])),  # type: ignore[arg-type]
    "no messages": ("messages", lambda: Omnimessage(TO, [])),
    "a message that is not in a list": ("messages", lambda: Omnimessage(TO, SMS("Hi"))),  # type: ignore[arg-type]
    "text instead of messages": ("messages", lambda: Omnimessage(TO, "Hi")),  # type: ignore[arg-type]
    "one channel twice": ("messages", lambda: Omnimessage(TO, [SMS("Hi"), SMS("Ho")])),
    "callback not on the web": ("dlr_url", lambda: Omnimessage(TO, [SMS("Hi")], dlr_url="dlr")),
    "unknown store": ("text_store", lambda: Omnimessage(TO, [SMS("Hi")], text_store="disk")),
    "a store that Python cannot write out": (
        "text_store",
        lambda: Omnimessage(TO, [SMS("Hi")], text_store=_nested(990)),
    ),
    "a place of too many digits": ("index", lambda: WhatsAppComponent("button", index=2**63)),
    "unknown priority": ("priority", lambda: Omnimessage(TO, [SMS("Hi")], priority="realtime")),
    "time without a zone": (
        "time_to_send",
        lambda: Omnimessage(TO, [SMS("Hi")], time_to_send=datetime(2030, 1, 1)),  # noqa: DTZ001
    ),
    "time without a zone before the first year of utc": (
        "time_to_send",
        lambda: Omnimessage(TO, [SMS("Hi")], time_to_send=datetime.min),  # noqa: DTZ901
    ),
    "time that utc cannot express": (
        "time_to_send",
        lambda: Omnimessage(
            TO,
            [SMS("Hi")],
            time_to_send=datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        ),
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_what_cannot_be_sent_is_refused_by_name_when_it_is_made(case: str) -> None:
    name, make = INVALID[case]

    with pytest.raises(InvalidMessageError) as caught:
        make()

    assert caught.value.field == name
    assert name in str(caught.value)


def test_the_longest_video_and_the_limits_themselves_are_taken() -> None:
    assert ViberVideo(URL, URL, LARGEST_VIDEO, timedelta(seconds=600)).duration == 10 * MINUTE
    assert len(ViberCarousel([ITEM] * 5).items) == 5
    assert len(_rcs(text="x" * 3072, suggestions=[REPLY] * 11).suggestions) == 11
