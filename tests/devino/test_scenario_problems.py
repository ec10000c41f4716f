"""What keeps a message from going by a scenario, told before anything is asked of Devino."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from devino_async.routes.scenario import (
    NAME_PREFIX,
    ScenarioSettings,
    scenario_problems,
    shape_of,
    templates_of,
)
from omni_common.errors import (
    InvalidMessageError,
    NotSentError,
    UnsupportedMessageError,
)
from omni_common.message import (
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
    VIBER,
    VK,
    message,
    settings,
)

DAY = timedelta(days=1)
VIDEO = ViberVideo("https://a.example/v.mp4", "https://a.example/t.png", 1, MINUTES)


def problems(*contents: Content, said: ScenarioSettings = SETTINGS, **more: Any) -> list[Any]:
    sent = message(*contents, reference="r-1", **more)
    found = list(scenario_problems(sent, said))
    for problem in found:
        assert isinstance(problem, NotSentError)
        assert (problem.provider, problem.reference) == ("devino", "r-1")
        assert MARK not in problem.text
        assert (problem.field or "?") not in {"caption", "action", "validity", "html_body"}
    return found


def problem(*contents: Content, said: ScenarioSettings = SETTINGS, **more: Any) -> Any:
    [found] = problems(*contents, said=said, **more)
    return found


def with_task(*contents: Content, **fields: Any) -> ScenarioSettings:
    """Settings that name a task of the user's for the shape of such messages."""
    name = shape_of(message(*contents), SETTINGS).name
    return settings(task_ids={name: "7004"}, **fields)


@pytest.mark.parametrize(
    "contents",
    [(VIBER,), (VK,), (VIBER, SMS), (EMAIL, VIBER, SMS, VK), (SMS, EMAIL), (Viber("Hi"), VK)],
)
def test_nothing_is_said_against_what_devino_can_say(contents: tuple[Content, ...]) -> None:
    assert problems(*contents, metadata={"order": "1"}, extra={"devino": {"x": 1}}) == []


# --- Durations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [Viber("Hi"), SMS, EMAIL])
def test_a_channel_that_others_follow_needs_a_ttl(content: Content) -> None:
    found = problem(content, VK, said=settings(cascade_ttl=None))
    assert (type(found), found.field) == (InvalidMessageError, "ttl")
    assert f"{type(content).__name__}(..., ttl=...)" in found.text
    assert "cascade_ttl" in found.text


@pytest.mark.parametrize("ttl", [None, MINUTES, 2 * DAY])
def test_vk_that_others_follow_is_the_capabilities_to_refuse(ttl: timedelta | None) -> None:
    assert problems(VK, SMS, said=settings(cascade_ttl=ttl)) == []


def test_the_last_channel_needs_none() -> None:
    assert problems(VIBER, SMS, said=settings(cascade_ttl=None)) == []
    assert problems(VK, said=settings(cascade_ttl=None)) == []


def test_a_last_letter_cannot_have_one() -> None:
    letter = Email("[Unsubscribe]", subject="S", ttl=MINUTES)
    found = problem(SMS, letter)
    assert (type(found), found.field) == (UnsupportedMessageError, "ttl")
    assert "leave ttl out" in found.text
    assert problems(letter, SMS) == []


@pytest.mark.parametrize("ttl", [timedelta(seconds=14), 15 * DAY])
def test_a_ttl_that_was_set_must_suit_the_channel(ttl: timedelta) -> None:
    found = problem(Viber("Hi"), SMS, said=settings(cascade_ttl=ttl))
    assert (type(found), found.field) == (InvalidMessageError, "ttl")
    assert "cascade_ttl" in found.text
    assert problems(VIBER, SMS, said=settings(cascade_ttl=ttl)) == []
    assert problems(EMAIL, SMS, said=settings(cascade_ttl=ttl)) == []


@pytest.mark.parametrize(
    "content", [Sms("Hi", ttl=4 * DAY), Vk(template_id="1", ttl=2 * DAY), Sms("x" * 34_171)]
)
def test_limits_that_are_capabilities_are_not_told_twice_and_still_hold(content: Content) -> None:
    assert problems(content) == []
    with pytest.raises(InvalidMessageError) as caught:
        templates_of(message(content), SETTINGS)
    assert caught.value.field == ("ttl" if content.ttl else "text")


# --- Senders and what a scenario is made with -----------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "setting"),
    [
        ((Viber("Hi", sender=MARK),), "sender"),
        ((Viber("Hi"),), "sender"),
        ((EMAIL, Sms("Hi", sender=MARK)), "sender"),
        ((SMS, Email("[Unsubscribe]", subject="S", sender="a@b.example")), "email_sender"),
    ],
)
def test_a_scenario_is_made_with_a_sender_that_is_set_never_with_a_messages(
    contents: tuple[Content, ...], setting: str
) -> None:
    found = problem(*contents, said=settings(**{setting: None}))
    assert (type(found), found.field) == (InvalidMessageError, "sender")
    assert f"setting {setting} (in a URL: ?{setting}=...):" in found.text
    assert "scenarios" in found.text
    assert problems(*contents, said=settings(**{setting: ""}))


def test_for_a_task_of_the_users_a_messages_sender_suffices() -> None:
    contents = (Viber("Hi", sender="Shop", ttl=MINUTES), Sms("Hi", sender="Shop"))
    assert problems(*contents, said=with_task(*contents, sender=None)) == []


def test_without_any_sender_both_ways_to_name_one_are_told() -> None:
    said = with_task(VIBER, Sms("Hi", sender="Shop"), EMAIL, sender=None, email_sender=None)
    found = problems(VIBER, Sms("Hi", sender="Shop", ttl=timedelta(minutes=10)), EMAIL, said=said)
    assert [each.field for each in found] == ["sender", "sender"]
    assert "Viber(..., sender=...), or the setting sender" in found[0].text
    assert "Sms" not in found[0].text
    assert "Email(..., sender=...), or the setting email_sender" in found[1].text


def test_a_vk_template_of_nobody_is_needed_to_make_a_scenario() -> None:
    found = problem(SMS, VK, said=settings(vk_template=None))
    assert (type(found), found.field) == (InvalidMessageError, "template_id")
    assert "scenario_vk_template" in found.text
    assert "scenarios" in found.text
    assert problems(SMS, VK, said=with_task(SMS, VK, vk_template=None)) == []


def test_what_making_the_scenario_needs_is_told_before_its_shape_is_known() -> None:
    said = settings(cascade_ttl=None, sender=None, vk_template=None)
    found = problems(Viber("Hi", sender="Shop"), VK, said=said)
    assert [each.field for each in found] == ["ttl", "sender", "template_id"]
    assert "?sender=" in found[1].text


def test_where_tasks_are_named_the_shape_decides_what_is_missing() -> None:
    said = evolve(settings(cascade_ttl=None, sender=None), task_ids={f"{NAME_PREFIX}sms-ft": "1"})
    found = problems(Viber("Hi", sender="Shop"), SMS, said=said)
    assert [each.field for each in found] == ["ttl", "sender"]
    assert "Sms(..., sender=...)" in found[1].text


@pytest.mark.parametrize("sender", [MARK, f"{MARK}\n", f"{MARK}@a.example, b@a.example"])
def test_a_letters_sender_is_one_address(sender: str) -> None:
    found = problem(SMS, Email("[Unsubscribe]", subject="S", sender=sender))
    assert (type(found), found.field) == (InvalidMessageError, "sender")


# --- What OMNI has no words for -------------------------------------------------------------------


def test_a_video_is_refused_and_what_works_is_told() -> None:
    found = problem(Viber("Hi", video=VIDEO))
    assert (type(found), found.field) == (UnsupportedMessageError, "video")
    assert "image_url" in found.text


def test_a_free_text_over_vk_is_refused_and_what_works_is_told() -> None:
    found = problem(Vk(MARK))
    assert (type(found), found.field) == (UnsupportedMessageError, "text")
    assert "template_id" in found.text


def test_a_sender_over_vk_is_refused() -> None:
    found = problem(Vk(template_id="1", sender=MARK))
    assert (type(found), found.field) == (UnsupportedMessageError, "sender")


def test_whatsapp_is_the_capabilities_to_refuse() -> None:
    assert problems(WhatsApp("Hi"), SMS) == []


BUTTON: Any = {"button_text": "Go", "button_url": "https://a.example"}
IMAGE: Any = {"image_url": "https://a.example/a.png"}


@pytest.mark.parametrize("text", [None, "Hi"])
def test_a_viber_image_without_a_button_is_refused_and_what_to_add_is_told(
    text: str | None,
) -> None:
    for contents in ((Viber(text, **IMAGE),), (Viber(text, **IMAGE, ttl=MINUTES), SMS)):
        found = problem(*contents)
        assert (type(found), found.field) == (InvalidMessageError, "image_url")
        assert "button_text and button_url" in found.text


@pytest.mark.parametrize(
    "content",
    [Viber("Hi"), Viber("Hi", **BUTTON), Viber("Hi", **IMAGE, **BUTTON), Viber(**IMAGE, **BUTTON)],
)
def test_the_four_documented_combinations_of_viber_are_taken(content: Viber) -> None:
    assert problems(content) == []


def test_half_a_button_beside_an_image_is_told_once() -> None:
    assert problem(Viber(**IMAGE, button_text="Go")).field == "button_url"
    assert problem(Viber(**IMAGE, button_url="https://a.example")).field == "button_text"


# --- What would not arrive as written -------------------------------------------------------------


@pytest.mark.parametrize("macro", ["${Name}", "${}", "${unsubscribe}", "${\n}", "${{x}"])
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("text", Sms),
        ("text", Viber),
        ("button_text", lambda text: Viber("Hi", button_text=text, button_url="https://a.example")),
        ("text", lambda text: Email(f"[Unsubscribe] {text}", subject="S")),
        ("html", lambda text: Email(html=f"[Unsubscribe] {text}", subject="S")),
    ],
)
def test_a_macro_in_a_text_is_refused(
    macro: str, field: str, make: Callable[[str], Content]
) -> None:
    found = problem(make(f"Canary {macro}"))
    assert (type(found), found.field) == (InvalidMessageError, field)
    assert found.text.startswith(f"{field} for ")
    assert "macro" in found.text


@pytest.mark.parametrize("macro", ["${Name}", "${Unsubscribe}", "${WebVersion}", "[Unsubscribe]"])
def test_only_the_body_of_a_letter_may_hold_its_macros(macro: str) -> None:
    is_taken = macro.startswith("[")
    for content in (
        Sms(macro),
        Viber(macro),
        Email("[Unsubscribe]", subject=macro),
        Email("[Unsubscribe]", subject="S", sender_name=macro),
    ):
        assert len(problems(content)) == (not is_taken)


@pytest.mark.parametrize(
    "body", ["${Unsubscribe}", "[Unsubscribe] ${WebVersion}", "{{Unsubscribe}} [WebVersion]"]
)
def test_a_letter_may_hold_its_two_macros_however_they_are_spelt(body: str) -> None:
    assert problems(Email(body, subject="S")) == []
    assert problems(Email(html=body, subject="S")) == []


@pytest.mark.parametrize("text", ["$5", "{x}", "$ {x}", "${", "$x", "100 $ {}"])
def test_what_is_no_macro_may_stand_anywhere(text: str) -> None:
    assert problems(Viber(text), Sms(text), Email(f"[Unsubscribe] {text}", subject=text)) == []


def test_values_for_a_vk_template_are_no_texts_of_a_scenario() -> None:
    assert problems(Vk(template_id="1", template_data={"name": "${Name}"})) == []


# --- What its template refuses, in the message's own words ----------------------------------------


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        (Viber(MARK, button_text=MARK), "button_url", "button_url is missing: a button needs"),
        (Viber(MARK, button_url=MARK), "button_text", "needs button_url and button_text"),
        (Viber(MARK, button_text=MARK * 6, button_url=MARK), "button_text", "30 characters"),
        (Email(MARK, subject="S"), "text", "text must hold ${Unsubscribe}"),
        (Email(html=MARK, subject="S"), "html", "html must hold ${Unsubscribe}"),
        (Email(html=f"{MARK}[unsubscribe]", subject="S"), "html", "not how OMNI spells it"),
        (Email("[Unsubscribe]", subject=f"{MARK}\n"), "subject", "on one line"),
        (
            Email("[Unsubscribe]", subject="S", sender_name=f"{MARK}\n"),
            "sender_name",
            "sender_name must be on one line",
        ),
        (Sms(f"{MARK}ж" * 2500), "text", "text"),
    ],
)
def test_what_a_template_refuses_is_told_in_the_messages_words(
    content: Content, field: str, words: str
) -> None:
    found = problem(content)
    assert (type(found), found.field) == (InvalidMessageError, field)
    assert words in found.text
    for theirs in ("caption", "action", "html_body", "plain_text", "source_"):
        assert theirs not in found.text


def test_a_refused_template_leaves_no_trace_of_the_vendors_words() -> None:
    found = problem(Email(MARK, subject="S"))
    assert found.__cause__ is None
    assert found.__context__ is None


def test_a_missing_sender_hides_nothing_else() -> None:
    sent = message(Viber(MARK, button_text="Go"), EMAIL)
    said = settings(sender=None, email_sender=None)
    found = [each.field for each in scenario_problems(sent, said)]
    assert found == ["button_url", "sender", "sender"]


def test_everything_is_told_at_once() -> None:
    found = problems(
        Viber("Hi", button_text="Go"),
        Email(MARK, subject="S"),
        Vk(template_id="1", sender="Shop"),
        said=settings(cascade_ttl=None),
        metadata={"omni_x": "1"},
        extra={"devino": {"contact": {}}},
    )
    assert [each.field for each in found] == [
        *("ttl", "button_url", "ttl", "text", "sender", "metadata", "extra"),
    ]


# --- Metadata and extra ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["omni_reference", "omni_channels", "omni_", f"omni_{MARK}"])
def test_metadata_may_not_have_our_names(name: str) -> None:
    found = problem(VIBER, SMS, metadata={"a": "b", name: MARK})
    assert (type(found), found.field) == (InvalidMessageError, "metadata")
    assert "omni_" in found.text


@pytest.mark.parametrize("name", ["contact", "callbackUrl", "callbackData", "CALLBACKDATA"])
def test_extra_may_not_touch_the_recipient_and_the_callbacks(name: str) -> None:
    found = problem(VIBER, extra={"devino": {name: MARK}})
    assert (type(found), found.field) == (InvalidMessageError, "extra")


def test_extra_of_another_vendor_is_not_looked_at() -> None:
    assert problems(VIBER, extra={"messente": {"contact": 1}}) == []


def test_extra_that_json_cannot_hold_is_refused() -> None:
    assert problem(VIBER, extra={"devino": {"x": object()}}).field == "extra"


@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_a_ttl_of_broken_seconds_is_no_message_at_all(seconds: float) -> None:
    with pytest.raises(InvalidMessageError, match="whole seconds"):
        Message("+79001234567", [Viber("Hi", ttl=timedelta(seconds=seconds)), SMS])
