"""Shapes of the contents that go beyond text: WhatsApp and RCS messages (contracts B1)."""

from __future__ import annotations

from messente_async.sandbox.schema import (
    Shape,
    array,
    boolean,
    choice,
    exactly_one,
    nullable,
    number,
    record,
    text,
    uri,
    web_url,
    whole,
)

__all__ = ["RCS", "RCS_CONTENTS", "WHATSAPP_CONTENTS", "whatsapp"]

_ANY = text(shortest=0)

WHATSAPP_CONTENTS = ("template", "text", "image", "video", "audio", "document", "sticker")
"""Of these a WhatsApp message holds exactly one."""
RCS_CONTENTS = ("text", "content_info", "rich_card")
"""Of these an RCS message holds exactly one."""

# Media inside templates: a document's name is `filename` here and `file_name` below (T49).
_TEMPLATE_MEDIA = record(
    {"id": text(), "link": web_url, "caption": _ANY, "filename": text()},
)
_PARAMETER = record(
    {
        "type": text(),
        "text": _ANY,
        "currency": record(
            {"fallback_value": text(), "code": text(), "amount_1000": text()},
            required=("fallback_value", "code", "amount_1000"),
        ),
        "date_time": record({"fallback_value": text()}, required=("fallback_value",)),
        "image": _TEMPLATE_MEDIA,
        "document": _TEMPLATE_MEDIA,
        "video": _TEMPLATE_MEDIA,
        "coupon_code": text(),
        "payload": text(),
    },
    required=("type",),
)
_COMPONENT = record(
    {
        "type": text(),
        "sub_type": text(),
        "index": nullable(whole(lowest=0)),
        "parameters": array(_PARAMETER),
    },
    required=("type",),
)


def _template(*, needs_components: bool) -> Shape:
    required = ("name", "language", *(("components",) if needs_components else ()))
    return record(
        {
            "name": text(),
            "language": record({"code": text(), "policy": text()}, required=("code",)),
            "components": array(_COMPONENT),
        },
        required=required,
    )


def _media(**more: Shape) -> Shape:
    return record(
        {
            "id": nullable(text()),
            "link": nullable(web_url),
            "mime_type": nullable(text()),
            **more,
        },
        rules=(exactly_one("id", "link"),),
    )


def whatsapp(*, needs_components: bool) -> dict[str, Shape]:
    """Return the fields of a WhatsApp message beside those that all channels have."""
    caption = nullable(_ANY)
    return {
        "template": _template(needs_components=needs_components),
        "text": record({"body": text(), "preview_url": boolean}, required=("body",)),
        "image": _media(caption=caption),
        "video": _media(caption=caption),
        "audio": _media(),
        "document": _media(caption=caption, file_name=nullable(text())),
        "sticker": _media(animated=nullable(boolean)),
    }


_DIAL = record({"phone_number": text(like=r"\+[1-9][0-9]{6,14}")}, required=("phone_number",))
_VIEW_LOCATION = record(
    {
        "lat_long": record(
            {"latitude": number, "longitude": number}, required=("latitude", "longitude")
        ),
        "label": nullable(_ANY),
        "query": nullable(_ANY),
    }
)
_CALENDAR_EVENT = record(
    {
        "start_time": text(),
        "end_time": text(),
        "title": text(longest=100),
        "description": text(longest=500),
    },
    required=("start_time", "end_time", "title", "description"),
)
_OPEN_URL = record(
    {
        "url": uri(longest=2048),
        "description": _ANY,
        "application": choice({"BROWSER", "WEBVIEW"}),
        "webview_view_mode": choice({"FULL", "HALF", "TALL"}),
    },
    required=("url", "application"),
)
_ACTIONS = {
    "dial_action": _DIAL,
    "view_location_action": _VIEW_LOCATION,
    "create_calendar_event_action": _CALENDAR_EVENT,
    "open_url_action": _OPEN_URL,
    "share_location_action": record({}),
}
_TAP = {"text": text(longest=25), "postback_data": text(longest=2048)}
_SUGGESTION = record(
    {
        "reply": record(_TAP, required=tuple(_TAP)),
        "action": record(
            {**_TAP, "fallback_url": nullable(uri(longest=2048)), **_ACTIONS},
            required=tuple(_TAP),
            rules=(exactly_one(*_ACTIONS),),
        ),
    },
    rules=(exactly_one("reply", "action"),),
)
_CONTENT_INFO = record(
    {"file_url": web_url, "thumbnail_url": nullable(web_url), "force_refresh": boolean},
    required=("file_url", "force_refresh"),
)
_CARD_CONTENT = record(
    {
        "title": nullable(text(longest=200)),
        "description": nullable(text(longest=2000)),
        "media": record(
            {"height": choice({"SHORT", "MEDIUM", "TALL"}), "content_info": _CONTENT_INFO},
            required=("height", "content_info"),
        ),
        "suggestions": array(_SUGGESTION, most=4),
    }
)
_STANDALONE = {
    "card_orientation": choice({"VERTICAL", "HORIZONTAL"}),
    "thumbnail_image_alignment": choice({"LEFT", "RIGHT"}),
    "card_content": _CARD_CONTENT,
}
_CAROUSEL = {
    "card_width": choice({"SMALL", "MEDIUM"}),
    "card_contents": array(_CARD_CONTENT, fewest=2, most=10),
}

RCS: dict[str, Shape] = {
    "text": text(longest=3072),
    "content_info": _CONTENT_INFO,
    "rich_card": record(
        {
            "standalone_card": record(_STANDALONE, required=tuple(_STANDALONE)),
            "carousel_card": record(_CAROUSEL, required=tuple(_CAROUSEL)),
        },
        rules=(exactly_one("standalone_card", "carousel_card"),),
    ),
    "suggestions": array(_SUGGESTION, most=11),
}
"""The fields of an RCS message beside those that all channels have."""
