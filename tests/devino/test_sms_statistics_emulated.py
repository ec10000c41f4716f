"""Statistics of SMS over real HTTP, whichever way Devino decided where it does not say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoClient, SmsMessage
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, StatusWord, variants
from devino_async.selection import GroupBy
from devino_async.sms import SmsStatisticsStatus
from omni_common.errors import PermissionDeniedError, ReadError
from omni_common.sandbox import Scenario
from tests.devino.conftest import NOW
from tests.support.clock import FakeClock

every_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("reports",))]
)
TODAY = NOW.replace(tzinfo=None)
RANGE: dict[str, Any] = {
    "start_date": TODAY - timedelta(days=400),
    "end_date": TODAY + timedelta(days=400),
}
DAY = timedelta(days=1)


@pytest.fixture
async def devino(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


async def send(devino: DevinoClient, *texts: str, to: str = "79031234567") -> None:
    await devino.sms.send([SmsMessage(sender="Shop", to=to, text=text) for text in texts])


@every_variant
async def test_messages_and_segments_are_counted(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    await send(devino, "1", "2")
    emulator.clock.advance(timedelta(hours=30))
    await send(devino, "long " * 60)
    emulator.clock.advance(timedelta(minutes=1))
    await send(devino, "3")
    for group_by in GroupBy:
        statistics = await devino.sms.statistics(group_by=group_by, **RANGE)
        assert statistics.message_total(SmsStatisticsStatus.DELIVERED) == 3
        assert statistics.segment_total(SmsStatisticsStatus.DELIVERED) == 4
        assert statistics.message_total(SmsStatisticsStatus.ACCEPTED) == 1
        assert statistics.message_total(SmsStatisticsStatus.SEEN) == 0
        if group_by in {GroupBy.DAY, GroupBy.HOUR}:
            assert [count.amount for count in statistics.messages["delivered"]] == [2, 1]


@every_variant
async def test_a_key_without_the_right_raises(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    emulator.key_operations = frozenset({"send", "sms_detail"})
    with pytest.raises(ReadError):
        await devino.sms.statistics(group_by=GroupBy.NONE, **RANGE)


async def test_a_missing_right_is_told_by_the_cause(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    emulator.key_operations = frozenset({"sms_detail"})
    with pytest.raises(ReadError, match="forbidden") as refused:
        await devino.sms.statistics(group_by=GroupBy.NONE, **RANGE)
    assert isinstance(refused.value.__cause__, PermissionDeniedError)


@every_variant
async def test_t67_dates_come_sorted_however_they_were_given(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    for _ in range(4):
        await send(devino, "1")
        emulator.clock.advance(2 * DAY)
    statistics = await devino.sms.statistics(group_by=GroupBy.DAY, **RANGE)
    dates = [count.date for count in statistics.messages["delivered"]]
    assert dates == [datetime(2027, 1, 1) + 2 * day * DAY for day in range(4)]  # noqa: DTZ001


@pytest.mark.parametrize("behaviour", [DevinoBehaviour(status_offset=timedelta(hours=3))])
async def test_t30_times_are_those_of_the_accounts_clock(
    emulator: DevinoEmulator, clock: FakeClock
) -> None:
    async with DevinoClient(
        emulator.key, base_url=emulator.base_url, clock=clock, account_zone="+03:00"
    ) as devino:
        emulator.clock.advance(timedelta(hours=14))  # two in the morning in Moscow
        await send(devino, "1")
        now = NOW + timedelta(hours=14)
        statistics = await devino.sms.statistics(group_by=GroupBy.DAY, start_date=now, end_date=now)
        [count] = statistics.messages["accepted"]
        assert count.date == datetime(2027, 1, 2)  # noqa: DTZ001 - the vendor names no zone


@pytest.mark.parametrize(
    ("word", "key"),
    [
        (StatusWord.UNDELIVERABLE, "undeliverable"),
        (StatusWord.REJECTED, "rejected"),
        (StatusWord.UNKNOWN, "unknown"),
    ],
)
async def test_t57_statistics_have_their_own_words(
    emulator: DevinoEmulator, devino: DevinoClient, word: StatusWord, key: str
) -> None:
    emulator.behaviour = DevinoBehaviour(undelivered_status=word)
    await send(devino, "1", to=Scenario.UNDELIVERED.number("7903123"))
    await send(devino, "1", to=Scenario.EXPIRED.number("7903123"))
    emulator.clock.advance(timedelta(minutes=1))
    await send(devino, "1")
    emulator.clock.advance(timedelta(seconds=0.6))
    statistics = await devino.sms.statistics(group_by=GroupBy.NONE, **RANGE)
    for status in (key, "expired", "enrouted"):
        assert statistics.message_total(status) == 1


async def test_only_what_happened_in_the_range_counts(
    emulator: DevinoEmulator, devino: DevinoClient
) -> None:
    await send(devino, "1")
    emulator.clock.advance(timedelta(minutes=1))
    before = await devino.sms.statistics(
        group_by=GroupBy.YEAR, start_date=RANGE["start_date"], end_date=TODAY
    )
    assert all(counts == () for counts in before.messages.values())
    nothing = await devino.sms.statistics(group_by=GroupBy.YEAR, **RANGE, task_id="7004")
    assert all(counts == () for counts in nothing.segments.values())
