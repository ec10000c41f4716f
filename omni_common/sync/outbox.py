"""The blocking twin of ``Outbox``."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from omni_common.config import connect
from omni_common.errors import ConfigurationError, hides_arguments
from omni_common.message import Message
from omni_common.outbox import (
    Entry,
    EntryState,
    JournalTracks,
    Outbox as AsyncOutbox,
    Reconciliation,
)
from omni_common.outbox.entry import PURGED_STATES
from omni_common.provider import OmniProvider as AsyncOmniProvider
from omni_common.receipt import SendOutcome
from omni_common.report import DeliveryState
from omni_common.source import chunks
from omni_common.sync.provider import OmniProvider, twin_of

__all__ = ["Outbox"]

T = TypeVar("T")

_TOGETHER = 200
"""Messages that are handed to the outbox's thread in one step."""


class Outbox(OmniProvider):
    """An outbox for code without asyncio; see ``omni_common.outbox.Outbox`` for each method.

    ::

        with Outbox("messente://USER:PASSWORD@default?sender=Shop", "sends.db") as omni:
            receipt = omni.send(message)

    While it is open, what falls due is sent on its thread. A child of a fork cannot use it, nor
    make one for the same journal: SQLite does not survive that. Open it after the fork.
    """

    @hides_arguments
    def __init__(
        self,
        target: str | Mapping[str, object] | None = None,
        journal_file: str | os.PathLike[str] | None = None,
        *,
        profile: str | None = None,
        config: str | os.PathLike[str] | None = None,
        **settings: Any,
    ) -> None:
        """Prepare; the journal is opened, or made, with the first message.

        Args:
            target: The provider that sends, as ``connect`` takes it; or an outbox, without a
                *journal_file* then.
            journal_file: The path of the journal, on a local disk.
            profile: See ``connect``.
            config: See ``connect``.
            settings: ``hold``, ``overdue`` and ``rate`` of ``omni_common.outbox.Outbox``, with a
                *journal_file*.

        Raises:
            ConfigurationError: See ``connect``; or *target* is an outbox and a *journal_file* or
                settings are given, or it is none and there is no *journal_file*.
        """
        provider = partial(connect, target, profile=profile, config=config)
        super().__init__(partial(_made, provider, journal_file, settings))

    @property
    def journal_file(self) -> Path:
        """The path of the journal."""
        return _outbox(self._pattern).journal_file

    @property
    def tracks(self) -> JournalTracks:
        """Where a blocking ``Tracker`` of this outbox keeps what is known of messages.

        ``Tracker(omni, store=omni.tracks)``; see the async ``tracks``.
        """
        return _outbox(self._pattern).tracks

    def enqueue(self, messages: Iterable[Message]) -> Iterator[SendOutcome]:
        """Write messages down to be sent as soon as their turn comes, without waiting for that.

        See the async ``enqueue``; *messages* is read in the calling thread, two hundred together.
        """
        for chunk in chunks(messages, _TOGETHER):
            yield from self._ask(partial(_all_enqueued, chunk))

    @twin_of(AsyncOutbox.count)
    def count(self, prefix: str = "") -> dict[EntryState, int]:
        return self._ask(lambda outbox: outbox.count(prefix))

    @twin_of(AsyncOutbox.count_open)
    def count_open(self) -> dict[EntryState, int]:
        return self._ask(AsyncOutbox.count_open)

    @twin_of(AsyncOutbox.count_deliveries)
    def count_deliveries(
        self, prefix: str = ""
    ) -> dict[tuple[EntryState, DeliveryState | None], int]:
        return self._ask(lambda outbox: outbox.count_deliveries(prefix))

    @twin_of(AsyncOutbox.entries)
    def entries(
        self, states: Iterable[EntryState] = tuple(EntryState), *, prefix: str = ""
    ) -> Iterator[Entry]:
        def each(provider: AsyncOmniProvider) -> AsyncGenerator[Entry, None]:
            return _outbox(provider).entries(wanted, prefix=prefix)

        wanted = tuple(states)
        return self._portal.iterate(each)

    @twin_of(AsyncOutbox.find_all)
    def find_all(self, references: Iterable[str]) -> dict[str, Entry]:
        named = list(references)
        return self._ask(lambda outbox: outbox.find_all(named))

    @twin_of(AsyncOutbox.next_due)
    def next_due(self) -> datetime | None:
        return self._ask(AsyncOutbox.next_due)

    @twin_of(AsyncOutbox.dispatches)
    def dispatches(self) -> bool:
        return self._ask(AsyncOutbox.dispatches)

    @twin_of(AsyncOutbox.paused)
    def paused(self) -> str | None:
        return self._ask(AsyncOutbox.paused)

    @twin_of(AsyncOutbox.resume)
    def resume(self) -> None:
        self._ask(AsyncOutbox.resume)

    @twin_of(AsyncOutbox.drain)
    def drain(self) -> None:
        self._ask(AsyncOutbox.drain)

    @twin_of(AsyncOutbox.reconcile)
    def reconcile(self) -> Reconciliation:
        return self._ask(AsyncOutbox.reconcile)

    @twin_of(AsyncOutbox.resend_unknown)
    def resend_unknown(self, references: Iterable[str]) -> int:
        named = list(references)
        return self._ask(lambda outbox: outbox.resend_unknown(named))

    @twin_of(AsyncOutbox.purge)
    def purge(self, *, before: datetime, states: Iterable[EntryState] = PURGED_STATES) -> int:
        wanted = tuple(states)
        return self._ask(lambda outbox: outbox.purge(before=before, states=wanted))

    def _ask(self, do: Callable[[AsyncOutbox], Awaitable[T]]) -> T:
        return self._portal.call(lambda provider: do(_outbox(provider)))


def _made(
    provider: Callable[[], AsyncOmniProvider],
    journal_file: str | os.PathLike[str] | None,
    settings: Mapping[str, Any],
) -> AsyncOutbox:
    made = provider()
    if not isinstance(made, AsyncOutbox):
        if journal_file is None:
            raise ConfigurationError(
                "journal_file is missing, and the target is no outbox", field="journal_file"
            )
        return AsyncOutbox(made, journal_file, **settings)
    if journal_file is not None or settings:
        raise ConfigurationError(
            "the target is an outbox already; leave out journal_file and its settings",
            field="journal_file",
        )
    return made


def _outbox(provider: AsyncOmniProvider) -> AsyncOutbox:
    if not isinstance(provider, AsyncOutbox):
        raise TypeError  # `_made` makes nothing else
    return provider


async def _all_enqueued(messages: list[Message], outbox: AsyncOutbox) -> list[SendOutcome]:
    return [outcome async for outcome in outbox.enqueue(messages)]
