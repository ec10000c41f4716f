"""The converter never guesses: a value is read as what it is, or refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import NoneType
from typing import Any, ClassVar

import pytest
from attrs import field, frozen
from hypothesis import given, strategies as st

from omni_common.converter import (
    ALWAYS_WRITTEN,
    LenientBool,
    LenientDecimal,
    LenientInt,
    LenientText,
    StructureError,
    dumps,
    loads,
    make_converter,
    register_tagged_union,
    structure,
)
from omni_common.errors import InvalidMessageError


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


class Mixed(Enum):
    WORD = "one"
    NUMBER = 1


# --- Strict values --------------------------------------------------------------------------------


def _name(value: object) -> str:
    return ascii(value)[:40]


VALUES: list[tuple[Any, Any, Any]] = [
    (str, "x", "x"),
    (int, 5, 5),
    (float, 1.5, 1.5),
    (float, 2, 2.0),
    (bool, True, True),
    (NoneType, None, None),
    (Decimal, "0.10", Decimal("0.10")),
    (timedelta, 90, timedelta(seconds=90)),
    (datetime, "2030-06-22T09:05:07+04:00", datetime(2030, 6, 22, 5, 5, 7, tzinfo=UTC)),
    (datetime, "2030-06-22T09:05:07Z", datetime(2030, 6, 22, 9, 5, 7, tzinfo=UTC)),
    (Colour, "red", Colour.RED),
    (Size, 1, Size.SMALL),
    (Mixed, 1, Mixed.NUMBER),
    (tuple[int, ...], [1, 2], (1, 2)),
    (list[str], ["a"], ["a"]),
    (frozenset[str], ["a"], frozenset({"a"})),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (LenientText, "007", "007"),
    (LenientText, 3701172084729885952, "3701172084729885952"),
    (LenientInt, "34234", 34234),
    (LenientInt, 5, 5),
    (LenientDecimal, "1.0000", Decimal("1.0000")),
    (LenientDecimal, 0.1, Decimal("0.1")),
    (LenientDecimal, 2, Decimal(2)),
    (LenientBool, "No", False),
    (LenientBool, "TRUE", True),
    (LenientBool, False, False),
]


@pytest.mark.parametrize(("kind", "plain", "value"), VALUES, ids=_name)
def test_a_plain_value_of_the_right_type_is_read(kind: Any, plain: Any, value: Any) -> None:
    read: Any = structure(make_converter(), plain, kind)

    assert read == value
    assert type(read) is type(value)


REFUSED: dict[Any, tuple[Any, ...]] = {
    str: (None, 5, True, [], {}),
    int: (None, "5", True, 1.0, 1.5),
    float: (None, "5", True, 10**400),
    bool: (None, "false", 0, 1),
    NoneType: (0, False, "None"),
    Decimal: (None, 1, 0.1, "NaN", "Infinity", "one", ""),
    timedelta: (None, "5", 1.5, True, 10**30),
    datetime: (None, 0, "tomorrow", "2030-06-22T09:05:07", "2030-06-22T24:00Z", ""),
    Colour: ("blue", None, 1),
    Size: (2, "1", True, 1.0),
    Mixed: (True, 1.0, "1"),
    tuple[str, ...]: ("ab", None, {"a": 1}, [1]),
    list[str]: ("ab", {"a": 1}),
    frozenset[str]: ("ab", {"a": 1}),
    dict[str, str]: ("ab", ["a"], {"a": None}),
    LenientText: (None, True, 1.0),
    LenientInt: (None, True, "1.0", "", "٣"),
    LenientDecimal: (None, True, "NaN"),
    LenientBool: (None, 1, "maybe"),
}
MISMATCHES = [(kind, plain) for kind, plains in REFUSED.items() for plain in plains]


@pytest.mark.parametrize(("kind", "plain"), MISMATCHES, ids=_name)
def test_a_plain_value_of_another_type_is_refused_never_turned(kind: Any, plain: Any) -> None:
    with pytest.raises(StructureError):
        structure(make_converter(), plain, kind)


@given(plain=st.none() | st.booleans() | st.integers() | st.floats() | st.text())
def test_text_is_read_from_text_alone(plain: Any) -> None:
    if isinstance(plain, str):
        assert structure(make_converter(), plain, str) == plain
    else:
        with pytest.raises(StructureError, match="expected text, not"):
            structure(make_converter(), plain, str)


# --- Objects --------------------------------------------------------------------------------------


def _refuse_long(_: object, __: object, value: str | None) -> None:
    if value is not None and len(value) > 10:
        msg = "Leaf.name is too long"
        raise InvalidMessageError(msg, field="name")


@frozen
class Leaf:
    kind: ClassVar[str] = "leaf"

    name: str | None = field(default=None, validator=_refuse_long)
    count: int | None = None
    tags: tuple[str, ...] = field(default=(), metadata=dict(ALWAYS_WRITTEN))


@frozen
class Stone:
    kind: ClassVar[str] = "stone"

    colour: Colour | None = None
    size: Size | None = None
    at: datetime | None = None
    age: timedelta | None = None
    weight: Decimal | None = None


@frozen
class Box:
    things: tuple[Leaf | Stone, ...]
    notes: Mapping[str, str] | None = None


def _converter() -> Any:
    converter = make_converter(forbid_extra_keys=True, omit_if_default=True)
    register_tagged_union(converter, Leaf | Stone, tag="kind")
    return converter


STONE = Stone(
    Colour.RED,
    Size.SMALL,
    datetime(2030, 1, 1, 3, tzinfo=timezone(timedelta(hours=3))),
    timedelta(days=2),
    Decimal("1.50"),
)


def test_objects_are_written_as_plain_values_without_what_was_not_set() -> None:
    wire = _converter().unstructure(Box((Leaf("oak"), STONE)))

    assert wire == {
        "things": [
            {"kind": "leaf", "name": "oak", "tags": []},
            {
                "kind": "stone",
                "colour": "red",
                "size": 1,
                "at": "2030-01-01T00:00:00+00:00",
                "age": 172800,
                "weight": "1.50",
            },
        ]
    }
    kinds = [type(value) for value in wire["things"][1].values()]
    assert kinds == [str, str, int, str, int, str]


def test_objects_come_back_as_they_went() -> None:
    box = Box((STONE, Leaf("oak", 3, ("a",))), {"to": "you"})

    assert structure(_converter(), loads(dumps(_converter().unstructure(box))), Box) == box


def test_an_offset_with_seconds_is_written_in_utc() -> None:
    odd = timezone(timedelta(hours=2, minutes=30, seconds=17))
    when = datetime(2030, 1, 1, 12, tzinfo=odd)

    assert make_converter().unstructure(when) == "2030-01-01T09:29:43+00:00"


@pytest.mark.parametrize("value", [datetime(2030, 1, 1), timedelta(seconds=1.5)])  # noqa: DTZ001
def test_what_has_no_exact_plain_form_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match=r"time zone|whole"):
        make_converter().unstructure(value)


@pytest.mark.parametrize(
    ("plain", "problem"),
    [
        ({}, "missing at $.things"),
        ([], "expected an object, not a list at $"),
        ({"things": "ab"}, "expected a list, not text at $.things"),
        ({"things": ["ab"]}, "expected an object, not text at $.things[0]"),
        ({"things": [{"name": "x"}]}, "expected as kind one of leaf, stone at $.things[0]"),
        ({"things": [{"kind": ["leaf"]}]}, "expected as kind one of leaf, stone at $.things[0]"),
        (
            {"things": [{"kind": "leaf"}, {"kind": "leaf", "name": 5, "count": True}]},
            (
                "expected text, not a whole number at $.things[1].name;"
                " expected a whole number, not true or false at $.things[1].count"
            ),
        ),
        (
            {"things": [{"kind": "leaf", "name": "canary canary"}]},
            "Leaf.name is too long at $.things[0]",
        ),
        (
            {"things": [{"kind": "stone", "colour": "canary"}]},
            "expected one of red at $.things[0].colour",
        ),
        (
            {"things": [{"kind": "stone", "at": "canary"}]},
            "expected a date and time in ISO-8601 at $.things[0].at",
        ),
        ({"things": [], "colour": "canary"}, "unknown keys colour at $"),
        ({"things": [], "notes": "canary"}, "expected an object at $.notes"),
    ],
)
def test_an_error_says_where_and_why_in_one_line_without_the_values(
    plain: Any, problem: str
) -> None:
    with pytest.raises(StructureError) as caught:
        structure(_converter(), plain, Box)

    assert str(caught.value) == problem
    assert caught.value.__context__ is None


def _refuse_all(_: object, __: object, value: str) -> None:
    raise ValueError(value)


@frozen
class Sealed:
    content: str = field(validator=_refuse_all)


def test_an_error_of_someone_elses_making_is_not_quoted() -> None:
    with pytest.raises(StructureError) as caught:
        structure(make_converter(), [{"content": "canary"}], list[Sealed])

    assert str(caught.value) == "not a valid value at $[0]"


def test_unknown_keys_of_an_answer_are_ignored() -> None:
    assert structure(make_converter(), {"name": "oak", "new": 1}, Leaf) == Leaf("oak")


def test_everything_is_written_unless_asked_otherwise() -> None:
    assert make_converter().unstructure(Leaf()) == {"name": None, "count": None, "tags": []}


def test_importing_the_converter_imports_neither_cattrs_nor_orjson() -> None:
    program = (
        "import sys, omni_common.converter;"
        "sys.exit(' '.join({'cattrs', 'orjson'} & sys.modules.keys()) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (run.stderr.strip(), run.returncode) == ("", 0)
