"""The blocking twin of the outcome stream: the source is read in the caller's own thread."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from omni_common.batches import Batches
from omni_common.errors import ClientClosedError, OutcomeUnknownError
from omni_common.failure import failed
from omni_common.history import record_interrupted
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import SendOutcome
from omni_common.sync.portal import Portal

__all__ = ["OutcomeStream"]


class OutcomeStream:
    """The outcomes of many messages: an iterator, best used as a context manager.

    It reads its source only as fast as outcomes are taken, in the thread that takes them; batches
    are sent in the background meanwhile. Leaving the context stops it; :attr:`unreported` then
    holds an outcome for every message that was read and not handed out, and each of these leaves a
    record on ``omni_common.outcome``. Iterating it without a context works too, and stops it
    likewise when the loop is left. For one thread at a time.
    """

    def __init__(self, portal: Portal[OmniProvider], messages: Iterable[Message]) -> None:
        """Prepare; nothing is read before the first outcome is asked for."""
        self._portal = portal
        self._source = iter(messages)
        self._batches: Batches | None = None
        self._taken: deque[SendOutcome] = deque()
        self._read: list[Message] = []  # on its way into the batches: the last message, at most
        self._under_way = 0
        self._ended = False
        self._source_error: Exception | None = None
        self._entered = False
        self._closed = False
        self._process = os.getpid()

    @property
    def unreported(self) -> tuple[SendOutcome, ...]:
        """An outcome for every message read but not handed out, in order."""
        if self._batches is None:
            return ()
        name = self._batches.provider
        kept_back = (_never_left(message, name) for message in self._read)
        return (*self._taken, *self._batches.unreported(), *kept_back)

    def __enter__(self) -> Self:
        self._entered = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[SendOutcome]:
        # As in the async stream: a bare loop has no other moment to clean up than its end.
        return self if self._entered else self._iterate_once()

    def __next__(self) -> SendOutcome:
        """The next outcome, in the order of the messages.

        Raises:
            StopIteration: All are out, or the stream is closed.
            OutcomeUnknownError: The client was closed meanwhile; see :attr:`unreported`.
            Exception: The source's own error, after the outcomes of all that was read.
        """
        if self._closed:
            raise StopIteration
        try:
            self._fill(self._open())
        except ClientClosedError as error:
            if not self._under_way:
                raise
            # Not this error, which says that nothing was sent: batches may have left.
            msg = "the client was closed during the stream; its unreported says what is known"
            raise OutcomeUnknownError(msg) from error
        self._under_way -= 1
        return self._taken.popleft()

    def close(self) -> None:
        """Stop reading and sending; see the class for what is left. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        batches = self._batches
        if batches is None or self._process != os.getpid():
            return
        with suppress(ClientClosedError):  # closing the portal has stopped the batches already
            self._portal.call(_close, batches)
        for outcome in self.unreported:
            record_interrupted(batches.provider, outcome.message.reference, outcome.outcome)

    def _iterate_once(self) -> Iterator[SendOutcome]:
        try:
            while True:
                try:
                    outcome = next(self)
                except StopIteration:
                    return
                yield outcome
        finally:
            self.close()

    def _fill(self, batches: Batches) -> None:
        """Read and wait until an outcome is there."""
        while not self._taken:
            if batches.has_outcome:
                self._taken += self._portal.call(_take, batches)
            elif not self._ended and self._under_way < batches.capacity:
                self._read_one(batches)
            elif self._under_way:
                self._taken += self._portal.call(_take_when_settled, batches)
            else:
                self._finish()

    def _open(self) -> Batches:
        if self._process != os.getpid():
            msg = "this stream was begun before a fork; begin another one in the child"
            raise RuntimeError(msg)
        if self._batches is None:
            self._batches = self._portal.call(_make_batches)
        return self._batches

    def _read_one(self, batches: Batches) -> None:
        try:
            message = self._next_message()
        except StopIteration:
            self._end(batches, None)
        except Exception as error:  # noqa: BLE001 - the source's own error, raised in its turn
            self._end(batches, error)
        else:
            self._under_way += 1
            self._read.append(message)
            self._portal.call(_put, batches, self._read)

    def _next_message(self) -> Message:
        message = next(self._source)
        if not isinstance(message, Message):
            raise TypeError(f"send_many takes messages, not {type(message).__name__}")
        return message

    def _end(self, batches: Batches, error: Exception | None) -> None:
        self._ended = True
        self._source_error = error
        self._portal.call(_flush, batches)

    def _finish(self) -> None:
        self.close()
        if self._source_error is not None:
            raise self._source_error
        raise StopIteration


def _never_left(message: Message, provider: str) -> SendOutcome:
    text = "the client was closed before this message left; nothing was sent"
    return failed(message, ClientClosedError(text, provider=provider))


# What runs on the loop thread; the provider is the portal's resource.


async def _make_batches(provider: OmniProvider) -> Batches:
    return Batches(provider)


async def _put(_: OmniProvider, batches: Batches, read: list[Message]) -> None:
    batches.put(read.pop())


async def _flush(_: OmniProvider, batches: Batches) -> None:
    batches.flush()


async def _take(_: OmniProvider, batches: Batches) -> list[SendOutcome]:
    return batches.take()


async def _take_when_settled(_: OmniProvider, batches: Batches) -> list[SendOutcome]:
    while not batches.has_outcome:
        await batches.settled()
    return batches.take()


async def _close(_: OmniProvider, batches: Batches) -> None:
    await batches.close()
