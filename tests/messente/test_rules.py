"""What each rule for fields takes, to the last value, and what it says against all others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from attrs import frozen

from messente_async import _rules as rules
from omni_common.errors import InvalidMessageError
from tests.support.ruled_field import Terms, check_terms

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
NAIVE = datetime(2027, 1, 1, 12)  # noqa: DTZ001 - naive on purpose
WEB = "must be a whole http or https URL"
E164 = "must be '+' and 7 to 15 digits, the first not 0, such as +37251000000"
SECONDS = "must be a timedelta of whole seconds, at least 1"
AWARE = "must be a datetime with a time zone, such as datetime.now(UTC)"
NAMES = "must be a mapping of names to text"

RULES: dict[str, Terms] = {
    "text": (
        rules.text(),
        ["x", "x" * 9999, " "],
        {
            "must be text, its length at least 1": [None, 5, b"x", ["x"]],
            "must be text, its length at least 1; it has 0 characters": [""],
            "holds half a character (a lone surrogate), which cannot be sent": ["a\ud83d"],
        },
    ),
    "text of 2 to 4": (
        rules.text(at_least=2, at_most=4),
        ["ab", "abcd", "😀😀"],
        {
            "must be text, its length 2 to 4; it has 1 characters": ["a"],
            "must be text, its length 2 to 4; it has 5 characters": ["abcde"],
        },
    ),
    "pattern": (
        rules.pattern("[a-c]+", "letters from a to c"),
        ["a", "cab"],
        {"must be letters from a to c": ["", "abd", "abc\n", None, 5, b"a"]},
    ),
    "link": (
        rules.link(),
        ["https://a", "tel:+37251000000", "app://open?x=1", "x:y"],
        {
            "must be a whole URL": ["shop", "//a/b", "tel:", "x:y z", "x:\x00y", "https://[::1/"],
            "must be text, its length at least 1; it has 0 characters": [""],
        },
    ),
    "link with a host": (
        rules.link(schemes=["app", "tel"]),
        ["app://open", "TEL://a"],
        {"must be a whole app or tel URL": ["https://a", "tel:+37251000000", "app:///x"]},
    ),
    "web link": (
        rules.web_link(),
        ["http://a", "HTTPS://user@a.example:8443/b?c=d#e"],
        {WEB: ["ftp://a", "https:///a", "https:a", "//a", "https://a b", "https://[::1/"]},
    ),
    "web link of 9 characters": (
        rules.web_link(at_most=9),
        ["https://a"],
        {"must be text, its length 1 to 9; it has 10 characters": ["https://ab"]},
    ),
    "phone": (
        rules.phone(),
        ["+1234567", "+1000000", "+999999999999999"],
        {
            E164: [
                *("+123456", "+1234567890123456", "+0123456", "1234567", "+1234567\n"),
                *(" +1234567", "++1234567", "+123 4567", "+١٢٣٤٥٦٧٨", 1234567, None),
            ]
        },
    ),
    "seconds": (
        rules.seconds(),
        [SECOND, timedelta(days=9999)],
        {SECONDS: [timedelta(), -SECOND, SECOND / 2, SECOND * 1.5, 60, None]},
    ),
    "seconds within a minute": (
        rules.seconds(at_most=MINUTE),
        [SECOND, MINUTE],
        {f"{SECONDS} and at most 60 seconds": [MINUTE + SECOND, timedelta()]},
    ),
    "minutes": (
        rules.minutes(),
        [MINUTE, 90 * MINUTE],
        {
            "must be a timedelta of whole minutes, at least 1": [
                *(timedelta(), -MINUTE, SECOND, 90 * SECOND, 60, None)
            ]
        },
    ),
    "aware": (
        rules.aware(),
        [NOON, NOON.astimezone(timezone(-9 * MINUTE)), datetime.max.replace(tzinfo=UTC)],
        {AWARE: [NAIVE, "2027", datetime.min.replace(tzinfo=timezone(MINUTE)), None]},
    ),
    "whole": (
        rules.whole(at_least=1),
        [1, 2**63 - 1],
        {"must be a whole number of at least 1": [0, -1, 2**63, True, 1.0, "1", None]},
    ),
    "whole of 2 to 4": (
        rules.whole(at_least=2, at_most=4),
        [2, 4],
        {"must be a whole number from 2 to 4": [1, 5]},
    ),
    "degrees": (
        rules.degrees(90),
        [-90, 90, 0, 89.999],
        {"must be a number from -90 to 90": [-90.1, 90.1, float("nan"), True, "0", None]},
    ),
    "a kind": (rules.a(str, int), ["", 5], {"must be str or int": [b"", None, 1.5]}),
    "a truth": (rules.a(bool), [True, False], {"must be true or false": [1, 0, None, "true"]}),
    "several": (
        rules.several(str, int),
        [(), ("a", 5)],
        {"must be 0 or more of str or int": [["a"], ("a", None), "ab", None]},
    ),
    "1 to 2 of several": (
        rules.several(int, at_least=1, at_most=2),
        [(1,), (1, 2)],
        {
            "must be 1 to 2 of int": [[1], ("a",)],
            "must be 1 to 2 of int; it has 0": [()],
            "must be 1 to 2 of int; it has 3": [(1, 2, 3)],
        },
    ),
    "texts by name": (
        rules.texts_by_name(),
        [{}, {"a": "", "": "b"}],
        {
            NAMES: [[("a", "b")], "a", None],
            "must be text, its length at least 0": [{"a": 1}, {1: "a"}, {"a": None}],
            "holds half a character (a lone surrogate), which cannot be sent": [{"a": "\ud83d"}],
        },
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_takes_what_it_says_and_nothing_else(name: str) -> None:
    check_terms(RULES[name], prefix="Thing.part")


class Store(StrEnum):
    PLAIN = "plain"
    SHA = "sha256"


@pytest.mark.parametrize("word", [Store.SHA, "sha256"], ids=repr)
def test_a_member_is_found_by_its_word(word: Store | str) -> None:
    assert rules.member(Store, word, "text_store") is Store.SHA


@pytest.mark.parametrize("word", ["SHA", "SHA256", "", None, 5])
def test_another_word_is_refused_with_those_that_there_are(word: Any) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        rules.member(Store, word, "text_store")
    assert caught.value.text == "text_store must be one of plain, sha256"
    assert caught.value.field == "text_store"


@frozen
class Card:
    title: str | None = None
    image: str | None = None
    video: str | None = None


@pytest.mark.parametrize(
    ("given", "field", "found"),
    [
        ((), "title", "none is given"),
        (("title", "video"), "video", "title, video are given"),
        (("title", "image", "video"), "video", "title, image, video are given"),
    ],
)
def test_exactly_one_of_some_fields_is_given(
    given: tuple[str, ...], field: str, found: str
) -> None:
    names = ("title", "image", "video")
    for name in names:
        rules.exactly_one(Card(**{name: ""}), *names)
    rules.exactly_one(Card(title="x", image="x"), "title", "video")
    with pytest.raises(InvalidMessageError) as caught:
        rules.exactly_one(Card(**dict.fromkeys(given, "x")), *names)
    assert caught.value.field == field
    assert caught.value.text == f"Card needs exactly one of title, image, video; {found}"


@frozen
class Lifetime:
    ttl: timedelta | None = None
    validity: timedelta | None = None


def test_a_lifetime_is_said_once() -> None:
    rules.one_lifetime(Lifetime(ttl=MINUTE))
    rules.one_lifetime(Lifetime(validity=MINUTE))
    with pytest.raises(InvalidMessageError) as caught:
        rules.one_lifetime(Lifetime(MINUTE, timedelta()))
    assert caught.value.field == "validity"
    assert caught.value.text.startswith("Lifetime.validity does not go with ttl")


def test_lists_and_mappings_are_copied_and_what_is_none_is_left_for_a_rule() -> None:
    names = {"a": "b"}
    assert rules.as_tuple([1, 2]) == rules.as_tuple(iter([1, 2])) == (1, 2)
    copy = rules.copied(names)
    assert copy == names
    assert copy is not names
    no_lists: list[Any] = ["ab", b"ab", 5, None, names]
    no_mappings: list[Any] = ["ab", 5, None, [("a", "b")]]
    assert [rules.as_tuple(each) for each in no_lists] == no_lists
    assert [rules.copied(each) for each in no_mappings] == no_mappings


def test_a_mapping_shows_its_names_alone() -> None:
    assert rules.names_only({"b": "canary", "a": "canary"}) == "<a, b>"
    assert rules.names_only({"two words": 1}) == "<<9 characters>>"
    assert rules.names_only({}) == "<>"
    assert rules.names_only(None) == "None"
