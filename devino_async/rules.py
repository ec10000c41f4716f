"""What the fields of Devino's models may hold: validators that every area shares.

Each refuses with ``InvalidMessageError``, which names the field and never quotes its value. Whole
fields with such a validator are in ``devino_async.fields``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from attrs import Attribute

from devino_async.problems import invalid, is_text, phone_problem
from devino_async.query import digits, is_whole
from devino_async.zone import in_utc
from omni_common import rules
from omni_common.converter import JsonError, dumps
from omni_common.errors import InvalidMessageError
from omni_common.message import Recipient

__all__ = [
    "Validator",
    "check_email_address",
    "check_flag",
    "check_json",
    "check_line",
    "check_mapping",
    "check_moment",
    "check_numeric_id",
    "check_numeric_ids",
    "check_phone",
    "check_text",
    "check_text_or_mapping",
    "check_url",
    "check_words",
    "minutes",
    "number",
    "one_of",
    "seconds",
    "several",
    "up_to",
]

Validator: TypeAlias = "Callable[[object, Attribute[Any], Any], None]"


# --- Text -----------------------------------------------------------------------------------------


def _by_rule(check: Validator) -> Validator:
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


check_text = _by_rule(rules.check_text)
"""Text with at least one character. It may be a word of one of the vendor's open vocabularies: a
member of the enum, or one that the enum lacks (T54)."""
check_line = _by_rule(rules.check_line)
"""Text without line breaks and other control characters."""
check_url = _by_rule(rules.check_url)
"""A whole http or https URL."""


def up_to(longest: int, check: Validator = check_text) -> Validator:
    """What passes *check*, and has at most *longest* characters."""

    def checked(owner: object, attribute: Attribute[Any], value: Any) -> None:
        check(owner, attribute, value)
        if len(value) > longest:
            raise invalid(attribute.name, f"may have at most {longest} characters")

    return checked


def check_phone(_: object, attribute: Attribute[Any], value: object) -> None:
    """E.164 digits, with or without ``+``; each endpoint writes them in its own way (T53)."""
    if (problem := phone_problem(value)) is not None:
        raise invalid(attribute.name, problem)


def check_email_address(_: object, attribute: Attribute[Any], value: Any) -> None:
    """One e-mail address."""
    try:
        Recipient(email=value)
    except InvalidMessageError:
        problem = "must be an e-mail address"
    else:
        return
    # Raised out here, so that no error about a recipient is its context.
    raise invalid(attribute.name, problem)


# --- Ids, numbers and truths ----------------------------------------------------------------------


def check_numeric_id(_: object, attribute: Attribute[Any], value: Any) -> None:
    """An id that the vendor wants as a whole number (T20)."""
    digits(value, name=attribute.name, required=True, refusal=invalid)


def check_numeric_ids(owner: object, attribute: Attribute[Any], value: object) -> None:
    """A list of such ids."""
    if not isinstance(value, tuple):
        raise invalid(attribute.name, "must be a list of ids; put a single one into a list")
    for id in value:
        check_numeric_id(owner, attribute, id)


def number(least: int = 0, most: int | None = None) -> Validator:
    """A whole number of at least *least* and at most *most*, and of at most 40 digits."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if not is_whole(value) or not _is_within(value, least, most):
            raise invalid(attribute.name, f"must be a whole number, {_limits(least, most)}")

    return check


def check_flag(_: object, attribute: Attribute[Any], value: object) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid(attribute.name, "must be true or false")


# --- Times ----------------------------------------------------------------------------------------


def seconds(least: int = 0, most: int | None = None) -> Validator:
    """A ``timedelta`` of whole seconds."""
    return _duration(timedelta(seconds=1), "seconds", least, most)


def minutes(least: int = 0, most: int | None = None) -> Validator:
    """A ``timedelta`` of whole minutes."""
    return _duration(timedelta(minutes=1), "minutes", least, most)


def check_moment(_: object, attribute: Attribute[Any], value: object) -> None:
    """A time with a zone."""
    if not isinstance(value, datetime) or value.utcoffset() is None or in_utc(value) is None:
        raise invalid(attribute.name, "must be a datetime with a time zone, up to the year 9999")


# --- Objects and lists ----------------------------------------------------------------------------


def one_of(*kinds: type) -> Validator:
    """An object of one of these classes."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, kinds):
            raise invalid(attribute.name, f"must be one {_names(kinds)}")

    return check


def several(*kinds: type, at_least: int = 0) -> Validator:
    """A tuple of so many objects of these classes."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        items = value if isinstance(value, tuple) else (None,)
        if len(items) < at_least or not all(isinstance(item, kinds) for item in items):
            raise invalid(attribute.name, f"must be a list of {at_least} or more {_names(kinds)}")

    return check


def check_words(_: object, attribute: Attribute[Any], value: object) -> None:
    """A list of at least one of the vendor's words, none of them twice."""
    given = value if isinstance(value, tuple) else ()
    if not given or not all(map(is_text, given)):
        raise invalid(attribute.name, "must be a list of words, at least one")
    if len(set(given)) < len(given):
        raise invalid(attribute.name, "must not hold a word twice")


def check_mapping(_: object, attribute: Attribute[Any], value: object) -> None:
    """A mapping of names to what JSON can hold."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise invalid(attribute.name, "must be a mapping of names to values")
    check_json(_, attribute, dict(value))


def check_json(_: object, attribute: Attribute[Any], value: object) -> None:
    """What JSON can hold."""
    try:
        dumps(value)
    except JsonError as error:
        raise invalid(attribute.name, f"cannot be written as JSON: {error}") from error


def check_text_or_mapping(owner: object, attribute: Attribute[Any], value: object) -> None:
    """Text, or such a mapping."""
    check = check_text if isinstance(value, str) else check_mapping
    check(owner, attribute, value)


def _duration(unit: timedelta, units: str, least: int, most: int | None) -> Validator:
    def check(_: object, attribute: Attribute[Any], value: Any) -> None:
        is_whole = isinstance(value, timedelta) and not value % unit
        if not is_whole or not _is_within(value // unit, least, most):
            demand = f"must be a timedelta of {_limits(least, most)} whole {units}"
            raise invalid(attribute.name, demand)

    return check


def _is_within(value: Any, least: int, most: int | None) -> bool:
    return bool(value >= least and (most is None or value <= most))


def _limits(least: int, most: int | None) -> str:
    return f"{least} or more" if most is None else f"{least} to {most}"


def _names(kinds: tuple[type, ...]) -> str:
    return " or ".join(kind.__name__ for kind in kinds)
