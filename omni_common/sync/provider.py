"""The blocking twin of ``OmniProvider``: the same methods, each one line over the portal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from omni_common.capabilities import Capabilities
from omni_common.errors import NotSentError, Outcome
from omni_common.exchange import OnUnknown
from omni_common.history import History, accounting, record_interrupted
from omni_common.message import Message
from omni_common.provider import OmniProvider as AsyncOmniProvider
from omni_common.receipt import Receipt, SendOutcome
from omni_common.report import DeliveryReport, StatusResult
from omni_common.sent import SentAs, SentMessage
from omni_common.source import chunks
from omni_common.sync.call import Call
from omni_common.sync.portal import Portal
from omni_common.sync.purpose import cancelling, reading
from omni_common.sync.recipe import Recipe
from omni_common.sync.stream import OutcomeStream

__all__ = ["OmniProvider", "twin_of"]

P = ParamSpec("P")
T = TypeVar("T")

_IDS_AT_ONCE = 500


def twin_of(original: Callable[..., object]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Take over the docstring of the method that is mirrored: both mean the same."""

    def document(method: Callable[P, T]) -> Callable[P, T]:
        method.__doc__ = original.__doc__
        return method

    return document


class OmniProvider:
    """A provider for code without asyncio; see ``omni_common.OmniProvider`` for each method.

    Safe to use from many threads, inside a running event loop (it warns there, since it blocks the
    loop), and after a fork. Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, make: Callable[[], AsyncOmniProvider]) -> None:
        """Wrap the provider that *make* returns.

        Args:
            make: Builds an async provider from settings. It is called here once, so that wrong
                settings show at once, and again in a child process after a fork.
        """
        recipe = Recipe(make)
        self._pattern = recipe.pattern
        self._name = recipe.pattern.capabilities.provider
        self._portal: Portal[AsyncOmniProvider] = Portal(recipe)

    @property
    def capabilities(self) -> Capabilities:
        """What this provider can do. Constant for the life of the provider."""
        return self._pattern.capabilities

    @twin_of(AsyncOmniProvider.check)
    def check(self, message: Message) -> list[NotSentError]:
        return self._pattern.check(message)

    @twin_of(AsyncOmniProvider.send)
    def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        call: Call[AsyncOmniProvider, Receipt] | None = None
        try:
            account = accounting.get()
            call = Call(
                lambda provider: provider.send(message, on_unknown=on_unknown),
                unheard=lambda how: account(self._name, message.reference, how),
            )
            return self._portal.run(call)
        except Exception:
            raise
        except BaseException:  # a signal handler's: nobody hears of the message, except the log
            if call is None:
                record_interrupted(self._name, message.reference, Outcome.NOT_SENT)
            else:
                call.give_up_waiting()
            raise

    def send_many(self, messages: Iterable[Message]) -> OutcomeStream:
        """Send any number of messages, in bounded memory and by bulk calls if the vendor has them.

        *messages* is read in the calling thread.

        Returns:
            An iterator, best used as a context manager, that yields ``Accepted``, ``NotSent`` or
            ``Unknown`` for each message, in the order of *messages*. Nothing is raised for a
            message; an error of *messages* itself is raised after the outcomes of what was read.
        """
        return OutcomeStream(self._portal, messages)

    @twin_of(AsyncOmniProvider.send_batch)
    def send_batch(self, messages: Sequence[Message], history: History) -> Sequence[SendOutcome]:
        return self._portal.call(lambda provider: provider.send_batch(messages, history))

    @twin_of(AsyncOmniProvider.status)
    def status(self, id: str) -> DeliveryReport:
        with reading():
            return self._portal.call(lambda provider: provider.status(id))

    def status_many(self, ids: Iterable[str]) -> Iterator[StatusResult]:
        """Ask for the status of any number of messages; yields one result per id, in order.

        *ids* is read in the calling thread, some hundreds ahead.
        """
        for chunk in chunks(ids, _IDS_AT_ONCE):
            with reading():
                yield from self._portal.iterate(_status_many, chunk)

    @twin_of(AsyncOmniProvider.cancel)
    def cancel(self, id: str) -> None:
        with cancelling():
            return self._portal.call(lambda provider: provider.cancel(id))

    @twin_of(AsyncOmniProvider.wait)
    def wait(self, id: str, *, timeout: timedelta = timedelta(minutes=2)) -> DeliveryReport:
        with reading():
            return self._portal.call(lambda provider: provider.wait(id, timeout=timeout))

    @twin_of(AsyncOmniProvider.sent_messages)
    def sent_messages(self, *, after: datetime, before: datetime) -> Iterator[SentMessage]:
        with reading():
            yield from self._portal.iterate(_sent_messages, after, before)

    @twin_of(AsyncOmniProvider.sent_as)
    def sent_as(self, message: Message) -> SentAs | None:
        return self._pattern.sent_as(message)

    @twin_of(AsyncOmniProvider.close)
    def close(self) -> None:
        self._portal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _status_many(provider: AsyncOmniProvider, ids: list[str]) -> AsyncIterator[StatusResult]:
    return provider.status_many(ids)


def _sent_messages(
    provider: AsyncOmniProvider, after: datetime, before: datetime
) -> AsyncIterator[SentMessage]:
    return provider.sent_messages(after=after, before=before)
