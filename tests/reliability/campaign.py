"""A program that works through a campaign over an outbox, and goes on where it stopped.

It says when it begins, and, if it is left to end, how many messages of the journal are in each
state.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from omni_common import Message, Sms, connect
from omni_common.outbox import Outbox

__all__ = ["Campaign"]

_NUMBERS = {"messente": "+37251000000", "devino": "+79031234567"}


@frozen(kw_only=True)
class Campaign:
    """What to send, and how fast."""

    url: str
    journal: str
    messages: int
    rate: float
    """Messages a second."""

    @property
    def command(self) -> list[str]:
        """What runs it."""
        arguments = [self.url, self.journal, str(self.messages), str(self.rate)]
        return [sys.executable, "-m", "tests.reliability.campaign", *arguments]

    def references(self) -> Iterator[str]:
        return (f"m{number}" for number in range(self.messages))

    def all_messages(self) -> Iterator[Message]:
        """Each message's text is its reference."""
        to = _NUMBERS[self.url.partition(":")[0]]
        return (Message(to, Sms(each), reference=each) for each in self.references())

    async def run(self) -> dict[str, int]:
        """Work through all of it; how many messages ended in each state."""
        async with Outbox(connect(self.url), Path(self.journal), rate=self.rate) as outbox:
            async for _ in outbox.enqueue(self.all_messages()):
                pass
            await outbox.drain()
            return {state.value: number for state, number in (await outbox.count()).items()}


if __name__ == "__main__":
    print("begun", flush=True)  # noqa: T201
    url, journal, messages, rate = sys.argv[1:]
    campaign = Campaign(url=url, journal=journal, messages=int(messages), rate=float(rate))
    print(json.dumps(asyncio.run(campaign.run())))  # noqa: T201
