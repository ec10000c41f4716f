"""Messente behind the shared interface."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from messente_async.answers import BulkItem, MessageResult, OmnimessageCreated
from messente_async.client import MessenteClient
from messente_async.delivery import ID_PREFIX, channel_of, part_report
from messente_async.message import (
    SHORTEST_TTL,
    content_problems,
    extra_problems,
    outgoing,
)
from messente_async.omnimessage import (
    ADVISED_BATCH_SIZE,
    bulk_wire_request,
    send_wire_request,
)
from messente_async.verdicts import bulk_reader, item_failure, sent_reader
from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.clock import Clock, SystemClock
from omni_common.errors import (
    ConfigurationError,
    ForeignIdError,
    NotSentError,
    NotSupportedError,
    OutcomeUnknownError,
    hides_arguments,
)
from omni_common.exchange import OnUnknown
from omni_common.failure import failed, failed_outcome
from omni_common.history import History, is_unheard
from omni_common.message import Channel, Message, Priority
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, Part, Receipt, SendOutcome
from omni_common.report import DeliveryReport, DeliveryState, PartReport
from omni_common.rules import is_sendable
from omni_common.secret import Secret
from omni_common.sent import SentAs, SentMessage
from omni_common.settings import TransportOptions

if TYPE_CHECKING:
    import aiohttp

__all__ = ["MessenteProvider"]

_NAME = "messente"
_PRIORITIES = frozenset([Priority.LOW, Priority.NORMAL, Priority.HIGH])
_REMEMBERED = 10_000
"""Cascades whose channels are kept in mind, the latest ones."""


class MessenteProvider(OmniProvider):
    """Sends SMS, Viber and WhatsApp over Messente, alone or in the order to try.

    :attr:`client` reaches the native API, which has RCS and richer Viber and WhatsApp messages.
    """

    client: MessenteClient
    """The native client, sharing this provider's connections."""

    @hides_arguments
    def __init__(
        self,
        user: str,
        password: str | Secret,
        *,
        sender: str | None = None,
        batch_size: int = ADVISED_BATCH_SIZE,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        """Prepare a provider; nothing is opened before the first call.

        Args:
            user: The API user name (not the dashboard's login).
            password: The API password.
            sender: The sender for content that names none, on every channel; None means the
                account's own default.
            batch_size: Messages in one bulk call; Messente advises up to 1,000.
            session: An ``aiohttp.ClientSession`` to use; it is never closed here.
            clock: Where the time comes from; the system's unless given.
            **options: See ``TransportOptions``. ``rate`` is 150 a second on Messente's own host.

        Raises:
            ConfigurationError: Credentials are missing, or a setting is wrong.
        """
        if type(batch_size) is not int or batch_size < 1:
            msg = "batch_size must be a whole number from 1"
            raise ConfigurationError(msg, provider=_NAME, field="batch_size")
        if sender is not None and not _is_sender(sender):
            msg = "sender must be text of whole characters, at least one, or left out"
            raise ConfigurationError(msg, provider=_NAME, field="sender")
        self.clock = clock or SystemClock()
        self.client = MessenteClient(user, password, session=session, clock=clock, **options)
        self._sender = sender
        self._cascades: dict[str, tuple[Channel, ...]] = {}
        self._capabilities = _capabilities(batch_size)

    @property
    def capabilities(self) -> Capabilities:
        """What Messente can do: SMS, Viber and WhatsApp, and cascades of them."""
        return self._capabilities

    def check(self, message: Message) -> list[NotSentError]:
        """Everything that would keep *message* from being sent, as errors; sends nothing."""
        errors = super().check(message) or content_problems(message, self._sender)
        return [*errors, *extra_problems(message)] if message.extra else [*errors]

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        """Send one message; see ``OmniProvider.send``."""
        history = History()
        try:
            self._refuse_problems(message)
            return await self._send_one(
                message, history, on_unknown=on_unknown, reference=message.reference
            )
        except BaseException as error:
            if is_unheard(error):  # be it before the request, or after its answer
                history.record_interrupted(_NAME, message.reference)
            raise

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Send many messages with one call; see ``OmniProvider.send_batch``."""
        try:
            if len(messages) == 1:
                receipt = await self._send_one(messages[0], history)
                return [Accepted(messages[0], receipt)]
            items = await self._send_bulk(messages, history)
        except (NotSentError, OutcomeUnknownError) as error:
            return [failed(message, error) for message in messages]
        return [
            self._outcome(message, item, history)
            for message, item in zip(messages, items, strict=True)
        ]

    async def status(self, id: str) -> DeliveryReport:
        """The state of a message and of each of its channels; see ``OmniProvider.status``."""
        response = await self.client.status(_omnimessage_id(id))
        reported = [part_report(result) for result in response.statuses]
        parts = [*reported, *self._still_to_try(id, reported)]
        if not parts:
            return DeliveryReport(id, DeliveryState.ACCEPTED, raw=response.raw)
        return DeliveryReport.of_parts(id, parts, raw=response.raw)

    async def cancel(self, id: str) -> None:
        """Take a scheduled message back, all channels of it; see ``OmniProvider.cancel``."""
        await self.client.cancel(_omnimessage_id(id))

    def sent_messages(self, *, after: datetime, before: datetime) -> AsyncIterator[SentMessage]:
        """Messente documents no call that lists what was sent.

        Raises:
            NotSupportedError: Always.
        """
        raise _cannot_list()

    def sent_as(self, message: Message) -> SentAs | None:
        """Messente documents no call that lists what was sent.

        Raises:
            NotSupportedError: Always.
        """
        raise _cannot_list()

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
        sent = outgoing(message, self._sender)
        created = await self.client.transport.exchange(
            send_wire_request(sent.wire),
            sent_reader(sent),
            reference=reference,
            on_unknown=on_unknown,
            history=history,
        )
        return self._accepted(message, created, history)

    async def _send_bulk(
        self, messages: Sequence[Message], history: History
    ) -> tuple[BulkItem, ...]:
        sent = [outgoing(message, self._sender) for message in messages]
        return await self.client.transport.exchange(
            bulk_wire_request([each.wire for each in sent]),
            bulk_reader(sent),
            timeout=self.client.transport.settings.bulk_timeout,
            history=history,
        )

    def _outcome(self, message: Message, item: BulkItem, history: History) -> SendOutcome:
        if isinstance(item, OmnimessageCreated):
            return Accepted(message, self._accepted(message, item, history))
        return failed_outcome(message, item_failure(item), _NAME, history.attempts)

    def _accepted(self, message: Message, created: OmnimessageCreated, history: History) -> Receipt:
        receipt = _receipt(message, created, history)
        if len(message.content) > 1:
            self._cascades[receipt.id] = message.channels
            if len(self._cascades) > _REMEMBERED:
                del self._cascades[next(iter(self._cascades))]
        return receipt

    def _still_to_try(self, id: str, reported: Sequence[PartReport]) -> list[PartReport]:
        """The channels that a report leaves out, as Messente may until their turn comes.

        Without them the failure of the channel before would look like the last word (T59). Only
        the provider that sent a message knows them: the id does not tell.
        """
        if any(part.state is DeliveryState.CANCELLED for part in reported):
            return []
        channels = self._cascades.get(id, ())
        return [
            PartReport(channel, DeliveryState.ACCEPTED) for channel in channels[len(reported) :]
        ]


def _is_sender(sender: object) -> bool:
    return isinstance(sender, str) and bool(sender) and is_sendable(sender)


def _capabilities(batch_size: int) -> Capabilities:
    def channel(*notes: str, longest_text: int | None = None) -> ChannelCapabilities:
        return ChannelCapabilities(
            cancel=True,
            schedule=True,
            callback=True,
            callback_area="messente.delivery",
            priorities=_PRIORITIES,
            shortest_ttl=SHORTEST_TTL,
            longest_text=longest_text,
            notes=notes,
        )

    channels = {
        Channel.SMS: channel(),
        Channel.VIBER: channel(
            "Text, image, button and video in the combinations Messente documents.",
            longest_text=1000,
        ),
        Channel.WHATSAPP: channel(
            "Free text only within 24 hours of the recipient's own message; else a template."
        ),
    }
    return Capabilities(
        provider=_NAME,
        channels=channels,
        cascade=channels,
        batch_size=batch_size,
        notes=("Only a scheduled message can be cancelled, before its time.",),
    )


def _receipt(message: Message, created: OmnimessageCreated, history: History) -> Receipt:
    return Receipt(
        id=f"{ID_PREFIX}{created.omnimessage_id}",
        provider=_NAME,
        reference=message.reference,
        to=message.phone or "",
        parts=tuple([_part(result) for result in created.messages]),
        attempts=history.attempts,
        raw=created.raw,
    )


def _part(result: MessageResult) -> Part:
    return Part(channel_of(result.channel), result.message_id, result.sender)


def _omnimessage_id(id: str) -> str:
    # Not a connection URL, which begins alike and would take a password along.
    is_ours = isinstance(id, str) and id.startswith(ID_PREFIX) and id != ID_PREFIX
    if is_ours and not id.startswith(f"{ID_PREFIX}//"):
        return id.removeprefix(ID_PREFIX)
    msg = "this is not the id of a message sent over messente; ids begin with messente:"
    raise ForeignIdError(msg, provider=_NAME)


def _cannot_list() -> NotSupportedError:
    msg = (
        "messente documents no call that lists what was sent; delivery reports tell of a message"
        " whose answer was lost: give each a callback_url of its own that holds its reference"
    )
    return NotSupportedError(msg, provider=_NAME)
