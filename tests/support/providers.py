"""Providers in memory, which do with a message what a test says."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.clock import Clock
from omni_common.errors import (
    CancelFailedError,
    NotSentError,
    OutcomeUnknownError,
    UnknownMessageError,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.message import Channel, Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, NotSent, Receipt, SendOutcome, Unknown
from omni_common.report import DeliveryReport
from tests.support.clock import FakeClock

__all__ = ["BulkProvider", "MemoryProvider", "StatusProvider", "receipt_of"]

Script: TypeAlias = Callable[[Sequence[Message], History], Awaitable[Sequence[SendOutcome]]]
Answer: TypeAlias = DeliveryReport | Exception


def receipt_of(message: Message) -> Receipt:
    """The receipt that the providers here give for *message*."""
    return Receipt(
        id=f"memory:{message.reference}",
        provider="memory",
        reference=message.reference,
        to=message.phone or "",
    )


def _capabilities(batch_size: int) -> Capabilities:
    return Capabilities(
        provider="memory", channels={Channel.SMS: ChannelCapabilities()}, batch_size=batch_size
    )


class MemoryProvider(OmniProvider):
    """Accepts every message; ``failures`` holds what to raise instead, by reference.

    A message whose reference is in ``held`` is not answered before that event is set.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.sent: list[Message] = []
        self.failures: dict[str, Exception] = {}
        self.held: dict[str, asyncio.Event] = {}
        self._calls = 0
        self._progress = asyncio.Event()

    @property
    def capabilities(self) -> Capabilities:
        return _capabilities(1)

    async def has_been_called(self, times: int) -> None:
        """Return when *times* sends, or bulk calls, have begun in all."""
        while self._calls < times:
            self._progress.clear()
            await self._progress.wait()

    def _begin_call(self) -> None:
        self._calls += 1
        self._progress.set()

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        self.sent.append(message)
        self._begin_call()
        if message.reference in self.held:
            await self.held[message.reference].wait()
        if message.reference in self.failures:
            raise self.failures[message.reference]
        return receipt_of(message)

    async def status(self, id: str) -> DeliveryReport:
        raise UnknownMessageError(f"there is no message {id}", provider="memory")

    async def cancel(self, id: str) -> None:
        raise CancelFailedError(f"there is no message {id}", provider="memory")


class BulkProvider(MemoryProvider):
    """Has a bulk call of *batch_size* messages; ``batches`` holds what each call was made with.

    ``script`` stands in for the bulk call where a test gives one. A batch whose first message's
    reference is in ``held`` says that it leaves, unless it is in ``waiting``, and is answered when
    its event is set.
    """

    def __init__(self, batch_size: int, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.batch_size = batch_size
        self.batches: list[list[str]] = []
        self.waiting: set[str] = set()
        self.script: Script | None = None

    @property
    def capabilities(self) -> Capabilities:
        return _capabilities(self.batch_size)

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        first = messages[0].reference
        if first not in self.waiting:
            history.begin()
        self.batches.append([message.reference for message in messages])
        self._begin_call()
        if first in self.held:
            await self.held[first].wait()
        history.begin()
        self.sent.extend(messages)
        if self.script is not None:
            return await self.script(messages, history)
        outcomes = [self._outcome(message) for message in messages]
        history.end(
            started_at=datetime(2027, 1, 1, tzinfo=UTC),
            sent=True,
            detail="answered",
            status=200,
            waited=timedelta(),
            proves_not_sent=False,
        )
        return outcomes

    def _outcome(self, message: Message) -> SendOutcome:
        match self.failures.get(message.reference):
            case NotSentError() as error:
                return NotSent(message, error)
            case OutcomeUnknownError() as error:
                return Unknown(message, error)
            case None:
                return Accepted(message, receipt_of(message))
            case error:
                raise error


class StatusProvider(MemoryProvider):
    """Answers questions for a status with *answers*, one after the other; the last one stays.

    ``asked`` holds the moment of each question on the clock.
    """

    def __init__(self, answers: Iterable[Answer], clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._answers = deque(answers)
        self.asked: list[float] = []

    async def status(self, id: str) -> DeliveryReport:
        self.asked.append(self.clock.monotonic())
        answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer
