"""A Viber message as Devino takes it: how it is written, and what is refused before HTTP."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import DevinoClient
from devino_async.channel_sending import ChannelPriority
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.channel_behaviour import ChannelBehaviour
from devino_async.sandbox.channel_rules import CHANNELS, reasons_against
from devino_async.sandbox.shapes import Terms
from devino_async.viber import ViberMessage, viber_request
from omni_common.errors import InvalidMessageError, Outcome
from omni_common.exchange import Operation
from tests.devino.channels import body_of, viber
from tests.support.clock import FakeClock

SECOND = timedelta(seconds=1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


def written(**fields: Any) -> Any:
    """The message as it stands in the request's body."""
    [message] = body_of(viber_request([viber(**fields)]))["messages"]
    return message


# --- The request ----------------------------------------------------------------------------------


def test_the_request_is_the_documented_one_byte_for_byte() -> None:
    message = ViberMessage(
        sender="MyCompany",
        to="+79034567890",
        text="Hi",
        caption="Open",
        action="https://example.com",
        validity=timedelta(hours=1),
    )
    request = viber_request([message])
    assert (request.method, request.target) == ("POST", "/viber/messages")
    assert request.operation is Operation.SEND
    assert request.body == (
        b'{"messages":[{"from":"MyCompany","to":"79034567890","text":"Hi","caption":"Open",'
        b'"action":"https://example.com","validity":3600}]}'
    )


def test_t56_every_field_has_the_vendors_name() -> None:
    message = written(
        image="https://shop.example/a.png",
        file_type="pdf",
        file_name="Terms",
        thumbnail="https://shop.example/b.png",
        duration=9 * SECOND,
        file_size=3,
        caption="Open",
        action="viber://chat",
        validity=timedelta(minutes=1),
        priority=ChannelPriority.HIGH,
        scheduled_time=NOON,
        callback_url="https://shop.example/callback",
        options={"order": "17"},
        extra={"newField": [1]},
    )
    assert message == {
        "from": "Shop",
        "to": "79031234567",
        "text": "Hello",
        "image": "https://shop.example/a.png",
        "fileType": "pdf",
        "fileName": "Terms",
        "thumbnail": "https://shop.example/b.png",
        "duration": 9,
        "fileSize": 3,
        "caption": "Open",
        "action": "viber://chat",
        "validity": 60,
        "priority": "HIGH",
        "scheduledTime": "2027-01-01 12:00:00",
        "callbackUrl": "https://shop.example/callback",
        "options": {"order": "17"},
        "newField": [1],
    }


def test_t39_what_is_not_said_is_left_to_the_vendor() -> None:
    assert written() == {"from": "Shop", "to": "79031234567", "text": "Hello"}


@pytest.mark.parametrize(
    ("flags", "target"),
    [
        ({}, "/viber/messages"),
        ({"shorten_url": False}, "/viber/messages"),
        ({"shorten_url": True}, "/viber/messages?shortenUrl=true"),
    ],
)
def test_links_are_shortened_where_that_is_asked_for(flags: dict[str, bool], target: str) -> None:
    assert viber_request([viber()], **flags).target == target


@pytest.mark.parametrize("wrong", ["false", "true", 1, 0, None])
def test_what_is_no_truth_is_refused_before_anything_is_sent(wrong: Any) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        viber_request([viber()], shorten_url=wrong)
    assert refused.value.field == "shorten_url"


def test_messages_keep_their_order() -> None:
    request = viber_request([viber(text=text) for text in "0123"])
    assert [message["text"] for message in body_of(request)["messages"]] == list("0123")


@pytest.mark.parametrize("number", ["79031234567", "+79031234567"])
def test_t53_numbers_travel_without_a_plus(number: str) -> None:
    assert written(to=number)["to"] == "79031234567"


@pytest.mark.parametrize("seconds", [15, 3600, 1_209_600])
def test_t38_validity_is_seconds(seconds: int) -> None:
    value = written(validity=seconds * SECOND)["validity"]
    assert (value, type(value)) == (seconds, int)


@pytest.mark.parametrize("priority", ChannelPriority)
def test_t41_t74_priority_is_one_of_the_words(priority: ChannelPriority) -> None:
    value = written(priority=priority)["priority"]
    assert (value, type(value)) == (priority.name, str)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (NOON, "2027-01-01 12:00:00"),
        (datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "2026-12-31 20:00:00"),
    ],
)
def test_t29_t31_a_time_is_text_in_utc_without_a_zone(time: datetime, text: str) -> None:
    assert written(scheduled_time=time)["scheduledTime"] == text


def test_extra_goes_in_last_and_wins() -> None:
    assert written(extra={"text": "other"})["text"] == "other"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"text": None, "image": "https://shop.example/a.png"},
        {"text": None, "file_type": "pdf"},
        {"text": None, "file_name": "Terms.pdf"},
        {"caption": "Open", "action": "https://shop.example"},
        {"text": "л" * 2000},
        {"caption": "л" * 30},
        {"file_size": 200},
        {"file_size": 0},
        {"file_size": 1.5},
        {"priority": "URGENT"},
    ],
)
def test_what_both_generations_agree_on_is_taken(fields: dict[str, Any]) -> None:
    message = viber(**fields)
    assert all(getattr(message, name) == value for name, value in fields.items())


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sender", ["", None, 5, "half \ud83d"]),
        ("to", ["", None, 79031234567, "790312", "7 903 123-45-67", "７９０３１２３４５６７"]),
        ("text", ["", 5, "l" * 2001, "\ud800"]),
        ("image", ["", "a.png", "ftp://shop.example/a.png", 5]),
        ("file_type", ["", ".pdf", 5]),
        ("file_name", ["", 5]),
        ("thumbnail", ["", 5]),
        ("duration", [0 * SECOND, -SECOND, SECOND / 2, 5, True]),
        ("file_size", [-1, -0.5, 201, 200.5, "3", True, float("nan"), float("inf")]),
        ("caption", ["", "l" * 31, 5]),
        ("action", ["", 5]),
        ("validity", [14 * SECOND, 1_209_601 * SECOND, 15.5 * SECOND, 60, "60"]),
        ("priority", ["", 2, ["HIGH"]]),
        ("scheduled_time", [NOON.replace(tzinfo=None), "2027-01-01 12:00:00", NOON.date()]),
        ("scheduled_time", [NOON.replace(microsecond=1)]),
        ("scheduled_time", [datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))]),
        ("callback_url", ["", "shop.example", 5]),
        ("options", ["text", [{"a": 1}], {1: "a"}, {"a": object()}, {"a": "\ud800"}]),
        ("extra", ["text", [("a", 1)], {"a": {1, 2}}, {"a": float("nan")}]),
    ],
)
def test_what_devino_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            viber(**{field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")
        assert str(refused.value).startswith(field)


@pytest.mark.parametrize("fields", [{}, {"caption": "Open", "action": "https://shop.example"}])
def test_a_message_without_any_content_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        viber(text=None, **fields)
    assert refused.value.field == "text"


@pytest.mark.parametrize("messages", [[], (), "text", viber(), [viber(), "text"], None, {viber()}])
def test_only_a_list_of_messages_is_sent(messages: Any) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        viber_request(messages)
    assert refused.value.field == "messages"


def test_a_message_shows_neither_number_nor_content() -> None:
    message = viber(
        text="canary",
        image="https://shop.example/canary",
        file_name="canary",
        thumbnail="https://shop.example/canary",
        caption="canary",
        action="https://shop.example/canary",
        callback_url="https://shop.example/canary",
        options={"canary": "canary"},
        extra={"canary": "canary"},
    )
    assert "canary" not in repr(message)
    assert "79031234567" not in repr(message)
    assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301 - our own bytes


def test_an_error_quotes_nothing() -> None:
    for fields in ({"to": "canary"}, {"text": "canary" * 400}, {"options": {"canary": object()}}):
        with pytest.raises(InvalidMessageError) as refused:
            viber(**fields)
        assert "canary" not in f"{refused.value} {refused.value!r}"


# --- The emulator takes what can be made ----------------------------------------------------------

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(
    fields=st.fixed_dictionaries(
        {"text": _TEXT, "to": st.from_regex(r"\+?[1-9][0-9]{6,14}", fullmatch=True)},
        optional={
            "image": st.just("https://shop.example/a.png"),
            "file_type": st.sampled_from(["pdf", "mp4"]),
            "file_size": st.integers(1, 200),
            "duration": st.integers(1, 10_000).map(lambda n: n * SECOND),
            "caption": _TEXT,
            "action": _TEXT,
            "validity": st.integers(15, 1_209_600).map(lambda n: n * SECOND),
            "priority": st.sampled_from(ChannelPriority),
            "options": st.dictionaries(_TEXT, _TEXT, max_size=3),
        },
    )
)
def test_the_emulator_takes_every_message_that_can_be_made(fields: dict[str, Any]) -> None:
    [channel] = [each for each in CHANNELS if each.operation == "viber_send"]
    terms = Terms(senders=None, now=NOON, behaviour=DevinoBehaviour())
    assert reasons_against(written(**fields), channel, terms) == ()


async def test_a_combination_that_only_the_newer_page_knows_is_left_to_the_vendor(
    emulator: DevinoEmulator, clock: FakeClock
) -> None:
    message = viber(file_type="pdf", file_name="Terms")
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as client:
        [taken] = await client.viber.send([message], shorten_url=True)
        emulator.behaviour = DevinoBehaviour(channels=ChannelBehaviour(viber_combinations=True))
        [refused] = await client.viber.send([message])
    assert (taken.outcome, refused.outcome) == (Outcome.ACCEPTED, Outcome.NOT_SENT)
    assert [request.query for request in emulator.requests] == ["shortenUrl=true", ""]
