"""Which tasks a question is about: the parameters of the list and of the macros (A12).

They stand in the query string, although the vendor's text speaks of the body (T15), and lists are
keys that are repeated (T16).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from attrs import frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.omni_behaviour import NameFilter, OmniBehaviour
from devino_async.sandbox.omni_task_rules import (
    SETTLED_STATES,
    TASK_CHANNELS,
    TASK_STATES,
    TASK_TYPES,
)
from devino_async.sandbox.omni_tasks import Task, wall_time
from devino_async.sandbox.report_pages import ReportQuery, read_query
from devino_async.sandbox.shapes import refuse

__all__ = ["MacroQuery", "TaskQuery", "read_macro_query", "read_task_query"]

_PARAMETERS = frozenset(
    {
        "ascending",
        "channel",
        "count",
        "createdDateFrom",
        "createdDateTo",
        "endDateFrom",
        "endDateTo",
        "excludedStates",
        "includedStates",
        "name",
        "offset",
        "orderBy",
        "startDateFrom",
        "startDateTo",
        "types",
    }
)
_ID = re.compile(r"[0-9]{1,40}", re.ASCII)
_KEYS: dict[str, Callable[[Task, str], Any]] = {
    "ID": lambda task, _state: int(task.id),
    "NAME": lambda task, _state: task.name,
    "STATE": lambda _task, state: state,
    "CREATION_DATE": lambda task, _state: task.created_at,
}
StateOf = Callable[[Task], str]
"""Tells where a task is now."""


@frozen
class _Range:
    """From one time to another, both included; None leaves it open."""

    first: datetime | None
    last: datetime | None

    def holds(self, moment: datetime | None) -> bool:
        """Whether *moment* is in it; None, which never comes, is after every beginning."""
        if moment is None:
            return self.last is None
        return (self.first is None or self.first <= moment) and (
            self.last is None or moment <= self.last
        )


@frozen(kw_only=True)
class TaskQuery:
    """A page of the list, and what its tasks have in common."""

    ascending: bool
    count: int
    offset: int
    order_by: str
    channel: str | None
    name: str | None
    created: _Range
    starts: _Range
    ends: _Range
    included: Collection[str]
    excluded: Collection[str]
    types: Collection[str]

    def page(
        self, tasks: Collection[Task], state_of: StateOf, behaviour: OmniBehaviour
    ) -> list[Task]:
        """The tasks that are asked for, in order. Among equals the ids decide."""
        found = [task for task in tasks if self._takes(task, state_of(task), behaviour)]
        key = _KEYS[self.order_by]
        found.sort(
            key=lambda task: (key(task, state_of(task)), int(task.id)), reverse=not self.ascending
        )
        return found[self.offset : self.offset + self.count]

    def _takes(self, task: Task, state: str, behaviour: OmniBehaviour) -> bool:
        return (
            self.channel in {None, task.channel}
            and self._names(task, behaviour.name_filter)
            and self.created.holds(
                wall_time(task.created_at, behaviour.creation_offset).replace(microsecond=0)
            )
            and self.starts.holds(task.starts)
            and self.ends.holds(task.ends)
            and (not self.included or state in self.included)
            and state not in self.excluded
            and (not self.types or task.type in self.types)
        )

    def _names(self, task: Task, name_filter: NameFilter) -> bool:
        if self.name is None:
            return True
        if name_filter is NameFilter.EXACT:
            return task.name == self.name
        return self.name.casefold() in task.name.casefold()


@frozen
class MacroQuery:
    """Whose macros are asked for; what is empty asks for all."""

    task_ids: Collection[str]
    states: Collection[str]

    def takes(self, task: Task, state: str) -> bool:
        """Whether *task*, which is in *state*, is meant."""
        return (not self.task_ids or task.id in self.task_ids) and (
            not self.states or state in self.states
        )


def read_task_query(query: str, behaviour: DevinoBehaviour) -> TaskQuery:
    """The question in a raw query string.

    Raises:
        RequestRefusedError: A required parameter is missing, or one is wrong or unknown.
    """
    asked = read_query(query, known=_PARAMETERS, accepts_unknown=behaviour.accepts_unknown_fields)
    asked.needed("ascending")
    order_by = asked.needed("orderBy")
    if order_by not in _KEYS:
        refuse("invalid", "orderBy", order_by)
    return TaskQuery(
        ascending=bool(asked.truth("ascending")),
        count=asked.needed_number("count", least=1),
        offset=asked.needed_number("offset", least=0),
        order_by=order_by,
        channel=asked.choice("channel", TASK_CHANNELS),
        name=asked.text("name"),
        created=_range(asked, "createdDate"),
        starts=_range(asked, "startDate"),
        ends=_range(asked, "endDate"),
        included=_words(asked, "includedStates", TASK_STATES),
        excluded=_words(asked, "excludedStates", TASK_STATES),
        types=_words(asked, "types", TASK_TYPES),
    )


def read_macro_query(query: str, behaviour: DevinoBehaviour) -> MacroQuery:
    """The question in a raw query string.

    Raises:
        RequestRefusedError: A parameter is wrong or unknown.
    """
    known = {"taskIds", "taskStates"}
    asked = read_query(query, known=known, accepts_unknown=behaviour.accepts_unknown_fields)
    ids = asked.texts("taskIds")
    for id in ids:
        if not _ID.fullmatch(id):
            refuse("invalid", "taskIds", id)
    return MacroQuery(
        frozenset(str(int(id)) for id in ids), _words(asked, "taskStates", SETTLED_STATES)
    )


def _range(asked: ReportQuery, name: str) -> _Range:
    return _Range(asked.time(f"{name}From"), asked.time(f"{name}To"))


def _words(asked: ReportQuery, name: str, known: Collection[str]) -> frozenset[str]:
    words = asked.texts(name)
    for word in words:
        if word not in known:
            refuse("invalid", name, word)
    return frozenset(words)
