"""Status callbacks: what is due when, where it may go, and how it went."""

from __future__ import annotations

import asyncio
import heapq
import ipaddress
import itertools
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeAlias
from urllib.parse import urlsplit

import aiohttp
from attrs import define, evolve, field, frozen

from omni_common.redaction import mask_text
from omni_common.sandbox.clock import SandboxClock

__all__ = [
    "Callback",
    "CallbackPoster",
    "Maker",
    "PostOrder",
    "PostedCallback",
    "Posting",
    "is_loopback",
]

_log = logging.getLogger("omni_common.sandbox")
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_HELD_BACK = "host not allowed"
"""The error of a callback that was not posted, since its host is neither loopback nor allowed."""


@frozen
class Callback:
    """One status callback as the vendor would post it."""

    url: str = field(repr=mask_text)
    body: bytes = field(repr=mask_text)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    received: range = range(200, 300)
    """The HTTP statuses by which the receiver confirms it."""
    copies: int = 1
    """How often it is posted, confirmed or not."""
    attempts: int = 1
    """How often each copy is posted at most, until it is confirmed."""
    retried: range | None = None
    """The HTTP statuses after which it is posted again; None is for whatever does not confirm it,
    no answer too."""
    retry_after: timedelta = timedelta(minutes=1)
    """Emulated time between two attempts."""


@frozen
class PostedCallback:
    """What became of one attempt to post a callback."""

    callback: Callback
    at: datetime
    """In emulated time."""
    status: int | None = None
    """The receiver's answer, or None when there was none."""
    error: str | None = None
    """Why there was no answer; ``"host not allowed"`` when the callback was held back."""

    @property
    def confirmed(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and self.status in self.callback.received

    @property
    def is_repeated(self) -> bool:
        """Whether the vendor posts it again after this, while there are attempts left."""
        if self.callback.retried is None:
            return not self.confirmed
        return self.status in self.callback.retried


class PostOrder(Enum):
    """In which order callbacks are posted that are due together, as after a clock's jump (T60)."""

    IN_ORDER = "in_order"
    """As what they tell of happened."""
    REVERSED = "reversed"
    """What happened last is told first."""


@frozen(kw_only=True)
class Posting:
    """When an emulator posts what it has to tell; how often is said by each :class:`Callback`."""

    order: PostOrder = PostOrder.IN_ORDER
    """The order of those that are due together."""
    delay: timedelta = timedelta()
    """How long after it happened a message's change is told of, in emulated time."""
    before_answer: bool = False
    """Whether what a request makes happen at once is told of before the request is answered."""


Maker: TypeAlias = Callable[[], Callback | None]
"""Makes a callback at the moment it is due; None when there is nothing left to tell."""


@define(order=True)
class _Due:
    at: datetime
    number: int
    make: Maker = field(eq=False, order=False)
    attempt: int = field(default=1, eq=False, order=False)


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine: a loopback address, or the name ``localhost``."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class CallbackPoster:
    """Posts callbacks as their time comes, to loopback and to the hosts it was allowed only.

    Redirects are not followed, so an allowed receiver cannot send a callback elsewhere. *order* is
    asked for whenever there is something to post.
    """

    def __init__(
        self, clock: SandboxClock, hosts: Collection[str], order: Callable[[], PostOrder]
    ) -> None:
        self.posted: list[PostedCallback] = []
        self._clock = clock
        self._hosts = frozenset(host.casefold() for host in hosts)
        self._order = order
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._changed = asyncio.Event()
        self._posting = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None

    def schedule(self, at: datetime, make: Maker) -> None:
        """Post what *make* returns once the clock shows *at*."""
        self._await_turn(_Due(at, next(self._numbers), make))

    async def post_at_once(self, makers: Sequence[Maker]) -> None:
        """Return when what *makers* return was posted and answered, whatever else is due.

        Whoever gives up on that leaves the rest to be posted like anything that is due.
        """
        left = [_Due(self._clock.now(), next(self._numbers), make) for make in makers]
        try:
            while left:
                await self._post(left[0])
                left.pop(0)
        finally:
            for due in left:
                self._await_turn(due)

    def wake(self) -> None:
        """Look at the clock again: it was moved."""
        self._changed.set()

    async def run(self) -> None:
        """Post callbacks as they fall due, until cancelled."""
        while True:
            self._changed.clear()
            await self.settle()
            seconds = self._clock.seconds_until(self._due[0].at) if self._due else None
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def settle(self) -> None:
        """Return when every callback that is due by now was posted and answered."""
        async with self._posting:
            while next_ones := self._next_ones():
                for due in next_ones:
                    await self._post(due)

    async def close(self) -> None:
        """Give up the connections; callbacks not yet due are never posted."""
        self._due.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _next_ones(self) -> list[_Due]:
        """What to post before the clock is looked at again."""
        now = self._clock.now()
        taken: list[_Due] = []
        while self._due and self._due[0].at <= now:
            taken.append(heapq.heappop(self._due))
            if self._order() is PostOrder.IN_ORDER:
                break  # a repetition may come between two others
        taken.reverse()
        return taken

    def _await_turn(self, due: _Due) -> None:
        heapq.heappush(self._due, due)
        self._changed.set()

    async def _post(self, due: _Due) -> None:
        callback = due.make()
        if callback is None:
            return
        for _ in range(callback.copies if due.attempt == 1 else 1):
            outcome = await self._deliver(callback)
            self.posted.append(outcome)
            _warn_unless_taken(outcome)
            if outcome.is_repeated and due.attempt < callback.attempts:
                self._await_turn(
                    evolve(due, at=due.at + callback.retry_after, attempt=due.attempt + 1)
                )

    async def _deliver(self, callback: Callback) -> PostedCallback:
        outcome = PostedCallback(callback, self._clock.now())
        if not self._may_reach(callback.url):
            return evolve(outcome, error=_HELD_BACK)
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        try:
            async with self._session.post(
                callback.url,
                data=callback.body,
                headers=dict(callback.headers),
                allow_redirects=False,
            ) as answer:
                await answer.read()
                return evolve(outcome, status=answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return evolve(outcome, error=type(error).__name__)

    def _may_reach(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"} or not host:
            return False
        return is_loopback(host) or host in self._hosts


def _warn_unless_taken(outcome: PostedCallback) -> None:
    """Say so where nobody took a callback: without its path, which may hold a secret (T68)."""
    if outcome.confirmed:
        return
    try:
        place = urlsplit(outcome.callback.url).netloc.rpartition("@")[2]
    except ValueError:
        place = "nowhere"
    what = f"no answer ({outcome.error})" if outcome.status is None else str(outcome.status)
    if outcome.error == _HELD_BACK:
        what = "held back, as the host is neither loopback nor one of callback_hosts"
    _log.warning("A callback to %s: %s", place, what)
