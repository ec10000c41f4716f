"""The task that makes a scenario of a shape (contract sheet, A10 and A13).

Built from the tables; the vendor's sample of a cascade is at odds with them (T12, T76).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from devino_async.omni import (
    EventSource,
    EventValue,
    NewTask,
    NoEventSourceSettings,
    OmniChannel,
    TaskType,
    Trigger,
    TriggerType,
)
from devino_async.routes.scenario_settings import ScenarioSettings
from devino_async.routes.scenario_shape import Shape
from devino_async.routes.scenario_templates import neutral_template

__all__ = ["new_task"]

_BEFORE = timedelta(days=1)
_AFTER = timedelta(days=365)


def new_task(shape: Shape, settings: ScenarioSettings, now: datetime) -> NewTask:
    """What to create for messages of *shape*.

    The first step is set off by a message that is sent by the scenario, each other one when the
    message of the step before has not been delivered in time. The templates hold what *settings*
    say, in exactly the fields that messages fill in.

    Args:
        shape: The scenario's.
        settings: What its templates say, and from when to when it can be used.
        now: The account's wall-clock time, naive.

    Raises:
        InvalidMessageError: A setting that it needs is missing.
    """
    now = now.replace(microsecond=0)
    start = settings.start or now - _BEFORE
    end = settings.end or max(start, now) + _AFTER
    return NewTask(
        task_name=shape.name,
        type=TaskType.API,
        channel=OmniChannel.OMNI,
        triggers=[
            Trigger(
                index=index,
                template=neutral_template(step, settings),
                start_time=start,
                end_time=end,
                **_turn(shape, index),
            )
            for index, step in enumerate(shape.steps)
        ],
    )


def _turn(shape: Shape, index: int) -> dict[str, Any]:
    """What sets off the step at *index*."""
    if index == 0:
        return {"type": TriggerType.TRAN_API_SOURCE}
    parent = shape.steps[index - 1]
    delivered = EventSource(
        channel=OmniChannel[parent.channel.name], event_value=EventValue.DELIVERED
    )
    wait = parent.wait or timedelta()  # every step but the last has one
    return {
        "type": TriggerType.NO_EVENT_SOURCE,
        "parent_index": index - 1,
        "event_sources": [delivered],
        "no_event_source_settings": NoEventSourceSettings(state_wait_max_time=wait),
    }
