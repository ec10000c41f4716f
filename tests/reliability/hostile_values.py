"""Python objects that a program might pass by mistake, and genuine ones that hold such a thing."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import attrs
from hypothesis import strategies as st

from omni_common.secret import Secret
from tests.reliability.hostile_json import HOSTILE_TEXTS, Place, texts, values

__all__ = ["ODD_THINGS", "places_in", "spoilt", "things", "with_thing"]


class _Word(StrEnum):
    LONE = "\ud800"
    SMS = "SMS"


class _Number(IntEnum):
    LONG = 10**30


class _Other(Enum):
    NOTHING = None


_EAST, _WEST = timezone(timedelta(hours=14)), timezone(-timedelta(hours=23, minutes=59))
_MOMENTS: Final = (
    datetime.min,  # noqa: DTZ901
    datetime.max,  # noqa: DTZ901
    datetime.min.replace(tzinfo=_EAST),
    datetime.max.replace(tzinfo=_WEST),
    datetime(2026, 3, 29, 2, 30, fold=1),  # noqa: DTZ001
    datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=1))),
    date(2026, 1, 1),
    time(1),
)
_DURATIONS: Final = (
    timedelta.min,
    timedelta.max,
    timedelta(),
    -timedelta(seconds=60),
    timedelta(microseconds=1),
    timedelta(seconds=90),
    timedelta(days=400),
)
_OTHERS: Final[tuple[Any, ...]] = (
    *(b"", b"bytes", b"\xff", bytearray(b"x"), memoryview(b"x"), object(), int, len, Ellipsis),
    *(_Word.LONE, _Word.SMS, _Number.LONG, _Other.NOTHING, Secret("x"), Path("x"), UUID(int=1)),
    *(Decimal("NaN"), Decimal("1e99999"), Decimal("sNaN"), 1j, math.nan, 10**5_000, -(10**5_000)),
    *((), [], {}, set(), {1}, frozenset({"a"}), range(3), "x" * 40_000, "5" * 4_301, "\u0663" * 9),
    *({1: 2}, {None: 1}, {(1, 2): 3}, {b"a": 1}, {"a": object()}, {"a": {1}}, {"a": math.nan}),
    *(
        {"a": 10**5_000},
        {"\ud800": 1},
        {"a": "\ud800"},
        {_Word.LONE: 1},
        OrderedDict(a=1),
    ),
    *(MappingProxyType({"a": 1}), MappingProxyType({"a": MappingProxyType({})}), [None], ["", ""]),
)


def _deep(depth: int, kind: type) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value} if kind is dict else kind([value])
    return value


def _cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["a"] = [value]
    return value


ODD_THINGS: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 10**40, 2**64, 0.5, -0.0, math.inf),
    *(*_MOMENTS, *_DURATIONS, *_OTHERS, *HOSTILE_TEXTS, _cyclic()),
    *(_deep(depth, kind) for depth in (98, 101, 990) for kind in (dict, list)),
)
"""What is tried in every field, one after the other."""


def things() -> st.SearchStrategy[Any]:
    """Anything: plain values, texts of every kind, times, numbers, containers, foreign objects."""
    deep = st.builds(_deep, st.sampled_from([2, 98, 101, 400, 990]), st.sampled_from([dict, list]))
    wide = st.dictionaries(texts(), values(), max_size=2)
    odd = st.sampled_from(ODD_THINGS)
    made = st.builds(iter, st.just(["a", None])) | deep
    digits = st.integers(0, 10**25).map(str) | st.integers(-1, 10**6)
    return st.one_of(
        odd, texts(), values(), wide, made, digits, st.lists(odd | texts(), max_size=2)
    )


def places_in(value: Any, at: Place = ()) -> list[Place]:
    """The way to everything in *value*: through attrs objects, mappings, lists and tuples."""
    found = [at]
    for name, inner in _inside(value):
        found += places_in(inner, (*at, name))
    return found


def spoilt(genuine: Mapping[str, Any]) -> st.SearchStrategy[tuple[tuple[Place, Any], ...]]:
    """One or two changes of what *genuine* holds: what to put where."""
    places = st.sampled_from([place for place in places_in(genuine) if place])
    return st.lists(st.tuples(places, things()), min_size=1, max_size=2).map(tuple)


def with_thing(value: Any, place: Place, thing: Any) -> Any:
    """*value* with *thing* at *place*, made anew from the inside out; the same if it is gone."""
    if not place:
        return thing
    name, *rest = place
    inside = dict(_inside(value))
    if name not in inside:
        return value
    new = with_thing(inside[name], tuple(rest), thing)
    if attrs.has(type(value)):
        return attrs.evolve(value, **{str(name): new})
    if isinstance(value, Mapping):
        return {**value, name: new}
    return type(value)(new if place == name else item for place, item in enumerate(value))


def _inside(value: Any) -> list[tuple[str | int, Any]]:
    if attrs.has(type(value)):
        return [(each.name, getattr(value, each.name)) for each in attrs.fields(type(value))]
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list | tuple) else []
