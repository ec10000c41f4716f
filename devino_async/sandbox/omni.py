"""Devino's OMNI calls: tasks, their macros, and transactional messages (A10 to A14)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from attrs import frozen

from devino_async.sandbox import answers, omni_answers
from devino_async.sandbox.account import Account
from devino_async.sandbox.omni_answers import RefusedContact, TakenContact, TaskView
from devino_async.sandbox.omni_behaviour import CallbackRetry, MissingAddress, RefusedMessages
from devino_async.sandbox.omni_cascade import Cascade
from devino_async.sandbox.omni_contacts import Addressee, audience, given_contact, known_contact
from devino_async.sandbox.omni_query import read_macro_query, read_task_query
from devino_async.sandbox.omni_send_rules import check_send, task_to_send, templates_to_send
from devino_async.sandbox.omni_task_rules import SETTLED_STATES, check_task
from devino_async.sandbox.omni_tasks import ORIGIN, Task, TaskBook, Trigger, counted, wall_time
from devino_async.sandbox.omni_templates import macros_in, text_of
from devino_async.sandbox.report_pages import read_query
from devino_async.sandbox.requests import json_body, recipients_in
from devino_async.sandbox.shapes import Terms, refuse
from devino_async.sandbox.sms_rules import RequestRefusedError
from omni_common.errors import ConfigurationError
from omni_common.sandbox import (
    Callback,
    LedgerEntry,
    Operation,
    ReceivedRequest,
    Reply,
    StateChange,
)

__all__ = ["OmniArea"]

_TASK_ID = re.compile(r"[0-9]{1,40}", re.ASCII)
_RETRIED: dict[CallbackRetry, range | None] = {
    CallbackRetry.SERVER_ERROR: range(500, 501),
    CallbackRetry.NOT_OK: None,
}
"""The answers after which a callback is posted again."""


@frozen
class _Wanted:
    """A contact of a send call: as it was sent, and the reader of who that is."""

    contact: Any
    read: Callable[[], Addressee]


class OmniArea:
    """Keeps tasks, and sends what they say on one channel after another.

    A task of the type SIMPLE whose end has not come writes to the contacts that are in its lists
    when it is created, at its start; who joins a list later gets nothing, and so do segments.
    ``byTimeZone`` and ``smoothSendMinutes`` are checked, but do not move a message. Tasks of the
    other types are kept and shown, and send nothing by themselves. Callbacks go to the URL that
    a send call names for a contact; those of templates are checked only.
    """

    def __init__(self, account: Account) -> None:
        """Work for *account*."""
        self._account = account
        self._tasks = TaskBook()

    def operations(self) -> Sequence[Operation]:
        """Return the calls for tasks and for their messages."""
        tasks, messages = "/omni-task-api/tasks", "/omni-scheduler/api/messages"
        return (
            Operation("task_create", "POST", tasks, self._create),
            Operation("task_get", "GET", tasks + "/{id}", self._get),
            Operation("task_list", "GET", tasks, self._list),
            Operation("macros", "GET", "/omni-task-api/macros", self._macros),
            Operation("omni_send", "POST", messages, self._send, self._recipients),
        )

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the status callback of *change*: an array of one event, unsigned (T68)."""
        behaviour = self._account.behaviour
        event = omni_answers.callback_event(entry, change, behaviour)
        if entry.callback_url is None or event is None:
            return None
        return Callback(
            entry.callback_url,
            json.dumps([event]).encode(),
            {"Content-Type": "application/json"},
            received=range(200, 201),
            retried=_RETRIED[behaviour.omni.callback_retry],
            copies=behaviour.omni.callback_copies,
            attempts=behaviour.omni.callback_attempts,
        )

    def set_task_state(self, id: str, state: str | None) -> None:
        """Put a task into *state* by another way than a call, or let its times decide again.

        Raises:
            ConfigurationError: There is no such task, or no such state.
        """
        if self._tasks.get(id) is None:
            raise ConfigurationError("There is no such task", provider="devino", field="task_id")
        if state is None:
            self._tasks.settled.pop(id, None)
        elif state in SETTLED_STATES:
            self._tasks.settled[id] = state
        else:
            raise ConfigurationError(
                f"A task is in one of the states {', '.join(sorted(SETTLED_STATES))}",
                provider="devino",
                field="state",
            )

    def _terms(self, request: ReceivedRequest) -> Terms:
        account = self._account
        return Terms(senders=account.senders, now=request.at, behaviour=account.behaviour)

    def _view(self, request: ReceivedRequest) -> TaskView:
        account = self._account
        return TaskView(
            now=request.at,
            counters=counted(account.ledger, request.at),
            tasks=self._tasks,
            behaviour=account.behaviour,
        )

    # Tasks

    def _create(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            body = json_body(request)
            check_task(body, self._terms(request), group_ids=self._account.book.lists)
        except RequestRefusedError as refusal:
            return omni_answers.refused_task(refusal.reason, behaviour)
        omni = behaviour.omni
        task = self._tasks.create(
            body, request.at, ahead=omni.window_offset, wait=omni.default_wait
        )
        if task.type == "SIMPLE":
            for trigger in task.triggers:
                if trigger.type == "ADDRESS_BOOK_SOURCE":
                    self._write_to_lists(task, trigger, request.at)
        return omni_answers.created_answer(task, behaviour)

    def _write_to_lists(self, task: Task, trigger: Trigger, now: datetime) -> None:
        ahead = self._account.behaviour.omni.window_offset
        wall = wall_time(now, ahead)
        if trigger.is_over(wall):
            return
        start = now if trigger.starts <= wall else trigger.starts.replace(tzinfo=UTC) - ahead
        reading = self._account.behaviour.omni.check_duplicate
        for addressee in audience(self._account.book, task.address_book, reading):
            if addressee.address(trigger.channel) is None:
                continue
            if not self._account.pay(1):
                self._tasks.blocked.add(task.id)
                return
            self._accept(self._cascade(task, trigger, {}, addressee), now, start)

    def _get(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        id = request.parameters["id"]
        try:
            read_query(request.query, known=(), accepts_unknown=behaviour.accepts_unknown_fields)
            if not _TASK_ID.fullmatch(id):
                refuse("invalid", "taskId", id)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        task = self._tasks.get(str(int(id)))
        if task is None:
            return omni_answers.unknown_task(id, behaviour)
        return omni_answers.task_answer(task, self._view(request))

    def _list(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            asked = read_task_query(request.query, behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        view = self._view(request)
        page = asked.page(tuple(self._tasks), view.state, behaviour.omni)
        return omni_answers.listed_answer(page, view)

    def _macros(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            asked = read_macro_query(request.query, behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        view = self._view(request)
        found = [
            (task, _macros_of(task)) for task in self._tasks if asked.takes(task, view.state(task))
        ]
        return omni_answers.macros_answer(found, view)

    # Messages

    def _send(self, request: ReceivedRequest) -> Reply:
        terms = self._terms(request)
        try:
            body = json_body(request)
            check_send(body, terms)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, terms.behaviour)
        wanted = list(self._wanted(body, terms))
        try:
            task = task_to_send(body, self._tasks, terms)
            templates = templates_to_send(body, task, terms)
        except RequestRefusedError as refusal:
            if terms.behaviour.omni.refused_messages is RefusedMessages.WHOLE:
                return answers.refused(refusal.reason, terms.behaviour)
            refused = [RefusedContact(contact=w.contact, reason=refusal.reason) for w in wanted]
            return omni_answers.sent_answer(refused, terms.behaviour)
        outcomes = [self._take(each, task, templates, terms) for each in wanted]
        return omni_answers.sent_answer(outcomes, terms.behaviour)

    def _wanted(self, body: Mapping[str, Any], terms: Terms) -> Iterator[_Wanted]:
        for id in body.get("contactIds", ()):
            yield _Wanted(id, partial(known_contact, id, self._account.book))
        for item in body.get("contacts", ()):
            contact = item.get("contact") if isinstance(item, dict) else item
            yield _Wanted(contact, partial(given_contact, item, terms))

    def _take(
        self,
        wanted: _Wanted,
        task: Task,
        templates: Mapping[str, Mapping[str, Any]],
        terms: Terms,
    ) -> TakenContact | RefusedContact:
        """Accept the message to one contact, or say why not."""
        try:
            addressee = wanted.read()
            if addressee.is_refused():
                refuse("invalid.phone.size")
            address = addressee.address(task.first.channel)
            if address is None and terms.behaviour.omni.missing_address is MissingAddress.REFUSED:
                refuse("must.be.not.null")
            if not self._account.pay(1):
                refuse("billing.error")
        except RequestRefusedError as refusal:
            return RefusedContact(contact=wanted.contact, reason=refusal.reason)
        return self._accept(
            self._cascade(task, task.first, templates, addressee), terms.now, terms.now
        )

    def _cascade(
        self,
        task: Task,
        root: Trigger,
        templates: Mapping[str, Mapping[str, Any]],
        addressee: Addressee,
    ) -> Cascade:
        pace, behaviour = self._account.pace, self._account.behaviour
        return Cascade(
            task=task,
            root=root,
            templates=templates,
            addressee=addressee,
            behaviour=behaviour,
            # There is no callback before one that tells how the first channel ended.
            pace=pace.at_once() if behaviour.reports_before_answer else pace,
        )

    def _accept(self, cascade: Cascade, now: datetime, start: datetime) -> TakenContact:
        """Write the message of *cascade* into the ledger, to begin at *start*."""
        triggers = cascade.triggers()
        ids = self._account.give_ids(len(triggers))
        contact_id = cascade.addressee.contact_id or self._new_contact_id()
        is_sent = not self._tasks.is_stopped(cascade.task.id)
        self._account.accept(
            LedgerEntry(
                id=ids[0],
                to=cascade.addressee.address(cascade.root.channel) or "",
                channels=tuple(each.channel for each in triggers),
                text=text_of(cascade.template(cascade.root)),
                accepted_at=now,
                plan=cascade.plan(start) if is_sent else (),
                content=_content(cascade, contact_id, triggers),
                parts=ids,
                send_at=start if start > now else None,
                callback_url=cascade.addressee.callback_url,
                origin=ORIGIN,
            )
        )
        return TakenContact(contact_id=contact_id, message_id=ids[0])

    def _new_contact_id(self) -> str:
        """An id like those of the address book, where a send call's own contacts do not stand."""
        return "-".join(f"{int(number):016x}" for number in self._account.give_ids(2))

    def _recipients(self, request: ReceivedRequest) -> Iterable[str]:
        """Whom the messages of a send call are for, whatever its body holds."""
        for id in recipients_in("contactIds")(request):
            contact = self._account.book.contact(id)
            if contact is not None:
                yield from filter(None, (contact.phone, contact.email))
        for name in ("phone", "email"):
            yield from recipients_in("contacts", "contact", name)(request)


def _content(cascade: Cascade, contact_id: str, triggers: Iterable[Trigger]) -> Mapping[str, Any]:
    """What the ledger keeps of a message, for the reports of every channel."""
    return {
        "taskId": cascade.task.id,
        "taskName": cascade.task.name,
        "taskType": cascade.task.type,
        "contact": cascade.addressee.contact,
        "contactId": contact_id,
        "callbackData": cascade.addressee.callback_data,
        "triggers": [
            {"triggerId": each.id, "channel": each.channel, "template": cascade.template(each)}
            for each in triggers
        ],
    }


def _macros_of(task: Task) -> Sequence[str]:
    found = (name for each in task.triggers for name in macros_in(each.template))
    return tuple(dict.fromkeys(found))
