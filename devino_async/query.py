"""What stands in a query string, each kind of value in Devino's own form.

Every function refuses with ``InvalidQueryError``, which names the parameter by its Python name,
unless it is told another error to raise: a wrong time in something that is sent, for example, is an
``InvalidMessageError``. A value of None stays None, unless it is *required*.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Any, TypeAlias, TypeGuard

from devino_async.problems import invalid_query, is_text
from devino_async.zone import is_certain, wall_clock
from omni_common.rules import is_sendable

__all__ = [
    "Filters",
    "Query",
    "choice",
    "clock_text",
    "digits",
    "filtered",
    "flag",
    "is_whole",
    "minutes",
    "parameters",
    "text",
    "whole",
    "words",
]

Query: TypeAlias = tuple[tuple[str, str], ...]
Refusal: TypeAlias = Callable[[str, str], Exception]
"""Makes the error for a parameter's name and what it should have been."""
Filters: TypeAlias = Mapping[str, tuple[str, Callable[..., Any]]]
"""The vendor's name of each filter, and what makes of its value what is written."""

_LONGEST_ID = 40
"""Digits; the longest id in the vendor's documents has 21 (T19)."""
_TOO_LARGE = 10**_LONGEST_ID
"""No number has more digits than an id: Python does not even write one of thousands."""


def parameters(*pairs: tuple[str, Any]) -> Query:
    """Pairs of the vendor's names and values, as text; a value of None is left out.

    A truth is ``true`` or ``false``, an enum its value, and a list its items under the same name
    one after the other (T16).
    """
    return tuple((name, each) for name, value in pairs for each in _texts(name, value))


def filtered(known: Filters, given: Mapping[str, Any]) -> Query:
    """The filters that are *given*, in the order in which they are *known*.

    Raises:
        InvalidQueryError: A value is not what its filter takes.
        TypeError: One of them is not known.
    """
    if foreign := given.keys() - known.keys():
        raise TypeError(f"there is no filter {', '.join(sorted(foreign))}")
    return parameters(
        *(
            (wire_name, take(given.get(name), name=name))
            for name, (wire_name, take) in known.items()
        )
    )


def clock_text(
    time: datetime | None,
    zone: tzinfo | None,
    *,
    name: str,
    separator: str = " ",
    required: bool = False,
    refusal: Refusal = invalid_query,
) -> str | None:
    """``YYYY-MM-DD hh:mm:ss``: the wall-clock time in the account's zone (T29, T30, T32).

    Raises:
        InvalidQueryError: *time* has a zone while the account's is not known, or has fractions of
            a second, which this format has no room for.
    """
    if time is None and not required:
        return None
    if not isinstance(time, datetime):
        raise refusal(name, "must be a datetime")
    wall = wall_clock(time, zone)
    if wall is None:
        demand = (
            "must be a wall-clock time without a zone, since Devino names none; with the setting"
            " account_zone a time with a zone is taken too"
        )
        raise refusal(name, demand)
    if zone is not None and time.tzinfo is not None and not is_certain(wall, zone):
        raise refusal(name, "must not fall into an hour that the account's clocks show twice")
    if wall.microsecond:
        raise refusal(name, "must be a time of whole seconds")
    return wall.isoformat(sep=separator)


def minutes(offset: timedelta | None, *, name: str, refusal: Refusal = invalid_query) -> str | None:
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
        raise refusal(name, "must be a timedelta of whole minutes, less than a day")
    return str(offset // timedelta(minutes=1))


def whole(
    number: int | None,
    *,
    name: str,
    least: int = 0,
    required: bool = False,
    refusal: Refusal = invalid_query,
) -> int | None:
    """A whole number of at least *least*, and of at most 40 digits.

    Raises:
        InvalidQueryError: It is something else.
    """
    if number is None and not required:
        return None
    if not is_whole(number) or number < least:
        demand = f"must be a whole number, {least} or more, of up to {_LONGEST_ID} digits"
        raise refusal(name, demand)
    return number


def is_whole(value: object) -> TypeGuard[int]:
    """Whether *value* is a whole number of at most 40 digits; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_LARGE


def digits(
    id: str | int | None, *, name: str, required: bool = False, refusal: Refusal = invalid_query
) -> int | None:
    """An id that the vendor wants as a whole number, exactly (T20).

    Raises:
        InvalidQueryError: *id* is anything but 1 to 40 ASCII digits.
    """
    if id is None and not required:
        return None
    if is_whole(id) and id >= 0:
        return id
    if not isinstance(id, str) or not id.isascii() or not id.isdigit() or len(id) > _LONGEST_ID:
        raise refusal(name, "must be an id made of digits, as Devino gave it")
    return int(id)


def text(value: str | None, *, name: str, required: bool = False) -> str | None:
    """Text with at least one character.

    Raises:
        InvalidQueryError: It is something else.
    """
    if (value is not None or required) and not is_text(value):
        raise invalid_query(name, "must be text with at least one character, all of them whole")
    return value


def words(values: str | Collection[str] | None, *, name: str) -> Collection[str] | None:
    """One word or several, which are asked for again with every page: so no iterator.

    An empty list asks for nothing, while without the parameter everything would come.

    Raises:
        InvalidQueryError: There are none, or one is no word.
    """
    given = (values,) if isinstance(values, str) else values
    if given is None:
        return None
    if not isinstance(given, Collection) or not given or not all(map(is_text, given)):
        raise invalid_query(name, "must be one word or a list of words, at least one")
    return given


def flag(value: Any, *, name: str, required: bool = False, refusal: Refusal = invalid_query) -> Any:
    """True or False.

    Raises:
        InvalidQueryError: It is something else.
    """
    if (value is not None or required) and not isinstance(value, bool):
        raise refusal(name, "must be True or False")
    return value


def choice(value: Any, kind: type[Enum], *, name: str, required: bool = False) -> Any:
    """A member of *kind*.

    Raises:
        InvalidQueryError: It is something else, be it a member's value.
    """
    if (value is not None or required) and not isinstance(value, kind):
        members = ", ".join(f"{kind.__name__}.{each.name}" for each in kind)
        raise invalid_query(name, f"must be one of {members}")
    return value


def _texts(name: str, value: Any) -> Iterable[str]:
    match value:
        case None:
            return ()
        case bool():
            return ("true" if value else "false",)
        case Enum():
            return _texts(name, value.value)
        case str():
            if not is_sendable(value):
                raise invalid_query(name, "must be text of whole characters")
            return (str(value),)
        case int():
            return (str(value),)
        case Iterable() if not isinstance(value, bytes | bytearray):
            return [each for item in value for each in _texts(name, item)]
        case _:
            raise invalid_query(name, "must be text, a whole number, true, false or a list of them")
