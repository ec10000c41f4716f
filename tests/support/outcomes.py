"""Messages for streams, and what came out of these."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from omni_common.message import Message, Sms
from omni_common.receipt import SendOutcome
from omni_common.stream import OutcomeStream
from tests.support.clock import FakeClock

__all__ = ["CANARY", "all_of", "belated", "message", "messages", "pulled", "shown"]

CANARY = "canary body"
_TO = "+37251000000"


def message(reference: object) -> Message:
    return Message(_TO, Sms(CANARY), reference=str(reference))


def messages(count: int) -> list[Message]:
    """Messages that are referred to by their place, from 0."""
    return [message(number) for number in range(count)]


def belated(reference: object) -> Message:
    """A message that fails its check: by a standing ``FakeClock`` its time is past."""
    past = FakeClock().now() - timedelta(seconds=1)
    return Message(_TO, Sms(CANARY), reference=str(reference), send_at=past)


async def pulled(given: Iterable[Message]) -> AsyncIterator[Message]:
    """An asynchronous source that lets others run before each message."""
    for each in given:
        await asyncio.sleep(0)
        yield each


def shown(outcomes: Iterable[SendOutcome]) -> list[str]:
    """Kind and reference of each outcome."""
    return [f"{type(each).__name__} {each.message.reference}" for each in outcomes]


async def all_of(stream: OutcomeStream) -> list[SendOutcome]:
    """Everything that comes out of *stream*."""
    async with stream:
        return [outcome async for outcome in stream]
