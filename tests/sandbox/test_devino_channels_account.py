"""The emulated account: what is left to pay with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import SandboxClock
from tests.sandbox.devino_channels import SENDS, VIBER
from tests.support.devino_http import KEY, Caller, HttpAnswer


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def _get(devino: Caller, path: str) -> HttpAnswer:
    return await devino.call(f"/billing-api/companies/current/{path}", b"", method="GET")


async def test_the_account_has_every_documented_field(devino: Caller) -> None:
    devino.emulator.credit = 3
    await SENDS["push"].one(devino)
    result = (await _get(devino, "account")).data["result"]
    assert set(result) == {"account", "validPacketChannels"}
    assert set(result["account"]) == {
        *("companyId", "accountType", "addPercent", "balance", "credit", "reserve", "reserveSms"),
        *("reserveViber", "currencyId", "isBlocked", "recalcBillRate", "disableThreshold"),
        "notifyThreshold",
    }
    assert (result["account"]["balance"], result["account"]["accountType"]) == (2, "PREPAID")


async def test_an_account_without_an_end_to_its_credit_pays_afterwards(devino: Caller) -> None:
    account = (await _get(devino, "account")).data["result"]["account"]
    assert (account["balance"], account["accountType"]) == (0, "POSTPAID")


async def test_what_cannot_be_paid_is_refused(devino: Caller) -> None:
    devino.emulator.credit = 1
    viber = SENDS["viber"]
    items = (await viber.call(devino, VIBER, VIBER)).items
    assert [item["code"] for item in items] == ["OK", "REJECTED"]
    assert items[1]["reasons"][0]["key"] == "billing.error"


async def test_a_plan_is_asked_for_by_channel(devino: Caller) -> None:
    named = await _get(devino, "plan-records/current?channel=PUSH_WALLET")
    assert named.data["result"] == {"channel": "PUSH_WALLET"}
    for query in ("", "?channel=", "?other=SMS&channel=SMS"):
        assert (await _get(devino, f"plan-records/current{query}")).status == 400
    assert (await _get(devino, "account?other=1")).status == 400
