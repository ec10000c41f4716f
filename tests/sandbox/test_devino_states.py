"""What the Devino emulator does with messages after it took them, and the faults on the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from omni_common.sandbox import Fault, Pace, PostOrder, SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller, sms

SECOND = timedelta(seconds=1)


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


# States


async def _word_by_word(devino: Caller, message_id: str, steps: list[timedelta]) -> list[str]:
    words = [await devino.status(message_id)]
    for step in steps:
        devino.emulator.clock.advance(step)
        words.append(await devino.status(message_id))
    return words


async def test_a_message_is_followed_to_its_delivery(devino: Caller) -> None:
    id = await devino.sent()
    words = await _word_by_word(devino, id, [SECOND / 2, SECOND / 2, SECOND])
    assert words == ["ACCEPTED", "ENROUTE", "SENT", "DELIVERED"]
    devino.emulator.clock.advance(timedelta(days=30))
    [item] = (await devino.statuses([id])).items
    assert (item["status"], item["statusDateTime"]) == ("DELIVERED", "2027-01-01 09:00:02")


async def test_a_scheduled_message_waits_for_its_time(devino: Caller) -> None:
    id = await devino.sent(scheduledTime="2027-01-01T10:00:00Z", validity=60)
    hour = timedelta(hours=1)
    words = await _word_by_word(devino, id, [hour - SECOND, SECOND, SECOND, SECOND])
    assert words == ["SCHEDULED", "SCHEDULED", "ENROUTE", "SENT", "DELIVERED"]


async def test_a_message_expires_when_its_validity_ends_before_its_delivery(
    devino: Caller,
) -> None:
    words = await _word_by_word(devino, await devino.sent(validity=1), [SECOND / 2, SECOND / 2])
    assert words == ["ACCEPTED", "ENROUTE", "EXPIRED"]


@pytest.mark.parametrize(
    ("text", "query", "last"),
    [
        ("See https://shop.example", "?shortenUrl=true", "CLICKED"),
        ("See https://shop.example", "", "DELIVERED"),
        ("No link", "?shortenUrl=true", "DELIVERED"),
    ],
)
async def test_a_shortened_link_is_followed(
    devino: Caller, text: str, query: str, last: str
) -> None:
    id = await devino.sent(query, text=text)
    assert (await _word_by_word(devino, id, [SECOND * 2, SECOND * 60]))[1:] == ["DELIVERED", last]


# Numbers that decide, and faults


async def test_a_number_decides_what_becomes_of_its_message(devino: Caller) -> None:
    [item] = (await devino.send(sms(to="79030000001"))).items
    assert item["reasons"][0]["key"] == "to.format.invalid"
    undelivered = await devino.sent(to="79030000002")
    expiring = await devino.sent(to="79030000003", validity=30)
    devino.emulator.clock.advance(SECOND * 29)
    assert await devino.status(undelivered) == "UNDELIVERABLE"
    assert await devino.status(expiring) == "SENT"
    devino.emulator.clock.advance(SECOND)
    assert await devino.status(expiring) == "EXPIRED"


async def test_a_number_can_be_rejected_or_come_late(devino: Caller) -> None:
    rejected = await devino.sent(to=Scenario.REJECTED.number("7903000"))
    late = await devino.sent(to=Scenario.LATE.number("7903000"), validity=30)
    devino.emulator.clock.advance(SECOND * 30)
    assert await devino.status(rejected) == "REJECTED"
    assert await devino.status(late) == "EXPIRED"
    devino.emulator.clock.advance(SECOND * 10)
    assert await devino.status(late) == "DELIVERED"


async def test_a_number_can_lose_the_answer_to_an_accepted_message(devino: Caller) -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await devino.send(sms(to="79030000004"))
    failed = await devino.send(sms(to="79030000005"))
    garbage = await devino.send(sms(), sms(to="79030000008"))
    assert failed.status == 500
    assert garbage.status == 200
    with pytest.raises(UnicodeDecodeError):
        json.loads(garbage.body)
    assert [entry.to[-4:] for entry in devino.emulator.ledger] == ["0004", "0005", "4567", "0008"]


async def test_a_number_is_rate_limited_once(devino: Caller) -> None:
    assert (await devino.send(sms(to="79030000006"))).status == 429
    assert len(devino.emulator.ledger) == 0
    assert await devino.sent(to="79030000006")


async def test_a_stalled_answer_leaves_the_message_accepted(devino: Caller) -> None:
    hasty = aiohttp.ClientTimeout(total=0.2)
    async with aiohttp.ClientSession(timeout=hasty) as session:
        with pytest.raises(TimeoutError):
            await evolve(devino, session=session).send(sms(to="79030000007"))
    assert len(devino.emulator.ledger) == 1


async def test_a_dropped_answer_leaves_the_message_in_the_ledger(devino: Caller) -> None:
    devino.emulator.fail_next(Fault.DROP, on="send")
    assert (await devino.statuses(["1"])).status == 200
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await devino.send(sms(text="lost"))
    [entry] = devino.emulator.ledger.find(text="lost")
    assert await devino.status(entry.id) == "ACCEPTED"


# Callbacks


async def test_each_status_is_posted_to_the_messages_own_url(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    options = {"order": "17"}
    id = await devino.sent(callbackUrl=receiver.url, options=options)
    devino.emulator.clock.advance(SECOND * 2)
    await devino.emulator.settle()
    nine = 1_798_794_000_000
    assert receiver.bodies == [
        [{"messageId": id, "ts": nine + ms, "status": word, "errorCode": 0, "options": options}]
        for ms, word in ((0, "ACCEPTED"), (500, "ENROUTE"), (1000, "SENT"), (2000, "DELIVERED"))
    ]
    assert receiver.received[0].headers["Content-Type"] == "application/json"


async def test_a_failure_is_posted_with_its_error_code(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    await devino.sent(callbackUrl=receiver.url, to="79030000002")
    devino.emulator.clock.advance(SECOND * 2)
    await devino.emulator.settle()
    [last] = receiver.bodies[-1]
    assert (last["status"], last["errorCode"]) == ("UNDELIVERABLE", 2005)
    assert "options" not in last


async def test_a_message_without_a_url_is_told_of_at_the_accounts(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with DevinoEmulator(clock=clock, key=KEY, account_callback_url=receiver.url) as emulator:
        id = await Caller(emulator, http).sent()
        await emulator.settle()
    assert [body[0]["messageId"] for body in receiver.bodies] == [id]


async def test_callbacks_leave_this_machine_for_named_hosts_only(devino: Caller) -> None:
    await devino.sent(callbackUrl="http://shop.example/callback")
    await devino.emulator.settle()
    [held_back] = devino.emulator.callbacks
    assert (held_back.status, held_back.error) == (None, "host not allowed")


@pytest.mark.parametrize(("attempts", "posted"), [(1, 1), (3, 3)])
async def test_a_callback_not_answered_with_200_may_be_repeated(
    devino: Caller, receiver: CallbackReceiver, attempts: int, posted: int
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(callback_attempts=attempts)
    receiver.status = 204
    scheduled = "2027-01-02T09:00:00Z"  # so that no other status comes in between
    await devino.sent(callbackUrl=receiver.url, scheduledTime=scheduled)
    for _ in range(5):
        await devino.emulator.settle()
        devino.emulator.clock.advance(timedelta(minutes=1))
    assert len(receiver.received) == posted


async def test_t60_callbacks_can_come_twice_late_and_in_reverse(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(
        callback_copies=2, callback_delay=SECOND * 30, callback_order=PostOrder.REVERSED
    )
    await devino.sent(callbackUrl=receiver.url)
    devino.emulator.clock.advance(SECOND * 29)
    await devino.emulator.settle()
    assert receiver.received == []
    devino.emulator.clock.advance(SECOND * 3)
    await devino.emulator.settle()
    words = ("DELIVERED", "SENT", "ENROUTE", "ACCEPTED")
    assert [event["status"] for [event] in receiver.bodies] == [w for w in words for _ in range(2)]


async def test_a_status_can_be_posted_before_the_send_is_answered(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(reports_before_answer=True)
    id = await devino.sent(callbackUrl=receiver.url)
    [[event]] = receiver.bodies
    assert (event["messageId"], event["status"]) == (id, "ACCEPTED")
    devino.emulator.pace = Pace().at_once()
    await devino.sent(callbackUrl=receiver.url)
    words = [event["status"] for [event] in receiver.bodies[1:]]
    assert words == ["ACCEPTED", "ENROUTE", "SENT", "DELIVERED"]


async def test_callbacks_about_a_scheduled_message_wait_for_its_time(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    await devino.sent(scheduledTime="2027-01-01T10:00:00Z", callbackUrl=receiver.url)
    found = []
    for step in (SECOND * 3599, SECOND, SECOND * 2):
        devino.emulator.clock.advance(step)
        await devino.emulator.settle()
        found.append([event["status"] for [event] in receiver.bodies])
    assert found == [
        ["SCHEDULED"],
        ["SCHEDULED", "ENROUTE"],
        ["SCHEDULED", "ENROUTE", "SENT", "DELIVERED"],
    ]
