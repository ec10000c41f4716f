"""How single values of Messente's answers and callbacks are read: what is odd becomes None."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from omni_common.clock import read_time

__all__ = ["decimal", "identifier", "text", "time", "whole"]


def text(value: object) -> str | None:
    """A text as it is."""
    return value if isinstance(value, str) else None


def whole(value: object) -> int | None:
    """A whole number; true and false are none, and neither are digits in a text."""
    return value if type(value) is int else None


def identifier(value: object) -> str | None:
    """An id as text, also where it comes as a number; a blank one is none."""
    if isinstance(value, str):
        return value if value.strip() else None
    number = whole(value)
    return None if number is None else str(number)


def time(value: object) -> datetime | None:
    """A time of ISO-8601; without a zone it is UTC (T36)."""
    try:
        when = read_time(text(value) or "")
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.utcoffset() is None else when


def decimal(value: object) -> Decimal | None:
    """A finite number, as a text or as JSON's own."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):  # ValueError: more digits than Python prints
        return None
    return number if number.is_finite() else None
