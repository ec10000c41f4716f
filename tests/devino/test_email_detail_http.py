"""Details of letters over sockets: every page once, and what is no page an error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from devino_async import DevinoClient
from omni_common.converter import dumps
from omni_common.errors import InvalidQueryError, ReadError, RefusedError
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer as answered

PATH = "/email-statistics/statistics/detail"
FROM, TO = datetime(2023, 2, 12), datetime(2023, 2, 24, 23, 59, 59)  # noqa: DTZ001 - wall-clock
RANGE = "dateTimeFrom=2023-02-12+00%3A00%3A00&dateTimeTo=2023-02-24+23%3A59%3A59"


def page_of(*ids: str, **more: Any) -> bytes:
    return dumps({"result": {"data": [{"messageId": each} for each in ids], **more}})


@asynccontextmanager
async def serving(
    clock: FakeClock, *bodies: bytes, status: int = 200, **options: Any
) -> AsyncIterator[tuple[FaultServer, DevinoClient]]:
    script = [answered(status, body) for body in bodies]
    async with (
        FaultServer(*script) as server,
        DevinoClient("key", base_url=server.url, clock=clock, **options) as devino,
    ):
        yield server, devino


def targets(server: FaultServer) -> list[str]:
    return [request.request_line.split(" ")[1] for request in server.requests]


async def test_t63_rows_are_read_until_there_are_no_more_whatever_the_pages_count(
    clock: FakeClock,
) -> None:
    bodies = (
        page_of("1", "2", more=True, pages=1, total=2, number=9),
        page_of("3", more=True, pages=0),
        page_of("4", more=False, pages=100, total=1000),
    )
    async with serving(clock, *bodies) as (server, devino):
        asked = devino.email.detail(message_ids=iter(["a", "b"]), page_size=2, offset=5)
        assert [each.message_id async for each in asked] == ["1", "2", "3", "4"]
    assert targets(server) == [
        f"{PATH}?messageIds=a&messageIds=b&limit=2&offset={offset}" for offset in (5, 7, 8)
    ]


async def test_t64_rows_are_counted_from_0(clock: FakeClock) -> None:
    async with serving(clock, page_of(more=True)) as (server, devino):
        async for _ in devino.email.detail(task_id=1, status="READ"):
            pytest.fail("an empty page has no rows")
    assert targets(server) == [f"{PATH}?taskId=1&limit=100&offset=0&status=READ"]


async def test_one_page_is_asked_for_by_itself(clock: FakeClock) -> None:
    async with serving(clock, page_of("5", more=True, pages=100, total=1000)) as (server, devino):
        page = await devino.email.detail_page(sent_from=FROM, sent_to=TO, limit=50, offset=1000)
    assert [each.message_id for each in page.data] == ["5"]
    assert (page.more, page.pages, page.total) == (True, 100, 1000)
    assert targets(server) == [f"{PATH}?{RANGE}&limit=50&offset=1000"]


async def test_the_accounts_zone_lets_times_name_one(clock: FakeClock) -> None:
    aware = datetime(2023, 2, 11, 21, tzinfo=UTC)
    async with serving(clock, page_of(more=False), account_zone="+03:00") as (server, devino):
        await devino.email.detail_page(sent_from=aware, sent_to=TO, limit=1)
    assert RANGE in targets(server)[0]


async def test_what_cannot_be_asked_is_said_at_once_and_nothing_is_asked(clock: FakeClock) -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"trigger_id": 5},
        {"sent_from": FROM},
        {"task_id": 5, "sent_from": FROM, "sent_to": TO},
        {"message_ids": []},
        {"message_ids": "dwY4BSnjQ2X"},
        {"message_ids": ["1"], "task_id": 5},
        {"task_id": 5, "page_size": 0},
        {"task_id": 5, "order": "DESC"},
        {"task_id": "five"},
    ]
    async with serving(clock, page_of()) as (server, devino):
        for question in wrong:
            with pytest.raises(InvalidQueryError):
                devino.email.detail(**question)
            page = {"limit": question.pop("page_size", 20), **question}
            with pytest.raises(InvalidQueryError):
                await devino.email.detail_page(**page)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"Description":"no","Reasons":[{"Key":"forbidden","Reference":"x"}]}'),
        (200, b"<html>Sorry</html>"),
        (200, b'{"result":{"data":"none"}}'),
        (404, b""),
        (401, b"<html>"),
    ],
)
async def test_a_page_that_does_not_come_is_an_error_of_reading(
    clock: FakeClock, status: int, body: bytes
) -> None:
    async with serving(clock, body, status=status) as (_, devino):
        with pytest.raises(ReadError) as caught:
            await devino.email.detail_page(task_id=1, limit=1)
        with pytest.raises(ReadError):
            await anext(devino.email.detail(task_id=1))
    assert not isinstance(caught.value, RefusedError)


async def test_messages_of_one_id_by_two_triggers_are_two_rows(clock: FakeClock) -> None:
    rows = [{"messageId": "1", "triggerId": trigger} for trigger in ("7", "8")]
    bodies = [dumps({"result": {"data": [row], "more": row != rows[-1]}}) for row in rows]
    async with serving(clock, *bodies) as (_, devino):
        asked = devino.email.detail(task_id=5, page_size=1)
        assert [each.trigger_id async for each in asked] == ["7", "8"]


async def test_a_page_of_far_more_rows_than_asked_for_is_not_taken(clock: FakeClock) -> None:
    async with serving(clock, page_of(*map(str, range(1001)))) as (_, devino):
        with pytest.raises(ReadError, match="1001 rows"):
            await devino.email.detail_page(task_id=5, limit=10)
