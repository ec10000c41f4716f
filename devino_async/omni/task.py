"""A new task: its name, its kind, whom it writes to, and its steps (contract sheet, A10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from devino_async.fields import (
    AS_NUMBERS,
    as_tuple,
    optional_flag,
    optional_mapping,
    optional_minutes,
    optional_numeric_id,
    optional_one_of,
    optional_word,
)
from devino_async.omni.channel import OmniChannel
from devino_async.omni.trigger import EventType, Trigger, TriggerType
from devino_async.problems import invalid
from devino_async.rules import check_line, check_numeric_ids, check_text, several, up_to

__all__ = [
    "AddressBookSource",
    "AddressBookSourceType",
    "NewTask",
    "Period",
    "TaskInfo",
    "TaskType",
]

_LONGEST_NAME = 100
_LONGEST_SMOOTH_SEND = 1440
"""Minutes."""


class TaskType(StrEnum):
    """Kinds of tasks; other words are taken too (T54)."""

    SIMPLE = "SIMPLE"
    """Writes to lists of the address book."""
    API = "API"
    """Waits for transactional messages, which are sent through it."""
    BIRTHDAY = "BIRTHDAY"
    PERIODIC = "PERIODIC"
    EVENT_FLOW = "EVENT_FLOW"
    GEO = "GEO"
    AB_TEST = "AB_TEST"


class AddressBookSourceType(StrEnum):
    """How a task chooses contacts."""

    SIMPLE = "SIMPLE"
    BIRTHDAY = "BIRTHDAY"
    PERIODIC = "PERIODIC"


class Period(StrEnum):
    """How often a task is repeated."""

    ONCE = "ONCE"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


@frozen(kw_only=True)
class AddressBookSource:
    """Whom a task writes to.

    Attributes:
        address_book_source_type: How contacts are chosen.
        contact_group_ids: Ids of lists. Either these or ``segment_ids``.
        segment_ids: Ids of segments of lists.
        stop_contact_group_ids: Ids of lists whose contacts are left out.
        by_time_zone: Whether each contact's own local time counts.
        by_optimal_send_time: Not documented beyond its name. Only the later version of the page has
            it.
        check_duplicate: How contacts that stand there twice are treated; the page's words can be
            read either way.
        period: How often the task is repeated; needed by tasks of the type PERIODIC.
        smooth_send: Over how long the sending is spread, up to 1,440 whole minutes;
            ``smoothSendMinutes``.
        contact_count_id: Not documented beyond its name. Only the later version of the page has it.
        extra: Further fields, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed, or lists and segments are both given; ``field``
            names it.
    """

    address_book_source_type: AddressBookSourceType | str = field(
        default=AddressBookSourceType.SIMPLE, validator=check_text
    )
    contact_group_ids: tuple[str | int, ...] = field(
        default=(), converter=as_tuple, validator=check_numeric_ids, metadata=AS_NUMBERS
    )
    segment_ids: tuple[str | int, ...] = field(
        default=(), converter=as_tuple, validator=check_numeric_ids, metadata=AS_NUMBERS
    )
    stop_contact_group_ids: tuple[str | int, ...] = field(
        default=(), converter=as_tuple, validator=check_numeric_ids, metadata=AS_NUMBERS
    )
    by_time_zone: bool | None = optional_flag()
    by_optimal_send_time: bool | None = optional_flag()
    check_duplicate: bool | None = optional_flag()
    period: Period | str | None = optional_word()
    smooth_send: timedelta | None = optional_minutes("smoothSendMinutes", most=_LONGEST_SMOOTH_SEND)
    contact_count_id: str | int | None = optional_numeric_id()
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        if self.contact_group_ids and self.segment_ids:
            raise invalid("segment_ids", "cannot be given together with contact_group_ids")


@frozen(kw_only=True)
class TaskInfo:
    """What sets off a task of the type EVENT_FLOW; only the later version of the page has it.

    The words of ``scenario_type`` are not documented.
    """

    scenario_type: str = field(validator=check_text)


@frozen(kw_only=True)
class NewTask:
    """A task to be created.

    One that transactional messages are sent through has the type API, the channel OMNI, no
    ``address_book_source``, and a TRAN_API_SOURCE as its first trigger (contract sheet, A13).

    Attributes:
        task_name: Its name, 1 to 100 characters.
        type: What kind of task it is.
        channel: Its channel, OMNI for several.
        triggers: Its steps, at least one.
        address_book_source: Whom it writes to.
        draft_id: Id of a draft of a letter. Only the later version of the page has it.
        task_info: For the type EVENT_FLOW.
        extra: Further fields, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed, two triggers have one index, a parent does not
            exist, an event is of another channel than the parent's, or something is missing or too
            much for the type; ``field`` names it.
    """

    task_name: str = field(validator=up_to(_LONGEST_NAME, check_line))
    type: TaskType | str = field(validator=check_text)
    channel: OmniChannel | str = field(validator=check_text)
    triggers: tuple[Trigger, ...] = field(
        converter=as_tuple, validator=several(Trigger, at_least=1)
    )
    address_book_source: AddressBookSource | None = optional_one_of(AddressBookSource)
    draft_id: str | int | None = optional_numeric_id()
    task_info: TaskInfo | None = optional_one_of(TaskInfo)
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        _check_source(self)
        _check_parents(self.triggers)
        is_transactional = self.triggers[0].type == TriggerType.TRAN_API_SOURCE
        if self.type == TaskType.API and not is_transactional:
            raise invalid("triggers", "of the type API must begin with a TRAN_API_SOURCE")


def _check_source(task: NewTask) -> None:
    source = task.address_book_source
    if source is None:
        return
    if task.type == TaskType.API:
        raise invalid("address_book_source", "cannot be given to the type API")
    if task.type == TaskType.PERIODIC and source.period is None:
        raise invalid("period", "is missing: a task of the type PERIODIC needs it")


def _check_parents(triggers: tuple[Trigger, ...]) -> None:
    by_index = {trigger.index: trigger for trigger in triggers}
    if len(by_index) < len(triggers):
        raise invalid("index", "must be another one for each trigger of the task")
    for trigger in triggers:
        if trigger.parent_index is None:
            continue
        parent = by_index.get(trigger.parent_index)
        if parent is None or parent is trigger:
            raise invalid("parent_index", "must be the index of another trigger of the task")
        for event in trigger.event_sources:
            if event.event_type == EventType.STATE and event.channel != parent.channel:
                raise invalid("event_sources", "must name the channel of the parent trigger")
