"""Providers that do not try channels in order as they claim."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from attrs import evolve

from omni_common import (
    CancelFailedError,
    Capabilities,
    Channel,
    DeliveryReport,
    DeliveryState,
    Message,
    NotSentError,
    PartReport,
    Receipt,
    RefusedError,
)
from omni_common.exchange import OnUnknown
from tests.contract.breaches import breaks, claiming, claiming_together
from tests.contract.untrue_claims import Claiming
from tests.third_party.carrier_pigeon import Flight, PigeonProvider

CONSISTENT = "test_claims_about_cascades_are_consistent"
NOTE, LETTER = (claiming().cascade[channel] for channel in (Channel.SMS, Channel.EMAIL))


@breaks(CONSISTENT, because="a cascade needs two channels")
class CascadeOfOne(Claiming):
    claims = evolve(claiming(), cascade={Channel.SMS: NOTE})


@breaks(CONSISTENT, because="a channel that another may follow")
class CascadeOfLastOnes(Claiming):
    claims = claiming_together(leads=False)


@breaks(CONSISTENT, because="is sent alone too")
class CascadeOfStrangers(Claiming):
    claims = evolve(claiming(), cascade={Channel.SMS: NOTE, Channel.VK: NOTE})


@breaks(CONSISTENT, because="posts of one kind")
class ReportedInTwoWays(Claiming):
    claims = evolve(
        claiming(),
        cascade={Channel.SMS: NOTE, Channel.EMAIL: evolve(LETTER, callback_area="pigeon.letter")},
    )


SENT = "test_a_cascade_is_sent_if_it_is_claimed"


class NotesFirst(Claiming):
    """Takes a note and a letter in their true order, within their true limits, and no others."""

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self._refuse_problems(message)
        first, *others = message.content
        if others and first.channel is Channel.EMAIL:
            raise RefusedError("nothing flies after a letter")
        if others and message.send_at is not None:
            raise RefusedError("a note flies at once if a letter waits for it")
        if others and (first.ttl or timedelta()) > timedelta(minutes=30):
            raise RefusedError("too long for the letter to wait")
        if others and len(first.text or "") > 80:
            raise RefusedError("too long a note for two")
        return await super().send(message, on_unknown=on_unknown)


@breaks(SENT, Channel.EMAIL, because="nothing flies after a letter")
class BoastingOfLettersThatLead(NotesFirst):
    claims = claiming_together(leads=True)


@breaks(
    "test_a_feature_of_a_cascade_is_possible_if_it_is_claimed",
    Channel.SMS,
    because="flies at once",
)
class BoastingOfPatience(NotesFirst):
    claims = claiming_together(schedule=True)


@breaks(
    "test_ttl_in_a_cascade_is_possible_within_the_claimed_bounds",
    Channel.SMS,
    because="too long for the letter to wait",
)
class BoastingOfEnduranceForTwo(NotesFirst):
    claims = claiming_together(longest_ttl=timedelta(hours=1))


@breaks(
    "test_text_in_a_cascade_is_possible_up_to_the_claimed_length",
    Channel.SMS,
    because="too long a note for two",
)
class BoastingOfStrengthForTwo(NotesFirst):
    claims = claiming_together(longest_text=160)


@breaks(
    "test_a_feature_of_a_cascade_is_possible_if_it_is_claimed",
    Channel.SMS,
    because="find fault with send_at",
)
@breaks(
    "test_a_priority_of_a_cascade_is_possible_if_it_is_claimed",
    Channel.SMS,
    because="find fault with priority",
)
class LookingAtChannelsOnly(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        return [error for error in super().check(message) if error.field == "content"]


@breaks(SENT, Channel.SMS, because="a part for each channel, in order")
class Reordering(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        return evolve(receipt, parts=receipt.parts[::-1])


@breaks(SENT, Channel.SMS, because="a part for each channel, in order")
class SendingTheFirstAlone(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self._refuse_problems(message)
        first = evolve(message, content=message.content[0])
        return await super().send(first, on_unknown=on_unknown)


@breaks(
    "test_channels_are_tried_in_order_if_a_cascade_is_claimed",
    because="a cascade is one message",
)
class SendingThemAllAtOnce(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        for content in message.content[1:]:
            flight = self._flight(evolve(message, content=content))
            flight.to = message.phone or ""
            await self._loft.release(self._word.reveal(), flight)
        return receipt


@breaks(
    "test_what_is_claimed_of_a_cascade_reaches_the_vendor",
    Channel.SMS,
    because="the vendor knows nothing of ttl",
)
class ForgettingHowLong(PigeonProvider):
    def _flight(self, message: Message) -> Flight:
        return super()._flight(
            evolve(message, content=[evolve(content, ttl=None) for content in message.content])
        )


# What becomes of them.


STATUS = "test_a_status_of_a_cascade_can_be_asked_for_if_it_is_claimed"


@breaks(STATUS, because="NotSupportedError")
class BoastingOfSight(Claiming):
    claims = claiming_together(status=True)


class SeeingBoth(PigeonProvider):
    """Says of every pigeon the same."""

    claims: ClassVar[Capabilities] = claiming_together(status=True)
    part: ClassVar[PartReport]

    @property
    def capabilities(self) -> Capabilities:
        return self.claims

    async def status(self, id: str) -> DeliveryReport:
        return DeliveryReport.of_parts(id, [self.part])


@breaks(STATUS, because="DID NOT RAISE")
@breaks("test_what_cannot_be_told_is_not_asked_for", because="DID NOT RAISE")
class SeeingMoreThanItSays(SeeingBoth):
    claims = claiming()
    part = PartReport(Channel.SMS, DeliveryState.SENDING)


DELIVERED = "test_a_delivered_cascade_is_reported_as_such"


@breaks(DELIVERED, because="reported as SENDING")
class SeeingThePast(SeeingBoth):
    part = PartReport(Channel.SMS, DeliveryState.SENDING)


@breaks(DELIVERED, because="names the channel that delivered")
class SeeingGhosts(SeeingBoth):
    part = PartReport(Channel.VK, DeliveryState.DELIVERED)


CANCEL = "test_a_cascade_can_be_cancelled_if_it_is_claimed"


@breaks(CANCEL, because="NotSupportedError")
class BoastingOfObedienceOfTwo(Claiming):
    claims = claiming_together(schedule=True, cancel=True)


@breaks(CANCEL, because="CancelFailedError")
class SayingNoInsteadOfNever(PigeonProvider):
    async def cancel(self, id: str) -> None:
        raise CancelFailedError("it will not come", provider="pigeon")


AT_ONCE = "test_what_cannot_be_told_is_not_asked_for"


@breaks(AT_ONCE, because="it took a request to say")
class LookingFirst(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        await self._loft.look_for(self._word.reveal(), id)
        return await super().status(id)


@breaks(AT_ONCE, because="DID NOT RAISE")
class WaitingForNothing(PigeonProvider):
    async def wait(self, id: str, *, timeout: timedelta = timedelta(minutes=2)) -> DeliveryReport:
        return DeliveryReport(id, DeliveryState.ACCEPTED)
