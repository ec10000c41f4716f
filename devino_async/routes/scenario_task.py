"""Which task at Devino messages of one shape can go by: decided from what Devino tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

from devino_async.ids import is_id
from devino_async.omni import Task, TaskState, Trigger, TriggerInfo, TriggerType
from devino_async.query import digits
from devino_async.routes.scenario_shape import Shape
from omni_common.errors import InvalidQueryError
from omni_common.message import Channel
from omni_common.redaction import shown_key

__all__ = [
    "Scenario",
    "called",
    "end_of",
    "is_told",
    "lasts",
    "misfit",
    "scenario_of",
    "standstill",
]

_USABLE = frozenset({TaskState.NEW, TaskState.STARTED})
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


def called(name: str, tasks: Iterable[Task]) -> list[Task]:
    """Those of *tasks* whose name is exactly that and whose state lets them send, oldest first."""
    found = [task for task in tasks if task.task_name == name and not standstill(task)]
    return sorted((task for task in found if _number(task) >= 0), key=_number)


def is_told(task: Task) -> bool:
    """Whether *task* says of its triggers what must be known: a list may leave that out."""
    return bool(task.triggers_info) and all(
        each.trigger_id and each.channel and each.end_time for each in task.triggers_info
    )


def standstill(task: Task) -> str | None:
    """Why *task* sends nothing now, as the end of a sentence; None if it does (T54)."""
    if task.state in _USABLE:
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
    """Whether *end*, of whatever zone, is surely to come, and more than a day away (T30)."""
    return end is not None and end - _in_utc_without_zone(now) > _MARGIN


def _in_utc_without_zone(time: datetime) -> datetime:
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)


def _word(channel: Channel) -> str:
    """The channel as OMNI writes it."""
    return channel.value.upper()


def _number(task: Task) -> int:
    """The id of *task* as a number, as which it is sent (T20); -1 if it is none."""
    try:
        return digits(task.id, name="task_id", required=True) or -1
    except InvalidQueryError:
        return -1
