"""Messages from people, as Messente's emulator posts them: form, signature, how often."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import timedelta
from typing import Any

import pytest

from messente_async.sandbox import Account, InboundForm, MessenteBehaviour, MessenteEmulator
from omni_common.errors import ConfigurationError
from omni_common.sandbox import SandboxClock
from tests.support.callback_receiver import CallbackReceiver

PERSON = "+37251000099"
KEYS = {"msg_id", "sub_msg_id", "channel", "recipient", "time", "text", "sender"}


async def test_t69_a_received_sms_is_posted_and_signed_with_the_shared_secret(
    clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with MessenteEmulator(
        clock=clock, inbound_url=receiver.url, shared_secret="pä:ss"
    ) as emulator:
        id = emulator.receive("Yes please", sender=PERSON)
        await emulator.settle()

    (callback,) = receiver.received
    body = callback.json()
    assert body.keys() == KEYS
    assert body["msg_id"] == id != body["sub_msg_id"]
    assert [uuid.UUID(body[name]).version for name in ("msg_id", "sub_msg_id")] == [4, 4]
    assert (body["channel"], body["recipient"], body["sender"]) == ("sms", "1234", PERSON)
    assert (body["text"], body["time"]) == ("Yes please", "2027-01-01T09:00:00.000000Z")
    expected = hmac.new("pä:ss".encode(), callback.body, hashlib.sha256).hexdigest()
    assert callback.headers["X-Messente-Signature"] == expected
    assert callback.headers["Content-Type"] == "application/json"
    assert len(emulator.ledger) == 0


async def test_a_number_of_the_account_is_named_where_it_has_several(
    clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with MessenteEmulator(
        clock=clock, inbound_url=receiver.url, account=Account(inbound_number="5678")
    ) as emulator:
        emulator.receive("One", sender=PERSON)
        emulator.receive("Two", sender=PERSON, recipient="+37250000000")
        await emulator.settle()
    assert [body["recipient"] for body in receiver.bodies] == ["5678", "+37250000000"]


@pytest.mark.parametrize(
    ("form", "content"),
    [
        (InboundForm.FLAT, {"text": "Hi"}),
        (InboundForm.OBJECT, {"text": {"body": "Hi"}}),
        (InboundForm.OWN_KEY, {"whatsapp": {"type": "text", "body": "Hi"}}),
    ],
)
async def test_only_an_sms_has_a_form_of_its_own(
    clock: SandboxClock, receiver: CallbackReceiver, form: InboundForm, content: dict[str, Any]
) -> None:
    behaviour = MessenteBehaviour(inbound=form)
    async with MessenteEmulator(
        clock=clock, inbound_url=receiver.url, behaviour=behaviour
    ) as emulator:
        emulator.receive("Hi", sender=PERSON)
        emulator.receive("Hi", sender=PERSON, channel="whatsapp")
        await emulator.settle()

    sms, whatsapp = receiver.bodies
    assert sms.keys() == KEYS
    assert sms["text"] == "Hi"
    assert whatsapp.keys() == (KEYS - {"text"}) | content.keys()
    assert {name: whatsapp[name] for name in content} == content


@pytest.mark.parametrize(("answer", "posts"), [(200, 2), (302, 2), (404, 4), (500, 4)])
async def test_t60_t75_an_inbound_message_may_come_twice_and_again_until_it_is_received(
    clock: SandboxClock, receiver: CallbackReceiver, answer: int, posts: int
) -> None:
    receiver.status = answer
    behaviour = MessenteBehaviour(callback_copies=2, callback_attempts=2)
    async with MessenteEmulator(
        clock=clock, inbound_url=receiver.url, behaviour=behaviour
    ) as emulator:
        emulator.receive("Hi", sender=PERSON)
        clock.advance(timedelta(hours=1))
        await emulator.settle()
    assert len(receiver.received) == posts
    assert len({callback.body for callback in receiver.received}) == 1


async def test_without_an_address_nothing_can_be_received(
    messente_emulator: MessenteEmulator,
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        messente_emulator.receive("canary", sender=PERSON)
    assert caught.value.field == "inbound_url"
    assert "canary" not in str(caught.value)
