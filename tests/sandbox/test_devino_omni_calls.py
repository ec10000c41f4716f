"""Calls that send in the emulated OMNI: their tasks and templates, and how they are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from devino_async.sandbox.omni_behaviour import (
    OmittedField,
    RefusedMessages,
)
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller, HttpAnswer
from tests.support.devino_tasks import (
    PERSON,
    SAMPLE,
    SMS_TEMPLATE,
    VIBER_TEMPLATE,
    advance,
    api_task,
    behave,
    created,
    fallback,
    send,
    to,
    trigger,
    triggers_of,
)


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


@pytest.fixture
async def task_id(devino: Caller) -> str:
    """A task that sends by SMS."""
    return await created(devino, api_task())


def result(answer: HttpAnswer) -> dict[str, Any]:
    found = answer.data["result"]
    assert set(found) == {"contactIds", "sendAnswers", "errorAnswers"}
    assert isinstance(found, dict)
    return found


def reason(answer: HttpAnswer) -> tuple[str, str | None]:
    """The key of the refusal of a whole call, and what is at fault."""
    assert answer.data["result"] is None
    [found] = answer.data["reasons"]
    return found["key"], found["ref"]


# What is refused as a whole


@pytest.mark.parametrize(
    ("fields", "key", "ref"),
    [
        ({"taskId": ...}, "must.be.not.null", "taskId"),
        ({"taskId": 1}, "invalid", "taskId"),
        ({"taskId": True}, "invalid", "taskId"),
        ({"contacts": []}, "must.be.not.null", "contacts"),
        ({"contacts": ...}, "must.be.not.null", "contacts"),
        ({"contacts": {"contact": PERSON}}, "invalid", "contacts"),
        ({"contactIds": "17"}, "invalid", "contactIds"),
        ({"contactIds": [None]}, "invalid", "contactIds[0]"),
        ({"templates": []}, "invalid", "templates"),
        ({"templates": {"1": SMS_TEMPLATE}}, "invalid", "templates.1"),
        ({"callbackUrl": "https://shop.example"}, "invalid", "callbackUrl"),
    ],
)
async def test_a_wrong_call_is_refused_whole(
    devino: Caller, task_id: str, fields: dict[str, Any], key: str, ref: str
) -> None:
    body = {**to(task_id=task_id), **fields}
    answer = await send(devino, {name: held for name, held in body.items() if held is not ...})
    assert (answer.status, *reason(answer)) == (400, key, ref)
    assert len(devino.emulator.ledger) == 0


@pytest.mark.parametrize("body", [b"{", b"", [], "text"])
async def test_a_body_that_is_no_object_is_refused(devino: Caller, body: Any) -> None:
    assert reason(await send(devino, body))[0] == "invalid"


async def test_t20_the_task_is_named_by_an_integer(devino: Caller, task_id: str) -> None:
    answer = await send(devino, {**to(task_id=task_id), "taskId": task_id})
    assert reason(answer) == ("invalid", "taskId")


async def test_messages_need_a_task_that_was_made_for_them(devino: Caller) -> None:
    for body in (SAMPLE, api_task(trigger(type="EVENT_COLLECTOR"))):
        answer = await send(devino, to(task_id=await created(devino, body)))
        assert reason(answer) == ("invalid", "taskId")


async def test_t30_messages_need_a_task_that_is_open_by_a_clock_nobody_names(
    devino: Caller,
) -> None:
    early: dict[str, Any] = {"startTime": "2027-01-01 10:00:00", "endTime": "2027-01-01 13:00:00"}
    task_id = await created(devino, api_task(trigger(**early)))

    async def is_open() -> bool:
        return "sendAnswers" in ((await send(devino, to(task_id=task_id))).data["result"] or {})

    moscow = timedelta(hours=3)
    found = []
    for hours in (0, 1, 2, 1):
        advance(devino, hours * 3600)
        behave(devino)
        utc = await is_open()
        behave(devino, window_offset=moscow)
        found.append((utc, await is_open()))
    assert found == [(False, True), (True, False), (True, False), (False, False)]
    behave(devino)
    assert reason(await send(devino, to(task_id=task_id))) == ("not.available", "taskId")
    behave(devino, sends_outside_window=True)
    assert await is_open()


async def test_a_refused_task_can_refuse_contact_by_contact(devino: Caller) -> None:
    behave(devino, refused_messages=RefusedMessages.EACH_CONTACT)
    body = {**to(PERSON, "text", task_id="17"), "contactIds": ["3379c7"]}
    found = result(await send(devino, body))
    assert (found["contactIds"], found["sendAnswers"]) == ([], [])
    assert [each["description"].rpartition(" #")[2] for each in found["errorAnswers"]] == [
        "invalid; Invalid"
    ] * 3


# Templates of a call


async def test_templates_of_a_call_take_precedence(devino: Caller) -> None:
    first = trigger("VIBER")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first)))
    viber_id, sms_id = await triggers_of(devino, task_id)
    mine = {"smsTemplate": {"from": "Other", "text": "Mine", "validity": 60}}
    await send(devino, to(task_id=task_id, templates={sms_id: mine}))
    [entry] = devino.emulator.ledger
    assert [each["template"] for each in entry.content["triggers"]] == [VIBER_TEMPLATE, mine]
    await send(devino, to(task_id=task_id, templates={viber_id: {"viberTemplate": {"text": "V"}}}))
    assert [entry.text for entry in devino.emulator.ledger][1] == "V"


async def test_a_field_left_out_of_a_template_is_the_tasks_or_empty(
    devino: Caller, task_id: str
) -> None:
    [sms_id] = await triggers_of(devino, task_id)

    async def template(**fields: Any) -> Any:
        body = to(task_id=task_id, templates={sms_id: {"smsTemplate": fields}})
        answer = await send(devino, body)
        if answer.status != 200:
            return reason(answer)
        return list(devino.emulator.ledger)[-1].content["triggers"][0]["template"]["smsTemplate"]

    assert await template(text="Mine") == {**SMS_TEMPLATE["smsTemplate"], "text": "Mine"}
    behave(devino, omitted_field=OmittedField.EMPTY)
    where = f"templates.{sms_id}.smsTemplate.from"
    assert await template(text="Mine") == ("must.be.not.null", where)
    alone = {"from": "Shop", "text": "Mine"}
    assert await template(**alone) == alone


@pytest.mark.parametrize(
    "template",
    [
        VIBER_TEMPLATE,
        {**SMS_TEMPLATE, **VIBER_TEMPLATE},
        {},
        "text",
        {"smsTemplate": "text"},
        {"smsTemplate": {"text": ""}},
        {"smsTemplate": {"text": "x", "title": "x"}},
    ],
)
async def test_a_template_of_the_wrong_kind_is_refused(
    devino: Caller, task_id: str, template: Any
) -> None:
    [sms_id] = await triggers_of(devino, task_id)
    answer = await send(devino, to(task_id=task_id, templates={sms_id: template}))
    assert (reason(answer)[1] or "").startswith(f"templates.{sms_id}")
    assert len(devino.emulator.ledger) == 0


async def test_a_call_can_bring_the_template_of_a_channel_without_a_documented_one(
    devino: Caller,
) -> None:
    task_id = await created(
        devino, api_task(trigger("WHATSAPP", template={"whatsappTemplate": {"text": "Hi"}}))
    )
    [id] = await triggers_of(devino, task_id)
    body = to(task_id=task_id, templates={id: {"whatsappTemplate": {"text": "Mine"}}})
    assert result(await send(devino, body))["errorAnswers"] == []
    assert [entry.text for entry in devino.emulator.ledger] == ["Mine"]
