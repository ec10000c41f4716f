"""JSON means the same whichever library writes and reads it."""

from __future__ import annotations

import builtins
import json
import math
from datetime import UTC, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from omni_common.converter import (
    STANDARD_JSON,
    JsonBackend,
    JsonError,
    dumps,
    fastest_json,
    loads,
    orjson_backend,
)


def _backends() -> list[JsonBackend]:
    orjson = orjson_backend()
    return [STANDARD_JSON] if orjson is None else [STANDARD_JSON, orjson]


BACKENDS = _backends()
each_backend = pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    SCALARS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


class Mixed(Enum):
    WORD = "one"
    NUMBER = 1


@each_backend
@given(value=JSON)
def test_json_goes_out_and_comes_back_unchanged(backend: JsonBackend, value: Any) -> None:
    # By their text, since to == true is 1 and 1.0 is 1.
    assert repr(loads(dumps(value, backend=backend), backend=backend)) == repr(value)


@given(value=JSON)
def test_all_backends_write_and_read_the_same(value: Any) -> None:
    bodies = [dumps(value, backend=backend) for backend in BACKENDS]

    assert {repr(json.loads(body)) for body in bodies} == {repr(value)}
    assert {repr(loads(body, backend=each)) for body in bodies for each in BACKENDS} == {
        repr(value)
    }


@given(body=st.binary() | st.text('[]{}",:0123456789.eE+-truefalsnNaIi\\ud8 ').map(str.encode))
def test_all_backends_agree_on_what_is_json(body: bytes) -> None:
    verdicts = set()
    for backend in BACKENDS:
        try:
            verdicts.add(repr(loads(body, backend=backend)))
        except JsonError as error:
            verdicts.add(str(error))

    assert len(verdicts) == 1


@each_backend
@pytest.mark.parametrize(
    "number",
    [2**63, 2**64 - 1, 2**64, 2**70, -(2**63), -(2**63) - 1, 234567865432456787634, 10**300],
)
def test_whole_numbers_of_any_size_are_exact(backend: JsonBackend, number: int) -> None:
    body = dumps({"id": number}, backend=backend)

    assert body == b'{"id":%d}' % number
    assert loads(body, backend=backend) == {"id": number}
    assert type(loads(body, backend=backend)["id"]) is int


@each_backend
def test_bodies_are_compact_utf8(backend: JsonBackend) -> None:
    assert dumps({"text": "Tere õhtust 😀", "n": [1, True]}, backend=backend) == (
        '{"text":"Tere õhtust 😀","n":[1,true]}'.encode()
    )


@each_backend
@pytest.mark.parametrize(
    ("value", "body"),
    [
        (Colour.RED, b'"red"'),
        (Size.SMALL, b"1"),
        (Mixed.WORD, b'"one"'),
        ({Colour.RED: 1, 2: 3}, b'{"red":1,"2":3}'),
        ((1, 2), b"[1,2]"),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (None, b"null"),
    ],
)
def test_what_one_library_writes_by_itself_all_write(
    backend: JsonBackend, value: Any, body: bytes
) -> None:
    assert dumps(value, backend=backend) == body


@each_backend
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(backend: JsonBackend, number: float) -> None:
    with pytest.raises(JsonError, match="not finite"):
        dumps({"deep": [None, {"n": number}]}, backend=backend)


@each_backend
@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"-Infinity", b'{"n":1e400}'])
def test_a_number_that_no_float_holds_is_not_json(backend: JsonBackend, body: bytes) -> None:
    with pytest.raises(JsonError, match="not finite"):
        loads(body, backend=backend)


@each_backend
def test_half_a_character_is_refused_without_showing_the_text(backend: JsonBackend) -> None:
    with pytest.raises(JsonError, match="lone surrogate") as caught:
        dumps({"text": "canary \ud83d"}, backend=backend)

    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


@each_backend
def test_half_a_character_that_arrives_as_an_escape_is_kept(backend: JsonBackend) -> None:
    assert loads(b'{"t":"\\ud83d"}', backend=backend) == {"t": "\ud83d"}


@each_backend
def test_of_a_repeated_key_the_last_value_counts(backend: JsonBackend) -> None:
    assert loads(b'{"a":1,"a":2}', backend=backend) == {"a": 2}


@each_backend
def test_a_byte_order_mark_is_no_content(backend: JsonBackend) -> None:
    assert loads(b'\xef\xbb\xbf{"a":1}', backend=backend) == {"a": 1}


@each_backend
def test_deep_nesting_is_a_clear_error_both_ways(backend: JsonBackend) -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(JsonError, match="too deeply"):
        dumps(value, backend=backend)
    with pytest.raises(JsonError, match="too deeply"):
        loads(b"[" * 1_000_000, backend=backend)


@each_backend
@pytest.mark.parametrize(("head", "tail"), [("[", "]"), ('{"a":', "}")])
def test_a_hundred_levels_are_read_and_written_and_no_more(
    backend: JsonBackend, head: str, tail: str
) -> None:
    deep = [(head * depth + "{}" + tail * depth).encode() for depth in (99, 100)]
    value = loads(deep[0], backend=backend)

    assert dumps(value, backend=backend) == deep[0]
    with pytest.raises(JsonError, match="too deeply"):
        loads(deep[1], backend=backend)
    with pytest.raises(JsonError, match="too deeply"):
        dumps([value], backend=backend)


@each_backend
@given(
    levels=st.lists(
        st.sampled_from(["alone", "in the middle", "keyed"]), min_size=96, max_size=104
    ),
    beside=st.sampled_from([[], "[", "{]" * 60, [[]] * 60, {"[": {"{": ["]"]}}]),
)
def test_whatever_stands_beside_a_level_it_counts_once(
    backend: JsonBackend, levels: list[str], beside: Any
) -> None:
    value: Any = 0
    for level in levels:
        match level:
            case "alone":
                value = [value]
            case "in the middle":
                value = [beside, value, beside]
            case _:
                value = {"}": beside, "{": value}
    if len(levels) <= 100 - 3:  # what stands beside has up to three levels of its own
        assert loads(dumps(value, backend=backend), backend=backend) == value
    if len(levels) > 100:
        with pytest.raises(JsonError, match="too deeply"):
            dumps(value, backend=backend)
        with pytest.raises(JsonError, match="too deeply"):
            loads(json.dumps(value).encode(), backend=backend)


@each_backend
@pytest.mark.parametrize("value", ["[" * 200, ["{" * 200], [[]] * 200, [{"[": "{"}] * 200])
def test_brackets_alone_are_no_depth(backend: JsonBackend, value: Any) -> None:
    assert loads(dumps(value, backend=backend), backend=backend) == value


@each_backend
@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), datetime.now(UTC), {(1,): 2}])
def test_a_type_that_json_does_not_have_is_named(backend: JsonBackend, value: Any) -> None:
    with pytest.raises(JsonError, match=r"JSON|keys"):
        dumps([value], backend=backend)


@each_backend
def test_a_value_that_holds_itself_is_refused(backend: JsonBackend) -> None:
    value: list[Any] = []
    value.append(value)

    with pytest.raises(JsonError):
        dumps(value, backend=backend)


@each_backend
@pytest.mark.parametrize(
    "body", [b"", b"<html>canary</html>", b'{"canary":', b"\xffcanary", b"[1,]"]
)
def test_what_is_not_json_is_refused_without_showing_it(backend: JsonBackend, body: bytes) -> None:
    with pytest.raises(JsonError, match=r"not (JSON|UTF-8) at") as caught:
        loads(body, backend=backend)

    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


@each_backend
def test_a_number_with_thousands_of_digits_is_refused(backend: JsonBackend) -> None:
    with pytest.raises(JsonError, match="too long"):
        loads(b"1" * 5000, backend=backend)
    with pytest.raises(JsonError, match="too long"):
        dumps(10**5000, backend=backend)


def test_orjson_is_used_where_it_is_installed() -> None:
    pytest.importorskip("orjson")

    assert fastest_json().name == "orjson"


def test_without_orjson_the_standard_library_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without_orjson(name: str, *rest: Any, **named: Any) -> Any:
        if name == "orjson":
            raise ImportError(name)
        return genuine(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_orjson)

    assert orjson_backend() is None
    assert fastest_json.__wrapped__() is STANDARD_JSON
