"""The list of tasks and their macros in the emulated OMNI, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoEmulator
from devino_async.sandbox.omni_behaviour import NameFilter
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller, HttpAnswer
from tests.support.devino_tasks import (
    EMAIL_TEMPLATE,
    MACROS,
    SAMPLE,
    TASKS,
    VIBER_TEMPLATE,
    VK_TEMPLATE,
    WALLET_TEMPLATE,
    advance,
    api_task,
    behave,
    created,
    fallback,
    get,
    list_task,
    listed,
    read,
    sent,
    trigger,
)

NEEDED = "ascending=true&count=10&offset=0&orderBy=ID"


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


@pytest.fixture
async def several(devino: Caller) -> list[str]:
    """Three tasks: finished, running and for messages, an hour between each and the next."""
    ids = [await created(devino, {**SAMPLE, "taskName": "Winter sale"})]
    advance(devino, 3600)
    running = list_task(startTime="2027-01-01 10:00:00", endTime="2027-01-01 20:00:00")
    ids.append(await created(devino, {**running, "taskName": "summer SALE"}))
    advance(devino, 3600)
    later: dict[str, Any] = {"startTime": "2027-01-01 08:00:00", "endTime": "2027-01-03 00:00:00"}
    ids.append(await created(devino, api_task(trigger(**later), taskName="Codes")))
    return ids


async def macros(devino: Caller, query: str = "") -> HttpAnswer:
    return await get(devino, MACROS + query)


# The list


async def test_a_page_shows_tasks_as_they_are_read_alone(devino: Caller) -> None:
    first = trigger("VIBER")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first)))
    answer = await get(devino, f"{TASKS}?{NEEDED}")
    assert (answer.status, set(answer.data)) == (200, {"result"})
    behave(devino, parent_in_task=True)
    assert answer.items == [await read(devino, task_id)]


@pytest.mark.parametrize("missing", ["ascending", "count", "offset", "orderBy"])
async def test_order_and_page_must_be_said(devino: Caller, missing: str) -> None:
    query = "&".join(each for each in NEEDED.split("&") if not each.startswith(missing))
    answer = await get(devino, f"{TASKS}?{query}")
    assert answer.status == 400
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == ("must.be.not.null", missing)


async def test_t15_parameters_in_the_body_are_not_read(devino: Caller) -> None:
    in_body = {"ascending": True, "count": 10, "offset": 0, "orderBy": "ID"}
    answer = await devino.call(TASKS, in_body, method="GET")
    assert answer.data["reasons"][0]["key"] == "must.be.not.null"
    answer = await devino.call(f"{TASKS}?{NEEDED}", in_body, method="GET")
    assert answer.status == 200
    await created(devino, SAMPLE)
    answer = await devino.call(MACROS, {"taskIds": [1]}, method="GET")
    assert len(answer.items) == 1


@pytest.mark.parametrize(
    "parameter",
    [
        "ascending=1",
        "ascending=True",
        "count=0",
        "count=ten",
        "offset=-1",
        "orderBy=id",
        "orderBy=TYPE",
        "channel=FAX",
        "name=",
        "createdDateFrom=2027-01-01",
        "createdDateFrom=2027-01-01T00:00:00",
        "createdDateFrom=2027-01-01%2B00:00:00",
        "createdDateFrom=2027-02-30+00:00:00",
        "includedStates=new",
        "includedStates=NEW,STARTED",
        "excludedStates=STOPPED_NOT_WORKING_TIME",
        "types=API,SIMPLE",
        "types[]=API",
        "limit=10",
        "orderField=ID",
    ],
)
async def test_a_wrong_or_unknown_parameter_is_refused(devino: Caller, parameter: str) -> None:
    name = parameter.partition("=")[0]
    kept = [each for each in NEEDED.split("&") if not each.startswith(name)]
    answer = await get(devino, f"{TASKS}?{'&'.join([*kept, parameter])}")
    assert answer.status == 400
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == ("invalid", name)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [0, 1, 2]),
        ("&channel=OMNI", [2]),
        ("&name=sale", [0, 1]),
        ("&name=Winter+sale", [0]),
        ("&createdDateFrom=2027-01-01+10:00:00", [1, 2]),
        ("&createdDateFrom=2027-01-01+10:00:01&createdDateTo=2027-01-01+11:00:00", [2]),
        ("&createdDateTo=2027-01-01+09:59:59", [0]),
        ("&startDateFrom=2027-01-01%2008%3A00%3A00", [1, 2]),
        ("&startDateTo=2027-01-01+08:00:00", [0, 2]),
        ("&endDateFrom=2027-01-01+20:00:01", [2]),
        ("&endDateTo=2027-01-01+20:00:00", [0, 1]),
        ("&includedStates=FINISHED", [0]),
        ("&includedStates=FINISHED&excludedStates=FINISHED", []),
        ("&excludedStates=NEW", [0, 1]),
        ("&types=API", [2]),
        ("&name=nothing", []),
    ],
)
async def test_every_filter_is_applied(
    devino: Caller, several: list[str], query: str, found: list[int]
) -> None:
    assert await listed(devino, query) == [several[position] for position in found]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("&includedStates=NEW&includedStates=STARTED", [1, 2]),
        ("&excludedStates=NEW&excludedStates=STARTED", [0]),
        ("&types=API&types=SIMPLE", [0, 1, 2]),
    ],
)
async def test_t16_lists_are_keys_that_are_repeated(
    devino: Caller, several: list[str], query: str, found: list[int]
) -> None:
    assert await listed(devino, query) == [several[position] for position in found]
    once = await get(devino, f"{TASKS}?{NEEDED}&channel=SMS&channel=OMNI")
    assert once.data["reasons"][0]["ref"] == "channel"


async def test_a_name_can_have_to_be_whole(devino: Caller, several: list[str]) -> None:
    behave(devino, name_filter=NameFilter.EXACT)
    assert await listed(devino, "&name=sale") == []
    assert await listed(devino, "&name=summer+SALE") == [several[1]]


@pytest.mark.parametrize(
    ("order_by", "order"),
    [("ID", [0, 1, 2]), ("CREATION_DATE", [0, 1, 2]), ("NAME", [2, 0, 1]), ("STATE", [0, 2, 1])],
)
async def test_tasks_come_in_the_order_that_is_asked_for(
    devino: Caller, several: list[str], order_by: str, order: list[int]
) -> None:
    expected = [several[position] for position in order]
    query = f"count=10&offset=0&orderBy={order_by}"
    up = (await get(devino, f"{TASKS}?{query}&ascending=true")).items
    down = (await get(devino, f"{TASKS}?{query}&ascending=false")).items
    assert [row["id"] for row in up] == expected
    assert [row["id"] for row in down] == expected[::-1]


async def test_t65_pages_tell_no_total_and_end_with_less_than_a_page(
    devino: Caller, several: list[str]
) -> None:
    assert await listed(devino, count=2) == several[:2]
    assert await listed(devino, count=2, offset=2) == several[2:]
    past = f"{TASKS}?ascending=true&count=2&offset=3&orderBy=ID"
    assert (await get(devino, past)).data == {"result": []}
    behave(devino, empty_list_null=True)
    assert (await get(devino, past)).data == {"result": None}
    assert await listed(devino, count=1) == several[:1]


async def test_t30_times_of_tasks_are_of_zones_that_nobody_names(
    devino: Caller, several: list[str]
) -> None:
    moscow = timedelta(hours=3)
    behave(devino, creation_offset=moscow)
    assert (await read(devino, several[0]))["creationDate"] == "2027-01-01 12:00:00"
    assert await listed(devino, "&createdDateTo=2027-01-01+12:00:00") == several[:1]
    behave(devino, window_offset=moscow)
    running = await read(devino, several[1])
    assert running["triggersInfo"][0]["startTime"] == "2027-01-01 10:00:00"
    advance(devino, 6 * 3600)
    assert (await read(devino, several[1]))["state"] == "FINISHED"
    behave(devino)
    assert (await read(devino, several[1]))["state"] == "STARTED"


# Macros


async def test_macros_stand_at_any_depth_of_a_template(devino: Caller) -> None:
    data = {"lines": ["${first}", {"${key}": ["${second} and ${first}"]}], "number": 7}
    template = {"vkTemplate": {**VK_TEMPLATE["vkTemplate"], "templateData": data}}
    await created(devino, api_task(trigger("VK", template=template)))
    [row] = (await macros(devino)).items
    assert row["macros"] == ["first", "second"]


async def test_macros_are_those_in_the_texts_of_any_template(devino: Caller) -> None:
    first = trigger("VIBER", template=VIBER_TEMPLATE)
    email = fallback("EMAIL", 1, of=first)
    wallet = evolve_template(WALLET_TEMPLATE, "message", "Hello, ${surname}! ${}")
    task_id = await created(
        devino, api_task(first, email, {**fallback("PUSH_WALLET", 2, of=email), "template": wallet})
    )
    plain = await created(devino, SAMPLE)
    rows = (await macros(devino)).items
    assert rows == [
        {
            "task": await read(devino, task_id),
            "macros": ["name", "Unsubscribe", "WebVersion", "surname"],
        },
        {"task": await read(devino, plain), "macros": []},
    ]
    assert "${WebVersion}" in EMAIL_TEMPLATE["emailTemplate"]["htmlBody"]


def evolve_template(template: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    payload = {**template["pushWalletTemplate"]["payload"], name: value}
    return {"pushWalletTemplate": {**template["pushWalletTemplate"], "payload": payload}}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [0, 1, 2]),
        ("?taskIds=7004", [1]),
        ("?taskIds=7004&taskIds=007003&taskIds=5", [0, 1]),
        ("?taskStates=FINISHED", [0]),
        ("?taskStates=FINISHED&taskStates=STOPPED_NOT_WORKING_TIME&taskStates=NEW", [0, 2]),
        ("?taskStates=NEW&taskIds=7003", []),
    ],
)
async def test_macros_are_asked_for_by_task_and_state(
    devino: Caller, several: list[str], query: str, found: list[int]
) -> None:
    ids = [row["task"]["id"] for row in (await macros(devino, query)).items]
    assert ids == [several[position] for position in found]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("?taskIds=x", "taskIds"),
        ("?taskIds=", "taskIds"),
        ("?taskIds=7003,7004", "taskIds"),
        ("?taskStates=finished", "taskStates"),
        ("?types=API", "types"),
    ],
)
async def test_a_wrong_question_for_macros_is_refused(
    devino: Caller, query: str, name: str
) -> None:
    answer = await macros(devino, query)
    assert (answer.status, answer.data["reasons"][0]["ref"]) == (400, name)


async def test_every_object_can_hold_keys_that_no_document_names(devino: Caller) -> None:
    devino.emulator.behaviour = evolve(devino.emulator.behaviour, extra_keys=True)
    task_id = await created(devino, api_task())
    await sent(devino, task_id)
    one = (await get(devino, f"{TASKS}/{task_id}")).data
    rows = (await macros(devino)).data
    listed_rows = (await get(devino, f"{TASKS}?{NEEDED}")).data
    objects = [
        one,
        one["result"],
        one["result"]["triggersInfo"][0],
        rows,
        rows["result"][0],
        listed_rows,
        listed_rows["result"][0],
    ]
    assert all("addedLater" in each for each in objects)
