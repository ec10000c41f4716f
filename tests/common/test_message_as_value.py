"""Messages as values: they show nothing private, do not change, compare, copy and pickle."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any

import pytest
from attrs import evolve, fields
from attrs.exceptions import FrozenInstanceError
from hypothesis import given, strategies as st

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

NUMBER = "+37251234567"
WORDS = "canary words"
URL = "https://anna:canary@shop.example:8443/canary/path?token=canary#canary"
MINUTE = timedelta(minutes=1)

CONTENTS: list[Content] = [
    Sms(WORDS, sender="Shop", ttl=MINUTE),
    Viber(WORDS, image_url=URL, button_text=WORDS, button_url=URL, sender="Shop"),
    Viber(video=ViberVideo(URL, URL, 1, MINUTE)),
    WhatsApp(WORDS),
    WhatsApp(template=WhatsAppTemplate("order", "en", (WORDS, WORDS))),
    Email(WORDS, subject=WORDS, sender="shop@shop.example", sender_name="Shop"),
    Email(html=WORDS, subject=WORDS),
    Vk(WORDS),
    Vk(template_id="order", template_data={"name": WORDS}),
]
RECIPIENTS = [
    NUMBER,
    "canary@example.com",
    Recipient(phone=NUMBER),
    Recipient(phone=NUMBER, email="canary@example.com"),
]
each_content = pytest.mark.parametrize(
    "content", CONTENTS, ids=[f"{type(each).__name__}-{n}" for n, each in enumerate(CONTENTS)]
)


def full(content: Content, to: str | Recipient = NUMBER) -> Message:
    return Message(
        to,
        content,
        send_at=datetime(2027, 1, 1, tzinfo=UTC),
        priority=Priority.HIGH,
        callback_url=URL,
        metadata={"order": WORDS},
        reference="order-1",
        extra={"devino": {"key": WORDS}},
    )


@each_content
@pytest.mark.parametrize("to", RECIPIENTS, ids=repr)
def test_what_is_private_is_not_shown(content: Content, to: str | Recipient) -> None:
    message = full(content, to)
    for shown in (repr(message), str(message), f"{message}", repr([message]), repr(content)):
        for canary in ("canary", "1234567", "8443"):
            assert canary not in shown
    assert "reference='order-1'" in repr(message)
    assert "metadata=<order>" in repr(message)
    assert "extra=<devino>" in repr(message)
    assert "https://shop.example" in repr(message)


def test_enough_is_shown_to_tell_messages_apart() -> None:
    shown = repr(Message(NUMBER, Sms(WORDS)))
    assert shown.startswith("Message(to=+372…67, content=(Sms(text=<12 characters>")
    assert "to=Recipient(phone=+372…67, email=a…@example.com)" in repr(
        Message(Recipient(NUMBER, "anna@example.com"), Sms("Hi"))
    )
    assert "<2 parameters>" in repr(CONTENTS[4])


@each_content
def test_a_message_is_the_same_wherever_it_is_carried(content: Content) -> None:
    message = full(content, Recipient(NUMBER, "canary@example.com"))
    carried: list[Message] = [
        *(pickle.loads(pickle.dumps(message, n)) for n in range(2, 6)),  # noqa: S301 - our own
        copy.copy(message),
        copy.deepcopy(message),
        evolve(message),
    ]
    for again in carried:
        assert again == message
        assert hash(again) == hash(message)
        assert repr(again) == repr(message)
    assert len({message, *carried}) == 1


@each_content
def test_nothing_of_a_message_can_be_set(content: Content) -> None:
    for thing in (content, full(content), Recipient(NUMBER)):
        for attribute in fields(type(thing)):
            with pytest.raises(FrozenInstanceError):
                setattr(thing, attribute.name, None)
            with pytest.raises(FrozenInstanceError):
                delattr(thing, attribute.name)
        with pytest.raises((AttributeError, TypeError)):
            setattr(thing, "other", 1)  # noqa: B010 - mypy knows better than to allow it


def test_what_a_message_was_made_of_may_change_without_it() -> None:
    contents: list[Content] = [Sms("Hi")]
    metadata = {"order": "42"}
    fields_of_devino: dict[str, Any] = {"key": 1}
    extra = {"devino": fields_of_devino}
    data = {"name": "Anna"}
    parameters = ["Anna"]
    message = Message(NUMBER, contents, metadata=metadata, extra=extra)
    vk = Vk(template_id="order", template_data=data)
    template = WhatsAppTemplate("order", "en", parameters)
    contents.clear()
    for mapping in (metadata, fields_of_devino, extra, data):
        mapping.clear()
    parameters.clear()
    assert len(message.content) == 1
    assert message.metadata == {"order": "42"}
    assert message.extra == {"devino": {"key": 1}}
    assert vk.template_data == {"name": "Anna"}
    assert template.parameters == ("Anna",)


@pytest.mark.parametrize(
    "change",
    [
        {"to": "+37251234568"},
        {"content": Sms("other")},
        {"send_at": None},
        {"priority": Priority.LOW},
        {"callback_url": None},
        {"metadata": {"order": "other"}},
        {"reference": "order-2"},
        {"extra": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_messages_that_differ_are_not_equal(change: dict[str, Any]) -> None:
    message = full(Sms(WORDS))
    assert evolve(message, **change) != message


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_pickles_and_stays_hidden(text: str) -> None:
    message = Message(NUMBER, Sms(text))
    assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301 - our own
    assert repr(message.content[0]).startswith(f"Sms(text=<{len(text)} character")


@pytest.mark.parametrize("kind", [Sms, Viber, WhatsApp, Email, Vk])
def test_a_sender_that_is_a_number_is_masked_on_every_channel(kind: type[Any]) -> None:
    subject = {"subject": "Hi"} if kind is Email else {}
    assert "sender=+372…67" in repr(kind("Hi", sender=NUMBER, **subject))
    assert "sender='Shop'" in repr(kind("Hi", sender="Shop", **subject))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        *((kind, ["text"]) for kind in (Sms, Viber, WhatsApp, Email, Vk)),
        (Recipient, ["phone", "email"]),
        (ViberVideo, ["url", "thumbnail_url", "file_size", "duration"]),
        (WhatsAppTemplate, ["name", "language", "parameters"]),
        (Message, ["to", "content"]),
    ],
)
def test_all_but_the_plainest_is_given_by_name(kind: type[Any], names: list[str]) -> None:
    given = signature(kind).parameters.values()
    assert [each.name for each in given if each.kind is not each.KEYWORD_ONLY] == names


@pytest.mark.parametrize("make", [Sms, Viber, WhatsApp, Vk, lambda t: Email(t, subject="Hi")])
def test_the_first_thing_of_every_content_is_its_text(make: Callable[[str], Content]) -> None:
    content = make("Hi")
    assert content.text == "Hi"
    assert content.sender is None
    assert content.ttl is None
