"""The contract sheet's examples of new tasks (A10 and A13), written and read word for word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async.omni import (
    AddressBookSource,
    EmailTemplate,
    EventCollectorSettings,
    EventSource,
    EventValue,
    GeoSettings,
    NewTask,
    NoEventSourceSettings,
    OmniChannel,
    Period,
    PushTemplate,
    PushWalletTemplate,
    SmsTemplate,
    TaskInfo,
    TaskType,
    Trigger,
    TriggerType,
    ViberTemplate,
    VkTemplate,
    VkTemplatePolicy,
    create_task_request,
    read_created_task,
)
from devino_async.push_wallet import PushWalletDeeplink, PushWalletPayload, PushWalletTarget
from devino_async.vk import VkRoute
from omni_common.exchange import Operation
from tests.devino.answering import answer
from tests.devino.channels import body_of

clock = datetime.fromisoformat

# --- A10: create a task ---------------------------------------------------------------------------

SMS_TEMPLATE = {"smsTemplate": {"from": "TEST", "text": "We have new shop!", "validity": 600}}
TASK = {
    "taskName": "NEW_SMS",
    "type": "SIMPLE",
    "channel": "SMS",
    "addressBookSource": {
        "addressBookSourceType": "SIMPLE",
        "contactGroupIds": [111],
        "period": "ONCE",
    },
    "triggers": [
        {
            "index": 321,
            "type": "ADDRESS_BOOK_SOURCE",
            "channel": "SMS",
            "startTime": "2020-06-02 11:00:00",
            "endTime": "2020-06-02 12:00:00",
            "eventSources": [{"channel": "SMS", "eventType": "STATE", "eventValue": "delivered"}],
            "template": SMS_TEMPLATE,
        }
    ],
}


def test_a10_t20_a_task_is_written() -> None:
    trigger = Trigger(
        index=321,
        type=TriggerType.ADDRESS_BOOK_SOURCE,
        start_time=clock("2020-06-02 11:00:00"),
        end_time=clock("2020-06-02 12:00:00"),
        event_sources=[EventSource(channel=OmniChannel.SMS, event_value=EventValue.DELIVERED)],
        template=SmsTemplate(
            sender="TEST", text="We have new shop!", validity=timedelta(seconds=600)
        ),
    )
    task = NewTask(
        task_name="NEW_SMS",
        type=TaskType.SIMPLE,
        channel=OmniChannel.SMS,
        address_book_source=AddressBookSource(contact_group_ids=["111"], period=Period.ONCE),
        triggers=[trigger],
    )
    request = create_task_request(task)

    assert (request.method, request.target) == ("POST", "/omni-task-api/tasks")
    assert request.operation is Operation.SEND
    assert body_of(request) == TASK


def test_a10_every_field_of_an_address_book_source_is_written() -> None:
    source = AddressBookSource(
        segment_ids=["1", 2],
        stop_contact_group_ids=["3"],
        by_time_zone=True,
        by_optimal_send_time=False,
        check_duplicate=True,
        period=Period.WEEKLY,
        smooth_send=timedelta(minutes=1440),
        contact_count_id="4",
    )
    trigger = Trigger(
        index=0,
        type=TriggerType.ADDRESS_BOOK_SOURCE,
        template=SmsTemplate(sender="TEST", text="We have new shop!"),
    )
    task = NewTask(
        task_name="NEW_SMS",
        type=TaskType.PERIODIC,
        channel=OmniChannel.SMS,
        address_book_source=source,
        triggers=[trigger],
    )

    assert body_of(create_task_request(task))["addressBookSource"] == {
        "addressBookSourceType": "SIMPLE",
        "segmentIds": [1, 2],
        "stopContactGroupIds": [3],
        "byTimeZone": True,
        "byOptimalSendTime": False,
        "checkDuplicate": True,
        "period": "WEEKLY",
        "smoothSendMinutes": 1440,
        "contactCountId": 4,
    }


def test_a10_the_fields_of_the_later_page_are_written() -> None:
    events = [{"eventType": "CONTACT_WEB_EVENT"}]
    settings = EventCollectorSettings(
        max_new_register=timedelta(seconds=60), only_update_event_sources=events
    )
    places = GeoSettings(
        anti_fraud=timedelta(minutes=5), location_ids=["1"], push_application_ids=[2]
    )
    trigger = Trigger(
        index=0,
        type=TriggerType.EVENT_COLLECTOR,
        template=SmsTemplate(sender="TEST", text="Hello"),
        event_collector_settings=settings,
        geo_settings=places,
    )
    task = NewTask(
        task_name="Flow",
        type=TaskType.EVENT_FLOW,
        channel=OmniChannel.SMS,
        triggers=[trigger],
        draft_id="3",
        task_info=TaskInfo(scenario_type="WELCOME"),
    )
    document = body_of(create_task_request(task))
    [written] = document["triggers"]

    assert (document["draftId"], document["taskInfo"]) == (3, {"scenarioType": "WELCOME"})
    assert written["eventCollectorSettings"] == {
        "maxNewRegisterSec": 60,
        "onlyUpdateEventSources": [{"eventType": "CONTACT_WEB_EVENT"}],
    }
    assert written["geoSettings"] == {
        "antiFraudMins": 5,
        "locationIds": [1],
        "pushApplicationIds": [2],
    }


def test_a10_t4_the_id_of_a_task_is_read() -> None:
    assert read_created_task(answer({"result": {"code": "OK", "result": "7003"}})) == "7003"


def wallet_payload() -> PushWalletPayload:
    return PushWalletPayload(
        title="New shop",
        message="We have new shop",
        deeplink=PushWalletDeeplink(target=PushWalletTarget.CAMPAIGN, campaign_id="q123456"),
    )


WALLET_PAYLOAD = {
    "title": "New shop",
    "message": "We have new shop",
    "deeplink": {"target": "campaign", "campaignId": "q123456"},
}
TEMPLATES: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "smsTemplate": (
        SmsTemplate(sender="TEST", text="Hello", validity=timedelta(seconds=600), shorten_url=True),
        {"from": "TEST", "text": "Hello", "validity": 600, "shortenUrl": True},
    ),
    "viberTemplate": (
        ViberTemplate(
            sender="TEST",
            text="Hello",
            action="https://example.com",
            caption="Open",
            image="https://example.com/a.png",
            validity=timedelta(seconds=600),
        ),
        {
            "from": "TEST",
            "text": "Hello",
            "action": "https://example.com",
            "caption": "Open",
            "image": "https://example.com/a.png",
            "validity": 600,
        },
    ),
    "emailTemplate": (
        EmailTemplate(
            source_address="testadr@newshop.com",
            source_name="DEVINOTELE",
            subject="New shop",
            html_body="We have new shop!${Unsubscribe}",
            plain_text="We have new shop!${Unsubscribe}",
            attachment_ids=[5, "efc1c054-9d65-4c21-b01f-cb0986c2dccb"],
        ),
        {
            "sourceAddress": "testadr@newshop.com",
            "sourceName": "DEVINOTELE",
            "subject": "New shop",
            "htmlBody": "We have new shop!${Unsubscribe}",
            "plainText": "We have new shop!${Unsubscribe}",
            "attachmentIds": [5, "efc1c054-9d65-4c21-b01f-cb0986c2dccb"],
        },
    ),
    "pushTemplate": (
        PushTemplate(
            sender="3410",
            title="New shop",
            text="Hello",
            badge=1,
            silent_push=False,
            options={"additionalProp1": "string"},
            android={},
            apns={},
            validity=timedelta(seconds=600),
        ),
        {
            "from": 3410,
            "title": "New shop",
            "text": "Hello",
            "badge": 1,
            "silentPush": False,
            "options": {"additionalProp1": "string"},
            "android": {},
            "apns": {},
            "validity": 600,
        },
    ),
    "pushWalletTemplate": (
        PushWalletTemplate(
            sender="hello",
            to="79103398080",
            callback_url="https://example.com/cb",
            callback_data="order 1",
            scheduled_time=clock("2022-04-05 11:00:00"),
            merge_key="key",
            payload=wallet_payload(),
        ),
        {
            "from": "hello",
            "to": "79103398080",
            "callbackUrl": "https://example.com/cb",
            "callbackData": "order 1",
            "scheduledTime": "2022-04-05T11:00:00",
            "mergeKey": "key",
            "payload": WALLET_PAYLOAD,
        },
    ),
    "vkTemplate": (
        VkTemplate(
            template_id="16",
            template_data={"name": "James"},
            routes=[VkRoute.OK, VkRoute.VK],
            delivery_policy=VkTemplatePolicy.MOBILE_DEVICE_REQUIRED,
            validity=timedelta(seconds=15),
            callback_data="order 1",
            callback_url="https://example.com/cb",
        ),
        {
            "templateId": "16",
            "templateData": {"name": "James"},
            "routes": ["OK", "VK"],
            "deliveryPolicy": "MOBILE_DEVICE_REQUIRED",
            "validity": 15,
            "callbackData": "order 1",
            "callbackUrl": "https://example.com/cb",
        },
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a10_t24_t25_every_field_of_a_template_is_written(name: str) -> None:
    template, document = TEMPLATES[name]
    trigger = Trigger(index=0, type=TriggerType.TRAN_API_SOURCE, template=template)
    task = NewTask(task_name="All", type=TaskType.API, channel=OmniChannel.OMNI, triggers=[trigger])
    [written] = body_of(create_task_request(task))["triggers"]

    assert written["template"] == {name: document}


def test_a13_t12_t76_the_vendors_cascade_is_written_as_the_table_has_it() -> None:
    wallet = Trigger(
        index=0,
        type=TriggerType.TRAN_API_SOURCE,
        start_time=clock("2022-04-05 11:00:00"),
        end_time=clock("2022-04-05 12:00:00"),
        template=PushWalletTemplate(sender="hello", payload=wallet_payload()),
    )
    letter = Trigger(
        index=1,
        parent_index=0,
        type=TriggerType.NO_EVENT_SOURCE,
        no_event_source_settings=NoEventSourceSettings(state_wait_max_time=timedelta(minutes=1)),
        event_sources=[
            EventSource(
                channel=OmniChannel.PUSH_WALLET, event_value=EventValue.MSISDN_NOT_REGISTERED
            )
        ],
        template=EmailTemplate(
            html_body="<h1>We have new shop!</h1>${Unsubscribe}",
            source_address="testadr@newshop.com",
            source_name="DEVINOTELE",
            subject="New shop",
        ),
    )
    task = NewTask(
        task_name="PUSH -> EMAIL",
        type=TaskType.API,
        channel=OmniChannel.OMNI,
        triggers=[wallet, letter],
    )

    assert body_of(create_task_request(task)) == {
        "taskName": "PUSH -> EMAIL",
        "type": "API",
        "channel": "OMNI",
        "triggers": [
            {
                "index": 0,
                "startTime": "2022-04-05 11:00:00",
                "endTime": "2022-04-05 12:00:00",
                "type": "TRAN_API_SOURCE",
                "channel": "PUSH_WALLET",
                "template": {"pushWalletTemplate": {"from": "hello", "payload": WALLET_PAYLOAD}},
            },
            {
                "index": 1,
                "parentIndex": 0,
                "type": "NO_EVENT_SOURCE",
                "noEventSourceSettings": {"stateWaitMaxTimeSec": 60},
                "eventSources": [
                    {
                        "channel": "PUSH_WALLET",
                        "eventType": "STATE",
                        "eventValue": "MSISDN_NOT_REGISTERED",
                    }
                ],
                "channel": "EMAIL",
                "template": {
                    "emailTemplate": {
                        "htmlBody": "<h1>We have new shop!</h1>${Unsubscribe}",
                        "sourceAddress": "testadr@newshop.com",
                        "sourceName": "DEVINOTELE",
                        "subject": "New shop",
                    }
                },
            },
        ],
    }
