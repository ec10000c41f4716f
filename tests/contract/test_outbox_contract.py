"""An outbox over each vendor keeps the contract of the vendor's own provider."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omni_common import Message, OmniProvider
from omni_common.outbox import Outbox
from omni_common.testing import ProviderContract
from tests.contract.test_devino_contract import TestDevinoContract as DevinoContract
from tests.contract.test_messente_contract import TestMessenteContract as MessenteContract
from tests.support.clock import FakeClock

_LATER = timedelta(hours=2)


class _Journaled(ProviderContract if TYPE_CHECKING else object):  # type: ignore[misc]
    """Puts an outbox around each provider."""

    hold = False

    @pytest.fixture(autouse=True)
    def journals(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.outboxes: list[Outbox] = []
        self.clock = FakeClock()

    def connect(self) -> OmniProvider:
        return self.outbox(super().connect(), "right")

    def wrong_credentials(self) -> OmniProvider:
        return self.outbox(super().wrong_credentials(), "wrong")

    def unreachable(self) -> OmniProvider:
        return self.outbox(super().unreachable(), "unreachable")

    def outbox(self, provider: OmniProvider, account: str) -> OmniProvider:
        # What is kept is found by the journal alone, and what is not by the vendor alone.
        journal = account if self.hold else f"{account} {len(self.outboxes)}"
        self.outboxes.append(
            Outbox(
                provider,
                self.folder / f"{journal}.db",
                hold=self.hold,
                overdue=_LATER,
                clock=self.clock if self.hold else None,
            )
        )
        return self.outboxes[-1]


class _Keeping(_Journaled):
    """Scheduled messages are kept in the outbox: before the vendor is looked at, time passes."""

    hold = True
    keeps_scheduled = True

    async def received(self, message: Message) -> Sequence[object]:
        await self._let_time_pass()
        received: Sequence[object] = await super().received(message)
        return received

    async def deliver(self) -> None:
        await self._let_time_pass()
        await super().deliver()

    async def _let_time_pass(self) -> None:
        await self.clock.advance(_LATER.total_seconds())
        for outbox in self.outboxes:
            if outbox._loop is asyncio.get_running_loop() and not outbox._closed:
                await outbox.drain()


class TestOutboxOverMessente(_Journaled, MessenteContract):
    pass


class TestOutboxOverDevino(_Journaled, DevinoContract):
    pass


class TestKeepingOutboxOverMessente(_Keeping, MessenteContract):
    pass


class TestKeepingOutboxOverDevino(_Keeping, DevinoContract):
    pass
