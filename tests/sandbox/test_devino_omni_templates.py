"""Which templates the emulated OMNI takes on which channel, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from devino_async.sandbox.omni_behaviour import MissingUnsubscribe
from devino_async.sandbox.omni_templates import TEMPLATE_NAMES
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import (
    TEMPLATES,
    advance,
    api_task,
    behave,
    changed,
    create,
    created,
    outline,
    sent,
    trigger,
)


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


def task(channel: str, template: Any) -> dict[str, Any]:
    return api_task(trigger(channel, template=template))


async def refusal(devino: Caller, channel: str, template: Any) -> tuple[str, str]:
    """The key of a template's refusal, and what is at fault inside the template."""
    answer = await create(devino, task(channel, template))
    [reason] = answer.data["reasons"]
    assert reason["ref"].startswith("triggers[0].template")
    return reason["key"], reason["ref"].removeprefix("triggers[0].template").lstrip(".")


@pytest.mark.parametrize("channel", TEMPLATE_NAMES)
async def test_each_channel_takes_its_own_template_alone(devino: Caller, channel: str) -> None:
    assert await created(devino, task(channel, TEMPLATES[channel]))
    for other, template in TEMPLATES.items():
        if other != channel:
            [name] = template
            assert await refusal(devino, channel, template) == ("invalid", name)
            both = {**TEMPLATES[channel], **template}
            assert await refusal(devino, channel, both) == ("invalid", "")


async def test_a_channel_without_a_documented_template_takes_any_one_object(
    devino: Caller,
) -> None:
    assert await created(devino, task("WHATSAPP", {"whatsappTemplate": {"text": "Hi"}}))
    assert await refusal(devino, "WHATSAPP", TEMPLATES["SMS"]) == ("invalid", "smsTemplate")
    several: dict[str, Any] = {"whatsappTemplate": {}, "other": {}}
    assert await refusal(devino, "WHATSAPP", several) == ("invalid", "")
    assert await refusal(devino, "WHATSAPP", {"whatsappTemplate": "text"}) == (
        "invalid",
        "whatsappTemplate",
    )


@pytest.mark.parametrize(
    ("channel", "fields"),
    [
        ("SMS", {"validity": 0}),
        ("SMS", {"validity": 259_200}),
        ("SMS", {"text": "л" * 17_085, "shortenUrl": True}),
        ("VIBER", {"text": "x" * 2000, "validity": 15}),
        ("VIBER", {"action": "https://shop.example", "caption": "x" * 30, "validity": 1_209_600}),
        ("EMAIL", {"attachmentIds": [5, "efc1c054-9d65-4c21-b01f-cb0986c2dccb"]}),
        ("EMAIL", {"plainText": "${Unsubscribe}"}),
        ("EMAIL", {"htmlBody": ..., "plainText": "${Unsubscribe}", "sourceName": ...}),
        ("PUSH", {"title": "x" * 200, "text": "x" * 1024, "validity": 15}),
        (
            "PUSH",
            {"badge": 0, "silentPush": True, "options": {"a": "b"}, "android": {}, "apns": {}},
        ),
        ("PUSH_WALLET", {"to": "79031234567", "mergeKey": "1", "callbackData": "x"}),
        ("PUSH_WALLET", {"callbackUrl": "https://shop.example/x", "callbackData": {"a": "b"}}),
        ("PUSH_WALLET", {"scheduledTime": "2027-01-01T10:00:00"}),
        ("VK", {"templateId": 16, "templateData": {"a": "b"}, "routes": ["OK"]}),
        ("VK", {"deliveryPolicy": "MOBILE_DEVICE_REQUIRED", "validity": 15}),
        ("VK", {"callbackUrl": "https://shop.example/x", "callbackData": "x", "validity": 86_400}),
    ],
)
async def test_every_documented_field_is_taken_up_to_its_limit(
    devino: Caller, channel: str, fields: dict[str, Any]
) -> None:
    template = TEMPLATES[channel]
    for name, value in fields.items():
        template = changed(template, f"{TEMPLATE_NAMES[channel]}.{name}", value)
    assert await created(devino, task(channel, template))


@pytest.mark.parametrize(
    ("channel", "name", "values", "key"),
    [
        ("SMS", "from", [..., ""], "must.be.not.null"),
        ("SMS", "from", ["TwelveLetter", 7], "not.available"),
        ("SMS", "text", [..., "", None], "must.be.not.null"),
        ("SMS", "text", ["л" * 17_086], "text.length.too.long"),
        ("SMS", "validity", [-1, 259_201, "600", None], "validity.is.invalid"),
        ("SMS", "shortenUrl", ["true"], "invalid"),
        ("SMS", "to", ["79031234567"], "invalid"),
        ("VIBER", "from", [..., ""], "must.be.not.null"),
        ("VIBER", "text", ["x" * 2001], "length.too.long"),
        ("VIBER", "text", [7, ""], "invalid"),
        ("VIBER", "caption", ["x" * 31], "length.too.long"),
        ("VIBER", "image", ["picture.png", "ftp://shop.example/1.png"], "invalid"),
        ("VIBER", "validity", [14, 1_209_601, "60"], "invalid"),
        ("VIBER", "button", [1], "invalid"),
        ("EMAIL", "sourceAddress", [..., ""], "must.be.not.null"),
        (
            "EMAIL",
            "sourceAddress",
            ["shop.example", "@shop.example", 7, "a b@x.example"],
            "invalid",
        ),
        ("EMAIL", "subject", [...], "must.be.not.null"),
        ("EMAIL", "htmlBody", [..., ""], None),
        ("EMAIL", "attachmentIds", [5, "5"], "invalid"),
        ("EMAIL", "validity", [60], "invalid"),
        ("PUSH", "from", ["3410", 0], "invalid"),
        ("PUSH", "title", [...], "must.be.not.null"),
        ("PUSH", "title", ["x" * 201], "length.too.long"),
        ("PUSH", "text", ["x" * 1025], "length.too.long"),
        ("PUSH", "validity", [14, 2_419_201], "invalid"),
        ("PUSH", "options", ["text"], "invalid"),
        ("PUSH_WALLET", "from", [...], "must.be.not.null"),
        ("PUSH_WALLET", "to", ["Maria", "790312", 79031234567, ""], "to.format.invalid"),
        ("PUSH_WALLET", "payload", [..., {}], "must.be.not.null"),
        ("PUSH_WALLET", "payload.title", ["x" * 51], "length.too.long"),
        ("PUSH_WALLET", "payload.message", ["x" * 2049], "length.too.long"),
        ("PUSH_WALLET", "payload.image", ["x" * 513], "length.too.long"),
        ("PUSH_WALLET", "payload.deeplink.target", ["shop"], "invalid"),
        ("PUSH_WALLET", "payload.deeplink.campaignId", [...], "must.be.not.null"),
        ("PUSH_WALLET", "callbackUrl", ["https://x.example/" + "x" * 1000], "length.too.long"),
        ("PUSH_WALLET", "callbackUrl", ["shop.example", "http://["], "callbackUrl.format.invalid"),
        ("PUSH_WALLET", "scheduledTime", ["soon", "2027-01-01T10:00:00Z"], None),
        ("PUSH_WALLET", "validity", [60], "invalid"),
        ("VK", "templateId", [..., ""], "must.be.not.null"),
        ("VK", "templateId", [1.5], "invalid"),
        ("VK", "routes", [..., []], "must.be.not.null"),
        ("VK", "routes", [["VK", "VK"], ["FB"], "VK"], "invalid"),
        ("VK", "deliveryPolicy", ["any"], "invalid"),
        ("VK", "validity", [14, 86_401], "invalid"),
    ],
)
async def test_a_wrong_field_is_refused_by_its_name(
    devino: Caller, channel: str, name: str, values: list[Any], key: str | None
) -> None:
    where = f"{TEMPLATE_NAMES[channel]}.{name}"
    for value in values:
        found = await refusal(devino, channel, changed(TEMPLATES[channel], where, value))
        assert found[1] == where, value
        assert key in {None, found[0]}, value


async def test_t22_an_id_of_a_template_is_text_or_a_number(devino: Caller) -> None:
    for template_id in ("16", 16):
        template = changed(TEMPLATES["VK"], "vkTemplate.templateId", template_id)
        assert await created(devino, task("VK", template))


async def test_what_is_not_looked_at_breaks_nothing(devino: Caller) -> None:
    odd = {"whatsappTemplate": {"validity": 10**30, "text": 7, "payload": {"message": 7}}}
    for template in (odd, {"whatsappTemplate": {"payload": "text", "action": 7}}):
        message_id = await sent(devino, await created(devino, task("WHATSAPP", template)))
        assert devino.emulator.ledger[message_id].text == ""
        advance(devino, 2)
        assert outline(devino, message_id)[-1][2] == "DELIVERED"


async def test_only_approved_senders_may_stand_in_a_template(
    http: aiohttp.ClientSession,
) -> None:
    async with DevinoEmulator(key=KEY, senders={"Shop"}) as emulator:
        devino = Caller(emulator, http)
        for channel in ("SMS", "VIBER", "PUSH_WALLET"):
            assert await created(devino, task(channel, TEMPLATES[channel]))
            where = f"{TEMPLATE_NAMES[channel]}.from"
            stranger = changed(TEMPLATES[channel], where, "Store")
            assert await refusal(devino, channel, stranger) == ("not.available", where)


@pytest.mark.parametrize(
    ("held", "always", "leniently"),
    [
        ("text", True, True),
        ("text action caption", True, True),
        ("text action caption image", True, True),
        ("action caption image", True, True),
        ("image", False, True),
        ("text image", False, True),
        ("text action", False, False),
        ("text caption", False, False),
        ("action caption", False, False),
        ("", False, False),
    ],
)
async def test_a_viber_template_holds_a_combination_that_makes_sense(
    devino: Caller, held: str, *, always: bool, leniently: bool
) -> None:
    values = {
        "text": "Hello",
        "action": "https://shop.example",
        "caption": "Open",
        "image": "https://shop.example/1.png",
    }
    template = {"viberTemplate": {"from": "Shop", **{n: values[n] for n in held.split()}}}
    for any_combination, fits in ((False, always), (True, leniently)):
        behave(devino, viber_combinations=not any_combination)
        answer = await create(devino, task("VIBER", template))
        assert (answer.status == 200) is fits


@pytest.mark.parametrize(
    ("bodies", "lacks"),
    [
        ({"htmlBody": "<p>${Unsubscribe}</p>"}, False),
        ({"htmlBody": "<p>News</p>"}, True),
        ({"htmlBody": "[Unsubscribe]"}, True),
        ({"htmlBody": "{{Unsubscribe}}"}, True),
        ({"htmlBody": "${Unsubscribe}", "plainText": "News"}, True),
        ({"htmlBody": "${Unsubscribe}", "plainText": "${Unsubscribe}"}, False),
    ],
)
async def test_t55_a_letter_that_leaves_no_way_to_unsubscribe_is_not_sent(
    devino: Caller, bodies: dict[str, str], *, lacks: bool
) -> None:
    letter = {**TEMPLATES["EMAIL"]["emailTemplate"], **bodies}
    body = task("EMAIL", {"emailTemplate": letter})
    task_id = await created(devino, body)
    unheard_of = await sent(devino, task_id)
    behave(devino, missing_unsubscribe=MissingUnsubscribe.REJECTED)
    rejected = await sent(devino, task_id)
    advance(devino, 60)
    delivered = [(0, "EMAIL", "ACCEPTED"), (2, "EMAIL", "DELIVERED")]
    assert outline(devino, unheard_of) == (delivered[:1] if lacks else delivered)
    no = [(0, "EMAIL", "ACCEPTED"), (1, "EMAIL", "REJECTED")]
    assert outline(devino, rejected) == (no if lacks else delivered)
    behave(devino, missing_unsubscribe=MissingUnsubscribe.REFUSED)
    assert (await create(devino, body)).status == (400 if lacks else 200)
