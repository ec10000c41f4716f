"""The blocking twin of ``Tracker``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from omni_common.provider import OmniProvider as AsyncOmniProvider
from omni_common.sync.client import Twin, iterating, reading
from omni_common.sync.portal import Portal
from omni_common.sync.provider import OmniProvider
from omni_common.tracker import MemoryTracks, Tracker as AsyncTracker, TrackStore

__all__ = ["Tracker"]


class Tracker(Twin[AsyncTracker]):
    """Follows messages for code without asyncio; see ``omni_common.Tracker`` for each method.

    ::

        with connect() as omni, Tracker(omni) as tracker:
            receiver = CallbackReceiver(tracker.record, ...)        # run by a WSGI server's threads
            receipt = omni.send(message)
            report = tracker.wait(receipt, timeout=timedelta(minutes=10))

    Once closed, or once the *provider* that it uses is, every method raises a ``ReadError`` with a
    ``ClientClosedError`` as its cause, which says nothing of a message.

    Safe to use from many threads: what one records wakes those that wait. In a child process after
    a fork it works on with what was known at the fork; what either records from then on the other
    does not see, unless they share a *store*.
    """

    def __init__(
        self, provider: OmniProvider | None = None, *, store: TrackStore | None = None
    ) -> None:
        """Prepare; nothing is asked before somebody waits.

        Args:
            provider: Is asked for the status of messages that are waited for, on its own thread,
                and so no longer than it is open; it is not closed with the tracker. Without one the
                tracker has a thread of its own, and what is recorded is all there is.
            store: Where to keep what is known; in memory unless given. It is used on that thread
                only.

        Raises:
            TypeError: *provider* is none, such as an async one, whose tracker is
                ``omni_common.Tracker``.
        """
        if provider is not None and not isinstance(provider, OmniProvider):
            kind = f"{type(provider).__module__}.{type(provider).__name__}"
            raise TypeError(
                f"provider must be an omni_common.sync.OmniProvider, not {kind};"
                " an async provider goes with omni_common.Tracker"
            )
        self._own: Portal[object] | None = None
        portal: Portal[Any]
        if provider is None:
            portal = self._own = Portal(_nothing)
        else:
            portal = provider._portal  # noqa: SLF001 - twins of one house share their thread
        super().__init__(portal, _Trackers(MemoryTracks() if store is None else store))

    add = reading(AsyncTracker.add)
    record = reading(AsyncTracker.record)
    report = reading(AsyncTracker.report)
    wait = reading(AsyncTracker.wait)
    watch = iterating(AsyncTracker.watch)

    def close(self) -> None:
        """End the tracker's own thread, if it has one. Safe to repeat.

        Who waits then gets a ``ReadError``.
        """
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Trackers:
    """Gives the async tracker for what a portal holds open: another one after a fork."""

    def __init__(self, store: TrackStore) -> None:
        self._store = store
        self._held: object = None
        self._tracker: AsyncTracker | None = None

    def __call__(self, held: object) -> AsyncTracker:
        if self._tracker is None or self._held is not held:
            provider = held if isinstance(held, AsyncOmniProvider) else None
            self._held, self._tracker = held, AsyncTracker(provider, store=self._store)
        return self._tracker


@asynccontextmanager
async def _nothing() -> AsyncIterator[object]:
    """What a thread without a provider holds open: only itself, to be told from other threads'."""
    yield object()
