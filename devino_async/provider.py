"""Devino behind the shared interface."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Unpack

from devino_async.client import DevinoClient
from devino_async.problems import is_sendable
from devino_async.routes import EmailRoute, Route, SmsRoute
from devino_async.routes.route import PROVIDER
from devino_async.sms import LARGEST_BATCH, LARGEST_STATUS_QUESTION, is_message_id
from omni_common.capabilities import Capabilities
from omni_common.clock import Clock, SystemClock
from omni_common.errors import (
    ConfigurationError,
    ForeignIdError,
    NotSentError,
    NotSupportedError,
    OmniError,
    UnknownMessageError,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Receipt, SendOutcome
from omni_common.redaction import shown_id
from omni_common.report import DeliveryReport, StatusResult
from omni_common.secret import Secret
from omni_common.settings import TransportOptions
from omni_common.source import in_chunks

if TYPE_CHECKING:
    import aiohttp

__all__ = ["DevinoProvider"]


class DevinoProvider(OmniProvider):
    """Sends SMS and e-mail over Devino. :attr:`client` is the native client."""

    client: DevinoClient
    """The native client, sharing this provider's connections."""

    def __init__(
        self,
        key: str | Secret | None = None,
        *,
        login: str | None = None,
        password: str | Secret | None = None,
        sender: str | None = None,
        email_sender: str | None = None,
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
            sender: The approved sender of SMS that name none.
            email_sender: The address that e-mail comes from which names none.
            batch_size: SMS in one bulk call, 1 to 32,000.
            account_zone: The zone of the times in Devino's reports, such as ``Europe/Moscow``;
                Devino does not say it, so without this setting reports carry no time.
            session: An ``aiohttp.ClientSession`` to use; it is never closed here.
            clock: Where the time comes from; the system's unless given.
            **options: See ``TransportOptions``.

        Raises:
            ConfigurationError: Credentials are missing or given twice, or a setting is wrong.
        """
        _check_settings(batch_size, sender=sender, email_sender=email_sender)
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
        routes: list[Route] = [
            SmsRoute(self.client, sender),
            EmailRoute(self.client, email_sender),
        ]
        self._routes = {route.channel: route for route in routes}
        self._capabilities = Capabilities(
            provider=PROVIDER,
            channels={channel: route.capabilities for channel, route in self._routes.items()},
            batch_size=batch_size,
            notes=("A scheduled message cannot be cancelled: Devino documents no call for it.",),
        )

    @property
    def capabilities(self) -> Capabilities:
        """What Devino can do here."""
        return self._capabilities

    @classmethod
    def credentials_from_url(cls, user: str | None, password: str | None) -> dict[str, str]:
        """One part before ``@`` is a key; two are a login and a password."""
        if user is None:
            return {}
        return {"key": user} if password is None else {"login": user, "password": password}

    def check(self, message: Message) -> list[NotSentError]:
        """Everything that would keep *message* from being sent, as errors; sends nothing."""
        route = self._routes.get(message.content[0].channel)
        return [*super().check(message), *(route.check(message) if route else ())]

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        """Send one message; see ``OmniProvider.send``."""
        self._refuse_problems(message)
        return await self._route_of(message).send(
            message, History(), on_unknown=on_unknown, reference=message.reference
        )

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Send many messages, those of one channel together; see ``OmniProvider.send_batch``."""
        channels = {message.content[0].channel for message in messages}
        if len(channels) == 1:
            return await self._route_of(messages[0]).send_batch(messages, history)
        history.begin()  # and never ends: of a mixed batch that is interrupted nothing is certain
        outcomes: dict[int, SendOutcome] = {}
        for channel in channels:
            places = [
                place
                for place, message in enumerate(messages)
                if message.content[0].channel is channel
            ]
            ours = [messages[place] for place in places]
            sent = await self._routes[channel].send_batch(ours, History())
            outcomes |= zip(places, sent, strict=True)
        return [outcomes[place] for place in range(len(messages))]

    async def status(self, id: str) -> DeliveryReport:
        """The state of a message; see ``OmniProvider.status``."""
        route, vendor_id = self._route_of_id(id)
        (report,) = await route.reports([vendor_id])
        if report is None:
            raise _unknown_id(id)
        return report

    def status_many(self, ids: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[StatusResult]:
        """The states of many messages, up to 500 a call; see ``OmniProvider.status_many``."""
        return self._status_many(ids)

    async def cancel(self, id: str) -> None:
        """Devino documents no way to take a message back, scheduled or not.

        Raises:
            NotSupportedError: Always.
        """
        msg = (
            "devino documents no call to cancel a message; to keep the choice, hold the message in"
            " an outbox of your own until its time instead of setting send_at"
        )
        raise NotSupportedError(msg, provider=PROVIDER)

    async def close(self) -> None:
        """Let go of connections. Safe to repeat; afterwards nothing can be sent."""
        await self.client.close()

    def _route_of(self, message: Message) -> Route:
        return self._routes[message.content[0].channel]

    def _route_of_id(self, id: str) -> tuple[Route, str]:
        for route in self._routes.values():
            if isinstance(id, str) and id.startswith(route.prefix):
                vendor_id = id.removeprefix(route.prefix)
                if is_message_id(vendor_id):
                    return route, vendor_id
        begin = " or ".join(route.prefix for route in self._routes.values())
        msg = f"this is not the id of a message sent over devino; such ids begin with {begin}"
        raise ForeignIdError(msg, provider=PROVIDER)

    async def _status_many(
        self, ids: Iterable[str] | AsyncIterable[str]
    ) -> AsyncIterator[StatusResult]:
        async for chunk in in_chunks(ids, LARGEST_STATUS_QUESTION):
            for result in await self._statuses_of(chunk):
                yield result

    async def _statuses_of(self, ids: Sequence[str]) -> list[StatusResult]:
        asked: dict[Route, dict[str, str]] = {route: {} for route in self._routes.values()}
        results: dict[str, StatusResult] = {}
        for id in ids:
            try:
                route, vendor_id = self._route_of_id(id)
            except ForeignIdError as error:
                results[id] = StatusResult(id, error=error)
            else:
                asked[route][id] = vendor_id
        for route, vendor_ids in asked.items():
            for start in range(0, len(vendor_ids), route.ids_at_once):
                some = dict(islice(vendor_ids.items(), start, start + route.ids_at_once))
                results |= await _results_of(route, some)
        return [results[id] for id in ids]


def _check_settings(batch_size: object, **senders: object) -> None:
    if not isinstance(batch_size, int) or not 1 <= batch_size <= LARGEST_BATCH:
        msg = f"batch_size must be a whole number, 1 to {LARGEST_BATCH}"
        raise ConfigurationError(msg, provider=PROVIDER, field="batch_size")
    for name, value in senders.items():
        if value is not None and (not isinstance(value, str) or not is_sendable(value)):
            msg = f"{name} must be text of whole characters"
            raise ConfigurationError(msg, provider=PROVIDER, field=name)


async def _results_of(route: Route, vendor_ids: dict[str, str]) -> dict[str, StatusResult]:
    """What one question says of the messages with these ids, each with the vendor's own."""
    try:
        reports = await route.reports(list(vendor_ids.values()))
    except OmniError as error:
        return {id: StatusResult(id, error=error) for id in vendor_ids}
    return {
        id: StatusResult(id, error=_unknown_id(id))
        if report is None
        else StatusResult(id, report=report)
        for id, report in zip(vendor_ids, reports, strict=True)
    }


def _unknown_id(id: str) -> UnknownMessageError:
    return UnknownMessageError(
        f"devino does not know the message {shown_id(id)}", provider=PROVIDER
    )
