"""A secret comes out through reveal() and in no other way."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import attrs
import cattrs.preconf.json
import pytest
from hypothesis import given, strategies as st

from omni_common.secret import Secret

CANARY = "k4n4ry/+="


def test_reveal_returns_the_text() -> None:
    assert Secret(CANARY).reveal() == CANARY


def test_a_secret_made_of_a_secret_holds_the_same_text() -> None:
    assert Secret(Secret(CANARY)) == Secret(CANARY)


@pytest.mark.parametrize("value", [None, 1, b"bytes"])
def test_a_secret_is_made_of_text_alone(value: Any) -> None:
    named = type(value).__name__
    with pytest.raises(TypeError, match=f"a secret is made of a str, not of {named}$") as caught:
        Secret(value)
    assert "bytes'" not in str(caught.value)


PRINTERS: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "f-string": lambda secret: f"{secret}",
    "f-string with !r": lambda secret: f"{secret!r:>40}",
    "f-string with a width": lambda secret: f"{secret:>40}",
    "inside containers": lambda secret: f"{[secret]} { ({'key': secret}) }",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - one more way to print
    "field of a model": lambda secret: repr(attrs.make_class("Login", ["password"])(secret)),
}


@pytest.mark.parametrize("way", PRINTERS)
def test_every_way_to_print_shows_a_mask(way: str) -> None:
    shown = PRINTERS[way](Secret(CANARY))
    assert CANARY not in shown
    assert "***" in shown


def test_the_mask_is_three_stars_and_says_what_it_masks_where_programmers_look() -> None:
    assert (str(Secret(CANARY)), f"{Secret(CANARY)}") == ("***", "***")
    assert repr(Secret(CANARY)) == "Secret('***')"


def test_the_mask_does_not_tell_the_length() -> None:
    assert repr(Secret("a")) == repr(Secret("a" * 40))
    assert not hasattr(Secret, "__len__")


def test_logs_and_tracebacks_show_a_mask(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    with pytest.raises(ValueError, match=r"\*\*\*") as caught:
        raise ValueError(secret)
    logging.getLogger("test").error("%s and %r", secret, secret, exc_info=caught.value)
    assert CANARY not in caplog.text + "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_is_refused(protocol: int) -> None:
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        pickle.dumps({"password": Secret(CANARY)}, protocol)


@pytest.mark.parametrize("method", ["__reduce__", "__getstate__"])
def test_what_copies_and_pickles_are_made_from_is_refused_too(method: str) -> None:
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        getattr(Secret(CANARY), method)()
    assert not hasattr(Secret(CANARY), "__dict__")


@pytest.mark.parametrize(
    "dump", [json.dumps, cattrs.preconf.json.make_converter().dumps], ids=["json", "cattrs"]
)
def test_json_is_refused(dump: Callable[[object], str]) -> None:
    with pytest.raises(TypeError, match="not JSON serializable") as caught:
        dump({"password": Secret(CANARY)})
    assert CANARY not in str(caught.value)


def test_copies_are_the_secret_itself() -> None:
    secret = Secret(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_a_secret_cannot_be_changed() -> None:
    secret = Secret(CANARY)
    with pytest.raises(AttributeError, match="cannot be changed"):
        secret._text = "other"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del secret._text
    assert secret.reveal() == CANARY


def test_a_secret_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(CANARY))


@given(st.text(st.characters()), st.text(st.characters()))
def test_secrets_are_equal_when_their_texts_are(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) == (one == other)
    assert Secret(one) == Secret(one)


def test_secrets_of_half_a_character_can_be_compared_too() -> None:
    assert Secret("half \ud83d") == Secret("half \ud83d")
    assert Secret("half \ud83d") != Secret("half \ude00")


def test_a_secret_never_equals_its_plain_text() -> None:
    assert Secret(CANARY) != CANARY
