"""Where the story plays: both vendors' emulators, on one clock that is moved by hand."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from secrets import token_urlsafe
from urllib.parse import unquote, urlsplit

from aiohttp import web
from attrs import frozen

from omni_common.callbacks import CallbackReceiver, EventHandler, aiohttp_application
from omni_common.cli.emulators import emulator_class
from omni_common.sandbox import Emulator, SandboxClock

__all__ = ["Stage", "open_stage", "requests_for"]

_DELIVERED = {"DELIVRD", "DELIVERED"}
"""The vendors' own words for it."""


@frozen
class Stage:
    """Both emulators, Messente's first wherever two things stand side by side."""

    messente: Emulator
    devino: Emulator
    clock: SandboxClock

    @property
    def vendors(self) -> tuple[Emulator, Emulator]:
        """Both emulators."""
        return (self.messente, self.devino)

    @property
    def urls(self) -> tuple[str, str]:
        """The connection URL of each. Devino takes no message without a sender."""
        return (f"{self.messente.url}?sender=Shop", f"{self.devino.url}?sender=Shop")

    def pass_time(self, by: timedelta) -> None:
        """Let the emulators' time pass at once."""
        self.clock.advance(by)

    async def settle(self) -> None:
        """Return when the emulators have posted all that is due by now."""
        for vendor in self.vendors:
            await vendor.settle()

    @asynccontextmanager
    async def receiving(self, handler: EventHandler) -> AsyncIterator[CallbackReceiver]:
        """Take what the emulators post, on a free port of this machine."""
        password = unquote(urlsplit(self.messente.url).password or "")
        with socket.create_server(("127.0.0.1", 0)) as listening:
            receiver = CallbackReceiver(
                handler,
                secrets={"messente.delivery": password, "devino.omni": token_urlsafe()},
                base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
            )
            runner = web.AppRunner(aiohttp_application(receiver), access_log=None)
            await runner.setup()
            try:
                await web.SockSite(runner, listening).start()
                yield receiver
            finally:
                await runner.cleanup()

    def was_delivered(self, vendor: Emulator, number: str) -> bool:
        """Whether every message to *number* has reached its recipient by now."""
        states = {entry.state(self.clock.now()) for entry in vendor.ledger.find(to=number)}
        return bool(states) and states <= _DELIVERED


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Start both emulators on free ports of this machine."""
    clock = SandboxClock(frozen=True)
    async with (
        emulator_class("messente")(clock=clock) as messente,
        emulator_class("devino")(clock=clock) as devino,
    ):
        yield Stage(messente, devino, clock)


def requests_for(emulator: Emulator, number: str) -> int:
    """How many requests to send something to *number* reached *emulator*."""
    digits = number.removeprefix("+").encode()
    sends = [request for request in emulator.requests if request.operation == "send"]
    return sum(digits in request.body for request in sends)
