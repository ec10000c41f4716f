"""What the fields of Messente's messages may hold: validators that all channels share.

Each refuses with :class:`~omni_common.errors.InvalidMessageError`, whose text names the class, the
field and what would be accepted, and never quotes the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from attrs import Attribute

from omni_common.errors import InvalidMessageError
from omni_common.redaction import shown_key
from omni_common.rules import is_sendable

Validator: TypeAlias = "Callable[[Any, Attribute[Any], Any], None]"
M = TypeVar("M", bound=StrEnum)
T = TypeVar("T")

_LARGEST = 2**63 - 1

Minutes: TypeAlias = Annotated[timedelta, "minutes"]
"""A duration that the wire carries in whole minutes; any other is carried in seconds (T38)."""


def invalid(owner: object, field: str, demand: str) -> InvalidMessageError:
    """The error for a *field* of *owner* that does not meet a *demand* (``must be text``)."""
    return InvalidMessageError(f"{type(owner).__name__}.{field} {demand}", field=field)


def text(*, at_least: int = 1, at_most: int | None = None) -> Validator:
    """Text of so many characters (code points)."""
    size = f"at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
    demand = f"must be text, its length {size}"

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, str):
            raise invalid(owner, attribute.name, demand)
        if len(value) < at_least or (at_most is not None and len(value) > at_most):
            raise invalid(owner, attribute.name, f"{demand}; it has {len(value)} characters")
        if not is_sendable(value):
            half = "holds half a character (a lone surrogate), which cannot be sent"
            raise invalid(owner, attribute.name, half)

    return check


def pattern(expression: str, meaning: str) -> Validator:
    """Text that matches *expression* as a whole; *meaning* says in words what that is."""
    compiled = re.compile(expression)

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            raise invalid(owner, attribute.name, f"must be {meaning}")

    return check


def link(*, schemes: Iterable[str] = (), at_most: int | None = None) -> Validator:
    """A whole URL; where *schemes* are named, one of these and with a host."""
    accepted = tuple(schemes)
    check_text = text(at_most=at_most)
    demand = f"must be a whole {' or '.join(accepted)} URL" if accepted else "must be a whole URL"

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        check_text(owner, attribute, value)
        if not _is_url(str(value), accepted):
            raise invalid(owner, attribute.name, demand)

    return check


def web_link(*, at_most: int | None = None) -> Validator:
    """A whole http or https URL."""
    return link(schemes=("http", "https"), at_most=at_most)


def _is_url(url: str, schemes: tuple[str, ...]) -> bool:
    if any(character.isspace() or not character.isprintable() for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if schemes:
        return parts.scheme in schemes and bool(host)
    return bool(parts.scheme) and bool(parts.netloc or parts.path)


def phone() -> Validator:
    """A number in E.164."""
    return pattern(
        r"\+[1-9][0-9]{6,14}",
        "'+' and 7 to 15 digits, the first not 0, such as +37251000000",
    )


def seconds(*, at_most: timedelta | None = None) -> Validator:
    """A duration of at least one whole second; the wire carries whole seconds."""
    limit = "" if at_most is None else f" and at most {at_most.total_seconds():g} seconds"

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        if (
            not isinstance(value, timedelta)
            or value < timedelta(seconds=1)
            or value.microseconds
            or (at_most is not None and value > at_most)
        ):
            demand = f"must be a timedelta of whole seconds, at least 1{limit}"
            raise invalid(owner, attribute.name, demand)

    return check


def minutes() -> Validator:
    """A duration of at least one whole minute."""

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        minute = timedelta(minutes=1)
        if not isinstance(value, timedelta) or value < minute or value % minute:
            demand = "must be a timedelta of whole minutes, at least 1"
            raise invalid(owner, attribute.name, demand)

    return check


def one_lifetime(owner: Any) -> None:
    """Refuse *owner* if it says in seconds and in minutes how long its channel is tried."""
    if owner.ttl is not None and owner.validity is not None:
        raise invalid(owner, "validity", "does not go with ttl: give only one of the two")


def aware() -> Validator:
    """A time with a zone, which UTC can express."""

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, datetime) or not _has_utc(value):
            demand = "must be a datetime with a time zone, such as datetime.now(UTC)"
            raise invalid(owner, attribute.name, demand)

    return check


def _has_utc(when: datetime) -> bool:
    if when.utcoffset() is None:
        return False
    try:
        when.astimezone(UTC)
    except OverflowError:  # in the first and last hours of the calendar
        return False
    return True


def whole(*, at_least: int, at_most: int | None = None) -> Validator:
    """A whole number in a range; of at most 64 bits, where no other limit is named."""
    limit = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
    most = _LARGEST if at_most is None else at_most

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        if type(value) is not int or not at_least <= value <= most:
            raise invalid(owner, attribute.name, f"must be a whole number {limit}")

    return check


def degrees(limit: int) -> Validator:
    """A finite number of degrees from ``-limit`` to *limit*."""

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not -limit <= value <= limit:  # type: ignore[operator]  # a number
            raise invalid(owner, attribute.name, f"must be a number from {-limit} to {limit}")

    return check


def a(*kinds: type) -> Validator:
    """An object of one of these classes."""
    names = " or ".join("true or false" if kind is bool else kind.__name__ for kind in kinds)

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, kinds):
            raise invalid(owner, attribute.name, f"must be {names}")

    return check


def several(*kinds: type, at_least: int = 0, at_most: int | None = None) -> Validator:
    """A tuple of so many objects of these classes."""
    names = " or ".join(kind.__name__ for kind in kinds)
    size = f"{at_least} or more" if at_most is None else f"{at_least} to {at_most}"

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        demand = f"must be {size} of {names}"
        if not isinstance(value, tuple) or not all(isinstance(item, kinds) for item in value):
            raise invalid(owner, attribute.name, demand)
        if len(value) < at_least or (at_most is not None and len(value) > at_most):
            raise invalid(owner, attribute.name, f"{demand}; it has {len(value)}")

    return check


def texts_by_name() -> Validator:
    """A mapping of names to text."""

    def check(owner: object, attribute: Attribute[Any], value: object) -> None:
        check_text = text(at_least=0)
        if not isinstance(value, Mapping):
            raise invalid(owner, attribute.name, "must be a mapping of names to text")
        for pair in value.items():
            for part in pair:
                check_text(owner, attribute, part)

    return check


def as_tuple(values: Iterable[T]) -> tuple[T, ...]:
    """Any iterable as a tuple; what is none is left for the validator to refuse.

    As an attrs converter it needs a function with plain types around it, or mypy loses the types.
    """
    if isinstance(values, tuple):
        return values
    if isinstance(values, Iterable) and not isinstance(values, (str, bytes, Mapping)):
        return tuple(values)
    return values  # type: ignore[return-value]  # refused by `several`


def copied(mapping: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """A copy, so that later changes of the caller's mapping do not reach the message."""
    return dict(mapping) if isinstance(mapping, Mapping) else mapping


def member(kind: type[M], value: M | str, field: str) -> M:
    """The member of a closed vocabulary by its word."""
    # Only text is looked up: an enum that does not know a value writes it out, however long.
    known = {str(each): each for each in kind}
    if isinstance(value, str) and value in known:
        return known[value]
    raise InvalidMessageError(f"{field} must be one of {', '.join(kind)}", field=field)


def exactly_one(owner: object, *names: str) -> None:
    """Refuse *owner* unless exactly one of the named fields is given."""
    given = [name for name in names if getattr(owner, name) is not None]
    if len(given) == 1:
        return
    found = f"{', '.join(given)} are given" if given else "none is given"
    demand = f"needs exactly one of {', '.join(names)}; {found}"
    field = given[-1] if given else names[0]
    raise InvalidMessageError(f"{type(owner).__name__} {demand}", field=field)


def names_only(mapping: Mapping[str, object] | None) -> str:
    """Which names a mapping holds, without their values, and of odd names only the length."""
    return "None" if mapping is None else f"<{', '.join(sorted(map(shown_key, mapping)))}>"
