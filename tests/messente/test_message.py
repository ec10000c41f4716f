"""A shared message as Messente's omnimessage, and what is refused before anything is sent."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from messente_async import MessenteProvider
from messente_async.message import extra_of, omnimessage_of, shared_field
from messente_async.omnimessage import send_request, to_wire
from messente_async.viber import ACCEPTED_COMBINATIONS, LARGEST_VIDEO
from omni_common.errors import (
    ConfigurationError,
    InvalidMessageError,
    NotSentError,
    NotSupportedError,
    UnsupportedMessageError,
)
from omni_common.message import (
    Content,
    Email,
    Message,
    Priority,
    Recipient,
    Sms,
    Viber,
    ViberVideo,
    Vk,
    WhatsApp,
    WhatsAppTemplate,
)

TO = "+37251000000"
URL = "https://shop.example/a.png"
MINUTE = timedelta(minutes=1)
VIDEO = ViberVideo(URL, f"{URL}?thumbnail", file_size=5, duration=MINUTE)
VIBER_FIELDS: dict[str, Any] = {
    "text": "Sale",
    "image_url": URL,
    "button_text": "Open",
    "button_url": "viber://chat",
    "video": VIDEO,
}
VALUES = ("Anna", "42")
COMBINATIONS = [
    names
    for count in range(1, len(VIBER_FIELDS) + 1)
    for names in itertools.combinations(VIBER_FIELDS, count)
    if {"text", "image_url", "video"} & set(names)
]
POSSIBLE = [
    names for names in COMBINATIONS if set(names) in [set(each) for each in ACCEPTED_COMBINATIONS]
]


def wire(message: Message, sender: str | None = None) -> dict[str, Any]:
    return to_wire(omnimessage_of(message, sender))


def part(content: Content, sender: str | None = None) -> dict[str, Any]:
    (only,) = wire(Message(TO, content), sender)["messages"]
    assert isinstance(only, dict)
    return only


def check(message: Message) -> list[NotSentError]:
    return MessenteProvider("user", "password").check(message)


def only_problem(message: Message) -> NotSentError:
    (problem,) = check(message)
    assert (problem.provider, problem.reference) == ("messente", message.reference)
    assert len(problem.text.split()) > 3, "it says what would be accepted"
    return problem


# --- What is said ---------------------------------------------------------------------------------


def test_an_sms_is_its_text_and_its_channel() -> None:
    assert wire(Message(TO, Sms("Hi"))) == {
        "to": TO,
        "messages": [{"channel": "sms", "text": "Hi"}],
    }


def test_a_person_with_an_email_address_too_is_reached_by_phone() -> None:
    message = Message(Recipient(phone=TO, email="anna@example.com"), Sms("Hi"))

    assert wire(message)["to"] == TO
    assert check(message) == []


@pytest.mark.parametrize("names", POSSIBLE, ids="+".join)
def test_a_viber_message_is_written_in_every_combination_that_exists(
    names: tuple[str, ...],
) -> None:
    content = Viber(**{name: VIBER_FIELDS[name] for name in names})
    expected = {
        **VIBER_FIELDS,
        "video": {"url": URL, "thumbnail": f"{URL}?thumbnail", "file_size": 5, "duration": 60},
    }

    assert part(content) == {"channel": "viber"} | {name: expected[name] for name in names}
    assert check(Message(TO, content)) == []


@pytest.mark.parametrize(
    "names", [names for names in COMBINATIONS if names not in POSSIBLE], ids="+".join
)
def test_an_impossible_viber_combination_is_refused_and_the_possible_ones_are_named(
    names: tuple[str, ...],
) -> None:
    problem = only_problem(Message(TO, Viber(**{name: VIBER_FIELDS[name] for name in names})))

    assert isinstance(problem, InvalidMessageError)
    assert problem.field in names
    assert " + ".join(names) in problem.text
    assert "text + image_url + button_text + button_url; video; text + video" in problem.text


def test_whatsapp_is_a_text_or_a_template_with_values_for_its_body() -> None:
    assert part(WhatsApp("Hi")) == {"channel": "whatsapp", "text": {"body": "Hi"}}
    assert part(WhatsApp(template=WhatsAppTemplate("order", "en_US", VALUES))) == {
        "channel": "whatsapp",
        "template": {
            "name": "order",
            "language": {"code": "en_US"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "Anna"},
                        {"type": "text", "text": "42"},
                    ],
                }
            ],
        },
    }


def test_t49_a_template_without_values_still_names_its_components() -> None:
    template = part(WhatsApp(template=WhatsAppTemplate("order", "en")))["template"]

    assert template["components"] == []


@pytest.mark.parametrize(
    "contents", list(itertools.permutations([Viber("V"), Sms("S"), WhatsApp("W")]))
)
def test_channels_are_written_in_the_order_to_try(contents: tuple[Content, ...]) -> None:
    channels = [each["channel"] for each in wire(Message(TO, contents))["messages"]]

    assert channels == [content.channel.value for content in contents]


@given(seconds=st.integers(1, 10**7), sender=st.none() | st.just("Shop"))
def test_t38_t43_a_ttl_is_seconds_and_never_a_validity_and_every_part_names_its_channel(
    seconds: int, sender: str | None
) -> None:
    ttl = timedelta(seconds=seconds)
    contents: list[Content] = [Viber("V", ttl=ttl), Sms("S", ttl=ttl), WhatsApp("W", ttl=ttl)]

    for content, each in zip(
        contents, wire(Message(TO, contents), sender)["messages"], strict=True
    ):
        assert each["channel"] == content.channel
        assert (each["ttl"], each.get("sender")) == (seconds, sender)
        assert "validity" not in each


def test_a_sender_of_the_content_outranks_the_one_of_the_account() -> None:
    parts = wire(Message(TO, [Sms("S", sender="Own"), Viber("V")]), "Shop")["messages"]

    assert [each["sender"] for each in parts] == ["Own", "Shop"]
    assert "sender" not in part(Sms("Hi"))


@pytest.mark.parametrize(
    ("send_at", "written"),
    [
        (datetime(2030, 1, 1, 9, tzinfo=UTC), "2030-01-01T09:00:00+00:00"),
        (
            datetime(2030, 1, 1, 9, tzinfo=timezone(timedelta(hours=4))),
            "2030-01-01T05:00:00+00:00",
        ),
    ],
)
def test_t37_a_time_is_written_with_its_offset(send_at: datetime, written: str) -> None:
    assert wire(Message(TO, Sms("Hi"), send_at=send_at))["time_to_send"] == written


@pytest.mark.parametrize(
    ("priority", "word"),
    [
        (None, None),
        (Priority.LOW, "low"),
        (Priority.NORMAL, "regular"),
        (Priority.HIGH, "high"),
    ],
)
def test_t41_a_priority_is_messentes_word(priority: Priority | None, word: str | None) -> None:
    message = Message(TO, Sms("Hi"), priority=priority)

    assert wire(message).get("priority") == word
    assert check(message) == []


def test_a_callback_url_is_the_address_for_delivery_reports() -> None:
    message = Message(TO, Sms("Hi"), callback_url="https://shop.example/dlr")

    assert wire(message)["dlr_url"] == "https://shop.example/dlr"


# --- extra ----------------------------------------------------------------------------------------


def test_extra_is_merged_last_and_only_messentes_own() -> None:
    extra: dict[str, dict[str, Any]] = {
        "messente": {"text_store": "nostore", "priority": "low"},
        "devino": {"x": object()},
    }
    message = Message(TO, Sms("Hi"), priority=Priority.HIGH, extra=extra)

    assert check(message) == []
    body = send_request(omnimessage_of(message, None), extra_of(message)).body or b""
    assert json.loads(body) == {**wire(message), "text_store": "nostore", "priority": "low"}


@pytest.mark.parametrize("key", ["to", "messages", "time_to_send", "dlr_url"])
def test_extra_may_not_say_what_the_message_says(key: str) -> None:
    problem = only_problem(Message(TO, Sms("Hi"), extra={"messente": {key: "canary"}}))

    assert isinstance(problem, InvalidMessageError)
    assert problem.field == "extra"
    assert key in problem.text
    assert "canary" not in problem.text


def test_all_that_extra_may_not_say_is_named() -> None:
    extra = {"messente": {"to": TO, "dlr_url": URL, "priority": "low"}}
    problem = only_problem(Message(TO, Sms("Hi"), extra=extra))

    assert problem.text == "extra may not hold dlr_url, to: say it in the message itself"


@pytest.mark.parametrize(
    "value", [object(), b"canary", {1, 2}, float("nan"), "\ud83d", {b"canary": 1}]
)
def test_extra_that_has_no_json_is_refused_without_quoting_it(value: Any) -> None:
    problem = only_problem(Message(TO, Sms("Hi"), extra={"messente": {"new": value}}))

    assert isinstance(problem, InvalidMessageError)
    assert problem.field == "extra"
    assert "canary" not in problem.text


# --- What cannot be said --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "field", "advice"),
    [
        (
            Message(TO, Sms("Hi"), priority=Priority.REALTIME),
            "priority",
            "use one of",
        ),
        (Message(TO, Sms("Hi"), metadata={"order": "42"}), "metadata", "receipt's id"),
        (
            Message("anna@example.com", Email("Hi", subject="Hi")),
            "content",
            "it sends sms, viber, whatsapp",
        ),
        (Message(TO, Vk("Hi")), "content", "it sends sms, viber, whatsapp"),
    ],
    ids=["priority", "metadata", "email", "vk"],
)
def test_what_messente_cannot_do_is_refused_with_advice(
    message: Message, field: str, advice: str
) -> None:
    problem = only_problem(message)

    assert isinstance(problem, UnsupportedMessageError)
    assert isinstance(problem, NotSupportedError)
    assert problem.field == field
    assert advice in problem.text


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (Message("anna@example.com", Sms("Hi")), "to"),
        (Message(TO, Sms("Hi"), send_at=datetime(2020, 1, 1, tzinfo=UTC)), "send_at"),
        (
            Message(
                TO, Sms("Hi"), send_at=datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))
            ),
            "send_at",
        ),
        (Message(TO, Sms("Hi"), callback_url="https://shop.example/\u200b"), "callback_url"),
        (Message(TO, Viber("x" * 1001)), "text"),
        (Message(TO, Viber("Hi", button_text="Open", button_url="shop")), "button_url"),
        (
            Message(TO, Viber(video=ViberVideo(URL, URL, LARGEST_VIDEO + 1, MINUTE))),
            "file_size",
        ),
        (Message(TO, Viber(video=ViberVideo(URL, URL, 1, 11 * MINUTE))), "duration"),
        (
            Message(TO, Viber(video=ViberVideo(URL, f"{URL}\u200b", 1, MINUTE))),
            "thumbnail_url",
        ),
        (Message(TO, WhatsApp(template=WhatsAppTemplate("order", "en", ("",)))), "parameters"),
    ],
)
def test_what_is_malformed_is_refused_by_its_shared_name(message: Message, field: str) -> None:
    problem = only_problem(message)

    assert isinstance(problem, InvalidMessageError)
    assert problem.field == field


def test_every_problem_of_a_message_is_found_at_once() -> None:
    extra = {"messente": {"to": "+37251000001", "new": object()}}
    both = check(Message(TO, Sms("Hi"), metadata={"order": "42"}, extra=extra))
    odd = check(Message(TO, Viber("Hi", image_url=URL), extra=extra))

    assert [problem.field for problem in both] == ["metadata", "extra", "extra"]
    assert [problem.field for problem in odd] == ["image_url", "extra", "extra"]


def test_a_content_of_another_vendor_is_refused_also_by_the_mapping_itself() -> None:
    with pytest.raises(InvalidMessageError, match="messente does not send vk") as caught:
        omnimessage_of(Message(TO, Vk("Hi")), None)

    assert (caught.value.field, caught.value.provider) == ("content", "messente")


def test_a_sender_of_the_account_that_cannot_be_written_is_refused_with_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="sender must be text of whole") as caught:
        MessenteProvider("user", "password", sender="half \ud83d")

    assert caught.value.field == "sender"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (None, None),
        ("to", "to"),
        ("sms.sender", "sender"),
        ("viber.ttl", "ttl"),
        ("viber.validity", "ttl"),
        ("time_to_send", "send_at"),
        ("dlr_url", "callback_url"),
        ("priority", "priority"),
        ("messages", "content"),
        ("messages.0", "content"),
        ("viber.video.thumbnail", "thumbnail_url"),
        ("whatsapp.template.language.code", "code"),
        ("0", None),
    ],
)
def test_a_path_of_messentes_is_a_shared_word_where_there_is_one(
    path: str | None, field: str | None
) -> None:
    assert shared_field(path) == field
