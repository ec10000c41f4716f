"""Answers that no vendor means, made of those that it documents; and what holds of a result."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from inspect import getmembers_static
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from omni_common.converter import JsonError, loads
from omni_common.errors import OmniError
from omni_common.exchange import Answer
from tests.reliability.genuine_answers import Reading
from tests.reliability.hostile_json import bodies, damaged, texts, written

__all__ = ["answers", "check_result", "genuine", "headers", "statuses"]

_USUAL: Final = (
    *(200,) * 30,
    *(201, 202, 204, 302, 400, 401, 402, 403, 404, 408, 409, 425, 429, 500, 503),
    *(-1, 0, 99, 600, 10**9),
)
_NO_TEXTS: Final = frozenset({"None", "null", "True", "False", "nan", "inf", "-inf", "NaN"})
"""What a value that is no text becomes where somebody makes text of it."""
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+(e[+-]?[0-9]+)?|-?[0-9]+e[+-]?[0-9]+")


def statuses() -> st.SearchStrategy[int]:
    """HTTP statuses, mostly those that answers come with; a few are none."""
    return st.sampled_from(_USUAL) | st.sampled_from(_USUAL) | st.integers(100, 599)


def headers() -> st.SearchStrategy[Mapping[str, str]]:
    """Headers that are looked at, holding anything."""
    names = ["retry-after", "content-type", "content-length", "date", "location"]
    waits = st.sampled_from(["-1", "1e9", "9" * 400, "\u0663", "Fri, 31 Dec 9999 23:59:59 GMT"])
    return st.dictionaries(st.sampled_from(names), waits | texts(), max_size=2)


def genuine(reading: Reading) -> Answer:
    """An answer to *reading* as the vendor means it."""
    return Answer(200, [*reading.bodies, *map(written, reading.documents)][0])


def answers(reading: Reading) -> st.SearchStrategy[Answer]:
    """Answers to *reading*, spoilt in every way."""
    *right, refusal = [bodies(document) for document in reading.documents]
    for body in reading.bodies:
        right += [tables(body), damaged(body), st.just(body)]
    spoilt = st.sampled_from([*right * 4, refusal]).flatmap(lambda way: way)
    return st.builds(Answer, statuses(), spoilt, headers())


def tables(table: bytes) -> st.SearchStrategy[bytes]:
    """*table*, with something else in some of its cells and at the ends of its lines."""
    cells = [line.split(";") for line in table.decode("utf-8-sig").splitlines()]
    odd = st.sampled_from(['"', '""', '"a;b"', "1,5%", "-0", "31.02.2022", "9" * 41]) | texts()
    changes = st.lists(st.tuples(st.integers(0), st.integers(0), odd), max_size=3)
    ends = st.sampled_from(["\r\n", "\n", "\r", "\n\n", ";\n", "\x00\n", "\u2028"])
    encodings = st.sampled_from(["utf-8", "utf-8-sig", "cp1251", "utf-16"])

    def changed(changes: list[tuple[int, int, str]], end: str, encoding: str) -> bytes:
        lines = [list(line) for line in cells]
        for row, column, cell in changes:
            line = lines[row % len(lines)]
            line[column % len(line)] = cell
        return end.join(map(";".join, lines)).encode(encoding, "replace")

    return st.builds(changed, changes, ends, encodings)


def check_result(result: Any, *read: Answer) -> None:
    """Assert that *result* can be looked at in every way, and that it made up no value.

    It shows itself, as text that can be printed; its properties have values; its fields hold what
    they are declared to, which is in one of the answers *read*; and it comes back from a pickle.
    """
    assert repr(result).encode()
    said = frozenset(text for answer in read for text in _said(answer.body))
    for model in _models(result):
        kind: Any = type(model)
        for name in _derived(kind):
            assert repr(getattr(model, name)).encode()
        for name, declared in _fields(kind):
            value = getattr(model, name)
            assert _fits(value, declared), f"{kind.__name__}.{name}"
            _check_value(name, value, said)
    copied = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    assert repr(copied) == repr(result)
    # No two errors are equal, and what holds one has no hash that lasts.
    if not any(isinstance(getattr(model, "error", None), OmniError) for model in _models(result)):
        assert copied == result
        if attrs.has(type(result)):
            assert hash(copied) == hash(result)


def _check_value(name: str, value: Any, said: frozenset[str]) -> None:
    for text in _texts(value):
        assert text not in _NO_TEXTS or text in said, name
    if name == "id" or name.endswith(("_id", "_ids")):
        for id in value if isinstance(value, tuple) else (value,):
            assert id is None or isinstance(id, str), name
            assert id is None or id in said or not _FLOAT.fullmatch(id), name


def _models(result: Any) -> Iterator[Any]:
    """All attrs objects in *result*, itself included."""
    kind: Any = type(result)
    if attrs.has(kind):
        yield result
        for name, _ in _fields(kind):
            yield from _models(getattr(result, name))
    elif isinstance(result, tuple):
        for item in result:
            yield from _models(item)
    elif isinstance(result, Mapping):
        for item in result.values():
            yield from _models(item)


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a class and their types, but for what is there as it came."""
    fields = attrs.fields(attrs.resolve_types(kind))
    return tuple((each.name, each.type) for each in fields if each.name != "raw")


def _fits(value: Any, declared: Any) -> bool:
    """Whether *value* is what its field says; to Python true is the whole number 1."""
    origin, inner = get_origin(declared), get_args(declared)
    if origin in {Union, UnionType}:
        return any(_fits(value, kind) for kind in inner)
    if origin is Annotated:
        return _fits(value, inner[0])
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, inner[0]) for item in value)
    if declared is Any or not isinstance(declared, type):
        return origin is None or isinstance(value, origin)
    return isinstance(value, declared) and (type(value) is not bool or declared is bool)


@cache
def _derived(kind: Any) -> tuple[str, ...]:
    """The public properties of a class."""
    return tuple(
        name
        for name, member in getmembers_static(kind)
        if isinstance(member, property) and not name.startswith("_")
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)


def _said(body: bytes) -> frozenset[str]:
    """Every text in *body*, in whole or as a piece of what it quotes."""
    try:
        document = loads(body)
    except JsonError:
        return frozenset()
    found: set[str] = set()
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, Mapping):
            found.update(value)
            left += value.values()
        elif isinstance(value, Sequence):
            left += value
    return frozenset(found)
