"""Tasks of the emulated OMNI, over real HTTP: made, read, listed, searched for macros."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoEmulator
from devino_async.sandbox.omni_behaviour import (
    TriggerOrder,
    UnknownTask,
)
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, LOGIN, PASSWORD, Caller, basic
from tests.support.devino_tasks import (
    MACROS,
    MESSAGES,
    SAMPLE,
    TASKS,
    advance,
    api_task,
    behave,
    create,
    created,
    fallback,
    get,
    list_task,
    listed,
    read,
    send,
    sent,
    trigger,
    triggers_of,
)

HOUR = 3600


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY, login=LOGIN, password=PASSWORD) as emulator:
        yield Caller(emulator, http)


# Who may come in


async def test_every_call_needs_credentials(devino: Caller) -> None:
    for stranger in (evolve(devino, authorization=None), evolve(devino, authorization="Key no")):
        assert (await create(stranger, SAMPLE)).status == 401
        assert (await get(stranger, f"{TASKS}/7003")).status == 401
        assert (await get(stranger, TASKS)).status == 401
        assert (await get(stranger, MACROS)).status == 401
        assert (await send(stranger, {})).status == 401
    by_login = evolve(devino, authorization=basic(LOGIN, PASSWORD))
    assert await created(by_login, SAMPLE)


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [
        ("task_create", "POST", TASKS),
        ("task_get", "GET", f"{TASKS}/7003"),
        ("task_list", "GET", TASKS),
        ("macros", "GET", MACROS),
        ("omni_send", "POST", MESSAGES),
    ],
)
async def test_a_key_can_lack_the_right_to_each_call(
    devino: Caller, operation: str, method: str, path: str
) -> None:
    devino.emulator.key_operations = frozenset({"send"})
    forbidden = await devino.call(path, {}, method=method)
    assert forbidden.status == 403
    assert forbidden.data["reasons"][0]["key"] == "forbidden"
    devino.emulator.key_operations = frozenset({operation})
    assert (await devino.call(path, {}, method=method)).status in {200, 400, 404}
    assert devino.emulator.requests[-1].operation == operation


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", f"{TASKS}/7003"),
        ("PUT", f"{TASKS}/7003"),
        ("DELETE", MESSAGES),
        ("GET", MESSAGES),
        ("POST", MACROS),
        ("POST", f"{TASKS}/7003/stop"),
    ],
)
async def test_there_is_no_call_that_stops_or_changes_a_task(
    devino: Caller, method: str, path: str
) -> None:
    await created(devino, SAMPLE)
    assert (await devino.call(path, {}, method=method)).status == 404


# What is created can be read


async def test_t73_a_new_task_is_answered_with_its_id_alone(devino: Caller) -> None:
    answer = await create(devino, SAMPLE)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert answer.data == {"result": {"code": "OK", "result": "7003"}}
    assert await created(devino, api_task()) == "7004"


async def test_a_task_can_be_read_as_it_was_made(devino: Caller) -> None:
    task_id = await created(devino, SAMPLE)
    task = await read(devino, task_id)
    [shown] = task.pop("triggersInfo")
    owner = {"userId": 88, "companyId": 234, "officeId": 1}
    assert task == {
        "id": task_id,
        "taskName": "NEW_SMS",
        **owner,
        "creationDate": "2027-01-01 09:00:00",
        "type": "SIMPLE",
        "channel": "SMS",
        "state": "FINISHED",
    }
    external_id = shown.pop("externalId")
    assert re.fullmatch("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", external_id)
    assert shown == {
        "triggerId": "63321",
        "taskId": task_id,
        **owner,
        "startTime": "2020-06-02 11:00:00",
        "endTime": "2020-06-02 12:00:00",
        "state": "FINISHED",
        "type": "ADDRESS_BOOK_SOURCE",
        "channel": "SMS",
        "counters": {"totalCount": 0, "successCount": 0, "errorCount": 0},
    }


async def test_t21_ids_are_text_although_they_are_declared_integers(devino: Caller) -> None:
    first = trigger("VIBER")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first)))
    [row] = (await get(devino, f"{TASKS}?ascending=true&count=1&offset=0&orderBy=ID")).items
    parent, child = row["triggersInfo"]
    ids = (row["id"], parent["triggerId"], parent["taskId"], child["parentTriggerId"])
    assert ids == (task_id, parent["triggerId"], task_id, parent["triggerId"])
    assert all(isinstance(id, str) for id in ids)
    behave(devino, ids_as_numbers=True)
    assert (await create(devino, SAMPLE)).data["result"]["result"] == int(task_id) + 1
    [row] = (await get(devino, f"{TASKS}?ascending=true&count=1&offset=0&orderBy=ID")).items
    numbers = (row["id"], *[row["triggersInfo"][1][f"{n}Id"] for n in ("task", "parentTrigger")])
    assert numbers == (int(task_id), int(task_id), int(parent["triggerId"]))


async def test_a_single_task_does_not_tell_parents_as_its_table_has_none(devino: Caller) -> None:
    first = trigger("VIBER")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first)))
    parent, child = (await read(devino, task_id))["triggersInfo"]
    assert "parentTriggerId" not in child
    behave(devino, parent_in_task=True)
    parent, child = (await read(devino, task_id))["triggersInfo"]
    assert "parentTriggerId" not in parent
    assert child["parentTriggerId"] == parent["triggerId"]


async def test_t73_triggers_can_come_in_another_order(devino: Caller) -> None:
    first = trigger("VIBER")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first)))
    shown = (await read(devino, task_id))["triggersInfo"]
    behave(devino, trigger_order=TriggerOrder.REVERSED)
    assert (await read(devino, task_id))["triggersInfo"] == shown[::-1]
    assert [each["channel"] for each in shown] == ["VIBER", "SMS"]


async def test_ids_of_triggers_are_never_given_twice(devino: Caller) -> None:
    first = trigger("VIBER")
    cascade = api_task(first, fallback("SMS", 1, of=first))
    ids = [id for _ in range(3) for id in await triggers_of(devino, await created(devino, cascade))]
    assert len(set(ids)) == 6
    externals = {
        each["externalId"]
        for task_id in await listed(devino)
        for each in (await read(devino, task_id))["triggersInfo"]
    }
    assert len(externals) == 6


@pytest.mark.parametrize("task_id", ["7003", "007003"])
async def test_a_task_is_found_by_its_number(devino: Caller, task_id: str) -> None:
    await created(devino, SAMPLE)
    assert (await read(devino, task_id))["id"] == "7003"


@pytest.mark.parametrize("path", ["/abc", "/7003.0", "/-1", "/7003?full=true"])
async def test_a_task_id_is_a_number_and_alone(devino: Caller, path: str) -> None:
    await created(devino, SAMPLE)
    answer = await get(devino, TASKS + path)
    assert answer.status == 400
    assert answer.data["reasons"][0]["key"] == "invalid"


async def test_a_task_that_is_not_there_can_be_answered_in_three_ways(devino: Caller) -> None:
    path = f"{TASKS}/7003"
    answer = await get(devino, path)
    assert (answer.status, answer.body) == (404, b"")
    behave(devino, unknown_task=UnknownTask.RESULT_NULL)
    answer = await get(devino, path)
    assert (answer.status, answer.data) == (200, {"result": None})
    behave(devino, unknown_task=UnknownTask.REASONS)
    answer = await get(devino, path)
    assert answer.status == 400
    assert (answer.data["result"], answer.data["reasons"][0]["ref"]) == (None, "taskId")


# Where a task is


async def test_a_task_for_lists_starts_and_ends_by_itself(devino: Caller) -> None:
    times = {"startTime": "2027-01-01 10:00:00", "endTime": "2027-01-01 11:00:00"}
    task_id = await created(devino, list_task(**times))
    states = []
    for _ in range(3):
        task = await read(devino, task_id)
        states.append((task["state"], task["triggersInfo"][0]["state"]))
        advance(devino, HOUR)
    assert states == [("NEW", "NEW"), ("STARTED", "STARTED"), ("FINISHED", "FINISHED")]


async def test_a_task_for_messages_starts_with_the_first_of_them(devino: Caller) -> None:
    first = trigger("VIBER")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first)))
    assert (await read(devino, task_id))["state"] == "NEW"
    await sent(devino, task_id)
    task = await read(devino, task_id)
    assert (task["state"], [each["state"] for each in task["triggersInfo"]]) == (
        "STARTED",
        ["STARTED", "NEW"],
    )
    advance(devino, 24 * HOUR)
    assert (await read(devino, task_id))["state"] == "FINISHED"


async def test_counters_follow_the_messages_of_each_trigger(devino: Caller) -> None:
    first = trigger("VIBER")
    task_id = await created(devino, api_task(first, fallback("SMS", 1, of=first, wait=10)))
    await devino.sent()  # an SMS by itself counts nowhere
    for phone in ("79030000000", "79030000002", "79030000003"):
        await sent(devino, task_id, {"phone": phone})
    found = []
    for seconds in (0, 2, 8, 10):
        advance(devino, seconds)
        triggers = (await read(devino, task_id))["triggersInfo"]
        found.append([tuple(each["counters"].values()) for each in triggers])
    assert found == [
        [(3, 0, 0), (0, 0, 0)],
        [(3, 1, 1), (0, 0, 0)],
        [(3, 1, 2), (2, 0, 0)],
        [(3, 1, 2), (2, 1, 1)],
    ]
