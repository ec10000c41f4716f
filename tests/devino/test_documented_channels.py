"""What the contract sheet shows of the other channels and of the account (A9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from devino_async.account import (
    AccountInfo,
    account_request,
    plan_record_request,
    read_account,
    read_plan_record,
)
from devino_async.channel_sending import BodyForm, ChannelPriority, ChannelResult, read_results
from devino_async.push import PushMessage, PushPlatform, push_request
from devino_async.push_wallet import (
    PushWalletDeeplink,
    PushWalletMessage,
    PushWalletPayload,
    PushWalletTarget,
    push_wallet_request,
)
from devino_async.viber import ViberMessage, viber_request
from devino_async.vk import VkDeliveryPolicy, VkMessage, VkRoute, vk_request
from devino_async.whatsapp import (
    WhatsAppDirectMessage,
    WhatsAppMessage,
    WhatsAppType,
    whatsapp_direct_request,
    whatsapp_request,
)
from omni_common.errors import Outcome
from omni_common.exchange import Operation, Request
from tests.devino.answering import answer
from tests.devino.channels import body_of

TO = "79034567890"
NEW_YEAR = datetime(2027, 1, 1, 9, tzinfo=UTC)


def is_send(request: Request, target: str) -> bool:
    said = (request.method, request.target, request.operation)
    return said == ("POST", target, Operation.SEND)


# --- Viber ----------------------------------------------------------------------------------------


def test_a9_a_viber_message_is_written() -> None:
    message = ViberMessage(
        sender="MyCompany",
        to=TO,
        text="Hi",
        caption="Open",
        action="https://example.com",
        validity=timedelta(hours=1),
    )
    request = viber_request([message])

    assert is_send(request, "/viber/messages")
    assert body_of(request) == {
        "messages": [
            {
                "from": "MyCompany",
                "to": TO,
                "text": "Hi",
                "caption": "Open",
                "action": "https://example.com",
                "validity": 3600,
            }
        ]
    }


def test_a9_t29_every_field_of_viber_is_written_under_the_vendors_name() -> None:
    message = ViberMessage(
        sender="MyCompany",
        to=TO,
        image="https://example.com/a.png",
        file_type="mp4",
        file_name="film",
        thumbnail="https://example.com/a.jpg",
        duration=timedelta(seconds=30),
        file_size=200,
        priority=ChannelPriority.HIGH,
        scheduled_time=NEW_YEAR,
        callback_url="https://example.com/cb",
        options={"key1": "value1"},
    )
    request = viber_request([message], shorten_url=True)

    assert is_send(request, "/viber/messages?shortenUrl=true")
    assert body_of(request)["messages"] == [
        {
            "from": "MyCompany",
            "to": TO,
            "image": "https://example.com/a.png",
            "fileType": "mp4",
            "fileName": "film",
            "thumbnail": "https://example.com/a.jpg",
            "duration": 30,
            "fileSize": 200,
            "priority": "HIGH",
            "scheduledTime": "2027-01-01 09:00:00",
            "callbackUrl": "https://example.com/cb",
            "options": {"key1": "value1"},
        }
    ]


# --- Push and push wallet -------------------------------------------------------------------------


def test_a9_t11_t25_every_field_of_push_is_written_under_the_vendors_name() -> None:
    message = PushMessage(
        sender="17",
        to="token",
        title="Shop",
        text="Hi",
        priority=ChannelPriority.REALTIME,
        badge=1,
        validity=timedelta(days=1),
        platform=PushPlatform.HUAWEI,
        silent_push=True,
        options={"key1": "value1"},
        apns={"sound": "default", "buttons": [], "linkToMedia": "https://example.com/a.png"},
        android={},
    )
    request = push_request([message])

    assert is_send(request, "/push/messages")
    assert body_of(request)["messages"] == [
        {
            "from": 17,
            "to": "token",
            "title": "Shop",
            "text": "Hi",
            "priority": "REALTIME",
            "badge": 1,
            "validity": 86_400,
            "platform": "HUAWEI",
            "silentPush": True,
            "options": {"key1": "value1"},
            "apns": {"sound": "default", "buttons": [], "linkToMedia": "https://example.com/a.png"},
            "android": {},
        }
    ]


WALLET = {
    "from": "Company",
    "to": "74886035511",
    "payload": {
        "title": "Sales",
        "message": "Buy",
        "deeplink": {"target": "campaign", "campaignId": "q123456"},
    },
}


def wallet(**fields: Any) -> PushWalletMessage:
    payload = PushWalletPayload(
        title="Sales",
        message="Buy",
        deeplink=PushWalletDeeplink(target=PushWalletTarget.CAMPAIGN, campaign_id="q123456"),
    )
    return PushWalletMessage(sender="Company", to="74886035511", payload=payload, **fields)


@pytest.mark.parametrize(("form", "body"), [(BodyForm.ARRAY, [WALLET]), (BodyForm.SINGLE, WALLET)])
def test_a9_t7_a_wallet_message_is_written_in_both_forms(form: BodyForm, body: Any) -> None:
    request = push_wallet_request([wallet()], body_form=form)

    assert is_send(request, "/wallet/messages")
    assert body_of(request) == body


def test_a9_t25_every_field_of_push_wallet_is_written_under_the_vendors_name() -> None:
    message = wallet(
        callback_url="https://example.com/cb",
        callback_data={"order": "1"},
        scheduled_time=NEW_YEAR,
        merge_key="key",
        validity=timedelta(minutes=1),
    )

    assert body_of(push_wallet_request([message])) == [
        {
            **WALLET,
            "callbackUrl": "https://example.com/cb",
            "callbackData": {"order": "1"},
            "scheduledTime": "2027-01-01T09:00:00",
            "mergeKey": "key",
            "validity": 60,
        }
    ]


# --- WhatsApp -------------------------------------------------------------------------------------


def test_a9_t25_t53_every_field_of_whatsapp_is_written_under_the_vendors_name() -> None:
    message = WhatsAppMessage(
        sender="MyCompany",
        to=f"+{TO}",
        text="Hi",
        validity=timedelta(days=1),
        content_url="https://example.com/a.pdf",
        content_name="a.pdf",
        content_type="application/pdf",
        callback_url="https://example.com/cb",
        callback_data="order 1",
        template_id="t1",
        template_params={"1": "James"},
        language_code="EN",
    )
    request = whatsapp_request(message)

    assert is_send(request, "/whatsapp/messages")
    assert body_of(request) == {
        "from": "MyCompany",
        "to": TO,
        "text": "Hi",
        "validity": 86_400,
        "contentUrl": "https://example.com/a.pdf",
        "contentName": "a.pdf",
        "contentType": "application/pdf",
        "callbackUrl": "https://example.com/cb",
        "callbackData": "order 1",
        "templateId": "t1",
        "templateParams": {"1": "James"},
        "languageCode": "EN",
    }


@pytest.mark.parametrize(
    "word",
    [
        *("text", "image", "audio", "video", "document", "contact", "location", "template"),
        "interactive",
    ],
)
def test_a9_a_message_of_the_direct_api_is_written(word: str) -> None:
    message = WhatsAppDirectMessage(
        sender="MyCompany",
        to=TO,
        type=WhatsAppType(word),
        content={"text": {"body": "Hi"}},
        callback_url="https://example.com/cb",
        callback_data="order 1",
        preview_url=True,
    )
    request = whatsapp_direct_request(message)

    assert is_send(request, "/whatsapp/v2/messages")
    assert body_of(request) == {
        "from": "MyCompany",
        "to": TO,
        "recipient_type": "individual",
        "type": word,
        "text": {"body": "Hi"},
        "callbackUrl": "https://example.com/cb",
        "callbackData": "order 1",
        "preview_url": True,
    }


# --- VK and OK ------------------------------------------------------------------------------------


def test_a9_t20_t25_every_field_of_vk_is_written_under_the_vendors_name() -> None:
    message = VkMessage(
        phone=TO,
        service="Shop",
        routes=[VkRoute.VK, VkRoute.OK],
        template_id="16",
        tmpl="template",
        tmpl_data={"name": "James"},
        delivery_policy=VkDeliveryPolicy.VERIFIED_PHONE_NUMBER,
        status_url="https://example.com/cb",
        callback_data={"order": "1"},
    )
    request = vk_request([message])

    assert is_send(request, "/vk/messages")
    assert body_of(request) == {
        "messages": [
            {
                "phone": TO,
                "service": "Shop",
                "routes": ["VK", "OK"],
                "templateId": 16,
                "tmpl": "template",
                "tmpl_data": {"name": "James"},
                "delivery_policy": "verified_phone_number",
                "status_url": "https://example.com/cb",
                "callbackData": {"order": "1"},
            }
        ]
    }


def test_a9_what_is_known_of_vks_answer_is_read() -> None:
    assert read_results(answer({"result": [{"code": "OK"}]}), 1) == (
        ChannelResult(outcome=Outcome.ACCEPTED, code="OK", raw={"code": "OK"}),
    )


# --- Account --------------------------------------------------------------------------------------

AMOUNTS = {
    "addPercent": 1,
    "balance": "1000.5000",
    "credit": 3,
    "reserve": 4.5,
    "reserveSms": 5,
    "reserveViber": 6,
    "disableThreshold": -7,
    "notifyThreshold": 8,
}


@pytest.mark.parametrize("word", ["PREPAID", "POSTPAID"])
def test_a9_the_account_is_asked_for_and_read(word: str) -> None:
    account = {
        "companyId": 50,
        "accountType": word,
        **AMOUNTS,
        "currencyId": 1,
        "isBlocked": False,
        "recalcBillRate": 1,
    }
    result = {"account": account, "validPacketChannels": ["EMAIL"]}
    request = account_request()

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == "/billing-api/companies/current/account"
    assert read_account(answer({"result": result})) == AccountInfo(
        company_id="50",
        account_type=word,
        add_percent=Decimal(1),
        balance=Decimal("1000.5000"),
        credit=Decimal(3),
        reserve=Decimal("4.5"),
        reserve_sms=Decimal(5),
        reserve_viber=Decimal(6),
        currency_id="1",
        is_blocked=False,
        recalc_bill_rate=1,
        disable_threshold=Decimal(-7),
        notify_threshold=Decimal(8),
        valid_packet_channels=("EMAIL",),
        raw=result,
    )


def test_a9_a_plan_is_asked_for_and_left_as_it_comes() -> None:
    request = plan_record_request("SMS")
    document = {"result": {"whatever": [1]}}

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == "/billing-api/companies/current/plan-records/current?channel=SMS"
    assert read_plan_record(answer(document)) == document
