"""Calls over a client whose vendor fails now and then; what is said of each message is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from random import Random

from attrs import define, field

from omni_common.errors import NotSentError, Outcome, OutcomeUnknownError
from omni_common.exchange import OnUnknown
from omni_common.message import Message, Sms, Viber
from omni_common.provider import OmniProvider
from omni_common.stream import OutcomeStream
from tests.reliability.interruption.loop import Strike, StrikingLoop
from tests.reliability.interruption.words import Words
from tests.support.faulty_vendor import FaultyVendor
from tests.support.vendor_faults import ANSWERED, FAULTS, VendorFault

__all__ = ["Scene", "a_message", "striking_loop"]

_NUMBERS = {"messente": "+37251000000", "devino": "+79031234567"}
_TTL = timedelta(minutes=5)
_FAULTS = tuple(FAULTS.values())
_PAUSED_AFTER = {"status 425", "status 429"}
_QUICK_FAULTS = [each for each in _FAULTS if not each.stalls and each.name not in _PAUSED_AFTER]
_references = count()


def striking_loop() -> StrikingLoop:
    """The loop that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, StrikingLoop)
    return loop


def a_message(vendor: str, chance: Random) -> Message:
    """A message like no other, named by its text; one in four is a cascade."""
    text = f"m{next(_references)}"
    content: list[Sms | Viber] = [Sms(text)]
    if chance.random() < 0.25:
        content.insert(0, Viber(text, ttl=_TTL))
    return Message(_NUMBERS[vendor], content, reference=text)


@define
class Scene:
    """A client, the vendor that it speaks to, and chance."""

    vendor: FaultyVendor
    omni: OmniProvider
    words: Words
    chance: Random
    struck: int = 0
    """How many calls were under way when they were struck."""
    streams: list[OutcomeStream] = field(factory=list)
    """Those that were begun and have not settled yet."""

    def fault(self) -> VendorFault:
        """What happens to an exchange: it is answered, two times out of three."""
        return self._one_of(_FAULTS)

    def quick_fault(self) -> VendorFault:
        """The same, with no fault that makes a call wait."""
        return self._one_of(_QUICK_FAULTS)

    async def send(self) -> None:
        """Send a message, in one of four times again where that may double it."""
        await self._send("resend" if self.chance.random() < 0.25 else "raise")

    async def still_works(self) -> bool:
        """Whether a message is accepted now, or soon: an open connection may still be faulty."""
        self.vendor.plan = lambda: ANSWERED
        for _ in range(5):
            if await self._send("raise") is Outcome.ACCEPTED:
                return True
        return False

    async def send_many(self, leave: Callable[[], object] = bool) -> None:
        """Send some messages, and take outcomes until *leave* says so, or raises.

        Each message counts from when it is read. The stream is used in its context or in a bare
        loop, and stays in ``streams``.
        """
        number = self.chance.randrange(1, 16)
        messages = [a_message(self.vendor.vendor, self.chance) for _ in range(number)]
        is_slow = self.chance.random() < 0.5
        stream = self.omni.send_many(self._slowly(messages) if is_slow else self._read(messages))
        self.streams.append(stream)
        if self.chance.random() < 0.5:
            async with stream:
                await self._take(stream, leave)
        else:
            await self._take(stream, leave)

    async def settle(self) -> None:
        """Wait for the end of every stream; what one has not handed out, it has told the log."""
        for stream in self.streams:
            await stream.close()
            for outcome in stream.unreported:
                assert self.words.recorded[outcome.message.reference] == [outcome.outcome]
        self.streams.clear()

    @asynccontextmanager
    async def striking(self, strike: Strike) -> AsyncIterator[None]:
        """Let *strike* come at a random moment, if the block lasts as long."""

        def count_and_strike() -> None:
            self.struck += 1
            strike()

        striker = asyncio.ensure_future(self._strike(count_and_strike))
        try:
            yield
        finally:
            striking_loop().forget()
            striker.cancel()

    def _one_of(self, faults: Iterable[VendorFault]) -> VendorFault:
        lot = self.chance.random()
        if lot < 0.6:
            return ANSWERED
        return FAULTS["byte by byte"] if lot < 0.7 else self.chance.choice([*faults])

    async def _send(self, on_unknown: OnUnknown) -> Outcome:
        """Send, and keep what the caller is told; the message counts from the first step on."""
        message = a_message(self.vendor.vendor, self.chance)
        self.words.ask(message.reference, resent=on_unknown == "resend")
        outcome = Outcome.ACCEPTED
        try:
            await self.omni.send(message, on_unknown=on_unknown)
        except NotSentError:
            outcome = Outcome.NOT_SENT
        except OutcomeUnknownError:
            outcome = Outcome.UNKNOWN
        self.words.tell(message.reference, outcome)
        return outcome

    async def _take(self, stream: OutcomeStream, leave: Callable[[], object]) -> None:
        async for outcome in stream:
            self.words.tell(outcome.message.reference, outcome.outcome)
            if leave():
                break

    def _read(self, messages: Iterable[Message]) -> Iterator[Message]:
        for message in messages:
            self.words.ask(message.reference)
            yield message

    async def _slowly(self, messages: Iterable[Message]) -> AsyncIterator[Message]:
        for message in self._read(messages):
            yield message
            for _ in range(self.chance.randrange(4)):
                await asyncio.sleep(0)

    async def _strike(self, strike: Strike) -> None:
        """Count steps from now, or from when the vendor is connected, has a request, or answers."""
        steps, patience = self.chance.randrange(1, 26), self.chance.uniform(0.003, 0.015)
        vendor = self.vendor
        report, seen = self.chance.choice(
            [
                (None, 0),
                (vendor.until_connections, vendor.connections),
                (vendor.until_requests, len(vendor.requests)),
                (vendor.until_answers, vendor.answers),
            ]
        )
        if report is not None:
            steps = self.chance.randrange(8)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await report(seen + 1)
        striking_loop().strike_after(steps, strike, patience=patience)
