"""How ``send_many`` sends: messages go in, and outcomes come out in the same order.

Messages are gathered into batches, a few of which are under way at once. What cannot go into a bulk
call is a batch of its own. The async stream and the blocking one each feed a :class:`Batches`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from traceback import extract_tb
from typing import TYPE_CHECKING, TypeVar

from omni_common.clock import Timer
from omni_common.errors import (
    AnswerLostError,
    ClientClosedError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.failure import failed
from omni_common.history import History, accounted
from omni_common.message import Message
from omni_common.receipt import NotSent, SendOutcome, Unknown

if TYPE_CHECKING:
    from omni_common.provider import OmniProvider

__all__ = ["Batches"]

E = TypeVar("E", NotSentError, OutcomeUnknownError)
_log = logging.getLogger(__name__)

_LINGER = 0.2
"""Seconds that a batch which is not full waits for more messages."""
_BATCHES_AT_ONCE = 4
_SINGLES_AT_ONCE = 32
_WEIGHT_OF_BATCH = _SINGLES_AT_ONCE // _BATCHES_AT_ONCE
_GRACE = 1.0
"""Seconds that requests which have left get to be answered when the stream is closed."""


class _Batch:
    """Messages read together: those that may be sent go out in one call."""

    def __init__(self, provider: str, weight: int) -> None:
        self.weight = weight
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
        self._capabilities = capabilities
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
        return self._size * (_BATCHES_AT_ONCE if self._size > 1 else _SINGLES_AT_ONCE)

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
        is_alone = self._size == 1 or not self._goes_in_bulk(message)
        if is_alone:
            self.flush()
        if self._open is None:
            self._open = _Batch(self._name, 1 if is_alone else _WEIGHT_OF_BATCH)
            self._batches.append(self._open)
            self._due = self._provider.clock.monotonic() + _LINGER
            if not self._stopped:
                self._linger = self._provider.clock.call_later(_LINGER, self.flush)
        self._open.add(message, refusal)
        # The timer cannot run while a blocking source holds the loop, so time is looked at, too.
        is_due = self._provider.clock.monotonic() >= self._due
        if is_due or is_alone or len(self._open.messages) >= self._size:
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
        while sum(each.weight for each in self._batches if each is not self._open) >= (
            _SINGLES_AT_ONCE
        ):
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

    def _goes_in_bulk(self, message: Message) -> bool:
        possible = self._capabilities.together(message.channels)
        known = (possible.get(channel) for channel in message.channels)
        return all(channel is None or channel.bulk for channel in known)

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
