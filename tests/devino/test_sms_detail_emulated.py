"""Details of sent SMS over real HTTP, whichever way Devino decided where it does not say."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoClient, SmsMessage
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.report_behaviour import ReportBehaviour
from devino_async.selection import SortOrder
from devino_async.sms import SmsDetail, SmsDetailStatus, SmsField
from omni_common.errors import PermissionDeniedError, ReadError
from omni_common.report import DeliveryState
from omni_common.sandbox import Scenario
from tests.devino.conftest import NOW
from tests.support.clock import FakeClock

every_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("reports",))]
)
TODAY = NOW.replace(tzinfo=None)
DAYS: dict[str, Any] = {
    "sent_from": TODAY - timedelta(days=1),
    "sent_to": TODAY + timedelta(days=1),
}
LONG = "long " * 60
UNDELIVERED = Scenario.UNDELIVERED.number("7903123")
EXPIRED = Scenario.EXPIRED.number("7903123")


@pytest.fixture
async def devino(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


async def send(devino: DevinoClient, *messages: dict[str, Any]) -> list[str]:
    """Send *messages* and return their ids."""
    usual = {"sender": "Shop", "to": "79031234567", "text": "Hello"}
    results = await devino.sms.send([SmsMessage(**(usual | fields)) for fields in messages])
    return [result.message_id or "" for result in results]


async def ids_of(rows: AsyncIterator[SmsDetail]) -> list[str | None]:
    return [row.message_id async for row in rows]


def questions(emulator: DevinoEmulator) -> int:
    return sum(request.operation == "sms_detail" for request in emulator.requests)


# --- Under every plausible answer -----------------------------------------------------------------


@every_variant
async def test_every_message_comes_once_with_what_was_sent(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    ids = await send(devino, {"text": "One"}, {"text": "Two"}, {"to": UNDELIVERED}, {"text": LONG})
    emulator.clock.advance(timedelta(minutes=1))
    rows = {row.message_id: row async for row in devino.sms.detail(**DAYS, page_size=3)}
    assert len(await ids_of(devino.sms.detail(**DAYS, page_size=3))) == len(ids)
    assert rows.keys() == set(ids)
    assert [rows[id].text for id in ids] == ["One", "Two", "Hello", LONG]
    for row in rows.values():
        assert row.sent_date_time == TODAY + emulator.behaviour.status_offset
        assert (row.source_address, row.is_contact_group_deleted) == ("Shop", False)
        assert (row.task_id, row.user_id, row.error_code is None) == (None, "88", False)
    assert rows[ids[0]].state is DeliveryState.DELIVERED
    assert rows[ids[2]].recipient == UNDELIVERED
    assert rows[ids[2]].state in {
        DeliveryState.UNDELIVERED,
        DeliveryState.REJECTED,
        DeliveryState.UNKNOWN,
    }


@every_variant
async def test_every_segment_comes_once(devino: DevinoClient) -> None:
    results = await devino.sms.send(
        [SmsMessage(sender="Shop", to="79031234567", text=text) for text in ("1", LONG, "2", LONG)],
        include_segment_id=True,
    )
    sent = [id for result in results for id in result.segment_ids]
    assert len(sent) == 6
    asked: dict[str, Any] = {**DAYS, "by_segments": True, "order_field": SmsField.MESSAGE_ID}
    for page_size in (1, 2, 100):
        chosen = devino.sms.detail(**asked, order=SortOrder.ASC, page_size=page_size)
        rows = [row async for row in chosen]
        assert [row.segment_id for row in rows] == sent
        assert [row.message_id for row in rows] == [
            result.message_id for result in results for _ in result.segment_ids
        ]


@every_variant
async def test_a_page_behind_the_last_one_is_empty(devino: DevinoClient) -> None:
    await send(devino, {}, {})
    page = await devino.sms.detail_page(**DAYS, limit=2, offset=2)
    assert (page.data, bool(page.more)) == ((), False)
    assert await ids_of(devino.sms.detail(**DAYS, offset=100)) == []


@every_variant
async def test_what_devino_refuses_raises(devino: DevinoClient) -> None:
    with pytest.raises(ReadError):
        await devino.sms.detail_page(**DAYS, limit=1, status="NO_SUCH_STATUS")
    with pytest.raises(ReadError):
        await ids_of(devino.sms.detail(**DAYS, order_field="NO_SUCH_FIELD"))


@every_variant
async def test_a_key_without_the_right_raises(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    emulator.key_operations = frozenset({"send"})
    with pytest.raises(ReadError):
        await ids_of(devino.sms.detail(**DAYS))


async def test_a_missing_right_is_told_by_the_cause(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    emulator.key_operations = frozenset({"sms_statistics"})
    with pytest.raises(ReadError, match="forbidden") as refused:
        await devino.sms.detail_page(**DAYS, limit=1)
    assert isinstance(refused.value.__cause__, PermissionDeniedError)


# --- What is chosen -------------------------------------------------------------------------------


async def test_messages_are_chosen_by_their_ids(devino: DevinoClient) -> None:
    first, _, third = await send(devino, {}, {}, {})
    assert await ids_of(devino.sms.detail(message_ids=[third, first])) == [first, third]
    assert await ids_of(devino.sms.detail(message_ids=["3701172084729885952"])) == []


async def test_t19_an_id_of_21_digits_can_be_asked_for(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    assert await ids_of(devino.sms.detail(message_ids=["234567865432456787634"])) == []
    assert emulator.requests[-1].query.startswith("messageIds=234567865432456787634&")


async def test_messages_are_chosen_by_the_time_of_their_sending(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    early, *_ = await send(devino, {})
    emulator.clock.advance(timedelta(hours=1))
    later, *_ = await send(devino, {})
    half = TODAY + timedelta(minutes=30)
    assert await ids_of(devino.sms.detail(sent_from=TODAY, sent_to=half)) == [early]
    assert await ids_of(devino.sms.detail(sent_from=half, sent_to=DAYS["sent_to"])) == [later]


async def test_a_task_that_sent_nothing_has_no_rows(devino: DevinoClient) -> None:
    await send(devino, {})
    assert await ids_of(devino.sms.detail(task_id="7004")) == []
    assert await ids_of(devino.sms.detail(task_id="7004", trigger_id=63322)) == []
    assert await ids_of(devino.sms.detail(task_id="7004", trigger_id="63322", **DAYS)) == []


async def test_t30_with_the_accounts_zone_times_may_have_one(
    emulator: DevinoEmulator, clock: FakeClock
) -> None:
    emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=3))
    async with DevinoClient(
        emulator.key, base_url=emulator.base_url, clock=clock, account_zone="+03:00"
    ) as devino:
        ids = await send(devino, {})
        chosen = devino.sms.detail(sent_from=NOW, sent_to=NOW)
        assert [(row.message_id, row.sent_date_time) async for row in chosen] == [
            (ids[0], TODAY + timedelta(hours=3))
        ]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"recipient": "+37251000000"}, [1]),
        ({"recipient": "37251000000"}, [1]),
        ({"search_text": "code 1234"}, [2]),
        ({"source_address": "Bank"}, [2]),
        ({"status": SmsDetailStatus.DELIVERED}, [0, 1, 2]),
        ({"status": SmsDetailStatus.UNDELIVERED}, [3, 4]),
        ({"status": SmsDetailStatus.IN_PROGRESS}, [5]),
        ({"status": SmsDetailStatus.REJECTED}, []),
        ({"country_id": "12"}, [0, 2, 3, 4, 5]),
        ({"country_id": 999}, []),
        ({"mog_id": "11"}, [0, 1, 2, 3, 4, 5]),
        ({"mog_id": "999"}, []),
        ({"user_id": "88"}, [0, 1, 2, 3, 4, 5]),
        ({"user_id": "99"}, []),
        ({"order": SortOrder.DESC}, [5, 4, 3, 2, 1, 0]),
        ({"order_field": SmsField.SOURCE_ADDRESS}, [2, 0, 1, 3, 4, 5]),
        ({"order_field": SmsField.RECIPIENT, "status": SmsDetailStatus.DELIVERED}, [1, 0, 2]),
        ({"order_field": SmsField.TASK_ID}, [0, 1, 2, 3, 4, 5]),
    ],
)
async def test_every_filter_and_order_does_what_it_says(
    emulator: DevinoEmulator, devino: DevinoClient, filters: dict[str, Any], found: list[int]
) -> None:
    first = {"scheduled_time": NOW + timedelta(hours=1)}
    ids = await send(
        devino,
        {},
        {"to": "+37251000000"},
        {"sender": "Bank", "text": "Your code 1234", "to": "79031234568"},
        {"to": UNDELIVERED},
        {"to": EXPIRED},
        first,
    )
    emulator.clock.advance(timedelta(minutes=1))
    assert await ids_of(devino.sms.detail(**DAYS, **filters)) == [ids[index] for index in found]


async def test_t58_a_followed_link_is_a_redirect(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    message = SmsMessage(sender="Shop", to="79031234567", text="See https://shop.example")
    await devino.sms.send([message], shorten_url=True)
    emulator.clock.advance(timedelta(minutes=1))
    [row] = [row async for row in devino.sms.detail(**DAYS, status=SmsDetailStatus.REDIRECT)]
    assert (row.status, row.state) == ("REDIRECT", DeliveryState.CLICKED)


async def test_only_the_fields_asked_for_are_there(devino: DevinoClient) -> None:
    [id] = await send(devino, {"text": LONG})
    fields = [SmsField.MESSAGE_ID, SmsField.SEGMENT_COUNT, SmsField.PRICE]
    [row] = (await devino.sms.detail_page(**DAYS, limit=1, out_fields=fields)).data
    assert row == SmsDetail(message_id=id, segment_count=2, price=row.price, raw=row.raw)
    assert row.raw.keys() == {"messageId", "segmentCount", "price"}


async def test_without_ids_segments_are_read_as_long_as_rows_are_counted(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    await send(devino, {"text": LONG}, {"text": LONG})
    asked: dict[str, Any] = {**DAYS, "by_segments": True, "out_fields": [SmsField.SEGMENT_ID]}
    assert len([row async for row in devino.sms.detail(**asked, page_size=1)]) == 4
    emulator.behaviour = DevinoBehaviour(reports=ReportBehaviour(offset_counts_segments=False))
    with pytest.raises(ReadError, match="MESSAGE_ID"):
        await ids_of(devino.sms.detail(**asked, page_size=1))


# --- Pages ----------------------------------------------------------------------------------------


async def test_t63_totals_come_where_they_are_asked_for_and_pages_lose_the_last(
    devino: DevinoClient,
) -> None:
    await send(devino, *[{}] * 5)
    page = await devino.sms.detail_page(**DAYS, limit=2, calculate_total_count=True)
    assert (page.total, page.pages, page.number, page.more) == (5, 2, 1, True)
    page = await devino.sms.detail_page(**DAYS, limit=2)
    assert (page.total, page.pages) == (None, None)
    assert len(await ids_of(devino.sms.detail(**DAYS, page_size=2))) == 5


async def test_t64_the_first_row_has_the_offset_0(devino: DevinoClient) -> None:
    ids = await send(devino, {}, {}, {})
    for offset in range(4):
        page = await devino.sms.detail_page(**DAYS, limit=10, offset=offset)
        assert [row.message_id for row in page.data] == ids[offset:]
        assert page.number == (1 if offset == 0 else 2)
        assert await ids_of(devino.sms.detail(**DAYS, offset=offset, page_size=1)) == ids[offset:]


async def test_t63_many_rows_are_read_in_bounded_memory(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    ids = await send(devino, *[{}] * 2500)
    found: list[str | None] = []
    alive: list[weakref.ref[SmsDetail]] = []
    most = 0
    async for row in devino.sms.detail(**DAYS, page_size=100):
        found.append(row.message_id)
        alive.append(weakref.ref(row))
        if len(found) % 100 == 1:
            del row
            alive = [each for each in alive if each() is not None]
            most = max(most, len(alive))
    assert found == ids
    assert most <= 200
    assert questions(emulator) == 25
    assert all("limit=100&" in each.query for each in emulator.requests[1:])


async def test_pages_are_asked_for_as_they_are_needed(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    ids = await send(devino, *[{}] * 10)
    rows = devino.sms.detail(**DAYS, page_size=3)
    assert questions(emulator) == 0
    async for row in rows:
        assert row.message_id == ids[0]
        break
    assert questions(emulator) == 1
    assert len((await devino.sms.detail_page(**DAYS, limit=10)).data) == 10


async def test_t16_ids_repeat_their_name_on_the_wire(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    ids = await send(devino, {}, {})
    await ids_of(devino.sms.detail(message_ids=ids, page_size=5))
    assert emulator.requests[-1].query == (
        f"messageIds={ids[0]}&messageIds={ids[1]}&limit=5&offset=0"
    )


async def test_t32_dates_reach_devino_as_they_were_meant(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    at = datetime(2027, 1, 1, 9, tzinfo=UTC).replace(tzinfo=None)
    await send(devino, {})
    assert len(await ids_of(devino.sms.detail(sent_from=at, sent_to=at))) == 1
    assert "dateTimeFrom=2027-01-01+09%3A00%3A00&" in emulator.requests[-1].query


@pytest.mark.parametrize("page_size", [0, -1, 2.5, True, None])
async def test_wrong_values_are_refused_before_the_first_row(
    emulator: DevinoEmulator, devino: DevinoClient, page_size: Any
) -> None:
    with pytest.raises(ReadError, match="must be a whole number"):
        devino.sms.detail(**DAYS, page_size=page_size)
    with pytest.raises(ReadError, match="recipient must be"):
        devino.sms.detail(**DAYS, recipient="me")
    with pytest.raises(TypeError, match="no filter sorted"):
        devino.sms.detail(**DAYS, sorted=True)  # type: ignore[call-overload]
    assert emulator.requests == []
