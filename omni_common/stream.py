"""``send_many``: a stream of outcomes, in input order, in bounded memory.

Messages are gathered into batches; a few batches are under way at once; outcomes are handed out in
the order in which the messages were read. :class:`Batches` does this for messages that are pushed
into it, and is shared by the blocking facade; :class:`OutcomeStream` feeds it from a source.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from traceback import extract_tb
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from omni_common.clock import Timer
from omni_common.errors import (
    AnswerLostError,
    ClientClosedError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.failure import failed
from omni_common.history import History, accounted, record_interrupted
from omni_common.message import Message
from omni_common.receipt import NotSent, SendOutcome, Unknown
from omni_common.source import as_async

if TYPE_CHECKING:
    from omni_common.provider import OmniProvider

__all__ = ["Batches", "OutcomeStream"]

E = TypeVar("E", NotSentError, OutcomeUnknownError)
_log = logging.getLogger(__name__)

_LINGER = 0.2
"""Seconds that a batch which is not full waits for more messages."""
_BATCHES_AT_ONCE = 4
_SINGLES_AT_ONCE = 32
_GRACE = 1.0
"""Seconds that requests which have left get to be answered when the stream is closed."""


class _Batch:
    """Messages read together: those that may be sent go out in one call."""

    def __init__(self, provider: str) -> None:
        self.messages: list[Message] = []
        self.outcomes: list[SendOutcome | None] = []
        self.history = History()
        self.task: asyncio.Task[None] | None = None
        self.reported = 0
        self._provider = provider

    @property
    def settled(self) -> bool:
        return self.task is not None and self.task.done()

    def add(self, message: Message, outcome: SendOutcome | None) -> None:
        self.messages.append(message)
        self.outcomes.append(outcome)

    def outcome(self, index: int) -> SendOutcome:
        """The outcome of a message from what is known at this moment."""
        return self.outcomes[index] or _interrupted(
            self.messages[index], self._provider, self.history
        )

    def unreported(self) -> list[SendOutcome]:
        """An outcome for every message not handed out yet."""
        return [self.outcome(index) for index in range(self.reported, len(self.messages))]

    def settle(self) -> None:
        """Nothing more will be known: what is not answered for stays so."""
        self.outcomes = [self.outcome(index) for index in range(len(self.messages))]


class Batches:
    """Messages go in, outcomes come out, in the same order."""

    def __init__(self, provider: OmniProvider) -> None:
        """Prepare; nothing runs until a message is put in."""
        capabilities = provider.capabilities
        self._provider = provider
        self._name = capabilities.provider
        self._size = capabilities.batch_size
        self._limit = _BATCHES_AT_ONCE if self._size > 1 else _SINGLES_AT_ONCE
        self._batches: deque[_Batch] = deque()
        self._open: _Batch | None = None
        self._due = 0.0
        self._linger: Timer | None = None
        self._stopped = False
        self._settled = asyncio.Event()
        self._room = asyncio.Event()

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self._name

    @property
    def capacity(self) -> int:
        """How many messages may be under way at once."""
        return self._size * self._limit

    @property
    def is_empty(self) -> bool:
        """Whether every message that was put in has been reported."""
        return not self._batches

    @property
    def has_outcome(self) -> bool:
        """Whether :meth:`take` would return something now."""
        return bool(self._batches) and self._batches[0].settled

    def put(self, message: Message) -> None:
        """Take in a message; it is checked now and sent with its batch.

        Raises:
            TypeError: *message* is no ``Message``.
        """
        if not isinstance(message, Message):
            raise TypeError(f"send_many takes messages, not {type(message).__name__}")
        refusal = self._refusal_of(message)
        if self._open is None:
            self._open = _Batch(self._name)
            self._batches.append(self._open)
            self._due = self._provider.clock.monotonic() + _LINGER
            if not self._stopped:
                self._linger = self._provider.clock.call_later(_LINGER, self.flush)
        self._open.add(message, refusal)
        # The timer cannot run while a blocking source holds the loop, so time is looked at, too.
        is_due = self._provider.clock.monotonic() >= self._due
        if is_due or len(self._open.messages) >= self._size:
            self.flush()

    def flush(self) -> None:
        """Send what was put in, without waiting for the batch to fill."""
        if self._stopped:
            return
        self._forget_linger()
        batch, self._open = self._open, None
        if batch is not None:
            batch.task = asyncio.create_task(self._send(batch))

    def take(self) -> list[SendOutcome]:
        """The outcomes that are next in order and known; may be empty."""
        taken: list[SendOutcome] = []
        while self.has_outcome:
            taken += self._batches.popleft().unreported()
            self._room.set()
        return taken

    def take_one(self) -> SendOutcome | None:
        """The next outcome in order, if it is known."""
        if not self.has_outcome:
            return None
        batch = self._batches[0]
        outcome = batch.outcome(batch.reported)
        batch.reported += 1
        if batch.reported == len(batch.messages):
            self._batches.popleft()
            self._room.set()
        return outcome

    async def room(self) -> None:
        """Return when there is room for another message; lets others run if a batch has left."""
        if self._open is None:
            await asyncio.sleep(0)
        while len(self._batches) - (self._open is not None) >= self._limit:
            self._room.clear()
            await self._room.wait()

    async def settled(self) -> None:
        """Return when a batch is settled, or :meth:`wake` is called, after this call."""
        self._settled.clear()
        await self._settled.wait()

    def wake(self) -> None:
        """Let :meth:`settled` return."""
        self._settled.set()

    def stop(self) -> None:
        """Let nothing leave any more."""
        self._stopped = True
        self._forget_linger()
        for batch in self._batches:
            if batch.task is not None and batch.history.outcome is Outcome.NOT_SENT:
                batch.task.cancel()

    async def close(self) -> None:
        """Stop: requests that have left get a moment to be answered, the others never leave."""
        self.stop()
        tasks = [batch.task for batch in self._batches if batch.task is not None]

        def give_up() -> None:
            for task in tasks:
                task.cancel()

        grace = self._provider.clock.call_later(_GRACE, give_up)
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            grace.cancel()
            for batch in self._batches:
                batch.settle()

    def unreported(self) -> tuple[SendOutcome, ...]:
        """An outcome for every message that was put in and not taken out, in order."""
        return tuple(outcome for batch in self._batches for outcome in batch.unreported())

    def _refusal_of(self, message: Message) -> NotSent | None:
        try:
            errors = self._provider.check(message)
        except Exception as error:  # noqa: BLE001 - the provider breaks its contract
            errors = [_broken(self._name, error, NotSentError, "nothing was sent")]
        return NotSent(message, errors[0].about(message.reference)) if errors else None

    def _forget_linger(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    async def _send(self, batch: _Batch) -> None:
        accounted.set(True)  # for this task alone: what is left unreported is recorded by `close`
        indexes = [index for index, outcome in enumerate(batch.outcomes) if outcome is None]
        try:
            if indexes:
                messages = [batch.messages[index] for index in indexes]
                outcomes = await self._outcomes_of(messages, batch.history)
                for index, outcome in zip(indexes, outcomes, strict=True):
                    batch.outcomes[index] = outcome
        finally:
            self.wake()

    async def _outcomes_of(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        try:
            outcomes = await self._provider.send_batch(messages, history)
            _check_outcomes(outcomes, messages)
        except (NotSentError, OutcomeUnknownError) as error:
            return [failed(message, error) for message in messages]
        except Exception as error:  # noqa: BLE001 - a provider that breaks its contract
            unknown = _broken(self._name, error, OutcomeUnknownError, "it may have been sent")
            return [failed(message, unknown) for message in messages]
        return outcomes


def _check_outcomes(outcomes: Sequence[SendOutcome], messages: Sequence[Message]) -> None:
    answered = [outcome.message.reference for outcome in outcomes]
    if answered != [message.reference for message in messages]:
        raise ValueError("the outcomes are not those of the messages, one for each in their order")


def _broken(provider: str, error: Exception, kind: type[E], consequence: str) -> E:
    # What the error says may quote the message, so only what and where it is gets logged.
    name = type(error).__name__
    for place in extract_tb(error.__traceback__)[-1:]:
        _log.error("%s: %s in %s, line %s", provider, name, place.name, place.lineno)
    broken = kind(f"{provider}: {name} inside the provider; {consequence}", provider=provider)
    broken.__cause__ = error
    return broken


def _interrupted(message: Message, provider: str, history: History) -> NotSent | Unknown:
    kind: type[NotSentError | OutcomeUnknownError]
    if history.outcome is Outcome.NOT_SENT:
        kind, left = ClientClosedError, "left; nothing was sent"
    else:
        kind, left = AnswerLostError, "was answered for; it may have been sent"
    text = f"{provider}: the stream was closed before this message {left}"
    return failed(message, kind(text, provider=provider, attempts=history.attempts))


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
        self._ended = asyncio.Event()

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
        while not self._closed:
            if self._batches is None or self._reader is None:
                self._batches = Batches(self._provider)
                self._reader = asyncio.create_task(self._read(self._batches))
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
        raise StopAsyncIteration

    async def close(self) -> None:
        """Stop reading and sending; see the class for what is left. Safe to repeat.

        Raises:
            Exception: The source's own error, if it fails while it is told to stop.
        """
        if self._closed:
            await self._ended.wait()
            return
        self._closed = True
        try:
            if self._batches is not None and self._reader is not None:
                await self._stop(self._batches, self._reader)
        finally:
            self._ended.set()
            name = self._provider.capabilities.provider
            for outcome in self.unreported:
                record_interrupted(name, outcome.message.reference, outcome.outcome)

    async def _stop(self, batches: Batches, reader: asyncio.Task[None]) -> None:
        was_reading = not reader.done()
        reader.cancel()
        try:
            await batches.close()
        finally:
            await asyncio.gather(reader, return_exceptions=True)
        if was_reading and not reader.cancelled():
            reader.result()

    async def _iterate_once(self) -> AsyncIterator[SendOutcome]:
        try:
            while True:
                try:
                    outcome = await self.__anext__()
                except StopAsyncIteration:
                    return
                yield outcome
        finally:
            await self.close()

    async def _read(self, batches: Batches) -> None:
        try:
            # Closed here and not by close(): a generator wants to end in the task it ran in.
            async with aclosing(self._source) as messages:
                async for message in messages:
                    batches.put(message)
                    if self._closed:  # a source may swallow its cancellation and go on
                        return
                    await batches.room()
        finally:
            batches.wake()
