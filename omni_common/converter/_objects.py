"""attrs objects to plain values and back, with cattrs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from operator import eq
from types import GenericAlias, MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import attrs

from omni_common.converter._values import (
    LENIENT_READERS,
    READERS,
    WRITERS,
    MismatchError,
    expect,
    read_enum,
    unless_enum,
)
from omni_common.errors import OmniError

if TYPE_CHECKING:
    # Imported where a converter is made: most uses of the command line never need one.
    from cattrs import Converter

T = TypeVar("T")

ALWAYS_WRITTEN: Mapping[str, bool] = MappingProxyType({"always_written": True})
"""Metadata of an attrs field that is written even when it has its default value."""


class StructureError(ValueError):
    """Plain values do not fit a type; the text says where and why, and holds none of the values."""


def make_converter(*, forbid_extra_keys: bool = False, omit_if_default: bool = False) -> Converter:
    """Make a strict cattrs converter between attrs objects and plain JSON values.

    Plain forms: an aware ``datetime`` is ISO-8601 text in UTC with ``+00:00``, a ``Decimal`` is
    text, a ``timedelta`` a whole number of seconds, an enum its value, tuples and sets are lists.

    Args:
        forbid_extra_keys: Refuse keys that the class does not have. For what people write
            (configuration, our own requests); vendors add keys to their answers at will.
        omit_if_default: Leave out fields that have their default value, save those marked with
            :data:`ALWAYS_WRITTEN`.
    """
    from cattrs import Converter

    converter = Converter(
        forbid_extra_keys=forbid_extra_keys,
        omit_if_default=omit_if_default,
        detailed_validation=True,
    )
    _register_objects(converter)
    _register_collections(converter)
    converter.register_structure_hook(Enum, read_enum)
    for kind, reader in READERS.items():
        converter.register_structure_hook(kind, unless_enum(reader))
    for lenient, reader in LENIENT_READERS:
        converter.register_structure_hook_func(partial(eq, lenient), reader)
    for kind, writer in WRITERS.items():
        converter.register_unstructure_hook(kind, writer)
    return converter


def structure(converter: Converter, value: Any, kind: type[T]) -> T:
    """Make a *kind* from plain values.

    Raises:
        StructureError: The values do not fit. One line that names each place, such as
            ``expected text, not null at $.messages[0].text``.
    """
    from cattrs import BaseValidationError, transform_error

    try:
        return converter.structure(value, kind)
    except (BaseValidationError, AttributeError, TypeError, ValueError, OmniError) as error:
        problems = transform_error(error, format_exception=_problem)
    # Raised out here so that the errors of single values, which may hold them, are not its context.
    raise StructureError("; ".join(problem.replace(" @ ", " at ") for problem in problems))


def register_tagged_union(converter: Converter, union: Any, *, tag: str) -> None:
    """Tell the classes of *union* apart by the key *tag*; each class has its own as a ``ClassVar``.

    Writing puts the key first; reading needs it.
    """
    kinds: dict[str, type[Any]] = {getattr(kind, tag): kind for kind in get_args(union)}
    for kind in kinds.values():
        _write_tag(converter, kind, tag)

    def read(value: Any, _: object) -> Any:
        fields = dict(expect(value, Mapping, "an object"))
        name = fields.pop(tag, None)
        if not isinstance(name, str) or name not in kinds:
            raise MismatchError(f"expected as {tag} one of {', '.join(kinds)}")
        return converter.structure(fields, kinds[name])

    converter.register_structure_hook(union, read)


def _write_tag(converter: Converter, kind: type[Any], tag: str) -> None:
    write = converter.get_unstructure_hook(kind)
    name = str(getattr(kind, tag))
    converter.register_unstructure_hook(kind, lambda value: {tag: name, **write(value)})


def _problem(error: BaseException, kind: type | None) -> str:
    from cattrs import ForbiddenExtraKeysError

    match error:
        case MismatchError():
            return str(error)
        case OmniError():
            return error.text
        case KeyError():
            return "missing"
        case AttributeError():  # how cattrs meets something else where a mapping should be
            return "expected an object"
        case ForbiddenExtraKeysError():
            return f"unknown keys {', '.join(sorted(error.extra_fields))}"
        case _:
            # Other annotations, such as `int | None`, have a name that Python changes.
            return f"not a valid {kind.__name__ if isinstance(kind, type) else 'value'}"


def _register_objects(converter: Converter) -> None:
    from cattrs.gen import make_dict_unstructure_fn, override

    def reader(kind: type[Any]) -> Callable[[Any, Any], Any]:
        read = converter.gen_structure_attrs_fromdict(kind)
        # Without this check an object whose fields are all optional could be made of any text.
        return lambda value, _: read(expect(value, Mapping, "an object"), kind)

    def writer(kind: type[Any]) -> Callable[[Any], dict[str, Any]]:
        always: dict[str, Any] = {
            attribute.name: override(omit_if_default=False)
            for attribute in attrs.fields(kind)
            if attribute.metadata.get("always_written")
        }
        return make_dict_unstructure_fn(
            attrs.resolve_types(kind),
            converter,
            _cattrs_omit_if_default=converter.omit_if_default,
            **always,
        )

    converter.register_structure_hook_factory(attrs.has, reader)
    converter.register_unstructure_hook_factory(attrs.has, writer)


def _register_collections(converter: Converter) -> None:
    from cattrs.cols import list_structure_factory

    def reader(kind: Any) -> Callable[[Any, Any], Any]:
        make = {list: list, set: set, frozenset: frozenset}.get(get_origin(kind), tuple)
        as_list: Any = GenericAlias(list, get_args(kind)[:1])
        read = list_structure_factory(as_list, converter)
        return lambda value, _: make(read(expect(value, (list, tuple), "a list"), as_list))

    converter.register_structure_hook_factory(_is_collection, reader)


def _is_collection(kind: Any) -> bool:
    # A tuple of several types is left to cattrs.
    match get_origin(kind), get_args(kind):
        case origin, (_,):
            return origin in {list, set, frozenset, Sequence}
        case origin, (_, last):
            return origin is tuple and last is Ellipsis
    return False
