"""Creating a task: the request, and what its answer proves (contract sheet, A10)."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial
from typing import Any

from devino_async.answers import read_reasons, read_result, refusal
from devino_async.converter import write_body, write_object
from devino_async.ids import read_id
from devino_async.omni.task import AddressBookSource, NewTask
from devino_async.omni.templates import template_object
from devino_async.omni.trigger import Trigger, event_objects
from devino_async.problems import invalid
from devino_async.query import clock_text
from omni_common.exchange import Answer, Failure, Operation, Request

__all__ = ["create_task_request", "read_created_task"]


def create_task_request(task: NewTask, *, zone: tzinfo | None = None) -> Request:
    """``POST /omni-task-api/tasks``.

    Each such call makes another task, so that it is repeated only if it surely did not arrive.

    Args:
        task: What to create.
        zone: The account's time zone, where it is known; it lets times name a zone.

    Raises:
        InvalidMessageError: *task* is no ``NewTask``, or one of its times names a zone while *zone*
            is not known, or has fractions of a second.
    """
    if not isinstance(task, NewTask):
        raise invalid("task", "must be a NewTask")
    body = write_body(_task_object(task, zone))
    return Request("POST", "/omni-task-api/tasks", Operation.SEND, body=body, makes="task")


def read_created_task(answer: Answer) -> str | Failure | None:
    """The id of the task that was created, as text (T4, T20).

    A ``result`` of null is a refusal, as is the code REJECTED (T3). An OK without an id, or an id
    with another code or with reasons, proves nothing.
    """
    result = read_result(answer, dict)
    if not isinstance(result, dict):
        return result
    code, id = result.get("code"), read_id(result.get("result"))
    if code in (None, "OK") and id is not None and not read_reasons(result):
        return id
    if code == "OK" or id is not None:
        return None
    is_null = code is None and "result" in result and result["result"] is None
    return refusal({**result, "code": "REJECTED"} if is_null else result, answer.status)


def _task_object(task: NewTask, zone: tzinfo | None) -> dict[str, Any]:
    fields = {
        "taskName": task.task_name,
        "type": task.type,
        "channel": task.channel,
        "addressBookSource": _source_object(task.address_book_source),
        "draftId": None if task.draft_id is None else int(task.draft_id),
        "taskInfo": _written(task.task_info),
        "triggers": [_trigger_object(trigger, zone) for trigger in task.triggers],
    }
    return {**_given(fields), **(task.extra or {})}


def _source_object(source: AddressBookSource | None) -> dict[str, Any] | None:
    if source is None:
        return None
    # The type is said also where it is our default.
    return {"addressBookSourceType": source.address_book_source_type, **write_object(source)}


def _trigger_object(trigger: Trigger, zone: tzinfo | None) -> dict[str, Any]:
    clock = partial(clock_text, zone=zone, refusal=invalid)
    fields = {
        "index": trigger.index,
        "parentIndex": trigger.parent_index,
        "startTime": clock(trigger.start_time, name="start_time"),
        "endTime": clock(trigger.end_time, name="end_time"),
        "type": trigger.type,
        "channel": trigger.channel,
        "eventSources": event_objects(trigger.event_sources) or None,
        "noEventSourceSettings": _written(trigger.no_event_source_settings),
        "eventCollectorSettings": _written(trigger.event_collector_settings),
        "geoSettings": _written(trigger.geo_settings),
        "template": template_object(trigger.template, zone),
    }
    return {**_given(fields), **(trigger.extra or {})}


def _written(model: Any) -> dict[str, Any] | None:
    return None if model is None else write_object(model)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
