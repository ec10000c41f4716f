"""The blocking twin of the outcome stream: the source is read in the caller's own thread.

What is read, what is known and what was handed out is kept where both threads find it, and moved in
single steps: a signal handler may raise in the caller's thread wherever a call is made, and when
the client is closed the loop thread accounts for all that was not handed out.

Nobody waits for a message to be taken in. The loop thread takes in all that it finds when it comes
to it: many at a time from a fast source, and each as it comes from a slow one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from itertools import repeat, starmap
from types import TracebackType
from typing import Self

from omni_common.batches import Batches, no_message
from omni_common.errors import ClientClosedError, OutcomeUnknownError
from omni_common.history import Account, accounting
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import SendOutcome
from omni_common.sync.call import Call
from omni_common.sync.loop_thread import LoopThread
from omni_common.sync.portal import Portal

__all__ = ["OutcomeStream"]

_TAKEN_IN_AT_ONCE = 100
"""Messages that are taken in before others may run on the loop."""


class OutcomeStream:
    """The outcomes of many messages: an iterator, best used as a context manager.

    It reads its source only as fast as outcomes are taken, in the thread that takes them; batches
    are sent in the background meanwhile. Leaving the context stops it; :attr:`unreported` then
    holds an outcome for every message that was read and not handed out, and each of these leaves a
    record on ``omni_common.outcome``. Iterating it without a context works too, and stops it
    likewise when the loop is left. One that is still open when the client is closed, be it at the
    end of the program, is stopped then. For one thread at a time.
    """

    def __init__(self, portal: Portal[OmniProvider], messages: Iterable[Message]) -> None:
        """Prepare; nothing is read before the first outcome is asked for."""
        self._portal = portal
        self._source = iter(messages)
        self._account = accounting.get()
        self._batches: Batches | None = None
        self._thread: LoopThread[OmniProvider]
        self._handed_out: Iterator[SendOutcome]
        self._taking_in: Call[OmniProvider, None] | None = None
        self._under_way = 0
        self._ended = False
        self._source_error: Exception | None = None
        self._entered = False
        self._closed = False
        self._process = os.getpid()

    @property
    def unreported(self) -> tuple[SendOutcome, ...]:
        """An outcome for every message read but not handed out, in order."""
        return () if self._batches is None else self._batches.unreported()

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
        if self._has_next():
            for outcome in self._handed_out:
                self._under_way -= 1
                return outcome
        raise StopIteration

    def close(self) -> None:
        """Stop reading and sending; see the class for what is left. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        batches = self._batches
        if batches is None or self._process != os.getpid():
            return
        if self._thread.finish(batches.close):
            batches.account()  # for what was read after the client was closed

    def _iterate_once(self) -> Iterator[SendOutcome]:
        try:
            while self._has_next():
                for outcome in self._handed_out:
                    self._under_way -= 1
                    yield outcome
                    break
        finally:
            self.close()

    def _has_next(self) -> bool:
        """Read and wait until an outcome is ready; False if there are no more."""
        if self._closed:
            return False
        try:
            self._fill(self._open())
        except ClientClosedError as error:
            if not self._under_way:
                raise
            # Not this error, which says that nothing was sent: batches may have left.
            msg = "the client was closed during the stream; its unreported says what is known"
            raise OutcomeUnknownError(msg) from error
        return not self._closed

    def _fill(self, batches: Batches) -> None:
        while not (batches.ready or self._closed):
            if batches.has_outcome:
                self._portal.call(_take, batches)
            elif not self._ended and self._under_way < batches.capacity:
                self._read_one(batches)
                self._check_process()  # a source may fork
                self._hand_over(batches)
            elif self._under_way:
                self._portal.call(lambda _: self._take_when_settled(batches))
            else:
                self._finish()

    def _open(self) -> Batches:
        self._check_process()
        if self._batches is None:
            batches = self._portal.call(_make_batches, self._account)
            self._thread = self._portal.at_end(batches.close)
            # An iterator that takes from the left: a `for` takes without a call, after which a
            # signal handler could raise, and no other thread can take the same.
            self._handed_out = starmap(batches.ready.popleft, repeat(()))
            self._batches = batches
        return self._batches

    def _check_process(self) -> None:
        if self._process != os.getpid():
            msg = "this stream was begun before a fork; begin another one in the child"
            raise RuntimeError(msg)

    def _read_one(self, batches: Batches) -> None:
        problem: Exception | None = None
        try:
            for message in self._source:
                # Nothing is called before it is kept, not even isinstance(): see above.
                if Message in message.__class__.__mro__:
                    batches.incoming += (message,)
                    self._under_way += 1
                    return
                problem = no_message(message)
                break
        except Exception as error:  # noqa: BLE001 - the source's own error, raised in its turn
            problem = error
        self._ended = True
        self._source_error = problem

    def _hand_over(self, batches: Batches) -> None:
        """See to it that what was read is taken in; a call that has not begun will find it."""
        last = self._taking_in
        if self._ended:
            self._portal.call(lambda _: self._flush(batches))
        elif last is None or last.begun or last.ended:
            call: Call[OmniProvider, None] = Call(lambda _: self._take_in(batches))
            self._portal.submit(call, to=self._thread)
            self._taking_in = call

    def _finish(self) -> None:
        self.close()
        if self._source_error is not None:
            raise self._source_error

    # What runs on the loop thread.

    async def _take_in(self, batches: Batches) -> None:
        while batches.incoming and not self._closed:
            for _ in range(min(len(batches.incoming), _TAKEN_IN_AT_ONCE)):
                batches.put()
            await asyncio.sleep(0)

    async def _flush(self, batches: Batches) -> None:
        await self._take_in(batches)
        batches.flush()

    async def _take_when_settled(self, batches: Batches) -> None:
        await self._take_in(batches)
        while not batches.has_outcome:
            await batches.settled()
        batches.take()


async def _make_batches(provider: OmniProvider, account: Account) -> Batches:
    return Batches(provider, account)


async def _take(_: OmniProvider, batches: Batches) -> None:
    batches.take()
