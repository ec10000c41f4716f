"""Questions to Messente that bring no report: which error says what, and what is asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from messente_async import MessenteProvider
from messente_async.sandbox import MessenteEmulator
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ClientClosedError,
    ForeignIdError,
    ReadError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
    UnknownMessageError,
)
from omni_common.message import Message, Sms
from omni_common.report import DeliveryState
from omni_common.sandbox import Fault
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

TO = "+37251000000"
ID = "messente:d7248cda-6c1a-4436-acf5-aaf249bb67d3"
SCHEDULED = Message(TO, Sms("Hi"), send_at=datetime(2027, 1, 1, 12, tzinfo=UTC))


async def read_error(omni: MessenteProvider, id: str = ID) -> ReadError:
    with pytest.raises(ReadError) as caught:
        await omni.status(id)
    assert caught.value.provider == "messente"
    assert caught.value.outcome is None
    return caught.value


async def test_an_id_that_messente_does_not_know_says_so(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    error = await read_error(omni)

    assert isinstance(error, UnknownMessageError)
    assert error.vendor_code == "101"
    assert len(error.attempts) == len(emulator.requests) == 1


@pytest.mark.parametrize(
    "id",
    [
        *("devino:sms:1", "d7248cda", "", "messente", "messente:", "Messente:d7248cda"),
        *("messente:.", "messente:..", "messente: ", None, 5),
        "messente://user:password@default",
    ],
)
async def test_an_id_that_is_not_messentes_is_unknown_before_any_request(
    omni: MessenteProvider, emulator: MessenteEmulator, id: Any
) -> None:
    assert isinstance(await read_error(omni, id), ForeignIdError)
    assert emulator.requests == []


@pytest.mark.parametrize("id", ["5k2n/../a b?x#y%2F", "ä/..", "a:b", "%2e%2e"])
async def test_t51_an_id_is_one_step_of_the_path_whatever_it_holds(
    omni: MessenteProvider, emulator: MessenteEmulator, id: str
) -> None:
    await read_error(omni, f"messente:{id}")

    (request,) = emulator.requests
    assert (request.operation, request.parameters) == ("status", {"id": id})


@pytest.mark.parametrize(
    "body",
    [b"<html>Not Found</html>", b"", b'{"message": "no Route matched"}', b'{"errors": []}'],
)
async def test_a_404_that_is_not_messentes_own_says_nothing_about_the_message(
    connected: Callable[..., MessenteProvider], body: bytes
) -> None:
    async with FaultServer(answer(404, body)) as server:
        error = await read_error(connected(base_url=server.url))

    assert not isinstance(error, UnknownMessageError)
    assert isinstance(error.__cause__, RefusedError)


@pytest.mark.parametrize(
    "body",
    [
        b'{"omnimessage_id": "another", "statuses": [{"status": "DELIVRD"}]}',
        b'{"statuses": [], "errors": "it failed"}',
    ],
)
async def test_a_report_that_cannot_be_the_messages_own_is_none(
    connected: Callable[..., MessenteProvider], body: bytes
) -> None:
    async with FaultServer(answer(200, body)) as server:
        error = await read_error(connected(base_url=server.url))

    assert isinstance(error.__cause__, UnexpectedAnswerError)


async def test_wrong_credentials_are_the_cause_of_a_read_error(
    connected: Callable[..., MessenteProvider],
) -> None:
    error = await read_error(connected(password="wrong"))

    assert not isinstance(error, UnknownMessageError)
    assert isinstance(error.__cause__, AuthenticationError)


@pytest.mark.parametrize(
    "fault", [Fault.DROP, Fault.RESET, Fault.TRUNCATED, Fault.SERVER_ERROR, Fault.HTML]
)
@pytest.mark.parametrize("times", [2, 3])
async def test_a_question_is_asked_again_up_to_three_times(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault, times: int
) -> None:
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(fault, times, on="status")
    if times < 3:
        assert (await omni.status(receipt.id)).state is DeliveryState.ACCEPTED
    else:
        error = await read_error(omni, receipt.id)
        assert isinstance(error.__cause__, AnswerLostError | ServerFailedError)
    assert len(emulator.requests) == 4
    assert len(emulator.ledger) == 1


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.REDIRECT])
async def test_an_answer_that_cannot_be_read_is_not_asked_for_again(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault
) -> None:
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(fault)
    error = await read_error(omni, receipt.id)

    assert isinstance(error.__cause__, UnexpectedAnswerError)
    assert len(emulator.requests) == 2


async def test_a_stalled_question_is_asked_again_within_its_time(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    omni = connected(timeout=1.5)
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(Fault.STALL, on="status")

    assert (await omni.status(receipt.id)).state is DeliveryState.ACCEPTED


async def test_a_closed_provider_reads_nothing(omni: MessenteProvider) -> None:
    await omni.close()
    with pytest.raises(ReadError) as raised:
        await omni.status(ID)
    assert type(raised.value.__cause__) is ClientClosedError


async def test_many_ids_have_a_result_each_in_their_order(
    omni: MessenteProvider,
) -> None:
    receipt = await omni.send(SCHEDULED)
    results = [each async for each in omni.status_many([ID, receipt.id, "devino:sms:1"])]

    assert [each.id for each in results] == [ID, receipt.id, "devino:sms:1"]
    assert [type(each.error) for each in results] == [
        UnknownMessageError,
        type(None),
        ForeignIdError,
    ]
    assert results[1].report is not None
    assert results[1].report.state is DeliveryState.ACCEPTED
