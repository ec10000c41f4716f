"""What a scenario itself holds, in which no message has a part."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from devino_async.omni import (
    EmailTemplate,
    EventSource,
    NoEventSourceSettings,
    ViberTemplate,
    VkTemplate,
)
from devino_async.routes.scenario import (
    NEUTRAL_TEXT,
    scenario_problems,
    shape_of,
)
from devino_async.sandbox import DevinoBehaviour
from devino_async.sandbox.omni_behaviour import MissingUnsubscribe, OmittedField, OmniBehaviour
from devino_async.sandbox.omni_task_rules import check_task
from devino_async.sandbox.omni_templates import overridden
from devino_async.sandbox.shapes import Terms
from omni_common.message import (
    Content,
    Email,
    Message,
    Sms,
    Viber,
    Vk,
)
from tests.devino.scenario_wire import NOW, task_for, written_task, written_templates
from tests.devino.scenarios import (
    EMAIL,
    MARK,
    MINUTES,
    SETTINGS,
    SMS,
    TO,
    VIBER,
    VK,
    message,
    messages,
    settings,
)

DAY = timedelta(days=1)


def terms(**switches: Any) -> Terms:
    omni = OmniBehaviour(missing_unsubscribe=MissingUnsubscribe.REFUSED, **switches)
    now = NOW.replace(tzinfo=UTC)
    return Terms(senders=None, now=now, behaviour=DevinoBehaviour(omni=omni))


def test_t12_t76_a_scenario_is_built_from_the_tables() -> None:
    sent = message(
        *(Viber("Sale!", ttl=MINUTES), Email("[Unsubscribe]", subject="S", ttl=DAY), SMS)
    )
    times = {"startTime": "2026-05-16 12:34:56", "endTime": "2027-05-17 12:34:56"}
    assert written_task(task_for(sent)) == {
        "taskName": "omni-async.viber-ftv-300.email-asp-86400.sms-ft",
        "type": "API",
        "channel": "OMNI",
        "triggers": [
            {
                "index": 0,
                "type": "TRAN_API_SOURCE",
                "channel": "VIBER",
                "template": {
                    "viberTemplate": {"from": "Shop", "text": NEUTRAL_TEXT, "validity": 300}
                },
                **times,
            },
            {
                "index": 1,
                "parentIndex": 0,
                "type": "NO_EVENT_SOURCE",
                "channel": "EMAIL",
                "eventSources": [
                    {"channel": "VIBER", "eventType": "STATE", "eventValue": "delivered"}
                ],
                "noEventSourceSettings": {"stateWaitMaxTimeSec": 300},
                "template": {
                    "emailTemplate": {
                        "sourceAddress": "post@shop.example",
                        "subject": NEUTRAL_TEXT,
                        "plainText": f"{NEUTRAL_TEXT}\n${{Unsubscribe}}",
                    }
                },
                **times,
            },
            {
                "index": 2,
                "parentIndex": 1,
                "type": "NO_EVENT_SOURCE",
                "channel": "SMS",
                "eventSources": [
                    {"channel": "EMAIL", "eventType": "STATE", "eventValue": "delivered"}
                ],
                "noEventSourceSettings": {"stateWaitMaxTimeSec": 86_400},
                "template": {"smsTemplate": {"from": "Shop", "text": NEUTRAL_TEXT}},
                **times,
            },
        ],
    }


def test_what_a_scenario_says_is_a_setting() -> None:
    sent = message(
        Viber(
            "Sale!",
            image_url="https://a.example/",
            button_text="Go",
            button_url="https://a.example/",
            ttl=MINUTES,
        ),
        Email(html="[Unsubscribe]", subject="S", sender_name="N"),
        Vk(template_id="1", template_data={"name": "Ann"}, ttl=MINUTES),
    )
    chosen = settings(text="<Us>", url="https://us.example/", vk_template="neutral")
    viber, letter, vk = (trigger.template for trigger in task_for(sent, chosen).triggers)
    assert viber == ViberTemplate(
        sender="Shop",
        text="<Us>",
        image="https://us.example/",
        caption="<Us>",
        action="https://us.example/",
        validity=MINUTES,
    )
    assert isinstance(letter, EmailTemplate)
    assert (letter.source_name, letter.subject, letter.plain_text) == ("<Us>", "<Us>", None)
    assert letter.html_body is not None
    assert "&lt;Us&gt;" in letter.html_body
    assert isinstance(vk, VkTemplate)
    assert (vk.template_id, vk.template_data) == ("neutral", {"text": "<Us>"})


def test_t30_the_times_of_a_scenario_may_be_set() -> None:
    chosen = settings(
        start=datetime.fromisoformat("2026-01-01"), end=datetime.fromisoformat("2030-01-01")
    )
    for trigger in written_task(task_for(message(VIBER, SMS), chosen))["triggers"]:
        assert trigger["startTime"] == "2026-01-01 00:00:00"
        assert trigger["endTime"] == "2030-01-01 00:00:00"


def test_a_scenario_that_begins_in_two_years_ends_after_that() -> None:
    chosen = settings(start=datetime.fromisoformat("2028-05-17"))
    [trigger] = task_for(message(VK), chosen).triggers
    assert trigger.end_time == datetime.fromisoformat("2028-05-17") + 365 * DAY


@given(messages())
def test_every_step_waits_for_the_one_before_and_has_one_child(sent: Message) -> None:
    root, *children = task_for(sent).triggers
    steps = shape_of(sent, SETTINGS).steps
    assert (root.type, root.parent_index, root.event_sources) == ("TRAN_API_SOURCE", None, ())
    assert root.no_event_source_settings is None
    assert [each.parent_index for each in children] == list(range(len(children)))
    for child, parent in zip(children, steps, strict=False):
        assert parent.wait is not None
        assert child.type == "NO_EVENT_SOURCE"
        word = parent.channel.value.upper()
        assert child.event_sources == (EventSource(channel=word, event_value="delivered"),)
        expected = NoEventSourceSettings(state_wait_max_time=parent.wait)
        assert child.no_event_source_settings == expected


@given(messages())
def test_a_scenario_has_the_fields_of_every_send_and_no_word_of_any(sent: Message) -> None:
    scenario = written_task(task_for(sent))
    assert MARK not in json.dumps(scenario, ensure_ascii=False)
    held = [trigger["template"] for trigger in scenario["triggers"]]
    for ours, theirs in zip(held, written_templates(sent), strict=True):
        [(kind, fields)] = ours.items()
        assert fields.keys() == theirs[kind].keys()
        assert all(value not in (None, "", {}, []) for value in fields.values())


@given(messages())
def test_no_field_of_a_send_is_taken_from_the_scenario(sent: Message) -> None:
    held = [trigger["template"] for trigger in written_task(task_for(sent))["triggers"]]
    words = [channel.value.upper() for channel in sent.channels]
    for omitted in OmittedField:
        decides = terms(omitted_field=omitted, viber_combinations=False)
        for word, ours, theirs in zip(words, held, written_templates(sent), strict=True):
            assert overridden(ours, theirs, "templates.1", word, decides) == theirs


@given(messages())
def test_devino_takes_the_scenario_of_every_message_without_problems(sent: Message) -> None:
    assert list(scenario_problems(sent, SETTINGS)) == []
    body = written_task(task_for(sent))
    check_task(body, terms(), group_ids=())


@pytest.mark.parametrize(
    "contents",
    [
        (Viber("Hi", ttl=MINUTES), SMS),
        (Viber("Hi", button_text="Go", button_url="https://a.example", ttl=MINUTES), EMAIL),
        (
            SMS,
            Viber(
                "Hi",
                image_url="https://a.example",
                button_text="Go",
                button_url="https://a.example",
            ),
        ),
    ],
)
def test_devino_takes_it_where_only_the_documented_combinations_are(
    contents: tuple[Content, ...],
) -> None:
    check_task(written_task(task_for(message(*contents))), terms(), group_ids=())


def test_the_longest_waits_can_still_be_said() -> None:
    longest = timedelta(seconds=2**31 - 1)
    sent = message(Email("[Unsubscribe]", subject="S", ttl=longest), SMS)
    check_task(written_task(task_for(sent)), terms(), group_ids=())


def test_a_scenario_is_the_same_whoever_the_first_message_was_for() -> None:
    first = message(Viber("One", sender="Fish", ttl=MINUTES), Sms("1"), reference="a")
    second = message(Viber("Two", ttl=MINUTES), Sms("2", sender="Bird"), to=TO, reference="b")
    assert written_task(task_for(first)) == written_task(task_for(second))
