"""Messente's emulator when it fails, and the switches for what the vendor leaves open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from messente_async.sandbox import (
    ErrorBody,
    MessenteBehaviour,
    MessenteEmulator,
    PhoneRule,
    variants,
)
from omni_common.sandbox import Fault, Scenario
from tests.support.messente_caller import NOWHERE, MessenteCaller, omnimessage, sms


async def test_a_dropped_answer_leaves_the_message_in_the_ledger(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.fail_next(Fault.DROP, on="send")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await messente.send(omnimessage(sms(text="Order 42")))
    assert messente_emulator.ledger.count(text="Order 42") == 1
    assert (await messente.send(omnimessage(sms()))).status == 201


@pytest.mark.parametrize("operation", ["send", "send_many", "status", "cancel"])
async def test_each_call_can_be_made_to_fail(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, operation: str
) -> None:
    calls: dict[str, Callable[[], Any]] = {
        "send": lambda: messente.send(omnimessage(sms())),
        "send_many": lambda: messente.send_many([omnimessage(sms())]),
        "status": lambda: messente.status(NOWHERE),
        "cancel": lambda: messente.cancel(NOWHERE),
    }
    messente_emulator.fail_next(Fault.SERVER_ERROR, on=operation)
    failed = {name: (await call()).status == 500 for name, call in calls.items()}
    assert failed == {name: name == operation for name in calls}


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.UNAVAILABLE, Fault.RATE_LIMITED])
@pytest.mark.parametrize("body", list(ErrorBody))
async def test_the_body_of_a_failure_is_what_the_behaviour_says(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, fault: Fault, body: ErrorBody
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(rate_limit_body=body, server_error_body=body)
    messente_emulator.fail_next(fault)
    reading = await messente.send(omnimessage(sms()))
    expected = {Fault.SERVER_ERROR: 500, Fault.UNAVAILABLE: 503, Fault.RATE_LIMITED: 429}[fault]
    assert reading.status == expected
    assert reading.headers.get("Retry-After") == ("1" if fault is Fault.RATE_LIMITED else None)
    match body:
        case ErrorBody.ERRORS:
            assert reading.data["errors"][0]["code"] == "104"
        case ErrorBody.HTML:
            assert reading.content_type == "text/html"
            assert reading.body.startswith(b"<!DOCTYPE html>")
        case ErrorBody.EMPTY:
            assert reading.body == b""
    assert len(messente_emulator.ledger) == (1 if fault is Fault.SERVER_ERROR else 0)


async def test_whether_a_429_says_when_to_come_again_is_a_switch(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(rate_limit_names_wait=False)
    messente_emulator.fail_next(Fault.RATE_LIMITED)
    reading = await messente.send(omnimessage(sms()))
    assert reading.status == 429
    assert "Retry-After" not in reading.headers


async def test_a_number_is_limited_once_also_in_a_bulk_call(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    payloads = [omnimessage(sms()), omnimessage(sms(), to=Scenario.RATE_LIMITED.number())]
    assert (await messente.send_many(payloads)).status == 429
    assert len(messente_emulator.ledger) == 0
    assert (await messente.send_many(payloads)).status == 201
    assert len(messente_emulator.ledger) == 2


async def test_a_number_stalls_the_answer_to_an_accepted_message(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    payload = omnimessage(sms(), to=Scenario.STALLED.number())
    sending = asyncio.create_task(messente.send(payload))
    await messente_emulator.handled(1)
    assert messente_emulator.ledger.count(to=Scenario.STALLED.number()) == 1
    assert not sending.done()
    await messente_emulator.close()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await sending


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        (PhoneRule.PLUS_REQUIRED, [True, False, False, False]),
        (PhoneRule.PLUS_OPTIONAL, [True, True, False, False]),
        (PhoneRule.ANY_TEXT, [True, True, True, False]),
    ],
)
async def test_which_recipients_are_numbers_is_a_switch(
    messente: MessenteCaller,
    messente_emulator: MessenteEmulator,
    rule: PhoneRule,
    taken: list[bool],
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(phone=rule)
    numbers = ["+37251000000", "37251000000", "call me", Scenario.REFUSED.number()]
    statuses = [(await messente.send(omnimessage(sms(), to=to))).status for to in numbers]
    assert statuses == [201 if right else 400 for right in taken]


@pytest.mark.parametrize(("name", "behaviour"), variants(), ids=[name for name, _ in variants()])
async def test_under_every_behaviour_a_plain_message_is_accepted_and_its_status_readable(
    messente: MessenteCaller,
    messente_emulator: MessenteEmulator,
    name: str,
    behaviour: MessenteBehaviour,
) -> None:
    messente_emulator.behaviour = behaviour
    id = await messente.accepted(omnimessage(sms()))
    messente_emulator.clock.advance(timedelta(seconds=2))
    reading = await messente.status(id)
    assert reading.data["statuses"][0]["status"] == "DELIVRD", name


def test_variants_differ_from_the_default_in_one_switch_each() -> None:
    (first, default), *others = variants()
    assert (first, default) == ("default", MessenteBehaviour())
    assert len({name for name, _ in others}) == len(others)
    assert all(behaviour != default for _, behaviour in others)
    assert evolve(default, max_bulk=None) in [behaviour for _, behaviour in others]


@pytest.mark.parametrize("wrong", [{"max_bulk": 0}, {"callback_copies": 0}])
def test_a_behaviour_refuses_numbers_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        MessenteBehaviour(**wrong)  # type: ignore[arg-type]


def test_a_switch_takes_only_its_own_values() -> None:
    with pytest.raises(TypeError):
        MessenteBehaviour(phone="any_text")  # type: ignore[arg-type]
