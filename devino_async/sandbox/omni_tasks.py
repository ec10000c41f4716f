"""OMNI's tasks as the emulated account keeps them, and where each of them is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from devino_async.sandbox.omni_behaviour import OmniBehaviour
from omni_common.clock import read_time
from omni_common.sandbox import Ledger

__all__ = [
    "ORIGIN",
    "Counters",
    "Task",
    "TaskBook",
    "Trigger",
    "counted",
    "task_state",
    "trigger_state",
    "wall_time",
]

ORIGIN = "omni_send"
"""By what the ledger knows OMNI's messages, those of a task for an address book among them: it is
how the reports of the single channels find them."""

_FIRST_TASK = 7003
_FIRST_TRIGGER = 63_321
_SUCCESSES = frozenset({"DELIVERED", "OPENED", "CLICKED"})
_SENDING = frozenset({"NEW", "STARTED"})
_FAILURES = frozenset({"UNDELIVERABLE", "UNKNOWN", "REJECTED", "EXPIRED", "BOUNCED"})


@frozen(kw_only=True)
class Trigger:
    """One step of a task: what it sends on which channel, and when."""

    id: str
    type: str
    channel: str
    starts: datetime
    """By the clock on the wall, as it was given: naive."""
    ends: datetime | None
    """Likewise; None if it has no end."""
    template: Mapping[str, Any] = field(repr=False)
    parent_id: str | None = None
    events: frozenset[str] = frozenset()
    """The parent's states that it follows, or waits for in vain, such as ``delivered``."""
    wait: timedelta | None = None
    """How long it waits for them; None where it does not say."""

    @property
    def external_id(self) -> str:
        """A GUID, in capitals like the vendor's."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"trigger {self.id}")).upper()

    def is_open(self, now: datetime, ahead: timedelta) -> bool:
        """Whether *now* is between its times, whose clock is *ahead* of UTC."""
        wall = wall_time(now, ahead)
        return self.starts <= wall and not self.is_over(wall)

    def is_over(self, wall: datetime) -> bool:
        """Whether it has ended when the clock on the wall shows *wall*."""
        return self.ends is not None and self.ends <= wall


@frozen(kw_only=True)
class Task:
    """A task as it was created."""

    id: str
    name: str
    type: str
    channel: str
    created_at: datetime
    triggers: tuple[Trigger, ...]
    """In the order of the request."""
    address_book: Mapping[str, Any] = field(factory=dict, repr=False)

    @property
    def first(self) -> Trigger:
        """The trigger that waits for no other; the first of them, if there are several."""
        return next(each for each in self.triggers if each.parent_id is None)

    @property
    def starts(self) -> datetime:
        """When its first trigger starts."""
        return min(each.starts for each in self.triggers)

    @property
    def ends(self) -> datetime | None:
        """When its last trigger ends; None if one has no end."""
        ends = [each.ends for each in self.triggers if each.ends is not None]
        return max(ends) if len(ends) == len(self.triggers) else None

    def children(self, parent: Trigger) -> tuple[Trigger, ...]:
        """The triggers that wait for *parent*."""
        return tuple(each for each in self.triggers if each.parent_id == parent.id)

    def trigger(self, id: str) -> Trigger | None:
        """The trigger with *id*, or None."""
        return next((each for each in self.triggers if each.id == id), None)


class TaskBook:
    """Every task of the account, oldest first."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._next_trigger = _FIRST_TRIGGER
        self.blocked: set[str] = set()
        """Ids of tasks whose messages the account could not pay."""
        self.settled: dict[str, str] = {}
        """Where tasks are that somebody has put somewhere, by their ids."""

    def __iter__(self) -> Iterator[Task]:
        return iter(tuple(self._tasks.values()))

    def get(self, id: str) -> Task | None:
        """Return the task with *id*, or None."""
        return self._tasks.get(id)

    def is_stopped(self, id: str) -> bool:
        """Whether somebody has put the task with *id* where it sends nothing."""
        return self.settled.get(id, "STARTED") not in _SENDING

    def create(
        self, body: Mapping[str, Any], at: datetime, *, ahead: timedelta, wait: timedelta | None
    ) -> Task:
        """Keep a task, and give it and its triggers ids.

        Args:
            body: The task as it was received; it passed every rule.
            at: When it is created.
            ahead: What the clock of its times is ahead of UTC.
            wait: How long a trigger waits that should say so and does not.
        """
        now = wall_time(at, ahead).replace(microsecond=0)
        items = body["triggers"]
        ids = {item["index"]: str(self._next_trigger + step) for step, item in enumerate(items)}
        self._next_trigger += len(items)
        task = Task(
            id=str(_FIRST_TASK + len(self._tasks)),
            name=body["taskName"],
            type=body["type"],
            channel=body["channel"],
            created_at=at,
            triggers=tuple(_trigger(item, ids, now, wait) for item in items),
            address_book=body.get("addressBookSource", {}),
        )
        self._tasks[task.id] = task
        return task


@define
class Counters:
    """How many messages a trigger sent, and what came of them."""

    total: int = 0
    success: int = 0
    error: int = 0


def counted(ledger: Ledger, now: datetime) -> Mapping[str, Counters]:
    """The counters of each trigger that has any messages, by its id.

    A message counts for the first trigger of its task from the moment it is accepted, and for
    another one when it is sent there.
    """
    found: dict[str, Counters] = {}
    for entry in ledger:
        if entry.origin != ORIGIN:
            continue
        words: dict[str, set[str]] = {entry.content["triggers"][0]["triggerId"]: set()}
        for change in entry.history(now):
            words.setdefault(change.part, set()).add(change.state)
        for trigger_id, reached in words.items():
            counters = found.setdefault(trigger_id, Counters())
            counters.total += 1
            counters.success += bool(reached & _SUCCESSES)
            counters.error += bool(reached & _FAILURES) and not reached & _SUCCESSES
    return found


def trigger_state(
    trigger: Trigger, now: datetime, behaviour: OmniBehaviour, counters: Mapping[str, Counters]
) -> str:
    """Where a trigger is: NEW, STARTED when it sends, FINISHED after its end.

    One that sends to an address book starts by itself, the others with their first message unless
    the *behaviour* says otherwise.
    """
    wall = wall_time(now, behaviour.window_offset)
    if trigger.is_over(wall):
        return "FINISHED"
    by_itself = behaviour.starts_by_itself or trigger.type == "ADDRESS_BOOK_SOURCE"
    started = trigger.id in counters or (by_itself and trigger.starts <= wall)
    return "STARTED" if started else "NEW"


def task_state(
    task: Task,
    now: datetime,
    behaviour: OmniBehaviour,
    counters: Mapping[str, Counters],
    *,
    blocked: bool,
) -> str:
    """Where a task is: NEW until a trigger starts, FINISHED when all are.

    A task whose messages the account could not pay is STOPPED_BALANCE_BLOCKED, a word that the
    vendor's filters know and its table of answers lacks (T54).
    """
    states = {trigger_state(each, now, behaviour, counters) for each in task.triggers}
    if states == {"FINISHED"}:
        return "FINISHED"
    if blocked:
        return "STOPPED_BALANCE_BLOCKED"
    return "NEW" if states == {"NEW"} else "STARTED"


def wall_time(at: datetime, ahead: timedelta) -> datetime:
    """What a clock that is *ahead* of UTC shows at *at*, without its zone."""
    return (at + ahead).replace(tzinfo=None)


def _trigger(
    item: Mapping[str, Any], ids: Mapping[int, str], now: datetime, wait: timedelta | None
) -> Trigger:
    settings = item.get("noEventSourceSettings")
    events = item.get("eventSources", ())
    return Trigger(
        id=ids[item["index"]],
        type=item["type"],
        channel=item["channel"],
        starts=read_time(item["startTime"]) if "startTime" in item else now,
        ends=read_time(item["endTime"]) if "endTime" in item else None,
        template=item["template"],
        parent_id=ids[item["parentIndex"]] if "parentIndex" in item else None,
        events=frozenset(each["eventValue"] for each in events if each["eventType"] == "STATE"),
        wait=timedelta(seconds=settings["stateWaitMaxTimeSec"]) if settings else wait,
    )
