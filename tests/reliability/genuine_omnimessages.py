"""Omnimessages of Messente's that have every kind of content in them, by what they show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from messente_async import (
    SMS,
    Omnimessage,
    Rcs,
    Viber,
    ViberCarousel,
    ViberCarouselButton,
    ViberCarouselItem,
    ViberTemplate,
    ViberVideo,
    WhatsApp,
    rcs,
    whatsapp as wa,
)

__all__ = ["OMNIMESSAGES"]

TO = "+37251000000"
URL = "https://shop.example/a.png?x=1"
MINUTE = timedelta(minutes=1)
AWARE = datetime(2030, 1, 1, tzinfo=UTC)

_SMS = SMS("Hi", sender="Shop", ttl=MINUTE, autoconvert="off", udh="0a0b")
_BUTTON = ViberCarouselButton("Buy", URL)
_CARDS = ViberCarousel([ViberCarouselItem("One", URL, _BUTTON, _BUTTON)] * 2)
_MEDIA = wa.WhatsAppMedia(link=URL, caption="Picture", filename="a.pdf")
_PARAMETERS = (
    wa.WhatsAppParameter("text", text="Ann"),
    wa.WhatsAppParameter("currency", currency=wa.WhatsAppCurrency("5 EUR", "EUR", "5000")),
    wa.WhatsAppParameter("date_time", date_time=wa.WhatsAppDatetime("today")),
    wa.WhatsAppParameter("image", image=_MEDIA, document=_MEDIA, video=_MEDIA),
    wa.WhatsAppParameter("payload", payload="yes", coupon_code="A1"),
)
_TEMPLATE = wa.WhatsAppTemplate(
    "order",
    wa.WhatsAppLanguage("en_US", "deterministic"),
    [wa.WhatsAppComponent("button", sub_type="url", index=0, parameters=_PARAMETERS)],
)
_FILE: Mapping[str, Any] = {"link": URL, "mime_type": "image/png"}
_ACTIONS: Mapping[str, Any] = {
    "dial_action": rcs.RcsDialAction(TO),
    "view_location_action": rcs.RcsViewLocationAction(
        lat_long=rcs.RcsLatLng(59.4, 24), label="Shop", query="shop"
    ),
    "create_calendar_event_action": rcs.RcsCreateCalendarEventAction(
        start_time=AWARE, end_time=AWARE, title="Sale", description="All week"
    ),
    "open_url_action": rcs.RcsOpenUrlAction(
        URL, "WEBVIEW", webview_view_mode="HALF", description="Shop"
    ),
    "share_location_action": rcs.RcsShareLocationAction(),
}
_SUGGESTIONS = (
    rcs.RcsSuggestion(reply=rcs.RcsSuggestedReply("Yes", "yes")),
    *(
        rcs.RcsSuggestion(
            action=rcs.RcsSuggestedAction("Go", "go", fallback_url=URL, **{name: action})
        )
        for name, action in _ACTIONS.items()
    ),
)
_INFO = rcs.RcsContentInfo(URL, force_refresh=True, thumbnail_url=URL)
_CARD = rcs.RcsCardContent(
    title="Sale",
    description="All week",
    media=rcs.RcsMedia("TALL", _INFO),
    suggestions=_SUGGESTIONS[:2],
)
_ONE = rcs.RcsStandaloneCard(
    card_orientation="VERTICAL", thumbnail_image_alignment="LEFT", card_content=_CARD
)
_SEVERAL = rcs.RcsCarouselCard(card_width="SMALL", card_contents=[_CARD, _CARD])

_CONTENTS: Mapping[str, Any] = {
    "sms": _SMS,
    "viber": Viber(
        "Hi",
        image_url=URL,
        button_text="Buy",
        button_url=URL,
        sender="Shop",
        validity=MINUTE,
    ),
    "viber video": Viber("Hi", video=ViberVideo(URL, URL, 1_000, MINUTE), button_text="Watch"),
    "viber carousel": Viber("Hi", carousel=_CARDS),
    "viber template": Viber(template=ViberTemplate("5", "en", {"name": "Ann"})),
    "whatsapp text": WhatsApp(text=wa.WhatsAppText("Hi", preview_url=False), ttl=MINUTE),
    "whatsapp template": WhatsApp(template=_TEMPLATE, sender="+37250000000"),
    "whatsapp image": WhatsApp(image=wa.WhatsAppImage(**_FILE, caption="Picture")),
    "whatsapp video": WhatsApp(video=wa.WhatsAppVideo(**_FILE, caption="Film")),
    "whatsapp audio": WhatsApp(audio=wa.WhatsAppAudio(id="5")),
    "whatsapp document": WhatsApp(document=wa.WhatsAppDocument(**_FILE, file_name="a.pdf")),
    "whatsapp sticker": WhatsApp(sticker=wa.WhatsAppSticker(**_FILE, animated=True)),
    "rcs text": Rcs("Hi", sender="Shop", suggestions=_SUGGESTIONS, validity=MINUTE),
    "rcs file": Rcs(content_info=_INFO, sender="Shop", ttl=MINUTE),
    "rcs card": Rcs(rich_card=rcs.RcsRichCard(standalone_card=_ONE), sender="Shop"),
    "rcs carousel": Rcs(rich_card=rcs.RcsRichCard(carousel_card=_SEVERAL), sender="Shop"),
}

OMNIMESSAGES: Mapping[str, Omnimessage] = {
    name: Omnimessage(
        TO,
        [content] if content is _SMS else [content, _SMS],
        dlr_url=URL,
        text_store="nostore",
        time_to_send=AWARE,
        priority="high",
    )
    for name, content in _CONTENTS.items()
}
"""By what stands first in them."""
