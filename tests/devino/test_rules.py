"""What each rule for fields takes, to the last value, and what it says against all others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from devino_async import problems, rules
from omni_common.errors import InvalidMessageError, InvalidQueryError
from omni_common.rules import is_sendable
from tests.support.ruled_field import Terms, check_terms, refusal

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
NAIVE = datetime(2027, 1, 1, 12)  # noqa: DTZ001 - naive on purpose
TEXT = "must be text with at least one character"
HALF = "holds half a character (a lone surrogate), which cannot be sent"
E164 = "must be 7 to 15 digits, the first not 0, with or without +"
ID = "must be an id made of digits, as Devino gave it"
MOMENT = "must be a datetime with a time zone, up to the year 9999"
MAPPING = "must be a mapping of names to values"
WORDS = "must be a list of words, at least one"
ITSELF: dict[str, Any] = {}
ITSELF["a"] = ITSELF

RULES: dict[str, Terms] = {
    "text": (rules.check_text, ["x", " "], {TEXT: ["", None, 5, b"x"], HALF: ["a\ud83d"]}),
    "line": (
        rules.check_line,
        ["x y"],
        {"must be on one line, without control characters": ["a\nb"], TEXT: [""]},
    ),
    "url": (
        rules.check_url,
        ["https://shop.example"],
        {"must be a whole http or https URL": ["shop.example", "", 5]},
    ),
    "text of 3": (
        rules.up_to(3),
        ["x", "abc"],
        {"may have at most 3 characters": ["abcd"], TEXT: [""]},
    ),
    "url of 9": (
        rules.up_to(9, rules.check_url),
        ["https://a"],
        {
            "may have at most 9 characters": ["https://ab"],
            "must be a whole http or https URL": ["https:"],
        },
    ),
    "phone": (
        rules.check_phone,
        ["1234567", "+1000000", "999999999999999", "+999999999999999"],
        {
            E164: [
                *("123456", "+123456", "1234567890123456", "01234567", "+01234567", ""),
                *("1234567\n", " 1234567", "++1234567", "123 4567", "١٢٣٤٥٦٧٨", 1234567, None),
            ]
        },
    ),
    "e-mail address": (
        rules.check_email_address,
        ["anna@example.com"],
        {"must be an e-mail address": ["anna", "anna@b", "", None, 5]},
    ),
    "numeric id": (
        rules.check_numeric_id,
        ["0", "17", "9" * 40, 0, 17, 10**40 - 1],
        {ID: ["", "-1", "1.5", "x", "9" * 41, "١٢", -1, 10**40, True, 1.0, None]},
    ),
    "numeric ids": (
        rules.check_numeric_ids,
        [(), ("17", 18)],
        {
            "must be a list of ids; put a single one into a list": ["17", 17, ["17"], None],
            ID: [("17", "x"), (None,)],
        },
    ),
    "number": (
        rules.number(),
        [0, 10**40 - 1],
        {"must be a whole number, 0 or more": [-1, 10**40, True, 1.0, "1", None]},
    ),
    "number from 2 to 4": (
        rules.number(2, 4),
        [2, 4],
        {"must be a whole number, 2 to 4": [1, 5]},
    ),
    "flag": (rules.check_flag, [True, False], {"must be true or false": [0, 1, "true", None]}),
    "seconds": (
        rules.seconds(),
        [timedelta(), SECOND, timedelta(days=9999)],
        {"must be a timedelta of 0 or more whole seconds": [-SECOND, SECOND * 1.5, 60, None]},
    ),
    "seconds from 2 to 4": (
        rules.seconds(2, 4),
        [2 * SECOND, 4 * SECOND],
        {"must be a timedelta of 2 to 4 whole seconds": [SECOND, 5 * SECOND, MINUTE]},
    ),
    "minutes": (
        rules.minutes(),
        [timedelta(), 90 * MINUTE],
        {"must be a timedelta of 0 or more whole minutes": [-MINUTE, SECOND, 90 * SECOND]},
    ),
    "minutes from 2 to 4": (
        rules.minutes(2, 4),
        [2 * MINUTE, 4 * MINUTE],
        {"must be a timedelta of 2 to 4 whole minutes": [MINUTE, 5 * MINUTE]},
    ),
    "moment": (
        rules.check_moment,
        [NOON, NOON.astimezone(timezone(-9 * MINUTE)), datetime.max.replace(tzinfo=UTC)],
        {MOMENT: [NAIVE, "2027", None, datetime.max.replace(tzinfo=timezone(-MINUTE))]},
    ),
    "one of": (rules.one_of(str, int), ["", 5], {"must be one str or int": [b"", None, 1.5]}),
    "several": (
        rules.several(str, int),
        [(), ("a", 5)],
        {"must be a list of 0 or more str or int": [["a"], ("a", None), "a", None]},
    ),
    "2 of several": (
        rules.several(int, at_least=2),
        [(1, 2), (1, 2, 3)],
        {"must be a list of 2 or more int": [(), (1,), (1, "a"), None]},
    ),
    "words": (
        rules.check_words,
        [("sms",), ("sms", "SMS")],
        {
            WORDS: [(), ("sms", ""), ("sms", 5), ["sms"], "sms", None, ("\ud83d",)],
            "must not hold a word twice": [("sms", "viber", "sms")],
        },
    ),
    "mapping": (
        rules.check_mapping,
        [{}, {"a": [1, None, {"b": 1.5}], "": "c"}],
        {MAPPING: [{1: "a"}, {"a": 1, None: 2}, [("a", "b")], "a", None]},
    ),
    "text or mapping": (
        rules.check_text_or_mapping,
        ["a", {"a": 1}],
        {TEXT: [""], MAPPING: [{1: "a"}, 5, None]},
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_takes_what_it_says_and_nothing_else(name: str) -> None:
    check_terms(RULES[name], provider="devino")


@pytest.mark.parametrize("rule", [rules.check_json, rules.check_mapping])
@pytest.mark.parametrize(
    "value",
    [{"a": NOON}, {"a": {1}}, {"a": float("inf")}, {"a": "\ud83d"}, ITSELF],
    ids=["time", "set", "infinity", "half a character", "itself"],
)
def test_what_json_cannot_hold_is_refused(rule: Any, value: Any) -> None:
    error = refusal(rule, value)
    assert error is not None
    assert error.text.startswith("part cannot be written as JSON: ")
    assert len(error.text) > len("part cannot be written as JSON: None")


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "a", [], {"a": [{}]}], ids=repr)
def test_what_json_can_hold_is_taken(value: Any) -> None:
    assert refusal(rules.check_json, value) is None


def test_no_other_error_is_behind_a_refusal() -> None:
    """It would say of a field, or of a recipient, what is not so."""
    for rule in (rules.check_text, rules.check_email_address):
        error = refusal(rule, 5)
        assert error is not None
        assert (error.__cause__, error.__context__) == (None, None)


# --- What is no field -----------------------------------------------------------------------------


def test_errors_name_the_vendor_the_field_and_the_demand() -> None:
    error, query = problems.invalid("a", "must be b"), problems.invalid_query("a", "must be b")
    assert type(error) is InvalidMessageError
    assert type(query) is InvalidQueryError
    for each in (error, query):
        assert (each.text, each.provider, each.field) == ("a must be b", "devino", "a")


def demand(messages: Any, *, most: int | None = None) -> str | None:
    try:
        problems.check_list(messages, int, most=most)
    except InvalidMessageError as error:
        assert error.field == "messages"  # noqa: PT017 - what is refused is told by its text
        return error.text
    return None


def test_a_list_has_messages_of_one_kind_and_no_more_than_a_call_takes() -> None:
    for few in ([1], (1, 2), range(1, 3)):
        assert demand(few) is None
        assert demand(few, most=2) is None
    for wrong in (None, 5, {1}, {1: 1}, "1", b"1", iter([1]), [1, "2"], ["1"]):
        assert demand(wrong) == "messages must be a list of int"
    assert demand([]) == "messages of one call must be at least 1"
    assert demand([], most=2) == "messages of one call must be 1 to 2"
    assert demand([1, 2, 3], most=2) == "messages of one call must be 1 to 2"
    assert demand([1] * 999) is None


@pytest.mark.parametrize("text", ["x", " ", "😀", "\ud7ff", "\ue000"])
def test_whole_characters_can_be_sent(text: str) -> None:
    assert is_sendable(text)
    assert problems.is_text(text)


def test_half_a_character_cannot() -> None:
    for half in map(chr, (0xD800, 0xDBFF, 0xDC00, 0xDFFF)):
        assert not is_sendable(f"a{half}b")
        assert not problems.is_text(f"a{half}b")


@pytest.mark.parametrize("value", ["", None, 5, b"x", ["x"]], ids=repr)
def test_text_is_text_with_something_in_it(value: Any) -> None:
    assert not problems.is_text(value)
