"""Providers that send twice, in silence, or say something else than what became of a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, cast

from attrs import evolve

from omni_common import (
    Accepted,
    Capabilities,
    InvalidMessageError,
    Message,
    NotSent,
    OmniError,
    OutcomeStream,
    OutcomeUnknownError,
    Receipt,
    RefusedError,
    SendOutcome,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History
from tests.contract.breaches import breaks
from tests.third_party.carrier_pigeon import PigeonProvider

ONCE = "test_a_message_arrives_once_and_gets_a_receipt"


class Altering(PigeonProvider):
    """Gives another receipt than the message's own."""

    changes: ClassVar[Mapping[str, Any]]

    def __init_subclass__(cls, **changes: object) -> None:
        cls.changes = changes

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        return evolve(receipt, **self.changes)


@breaks(ONCE, because="an id begins with pigeon:")
class WithoutPrefix(Altering, id="sms:1"):
    pass


@breaks(ONCE, because="more than the name")
class WithPrefixAlone(Altering, id="pigeon:"):
    pass


@breaks(ONCE, because="an id is a text")
class WithNumber(Altering, id=1):
    pass


@breaks("test_every_message_gets_an_id_of_its_own", because="two messages have one id")
@breaks("test_messages_can_be_sent_at_the_same_time", because="two messages have one id")
class WithOneIdForAll(Altering, id="pigeon:sms:1"):
    pass


@breaks(ONCE, because="message's own reference")
class Forgetful(Altering, reference="another"):
    pass


@breaks(ONCE, because="to is the recipient")
class Mistaken(Altering, to="37251000000"):
    pass


@breaks(ONCE, because="a part for each channel")
class WithoutParts(Altering, parts=()):
    pass


@breaks(ONCE, because="at least one request")
class WithoutAttempts(Altering, attempts=()):
    pass


@breaks("test_permission_to_send_again_is_used_only_when_needed", because="was sent again")
@breaks(ONCE, because="one send.. is one message")
@breaks("test_a_stream_sends_each_message_once", because="one message of a stream is one")
class Doubling(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        await super().send(message, on_unknown=on_unknown)
        return await super().send(message, on_unknown=on_unknown)


@breaks("test_messages_can_be_sent_at_the_same_time", because="message's own reference")
class WithOneDesk(PigeonProvider):
    on_the_desk: Message

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self.on_the_desk = message
        await asyncio.sleep(0)
        return await super().send(self.on_the_desk, on_unknown=on_unknown)


@breaks("test_every_request_of_a_send_is_an_attempt", because="does not tell of every request")
class AskingInSecret(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        await self._loft.look_for(self._word.reveal(), "sms:0")
        return await super().send(message, on_unknown=on_unknown)


class Translating(PigeonProvider):
    """Raises another error than it should."""

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        try:
            return await super().send(message, on_unknown=on_unknown)
        except OmniError as error:
            raise self.translated(error) from None

    def translated(self, error: OmniError) -> Exception:
        raise NotImplementedError


@breaks("test_a_refused_message_is_not_sent", because="KeyError")
@breaks("test_an_unreachable_vendor_means_not_sent", because="KeyError")
@breaks("test_a_lost_answer_leaves_the_outcome_unknown", because="KeyError")
@breaks("test_a_refused_message_stops_no_other", because="ended as Unknown")
class LettingForeignErrorsOut(Translating):
    def translated(self, error: OmniError) -> Exception:
        return KeyError("no such perch")


@breaks("test_a_lost_answer_leaves_the_outcome_unknown", because="RefusedError")
@breaks("test_a_lost_answer_leaves_no_message_without_an_outcome", because="is Unknown")
@breaks("test_wrong_credentials_raise_authentication_error", because="RefusedError")
class SayingNoToAll(Translating):
    def translated(self, error: OmniError) -> Exception:
        return RefusedError(
            "no", provider="pigeon", reference=error.reference, attempts=error.attempts
        )


@breaks("test_a_refused_message_is_not_sent", because="is for what the library finds")
class BlamingTheMessage(Translating):
    def translated(self, error: OmniError) -> Exception:
        return InvalidMessageError("no")


@breaks("test_a_refused_message_is_not_sent", because="OutcomeUnknownError")
class KnowingNothing(Translating):
    def translated(self, error: OmniError) -> Exception:
        return OutcomeUnknownError("who knows")


@breaks("test_a_lost_answer_leaves_the_outcome_unknown", because="have to show why")
class GivingNoReason(Translating):
    def translated(self, error: OmniError) -> Exception:
        return OutcomeUnknownError("who knows")


@breaks("test_a_refused_message_did_not_arrive", because="and the vendor has the message")
class SendingTheRefused(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        try:
            return await super().send(message, on_unknown=on_unknown)
        except RefusedError:
            self._loft.without_perch.clear()
            await super().send(message)
            raise


@breaks("test_a_message_of_unknown_outcome_is_not_sent_twice", because="sent again on its own")
@breaks("test_a_lost_answer_leaves_no_message_without_an_outcome", because="sent twice")
class Insistent(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        return await super().send(message, on_unknown="resend")


@breaks("test_an_interrupted_send_leaves_a_record", because="exactly one record")
class VanishingWithoutTrace(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        ring = await self._loft.release(self._word.reveal(), self._flight(message))
        return self._receipt(message, ring, [])


# Streams.


class Bulky(PigeonProvider):
    """Has a bulk call."""

    @property
    def capabilities(self) -> Capabilities:
        return evolve(super().capabilities, batch_size=3)


IN_ORDER = "test_a_stream_yields_an_outcome_for_each_message_in_order"


@breaks(IN_ORDER, because="in the order of the messages|accepted in a stream too")
class LosingOrder(Bulky):
    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        return (await super().send_batch(messages, history))[::-1]


@breaks(IN_ORDER, because="in the order of the messages|accepted in a stream too")
class LosingOne(Bulky):
    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        return (await super().send_batch(messages, history))[1:]


@breaks("test_a_refused_message_stops_no_other", because="ended as NotSent")
class AllOrNothing(Bulky):
    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        outcomes = await super().send_batch(messages, history)
        refusal = next((each.error for each in outcomes if isinstance(each, NotSent)), None)
        if refusal is None:
            return outcomes
        return [NotSent(message, refusal.about(message.reference)) for message in messages]


@breaks("test_a_stream_sends_what_send_sends", because="in a stream another message goes out")
class Shortening(Bulky):
    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        shorter = [evolve(message, metadata=None) for message in messages]
        return await super().send_batch(shorter, history)


@breaks("test_ids_of_a_stream_are_as_good_as_others", because="UnknownMessageError")
class NumberingStreams(Bulky):
    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        return [
            Accepted(each.message, evolve(each.receipt, id=f"pigeon:row:{index}"))
            for index, each in enumerate(await super().send_batch(messages, history))
            if isinstance(each, Accepted)
        ]


@breaks("test_a_stream_takes_an_asynchronous_source", because="not iterable")
class Impatient(PigeonProvider):
    def send_many(self, messages: Iterable[Message] | AsyncIterable[Message]) -> OutcomeStream:
        return super().send_many(list(cast("Iterable[Message]", messages)))


@breaks("test_an_invalid_message_stops_no_other", because="InvalidMessageError")
class Strict(PigeonProvider):
    def send_many(self, messages: Iterable[Message] | AsyncIterable[Message]) -> OutcomeStream:
        for message in cast("list[Message]", messages):
            if problems := self.check(message):
                raise problems[0]
        return super().send_many(messages)


class SilentStream(OutcomeStream):
    """Says nothing about what it leaves behind."""

    @property
    def unreported(self) -> tuple[SendOutcome, ...]:
        return ()


@breaks("test_a_stream_left_early_accounts_for_all_it_has_read", because="for each message")
class LeavingThingsBehind(PigeonProvider):
    def send_many(self, messages: Iterable[Message] | AsyncIterable[Message]) -> OutcomeStream:
        return SilentStream(self, messages)


@breaks("test_an_error_of_the_source_comes_after_the_outcomes", because="raised in its turn")
class Swallowing(PigeonProvider):
    def send_many(self, messages: Iterable[Message] | AsyncIterable[Message]) -> OutcomeStream:
        return super().send_many(self._undisturbed(cast("Iterable[Message]", messages)))

    async def _undisturbed(self, messages: Iterable[Message]) -> AsyncIterator[Message]:
        with suppress(Exception):
            for message in messages:
                yield message
