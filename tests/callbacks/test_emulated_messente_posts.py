"""What the emulated Messente posts, whichever way the vendor decided what it does not document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from messente_async import MessenteProvider
from messente_async.sandbox import (
    CancelledStatus,
    InboundForm,
    MessenteBehaviour,
    MessenteEmulator,
    SentWord,
    UndeliveredWord,
    variants,
)
from omni_common.callbacks import IncomingMessage
from omni_common.message import Channel, Message, Sms, Viber
from omni_common.report import DeliveryReport, DeliveryState
from omni_common.sandbox import SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver
from tests.support.emulated_time import EmulatedTime
from tests.support.received_posts import furthest, read_signed, reports

SECOND = timedelta(seconds=1)
NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)
EVERY_VARIANT = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants()]
)


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(NOW, frozen=True)


@pytest.fixture
async def receiver() -> AsyncIterator[CallbackReceiver]:
    async with CallbackReceiver() as started:
        yield started


@pytest.fixture
async def messente(
    clock: SandboxClock, receiver: CallbackReceiver
) -> AsyncIterator[MessenteEmulator]:
    url = receiver.url
    async with MessenteEmulator(clock=clock, dlr_url=url, inbound_url=url) as emulator:
        yield emulator


async def messente_reports(
    emulator: MessenteEmulator, receiver: CallbackReceiver, clock: SandboxClock, *messages: Message
) -> list[DeliveryReport]:
    """What is posted of *messages* until nothing more happens, each of it about one of them."""
    async with MessenteProvider(
        emulator.username,
        emulator.password,
        base_url=emulator.base_url,
        sender="Shop",
        clock=EmulatedTime(clock),
    ) as provider:
        receipts = [await provider.send(message) for message in messages]
    clock.advance(60 * SECOND)
    await emulator.settle()
    told = reports(read_signed(receiver, "messente.delivery", emulator.password))
    part_ids = {receipt.id: {part.id for part in receipt.parts} for receipt in receipts}
    for each in told:
        [part] = each.parts
        assert part.id in part_ids[each.id]
        assert each.partial
        assert (each.reference, each.channels) == (None, ())
        assert each.at is not None
        assert NOW <= each.at <= clock.now()
    return told


@EVERY_VARIANT
async def test_t59_messente_tells_how_each_channel_of_a_cascade_ended(
    messente: MessenteEmulator,
    receiver: CallbackReceiver,
    clock: SandboxClock,
    behaviour: MessenteBehaviour,
) -> None:
    messente.behaviour = behaviour
    message = Message(Scenario.EXPIRED.number(), [Viber("V", ttl=5 * SECOND), Sms("S")])
    told = await messente_reports(messente, receiver, clock, message)

    assert furthest(told) == {
        Channel.VIBER: DeliveryState.EXPIRED,
        Channel.SMS: DeliveryState.DELIVERED,
    }
    assert [each.state for each in told if each.is_final] == [
        DeliveryState.DELIVERED
    ] * behaviour.callback_copies
    assert all(each.price for each in told if each.is_final)


@pytest.mark.parametrize("word", UndeliveredWord)
async def test_messente_tells_why_a_message_was_not_delivered(
    messente: MessenteEmulator,
    receiver: CallbackReceiver,
    clock: SandboxClock,
    word: UndeliveredWord,
) -> None:
    messente.behaviour = MessenteBehaviour(undelivered=word, sent=SentWord.ACCEPTD)
    message = Message(Scenario.UNDELIVERED.number(), Sms("S"))
    told = await messente_reports(messente, receiver, clock, message)

    assert [each.parts[0].raw_state for each in told] == ["ACCEPTD", word.value]
    assert [each.error is not None for each in told] == [False, True]


async def test_t61_messente_tells_what_was_seen(
    messente: MessenteEmulator, receiver: CallbackReceiver, clock: SandboxClock
) -> None:
    messente.behaviour = MessenteBehaviour(seen=True)
    told = await messente_reports(messente, receiver, clock, Message("+37251000000", Viber("V")))
    assert furthest(told) == {Channel.VIBER: DeliveryState.READ}
    assert all(each.error is None for each in told)


async def test_t48_messente_tells_what_was_cancelled(
    messente: MessenteEmulator, receiver: CallbackReceiver, clock: SandboxClock
) -> None:
    messente.behaviour = MessenteBehaviour(cancelled=CancelledStatus.DELETED)
    time = EmulatedTime(clock)
    async with MessenteProvider(
        messente.username, messente.password, base_url=messente.base_url, clock=time
    ) as provider:
        later = Message("+37251000000", Sms("S"), send_at=NOW + timedelta(hours=1))
        receipt = await provider.send(later)
        await provider.cancel(receipt.id)
    await messente.settle()
    told = reports(read_signed(receiver, "messente.delivery", messente.password))
    assert [(each.id, each.state) for each in told] == [(receipt.id, DeliveryState.CANCELLED)]


@EVERY_VARIANT
async def test_messente_tells_what_people_wrote(
    messente: MessenteEmulator, receiver: CallbackReceiver, behaviour: MessenteBehaviour
) -> None:
    messente.behaviour = behaviour
    for channel in ("sms", "whatsapp", "rcs"):
        receiver.received.clear()
        id = messente.receive("Hi", sender="+79031234567", channel=channel)
        await messente.settle()
        told = read_signed(receiver, "messente.inbound", messente.shared_secret)

        readable = channel == "sms" or behaviour.inbound is InboundForm.FLAT
        expected = IncomingMessage(
            provider="messente",
            id=id,
            channel=channel,
            sender="+79031234567",
            recipient="1234",
            text="Hi" if readable else None,
            at=NOW,
            raw=receiver.bodies[0],
            area="messente.inbound",
        )
        assert told == [expected] * behaviour.callback_copies
