"""Shared messages over an OMNI scenario: their shapes, and what is sent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import asdict
from hypothesis import given

from devino_async.omni import (
    EmailTemplate,
    OmniTemplate,
    SmsTemplate,
    ViberTemplate,
    VkTemplate,
    send_request,
)
from devino_async.routes.email_letter import LETTER_MACRO, SCENARIO_MACRO, with_macros
from devino_async.routes.scenario import (
    NAME_PREFIX,
    ScenarioSettings,
    recipient_of,
    senders_of,
    shape_of,
    templates_of,
)
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
from tests.devino.scenario_wire import task_for, written_task, written_templates
from tests.devino.scenarios import (
    EMAIL,
    MINUTES,
    SETTINGS,
    SMS,
    VIBER,
    VK,
    message,
    messages,
    settings,
)


def name_of(*contents: Content, with_settings: ScenarioSettings = SETTINGS) -> str:
    return shape_of(message(*contents), with_settings).name.removeprefix(NAME_PREFIX)


def template_of(content: Content, with_settings: ScenarioSettings = SETTINGS) -> OmniTemplate:
    """What the last channel of a message sends."""
    return templates_of(message(content), with_settings)[content.channel]


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
