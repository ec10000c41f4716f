"""Delivery reports of Messente's emulator: really posted, signed, and as the status call says."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import aiohttp
import pytest

from messente_async.sandbox import MessenteBehaviour, MessenteEmulator
from omni_common.sandbox import PostOrder, SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver
from tests.support.messente_caller import ITEM_KEYS, MessenteCaller, omnimessage, sms

HOUR = timedelta(hours=1)
VIBER = {"channel": "viber", "text": "Hi", "ttl": 300}


async def test_t69_every_change_on_every_channel_is_reported_and_signed(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with MessenteEmulator(clock=clock, password="pä:ss") as messente_emulator:
        payload = omnimessage(VIBER, sms(), to=Scenario.EXPIRED.number(), dlr_url=receiver.url)
        id = await MessenteCaller(messente_emulator, http).accepted(payload)
        clock.advance(HOUR)
        await messente_emulator.settle()
    reports = [(body["channel"], body["status"]) for body in receiver.bodies]
    assert reports == [("viber", "ACK"), ("viber", "EXPIRED"), ("sms", "ACK"), ("sms", "DELIVRD")]
    for callback in receiver.received:
        body = callback.json()
        assert body.keys() == ITEM_KEYS | {"to", "omnimessage_id"}
        assert (body["omnimessage_id"], body["to"]) == (id, payload["to"])
        expected = hmac.new("pä:ss".encode(), callback.body, hashlib.sha256).hexdigest()
        assert callback.headers["X-Messente-Signature"] == expected
        assert callback.headers["Content-Type"] == "application/json"
    assert receiver.bodies[1]["err"] == 2
    assert receiver.bodies[-1]["price_info"]["parts_count"] == 1


async def test_a_report_says_what_the_status_call_says(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    id = await messente.accepted(omnimessage(sms(), dlr_url=receiver.url))
    messente_emulator.clock.advance(HOUR)
    await messente_emulator.settle()
    [item] = (await messente.status(id)).data["statuses"]
    assert receiver.bodies[-1] == {**item, "to": "+37251000000", "omnimessage_id": id}


async def test_reports_go_to_the_account_unless_the_message_says_otherwise(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with (
        CallbackReceiver() as other,
        MessenteEmulator(clock=clock, dlr_url=receiver.url) as messente_emulator,
    ):
        messente = MessenteCaller(messente_emulator, http)
        await messente.accepted(omnimessage(sms()))
        await messente.accepted(omnimessage(sms(), dlr_url=other.url))
        clock.advance(HOUR)
        await messente_emulator.settle()
        assert len(receiver.received) == len(other.received) == 2


async def test_a_cancelled_message_reports_its_deletion_and_nothing_else(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    due = messente_emulator.clock.now() + HOUR
    payload = omnimessage(sms(), time_to_send=due.isoformat(), dlr_url=receiver.url)
    await messente.cancel(await messente.accepted(payload))
    messente_emulator.clock.advance(2 * HOUR)
    await messente_emulator.settle()
    assert [body["status"] for body in receiver.bodies] == ["DELETED"]


@pytest.mark.parametrize(("answer", "posts"), [(200, 2), (302, 2), (404, 6), (500, 6)])
async def test_t75_a_report_is_repeated_until_it_is_received_where_the_behaviour_says(
    messente: MessenteCaller,
    messente_emulator: MessenteEmulator,
    receiver: CallbackReceiver,
    answer: int,
    posts: int,
) -> None:
    receiver.status = answer
    messente_emulator.behaviour = MessenteBehaviour(callback_attempts=3)
    await messente.accepted(omnimessage(sms(), dlr_url=receiver.url))
    messente_emulator.clock.advance(HOUR)
    await messente_emulator.settle()
    assert len(receiver.received) == posts


async def test_t60_a_report_may_come_twice(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(callback_copies=2)
    await messente.accepted(omnimessage(sms(), dlr_url=receiver.url))
    messente_emulator.clock.advance(HOUR)
    await messente_emulator.settle()
    words = [body["status"] for body in receiver.bodies]
    assert words == ["ACK", "ACK", "DELIVRD", "DELIVRD"]


async def test_channels_that_are_not_tried_are_not_reported(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    await messente.accepted(omnimessage(VIBER, sms(), dlr_url=receiver.url))
    messente_emulator.clock.advance(HOUR)
    await messente_emulator.settle()
    reports = [(body["channel"], body["status"]) for body in receiver.bodies]
    assert reports == [("viber", "ACK"), ("viber", "DELIVRD")]


async def test_t60_reports_can_come_in_reverse_and_late(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(
        callback_order=PostOrder.REVERSED, callback_delay=timedelta(minutes=1)
    )
    to = Scenario.LATE.number()
    await messente.accepted(omnimessage(VIBER, sms(), to=to, dlr_url=receiver.url))
    messente_emulator.clock.advance(timedelta(minutes=1))
    await messente_emulator.settle()
    assert receiver.received == []
    messente_emulator.clock.advance(HOUR)
    await messente_emulator.settle()
    assert [(body["channel"], body["status"]) for body in receiver.bodies] == [
        ("viber", "DELIVRD"),
        ("sms", "DELIVRD"),
        ("sms", "ACK"),
        ("viber", "EXPIRED"),
        ("viber", "ACK"),
    ]
    assert receiver.bodies[3]["timestamp"] == "2027-01-01T09:05:00.000000"


async def test_a_delivery_can_be_reported_before_the_send_is_answered(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(reports_before_answer=True)
    id = await messente.accepted(omnimessage(sms(), dlr_url=receiver.url))
    assert [(body["omnimessage_id"], body["status"]) for body in receiver.bodies] == [
        (id, "ACK"),
        (id, "DELIVRD"),
    ]


async def test_reports_about_a_scheduled_message_wait_for_its_time(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    due = (messente_emulator.clock.now() + HOUR).isoformat()
    await messente.accepted(omnimessage(sms(), time_to_send=due, dlr_url=receiver.url))
    messente_emulator.clock.advance(HOUR)
    await messente_emulator.settle()
    assert receiver.received == []
    messente_emulator.clock.advance(timedelta(seconds=2))
    await messente_emulator.settle()
    assert [body["status"] for body in receiver.bodies] == ["ACK", "DELIVRD"]


async def test_a_message_of_a_dropped_answer_is_delivered_all_the_same(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, receiver: CallbackReceiver
) -> None:
    payload = omnimessage(sms(), to=Scenario.ANSWER_DROPPED.number(), dlr_url=receiver.url)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await messente.send(payload)
    messente_emulator.clock.advance(HOUR)
    await messente_emulator.settle()
    assert receiver.bodies[-1]["status"] == "DELIVRD"
