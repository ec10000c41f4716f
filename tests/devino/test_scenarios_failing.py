"""Whatever keeps a scenario from being found or made keeps the message from being sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.behaviour import ErrorBody
from omni_common.errors import (
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    ConnectionRejectedError,
    InsufficientFundsError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ReadError,
    RefusedError,
)
from omni_common.sandbox import Fault
from tests.devino.conftest import Connect
from tests.devino.scenario_account import (
    ACCEPTED,
    NAME,
    offer,
    operations,
    put_task,
    result,
    tasks_of,
    told_task,
)
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer, untrusted_tls
from tests.support.fault_steps import answer
from tests.support.unsent import closed_port

SCENARIO_CALLS = ("task_list", "task_create", "task_get")
every_call = pytest.mark.parametrize("call", SCENARIO_CALLS)


async def not_sent(devino: DevinoProvider, clock: FakeClock | None = None) -> NotSentError:
    """The error of a message that was not sent for want of a scenario."""
    message = offer()
    with pytest.raises(NotSentError) as caught:
        await (devino.send(message) if clock is None else clock.drive(devino.send(message)))
    error = caught.value
    assert (error.provider, error.reference) == ("devino", message.reference)
    assert error.outcome is Outcome.NOT_SENT
    assert error.attempts == ()
    assert NAME in error.text
    assert "The message was not sent" in error.text
    assert isinstance(error.__cause__, OmniError)
    return error


# --- Faults ---------------------------------------------------------------------------------------


@every_call
@pytest.mark.parametrize(
    "fault", [each for each in Fault if each not in {Fault.STALL, Fault.RATE_LIMITED}], ids=str
)
async def test_a_fault_of_any_call_leaves_the_message_unsent_and_the_next_send_works(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock, call: str, fault: Fault
) -> None:
    emulator.fail_next(fault, times=1 if call == "task_create" else 3, on=call)
    error = await not_sent(devino, clock)
    assert type(error) is NotSentError
    cause = OutcomeUnknownError if call == "task_create" else ReadError
    assert isinstance(error.__cause__, cause)
    assert operations(emulator)["omni_send"] == 0
    emulator.clear_faults()

    await devino.send(offer())
    assert len(emulator.ledger) == 1
    assert len(await tasks_of(devino)) == 1


@pytest.mark.parametrize("call", ["task_list", "task_get"])
async def test_a_question_is_repeated_and_a_creation_is_not(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock, call: str
) -> None:
    emulator.fail_next(Fault.SERVER_ERROR, on=call)
    receipt = await clock.drive(devino.send(offer()))
    assert len(receipt.attempts) == 1
    assert operations(emulator)["task_create"] == 1


@every_call
async def test_calls_that_come_too_fast_are_repeated(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock, call: str
) -> None:
    emulator.fail_next(Fault.RATE_LIMITED, times=2, on=call)
    assert len((await clock.drive(devino.send(offer()))).attempts) == 1
    assert len(emulator.ledger) == 1


async def test_how_long_the_vendor_asks_to_wait_is_told(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    emulator.retry_after = 90
    for call in SCENARIO_CALLS:
        emulator.fail_next(Fault.RATE_LIMITED, on=call)
        error = await not_sent(devino, clock)
        assert type(error) is RateLimitedError
        assert error.retry_after == timedelta(seconds=90)
    assert len(emulator.ledger) == 0


async def test_a_creation_whose_answer_was_lost_is_found_by_the_next_send(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.fail_next(Fault.DROP, on="task_create")
    error = await not_sent(devino)
    assert not isinstance(error, OutcomeUnknownError)
    assert "before trying again" not in error.text
    await devino.send(offer())
    assert operations(emulator)["task_create"] == 1


# --- What the error says --------------------------------------------------------------------------


async def test_wrong_credentials_are_told_as_such(connect: Connect) -> None:
    error = await not_sent(connect(key="wrong"))
    assert type(error) is AuthenticationError


FORBIDDEN = {
    name: each
    for name, each in variants()
    if name == "default" or name.startswith(("forbidden_status", "reasons_as_object"))
}


@every_call
@pytest.mark.parametrize("behaviour", FORBIDDEN.values(), ids=FORBIDDEN)
async def test_a_right_that_the_key_lacks_is_told_with_what_works_instead(
    devino: DevinoProvider, emulator: DevinoEmulator, call: str
) -> None:
    emulator.key_operations = frozenset({*SCENARIO_CALLS, "omni_send"} - {call})
    error = await not_sent(devino)
    assert type(error) is PermissionDeniedError
    assert f"set scenarios to {NAME}=ID" in error.text
    assert len(emulator.ledger) == 0


async def test_a_key_that_may_not_read_the_named_task_is_told_so(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    task_id = await put_task(connect(), "Mine")
    emulator.key_operations = frozenset({"omni_send"})
    error = await not_sent(connect(scenarios={NAME: task_id}))
    assert type(error) is PermissionDeniedError
    assert "needs the right to read" in error.text
    assert error.field == "scenarios"


async def test_without_the_right_to_read_no_second_scenario_is_made(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.key_operations = frozenset({"task_list", "task_create", "omni_send"})
    await not_sent(devino)
    await devino.send(offer())  # the list tells of its triggers as well
    assert operations(emulator)["task_create"] == 1


async def test_a_scenario_that_is_refused_is_told_with_the_vendors_reason(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.senders = frozenset({"Other"})
    error = await not_sent(devino)
    assert type(error) is RefusedError
    assert error.vendor_code == "not.available"
    assert "not.available" in error.text
    assert error.field is None  # the task's own is none of the message's
    emulator.senders = None
    await devino.send(offer())
    assert len(await tasks_of(devino)) == 1


async def test_a_vendor_out_of_reach_is_told_as_such(connect: Connect) -> None:
    with closed_port() as port:
        devino = connect(base_url=f"http://127.0.0.1:{port}", max_attempts=1)
        assert type(await not_sent(devino)) is ConnectionFailedError


async def test_a_connection_that_is_not_trusted_is_told_as_such(clock: FakeClock) -> None:
    async with (
        FaultServer(tls=untrusted_tls()) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        assert type(await not_sent(devino)) is ConnectionRejectedError


async def test_a_closed_client_is_told_as_such(devino: DevinoProvider) -> None:
    await devino.close()
    assert type(await not_sent(devino)) is ClientClosedError


async def test_an_account_that_cannot_pay_is_told_as_such(clock: FakeClock) -> None:
    refused = {"result": None, "reasons": [{"key": "billing.error"}]}
    steps = [answer(200, b'{"result":[]}')] * 2 + [answer(200, json.dumps(refused).encode())]
    async with (
        FaultServer(*steps) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        assert type(await not_sent(devino)) is InsufficientFundsError


# --- Answers that no document shows ---------------------------------------------------------------


BARE: Mapping[str, dict[str, Any]] = {
    "no triggers": {"triggersInfo": None},
    "no ids": {"triggersInfo": [{"channel": "SMS", "endTime": "2028-01-01 00:00:00"}]},
    "no ends": {"triggersInfo": [{"channel": "SMS", "triggerId": "1"}]},
}


@pytest.mark.parametrize("fields", BARE.values(), ids=BARE)
async def test_t73_a_task_that_the_list_tells_little_of_is_read_by_itself(
    clock: FakeClock, fields: dict[str, Any]
) -> None:
    pages = [result([told_task(id="70"), told_task(id="9", **fields)]), result([])]
    bodies = [*pages, result(told_task(id="9")), ACCEPTED]
    async with (
        FaultServer(*(answer(200, body) for body in bodies)) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        await devino.send(offer())
        lines = [request.request_line for request in server.requests]
        assert lines[2].startswith("GET /omni-task-api/tasks/9 ")
        sent = json.loads(server.requests[3].body)
        assert (sent["taskId"], set(sent["templates"])) == (9, {"1", "2"})


async def test_a_scenario_that_the_filter_keeps_back_is_found_among_all_of_ours(
    clock: FakeClock,
) -> None:
    nothing, ours = result([]), result([told_task(id="8", taskName=f"{NAME}-x"), told_task()])
    async with (
        FaultServer(*(answer(200, body) for body in [nothing, ours, nothing, ACCEPTED])) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        await devino.send(offer())
        assert json.loads(server.requests[3].body)["taskId"] == 7


async def test_a_made_scenario_that_does_not_fit_is_neither_used_nor_made_again(
    clock: FakeClock,
) -> None:
    made = result({"code": "OK", "result": "7"})
    unfit = told_task(triggersInfo=[{"triggerId": "1", "channel": "Viber"}])
    steps = [result([]), result([]), made, result(unfit), result([])]
    async with (
        FaultServer(*(answer(200, body) for body in steps)) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        for _ in range(3):
            with pytest.raises(NotSentError, match="was made and has other channels than VIBER"):
                await devino.send(offer())
        methods = [request.request_line.split()[0] for request in server.requests]
        assert methods.count("POST") == 1


async def test_t54_a_made_scenario_is_used_whatever_its_first_state_is_called(
    clock: FakeClock,
) -> None:
    made = result({"code": "OK", "result": "7"})
    steps = [result([]), result([]), made, result(told_task(state="MODERATION")), ACCEPTED]
    async with (
        FaultServer(*(answer(200, body) for body in steps)) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        await devino.send(offer())
        await devino.send(offer())
        assert len(server.requests) == 6


async def test_a_vendor_that_gives_one_page_again_and_again_is_not_asked_forever(
    clock: FakeClock,
) -> None:
    async with (
        FaultServer(answer(200, result([told_task(taskName="Other")]))) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        assert type(await not_sent(devino)) is NotSentError
        assert len(server.requests) == 2


EVERYTHING_READ = DevinoBehaviour(refused_status=200, refused_body=ErrorBody.HTML)


@pytest.mark.parametrize("behaviour", [EVERYTHING_READ])
async def test_a_refusal_that_cannot_be_read_leaves_the_message_unsent(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.senders = frozenset({"Other"})
    assert type(await not_sent(devino)) is NotSentError
    assert len(emulator.ledger) == 0
