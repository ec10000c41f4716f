"""Details of sent SMS: what is read from answers, whatever they hold."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.paging import Page, rows
from devino_async.sms import (
    SmsDetail,
    SmsField,
    SmsTraffic,
    read_detail,
)
from devino_async.sms.detail import row_key, row_step
from omni_common.errors import ReadError
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.report import DeliveryState
from tests.devino.answering import ANY_ENVELOPE, ANY_ITEM, SENT_ID, STATUSES, answer


def whole_row(**fields: Any) -> dict[str, Any]:
    """A row with every key that any document names."""
    row = {
        "messageId": "234567865432456787634",
        "sentDateTime": "2022-12-14 05:55:32",
        "segmentId": "234567865432456787634",
        "sourceAddress": "Shop",
        "recipient": "79001112233",
        "status": "DELIVERED",
        "eventDateTime": "2022-12-14 05:54:52",
        "companyId": 234,
        "companyName": "MyCompany",
        "userId": 88,
        "userLogin": "79991112233",
        "countryId": 12,
        "countryName": "Russia",
        "mogId": 0,
        "mogName": "MOG",
        "moId": 234,
        "moName": "Operator",
        "taskId": 88888888,
        "taskName": "Campaign",
        "taskType": "SIMPLE",
        "triggerId": 2345678,
        "text": "Hello",
        "errorCode": 0,
        "traffic": "ADVERTISING",
        "recipientZoneName": "UTC +03:00",
        "triggerContactGroup": "Customers",
        "isContactGroupDeleted": "No",
        "contactId": "3379c731a0734800-337a7406f274fe80",
        "price": "1.0000",
        "providerMessageId": "a1b2",
        "route": "SMSGW101",
        "segmentCount": 2,
        "template": "Greeting",
        "templateId": 16,
    }
    return row | fields


def is_object(item: object) -> bool:
    return isinstance(item, dict)


def page_body(*rows: Any, **head: Any) -> dict[str, Any]:
    page = {"offset": 0, "number": 1, "size": 20, "pageExists": True, "data": list(rows)}
    return {"result": page | {"more": False} | head}


def read_page(body: Any, status: int = 200) -> Page[SmsDetail]:
    page = read_detail(answer(body, status))
    assert isinstance(page, Page)
    return page


def read_row(**fields: Any) -> SmsDetail:
    [row] = read_page(page_body(whole_row(**fields))).data
    return row


def kind_of(read: object) -> FailureKind | None:
    return read.kind if isinstance(read, Failure) else None


# --- Rows -----------------------------------------------------------------------------------------


def test_every_key_of_a_row_is_read() -> None:
    row = read_row()
    assert row == SmsDetail(
        message_id="234567865432456787634",
        segment_id="234567865432456787634",
        sent_date_time=datetime(2022, 12, 14, 5, 55, 32),  # noqa: DTZ001 - the vendor names none
        event_date_time=datetime(2022, 12, 14, 5, 54, 52),  # noqa: DTZ001
        source_address="Shop",
        recipient="79001112233",
        status="DELIVERED",
        company_id="234",
        company_name="MyCompany",
        user_id="88",
        user_login="79991112233",
        country_id="12",
        country_name="Russia",
        mog_id="0",
        mog_name="MOG",
        mo_id="234",
        mo_name="Operator",
        task_id="88888888",
        task_name="Campaign",
        task_type="SIMPLE",
        trigger_id="2345678",
        text="Hello",
        error_code=0,
        traffic=SmsTraffic.ADVERTISING,
        recipient_zone_name="UTC +03:00",
        trigger_contact_group="Customers",
        is_contact_group_deleted=False,
        contact_id="3379c731a0734800-337a7406f274fe80",
        price=Decimal("1.0000"),
        provider_message_id="a1b2",
        route="SMSGW101",
        segment_count=2,
        template="Greeting",
        template_id="16",
        raw=whole_row(),
    )
    assert row.raw == whole_row()


def test_every_field_that_can_be_asked_for_can_be_read() -> None:
    asked = {field.lower() for field in SmsField}
    read = {name for name in dir(read_row()) if name in asked}
    assert read == asked


def test_the_sampled_answer_is_read_whole() -> None:
    head = {"offset": 1000, "number": 21, "size": 50, "more": True, "pages": 100, "total": 1000}
    page = read_page(page_body(whole_row(), **head))
    assert (page.offset, page.number, page.size, page.more) == (1000, 21, 50, True)
    assert (page.pages, page.total, page.page_exists) == (100, 1000, True)
    assert len(page.data) == 1


def test_t63_numbers_that_contradict_each_other_are_no_error() -> None:
    head = {"offset": 1000, "size": 50, "pages": 100, "total": 1000, "number": 2, "more": True}
    page = read_page(page_body(**head))
    assert (page.data, page.more, page.total) == ((), True, 1000)


def test_t19_ids_longer_than_64_bits_are_kept() -> None:
    for id in ("234567865432456787634", 234567865432456787634):
        assert read_row(messageId=id).message_id == "234567865432456787634"


def test_t18_ids_that_come_as_numbers_are_exact() -> None:
    assert read_row(messageId=int(SENT_ID)).message_id == SENT_ID


def test_t21_numbers_that_come_as_text_are_read() -> None:
    row = read_row(taskId="7004", errorCode="2005", segmentCount="2", price=1.5)
    assert (row.task_id, row.error_code, row.segment_count) == ("7004", 2005, 2)
    assert row.price == Decimal("1.5")


@pytest.mark.parametrize(
    ("written", "deleted"),
    [
        ("No", False),
        ("Yes", True),
        ("no", False),
        (False, False),
        (True, True),
        ("true", True),
        (None, None),
        ("perhaps", None),
        (0, None),
    ],
)
def test_t26_truths_come_as_words_too(written: Any, *, deleted: bool | None) -> None:
    row = read_row(isContactGroupDeleted=written)
    assert row.is_contact_group_deleted is deleted
    assert row.raw["isContactGroupDeleted"] == written


def test_t30_times_have_no_zone_unless_the_vendor_names_one() -> None:
    assert read_row().sent_date_time == datetime(2022, 12, 14, 5, 55, 32)  # noqa: DTZ001
    aware = read_row(sentDateTime="2022-12-14T05:55:32Z").sent_date_time
    assert aware == datetime(2022, 12, 14, 5, 55, 32, tzinfo=UTC)


def test_t62_a_status_may_be_older_than_the_sending() -> None:
    row = read_row()
    assert row.event_date_time is not None
    assert row.sent_date_time is not None
    assert row.event_date_time < row.sent_date_time


def test_t77_a_count_of_segments_by_the_texts_name_stays_raw() -> None:
    fields = whole_row(segmentsCount=3)
    del fields["segmentCount"]
    [row] = read_page(page_body(fields)).data
    assert row.segment_count is None
    assert row.raw["segmentsCount"] == 3


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("DELIVERED", DeliveryState.DELIVERED),
        ("IN_PROGRESS", DeliveryState.SENDING),
        ("REDIRECT", DeliveryState.CLICKED),
        ("REJECTED", DeliveryState.REJECTED),
        ("UNDELIVERED", DeliveryState.UNDELIVERED),
        ("ENROUTE", DeliveryState.SENDING),
        ("EXPIRED", DeliveryState.EXPIRED),
        ("enrouted", DeliveryState.SENDING),
        ("ADDED_LATER", DeliveryState.UNKNOWN),
        (None, DeliveryState.UNKNOWN),
    ],
)
def test_t57_t58_words_of_filters_and_of_callbacks_are_understood(
    word: str | None, state: DeliveryState
) -> None:
    row = read_row(status=word)
    assert (row.status, row.state) == (word, state)


def test_what_a_row_does_not_hold_is_none() -> None:
    [row] = read_page(page_body({"status": "DELIVERED", "addedLater": [1]})).data
    assert row == SmsDetail(status="DELIVERED", raw=row.raw)
    assert row.raw == {"status": "DELIVERED", "addedLater": [1]}


def test_a_row_shows_neither_numbers_nor_text() -> None:
    row = read_row(text="canary", recipient="79031234567", userLogin="79031234567")
    assert "canary" not in repr(row)
    assert "9031234" not in repr(row)
    assert pickle.loads(pickle.dumps(row)) == row  # noqa: S301 - our own bytes


@given(
    rows=st.lists(ANY_ITEM.filter(is_object)),
    head=st.dictionaries(st.text(), ANY_ITEM),
    status=STATUSES,
)
def test_rows_are_read_whatever_they_hold(
    rows: list[Any], head: dict[str, Any], status: int
) -> None:
    page = read_page(page_body(**(head | {"data": rows})), status)
    assert [row.raw for row in page.data] == rows


# --- Answers that are none ------------------------------------------------------------------------


def test_a_page_behind_the_last_one_is_empty() -> None:
    page = read_page(page_body(offset=100, pageExists=False))
    assert (page.data, page.more, page.page_exists) == ((), False, False)


@pytest.mark.parametrize("status", [200, 400])
def test_t2_a_refusal_is_one_whatever_its_http_status(status: int) -> None:
    reasons = [{"key": "invalid", "ref": "status", "defaultMessage": "Error"}]
    for body in ({"result": None, "reasons": reasons}, {"code": "REJECTED", "reasons": reasons}):
        refused = read_detail(answer(body, status))
        assert isinstance(refused, Failure)
        assert refused.kind is FailureKind.REFUSED
        assert (refused.vendor_code, refused.field) == ("invalid", "status")


def test_a_missing_right_is_told_apart() -> None:
    body = {"result": None, "reasons": [{"key": "forbidden"}]}
    for status in (200, 403):
        assert kind_of(read_detail(answer(body, status))) is FailureKind.FORBIDDEN


@pytest.mark.parametrize("status", [500, 503])
def test_a_failed_server_is_no_refusal(status: int) -> None:
    body = {"result": None, "reasons": [{"key": "invalid"}]}
    read = read_detail(answer(body, status))
    assert kind_of(read) in {FailureKind.SERVER_FAILED, FailureKind.UNAVAILABLE}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Error</body></html>",
        b'{"result": {"data": [',
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"result": null}',
        b'{"result": []}',
        b'{"result": {}}',
        b'{"result": {"data": null}}',
        b'{"result": {"data": {"messageId": "1"}}}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_page_is_left_to_the_http_status(body: bytes) -> None:
    assert read_detail(Answer(200, body)) is None


@given(body=ANY_ENVELOPE, status=STATUSES)
def test_any_answer_is_a_page_or_a_failure_or_neither(body: Any, status: int) -> None:
    read = read_detail(answer(body, status))
    assert read is None or isinstance(read, Page | Failure)


# --- What an offset counts ------------------------------------------------------------------------


def segments(*ids: str | None) -> tuple[SmsDetail, ...]:
    return tuple(SmsDetail(message_id=id) for id in ids)


@pytest.mark.parametrize("ids", [("1", "1", "2"), ("1", "2", "1"), ("1", "2")])
def test_an_offset_is_moved_by_the_messages_among_the_rows(ids: tuple[str, ...]) -> None:
    assert row_step(segments(*ids), limit=10, by_segments=True) == 2


@pytest.mark.parametrize(("limit", "by_segments"), [(1, False), (10, True)])
def test_rows_cannot_be_counted_without_ids(limit: int, *, by_segments: bool) -> None:
    with pytest.raises(ReadError, match="MESSAGE_ID among out_fields"):
        row_step(segments("1", None), limit=limit, by_segments=by_segments)
    assert row_step(segments(None), limit=1, by_segments=by_segments) == 1


def test_messages_without_ids_count_one_each() -> None:
    assert row_step(segments(None, None), limit=2, by_segments=False) == 2


@pytest.mark.parametrize("cap", [1, 2, 3, 100])
@pytest.mark.parametrize("sorted_by_segment", [False, True])
@pytest.mark.parametrize("counts_messages", [False, True])
async def test_no_segment_is_passed_over_or_repeated_whatever_an_offset_counts(
    *, counts_messages: bool, sorted_by_segment: bool, cap: int
) -> None:
    """Of twelve messages each has one to three segments."""
    messages = [
        [{"messageId": f"m{n}", "segmentId": f"{part}-{n}"} for part in range(n % 3 + 1)]
        for n in range(12)
    ]

    async def fetch(offset: int) -> Page[SmsDetail]:
        units = messages if counts_messages else [[row] for each in messages for row in each]
        if sorted_by_segment and not counts_messages:
            units = sorted(units, key=lambda unit: unit[0]["segmentId"])
        chosen = [row for unit in units[offset : offset + min(cap, 10)] for row in unit]
        if sorted_by_segment:
            chosen = sorted(chosen, key=lambda row: row["segmentId"])
        return read_page(page_body(*chosen, more=offset + min(cap, 10) < len(units)))

    key = partial(row_key, by_segments=True)
    step = partial(row_step, limit=10, by_segments=True)
    given_rows = [row.segment_id async for row in rows(fetch, key=key, step=step)]
    assert sorted(map(str, given_rows)) == sorted(
        row["segmentId"] for each in messages for row in each
    )


@pytest.mark.parametrize("by_segments", [False, True])
def test_messages_of_one_id_by_two_triggers_have_keys_of_their_own(*, by_segments: bool) -> None:
    rows = [read_row(messageId="1", segmentId="1", triggerId=trigger) for trigger in (7, 8)]
    assert len({row_key(row, by_segments=by_segments) for row in rows}) == 2
