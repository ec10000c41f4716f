"""Providers that answer wrongly for ids, talk too much, or do not end well."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import cast

from attrs import evolve

from omni_common import (
    CancelFailedError,
    ClientClosedError,
    DeliveryReport,
    DeliveryState,
    Message,
    NotSentError,
    OmniError,
    ReadError,
    Receipt,
    RefusedError,
    StatusResult,
    UnknownMessageError,
    UnsupportedMessageError,
)
from omni_common.exchange import OnUnknown
from tests.contract.breaches import breaks
from tests.third_party.carrier_pigeon import PigeonProvider

log = logging.getLogger(__name__)


@breaks("test_the_id_alone_is_enough_for_the_status", because="UnknownMessageError")
class RememberingIds(PigeonProvider):
    known: frozenset[str] = frozenset()

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        receipt = await super().send(message, on_unknown=on_unknown)
        self.known |= {receipt.id}
        return receipt

    async def status(self, id: str) -> DeliveryReport:
        if id not in self.known:
            raise UnknownMessageError("never heard of it", provider="pigeon")
        return await super().status(id)


@breaks("test_the_id_alone_is_enough_for_the_status", because="a time names its zone")
class WithoutZone(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        return evolve(await super().status(id), at=datetime(2027, 1, 1))  # noqa: DTZ001 - the breach


@breaks("test_the_id_alone_is_enough_for_the_status", because="id that was asked for")
class RenamingReports(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        return evolve(await super().status(id), id=id.removeprefix("pigeon:"))


@breaks("test_a_delivered_message_is_reported_as_such", because="reported as SENT")
@breaks("test_wait_is_patient_with_an_id_that_is_just_born", because="ACCEPTED")
@breaks("test_an_id_the_vendor_does_not_know_is_an_unknown_message", because="DID NOT RAISE")
@breaks("test_an_id_of_another_provider_is_an_unknown_message", because="is SENT")
@breaks("test_status_many_yields_one_result_for_each_id", because="a foreign id got a report")
class AlwaysSent(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        return DeliveryReport(id, DeliveryState.SENT)


@breaks("test_a_delivered_message_is_reported_as_such", because="names the channel")
class WithoutChannel(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        return evolve(await super().status(id), channel=None)


@breaks("test_an_id_of_another_provider_is_an_unknown_message", because="KeyError")
@breaks("test_an_id_of_another_provider_cannot_be_cancelled", because="KeyError")
class LookingUpBlindly(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        flight = self._loft.flights[id.removeprefix("pigeon:")]
        return DeliveryReport(id, flight.state)

    async def cancel(self, id: str) -> None:
        self._loft.flights[id.removeprefix("pigeon:")].state = DeliveryState.CANCELLED


@breaks("test_wait_returns_the_final_report", because="not final")
class TiredOfWaiting(PigeonProvider):
    async def wait(self, id: str, *, timeout: timedelta = timedelta(minutes=2)) -> DeliveryReport:
        return DeliveryReport(id, DeliveryState.SENDING)


@breaks("test_wait_returns_the_last_report_when_time_is_up", because="TimeoutError")
class RaisingAtTheEnd(PigeonProvider):
    async def wait(self, id: str, *, timeout: timedelta = timedelta(minutes=2)) -> DeliveryReport:
        raise TimeoutError


@breaks("test_wait_is_patient_with_an_id_that_is_just_born", because="UnknownMessageError")
class ImpatientWithTheNew(PigeonProvider):
    async def wait(self, id: str, *, timeout: timedelta = timedelta(minutes=2)) -> DeliveryReport:
        return await self.status(id)


@breaks("test_status_many_yields_one_result_for_each_id", because="one result for each id")
class LeavingOutTheUnknown(PigeonProvider):
    async def status_many(
        self, ids: Iterable[str] | AsyncIterable[str]
    ) -> AsyncIterator[StatusResult]:
        async for result in super().status_many(ids):
            if result.error is None:
                yield result


@breaks("test_status_many_takes_an_asynchronous_source", because="not iterable")
class ImpatientWithIds(PigeonProvider):
    def status_many(self, ids: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[StatusResult]:
        return super().status_many(list(cast("Iterable[str]", ids)))


@breaks("test_a_cancelled_message_is_never_delivered", because="and then DELIVERED")
@breaks("test_what_is_delivered_cannot_be_cancelled", because="DID NOT RAISE")
@breaks("test_an_unknown_id_cannot_be_cancelled", because="DID NOT RAISE")
@breaks("test_an_id_of_another_provider_cannot_be_cancelled", because="DID NOT RAISE")
class ConfirmingUnasked(PigeonProvider):
    async def cancel(self, id: str) -> None:
        if id.startswith(("pigeon:email:", "pigeon:sms+email:")):
            await super().cancel(id)


@breaks("test_what_is_delivered_cannot_be_cancelled", because="raised .*RefusedError")
class SayingNotSent(PigeonProvider):
    async def cancel(self, id: str) -> None:
        try:
            await super().cancel(id)
        except CancelFailedError as error:
            raise RefusedError(error.text, provider="pigeon") from None


@breaks("test_wrong_credentials_say_nothing_about_a_message", because="says more than is known")
@breaks("test_an_unreachable_vendor_says_nothing_about_a_message", because="more than is known")
class TakingSilenceForAnAnswer(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        try:
            return await super().status(id)
        except ReadError:
            raise UnknownMessageError("nobody knows it", provider="pigeon") from None


# Secrets.


@breaks("test_an_accepted_message_stays_private", because="the log shows")
class TalkingToTheLog(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        log.debug("sending %s", message.content[0].text)
        return await super().send(message, on_unknown=on_unknown)


@breaks("test_an_unsupported_message_stays_private", because="what check.. returns shows")
class QuotingInChecks(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        quote = message.content[0].text or message.to
        return [type(e)(f"{e.text}: {quote}", field=e.field) for e in super().check(message)]


@breaks("test_a_refused_message_stays_private", because="the error shows")
@breaks("test_a_message_of_unknown_outcome_stays_private", because="the error shows")
@breaks("test_the_credentials_of_a_failed_login_stay_private", because="the error shows")
class ShowingItsCauses(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        try:
            return await super().send(message, on_unknown=on_unknown)
        except OmniError as error:
            raise error from ValueError(f"no way to {message.to}")


@breaks("test_credentials_stay_private", because="the provider's repr shows")
class WearingItsWord(PigeonProvider):
    def __repr__(self) -> str:
        return f"<{self._keeper}:{self._word.reveal()}>"


@breaks("test_credentials_stay_private", because="the log shows")
class LoggingIn(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        log.debug("by the word %s", self._word.reveal())
        return await super().send(message, on_unknown=on_unknown)


class StubbornRefusedError(RefusedError):
    def __reduce__(self) -> tuple[object, ...]:
        return RefusedError, ("something else",)


class StubbornUnknownError(UnknownMessageError):
    def __reduce__(self) -> tuple[object, ...]:
        return UnknownMessageError, ("something else",)


@breaks("test_outcomes_can_be_pickled", because="an error changes when pickled")
@breaks("test_errors_of_reading_can_be_pickled", because="an error changes when it is pickled")
class RaisingErrorsThatDoNotPickle(PigeonProvider):
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        try:
            return await super().send(message, on_unknown=on_unknown)
        except RefusedError as error:
            raise StubbornRefusedError(error.text, reference=error.reference) from None

    async def status(self, id: str) -> DeliveryReport:
        raise StubbornUnknownError("nobody knows it", provider="pigeon")


# Beginnings and ends.


@breaks("test_a_provider_can_be_made_without_an_event_loop", because="no running event loop")
class BoundToItsLoop(PigeonProvider):
    def __init__(self, user: str, password: str, *, loft: str = "home") -> None:
        super().__init__(user, password, loft=loft)
        self.home = asyncio.get_running_loop()


@breaks("test_a_provider_is_a_context_manager_of_itself", because="DID NOT RAISE")
class HidingErrors(PigeonProvider):
    async def __aexit__(self, *_: object) -> bool:  # type: ignore[override]
        return True


@breaks("test_closing_may_be_repeated", because="closed already")
class ClosingOnce(PigeonProvider):
    closed = False

    async def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


@breaks("test_nothing_is_sent_after_closing", because="DID NOT RAISE")
class ClosingForShow(PigeonProvider):
    async def close(self) -> None:
        """Leave everything as it is."""


class Closing(PigeonProvider):
    """Closes as it should, as far as sending goes."""

    closed = False

    async def close(self) -> None:
        self.closed = True

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        if self.closed:
            raise ClientClosedError("closed")
        return await super().send(message, on_unknown=on_unknown)


@breaks("test_nothing_is_sent_after_closing", because="closed")
class ReadingNothingAsNotSent(Closing):
    async def status(self, id: str) -> DeliveryReport:
        raise ClientClosedError("closed")


@breaks("test_nothing_is_sent_after_closing", because="closed")
class CancellingNothingAsNotSent(Closing):
    async def status(self, id: str) -> DeliveryReport:
        raise ReadError("closed") from ClientClosedError("closed")

    async def cancel(self, id: str) -> None:
        raise ClientClosedError("closed")


@breaks("test_nothing_is_sent_after_closing", because="status says that nothing was sent")
class ReadingAsUnsupported(Closing):
    async def status(self, id: str) -> DeliveryReport:
        raise UnsupportedMessageError("closed")


@breaks("test_nothing_is_sent_after_closing", because="status gives NoneType as its cause")
class ClosedForNoReason(Closing):
    async def status(self, id: str) -> DeliveryReport:
        raise ReadError("closed")


@breaks("test_closing_one_provider_leaves_the_others_open", because="nobody is at the loft")
class ClosingForAll(PigeonProvider):
    async def close(self) -> None:
        self._loft.is_away = True


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@breaks("test_the_blocking_twin_sends_follows_and_cancels", because="status.. differs")
class ShyInThreads(PigeonProvider):
    async def status(self, id: str) -> DeliveryReport:
        if _in_main_thread():
            return await super().status(id)
        raise UnknownMessageError("not here", provider="pigeon")


@breaks("test_the_blocking_twin_sends_follows_and_cancels", because="cancel.. differs")
class WilfulInThreads(PigeonProvider):
    async def cancel(self, id: str) -> None:
        if _in_main_thread():
            await super().cancel(id)
        else:
            raise CancelFailedError("not here", provider="pigeon")


@breaks("test_the_blocking_twin_streams_and_refuses", because="in another way")
class HurriedInThreads(PigeonProvider):
    def check(self, message: Message) -> list[NotSentError]:
        return super().check(message) if _in_main_thread() else []
