"""What Devino does not take: the errors for it, and the rules that every area shares."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import Attribute

from omni_common.errors import InvalidMessageError, InvalidQueryError

__all__ = ["by_rule", "check_phone", "invalid", "invalid_query", "is_sendable"]

_PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")


def invalid(name: str, demand: str) -> InvalidMessageError:
    """The error for a field that does not meet a *demand*, such as ``must be text``."""
    return InvalidMessageError(f"{name} {demand}", provider="devino", field=name)


def invalid_query(name: str, demand: str) -> InvalidQueryError:
    """The error for a parameter of a question that does not meet a *demand*."""
    return InvalidQueryError(f"{name} {demand}", provider="devino", field=name)


def by_rule(check: Callable[[object, Attribute[Any], object], None]) -> Any:
    """A rule of ``omni_common.rules`` whose refusal names this vendor."""

    def checked(owner: object, attribute: Attribute[Any], value: object) -> None:
        try:
            check(owner, attribute, value)
        except InvalidMessageError as error:
            problem = error.text.removeprefix(f"{attribute.name} ")
        else:
            return
        raise invalid(attribute.name, problem)

    return checked


def check_phone(_: object, attribute: Attribute[Any], value: object) -> None:
    """E.164 digits, with or without ``+``; each endpoint writes them in its own way (T53)."""
    if not isinstance(value, str) or _PHONE.fullmatch(value) is None:
        raise invalid(attribute.name, "must be 7 to 15 digits, the first not 0, with or without +")


def is_sendable(text: str) -> bool:
    """Whether UTF-8, and so JSON, can carry *text*: half a character cannot be sent."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
