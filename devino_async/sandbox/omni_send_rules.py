"""What OMNI accepts as a call that sends transactional messages (contract sheet, A13).

What is wrong with one contact keeps away that contact alone, and is decided by
:mod:`devino_async.sandbox.omni_contacts`; here is what is wrong with all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devino_async.sandbox.omni_tasks import Task, TaskBook
from devino_async.sandbox.omni_templates import overridden
from devino_async.sandbox.shapes import (
    Shape,
    Terms,
    any_object,
    either,
    items,
    refuse,
    text,
    whole,
)

__all__ = ["check_send", "task_to_send", "templates_to_send"]


def check_send(body: Any, terms: Terms) -> None:
    """Refuse a body that names no task, or nobody to write to.

    Raises:
        RequestRefusedError: It is such a body.
    """
    _SEND(body, "", terms)
    if not body.get("contacts") and not body.get("contactIds"):
        refuse("must.be.not.null", "contacts")


def task_to_send(body: Mapping[str, Any], tasks: TaskBook, terms: Terms) -> Task:
    """The task that a send call names.

    Raises:
        RequestRefusedError: There is none, it is not made for transactional messages, it has not
            started or is over, or somebody stopped it.
    """
    task = tasks.get(str(body["taskId"]))
    if task is None or task.type != "API" or task.first.type != "TRAN_API_SOURCE":
        refuse("invalid", "taskId", body["taskId"])
    omni = terms.behaviour.omni
    if tasks.is_stopped(task.id) and not omni.takes_when_stopped:
        refuse("not.available", "taskId", body["taskId"])
    if not omni.sends_outside_window and not task.first.is_open(terms.now, omni.window_offset):
        refuse("not.available", "taskId", body["taskId"])
    return task


def templates_to_send(
    body: Mapping[str, Any], task: Task, terms: Terms
) -> Mapping[str, Mapping[str, Any]]:
    """What triggers send in place of the task's own templates, by trigger.

    Raises:
        RequestRefusedError: A trigger is not one of the task, or a template is wrong.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for trigger_id, value in body.get("templates", {}).items():
        where = f"templates.{trigger_id}"
        trigger = task.trigger(trigger_id)
        if trigger is None:
            refuse("invalid", where)
        found[trigger.id] = overridden(trigger.template, value, where, trigger.channel, terms)
    return found


def _decided_for_each(_value: Any, _where: str, _terms: Terms) -> None:
    """A contact is decided on its own."""


_SEND = Shape(
    {
        "taskId": whole(1),  # an integer, although tasks are given ids as text (T20)
        # Declared as integers, but real ids of contacts are no numbers (T19).
        "contactIds": items(either(whole(1), text())),
        "contacts": items(_decided_for_each),
        "templates": any_object,
    },
    required=("taskId",),
)
