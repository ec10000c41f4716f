"""Devino's times: all rules about time zones are here.

Devino states a zone only for what it is given (``scheduledTime`` is UTC). What it says itself comes
without one (T29, T30), so such a time is a wall-clock value, and becomes a moment only if the
account's own zone is configured.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omni_common.clock import read_time
from omni_common.errors import ConfigurationError

__all__ = ["account_zone", "in_utc", "is_certain", "moment", "parse_time", "wall_clock"]

_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def account_zone(name: str | None) -> tzinfo | None:
    """The time zone of the account: an IANA name such as ``Europe/Moscow``, or ``+03:00``.

    Raises:
        ConfigurationError: No such zone is known.
    """
    if name is None:
        return None
    try:
        if (match := _OFFSET.fullmatch(name)) is not None:
            sign, hours, minutes = match.groups()
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            return timezone(-offset if sign == "-" else offset)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
        msg = (
            "account_zone must be an IANA zone such as Europe/Moscow, or an offset such as +03:00;"
            " names of zones need the system's time zone data, or the package tzdata"
        )
    # Raised out here, so that an error that quotes the name is no context.
    raise ConfigurationError(msg, provider="devino", field="account_zone")


def parse_time(value: Any) -> datetime | None:
    """A time as Devino writes it: naive, unless it names a zone after all; None if it is none."""
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        return None
    try:
        return read_time(value)
    except ValueError:
        return None


def moment(time: datetime | None, zone: tzinfo | None) -> datetime | None:
    """The moment that a time of Devino's stands for, in UTC, if its zone is known.

    None, too, for a time that the zone's clocks show twice, or never, when they are put back or on.
    """
    if time is None or (time.tzinfo is None and (zone is None or not is_certain(time, zone))):
        return None
    return in_utc(time if time.tzinfo is not None else time.replace(tzinfo=zone))


def in_utc(aware: datetime) -> datetime | None:
    """The same moment in UTC; None where the calendar of ``datetime`` has no room for it."""
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return None


def wall_clock(time: datetime, zone: tzinfo | None) -> datetime | None:
    """The naive time that the account's clocks show at *time*.

    A naive time is one already. One with a zone needs the account's own; None if that is not known,
    or if the calendar has no room for the result.
    """
    if time.utcoffset() is None:
        return time.replace(tzinfo=None)
    if zone is None:
        return None
    try:
        return time.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return None


def is_certain(wall: datetime, zone: tzinfo) -> bool:
    """Whether the clocks of *zone* show *wall* exactly once."""
    first, second = (zone.utcoffset(wall.replace(tzinfo=None, fold=fold)) for fold in (0, 1))
    return first == second
