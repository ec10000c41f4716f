"""How single values are read and written: strictly, or leniently where a type asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum, IntEnum, StrEnum
from types import NoneType
from typing import Annotated, Any, TypeAlias

from omni_common.clock import read_time

LenientText: TypeAlias = Annotated[str, "lenient"]
"""Text; a whole JSON number is taken as its digits (ids that a vendor writes either way)."""
LenientInt: TypeAlias = Annotated[int, "lenient"]
"""A whole number; its digits as text are taken too."""
LenientDecimal: TypeAlias = Annotated[Decimal, "lenient"]
"""A finite decimal number, as text or as a JSON number."""
LenientBool: TypeAlias = Annotated[bool, "lenient"]
"""True or false; the words yes, no, true and false in any case are taken too."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")  # Python refuses to read integers beyond 4300 digits
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
_WORDS = {
    NoneType: "null",
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    str: "text",
    list: "a list",
    tuple: "a list",
    dict: "an object",
}


class MismatchError(ValueError):
    """A plain value does not fit; the text holds no value."""


def expect(value: Any, kind: type | tuple[type, ...], expected: str) -> Any:
    """Give *value* back if it is a *kind*; *expected* says in JSON's words what was wanted."""
    if isinstance(value, kind):
        return value
    found = _WORDS.get(type(value), type(value).__name__)
    raise MismatchError(f"expected {expected}, not {found}")


def _number(value: Any, kind: type | tuple[type, ...], expected: str) -> Any:
    # To Python true is the whole number 1.
    if isinstance(value, bool):
        raise MismatchError(f"expected {expected}, not true or false")
    return expect(value, kind, expected)


def _text(value: Any, _: object = str) -> str:
    return str(expect(value, str, "text"))


def _int(value: Any, _: object = int) -> int:
    return int(_number(value, int, "a whole number"))


def _float(value: Any, _: object) -> float:
    try:
        return float(_number(value, (int, float), "a number"))
    except OverflowError as error:
        raise MismatchError("expected a smaller number") from error


def _bool(value: Any, _: object = bool) -> bool:
    return bool(expect(value, bool, "true or false"))


def _none(value: Any, _: object) -> None:
    expect(value, NoneType, "null")


def _datetime(value: Any, _: object) -> datetime:
    text = _text(value)
    try:
        when = read_time(text)
    except ValueError as error:
        raise MismatchError("expected a date and time in ISO-8601") from error
    if when.utcoffset() is None:
        raise MismatchError("expected a time with an offset, such as +00:00")
    return when


def _timedelta(value: Any, _: object) -> timedelta:
    seconds = _int(value)
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise MismatchError("expected fewer seconds") from error


def _decimal(value: Any, _: object = Decimal) -> Decimal:
    text = _text(value)
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise MismatchError("expected a decimal number as text") from error
    if not number.is_finite():
        raise MismatchError("expected a finite number")
    return number


def _lenient_text(value: Any, _: object) -> str:
    return str(value) if type(value) is int else _text(value)


def _lenient_int(value: Any, _: object) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return _int(value)


def _lenient_decimal(value: Any, _: object) -> Decimal:
    # The shortest text of a float is what its sender wrote.
    return _decimal(str(value) if type(value) in {int, float} else value)


def _lenient_bool(value: Any, _: object) -> bool:
    if isinstance(value, str) and value.casefold() in _TRUTHS:
        return _TRUTHS[value.casefold()]
    return _bool(value)


def read_enum(value: Any, kind: type[Enum]) -> Enum:
    """Find the member of *kind* that has exactly this value."""
    # Compared by type too, since 1, 1.0 and true are equal in Python.
    for member in kind:
        if type(member.value) is type(value) and member.value == value:
            return member
    accepted = ", ".join(str(member.value) for member in kind)
    raise MismatchError(f"expected one of {accepted}")


def unless_enum(read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Let *read* see plain types only: cattrs sends enums of text or numbers the same way."""

    def dispatch(value: Any, kind: Any) -> Any:
        if isinstance(kind, type) and issubclass(kind, Enum):
            return read_enum(value, kind)
        return read(value, kind)

    return dispatch


def _datetime_text(when: datetime) -> str:
    if when.utcoffset() is None:
        raise ValueError("a datetime without a time zone cannot be written")
    # Offsets may hold seconds, which ISO-8601 does not have; UTC always has a plain form.
    return when.astimezone(UTC).isoformat()


def _value(member: Enum) -> Any:
    return member.value


def _whole_seconds(duration: timedelta) -> int:
    if duration.microseconds:
        raise ValueError("a duration must be a whole number of seconds")
    return duration.days * 86_400 + duration.seconds


READERS: dict[Any, Callable[[Any, Any], Any]] = {
    str: _text,
    int: _int,
    float: _float,
    bool: _bool,
    NoneType: _none,
    datetime: _datetime,
    timedelta: _timedelta,
    Decimal: _decimal,
}
LENIENT_READERS: tuple[tuple[Any, Callable[[Any, Any], Any]], ...] = (
    (LenientText, _lenient_text),
    (LenientInt, _lenient_int),
    (LenientDecimal, _lenient_decimal),
    (LenientBool, _lenient_bool),
)
WRITERS: dict[Any, Callable[[Any], Any]] = {
    # cattrs takes these two for text and numbers, and would leave them as they are.
    StrEnum: _value,
    IntEnum: _value,
    datetime: _datetime_text,
    timedelta: _whole_seconds,
    Decimal: str,
}
