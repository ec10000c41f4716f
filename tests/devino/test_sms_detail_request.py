"""What is asked for details of sent SMS, as it stands on the wire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async.selection import SortOrder, select
from devino_async.sms import SmsDetailStatus, SmsField, detail_request
from omni_common.errors import InvalidQueryError
from omni_common.exchange import Operation

FIELD_NAMES = [
    *("COMPANY_ID", "COMPANY_NAME", "CONTACT_ID", "COUNTRY_ID", "COUNTRY_NAME", "ERROR_CODE"),
    *("EVENT_DATE_TIME", "MESSAGE_ID", "MOG_ID", "MOG_NAME", "MO_ID", "MO_NAME", "PRICE"),
    *("PROVIDER_MESSAGE_ID", "RECIPIENT", "RECIPIENT_ZONE_NAME", "ROUTE", "SEGMENT_COUNT"),
    *("SEGMENT_ID", "SENT_DATE_TIME", "SOURCE_ADDRESS", "STATUS", "TASK_ID", "TASK_NAME"),
    *("TASK_TYPE", "TEMPLATE", "TEMPLATE_ID", "TEXT", "TRAFFIC", "TRIGGER_CONTACT_GROUP"),
    *("IS_CONTACT_GROUP_DELETED", "TRIGGER_ID", "USER_ID", "USER_LOGIN"),
]
TASK = select(task_id="8742")


def target(**filters: Any) -> str:
    """What the filters add to the address of a request."""
    return detail_request(TASK, limit=20, **filters).target.removeprefix(
        "/sms-stat/detail?taskId=8742&limit=20&offset=0"
    )


def test_details_are_a_question_without_a_body() -> None:
    request = detail_request(TASK, limit=20)
    assert (request.method, request.path) == ("GET", "/sms-stat/detail")
    assert (request.operation, request.body) == (Operation.READ, None)


def test_the_documented_example_is_written_to_the_letter() -> None:
    chosen = select(sent_from=datetime(2023, 2, 12), sent_to=datetime(2023, 2, 24))  # noqa: DTZ001
    request = detail_request(chosen, limit=20, calculate_total_count=True)
    assert request.target == (
        "/sms-stat/detail?dateTimeFrom=2023-02-12+00%3A00%3A00&dateTimeTo=2023-02-24+00%3A00%3A00"
        "&limit=20&offset=0&calculateTotalCount=true"
    )


def test_a_trigger_is_written_beside_its_task() -> None:
    request = detail_request(select(task_id="8742", trigger_id="2312"), limit=20, offset=1)
    assert request.target == "/sms-stat/detail?taskId=8742&triggerId=2312&limit=20&offset=1"


@pytest.mark.parametrize(
    ("filters", "written"),
    [
        ({"by_segments": True}, "&bySegments=true"),
        ({"by_segments": False}, "&bySegments=false"),
        ({"calculate_total_count": True}, "&calculateTotalCount=true"),
        ({"country_id": "12"}, "&countryId=12"),
        ({"mog_id": 0}, "&mogId=0"),
        ({"order": SortOrder.DESC}, "&order=DESC"),
        ({"order": SortOrder.ASC}, "&order=ASC"),
        ({"order_field": SmsField.SENT_DATE_TIME}, "&orderField=SENT_DATE_TIME"),
        ({"order_field": "ADDED_LATER"}, "&orderField=ADDED_LATER"),
        ({"recipient": "+79001112233"}, "&recipient=79001112233"),
        ({"recipient": "79001112233"}, "&recipient=79001112233"),
        ({"search_text": "50 % off & more"}, "&searchText=50+%25+off+%26+more"),
        ({"search_text": "код"}, "&searchText=%D0%BA%D0%BE%D0%B4"),
        ({"source_address": "My Shop+"}, "&sourceAddress=My+Shop%2B"),
        ({"status": SmsDetailStatus.IN_PROGRESS}, "&status=IN_PROGRESS"),
        ({"status": "ADDED_LATER"}, "&status=ADDED_LATER"),
        ({"time_offset": timedelta(hours=3)}, "&timeOffset=180"),
        ({"time_offset": timedelta(hours=-3, minutes=-30)}, "&timeOffset=-210"),
        ({"time_offset": timedelta()}, "&timeOffset=0"),
        ({"user_id": "88"}, "&userId=88"),
        ({}, ""),
    ],
)
def test_each_filter_has_the_vendors_name_and_form(filters: dict[str, Any], written: str) -> None:
    assert target(**filters) == written


def test_t16_lists_repeat_their_name() -> None:
    assert target(out_fields=[SmsField.MESSAGE_ID, SmsField.STATUS, "ADDED_LATER"]) == (
        "&outFields=MESSAGE_ID&outFields=STATUS&outFields=ADDED_LATER"
    )
    chosen = select(message_ids=["3482512350952730368", "3482512350952730369"])
    assert detail_request(chosen, limit=2).target == (
        "/sms-stat/detail?messageIds=3482512350952730368&messageIds=3482512350952730369"
        "&limit=2&offset=0"
    )


def test_t35_an_offset_is_whole_minutes() -> None:
    for offset in (timedelta(seconds=90), timedelta(days=1), 180, "180"):
        with pytest.raises(InvalidQueryError, match="whole minutes") as refused:
            target(time_offset=offset)
        assert refused.value.field == "time_offset"


def test_t77_fields_have_the_names_of_the_vendors_list() -> None:
    assert [field.value for field in SmsField] == FIELD_NAMES
    assert "SEGMENTS_COUNT" not in SmsField.__members__


def test_t58_the_filter_has_words_of_its_own() -> None:
    words = ["DELIVERED", "IN_PROGRESS", "REDIRECT", "REJECTED", "UNDELIVERED"]
    assert [word.value for word in SmsDetailStatus] == words


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("by_segments", ["true", 1, 0]),
        ("calculate_total_count", ["false", 1]),
        ("country_id", ["Russia", "", -1, 1.5, True, "١٢"]),
        ("mog_id", ["x", "1 "]),
        ("order", ["ASC", "asc", SmsField.STATUS]),
        ("order_field", ["", 5, "\ud800"]),
        ("out_fields", [[], "STATUS", [""], [None], [5], ["\ud800"], {"STATUS"}, 5]),
        ("recipient", ["", "8 900", "0079001112233", "79001112233\n", 79001112233]),
        ("search_text", ["", 5, "half \ud83d"]),
        ("source_address", ["", b"Shop"]),
        ("status", ["", 5]),
        ("user_id", ["me"]),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_parameters_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidQueryError) as refused:
            target(**{field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")
        assert str(refused.value).startswith(f"{field} must be")
        assert "7900111" not in str(refused.value)


@pytest.mark.parametrize("limit", [0, -1, 1.5, "20", True, None])
def test_a_page_has_at_least_one_row(limit: Any) -> None:
    with pytest.raises(InvalidQueryError, match="1 or more") as refused:
        detail_request(TASK, limit=limit)
    assert refused.value.field == "limit"


@pytest.mark.parametrize("offset", [-1, 1.5, "0", False, None])
def test_t64_an_offset_counts_rows_from_zero(offset: Any) -> None:
    assert detail_request(TASK, limit=1, offset=0).target.endswith("&offset=0")
    with pytest.raises(InvalidQueryError, match="0 or more") as refused:
        detail_request(TASK, limit=1, offset=offset)
    assert refused.value.field == "offset"


def test_there_are_no_other_filters() -> None:
    with pytest.raises(TypeError, match="no filter orderField, sorted"):
        detail_request(TASK, limit=1, orderField="STATUS", sorted=True)  # type: ignore[call-arg]
