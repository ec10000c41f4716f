"""A shared message in Devino's words, and what Devino cannot say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import DevinoProvider, SmsPriority
from devino_async.routes.sms_message import sender_of, sms_of
from devino_async.sms import send_request
from omni_common.capabilities import ChannelCapabilities
from omni_common.converter import loads
from omni_common.errors import InvalidMessageError, NotSentError, UnsupportedMessageError
from omni_common.message import (
    Channel,
    Content,
    Message,
    Priority,
    Recipient,
    Sms,
    Viber,
    WhatsApp,
)
from omni_common.segments import Encoding, segments
from tests.support.clock import FakeClock

TO = "+79031234567"
NOW = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def devino() -> DevinoProvider:
    return DevinoProvider("key", sender="Shop", clock=FakeClock(NOW))


def message(content: Content | list[Content] | str = "Hello", **fields: Any) -> Message:
    contents = Sms(content) if isinstance(content, str) else content
    return Message(fields.pop("to", TO), contents, **fields)


def written(given_message: Message, default_sender: str | None = "Shop") -> Any:
    body = send_request([sms_of(given_message, default_sender)]).body
    assert body is not None
    [item] = loads(body)["messages"]
    return item


def problems(provider: DevinoProvider, given_message: Message) -> list[tuple[type, str | None]]:
    errors = provider.check(given_message)
    for error in errors:
        assert isinstance(error, NotSentError)
        assert (error.provider, error.reference) == ("devino", given_message.reference)
        assert len(error.text.split()) > 3, "it says what would be accepted"
    return [(type(error), error.field) for error in errors]


# --- What maps onto what --------------------------------------------------------------------------


def test_every_shared_word_has_its_place() -> None:
    full = Message(
        TO,
        Sms("Hello", sender="Other", ttl=timedelta(minutes=10)),
        send_at=NOW + HOUR,
        priority=Priority.REALTIME,
        callback_url="https://shop.example/cb",
        metadata={"order": "17"},
        extra={"devino": {"newField": 1}, "messente": {"to": "ignored"}},
    )
    assert written(full) == {
        "from": "Other",
        "to": "79031234567",
        "text": "Hello",
        "validity": 600,
        "scheduledTime": "2027-01-01T01:00:00.000Z",
        "priority": "REALTIME",
        "callbackUrl": "https://shop.example/cb",
        "options": {"order": "17"},
        "newField": 1,
    }


def test_a_plain_message_says_nothing_that_was_not_asked_for() -> None:
    assert written(message()) == {"from": "Shop", "to": "79031234567", "text": "Hello"}


@pytest.mark.parametrize(
    ("priority", "word"),
    [
        (Priority.LOW, SmsPriority.LOW),
        (Priority.NORMAL, SmsPriority.MEDIUM),
        (Priority.HIGH, SmsPriority.HIGH),
        (Priority.REALTIME, SmsPriority.REALTIME),
    ],
)
def test_priorities_map_one_to_one(
    devino: DevinoProvider, priority: Priority, word: SmsPriority
) -> None:
    urgent = message(priority=priority)
    assert problems(devino, urgent) == []
    assert written(urgent)["priority"] == word.value


def test_a_recipient_with_both_addresses_is_texted_by_phone(devino: DevinoProvider) -> None:
    both = message(to=Recipient(phone=TO, email="a@shop.example"))
    assert problems(devino, both) == []
    assert written(both)["to"] == "79031234567"


@pytest.mark.parametrize(
    ("own", "default", "extra", "sender"),
    [
        ("Own", "Shop", {}, "Own"),
        (None, "Shop", {}, "Shop"),
        ("Own", None, {}, "Own"),
        ("Own", "Shop", {"from": "Extra"}, "Extra"),
        ("Own", "Shop", {"from": None}, None),
        ("Own", "Shop", {"from": 5}, None),
    ],
)
def test_the_receipt_will_name_the_sender_that_is_written(
    own: str | None, default: str | None, extra: dict[str, Any], sender: str | None
) -> None:
    given_message = message(Sms("Hello", sender=own), extra={"devino": extra})
    assert sender_of(given_message, default) == sender
    on_the_wire = written(given_message, default)["from"]
    assert sender is None or on_the_wire == sender


# --- What is refused before any request -----------------------------------------------------------


@pytest.mark.parametrize(
    ("ttl", "fits"),
    [
        (timedelta(seconds=1), True),
        (timedelta(days=3), True),
        (timedelta(days=3, seconds=1), False),
    ],
)
def test_ttl_may_be_1_to_259200_seconds(
    devino: DevinoProvider, ttl: timedelta, *, fits: bool
) -> None:
    expected = [] if fits else [(InvalidMessageError, "ttl")]
    assert problems(devino, message(Sms("Hello", ttl=ttl))) == expected


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("l" * 34_170, True),
        ("€" * 34_170, True),
        ("л" * 17_085, True),
        ("l" * 34_171, False),
        ("л" * 17_086, False),
        ("л" * 34_171, False),
        ("l" * 17_085 + "“", False),
    ],
)
def test_the_alphabet_decides_how_long_a_text_may_be(
    devino: DevinoProvider, text: str, *, fits: bool
) -> None:
    assert problems(devino, message(text)) == ([] if fits else [(InvalidMessageError, "text")])


def test_a_sender_is_needed_from_the_message_or_the_setting() -> None:
    without = DevinoProvider("key", clock=FakeClock(NOW))
    assert problems(without, message()) == [(InvalidMessageError, "sender")]
    assert "setting sender" in str(without.check(message())[0])
    assert problems(without, message(Sms("Hello", sender="Own"))) == []


def test_an_email_address_cannot_be_texted(devino: DevinoProvider) -> None:
    for to in ("a@shop.example", Recipient(email="a@shop.example")):
        assert problems(devino, message(to=to)) == [(InvalidMessageError, "to")]


@pytest.mark.parametrize("more", [[], [Sms("Hi")]], ids=["alone", "with sms"])
def test_whatsapp_is_not_supported(devino: DevinoProvider, more: list[Content]) -> None:
    found = problems(devino, message([WhatsApp("Hi"), *more]))
    assert found == [(UnsupportedMessageError, "content")]


def test_other_channels_and_cascades_go_another_way(devino: DevinoProvider) -> None:
    assert problems(devino, message(Viber("Hi"))) == []
    assert problems(devino, message([Viber("Hi", ttl=HOUR), Sms("Hi")])) == []


@pytest.mark.parametrize("at", [NOW, NOW - HOUR, datetime.min.replace(tzinfo=UTC)])
def test_the_past_cannot_be_scheduled(devino: DevinoProvider, at: datetime) -> None:
    assert problems(devino, message(send_at=at)) == [(InvalidMessageError, "send_at")]


def test_a_time_behind_the_calendar_cannot_be_scheduled(devino: DevinoProvider) -> None:
    """In its own zone the moment has a date, in UTC it has none."""
    at = datetime.max.replace(tzinfo=timezone(-HOUR))
    assert problems(devino, message(send_at=at)) == [(InvalidMessageError, "send_at")]


@pytest.mark.parametrize("name", ["to", "text", "scheduledTime", "callbackUrl"])
def test_extra_may_not_touch_what_the_message_says(devino: DevinoProvider, name: str) -> None:
    extra = {"devino": {name: "79030000000", "newField": 1}}
    assert problems(devino, message(extra=extra)) == [(InvalidMessageError, "extra")]
    assert name in str(devino.check(message(extra=extra))[0])


@pytest.mark.parametrize(
    "value", [NOW, {1}, float("inf"), "\ud800", object()], ids=lambda value: type(value).__name__
)
def test_extra_that_cannot_be_written_is_refused(devino: DevinoProvider, value: Any) -> None:
    extra = {"devino": {"newField": value}}
    assert problems(devino, message(extra=extra)) == [(InvalidMessageError, "extra")]


def test_extra_for_others_is_ignored(devino: DevinoProvider) -> None:
    others = message(extra={"messente": {"to": object()}, "Devino": {"text": "x"}})
    assert problems(devino, others) == []
    assert written(others) == {"from": "Shop", "to": "79031234567", "text": "Hello"}


def test_every_problem_is_told_at_once(devino: DevinoProvider) -> None:
    wrong = message(
        Sms("л" * 17_086, ttl=timedelta(days=4)),
        send_at=NOW - HOUR,
        extra={"devino": {"to": object()}},
    )
    fields = sorted(field or "" for _, field in problems(devino, wrong))
    assert fields == ["extra", "extra", "send_at", "text", "ttl"]


# --- Laws -----------------------------------------------------------------------------------------

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.binary() | st.just(NOW),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.builds(
    Message,
    st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True) | st.just("a@shop.example"),
    st.builds(
        Sms,
        _TEXT | st.sampled_from(["л" * 17_085, "л" * 17_086, "l" * 34_170]),
        sender=st.none() | _TEXT,
        ttl=st.none() | st.integers(1, 300_000).map(lambda seconds: timedelta(seconds=seconds)),
    ),
    send_at=st.none() | st.datetimes(timezones=st.timedeltas(-23 * HOUR, 23 * HOUR).map(timezone)),
    priority=st.none() | st.sampled_from(Priority),
    callback_url=st.none() | st.sampled_from(["http://a.b", "https://shop.example/пример?x=[1]"]),
    metadata=st.none() | st.dictionaries(_TEXT, _TEXT, max_size=2),
    extra=st.none()
    | st.fixed_dictionaries(
        {"devino": st.dictionaries(st.sampled_from(["to", "from", "new"]) | st.text(), _JSON)}
    ),
)


@given(given_message=MESSAGES, default_sender=st.none() | st.just("Shop"))
def test_what_passes_the_check_can_be_written_whole(
    given_message: Message, default_sender: str | None
) -> None:
    provider = DevinoProvider("key", sender=default_sender, clock=FakeClock(NOW))
    if provider.check(given_message):
        return
    item = written(given_message, default_sender)
    [content] = given_message.content
    assert (item["to"], item["text"]) == ((given_message.phone or "")[1:], content.text)
    assert ("scheduledTime" in item) == (given_message.send_at is not None)
    extra = (given_message.extra or {}).get("devino", {})
    for name, value in extra.items():
        assert item[name] == value
    assert item.keys() >= {"from", "to", "text"} | extra.keys()


@given(text=_TEXT | st.integers(16_000, 36_000).map(lambda n: "я" * n))
def test_no_text_is_refused_that_the_documents_allow(text: str) -> None:
    narrow = segments(text).encoding is Encoding.GSM_7
    fits = len(text) <= (34_170 if narrow else 17_085)
    devino = DevinoProvider("key", sender="Shop", clock=FakeClock(NOW))
    assert (devino.check(message(text)) == []) == fits


# --- Capabilities ---------------------------------------------------------------------------------


def test_capabilities_say_what_devino_documents() -> None:
    capabilities = DevinoProvider("key", batch_size=17).capabilities
    assert (capabilities.provider, capabilities.batch_size) == ("devino", 17)
    assert list(capabilities.channels) == [Channel.SMS, Channel.EMAIL, Channel.VIBER, Channel.VK]
    assert DevinoProvider("key").capabilities.batch_size == 1000
    channel = capabilities.channels[Channel.SMS]
    assert channel == ChannelCapabilities(
        status=True,
        cancel=False,
        schedule=True,
        callback=True,
        callback_area="devino.sms",
        metadata=True,
        priorities=frozenset(Priority),
        shortest_ttl=timedelta(seconds=1),
        longest_ttl=timedelta(seconds=259_200),
        longest_text=34_170,
        notes=channel.notes,
    )
    letters = capabilities.channels[Channel.EMAIL]
    assert letters == ChannelCapabilities(
        callback_area="devino.email", metadata=True, ttl=False, bulk=False, notes=letters.notes
    )
