"""What the emulated Devino does with letters after it took them, and the faults on the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from omni_common.sandbox import Fault, SandboxClock
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller
from tests.support.devino_letters import post, posted, rows

SECOND = timedelta(seconds=1)


@pytest.fixture
async def devino(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY, email_callback_url=receiver.url) as emulator:
        yield Caller(emulator, http)


async def _words(devino: Caller, receiver: CallbackReceiver) -> list[str]:
    devino.emulator.clock.advance(timedelta(minutes=1))
    await devino.emulator.settle()
    return [event["event"] for [event] in receiver.bodies]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("a@mail.example", ["ACCEPTED", "SENT", "DELIVERED"]),
        ("a0002@mail.example", ["ACCEPTED", "SENT", "BOUNCED"]),
        ("a0003@mail.example", ["ACCEPTED", "SENT", "EXPIRED"]),
        ("a0009@mail.example", ["ACCEPTED", "SENT", "EXPIRED", "DELIVERED"]),
        ("a0010@mail.example", ["ACCEPTED", "REJECTED"]),
        ("a@mail0002.example", ["ACCEPTED", "SENT", "DELIVERED"]),
    ],
)
async def test_an_address_decides_what_becomes_of_its_letter(
    devino: Caller, receiver: CallbackReceiver, address: str, words: list[str]
) -> None:
    await posted(devino, address)
    assert await _words(devino, receiver) == words


async def test_t29_each_event_is_posted_to_the_accounts_url(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    recipient = {"Address": "a@mail.example", "ExtraData": {"order": "17"}}
    [id] = await posted(devino, Recipients=[recipient])
    devino.emulator.clock.advance(SECOND * 2)
    await devino.emulator.settle()
    times = {"ACCEPTED": "00.000", "SENT": "01.000", "DELIVERED": "02.000"}
    assert receiver.bodies == [
        [
            {
                "dateTime": f"2027-01-01T09:00:{time}Z",
                "userData": {"order": "17"},
                "contactId": None,
                "messageId": id,
                "taskId": 0,
                "event": word,
                "email": "a@mail.example",
            }
        ]
        for word, time in times.items()
    ]
    assert receiver.received[0].headers["Content-Type"] == "application/json"


async def test_a_recipient_without_data_has_null_in_the_callback(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    await posted(devino)
    await devino.emulator.settle()
    [[event]] = receiver.bodies
    assert event["userData"] is None


async def test_without_a_url_of_the_account_nothing_is_posted(
    http: aiohttp.ClientSession, clock: SandboxClock
) -> None:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        await posted(Caller(emulator, http))
        clock.advance(timedelta(minutes=1))
        await emulator.settle()
        assert emulator.callbacks == ()


async def test_an_answer_can_be_lost_after_the_letter_was_accepted(devino: Caller) -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(devino, "a0004@mail.example")
    assert (await post(devino, "a0005@mail.example")).status == 500
    garbage = await post(devino, "a@mail.example", "a0008@mail.example")
    with pytest.raises(UnicodeDecodeError):
        json.loads(garbage.body)
    devino.emulator.fail_next(Fault.DROP, on="email_send")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(devino, "b@mail.example")
    locals_ = [entry.to.partition("@")[0] for entry in devino.emulator.ledger]
    assert locals_ == ["a0004", "a0005", "a", "a0008", "b"]


async def test_an_address_is_rate_limited_once(devino: Caller) -> None:
    assert (await post(devino, "a0006@mail.example")).status == 429
    assert len(devino.emulator.ledger) == 0
    assert await posted(devino, "a0006@mail.example")


# Who wants no letters


async def test_who_unsubscribed_gets_a_letter_only_if_nobody_checks(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.unsubscribe("Gone@mail.example")
    devino.emulator.credit = 10
    ids = await posted(devino, "gone@mail.example", "a@mail.example", CheckUnsubscription=True)
    assert devino.emulator.credit == 9
    devino.emulator.clock.advance(SECOND * 2)
    assert [row["status"] for row in await rows(devino, messageIds=ids)] == [
        "UNDELIVERED",
        "DELIVERED",
    ]
    [unchecked] = await posted(devino, "gone@mail.example")
    await devino.emulator.settle()
    devino.emulator.clock.advance(SECOND * 2)
    await devino.emulator.settle()
    words = {id: [e["event"] for [e] in receiver.bodies if e["messageId"] == id] for id in ids}
    assert words[ids[0]] == ["ACCEPTED", "REJECTED"]
    assert words[ids[1]] == ["ACCEPTED", "SENT", "DELIVERED"]
    assert devino.emulator.ledger[unchecked].state(devino.emulator.clock.now()) == "DELIVERED"


async def test_t60_an_event_can_come_twice_and_before_the_answer(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(callback_copies=2, reports_before_answer=True)
    [id] = await posted(devino)
    assert [(event["messageId"], event["event"]) for [event] in receiver.bodies] == [
        (id, "ACCEPTED")
    ] * 2
