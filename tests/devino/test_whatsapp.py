"""WhatsApp messages as Devino takes them, by either call, and what is refused before HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devino_async.channel_sending import BodyForm
from devino_async.whatsapp import (
    WhatsAppDirectMessage,
    WhatsAppMessage,
    WhatsAppType,
    whatsapp_direct_request,
    whatsapp_request,
)
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Operation
from tests.devino.channels import body_of, direct, whatsapp

SECOND = timedelta(seconds=1)


# --- The request ----------------------------------------------------------------------------------


def test_a_message_travels_alone_and_is_never_repeated() -> None:
    request = whatsapp_request(whatsapp())
    assert (request.method, request.target) == ("POST", "/whatsapp/messages")
    assert request.operation is Operation.SEND
    assert request.body == b'{"from":"Shop","to":"79031234567","text":"Hello"}'


def test_every_field_has_the_vendors_name() -> None:
    message = WhatsAppMessage(
        sender="Shop",
        to="79031234567",
        text="Hello",
        validity=timedelta(days=1),
        content_url="https://shop.example/a.pdf",
        content_name="Terms",
        content_type="application/pdf",
        callback_url="https://shop.example/callback",
        callback_data="order 17",
        template_id="welcome",
        template_params={"1": "Maria", "2": 17},
        language_code="RU",
        extra={"newField": 1},
    )
    assert body_of(whatsapp_request(message)) == {
        "from": "Shop",
        "to": "79031234567",
        "text": "Hello",
        "validity": 86_400,
        "contentUrl": "https://shop.example/a.pdf",
        "contentName": "Terms",
        "contentType": "application/pdf",
        "callbackUrl": "https://shop.example/callback",
        "callbackData": "order 17",
        "templateId": "welcome",
        "templateParams": {"1": "Maria", "2": 17},
        "languageCode": "RU",
        "newField": 1,
    }


@pytest.mark.parametrize("number", ["79031234567", "+79031234567"])
def test_t53_numbers_travel_without_a_plus(number: str) -> None:
    assert body_of(whatsapp_request(whatsapp(number)))["to"] == "79031234567"
    assert body_of(whatsapp_direct_request(direct(number)))["to"] == "79031234567"


def test_t25_callback_data_is_text_here() -> None:
    assert body_of(whatsapp_request(whatsapp(callback_data="17")))["callbackData"] == "17"
    with pytest.raises(InvalidMessageError) as refused:
        whatsapp(callback_data={"order": 17})
    assert refused.value.field == "callback_data"


@pytest.mark.parametrize("data", ["17", {"order": 17}], ids=repr)
def test_t25_the_direct_call_takes_callback_data_of_either_kind(data: Any) -> None:
    assert body_of(whatsapp_direct_request(direct(callback_data=data)))["callbackData"] == data
    for wrong in ("", 17, ["17"], {"order": object()}):
        with pytest.raises(InvalidMessageError) as refused:
            direct(callback_data=wrong)
        assert refused.value.field == "callback_data"


@pytest.mark.parametrize(
    ("form", "start"),
    [
        (BodyForm.SINGLE, b'{"from":'),
        (BodyForm.ARRAY, b'[{"from":'),
        (BodyForm.MESSAGES, b'{"messages":[{"from":'),
    ],
)
def test_what_stands_around_a_message_can_be_chosen(form: BodyForm, start: bytes) -> None:
    for request in (
        whatsapp_request(whatsapp(), body_form=form),
        whatsapp_direct_request(direct(), body_form=form),
    ):
        assert (request.body or b"").startswith(start)


def test_the_direct_call_writes_its_content_as_it_is_given() -> None:
    message = WhatsAppDirectMessage(
        sender="Shop",
        to="79031234567",
        type=WhatsAppType.CONTACT,
        content={"contacts": [{"name": {"first_name": "Maria"}}]},
        callback_url="https://shop.example/callback",
        callback_data="order 17",
        preview_url=True,
    )
    request = whatsapp_direct_request(message)
    assert (request.method, request.target) == ("POST", "/whatsapp/v2/messages")
    assert request.operation is Operation.SEND
    assert body_of(request) == {
        "from": "Shop",
        "to": "79031234567",
        "recipient_type": "individual",
        "type": "contact",
        "contacts": [{"name": {"first_name": "Maria"}}],
        "callbackUrl": "https://shop.example/callback",
        "callbackData": "order 17",
        "preview_url": True,
    }


def test_extra_of_the_direct_call_goes_in_last_and_wins() -> None:
    extra = {"recipient_type": "group", "text": {"body": "Other"}, "content": 1}
    body = body_of(whatsapp_direct_request(direct(extra=extra)))
    assert {name: body[name] for name in extra} == extra


@pytest.mark.parametrize("word", WhatsAppType)
def test_t54_content_that_is_not_documented_can_be_sent(word: WhatsAppType) -> None:
    content = {word.value: {"anything": [None]}}
    body = body_of(whatsapp_direct_request(direct(type=word, content=content)))
    assert (body["type"], body[word.value]) == (word.value, {"anything": [None]})


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sender", ["", None, 5]),
        ("to", ["", None, "790312", 79031234567]),
        ("text", ["", "l" * 1001, 5]),
        ("validity", [0 * SECOND, 86_400, SECOND / 2]),
        ("content_url", ["", "a.pdf", "ftp://shop.example"]),
        ("content_name", ["", "l" * 101]),
        ("content_type", ["", 5]),
        ("callback_url", ["", "shop.example"]),
        ("template_id", ["", 16]),
        ("template_params", ["text", ["Maria"], {"name": "Maria"}, {"0": "a"}, {1: "a"}]),
        ("template_params", [{"1": object()}]),
        ("language_code", ["", 5]),
        ("extra", ["text"]),
    ],
)
def test_what_devino_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            whatsapp(**{field: value})
        assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sender", ["", None]),
        ("to", ["", "790312"]),
        ("type", ["", None, 5]),
        ("content", [None, {}, "text", {1: {}}, {"text": object()}, {"to": "79030000000"}]),
        ("content", [{"callbackUrl": "https://shop.example"}]),
        ("callback_url", ["shop.example"]),
        ("preview_url", ["true", None, 1]),
        ("extra", ["text"]),
    ],
)
def test_what_the_direct_call_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            direct(**{field: value})
        assert refused.value.field == field


def test_t54_a_type_that_is_not_known_goes_out_as_it_is() -> None:
    assert body_of(whatsapp_direct_request(direct(type="sticker")))["type"] == "sticker"


def test_a_message_without_any_content_is_refused() -> None:
    with pytest.raises(InvalidMessageError) as refused:
        whatsapp(text=None, content_name="Terms")
    assert refused.value.field == "text"
    for fields in ({"content_url": "https://shop.example/a"}, {"template_id": "welcome"}):
        assert whatsapp(text=None, **fields).text is None


def test_each_call_takes_its_own_message() -> None:
    calls: list[tuple[Any, Any]] = [
        (whatsapp_request, direct()),
        (whatsapp_direct_request, whatsapp()),
    ]
    for request, wrong in calls:
        for message in (wrong, [wrong], None):
            with pytest.raises(InvalidMessageError) as refused:
                request(message)
            assert refused.value.field == "message"


def test_a_message_shows_neither_number_nor_content() -> None:
    for message in (
        whatsapp(text="canary", callback_data="canary", template_params={"1": "canary"}),
        direct(content={"text": {"body": "canary"}}, callback_data="canary"),
    ):
        assert "canary" not in repr(message)
        assert "79031234567" not in repr(message)
