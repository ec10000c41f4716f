"""The contract sheet's examples of reports about e-mail (A8c and A8d), written and read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from devino_async.email import (
    DOCUMENTED_ENDPOINT,
    SAMPLED_ENDPOINT,
    Charset,
    EmailDetail,
    EmailDetailFilters,
    EmailDetailStatus,
    EmailField,
    EmailStatistics,
    EmailStatisticsRow,
    detail_request,
    read_csv,
    read_detail,
    read_statistics,
    statistics_request,
)
from devino_async.paging import Page
from devino_async.selection import GroupBy, SortOrder, select
from omni_common.exchange import Answer, Operation
from tests.devino.answering import answer

clock = datetime.fromisoformat

# --- A8c: detail ----------------------------------------------------------------------------------


def test_a8c_t10_t32_details_of_a_range_are_asked_for() -> None:
    selected = select(sent_from=clock("2023-02-12 00:00:00"), sent_to=clock("2023-02-24 00:00:00"))
    request = detail_request(selected, limit=20, offset=1)

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == (
        "/email-statistics/statistics/detail?dateTimeFrom=2023-02-12+00%3A00%3A00"
        "&dateTimeTo=2023-02-24+00%3A00%3A00&limit=20&offset=1"
    )


def test_a8c_t14_every_optional_parameter_is_written_under_the_vendors_name() -> None:
    filters = EmailDetailFilters(
        order=SortOrder.ASC,
        order_by=EmailField.SENT_DATE_TIME,
        recipient="recipient@example.com",
        source_address="sender@example.com",
        status=EmailDetailStatus.UNSUBSCRIBED,
        time_offset=timedelta(minutes=180),
        user_id="88",
    )
    request = detail_request(select(task_id="8742", trigger_id="2312"), limit=20, **filters)

    assert request.query == (
        ("taskId", "8742"),
        ("triggerId", "2312"),
        ("limit", "20"),
        ("offset", "0"),
        ("order", "ASC"),
        ("orderBy", "SENT_DATE_TIME"),
        ("recipient", "recipient@example.com"),
        ("sourceAddress", "sender@example.com"),
        ("status", "UNSUBSCRIBED"),
        ("timeOffset", "180"),
        ("userId", "88"),
    )


def test_a8c_t21_t26_a_page_is_read() -> None:
    row = {
        "messageId": "dwY4BSnjQ2X",
        "recipient": "recipient@example.com",
        "sourceAddress": "sender@example.com",
        "sourceName": "sendersName",
        "sentDateTime": "2022-12-14 05:54:32",
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
    page = {"offset": 0, "number": 1, "size": 20, "pageExists": True}
    result = {**page, "data": [row], "more": False, "pages": 1, "total": 1}
    read = EmailDetail(
        message_id="dwY4BSnjQ2X",
        recipient="recipient@example.com",
        source_address="sender@example.com",
        source_name="sendersName",
        sent_date_time=clock("2022-12-14 05:54:32"),
        status="DELIVERED",
        event_date_time=clock("2022-12-14 05:54:52"),
        subject="Special event",
        company_id="234",
        company_name="Company",
        user_id="88",
        user_login="79991112233",
        task_id="6666666",
        trigger_id="22569",
        price=Decimal("1.0000"),
        is_list_deleted=False,
        raw=row,
    )

    assert read_detail(answer({"result": result})) == Page(
        data=(read,),
        more=False,
        total=1,
        pages=1,
        offset=0,
        number=1,
        size=20,
        page_exists=True,
        raw=result,
    )


# --- A8d: statistics ------------------------------------------------------------------------------

HEADER = (
    *("Send date", "Sent", "Delivered", "Delivery rate", "Bounced", "Bounce rate", "Opened"),
    *("Open rate", "Clicked", "Click to Open Rate", "Unsubscribed", "Unsubscribe Rate"),
    *("Complained", "Spam rate"),
)
LINES = (
    "01.06.2022;914;904;98.91%;0;0%;0;0%;0;0%;0;0%;0;0%",
    "01.07.2022;18;3;16.67%;0;0%;0;0%;0;0%;1;33.33%;0;0%",
    "12.04.2022 - 12.04.2023;5089631;5089597;100%;4;0%;6;0%;7;116.67%;2;0%;0;0%",
)


def test_a8d_t9_statistics_are_asked_for_in_the_form_of_the_text() -> None:
    request = statistics_request(
        group_by=GroupBy.MONTH,
        date_time_from=clock("2023-02-12 00:00:00"),
        date_time_to=clock("2023-04-12 00:00:00"),
        charset=Charset.CP1251,
        task_id="8742",
        trigger_id="2312",
        user_id="88",
        zone_offset=timedelta(minutes=180),
        endpoint=DOCUMENTED_ENDPOINT,
    )

    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert request.target == (
        "/omni-statistics-exporter/export/statistics/sliced-by-event-time?groupBy=MONTH"
        "&dateTimeFrom=2023-02-12+00%3A00%3A00&dateTimeTo=2023-04-12+00%3A00%3A00"
        "&charset=CP1251&taskId=8742&triggerId=2312&userId=88&zoneOffset=180"
    )


def test_a8d_t9_statistics_are_asked_for_in_the_form_of_the_example() -> None:
    request = statistics_request(
        group_by=GroupBy.MONTH,
        date_time_from=clock("2023-02-12 00:00:00"),
        date_time_to=clock("2023-04-12 00:00:00"),
        endpoint=SAMPLED_ENDPOINT,
    )

    assert request.target == (
        "/email-stat/statistics/sliced-by-event-time?groupBy=MONTH"
        "&startDate=2023-02-12+00%3A00%3A00&endDate=2023-04-12+00%3A00%3A00&charset=UTF8"
    )


NOTHING: dict[str, Any] = {
    "bounced": 0,
    "bounce_rate": Decimal(0),
    "opened": 0,
    "open_rate": Decimal(0),
    "clicked": 0,
    "click_to_open_rate": Decimal(0),
    "unsubscribed": 0,
    "unsubscribe_rate": Decimal(0),
    "complained": 0,
    "spam_rate": Decimal(0),
}


def row(line: str, day: date | None, **counts: Any) -> EmailStatisticsRow:
    """The row of *line*; what is not said is nothing."""
    cells = tuple(line.split(";"))
    return EmailStatisticsRow(period=cells[0], date=day, raw=cells, **(NOTHING | counts))


def test_a8d_t66_the_table_is_read() -> None:
    body = "\n".join([";".join(HEADER) + ";", *LINES]).encode()
    june = row(LINES[0], date(2022, 6, 1), sent=914, delivered=904, delivery_rate=Decimal("98.91"))
    july = row(
        LINES[1],
        date(2022, 7, 1),
        sent=18,
        delivered=3,
        delivery_rate=Decimal("16.67"),
        unsubscribed=1,
        unsubscribe_rate=Decimal("33.33"),
    )
    total = row(
        LINES[2],
        None,
        sent=5089631,
        delivered=5089597,
        delivery_rate=Decimal(100),
        bounced=4,
        opened=6,
        clicked=7,
        click_to_open_rate=Decimal("116.67"),
        unsubscribed=2,
    )

    assert read_csv(Answer(200, body)) == body
    assert read_statistics()(Answer(200, body)) == EmailStatistics(
        header=HEADER, rows=(june, july), total=total
    )
