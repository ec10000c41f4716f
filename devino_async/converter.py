"""Devino's JSON objects to attrs objects and back, each field under the vendor's own name.

Reading never fails: a field whose value is not what the documents say is None (a list is empty),
and stays visible in the object's ``raw``. So one odd value never costs a page of rows.

The classes that are read have a default for every field. A field's name on the wire is its own in
camelCase, unless its metadata says otherwise: ``field(default=None, metadata=wire("from"))``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from operator import eq
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin

import attrs

from devino_async.problems import invalid
from devino_async.zone import parse_time
from omni_common.converter import (
    JsonError,
    LenientBool,
    LenientDecimal,
    LenientInt,
    LenientText,
    dumps,
    make_converter,
)

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "EpochTime",
    "read_object",
    "read_objects",
    "wire",
    "write_body",
    "write_object",
]

T = TypeVar("T")

EpochTime: TypeAlias = Annotated[datetime, "epoch"]
"""A moment, in UTC, that Devino writes as milliseconds or seconds since 1970 (T34)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MILLISECONDS = 10**11
"""From here on a number is milliseconds: as seconds it would lie in the year 5138 (T34)."""
_RAW = "<raw>"
_LENIENT: Mapping[Any, Any] = {
    str: LenientText,
    int: LenientInt,
    bool: LenientBool,
    Decimal: LenientDecimal,
}


def wire(name: str | None = None, *, write: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """Metadata of a field: its *name* on the wire, and how its value is written."""
    return {"wire_name": name, "write": write}


def read_object(kind: type[T], document: Any) -> T | None:
    """Read a JSON object as a *kind*; None if *document* is no object."""
    if not isinstance(document, dict):
        return None
    return _reading().structure(document, kind)


def read_objects(kind: type[T], documents: Any) -> tuple[T, ...]:
    """Read a list of JSON objects; what is no list has none, and what is no object is left out."""
    items = documents if isinstance(documents, list) else []
    return tuple(each for item in items if (each := read_object(kind, item)) is not None)


def write_object(model: Any) -> dict[str, Any]:
    """Write an attrs object without the fields that have their default; ``extra`` goes in last.

    A ``timedelta`` is written in whole seconds, an enum as its value.
    """
    written: dict[str, Any] = _writing().unstructure(model)
    return written


def write_body(document: Any, *, name: str = "extra") -> bytes:
    """*document* as the body of a request.

    Raises:
        InvalidMessageError: JSON cannot hold it; ``field`` is *name*, what is most likely at fault.
            Even what was checked may be so: a mapping that was changed since, or a long number.
    """
    try:
        return dumps(document)
    except JsonError as error:
        problem = str(error)
    raise invalid(name, f"cannot be written as JSON: {problem}")


@cache
def _reading() -> Converter:
    from cattrs.gen import make_dict_structure_fn, override

    converter = make_converter()

    def object_reader(kind: type[Any]) -> Callable[[Any, Any], Any]:
        names: dict[str, Any] = {
            each.name: override(rename=_wire_name(each)) for each in _fields(kind)
        }
        read = make_dict_structure_fn(kind, converter, _cattrs_detailed_validation=False, **names)
        has_raw = "raw" in names
        return lambda value, _: read({**value, _RAW: value} if has_raw else value, kind)

    def optional_reader(kind: Any) -> Callable[[Any, Any], Any]:
        (inner,) = (each for each in get_args(kind) if each is not NoneType)
        return _or_none(inner, converter)

    def tuple_reader(kind: Any) -> Callable[[Any, Any], Any]:
        read = _or_none(get_args(kind)[0], converter)

        def every(values: Any, _: object) -> tuple[Any, ...]:
            items = values if isinstance(values, list) else []
            return tuple(each for item in items if (each := read(item, None)) is not None)

        return every

    converter.register_structure_hook_factory(attrs.has, object_reader)
    converter.register_structure_hook_factory(_is_optional, optional_reader)
    converter.register_structure_hook_factory(_is_tuple, tuple_reader)
    converter.register_structure_hook_func(partial(eq, EpochTime), _read_epoch)
    return converter


def _or_none(kind: Any, converter: Converter) -> Callable[[Any, object], Any]:
    """Read a *kind*, or None from whatever does not fit."""
    if get_origin(kind) is Mapping or kind is dict:
        return lambda value, _: value if isinstance(value, dict) else None
    if kind is datetime:
        return lambda value, _: parse_time(value)
    if attrs.has(kind):
        return lambda value, _: read_object(kind, value)
    read = converter.get_structure_hook(_LENIENT.get(kind, kind))

    def tolerant(value: Any, _: object) -> Any:
        try:
            return None if value is None else read(value, kind)
        except (ValueError, OverflowError):
            return None

    return tolerant


@cache
def _writing() -> Converter:
    from cattrs.gen import make_dict_unstructure_fn, override

    converter = make_converter()

    def object_writer(kind: type[Any]) -> Callable[[Any], dict[str, Any]]:
        overrides: dict[str, Any] = {
            each.name: override(
                rename=_wire_name(each),
                omit_if_default=each.default is not attrs.NOTHING,
                omit=True if each.name in {"raw", "extra"} else None,
                unstruct_hook=each.metadata.get("write"),
            )
            for each in _fields(kind)
        }
        write = make_dict_unstructure_fn(kind, converter, **overrides)
        if "extra" not in overrides:
            return write
        return lambda model: {**write(model), **(model.extra or {})}

    converter.register_unstructure_hook_factory(attrs.has, object_writer)
    return converter


def _fields(kind: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    return tuple(attrs.fields(attrs.resolve_types(kind)))


def _wire_name(attribute: attrs.Attribute[Any]) -> str:
    if attribute.name == "raw":
        return _RAW
    given = attribute.metadata.get("wire_name")
    first, *others = attribute.name.split("_")
    return str(given) if given is not None else first + "".join(map(str.capitalize, others))


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and NoneType in get_args(kind)


def _is_tuple(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is tuple


def _read_epoch(value: Any, _: object) -> datetime:
    number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    if number is None:
        raise ValueError("no whole number")
    unit = timedelta(milliseconds=1) if abs(number) >= _FIRST_MILLISECONDS else timedelta(seconds=1)
    return _EPOCH + number * unit
