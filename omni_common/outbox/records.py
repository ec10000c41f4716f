"""Looking into an outbox's journal, and deciding what nobody else can decide."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from omni_common.clock import Clock, SystemClock
from omni_common.errors import ConfigurationError
from omni_common.outbox.entry import PURGED_STATES, Entry, EntryState
from omni_common.outbox.journal import PAUSED, Journal
from omni_common.outbox.reconciliation import Reconciliation, reconcile
from omni_common.provider import OmniProvider
from omni_common.redaction import shown_name
from omni_common.report import DeliveryState

__all__ = ["OutboxFile", "Records"]

_TOGETHER = 1_000
"""References that are asked for in one step."""


class Records(ABC):
    """What a journal holds: an open outbox's, or a file's that nobody sends from here."""

    clock: Clock

    @abstractmethod
    def _records(self) -> Journal:
        """The journal, to be asked now.

        Raises:
            ClientClosedError: It is closed.
        """

    @abstractmethod
    def _queued(self) -> None:
        """Take note that messages were queued."""

    async def count(self, prefix: str = "") -> dict[EntryState, int]:
        """How many messages of the journal are in each state.

        Args:
            prefix: Count only those whose reference begins so.

        Raises:
            JournalError: The journal cannot be read.
        """
        return await self._records().count(prefix)

    async def count_deliveries(
        self, prefix: str = ""
    ) -> dict[tuple[EntryState, DeliveryState | None], int]:
        """How many messages are in each state, and of each delivery state that is known of them.

        What is known is what trackers keep here (``Outbox.tracks``); None where they heard nothing.
        It takes some ten seconds for a million messages, and holds nobody up; messages that are
        new meanwhile may be counted or not.

        Args:
            prefix: Count only those whose reference begins so.

        Raises:
            JournalError: The journal cannot be read.
        """
        return await self._records().count_deliveries(prefix)

    async def count_open(self) -> dict[EntryState, int]:
        """How many messages are queued, claimed and unknown; quick, whatever the journal holds.

        Raises:
            JournalError: The journal cannot be read.
        """
        return await self._records().count_open()

    async def entries(
        self, states: Iterable[EntryState] = tuple(EntryState), *, prefix: str = ""
    ) -> AsyncGenerator[Entry, None]:
        """The messages of the journal, in the order they came, in bounded memory.

        Args:
            states: Only those in one of these states, at the time when they are read.
            prefix: Only those whose reference begins so.

        Raises:
            JournalError: The journal cannot be read.
        """
        async with aclosing(self._records().entries(states, prefix=prefix)) as entries:
            async for entry in entries:
                yield entry

    async def next_due(self) -> datetime | None:
        """When the first of the queued messages is due, which may have passed already.

        Returns:
            The time, aware; None if nothing is queued.

        Raises:
            JournalError: The journal cannot be read.
        """
        return await self._records().next_due(self.clock.now())

    async def paused(self) -> str | None:
        """Why nothing is sent from the queue until somebody has put it right; None if it is sent.

        Whichever process dispatches, it is the last one's word.

        Raises:
            JournalError: The journal cannot be read.
        """
        return await self._records().read_note(PAUSED)

    async def resend_unknown(self, references: Iterable[str]) -> int:
        """Queue messages again whose outcome is unknown, and which are sent a second time then.

        Those that arrived the first time will have arrived twice, and be charged for twice: look at
        the vendor first. Messages in other states stay as they are.

        Args:
            references: The references of the messages; ``entries([EntryState.UNKNOWN])`` has them.

        Returns:
            How many of them were unknown, and are queued now.

        Raises:
            JournalError: The journal cannot be written.
        """
        journal, rest, number = self._records(), iter(references), 0
        while some := list(islice(rest, _TOGETHER)):
            number += await journal.resend_unknown(some, self.clock.now())
        self._queued()
        return number

    async def purge(self, *, before: datetime, states: Iterable[EntryState] = PURGED_STATES) -> int:
        """Delete messages that are settled, with their texts and numbers, and shrink the file.

        With accepted ones go the delivery reports that came before that time, and those by their
        references.

        A reference that was deleted is new again: handed over once more, the message goes out once
        more. It takes as much room on the disk again as the journal does, and nothing is written
        meanwhile.

        Args:
            before: Delete what came into its state before this time, aware.
            states: Which; all that are settled, except unknown ones, unless given.

        Returns:
            How many were deleted.

        Raises:
            ValueError: One of *states* is not settled, or *before* has no time zone.
            JournalError: The journal cannot be written, or another process is using it all the
                time, so that it could not be made smaller; what was deleted stays so.
        """
        wanted = [EntryState(state) for state in states]
        unsettled = [state for state in wanted if not state.is_settled]
        if unsettled:
            raise ValueError(f"a message that is {unsettled[0]} has not been settled")
        if before.utcoffset() is None:
            raise ValueError("before must have a time zone")
        return await self._records().purge(wanted, before)

    async def find_all(self, references: Iterable[str]) -> dict[str, Entry]:
        """What the journal has of some messages; those that it does not have are left out.

        Args:
            references: The references of the messages; as many entries are held in memory.

        Raises:
            JournalError: The journal cannot be read.
        """
        journal, rest = self._records(), iter(references)
        found: dict[str, Entry] = {}
        while some := list(islice(rest, _TOGETHER)):
            found.update((entry.reference, entry) for entry in await journal.find_all(some))
        return found


class OutboxFile(Records):
    """The journal of an outbox, to look into and put right without an account; it sends nothing.

    ::

        async with OutboxFile("sends.db") as journal:
            print(await journal.count())
    """

    def __init__(self, journal_file: str | os.PathLike[str], *, clock: Clock | None = None) -> None:
        """Prepare; the journal is opened when something is first asked.

        Args:
            journal_file: The path of the journal.
            clock: Where the time comes from; the system's unless given.

        Raises:
            ConfigurationError: There is no such file.
        """
        path = Path(journal_file)
        if not path.is_file():
            raise ConfigurationError(f"there is no outbox {shown_name(path)}", field="journal_file")
        self.clock = clock or SystemClock()
        self._journal = Journal(path)

    def _records(self) -> Journal:
        return self._journal

    def _queued(self) -> None:
        """Whoever sends looks at the journal by itself."""

    async def cancel(self, reference: str) -> Entry | None:
        """Take a message back if it is queued.

        Returns:
            The message as it is then: cancelled, or in the state in which it cannot be taken back.
            None if the journal has none of this reference.

        Raises:
            JournalError: The journal cannot be written.
        """
        return await self._journal.cancel(reference, self.clock.now())

    async def reconcile(self, provider: OmniProvider) -> Reconciliation:
        """Look for unknown messages in what the vendor sent; see ``Outbox.reconcile``.

        What a process that was killed was just sending is unknown when an outbox is opened; until
        then it counts as being sent.

        Args:
            provider: The one that they were sent over, with the same settings; it is asked only.

        Raises:
            NotSupportedError: As there.
            ReadError: As there.
            JournalError: As there.
        """
        return await reconcile(provider, self._journal, self.clock)

    async def close(self) -> None:
        """Close the file. Safe to repeat."""
        await self._journal.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
