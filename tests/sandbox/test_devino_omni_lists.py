"""Tasks of the emulated OMNI that write to the lists of the address book by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from devino_async.sandbox.contacts import Contact, ContactList
from devino_async.sandbox.omni_behaviour import CheckDuplicate
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import (
    advance,
    behave,
    created,
    fallback,
    list_task,
    listed,
    outline,
    read,
)


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        fill(emulator, "111", ("79030000020", None), ("79030000021", "b@mail.example"))
        fill(emulator, "222", ("79030000020", None), (None, "c@mail.example"))
        fill(emulator, "333", (None, "b@mail.example"))
        yield Caller(emulator, http)


def fill(emulator: DevinoEmulator, list_id: str, *people: tuple[str | None, str | None]) -> None:
    """Put a list with *people*, each a phone and an e-mail address, into the address book."""
    at = emulator.clock.now()
    contacts = {
        f"{list_id}-{number}": Contact(
            id=f"{list_id}-{number}", list_id=list_id, created_at=at, phone=phone, email=email
        )
        for number, (phone, email) in enumerate(people)
    }
    emulator.book.lists[list_id] = ContactList(
        id=list_id,
        name=list_id,
        type="STANDARD",
        created_at=at,
        updated_at=at,
        contacts=contacts,
    )


def recipients(devino: Caller) -> list[str]:
    return [entry.to for entry in devino.emulator.ledger]


async def counters(devino: Caller, task_id: str) -> list[int]:
    [shown] = (await read(devino, task_id))["triggersInfo"]
    return list(shown["counters"].values())


async def test_a_task_writes_to_everybody_in_its_lists_at_its_start(devino: Caller) -> None:
    task_id = await created(devino, list_task(111, startTime="2027-01-01 10:00:00"))
    entries = list(devino.emulator.ledger)
    assert recipients(devino) == ["79030000020", "79030000021"]
    assert {entry.origin for entry in entries} == {"omni_send"}
    assert {entry.send_at for entry in entries} == {datetime(2027, 1, 1, 10, tzinfo=UTC)}
    assert [entry.content["contactId"] for entry in entries] == ["111-0", "111-1"]
    assert {entry.content["taskType"] for entry in entries} == {"SIMPLE"}
    assert outline(devino, entries[0].id) == []
    assert await counters(devino, task_id) == [2, 0, 0]
    advance(devino, 3602)
    assert outline(devino, entries[0].id) == [(3600, "SMS", "ACCEPTED"), (3602, "SMS", "DELIVERED")]
    assert await counters(devino, task_id) == [2, 2, 0]


@pytest.mark.parametrize(
    ("times", "at_once", "later"),
    [
        ({"startTime": "2026-12-31 00:00:00"}, 2, 0),
        ({"endTime": "2027-01-01 09:00:01"}, 2, 0),
        ({"endTime": "2027-01-01 09:00:00"}, 0, 0),
        ({"startTime": "0001-01-01 00:00:00"}, 2, 0),
        ({"startTime": "9998-12-31 00:00:00", "endTime": "9998-12-31 23:59:59"}, 0, 2),
    ],
)
async def test_a_task_whose_start_has_passed_writes_at_once_unless_it_is_over(
    devino: Caller, times: dict[str, Any], at_once: int, later: int
) -> None:
    await created(devino, list_task(111, **times))
    waiting = [entry.send_at is not None for entry in devino.emulator.ledger]
    assert (waiting.count(False), waiting.count(True)) == (at_once, later)


async def test_t30_the_zone_of_the_start_is_not_told(devino: Caller) -> None:
    behave(devino, window_offset=timedelta(hours=3))
    await created(devino, list_task(111, startTime="2027-01-01 12:00:00"))
    await created(devino, list_task(222, startTime="2027-01-01 12:30:00"))
    assert [entry.send_at for entry in devino.emulator.ledger] == [
        None,
        None,
        datetime(2027, 1, 1, 9, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ({"contactGroupIds": [111, 222]}, ["79030000020", "79030000021", "79030000020"]),
        ({"stopContactGroupIds": [333]}, ["79030000020"]),
        ({"stopContactGroupIds": [222]}, ["79030000021"]),
        ({"contactGroupIds": [111, 999]}, ["79030000020", "79030000021"]),
        ({"contactGroupIds": [], "segmentIds": [111]}, []),
    ],
)
async def test_who_gets_a_message_follows_from_the_lists(
    devino: Caller, source: dict[str, Any], found: list[str]
) -> None:
    await created(devino, list_task(111, source=source))
    assert recipients(devino) == found


@pytest.mark.parametrize(
    ("reading", "check", "is_repeated"),
    [
        (CheckDuplicate.SENDS, True, True),
        (CheckDuplicate.SENDS, False, False),
        (CheckDuplicate.LEAVES_OUT, True, False),
        (CheckDuplicate.LEAVES_OUT, False, True),
    ],
)
async def test_whether_duplicates_are_written_to_can_be_read_either_way(
    devino: Caller, reading: CheckDuplicate, *, check: bool, is_repeated: bool
) -> None:
    behave(devino, check_duplicate=reading)
    source = {"contactGroupIds": [111, 222], "checkDuplicate": check}
    await created(devino, list_task(111, source=source))
    repeated = ["79030000020"] if is_repeated else []
    assert recipients(devino) == ["79030000020", "79030000021", *repeated]


async def test_a_cascade_to_lists_has_one_entry_for_each_person(devino: Caller) -> None:
    fill(devino.emulator, "444", ("79030000003", None))
    task = {**list_task(444), "channel": "OMNI"}
    [first] = task["triggers"]
    second = fallback("VIBER", 1, of=first, wait=60)
    await created(devino, {**task, "triggers": [first, second]})
    [entry] = devino.emulator.ledger
    advance(devino, 100)
    assert outline(devino, entry.id) == [
        (0, "SMS", "ACCEPTED"),
        (60, "VIBER", "ACCEPTED"),
        (62, "VIBER", "DELIVERED"),
    ]


async def test_a_number_that_would_be_refused_is_rejected(devino: Caller) -> None:
    fill(devino.emulator, "444", ("79030000001", None))
    task_id = await created(devino, list_task(444))
    assert await counters(devino, task_id) == [1, 0, 1]


async def test_t54_a_task_that_the_account_cannot_pay_is_stopped(
    http: aiohttp.ClientSession, clock: SandboxClock
) -> None:
    async with DevinoEmulator(clock=clock, key=KEY, credit=1) as emulator:
        fill(emulator, "111", ("79030000020", None), ("79030000021", None))
        devino = Caller(emulator, http)
        task_id = await created(devino, list_task(111))
        assert (recipients(devino), emulator.credit) == (["79030000020"], 0)
        assert (await read(devino, task_id))["state"] == "STOPPED_BALANCE_BLOCKED"
        assert await listed(devino, "&includedStates=STOPPED_BALANCE_BLOCKED") == [task_id]
        advance(devino, 24 * 3600)
        assert (await read(devino, task_id))["state"] == "FINISHED"


@pytest.mark.parametrize("task_type", ["PERIODIC", "BIRTHDAY"])
async def test_tasks_of_other_types_write_to_nobody_by_themselves(
    devino: Caller, task_type: str
) -> None:
    await created(devino, {**list_task(111, source={"period": "DAILY"}), "type": task_type})
    assert recipients(devino) == []
