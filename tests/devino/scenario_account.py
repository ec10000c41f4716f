"""Messages that go by a scenario, and the tasks of the account where scenarios live."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.omni import (
    EventSource,
    EventValue,
    NewTask,
    NoEventSourceSettings,
    OmniChannel,
    OmniTemplate,
    SmsTemplate,
    Task,
    TaskType,
    Trigger,
    TriggerType,
    ViberTemplate,
)
from devino_async.sandbox import DevinoEmulator, variants
from omni_common.message import Content, Message, Sms, Viber
from omni_common.sandbox import Scenario

__all__ = [
    "ACCEPTED",
    "FIVE_MINUTES",
    "NAME",
    "SMS",
    "VIBER",
    "every_omni_variant",
    "offer",
    "operations",
    "put_task",
    "result",
    "tasks_of",
    "told_task",
]

every_omni_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("omni",))]
)
FIVE_MINUTES = timedelta(minutes=5)
NAME = "omni-async.viber-ftv-300.sms-ft"
"""What the scenario of :func:`offer` is called."""
VIBER = ViberTemplate(sender="Shop", text="Theirs", validity=FIVE_MINUTES)
SMS = SmsTemplate(sender="Shop", text="Theirs")


def offer(
    scenario: Scenario = Scenario.DELIVERED,
    *,
    text: str = "Sale!",
    ttl: timedelta = FIVE_MINUTES,
    **fields: Any,
) -> Message:
    """A message over Viber first, and as an SMS if that is not delivered in *ttl*."""
    content: list[Content] = [Viber(f"{text} (viber)", ttl=ttl), Sms(f"{text} (sms)")]
    return Message(scenario.number("+7903123"), content, **fields)


def operations(emulator: DevinoEmulator) -> Counter[str | None]:
    """How often each call was made."""
    return Counter(request.operation for request in emulator.requests)


async def tasks_of(devino: DevinoProvider, name: str = NAME) -> list[Task]:
    """Every task of the account that is called *name*, whatever its state, oldest first."""
    return [task async for task in devino.client.omni.tasks() if task.task_name == name]


async def put_task(
    devino: DevinoProvider,
    name: str = NAME,
    *,
    templates: Sequence[OmniTemplate] = (VIBER, SMS),
    start: datetime = datetime(2026, 12, 30),  # noqa: DTZ001 - the account's wall clock
    end: datetime = datetime(2027, 6, 1),  # noqa: DTZ001
) -> str:
    """Make a task by hand, each step of which is sent unless the one before is delivered."""
    triggers = [
        Trigger(
            index=index,
            template=template,
            start_time=start,
            end_time=end,
            **_turn(index, templates),
        )
        for index, template in enumerate(templates)
    ]
    task = NewTask(task_name=name, type=TaskType.API, channel=OmniChannel.OMNI, triggers=triggers)
    return await devino.client.omni.create_task(task)


def _turn(index: int, templates: Sequence[OmniTemplate]) -> dict[str, Any]:
    if index == 0:
        return {"type": TriggerType.TRAN_API_SOURCE}
    parent = OmniChannel.VIBER if isinstance(templates[index - 1], ViberTemplate) else "SMS"
    return {
        "type": TriggerType.NO_EVENT_SOURCE,
        "parent_index": index - 1,
        "event_sources": [EventSource(channel=parent, event_value=EventValue.DELIVERED)],
        "no_event_source_settings": NoEventSourceSettings(state_wait_max_time=FIVE_MINUTES),
    }


def told_task(**fields: Any) -> dict[str, Any]:
    """The scenario of :func:`offer` as Devino tells of it, with other *fields*."""
    triggers = [
        {"triggerId": str(number), "channel": channel, "endTime": "2028-01-01 00:00:00"}
        for number, channel in enumerate(("SMS", "VIBER"), start=1)
    ]
    return {"id": "7", "taskName": NAME, "state": "NEW", "triggersInfo": triggers, **fields}


def result(value: Any) -> bytes:
    """An answer with *value* as its result."""
    return json.dumps({"result": value}).encode()


ACCEPTED = result({"sendAnswers": [{"code": "OK", "result": "1"}]})
"""The answer to a send by a scenario."""
