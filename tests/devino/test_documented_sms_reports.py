"""The contract sheet's examples of reports about SMS (A5 and A6), written and read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async.paging import Page
from devino_async.selection import select
from devino_async.sms import (
    GroupBy,
    SmsCount,
    SmsDetail,
    SmsDetailFilters,
    SmsDetailStatus,
    SmsField,
    SmsStatistics,
    SortOrder,
    detail_request,
    read_detail,
    read_statistics,
    statistics_request,
)
from omni_common.exchange import Operation
from tests.devino.answering import answer

clock = datetime.fromisoformat
FEBRUARY = (clock("2023-02-12 00:00:00"), clock("2023-02-24 00:00:00"))
RANGE = "dateTimeFrom=2023-02-12+00%3A00%3A00&dateTimeTo=2023-02-24+00%3A00%3A00"


# --- A5: detail -----------------------------------------------------------------------------------

ROW = {
    "messageId": "234567865432456787634",
    "sentDateTime": "2022-12-14 05:55:32",
    "segmentId": "234567865432456787634",
    "sourceAddress": "sendersName",
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
    "moName": "Operator Name",
    "taskId": 88888888,
    "taskName": "SimpleCampaign",
    "taskType": "SIMPLE",
    "triggerId": 2345678,
    "text": "Hello",
    "errorCode": 0,
    "traffic": "ADVERTISING",
    "recipientZoneName": "UTC +03:00",
    "triggerContactGroup": "contactGroup",
    "isContactGroupDeleted": "No",
}


def test_a5_t32_details_of_a_range_are_asked_for() -> None:
    selected = select(sent_from=FEBRUARY[0], sent_to=FEBRUARY[1])
    request = detail_request(selected, limit=20, offset=0, calculate_total_count=True)

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == (
        f"/sms-stat/detail?{RANGE}&limit=20&offset=0&calculateTotalCount=true"
    )


@pytest.mark.parametrize(
    ("selection", "query"),
    [
        ({"task_id": "8742"}, "taskId=8742"),
        ({"task_id": "8742", "trigger_id": "2312"}, "taskId=8742&triggerId=2312"),
        ({"message_ids": ["1", "2"]}, "messageIds=1&messageIds=2"),
        (
            {
                "task_id": "8742",
                "trigger_id": "2312",
                "sent_from": FEBRUARY[0],
                "sent_to": FEBRUARY[1],
            },
            f"taskId=8742&triggerId=2312&{RANGE}",
        ),
    ],
    ids=["task", "trigger", "ids", "all four"],
)
def test_a5_t16_the_other_combinations_are_asked_for(selection: Any, query: str) -> None:
    request = detail_request(select(**selection), limit=20, offset=1)

    assert request.target == f"/sms-stat/detail?{query}&limit=20&offset=1"


def test_a5_every_optional_parameter_is_written_under_the_vendors_name() -> None:
    filters = SmsDetailFilters(
        by_segments=True,
        calculate_total_count=False,
        country_id="12",
        mog_id="0",
        order=SortOrder.DESC,
        order_field=SmsField.SEGMENT_COUNT,
        out_fields=[SmsField.MESSAGE_ID, SmsField.TRAFFIC],
        recipient="79001112233",
        search_text="shop",
        source_address="sendersName",
        status=SmsDetailStatus.IN_PROGRESS,
        time_offset=timedelta(minutes=180),
        user_id="88",
    )
    request = detail_request(select(task_id="8742"), limit=20, **filters)

    assert request.query[3:] == (
        ("bySegments", "true"),
        ("calculateTotalCount", "false"),
        ("countryId", "12"),
        ("mogId", "0"),
        ("order", "DESC"),
        ("orderField", "SEGMENT_COUNT"),
        ("outFields", "MESSAGE_ID"),
        ("outFields", "TRAFFIC"),
        ("recipient", "79001112233"),
        ("searchText", "shop"),
        ("sourceAddress", "sendersName"),
        ("status", "IN_PROGRESS"),
        ("timeOffset", "180"),
        ("userId", "88"),
    )


def test_a5_t19_t26_t62_t63_a_page_is_read() -> None:
    result = {
        "offset": 1000,
        "number": 21,
        "size": 50,
        "pageExists": True,
        "data": [ROW],
        "more": True,
        "pages": 100,
        "total": 1000,
    }
    row = SmsDetail(
        message_id="234567865432456787634",
        sent_date_time=clock("2022-12-14 05:55:32"),
        segment_id="234567865432456787634",
        source_address="sendersName",
        recipient="79001112233",
        status="DELIVERED",
        event_date_time=clock("2022-12-14 05:54:52"),
        company_id="234",
        company_name="MyCompany",
        user_id="88",
        user_login="79991112233",
        country_id="12",
        country_name="Russia",
        mog_id="0",
        mog_name="MOG",
        mo_id="234",
        mo_name="Operator Name",
        task_id="88888888",
        task_name="SimpleCampaign",
        task_type="SIMPLE",
        trigger_id="2345678",
        text="Hello",
        error_code=0,
        traffic="ADVERTISING",
        recipient_zone_name="UTC +03:00",
        trigger_contact_group="contactGroup",
        is_contact_group_deleted=False,
        raw=ROW,
    )

    assert read_detail(answer({"result": result})) == Page(
        data=(row,),
        more=True,
        total=1000,
        pages=100,
        offset=1000,
        number=21,
        size=50,
        page_exists=True,
        raw=result,
    )


# --- A6: statistics -------------------------------------------------------------------------------


def test_a6_t33_statistics_are_asked_for() -> None:
    request = statistics_request(
        group_by=GroupBy.MONTH,
        start_date=clock("2022-10-06 13:45:30"),
        end_date=clock("2023-02-06 13:45:30"),
        task_id="8742",
        trigger_id="2312",
        time_offset=timedelta(minutes=180),
    )

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == (
        "/sms-stat/statistics/of-group?groupBy=MONTH&startDate=2022-10-06T13%3A45%3A30"
        "&endDate=2023-02-06T13%3A45%3A30&taskId=8742&triggerId=2312&timeOffset=180"
    )


def test_a6_t67_statistics_are_read() -> None:
    months = {"2023-01": 67, "2022-10": 1, "2022-12": 72, "2023-02": 3}
    delivered: list[dict[str, Any]] = [
        {"date": f"{month}-01 00:00:00", "amount": amount} for month, amount in months.items()
    ]
    accepted = {"date": "2023-01-01 00:00:00", "amount": 100}
    segment = {"date": "2023-01-01 00:00:00", "amount": 2}
    result = {
        "messages": {"accepted": [accepted], "delivered": delivered, "enrouted": []},
        "segments": {"accepted": [segment]},
    }
    january = clock("2023-01-01 00:00:00")
    in_order = [delivered[1], delivered[2], delivered[0], delivered[3]]

    assert read_statistics(answer({"result": result})) == SmsStatistics(
        messages={
            "accepted": (SmsCount(date=january, amount=100, raw=accepted),),
            "delivered": tuple(
                SmsCount(date=clock(each["date"]), amount=each["amount"], raw=each)
                for each in in_order
            ),
            "enrouted": (),
        },
        segments={"accepted": (SmsCount(date=january, amount=2, raw=segment),)},
        raw=result,
    )
