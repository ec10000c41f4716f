"""Details of letters: how they are asked for, and what is made of the rows that come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypedDict, get_type_hints

import attrs
import pytest
from hypothesis import given, strategies as st

from devino_async.email import (
    EmailDetail,
    EmailDetailFilters,
    EmailDetailStatus,
    EmailField,
    detail_request,
    email_state,
    read_detail,
)
from devino_async.paging import Page
from devino_async.selection import SortOrder, select
from omni_common.errors import InvalidQueryError
from omni_common.exchange import Answer, Failure, FailureKind, Operation
from omni_common.report import DeliveryState
from tests.devino.answering import ANY_JSON, STATUSES, answer

PATH = "/email-statistics/statistics/detail"
FROM, TO = datetime(2023, 2, 12), datetime(2023, 2, 24, 23, 59, 59)  # noqa: DTZ001 - wall-clock
RANGE = "dateTimeFrom=2023-02-12+00%3A00%3A00&dateTimeTo=2023-02-24+23%3A59%3A59"
BY_IDS = select(message_ids=["dwY4BSnjQ2X"])

ROW: dict[str, Any] = {
    "messageId": "234567865432456787634",
    "recipient": "recipient@example.com",
    "sourceAddress": "sender@example.com",
    "sourceName": "sendersName",
    "sentDateTime": "2022-12-14 05:55:32",
    "status": "DELIVERED",
    "eventDateTime": "2022-12-14 05:54:52",
    "subject": "Special event",
    "companyId": 234,
    "companyName": "Company",
    "userId": 88,
    "userLogin": "79991112233",
    "taskId": 6666666,
    "triggerId": "22569",
    "price": "1.0000",
    "isListDeleted": False,
}
SAMPLE = {
    "result": {
        "offset": 1000,
        "number": 21,
        "size": 50,
        "pageExists": True,
        "data": [ROW],
        "more": True,
        "pages": 100,
        "total": 1000,
    }
}


def target(**filters: Any) -> str:
    """What a question with *filters* asks for, without what every question has."""
    whole = detail_request(BY_IDS, limit=20, offset=1, **filters).target
    head = f"{PATH}?messageIds=dwY4BSnjQ2X&limit=20&offset=1"
    assert whole.startswith(head)
    return whole.removeprefix(head).removeprefix("&")


def row(**fields: Any) -> EmailDetail:
    page = read_detail(answer({"result": {"data": [{**ROW, **fields}]}}))
    assert isinstance(page, Page)
    [only] = page.data
    return only


# --- The question ---------------------------------------------------------------------------------


def test_t10_details_are_asked_for_at_their_own_path() -> None:
    request = detail_request(BY_IDS, limit=20)
    assert (request.method, request.path) == ("GET", PATH)
    assert request.operation is Operation.READ
    assert request.body is None


class Choice(TypedDict, total=False):
    task_id: str | int
    trigger_id: str | int
    sent_from: datetime
    sent_to: datetime
    message_ids: list[str]


@pytest.mark.parametrize(
    ("chosen", "query"),
    [
        ({"task_id": "8742"}, "taskId=8742"),
        ({"task_id": 8742, "trigger_id": "2312"}, "taskId=8742&triggerId=2312"),
        ({"sent_from": FROM, "sent_to": TO}, RANGE),
        (
            {"task_id": 8742, "trigger_id": 2312, "sent_from": FROM, "sent_to": TO},
            f"taskId=8742&triggerId=2312&{RANGE}",
        ),
        ({"message_ids": ["dwY4BSnjQ2X", "5"]}, "messageIds=dwY4BSnjQ2X&messageIds=5"),
    ],
)
def test_each_of_the_five_choices_is_written_as_documented(chosen: Choice, query: str) -> None:
    request = detail_request(select(**chosen), limit=20, offset=1)
    assert request.target == f"{PATH}?{query}&limit=20&offset=1"


def test_t16_ids_repeat_their_key_and_t19_are_text_of_any_kind() -> None:
    ids = ["234567865432456787634", "dwY4BSnjQ2X", "a+b/c=&d"]
    assert detail_request(select(message_ids=ids), limit=1).target == (
        f"{PATH}?messageIds=234567865432456787634&messageIds=dwY4BSnjQ2X"
        "&messageIds=a%2Bb%2Fc%3D%26d&limit=1&offset=0"
    )


def test_t32_t29_dates_have_an_encoded_space_and_no_zone() -> None:
    moscow = timezone(timedelta(hours=3))
    aware = datetime(2023, 2, 11, 21, tzinfo=UTC)
    chosen = select(sent_from=aware, sent_to=TO.replace(tzinfo=moscow), zone=moscow)
    assert RANGE in detail_request(chosen, limit=1).target
    with pytest.raises(InvalidQueryError) as refused:
        select(sent_from=aware, sent_to=TO)
    assert refused.value.field == "sent_from"


def test_t14_rows_are_ordered_by_order_by() -> None:
    assert target(order=SortOrder.DESC, order_by=EmailField.SENT_DATE_TIME) == (
        "order=DESC&orderBy=SENT_DATE_TIME"
    )
    with pytest.raises(TypeError, match="order_field"):
        target(order_field="STATUS")


def test_filters_are_written_under_the_vendors_names() -> None:
    filters: EmailDetailFilters = {
        "order": SortOrder.ASC,
        "order_by": EmailField.PRICE,
        "recipient": "ann+news@mail.example",
        "source_address": "info@shop.example",
        "status": EmailDetailStatus.IN_PROGRESS,
        "time_offset": timedelta(hours=3),
        "user_id": "88",
    }
    assert filters.keys() == get_type_hints(EmailDetailFilters).keys()
    assert target(**filters) == (
        "order=ASC&orderBy=PRICE&recipient=ann%2Bnews%40mail.example"
        "&sourceAddress=info%40shop.example&status=IN_PROGRESS&timeOffset=180&userId=88"
    )


def test_t58_filters_take_words_that_are_not_known_yet() -> None:
    assert target(order_by="NEW_FIELD", status="TELEPORTED") == (
        "orderBy=NEW_FIELD&status=TELEPORTED"
    )


def test_t35_a_time_offset_is_in_minutes() -> None:
    assert target(time_offset=timedelta(hours=-3, minutes=-30)) == "timeOffset=-210"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("order", ["ASC", "asc", 1]),
        ("order_by", ["", 5, ["STATUS"], "\ud800"]),
        ("recipient", ["", 5, b"ann@mail.example", "\ud800"]),
        ("source_address", ["", 5]),
        ("status", ["", True]),
        ("time_offset", [180, timedelta(seconds=1), timedelta(days=1)]),
        ("user_id", ["", "x", -1, 1.5, True]),
        ("limit", [0, -1, None, "20", True]),
        ("offset", [-1, None, "0", False]),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_name(name: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidQueryError) as refused:
            detail_request(BY_IDS, **{"limit": 20, name: value})
        assert (refused.value.field, refused.value.provider) == (name, "devino")


# --- The rows -------------------------------------------------------------------------------------


def test_t63_the_documented_page_is_read_and_its_contradictions_are_kept() -> None:
    page = read_detail(answer(SAMPLE))
    assert isinstance(page, Page)
    assert (page.offset, page.number, page.size, page.pages, page.total) == (
        1000,
        21,
        50,
        100,
        1000,
    )
    assert (page.more, page.page_exists, len(page.data)) == (True, True, 1)


def test_t21_t62_every_value_of_the_documented_row_has_its_type() -> None:
    assert row() == EmailDetail(
        message_id="234567865432456787634",
        recipient="recipient@example.com",
        source_address="sender@example.com",
        source_name="sendersName",
        sent_date_time=datetime(2022, 12, 14, 5, 55, 32),  # noqa: DTZ001 - Devino names no zone
        event_date_time=datetime(2022, 12, 14, 5, 54, 52),  # noqa: DTZ001
        status="DELIVERED",
        subject="Special event",
        company_id="234",
        company_name="Company",
        user_id="88",
        user_login="79991112233",
        task_id="6666666",
        trigger_id="22569",
        price=Decimal("1.0000"),
        is_list_deleted=False,
        raw=ROW,
    )


def test_every_field_that_rows_are_sorted_by_can_be_read() -> None:
    shown_as = {
        "trigger_contact_group": "list",
        "trigger_segment": "segment",
        "is_contact_group_deleted": "is_list_deleted",
        "is_trigger_segment_deleted": "is_segment_deleted",
    }
    sorted_by = {shown_as.get(each.lower(), each.lower()) for each in EmailField}
    assert {each.name for each in attrs.fields(EmailDetail)} - {"raw"} == sorted_by


def test_a_rows_list_and_segment_are_read() -> None:
    read = row(list="Customers", segment="Moscow", isSegmentDeleted=True, taskType="API")
    assert (read.list, read.segment, read.task_type) == ("Customers", "Moscow", "API")
    assert read.is_segment_deleted is True


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        *((True, True), ("Yes", True), ("TRUE", True), (False, False), ("No", False)),
        *(("false", False), (None, None), ("perhaps", None), (1, None)),
    ],
    ids=repr,
)
def test_t26_whether_a_list_is_deleted_is_read_in_any_form(value: Any, *, truth: bool) -> None:
    assert row(isListDeleted=value).is_list_deleted is truth


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"triggerId": 22569}, {"trigger_id": "22569"}),
        ({"taskId": "6666666"}, {"task_id": "6666666"}),
        ({"taskId": 0, "triggerId": None}, {"task_id": "0", "trigger_id": None}),
        ({"messageId": 10**30}, {"message_id": str(10**30)}),
        ({"price": 1.5}, {"price": Decimal("1.5")}),
        ({"price": "free"}, {"price": None}),
        ({"subject": ["x"], "recipient": 5.5}, {"subject": None, "recipient": None}),
    ],
)
def test_t21_values_are_read_in_either_form_and_odd_ones_stay_in_raw(
    fields: dict[str, Any], read: dict[str, Any]
) -> None:
    found = row(**fields)
    assert {name: getattr(found, name) for name in read} == read
    assert found.raw == {**ROW, **fields}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2022-12-14 05:55:32", datetime(2022, 12, 14, 5, 55, 32)),  # noqa: DTZ001
        ("2022-12-14T05:55:32", datetime(2022, 12, 14, 5, 55, 32)),  # noqa: DTZ001
        ("2022-12-14T05:55:32.5Z", datetime(2022, 12, 14, 5, 55, 32, 500_000, tzinfo=UTC)),
        ("14.12.2022", None),
        (1671000932000, None),
    ],
)
def test_t29_t30_times_stay_as_naive_as_they_are(text: Any, time: datetime | None) -> None:
    found = row(sentDateTime=text)
    assert found.sent_date_time == time
    assert found.raw["sentDateTime"] == text


def test_a_row_shows_nobody_and_nothing_of_the_letter() -> None:
    shown = repr(row(subject="canary", recipient="canary@mail.example", userLogin="79991112233"))
    assert "canary" not in shown
    assert "79991112233" not in shown


# --- Status words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ACCEPTED", DeliveryState.ACCEPTED),
        ("IN_PROGRESS", DeliveryState.SENDING),
        ("SENT", DeliveryState.SENT),
        ("DELIVERED", DeliveryState.DELIVERED),
        ("READ", DeliveryState.READ),
        ("OPENED", DeliveryState.READ),
        ("REDIRECT", DeliveryState.CLICKED),
        ("CLICKED", DeliveryState.CLICKED),
        ("UNDELIVERED", DeliveryState.UNDELIVERED),
        ("BOUNCED", DeliveryState.UNDELIVERED),
        ("EXPIRED", DeliveryState.EXPIRED),
        ("REJECTED", DeliveryState.REJECTED),
        ("SUBSCRIBED", None),
        ("UNSUBSCRIBED", None),
        ("COMPLAINED", None),
        ("TELEPORTED", DeliveryState.UNKNOWN),
        ("", DeliveryState.UNKNOWN),
        (None, DeliveryState.UNKNOWN),
    ],
)
def test_t57_t58_words_of_reports_and_callbacks_have_shared_states_in_any_case(
    word: str | None, state: DeliveryState | None
) -> None:
    assert email_state(word) is state
    assert email_state(word and word.swapcase()) is state
    assert row(status=word).state is state


def test_no_documented_filter_word_is_unknown() -> None:
    assert DeliveryState.UNKNOWN not in {email_state(word) for word in EmailDetailStatus}


# --- Answers that are no page ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"result":{}}', b'{"result":{"data":{}}}', b'{"result":[]}'],
)
def test_what_is_no_page_leaves_it_to_the_status(body: bytes) -> None:
    assert read_detail(Answer(200, body)) is None


def test_t1_a_refusal_is_recognised_in_emails_casing_under_200() -> None:
    document = {
        "Description": "Validation failed",
        "Reasons": [{"Key": "must.be.not.null", "Reference": "limit"}],
    }
    failure = read_detail(answer(document))
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.REFUSED
    assert (failure.vendor_code, failure.field) == ("must.be.not.null", "limit")


_ROWS = st.dictionaries(st.sampled_from([*ROW, "list", "segment"]), ANY_JSON) | ANY_JSON
_PAGES = st.fixed_dictionaries({"data": st.lists(_ROWS, max_size=3)}, optional={"more": ANY_JSON})


@given(document=ANY_JSON | st.fixed_dictionaries({"result": _PAGES | ANY_JSON}), status=STATUSES)
def test_whatever_is_answered_is_read(document: Any, status: int) -> None:
    page = read_detail(answer(document, status))
    assert page is None or isinstance(page, Failure | Page)
    for read in page.data if isinstance(page, Page) else ():
        assert isinstance(read, EmailDetail)
        assert read.state is None or isinstance(read.state, DeliveryState)
        assert repr(read)
