"""What Messente's emulator accepts and refuses: every field, limit and combination."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from messente_async.sandbox import Account, AutoconvertRule, MessenteBehaviour, ViberRule
from messente_async.sandbox.rules import find_problems, read_submission
from messente_async.sandbox.schema import Kind
from tests.support.messente_caller import omnimessage, sms
from tests.support.messente_problems import NOW, part_sources, sources

MIB = 2**20
URL = "https://shop.example/a.png"
VIDEO = {"url": URL, "thumbnail": URL, "file_size": 200 * MIB, "duration": 600}
CARD = {
    "title": "Go",
    "image_url": URL,
    "primary_button": {"label": "Open", "action_url": "shop:open"},
}
IMAGE_AND_BUTTON = {"image_url": URL, "text": "Hi", "button_text": "Open", "button_url": URL}


def viber(**part: Any) -> list[str]:
    return part_sources("viber", **part)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"dlr_url": "https://example.com/dlr"},
        {"text_store": "nostore"},
        {"text_store": "plaintext"},
        {"text_store": "sha256"},
        {"priority": "low"},
        {"priority": "regular"},
        {"priority": "high"},
        {"time_to_send": "2030-06-22T09:05"},
        {"time_to_send": "2030-06-22T09:05:07.123456Z"},
        {"time_to_send": "2030-06-22T09:05:07-14:00"},
    ],
    ids=str,
)
def test_documented_fields_of_an_omnimessage_are_accepted(more: dict[str, Any]) -> None:
    assert sources(omnimessage(sms(), **more)) == []


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("to", [None, 37251000000, "", "37251000000", "+0251000000", "+123456", "+" + "1" * 16]),
        ("to", ["+3725100000x", " +37251000000", "+37251000000\n", "+٣٧٢٥١٠٠٠٠٠٠"]),
        ("messages", [None, {}, "sms", []]),
        ("dlr_url", [None, "", "example.com/dlr", "ftp://example.com", "https://", "http://[x", 1]),
        ("text_store", [None, "", "md5", True]),
        ("priority", [None, "", "normal", "HIGH", "realtime", 1]),
        ("time_to_send", [None, "", 1, "tomorrow", "2030-06-22", "2030-06-22 09:05", "09:05"]),
        ("time_to_send", ["2030-13-01T09:05", "2030-06-22T09:05+99:00", "9999-12-31T23:59-14:00"]),
    ],
)
def test_a_wrong_field_of_an_omnimessage_is_named(field: str, values: list[Any]) -> None:
    for value in values:
        assert sources({**omnimessage(sms()), field: value}) == [f"payload[{field}]"], value


@pytest.mark.parametrize("payload", [None, [], "text", 7])
def test_a_payload_that_is_no_object_is_named_as_such(payload: Any) -> None:
    assert sources(payload) == ["payload"]


def test_what_is_missing_is_told_from_what_is_wrong() -> None:
    problems = find_problems({}, MessenteBehaviour(), Account(), NOW)
    assert [(problem.kind, problem.source) for problem in problems] == [
        (Kind.MISSING, "payload[to]"),
        (Kind.MISSING, "payload[messages]"),
    ]


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ({"text": "Hi"}, "payload[messages][0][channel]"),
        ({"channel": "telegram", "text": "Hi"}, "payload[messages][0][channel]"),
        ({"channel": None, "text": "Hi"}, "payload[messages][0][channel]"),
        ({"channel": ["sms"]}, "payload[messages][0][channel]"),
        ("Hi", "payload[messages][0]"),
        (None, "payload[messages][0]"),
    ],
    ids=str,
)
def test_t43_a_channel_must_be_named_and_known(part: Any, source: str) -> None:
    assert sources(omnimessage(part)) == [source]


def test_no_channel_may_be_used_twice() -> None:
    payload = omnimessage(sms(), {"channel": "viber", "text": "Hi"}, sms("Again"))
    assert sources(payload) == ["payload[messages]"]


def test_a_disallowed_sender_is_named_on_its_channel() -> None:
    payload = omnimessage(sms(), {"channel": "viber", "text": "Hi", "sender": "Forbidden"})
    assert sources(payload) == ["payload[viber][sender]"]


def test_a_field_that_no_document_names_is_refused_or_ignored() -> None:
    payload = omnimessage(sms(validty=5), prioritty="low")
    assert sources(payload) == ["payload[sms][validty]", "payload[prioritty]"]
    assert sources(payload, accepts_unknown_fields=True) == []
    both = omnimessage(sms(ttl=60, validity=1, other=1))
    assert sources(both, accepts_unknown_fields=True) == ["payload[sms]"]


def test_a_time_that_has_passed_means_at_once_or_is_refused() -> None:
    payload = omnimessage(sms(), time_to_send=(NOW - timedelta(seconds=1)).isoformat())
    assert sources(payload) == []
    assert sources(payload, accepts_past_time=False) == ["payload[time_to_send]"]


def test_how_far_ahead_a_time_may_lie_is_a_switch() -> None:
    day = timedelta(days=1)
    for ahead, refused in ((day, False), (day + timedelta(seconds=1), True)):
        payload = omnimessage(sms(), time_to_send=(NOW + ahead).isoformat())
        assert sources(payload) == []
        found = sources(payload, furthest_time=day)
        assert found == (["payload[time_to_send]"] if refused else [])


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (AutoconvertRule.EITHER, {"on", "full", "off", "true", "false"}),
        (AutoconvertRule.REFERENCE, {"on", "full", "off"}),
        (AutoconvertRule.OPENAPI, {"full", "true", "false"}),
    ],
)
def test_t42_which_words_autoconvert_takes_is_a_switch(
    rule: AutoconvertRule, words: set[str]
) -> None:
    for word in ("on", "full", "off", "true", "false"):
        found = sources(omnimessage(sms(autoconvert=word)), autoconvert=rule)
        assert found == ([] if word in words else ["payload[sms][autoconvert]"])


@pytest.mark.parametrize(
    "part",
    [
        {"sender": "+37251000000"},
        {"ttl": 1},
        {"validity": 360},
        *({"autoconvert": word} for word in ("on", "full", "off", "true", "false")),
        {"udh": "0500033F0201"},
    ],
    ids=str,
)
def test_documented_fields_of_an_sms_are_accepted(part: dict[str, Any]) -> None:
    assert part_sources("sms", text="Hi", **part) == []


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("text", [None, "", 7]),
        ("sender", [None, "", 37251000000]),
        ("ttl", [None, 0, -1, 1.5, "300", True]),
        ("validity", [None, 0, "6", False]),
        ("autoconvert", [None, True, "ON", "partial"]),
        ("udh", [None, "", "0", "0x05", "050"]),
    ],
)
def test_a_wrong_field_of_an_sms_is_named(field: str, values: list[Any]) -> None:
    for value in values:
        assert part_sources("sms", **{"text": "Hi", field: value}) == [f"[{field}]"], value


def test_an_sms_needs_a_text() -> None:
    assert part_sources("sms") == ["[text]"]


@pytest.mark.parametrize("channel", ["sms", "viber"])
def test_t38_only_one_of_ttl_and_validity_may_be_given(channel: str) -> None:
    assert part_sources(channel, text="Hi", ttl=60, validity=1) == [""]


@pytest.mark.parametrize(
    "part",
    [
        {"text": "x" * 1000},
        {"image_url": URL},
        {"text": "Hi", "button_text": "Open", "button_url": "shop://open"},
        IMAGE_AND_BUTTON,
        {"video": VIDEO},
        {"video": VIDEO, "text": "Hi"},
        {"video": VIDEO, "text": "Hi", "button_text": "Open"},
        {"video": VIDEO, "text": "Hi", "button_text": "Open", "button_url": URL},
        {"text": "Hi", "carousel": {"items": [CARD] * 2}},
        {"text": "Hi", "carousel": {"items": [{**CARD, "title": "x" * 38}] * 5}},
        {"template": {"id": "t1", "lang": "en", "params": {"name": "John", "empty": ""}}},
    ],
)
def test_t50_documented_viber_combinations_are_accepted(part: dict[str, Any]) -> None:
    assert viber(**part) == []


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"image_url": URL, "text": "Hi"},
        {"image_url": URL, "text": "Hi", "button_text": "Open"},
        {"text": "Hi", "button_text": "Open"},
        {"text": "Hi", "button_url": URL},
        {"button_text": "Open", "button_url": URL},
        {"video": VIDEO, "image_url": URL},
        {"video": VIDEO, "button_text": "Open"},
        {"video": VIDEO, "text": "Hi", "button_url": URL},
        {"carousel": {"items": [CARD] * 2}},
        {"text": "Hi", "template": {"id": "t1", "lang": "en"}},
    ],
    ids=lambda part: "+".join(part) or "nothing",
)
def test_other_viber_combinations_are_refused(part: dict[str, Any]) -> None:
    assert viber(**part) == [""]


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ({"text": "Hi", "button_text": "Open", "button_url": URL}, [""]),
        ({"text": "Hi", "carousel": {"items": [CARD] * 2}}, [""]),
        ({"text": "Hi"}, []),
        (IMAGE_AND_BUTTON, []),
        ({"video": VIDEO, "text": "Hi", "button_text": "Open", "button_url": URL}, []),
    ],
)
def test_t50_the_vendors_reference_allows_fewer_viber_combinations(
    part: dict[str, Any], found: list[str]
) -> None:
    assert part_sources("viber", {"viber": ViberRule.REFERENCE}, **part) == found


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ({"text": "x" * 1001}, "[text]"),
        ({"image_url": "a.png"}, "[image_url]"),
        ({**IMAGE_AND_BUTTON, "button_url": "open"}, "[button_url]"),
        ({**IMAGE_AND_BUTTON, "button_text": ""}, "[button_text]"),
        ({"video": URL}, "[video]"),
        ({"video": {**VIDEO, "file_size": 200 * MIB + 1}}, "[video][file_size]"),
        ({"video": {**VIDEO, "duration": 601}}, "[video][duration]"),
        ({"video": {**VIDEO, "duration": "6"}}, "[video][duration]"),
        ({"text": "Hi", "carousel": {"items": [CARD]}}, "[carousel][items]"),
        ({"text": "Hi", "carousel": {"items": [CARD] * 6}}, "[carousel][items]"),
        (
            {"text": "Hi", "carousel": {"items": [CARD, {**CARD, "title": "x"}]}},
            "[carousel][items][1][title]",
        ),
        (
            {"text": "Hi", "carousel": {"items": [{**CARD, "title": "x" * 39}, CARD]}},
            "[carousel][items][0][title]",
        ),
        (
            {"text": "Hi", "carousel": {"items": [{**CARD, "primary_button": {}}, CARD]}},
            "[carousel][items][0][primary_button][label]",
        ),
        ({"template": {"id": "t1"}}, "[template][lang]"),
        ({"template": {"id": "t", "lang": "en", "params": {"n": 1}}}, "[template][params][n]"),
        ({"template": {"id": "t", "lang": "en", "params": []}}, "[template][params]"),
    ],
)
def test_a_wrong_field_of_a_viber_message_is_named(part: dict[str, Any], source: str) -> None:
    assert viber(**part)[:1] == [source]


@pytest.mark.parametrize("field", list(VIDEO))
def test_every_field_of_a_video_is_needed(field: str) -> None:
    video = {name: value for name, value in VIDEO.items() if name != field}
    assert viber(video=video) == [f"[video][{field}]"]


def test_rcs_needs_a_sender_and_other_channels_have_the_accounts() -> None:
    assert part_sources("rcs", text="Hi") == ["[sender]"]
    [channel] = read_submission(omnimessage(sms()), Account(default_sender="Shop")).channels
    assert channel.sender == "Shop"


def test_t38_ttl_counts_seconds_and_validity_minutes() -> None:
    whole = omnimessage(
        sms(ttl=90),
        {"channel": "viber", "text": "Hi", "validity": 2},
        {"channel": "whatsapp", "text": {"body": "Hello"}, "ttl": 10**30},
        {"channel": "rcs", "sender": "Shop", "text": "Hi"},
    )
    first, second, third, fourth = read_submission(whole, Account()).channels
    assert (first.ttl, second.ttl) == (timedelta(seconds=90), timedelta(minutes=2))
    assert third.ttl is not None
    assert third.ttl > timedelta(days=3000)
    assert third.text == "Hello"
    assert fourth.ttl is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["to", "messages", "channel", "text", "ttl", "video", "template", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
PARTS = st.fixed_dictionaries(
    {"channel": st.sampled_from(["sms", "viber", "whatsapp", "rcs"])},
    optional=dict.fromkeys(("text", "ttl", "sender", "video", "template", "rich_card"), JSON),
)


@given(JSON | st.builds(omnimessage, PARTS, PARTS) | st.builds(omnimessage, JSON, to=JSON))
def test_whatever_is_sent_is_either_refused_or_can_be_read(payload: Any) -> None:
    problems = find_problems(payload, MessenteBehaviour(), Account(), NOW)
    assert all(problem.source.startswith("payload") for problem in problems)
    if not problems:
        assert read_submission(payload, Account()).channels
