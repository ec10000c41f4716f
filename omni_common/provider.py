"""The one interface that every provider has, and every wrapper around a provider too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from omni_common.capabilities import Capabilities
from omni_common.check import problems
from omni_common.clock import Clock, SystemClock
from omni_common.errors import NotSentError, NotSupportedError, OutcomeUnknownError
from omni_common.exchange import OnUnknown
from omni_common.failure import failed
from omni_common.history import History
from omni_common.message import Message
from omni_common.polling import poll_until_final, status_of_each
from omni_common.receipt import Accepted, Receipt, SendOutcome
from omni_common.report import DeliveryReport, StatusResult
from omni_common.sent import SentAs, SentMessage

if TYPE_CHECKING:
    from omni_common.stream import OutcomeStream

__all__ = ["OmniProvider"]


class OmniProvider(ABC):
    """Sends messages, tells what became of them, and takes scheduled ones back.

    A provider must write :attr:`capabilities`, :meth:`send`, :meth:`status` and :meth:`cancel`;
    everything else works on top of these. One with a bulk call also overrides :meth:`send_batch`,
    one whose vendor lists what was sent :meth:`sent_messages` and :meth:`sent_as`.
    Use it as an async context manager, or call :meth:`close`.
    """

    clock: Clock = SystemClock()
    """Where the provider takes the time from; tests put one they can advance in its place."""

    path_setting: ClassVar[str | None] = None
    """The parameter of the constructor that the path of a connection URL without a host stands for,
    as in ``outbox:///sends.db``; None where URLs have hosts."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this provider can do. Constant for the life of the provider."""

    @property
    def wrapped(self) -> OmniProvider | None:
        """The provider that this one sends over, where it only adds to another; None otherwise.

        A wrapper's capabilities bear the name of the provider that it wraps, and so do receipts.
        """
        return None

    @abstractmethod
    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        """Send one message; returning means that the vendor confirmed it.

        Args:
            message: What to send.
            on_unknown: ``"resend"`` sends again when it is not known whether the message arrived,
                which may charge for it and deliver it twice. By default that raises.

        Raises:
            NotSentError: Nothing was sent; its subclasses say why. Safe to send again.
            OutcomeUnknownError: It may have been sent. Look for it before sending again.
        """

    @abstractmethod
    async def status(self, id: str) -> DeliveryReport:
        """What became of a message, by the ``id`` of its receipt.

        Raises:
            UnknownMessageError: The vendor does not know the id, or it is another provider's.
            NotSupportedError: The provider cannot tell for this kind of message.
            ReadError: No usable answer came, or the provider is closed; says nothing about the
                message.
        """

    @abstractmethod
    async def cancel(self, id: str) -> None:
        """Take a scheduled message back; returning means that the vendor confirmed it.

        Raises:
            CancelFailedError: It was not cancelled: already sent, unknown, or out of reach, as when
                the provider is closed.
            OutcomeUnknownError: It may or may not have been cancelled.
            UnknownMessageError: The id is not one of this provider's.
            NotSupportedError: The provider has no way to cancel.
        """

    def check(self, message: Message) -> list[NotSentError]:
        """Everything that would keep *message* from being sent, as errors; sends nothing.

        An empty list means that the library has no objection; the vendor may still have one.
        """
        return problems(message, self.capabilities, self.clock.now())

    def send_many(self, messages: Iterable[Message] | AsyncIterable[Message]) -> OutcomeStream:
        """Send any number of messages, in bounded memory and by bulk calls if the vendor has them.

        Returns:
            An async iterator, best used as a context manager, that yields ``Accepted``, ``NotSent``
            or ``Unknown`` for each message, in the order of *messages*. Nothing is raised for a
            message; an error of *messages* itself is raised after the outcomes of what was read.
        """
        from omni_common.stream import OutcomeStream

        return OutcomeStream(self, messages)

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Send a few checked messages and return the outcome of each, in the same order.

        ``send_many`` calls this with up to ``capabilities.batch_size`` messages. Override it for a
        vendor with a bulk call; a vendor without one is called with one message at a time.

        Args:
            messages: Messages that passed :meth:`check`.
            history: Where to write the attempts down, so that an interrupted batch can be told
                apart from one that never left.
        """
        history.begin()
        return [await self._outcome_of(message) for message in messages]

    def status_many(self, ids: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[StatusResult]:
        """Ask for the status of any number of messages; yields one result per id, in order."""
        return status_of_each(self.status, ids)

    async def wait(self, id: str, *, timeout: timedelta = timedelta(minutes=2)) -> DeliveryReport:
        """Follow a message until its report is final, and return the last report.

        Asks at once, then at intervals that grow from 5 seconds to 5 minutes, or as long as the
        vendor asks to wait; each message's are longer by a share of its own, up to a tenth. At the
        end of *timeout* it asks a last time, unless the vendor asked to wait longer, and returns
        the last report, whose ``is_final`` may then be False. An id that the vendor does not know
        yet counts as ACCEPTED for the first minute.

        Raises:
            UnknownMessageError: The vendor still does not know the id after a minute.
            NotSupportedError: The provider cannot tell for this kind of message.
            ReadError: No question was answered in time, or asking cannot succeed.
        """
        return await poll_until_final(self.status, id, timeout, self.clock)

    def sent_messages(self, *, after: datetime, before: datetime) -> AsyncIterator[SentMessage]:
        """List what the account sent from *after* to *before*, both aware; sends nothing.

        For finding a message again whose send got no answer. It may list others besides: from just
        outside of that time, and what was sent by other programs. That a message is not listed
        proves nothing. A provider whose vendor has such a list overrides this and :meth:`sent_as`.

        Raises:
            NotSupportedError: The provider cannot list what it sent; as this one does unless it is
                overridden.
            ReadError: Raised by the iteration: no usable answer came, or the provider is closed.
        """
        raise _cannot_list(self)

    def sent_as(self, message: Message) -> SentAs | None:
        """How *message* would stand in :meth:`sent_messages`; None if it is not listed there.

        Raises:
            NotSupportedError: The provider cannot list what it sent.
        """
        raise _cannot_list(self)

    async def close(self) -> None:  # noqa: B027 - most providers have nothing to close
        """Let go of connections. Safe to repeat; a provider that held any sends no more."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @classmethod
    def credentials_from_url(cls, user: str | None, password: str | None) -> dict[str, str]:
        """Which constructor parameters the two parts before ``@`` in a connection URL stand for."""
        parts = {"user": user, "password": password}
        return {name: value for name, value in parts.items() if value is not None}

    def _refuse_problems(self, message: Message) -> None:
        """Raise the first problem that :meth:`check` finds: for the beginning of :meth:`send`."""
        errors = self.check(message)
        if errors:
            raise errors[0]

    async def _outcome_of(self, message: Message) -> SendOutcome:
        try:
            return Accepted(message, await self.send(message))
        except (NotSentError, OutcomeUnknownError) as error:
            return failed(message, error)


def _cannot_list(provider: OmniProvider) -> NotSupportedError:
    name = provider.capabilities.provider
    return NotSupportedError(f"{name} has no list of the messages that were sent", provider=name)
