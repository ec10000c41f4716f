"""Which scenario of the account messages go by: found again, or made where there is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.routes.scenario_shape import NAME_PREFIX
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.omni_behaviour import NameFilter, OmniBehaviour
from omni_common.errors import (
    NotSentError,
    RefusedError,
)
from omni_common.message import Message, Sms, Viber
from omni_common.sandbox import Scenario
from tests.devino.conftest import Connect
from tests.devino.scenario_account import (
    FIVE_MINUTES,
    NAME,
    SMS,
    VIBER,
    every_omni_variant,
    offer,
    operations,
    put_task,
    tasks_of,
)
from tests.support.clock import FakeClock

either_name_filter = pytest.mark.parametrize(
    "behaviour",
    [DevinoBehaviour(omni=OmniBehaviour(name_filter=each)) for each in NameFilter],
    ids=[each.value for each in NameFilter],
)
DAY = timedelta(days=1)
TODAY = datetime(2027, 1, 1, 9)  # noqa: DTZ001 - the account's wall clock


# --- Made and found again -------------------------------------------------------------------------


@every_omni_variant
async def test_the_first_message_makes_a_scenario_and_the_others_go_by_it(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await devino.send(offer(text="First"))
    assert operations(emulator)["task_create"] == 1
    before = len(emulator.requests)
    await devino.send(offer(text="Second"))
    assert [each.operation for each in emulator.requests[before:]] == ["omni_send"]
    [task] = await tasks_of(devino)
    assert [entry.content["taskId"] for entry in emulator.ledger] == [task.id, task.id]


@every_omni_variant
async def test_t73_each_channel_says_its_own_words_and_none_of_the_scenarios(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await devino.send(offer(text="Canary"))
    [made] = [each for each in emulator.requests if each.operation == "task_create"]
    assert b"Canary" not in made.body
    [entry] = emulator.ledger
    said = {each["channel"]: each["template"] for each in entry.content["triggers"]}
    assert said == {
        "VIBER": {"viberTemplate": {"from": "Shop", "text": "Canary (viber)", "validity": 300}},
        "SMS": {"smsTemplate": {"from": "Shop", "text": "Canary (sms)"}},
    }
    assert entry.channels == ("VIBER", "SMS")


@every_omni_variant
async def test_a_scenario_is_found_again_by_its_name(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    await connect().send(offer())
    for _ in range(2):
        await connect().send(offer())
    assert operations(emulator)["task_create"] == 1
    assert len({entry.content["taskId"] for entry in emulator.ledger}) == 1


async def test_what_a_send_can_change_makes_no_other_scenario(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await devino.send(offer())
    alike = [
        Message("+79031239999", [Viber("Other", ttl=FIVE_MINUTES, sender="Else"), Sms("Other")]),
        offer(metadata={"order": "17"}, callback_url="http://127.0.0.1:9/cb"),
    ]
    for message in alike:
        await devino.send(message)
    assert operations(emulator)["task_create"] == 1


async def test_what_a_send_cannot_change_makes_another_scenario(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    viber, sms = Viber("Hi", ttl=FIVE_MINUTES), Sms("Hi", ttl=FIVE_MINUTES)
    button = Viber("Hi", button_text="Open", button_url="https://a.example", ttl=FIVE_MINUTES)
    others: list[Any] = [
        [viber, Sms("Hi")],
        [Viber("Hi", ttl=2 * FIVE_MINUTES), Sms("Hi")],
        [sms, Viber("Hi")],
        [button, Sms("Hi")],
        viber,
        Viber("Hi"),
    ]
    for content in others:
        await devino.send(Message("+79031230000", content))
    assert operations(emulator)["task_create"] == len(others)
    names = {entry.content["taskName"] for entry in emulator.ledger}
    assert len(names) == len(others)
    assert all(name.startswith(NAME_PREFIX) for name in names)


# --- Which of several -----------------------------------------------------------------------------


@either_name_filter
async def test_the_oldest_of_those_with_the_name_is_used(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    first = await put_task(devino)
    await put_task(devino)
    await devino.send(offer())
    assert operations(emulator)["task_create"] == 2
    assert [entry.content["taskId"] for entry in emulator.ledger] == [first]


ALIEN: list[tuple[str, dict[str, Any]]] = [
    ("a longer name", {"name": f"{NAME}-2"}),
    ("a name before it", {"name": f"My {NAME}"}),
    ("other capitals", {"name": NAME.upper()}),
    ("another order", {"templates": [SMS, VIBER]}),
    ("one channel", {"templates": [VIBER]}),
    ("other channels", {"templates": [VIBER, VIBER]}),
    ("an end too near", {"end": TODAY + 2 * DAY}),
]


@pytest.mark.parametrize("fields", [each for _, each in ALIEN], ids=[name for name, _ in ALIEN])
@either_name_filter
async def test_a_task_that_merely_looks_like_it_is_not_used(
    devino: DevinoProvider, emulator: DevinoEmulator, fields: dict[str, Any]
) -> None:
    alien = await put_task(devino, **fields)
    await devino.send(offer())
    assert operations(emulator)["task_create"] == 2
    [entry] = emulator.ledger
    assert entry.content["taskId"] != alien
    assert entry.content["taskName"] == NAME


async def test_a_task_that_has_ended_is_not_used(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    ended = await put_task(devino, end=TODAY + 10 * DAY)
    emulator.clock.advance(11 * DAY)
    await devino.send(offer())
    [entry] = emulator.ledger
    assert entry.content["taskId"] != ended


@either_name_filter
async def test_t65_it_is_found_behind_many_pages_of_others(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    for number in range(205):
        await put_task(devino, f"{NAME}.{number}")
    wanted = await put_task(devino)
    emulator.requests.clear()
    await devino.send(offer())
    assert operations(emulator)["task_create"] == 0
    assert [entry.content["taskId"] for entry in emulator.ledger] == [wanted]


async def test_a_scenario_that_ends_soon_is_given_up_for_a_new_one(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    await devino.send(offer())
    for step, tasks in ((362 * DAY, 1), (DAY, 2), (DAY, 2)):
        await clock.advance(step.total_seconds())
        emulator.clock.advance(step)
        await devino.send(offer())
        assert len(await tasks_of(devino)) == tasks
    assert len({entry.content["taskId"] for entry in emulator.ledger}) == 2


async def test_the_time_of_a_scenario_is_a_setting(connect: Connect) -> None:
    devino = connect(scenario_start="2026-12-01 00:00:00", scenario_end=TODAY + 30 * DAY)
    await devino.send(offer())
    [task] = await tasks_of(devino)
    times = {(each.start_time, each.end_time) for each in task.triggers_info}
    assert times == {(datetime(2026, 12, 1), TODAY + 30 * DAY)}  # noqa: DTZ001


async def test_a_scenario_that_no_message_could_use_is_not_made(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(scenario_end=TODAY + 2 * DAY)
    for _ in range(2):
        with pytest.raises(NotSentError, match="scenario_end") as refused:
            await devino.send(offer())
        assert refused.value.field == "scenario_end"
    assert operations(emulator)["task_create"] == 0


# --- After a refusal ------------------------------------------------------------------------------


async def test_after_a_refusal_it_is_looked_for_again_once_a_minute(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    async def lists_asked(scenario: Scenario) -> int:
        before = operations(emulator)["task_list"]
        try:
            await devino.send(offer(scenario))
        except RefusedError:
            assert scenario is Scenario.REFUSED
        return operations(emulator)["task_list"] - before

    assert await lists_asked(Scenario.DELIVERED)
    assert await lists_asked(Scenario.REFUSED) == 0
    assert await lists_asked(Scenario.REFUSED)
    for _ in range(3):
        assert await lists_asked(Scenario.REFUSED) == 0
    await clock.advance(59)
    assert await lists_asked(Scenario.REFUSED) == 0
    await clock.advance(1)
    assert await lists_asked(Scenario.REFUSED) == 0
    assert await lists_asked(Scenario.DELIVERED)
    assert operations(emulator)["task_create"] == 1


async def test_a_refusal_for_lack_of_money_says_nothing_against_a_scenario(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await devino.send(offer())
    emulator.credit = 0
    asked = operations(emulator)["task_list"]
    for _ in range(2):
        with pytest.raises(NotSentError):
            await devino.send(offer())
    assert operations(emulator)["task_list"] == asked


async def test_a_message_by_a_scenario_that_is_gone_is_not_sent_again_by_another(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await put_task(devino, end=TODAY + 10 * DAY)
    await devino.send(offer())
    emulator.clock.advance(11 * DAY)
    before = len(emulator.requests)
    with pytest.raises(RefusedError):
        await devino.send(offer())
    assert [each.operation for each in emulator.requests[before:]] == ["omni_send"]
    await devino.send(offer())
    assert operations(emulator)["task_create"] == 2
    assert len(emulator.ledger) == 2
