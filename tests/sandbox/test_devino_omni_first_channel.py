"""A cascade of the emulated OMNI whose first channel expires, is refused or comes late, as told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, TypeAlias

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from omni_common.sandbox import Pace, PostOrder, SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import (
    VIBER_TEMPLATE,
    advance,
    api_task,
    created,
    fallback,
    get,
    outline,
    sent,
    trigger,
)

TTL = 300
PHONE = "7903000"
Told: TypeAlias = list[tuple[float, str, str]]


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def task(devino: Caller, *, first: str = "VIBER", wait: int = TTL, **fields: Any) -> str:
    """Viber or a letter for five minutes, then an SMS, whose wait is as long as the first lives."""
    viber = {"viberTemplate": {**VIBER_TEMPLATE["viberTemplate"], "validity": TTL}}
    if first == "VIBER":
        fields["template"] = viber
    one = trigger(first, **fields)
    return await created(devino, api_task(one, fallback("SMS", 1, of=one, wait=wait)))


async def told(devino: Caller, receiver: CallbackReceiver, task_id: str, contact: Any) -> Told:
    """What is told within an hour: the second it is told in, the channel and the word."""
    start = devino.emulator.clock.now()
    id = await sent(devino, task_id, contact, callbackUrl=receiver.url)
    triggers = devino.emulator.ledger[id].content["triggers"]
    channels = {each["triggerId"]: each["channel"] for each in triggers}
    found: Told = []
    seen = len(receiver.received)
    for _ in range(720):
        await devino.emulator.settle()
        second = (devino.emulator.clock.now() - start).total_seconds()
        for [event] in receiver.bodies[seen:]:
            found.append((second, channels[str(event["triggerId"])], event["status"]))
        seen = len(receiver.received)
        advance(devino, 5)
    return found


async def test_t59_an_expired_channel_is_told_of_before_the_next_one_is_delivered(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    contact = {"phone": Scenario.EXPIRED.number(PHONE)}
    assert await told(devino, receiver, await task(devino), contact) == [
        (300, "VIBER", "expired"),
        (305, "SMS", "delivered"),
    ]
    [entry] = devino.emulator.ledger
    assert outline(devino, entry.id) == [
        (0, "VIBER", "ACCEPTED"),
        (300, "VIBER", "EXPIRED"),
        (300, "SMS", "ACCEPTED"),
        (302, "SMS", "DELIVERED"),
    ]


async def test_a_refused_channel_is_waited_for_as_long_as_one_that_expires(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    contact = {"phone": Scenario.REJECTED.number(PHONE)}
    assert await told(devino, receiver, await task(devino), contact) == [
        (5, "VIBER", "rejected"),
        (305, "SMS", "delivered"),
    ]
    [[rejected], [delivered]] = receiver.bodies
    assert (rejected["errorCode"], delivered.get("errorCode")) == (2005, None)


@pytest.mark.parametrize("wait", [TTL, 2 * TTL])
async def test_t60_a_late_delivery_comes_beside_that_of_the_next_channel(
    devino: Caller, receiver: CallbackReceiver, wait: int
) -> None:
    contact = {"phone": Scenario.LATE.number(PHONE)}
    assert await told(devino, receiver, await task(devino, wait=wait), contact) == [
        (300, "VIBER", "expired"),
        (wait + 5, "SMS", "delivered"),
        (wait + 10, "VIBER", "delivered"),
    ]


async def test_a_delivery_without_the_expiry_can_be_late_too(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.pace = Pace(delivered=timedelta(seconds=90))
    one = trigger("VIBER")
    task_id = await created(devino, api_task(one, fallback("SMS", 1, of=one, wait=60)))
    assert await told(devino, receiver, task_id, {"phone": "79030000000"}) == [
        (90, "VIBER", "delivered"),
        (150, "SMS", "delivered"),
    ]


@pytest.mark.parametrize(
    ("scenario", "events"),
    [
        (Scenario.EXPIRED, [(5, "EMAIL", "expired"), (305, "SMS", "delivered")]),
        (Scenario.REJECTED, [(5, "EMAIL", "rejected"), (305, "SMS", "delivered")]),
        (
            Scenario.LATE,
            [
                (5, "EMAIL", "expired"),
                (305, "SMS", "delivered"),
                (310, "EMAIL", "delivered"),
            ],
        ),
    ],
)
async def test_a_letter_can_come_first(
    devino: Caller, receiver: CallbackReceiver, scenario: Scenario, events: Told
) -> None:
    contact = {"phone": "79030000000", "email": f"ann{scenario.value}@mail.example"}
    assert await told(devino, receiver, await task(devino, first="EMAIL"), contact) == events


async def test_all_may_be_told_at_once_in_any_order(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    reverse = evolve(devino.emulator.behaviour, callback_order=PostOrder.REVERSED)
    devino.emulator.behaviour = reverse
    contact = {"phone": Scenario.LATE.number(PHONE)}
    await sent(devino, await task(devino), contact, callbackUrl=receiver.url)
    advance(devino, 3600)
    await devino.emulator.settle()
    words = [event["status"] for [event] in receiver.bodies]
    assert words == ["delivered", "delivered", "expired"]


async def test_a_delivery_can_be_told_of_before_the_send_is_answered(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(reports_before_answer=True)
    task_id = await task(devino)
    id = await sent(devino, task_id, {"phone": "79030000000"}, callbackUrl=receiver.url)
    [[event]] = receiver.bodies
    assert (event["messageId"], event["status"]) == (id, "delivered")
    expiring = {"phone": Scenario.EXPIRED.number(PHONE)}
    await sent(devino, task_id, expiring, callbackUrl=receiver.url)
    assert len(receiver.received) == 1
    advance(devino, TTL)
    await devino.emulator.settle()
    assert [event["status"] for [event] in receiver.bodies[1:]] == ["expired", "delivered"]


async def test_no_status_is_read_of_a_message_by_its_id(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    """The vendor's status call is that of SMS; reports find a message's steps by their task."""
    task_id = await task(devino)
    contact = {"phone": Scenario.EXPIRED.number(PHONE)}
    id = await sent(devino, task_id, contact, callbackUrl=receiver.url)
    advance(devino, 3600)
    assert (await devino.statuses([id])).data == {"result": []}
    answer = await get(devino, f"/sms-stat/detail?taskId={task_id}&limit=10&offset=0")
    assert [row["messageId"] for row in answer.data["result"]["data"]] == [id]
