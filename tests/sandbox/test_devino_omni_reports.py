"""Messages of the emulated OMNI in the reports of the channels that they went out by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import (
    PERSON,
    advance,
    api_task,
    created,
    fallback,
    get,
    sent,
    trigger,
    triggers_of,
)


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def rows(devino: Caller, path: str, task_id: str) -> list[dict[str, Any]]:
    answer = await get(devino, f"{path}?taskId={task_id}&limit=10&offset=0")
    found = answer.data["result"]["data"]
    assert isinstance(found, list)
    return found


async def test_each_step_stands_in_the_report_of_its_channel_once_it_is_sent(
    devino: Caller,
) -> None:
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first, wait=60)
    task_id = await created(devino, api_task(first, second, fallback("EMAIL", 2, of=second)))
    message_id = await sent(devino, task_id, {**PERSON, "phone": "79030000002"})

    async def reported() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        by_sms = await rows(devino, "/sms-stat/detail", task_id)
        return by_sms, await rows(devino, "/email-statistics/statistics/detail", task_id)

    seen = []
    for _ in range(3):
        seen.append([[row["status"] for row in found] for found in await reported()])
        advance(devino, 62)
    assert seen == [[[], []], [["UNDELIVERED"], []], [["UNDELIVERED"], ["DELIVERED"]]]
    [sms], [letter] = await reported()
    ids = await triggers_of(devino, task_id)
    assert (sms["messageId"], sms["recipient"]) == (message_id, "79030000002")
    assert (letter["messageId"], letter["recipient"]) == (message_id, PERSON["email"])
    assert [str(row["taskId"]) for row in (sms, letter)] == [task_id, task_id]
    assert [str(row["triggerId"]) for row in (sms, letter)] == ids[1:]
