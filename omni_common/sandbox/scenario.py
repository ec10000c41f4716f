"""What becomes of a message, decided by the number it is sent to, and how fast."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from enum import Enum

from attrs import evolve, frozen

from omni_common.sandbox.faults import Fault

__all__ = ["Pace", "RateLimits", "Scenario", "fault_of", "scenario_of"]

_DIGITS = 4


class Scenario(Enum):
    """What an emulator does with a message, by the last four digits of its recipient.

    Any country's numbers work, so that no switch is needed to see every outcome; for an e-mail
    address the last four characters before the ``@`` count.

    ==========  ============================================================  ==============
    last four   what happens                                                  the send ends
    ==========  ============================================================  ==============
    ``0001``    refused as an invalid number                                  not sent
    ``0002``    accepted, then undelivered on every channel                   accepted
    ``0003``    accepted, then expires on the first channel; the next one     accepted
                delivers
    ``0004``    accepted, but the connection closes without an answer         unknown
    ``0005``    accepted, but answered with HTTP 500                          unknown
    ``0006``    HTTP 429 the first time for each number, then delivered       accepted late
    ``0007``    accepted, but never answered                                  unknown
    ``0008``    accepted, but answered with something unreadable              unknown
    ``0009``    accepted, then expires on the first channel; the next one     accepted
                delivers, and after it the first one all the same
    ``0010``    accepted, then rejected on the first channel; the next one    accepted
                delivers
    any other   accepted, then delivered                                      accepted
    ==========  ============================================================  ==============

    Messages of ``0004`` to ``0008`` are delivered once accepted. In a batch, what such a number
    does to an answer it does to the whole batch's answer. How soon the next channel has its turn
    is the vendor's habit: some go on when a channel has failed, some when its time has run out.
    """

    DELIVERED = "0000"
    """Every number that no other scenario names."""
    REFUSED = "0001"
    UNDELIVERED = "0002"
    EXPIRED = "0003"
    ANSWER_DROPPED = "0004"
    SERVER_ERROR = "0005"
    RATE_LIMITED = "0006"
    STALLED = "0007"
    GARBAGE = "0008"
    LATE = "0009"
    REJECTED = "0010"

    @property
    def fault(self) -> Fault | None:
        """What happens to the answer of the send call, or None when it comes as it should."""
        return _FAULTS.get(self)

    @property
    def on_later_channels(self) -> Scenario:
        """What happens on every channel after the first one."""
        return Scenario.DELIVERED if self in _FIRST_CHANNEL_ONLY else self

    def number(self, prefix: str = "+3725100") -> str:
        """Return a phone number, *prefix* and four digits, that plays this scenario."""
        return prefix + self.value


_FAULTS = {
    Scenario.ANSWER_DROPPED: Fault.DROP,
    Scenario.SERVER_ERROR: Fault.SERVER_ERROR,
    Scenario.RATE_LIMITED: Fault.RATE_LIMITED,
    Scenario.STALLED: Fault.STALL,
    Scenario.GARBAGE: Fault.GARBAGE,
}
_FIRST_CHANNEL_ONLY = frozenset({Scenario.EXPIRED, Scenario.LATE, Scenario.REJECTED})
_BY_DIGITS = {scenario.value: scenario for scenario in Scenario}


def scenario_of(recipient: str) -> Scenario:
    """Return the scenario that *recipient*, a phone number or an e-mail address, plays."""
    return _BY_DIGITS.get(recipient.partition("@")[0][-_DIGITS:], Scenario.DELIVERED)


def fault_of(recipients: Iterable[str]) -> Fault | None:
    """Return what happens to the answer of a call that took messages to *recipients*."""
    faults = (scenario_of(recipient).fault for recipient in recipients)
    return next((fault for fault in faults if fault and fault.takes_request), None)


class RateLimits:
    """The numbers that were told to wait, each of them once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, recipients: Collection[str]) -> bool:
        """Tell *recipients* to wait whose scenario it is; return whether there were any."""
        fresh = {each for each in recipients if scenario_of(each) is Scenario.RATE_LIMITED}
        fresh -= self._told
        self._told |= fresh
        return bool(fresh)


@frozen
class Pace:
    """How soon after its start a message reaches its states, in emulated time."""

    sent: timedelta = timedelta(seconds=1)
    """Until it is with the operator."""
    delivered: timedelta = timedelta(seconds=2)
    """Until it is delivered, or is known to be undelivered."""
    expired: timedelta = timedelta(seconds=5)
    """Until a channel that cannot deliver expires, where the message sets no time of its own."""
    late: timedelta = timedelta(seconds=10)
    """Until a channel that expired delivers all the same, from when the next one had its turn."""

    def at_once(self) -> Pace:
        """Return a pace at which a message is delivered the moment it is sent."""
        return evolve(self, sent=timedelta(), delivered=timedelta())
