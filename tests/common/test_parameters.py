"""Settings read off a constructor, and values made to fit them."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Unpack

import pytest

from omni_common.errors import ConfigurationError
from omni_common.parameters import Parameter, parameters
from omni_common.secret import Secret
from omni_common.settings import TransportOptions
from tests.support.third_party import Keyed, Plain, Shop

CANARY = "k4n4ry"


def parameter(*kinds: Any) -> Parameter:
    return Parameter("it", kinds, required=False)


def test_a_class_without_a_constructor_has_no_settings() -> None:
    assert parameters(Plain) == {}


def test_the_keys_of_an_unpacked_dict_are_settings_and_the_session_is_none() -> None:
    found = parameters(Shop)
    assert set(found) == {
        "user",
        "password",
        "sender",
        "batch_size",
        *TransportOptions.__annotations__,
    }
    assert [name for name, each in found.items() if each.required] == ["user", "password"]


def test_credentials_are_told_by_their_type() -> None:
    found = parameters(Keyed)
    assert [name for name, each in found.items() if each.is_secret] == ["key", "password"]


class Extra(TypedDict, total=False):
    zone: str


class Odd:
    """Has every kind of parameter that is hard to read."""

    def __init__(  # type: ignore[no-untyped-def]
        self,
        nearby: "Nowhere | str",  # type: ignore[name-defined]  # noqa: F821, UP037
        untyped,  # noqa: ANN001
        /,
        only: object,
        text: "str" = "",  # noqa: UP037
        *rest: str,
        numbers: list[int] | None = None,
        choice: Literal["a", "b"] | None = None,
        level: Literal[1, 2] = 1,
        **options: Unpack[Extra],
    ) -> None: ...


def test_what_no_url_could_hold_is_left_out() -> None:
    assert set(parameters(Odd)) == {"text", "choice", "zone"}


def test_plain_keyword_arguments_hold_no_settings() -> None:
    class Open:
        def __init__(self, name: str, **anything: object) -> None: ...

    assert set(parameters(Open)) == {"name"}


@pytest.mark.parametrize(
    ("kinds", "text", "value"),
    [
        ((str,), "Shop", "Shop"),
        ((str, type(None)), "5", "5"),
        ((int,), "-5", -5),
        ((float,), "2", 2.0),
        ((float,), "2.5e-1", 0.25),
        ((int, float), "2", 2),
        ((int, float), "2.5", 2.5),
        ((bool,), "true", True),
        ((bool,), "False", False),
        ((bool, str), "yes", "yes"),
        ((int, str), "5", 5),
        ((Secret,), CANARY, Secret(CANARY)),
        ((Literal["a", "b"],), "b", "b"),
    ],
)
def test_a_text_becomes_the_type_that_is_asked_for(
    kinds: tuple[Any, ...], text: str, value: object
) -> None:
    found = parameter(*kinds).from_text(text, "it")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kinds", "value"),
    [
        ((str,), ""),
        ((str, type(None)), None),
        ((int,), 5),
        ((float,), 2.5),
        ((int, float), 2),
        ((bool,), False),
        ((Literal["a", "b"],), "a"),
    ],
)
def test_a_value_of_the_right_type_is_taken_as_it_is(kinds: tuple[Any, ...], value: object) -> None:
    found = parameter(*kinds).from_value(value, "it")
    assert found == value
    assert type(found) is type(value)


def test_a_whole_number_is_a_number_too() -> None:
    assert isinstance(parameter(float).from_value(5, "it"), float)


def test_a_secret_is_opened_only_for_a_parameter_that_knows_no_secrets() -> None:
    assert parameter(Secret).from_value(CANARY, "it") == Secret(CANARY)
    assert parameter(Secret).from_value(Secret(CANARY), "it") == Secret(CANARY)
    assert parameter(str).from_value(Secret(CANARY), "it") == CANARY


@pytest.mark.parametrize(
    ("kinds", "text", "expected"),
    [
        ((int,), "5.0", "a whole number"),
        ((int,), f"{CANARY}", "a whole number"),
        ((int,), "٥", "a whole number"),
        ((int,), "9" * 5000, "a whole number"),
        ((float,), "nan", "a number"),
        ((float,), "1_000", "a number"),
        ((float, type(None)), "None", "a number"),
        ((bool,), "1", "true or false"),
        ((bool,), "yes", "true or false"),
        ((bool, int), CANARY, "true or false or a whole number"),
        ((Secret,), "", "a text that is not empty"),
        ((Literal["a", "b"],), CANARY, "one of a, b"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_unquoted(
    kinds: tuple[Any, ...], text: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^it must be {expected}$") as caught:
        parameter(*kinds).from_text(text, "it")
    assert caught.value.field == "it"
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("kinds", "value", "expected"),
    [
        ((str,), 5, "a text"),
        ((str,), None, "a text"),
        ((int,), "5", "a whole number"),
        ((int,), True, "a whole number"),
        ((int,), 5.0, "a whole number"),
        ((float,), "5", "a number"),
        ((float,), False, "a number"),
        ((float,), 10**400, "a number"),
        ((bool,), "true", "true or false"),
        ((bool,), 1, "true or false"),
        ((Secret,), "", "a text that is not empty"),
        ((Secret,), [CANARY], "a text that is not empty"),
        ((Literal["a", "b"],), "c", "one of a, b"),
    ],
)
def test_a_value_of_another_type_is_refused_unquoted(
    kinds: tuple[Any, ...], value: object, expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^it must be {expected}$") as caught:
        parameter(*kinds).from_value(value, "it")
    assert CANARY not in str(caught.value)


def test_a_parameter_for_secrets_or_texts_takes_no_empty_text() -> None:
    with pytest.raises(ConfigurationError, match="not empty"):
        parameters(Shop)["password"].from_value("", "password")
