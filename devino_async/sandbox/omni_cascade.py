"""How a message of several channels moves on, as a pure function of what is known at its start.

The first channel is tried at once. A trigger of the type EVENT_SOURCE sends when its parent reaches
one of its states; one of the type NO_EVENT_SOURCE when its parent has reached none of them in time,
counted from the parent's sending. So a parent that is refused or undeliverable is waited for like
any other, and one that is delivered late is delivered beside its child.

A recipient plays its :class:`~omni_common.sandbox.Scenario` on each channel by the address there:
one that is undelivered is so on every channel, one that expires or is rejected only on the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from devino_async.sandbox import email_states, states
from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.omni_behaviour import AfterViber, MissingUnsubscribe
from devino_async.sandbox.omni_contacts import Addressee
from devino_async.sandbox.omni_tasks import Task, Trigger
from devino_async.sandbox.omni_templates import (
    fields_of,
    lacks_unsubscribe,
    text_of,
    validity_of,
)
from devino_async.sandbox.states import StatusWord, ending_of
from omni_common.sandbox import Pace, Scenario, StateChange, scenario_of

__all__ = ["Cascade"]

_LINK_MARKS = ("http://", "https://")
_END = datetime(MAXYEAR, 1, 1, tzinfo=UTC)
_LINK_FOLLOWED = timedelta(seconds=5)
_ERROR_CODE = 2005
"""The one error code that the vendor's pages show; what it means is not documented."""
_NOT_REGISTERED = "MSISDN_NOT_REGISTERED"
"""What a push wallet says of a number it does not know; the vendor's sample waits for it."""


@frozen(kw_only=True)
class Cascade:
    """What one person gets from a task, beginning at one of its triggers."""

    task: Task
    root: Trigger
    templates: Mapping[str, Mapping[str, Any]]
    """By trigger; those that are not here send the task's own template."""
    addressee: Addressee
    behaviour: DevinoBehaviour
    pace: Pace

    def triggers(self) -> tuple[Trigger, ...]:
        """The root and all that wait for it, parents first."""
        found = [self.root]
        for each in found:
            found.extend(self.task.children(each))
        return tuple(found)

    def template(self, trigger: Trigger) -> Mapping[str, Any]:
        """What *trigger* sends."""
        return self.templates.get(trigger.id, trigger.template)

    def plan(self, start: datetime) -> tuple[StateChange, ...]:
        """Every step on every channel that is tried, in order of time, if it begins at *start*."""
        changes: list[StateChange] = []
        due = [(self.root, start)]
        for trigger, at in due:
            steps = self._steps(trigger, at)
            changes += steps
            for child in self.task.children(trigger):
                turn = _turn(child, at, steps)
                if turn is not None and self._may_send(child, turn):
                    due.append((child, turn))
        return tuple(sorted(changes, key=lambda change: change.at))

    def _may_send(self, child: Trigger, at: datetime) -> bool:
        omni = self.behaviour.omni
        return not omni.child_windows or child.is_open(at, omni.window_offset)

    def _steps(self, trigger: Trigger, at: datetime) -> tuple[StateChange, ...]:
        address = self.addressee.address(trigger.channel)
        scenario = Scenario.REFUSED if address is None else scenario_of(address)
        if trigger is not self.root:
            scenario = scenario.on_later_channels
        if scenario is Scenario.REFUSED:
            steps: Iterable[StateChange] = (_rejected(at),)
        elif trigger.channel == "EMAIL":
            steps = self._letter(trigger, at, scenario)
        else:
            steps = self._message(trigger, at, scenario)
        return tuple(evolve(each, channel=trigger.channel, part=trigger.id) for each in steps)

    def _letter(self, trigger: Trigger, at: datetime, scenario: Scenario) -> Iterable[StateChange]:
        if not lacks_unsubscribe(self.template(trigger)):
            email = self.behaviour.email
            return email_states.plan(
                at,
                scenario=scenario,
                pace=self.pace,
                behaviour=email,
                waited=self._waited(trigger, at),
            )
        unsent = email_states.plan_unsent(at, self.pace)
        never_heard_of = self.behaviour.omni.missing_unsubscribe is MissingUnsubscribe.NEVER_SENT
        return unsent[:1] if never_heard_of else unsent

    def _message(self, trigger: Trigger, at: datetime, scenario: Scenario) -> Iterable[StateChange]:
        template = self.template(trigger)
        steps = states.plan(
            at,
            send_at=None,
            validity=validity_of(template),
            ending=ending_of(
                scenario,
                undelivered=self.behaviour.undelivered_status,
                clicked=_has_short_link(template),
            ),
            pace=self.pace,
            waited=self._waited(trigger, at),
        )
        if trigger.channel == "VIBER" and steps[-1].state == StatusWord.DELIVERED:
            return (*steps, *self._engagement(steps[-1], template))
        return steps

    def _waited(self, trigger: Trigger, at: datetime) -> timedelta:
        """How long the children of *trigger* wait for what it sends *at* that time."""
        waits = (child.wait for child in self.task.children(trigger))
        return min(max(filter(None, waits), default=timedelta()), _END - at)

    def _engagement(
        self, delivered: StateChange, template: Mapping[str, Any]
    ) -> Iterable[StateChange]:
        then = self.behaviour.omni.after_viber
        if then is not AfterViber.NOTHING:
            opened = evolve(delivered, at=delivered.at + self.pace.delivered, state="OPENED")
            yield opened
            if then is AfterViber.CLICKED and "action" in fields_of(template):
                yield evolve(opened, at=opened.at + _LINK_FOLLOWED, state="CLICKED")


def _turn(child: Trigger, sent_at: datetime, steps: Iterable[StateChange]) -> datetime | None:
    """When *child* sends after its parent did at *sent_at*; None if never."""
    reached = min((each.at for each in steps if _tells(each, child.events)), default=None)
    if child.type == "EVENT_SOURCE":
        return reached
    wait = child.wait or timedelta()
    if wait > _END - sent_at:  # what follows the sending would have no date
        return None
    due = sent_at + wait
    return None if reached is not None and reached <= due else due


def _tells(step: StateChange, events: frozenset[str]) -> bool:
    unknown_number = step.channel == "PUSH_WALLET" and step.state == StatusWord.UNDELIVERABLE
    return step.state.lower() in events or (unknown_number and _NOT_REGISTERED in events)


def _rejected(at: datetime) -> StateChange:
    return StateChange(at, "", StatusWord.REJECTED.value, detail={"errorCode": _ERROR_CODE})


def _has_short_link(template: Mapping[str, Any]) -> bool:
    shortens = fields_of(template).get("shortenUrl", False)
    return bool(shortens) and any(mark in text_of(template) for mark in _LINK_MARKS)
