"""Messages that a tracker follows: their receipts, what is posted of them, and who waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from omni_common import (
    Channel,
    DeliveryReport,
    DeliveryState,
    Part,
    PartReport,
    Receipt,
    Tracker,
)
from omni_common.polling import stretch_of
from tests.support.clock import FakeClock
from tests.support.providers import StatusProvider

__all__ = ["ASKED", "Waiting", "paced", "posted", "receipt", "told", "turns", "wait_by_asking"]

ASKED = "memory:1"
"""The message that providers in memory are asked for."""


def receipt(*channels: Channel, id: str = "messente:1", reference: str = "order-1") -> Receipt:
    """The receipt of a message over *channels*, by SMS unless told otherwise."""
    parts = tuple(Part(channel) for channel in channels or (Channel.SMS,))
    return Receipt(id, id.partition(":")[0], reference, "+37251234567", parts)


def posted(
    state: DeliveryState,
    id: str = "messente:1",
    *,
    channel: Channel | str = Channel.SMS,
    **more: Any,
) -> DeliveryReport:
    """What a vendor posts of one channel, after which others may have their turn."""
    report = DeliveryReport.of_parts(id, [PartReport(channel, state)])
    return evolve(report, partial=True, **more)


def told(*states: DeliveryState) -> DeliveryReport:
    """What a provider answers for ``ASKED``: the states of Viber and SMS, or of SMS alone."""
    channels = [Channel.VIBER, Channel.SMS][-len(states) :]
    parts = [PartReport(channel, state) for channel, state in zip(channels, states, strict=True)]
    return DeliveryReport.of_parts(ASKED, parts)


def paced(*seconds: float, id: str = ASKED) -> list[float]:
    """The moments of questions for a message whose intervals are longer by its own share."""
    return [each * stretch_of(id) for each in seconds]


async def wait_by_asking(
    omni: StatusProvider,
    message: Receipt | str = ASKED,
    state: DeliveryState = DeliveryState.DELIVERED,
    timeout: timedelta = timedelta(minutes=2),
) -> DeliveryReport:
    """Wait with a tracker of its own, whose time passes as soon as everybody waits for it."""
    assert isinstance(omni.clock, FakeClock)
    return await omni.clock.drive(Tracker(omni).wait(message, state, timeout=timeout))


async def turns(count: int = 20) -> None:
    """Give the event loop some turns, in which whoever was woken does what needs no I/O."""
    for _ in range(count):
        await asyncio.sleep(0)


class Waiting:
    """A wait under way."""

    def __init__(self, tracker: Tracker, *args: Any, **more: Any) -> None:
        self._task = asyncio.create_task(tracker.wait(*args, **more))

    @property
    def is_over(self) -> bool:
        return self._task.done()

    async def result(self) -> DeliveryReport:
        return await self._task

    async def cancel(self) -> None:
        self._task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._task
