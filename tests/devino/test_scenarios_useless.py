"""Tasks cannot be deleted, so what is of no use is not made again and again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.omni import TaskState
from devino_async.routes.scenarios import MOST_OF_A_NAME, SECONDS_BETWEEN_LOOKS
from devino_async.sandbox import DevinoEmulator
from omni_common.errors import ConfigurationError, InvalidMessageError, NotSentError
from omni_common.message import Message, Sms, Viber
from omni_common.receipt import NotSent
from tests.devino.conftest import Connect
from tests.devino.odd_account import OddAccount, sending_over
from tests.devino.scenario_account import NAME, offer, operations, put_task, told_task
from tests.support.clock import FakeClock

DAY = timedelta(days=1)
TODAY = datetime(2027, 1, 1, 9)  # noqa: DTZ001 - the account's wall clock
USABLE = {"NEW", "STARTED"}


def ending(end: str) -> dict[str, Any]:
    triggers = [{**each, "endTime": end} for each in told_task()["triggersInfo"]]
    return {"triggersInfo": triggers}


# --- Made and of no use ---------------------------------------------------------------------------

USELESS: dict[str, tuple[dict[str, Any], str]] = {
    **{state: ({"state": state}, f"has the state {state}") for state in {*TaskState} - USABLE},
    "an end too near": (ending("2027-01-02 09:00:00"), "ends within two days"),
    "an end that is over": (ending("2026-01-02 09:00:00"), "ends within two days"),
    "other channels": ({"triggersInfo": []}, "has other channels"),
}


@pytest.mark.parametrize(("fields", "why"), USELESS.values(), ids=USELESS)
async def test_t54_one_that_is_of_no_use_when_made_is_made_once_by_a_provider(
    clock: FakeClock, fields: dict[str, Any], why: str
) -> None:
    account = OddAccount(made=fields)
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(5):
            with pytest.raises(NotSentError, match=f"was made and {why}") as error:
                await devino.send(offer())
            assert "look at the task 101 at Devino" in error.value.text
            assert type(error.value) is NotSentError
        assert account.creations == 1


async def test_t54_one_whose_state_nobody_knows_is_used_by_whoever_made_it(
    clock: FakeClock,
) -> None:
    account = OddAccount(made={"state": "ACTIVE"})
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(5):
            await devino.send(offer())
        assert account.creations == 1


async def test_t54_one_whose_state_nobody_knows_is_used_as_long_as_it_stays_the_same(
    clock: FakeClock,
) -> None:
    account = OddAccount(made={"state": "ACTIVE"})
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(5):
            await devino.send(offer())
            await clock.advance(SECONDS_BETWEEN_LOOKS)
        assert account.creations == 1
        account.tasks[0]["state"] = "PASSIVE"
        await devino.send(offer())
        assert account.creations == 2


async def test_one_that_is_never_told_the_end_of_is_used_until_the_end_it_was_made_with(
    clock: FakeClock,
) -> None:
    account = OddAccount(made=ending(""))
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(5):
            await devino.send(offer())
            await clock.advance(SECONDS_BETWEEN_LOOKS)
        assert account.creations == 1
        await clock.advance(363 * DAY.total_seconds())
        await devino.send(offer())
        assert account.creations == 2


async def test_a_useless_one_that_becomes_usable_is_used(clock: FakeClock) -> None:
    account = OddAccount(made={"state": "DRAFT"})
    async with account.server() as server, sending_over(server, clock) as devino:
        with pytest.raises(NotSentError):
            await devino.send(offer())
        account.tasks[0]["state"] = "NEW"
        await devino.send(offer())
        assert account.creations == 1


async def test_one_that_no_list_shows_is_used_as_long_as_it_can_be_read(clock: FakeClock) -> None:
    account = OddAccount(lists_none=True)
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(10):
            await devino.send(offer())
            await clock.advance(SECONDS_BETWEEN_LOOKS)
        assert account.creations == 1


@pytest.mark.parametrize("listed", [True, False])
async def test_one_whose_end_has_come_near_is_given_up_whether_a_list_shows_it_or_not(
    clock: FakeClock, *, listed: bool
) -> None:
    account = OddAccount(lists_none=not listed)
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        tomorrow = (clock.now() + DAY).strftime("%Y-%m-%d %H:%M:%S")
        account.tasks[0] |= ending(tomorrow)
        await clock.advance(SECONDS_BETWEEN_LOOKS)
        await devino.send(offer())
        assert account.creations == 2


# --- No more than three of a name -----------------------------------------------------------------


async def test_however_often_one_comes_to_nothing_only_three_are_made_here(
    clock: FakeClock,
) -> None:
    account = OddAccount()
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(MOST_OF_A_NAME):
            await devino.send(offer())
            account.tasks[-1]["state"] = "FAILED"  # final, so that the account's does not count
            await clock.advance(SECONDS_BETWEEN_LOOKS)
        for _ in range(3):
            with pytest.raises(NotSentError, match="there are already 3 tasks") as error:
                await devino.send(offer())
            assert type(error.value) is NotSentError
        assert account.creations == MOST_OF_A_NAME


async def test_creations_whose_answers_are_lost_are_counted_too(clock: FakeClock) -> None:
    account = OddAccount(hides_made=True, answers_nothing=True)
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(10):
            with pytest.raises(NotSentError):
                await devino.send(offer())
        assert account.creations == MOST_OF_A_NAME
        with pytest.raises(NotSentError, match=r"3 tasks .* were made here, or may have been"):
            await devino.send(offer())


@pytest.mark.parametrize("state", ["ACTIVE", "DRAFT", "STOPPED", "STOPPED_BALANCE_BLOCKED", None])
async def test_however_many_processes_there_are_only_three_are_made(
    clock: FakeClock, state: str | None
) -> None:
    account = OddAccount(made={"state": state})
    outcomes = []
    for _ in range(10):
        async with account.server() as server, sending_over(server, clock) as devino:
            outcomes += [outcome async for outcome in devino.send_many([offer()])]
    assert account.creations == MOST_OF_A_NAME
    assert isinstance(outcomes[-1], NotSent)
    last = outcomes[-1].error
    assert type(last) is NotSentError
    assert f"there are already 3 tasks {NAME} that cannot be used (101, 102, 103)" in last.text
    assert "look at them at Devino" in last.text
    assert f"set scenarios to {NAME}=ID" in last.text
    assert (last.field, last.attempts) == (None, ())


async def test_tasks_that_fit_no_message_count_whatever_their_end(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    for _ in range(MOST_OF_A_NAME):
        await put_task(devino, end=TODAY + DAY)
    with pytest.raises(NotSentError, match="already 3 tasks"):
        await devino.send(offer())
    emulator.clock.advance(2 * DAY)  # then they are over, and never in the way again
    await devino.send(offer())
    assert operations(emulator)["task_create"] == MOST_OF_A_NAME + 1


async def test_what_is_over_or_called_otherwise_does_not_count(clock: FakeClock) -> None:
    final = [state for state in TaskState if state.is_final]
    tasks = [told_task(id=str(place), state=state) for place, state in enumerate(final, start=1)]
    for place, name in enumerate((f"{NAME}-1", f"My {NAME}", NAME.upper(), NAME[:-1])):
        tasks.append(told_task(id=f"5{place}", taskName=name, state="DRAFT"))
    account = OddAccount(tasks=tasks)
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        assert account.creations == 1


async def test_many_useless_ones_are_counted_and_not_all_named(clock: FakeClock) -> None:
    account = OddAccount(tasks=[told_task(id=str(id), state="DRAFT") for id in range(1, 31)])
    async with account.server() as server, sending_over(server, clock) as devino:
        with pytest.raises(NotSentError, match=r"already 30 tasks .*\(1, 2, 3, 4, 5 and 25 more\)"):
            await devino.send(offer())
        assert account.creations == 0


async def test_those_without_an_id_count_as_well(clock: FakeClock) -> None:
    account = OddAccount(tasks=[told_task(id=None, state="DRAFT") for _ in range(3)])
    async with account.server() as server, sending_over(server, clock) as devino:
        with pytest.raises(NotSentError, match="already 3 tasks"):
            await devino.send(offer())


async def test_made_ones_that_can_neither_be_read_nor_are_listed_count_as_well(
    clock: FakeClock,
) -> None:
    account = OddAccount(hides_made=True)
    async with account.server() as server, sending_over(server, clock) as devino:
        for _ in range(MOST_OF_A_NAME):
            with pytest.raises(NotSentError, match="was made and could not be read"):
                await devino.send(offer())
        with pytest.raises(NotSentError, match=r"already 3 tasks .*101, 102, 103"):
            await devino.send(offer())
        assert account.creations == MOST_OF_A_NAME


async def test_useless_ones_of_a_name_take_one_place_among_the_twenty(clock: FakeClock) -> None:
    stuck = [told_task(id=f"9{place}", state="DRAFT") for place in range(2)]
    others = [
        told_task(id=str(place), taskName=f"omni-async.viber-ftv-{place}.sms-ft")
        for place in range(1, 20)
    ]
    account = OddAccount(tasks=stuck + others)
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        with pytest.raises(InvalidMessageError) as refused:
            await devino.send(offer(ttl=timedelta(minutes=7)))
        assert refused.value.field == "ttl"


# --- Times ----------------------------------------------------------------------------------------


async def test_one_that_begins_later_would_refuse_everything_and_is_not_made(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(scenario_start=TODAY + timedelta(seconds=1))
    for _ in range(2):
        with pytest.raises(NotSentError, match="scenario_start must not lie in the future") as no:
            await devino.send(offer())
        assert no.value.field == "scenario_start"
    assert operations(emulator)["task_create"] == 0
    await put_task(devino)
    await devino.send(offer())


async def test_t30_whether_the_start_is_to_come_is_told_by_the_accounts_clock(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    with pytest.raises(NotSentError):
        await connect(scenario_start=TODAY, account_zone="-03:00").send(offer())
    await connect(scenario_start=TODAY, account_zone="+03:00").send(offer())
    assert operations(emulator)["task_create"] == 1


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-05:00", "9999-12-31 23:59:59"])
async def test_a_task_that_ends_with_the_calendar_is_used(clock: FakeClock, end: str) -> None:
    account = OddAccount(tasks=[told_task(**ending(end))])
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        await devino.send(offer())
        assert account.creations == 0


async def test_a_task_that_ended_with_the_calendars_beginning_is_not(clock: FakeClock) -> None:
    account = OddAccount(tasks=[told_task(**ending("0001-01-01T00:00:00+05:00"))])
    async with account.server() as server, sending_over(server, clock) as devino:
        await devino.send(offer())
        assert account.creations == 1


async def test_the_last_years_that_can_be_set_make_no_trouble(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    times = [("0001-01-01 00:00:00", "9998-12-31 23:59:59"), ("2026-01-01 00:00:00", None)]
    for zone in (None, "-11:00", "+14:00", "America/New_York"):
        for start, end in times:
            devino = connect(scenario_start=start, scenario_end=end, account_zone=zone)
            await devino.send(offer())
    assert operations(emulator)["task_create"] == 1


# --- What nobody expected -------------------------------------------------------------------------


async def test_an_error_of_the_librarys_in_a_search_is_told(
    devino: DevinoProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(*_: object) -> None:
        raise ConfigurationError("used in two event loops", provider="devino")

    monkeypatch.setattr(devino.client.omni, "task", stumble)
    with pytest.raises(NotSentError, match=r"ConfigurationError \(.*two event loops"):
        await devino.send(offer())


async def test_an_error_of_ours_in_a_search_leaves_the_message_unsent(
    devino: DevinoProvider, emulator: DevinoEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mistake = OverflowError("date value out of range")

    async def stumble(*_: object) -> None:
        raise mistake

    monkeypatch.setattr(devino.client.omni, "task", stumble)
    messages = [offer(), Message("+79031230000", Viber("Hi"))]
    outcomes = [outcome async for outcome in devino.send_many(messages)]
    for message, outcome in zip(messages, outcomes, strict=True):
        assert isinstance(outcome, NotSent)
        assert type(outcome.error) is NotSentError
        assert devino.scenario_name(message) in outcome.error.text
        assert "OverflowError" in outcome.error.text
        assert "date value" not in outcome.error.text
        assert outcome.error.reference == message.reference
    with pytest.raises(NotSentError) as caught:
        await devino.send(Message("+79031230000", [Sms("Hi", ttl=DAY), Viber("Hi")]))
    assert caught.value.__cause__ is mistake
    assert len(emulator.ledger) == 0
