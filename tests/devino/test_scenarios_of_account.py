"""How many scenarios an account may have, and those that the settings name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.routes.scenario_shape import NAME_PREFIX
from devino_async.routes.scenarios import MOST_SCENARIOS
from devino_async.sandbox import DevinoEmulator
from omni_common.errors import InvalidMessageError, NotSentError
from tests.devino.conftest import Connect
from tests.devino.scenario_account import (
    NAME,
    SMS,
    VIBER,
    every_omni_variant,
    offer,
    operations,
    put_task,
)

DAY = timedelta(days=1)
TODAY = datetime(2027, 1, 1, 9)  # noqa: DTZ001 - the account's wall clock


# --- How many -------------------------------------------------------------------------------------


async def fill(devino: DevinoProvider, count: int) -> None:
    for number in range(count):
        await put_task(devino, f"{NAME_PREFIX}sms-ft-{number + 1}.viber-ft")


async def test_an_account_has_no_more_than_twenty(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await put_task(devino)
    await fill(devino, MOST_SCENARIOS - 1)
    message = offer(ttl=timedelta(minutes=7))
    with pytest.raises(InvalidMessageError, match="setting scenarios") as refused:
        await devino.send(message)
    error = refused.value
    assert (error.field, error.reference) == ("ttl", message.reference)
    assert (error.provider, error.attempts) == ("devino", ())
    assert devino.scenario_name(message) in error.text
    assert operations(emulator)["task_create"] == MOST_SCENARIOS
    await devino.send(offer())
    assert len(emulator.ledger) == 1


async def test_what_is_not_ours_or_over_or_there_twice_does_not_count(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await fill(devino, MOST_SCENARIOS - 2)
    await fill(devino, 3)
    for number in range(5):
        await put_task(devino, f"Campaign {number} {NAME_PREFIX}")
        await put_task(devino, f"{NAME_PREFIX}viber-ft-{number + 15}.sms-ft", end=TODAY + DAY)
    emulator.clock.advance(2 * DAY)
    await devino.send(offer())
    await devino.send(offer(ttl=timedelta(minutes=7)))
    with pytest.raises(InvalidMessageError):
        await devino.send(offer(ttl=timedelta(minutes=8)))
    assert len(emulator.ledger) == 2


async def test_a_full_account_may_still_replace_what_ends(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await fill(devino, MOST_SCENARIOS - 1)
    ending = await put_task(devino, end=TODAY + DAY)
    await devino.send(offer())
    [entry] = emulator.ledger
    assert entry.content["taskId"] != ending


# --- Named by a setting ---------------------------------------------------------------------------


@every_omni_variant
async def test_a_task_that_the_settings_name_is_read_and_none_is_made(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    task_id = await put_task(connect(), "Mine", end=TODAY + DAY)
    emulator.requests.clear()
    devino = connect(scenarios=f"{NAME}={task_id}")
    for _ in range(2):
        await devino.send(offer())
    assert [each.operation for each in emulator.requests] == ["task_get", "omni_send", "omni_send"]
    assert [entry.content["taskId"] for entry in emulator.ledger] == [task_id, task_id]


@every_omni_variant
async def test_a_named_task_that_there_is_not_is_told_by_its_setting(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(scenarios={NAME: "404"})
    for _ in range(2):
        with pytest.raises(NotSentError, match=f"404, which the setting scenarios .*{NAME}") as no:
            await devino.send(offer())
        assert (no.value.field, no.value.attempts) == ("scenarios", ())
    assert set(operations(emulator)) == {"task_get"}


UNUSABLE: dict[str, tuple[str, dict[str, Any]]] = {
    "channels": ("has other channels than VIBER, SMS", {"templates": [VIBER]}),
    "order": ("does not begin with VIBER", {"templates": [SMS, VIBER]}),
    "state": ("has the state FINISHED", {"end": TODAY - DAY}),
}


@pytest.mark.parametrize(("reason", "fields"), UNUSABLE.values(), ids=UNUSABLE)
async def test_a_named_task_that_cannot_be_used_is_told_by_its_setting(
    connect: Connect, emulator: DevinoEmulator, reason: str, fields: dict[str, Any]
) -> None:
    task_id = await put_task(connect(), "Mine", **fields)
    with pytest.raises(NotSentError, match=reason) as refused:
        await connect(scenarios={NAME: task_id}).send(offer())
    assert refused.value.field == "scenarios"
    assert "message was not sent" in refused.value.text
    assert operations(emulator)["omni_send"] == 0


async def test_a_named_task_needs_no_room_and_no_right_to_make_any(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    await fill(connect(), MOST_SCENARIOS)
    task_id = await put_task(connect(), "Mine")
    emulator.key_operations = frozenset({"task_get", "omni_send"})
    await connect(scenarios={NAME: task_id}).send(offer())
    assert len(emulator.ledger) == 1
