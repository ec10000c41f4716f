"""Shapes of JSON as data: each shape is a function from a value to the problems in it.

A problem's source names the field as the vendor does: ``payload[viber][video][duration]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from attrs import frozen

__all__ = [
    "Kind",
    "Problem",
    "Shape",
    "array",
    "boolean",
    "choice",
    "exactly_one",
    "nullable",
    "number",
    "record",
    "table",
    "text",
    "uri",
    "web_url",
    "whole",
]

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


class Kind(Enum):
    """What sort of problem it is; the first two are the vendor's own distinction."""

    MISSING = "missing"
    INVALID = "invalid"
    UNKNOWN_FIELD = "unknown_field"
    """A field that no document names; whether that is a problem is the emulator's choice."""


@frozen
class Problem:
    """One thing wrong with a payload. ``detail`` never quotes what was sent."""

    kind: Kind
    detail: str
    source: str


Shape: TypeAlias = Callable[[Any, str], Iterator[Problem]]
"""Yields the problems of a value that stands at a source."""


def _invalid(source: str, demand: str) -> Problem:
    return Problem(Kind.INVALID, f"{_name(source)} {demand}", source)


def _name(source: str) -> str:
    return source.rpartition("[")[2].rstrip("]")


def text(*, shortest: int = 1, longest: int | None = None, like: str | None = None) -> Shape:
    """Text of so many characters; *like* is a pattern that all of it must match."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield _invalid(source, "should be a string")
        elif len(value) < shortest:
            yield _invalid(source, f"is shorter than {shortest} characters")
        elif longest is not None and len(value) > longest:
            yield _invalid(source, f"is longer than {longest} characters")
        elif like is not None and re.fullmatch(like, value, re.ASCII) is None:
            yield _invalid(source, "is not in the expected format")

    return check


def choice(words: Collection[str]) -> Shape:
    """One of *words*."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        if not isinstance(value, str) or value not in words:
            yield _invalid(source, f"should be one of {', '.join(sorted(words))}")

    return check


def whole(lowest: int | None = None, highest: int | None = None) -> Shape:
    """A whole number within limits; a boolean is none."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield _invalid(source, "should be an integer")
        elif lowest is not None and value < lowest:
            yield _invalid(source, f"should be at least {lowest}")
        elif highest is not None and value > highest:
            yield _invalid(source, f"should be at most {highest}")

    return check


def number(value: Any, source: str) -> Iterator[Problem]:
    """Any number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield _invalid(source, "should be a number")


def boolean(value: Any, source: str) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield _invalid(source, "should be true or false")


def web_url(value: Any, source: str) -> Iterator[Problem]:
    """A whole http or https URL."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        valid = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        yield _invalid(source, "should be an http or https URL")


def uri(longest: int | None = None) -> Shape:
    """A whole URI of any scheme, as a button may open an application too."""
    words = text(longest=longest)

    def check(value: Any, source: str) -> Iterator[Problem]:
        problems = tuple(words(value, source))
        yield from problems
        if not problems and _URI.fullmatch(value) is None:
            yield _invalid(source, "should be a URL")

    return check


def nullable(shape: Shape) -> Shape:
    """*shape*, or null."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        if value is not None:
            yield from shape(value, source)

    return check


def array(of: Shape, *, fewest: int = 0, most: int | None = None) -> Shape:
    """A list of so many values, each *of* one shape."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _invalid(source, "should be an array")
            return
        if len(value) < fewest or (most is not None and len(value) > most):
            limits = f"at least {fewest}" if most is None else f"{fewest} to {most}"
            yield _invalid(source, f"should hold {limits} items")
        for index, item in enumerate(value):
            yield from of(item, f"{source}[{index}]")

    return check


def table(of: Shape) -> Shape:
    """An object with any keys, each value *of* one shape."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _invalid(source, "should be an object")
            return
        for key, item in value.items():
            yield from of(item, f"{source}[{key}]")

    return check


def record(
    fields: Mapping[str, Shape], required: Collection[str] = (), rules: Sequence[Shape] = ()
) -> Shape:
    """An object with named *fields*; *rules* see the whole object once each field is right."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _invalid(source, "should be an object")
            return
        sound = True
        for name in fields:
            found = tuple(
                _field_problems(value, name, fields[name], source, required=name in required)
            )
            sound = sound and all(problem.kind is Kind.UNKNOWN_FIELD for problem in found)
            yield from found
        for name in (name for name in value if name not in fields):
            yield Problem(Kind.UNKNOWN_FIELD, f"{name} is not a known field", f"{source}[{name}]")
        if sound:
            for rule in rules:
                yield from rule(value, source)

    return check


def _field_problems(
    value: Mapping[str, Any], name: str, shape: Shape, source: str, *, required: bool
) -> Iterator[Problem]:
    if name in value:
        yield from shape(value[name], f"{source}[{name}]")
    elif required:
        yield Problem(Kind.MISSING, f"{name} is required", f"{source}[{name}]")


def exactly_one(*names: str) -> Shape:
    """A rule of records: one of the fields *names* is there, and no other of them."""

    def check(value: Any, source: str) -> Iterator[Problem]:
        given = [name for name in names if value.get(name) is not None]
        if not given:
            yield Problem(Kind.MISSING, f"one of {', '.join(names)} is required", source)
        elif len(given) > 1:
            yield _invalid(source, f"holds {' and '.join(given)}, of which only one may be given")

    return check
