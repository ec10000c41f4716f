"""Messages of several channels, followed to their end: the same for each vendor but for its URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from devino_async.sandbox import variants as devino_variants
from messente_async.sandbox import variants as messente_variants
from omni_common import (
    DeliveryReport,
    DeliveryState,
    Message,
    NotSupportedError,
    OmniProvider,
    PartReport,
    Sms,
    Tracker,
    Viber,
    connect,
    sync,
)
from omni_common.callbacks import Event
from omni_common.sandbox import Scenario, running
from tests.cascades.receiving import receiving, receiving_in_a_thread
from tests.support.emulated_time import EmulatedTime
from tests.support.emulated_vendor import VENDORS, EmulatedVendor

HOUR = timedelta(hours=1)
TTL = timedelta(minutes=5)
FIRST_CHANNEL_ONLY = {"viber": DeliveryState.DELIVERED, "sms": DeliveryState.ACCEPTED}
SECOND_CHANNEL_ONLY = {"viber": DeliveryState.EXPIRED, "sms": DeliveryState.DELIVERED}
BOTH_CHANNELS = {"viber": DeliveryState.DELIVERED, "sms": DeliveryState.DELIVERED}


@pytest.fixture(params=VENDORS)
async def vendor(request: pytest.FixtureRequest) -> AsyncIterator[EmulatedVendor]:
    vendor = EmulatedVendor.called(request.param)
    async with vendor.emulator:
        yield vendor


@pytest.fixture
async def omni(vendor: EmulatedVendor) -> AsyncIterator[OmniProvider]:
    async with connect(vendor.url) as provider:
        yield provider


def cascade(scenario: Scenario) -> Message:
    """Viber for five minutes, then SMS."""
    text = "Wren in the woodpile"
    return Message(scenario.number(), [Viber(text, ttl=TTL), Sms(text)])


def can_be_asked(omni: OmniProvider | sync.OmniProvider, message: Message) -> bool:
    """Whether the provider says that it can tell the state of such a message."""
    possible = omni.capabilities.together(message.channels)
    return all(possible[channel].status for channel in message.channels)


def states(report: DeliveryReport) -> dict[str, DeliveryState]:
    return {str(part.channel): part.state for part in report.parts}


def every_behaviour() -> list[Any]:
    """Every way in which a vendor may behave, as far as that is not documented."""
    ways = {"messente": messente_variants(), "devino": devino_variants(areas=("omni",))}
    return [
        pytest.param(name, behaviour, id=f"{name} {label}")
        for name, behaviours in ways.items()
        for label, behaviour in behaviours
    ]


async def test_a_cascade_is_followed_by_callback(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    tracker = Tracker()  # which asks nobody
    async with receiving(tracker.record) as receiver:
        message = receiver.addressed(cascade(Scenario.EXPIRED), omni.capabilities)
        receipt = await omni.send(message)
        waiting = asyncio.create_task(tracker.wait(receipt, timeout=HOUR))
        await vendor.advance(minutes=5)  # Viber's time is over
        halfway = await tracker.report(receipt)
        assert halfway is not None
        assert not halfway.is_final
        assert states(halfway)["viber"] is DeliveryState.EXPIRED
        await vendor.advance(seconds=10)
        report = await waiting
    assert (report.state, report.channel) == (DeliveryState.DELIVERED, "sms")
    assert report.is_final
    assert states(report) == SECOND_CHANNEL_ONLY
    assert vendor.was_asked("status") == 0


@pytest.mark.parametrize(("name", "behaviour"), every_behaviour())
async def test_a_cascade_is_followed_whatever_the_vendor_leaves_open(
    name: str, behaviour: Any
) -> None:
    vendor = EmulatedVendor.called(name)
    vendor.emulator.behaviour = behaviour
    tracker = Tracker()
    async with (
        vendor.emulator,
        connect(vendor.url) as omni,
        receiving(tracker.record) as receiver,
    ):
        message = receiver.addressed(cascade(Scenario.EXPIRED), omni.capabilities)
        receipt = await omni.send(message)
        await vendor.advance(minutes=10)
        report = await tracker.wait(receipt, timeout=timedelta())
    assert report.state is DeliveryState.DELIVERED
    assert report.is_final
    # Where the posts do not tell the channel, that is all that can be known.
    assert "unknown" in states(report) or states(report) == SECOND_CHANNEL_ONLY


async def test_the_failure_of_the_last_channel_is_the_messages(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    tracker = Tracker()
    async with receiving(tracker.record) as receiver:
        message = receiver.addressed(cascade(Scenario.UNDELIVERED), omni.capabilities)
        receipt = await omni.send(message)
        waiting = asyncio.create_task(tracker.wait(receipt, timeout=HOUR))
        await vendor.advance(minutes=6)
        report = await waiting
    assert report.is_final
    assert set(states(report).values()) == {DeliveryState.UNDELIVERED}
    assert report.channel == "sms"


async def test_a_cascade_is_followed_by_asking_or_asking_is_refused_at_once(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    message = cascade(Scenario.EXPIRED)
    receipt = await omni.send(message)
    time = omni.clock = EmulatedTime(vendor.emulator.clock)
    if can_be_asked(omni, message):
        report = await omni.wait(receipt.id, timeout=HOUR)
        assert (report.state, report.channel) == (DeliveryState.DELIVERED, "sms")
        assert states(report) == SECOND_CHANNEL_ONLY
        assert timedelta(seconds=sum(time.slept)) >= TTL
        return
    before = len(vendor.emulator.requests)
    with pytest.raises(NotSupportedError):
        await omni.status(receipt.id)
    with pytest.raises(NotSupportedError):
        await omni.wait(receipt.id, timeout=HOUR)
    assert time.slept == []
    assert len(vendor.emulator.requests) == before


async def test_a_tracker_asks_where_nothing_is_posted(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    message = cascade(Scenario.EXPIRED)
    receipt = await omni.send(message)
    tracker = Tracker(omni)
    first = asyncio.create_task(tracker.wait(receipt, timeout=HOUR))
    await asyncio.sleep(0)
    await vendor.advance(minutes=6)
    # Whoever is next to wait has the vendor asked at once, for both.
    if can_be_asked(omni, message):
        report = await tracker.wait(receipt, timeout=HOUR)
        assert states(report) == SECOND_CHANNEL_ONLY
        assert await first == report
    else:
        report = await tracker.wait(receipt, timeout=timedelta())
        assert report.state is DeliveryState.ACCEPTED
        assert vendor.was_asked("status") == 0
        first.cancel()
        await asyncio.wait([first])


async def test_reports_may_come_before_the_send_has_returned(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    tracker, heard = Tracker(), list[Event]()

    async def take(event: Event) -> None:
        heard.append(event)
        await tracker.record(event)

    vendor.behave(reports_before_answer=True)
    async with receiving(take) as receiver:
        message = receiver.addressed(cascade(Scenario.DELIVERED), omni.capabilities)
        receipt = await omni.send(message)
    assert heard
    report = await tracker.wait(receipt, timeout=timedelta())
    assert states(report) == FIRST_CHANNEL_ONLY
    assert (report.state, report.channel) == (DeliveryState.DELIVERED, "viber")


async def test_t60_repeated_and_reordered_reports_end_in_the_same_state(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    tracker, heard = Tracker(), list[PartReport]()

    async def take(event: Event) -> None:
        assert isinstance(event, DeliveryReport)
        heard.extend(event.parts)
        await tracker.record(event)

    vendor.post_twice_and_backwards()
    async with receiving(take) as receiver:
        message = receiver.addressed(cascade(Scenario.EXPIRED), omni.capabilities)
        receipt = await omni.send(message)
        await vendor.advance(minutes=6)
    report = await tracker.wait(receipt, timeout=timedelta())
    assert states(report) == SECOND_CHANNEL_ONLY
    assert heard[0].state is DeliveryState.DELIVERED
    assert len(vendor.emulator.callbacks) == 2 * len(heard)  # each was handed out once


async def test_t60_a_late_delivery_of_the_first_channel_is_known_too(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    tracker = Tracker()
    async with receiving(tracker.record) as receiver:
        message = receiver.addressed(cascade(Scenario.LATE), omni.capabilities)
        receipt = await omni.send(message)
        await vendor.advance(minutes=5, seconds=5)
        delivered = await tracker.wait(receipt, timeout=timedelta())
        assert states(delivered) == SECOND_CHANNEL_ONLY
        await vendor.advance(minutes=1)
    report = await tracker.wait(receipt, timeout=timedelta())
    assert states(report) == BOTH_CHANNELS
    assert report.state is DeliveryState.DELIVERED


async def test_what_a_handler_loses_is_posted_again_or_can_be_asked_for(
    vendor: EmulatedVendor, omni: OmniProvider
) -> None:
    tracker, lost = Tracker(omni), list[Event]()

    async def take(event: Event) -> None:
        if not lost and isinstance(event, DeliveryReport) and event.state.has_arrived:
            lost.append(event)
            raise OSError("the disk is full")
        await tracker.record(event)

    async with receiving(take) as receiver:
        message = receiver.addressed(cascade(Scenario.EXPIRED), omni.capabilities)
        receipt = await omni.send(message)
        await vendor.advance(minutes=5, seconds=10)
        failed = vendor.emulator.callbacks[-1]
        assert (failed.status, len(lost)) == (500, 1)
        await vendor.advance(minutes=1)
        known = await tracker.report(receipt)
        assert known is not None
        comes_again = failed.callback.attempts > 1
        assert known.state.has_arrived == comes_again
        assert comes_again or can_be_asked(omni, message)
        report = await tracker.wait(receipt, timeout=HOUR)
    assert states(report) == SECOND_CHANNEL_ONLY


@pytest.mark.parametrize("name", VENDORS)
def test_a_cascade_is_followed_without_asyncio(name: str) -> None:
    vendor = EmulatedVendor.called(name)
    with running(vendor.emulator), sync.connect(vendor.url) as omni, sync.Tracker() as tracker:
        with receiving_in_a_thread(tracker.record) as receiver:
            message = receiver.addressed(cascade(Scenario.EXPIRED), omni.capabilities)
            receipt = omni.send(message)
            asyncio.run(vendor.advance(minutes=6))
            report = tracker.wait(receipt, timeout=timedelta(seconds=30))
        assert states(report) == SECOND_CHANNEL_ONLY
        if can_be_asked(omni, message):
            assert states(omni.wait(receipt.id)) == SECOND_CHANNEL_ONLY
        else:
            with pytest.raises(NotSupportedError):
                omni.status(receipt.id)
            with pytest.raises(NotSupportedError):
                omni.wait(receipt.id)
