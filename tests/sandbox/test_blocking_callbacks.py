"""Callbacks for code without asyncio: a receiver, a client and an emulator on three threads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common import Message, Sms
from omni_common.sandbox import SandboxClock, running
from omni_common.sync import connect
from tests.sandbox.blocking_receiver import BlockingReceiver

PERSON = "+37251000099"


@pytest.fixture
def receiver() -> Iterator[BlockingReceiver]:
    with BlockingReceiver() as server:
        yield server


def test_messentes_reports_are_there_once_a_script_has_settled(receiver: BlockingReceiver) -> None:
    clock = SandboxClock(frozen=True)
    with (
        running(MessenteEmulator(clock=clock, dlr_url=receiver.url)) as emulator,
        connect(f"{emulator.url}?sender=Shop") as omni,
    ):
        omni.send(Message("+37251000000", Sms("Hi")))
        clock.advance(timedelta(minutes=1))
        asyncio.run(emulator.settle())
        assert [body["status"] for body in receiver.bodies] == ["ACK", "DELIVRD"]


def test_devinos_callbacks_are_there_once_a_script_has_settled(receiver: BlockingReceiver) -> None:
    clock = SandboxClock(frozen=True)
    with (
        running(DevinoEmulator(clock=clock)) as emulator,
        connect(f"{emulator.url}?sender=Shop") as omni,
    ):
        omni.send(Message("+37251000000", Sms("Hi"), callback_url=receiver.url))
        clock.advance(timedelta(minutes=1))
        asyncio.run(emulator.settle())
        words = [event["status"] for [event] in receiver.bodies]
        assert words == ["ACCEPTED", "ENROUTE", "SENT", "DELIVERED"]


@pytest.mark.parametrize(
    ("kind", "setting", "key"),
    [
        (MessenteEmulator, "inbound_url", "msg_id"),
        (DevinoEmulator, "incoming_callback_url", "incomingMessageId"),
    ],
)
def test_a_person_can_write_from_any_thread(
    receiver: BlockingReceiver, kind: Any, setting: str, key: str
) -> None:
    with running(kind(**{setting: receiver.url})) as emulator:
        id = emulator.receive("Yes please", sender=PERSON)
        asyncio.run(emulator.settle())
        [body] = receiver.bodies
    assert (body[key], body["text"]) == (id, "Yes please")
    person = body.get("sender") or body["from"]
    assert person.removeprefix("+") == PERSON.removeprefix("+")
