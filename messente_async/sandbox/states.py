"""How an omnimessage moves on after Messente took it, as a pure function of time.

Channels are tried in order. The whole course is fixed at acceptance: steps with their times, from
which what the vendor says at any moment follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
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
    when its time has run out. The first delivery ends the course.
    """
    changes: list[StateChange] = []
    for index, part in enumerate(parts):
        expires = scenario is Scenario.EXPIRED and index == 0
        fails = scenario is Scenario.UNDELIVERED
        changes.extend(_channel(part, start, behaviour, pace, expires=expires, fails=fails))
        if not (expires or fails):
            break
        start = changes[-1].at
    return tuple(changes)


def cancelled_plan(
    parts: Sequence[Part], now: datetime, behaviour: MessenteBehaviour
) -> tuple[StateChange, ...]:
    """Return the course of an omnimessage that was cancelled at *now*, before its time."""
    if behaviour.cancelled is not CancelledStatus.DELETED:
        return ()
    return tuple(_change(part, now, "DELETED", 0) for part in parts)


def _channel(
    part: Part,
    start: datetime,
    behaviour: MessenteBehaviour,
    pace: Pace,
    *,
    expires: bool,
    fails: bool,
) -> Iterator[StateChange]:
    lifetime = part.message.ttl or pace.expired
    if behaviour.sent is not SentWord.NONE and not (expires and pace.sent >= lifetime):
        yield _change(part, start + pace.sent, behaviour.sent.value, 0)
    if expires:
        yield _change(part, start + lifetime, "EXPIRED", 2)
        return
    end = start + pace.delivered
    if fails:
        yield _change(part, end, behaviour.undelivered.value, _ERRS[behaviour.undelivered])
        return
    yield _change(part, end, "DELIVRD", 0)
    if behaviour.seen and part.message.channel in _TELL_WHEN_SEEN:
        yield _change(part, end + pace.delivered, "SEEN", 10)


def _change(part: Part, at: datetime, status: str, err: int) -> StateChange:
    detail: dict[str, Any] = {"err": err, "error": _EXPLANATIONS[err]}
    return StateChange(at, part.message.channel, status, part.id, detail)
