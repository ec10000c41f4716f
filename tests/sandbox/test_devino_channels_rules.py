"""What the emulated channels refuse, field by field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import SandboxClock
from tests.sandbox.devino_channels import SENDS
from tests.support.devino_http import KEY, Caller


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


@pytest.mark.parametrize(
    ("name", "field", "values", "key"),
    [
        ("viber", "from", [5, None, ...], None),
        ("viber", "to", ["+79031234567", "790312", 79031234567, ["79031234567"]], None),
        ("viber", "text", ["l" * 2001, 5], "text.length.too.long"),
        ("viber", "text", [...], "must.be.not.null"),
        ("viber", "image", ["a.png", None, "http://["], "invalid"),
        ("viber", "fileSize", [201, -1, "3", 200.5, True], "invalid"),
        ("viber", "duration", [-1, "9", True], "invalid"),
        ("viber", "caption", ["l" * 31], "length.too.long"),
        ("viber", "validity", [14, 1_209_601, "60", True], "validity.is.invalid"),
        ("viber", "priority", ["high", 2], "priority.is.not.match"),
        ("viber", "scheduledTime", ["2027-01-01T10:00:00", "2027-01-01 08:59:59"], None),
        ("viber", "scheduledTime", ["2027-02-30 10:00:00", "9999-01-01 00:00:00", 5], None),
        ("viber", "callbackUrl", ["ftp://shop.example", 5], "callbackUrl.format.invalid"),
        ("viber", "options", ["text", [1]], "invalid"),
        ("viber", "ttl", [60], "invalid"),
        ("push", "from", ["17", 0, 1.5, True], "invalid"),
        ("push", "to", [5], "invalid"),
        ("push", "title", ["l" * 201], "length.too.long"),
        ("push", "text", ["l" * 1025], "text.length.too.long"),
        ("push", "priority", [2, "high"], "priority.is.not.match"),
        ("push", "priority", [..., None], "must.be.not.null"),
        ("push", "validity", [29, 86_401], "validity.is.invalid"),
        ("push", "platform", ["ios"], "invalid"),
        ("push", "silentPush", ["true", 1], "invalid"),
        ("push", "callbackUrl", ["https://shop.example"], "invalid"),
        ("wallet", "payload", [{}, None, ...], "must.be.not.null"),
        ("wallet", "payload", ["text", [1]], "invalid"),
        ("wallet", "callbackData", ["text"], "invalid"),
        ("wallet", "scheduledTime", ["2027-01-01 10:00:00", "2027-01-01T10:00:00Z"], None),
        ("wallet", "validity", [0, 10**12], "validity.is.invalid"),
        ("whatsapp", "to", ["+79031234567"], "to.format.invalid"),
        ("whatsapp", "text", ["l" * 1001], "text.length.too.long"),
        ("whatsapp", "text", [...], "must.be.not.null"),
        ("whatsapp", "callbackData", [{"a": 1}], "invalid"),
        ("whatsapp", "contentName", ["l" * 101], "length.too.long"),
        ("whatsapp", "templateParams", [["Maria"]], "invalid"),
        ("direct", "recipient_type", ["group"], "invalid"),
        ("direct", "recipient_type", [...], "must.be.not.null"),
        ("direct", "type", ["contacts", 5], "invalid"),
        ("direct", "text", [...], "must.be.not.null"),
        ("direct", "text", ["Hello"], "invalid"),
        ("direct", "preview_url", ["true"], "invalid"),
        ("vk", "phone", ["+79031234567", 79031234567], "to.format.invalid"),
        ("vk", "service", [5], "not.available"),
        ("vk", "routes", ["VK", ["vk"], [5]], None),
        ("vk", "routes", [[]], "must.be.not.null"),
        ("vk", "templateId", ["16"], "invalid"),
        ("vk", "templateId", [...], "must.be.not.null"),
        ("vk", "delivery_policy", ["ANY"], "invalid"),
        ("vk", "to", ["79031234567"], "invalid"),
    ],
)
async def test_a_wrong_field_is_refused_by_its_key(
    devino: Caller, name: str, field: str, values: list[Any], key: str | None
) -> None:
    for value in values:
        item = await SENDS[name].one(devino, **{field: value})
        assert (item["code"], item["messageId"]) == ("REJECTED", None), value
        [reason] = item["reasons"]
        assert key is None or reason["key"] == key
        assert reason["ref"].startswith(f"messages[0].{field}")
    assert len(devino.emulator.ledger) == 0


@pytest.mark.parametrize(
    ("payload", "ref"),
    [
        ({"title": "l" * 51}, "payload.title"),
        ({"message": "l" * 2049}, "payload.message"),
        ({"image": "l" * 513}, "payload.image"),
        ({"title": "Sale", "deeplink": {}}, "payload.deeplink.target"),
        ({"title": "Sale", "deeplink": {"target": "CARD"}}, "payload.deeplink.target"),
        ({"title": "Sale", "deeplink": {"target": "campaign"}}, "payload.deeplink.campaignId"),
        ({"title": "Sale", "text": "Hello"}, "payload.text"),
    ],
)
async def test_a_wallets_payload_has_rules_of_its_own(
    devino: Caller, payload: dict[str, Any], ref: str
) -> None:
    item = await SENDS["wallet"].one(devino, payload=payload)
    assert [reason["ref"] for reason in item["reasons"]] == [f"messages[0].{ref}"]
