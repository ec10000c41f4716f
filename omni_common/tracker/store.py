"""Where a tracker keeps what is known of messages."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from omni_common.track import Track

__all__ = ["MemoryTracks", "TrackStore"]

_LIMIT = 100_000


class TrackStore(Protocol):
    """Where a :class:`Tracker` keeps what is known of messages.

    A key is the id of a message, such as ``messente:632c6f3d``, or a provider's name and a
    message's reference, such as ``devino reference order-17``.
    """

    async def load(self, key: str) -> Track | None:
        """What is kept under *key*; None where nothing is."""

    async def merge(self, key: str, track: Track) -> Track:
        """Keep *track* merged with what is kept under *key*, in one step, and return the result.

        "In one step" means that of two who merge at the same time neither loses what it had.
        """


class MemoryTracks:
    """Tracks in memory: the latest *limit* of them, for one event loop.

    A message takes one or two, and each should have its place for as long as it is waited for or
    its vendor may post news of it: less than 1,000 is for tests only, and a service makes it three
    times as many as the messages that it sends in a day.

    Where room is needed, the one goes that has been as it is for longest, one whose message has
    come to its end before one whose message is under way, as long as those that have ended take up
    a tenth of the room.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        """Make room for *limit* tracks, 1 or more.

        Raises:
            ValueError: *limit* is less than 1.
        """
        if limit < 1:
            raise ValueError("limit must be 1 or more")
        self._limit = limit
        self._open: OrderedDict[str, Track] = OrderedDict()
        self._ended: OrderedDict[str, Track] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open) + len(self._ended)

    async def load(self, key: str) -> Track | None:
        """What is kept under *key*; None where nothing is."""
        return self._open.get(key) or self._ended.get(key)

    async def merge(self, key: str, track: Track) -> Track:
        """Keep *track* merged with what is kept under *key*, and return the result."""
        known = self._open.get(key) or self._ended.get(key)
        merged = track if known is None else known.merged(track)
        if merged == known:
            return known
        self._open.pop(key, None)
        self._ended.pop(key, None)
        (self._ended if merged.report().is_final else self._open)[key] = merged
        if len(self) > self._limit:
            enough_ended = len(self._ended) * 10 > self._limit
            (self._ended if enough_ended or not self._open else self._open).popitem(last=False)
        return merged
