"""How a message moves on after Devino took it, as a pure function of what is known then.

Everything that will become of a message is planned when it is accepted. What the vendor says about
it at any moment follows from the plan alone, so a clock that jumps shows exactly what one that runs
would have.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen

from omni_common.sandbox import Pace, Scenario, StateChange

__all__ = ["CHANNEL", "Ending", "StatusWord", "ending_of", "plan"]

CHANNEL = "SMS"
_LINK_FOLLOWED = timedelta(seconds=5)
"""How long after its delivery a link of a message is followed."""
_ERROR_CODE = 2005
"""The one error code that the vendor's pages show; what it means is not documented."""


class StatusWord(StrEnum):
    """The vendor's words for where a message is, the same in callbacks and in get-by-ids."""

    ACCEPTED = "ACCEPTED"
    SCHEDULED = "SCHEDULED"
    ENROUTE = "ENROUTE"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    EXPIRED = "EXPIRED"
    CLICKED = "CLICKED"
    UNDELIVERABLE = "UNDELIVERABLE"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


@frozen(kw_only=True)
class Ending:
    """What becomes of a message that its operator has, unless its lifetime runs out before.

    ``status`` is DELIVERED, or the word for having failed, or EXPIRED for a message that stays on
    its way; ``clicked`` lets the link of a delivered message be followed, and ``late`` delivers one
    that has expired.
    """

    status: StatusWord = StatusWord.DELIVERED
    clicked: bool = False
    late: bool = False


def ending_of(scenario: Scenario, *, undelivered: StatusWord, clicked: bool) -> Ending:
    """What becomes of a message whose recipient plays *scenario*.

    Args:
        scenario: What the recipient decides.
        undelivered: The word for a message that cannot be delivered.
        clicked: Whether the link of a delivered message is followed.
    """
    match scenario:
        case Scenario.UNDELIVERED:
            return Ending(status=undelivered)
        case Scenario.REJECTED:
            return Ending(status=StatusWord.REJECTED)
        case Scenario.EXPIRED | Scenario.LATE:
            return Ending(status=StatusWord.EXPIRED, late=scenario is Scenario.LATE)
        case _:
            return Ending(clicked=clicked)


def plan(
    accepted_at: datetime,
    *,
    send_at: datetime | None,
    validity: timedelta,
    ending: Ending,
    pace: Pace,
    waited: timedelta = timedelta(),
) -> tuple[StateChange, ...]:
    """Every status of a message in the order of time, the first one at its acceptance.

    Args:
        accepted_at: When the vendor took the message.
        send_at: The scheduled time; None, or a time that has come, sends at once.
        validity: The lifetime, from the sending on; zero leaves it to the vendor, for whom only a
            message that ends as EXPIRED expires.
        ending: What becomes of it while it lives.
        pace: How fast it gets there.
        waited: How long something else waits for it, from the sending on: a late message is later.
    """
    scheduled = send_at is not None and send_at > accepted_at
    start = send_at if scheduled and send_at is not None else accepted_at
    first = StatusWord.SCHEDULED if scheduled else StatusWord.ACCEPTED
    # A scheduled message has waited long enough, so it is on its way when its time has come.
    enroute = start if scheduled else start + pace.sent / 2
    changes = [_change(accepted_at, first), _change(enroute, StatusWord.ENROUTE)]
    changes += _with_operator(start, ending, pace)
    if validity or ending.status is StatusWord.EXPIRED:
        changes = _expired(changes, start + (validity or pace.expired))
    if ending.late:
        changes.append(
            _change(max(changes[-1].at, start + waited) + pace.late, StatusWord.DELIVERED)
        )
    return tuple(changes)


def _with_operator(start: datetime, ending: Ending, pace: Pace) -> Iterator[StateChange]:
    yield _change(start + pace.sent, StatusWord.SENT)
    if ending.status is StatusWord.DELIVERED:
        yield _change(start + pace.delivered, StatusWord.DELIVERED)
        if ending.clicked:
            yield _change(start + pace.delivered + _LINK_FOLLOWED, StatusWord.CLICKED)
    elif ending.status is not StatusWord.EXPIRED:
        yield _change(start + pace.delivered, ending.status, _ERROR_CODE)


def _expired(changes: list[StateChange], expiry: datetime) -> list[StateChange]:
    """Let the message expire, unless its fate was settled before."""
    unsettled = {StatusWord.ACCEPTED, StatusWord.SCHEDULED, StatusWord.ENROUTE, StatusWord.SENT}
    if any(change.at < expiry and change.state not in unsettled for change in changes):
        return changes
    lived = [change for change in changes if change.at < expiry]
    return [*lived, _change(expiry, StatusWord.EXPIRED)]


def _change(at: datetime, status: StatusWord, error_code: int = 0) -> StateChange:
    return StateChange(at, CHANNEL, status.value, detail={"errorCode": error_code})
