"""Callbacks as the emulator posts them, whichever way the vendor decided what it does not say."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

import pytest

from messente_async import (
    SIGNATURE_HEADER,
    DeliveryReportEvent,
    MessenteProvider,
    cascade_state,
    read_delivery_report,
    read_inbound,
    verify_signature,
)
from messente_async.sandbox import InboundForm, MessenteBehaviour, MessenteEmulator, variants
from omni_common.message import Message, Sms, Viber
from omni_common.report import DeliveryState, merge
from omni_common.sandbox import SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver

Connect: TypeAlias = Callable[..., MessenteProvider]
SECOND = timedelta(seconds=1)
VARIANTS = pytest.mark.parametrize(
    "behaviour", [behaviour for _, behaviour in variants()], ids=[name for name, _ in variants()]
)


async def cascade_events(
    emulator: MessenteEmulator, connected: Connect, clock: SandboxClock, number: str
) -> tuple[list[DeliveryReportEvent], list[str]]:
    """The reports of a cascade of two, read and verified, and the ids of its two messages."""
    async with CallbackReceiver() as receiver:
        emulator.dlr_url = receiver.url
        message = Message(number, [Viber("V", ttl=5 * SECOND), Sms("S")])
        receipt = await connected().send(message)
        clock.advance(60 * SECOND)
        await emulator.settle()
    events: list[DeliveryReportEvent] = []
    for callback in receiver.received:
        signature = callback.headers[SIGNATURE_HEADER]
        assert verify_signature(callback.body, signature, emulator.password)
        assert not verify_signature(callback.body, signature, emulator.shared_secret)
        events.extend(read_delivery_report(callback.body))
    assert {f"messente:{each.omnimessage_id}" for each in events} == {receipt.id}
    return events, [part.id or "" for part in receipt.parts]


def whole(events: list[DeliveryReportEvent], ids: list[str]) -> DeliveryState:
    """The state of a cascade from what has come so far, in whatever order."""
    said = {id: [each.state for each in events if each.message_id == id] for id in ids}
    return cascade_state([merge(states) for states in said.values() if states], channels=2)


@VARIANTS
async def test_t59_t60_reports_in_any_order_and_twice_come_to_the_same(
    emulator: MessenteEmulator,
    connected: Connect,
    clock: SandboxClock,
    behaviour: MessenteBehaviour,
) -> None:
    emulator.behaviour = behaviour
    events, ids = await cascade_events(emulator, connected, clock, Scenario.EXPIRED.number())
    distinct = list(dict.fromkeys(events))
    delivered = [each for each in distinct if each.state is DeliveryState.DELIVERED]

    assert [each.message_id for each in delivered] == [ids[1]]
    for order in itertools.permutations(distinct):
        for length in range(len(order) + 1):
            said = [*order[:length], *order[:length]]
            assert whole(said, ids).is_final is any(each in delivered for each in said)
        assert whole(list(order), ids) is DeliveryState.DELIVERED


async def test_t59_the_failure_of_every_channel_is_the_end(
    emulator: MessenteEmulator, connected: Connect, clock: SandboxClock
) -> None:
    number = Scenario.UNDELIVERED.number()
    events, ids = await cascade_events(emulator, connected, clock, number)
    states = [whole(events[:count], ids) for count in range(len(events) + 1)]

    assert states[-1] is DeliveryState.UNDELIVERED
    assert not any(state.is_final for state in states[:-1])


@VARIANTS
@pytest.mark.parametrize("channel", ["sms", "whatsapp", "rcs"])
async def test_t69_an_inbound_message_is_signed_with_a_secret_of_its_own(
    emulator: MessenteEmulator, clock: SandboxClock, behaviour: MessenteBehaviour, channel: str
) -> None:
    emulator.behaviour = behaviour
    async with CallbackReceiver() as receiver:
        emulator.inbound_url = receiver.url
        id = emulator.receive("Hi", sender="+37251000099", channel=channel)
        await emulator.settle()
    for callback in receiver.received:
        signature = callback.headers[SIGNATURE_HEADER]
        assert verify_signature(callback.body, signature, emulator.shared_secret)
        assert not verify_signature(callback.body, signature, emulator.password)
        (message,) = read_inbound(callback.body)
        assert (message.msg_id, message.channel) == (id, channel)
        assert (message.sender, message.recipient) == ("+37251000099", "1234")
        assert message.time == clock.now()
        flat = channel == "sms" or behaviour.inbound is InboundForm.FLAT
        assert message.text == ("Hi" if flat else None)
        assert "Hi" in json.dumps(message.raw)
    assert len(receiver.received) == behaviour.callback_copies
