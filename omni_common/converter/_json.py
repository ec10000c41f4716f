"""JSON text: one meaning, two libraries."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from attrs import frozen

_DEEPEST = 100
"""Levels of arrays and objects; the vendors' own documents have fewer than ten."""
_NESTS = (dict, list, tuple)


class JsonError(ValueError):
    """A value has no JSON form, or bytes are no JSON. The text never holds any of the content."""


@frozen
class JsonBackend:
    """One way to encode and decode JSON; errors are those of the library behind it."""

    name: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


def dumps(value: Any, *, backend: JsonBackend | None = None, shallow: bool = False) -> bytes:
    """Encode plain values as compact JSON in UTF-8.

    Whole numbers of any size are exact. Keys that are numbers become text, as JSON has it.

    Args:
        value: What to encode.
        backend: What to encode it with; the fastest there is unless given.
        shallow: Whether the caller knows how deep *value* is; of many small ones, looking takes
            longer than encoding.

    Raises:
        JsonError: A text holds a lone surrogate, a number is not finite, the value is nested more
            than 100 levels deep or refers to itself, or holds a type that JSON does not have.
    """
    try:
        body = (backend or fastest_json()).encode(value)
        if not shallow:
            _check_depth(body, value)
    except (TypeError, ValueError, RecursionError) as error:
        problem = _encoding_problem(error)
    else:
        return body
    # Raised out here, so that the library's error, which may hold the whole text, is no context.
    raise JsonError(problem)


def loads(body: bytes, *, backend: JsonBackend | None = None) -> Any:
    """Decode JSON in UTF-8, with or without a byte order mark.

    Whole numbers of any size are exact; of a repeated key the last value counts. A lone surrogate
    that comes as an escape is kept as it came.

    Raises:
        JsonError: The bytes are not UTF-8 or not JSON, hold ``NaN`` or a number too large for a
            float, or are nested more than 100 levels deep.
    """
    try:
        value = (backend or fastest_json()).decode(body)
        _check_depth(body, value)
    except (ValueError, RecursionError) as error:
        problem = _decoding_problem(error)
    else:
        return value
    raise JsonError(problem)


def _check_depth(body: bytes, value: Any) -> None:
    """Refuse a *value* that is nested too deeply; *body* is its JSON.

    Raises:
        RecursionError: It is. Without a limit of our own it would depend on the library, and on how
            much of the stack is left, what is read; and what was, could then be too deep to be
            compared, copied or pickled.
    """
    # Each list and dict has a bracket in the JSON, so that those not met yet can be bounded.
    unmet = body.count(b"[") + body.count(b"{")
    level = [value] if isinstance(value, _NESTS) else []
    for depth in range(1, _DEEPEST + 1):
        unmet -= len(level)
        if not level or depth + unmet <= _DEEPEST:
            return
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) is not str and isinstance(inner, _NESTS)  # most are text
        ]
    if level:
        raise RecursionError


def _encoding_problem(error: Exception) -> str:
    match error:
        case RecursionError():
            return "the value is nested too deeply for JSON"
        case UnicodeEncodeError():
            return "a text holds half a character (a lone surrogate), which cannot be sent"
        case ValueError():
            return "a number is not finite or too long, or the value refers to itself"
        case _:
            return str(error)  # names types only


def _decoding_problem(error: Exception) -> str:
    match error:
        case RecursionError():
            return "the JSON is nested too deeply"
        case UnicodeDecodeError():
            return f"not UTF-8 at byte {error.start}"
        case json.JSONDecodeError():
            return f"not JSON at character {error.pos}: {error.msg}"
        case _:
            return "the JSON holds a number that is not finite or too long"


def _encode(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


def _plain(value: object) -> object:
    """Write what orjson would write by itself."""
    match value:
        case Enum():
            return value.value
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"JSON has no form for {type(value).__name__}")


def _decode(body: bytes) -> Any:
    text = body.removeprefix(BOM_UTF8).decode()
    # Looking for white space around a document, as ``decode`` does, takes as long as reading it.
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        return _DECODER.decode(text)
    return value if end == len(text) else _DECODER.decode(text)


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("too large for a float")
    return number


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


# Made once: json.dumps and json.loads would make them anew in each call that has such options.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
)
_DECODER = json.JSONDecoder(parse_float=_finite_float, parse_constant=_refuse_constant)

STANDARD_JSON = JsonBackend("json", _encode, _decode)
"""The standard library's JSON."""

_DIGITS_TO_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_POSITIVE, _LONG_NEGATIVE = b"0" * 20, b"-" + b"0" * 19


def _holds_long_integer(body: bytes) -> bool:
    """Whether *body* holds a run of digits that might not fit 64 bits.

    orjson would read it as a float without a word (T19). Every answer pays for this question; this
    way costs a tenth of what a regular expression does.
    """
    runs = body.translate(_DIGITS_TO_ZEROS)
    return _LONG_POSITIVE in runs or _LONG_NEGATIVE in runs


def orjson_backend() -> JsonBackend | None:
    """The backend on orjson; None where it is not installed."""
    try:
        import orjson
    except ImportError:
        return None
    option = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS

    def encode(value: Any) -> bytes:
        try:
            body = orjson.dumps(value, option=option)
        except TypeError:
            return _encode(value)
        # orjson writes NaN as null, so only a body without null surely held none.
        return _encode(value) if b"null" in body else body

    def decode(body: bytes) -> Any:
        if _holds_long_integer(body):
            return _decode(body)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return _decode(body)

    return JsonBackend("orjson", encode, decode)


@cache
def fastest_json() -> JsonBackend:
    """The backend that is used unless another is given: orjson's, or the standard library's."""
    return orjson_backend() or STANDARD_JSON
