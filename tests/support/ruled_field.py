"""Asks a rule for the fields of models what it takes, and what it says against all else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import Attribute, field, make_class

from omni_common.errors import InvalidMessageError

__all__ = ["Rule", "Terms", "check_terms", "refusal"]

Rule: TypeAlias = "Callable[[Any, Attribute[Any], Any], None]"
Terms: TypeAlias = tuple["Rule", Sequence[Any], Mapping[str, Sequence[Any]]]
"""A rule, values that it takes, and others by what it says against them."""


def refusal(rule: Rule, value: object) -> InvalidMessageError | None:
    """What *rule* says against *value* as the field ``part`` of a ``Thing``; None for nothing."""
    thing = make_class("Thing", {"part": field(validator=rule)})
    try:
        thing(value)
    except InvalidMessageError as error:
        return error
    return None


def check_terms(terms: Terms, *, prefix: str = "part", provider: str | None = None) -> None:
    """Check that a rule keeps to its terms; each refusal begins with a *prefix*."""
    rule, taken, refused = terms
    for value in taken:
        assert refusal(rule, value) is None, repr(value)
    for demand, values in refused.items():
        for value in values:
            error = refusal(rule, value)
            assert error is not None, repr(value)
            assert error.text == f"{prefix} {demand}", repr(value)
            assert (error.field, error.provider) == ("part", provider)
