"""OMNI's templates: what may be said, how it is written, what is refused before HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.omni import (
    EmailTemplate,
    NewTask,
    OmniTemplate,
    PushTemplate,
    PushWalletTemplate,
    SmsTemplate,
    TaskType,
    Trigger,
    TriggerType,
    ViberTemplate,
    VkTemplate,
    VkTemplatePolicy,
    create_task_request,
)
from devino_async.push_wallet import PushWalletDeeplink, PushWalletPayload, PushWalletTarget
from devino_async.vk import VkRoute
from omni_common.converter import loads
from omni_common.errors import InvalidMessageError

MOSCOW = timezone(timedelta(hours=3))
BODY = "<p>Sale!</p>${Unsubscribe}"


def written(template: OmniTemplate | dict[str, Any], **settings: Any) -> Any:
    """The template as it stands in the body of a new task."""
    channel: dict[str, Any] = {"channel": "VOICE"} if isinstance(template, dict) else {}
    trigger = Trigger(index=0, type=TriggerType.TRAN_API_SOURCE, template=template, **channel)
    task = NewTask(task_name="Sale", type=TaskType.API, channel="OMNI", triggers=[trigger])
    body = create_task_request(task, **settings).body
    assert body is not None
    return loads(body)["triggers"][0]["template"]


def sms(**fields: Any) -> SmsTemplate:
    return SmsTemplate(**{"sender": "TEST", "text": "We have new shop!", **fields})


def viber(**fields: Any) -> ViberTemplate:
    return ViberTemplate(**{"sender": "TEST", "text": "We have new shop!", **fields})


def letter(**fields: Any) -> EmailTemplate:
    usual = {"source_address": "shop@example.com", "subject": "Sale", "html_body": BODY}
    return EmailTemplate(**{**usual, **fields})


def push(**fields: Any) -> PushTemplate:
    return PushTemplate(**{"sender": "3410", **fields})


def wallet(**fields: Any) -> PushWalletTemplate:
    payload = PushWalletPayload(message="We have new shop")
    return PushWalletTemplate(**{"sender": "hello", "payload": payload, **fields})


def vk(**fields: Any) -> VkTemplate:
    return VkTemplate(**{"template_id": "16", "routes": [VkRoute.VK], **fields})


# --- On the wire ----------------------------------------------------------------------------------


def test_an_sms_is_the_documented_one() -> None:
    template = sms(validity=timedelta(minutes=10), shorten_url=True)
    assert written(template) == {
        "smsTemplate": {
            "from": "TEST",
            "text": "We have new shop!",
            "validity": 600,
            "shortenUrl": True,
        }
    }


def test_a_viber_message_has_the_documented_fields() -> None:
    template = viber(
        action="https://shop.example",
        caption="Open",
        image="https://shop.example/sale.png",
        validity=timedelta(hours=1),
    )
    assert written(template) == {
        "viberTemplate": {
            "from": "TEST",
            "text": "We have new shop!",
            "action": "https://shop.example",
            "caption": "Open",
            "image": "https://shop.example/sale.png",
            "validity": 3600,
        }
    }


def test_t24_ids_of_attachments_go_out_as_they_are() -> None:
    template = letter(
        source_name="Shop",
        plain_text="Sale! ${Unsubscribe}",
        attachment_ids=["efc1c054-9d65-4c21.png", 17, "18"],
    )
    assert written(template) == {
        "emailTemplate": {
            "sourceAddress": "shop@example.com",
            "sourceName": "Shop",
            "subject": "Sale",
            "htmlBody": BODY,
            "plainText": "Sale! ${Unsubscribe}",
            "attachmentIds": ["efc1c054-9d65-4c21.png", 17, "18"],
        }
    }


@pytest.mark.parametrize("sender", ["3410", 3410], ids=repr)
def test_t25_the_sender_of_a_push_is_a_number(sender: str | int) -> None:
    template = push(
        sender=sender,
        title="New shop",
        text="Come in",
        badge=0,
        silent_push=False,
        options={"additionalProp1": "string"},
        android={"sound": "default"},
        apns={"sound": "default"},
        validity=timedelta(minutes=5),
    )
    assert written(template) == {
        "pushTemplate": {
            "from": 3410,
            "title": "New shop",
            "text": "Come in",
            "badge": 0,
            "silentPush": False,
            "options": {"additionalProp1": "string"},
            "android": {"sound": "default"},
            "apns": {"sound": "default"},
            "validity": 300,
        }
    }


@pytest.mark.parametrize("data", [{"order": "1"}, "order 1"])
def test_t25_callback_data_is_text_or_an_object(data: Any) -> None:
    assert written(wallet(callback_data=data))["pushWalletTemplate"]["callbackData"] == data
    assert written(vk(callback_data=data))["vkTemplate"]["callbackData"] == data


@pytest.mark.parametrize("number", ["79031234567", "+79031234567"])
def test_t53_a_wallet_notifications_number_goes_out_without_a_plus(number: str) -> None:
    assert written(wallet(to=number))["pushWalletTemplate"]["to"] == "79031234567"


def test_a_wallet_notification_is_the_documented_one() -> None:
    payload = PushWalletPayload(
        title="New shop",
        message="We have new shop",
        deeplink=PushWalletDeeplink(target=PushWalletTarget.CAMPAIGN, campaign_id="q123456"),
    )
    template = wallet(
        payload=payload, to="79031234567", callback_url="https://shop.example/cb", merge_key="k"
    )
    assert written(template) == {
        "pushWalletTemplate": {
            "from": "hello",
            "payload": {
                "title": "New shop",
                "message": "We have new shop",
                "deeplink": {"target": "campaign", "campaignId": "q123456"},
            },
            "to": "79031234567",
            "callbackUrl": "https://shop.example/cb",
            "mergeKey": "k",
        }
    }


def test_t29_the_time_of_a_wallet_notification_is_local() -> None:
    noon = datetime(2027, 1, 1, 12)  # noqa: DTZ001 - the account's wall clock
    expected = "2027-01-01T12:00:00"
    assert written(wallet(scheduled_time=noon))["pushWalletTemplate"]["scheduledTime"] == expected
    aware = wallet(scheduled_time=datetime(2027, 1, 1, 9, tzinfo=UTC))
    assert written(aware, zone=MOSCOW)["pushWalletTemplate"]["scheduledTime"] == expected
    with pytest.raises(InvalidMessageError, match="account_zone") as refused:
        written(aware)
    assert refused.value.field == "scheduled_time"


def test_a_vk_message_has_the_documented_fields() -> None:
    template = vk(
        routes=[VkRoute.OK, "VK"],
        template_data={"name": "James"},
        delivery_policy=VkTemplatePolicy.MOBILE_DEVICE_REQUIRED,
        validity=timedelta(seconds=15),
        callback_url="https://shop.example/cb",
    )
    assert written(template) == {
        "vkTemplate": {
            "templateId": "16",
            "routes": ["OK", "VK"],
            "templateData": {"name": "James"},
            "deliveryPolicy": "MOBILE_DEVICE_REQUIRED",
            "validity": 15,
            "callbackUrl": "https://shop.example/cb",
        }
    }


def test_t54_words_that_are_not_known_go_out_as_they_are() -> None:
    template = vk(routes=["TELEPATHY"], delivery_policy="verified_phone_number")
    assert written(template)["vkTemplate"]["routes"] == ["TELEPATHY"]
    assert written(template)["vkTemplate"]["deliveryPolicy"] == "verified_phone_number"


def test_extra_goes_in_last_and_wins() -> None:
    later = {"addedLater": {"deep": [1, None]}}
    wallet_time = datetime(2027, 1, 1)  # noqa: DTZ001
    assert written(sms(extra={"text": "other", **later}))["smsTemplate"]["text"] == "other"
    for template in (sms(extra=later), letter(extra=later), push(extra=later), vk(extra=later)):
        [fields] = written(template).values()
        assert fields["addedLater"] == later["addedLater"]
    kept = wallet(scheduled_time=wallet_time, extra={"scheduledTime": "now"})
    assert written(kept)["pushWalletTemplate"]["scheduledTime"] == "now"


def test_a_template_that_is_not_documented_is_sent_as_it_is() -> None:
    template = {"voiceTemplate": {"from": "Shop", "validity": None}}
    assert written(template) == template


# --- What is refused ------------------------------------------------------------------------------

_HALF = "half \ud83d"
_TEXTS = ["", 5, b"x", _HALF]


@pytest.mark.parametrize(
    ("make", "field", "values"),
    [
        (sms, "sender", [None, *_TEXTS]),
        (sms, "text", [None, *_TEXTS, "l" * 34_171, "л" * 17_086]),
        (sms, "validity", [600, timedelta(days=3, seconds=1), timedelta(milliseconds=1)]),
        (sms, "validity", [timedelta(seconds=-1), True]),
        (sms, "shorten_url", [1, "true"]),
        (sms, "extra", ["text", [("a", "b")], {"a": {1}}, {"a": _HALF}, {1: "a"}]),
        (viber, "sender", [None, *_TEXTS]),
        (viber, "text", _TEXTS),
        (viber, "image", ["", "shop.example/a.png", "ftp://shop.example/a.png", 5]),
        (viber, "action", [*_TEXTS, "https://shop.example"]),
        (viber, "validity", [600, timedelta(seconds=1.5)]),
        (letter, "source_address", [None, *_TEXTS, "shop@example.com\r\nBcc: a@b.c"]),
        (letter, "subject", [None, *_TEXTS, "two\nlines"]),
        (letter, "html_body", ["", 5, None, "<p>Sale!</p>"]),
        (letter, "plain_text", ["", 5, "Sale!"]),
        (letter, "attachment_ids", ["text", 5, [None], [True], [""], [_HALF], [1.5]]),
        (push, "sender", [None, "", "Shop", "٣", -1, 1.5, True]),
        (push, "badge", [-1, "1", True]),
        (push, "silent_push", [0, "yes"]),
        (push, "options", ["text", {"a": object()}]),
        (wallet, "payload", [None, {"message": "Buy"}]),
        (wallet, "to", ["", "790312", "Maria", 79031234567]),
        (wallet, "callback_url", ["shop.example", "https://shop.example/" + "a" * 1000]),
        (wallet, "callback_data", ["", 5, {"a": b"b"}]),
        (wallet, "scheduled_time", ["2027-01-01", 5]),
        (vk, "template_id", [None, *_TEXTS]),
        (vk, "routes", [None, [], "VK", ["VK", "VK"], [5], [_HALF]]),
        (vk, "validity", [timedelta(seconds=14), timedelta(days=1, seconds=1), 60]),
        (vk, "template_data", ["text", 5]),
    ],
)
def test_what_is_malformed_is_refused_by_the_fields_name(
    make: Any, field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            make(**{field: value})
        assert refused.value.provider == "devino"
        if make is not viber or field != "action":  # a button without words lacks the words
            assert refused.value.field == field
        assert len(str(refused.value)) < 160


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("Sale! [Unsubscribe]", r"\[Unsubscribe\] is not how OMNI spells it"),
        ("Sale! {{Unsubscribe}}", "is not how OMNI spells it"),
        ("Sale! ${unsubscribe}", "is not how OMNI spells it"),
        ("Sale!", r"must hold \$\{Unsubscribe\}, or Devino does not send the letter$"),
    ],
)
def test_t55_a_letter_without_the_macro_as_omni_spells_it_is_refused(body: str, hint: str) -> None:
    for field in ("html_body", "plain_text"):
        with pytest.raises(InvalidMessageError, match=hint) as refused:
            letter(**{field: body})
        assert refused.value.field == field
        assert "Sale" not in str(refused.value)


@pytest.mark.parametrize(
    ("make", "fields", "field"),
    [
        (viber, {"text": None}, "text"),
        (viber, {"caption": "Open"}, "action"),
        (viber, {"action": "https://shop.example"}, "caption"),
        (letter, {"html_body": None}, "html_body"),
    ],
)
def test_what_does_not_go_together_is_refused(
    make: Any, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        make(**fields)
    assert refused.value.field == field


def test_a_picture_alone_and_plain_text_alone_are_taken() -> None:
    picture = viber(text=None, image="https://shop.example/sale.png")
    assert set(written(picture)["viberTemplate"]) == {"from", "image"}
    plain = letter(html_body=None, plain_text="Sale! ${Unsubscribe}")
    assert set(written(plain)["emailTemplate"]) == {"sourceAddress", "subject", "plainText"}


@given(seconds=st.integers(-10, 90_000))
def test_vk_takes_15_seconds_to_a_day(seconds: int) -> None:
    validity = timedelta(seconds=seconds)
    if 15 <= seconds <= 86_400:
        assert written(vk(validity=validity))["vkTemplate"]["validity"] == seconds
    else:
        with pytest.raises(InvalidMessageError):
            vk(validity=validity)


def test_templates_show_nothing_of_what_they_say() -> None:
    secret = {"canary": "canary"}
    url = "https://shop.example/canary"
    shown = repr(
        [
            sms(text="canary", extra=secret),
            viber(text="canary", action=url, caption="canary", image=url),
            letter(
                source_address="canary@example.com",
                subject="canary",
                html_body=f"canary {BODY}",
                plain_text=f"canary {BODY}",
            ),
            push(title="canary", text="canary", options=secret, android=secret, apns=secret),
            wallet(payload=PushWalletPayload(message="canary", title="canary"), callback_url=url),
            wallet(to="79031234567", callback_data=secret),
            vk(template_data=secret, callback_data="canary", callback_url=url),
        ]
    )
    assert "canary" not in shown
    assert "79031234567" not in shown
    assert "'TEST'" in shown
