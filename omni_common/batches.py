"""How ``send_many`` sends: messages go in, and outcomes come out in the same order.

Messages are gathered into batches, a few of which are under way at once. What cannot go into a bulk
call is a batch of its own, and leaves the one that is being gathered as it is. The async stream and
the blocking one each feed a :class:`Batches`.

A signal handler may raise wherever a call is made, so what must happen to a message together, such
as counting an outcome and handing it out, is written without a call in between.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from operator import is_
from traceback import extract_tb
from typing import TYPE_CHECKING, TypeVar

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.clock import Timer
from omni_common.errors import (
    AnswerLostError,
    ClientClosedError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.failure import failed
from omni_common.history import Account, History, accounting, is_unheard, nowhere
from omni_common.message import Channel, Message
from omni_common.receipt import NotSent, SendOutcome, Unknown

if TYPE_CHECKING:
    from omni_common.provider import OmniProvider

__all__ = ["Batches", "bulk_rule", "no_message", "outcomes_of"]

E = TypeVar("E", NotSentError, OutcomeUnknownError)
_log = logging.getLogger(__name__)

_LINGER = 0.2
"""Seconds that a batch which is not full waits for more messages."""
_BATCHES_AT_ONCE = 4
_SINGLES_AT_ONCE = 32
_WEIGHT_OF_BATCH = _SINGLES_AT_ONCE // _BATCHES_AT_ONCE
_GRACE = 1.0
"""Seconds that requests which have left get to be answered when the stream is closed."""
_UNTRIED = History(nowhere)


class _Batch:
    """Messages read together: those that may be sent go out in one call."""

    def __init__(self, provider: str, weight: int) -> None:
        self.weight = weight
        self.messages: list[Message] = []
        self.outcomes: list[SendOutcome | None] = []
        self.history = History(nowhere)  # who holds the batch accounts for its messages
        self.task: asyncio.Task[None] | None = None
        self.reported = 0
        self._provider = provider

    @property
    def settled(self) -> bool:
        return self.task is not None and self.task.done()

    def outcome(self, index: int) -> SendOutcome:
        """The outcome of a message from what is known at this moment."""
        return self.outcomes[index] or _interrupted(
            self.messages[index], self._provider, self.history
        )

    @property
    def is_reported(self) -> bool:
        return self.reported == len(self.messages)


class Batches:
    """Messages go in, outcomes come out, in the same order.

    Each outcome is handed out, or told to the account when all is over: at :meth:`close`, or when
    nobody refers to this any more.
    """

    def __init__(self, provider: OmniProvider, account: Account | None = None) -> None:
        """Prepare; nothing runs until a message is put in.

        Args:
            provider: Sends the messages.
            account: Who is told of what is not handed out; by default whom the context names.
        """
        capabilities = provider.capabilities
        self.incoming: list[Message] = []
        """Messages that were read and wait to be put in. To be written to with ``+=`` alone."""
        self.ready: deque[SendOutcome] = deque()
        """Outcomes that :meth:`take` has laid out to be handed out."""
        self._provider = provider
        self._name = capabilities.provider
        self._size = capabilities.batch_size
        self._goes_in_bulk = bulk_rule(capabilities)
        self._account = accounting.get() if account is None else account
        self._order: deque[_Batch] = deque()
        """For each message that is not handed out, in the order they came in, its batch."""
        self._batches: list[_Batch] = []
        self._open: _Batch | None = None
        self._has_left = False
        self._due = 0.0
        self._linger: Timer | None = None
        self._stopped = False
        self._settled = asyncio.Event()
        self._room = asyncio.Event()
        self._left: list[SendOutcome] = []
        self._told = 0
        self._process = os.getpid()

    def __del__(self) -> None:
        # After a fork the messages are the parent's.
        if getattr(self, "_process", None) == os.getpid():
            self.account()

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self._name

    @property
    def capacity(self) -> int:
        """How many messages may be under way at once."""
        return self._size * (_BATCHES_AT_ONCE if self._size > 1 else _SINGLES_AT_ONCE)

    @property
    def is_empty(self) -> bool:
        """Whether every message that was put in has been reported."""
        return not self._order

    @property
    def has_outcome(self) -> bool:
        """Whether :meth:`take` would return something now."""
        return bool(self._order) and self._order[0].settled

    def put(self) -> None:
        """Take in the oldest of :attr:`incoming`; it is checked now and sent with its batch.

        Raises:
            TypeError: It is no ``Message``, and is dropped.
        """
        message = self.incoming[0]
        if not isinstance(message, Message):
            del self.incoming[0]
            raise no_message(message)
        refusal = self._refusal_of(message)
        is_alone = not self._goes_in_bulk(message)
        batch = self._new_batch(1) if is_alone else self._open or self._opened()
        batch.messages += (message,)
        batch.outcomes += (refusal,)
        self._order += (batch,)
        del self.incoming[0]
        if is_alone:
            self._start(batch)
        # The timer cannot run while a blocking source holds the loop, so time is looked at, too.
        is_due = self._open is not None and self._provider.clock.monotonic() >= self._due
        if is_due or (not is_alone and len(batch.messages) >= self._size):
            self.flush()

    def flush(self) -> None:
        """Send what was put in, without waiting for the batch to fill."""
        if self._stopped:
            return
        self._forget_linger()
        batch, self._open = self._open, None
        if batch is not None:
            self._start(batch)

    def take(self) -> None:
        """Lay out the outcomes that are next in order and known, if any: they are then ready."""
        while (outcome := self.take_one()) is not None:
            self.ready.append(outcome)

    def take_one(self) -> SendOutcome | None:
        """Hand out the next outcome in order, if it is known."""
        if not self.has_outcome:
            return None
        batch = self._order[0]
        outcome = batch.outcome(batch.reported)
        if batch.reported + 1 == len(batch.messages):
            self._room.set()
        batch.reported += 1
        del self._order[0]
        return outcome

    async def room(self) -> None:
        """Return when there is room for another message; lets others run if a batch has left."""
        if not self._has_left:
            return
        self._has_left = False
        await asyncio.sleep(0)
        while self._weight_under_way() >= _SINGLES_AT_ONCE:
            self.flush()  # what was gathered may be what all the others' outcomes wait for
            self._room.clear()
            await self._room.wait()

    async def settled(self) -> None:
        """Return when a batch is settled, or :meth:`wake` is called, after this call."""
        self._settled.clear()
        await self._settled.wait()

    def wake(self, _: object = None) -> None:
        """Let :meth:`settled` return; takes the task that is done, if it is called for one."""
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
            self.account()

    def account(self) -> None:
        """Tell of every message that was not handed out; each is told of once.

        Nothing may be going on any more. An interruption does not keep it from being told.
        """
        try:
            self._tell()
        finally:
            self._tell()

    def unreported(self) -> tuple[SendOutcome, ...]:
        """An outcome for every message that came in and was not handed out, in order."""
        places = {batch: count(batch.reported) for batch in self._batches}
        batched = (batch.outcome(next(places[batch])) for batch in self._order)
        kept_back = (_interrupted(message, self._name, _UNTRIED) for message in self.incoming)
        return (*self._left, *self.ready, *batched, *kept_back)

    def _tell(self) -> None:
        with suppress(IndexError):  # the thread that takes may be the one to take the last
            while True:
                self._left.append(self.ready.popleft())
        while self._order:
            batch = self._order[0]
            outcome = batch.outcome(batch.reported)
            self._left += (outcome,)
            batch.reported += 1
            del self._order[0]
        while self.incoming:
            outcome = _interrupted(self.incoming[0], self._name, _UNTRIED)
            self._left += (outcome,)
            del self.incoming[0]
        while self._told < len(self._left):
            outcome = self._left[self._told]
            self._account(self._name, outcome.message.reference, outcome.outcome)
            self._told += 1

    def _new_batch(self, weight: int) -> _Batch:
        batch = _Batch(self._name, weight)
        self._batches = [each for each in self._batches if not each.is_reported]
        self._batches += (batch,)
        return batch

    def _opened(self) -> _Batch:
        batch = self._new_batch(_WEIGHT_OF_BATCH)
        self._due = self._provider.clock.monotonic() + _LINGER
        if not self._stopped:
            self._linger = self._provider.clock.call_later(_LINGER, self.flush)
        self._open = batch
        return batch

    def _start(self, batch: _Batch) -> None:
        if self._stopped:
            return
        self._has_left = True
        batch.task = asyncio.create_task(self._send(batch))
        batch.task.add_done_callback(self.wake)  # it may end before it has begun

    def _weight_under_way(self) -> int:
        return sum(
            batch.weight
            for batch in self._batches
            if batch is not self._open and not batch.is_reported
        )

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
        batch.task = asyncio.current_task()  # an interruption may have kept it from being noted
        if self._stopped:  # without it, so that nobody could tell it
            return
        accounting.set(nowhere)  # in this task: what is not handed out is told by `account`
        indexes = [index for index, outcome in enumerate(batch.outcomes) if outcome is None]
        if indexes:
            messages = [batch.messages[index] for index in indexes]
            outcomes = await outcomes_of(self._provider, messages, batch.history)
            for index, outcome in zip(indexes, outcomes, strict=True):
                batch.outcomes[index] = outcome


async def outcomes_of(
    provider: OmniProvider, messages: Sequence[Message], history: History
) -> Sequence[SendOutcome]:
    """Send *messages* in one batch of *provider*'s; an outcome for each, whatever that raises."""
    try:
        outcomes = await provider.send_batch(messages, history)
        _check_outcomes(outcomes, messages)
    except (NotSentError, OutcomeUnknownError) as error:
        return [failed(message, error) for message in messages]
    except Exception as error:
        if is_unheard(error):
            raise
        # A provider that breaks its contract.
        name = provider.capabilities.provider
        unknown = _broken(name, error, OutcomeUnknownError, "it may have been sent")
        return [failed(message, unknown) for message in messages]
    return outcomes


def bulk_rule(can: Capabilities) -> Callable[[Message], bool]:
    """What tells whether a message may share a call, of a provider that *can* do this."""
    if can.batch_size == 1:
        return lambda _: False
    alone, together = _without_bulk(can.channels), _without_bulk(can.cascade)

    def goes_in_bulk(message: Message) -> bool:
        channels = message.channels
        return (together if len(channels) > 1 else alone).isdisjoint(channels)

    return goes_in_bulk


def _without_bulk(channels: Mapping[Channel, ChannelCapabilities]) -> frozenset[Channel]:
    return frozenset(channel for channel, can in channels.items() if not can.bulk)


def no_message(thing: object) -> TypeError:
    """The error for something else than a message."""
    return TypeError(f"send_many takes messages, not {type(thing).__name__}")


def _check_outcomes(outcomes: Sequence[SendOutcome], messages: Sequence[Message]) -> None:
    if len(outcomes) == len(messages) and all(
        map(is_, (outcome.message for outcome in outcomes), messages)
    ):
        return  # as most are, and nothing is quicker to see
    answered = [outcome.message.reference for outcome in outcomes]
    if answered != [message.reference for message in messages]:
        raise ValueError("the outcomes are not those of the messages, one for each in their order")
    if len(set(answered)) < len(answered) and any(
        outcome.message != message for outcome, message in zip(outcomes, messages, strict=True)
    ):
        raise ValueError("the outcomes of messages with one reference are out of order")


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
