"""The emulated details of SMS, asked by hand: strict about the question, odd in the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, EmptyFields, ErrorBody
from devino_async.sandbox.page_numbers import PageNumbers
from devino_async.sandbox.report_behaviour import ReportBehaviour, SmsRowStatus
from omni_common.sandbox import SandboxClock, Scenario
from tests.support.devino_http import KEY, Caller, HttpAnswer, sms

DAYS = "dateTimeFrom=2026-12-31+00:00:00&dateTimeTo=2027-01-02+00:00:00"
PAGE = f"{DAYS}&limit=20&offset=0"
LONG = "long " * 60
SAMPLED_KEYS = {
    *("messageId", "sentDateTime", "segmentId", "sourceAddress", "recipient", "status"),
    *("eventDateTime", "companyId", "companyName", "userId", "userLogin", "countryId"),
    *("countryName", "mogId", "mogName", "moId", "moName", "taskId", "taskName", "taskType"),
    *("triggerId", "text", "errorCode", "traffic", "recipientZoneName", "triggerContactGroup"),
    "isContactGroupDeleted",
}
OTHER_KEYS = {
    *("contactId", "price", "providerMessageId", "route", "segmentCount", "template"),
    "templateId",
}


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def ask(devino: Caller, query: str = PAGE) -> HttpAnswer:
    return await devino.call(f"/sms-stat/detail?{query}", method="GET")


async def page_of(devino: Caller, query: str = PAGE) -> dict[str, Any]:
    answer = await ask(devino, query)
    assert answer.status == 200, answer
    result = answer.data["result"]
    assert isinstance(result, dict)
    return result


async def rows_of(devino: Caller, query: str = PAGE) -> list[dict[str, Any]]:
    data = (await page_of(devino, query))["data"]
    assert isinstance(data, list)
    return data


def behave(devino: Caller, **reports: Any) -> None:
    devino.emulator.behaviour = DevinoBehaviour(reports=ReportBehaviour(**reports))


# --- The question ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        "taskId=8742",
        "taskId=8742&triggerId=2312",
        DAYS,
        f"taskId=8742&triggerId=2312&{DAYS}",
        "messageIds=1",
        "messageIds=1&messageIds=234567865432456787634",
        DAYS.replace("+", "%20").replace(":", "%3A"),
    ],
)
async def test_the_documented_combinations_are_taken(devino: Caller, chosen: str) -> None:
    assert (await ask(devino, f"{chosen}&limit=20&offset=1")).status == 200


@pytest.mark.parametrize(
    ("query", "key", "name"),
    [
        ("limit=20&offset=0", "must.be.not.null", "dateTimeFrom"),
        ("triggerId=1&limit=20&offset=0", "invalid", "triggerId"),
        ("dateTimeFrom=2027-01-01+00:00:00&limit=20&offset=0", "invalid", "dateTimeFrom"),
        (f"taskId=1&{PAGE}", "invalid", "taskId"),
        (f"triggerId=1&{PAGE}", "invalid", "triggerId"),
        (f"messageIds=1&{PAGE}", "invalid", "dateTimeFrom"),
        (f"{DAYS}&offset=0", "must.be.not.null", "limit"),
        (f"{DAYS}&limit=20", "must.be.not.null", "offset"),
        (f"{DAYS}&limit=0&offset=0", "invalid", "limit"),
        (f"{DAYS}&limit=ten&offset=0", "invalid", "limit"),
        (f"{DAYS}&limit=20&offset=-1", "invalid", "offset"),
        (f"{PAGE}&limit=20", "invalid", "limit"),
        (f"{PAGE}&bySegments=1", "invalid", "bySegments"),
        (f"{PAGE}&calculateTotalCount=True", "invalid", "calculateTotalCount"),
        (f"{PAGE}&countryId=Russia", "invalid", "countryId"),
        (f"{PAGE}&mogId=", "invalid", "mogId"),
        (f"{PAGE}&order=asc", "invalid", "order"),
        (f"{PAGE}&orderField=messageId", "invalid", "orderField"),
        (f"{PAGE}&orderBy=STATUS", "invalid", "orderBy"),
        (f"{PAGE}&outFields=STATUS,TEXT", "invalid", "outFields"),
        (f"{PAGE}&recipient=%2B79031234567", "to.format.invalid", "recipient"),
        (f"{PAGE}&searchText=", "invalid", "searchText"),
        (f"{PAGE}&status=ENROUTE", "invalid", "status"),
        (f"{PAGE}&timeOffset=3h", "invalid", "timeOffset"),
        (f"{PAGE}&timeOffset=1440", "invalid", "timeOffset"),
        (f"{PAGE}&userId=me", "invalid", "userId"),
        (f"{PAGE}&zoneOffset=180", "invalid", "zoneOffset"),
        ("messageIds=1,2&limit=20&offset=0", "invalid", "messageIds"),
        ("messageIds=dwY4BSnjQ2X&limit=20&offset=0", "invalid", "messageIds"),
    ],
)
async def test_a_wrong_question_is_refused_by_the_parameters_name(
    devino: Caller, query: str, key: str, name: str
) -> None:
    answer = await ask(devino, query)
    assert (answer.status, answer.data["result"]) == (400, None)
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == (key, name)


async def test_t77_the_text_of_the_page_names_a_field_that_its_list_does_not(
    devino: Caller,
) -> None:
    assert (await ask(devino, f"{PAGE}&outFields=SEGMENTS_COUNT")).status == 400
    assert (await ask(devino, f"{PAGE}&outFields=SEGMENT_COUNT")).status == 200


@pytest.mark.parametrize(
    "date",
    [
        "2027-01-01%2B00:00:00",
        "2027-01-01T00:00:00",
        "2027-01-01",
        "2027-01-01+00%253A00%253A00",
        "2027-02-30+00:00:00",
        "2027-01-01+00:00:00Z",
        "",
    ],
)
async def test_t32_a_date_has_a_space_and_no_real_plus(devino: Caller, date: str) -> None:
    query = f"dateTimeFrom={date}&dateTimeTo=2027-01-02+00:00:00&limit=1&offset=0"
    answer = await ask(devino, query)
    assert (answer.status, answer.data["reasons"][0]["ref"]) == (400, "dateTimeFrom")


async def test_refusals_follow_the_common_switches(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(refused_status=200, refused_body=ErrorBody.HTML)
    answer = await ask(devino, "limit=1")
    assert (answer.status, answer.content_type) == (200, "text/html")


async def test_unknown_parameters_may_be_ignored_and_a_plus_accepted(devino: Caller) -> None:
    await devino.sent()
    devino.emulator.behaviour = DevinoBehaviour(accepts_unknown_fields=True, accepts_plus=True)
    assert len(await rows_of(devino, f"{PAGE}&orderBy=X&recipient=%2B79031234567")) == 1


async def test_a_key_can_lack_the_right_to_either_report(devino: Caller) -> None:
    devino.emulator.key_operations = frozenset({"sms_statistics"})
    assert (await ask(devino)).status == 403
    assert (await evolve(devino, authorization=None).call("/sms-stat/detail")).status == 401


async def test_reports_are_read_with_get_only(devino: Caller) -> None:
    for path in ("/sms-stat/detail", "/sms-stat/statistics/of-group"):
        assert (await devino.call(path, {}, method="POST")).status == 404


# --- The rows -------------------------------------------------------------------------------------


async def test_a_row_is_like_the_vendors_example(devino: Caller) -> None:
    id = await devino.sent(priority="HIGH")
    devino.emulator.clock.advance(timedelta(minutes=1))
    [row] = await rows_of(devino)
    assert row.keys() == SAMPLED_KEYS
    assert {name: row[name] for name in row if row[name] is not None} == {
        "messageId": id,
        "segmentId": id,
        "sentDateTime": "2027-01-01 09:00:00",
        "eventDateTime": "2027-01-01 09:00:02",
        "sourceAddress": "Shop",
        "recipient": "79031234567",
        "status": "DELIVERED",
        "companyId": 234,
        "companyName": "Sandbox",
        "userId": 88,
        "userLogin": "79991112233",
        "countryId": 12,
        "countryName": "Russia",
        "mogId": 11,
        "mogName": "MOG",
        "moId": 234,
        "moName": "Operator Name",
        "text": "Hello",
        "errorCode": 0,
        "traffic": "SERVICE",
        "recipientZoneName": "UTC +03:00",
        "isContactGroupDeleted": "No",
    }


async def test_fields_beyond_the_example_come_when_asked_for(devino: Caller) -> None:
    await devino.sent(text=LONG)
    [row] = await rows_of(devino, f"{PAGE}&outFields=SEGMENT_COUNT&outFields=ROUTE&outFields=PRICE")
    assert row == {"segmentCount": 2, "route": "SMSGW101", "price": "1.0000"}
    behave(devino, all_fields=True)
    [row] = await rows_of(devino)
    assert row.keys() == SAMPLED_KEYS | OTHER_KEYS


async def test_t21_t26_values_have_other_forms_behind_switches(devino: Caller) -> None:
    await devino.sent()
    behave(devino, numbers_as_text=True, price_as_text=False, deleted_as_word=False)
    fields = "outFields=ERROR_CODE&outFields=PRICE&outFields=IS_CONTACT_GROUP_DELETED"
    [row] = await rows_of(devino, f"{PAGE}&{fields}")
    assert row == {"errorCode": "0", "price": 1.0, "isContactGroupDeleted": False}


async def test_what_holds_nothing_may_be_left_out(devino: Caller) -> None:
    await devino.sent()
    devino.emulator.behaviour = DevinoBehaviour(empty_fields=EmptyFields.ABSENT)
    [row] = await rows_of(devino)
    assert not {"taskId", "taskName", "triggerId", "triggerContactGroup"} & row.keys()


async def test_t62_the_status_may_be_older_than_the_sending(devino: Caller) -> None:
    await devino.sent()
    behave(devino, event_offset=timedelta(seconds=-40))
    [row] = await rows_of(devino)
    assert row["eventDateTime"] < row["sentDateTime"]


@pytest.mark.parametrize(
    ("after", "filter_word", "callback_word"),
    [
        (0, "IN_PROGRESS", "ACCEPTED"),
        (0.5, "IN_PROGRESS", "ENROUTE"),
        (1, "IN_PROGRESS", "SENT"),
        (2, "DELIVERED", "DELIVERED"),
        (9, "REDIRECT", "CLICKED"),
    ],
)
async def test_t58_a_row_has_the_filters_words_or_those_of_callbacks(
    devino: Caller, after: float, filter_word: str, callback_word: str
) -> None:
    await devino.sent(query="?shortenUrl=true", text="https://shop.example")
    devino.emulator.clock.advance(timedelta(seconds=after))
    [row] = await rows_of(devino, f"{PAGE}&status={filter_word}")
    assert row["status"] == filter_word
    behave(devino, row_status=SmsRowStatus.CALLBACK_WORDS)
    [row] = await rows_of(devino, f"{PAGE}&status={filter_word}")
    assert row["status"] == callback_word


@pytest.mark.parametrize("scenario", [Scenario.UNDELIVERED, Scenario.EXPIRED])
async def test_t58_what_expired_is_undelivered(devino: Caller, scenario: Scenario) -> None:
    await devino.sent(to=scenario.number("7903123"))
    devino.emulator.clock.advance(timedelta(minutes=1))
    assert len(await rows_of(devino, f"{PAGE}&status=UNDELIVERED")) == 1


async def test_a_scheduled_message_is_sent_when_its_time_comes(devino: Caller) -> None:
    await devino.sent(scheduledTime="2027-01-01T12:00:00.000Z")
    [row] = await rows_of(devino)
    assert (row["sentDateTime"], row["status"]) == ("2027-01-01 12:00:00", "IN_PROGRESS")
    assert row["eventDateTime"] == "2027-01-01 09:00:00"


async def test_times_are_those_of_the_accounts_clock_or_of_the_one_asked_for(
    devino: Caller,
) -> None:
    await devino.sent()
    devino.emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=3))
    at_noon = "dateTimeFrom=2027-01-01+12:00:00&dateTimeTo=2027-01-01+12:00:00&limit=1&offset=0"
    [row] = await rows_of(devino, at_noon)
    assert row["sentDateTime"] == "2027-01-01 12:00:00"
    [row] = await rows_of(devino, f"{PAGE}&timeOffset=-60")
    assert row["sentDateTime"] == "2027-01-01 08:00:00"


async def test_the_country_follows_from_the_number(devino: Caller) -> None:
    for number in ("79031234567", "37251000000", "375291234567", "4915112345678"):
        await devino.sent(to=number)
    rows = await rows_of(devino)
    assert [row["countryName"] for row in rows] == ["Russia", "Estonia", "Belarus", None]
    assert len({row["countryId"] for row in rows}) == 4
    for row in rows[:3]:
        assert await rows_of(devino, f"{PAGE}&countryId={row['countryId']}") == [row]


async def test_keys_that_no_document_names_may_be_there(devino: Caller) -> None:
    await devino.sent()
    devino.emulator.behaviour = DevinoBehaviour(extra_keys=True)
    answer = await ask(devino)
    assert "addedLater" in answer.data
    assert "addedLater" in answer.data["result"]
    assert "addedLater" in answer.data["result"]["data"][0]


# --- Order and segments ---------------------------------------------------------------------------


async def test_rows_come_oldest_first_unless_told_otherwise(devino: Caller) -> None:
    ids = []
    for _ in range(3):
        ids.append(await devino.sent())
        devino.emulator.clock.advance(timedelta(minutes=1))
    assert [row["messageId"] for row in await rows_of(devino)] == ids
    descending = await rows_of(devino, f"{PAGE}&order=DESC")
    assert [row["messageId"] for row in descending] == ids[::-1]
    behave(devino, newest_first=True)
    assert [row["messageId"] for row in await rows_of(devino)] == ids[::-1]
    ascending = await rows_of(devino, f"{PAGE}&order=ASC")
    assert [row["messageId"] for row in ascending] == ids


async def test_rows_can_be_sorted_by_every_field(devino: Caller) -> None:
    await devino.sent(to="79031234568", text="A")
    await devino.sent(to="4915112345678", text="B")
    for name in ("COUNTRY_NAME", "TASK_ID", "PRICE", "TEXT", "IS_CONTACT_GROUP_DELETED"):
        up = await rows_of(devino, f"{PAGE}&orderField={name}&order=ASC")
        down = await rows_of(devino, f"{PAGE}&orderField={name}&order=DESC")
        assert up == down[::-1]
    texts = [row["text"] for row in await rows_of(devino, f"{PAGE}&orderField=RECIPIENT")]
    assert texts == ["B", "A"]


async def test_a_message_can_be_split_into_its_segments(devino: Caller) -> None:
    answer = await devino.send(sms(), sms(text=LONG), query="?includeSegmentId=true")
    segment_ids = [id for item in answer.items for id in item["segmentsId"]]
    rows = await rows_of(devino, f"{PAGE}&bySegments=true")
    assert [row["segmentId"] for row in rows] == segment_ids
    assert [row["segmentId"] for row in await rows_of(devino)] == [segment_ids[0], segment_ids[1]]


@pytest.mark.parametrize(("counts_segments", "rows", "total"), [(True, 1, 4), (False, 2, 2)])
async def test_a_limit_counts_segments_or_messages(
    devino: Caller, *, counts_segments: bool, rows: int, total: int
) -> None:
    await devino.send(sms(text=LONG), sms(text=LONG))
    behave(devino, offset_counts_segments=counts_segments)
    query = f"{DAYS}&limit=1&offset=0&bySegments=true&calculateTotalCount=true"
    page = await page_of(devino, query)
    assert (len(page["data"]), page["total"], page["more"]) == (rows, total, True)


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "limit", "number"),
    [(0, 1, 1), (0, 50, 1), (5, 10, 2), (1, 3, 2), (3, 3, 2), (4, 3, 2), (6, 3, 3), (1000, 50, 21)],
)
async def test_t63_the_number_of_a_page_is_the_documented_one(
    devino: Caller, offset: int, limit: int, number: int
) -> None:
    page = await page_of(devino, f"{DAYS}&limit={limit}&offset={offset}")
    assert (page["number"], page["offset"], page["size"]) == (number, offset, limit)


async def test_t63_pages_are_rounded_down_and_told_on_demand_only(devino: Caller) -> None:
    await devino.send(*[sms()] * 5)
    page = await page_of(devino, f"{DAYS}&limit=2&offset=2&calculateTotalCount=true")
    assert (page["total"], page["pages"], page["more"], page["pageExists"]) == (5, 2, True, True)
    page = await page_of(devino, f"{DAYS}&limit=2&offset=4")
    assert not {"total", "pages"} & page.keys()
    assert (len(page["data"]), page["more"]) == (1, False)


async def test_t63_numbers_can_contradict_the_rows(devino: Caller) -> None:
    await devino.send(*[sms()] * 3)
    behave(devino, page_numbers=PageNumbers.AS_SAMPLED)
    page = await page_of(devino, f"{DAYS}&limit=2&offset=2&calculateTotalCount=true")
    assert (len(page["data"]), page["more"]) == (1, True)
    assert page["total"] <= page["offset"]


async def test_a_page_may_not_say_whether_there_is_more(devino: Caller) -> None:
    behave(devino, has_more=False)
    assert "more" not in await page_of(devino)


async def test_a_page_behind_the_last_one_does_not_exist(devino: Caller) -> None:
    await devino.sent()
    page = await page_of(devino, f"{DAYS}&limit=20&offset=1")
    assert (page["data"], page["more"], page["pageExists"]) == ([], False, False)
