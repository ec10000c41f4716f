"""A push notification as Devino takes it: how it is written, and what is refused before HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devino_async.channel_sending import BodyForm, ChannelPriority
from devino_async.push import PushMessage, PushPlatform, push_request
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Operation
from tests.devino.channels import body_of, push

SECOND = timedelta(seconds=1)


def written(**fields: Any) -> Any:
    """The notification as it stands in the request's body."""
    [message] = body_of(push_request([push(**fields)]))["messages"]
    return message


# --- The request ----------------------------------------------------------------------------------


def test_t11_the_path_is_the_newer_one() -> None:
    request = push_request([push()])
    assert (request.method, request.target) == ("POST", "/push/messages")
    assert request.operation is Operation.SEND


def test_every_field_has_the_vendors_name() -> None:
    message = PushMessage(
        sender="17",
        to="token",
        title="Sale",
        text="Hello",
        priority=ChannelPriority.REALTIME,
        badge=0,
        validity=timedelta(minutes=1),
        platform=PushPlatform.HUAWEI,
        silent_push=True,
        options={"order": 17},
        apns={"sound": "bell", "buttons": [{"text": "Open"}]},
        android={"icon": "shop"},
        extra={"newField": 1},
    )
    assert body_of(push_request([message])) == {
        "messages": [
            {
                "from": 17,
                "to": "token",
                "title": "Sale",
                "text": "Hello",
                "priority": "REALTIME",
                "badge": 0,
                "validity": 60,
                "platform": "HUAWEI",
                "silentPush": True,
                "options": {"order": 17},
                "apns": {"sound": "bell", "buttons": [{"text": "Open"}]},
                "android": {"icon": "shop"},
                "newField": 1,
            }
        ]
    }


def test_what_is_not_said_is_not_written() -> None:
    assert written() == {
        "from": 17,
        "to": "79031234567",
        "title": "Shop",
        "text": "Hello",
        "priority": "HIGH",
    }


@pytest.mark.parametrize("sender", ["17", 17, "9007199254740993", 9007199254740993], ids=repr)
def test_t20_t25_the_sender_is_a_number_here_and_exact(sender: str | int) -> None:
    value = written(sender=sender)["from"]
    assert (value, type(value)) == (int(sender), int)


@pytest.mark.parametrize("seconds", [30, 86_400])
def test_t38_validity_is_seconds(seconds: int) -> None:
    assert written(validity=seconds * SECOND)["validity"] == seconds


@pytest.mark.parametrize("priority", ChannelPriority)
def test_t41_priority_is_one_of_the_words(priority: ChannelPriority) -> None:
    assert written(priority=priority)["priority"] == priority.name


def test_t54_words_that_are_not_known_go_out_as_they_are() -> None:
    body = written(priority="URGENT", platform="AURORA")
    assert (body["priority"], body["platform"]) == ("URGENT", "AURORA")


@pytest.mark.parametrize(
    ("form", "head"), [(BodyForm.ARRAY, b'[{"from":17'), (BodyForm.SINGLE, b'{"from":17')]
)
def test_the_form_of_the_body_can_be_chosen(form: BodyForm, head: bytes) -> None:
    assert (push_request([push()], body_form=form).body or b"").startswith(head)


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sender", ["Shop", "", None, -1, 1.5, True, "1" * 41, "１７"]),
        ("to", ["", None, 5]),
        ("title", ["", None, "l" * 201]),
        ("text", ["", None, "l" * 1025]),
        ("priority", [None, "", 2]),
        ("badge", [-1, "1", 1.5, True]),
        ("validity", [29 * SECOND, 86_401 * SECOND, 60]),
        ("platform", ["", 1]),
        ("silent_push", [None, "true", 1]),
        ("options", ["text", {1: 2}]),
        ("apns", ["text", {"a": object()}]),
        ("android", [[]]),
        ("extra", ["text"]),
    ],
)
def test_what_devino_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            push(**{field: value})
        assert refused.value.field == field


@pytest.mark.parametrize("field", ["sender", "to", "title", "text", "priority"])
def test_required_fields_have_no_default(field: str) -> None:
    fields = {"sender": "17", "to": "t", "title": "t", "text": "t", "priority": "HIGH"}
    del fields[field]
    with pytest.raises(TypeError, match=field):
        PushMessage(**fields)  # type: ignore[arg-type]


def test_only_a_list_of_notifications_is_sent() -> None:
    for messages in ([], push(), ["text"]):
        with pytest.raises(InvalidMessageError, match="messages"):
            push_request(messages)  # type: ignore[arg-type]


def test_a_notification_shows_neither_token_nor_content() -> None:
    shown = repr(push(to="canary", title="canary", text="canary", options={"canary": 1}))
    assert "canary" not in shown
