"""What stands in a query string, each kind of value in Devino's own form.

Every function refuses with ``InvalidQueryError``, which names the parameter by its Python name,
unless it is told another error to raise: a wrong time in something that is sent, for example, is an
``InvalidMessageError``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeAlias

from devino_async.problems import invalid_query, is_sendable
from devino_async.zone import wall_clock

__all__ = ["Query", "clock_text", "digits", "minutes", "parameters", "whole"]

Query: TypeAlias = tuple[tuple[str, str], ...]
Refusal: TypeAlias = Callable[[str, str], Exception]
"""Makes the error for a parameter's name and what it should have been."""


def parameters(*pairs: tuple[str, Any]) -> Query:
    """Pairs of the vendor's names and values, as text; a value of None is left out.

    A truth is ``true`` or ``false``, an enum its value, and a list its items under the same name
    one after the other (T16).
    """
    return tuple((name, text) for name, value in pairs for text in _texts(name, value))


def clock_text(
    time: datetime,
    zone: tzinfo | None,
    *,
    name: str,
    separator: str = " ",
    refusal: Refusal | None = None,
) -> str:
    """``YYYY-MM-DD hh:mm:ss``: the wall-clock time in the account's zone (T29, T30, T32).

    Raises:
        InvalidQueryError: *time* has a zone while the account's is not known, or has fractions of
            a second, which this format has no room for.
    """
    refuse = refusal or invalid_query
    if not isinstance(time, datetime):
        raise refuse(name, "must be a datetime")
    wall = wall_clock(time, zone)
    if wall is None:
        demand = (
            "must be a wall-clock time without a zone, since Devino names none; with the setting"
            " account_zone a time with a zone is taken too"
        )
        raise refuse(name, demand)
    if wall.microsecond:
        raise refuse(name, "must be a time of whole seconds")
    return wall.isoformat(sep=separator)


def minutes(offset: timedelta | None, *, name: str) -> str | None:
    """An offset from UTC in minutes, 180 for Moscow (T35).

    Raises:
        InvalidQueryError: *offset* is no ``timedelta`` of whole minutes within a day.
    """
    if offset is None:
        return None
    if (
        not isinstance(offset, timedelta)
        or offset % timedelta(minutes=1)
        or abs(offset) >= timedelta(days=1)
    ):
        raise invalid_query(name, "must be a timedelta of whole minutes, less than a day")
    return str(offset // timedelta(minutes=1))


def whole(number: int | None, *, name: str, least: int = 0, refusal: Refusal | None = None) -> Any:
    """A whole number of at least *least*, or None.

    Raises:
        InvalidQueryError: It is something else.
    """
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise (refusal or invalid_query)(name, f"must be a whole number, {least} or more")
    return number


def digits(id: str | int | None, *, name: str, refusal: Refusal | None = None) -> int | None:
    """An id that the vendor wants as a whole number, exactly (T20); None stays None.

    Raises:
        InvalidQueryError: *id* is anything but ASCII digits.
    """
    if id is None or (isinstance(id, int) and not isinstance(id, bool) and id >= 0):
        return id
    if not isinstance(id, str) or not id.isascii() or not id.isdigit() or len(id) > _LONGEST_ID:
        raise (refusal or invalid_query)(name, "must be an id made of digits, as Devino gave it")
    return int(id)


_LONGEST_ID = 40
"""Digits; the longest id in the vendor's documents has 21 (T19)."""


def _texts(name: str, value: Any) -> Iterable[str]:
    match value:
        case None:
            return ()
        case bool():
            return ("true" if value else "false",)
        case str():
            if not is_sendable(value):
                raise invalid_query(name, "must be text of whole characters")
            return (str(value),)
        case int():
            return (str(value),)
        case Iterable():
            return [text for item in value for text in _texts(name, item)]
        case _:
            raise invalid_query(name, "must be text, a whole number, true, false or a list of them")
