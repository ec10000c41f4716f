"""Handing a campaign's messages to the outbox, and following them until they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing

from attrs import define, field

from omni_common.cli.bulk.plan import Planned, Row, SkippedRow
from omni_common.cli.bulk.progress import Progress
from omni_common.cli.bulk.tally import Tally
from omni_common.errors import InvalidMessageError, NotSentError
from omni_common.message import Message
from omni_common.outbox import Entry, EntryState, Outbox
from omni_common.outbox.documents import DocumentError
from omni_common.receipt import NotSent
from omni_common.source import chunks

__all__ = ["CHANGED", "HandOver", "is_same", "reason_of"]

CHANGED = (
    "this recipient was handed over before with another text or other options, and stays as it was;"
    " a new campaign needs a name of its own (--campaign)"
)
_TOGETHER = 200
"""Rows that are looked at before anything else may happen: few enough to delay nothing."""
_EVERY = 1.0
"""Seconds between two looks at how far it is."""
_COUNT_EVERY = 15.0
"""Seconds between two exact counts of a campaign, which take a while if it is large."""


@define
class HandOver:
    """One run of a campaign over an open outbox."""

    outbox: Outbox
    prefix: str
    tally: Tally
    progress: Progress
    kept: bool = field(default=False, init=False)
    """Whether the outbox keeps what is left until a time to come."""
    _others: int = field(default=0, init=False)
    """How many messages of the outbox are open and not of this campaign, by the last count."""
    _looked: float = field(default=float("-inf"), init=False)
    _counted: float = field(default=float("-inf"), init=False)
    _told: bool = field(default=False, init=False)
    _is_new: bool = field(default=False, init=False)
    """Whether the outbox has nothing of this campaign, so that nobody has to be looked for."""

    async def take(self, rows: Iterable[Row]) -> None:
        """Hand over every one of *rows* that becomes a message.

        Raises:
            UsageError: The table cannot be read to its end.
            JournalError: The outbox cannot write.
        """
        await self._open(exactly=True)
        self._is_new = not any((await self.outbox.count(self.prefix)).values())
        for some in chunks(rows, _TOGETHER):
            planned = [row for row in some if isinstance(row, Planned)]
            for row in some:
                if isinstance(row, SkippedRow):
                    self.tally.skip(row.why)
                elif not isinstance(row, Planned):
                    self.tally.refuse(row.line, row.reason)
            await self._enqueue(planned if self._is_new else await self._unknown(planned))
            await self._look()

    async def follow(self, *, for_later: bool) -> str | None:
        """Return when nothing of the campaign is to be sent now, or the outbox is paused.

        What is left then, if it is not paused, waits for a time to come; see :attr:`kept`.

        Args:
            for_later: Whether that is expected of it, so that nothing else is waited for.

        Returns:
            Why it is paused, if it is; all that was not sent is queued then.

        Raises:
            JournalError: The outbox cannot read.
        """
        if for_later and await self._is_kept():
            return None
        drained = asyncio.create_task(self.outbox.drain())
        try:
            while await self._left():
                if not drained.done():
                    await self._rest(drained)
                    continue
                await drained
                why = await self.outbox.paused()
                if why is not None or await self._is_kept():
                    return why
                if await self._left():
                    self._tell_of_another()
                await self.outbox.clock.sleep(_EVERY)
                drained = asyncio.create_task(self.outbox.drain())
            return None
        finally:
            drained.cancel()
            await asyncio.gather(drained, return_exceptions=True)

    async def _is_kept(self) -> bool:
        """Whether what is queued of the campaign is kept until a time to come."""
        queued = self.outbox.entries([EntryState.QUEUED], prefix=self.prefix)
        async with aclosing(queued) as entries:
            async for entry in entries:
                self.kept = entry.held and entry.due > self.outbox.clock.now()
                break
        return self.kept

    async def _left(self) -> int:
        """How many messages are left; exactly, before it is said that none is."""
        now = self.outbox.clock.monotonic()
        left = await self._open(exactly=now - self._counted >= _COUNT_EVERY)
        left = left or await self._open(exactly=True)
        self._show(left)
        return left

    async def _rest(self, drained: asyncio.Task[None]) -> None:
        """Wait for a moment, or until there is nothing more to do here."""
        over = asyncio.Event()
        timer = self.outbox.clock.call_later(_EVERY, over.set)
        drained.add_done_callback(lambda _: over.set())
        try:
            await over.wait()
        finally:
            timer.cancel()

    def _tell_of_another(self) -> None:
        """Say, once, that this process is not the one that sends."""
        if not self._told:
            self.progress.say(
                "another process has this outbox open and is the one that sends; waiting"
            )
        self._told = True

    async def _unknown(self, planned: Sequence[Planned]) -> list[Planned]:
        """Those that the outbox does not have yet; the others are counted."""
        found = await self.outbox.find_all(row.message.reference for row in planned)
        new: list[Planned] = []
        for row in planned:
            entry = found.get(row.message.reference)
            if entry is None:
                new.append(row)
            elif is_same(entry, row.message):
                self.tally.take(before=True)
            else:
                self.tally.refuse(row.line, CHANGED)
        return new

    async def _enqueue(self, planned: Sequence[Planned]) -> None:
        messages = (row.message for row in planned)
        rows = iter(planned)
        async with aclosing(self.outbox.enqueue(messages)) as outcomes:
            async for outcome in outcomes:
                row = next(rows)
                if isinstance(outcome, NotSent):
                    self.tally.refuse(row.line, reason_of(outcome.error))
                else:
                    self.tally.take()

    async def _look(self) -> None:
        now = self.outbox.clock.monotonic()
        if now - self._looked >= _EVERY:
            self._looked = now
            self._show(await self._open())

    def _show(self, left: int) -> None:
        self.progress.show(max(0, self.tally.rows - left))

    async def _open(self, *, exactly: bool = False) -> int:
        """How many messages of the campaign wait or are being sent, or about so many."""
        every = _waiting(await self.outbox.count_open())
        if not exactly:
            return min(max(0, every - self._others), self.tally.messages)
        own = _waiting(await self.outbox.count(self.prefix))
        self._others = max(0, every - own)
        self._counted = self.outbox.clock.monotonic()
        return own


def is_same(entry: Entry, message: Message) -> bool:
    """Whether the outbox has just this message under its reference."""
    try:
        return entry.message == message
    except DocumentError:
        return False


def reason_of(error: NotSentError) -> str:
    """Why a message was refused, in words that hold for others too."""
    if isinstance(error, InvalidMessageError) and error.field == "reference":
        return CHANGED
    text = error.text
    return text if error.reference is None else text.replace(error.reference, "...")


def _waiting(counts: dict[EntryState, int]) -> int:
    return counts[EntryState.QUEUED] + counts[EntryState.CLAIMED]
