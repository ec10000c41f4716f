"""Who waits for news of which message, and the questions that they share."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self

from omni_common.clock import Clock
from omni_common.errors import ForeignIdError, NotSupportedError, UnknownMessageError
from omni_common.polling import Looks, stretch_of
from omni_common.provider import OmniProvider
from omni_common.redaction import shown_id
from omni_common.report import DeliveryReport, DeliveryState
from omni_common.track import Track
from omni_common.tracker.inquiry import Inquiry, Past

__all__ = ["Audience", "Waiting"]

_REMEMBERED = 10_000
"""Messages nobody waits for any more whose last question is remembered."""


class Audience:
    """Who waits for which message. All who wait for one share the questions to the provider.

    So do those who wait for it one after the other: what was asked last is remembered for as long
    as it keeps the next question from being asked, of 10,000 messages at most.
    """

    def __init__(
        self,
        provider: OmniProvider | None,
        clock: Clock,
        heard: Callable[[str, Track], Awaitable[object]],
    ) -> None:
        """Begin with nobody.

        Args:
            provider: Is asked, if there is one.
            clock: Where the time comes from.
            heard: Is told the id of a message and what the provider told of it.
        """
        self.clock = clock
        self._provider = provider
        self._heard = heard
        self._bells: dict[str, set[asyncio.Event]] = {}
        self._inquiries: dict[str, Inquiry] = {}
        self._pasts: OrderedDict[str, Past] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits, and nothing is asked."""
        return not (self._bells or self._inquiries)

    @property
    def provider_name(self) -> str | None:
        """The name of the provider, if there is one."""
        return None if self._provider is None else self._provider.capabilities.provider

    def join(self, id: str, bell: asyncio.Event) -> Inquiry | None:
        """Let *bell* ring when a message has news; ask for them, if there is a provider."""
        self._forget_other_loops()
        self._bells.setdefault(id, set()).add(bell)
        if self._provider is None:
            return None
        inquiry = self._inquiries.get(id)
        if inquiry is None or inquiry.is_over:
            past = self._pasts.pop(id, Past()) if inquiry is None else inquiry.past
            inquiry = self._inquiries[id] = Inquiry(
                self._provider.status,
                id,
                self.clock,
                past,
                heard=partial(self._heard, id),
                ended=partial(self.ring, [id]),
            )
        inquiry.join()
        return inquiry

    async def leave(self, id: str, bell: asyncio.Event, inquiry: Inquiry | None) -> None:
        """Undo :meth:`join`."""
        bells = self._bells.get(id, set())
        bells.discard(bell)
        if not bells:
            self._bells.pop(id, None)
        if inquiry is not None and inquiry.leave():
            if self._inquiries.get(id) is inquiry:
                del self._inquiries[id]
                self._remember(id, inquiry.past)
            await inquiry.end()

    def ring(self, ids: Iterable[str]) -> None:
        """Wake all who wait for one of these messages."""
        self._forget_other_loops()
        for id in ids:
            for bell in self._bells.get(id, ()):
                bell.set()

    def _remember(self, id: str, past: Past) -> None:
        self._pasts[id] = past
        now = self.clock.monotonic()
        while self._pasts:
            oldest = next(iter(self._pasts.values()))
            if len(self._pasts) <= _REMEMBERED and oldest.earliest > now:
                return
            self._pasts.popitem(last=False)

    def _forget_other_loops(self) -> None:
        """Forget who waited on an event loop that was left for this one: none can be woken."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self._loop = loop
        self._bells.clear()
        for id, inquiry in self._inquiries.items():
            self._remember(id, inquiry.past)
        self._inquiries.clear()


class Waiting(AsyncIterator[DeliveryReport]):
    """One who waits: yields what is known of a message, then every change, until a time is up.

    Enter it first; the time begins then. It yields one report at least, or raises at the end.
    """

    def __init__(
        self,
        audience: Audience,
        id: str,
        known: Callable[[], Awaitable[Track | None]],
        timeout: timedelta,
    ) -> None:
        """Prepare to wait in *audience* for the message *id*, of which *known* tells the track."""
        self._audience = audience
        self._id = id
        self._known = known
        self._timeout = timeout
        self._bell = asyncio.Event()
        self._inquiry: Inquiry | None = None
        self._deadline = 0.0
        self._looks: Looks | None = None
        self._last: DeliveryReport | None = None
        self._is_over = False

    async def __aenter__(self) -> Self:
        self._deadline = self._audience.clock.monotonic() + self._timeout.total_seconds()
        self._inquiry = self._audience.join(self._id, self._bell)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._audience.leave(self._id, self._bell, self._inquiry)

    async def __anext__(self) -> DeliveryReport:
        """The next report that is not the one before."""
        while not self._is_over:
            if await self._is_time_to_look():
                # Whatever is recorded from here on is in what is read now, or rings again.
                self._bell.clear()
                track = await self._look()
                report = None if track is None else track.report()
            else:
                self._is_over = True
                report = await self._last_word()
            if report is not None and report != self._last:
                self._last = report
                return report
        raise StopAsyncIteration

    async def _is_time_to_look(self) -> bool:
        """Wait until there may be news; False when the time is up, or waiting makes no sense."""
        if self._looks is None:
            stretch = stretch_of(self._id)
            self._looks = Looks(self._audience.clock, self._deadline, stretch)
            return True
        is_time = await self._looks.again(self._bell)
        return is_time and (self._inquiry is None or self._inquiry.failure is None)

    async def _look(self) -> Track | None:
        """What is known, also if the store could not keep what was answered."""
        track = await self._known()
        answered = None if self._inquiry is None else self._inquiry.track
        if track is None or answered is None:
            return track or answered
        return track.merged(answered)

    async def _last_word(self) -> DeliveryReport:
        """What to say when the time is up."""
        inquiry = self._inquiry
        if inquiry is not None:
            await inquiry.last_answer()
            if inquiry.failure is not None:
                raise inquiry.failure
        track = await self._look()
        trouble = None if inquiry is None else inquiry.trouble
        is_newborn = isinstance(trouble, UnknownMessageError) and not (inquiry and inquiry.is_over)
        can_tell = not isinstance(trouble, NotSupportedError | ForeignIdError)
        is_heard = track is not None and track.heard
        if trouble is not None and can_tell and not is_newborn and not is_heard:
            raise trouble
        if track is not None:
            return track.report()
        if is_newborn:
            return DeliveryReport(self._id, DeliveryState.ACCEPTED)
        id, provider = shown_id(self._id), self._audience.provider_name
        msg = f"nothing was heard of the message {id} in time, and its receipt is not known"
        raise UnknownMessageError(msg, provider=provider) from trouble
