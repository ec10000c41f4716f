"""What each rule for the fields of messages takes, to the last value, and what it refuses how."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from omni_common import rules
from omni_common.errors import InvalidMessageError
from tests.support.ruled_field import Terms, check_terms

SECOND = timedelta(seconds=1)
TEXT = "must be text with at least one character"
HALF = "holds half a character (a lone surrogate), which cannot be sent"
LINE = "must be on one line, without control characters"
URL = "must be a whole http or https URL"
DURATION = "must be a timedelta of whole seconds, at least one"
MAPPING = "must be a mapping of text to text"
NO_TEXT: list[Any] = ["", 5, b"x", ["x"]]
HALVES = [chr(0xD800), f"a{chr(0xDBFF)}", f"{chr(0xDC00)}b", chr(0xDFFF)]
WHOLE = ["x", " ", "a\nb\x00", "😀", chr(0xD7FF), chr(0xE000)]
URLS = [
    *("http://a", "HTTPS://u:p@a.example:8443/b?c=d#e", "https://пример.рф/x", "http://[::1]/"),
    *("https://a:65535", "https://a:1"),
]
NO_URLS: list[Any] = [
    *("", "a.example", "//a", "ftp://a", "https:///b", "https://:443/b", "https://a:0"),
    *("https://a:65536", "https://a b", "https://a\u00a0b", "https://a/\x00", "https://a/\x1f"),
    *("https://a/\x7f", "https://a/\x9f", "https://a/\u2028", "https://[::1", 5, b"https://a"),
    *(f"https://a/{half}" for half in HALVES),
]
DURATIONS = [SECOND, timedelta(days=9999)]
NO_DURATIONS: list[Any] = [timedelta(), -SECOND, SECOND / 2, SECOND * 1.5, 60, "60"]
CONTROLS = ["\x00", "\n", "\r", "\x1b", "\x1f", "\x7f", "\x9f", "\u2028", "\u2029"]

RULES: dict[str, Terms] = {
    "text": (rules.check_text, WHOLE, {TEXT: [*NO_TEXT, None], HALF: HALVES}),
    "optional text": (
        rules.check_optional_text,
        [*WHOLE, None],
        {TEXT: NO_TEXT, HALF: HALVES},
    ),
    "line": (
        rules.check_line,
        ["x y", "\x20", "\x7e", "\xa0", "\u2027", "\u202a"],
        {TEXT: [*NO_TEXT, None], HALF: HALVES, LINE: [f"a{each}b" for each in CONTROLS]},
    ),
    "url": (rules.check_url, URLS, {URL: [*NO_URLS, None]}),
    "optional url": (rules.check_optional_url, [*URLS, None], {URL: NO_URLS}),
    "duration": (rules.check_duration, DURATIONS, {DURATION: [*NO_DURATIONS, None]}),
    "ttl": (rules.check_ttl, [*DURATIONS, None], {DURATION: NO_DURATIONS}),
    "instance": (
        rules.instance_of(timedelta),
        [SECOND, None],
        {"must be one timedelta": [60, "60", timedelta]},
    ),
    "text mapping": (
        rules.check_text_mapping,
        [None, {}, {"a": "", "": "b"}],
        {
            MAPPING: [[("a", "b")], "a", 5, {"a": 1}, {1: "a"}, {"a": None}, {"a": "b", "c": 1}],
            HALF: [{"a": each} for each in HALVES] + [{each: "a"} for each in HALVES],
        },
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_takes_what_it_says_and_nothing_else(name: str) -> None:
    check_terms(RULES[name])


def test_texts_come_from_any_iterable_that_is_no_text_itself() -> None:
    assert rules.texts_of("values", ["a", ""]) == ("a", "")
    assert rules.texts_of("values", iter("ab")) == ("a", "b")
    assert rules.texts_of("values", ()) == ()
    wrong: list[Any] = ["ab", b"ab", {"a": "b"}, 5, None, ["a", 5], [None]]
    for values in wrong:
        with pytest.raises(InvalidMessageError) as caught:
            rules.texts_of("values", values)
        assert caught.value.text == "values must be a sequence of texts"
        assert caught.value.field == "values"
    with pytest.raises(InvalidMessageError, match="values holds half a character") as caught:
        rules.texts_of("values", HALVES)
    assert caught.value.field == "values"


def test_a_mapping_is_copied_and_shows_its_names_alone() -> None:
    mapping = {"b": "canary", "a": "canary"}
    copy = rules.copied(mapping)
    assert copy == mapping
    assert copy is not mapping
    others: list[Any] = [None, "a", 5, [("a", "b")]]
    assert [rules.copied(each) for each in others] == others
    assert rules.names_only(mapping) == "<b, a>"
    assert rules.names_only({"two words": 1}) == "<<9 characters>>"
    assert rules.names_only({}) == "<>"
    assert rules.names_only(None) == "None"
