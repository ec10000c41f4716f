"""Kinds of fields that Devino's models share: what they hold, show, and are on the wire.

A function that is called ``optional_...`` makes a whole field, which is None unless it is given. A
field that has to be given is spelt out where it stands, with ``field(...)`` and a rule: type
checkers take what any other function makes for a field with a default. They have to see the
converter of a list there, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import Attribute, field
from attrs.validators import optional

from devino_async.converter import wire
from devino_async.problems import invalid
from devino_async.query import clock_text
from devino_async.rules import (
    Validator,
    check_flag,
    check_mapping,
    check_moment,
    check_numeric_id,
    check_text,
    check_text_or_mapping,
    check_url,
    minutes,
    number,
    one_of,
    seconds,
    up_to,
)
from omni_common.redaction import mask_text, mask_url
from omni_common.rules import copied, tuple_of

__all__ = [
    "AS_NUMBERS",
    "FROM",
    "WITHOUT_PLUS",
    "as_tuple",
    "flag",
    "optional_flag",
    "optional_link",
    "optional_mapping",
    "optional_minutes",
    "optional_number",
    "optional_numeric_id",
    "optional_one_of",
    "optional_seconds",
    "optional_text",
    "optional_text_or_mapping",
    "optional_time",
    "optional_url",
    "optional_word",
]

FROM = wire("from")
"""Metadata of a sender."""
WITHOUT_PLUS = wire(write=lambda phone: phone.removeprefix("+"))
"""Metadata of a phone number (T53)."""
AS_NUMBERS = wire(write=lambda ids: [int(id) for id in ids])
"""Metadata of ids that go out as whole numbers, exactly (T20)."""


def as_tuple(values: Iterable[Any]) -> Any:
    """A list's values as a tuple, or one text as it is; the field's rule refuses all else."""
    given = tuple_of(values)
    return values if given is None else given


def optional_text(longest: int | None = None, *, name: str | None = None) -> Any:
    """Text of at least one character and at most *longest*; *name* is the field's on the wire."""
    check = check_text if longest is None else up_to(longest)
    return field(default=None, repr=mask_text, validator=optional(check), metadata=wire(name))


def optional_word(name: str | None = None) -> Any:
    """A word of one of the vendor's open vocabularies (T54); *name* is the field's on the wire."""
    return field(default=None, validator=optional(check_text), metadata=wire(name))


def optional_url(name: str | None = None, *, longest: int | None = None) -> Any:
    """A whole http or https URL of at most *longest* characters."""
    check = check_url if longest is None else up_to(longest, check_url)
    return field(default=None, repr=mask_url, validator=optional(check), metadata=wire(name))


def optional_link() -> Any:
    """A URL, or a deep link, which may have any form."""
    return field(default=None, repr=mask_url, validator=optional(check_text))


def optional_numeric_id(name: str | None = None) -> Any:
    """An id made of digits, written as a whole number, exactly (T20)."""
    metadata = wire(name, write=int)
    return field(default=None, validator=optional(check_numeric_id), metadata=metadata)


def optional_number(least: int = 0, most: int | None = None) -> Any:
    """A whole number."""
    return field(default=None, validator=optional(number(least, most)))


def optional_flag() -> Any:
    """True or false."""
    return field(default=None, validator=optional(check_flag))


def flag(name: str | None = None) -> Any:
    """True, or false, which is the default and is not written."""
    return field(default=False, validator=check_flag, metadata=wire(name))


def optional_seconds(least: int = 0, most: int | None = None, *, name: str | None = None) -> Any:
    """A ``timedelta`` of whole seconds, written as their number."""
    return field(default=None, validator=optional(seconds(least, most)), metadata=wire(name))


def optional_minutes(name: str, *, most: int | None = None) -> Any:
    """A ``timedelta`` of whole minutes, written as their number."""
    metadata = wire(name, write=lambda duration: duration // timedelta(minutes=1))
    return field(default=None, validator=optional(minutes(most=most)), metadata=metadata)


def optional_time(separator: str) -> Any:
    """A time with a zone, of whole seconds; written in UTC without naming it (T29)."""

    def check(owner: object, attribute: Attribute[Any], value: Any) -> None:
        check_moment(owner, attribute, value)
        clock_text(value, UTC, name=attribute.name, refusal=invalid)

    def write(time: datetime) -> str | None:
        return clock_text(time, UTC, name="time", separator=separator, refusal=invalid)

    return field(default=None, validator=optional(check), metadata=wire(write=write))


def optional_one_of(kind: type) -> Any:
    """A *kind*."""
    return field(default=None, validator=optional(one_of(kind)))


def optional_mapping(name: str | None = None, *, check: Validator = check_mapping) -> Any:
    """A mapping of names to what JSON can hold; it shows nothing of what it holds."""
    return field(
        default=None,
        converter=copied,
        repr=False,
        hash=False,
        validator=optional(check),
        metadata=wire(name),
    )


def optional_text_or_mapping() -> Any:
    """Text or such a mapping, where the vendor's pages have both (T25); it shows nothing of it."""
    return field(
        default=None,
        converter=copied,
        repr=False,
        hash=False,
        validator=optional(check_text_or_mapping),
    )
