"""How an omnimessage moves on after Messente took it, as a pure function of time.

Channels are tried in order. The whole course is fixed at acceptance: steps with their times, from
which what the vendor says at any moment follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, repeat
from typing import Any

from attrs import frozen

from messente_async.sandbox.behaviour import (
    CancelledStatus,
    MessenteBehaviour,
    SentWord,
    UndeliveredWord,
)
from messente_async.sandbox.rules import ChannelMessage
from omni_common.sandbox import Pace, Scenario, StateChange

__all__ = ["Part", "cancelled_plan", "plan"]

_TELL_WHEN_SEEN = frozenset({"viber", "whatsapp", "rcs"})
_FAILURES = frozenset(
    {Scenario.EXPIRED, Scenario.LATE, Scenario.REJECTED, Scenario.UNDELIVERED},
)
_EXPLANATIONS: dict[int, str | None] = {
    0: None,
    1: "The message could not be delivered",
    2: "The message expired before it was delivered",
    8: "The operator refused the message",
    10: "The recipient has seen the message",
    999: "The operator gave an unknown answer",
}
_ERRS = {
    UndeliveredWord.UNDELIV: 1,
    UndeliveredWord.FAILED: 1,
    UndeliveredWord.REJECTD: 8,
    UndeliveredWord.NACK: 8,
    UndeliveredWord.UNKNOWN: 999,
}


@frozen
class Part:
    """A channel's message and the id that the vendor gave it."""

    id: str
    message: ChannelMessage


def plan(
    parts: Sequence[Part],
    start: datetime,
    scenario: Scenario,
    behaviour: MessenteBehaviour,
    pace: Pace,
) -> tuple[StateChange, ...]:
    """Return the course of an omnimessage whose first channel is tried at *start*.

    A channel that fails hands over to the next one when its failure is known; one that expires,
    when its time has run out. The first delivery ends the course, unless the channel that expired
    delivers after all.
    """
    changes: list[StateChange] = []
    for part, playing in zip(parts, _scenarios(scenario), strict=False):
        changes.extend(_channel(part, start, playing, behaviour, pace))
        if playing not in _FAILURES:
            break
        start = changes[-1].at
    if scenario is Scenario.LATE:
        expired_at = next(change.at for change in changes if change.state == "EXPIRED")
        changes.extend(_delivered(parts[0], expired_at + pace.late, behaviour, pace))
    return tuple(sorted(changes, key=lambda change: change.at))


def _scenarios(scenario: Scenario) -> Iterator[Scenario]:
    """What happens on each channel, in the order they are tried."""
    return chain([scenario], repeat(scenario.on_later_channels))


def cancelled_plan(
    parts: Sequence[Part], now: datetime, behaviour: MessenteBehaviour
) -> tuple[StateChange, ...]:
    """Return the course of an omnimessage that was cancelled at *now*, before its time."""
    if behaviour.cancelled is not CancelledStatus.DELETED:
        return ()
    return tuple(_change(part, now, "DELETED", 0) for part in parts)


def _channel(
    part: Part, start: datetime, scenario: Scenario, behaviour: MessenteBehaviour, pace: Pace
) -> Iterator[StateChange]:
    lifetime = part.message.ttl or pace.expired
    expires = scenario in {Scenario.EXPIRED, Scenario.LATE}
    if behaviour.sent is not SentWord.NONE and not (expires and pace.sent >= lifetime):
        yield _change(part, start + pace.sent, behaviour.sent.value, 0)
    if expires:
        yield _change(part, start + lifetime, "EXPIRED", 2)
        return
    end = start + pace.delivered
    match scenario:
        case Scenario.UNDELIVERED:
            yield _change(part, end, behaviour.undelivered.value, _ERRS[behaviour.undelivered])
        case Scenario.REJECTED:
            yield _change(part, end, "REJECTD", _ERRS[UndeliveredWord.REJECTD])
        case _:
            yield from _delivered(part, end, behaviour, pace)


def _delivered(
    part: Part, at: datetime, behaviour: MessenteBehaviour, pace: Pace
) -> Iterator[StateChange]:
    yield _change(part, at, "DELIVRD", 0)
    if behaviour.seen and part.message.channel in _TELL_WHEN_SEEN:
        yield _change(part, at + pace.delivered, "SEEN", 10)


def _change(part: Part, at: datetime, status: str, err: int) -> StateChange:
    detail: dict[str, Any] = {"err": err, "error": _EXPLANATIONS[err]}
    return StateChange(at, part.message.channel, status, part.id, detail)
