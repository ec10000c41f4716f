"""Switches for what a vendor's documents leave open, and every departure from their defaults."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import Enum
from typing import Any, TypeVar

from attrs import Attribute, AttrsInstance, evolve, field, fields, has, validators

__all__ = ["checked", "departures", "http_status", "switch"]

T = TypeVar("T", bound=AttrsInstance)


def switch(default: Any, *, others: Sequence[Any] = (), validator: Any = None) -> Any:
    """One open question: the *default* answer, and the *others* that are as plausible.

    A truth and an enum need no *others*: theirs are all that they are not.
    """
    return field(default=default, validator=validator, metadata={"others": tuple(others)})


def checked(_: type, attributes: list[Attribute[Any]]) -> list[Attribute[Any]]:
    """Let every switch that has no rule of its own take what its default is a kind of."""
    return [
        each if each.validator is not None else each.evolve(validator=_like_default)
        for each in attributes
    ]


def _like_default(_: object, attribute: Attribute[Any], value: object) -> None:
    kind = getattr(attribute.default, "factory", None) or type(attribute.default)
    others = attribute.metadata.get("others", ())
    if not isinstance(value, kind) and value not in others:
        raise TypeError(f"{attribute.name} must be a {kind.__name__}, not {type(value).__name__}")


def http_status(default: int, *others: int) -> Any:
    """An open HTTP status."""
    return switch(default, others=others, validator=[validators.instance_of(int), _in_range])


def departures(
    behaviour: T, *, areas: Collection[str] | None = None, prefix: str = ""
) -> Iterator[tuple[str, T]]:
    """Yield *behaviour* with one switch turned, for every other position of every switch.

    Args:
        behaviour: Where to start from.
        areas: Which of the nested behaviours to turn switches of; None for all.
        prefix: What to put before each name.
    """
    for attribute in fields(type(behaviour)):
        usual = getattr(behaviour, attribute.name)
        if has(type(usual)):
            if areas is None or attribute.name in areas:
                for name, inner in departures(usual, prefix=f"{prefix}{attribute.name}."):
                    yield name, evolve(behaviour, **{attribute.name: inner})  # type: ignore[misc]
            continue
        for value in attribute.metadata.get("others") or _others(usual):
            shown = value.value if isinstance(value, Enum) else value
            turned = evolve(behaviour, **{attribute.name: value})  # type: ignore[misc]
            yield f"{prefix}{attribute.name}={shown}", turned


def _others(usual: Any) -> Sequence[Any]:
    if isinstance(usual, bool):
        return (not usual,)
    return tuple(value for value in type(usual) if value is not usual)


def _in_range(instance: object, attribute: Attribute[int], value: int) -> None:
    del instance
    if not 200 <= value <= 599:  # noqa: PLR2004 - the range of statuses that end an exchange
        raise ValueError(f"{attribute.name} must be an HTTP status from 200 to 599, not {value}")
