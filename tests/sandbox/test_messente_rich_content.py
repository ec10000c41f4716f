"""What Messente's emulator accepts and refuses of WhatsApp and RCS messages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.messente_problems import part_sources

URL = "https://shop.example/a.png"
LINK: dict[str, Any] = {"link": URL}
TEMPLATE: dict[str, Any] = {
    "name": "code",
    "language": {"code": "en"},
    "components": [
        {
            "type": "button",
            "sub_type": "url",
            "index": 0,
            "parameters": [
                {"type": "text", "text": "1234"},
                {
                    "type": "currency",
                    "currency": {"fallback_value": "€1", "code": "EUR", "amount_1000": "1000"},
                },
                {"type": "date_time", "date_time": {"fallback_value": "today"}},
                {"type": "document", "document": {"link": URL, "filename": "a.pdf"}},
                {"type": "coupon_code", "coupon_code": "X1"},
                {"type": "payload", "payload": "X1"},
            ],
        },
        {"type": "body", "index": None},
    ],
}
TAP: dict[str, Any] = {"text": "Yes", "postback_data": "yes"}
FILE: dict[str, Any] = {"file_url": URL, "force_refresh": False}
CARD_CONTENT: dict[str, Any] = {
    "title": "A",
    "description": None,
    "media": {"height": "TALL", "content_info": FILE},
    "suggestions": [{"reply": TAP}] * 4,
}
STANDALONE: dict[str, Any] = {
    "card_orientation": "VERTICAL",
    "thumbnail_image_alignment": "LEFT",
    "card_content": CARD_CONTENT,
}
DIAL: dict[str, Any] = {"dial_action": {"phone_number": "+442071838750"}}
ACTIONS: list[dict[str, Any]] = [
    DIAL,
    {"view_location_action": {"lat_long": {"latitude": 59.4, "longitude": 24}, "label": None}},
    {
        "create_calendar_event_action": {
            "start_time": "2027-01-01T09:00:00Z",
            "end_time": "2027-01-01T10:00:00Z",
            "title": "Sale",
            "description": "Doors open",
        }
    },
    {"open_url_action": {"url": URL, "application": "WEBVIEW", "webview_view_mode": "HALF"}},
    {"share_location_action": {}},
]


def whatsapp(**part: Any) -> list[str]:
    return part_sources("whatsapp", **part)


def rcs(**part: Any) -> list[str]:
    return part_sources("rcs", sender="Shop", **part)


@pytest.mark.parametrize(
    "part",
    [
        {"template": TEMPLATE},
        {"text": {"body": "Hi"}},
        {"text": {"body": "Hi", "preview_url": False}},
        {"image": {**LINK, "caption": "A", "mime_type": "image/png"}},
        {"video": {"id": "12", "link": None}},
        {"audio": LINK},
        {"document": {**LINK, "file_name": "a.pdf", "caption": None}},
        {"sticker": {"id": "12", "animated": True}},
    ],
)
def test_documented_whatsapp_contents_are_accepted(part: dict[str, Any]) -> None:
    assert whatsapp(**part) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ({}, ""),
        ({"text": {"body": "Hi"}, "image": LINK}, ""),
        ({"text": "Hi"}, "[text]"),
        ({"text": {}}, "[text][body]"),
        ({"text": {"body": "Hi", "preview_url": "no"}}, "[text][preview_url]"),
        ({"image": {}}, "[image]"),
        ({"image": {"id": "12", **LINK}}, "[image]"),
        ({"audio": {**LINK, "caption": "A"}}, "[audio][caption]"),
        ({"document": {**LINK, "filename": "a.pdf"}}, "[document][filename]"),
        ({"template": {**TEMPLATE, "language": {}}}, "[template][language][code]"),
        ({"template": {**TEMPLATE, "components": [{}]}}, "[template][components][0][type]"),
        (
            {"template": {**TEMPLATE, "components": [{"type": "body", "parameters": [{}]}]}},
            "[template][components][0][parameters][0][type]",
        ),
    ],
)
def test_a_wrong_whatsapp_content_is_named(part: dict[str, Any], source: str) -> None:
    assert whatsapp(**part) == [source]


def test_t49_whether_a_template_needs_components_is_a_switch() -> None:
    bare = {"name": "code", "language": {"code": "en"}}
    assert whatsapp(template=bare) == ["[template][components]"]
    assert part_sources("whatsapp", {"template_needs_components": False}, template=bare) == []


@pytest.mark.parametrize(
    "part",
    [
        {"text": "x" * 3072, "suggestions": [{"reply": TAP}] * 11},
        {"content_info": {**FILE, "thumbnail_url": None}},
        {"rich_card": {"standalone_card": STANDALONE}},
        {"rich_card": {"carousel_card": {"card_width": "SMALL", "card_contents": [{}] * 10}}},
        *({"text": "Hi", "suggestions": [{"action": {**TAP, **action}}]} for action in ACTIONS),
    ],
)
def test_documented_rcs_contents_are_accepted(part: dict[str, Any]) -> None:
    assert rcs(**part) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ({}, ""),
        ({"text": "Hi", "content_info": FILE}, ""),
        ({"text": "x" * 3073}, "[text]"),
        ({"content_info": {"file_url": URL}}, "[content_info][force_refresh]"),
        ({"text": "Hi", "suggestions": [{"reply": TAP}] * 12}, "[suggestions]"),
        ({"text": "Hi", "suggestions": [{}]}, "[suggestions][0]"),
        (
            {"text": "Hi", "suggestions": [{"reply": TAP, "action": {**TAP, **DIAL}}]},
            "[suggestions][0]",
        ),
        ({"text": "Hi", "suggestions": [{"action": TAP}]}, "[suggestions][0][action]"),
        (
            {"text": "Hi", "suggestions": [{"reply": {**TAP, "text": "x" * 26}}]},
            "[suggestions][0][reply][text]",
        ),
        ({"rich_card": {}}, "[rich_card]"),
        (
            {"rich_card": {"carousel_card": {"card_width": "WIDE", "card_contents": [{}] * 2}}},
            "[rich_card][carousel_card][card_width]",
        ),
        (
            {"rich_card": {"carousel_card": {"card_width": "SMALL", "card_contents": [{}]}}},
            "[rich_card][carousel_card][card_contents]",
        ),
        (
            {
                "rich_card": {
                    "standalone_card": {**STANDALONE, "card_content": {"title": "x" * 201}}
                }
            },
            "[rich_card][standalone_card][card_content][title]",
        ),
        (
            {
                "text": "Hi",
                "suggestions": [
                    {"action": {**TAP, "view_location_action": {"lat_long": {"latitude": "1"}}}}
                ],
            },
            "[suggestions][0][action][view_location_action][lat_long][latitude]",
        ),
    ],
)
def test_a_wrong_rcs_content_is_named(part: dict[str, Any], source: str) -> None:
    assert rcs(**part)[:1] == [source]
