"""Messages: what cannot be right for any vendor is refused, by field, when it is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from omni_common.errors import InvalidMessageError
from omni_common.message import (
    Channel,
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
URL = "https://shop.example/sale.png"
MINUTE = timedelta(minutes=1)
HALF = "half \ud83d a smile"
HI = Sms("Hi")


def refused(make: Callable[..., object], *args: Any, **options: Any) -> InvalidMessageError:
    with pytest.raises(InvalidMessageError) as raised:
        make(*args, **options)
    assert len(raised.value.text.split()) > 3, "it says what would be accepted"
    assert raised.value.__cause__ is None
    return raised.value


def test_a_message_says_how_its_recipient_is_reached_and_over_which_channels() -> None:
    message = Message(TO, [Viber("Hi"), HI])
    assert (message.phone, message.email) == (TO, None)
    assert message.channels == (Channel.VIBER, Channel.SMS)
    by_mail = Message("anna@example.com", Email("Hi", subject="Hi"))
    assert (by_mail.phone, by_mail.email) == (None, "anna@example.com")
    both = Message(Recipient(phone=TO, email="anna@example.com"), HI)
    assert (both.phone, both.email) == (TO, "anna@example.com")


E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
digits = st.text("0123456789", min_size=5, max_size=17)
almost_numbers = st.one_of(
    st.builds("+{}".format, digits),
    digits,
    st.builds("00{}".format, digits),
    st.builds("+{} {}".format, digits, digits),
    st.builds("+{}\n".format, digits),
    st.builds("+{}".format, st.text("٠١٢٣٤٥٦٧٨٩", min_size=7, max_size=15)),
    st.builds("+{}".format, st.text("0123456789 -().٣３²", min_size=7, max_size=15)),
    st.from_regex(E164),
)


@given(number=almost_numbers)
@example(number="+1234567")
@example(number="+123456789012345")
@example(number="+123456")
@example(number="+1234567890123456")
@example(number="+0123456789")
@example(number="0037251000000")
@example(number="+٣٧٢٥١٠٠٠٠٠٠")
@example(number="+372 51000000")
@example(number=" +37251000000")
@example(number="+37251000000\n")
@example(number="++37251000000")
@example(number="＋37251000000")
@example(number="")
def test_a_number_is_a_plus_and_seven_to_fifteen_digits_that_begin_with_no_zero(
    number: str,
) -> None:
    if E164.fullmatch(number):
        assert Message(number, HI).phone == number
        assert Recipient(phone=number).phone == number
    else:
        for make in (lambda: Message(number, HI), lambda: Recipient(phone=number)):
            error = refused(make)
            assert error.field == "to"
            assert "'+' and 7 to 15 digits" in error.text
            assert not number or number not in error.text.replace(f"(such as {TO})", "")


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.com",
        "a.b+c_d-e'f@mail.shop.example",
        "анна@почта.рф",
        "a@xn--e1a.example",
        f"{'a' * 242}@example.com",
    ],
)
def test_an_address_is_a_recipient(address: str) -> None:
    assert Message(address, HI).email == Recipient(email=address).email == address


@pytest.mark.parametrize(
    "address",
    [
        "anna",
        "anna@example",
        "@example.com",
        "anna@",
        "anna@.com",
        "anna@example..com",
        "anna@example.com.",
        "anna@b@example.com",
        "anna @example.com",
        "anna@example.com\n",
        "anna\x00@example.com",
        "anna@exam\ud83dple.com",
        "Anna<anna@example.com>",
        "anna@example.com,bert@example.com",
        "anna@example.com;bert",
        '"anna"@example.com',
        f"{'a' * 243}@example.com",
    ],
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    for make in (lambda: Message(address, HI), lambda: Recipient(email=address)):
        error = refused(make)
        assert error.field == "to"
        assert address not in error.text


def test_only_text_or_a_recipient_is_a_recipient() -> None:
    wrong: list[Any] = [37251000000, TO.encode(), [TO], (TO,), {"phone": TO}, object(), 1.5, HI]
    assert refused(Message, None, HI).field == "to"
    for to in wrong:
        assert refused(Message, to, HI).field == "to"
        assert refused(Recipient, phone=to).field == "to"
        assert refused(Recipient, email=to).field == "to"


def test_a_recipient_is_reached_somehow() -> None:
    assert refused(Recipient).field == "to"
    assert refused(Recipient, phone=TO, email="anna").field == "to"
    assert refused(Recipient, phone="372", email="anna@example.com").field == "to"


NO_CONTENT: list[Any] = [None, [], (), iter(()), "Hi", b"Hi", 7, Sms]
NO_CONTENT += [["Hi"], [HI, "Hi"], [[HI]], {HI: HI}, [None]]


def test_content_is_one_or_several_of_the_five() -> None:
    for content in NO_CONTENT:
        error = refused(Message, TO, content)
        assert error.field == "content"
        assert "Sms, Viber, WhatsApp, Email, Vk" in error.text


@pytest.mark.parametrize("make", [list, tuple, iter])
def test_several_contents_come_in_any_sequence_and_are_kept_in_order(
    make: Callable[[list[object]], Any],
) -> None:
    contents = [WhatsApp("Hi"), Viber("Hi"), HI]
    assert Message(TO, make([*contents])).content == tuple(contents)


def test_a_channel_is_tried_once() -> None:
    assert refused(Message, TO, [HI, Viber("Hi"), Sms("again")]).field == "content"


class Nowhere(tzinfo):
    """A zone that does not know its offset: with it, a datetime is as naive as without."""

    def utcoffset(self, _: datetime | None) -> timedelta | None:
        return None

    dst = utcoffset

    def tzname(self, _: datetime | None) -> str | None:
        return None


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2027, 1, 1),  # noqa: DTZ001 - naive on purpose
        datetime(2027, 1, 1, tzinfo=Nowhere()),
        date(2027, 1, 1),
        "2027-01-01T00:00:00Z",
        1798761600,
        MINUTE,
    ],
)
def test_a_time_has_a_zone(moment: Any) -> None:
    error = refused(Message, TO, HI, send_at=moment)
    assert error.field == "send_at"
    assert "time zone" in error.text


@given(zone=st.integers(-23, 23))
def test_any_zone_will_do(zone: int) -> None:
    moment = datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=zone)))
    assert Message(TO, HI, send_at=moment).send_at is moment


@pytest.mark.parametrize("priority", ["high", "HIGH", 1, True, Channel.SMS])
def test_a_priority_is_one_of_the_four(priority: Any) -> None:
    error = refused(Message, TO, HI, priority=priority)
    assert error.field == "priority"
    assert "Priority.REALTIME" in error.text


NOT_TEXT: list[Any] = ["", 7, b"Hi", ["Hi"], object(), HALF, True]
NO_URL: list[Any] = [
    "",
    "shop.example",
    "/sale.png",
    "//shop.example/sale.png",
    "ftp://shop.example/",
    "javascript:alert(1)",
    "https://",
    "https:///sale.png",
    "https://:443/",
    "https://shop.example:99999/",
    "https://shop.example:port/",
    "https://[::1/",
    "https://shop.example/a b",
    "https://shop.example/\n",
    "https://shop.example/\x00",
    f"https://shop.example/{HALF[5]}",
    b"https://shop.example/",
    7,
]
NO_TTL: list[Any] = [
    timedelta(),
    -MINUTE,
    timedelta(seconds=0.5),
    timedelta(seconds=1.5),
    60,
    "60",
    1.5,
]
NO_TEXT_MAPPING: list[Any] = [
    [("order", "42")],
    "order",
    7,
    {"order": 42},
    {"order": None},
    {7: "order"},
    {"order": HALF},
    {HALF: "order"},
]
NOT_TEXTS: list[Any] = ["Anna", b"Anna", 7, None, {"name": "Anna"}, ["Anna", 42], [None], [HALF]]
VIDEO: Mapping[str, Any] = {
    "url": URL,
    "thumbnail_url": URL,
    "file_size": 1,
    "duration": MINUTE,
}
TEMPLATE = WhatsAppTemplate("order", "en")
CONTENTS: list[tuple[type, dict[str, Any]]] = [
    (Sms, {"text": "Hi"}),
    (Viber, {"text": "Hi"}),
    (WhatsApp, {"text": "Hi"}),
    (Email, {"text": "Hi", "subject": "Hi"}),
    (Vk, {"text": "Hi"}),
]
WRONG: list[tuple[type, dict[str, Any], str, list[Any]]] = [
    *((kind, options, "text", NOT_TEXT) for kind, options in CONTENTS),
    *((kind, options, "sender", NOT_TEXT) for kind, options in CONTENTS),
    *((kind, options, "ttl", NO_TTL) for kind, options in CONTENTS),
    (Sms, {}, "text", [None]),
    (Viber, {"text": "Hi"}, "image_url", NO_URL),
    (Viber, {"text": "Hi"}, "button_text", NOT_TEXT),
    (Viber, {"text": "Hi"}, "button_url", NOT_TEXT),
    (Viber, {}, "video", [URL, VIDEO, 7]),
    (ViberVideo, {**VIDEO}, "url", [*NO_URL, None]),
    (ViberVideo, {**VIDEO}, "thumbnail_url", [*NO_URL, None]),
    (ViberVideo, {**VIDEO}, "file_size", [0, -1, 1.5, "1", None, True]),
    (ViberVideo, {**VIDEO}, "duration", [*NO_TTL, None]),
    (WhatsApp, {}, "template", ["order", 7, {"name": "order"}]),
    (WhatsAppTemplate, {"language": "en"}, "name", [*NOT_TEXT, None]),
    (WhatsAppTemplate, {"name": "order"}, "language", [*NOT_TEXT, None]),
    (WhatsAppTemplate, {"name": "order", "language": "en"}, "parameters", NOT_TEXTS),
    (Email, {"text": "Hi"}, "subject", [*NOT_TEXT, None]),
    (Email, {"subject": "Hi"}, "html", NOT_TEXT),
    (Email, {"text": "Hi", "subject": "Hi"}, "sender_name", NOT_TEXT),
    (Vk, {}, "template_id", NOT_TEXT),
    (Vk, {"template_id": "order"}, "template_data", NO_TEXT_MAPPING),
    (Message, {"to": TO, "content": HI}, "callback_url", NO_URL),
    (Message, {"to": TO, "content": HI}, "metadata", NO_TEXT_MAPPING),
    (Message, {"to": TO, "content": HI}, "reference", [*NOT_TEXT, None]),
    (Message, {"to": TO, "content": HI}, "reference", ["a\nb", "a\x00", "a\u2028b", "a\x1b[2J"]),
    (Message, {"to": TO, "content": HI}, "extra", ["devino", 7, [("devino", {})]]),
    (Message, {"to": TO, "content": HI}, "extra", [{"devino": None}, {"devino": 7}, {7: {}}]),
]


@pytest.mark.parametrize(
    ("kind", "options", "field", "values"),
    WRONG,
    ids=[f"{kind.__name__}.{field}-{number}" for number, (kind, _, field, _) in enumerate(WRONG)],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(
    kind: type, options: dict[str, Any], field: str, values: list[Any]
) -> None:
    for value in values:
        error = refused(kind, **{**options, field: value})
        assert error.field == field
        assert field in error.text
        assert not isinstance(value, str) or len(value) < 8 or value not in error.text


def test_a_message_of_nothing_is_refused() -> None:
    assert refused(Viber).field == "text"
    assert refused(Viber, button_text="Open", button_url=URL).field == "text"
    assert refused(WhatsApp).field == "text"
    assert refused(Email, subject="Hi").field == "text"
    assert refused(Vk).field == "text"


def test_a_message_of_two_bodies_is_refused() -> None:
    assert refused(WhatsApp, "Hi", template=TEMPLATE).field == "text"
    assert refused(Email, "Hi", subject="Hi", html="<p>Hi</p>").field == "text"
    assert refused(Vk, "Hi", template_id="order").field == "text"
    assert refused(Vk, "Hi", template_data={"name": "Anna"}).field == "template_data"


def test_texts_are_kept_to_the_letter() -> None:
    text = " \tПривет, 👋🏽\r\n\x00 "
    assert Sms(text).text == Viber(text).text == WhatsApp(text).text == text
    assert Message(TO, HI, metadata={text: text}).metadata == {text: text}
    assert Message(TO, HI, reference="заказ 👨‍👩‍👧 #1").reference == "заказ 👨‍👩‍👧 #1"


def test_an_sms_counts_its_segments() -> None:
    assert Sms("x" * 161).segments.count == 2
    assert Sms("x" * 160 + "ы").segments.forced_by == ("ы",)


def test_every_message_has_a_reference_of_its_own_unless_given_one() -> None:
    assert len({Message(TO, HI).reference for _ in range(100)}) == 100
    assert Message(TO, HI, reference="order-1").reference == "order-1"


def test_all_priorities_and_channels_are_named_as_the_vendors_do() -> None:
    assert [each.name for each in Priority] == ["LOW", "NORMAL", "HIGH", "REALTIME"]
    assert [each.value for each in Priority] == ["low", "normal", "high", "realtime"]
    assert [str(each) for each in Channel] == ["sms", "viber", "whatsapp", "email", "vk"]
    assert [kind.channel for kind in (Sms, Viber, WhatsApp, Email, Vk)] == list(Channel)


def test_times_in_any_zone_are_the_same_moment() -> None:
    there = timezone(timedelta(hours=2))
    one = Message(TO, HI, reference="1", send_at=datetime(2027, 1, 1, tzinfo=UTC))
    other = Message(TO, HI, reference="1", send_at=datetime(2027, 1, 1, 2, tzinfo=there))
    assert one == other


def test_a_channel_is_known_by_its_word_and_another_word_stays_what_it_is() -> None:
    for channel in Channel:
        assert Channel.known(str(channel)) is channel
    assert Channel.known(Channel.SMS) is Channel.SMS
    assert Channel.known("rcs") == "rcs"
    assert not isinstance(Channel.known("SMS"), Channel)


def test_a_name_that_no_text_can_hold_does_not_spoil_what_is_shown() -> None:
    shown = repr(Message(TO, HI, reference="1", extra={"\ud800": {"note": "x"}, "devino": {}}))
    assert shown.encode()
    assert "devino" in shown
