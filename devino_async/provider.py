"""Devino behind the shared interface."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Unpack

from devino_async.answers import failure_of_reasons, state_of
from devino_async.client import DevinoClient
from devino_async.message import check_sms, sender_of, sms_of
from devino_async.problems import is_sendable
from devino_async.sms import (
    LARGEST_BATCH,
    LARGEST_STATUS_QUESTION,
    SmsResult,
    SmsStatus,
    is_message_id,
    read_results,
    send_request,
)
from devino_async.sms.message import (
    LONGEST_TEXT,
    LONGEST_VALIDITY,
    LONGEST_WIDE_TEXT,
)
from devino_async.zone import moment
from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.clock import Clock, SystemClock
from omni_common.errors import (
    ConfigurationError,
    ForeignIdError,
    NotSentError,
    NotSupportedError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    UnknownMessageError,
)
from omni_common.exchange import Answer, Failure, FailureKind, OnUnknown
from omni_common.failure import failed, failed_outcome
from omni_common.history import History
from omni_common.message import Channel, Message, Priority
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, Part, Receipt, SendOutcome
from omni_common.redaction import shown_id
from omni_common.report import DeliveryReport, PartReport, StatusResult
from omni_common.secret import Secret
from omni_common.settings import TransportOptions
from omni_common.source import in_chunks

if TYPE_CHECKING:
    import aiohttp

__all__ = ["DevinoProvider"]

_NAME = "devino"
_SMS_ID = "devino:sms:"


class DevinoProvider(OmniProvider):
    """Sends SMS over Devino. :attr:`client` is the native client."""

    client: DevinoClient
    """The native client, sharing this provider's connections."""

    def __init__(
        self,
        key: str | Secret | None = None,
        *,
        login: str | None = None,
        password: str | Secret | None = None,
        sender: str | None = None,
        batch_size: int = 1000,
        account_zone: str | None = None,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        """Prepare a provider; nothing is opened before the first call.

        Args:
            key: An API key. Either this, or *login* and *password*.
            login: The account's login, for Basic authorization.
            password: The account's password.
            sender: The approved sender for messages that name none.
            batch_size: Messages in one bulk call, 1 to 32,000.
            account_zone: The zone of the times in Devino's reports, such as ``Europe/Moscow``;
                Devino does not say it, so without this setting reports carry no time.
            session: An ``aiohttp.ClientSession`` to use; it is never closed here.
            clock: Where the time comes from; the system's unless given.
            **options: See ``TransportOptions``.

        Raises:
            ConfigurationError: Credentials are missing or given twice, or a setting is wrong.
        """
        if not isinstance(batch_size, int) or not 1 <= batch_size <= LARGEST_BATCH:
            msg = f"batch_size must be a whole number, 1 to {LARGEST_BATCH}"
            raise ConfigurationError(msg, provider=_NAME, field="batch_size")
        if sender is not None and (not isinstance(sender, str) or not is_sendable(sender)):
            msg = "sender must be text of whole characters"
            raise ConfigurationError(msg, provider=_NAME, field="sender")
        self.clock = clock or SystemClock()
        self.client = DevinoClient(
            key,
            login=login,
            password=password,
            account_zone=account_zone,
            session=session,
            clock=clock,
            **options,
        )
        self._sender = sender
        self._capabilities = _capabilities(batch_size)

    @property
    def capabilities(self) -> Capabilities:
        """What Devino can do here: SMS."""
        return self._capabilities

    @classmethod
    def credentials_from_url(cls, user: str | None, password: str | None) -> dict[str, str]:
        """One part before ``@`` is a key; two are a login and a password."""
        if user is None:
            return {}
        return {"key": user} if password is None else {"login": user, "password": password}

    def check(self, message: Message) -> list[NotSentError]:
        """Everything that would keep *message* from being sent, as errors; sends nothing."""
        return [*super().check(message), *check_sms(message, self._sender)]

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        """Send one SMS; see ``OmniProvider.send``."""
        self._refuse_problems(message)
        return await self._send_one(
            message, History(), on_unknown=on_unknown, reference=message.reference
        )

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Send many SMS with one call; see ``OmniProvider.send_batch``."""
        count = len(messages)
        if count == 1:
            return [await self._outcome_of_one(messages[0], history)]
        try:
            results = await self.client.transport.exchange(
                send_request([sms_of(message, self._sender) for message in messages]),
                lambda answer: read_results(answer, count),
                timeout=self.client.transport.settings.bulk_timeout,
                history=history,
            )
        except (NotSentError, OutcomeUnknownError) as error:
            return [failed(message, error) for message in messages]
        return [
            self._outcome(message, result, history)
            for message, result in zip(messages, results, strict=True)
        ]

    async def status(self, id: str) -> DeliveryReport:
        """The state of an SMS; see ``OmniProvider.status``."""
        (found,) = await self.client.sms.statuses([_message_id(id)])
        if found is None:
            raise _unknown_id(id)
        return self._report(id, found)

    def status_many(self, ids: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[StatusResult]:
        """The states of many SMS, 500 a call; see ``OmniProvider.status_many``."""
        return self._status_many(ids)

    async def cancel(self, id: str) -> None:
        """Devino documents no way to take a message back, scheduled or not.

        Raises:
            NotSupportedError: Always.
        """
        msg = (
            "devino has no call to cancel a message; to keep the choice, hold the message in an"
            " outbox of your own until its time instead of setting send_at"
        )
        raise NotSupportedError(msg, provider=_NAME)

    async def close(self) -> None:
        """Let go of connections. Safe to repeat; afterwards nothing can be sent."""
        await self.client.close()

    async def _send_one(
        self,
        message: Message,
        history: History,
        *,
        on_unknown: OnUnknown = "raise",
        reference: str | None = None,
    ) -> Receipt:
        result = await self.client.transport.exchange(
            send_request([sms_of(message, self._sender)]),
            _read_single,
            reference=reference,
            on_unknown=on_unknown,
            history=history,
        )
        return self._receipt(message, result, history)

    async def _outcome_of_one(self, message: Message, history: History) -> SendOutcome:
        try:
            return Accepted(message, await self._send_one(message, history))
        except (NotSentError, OutcomeUnknownError) as error:
            return failed(message, error)

    def _outcome(self, message: Message, result: SmsResult, history: History) -> SendOutcome:
        if result.outcome is Outcome.ACCEPTED:
            return Accepted(message, self._receipt(message, result, history))
        return failed_outcome(message, _failure_of(result), _NAME, history.attempts)

    def _receipt(self, message: Message, result: SmsResult, history: History) -> Receipt:
        return Receipt(
            id=f"{_SMS_ID}{result.message_id}",
            provider=_NAME,
            reference=message.reference,
            to=message.phone or "",
            parts=(Part(Channel.SMS, result.message_id, sender_of(message, self._sender)),),
            attempts=history.attempts,
            raw=result.raw,
        )

    def _report(self, id: str, status: SmsStatus) -> DeliveryReport:
        raw_at = status.raw.get("statusDateTime") if isinstance(status.raw, dict) else None
        part = PartReport(
            channel=Channel.SMS,
            state=state_of(status.status),
            id=id.removeprefix(_SMS_ID),
            raw_state=status.status,
            at=moment(status.status_date_time, self.client.zone),
            raw_at=raw_at if isinstance(raw_at, str) else None,
        )
        return DeliveryReport.of_parts(id, [part], raw=status.raw)

    async def _status_many(
        self, ids: Iterable[str] | AsyncIterable[str]
    ) -> AsyncIterator[StatusResult]:
        async for chunk in in_chunks(ids, LARGEST_STATUS_QUESTION):
            for result in await self._statuses_of(chunk):
                yield result

    async def _statuses_of(self, ids: list[str]) -> list[StatusResult]:
        asked: dict[str, str] = {}
        results: dict[str, StatusResult] = {}
        for id in ids:
            try:
                asked[id] = _message_id(id)
            except ForeignIdError as error:
                results[id] = StatusResult(id, error=error)
        try:
            statuses = await self.client.sms.statuses(asked.values())
        except OmniError as error:
            results |= {id: StatusResult(id, error=error) for id in asked}
        else:
            for id, found in zip(asked, statuses, strict=True):
                results[id] = (
                    StatusResult(id, error=_unknown_id(id))
                    if found is None
                    else StatusResult(id, report=self._report(id, found))
                )
        return [results[id] for id in ids]


def _capabilities(batch_size: int) -> Capabilities:
    return Capabilities(
        provider=_NAME,
        channels={
            Channel.SMS: ChannelCapabilities(
                schedule=True,
                callback=True,
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
        },
        batch_size=batch_size,
        notes=("A scheduled message cannot be cancelled: Devino has no call for it.",),
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
    detail = "OK without an id" if result.code == "OK" else "neither OK nor REJECTED"
    return Failure(FailureKind.UNREADABLE, detail, raw=result.raw)


def _message_id(id: str) -> str:
    message_id = id.removeprefix(_SMS_ID) if isinstance(id, str) else id
    if message_id == id or not is_message_id(message_id):
        msg = f"this is not the id of an SMS sent over devino; such ids begin with {_SMS_ID}"
        raise ForeignIdError(msg, provider=_NAME)
    return message_id


def _unknown_id(id: str) -> UnknownMessageError:
    return UnknownMessageError(f"devino does not know the message {shown_id(id)}", provider=_NAME)
