"""Following messages to their end: what vendors post and what they answer, put together."""

from omni_common.tracker.store import MemoryTracks, TrackStore
from omni_common.tracker.tracker import Tracker

__all__ = ["MemoryTracks", "TrackStore", "Tracker"]
