"""What an emulated vendor really posts, received and kept in the journal of the outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import frozen

from messente_async import MessenteProvider
from messente_async.sandbox import MessenteEmulator
from omni_common import Tracker
from omni_common.callbacks import CallbackReceiver
from omni_common.outbox import Outbox
from omni_common.report import DeliveryState
from omni_common.sandbox import SandboxClock
from tests.outbox.journals import message
from tests.support.callback_receiver import CallbackReceiver as Postbox
from tests.support.emulated_time import EmulatedTime

NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)


@frozen
class Vendor:
    """An emulated Messente, and what it has posted."""

    emulator: MessenteEmulator
    clock: SandboxClock
    postbox: Postbox

    def provider(self) -> MessenteProvider:
        emulator = self.emulator
        return MessenteProvider(
            emulator.username,
            emulator.password,
            base_url=emulator.base_url,
            sender="Shop",
            clock=EmulatedTime(self.clock),
        )

    async def post_all(self, tracker: Tracker) -> set[int]:
        """Let time pass, and hand *tracker* what was posted; what the vendor is answered."""
        self.clock.advance(timedelta(minutes=1))
        await self.emulator.settle()
        receiver = CallbackReceiver(
            tracker.record, secrets={"messente.delivery": self.emulator.password}
        )
        answers = [
            await receiver.receive("POST", "/messente/delivery", dict(post.headers), post.body)
            for post in self.postbox.received
        ]
        return {answer.status for answer in answers}


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    clock = SandboxClock(NOW, frozen=True)
    async with (
        Postbox() as postbox,
        MessenteEmulator(clock=clock, dlr_url=postbox.url) as emulator,
    ):
        yield Vendor(emulator, clock, postbox)


async def test_what_was_posted_is_known_to_the_next_process(vendor: Vendor, path: Path) -> None:
    async with Outbox(vendor.provider(), path) as omni:
        receipt = await omni.send(message("order-1"))
        answers = await vendor.post_all(Tracker(omni, store=omni.tracks))
    assert answers == {200}
    async with Outbox(vendor.provider(), path) as omni:
        report = await Tracker(omni, store=omni.tracks).report(receipt.id)
    assert report is not None
    assert report.state is DeliveryState.DELIVERED
    assert [part.id for part in report.parts] == [part.id for part in receipt.parts]


async def test_what_the_journal_cannot_keep_the_vendor_is_told_was_not_taken(
    vendor: Vendor, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Outbox(vendor.provider(), path) as omni:
        receipt = await omni.send(message("order-1"))
        elsewhere = path.with_suffix(".elsewhere")
        path.rename(elsewhere)
        tracker = Tracker(omni, store=omni.tracks)
        assert await vendor.post_all(tracker) == {500}
        assert "JournalError" in caplog.text
        elsewhere.rename(path)
        assert await tracker.report(receipt.id) is None
        assert await vendor.post_all(tracker) == {200}
        report = await tracker.report(receipt)
    assert report.state is DeliveryState.DELIVERED
