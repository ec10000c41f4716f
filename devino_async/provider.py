"""Devino behind the shared interface."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Unpack

from devino_async.client import DevinoClient
from devino_async.routes import EmailRoute, OmniRoute, Route, SmsRoute
from devino_async.routes.route import PROVIDER, invalid_for
from devino_async.routes.scenario import NEUTRAL_TEXT, NEUTRAL_URL, scenario_settings
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
    hides_arguments,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History, is_unheard
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Receipt, SendOutcome
from omni_common.redaction import shown_id
from omni_common.report import DeliveryReport, StatusResult
from omni_common.rules import is_sendable
from omni_common.secret import Secret
from omni_common.sent import SentAs, SentMessage
from omni_common.settings import TransportOptions
from omni_common.source import in_chunks

if TYPE_CHECKING:
    import aiohttp

__all__ = ["DevinoProvider"]


class DevinoProvider(OmniProvider):
    """Sends SMS, Viber, e-mail and VK messages over Devino, alone or in the order to try.

    One SMS and one e-mail have calls of their own. Everything else goes by a *scenario*: a task of
    OMNI's that says which channel is tried after which, and for how long. Messages alike in that,
    and in the fields that they fill in, share one. It is looked for by its name before the first of
    them is sent, and made if there is none; an account has 20 at most. Its own texts, which are
    those of the settings, are never sent to anybody. :attr:`client` is the native client.
    """

    client: DevinoClient
    """The native client, sharing this provider's connections."""

    @hides_arguments
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
        cascade_ttl: float | None = None,
        scenario_text: str | None = None,
        scenario_url: str | None = None,
        scenario_vk_template: str | None = None,
        scenario_start: str | datetime | None = None,
        scenario_end: str | datetime | None = None,
        scenarios: Mapping[str, str] | str | None = None,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        """Prepare a provider; nothing is opened before the first call.

        Args:
            key: An API key. Either this, or *login* and *password*.
            login: The account's login, for Basic authorization.
            password: The account's password.
            sender: The approved sender of SMS and Viber messages that name none. Scenarios with SMS
                or Viber are made with it, so it is needed for them in any case.
            email_sender: The address that e-mail comes from which names none; likewise.
            batch_size: SMS in one bulk call, 1 to 32,000.
            account_zone: The zone of the times in Devino's reports, such as ``Europe/Moscow``;
                Devino does not say it, so without this setting reports carry no time.
            cascade_ttl: Seconds that a channel is tried before the next one, where the message says
                no ``ttl``. A channel that is refused is waited for as long.
            scenario_text: What the texts of a scenario itself say, up to 30 characters on one line.
            scenario_url: Where its buttons and pictures lead.
            scenario_vk_template: The id of a VK template for scenarios with VK, which need one.
            scenario_start: From when on a scenario that is made may send: the account's wall-clock
                time, since Devino names no zone (T30), ``YYYY-MM-DD hh:mm:ss`` if it is text. None
                is made before that time. A day before it is made, unless given.
            scenario_end: Until when, likewise; 365 days from when it is made, unless given. Two
                days before its end a scenario is given up for a new one.
            scenarios: Ids of tasks to send by, by the names of the scenarios in whose place they
                are used (:meth:`scenario_name`): a mapping, or ``NAME=ID,NAME=ID``. Such a task is
                read, and none is made, so that the key needs no right to do that. Its templates
                must fill in the same fields: what Devino does with others is not documented.
            session: An ``aiohttp.ClientSession`` to use; it is never closed here.
            clock: Where the time comes from; the system's unless given.
            **options: See ``TransportOptions``.

        Raises:
            ConfigurationError: Credentials are missing or given twice, or a setting is wrong.
        """
        _check_settings(batch_size, sender=sender, email_sender=email_sender)
        settings = scenario_settings(
            sender=sender,
            email_sender=email_sender,
            scenario_text=NEUTRAL_TEXT if scenario_text is None else scenario_text,
            scenario_url=NEUTRAL_URL if scenario_url is None else scenario_url,
            scenario_vk_template=scenario_vk_template,
            scenario_start=scenario_start,
            scenario_end=scenario_end,
            cascade_ttl=cascade_ttl,
            scenarios=scenarios,
        )
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
        self._sms = SmsRoute(self.client, sender)
        self._email = EmailRoute(self.client, email_sender)
        self._omni = OmniRoute(self.client, settings, self.clock)
        self._routes: tuple[Route, ...] = (self._sms, self._email, self._omni)
        self._alone = {channel: route for route in self._routes for channel in route.channels}
        self._capabilities = Capabilities(
            provider=PROVIDER,
            channels={name: route.channels[name] for name, route in self._alone.items()},
            cascade=self._omni.cascade,
            batch_size=batch_size,
            notes=_NOTES,
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
        return [*super().check(message), *self._route_of(message).check(message)]

    def scenario_name(self, message: Message) -> str:
        """The name of the scenario that *message* goes by, for the setting ``scenarios``.

        Raises:
            UnsupportedMessageError: No scenario can say it.
            InvalidMessageError: It needs none, being one SMS or one e-mail (field ``content``), or
                a channel that others follow has no ttl (field ``ttl``).
        """
        if self._route_of(message) is not self._omni:
            text = f"a message over {message.channels[0]} alone goes by no scenario"
            raise invalid_for(message, text, "content")
        return self._omni.scenario_name(message)

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        """Send one message; see ``OmniProvider.send``."""
        history = History()
        try:
            self._refuse_problems(message)
            return await self._route_of(message).send(
                message, history, on_unknown=on_unknown, reference=message.reference
            )
        except BaseException as error:
            if is_unheard(error):  # be it before the request, or after its answer
                history.record_interrupted(PROVIDER, message.reference)
            raise

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Send many messages, SMS together; see ``OmniProvider.send_batch``."""
        routes = dict.fromkeys(map(self._route_of, messages))
        if len(routes) == 1:
            return await self._route_of(messages[0]).send_batch(messages, history)
        history.begin()  # and never ends: of a mixed batch that is interrupted nothing is certain
        outcomes: dict[int, SendOutcome] = {}
        for route in routes:
            places = [
                place for place, message in enumerate(messages) if self._route_of(message) is route
            ]
            ours = [messages[place] for place in places]
            outcomes |= zip(places, await route.send_batch(ours, History()), strict=True)
        return [outcomes[place] for place in range(len(messages))]

    async def status(self, id: str) -> DeliveryReport:
        """The state of an SMS or an e-mail; see ``OmniProvider.status``.

        Raises:
            NotSupportedError: The message went over Viber, VK or several channels: Devino tells of
                those by callback only.
        """
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

    def sent_messages(self, *, after: datetime, before: datetime) -> AsyncIterator[SentMessage]:
        """List the SMS that were sent by themselves; see ``OmniProvider.sent_messages``.

        Those of campaigns and cascades are left out, and Devino's list of letters has no texts.
        Sender and text are what Devino lists, as whatever it may have made of them.

        Raises:
            NotSupportedError: The setting ``account_zone`` is not given.
            InvalidQueryError: *after* or *before* has no time zone.
        """
        return self._sms.sent_messages(after=after, before=before)

    def sent_as(self, message: Message) -> SentAs | None:
        """How one SMS would stand there, from the setting ``sender`` if it names none.

        Raises:
            NotSupportedError: The setting ``account_zone`` is not given.
        """
        listed = self._sms.sent_as(message)
        return listed if self._route_of(message) is self._sms else None

    async def close(self) -> None:
        """Let go of connections. Safe to repeat; afterwards nothing can be sent."""
        await self.client.close()

    def _route_of(self, message: Message) -> Route:
        """Single channels have their own ways, where there is one; all else is OMNI's."""
        first, *others = message.content
        return self._omni if others else self._alone.get(first.channel, self._omni)

    def _route_of_id(self, id: str) -> tuple[Route, str]:
        for route in self._routes:
            if isinstance(id, str) and id.startswith(route.prefix):
                vendor_id = id.removeprefix(route.prefix)
                if is_message_id(vendor_id):
                    return route, vendor_id
        begin = " or ".join(route.prefix for route in self._routes)
        msg = f"this is not the id of a message sent over devino; such ids begin with {begin}"
        raise ForeignIdError(msg, provider=PROVIDER)

    async def _status_many(
        self, ids: Iterable[str] | AsyncIterable[str]
    ) -> AsyncIterator[StatusResult]:
        async for chunk in in_chunks(ids, LARGEST_STATUS_QUESTION):
            for result in await self._statuses_of(chunk):
                yield result

    async def _statuses_of(self, ids: Sequence[str]) -> list[StatusResult]:
        asked: dict[Route, dict[str, str]] = {route: {} for route in self._routes}
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


_NOTES = (
    "A scheduled message cannot be cancelled: Devino documents no call for it.",
    "Viber, VK and cascades are followed by callback only.",
    "They go by scenarios, made in the account unless the setting scenarios names tasks there.",
    "They may hold no ${...} in a text: Devino would put the value of a macro in its place.",
    "A scenario that is made needs the senders of the settings, whatever its messages name.",
    "In a cascade every channel but the last needs a ttl, its own or the setting cascade_ttl.",
    "The next channel waits for as long, also where the one before is refused at once.",
    "A channel that delivers later than that delivers beside the next one.",
)


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
