"""How a letter moves on after Devino took it, planned when it is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from devino_async.sandbox.email_behaviour import AfterDelivery, EmailBehaviour
from omni_common.sandbox import Pace, Scenario, StateChange

__all__ = ["CHANNEL", "EmailEvent", "plan", "plan_unsent"]

CHANNEL = "EMAIL"
_ONE_ACTION = timedelta(seconds=5)
"""How long a recipient takes to open a letter, and then for what follows."""


class EmailEvent(StrEnum):
    """The vendor's words for what happens to a letter, as its callbacks have them (A8b)."""

    ACCEPTED = "ACCEPTED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    EXPIRED = "EXPIRED"
    OPENED = "OPENED"
    CLICKED = "CLICKED"
    BOUNCED = "BOUNCED"
    REJECTED = "REJECTED"
    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    COMPLAINED = "COMPLAINED"


def plan(
    accepted_at: datetime,
    *,
    scenario: Scenario,
    pace: Pace,
    behaviour: EmailBehaviour,
    waited: timedelta = timedelta(),
) -> tuple[StateChange, ...]:
    """Every event of a letter in the order of time, the first one at its acceptance.

    Args:
        accepted_at: When the vendor took it.
        scenario: What its address decides.
        pace: How fast it gets there.
        behaviour: What an undelivered letter is called, and what people do with a delivered one.
        waited: How long something else waits for it: a late letter is later.
    """
    if scenario is Scenario.REJECTED:
        return plan_unsent(accepted_at, pace)
    changes = [
        _change(accepted_at, EmailEvent.ACCEPTED),
        _change(accepted_at + pace.sent, EmailEvent.SENT),
    ]
    match scenario:
        case Scenario.UNDELIVERED:
            word = EmailEvent(behaviour.undelivered_event.value)
            changes.append(_change(accepted_at + pace.delivered, word))
        case Scenario.EXPIRED | Scenario.LATE:
            changes.append(_change(accepted_at + pace.expired, EmailEvent.EXPIRED))
        case _:
            changes += _delivered(accepted_at + pace.delivered, behaviour.after_delivery)
    if scenario is Scenario.LATE:
        late = accepted_at + max(pace.expired, waited) + pace.late
        changes += _delivered(late, behaviour.after_delivery)
    return tuple(changes)


def plan_unsent(accepted_at: datetime, pace: Pace) -> tuple[StateChange, ...]:
    """The events of a letter that is accepted, but never sent."""
    return (
        _change(accepted_at, EmailEvent.ACCEPTED),
        _change(accepted_at + pace.sent, EmailEvent.REJECTED),
    )


def _delivered(at: datetime, then: AfterDelivery) -> Iterator[StateChange]:
    yield _change(at, EmailEvent.DELIVERED)
    if then is AfterDelivery.NOTHING:
        return
    yield _change(at + _ONE_ACTION, EmailEvent.OPENED)
    if then is not AfterDelivery.OPENED:
        yield _change(at + 2 * _ONE_ACTION, EmailEvent[then.name])


def _change(at: datetime, event: EmailEvent) -> StateChange:
    return StateChange(at, CHANNEL, event.value)
