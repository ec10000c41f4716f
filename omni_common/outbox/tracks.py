"""``JournalTracks``: what is known of messages, in the journal that the messages are in."""

from __future__ import annotations

from omni_common.clock import Clock
from omni_common.errors import JournalError
from omni_common.outbox.journal import Journal
from omni_common.outbox.plain import DocumentError
from omni_common.track import Track

__all__ = ["JournalTracks"]


class JournalTracks:
    """A tracker's store in an outbox's journal; :attr:`Outbox.tracks` is one.

    What is kept is on the disk when :meth:`merge` returns, for every process that has the journal
    open. Both methods raise ``JournalError`` where the journal cannot be read or written, or what
    is kept under the key cannot be read, and ``ClientClosedError`` when the outbox is closed.

    A report that came with the reference of a message of which it is unknown whether it was sent
    proves that the vendor has it, if it is of the outbox's own provider and has an id: the message
    is accepted then, with a receipt with that id.
    """

    def __init__(self, journal: Journal, provider: str, clock: Clock) -> None:
        """Keep tracks in *journal*, whose messages go out over *provider*."""
        self._journal = journal
        self._provider = provider
        self._clock = clock

    async def load(self, key: str) -> Track | None:
        """What is kept under *key*; None where nothing is."""
        try:
            return await self._journal.load_track(key)
        except DocumentError as error:
            why = str(error)
        raise _unreadable(why)

    async def merge(self, key: str, track: Track) -> Track:
        """Keep *track* merged with what is kept under *key*, in one step, and return the result."""
        now = self._clock.now()
        try:
            return await self._journal.merge_track(key, track, self._provider, now)
        except DocumentError as error:
            why = str(error)
        raise _unreadable(why)


def _unreadable(why: str) -> JournalError:
    return JournalError(f"a report in the journal of the outbox cannot be read ({why})")
