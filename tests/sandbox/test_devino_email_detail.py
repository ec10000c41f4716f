"""The detail report about letters at the emulated Devino, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.email_behaviour import (
    AfterDelivery,
    MissingTask,
    RowStatus,
    UndeliveredEvent,
)
from devino_async.sandbox.page_numbers import PageNumbers
from omni_common.sandbox import SandboxClock, StateChange
from tests.support.devino_http import KEY, Caller
from tests.support.devino_letters import behave, campaign_letter, detail, posted, rows

SECOND = timedelta(seconds=1)
TODAY = {"dateTimeFrom": "2027-01-01 00:00:00", "dateTimeTo": "2027-01-01 23:59:59"}


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


def later(devino: Caller, by: timedelta = timedelta(minutes=1)) -> None:
    devino.emulator.clock.advance(by)


def recipients(found: Iterable[dict[str, Any]]) -> str:
    """The local parts of the rows' recipients, one after the other."""
    return "".join(row["recipient"].partition("@")[0] for row in found)


async def write_to(devino: Caller, *names: str) -> None:
    for name in names:
        await posted(devino, f"{name}@mail.example")
        later(devino, SECOND)


# Rows


async def test_a_letter_has_a_row_as_in_the_example(devino: Caller) -> None:
    [id] = await posted(devino, "a@mail.example")
    later(devino)
    answer = await detail(devino, messageIds=id)
    assert answer.status == 200
    assert answer.data == {
        "result": {
            "offset": 0,
            "number": 1,
            "size": 100,
            "pageExists": True,
            "data": [
                {
                    "messageId": id,
                    "recipient": "a@mail.example",
                    "sourceAddress": "info@shop.example",
                    "sourceName": "Shop",
                    "sentDateTime": "2027-01-01 09:00:00",
                    "status": "DELIVERED",
                    "eventDateTime": "2027-01-01 09:00:02",
                    "subject": "News",
                    "companyId": 234,
                    "companyName": "Sandbox",
                    "userId": 88,
                    "userLogin": "79991112233",
                    "taskId": 0,
                    "triggerId": "0",
                    "price": "1.0000",
                    "isListDeleted": False,
                }
            ],
            "more": False,
            "pages": 0,
            "total": 1,
        }
    }


async def test_t58_rows_follow_a_letter_in_the_words_of_the_filter(devino: Caller) -> None:
    behave(devino, after_delivery=AfterDelivery.CLICKED)
    [id] = await posted(devino)
    words = []
    for seconds in (0, 1, 1, 5, 5):
        later(devino, SECOND * seconds)
        words += [row["status"] for row in await rows(devino, messageIds=id)]
    assert words == ["IN_PROGRESS", "IN_PROGRESS", "DELIVERED", "READ", "REDIRECT"]


@pytest.mark.parametrize(
    ("address", "after", "in_filter", "in_callbacks"),
    [
        ("a0002@mail.example", AfterDelivery.NOTHING, "UNDELIVERED", "BOUNCED"),
        ("a0003@mail.example", AfterDelivery.NOTHING, "UNDELIVERED", "EXPIRED"),
        ("a@mail.example", AfterDelivery.OPENED, "READ", "OPENED"),
        ("a@mail.example", AfterDelivery.COMPLAINED, "READ", "COMPLAINED"),
        ("a@mail.example", AfterDelivery.SUBSCRIBED, "SUBSCRIBED", "SUBSCRIBED"),
        ("a@mail.example", AfterDelivery.UNSUBSCRIBED, "UNSUBSCRIBED", "UNSUBSCRIBED"),
    ],
)
async def test_t58_the_filter_takes_its_own_words_whatever_rows_say(
    devino: Caller, address: str, after: AfterDelivery, in_filter: str, in_callbacks: str
) -> None:
    behave(devino, after_delivery=after)
    await posted(devino, address)
    later(devino)
    for row_status, word in (
        (RowStatus.FILTER_WORDS, in_filter),
        (RowStatus.CALLBACK_WORDS, in_callbacks),
    ):
        behave(devino, row_status=row_status)
        [row] = await rows(devino, **TODAY, status=in_filter)
        assert row["status"] == word
        assert await rows(devino, **TODAY, status="DELIVERED") == []


@pytest.mark.parametrize("word", ["REJECTED", "EXPIRED", "ACCEPTED", "delivered", ""])
async def test_t58_the_filter_takes_no_word_of_callbacks(devino: Caller, word: str) -> None:
    answer = await detail(devino, **TODAY, status=word)
    [reason] = answer.data["reasons"]
    assert (answer.status, reason["key"], reason["ref"]) == (400, "invalid", "status")


async def test_a_letter_that_was_never_sent_costs_nothing(devino: Caller) -> None:
    behave(devino, undelivered_event=UndeliveredEvent.REJECTED)
    await posted(devino, "a0002@mail.example")
    devino.emulator.unsubscribe("b@mail.example")
    await posted(devino, "b@mail.example", CheckUnsubscription=True)
    later(devino)
    found = await rows(devino, **TODAY)
    assert [(row["status"], row["price"]) for row in found] == [
        ("UNDELIVERED", "1.0000"),
        ("UNDELIVERED", "0.0000"),
    ]


# Which rows


async def test_letters_are_chosen_by_their_ids(devino: Caller) -> None:
    ids = await posted(devino, "a@mail.example", "b@mail.example", "c@mail.example")
    assert recipients(await rows(devino, messageIds=[ids[2], ids[0], "unknown"])) == "ac"
    assert await rows(devino, messageIds="unknown") == []


async def test_letters_are_chosen_by_dates(devino: Caller) -> None:
    await write_to(devino, "a", "b", "c")
    at = {"dateTimeFrom": "2027-01-01 09:00:01", "dateTimeTo": "2027-01-01 09:00:01"}
    assert recipients(await rows(devino, **at)) == "b"
    assert await rows(devino, **at, timeOffset=180) == []
    noon = {"dateTimeFrom": "2027-01-01 12:00:01", "dateTimeTo": "2027-01-01 12:00:01"}
    [row] = await rows(devino, **noon, timeOffset=180)
    assert (row["recipient"], row["sentDateTime"]) == ("b@mail.example", "2027-01-01 12:00:01")


async def test_t30_the_accounts_own_clock_can_be_ahead(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=3))
    [id] = await posted(devino)
    [row] = await rows(devino, messageIds=id)
    assert row["sentDateTime"] == "2027-01-01 12:00:00"
    [row] = await rows(devino, messageIds=id, timeOffset=0)
    assert row["sentDateTime"] == "2027-01-01 09:00:00"


async def test_letters_are_filtered_by_their_people(devino: Caller) -> None:
    await posted(devino, "a@mail.example")
    await posted(devino, "b@mail.example", Sender={"Address": "other@shop.example"})
    assert recipients(await rows(devino, **TODAY, recipient="a@mail.example")) == "a"
    assert recipients(await rows(devino, **TODAY, sourceAddress="other@shop.example")) == "b"
    assert recipients(await rows(devino, **TODAY, userId=88)) == "ab"
    assert await rows(devino, **TODAY, userId=89) == []
    [row] = await rows(devino, **TODAY, recipient="b@mail.example")
    assert row["sourceName"] is None


async def test_steps_of_transactional_messages_have_rows_too(devino: Caller) -> None:
    now = devino.emulator.clock.now()
    changes = [
        StateChange(now, "SMS", "expired", part="511"),
        StateChange(now + SECOND, "EMAIL", "bounced", part="512"),
        StateChange(now + SECOND * 2, "EMAIL", "accepted", part="513"),
        StateChange(now + SECOND * 3, "EMAIL", "opened", part="513"),
    ]
    devino.emulator.accept(campaign_letter("3606044956953218300", now, changes))
    await posted(devino)
    assert await rows(devino, taskId=7004) == []
    later(devino, SECOND)
    [row] = await rows(devino, taskId=7004)
    assert {name: row[name] for name in row if name not in {"companyId", "companyName"}} == {
        "messageId": "3606044956953218300",
        "recipient": "ann@mail.example",
        "sourceAddress": "tasks@shop.example",
        "sourceName": "Tasks",
        "sentDateTime": "2027-01-01 09:00:01",
        "status": "UNDELIVERED",
        "eventDateTime": "2027-01-01 09:00:01",
        "subject": "First",
        "userId": 88,
        "userLogin": "79991112233",
        "taskId": 7004,
        "triggerId": "512",
        "price": "1.0000",
        "isListDeleted": False,
    }
    later(devino)
    assert [row["subject"] for row in await rows(devino, taskId=7004)] == ["First", "Second"]
    [row] = await rows(devino, taskId=7004, triggerId=513)
    assert (row["status"], row["triggerId"]) == ("READ", "513")
    assert len(await rows(devino, **TODAY, taskId=7004, triggerId=513)) == 1
    assert len(await rows(devino, **TODAY)) == 3
    assert await rows(devino, taskId=7005) == []


async def test_a_step_to_a_contact_without_an_address_has_a_row_without_one(
    devino: Caller,
) -> None:
    now = devino.emulator.clock.now()
    change = StateChange(now, "EMAIL", "rejected", part="512")
    entry = campaign_letter("3606044956953218300", now, [change], email=None)
    devino.emulator.accept(entry)
    [row] = await rows(devino, taskId=7004)
    assert (row["recipient"], row["status"], row["price"]) == ("", "UNDELIVERED", "0.0000")


# Order and pages


async def test_rows_are_sorted_as_asked(devino: Caller) -> None:
    await write_to(devino, "b", "a0002", "c")
    later(devino)
    assert recipients(await rows(devino, **TODAY)) == "ba0002c"
    assert recipients(await rows(devino, **TODAY, order="DESC")) == "ca0002b"
    assert recipients(await rows(devino, **TODAY, orderBy="RECIPIENT")) == "a0002bc"
    by_status = await rows(devino, **TODAY, orderBy="STATUS", order="DESC")
    assert recipients(by_status) == "a0002bc"


@pytest.mark.parametrize(
    "field",
    [
        *("COMPANY_ID", "COMPANY_NAME", "EVENT_DATE_TIME", "MESSAGE_ID", "PRICE", "RECIPIENT"),
        *("SENT_DATE_TIME", "SOURCE_ADDRESS", "SOURCE_NAME", "STATUS", "SUBJECT", "TASK_ID"),
        *("TASK_NAME", "TASK_TYPE", "TRIGGER_CONTACT_GROUP", "TRIGGER_SEGMENT", "TRIGGER_ID"),
        *("IS_CONTACT_GROUP_DELETED", "IS_TRIGGER_SEGMENT_DELETED", "USER_ID", "USER_LOGIN"),
    ],
)
async def test_rows_can_be_sorted_by_every_documented_field(devino: Caller, field: str) -> None:
    await posted(devino, "a@mail.example", Sender={"Address": "info@shop.example"})
    now = devino.emulator.clock.now()
    change = StateChange(now, "EMAIL", "delivered", part="512")
    devino.emulator.accept(campaign_letter("3606044956953218300", now, [change]))
    await posted(devino, "b@mail.example")
    for order in ("ASC", "DESC"):
        assert len(await rows(devino, **TODAY, orderBy=field, order=order)) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("orderField", "RECIPIENT"),
        ("orderBy", "recipient"),
        ("order", "asc"),
        ("calculateTotalCount", "true"),
        ("outFields", "RECIPIENT"),
        ("bySegments", "true"),
        ("searchText", "a"),
        ("userId", "x"),
    ],
)
async def test_t14_parameters_of_the_sms_report_are_unknown_here(
    devino: Caller, name: str, value: str
) -> None:
    answer = await detail(devino, **TODAY, **{name: value})
    [reason] = answer.data["reasons"]
    assert (answer.status, reason["key"], reason["ref"]) == (400, "invalid", name)


async def test_t63_t64_pages_follow_one_another(devino: Caller) -> None:
    await posted(devino, *[f"{name}@mail.example" for name in "abcde"])
    pages = [
        (await detail(devino, **TODAY, limit=2, offset=offset)).data["result"]
        for offset in (0, 1, 2, 4, 6)
    ]
    assert [recipients(page["data"]) for page in pages] == ["ab", "bc", "cd", "e", ""]
    assert [page["number"] for page in pages] == [1, 2, 2, 3, 4]
    assert [page["more"] for page in pages] == [True, True, True, False, False]
    assert [page["pageExists"] for page in pages] == [True, True, True, True, False]
    assert {(page["pages"], page["total"]) for page in pages} == {(2, 5)}


@pytest.mark.parametrize("missing", ["limit", "offset"])
async def test_limit_and_offset_are_needed(devino: Caller, missing: str) -> None:
    answer = await detail(devino, **TODAY, **{missing: ""})
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == ("invalid", missing)


# What the documents leave open


async def test_t63_numbers_of_a_page_can_contradict_its_rows(devino: Caller) -> None:
    behave(devino, page_numbers=PageNumbers.AS_SAMPLED)
    await posted(devino, "a@mail.example", "b@mail.example")
    page = (await detail(devino, **TODAY, limit=1, offset=1)).data["result"]
    assert (page["more"], page["total"], page["pages"]) == (True, 1, 15)
    page = (await detail(devino, **TODAY, limit=1, offset=2)).data["result"]
    assert (page["more"], page["data"]) == (False, [])


async def test_a_page_can_lack_its_total(devino: Caller) -> None:
    behave(devino, with_total=False)
    page = (await detail(devino, **TODAY)).data["result"]
    assert not {"pages", "total"} & page.keys()


async def test_rows_can_come_newest_first(devino: Caller) -> None:
    behave(devino, newest_first=True)
    await write_to(devino, "a", "b")
    assert recipients(await rows(devino, **TODAY)) == "ba"
    assert recipients(await rows(devino, **TODAY, order="ASC")) == "ab"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (MissingTask.ZERO, {"taskId": 0, "triggerId": "0"}),
        (MissingTask.NULL, {"taskId": None, "triggerId": None}),
        (MissingTask.ABSENT, {}),
    ],
)
async def test_a_letter_of_no_task_can_be_written_in_three_ways(
    devino: Caller, missing: MissingTask, expected: dict[str, Any]
) -> None:
    behave(devino, missing_task=missing)
    await posted(devino)
    [row] = await rows(devino, **TODAY)
    assert {name: row[name] for name in ("taskId", "triggerId") if name in row} == expected


async def test_rows_can_hold_every_field_they_are_sorted_by(devino: Caller) -> None:
    behave(devino, all_fields=True)
    now = devino.emulator.clock.now()
    change = StateChange(now, "EMAIL", "delivered", part="512")
    devino.emulator.accept(campaign_letter("3606044956953218300", now, [change]))
    [row] = await rows(devino, **TODAY)
    more = {name: row[name] for name in ("taskName", "taskType", "list", "segment")}
    assert more == {"taskName": "Cascade", "taskType": "API", "list": None, "segment": None}
    assert row["isSegmentDeleted"] is False


async def test_t21_t26_values_can_have_other_types(devino: Caller) -> None:
    await posted(devino)
    behave(devino, trigger_id_as_text=False, price_as_text=False, deleted_as_word=True)
    [row] = await rows(devino, **TODAY)
    assert (row["triggerId"], row["price"], row["isListDeleted"]) == (0, 1.0, "No")
    assert isinstance(row["triggerId"], int)


async def test_t62_the_last_event_can_lie_before_the_sending(devino: Caller) -> None:
    behave(devino, event_offset=-40 * SECOND)
    await posted(devino)
    [row] = await rows(devino, **TODAY)
    assert row["sentDateTime"] == "2027-01-01 09:00:00"
    assert row["eventDateTime"] == "2027-01-01 08:59:20"


async def test_objects_of_a_page_can_hold_keys_no_document_names(devino: Caller) -> None:
    await posted(devino)
    devino.emulator.behaviour = evolve(devino.emulator.behaviour, extra_keys=True)
    answer = (await detail(devino, **TODAY)).data
    for holder in (answer, answer["result"], answer["result"]["data"][0]):
        assert holder["addedLater"] == {"value": 1}
