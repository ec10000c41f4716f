"""Providers whose capabilities are wrong, or whose checks do not follow from them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import evolve

from omni_common import (
    CancelFailedError,
    Capabilities,
    Channel,
    InvalidMessageError,
    Message,
    NotSentError,
    NotSupportedError,
    Priority,
    Receipt,
    RefusedError,
    SentAs,
    SentMessage,
    UnsupportedMessageError,
)
from omni_common.exchange import OnUnknown
from tests.contract.breaches import breaks, claiming, feature
from tests.third_party.carrier_pigeon import Flight, PigeonProvider

CONSISTENT = "test_capabilities_are_consistent_data"


class Claiming(PigeonProvider):
    """Claims something else than it does."""

    claims: ClassVar[Capabilities]

    @property
    def capabilities(self) -> Capabilities:
        return self.claims


@breaks(CONSISTENT, because="batch_size is 1 or more")
class WithoutBatches(Claiming):
    claims = evolve(claiming(), batch_size=0)


@breaks(CONSISTENT, because="shortest_ttl is not above longest_ttl")
class WithEmptyRange(Claiming):
    claims = claiming(shortest_ttl=timedelta(hours=2))


@breaks(CONSISTENT, because="only a scheduled message can be cancelled")
class CancellingWhatHasGone(Claiming):
    claims = claiming(schedule=False)


@breaks("test_capabilities_are_constant", because="change while the provider lives")
class Fickle(PigeonProvider):
    size = 0

    @property
    def capabilities(self) -> Capabilities:
        self.size += 1
        return evolve(super().capabilities, batch_size=self.size)


@breaks("test_the_name_is_the_registered_scheme", because="dove")
class UnderAnotherName(Claiming):
    claims = evolve(claiming(), provider="dove")


@breaks("test_the_name_is_the_registered_scheme", because="pigeon:// stands for PigeonProvider")
class Impostor(PigeonProvider):
    pass


CHANNEL = "test_a_channel_is_sent_if_it_is_claimed"


@breaks(CHANNEL, Channel.VK, because="check.. has to find fault with content")
@breaks("test_the_recipient_suits_the_channel", Channel.SMS, because="find fault with to")
@breaks("test_a_time_that_has_passed_is_refused", because="find fault with send_at")
@breaks(
    "test_a_feature_is_possible_if_it_is_claimed",
    Channel.EMAIL,
    feature("metadata"),
    because="find fault with metadata",
)
@breaks(
    "test_a_priority_is_possible_if_it_is_claimed",
    Channel.SMS,
    because="find fault with priority",
)
@breaks("test_a_cascade_is_sent_if_it_is_claimed", Channel.EMAIL, because="fault with content")
@breaks("test_the_recipient_suits_every_channel_of_a_cascade", because="find fault with to")
@breaks("test_an_invalid_message_stops_no_other", because="an invalid message is not sent")
class Uncritical(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        return []


@breaks(CHANNEL, Channel.VK, because="name a channel that works")
class Curt(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        return [
            UnsupportedMessageError(
                "No.", field=e.field, provider=e.provider, reference=e.reference
            )
            for e in super().check(message)
        ]


@breaks(CHANNEL, Channel.VK, because="is an UnsupportedMessageError")
class Blaming(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        return [
            InvalidMessageError(e.text, field=e.field, provider=e.provider, reference=e.reference)
            for e in super().check(message)
        ]


@breaks(CHANNEL, Channel.VK, because="has the message's own reference")
class Vague(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        return [e.about("another") for e in super().check(message)]


@breaks(CHANNEL, Channel.SMS, because="check.. objects to what the capabilities allow")
class Fussy(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        return [UnsupportedMessageError("not today", field="content")]


@breaks(CHANNEL, Channel.VK, because="DID NOT RAISE")
class CheckingInVain(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        if self.check(message):
            return Receipt("pigeon:sms:1", "pigeon", message.reference, str(message.to))
        return await super().send(message, on_unknown=on_unknown)


@breaks(CHANNEL, Channel.VK, because="send.. raises what check.. finds")
class OfTwoMinds(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        if self.check(message):
            raise RefusedError("no", provider="pigeon", reference=message.reference)
        return await super().send(message, on_unknown=on_unknown)


class Limited(Claiming):
    """Refuses what goes beyond its true limits, which are not those it claims."""

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        (content,) = message.content
        if len(content.text or "") > 160 or (content.ttl or timedelta()) > timedelta(hours=1):
            raise RefusedError("too much for a pigeon")
        return await super().send(message, on_unknown=on_unknown)


@breaks(
    "test_ttl_is_possible_within_the_claimed_bounds",
    Channel.SMS,
    because="too much for a pigeon",
)
class BoastingOfEndurance(Limited):
    claims = claiming(longest_ttl=timedelta(hours=2))


@breaks("test_text_is_possible_up_to_the_claimed_length", Channel.SMS, because="too much")
class BoastingOfStrength(Limited):
    claims = claiming(longest_text=161)


@breaks("test_a_status_can_be_asked_for_if_it_is_claimed", Channel.EMAIL, because="NotSupported")
class BoastingOfLetters(Claiming):
    claims = claiming(Channel.EMAIL, status=True)


@breaks("test_a_status_can_be_asked_for_if_it_is_claimed", Channel.SMS, because="DID NOT RAISE")
class Modest(Claiming):
    claims = claiming(status=False)


@breaks("test_a_message_can_be_cancelled_if_it_is_claimed", Channel.SMS, because="CancelFailed")
class BoastingOfObedience(PigeonProvider):
    async def cancel(self, id: str) -> None:
        raise CancelFailedError("it will not come", provider="pigeon")


class MisunderstoodError(NotSupportedError, RefusedError):
    pass


@breaks(
    "test_a_message_can_be_cancelled_if_it_is_claimed",
    Channel.EMAIL,
    because="never say that something was not sent",
)
class SayingNotSentOfACancel(PigeonProvider):
    async def cancel(self, id: str) -> None:
        raise MisunderstoodError("letters are not cancelled", provider="pigeon")


@breaks(
    "test_what_is_claimed_reaches_the_vendor",
    Channel.SMS,
    because="the vendor knows nothing of callback_url",
)
class DroppingInSilence(PigeonProvider):
    def _flight(self, message: Message) -> Flight:
        return super()._flight(evolve(message, callback_url=None))


@breaks(
    "test_what_is_claimed_reaches_the_vendor", Channel.SMS, because="equal items for equal messages"
)
@breaks(
    "test_what_is_claimed_of_a_cascade_reaches_the_vendor",
    Channel.SMS,
    because="equal items for equal messages",
)
class Numbering(PigeonProvider):
    number = 0

    def _flight(self, message: Message) -> Flight:
        self.number += 1
        flight = super()._flight(message)
        flight.note["number"] = self.number
        return flight


@breaks(
    "test_what_is_claimed_reaches_the_vendor",
    Channel.SMS,
    because="cannot tell two priorities apart",
)
class Levelling(PigeonProvider):
    def _flight(self, message: Message) -> Flight:
        return super()._flight(evolve(message, priority=message.priority and Priority.HIGH))


@breaks(
    "test_what_is_for_another_provider_is_left_out",
    because="extra of another provider reached the vendor",
)
class Greedy(PigeonProvider):
    def _flight(self, message: Message) -> Flight:
        flight = super()._flight(message)
        for fields in (message.extra or {}).values():
            flight.note |= fields
        return flight


@breaks(
    "test_what_is_not_claimed_is_refused_before_any_request",
    because="it took a request to refuse this",
)
class AskingFirst(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        await self._loft.look_for(self._word.reveal(), "sms:0")
        return await super().send(message, on_unknown=on_unknown)


LISTED = "test_what_was_sent_is_listed_if_that_is_supported"


class Listing(PigeonProvider):
    """Has a list of what it sent."""

    def __init__(self, user: str, password: str, *, loft: str = "home") -> None:
        super().__init__(user, password, loft=loft)
        self.rows: list[SentMessage] = []

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        self.rows.append(SentMessage(receipt.id, receipt.to, Channel.SMS, "Loft", "Kingfisher"))
        return receipt

    async def sent_messages(
        self, *, after: datetime, before: datetime
    ) -> AsyncGenerator[SentMessage, None]:
        for row in self.rows:
            yield row

    def sent_as(self, message: Message) -> SentAs | None:
        return SentAs(message.phone or "", Channel.SMS, "Loft", "Kingfisher")


@breaks(LISTED, Channel.SMS, because="not listed as sent_as")
class ListingSomethingElse(Listing):
    def sent_as(self, message: Message) -> SentAs | None:
        return SentAs(message.phone or "", Channel.SMS, "Loft", "Goldcrest")


@breaks(LISTED, Channel.SMS, because="not listed as sent_as")
class ListingTwice(Listing):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        self.rows *= 2
        return receipt


@breaks(LISTED, Channel.SMS, because="not listed as sent_as")
class ListingWithoutTheIdOfTheReceipt(Listing):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        self.rows = [evolve(row, id="pigeon:another") for row in self.rows]
        return receipt


@breaks(LISTED, Channel.SMS, because="DID NOT RAISE")
class ComparingWithoutAList(PigeonProvider):
    def sent_as(self, message: Message) -> SentAs | None:
        return None
