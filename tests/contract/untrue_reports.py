"""Providers whose vendor posts something else than they claim, or what anybody could post."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from attrs import define, evolve, field

from omni_common import Message
from omni_common.callbacks import CallbackArea
from tests.contract.breaches import breaks, claiming, claiming_together
from tests.contract.pigeons import WORD
from tests.contract.untrue_claims import Claiming
from tests.third_party.carrier_pigeon import ARRIVAL, Flight, PigeonProvider

__all__ = ["UNSEALED"]

log = logging.getLogger(__name__)

REGISTERED = "test_the_callback_areas_are_registered"


@breaks(REGISTERED, because="pigeon.departure: unknown kind of callback")
class ReportingDepartures(Claiming):
    claims = claiming(callback_area="pigeon.departure")


@breaks(REGISTERED, because="an area has its provider")
class ReportingInOtherWords(Claiming):
    claims = claiming_together(callback_area="messente.delivery")


@define
class AlteredFlight(Flight):
    alter: Callable[[dict[str, Any]], object] = field(kw_only=True)

    def report(self, ring: str) -> bytes:
        return json.dumps(self.alter(json.loads(super().report(ring)))).encode()


class Altering(PigeonProvider):
    """Has a loft that posts something else."""

    def _flight(self, message: Message) -> Flight:
        true = super()._flight(message)
        return AlteredFlight(
            true.channels, true.to, true.note, true.state, true.report_to, alter=self.altered
        )

    def altered(self, report: dict[str, Any]) -> object:
        raise NotImplementedError


ALONE = "test_what_is_delivered_is_posted_to_the_callback_url"
TOGETHER = "test_what_becomes_of_a_cascade_is_posted_to_the_callback_url"
GENUINE = "test_a_post_that_is_not_genuine_is_refused"
PRIVATE = "test_what_is_posted_stays_private"


@breaks(ALONE, because="asks for reports got none")
@breaks(TOGETHER, because="asks for reports got none")
@breaks(GENUINE, because="ask for reports got none")
@breaks(PRIVATE, because="asks for reports got none")
class Mute(PigeonProvider):
    def _flight(self, message: Message) -> Flight:
        return evolve(super()._flight(message), report_to=None)


@breaks(ALONE, because="an event is about a message sent")
@breaks(TOGETHER, because="an event is about a message sent")
class ReportingOfStrangers(Altering):
    def altered(self, report: dict[str, Any]) -> object:
        return {**report, "ring": "sms:0"}


@breaks(ALONE, because="reported as SENDING")
@breaks(TOGETHER, because="reported as SENDING")
class ReportingTooEarly(Altering):
    def altered(self, report: dict[str, Any]) -> object:
        return {**report, "state": "sending"}


@breaks(ALONE, because="the report names the channel")
@breaks(TOGETHER, because="the report names the channel")
class ReportingOverAnother(Altering):
    def altered(self, report: dict[str, Any]) -> object:
        return {**report, "channel": "vk"}


@breaks(ALONE, because="a genuine post was refused")
@breaks(GENUINE, because="a genuine post was refused")
class Illegible(Altering):
    def altered(self, report: dict[str, Any]) -> object:
        return {}


def _seal_of_all(body: bytes, word: str) -> str:
    del word
    assert ARRIVAL.sign is not None
    return ARRIVAL.sign(body, WORD)


UNSEALED: CallbackArea = evolve(ARRIVAL, name="pigeon.unsealed", sign=_seal_of_all)
"""What anybody can seal, whatever word they know."""


@breaks(GENUINE, because="a post with a wrong secret was taken")
class Unsealed(Claiming):
    claims = evolve(
        claiming_together(callback_area=UNSEALED.name),
        channels={
            channel: evolve(can, callback_area=UNSEALED.name)
            for channel, can in claiming().channels.items()
        },
    )


@breaks(PRIVATE, because="an event shows")
class ReportingInFull(Altering):
    def altered(self, report: dict[str, Any]) -> object:
        return {**report, "ring": " ".join(flight.to for flight in self._loft.flights.values())}


@breaks(PRIVATE, because="the log shows")
class ThinkingAloud(Altering):
    def altered(self, report: dict[str, Any]) -> object:
        log.info("the word is %s", self._word.reveal())
        return report
