"""What is shown of words that come from elsewhere: keys, ids, names, times, senders, sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

import pytest
from hypothesis import given, strategies as st

from omni_common.redaction import (
    mask_number,
    mask_sender,
    mask_text,
    mask_url,
    mask_words,
    shown_id,
    shown_key,
    shown_keys,
    shown_name,
    shown_time,
)

Mask = Callable[[object], str]

MASKS = [
    *(mask_number, mask_sender, mask_text, mask_url, mask_words),
    *(shown_id, shown_key, shown_keys, shown_name, shown_time),
]
SHOWN: dict[Mask, list[str]] = {
    shown_key: ["a", "X" * 80, "too.many.messages", "errors[0].title", "a,b:c/d-e", "123456"],
    shown_id: ["1", "X" * 100, "messente:d7248cda-6c1a", "devino:sms:17.3", "37251000000"],
    shown_time: [
        "12:30",
        "2027-01-01T09:08:07.123+03:00",
        "2027/02/01, 03:04 Z",
        f"{'2027 12:30':40}",
    ],
    shown_name: ["default", "X" * 500, "/home/anna/omni.toml", "C:\\omni.toml", "my: file", "имя"],
}
HIDDEN: dict[Mask, list[str]] = {
    shown_key: ["", "X" * 81, "two words", "слово", "a@b", "a\n", "1234567", "x12-34.56/7x"],
    shown_id: ["", "X" * 101, "two words", "слово", "devino://key@host", "a\r\nb"],
    shown_time: ["", "noon", "1234", "12:30 o'clock", "x12:30", "12:30\n", f"{'2027 12:30':41}"],
    shown_name: ["X" * 501, "a\nb", "s3:/x", "devino://key@host", "MY://HOST", "my A+b-c.d0:/"],
}


def each(words: dict[Mask, list[str]]) -> pytest.MarkDecorator:
    cases = [(mask, word) for mask, several in words.items() for word in several]
    return pytest.mark.parametrize(("mask", "word"), cases)


@each(SHOWN)
def test_what_looks_like_such_a_word_is_shown(mask: Mask, word: str) -> None:
    assert mask(word) == word


@each(HIDDEN)
def test_what_does_not_is_shown_by_its_length(mask: Mask, word: str) -> None:
    assert mask(word) == mask_text(word)


@pytest.mark.parametrize("mask", MASKS)
def test_what_is_no_text_is_shown_by_its_kind(mask: Mask) -> None:
    assert mask(None) == "None"
    assert mask(7) == "<int>"
    assert mask(b"+37251000000") == "<12 bytes>"
    assert mask(["+37251000000"]) == "<list>"


def test_several_words_are_shown_each_by_itself() -> None:
    assert shown_keys(()) == "()"
    assert shown_keys(("sms", "to +37251000000", None)) == "(sms, <15 characters>, None)"


def test_a_path_is_shown_as_a_name() -> None:
    assert shown_name(PurePosixPath("/home/anna/omni.toml")) == "/home/anna/omni.toml"
    assert shown_name(PurePosixPath("devino://key@host")) == "<16 characters>"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@shop", "https://shop"),
        ("s30+x.y-z9://bucket/key", "s30+x.y-z9://bucket"),
        ("30://bucket", "<11 characters>"),
    ],
)
def test_a_url_of_any_scheme_shows_its_host(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@pytest.mark.parametrize("number", ["+37251000000", "+372 5100-0000", "+372 (51) 00.00/00"])
def test_a_number_is_one_however_it_is_grouped(number: str) -> None:
    assert mask_sender(number) == "+372…00"
    assert mask_words(number) == "+372…00"


@pytest.mark.parametrize("length", [100, 101])
def test_a_sender_has_a_name_of_some_length(length: int) -> None:
    name = "X" * length
    assert mask_sender(name) == (repr(name) if length == 100 else mask_text(name))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Number +37251000000 is blocked", "Number +372…00 is blocked"),
        ("to 372 51 00 00 00, 372-51-00-00-01", "to 372…00, 372…01"),
        ("<anna@example.com> is unknown", "<a…@example.com> is unknown"),
        ("(8) 916  123..45-67", "(891…67"),
        ("call 8/916/1234567!", "call 891…67!"),
        ("nothing to hide: 123456, 123 - 4567", "nothing to hide: 123456, 123 - 4567"),
        ("the shortest: 1234567", "the shortest: …67"),
        ("", ""),
    ],
)
def test_numbers_and_addresses_in_a_sentence_are_masked(words: str, shown: str) -> None:
    assert mask_words(words) == shown


@given(
    st.from_regex(r"[a-z ]{0,20}", fullmatch=True),
    st.from_regex(r"\+[1-9][0-9]{9,14}", fullmatch=True),
    st.sampled_from(["", " ", "-", ". ", "/", ") "]),
    st.from_regex(r"[a-z ]{0,20}", fullmatch=True),
)
def test_no_grouping_of_digits_gets_a_number_out(
    before: str, number: str, between: str, after: str
) -> None:
    grouped = between.join([number[:4], number[4:7], number[7:]])
    shown = mask_words(f"{before}{grouped}{after}")
    assert shown == f"{before}{number[:4]}…{number[-2:]}{after}"
