"""Asking Messente where a message is: states, channels, prices, faults, times, and ids."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from messente_async import MessenteProvider
from messente_async.sandbox import (
    ItemIds,
    MessenteBehaviour,
    MessenteEmulator,
    SentWord,
    TimestampZone,
    UntriedChannels,
)
from omni_common.message import Channel, Message, Sms, Viber, WhatsApp
from omni_common.report import (
    DeliveryFault,
    DeliveryReport,
    DeliveryState,
    PartReport,
    Price,
)
from omni_common.sandbox import SandboxClock, Scenario
from tests.support.emulated_time import EmulatedTime
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

TO = "+37251000000"
ID = "messente:d7248cda-6c1a-4436-acf5-aaf249bb67d3"
SECOND = timedelta(seconds=1)
DELIVERED = {
    "status": "DELIVRD",
    "sender": "Shop",
    "err": 0,
    "message_id": "3e28ec48",
    "channel": "sms",
    "error": None,
    "timestamp": "2020-02-04T08:09:42.389630",
    "price_info": {"part_price": "0.1", "parts_count": 2, "total_price": "0.2"},
}


async def report_of(
    connected: Callable[..., MessenteProvider], *statuses: Any, **outer: Any
) -> DeliveryReport:
    """The report that the provider reads from an answer with these items."""
    own = {"omnimessage_id": ID.removeprefix("messente:"), "to": TO}
    body = {**own, "statuses": list(statuses), **outer}
    async with FaultServer(answer(200, json.dumps(body).encode())) as server:
        report = await connected(base_url=server.url).status(ID)
    assert (report.id, report.raw) == (ID, body)
    return report


# --- One channel ----------------------------------------------------------------------------------


async def test_a_message_is_followed_until_it_is_delivered(
    omni: MessenteProvider, clock: SandboxClock
) -> None:
    receipt = await omni.send(Message(TO, Sms("x" * 161)))
    reports = []
    for _ in range(3):
        reports.append(await omni.status(receipt.id))
        clock.advance(SECOND)

    assert [report.state for report in reports] == [
        DeliveryState.ACCEPTED,
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
    ]
    assert [report.is_final for report in reports] == [False, False, True]
    assert [report.parts[0].raw_state for report in reports] == [None, "ACK", "DELIVRD"]
    price = Price(Decimal("0.10"), per_segment=Decimal("0.05"), segments=2)
    assert [report.price for report in reports] == [None, None, price]
    assert {report.parts[0].id for report in reports} == {receipt.parts[0].id}
    assert reports[-1].at == datetime(2027, 1, 1, 9, 0, 2, tzinfo=UTC)


async def test_a_part_says_all_that_is_known_of_its_channel(
    connected: Callable[..., MessenteProvider],
) -> None:
    report = await report_of(connected, {**DELIVERED, "omnimessage_id": "another"})

    assert report.parts == (
        PartReport(
            channel=Channel.SMS,
            state=DeliveryState.DELIVERED,
            id="3e28ec48",
            raw_state="DELIVRD",
            at=datetime(2020, 2, 4, 8, 9, 42, 389630, tzinfo=UTC),
            raw_at="2020-02-04T08:09:42.389630",
            price=Price(Decimal("0.2"), per_segment=Decimal("0.1"), segments=2),
        ),
    )
    assert (report.channel, report.at) == (Channel.SMS, report.parts[0].at)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"err": 0}, None),
        ({"err": 10, "error": "Seen"}, None),
        ({"err": None}, None),
        ({"err": 3, "error": "Invalid number"}, DeliveryFault("3", "Invalid number")),
        ({"err": 999}, DeliveryFault("999")),
        ({"err": 77, "error": "New"}, DeliveryFault("77", "New")),
        ({"err": None, "error": "Lost"}, DeliveryFault(None, "Lost")),
        ({"err": "5", "error": "As text"}, DeliveryFault(None, "As text")),
        ({"err": -1}, DeliveryFault("-1")),
    ],
)
async def test_a_number_for_an_error_is_a_fault_unless_it_says_none(
    connected: Callable[..., MessenteProvider], changes: Any, fault: DeliveryFault | None
) -> None:
    report = await report_of(connected, {**DELIVERED, **changes})

    assert report.error == report.parts[0].error == fault


@pytest.mark.parametrize(
    ("price_info", "price"),
    [
        (None, None),
        ({}, None),
        ({"part_price": "0.1", "parts_count": 2}, None),
        ({"total_price": 0.2}, Price(Decimal("0.2"))),
        ({"total_price": "0"}, Price(Decimal(0))),
    ],
)
async def test_a_price_is_what_messente_says_in_total(
    connected: Callable[..., MessenteProvider], price_info: Any, price: Price | None
) -> None:
    report = await report_of(connected, {**DELIVERED, "price_info": price_info})

    assert report.price == price


@pytest.mark.parametrize(
    ("word", "state", "raw"),
    [
        ("TELEPORTED", DeliveryState.UNKNOWN, "TELEPORTED"),
        ("seen", DeliveryState.READ, "SEEN"),
        (5, DeliveryState.UNKNOWN, "<int>"),
        (None, DeliveryState.ACCEPTED, None),
        ("DELETED", DeliveryState.CANCELLED, "DELETED"),
    ],
)
async def test_t46_every_word_has_a_state_and_is_kept(
    connected: Callable[..., MessenteProvider], word: Any, state: DeliveryState, raw: str | None
) -> None:
    report = await report_of(connected, {**DELIVERED, "status": word})

    assert (report.state, report.parts[0].raw_state) == (state, raw)


@pytest.mark.parametrize(
    ("channel", "read"), [("rcs", "rcs"), ("pigeon", "pigeon"), (None, "unknown"), (5, "unknown")]
)
async def test_a_channel_that_the_shared_interface_lacks_keeps_its_name(
    connected: Callable[..., MessenteProvider], channel: Any, read: str
) -> None:
    report = await report_of(connected, {**DELIVERED, "channel": channel})

    assert report.channel == read


@pytest.mark.parametrize("timestamp", [None, "yesterday", 1580803782])
async def test_a_time_that_cannot_be_read_is_none_and_its_text_is_kept(
    connected: Callable[..., MessenteProvider], timestamp: Any
) -> None:
    (part,) = (await report_of(connected, {**DELIVERED, "timestamp": timestamp})).parts

    assert part.at is None
    assert part.raw_at == (timestamp if isinstance(timestamp, str) else None)


async def test_an_item_that_is_no_object_hides_no_other(
    connected: Callable[..., MessenteProvider],
) -> None:
    report = await report_of(connected, "odd", DELIVERED)

    assert [part.state for part in report.parts] == [
        DeliveryState.UNKNOWN,
        DeliveryState.DELIVERED,
    ]
    assert report.state is DeliveryState.DELIVERED


@pytest.mark.parametrize("zone", list(TimestampZone))
async def test_t36_a_time_is_utc_however_its_zone_is_written(
    omni: MessenteProvider, emulator: MessenteEmulator, clock: SandboxClock, zone: TimestampZone
) -> None:
    emulator.behaviour = MessenteBehaviour(timestamp_zone=zone, item_ids=ItemIds.OTHER)
    receipt = await omni.send(Message(TO, Sms("Hi")))
    clock.advance(SECOND)
    report = await omni.status(receipt.id)

    assert report.at == datetime(2027, 1, 1, 9, 0, 1, tzinfo=UTC)
    assert report.id == receipt.id


# --- Several channels -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "state", "channel"),
    [
        (("EXPIRED", None), DeliveryState.ACCEPTED, Channel.SMS),
        (("EXPIRED", "ACK"), DeliveryState.SENT, Channel.SMS),
        (("EXPIRED", "DELIVRD"), DeliveryState.DELIVERED, Channel.SMS),
        (("SEEN", "EXPIRED"), DeliveryState.READ, Channel.VIBER),
        (("UNDELIV", "REJECTD"), DeliveryState.REJECTED, Channel.SMS),
        (("DELETED", "DELETED"), DeliveryState.CANCELLED, Channel.SMS),
    ],
)
async def test_t59_the_state_of_a_cascade_is_derived_from_its_channels(
    connected: Callable[..., MessenteProvider],
    words: tuple[str | None, str | None],
    state: DeliveryState,
    channel: Channel,
) -> None:
    items = [
        {**DELIVERED, "status": word, "channel": name}
        for word, name in zip(words, ("viber", "sms"), strict=True)
    ]
    report = await report_of(connected, *items)

    assert (report.state, report.channel) == (state, channel)


@pytest.mark.parametrize(
    "behaviour",
    [
        MessenteBehaviour(untried_channels=untried, sent=sent)
        for untried, sent in itertools.product(UntriedChannels, SentWord)
    ],
    ids=range(len(UntriedChannels) * len(SentWord)),
)
@pytest.mark.parametrize("failing", [Scenario.EXPIRED, Scenario.UNDELIVERED])
async def test_t59_a_failed_channel_is_never_the_last_word_before_the_last_channel(
    omni: MessenteProvider,
    emulator: MessenteEmulator,
    clock: SandboxClock,
    behaviour: MessenteBehaviour,
    failing: Scenario,
) -> None:
    emulator.behaviour = behaviour
    receipt = await omni.send(Message(failing.number(), [Viber("V"), WhatsApp("W"), Sms("S")]))
    tried = [Channel.VIBER, Channel.WHATSAPP, Channel.SMS]
    reports = [await omni.status(receipt.id)]
    while not reports[-1].is_final:
        clock.advance(SECOND)
        reports.append(await omni.status(receipt.id))

    assert all([part.channel for part in report.parts] == tried for report in reports)
    last = reports[-1]
    if failing is Scenario.EXPIRED:
        assert (last.state, last.channel) == (DeliveryState.DELIVERED, Channel.WHATSAPP)
    else:
        assert (last.state, last.channel) == (DeliveryState.UNDELIVERED, Channel.SMS)
        assert last.error is not None
        assert last.error.code == "1"


async def test_a_cascade_sent_elsewhere_is_read_as_messente_lists_it(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator, clock: SandboxClock
) -> None:
    emulator.behaviour = MessenteBehaviour(untried_channels=UntriedChannels.LEFT_OUT)
    receipt = await connected().send(Message(TO, [Viber("V"), Sms("S")]))
    elsewhere = connected()
    fresh = await elsewhere.status(receipt.id)
    clock.advance(2 * SECOND)
    delivered = await elsewhere.status(receipt.id)

    assert (fresh.state, fresh.parts) == (DeliveryState.ACCEPTED, ())
    assert [part.channel for part in delivered.parts] == [Channel.VIBER]


async def test_only_the_latest_cascades_are_kept_in_mind(
    omni: MessenteProvider, emulator: MessenteEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messente_async.provider._REMEMBERED", 1)
    emulator.behaviour = MessenteBehaviour(untried_channels=UntriedChannels.LEFT_OUT)
    cascade = Message(TO, [Viber("V"), Sms("S")])
    first, second = await omni.send(cascade), await omni.send(cascade)

    assert (await omni.status(first.id)).parts == ()
    assert len((await omni.status(second.id)).parts) == 2


async def test_a_cancelled_cascade_has_nothing_left_to_try(
    connected: Callable[..., MessenteProvider],
) -> None:
    created = {"omnimessage_id": ID.removeprefix("messente:"), "to": TO, "messages": []}
    deleted = {"statuses": [{**DELIVERED, "status": "DELETED", "channel": "viber"}]}
    steps = [answer(201, json.dumps(created).encode()), answer(200, json.dumps(deleted).encode())]
    async with FaultServer(*steps) as server:
        omni = connected(base_url=server.url)
        receipt = await omni.send(Message(TO, [Viber("V"), Sms("S")]))
        report = await omni.status(receipt.id)

    assert (report.state, len(report.parts)) == (DeliveryState.CANCELLED, 1)


async def test_no_statuses_at_all_mean_that_messente_has_the_message(
    connected: Callable[..., MessenteProvider],
) -> None:
    report = await report_of(connected)

    assert (report.state, report.parts, report.is_final) == (DeliveryState.ACCEPTED, (), False)


# --- Waiting --------------------------------------------------------------------------------------


async def test_waiting_ends_with_the_last_channels_delivery(
    omni: MessenteProvider, emulator: MessenteEmulator, time: EmulatedTime
) -> None:
    emulator.behaviour = MessenteBehaviour(untried_channels=UntriedChannels.LEFT_OUT)
    message = Message(Scenario.EXPIRED.number(), [Viber("V", ttl=7 * SECOND), Sms("S")])
    receipt = await omni.send(message)
    report = await omni.wait(receipt.id)

    assert (report.state, report.channel) == (DeliveryState.DELIVERED, Channel.SMS)
    assert sum(time.slept) < 60


async def test_a_message_not_known_yet_is_waited_for(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    emulator.behaviour = MessenteBehaviour(status_before_time=False)
    soon = datetime(2027, 1, 1, 9, 0, 30, tzinfo=UTC)
    receipt = await omni.send(Message(TO, Sms("Hi"), send_at=soon))

    assert (await omni.wait(receipt.id)).state is DeliveryState.DELIVERED
