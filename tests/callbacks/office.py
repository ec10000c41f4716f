"""A receiver of all areas, and what its handler got."""

from __future__ import annotations

from omni_common.callbacks import CallbackReceiver, Event
from tests.callbacks.genuine import SECRETS, SIZE_LIMIT, Post
from tests.callbacks.servers import Answer, request

__all__ = ["Office"]


class Office:
    """A receiver, and a handler that keeps events, or raises when a test wants it to."""

    def __init__(self, *, remembered: int) -> None:
        self.receiver = CallbackReceiver(
            self._take, secrets=SECRETS, size_limit=SIZE_LIMIT, remembered=remembered
        )
        self.url = ""
        """Where a server has mounted the receiver."""
        self.events: list[Event] = []
        self.errors: list[Exception | None] = []
        """What the handler does with the next events, one each: raise this, or take it."""

    def post(self, post: Post, *, announced: int | None = None, whole: bool = True) -> Answer:
        return request(self.url, post, announced=announced, whole=whole)

    def _take(self, event: Event) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.events.append(event)
