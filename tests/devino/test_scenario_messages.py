"""Shared messages over an OMNI scenario: what is sent, and what the scenario itself holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import asdict
from hypothesis import given

from devino_async.omni import (
    EmailTemplate,
    EventSource,
    NewTask,
    NoEventSourceSettings,
    OmniTemplate,
    SmsTemplate,
    ViberTemplate,
    VkTemplate,
    create_task_request,
    send_request,
)
from devino_async.routes.email_letter import LETTER_MACRO, SCENARIO_MACRO, with_macros
from devino_async.routes.scenario import (
    NAME_PREFIX,
    NEUTRAL_TEXT,
    ScenarioSettings,
    new_task,
    recipient_of,
    scenario_problems,
    senders_of,
    shape_of,
    templates_of,
)
from devino_async.sandbox import DevinoBehaviour
from devino_async.sandbox.omni_behaviour import MissingUnsubscribe, OmittedField, OmniBehaviour
from devino_async.sandbox.omni_task_rules import check_task
from devino_async.sandbox.omni_templates import overridden
from devino_async.sandbox.shapes import Terms
from omni_common.errors import (
    InvalidMessageError,
    NotSentError,
    UnsupportedMessageError,
)
from omni_common.message import (
    Channel,
    Content,
    Email,
    Message,
    Sms,
    Viber,
    ViberVideo,
    Vk,
    WhatsApp,
)
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

NOW = datetime.fromisoformat("2026-05-17 12:34:56.789")
DAY = timedelta(days=1)


def name_of(*contents: Content, with_settings: ScenarioSettings = SETTINGS) -> str:
    return shape_of(message(*contents), with_settings).name.removeprefix(NAME_PREFIX)


def template_of(content: Content, with_settings: ScenarioSettings = SETTINGS) -> OmniTemplate:
    """What the last channel of a message sends."""
    return templates_of(message(content), with_settings)[content.channel]


def task_for(sent: Message, with_settings: ScenarioSettings = SETTINGS) -> NewTask:
    return new_task(shape_of(sent, with_settings), with_settings, NOW)


def written_task(task: NewTask) -> Any:
    body = create_task_request(task).body
    assert body is not None
    return json.loads(body)


def written_templates(sent: Message) -> list[dict[str, Any]]:
    """The templates of a send, as they stand on the wire, in the order to try."""
    templates = templates_of(sent, SETTINGS)
    by_trigger = {str(number): each for number, each in enumerate(templates.values())}
    contacts = [recipient_of(sent, {})]
    body = send_request("7004", contacts=contacts, templates=by_trigger).body
    assert body is not None
    return list(json.loads(body)["templates"].values())


def terms(**switches: Any) -> Terms:
    omni = OmniBehaviour(missing_unsubscribe=MissingUnsubscribe.REFUSED, **switches)
    now = NOW.replace(tzinfo=UTC)
    return Terms(senders=None, now=now, behaviour=DevinoBehaviour(omni=omni))


# --- The shape ------------------------------------------------------------------------------------


def test_a_shape_is_the_channels_their_fields_and_the_waits() -> None:
    assert name_of(VIBER, SMS) == "viber-ftv-300.sms-ft"
    assert name_of(EMAIL, Viber("Hi")) == "email-asp-600.viber-ft"
    assert name_of(SMS, VK) == "sms-ftv-600.vk-ir"
    assert name_of(VK) == "vk-ir"


@pytest.mark.parametrize(
    ("content", "letters"),
    [
        (Viber(image_url="https://a.example/i.png"), "viber-fi"),
        (Viber("Hi", button_text="Go", button_url="viber://x"), "viber-ftac"),
        (Email(html="[Unsubscribe]", subject="S"), "email-ash"),
        (Email("[Unsubscribe]", subject="S", sender_name="Shop"), "email-ansp"),
        (Vk(template_id="1", template_data={"name": "Ann"}), "vk-idr"),
        (Vk(template_id="1", template_data={}), "vk-ir"),
        (Vk(template_id="1", ttl=MINUTES), "vk-irv"),
    ],
)
def test_every_field_that_is_filled_in_makes_another_shape(content: Content, letters: str) -> None:
    assert name_of(content) == letters


def test_senders_and_texts_are_no_part_of_a_shape() -> None:
    one = name_of(Viber("Sale!", sender="Shop", ttl=MINUTES), Sms("Sale!", sender="Shop"))
    other = name_of(Viber("Bye", ttl=MINUTES), Sms("Other"), with_settings=settings(sender="Fish"))
    assert one == other


def test_how_long_the_last_channel_is_tried_does_not_change_the_name() -> None:
    names = {name_of(VIBER, Sms("Hi", ttl=timedelta(seconds=ttl))) for ttl in (1, 60, 259_200)}
    assert names == {"viber-ftv-300.sms-ftv"}
    assert name_of(VIBER, SMS) not in names


def test_how_long_any_other_channel_is_tried_changes_it() -> None:
    names = {name_of(Viber("Hi", ttl=timedelta(seconds=ttl)), SMS) for ttl in (15, 60, 61)}
    assert len(names) == 3


def test_a_ttl_named_and_the_same_one_set_make_one_shape() -> None:
    assert name_of(Viber("Hi"), SMS) == name_of(Viber("Hi", ttl=timedelta(minutes=10)), SMS)


def test_cascade_ttl_says_nothing_of_the_last_channel() -> None:
    assert template_of(SMS) == SmsTemplate(sender="Shop", text="Sale!")


def test_the_metadata_and_the_recipient_are_no_part_of_a_shape() -> None:
    shapes = {
        shape_of(message(VIBER, SMS, to="+79001111111", metadata={"a": "b"}), SETTINGS),
        shape_of(message(VIBER, SMS, callback_url="https://a.example/"), SETTINGS),
    }
    assert len(shapes) == 1


@pytest.mark.parametrize(
    ("contents", "kind", "field"),
    [
        ((Viber("Hi"), SMS), InvalidMessageError, "ttl"),
        ((EMAIL, SMS), InvalidMessageError, "ttl"),
        ((WhatsApp("Hi"),), UnsupportedMessageError, "content"),
        ((Vk("Hi"),), UnsupportedMessageError, "text"),
        (
            (
                Viber(
                    "Hi",
                    video=ViberVideo("https://a.example/v", "https://a.example/t", 1, MINUTES),
                ),
            ),
            UnsupportedMessageError,
            "video",
        ),
    ],
)
def test_without_a_shape_neither_name_nor_templates_are_guessed(
    contents: tuple[Content, ...], kind: type[NotSentError], field: str
) -> None:
    for ask in (shape_of, templates_of):
        with pytest.raises(kind) as caught:
            ask(message(*contents, reference="r-1"), settings(cascade_ttl=None))
        assert (caught.value.field, caught.value.reference) == (field, "r-1")


# --- What is sent ---------------------------------------------------------------------------------


def test_every_content_says_its_own_words() -> None:
    sent = message(
        Viber(
            "Sale!",
            image_url="https://a.example/i.png",
            button_text="Open",
            button_url="https://a.example/",
            ttl=MINUTES,
        ),
        Email(html="<p>Sale!</p>${Unsubscribe}", subject="News", sender_name="The shop"),
        Vk(template_id="16", template_data={"name": "Ann"}, ttl=timedelta(hours=1)),
    )
    templates = templates_of(sent, SETTINGS)
    assert list(templates) == [Channel.VIBER, Channel.EMAIL, Channel.VK]
    assert templates == {
        Channel.VIBER: ViberTemplate(
            sender="Shop",
            text="Sale!",
            image="https://a.example/i.png",
            caption="Open",
            action="https://a.example/",
            validity=MINUTES,
        ),
        Channel.EMAIL: EmailTemplate(
            source_address="post@shop.example",
            source_name="The shop",
            subject="News",
            html_body="<p>Sale!</p>${Unsubscribe}",
        ),
        Channel.VK: VkTemplate(
            template_id="16",
            template_data={"name": "Ann"},
            routes=("VK",),
            validity=timedelta(hours=1),
        ),
    }


def test_a_ttl_before_the_last_fills_the_validity_too() -> None:
    templates = templates_of(message(Viber("Hi"), Sms("Hi", ttl=MINUTES), EMAIL), SETTINGS)
    viber, sms = templates[Channel.VIBER], templates[Channel.SMS]
    assert isinstance(viber, ViberTemplate)
    assert isinstance(sms, SmsTemplate)
    assert (viber.validity, sms.validity) == (timedelta(minutes=10), MINUTES)


def test_a_letter_that_is_waited_for_has_no_validity() -> None:
    sent = message(Email("[Unsubscribe]", subject="S", ttl=MINUTES), SMS)
    letter, _ = written_templates(sent)
    assert set(letter["emailTemplate"]) == {"sourceAddress", "subject", "plainText"}
    wait = written_task(task_for(sent))["triggers"][1]["noEventSourceSettings"]
    assert wait == {"stateWaitMaxTimeSec": 300}


@pytest.mark.parametrize("macro", ["Unsubscribe", "WebVersion"])
@pytest.mark.parametrize("spelling", ["[{}]", "${{{}}}", "{{{{{}}}}}"])
@pytest.mark.parametrize("name", ["text", "html"])
def test_t55_a_macro_is_written_as_omni_spells_it(name: str, spelling: str, macro: str) -> None:
    body = f"{spelling.format(macro)} a [Name] ${{Unsubscribe}}"
    content: Any = {name: body}
    letter = template_of(Email(**content, subject="[Unsubscribe]"))
    assert isinstance(letter, EmailTemplate)
    assert (letter.plain_text or letter.html_body) == f"${{{macro}}} a [Name] ${{Unsubscribe}}"
    assert letter.subject == "[Unsubscribe]"


@pytest.mark.parametrize("spelling", [LETTER_MACRO, SCENARIO_MACRO])
def test_t55_a_letter_is_spelt_once_and_for_all(spelling: str) -> None:
    body = "[Unsubscribe]{{Unsubscribe}}${WebVersion}{{{WebVersion}}}[[Unsubscribe]] {{Other}}"
    once = with_macros(body, spelling)
    assert with_macros(once, spelling) == once
    assert once.count(spelling.format("Unsubscribe")) == 3
    assert once.count(spelling.format("WebVersion")) == 2
    assert once.endswith(" {{Other}}")


def test_senders_are_the_messages_or_those_set_and_vk_has_none() -> None:
    sent = message(VIBER, Sms("Hi", sender="Fish"), EMAIL, VK)
    assert senders_of(sent, SETTINGS) == {
        Channel.VIBER: "Shop",
        Channel.SMS: "Fish",
        Channel.EMAIL: "post@shop.example",
        Channel.VK: None,
    }
    assert set(senders_of(sent, ScenarioSettings()).values()) == {None, "Fish"}


@given(messages())
def test_exactly_what_the_shape_says_is_filled_in_from_the_senders_told(sent: Message) -> None:
    templates, senders = templates_of(sent, SETTINGS), senders_of(sent, SETTINGS)
    assert tuple(templates) == sent.channels == tuple(senders)
    for step in shape_of(sent, SETTINGS).steps:
        filled = {name: word for name, word in asdict(templates[step.channel]).items() if word}
        assert filled.keys() == step.fields
        assert filled.get("sender", filled.get("source_address")) == senders[step.channel]


# --- To whom --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "phone", "email"),
    [
        ((VIBER, SMS), "+79001234567", None),
        ((VK,), "+79001234567", None),
        ((EMAIL,), None, "ann@mail.example"),
        ((EMAIL, SMS), "+79001234567", "ann@mail.example"),
    ],
)
def test_a_recipient_has_the_addresses_of_its_channels_and_no_other(
    contents: tuple[Content, ...], phone: str | None, email: str | None
) -> None:
    found = recipient_of(message(*contents), {})
    assert (found.phone, found.email) == (phone, email)


def test_t53_a_recipient_is_written_without_plus_with_callbacks_and_extra_last() -> None:
    sent = message(
        *(VIBER, SMS),
        callback_url="https://a.example/cb",
        extra={"devino": {"mergeKey": "k"}, "messente": {"x": 1}},
    )
    body = send_request("7004", contacts=[recipient_of(sent, {"omni_reference": "r"})]).body
    assert body is not None
    assert json.loads(body)["contacts"] == [
        {
            "contact": {"phone": "79001234567"},
            "callbackUrl": "https://a.example/cb",
            "callbackData": {"omni_reference": "r"},
            "mergeKey": "k",
        }
    ]


# --- The scenario ---------------------------------------------------------------------------------


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
