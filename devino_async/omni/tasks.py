"""Tasks that exist: one, the list of them, and the macros in their texts (A11 and A12).

The vendor's page says that the parameters of these questions go into the body of a GET; its
examples have them in the address, where they belong (T15).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Any, TypedDict, Unpack

from attrs import field, frozen

from devino_async.answers import is_success, read_document, refusal
from devino_async.converter import read_object
from devino_async.ids import is_id
from devino_async.omni.channel import OmniChannel
from devino_async.omni.task import TaskType
from devino_async.paging import rows_reader
from devino_async.problems import invalid_query
from devino_async.query import (
    Filters,
    clock_text,
    digits,
    filtered,
    flag,
    parameters,
    text,
    whole,
    words,
)
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from omni_common.redaction import shown_key

__all__ = [
    "Task",
    "TaskCounters",
    "TaskFilters",
    "TaskMacros",
    "TaskOrder",
    "TaskState",
    "TriggerInfo",
    "macros_request",
    "read_macros",
    "read_task",
    "read_tasks",
    "task_request",
    "tasks_request",
]


class TaskState(StrEnum):
    """Where a task or a trigger is; other words may come and are taken too (T54)."""

    DRAFT = "DRAFT"
    NEW = "NEW"
    """Created, not begun."""
    STARTED = "STARTED"
    STOPPED = "STOPPED"
    STOPPED_BALANCE_BLOCKED = "STOPPED_BALANCE_BLOCKED"
    """Stopped for lack of money."""
    STOPPED_NOT_WORKING_TIME = "STOPPED_NOT_WORKING_TIME"
    """Stopped outside the hours of sending; a filter of macros only."""
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    DELETED_FINISHED = "DELETED_FINISHED"
    DELETED_DRAFT = "DELETED_DRAFT"

    @property
    def is_final(self) -> bool:
        """Whether nothing more is sent. Devino does not say so; the words suggest it."""
        return self in _FINAL


_FINAL = frozenset(
    {
        TaskState.FINISHED,
        TaskState.FAILED,
        TaskState.DELETED_FINISHED,
        TaskState.DELETED_DRAFT,
    }
)


class TaskOrder(StrEnum):
    """What the list is sorted by; other words are taken too."""

    ID = "ID"
    NAME = "NAME"
    STATE = "STATE"
    CREATION_DATE = "CREATION_DATE"


@frozen(kw_only=True)
class TaskCounters:
    """How many messages a trigger has: in all, sent with success, and failed."""

    total_count: int | None = None
    success_count: int | None = None
    error_count: int | None = None
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class TriggerInfo:
    """A step of a task, as Devino keeps it.

    The index that the task was created with does not come back (T73).

    Attributes:
        trigger_id: Devino's id of it, by which templates of transactional messages refer to it.
        task_id: Id of its task.
        user_id: Who created it.
        company_id: The company's id.
        office_id: The representative office's id.
        start_time: From when on it sends; naive: Devino names no zone (T30).
        end_time: Until when it sends, naive likewise.
        state: Devino's word, such as ``NEW``; see :class:`TaskState`.
        type: What sets it off, such as ``TRAN_API_SOURCE``.
        channel: Over which channel it sends.
        counters: How many messages it has.
        external_id: Another id of it; opaque (T19).
        parent_trigger_id: The trigger whose message it follows; documented for the list only.
        raw: The object as it came.
    """

    trigger_id: str | None = None
    task_id: str | None = None
    user_id: str | None = None
    company_id: str | None = None
    office_id: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    state: str | None = field(default=None, repr=shown_key)
    type: str | None = field(default=None, repr=shown_key)
    channel: str | None = field(default=None, repr=shown_key)
    counters: TaskCounters | None = None
    external_id: str | None = None
    parent_trigger_id: str | None = None
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class Task:
    """A task, as Devino keeps it. Ids are text, although declared as integers (T21).

    Attributes:
        id: Its id.
        task_name: Its name; declared as a number by mistake (T22).
        user_id: Who created it.
        company_id: The company's id.
        office_id: The representative office's id.
        creation_date: When it was created; naive: Devino names no zone (T30).
        type: Its kind, such as ``API``.
        channel: Its channel.
        state: Devino's word, such as ``STARTED``; see :attr:`is_final`.
        triggers_info: Its steps.
        raw: The object as it came.
    """

    id: str | None = None
    task_name: str | None = None
    user_id: str | None = None
    company_id: str | None = None
    office_id: str | None = None
    creation_date: datetime | None = None
    type: str | None = field(default=None, repr=shown_key)
    channel: str | None = field(default=None, repr=shown_key)
    state: str | None = field(default=None, repr=shown_key)
    triggers_info: tuple[TriggerInfo, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def is_final(self) -> bool:
        """Whether nothing more is sent, as far as the state is a known word (T54)."""
        return self.state in _FINAL


@frozen(kw_only=True)
class TaskMacros:
    """The macros in the texts of one task.

    Attributes:
        task: The task.
        macros: Names such as ``Unsubscribe``, without ``${}``.
        raw: The object as it came.
    """

    task: Task | None = None
    macros: tuple[str, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


class TaskFilters(TypedDict, total=False):
    """What narrows the list of tasks; all of it is optional.

    Times are wall-clock times of the account, to the second, since Devino names no zone (T30); with
    a zone they are taken where the account's zone is known.
    """

    channel: OmniChannel | str
    """``channel``: the tasks' channel."""
    name: str
    """``name``: the tasks' name; whether a part of it suffices is not documented."""
    types: Collection[TaskType | str]
    """``types``: SIMPLE and API are documented."""
    included_states: Collection[TaskState | str]
    """``includedStates``: only tasks in one of these states."""
    excluded_states: Collection[TaskState | str]
    """``excludedStates``: no tasks in one of these states."""
    created_date_from: datetime
    """``createdDateFrom``: created then or later."""
    created_date_to: datetime
    """``createdDateTo``: created then or earlier."""
    start_date_from: datetime
    """``startDateFrom``: beginning then or later."""
    start_date_to: datetime
    """``startDateTo``: beginning then or earlier."""
    end_date_from: datetime
    """``endDateFrom``: ending then or later."""
    end_date_to: datetime
    """``endDateTo``: ending then or earlier."""


def task_request(task_id: str | int) -> Request:
    """``GET /omni-task-api/tasks/{taskId}``.

    Raises:
        InvalidQueryError: *task_id* cannot be an id of a task.
    """
    number = digits(task_id, name="task_id", required=True)
    return Request("GET", f"/omni-task-api/tasks/{number}", Operation.READ)


def read_task(answer: Answer) -> Task | Failure | None:
    """The task in *answer*.

    How Devino says that it knows no such task is not documented: a 404, and a success without a
    task, are read so.
    """
    document = read_document(answer)
    fields = document if isinstance(document, dict) else {}
    task = read_object(Task, fields.get("result"))
    if task is not None and is_id(task.id):
        return task
    if (refused := refusal(document, answer.status)) is not None:
        return refused
    is_null = "result" in fields and fields["result"] is None
    if answer.status == HTTPStatus.NOT_FOUND or (is_null and is_success(answer)):
        return Failure(FailureKind.REFUSED, "it does not know the task", raw=answer.body)
    return None


def tasks_request(
    *,
    count: int,
    offset: int = 0,
    order_by: TaskOrder | str = TaskOrder.ID,
    ascending: bool = True,
    zone: tzinfo | None = None,
    **filters: Unpack[TaskFilters],
) -> Request:
    """``GET /omni-task-api/tasks``.

    Args:
        count: How many tasks at most, at least 1. Other lists of Devino's call it a limit (T14).
        offset: How many to leave out before.
        order_by: What to sort by.
        ascending: Whether the least comes first.
        zone: The account's time zone, where it is known.
        **filters: See :class:`TaskFilters`.

    Raises:
        InvalidQueryError: A value is not of the documented kind; ``field`` names it.
        TypeError: There is no such filter.
    """
    page = parameters(
        ("ascending", flag(ascending, name="ascending", required=True)),
        ("count", whole(count, name="count", least=1, required=True)),
        ("offset", whole(offset, name="offset", required=True)),
        ("orderBy", text(order_by, name="order_by", required=True)),
    )
    clock = partial(clock_text, zone=zone)
    known: Filters = {
        "channel": ("channel", text),
        "name": ("name", text),
        "types": ("types", words),
        "included_states": ("includedStates", words),
        "excluded_states": ("excludedStates", words),
        "created_date_from": ("createdDateFrom", clock),
        "created_date_to": ("createdDateTo", clock),
        "start_date_from": ("startDateFrom", clock),
        "start_date_to": ("startDateTo", clock),
        "end_date_from": ("endDateFrom", clock),
        "end_date_to": ("endDateTo", clock),
    }
    query = page + filtered(known, filters)
    return Request("GET", "/omni-task-api/tasks", Operation.READ, query=query)


read_tasks = rows_reader(partial(read_object, Task))
"""Read the answer to a :func:`tasks_request`."""


def macros_request(
    *,
    task_ids: Collection[str | int] | None = None,
    task_states: Collection[TaskState | str] | None = None,
) -> Request:
    """``GET /omni-task-api/macros``.

    Args:
        task_ids: Only of these tasks, digits (T20).
        task_states: Only of tasks in these states.

    Raises:
        InvalidQueryError: A value is not of the documented kind, or a list is empty; ``field``
            names it.
    """
    query = parameters(
        ("taskIds", _ids(task_ids, name="task_ids")),
        ("taskStates", words(task_states, name="task_states")),
    )
    return Request("GET", "/omni-task-api/macros", Operation.READ, query=query)


read_macros = rows_reader(partial(read_object, TaskMacros))
"""Read the answer to a :func:`macros_request`."""


def _ids(ids: Any, *, name: str) -> Any:
    if ids is None:
        return None
    # An empty list asks for nothing, while without the parameter everything would come.
    is_list = isinstance(ids, Collection) and not isinstance(ids, str | bytes | Mapping)
    if not is_list or not ids:
        raise invalid_query(name, "must be a list of ids; put a single one into a list")
    return [digits(id, name=name, required=True) for id in ids]
