"""What Devino's OMNI calls answer, as pure functions of what was decided and of the behaviour."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from devino_async.sandbox import answers
from devino_async.sandbox.answers import with_extra
from devino_async.sandbox.behaviour import DevinoBehaviour, ErrorBody
from devino_async.sandbox.omni_behaviour import (
    AnswerOrder,
    CallbackMessageId,
    RefusedTask,
    TriggerOrder,
    UnknownTask,
)
from devino_async.sandbox.omni_contacts import contact_json
from devino_async.sandbox.omni_tasks import (
    Counters,
    Task,
    TaskBook,
    Trigger,
    task_state,
    trigger_state,
    wall_time,
)
from devino_async.sandbox.omni_templates import fields_of, text_of
from devino_async.sandbox.report_pages import OWNER
from devino_async.sandbox.sms_rules import Reason
from omni_common.redaction import mask_text
from omni_common.sandbox import LedgerEntry, Reply, StateChange

__all__ = [
    "RefusedContact",
    "TakenContact",
    "TaskView",
    "callback_event",
    "created_answer",
    "listed_answer",
    "macros_answer",
    "refused_task",
    "sent_answer",
    "task_answer",
    "unknown_task",
]

_LINK = re.compile(r"https?://[^\s\"'<>]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OFFICE = 1
_TRUNCATED = 3
_CALLBACK_WORDS = frozenset(
    {
        "delivered",
        "expired",
        "undeliverable",
        "bounced",
        "opened",
        "clicked",
        "rejected",
        "deleted",
        "subscribed",
        "unsubscribed",
        "complained",
        "unknown",
        "canceled",
    }
)
"""The words that callbacks know; nothing is told of a message that is merely on its way (A14)."""
_DEVICE: Mapping[str, str] = {
    "ip": "192.0.2.7",
    "browser": "Chrome",
    "os": "Android",
    "userAgent": "Mozilla/5.0 (Linux; Android 10) Chrome/124.0 Mobile",
}


@frozen(kw_only=True)
class TakenContact:
    """A contact whose message was accepted."""

    contact_id: str
    message_id: str


@frozen(kw_only=True)
class RefusedContact:
    """A contact without a message, as it was sent, and why."""

    contact: Any = field(repr=mask_text)
    reason: Reason


@frozen(kw_only=True)
class TaskView:
    """Tasks as an answer at a certain time shows them."""

    now: datetime
    counters: Mapping[str, Counters]
    tasks: TaskBook
    behaviour: DevinoBehaviour

    def state(self, task: Task) -> str:
        """Where *task* is."""
        settled = self.tasks.settled.get(task.id)
        if settled is not None:
            return settled
        blocked = task.id in self.tasks.blocked
        return task_state(task, self.now, self.behaviour.omni, self.counters, blocked=blocked)

    def task(self, task: Task, *, with_parents: bool) -> dict[str, Any]:
        """*task* as JSON; *with_parents* tells which trigger each of its triggers waits for."""
        omni = self.behaviour.omni
        triggers = [self._trigger(task, each, with_parents=with_parents) for each in task.triggers]
        if omni.trigger_order is TriggerOrder.REVERSED:
            triggers.reverse()
        shown = {
            "id": self._id(task.id),
            "taskName": task.name,
            **self._owner(),
            "creationDate": f"{wall_time(task.created_at, omni.creation_offset):%Y-%m-%d %H:%M:%S}",
            "type": task.type,
            "channel": task.channel,
            "state": self.state(task),
            "triggersInfo": triggers,
        }
        return with_extra(shown, self.behaviour)

    def _trigger(self, task: Task, trigger: Trigger, *, with_parents: bool) -> dict[str, Any]:
        counters = self.counters.get(trigger.id, Counters())
        settled = self.tasks.settled.get(task.id)
        omni = self.behaviour.omni
        shown = {
            "triggerId": self._id(trigger.id),
            "taskId": self._id(task.id),
            **self._owner(),
            "startTime": f"{trigger.starts:%Y-%m-%d %H:%M:%S}",
            "endTime": trigger.ends and f"{trigger.ends:%Y-%m-%d %H:%M:%S}",
            "state": settled or trigger_state(trigger, self.now, omni, self.counters),
            "type": trigger.type,
            "channel": trigger.channel,
            "counters": {
                "totalCount": counters.total,
                "successCount": counters.success,
                "errorCount": counters.error,
            },
            "externalId": trigger.external_id,
        }
        if with_parents and trigger.parent_id is not None:
            shown["parentTriggerId"] = self._id(trigger.parent_id)
        return with_extra(shown, self.behaviour)

    def _id(self, id: str) -> str | int:
        return int(id) if self.behaviour.omni.ids_as_numbers else id

    def _owner(self) -> dict[str, Any]:
        ids = {name: OWNER[name] for name in ("userId", "companyId")}
        return {**ids, "officeId": _OFFICE}


def created_answer(task: Task, behaviour: DevinoBehaviour) -> Reply:
    """The answer to a new task: its id alone, which names none of its triggers (T73)."""
    id = int(task.id) if behaviour.omni.ids_as_numbers else task.id
    result = with_extra({"code": "OK", "result": id}, behaviour)
    return Reply.json(behaviour.accepted_status, with_extra({"result": result}, behaviour))


def refused_task(reason: Reason, behaviour: DevinoBehaviour) -> Reply:
    """The answer to a new task that breaks a rule."""
    if behaviour.omni.refused_task is RefusedTask.COMMON:
        return answers.refused(reason, behaviour)
    common = answers.refused(reason, evolve(behaviour, refused_body=ErrorBody.CODE_REJECTED))
    body = with_extra({"result": {**json.loads(common.body), "result": None}}, behaviour)
    return Reply.json(behaviour.refused_status, body)


def unknown_task(id: str, behaviour: DevinoBehaviour) -> Reply:
    """The answer to a question about a task that does not exist."""
    match behaviour.omni.unknown_task:
        case UnknownTask.NOT_FOUND:
            return answers.not_found(behaviour)
        case UnknownTask.RESULT_NULL:
            return Reply.json(200, with_extra({"result": None}, behaviour))
        case UnknownTask.REASONS:
            return answers.refused(Reason("invalid", "taskId", id), behaviour)


def task_answer(task: Task, view: TaskView) -> Reply:
    """The answer that shows one task (A11)."""
    shown = view.task(task, with_parents=view.behaviour.omni.parent_in_task)
    return Reply.json(200, with_extra({"result": shown}, view.behaviour))


def listed_answer(tasks: Sequence[Task], view: TaskView) -> Reply:
    """A page of tasks, without a total (A12, T65)."""
    return _rows([view.task(task, with_parents=True) for task in tasks], view.behaviour)


def macros_answer(found: Sequence[tuple[Task, Sequence[str]]], view: TaskView) -> Reply:
    """Tasks and the names of the macros in their templates (A12)."""
    rows = [
        with_extra(
            {"task": view.task(task, with_parents=False), "macros": list(names)}, view.behaviour
        )
        for task, names in found
    ]
    return _rows(rows, view.behaviour)


def sent_answer(
    outcomes: Sequence[TakenContact | RefusedContact], behaviour: DevinoBehaviour
) -> Reply:
    """The answer to a send call; *outcomes* are in the order of its contacts (A13)."""
    taken = [each for each in outcomes if isinstance(each, TakenContact)]
    refused = [each for each in outcomes if isinstance(each, RefusedContact)]
    send_answers = [_taken(each, behaviour) for each in taken]
    error_answers = [_refused(each, behaviour) for each in refused]
    if behaviour.omni.answer_order is AnswerOrder.REVERSED:
        send_answers.reverse()
        error_answers.reverse()
    result = {
        "contactIds": [each.contact_id for each in taken],
        "sendAnswers": send_answers,
        "errorAnswers": error_answers,
    }
    status = behaviour.accepted_status if taken else behaviour.all_rejected_status
    body = with_extra({"result": with_extra(result, behaviour)}, behaviour)
    return Reply.json(status, body)


def callback_event(
    entry: LedgerEntry, change: StateChange, behaviour: DevinoBehaviour
) -> dict[str, Any] | None:
    """One event of a callback, whose body is an array of such; None if there is none to post."""
    word = change.state.lower()
    if word not in _CALLBACK_WORDS:
        return None
    omni = behaviour.omni
    unit = timedelta(seconds=1) if omni.ts_in_seconds else timedelta(milliseconds=1)
    event: dict[str, Any] = {"status": word}
    message_id = _message_id(entry, change.part, omni.callback_message_id)
    if message_id is not None:
        event["messageId"] = int(message_id) if omni.callback_id_as_number else message_id
    if omni.bare_callbacks:
        return with_extra(event, behaviour)
    event["ts"] = (change.at - _EPOCH) // unit
    if word in {"rejected", "undeliverable"}:
        event |= change.detail
    content = entry.content
    if content["callbackData"] is not None:
        event["callbackData"] = content["callbackData"]
    event |= {
        "contactId": content["contactId"],
        "taskId": int(content["taskId"]),
        "triggerId": int(change.part),
    }
    return with_extra(event | _recipient(change, word, content), behaviour)


def _message_id(entry: LedgerEntry, trigger_id: str, which: CallbackMessageId) -> str | None:
    """The id in a callback about what a trigger sent, or None where there is none."""
    ids = [each["triggerId"] for each in entry.content["triggers"]]
    place = ids.index(trigger_id)
    if place == 0 or which is CallbackMessageId.ANSWERS:
        return entry.id
    return entry.parts[place] if which is CallbackMessageId.OWN else None


def _recipient(change: StateChange, word: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """What a callback tells of the recipient, and of the device that opened the message."""
    shown: dict[str, Any] = {}
    contact = content["contact"]
    if change.channel == "EMAIL":
        shown["email"] = contact.get("email")
    if change.channel == "PUSH" and contact.get("pushInfo"):
        shown["pushToken"] = contact["pushInfo"][0].get("pushToken")
    if word in {"opened", "clicked"}:
        shown |= _DEVICE
    if word == "clicked" and (link := _link(change.part, content)):
        shown["url"] = link
    return shown


def _link(trigger_id: str, content: Mapping[str, Any]) -> str | None:
    """The address that a message leads to, or None where it holds none."""
    [template] = [
        each["template"] for each in content["triggers"] if each["triggerId"] == trigger_id
    ]
    found = _LINK.search(text_of(template))
    link: str | None = fields_of(template).get("action") or (found and found[0])
    return link


def _rows(rows: list[dict[str, Any]], behaviour: DevinoBehaviour) -> Reply:
    result = None if not rows and behaviour.omni.empty_list_null else rows
    return Reply.json(200, with_extra({"result": result}, behaviour))


def _taken(contact: TakenContact, behaviour: DevinoBehaviour) -> dict[str, Any]:
    omni = behaviour.omni
    key, id = contact.contact_id, contact.message_id
    item = {
        "code": "OK",
        "mergeKey": key[:-_TRUNCATED] if omni.merge_key_truncated else key,
        "result": int(id) if omni.message_id_as_number else id,
    }
    return with_extra(item, behaviour)


def _refused(contact: RefusedContact, behaviour: DevinoBehaviour) -> dict[str, Any]:
    key = contact.reason.key
    words = key.replace(".", " ").capitalize()
    description = f"{contact_json(contact.contact)} #{key}; {words}"
    item = {"code": "REJECTED", "result": None, "description": description}
    return with_extra(item, behaviour)
