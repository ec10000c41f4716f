"""What OMNI accepts as a task (contract sheet, A10).

The tables decide, not the vendor's sample of a cascade, which is at odds with them (T76). Their
lists of words are completed by the later version of the page and by the words that the samples use
(T54).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from devino_async.sandbox.omni_behaviour import MisspeltEvents
from devino_async.sandbox.omni_templates import check_template
from devino_async.sandbox.shapes import (
    Shape,
    Terms,
    either,
    items,
    one_of,
    refuse,
    text,
    time,
    truth,
    whole,
)
from omni_common.clock import read_time

__all__ = ["SETTLED_STATES", "TASK_CHANNELS", "TASK_STATES", "TASK_TYPES", "check_task"]

TASK_TYPES = frozenset({"SIMPLE", "API", "BIRTHDAY", "PERIODIC", "EVENT_FLOW", "GEO", "AB_TEST"})
"""Kinds of tasks."""
TASK_CHANNELS = frozenset(
    {"EMAIL", "OMNI", "PUSH", "PUSH_WALLET", "SMS", "VIBER", "VK", "WHATSAPP"},
)
"""Channels of tasks; OMNI stands for several."""
TASK_STATES = frozenset(
    {
        "DRAFT",
        "NEW",
        "STARTED",
        "STOPPED",
        "FINISHED",
        "DELETED_FINISHED",
        "DELETED_DRAFT",
        "FAILED",
        "STOPPED_BALANCE_BLOCKED",
    }
)
"""Where a task can be, as the filters of the list have it."""
SETTLED_STATES = TASK_STATES | {"STOPPED_NOT_WORKING_TIME"}
"""Where a task can be, as the filters of the macros have it."""

_TRIGGER_CHANNELS = frozenset(
    {
        "EMAIL",
        "FLASHCALL",
        "HLR",
        "PUSH",
        "PUSH_WALLET",
        "SMS",
        "VIBER",
        "VK",
        "VOICE",
        "WHATSAPP",
    }
)
_CHILDREN = frozenset({"EVENT_SOURCE", "NO_EVENT_SOURCE"})
_ROOTS = frozenset(
    {"ADDRESS_BOOK_SOURCE", "TRAN_API_SOURCE", "EVENT_COLLECTOR", "GEO_LOCATION"},
)
_EVENT_VALUES: Mapping[str, Collection[str]] = {
    "SMS": frozenset({"delivered", "expired"}),
    "VIBER": frozenset({"delivered", "expired", "opened", "clicked"}),
    "EMAIL": frozenset({"delivered", "opened", "clicked", "unsubscribed", "subscribed"}),
}
"""States that a trigger can wait for; for other channels no list is documented."""
_LONGEST_WAIT = 2**31 - 1
_MAX_NAME = 100
_MISSPELT = "EventSource"


def check_task(body: Any, terms: Terms, *, group_ids: Collection[str]) -> None:
    """Refuse a body that does not describe a task.

    Args:
        body: What the request held.
        terms: What else decides.
        group_ids: Ids of the contact lists there are.

    Raises:
        RequestRefusedError: It is not a task, or one that contradicts itself.
    """
    _TASK(body, "", terms)
    for position, trigger in enumerate(body["triggers"]):
        _check_times(trigger, f"triggers[{position}]", terms)
        _check_place(trigger, f"triggers[{position}]", body)
        _check_events(trigger, f"triggers[{position}]", body, terms)
    if [each["type"] for each in body["triggers"]].count("TRAN_API_SOURCE") > 1:
        refuse("invalid", "triggers")
    _check_source(body, terms, group_ids)


def _check_source(body: Mapping[str, Any], terms: Terms, group_ids: Collection[str]) -> None:
    """Whom a task writes to by itself: nobody, if it is made for transactional messages."""
    where = "addressBookSource"
    source = body.get(where)
    if source is None:
        if any(each["type"] == "ADDRESS_BOOK_SOURCE" for each in body["triggers"]):
            refuse("must.be.not.null", where)
        return
    if body["type"] == "API":
        refuse("invalid", where)
    groups, segments = source.get("contactGroupIds"), source.get("segmentIds")
    if not groups and not segments:
        refuse("must.be.not.null", f"{where}.contactGroupIds")
    if groups and segments:
        refuse("invalid", f"{where}.segmentIds")
    if body["type"] == "PERIODIC" and "period" not in source:
        refuse("must.be.not.null", f"{where}.period")
    if terms.behaviour.omni.unknown_groups_refused:
        _check_groups(source, where, group_ids)


def _check_groups(source: Mapping[str, Any], where: str, group_ids: Collection[str]) -> None:
    for name in ("contactGroupIds", "stopContactGroupIds"):
        for position, id in enumerate(source.get(name, ())):
            if str(id) not in group_ids:
                refuse("invalid", f"{where}.{name}[{position}]", id)


def _check_times(trigger: Mapping[str, Any], where: str, terms: Terms) -> None:
    names = ("startTime", "endTime")
    if terms.behaviour.omni.times_required:
        for name in names:
            if name not in trigger:
                refuse("must.be.not.null", f"{where}.{name}")
    if all(name in trigger for name in names):
        start, end = (read_time(trigger[name]) for name in names)
        if end <= start:
            refuse("invalid", f"{where}.endTime", trigger["endTime"])


def _check_place(trigger: Mapping[str, Any], where: str, body: Mapping[str, Any]) -> None:
    """Where a trigger stands in its task: its index, its channel, its type."""
    if [each["index"] for each in body["triggers"]].count(trigger["index"]) > 1:
        refuse("invalid", f"{where}.index", trigger["index"])
    if body["channel"] not in {"OMNI", trigger["channel"]}:
        refuse("invalid", f"{where}.channel", trigger["channel"])
    if trigger["type"] == ("ADDRESS_BOOK_SOURCE" if body["type"] == "API" else "TRAN_API_SOURCE"):
        refuse("invalid", f"{where}.type", trigger["type"])
    if trigger["type"] in _CHILDREN:
        _check_parent(trigger, where, body)
    elif "parentIndex" in trigger:
        refuse("invalid", f"{where}.parentIndex", trigger["parentIndex"])


def _check_parent(trigger: Mapping[str, Any], where: str, body: Mapping[str, Any]) -> None:
    """A trigger that waits needs a parent, and may not wait for itself in the end."""
    if "parentIndex" not in trigger:
        refuse("must.be.not.null", f"{where}.parentIndex")
    parents = {each["index"]: each.get("parentIndex") for each in body["triggers"]}
    seen, ancestor = {trigger["index"]}, trigger["parentIndex"]
    while ancestor is not None:
        if ancestor in seen or ancestor not in parents:
            refuse("invalid", f"{where}.parentIndex", trigger["parentIndex"])
        seen.add(ancestor)
        ancestor = parents[ancestor]


def _check_events(
    trigger: Mapping[str, Any], where: str, body: Mapping[str, Any], terms: Terms
) -> None:
    """What a trigger waits for, and how long."""
    if trigger["type"] == "EVENT_SOURCE" and not trigger.get("eventSources"):
        refuse("must.be.not.null", f"{where}.eventSources")
    waits = trigger["type"] == "NO_EVENT_SOURCE"
    needs_wait = waits and terms.behaviour.omni.default_wait is None
    if needs_wait and "noEventSourceSettings" not in trigger:
        refuse("must.be.not.null", f"{where}.noEventSourceSettings")
    if not waits and "noEventSourceSettings" in trigger:
        refuse("invalid", f"{where}.noEventSourceSettings")
    channels = {each["index"]: each["channel"] for each in body["triggers"]}
    for position, event in enumerate(trigger.get("eventSources", ())):
        if event["eventType"] == "STATE" and trigger["type"] in _CHILDREN:
            parent = channels[trigger["parentIndex"]]
            if event["channel"] != parent:
                where = f"{where}.eventSources[{position}].channel"
                refuse("invalid", where, event["channel"])


def _event(value: Any, where: str, terms: Terms) -> None:
    """An event; of other kinds than states it is not told what they are about."""
    _EVENT(value, where, terms)
    if value["eventType"] == "STATE":
        Shape(_EVENT.fields, required=("channel", "eventValue"))(value, where, terms)
        known = _EVENT_VALUES.get(value["channel"])
        if known is not None and value["eventValue"] not in known:
            refuse("invalid", f"{where}.eventValue", value["eventValue"])


def _trigger(value: Any, where: str, terms: Terms) -> None:
    if isinstance(value, dict) and _MISSPELT in value:
        if terms.behaviour.omni.misspelt_events is MisspeltEvents.REFUSED:
            refuse("invalid", f"{where}.{_MISSPELT}")
        value = {name: held for name, held in value.items() if name != _MISSPELT}
    _TRIGGER(value, where, terms)
    check_template(value["template"], f"{where}.template", value["channel"], terms)


def _looked_at_later(_value: Any, _where: str, _terms: Terms) -> None:
    """A template is checked against its channel, once that is known to be one."""


_IDS = items(whole(1))  # integers, although lists are given ids as text (T20)
_SOURCE = Shape(
    {
        "addressBookSourceType": one_of({"SIMPLE", "BIRTHDAY", "PERIODIC"}),
        "byTimeZone": truth,
        "byOptimalSendTime": truth,
        "checkDuplicate": truth,
        "contactCountId": whole(),
        "contactGroupIds": _IDS,
        "segmentIds": _IDS,
        "stopContactGroupIds": _IDS,
        "period": one_of({"ONCE", "DAILY", "WEEKLY", "MONTHLY"}),
        "smoothSendMinutes": whole(0, 1440),
    },
    required=("addressBookSourceType",),
)
_EVENT = Shape(
    {
        "channel": one_of(_TRIGGER_CHANNELS),
        "eventType": one_of({"STATE", "CONTACT_MOBILE_EVENT", "CONTACT_WEB_EVENT"}),
        "eventValue": text(),
    },
    required=("eventType",),
)
_TRIGGER = Shape(
    {
        "index": whole(),
        "parentIndex": whole(),
        "startTime": time,
        "endTime": time,
        "type": one_of(_ROOTS | _CHILDREN),
        "channel": one_of(_TRIGGER_CHANNELS),
        "eventSources": items(_event),
        "noEventSourceSettings": Shape(
            {"stateWaitMaxTimeSec": whole(1, _LONGEST_WAIT)}, required=("stateWaitMaxTimeSec",)
        ),
        "eventCollectorSettings": Shape(
            {
                "maxNewRegisterSec": whole(),
                # A truth by its name or events: it is not documented beyond that.
                "onlyUpdateEventSources": either(truth, items(_event)),
            }
        ),
        "geoSettings": Shape(
            {
                "antiFraudMins": whole(),
                "locationIds": items(whole()),
                "pushApplicationIds": items(whole()),
            }
        ),
        "template": _looked_at_later,
    },
    required=("index", "type", "channel", "template"),
)
_TASK = Shape(
    {
        "taskName": text(_MAX_NAME),
        "type": one_of(TASK_TYPES),
        "channel": one_of(TASK_CHANNELS),
        # Both are declared as strings, and are an object and an array in every sample (T22).
        "addressBookSource": _SOURCE,
        "triggers": items(_trigger),
        "draftId": whole(),
        "taskInfo": Shape({"scenarioType": text()}),
    },
    required=("taskName", "type", "channel", "triggers"),
)
