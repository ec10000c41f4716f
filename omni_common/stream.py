"""``send_many``: a stream of outcomes, in input order, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Self

from omni_common.batches import Batches
from omni_common.message import Message
from omni_common.receipt import SendOutcome
from omni_common.source import as_async

if TYPE_CHECKING:
    from omni_common.provider import OmniProvider

__all__ = ["OutcomeStream"]


class OutcomeStream:
    """The outcomes of many messages: an async iterator, best used as a context manager.

    It reads its source only as fast as outcomes are taken. Leaving the context, by ``break``, an
    error or cancellation, stops it; :attr:`unreported` then holds an outcome for every message that
    was read and not handed out, and each of these leaves a record on ``omni_common.outcome``.
    Iterating it without a context works too, and stops it likewise when the loop is left.
    """

    def __init__(
        self, provider: OmniProvider, messages: Iterable[Message] | AsyncIterable[Message]
    ) -> None:
        """Prepare; nothing is read before the first outcome is asked for."""
        self._provider = provider
        self._source = as_async(messages)
        self._batches: Batches | None = None
        self._reader: asyncio.Task[None] | None = None
        self._entered = False
        self._closed = False

    @property
    def unreported(self) -> tuple[SendOutcome, ...]:
        """An outcome for every message read but not handed out, in order."""
        return () if self._batches is None else self._batches.unreported()

    async def __aenter__(self) -> Self:
        self._entered = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[SendOutcome]:
        # A loop over the bare stream has no other moment to clean up than the end of the loop;
        # inside its context the stream may be left by break and iterated again.
        return self if self._entered else self._iterate_once()

    async def __anext__(self) -> SendOutcome:
        """The next outcome, in the order of the messages.

        Raises:
            StopAsyncIteration: All are out, or the stream is closed.
            Exception: The source's own error, after the outcomes of all that was read.
        """
        outcome = await self._next()
        if outcome is None:
            raise StopAsyncIteration
        return outcome

    async def close(self) -> None:
        """Stop reading and sending; see the class for what is left. Safe to repeat.

        Raises:
            Exception: The source's own error, if it fails while it is told to stop.
        """
        batches, reader = self._batches, self._reader
        is_first = not self._closed
        was_reading = reader is not None and not reader.done()
        if is_first and reader is not None:
            reader.cancel()
        self._closed = True
        if batches is None or reader is None:
            return
        # Whoever comes later does all of this again, since an interruption may have struck the
        # first one anywhere: to wait for word from it could be to wait for ever.
        try:
            await batches.close()
        finally:
            try:
                await asyncio.gather(reader, return_exceptions=True)
            finally:
                batches.account()
        if is_first and was_reading and not reader.cancelled():
            reader.result()

    async def _next(self) -> SendOutcome | None:
        while not self._closed:
            if self._batches is None or self._reader is None:
                self._batches = Batches(self._provider)
                self._reader = asyncio.create_task(self._read(self._batches))
                self._reader.add_done_callback(self._batches.wake)
            batches, reader = self._batches, self._reader
            outcome = batches.take_one()
            if outcome is not None:
                return outcome
            if reader.done():
                batches.flush()
                if batches.is_empty:
                    await self.close()
                    reader.result()
                    break
            await batches.settled()
        return None

    async def _iterate_once(self) -> AsyncIterator[SendOutcome]:
        try:
            while True:  # a loop with a condition steps back to its body, where Ctrl-C may strike
                outcome = await self._next()
                if outcome is None:
                    return
                yield outcome
        finally:
            await self.close()

    async def _read(self, batches: Batches) -> None:
        # Closed here and not by close(): a generator wants to end in the task it ran in.
        async with aclosing(self._source) as messages:
            async for message in messages:
                batches.incoming += (message,)
                batches.put()
                if self._closed:  # a source may swallow its cancellation and go on
                    return
                await batches.room()
