"""SMS over Devino behind the shared interface."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from devino_async.answers import failure_of_reasons
from devino_async.client import DevinoClient
from devino_async.routes.route import PROVIDER, Route
from devino_async.routes.sms_message import check_sms, sender_of, wire_of
from devino_async.routes.sms_sent import own_sms, sms_as_sent, zone_of
from devino_async.sms import (
    LARGEST_STATUS_QUESTION,
    SmsResult,
    SmsStatus,
    read_results,
)
from devino_async.sms.message import LONGEST_TEXT, LONGEST_VALIDITY, LONGEST_WIDE_TEXT
from devino_async.sms.sending import send_wire_request
from devino_async.zone import moment
from omni_common.capabilities import ChannelCapabilities
from omni_common.errors import NotSentError, Outcome, OutcomeUnknownError
from omni_common.exchange import Answer, Failure, FailureKind, OnUnknown
from omni_common.failure import failed, failed_outcome
from omni_common.history import History
from omni_common.message import Channel, Message, Priority
from omni_common.receipt import Accepted, Part, Receipt, SendOutcome
from omni_common.report import DeliveryReport, PartReport
from omni_common.sent import SentAs, SentMessage

__all__ = ["SmsRoute"]


class SmsRoute(Route):
    """``POST /sms/messages``, many messages a call, and statuses by their ids."""

    prefix = "devino:sms:"
    ids_at_once = LARGEST_STATUS_QUESTION

    def __init__(self, client: DevinoClient, sender: str | None) -> None:
        """Send over *client*, from *sender* where a message names none."""
        super().__init__(client)
        self._sender = sender

    @property
    def channels(self) -> Mapping[Channel, ChannelCapabilities]:
        """What SMS can do alone."""
        return {Channel.SMS: _CAPABILITIES}

    def check(self, message: Message) -> Iterator[NotSentError]:
        """What Devino's own rules say against *message*."""
        return check_sms(message, self._sender)

    async def send(
        self,
        message: Message,
        history: History,
        *,
        on_unknown: OnUnknown = "raise",
        reference: str | None = None,
    ) -> Receipt:
        """Send one SMS."""
        result = await self._client.transport.exchange(
            send_wire_request([wire_of(message, self._sender)]),
            _read_single,
            reference=reference,
            on_unknown=on_unknown,
            history=history,
        )
        return self._receipt(message, result, history)

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Send many SMS with one call."""
        count = len(messages)
        if count == 1:
            return [await self.outcome_of(messages[0], history)]
        try:
            results = await self._client.transport.exchange(
                send_wire_request([wire_of(message, self._sender) for message in messages]),
                lambda answer: read_results(answer, count),
                timeout=self._client.transport.settings.bulk_timeout,
                history=history,
            )
        except (NotSentError, OutcomeUnknownError) as error:
            return [failed(message, error) for message in messages]
        return [
            self._outcome(message, result, history)
            for message, result in zip(messages, results, strict=True)
        ]

    async def reports(self, vendor_ids: Sequence[str]) -> Sequence[DeliveryReport | None]:
        """The report of each message, 500 a call."""
        statuses = await self._client.sms.statuses(vendor_ids)
        return [None if status is None else self._report(status) for status in statuses]

    def sent_messages(self, *, after: datetime, before: datetime) -> AsyncIterator[SentMessage]:
        """The SMS that were sent by themselves, from the details about them.

        Raises:
            NotSupportedError: The account's zone is not known.
        """
        return own_sms(self._client, self.prefix, after=after, before=before)

    def sent_as(self, message: Message) -> SentAs | None:
        """How an SMS stands there.

        Raises:
            NotSupportedError: The account's zone is not known.
        """
        zone_of(self._client)
        return sms_as_sent(message, self._sender)

    def _outcome(self, message: Message, result: SmsResult, history: History) -> SendOutcome:
        if result.outcome is Outcome.ACCEPTED:
            return Accepted(message, self._receipt(message, result, history))
        return failed_outcome(message, _failure_of(result), PROVIDER, history.attempts)

    def _receipt(self, message: Message, result: SmsResult, history: History) -> Receipt:
        return Receipt(
            id=f"{self.prefix}{result.message_id}",
            provider=PROVIDER,
            reference=message.reference,
            to=message.phone or "",
            parts=(Part(Channel.SMS, result.message_id, sender_of(message, self._sender)),),
            attempts=history.attempts,
            raw=result.raw,
        )

    def _report(self, status: SmsStatus) -> DeliveryReport:
        raw_at = status.raw.get("statusDateTime") if isinstance(status.raw, dict) else None
        part = PartReport(
            channel=Channel.SMS,
            state=status.state,
            id=status.message_id,
            raw_state=status.status,
            at=moment(status.status_date_time, self._client.zone),
            raw_at=raw_at if isinstance(raw_at, str) else None,
        )
        return DeliveryReport.of_parts(f"{self.prefix}{part.id}", [part], raw=status.raw)


_CAPABILITIES = ChannelCapabilities(
    schedule=True,
    callback=True,
    callback_area="devino.sms",
    metadata=True,
    priorities=frozenset(Priority),
    shortest_ttl=timedelta(seconds=1),
    longest_ttl=LONGEST_VALIDITY,
    longest_text=LONGEST_TEXT,
    notes=(
        "A sender approved by Devino is required.",
        f"Text outside the GSM alphabet may have {LONGEST_WIDE_TEXT:,} characters.",
        "Metadata is sent; where reports echo it is not documented.",
    ),
)


def _read_single(answer: Answer) -> SmsResult | Failure | None:
    results = read_results(answer, 1)
    if not isinstance(results, tuple):
        return results
    (result,) = results
    return result if result.outcome is Outcome.ACCEPTED else _failure_of(result)


def _failure_of(result: SmsResult) -> Failure:
    if result.outcome is Outcome.NOT_SENT:
        return failure_of_reasons(result.reasons, result.raw)
    detail = "neither OK nor REJECTED"
    if result.code in {"OK", "REJECTED"}:
        detail = "the answer contradicts itself, or lacks the id"
    return Failure(FailureKind.UNREADABLE, detail, raw=result.raw)
