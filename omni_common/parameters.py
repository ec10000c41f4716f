"""The settings of a class, read off its constructor: names, types and what is required.

A provider's constructor is plain Python, and what it takes is what a connection URL or a profile
may set. ``**options: Unpack[SomeTypedDict]`` counts as the keys of that ``TypedDict``.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Union, Unpack, get_args, get_origin, get_type_hints

from attrs import frozen

from omni_common.errors import ConfigurationError
from omni_common.secret import Secret
from omni_common.settings import TransportOptions

__all__ = ["Parameter", "parameters"]

_Reader = Callable[[Any], Any]
"""Takes a value and returns it converted, or ``_UNFIT``."""
_NOT_SETTINGS = frozenset({"session"})
"""An open session can be passed in code alone."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_UNFIT = object()
"""Stands for "this type does not take that value"; None is a value like others."""
_FALLBACKS: Mapping[str, Any] = {
    "Secret": Secret,
    "TransportOptions": TransportOptions,
    "Unpack": Unpack,
}
"""Names that a module may import for type checkers only, and still use in its constructor."""


@frozen
class Parameter:
    """One setting: a parameter of a constructor."""

    name: str
    kinds: tuple[Any, ...]
    """The types it takes, of those that can be configured; a ``Literal`` as it stands."""
    required: bool

    @property
    def is_secret(self) -> bool:
        """Whether the constructor itself marks it as a credential."""
        return Secret in self.kinds

    def from_text(self, text: str, label: str) -> Any:
        """Convert what a URL, an environment variable or a file holds.

        Raises:
            ConfigurationError: *text* does not fit the type; the error names *label* and the type,
                and never quotes the value.
        """
        return self._fit(text, label, _TEXT_READERS)

    def from_value(self, value: object, label: str) -> Any:
        """Take a value that has a type already, without bending it into another.

        Raises:
            ConfigurationError: As :meth:`from_text`.
        """
        return self._fit(value, label, _VALUE_READERS)

    def _fit(self, value: object, label: str, readers: Mapping[Any, _Reader]) -> Any:
        for kind in self.kinds:
            found = _one_of(kind, value) if _is_literal(kind) else readers[kind](value)
            if found is not _UNFIT:
                return found
        words = (_expected(kind) for kind in self.kinds if kind is not types.NoneType)
        expected = " or ".join(dict.fromkeys(words))
        raise ConfigurationError(f"{label} must be {expected}", field=label)


def _text(value: object) -> Any:
    return value if isinstance(value, str) else _UNFIT


def _revealed(value: object) -> Any:
    return value.reveal() if isinstance(value, Secret) else _text(value)


def _secret(value: object) -> Any:
    secret = Secret(value) if isinstance(value, str | Secret) else None
    return secret if secret is not None and secret.reveal() else _UNFIT


def _flag(text: str) -> Any:
    return {"true": True, "false": False}.get(text.lower(), _UNFIT)


def _number(value: object) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _UNFIT
    try:
        return float(value)
    except OverflowError:
        return _UNFIT


_TEXT_READERS: Mapping[Any, _Reader] = {
    Secret: _secret,
    bool: _flag,
    int: lambda text: int(text) if _WHOLE.fullmatch(text) else _UNFIT,
    float: lambda text: float(text) if _DECIMAL.fullmatch(text) else _UNFIT,
    str: _text,
    types.NoneType: lambda _: _UNFIT,
}
"""In the order to try: a text is a text only where it can be nothing else."""

_VALUE_READERS: Mapping[Any, _Reader] = {
    Secret: _secret,
    bool: lambda value: value if isinstance(value, bool) else _UNFIT,
    int: lambda value: value if type(value) is int else _UNFIT,
    float: _number,
    str: _revealed,
    types.NoneType: lambda value: _UNFIT if value is not None else None,
}

_WORDS: Mapping[Any, str] = {
    Secret: "a text that is not empty",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
}


def _is_literal(kind: object) -> bool:
    return get_origin(kind) is Literal


def _one_of(kind: object, value: object) -> Any:
    return value if isinstance(value, str) and value in get_args(kind) else _UNFIT


def _expected(kind: object) -> str:
    return f"one of {', '.join(get_args(kind))}" if _is_literal(kind) else _WORDS[kind]


def parameters(cls: type) -> dict[str, Parameter]:
    """Every setting that the constructor of *cls* takes by name.

    Left out is what no URL or profile could hold: ``session``, and parameters of other types than
    texts, numbers, flags, secrets and ``Literal`` texts.
    """
    signature = _signature(cls)
    namespace = _namespace(cls)
    found: dict[str, Parameter] = {}
    for parameter in signature.parameters.values():
        annotation = _resolved(parameter.annotation, namespace)
        if parameter.kind is parameter.VAR_KEYWORD:
            for each in _unpacked(annotation):
                found.setdefault(each.name, each)
        elif parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            required = parameter.default is parameter.empty
            found[parameter.name] = Parameter(parameter.name, _kinds(annotation), required)
    return {name: each for name, each in found.items() if each.kinds and name not in _NOT_SETTINGS}


def _signature(cls: type) -> inspect.Signature:
    if sys.version_info >= (3, 14):  # where annotations are evaluated late, and may fail then
        import annotationlib

        return inspect.signature(cls, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(cls)


def _namespace(cls: type) -> dict[str, Any]:
    """Where the annotations of the constructor find the names they use."""
    constructor = inspect.unwrap(cls.__init__)  # type: ignore[misc]  # only its globals are read
    module = sys.modules.get(cls.__module__)
    own = {} if module is None else vars(module)
    return {**_FALLBACKS, **own, **getattr(constructor, "__globals__", {})}


def _resolved(annotation: object, namespace: dict[str, Any]) -> Any:
    """Evaluate one annotation; None when it uses what is imported for type checkers only."""
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    try:
        return get_type_hints(holder, namespace)["it"]
    except (AttributeError, NameError, SyntaxError, TypeError):
        return None


def _unpacked(annotation: Any) -> Iterator[Parameter]:
    if get_origin(annotation) is not Unpack:
        return
    (keys,) = get_args(annotation)
    for name, kind in get_type_hints(keys).items():
        yield Parameter(name, _kinds(kind), name in keys.__required_keys__)


def _kinds(annotation: object) -> tuple[Any, ...]:
    """The types of a union that can be configured, in the order to try them."""
    is_union = get_origin(annotation) in {Union, types.UnionType}
    members = get_args(annotation) if is_union else (annotation,)
    literals = [
        member
        for member in members
        if _is_literal(member) and all(isinstance(value, str) for value in get_args(member))
    ]
    kinds = (*literals, *(kind for kind in _TEXT_READERS if kind in members))
    if Secret in kinds:  # a text becomes a secret wherever it may
        kinds = tuple(kind for kind in kinds if kind is not str)
    return () if kinds == (types.NoneType,) else kinds
