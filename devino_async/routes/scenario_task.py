"""Which task at Devino messages of one shape can go by: decided from what Devino tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import field, frozen

from devino_async.ids import is_id
from devino_async.omni import Task, TaskState, Trigger, TriggerInfo, TriggerType
from devino_async.query import digits
from devino_async.routes.scenario_shape import Shape
from devino_async.zone import in_utc
from omni_common.errors import InvalidQueryError
from omni_common.message import Channel
from omni_common.redaction import shown_key

__all__ = [
    "Scenario",
    "Trusted",
    "called",
    "end_of",
    "flaw",
    "has_known_state",
    "is_told",
    "lasts",
    "misfit",
    "scenario_of",
    "standing",
    "standstill",
]

_USABLE = frozenset({TaskState.NEW, TaskState.STARTED})
_KNOWN = frozenset(TaskState)
Trusted: TypeAlias = Mapping[str | None, str | None]
"""Tasks by their ids that are used although nobody knows the word for their state, with that word:
as long as it is the same, nothing is known against them."""
_NOBODY: Trusted = {}
_MARGIN = timedelta(days=2)
"""No two clocks on walls are further apart, and the zone of a task's times is not told (T30)."""


@frozen
class Scenario:
    """A task of OMNI's that messages of one shape go by.

    Attributes:
        task_id: Its id, digits.
        triggers: The id of each channel's trigger, in the order tried.
        end: When the first of its triggers ends, by a clock of an unknown zone; None where that is
            the business of whoever named the task.
    """

    task_id: str
    triggers: Mapping[Channel, str] = field(hash=False)
    end: datetime | None = None


def called(name: str, tasks: Iterable[Task], trusted: Trusted = _NOBODY) -> list[Task]:
    """Those of *tasks* whose name is exactly that and whose state lets them send, oldest first."""
    found = [task for task in tasks if task.task_name == name and not standstill(task, trusted)]
    return sorted((task for task in found if _number(task) >= 0), key=_number)


def standing(name: str, tasks: Iterable[Task]) -> tuple[str, ...]:
    """The ids of those of *tasks* whose name is exactly that and whose state is not final.

    A task without an id has its place instead, so that it counts.
    """
    ours = [task for task in tasks if task.task_name == name and not task.is_final]
    return tuple(dict.fromkeys(task.id or f"no.{place}" for place, task in enumerate(ours)))


def is_told(task: Task) -> bool:
    """Whether *task* says of its triggers what must be known: a list may leave that out."""
    return bool(task.triggers_info) and all(
        each.trigger_id and each.channel and each.end_time for each in task.triggers_info
    )


def standstill(task: Task, trusted: Trusted = _NOBODY) -> str | None:
    """Why *task* sends nothing now, as the end of a sentence; None if it does (T54)."""
    if task.state in _USABLE or (task.id in trusted and trusted[task.id] == task.state):
        return None
    return f"has the state {shown_key(task.state)}, neither NEW nor STARTED"


def misfit(task: Task, shape: Shape) -> str | None:
    """Why messages of *shape* cannot go by *task*, as the end of a sentence; None if they can.

    Answers do not repeat the ``index`` of a trigger, and may have the triggers in any order (T73).
    So a trigger is told by its channel, of which a shape has each but once.
    """
    wanted = [_word(channel) for channel in shape.channels]
    by_channel = {each.channel: each for each in task.triggers_info}
    if by_channel.keys() != set(wanted) or len(task.triggers_info) != len(wanted):
        return f"has other channels than {', '.join(wanted)}, one trigger each"
    if not all(is_id(each.trigger_id) for each in task.triggers_info):
        return "does not tell the ids of its triggers"
    if by_channel[wanted[0]].type not in {None, TriggerType.TRAN_API_SOURCE}:
        return f"does not begin with {wanted[0]}"
    return None


def has_known_state(task: Task) -> bool:
    """Whether Devino documents the word for the state of *task*."""
    return task.state in _KNOWN


def flaw(task: Task, shape: Shape, end: datetime | None, now: datetime) -> str | None:
    """Why messages of *shape* cannot go by *task*, which was just made for them; None if they can.

    What state a task has at first is not documented. A word that nobody knows is taken for one that
    sends (T54).
    """
    if (problem := misfit(task, shape)) is not None:
        return problem
    if has_known_state(task) and (problem := standstill(task)) is not None:
        return problem
    return None if lasts(end, now) else "ends within two days, whatever end it was given"


def scenario_of(task: Task, shape: Shape, end: datetime | None) -> Scenario:
    """The scenario that *task* is, which fits *shape*."""
    ids = {each.channel: str(each.trigger_id) for each in task.triggers_info}
    triggers = {channel: ids[_word(channel)] for channel in shape.channels}
    return Scenario(str(task.id), triggers, end)


def end_of(triggers: Iterable[Trigger] | Iterable[TriggerInfo]) -> datetime | None:
    """When the first of *triggers* ends, without a zone; None where one does not say."""
    ends = [each.end_time for each in triggers]
    told = [_in_utc_without_zone(end) for end in ends if end is not None]
    return min(told) if told and len(told) == len(ends) else None


def lasts(end: datetime | None, now: datetime) -> bool:
    """Whether *end* is more than two days away, and so surely to come in whatever zone (T30)."""
    return end is not None and end - _in_utc_without_zone(now) > _MARGIN


def _in_utc_without_zone(time: datetime) -> datetime:
    # Where the calendar has no room for the time in UTC, its own clock is near enough.
    return (time if time.tzinfo is None else in_utc(time) or time).replace(tzinfo=None)


def _word(channel: Channel) -> str:
    """The channel as OMNI writes it."""
    return channel.value.upper()


def _number(task: Task) -> int:
    """The id of *task* as a number, as which it is sent (T20); -1 if it is none."""
    try:
        return digits(task.id, name="task_id", required=True) or -1
    except InvalidQueryError:
        return -1
