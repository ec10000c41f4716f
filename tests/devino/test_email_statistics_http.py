"""Statistics of e-mail over sockets: asked for, read, and given as they came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.email import (
    DOCUMENTED_ENDPOINT,
    SAMPLED_ENDPOINT,
    Charset,
    StatisticsEndpoint,
)
from devino_async.selection import GroupBy
from omni_common.errors import ReadError
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer as answered

FROM, TO = datetime(2022, 4, 12), datetime(2023, 4, 12, 23, 59, 59)  # noqa: DTZ001 - wall-clock
TEXT_PATH = "/omni-statistics-exporter/export/statistics/sliced-by-event-time"
EXAMPLE_PATH = "/email-stat/statistics/sliced-by-event-time"
RANGE = "dateTimeFrom=2022-04-12+00%3A00%3A00&dateTimeTo=2023-04-12+23%3A59%3A59"
TABLE = (
    "Дата отправки;Sent;Delivered;Delivery rate;Bounced;Bounce rate;Opened;Open rate;Clicked;"
    "Click to Open Rate;Unsubscribed;Unsubscribe Rate;Complained;Spam rate;\n"
    "01.06.2022;914;904;98.91%;0;0%;0;0%;0;0%;0;0%;0;0%\n"
    "12.04.2022 - 12.04.2023;914;904;98.91%;0;0%;0;0%;0;0%;0;0%;0;0%\n"
).encode("cp1251")


QUESTION: Any = {"group_by": GroupBy.MONTH, "date_time_from": FROM, "date_time_to": TO}


def client(server: FaultServer, clock: FakeClock, **options: Any) -> DevinoClient:
    return DevinoClient("key", base_url=server.url, clock=clock, **options)


async def test_statistics_are_asked_for_and_read(clock: FakeClock) -> None:
    csv = answered(200, TABLE, {"Content-Type": "text/csv"})
    async with FaultServer(csv) as server, client(server, clock) as devino:
        statistics = await devino.email.statistics(**QUESTION, charset=Charset.CP1251, task_id=7)
        raw = await devino.email.statistics_csv(
            **QUESTION, charset=Charset.CP1251, endpoint=SAMPLED_ENDPOINT
        )
    assert [row.sent for row in statistics.rows] == [914]
    assert raw == TABLE
    first, second = server.requests
    query = f"groupBy=MONTH&{RANGE}&charset=CP1251&taskId=7"
    assert first.request_line == f"GET {TEXT_PATH}?{query} HTTP/1.1"
    assert f"GET {EXAMPLE_PATH}?groupBy=MONTH&startDate=" in second.request_line
    assert [each.header("accept") for each in server.requests] == ["text/csv, */*;q=0.5"] * 2


async def test_the_accounts_zone_lets_times_name_one(clock: FakeClock) -> None:
    aware = datetime(2022, 4, 11, 21, tzinfo=UTC)
    asked = {**QUESTION, "date_time_from": aware, "charset": Charset.CP1251}
    async with (
        FaultServer(answered(200, TABLE)) as server,
        client(server, clock, account_zone="+03:00") as devino,
    ):
        statistics = await devino.email.statistics(**asked)
        await devino.email.statistics_csv(**asked)
    assert statistics.total is not None
    assert [RANGE in each.request_line for each in server.requests] == [True, True]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"Description":"no","Reasons":[{"Key":"forbidden","Reference":"x"}]}'),
        (200, b"<html>Sorry</html>"),
        (404, b""),
        (401, TABLE),
    ],
)
async def test_a_table_that_does_not_come_is_an_error_of_reading(
    clock: FakeClock, status: int, body: bytes
) -> None:
    async with FaultServer(answered(status, body)) as server, client(server, clock) as devino:
        with pytest.raises(ReadError):
            await devino.email.statistics(**QUESTION)
        with pytest.raises(ReadError):
            await devino.email.statistics_csv(**QUESTION)


@pytest.mark.parametrize("endpoint", [DOCUMENTED_ENDPOINT, SAMPLED_ENDPOINT])
async def test_t66_the_total_is_that_of_the_days_asked_for(
    clock: FakeClock, endpoint: StatisticsEndpoint
) -> None:
    alone = TABLE.splitlines(keepends=True)[0] + TABLE.splitlines()[2]
    asked = {**QUESTION, "charset": Charset.CP1251, "endpoint": endpoint}
    another = {**asked, "date_time_to": datetime(2023, 4, 13)}  # noqa: DTZ001 - wall-clock
    async with FaultServer(answered(200, alone)) as server, client(server, clock) as devino:
        statistics = await devino.email.statistics(**asked)
        assert statistics.total is not None
        with pytest.raises(ReadError, match="no row for the whole range"):
            await devino.email.statistics(**another)
        assert await devino.email.statistics_csv(**another) == alone


@pytest.mark.parametrize(
    "body", [b"", TABLE[:-8], TABLE.partition(b"12.04")[0], TABLE.partition(b"\n")[2]]
)
async def test_a_table_that_came_in_part_is_an_error_but_its_bytes_are_there(
    clock: FakeClock, body: bytes
) -> None:
    asked = {**QUESTION, "charset": Charset.CP1251}
    async with FaultServer(answered(200, body)) as server, client(server, clock) as devino:
        with pytest.raises(ReadError):
            await devino.email.statistics(**asked)
        assert await devino.email.statistics_csv(**asked) == body


async def test_a_table_in_another_charset_says_so(clock: FakeClock) -> None:
    async with FaultServer(answered(200, TABLE)) as server, client(server, clock) as devino:
        with pytest.raises(ReadError, match="not in charset UTF8"):
            await devino.email.statistics(**QUESTION)
