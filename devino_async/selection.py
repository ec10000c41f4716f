"""Which messages a report is about, in the five ways that Devino allows; its order and grouping.

The reports about SMS and e-mail share them (contract sheet, A5, A6, A8c and A8d). Any other
combination is refused before anything is asked, since what Devino makes of one is not documented.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from attrs import field, fields, frozen

from devino_async.ids import is_id
from devino_async.problems import invalid_query
from devino_async.query import Query, clock_text, digits, parameters

__all__ = ["GroupBy", "Selection", "SortOrder", "select"]

_ALLOWED = (
    ("task_id",),
    ("task_id", "trigger_id"),
    ("sent_from", "sent_to"),
    ("task_id", "trigger_id", "sent_from", "sent_to"),
    ("message_ids",),
)
"""Smaller combinations before those that hold them."""


class SortOrder(StrEnum):
    """How the rows of a report are sorted."""

    ASC = "ASC"
    """Ascending."""
    DESC = "DESC"
    """Descending."""


class GroupBy(StrEnum):
    """What statistics add up."""

    NONE = "NONE"
    """The whole range of time, as one."""
    YEAR = "YEAR"
    MONTH = "MONTH"
    WEEK = "WEEK"
    DAY = "DAY"
    HOUR = "HOUR"


def _ids(values: Any) -> tuple[str, ...] | None:
    if values is None:
        return None
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise invalid_query("message_ids", "must be a list of ids; put a single one into a list")
    ids = tuple(values)
    if not ids:
        raise invalid_query("message_ids", "must not be empty")
    if not all(map(is_id, ids)):
        raise invalid_query("message_ids", "must be ids as text, as Devino gave them")
    return ids


@frozen(kw_only=True)
class Selection:
    """The messages that a report is about; see :func:`select` for what may be combined.

    Raises:
        InvalidQueryError: The combination is none of those that Devino allows; ``field`` names
            what is missing or too much.
    """

    task_id: str | int | None = None
    trigger_id: str | int | None = None
    sent_from: datetime | None = None
    sent_to: datetime | None = None
    message_ids: tuple[str, ...] | None = field(default=None, converter=_ids)

    def __attrs_post_init__(self) -> None:
        names = [each.name for each in fields(Selection)]
        given = tuple(name for name in names if getattr(self, name) is not None)
        if given in _ALLOWED:
            return
        if not given:
            demand = (
                "is missing: a report needs task_id, task_id with trigger_id, sent_from with"
                " sent_to, all four of these, or message_ids"
            )
            raise invalid_query("task_id", demand)
        if "message_ids" in given:
            raise invalid_query("message_ids", f"must stand alone, without {_listed(given[:-1])}")
        whole = next(each for each in _ALLOWED if set(given) < set(each))
        missing = tuple(name for name in whole if name not in given)
        demand = f"is missing: {_listed(given)} can only be given with {_listed(missing)}"
        raise invalid_query(missing[0], demand)

    def query(self, zone: tzinfo | None) -> Query:
        """The selection as query parameters; *zone* is the account's, where it is known.

        Raises:
            InvalidQueryError: An id of a task or trigger is not made of digits, or a time cannot
                be written.
        """
        return parameters(
            ("taskId", digits(self.task_id, name="task_id")),
            ("triggerId", digits(self.trigger_id, name="trigger_id")),
            ("dateTimeFrom", clock_text(self.sent_from, zone, name="sent_from")),
            ("dateTimeTo", clock_text(self.sent_to, zone, name="sent_to")),
            ("messageIds", self.message_ids),
        )


def select(
    *,
    task_id: str | int | None = None,
    trigger_id: str | int | None = None,
    sent_from: datetime | None = None,
    sent_to: datetime | None = None,
    message_ids: Iterable[str] | None = None,
    zone: tzinfo | None = None,
) -> Query:
    """The query parameters that select messages for a report.

    Devino allows a task, a task and its trigger, a range of time, these four together, or ids.

    Args:
        task_id: ``taskId``, digits.
        trigger_id: ``triggerId``, digits.
        sent_from: ``dateTimeFrom``: a wall-clock time of the account, whole seconds (T30, T32).
        sent_to: ``dateTimeTo``, likewise.
        message_ids: ``messageIds``, the name repeated for each (T16). They are written as the text
            they are, although declared as integers (T19). Devino names no limit, but servers
            commonly refuse addresses of more than 8,000 characters: some 250 ids.
        zone: The account's time zone, where it is known; it lets times name a zone.

    Raises:
        InvalidQueryError: Another combination, an empty list, or a value that cannot be written;
            ``field`` names the parameter.
    """
    selection = Selection(
        task_id=task_id,
        trigger_id=trigger_id,
        sent_from=sent_from,
        sent_to=sent_to,
        message_ids=message_ids,
    )
    return selection.query(zone)


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
