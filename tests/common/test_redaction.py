"""Masks: what they show, and that they take anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from attrs import field, frozen
from hypothesis import given, strategies as st

from omni_common.message import Sms
from omni_common.receipt import Part
from omni_common.redaction import (
    mask_number,
    mask_sender,
    mask_text,
    mask_url,
    shown_id,
    shown_key,
    shown_name,
)
from omni_common.secret import Secret

ANYTHING = st.one_of(
    st.text(),
    st.none(),
    st.integers(),
    st.binary(),
    st.lists(st.text()),
    st.builds(Secret, st.text()),
)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+37251000000", "+372…00"),
        ("79001234567", "790…67"),
        ("+3725100000", "+372…00"),
        ("+123456789", "+12…89"),
        ("+12345678", "+1…78"),
        ("+1234567", "+…67"),
    ],
)
def test_a_number_keeps_its_ends_and_hides_at_least_five_digits(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_no_more_than_five_digits_of_a_number_are_shown(number: str) -> None:
    shown = mask_number(number)
    digits = sum(character.isdigit() for character in shown)
    assert digits <= min(5, len(number) - 1 - 5)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("alice@shop.example", "a…@shop.example"), ("ж@пример.рф", "ж…@пример.рф")],
)
def test_an_email_keeps_its_first_letter_and_its_domain(address: str, shown: str) -> None:
    assert mask_number(address) == shown


@pytest.mark.parametrize("text", ["12345", "no address", "a@b@c", "+372 5100 0000", ""])
def test_a_recipient_of_no_known_form_is_hidden_whole(text: str) -> None:
    assert mask_number(text) == mask_text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Your code is 1234", "<17 characters>"),
        ("1", "<1 character>"),
        ("", "<0 characters>"),
        (b"ab", "<2 bytes>"),
        (b"a", "<1 byte>"),
        (None, "None"),
        (["a", "b"], "<list>"),
        (Secret("a"), "<Secret>"),
    ],
)
def test_a_text_shows_only_its_length(text: object, shown: str) -> None:
    assert mask_text(text) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://user:pass@Shop.example:8443/path?q=1#f", "https://shop.example"),
        ("http://[::1]:4010/v1", "http://[::1]"),
        ("messente://user:pass@default?sender=Shop", "messente://default"),
        ("messente://user:pa/ss@default", "messente://…"),
        ("messente://user:pa?ss@default", "messente://…"),
        ("messente://user:pa#ss@default", "messente://…"),
        ("https://[broken", "https://…"),
        ("https:///path", "https://…"),
        ("no url at all", "<13 characters>"),
        (None, "None"),
        (7, "<int>"),
    ],
)
def test_a_url_shows_only_its_scheme_and_host(url: object, shown: str) -> None:
    assert mask_url(url) == shown


@given(ANYTHING)
def test_no_mask_ever_raises(anything: object) -> None:
    for mask in (mask_number, mask_text, mask_url):
        assert isinstance(mask(anything), str)


@pytest.mark.parametrize(
    "mask", [mask_number, mask_sender, mask_text, mask_url, shown_id, shown_key]
)
@pytest.mark.parametrize("odd", ["\ud800", "\x1b[2J", "\x00", "\u202e", "\u2028", "\ufeff"])
@pytest.mark.parametrize("text", ["{}", "{}@example.com", "a@{}", "http://{}/", "http://a{}b/x"])
def test_what_is_shown_can_be_printed_and_does_nothing_to_a_terminal(
    mask: Callable[[object], str], odd: str, text: str
) -> None:
    assert mask(text.format(odd)).isprintable()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("profiles.shop.pasword", "profiles.shop.pasword"),
        ("my shop (new)", "my shop (new)"),
        ("\u043c\u043e\u044f", "\u043c\u043e\u044f"),
        (PurePosixPath("/etc/omni.toml"), "/etc/omni.toml"),
        (PureWindowsPath("C:/omni.toml"), "C:\\omni.toml"),
        ("messente://me:pw@default", "<24 characters>"),
        (PurePosixPath("messente://me:pw@default"), "<23 characters>"),
        ("/etc/messente:/me:pw@default", "<28 characters>"),
        ("a\nb", "<3 characters>"),
        ("a" * 501, "<501 characters>"),
        (5, "<int>"),
    ],
)
def test_a_name_is_shown_unless_it_may_be_a_connection_url(name: object, shown: str) -> None:
    assert shown_name(name) == shown


def test_masks_serve_as_the_repr_of_a_field() -> None:
    @frozen
    class Letter:
        to: str | None = field(repr=mask_number)
        text: str = field(repr=mask_text)
        link: str | None = field(default=None, repr=mask_url)

    letter = Letter("+37251000000", "Hello", "https://shop.example/secret")
    assert repr(letter).endswith(
        "Letter(to=+372…00, text=<5 characters>, link=https://shop.example)"
    )
    assert repr(Letter(None, "")).endswith("Letter(to=None, text=<0 characters>, link=None)")


@pytest.mark.parametrize("number", ["+37251234567", "37251234567"])
def test_a_sender_that_is_a_number_is_masked_and_a_name_is_not(number: str) -> None:
    assert "1234" not in mask_sender(number)
    assert mask_sender("Shop") == "'Shop'"
    assert mask_sender(None) == "None"
    for holder in (Sms("Hi", sender=number), Part("sms", "1", number)):
        assert number not in repr(holder)


@pytest.mark.parametrize("text", ["a\r\nb", "devino://key@host", "x" * 200, "", None, 5])
def test_only_what_looks_like_an_id_is_shown_as_one(text: object) -> None:
    assert shown_id("messente:d7248cda-6c1a") == "messente:d7248cda-6c1a"
    assert shown_id(text) == mask_text(text)
