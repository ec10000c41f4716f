"""Devino's models as users make them, whole and right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from devino_async import omni, push, push_wallet, viber, vk, whatsapp
from devino_async.address_book import (
    FieldType,
    FieldValue,
    PushInfo,
)
from devino_async.email import (
    EmailLetter,
    EmailRecipient,
    EmailSender,
)
from devino_async.omni import (
    AddressBookSource,
    EmailTemplate,
    EventCollectorSettings,
    EventSource,
    GeoSettings,
    NewTask,
    NoEventSourceSettings,
    OmniRecipient,
    PushTemplate,
    PushWalletTemplate,
    SmsTemplate,
    TaskInfo,
    Trigger,
    VkTemplate,
)
from devino_async.sms import (
    SmsMessage,
    SmsPriority,
)

__all__ = [
    "AWARE",
    "DIRECT",
    "FIELDS",
    "LETTER",
    "MINUTE",
    "NAIVE",
    "OBJECT",
    "PHONE",
    "PUSH",
    "RECIPIENT",
    "SMS",
    "SMS_TEMPLATE",
    "TASK",
    "VIBER",
    "VK",
    "WALLET",
    "WHATSAPP",
]

PHONE = "+79031234567"
URL = "https://shop.example/a.png?x=1"
OBJECT: Mapping[str, Any] = {"a": 1, "b": ["c", None], "d": {"e": "f"}}
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall clock's
AWARE = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# --- Devino's messages ----------------------------------------------------------------------------

SMS = SmsMessage(
    sender="Shop",
    to=PHONE,
    text="Hi",
    validity=MINUTE,
    scheduled_time=AWARE,
    priority=SmsPriority.HIGH,
    callback_url=URL,
    options=OBJECT,
    extra=OBJECT,
)
VIBER = viber.ViberMessage(
    sender="Shop",
    to=PHONE,
    text="Hi",
    image=URL,
    file_type="pdf",
    file_name="a.pdf",
    thumbnail=URL,
    duration=MINUTE,
    file_size=1.5,
    caption="Buy",
    action=URL,
    validity=MINUTE,
    priority="HIGH",
    scheduled_time=AWARE,
    callback_url=URL,
    options=OBJECT,
    extra=OBJECT,
)
PUSH = push.PushMessage(
    sender="17",
    to="token",
    title="Shop",
    text="Hi",
    priority="HIGH",
    badge=1,
    validity=MINUTE,
    platform="IOS",
    silent_push=True,
    options=OBJECT,
    apns=OBJECT,
    android=OBJECT,
    extra=OBJECT,
)
_PAYLOAD = push_wallet.PushWalletPayload(
    title="Shop",
    message="Hi",
    image="a.png",
    deeplink=push_wallet.PushWalletDeeplink(target="campaign", campaign_id="q1"),
)
WALLET = push_wallet.PushWalletMessage(
    sender="Shop",
    to=PHONE,
    payload=_PAYLOAD,
    callback_url=URL,
    callback_data=OBJECT,
    scheduled_time=AWARE,
    merge_key="key",
    validity=MINUTE,
    extra=OBJECT,
)
WHATSAPP = whatsapp.WhatsAppMessage(
    sender="Shop",
    to=PHONE,
    text="Hi",
    validity=MINUTE,
    content_url=URL,
    content_name="a.pdf",
    content_type="application/pdf",
    callback_url=URL,
    callback_data="data",
    template_id="5",
    template_params={"1": "a", "2": 3},
    language_code="EN",
    extra=OBJECT,
)
DIRECT = whatsapp.WhatsAppDirectMessage(
    sender="Shop",
    to=PHONE,
    type="text",
    content={"text": {"body": "Hi"}},
    callback_url=URL,
    callback_data=OBJECT,
    preview_url=True,
    extra=OBJECT,
)
VK = vk.VkMessage(
    phone=PHONE,
    service="Shop",
    routes=["VK", "OK"],
    template_id="16",
    tmpl="template",
    tmpl_data=OBJECT,
    delivery_policy="any",
    status_url=URL,
    callback_data=OBJECT,
    extra=OBJECT,
)
LETTER = EmailLetter(
    recipients=[
        EmailRecipient(address="a@example.com", name="A", merge_fields=OBJECT, extra_data=OBJECT),
        EmailRecipient(address="b@example.com"),
    ],
    sender=EmailSender(address="post@shop.example", name="Shop"),
    subject="News",
    html="<p>Hi [Unsubscribe]</p>",
    attachments_ids=["d7248cda"],
    check_unsubscription=True,
    extra=OBJECT,
)

# --- Devino's scenarios ---------------------------------------------------------------------------

SMS_TEMPLATE = SmsTemplate(
    sender="Shop", text="Hi ${name}", validity=MINUTE, shorten_url=True, extra=OBJECT
)
_TEMPLATES: tuple[omni.OmniTemplate, ...] = (
    omni.ViberTemplate(
        sender="Shop", text="Hi", action=URL, caption="Buy", image=URL, validity=MINUTE
    ),
    EmailTemplate(
        source_address="post@shop.example",
        subject="News",
        source_name="Shop",
        html_body="${Unsubscribe}",
        plain_text="${Unsubscribe}",
        attachment_ids=["d7248cda", 5],
    ),
    PushTemplate(
        sender=17,
        title="Shop",
        text="Hi",
        badge=1,
        silent_push=False,
        options=OBJECT,
        android=OBJECT,
        apns=OBJECT,
        validity=MINUTE,
    ),
    PushWalletTemplate(
        sender="Shop",
        payload=_PAYLOAD,
        to=PHONE,
        callback_url=URL,
        callback_data="data",
        scheduled_time=NAIVE,
        merge_key="key",
    ),
    VkTemplate(
        template_id="16",
        routes=["VK"],
        template_data=OBJECT,
        delivery_policy="ANY",
        validity=MINUTE,
        callback_data=OBJECT,
        callback_url=URL,
    ),
)
_FIRST = Trigger(index=0, type="ADDRESS_BOOK_SOURCE", template=SMS_TEMPLATE, start_time=NAIVE)
_NEXT = tuple(
    Trigger(
        index=place,
        type="NO_EVENT_SOURCE",
        template=template,
        parent_index=0,
        event_sources=[EventSource(channel="SMS", event_value="delivered")],
        no_event_source_settings=NoEventSourceSettings(state_wait_max_time=MINUTE),
        end_time=NAIVE,
        event_collector_settings=EventCollectorSettings(
            max_new_register=MINUTE, only_update_event_sources=OBJECT
        ),
        geo_settings=GeoSettings(
            anti_fraud=MINUTE, location_ids=["1", 2], push_application_ids=[3]
        ),
        extra=OBJECT,
    )
    for place, template in enumerate(_TEMPLATES, start=1)
)
TASK = NewTask(
    task_name="News",
    type="SIMPLE",
    channel="OMNI",
    triggers=(_FIRST, *_NEXT),
    address_book_source=AddressBookSource(
        contact_group_ids=["1", 2],
        stop_contact_group_ids=[3],
        by_time_zone=True,
        check_duplicate=False,
        period="ONCE",
        smooth_send=MINUTE,
        contact_count_id="5",
        extra=OBJECT,
    ),
    draft_id="3",
    task_info=TaskInfo(scenario_type="WELCOME"),
    extra=OBJECT,
)
FIELDS = (
    FieldValue("name", "Ann", type=FieldType.TEXT, display_name="Name"),
    FieldValue("b", [1]),
)
RECIPIENT = OmniRecipient(
    phone=PHONE,
    email="a@example.com",
    fields=FIELDS,
    push_info=[PushInfo("232", 0, "23fs")],
    callback_url=URL,
    callback_data=OBJECT,
    extra=OBJECT,
)
