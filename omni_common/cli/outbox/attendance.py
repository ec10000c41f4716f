"""Looking after an outbox that sends: what is said meanwhile, and when that is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from omni_common.cli.outbox.journal import shown_counts
from omni_common.errors import JournalError
from omni_common.failure import is_passing
from omni_common.outbox import EntryState, Outbox

__all__ = ["Attendance", "Look", "changes"]

_LOOK_EVERY = 1.0
"""Seconds."""
_COUNT_EVERY = 5.0
"""Seconds between two lines that say nothing but numbers, at least."""


@frozen
class Look:
    """What is seen of an outbox at one moment."""

    sends: bool
    """Whether it is this process that sends."""
    paused: str | None
    counts: Mapping[EntryState, int]
    """Of the messages that are not settled, and those that are unknown."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be sent."""
        return not (self.counts[EntryState.QUEUED] or self.counts[EntryState.CLAIMED])


def changes(before: Look | None, now: Look) -> Iterator[str]:
    """What is to be said at once of what is seen *now*."""
    if before is None or before.sends != now.sends:
        yield (
            "sending what falls due"
            if now.sends
            else "another process is the one that sends; this one takes over when that ends"
        )
    if now.paused is not None and (before is None or before.paused != now.paused):
        if now.sends:  # it has logged why when it came to that
            yield "paused, and all messages stay queued; put that right, and start this again"
        else:
            yield f"the process that sends is paused, and all messages stay queued: {now.paused}"
    if before is not None and before.paused is not None and now.paused is None:
        yield "not paused any more"


class Attendance:
    """Looks at an outbox again and again until it is to end, and tells what has changed."""

    def __init__(self, omni: Outbox, tell: Callable[[str], object], *, until_empty: bool) -> None:
        """Prepare; *tell* takes a line, and with *until_empty* it ends when nothing is queued."""
        self.ended_by: int | None = None
        """The signal that ended it."""
        self.paused: str | None = None
        """Why nothing was sent when it was looked at last."""
        self._omni = omni
        self._tell = tell
        self._until_empty = until_empty
        self._woken = asyncio.Event()
        self._before: Look | None = None
        self._counted: tuple[float, Mapping[EntryState, int]] | None = None

    def end(self, number: int) -> None:
        """End, because of a signal of this *number*."""
        self.ended_by = number
        self._woken.set()

    async def attend(self) -> None:
        """Return when it is to end: it was told to, or nothing is left, or will be sent.

        Raises:
            JournalError: The journal cannot be read, and that will not pass by itself.
        """
        while self.ended_by is None:
            look = await self._look()
            if look is not None:
                self._say(look)
                if self._until_empty and (look.is_empty or look.paused is not None):
                    return
            await self._rest()

    async def _look(self) -> Look | None:
        """What is seen; None if another process keeps the journal to itself for now."""
        try:
            sends = await self._omni.dispatches()
            return Look(sends, await self._omni.paused(), await self._omni.count_open())
        except JournalError as error:
            if not is_passing(error):
                raise
            return None

    def _say(self, look: Look) -> None:
        for line in changes(self._before, look):
            self._tell(line)
        self._before, self.paused = look, look.paused
        now = self._omni.clock.monotonic()
        if self._counted is not None:
            when, counts = self._counted
            if counts == look.counts or now - when < _COUNT_EVERY:
                return
        self._counted = now, look.counts
        self._tell(shown_counts(look.counts, look.counts))

    async def _rest(self) -> None:
        timer = self._omni.clock.call_later(_LOOK_EVERY, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()
        if self.ended_by is None:
            self._woken.clear()
