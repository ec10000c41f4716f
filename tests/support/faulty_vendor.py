"""A vendor behind a line that fails: the emulator's rules and ledger, bare sockets before them."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Callable
from typing import Self, TypeAlias

from multidict import CIMultiDict

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.errors import Outcome
from omni_common.sandbox import Ledger, SandboxClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Line, Received, whole_answer
from tests.support.vendor_faults import ANSWERED, VendorFault, perform

__all__ = ["FaultyVendor", "Plan", "contradicts"]

Plan: TypeAlias = Callable[[], VendorFault]
"""Says what happens to the exchange that begins now."""


def contradicts(outcome: Outcome, taken: int) -> bool:
    """Whether the client's word is untrue where the vendor took the message *taken* times."""
    match outcome:
        case Outcome.ACCEPTED:
            return taken != 1
        case Outcome.NOT_SENT:
            return taken != 0
        case Outcome.UNKNOWN:
            return taken > 1


class FaultyVendor(FaultServer):
    """Lets each exchange go as ``plan`` says; ``emulator.ledger`` holds what was truly taken.

    No HTTP library is between the client's bytes and the vendor's rules.
    """

    def __init__(
        self, vendor: str, plan: Plan = lambda: ANSWERED, *, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(self._step, tls=tls)
        self.vendor = vendor
        self.plan = plan
        self.happened: Counter[str] = Counter()
        """How often each fault happened, by its name."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        clock = SandboxClock(frozen=True)
        self.emulator: MessenteEmulator | DevinoEmulator = (
            MessenteEmulator(port=self.port, clock=clock)
            if self.vendor == "messente"
            else DevinoEmulator(port=self.port, clock=clock)
        )
        return self

    async def __aexit__(self, *details: object) -> None:
        try:
            await super().__aexit__(*details)
        finally:
            await self.emulator.close()

    @property
    def connection_url(self) -> str:
        """All that ``connect()`` needs, but for options: the channel's sender is set."""
        return f"{self.emulator.url}?sender=Shop"

    def taken(self) -> Counter[str]:
        """How often each message was taken, by its text."""
        return Counter(entry.text for entry in self.emulator.ledger)

    def forget(self, keep: int) -> None:
        """Let go of every request and post, and of all but the latest *keep* messages."""
        emulator = self.emulator
        kept = list(emulator.ledger)[-keep:]
        self.requests.clear()
        emulator.requests.clear()
        emulator._callbacks.posted.clear()
        emulator.ledger = Ledger()
        for entry in kept:
            emulator.ledger.write(entry)
        if isinstance(emulator, MessenteEmulator):
            parts = emulator._parts
            emulator._parts = {entry.id: parts[entry.id] for entry in kept}

    async def _step(self, line: Line) -> None:
        fault = self.plan()
        self.happened[fault.name] += 1
        await perform(fault, line, self._take)

    async def _take(self, received: Received) -> bytes:
        method, target, _ = received.request_line.split(" ")
        headers = CIMultiDict(
            (name.decode("latin-1"), value.strip().decode("latin-1"))
            for name, _, value in (
                line.partition(b":") for line in received.head.split(b"\r\n")[1:] if line
            )
        )
        reply, _ = await self.emulator.respond(method, target, headers, received.body)
        extra = {"Content-Type": reply.content_type, **reply.headers}
        return whole_answer(reply.status, reply.body, extra)
