"""What Devino does not take: the errors for it, and checks of what is no field of a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeGuard, TypeVar

from omni_common.errors import InvalidMessageError, InvalidQueryError
from omni_common.rules import is_sendable

__all__ = [
    "check_count",
    "check_list",
    "invalid",
    "invalid_query",
    "is_list",
    "is_text",
    "phone_problem",
]

T = TypeVar("T")

_PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")


def invalid(name: str, demand: str) -> InvalidMessageError:
    """The error for a field that does not meet a *demand*, such as ``must be text``."""
    return InvalidMessageError(f"{name} {demand}", provider="devino", field=name)


def invalid_query(name: str, demand: str) -> InvalidQueryError:
    """The error for a parameter of a question that does not meet a *demand*."""
    return InvalidQueryError(f"{name} {demand}", provider="devino", field=name)


def check_list(messages: Sequence[T], kind: type[T], *, most: int | None = None) -> None:
    """Refuse what is no list of one *kind* or more.

    Raises:
        InvalidMessageError: It is empty, too long, or holds something else.
    """
    if not is_list(messages) or not all(isinstance(message, kind) for message in messages):
        raise invalid("messages", f"must be a list of {kind.__name__}")
    check_count(messages, most=most)


def check_count(messages: Sequence[object], *, most: int | None = None) -> None:
    """Refuse an empty list, and one of more than *most*.

    Raises:
        InvalidMessageError: It is one of these.
    """
    if not messages or (most is not None and len(messages) > most):
        limits = "at least 1" if most is None else f"1 to {most}"
        raise invalid("messages", f"of one call must be {limits}")


def phone_problem(value: object) -> str | None:
    """What is wrong with a phone number, as the end of a sentence; None if nothing is."""
    if isinstance(value, str) and _PHONE.fullmatch(value) is not None:
        return None
    return "must be 7 to 15 digits, the first not 0, with or without +"


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether *value* is a list, a tuple or the like, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def is_text(value: object) -> TypeGuard[str]:
    """Whether *value* is text that can be sent and has at least one character."""
    return isinstance(value, str) and bool(value) and is_sendable(value)
