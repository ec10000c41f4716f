"""Asking Devino what became of a message, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from devino_async import DevinoClient, DevinoProvider
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, SmsIdForm, UnknownIds
from omni_common.converter import dumps
from omni_common.errors import (
    ForeignIdError,
    OmniError,
    ReadError,
    ServerFailedError,
    UnexpectedAnswerError,
    UnknownMessageError,
)
from omni_common.message import Channel, Message, Sms
from omni_common.receipt import Accepted
from omni_common.report import DeliveryReport, DeliveryState, PartReport, StatusResult
from omni_common.sandbox import Fault, SandboxClock, Scenario
from tests.devino.answering import ROUNDED_ID, SENT_ID, row
from tests.devino.conftest import NOW, Connect, every_variant
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

PREFIX = "+7903123"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def time(emulator: DevinoEmulator) -> SandboxClock:
    """The emulator's time."""
    return emulator.clock


async def sent(
    devino: DevinoProvider, scenario: Scenario = Scenario.DELIVERED, **fields: Any
) -> str:
    return (await devino.send(Message(scenario.number(PREFIX), Sms("Hello"), **fields))).id


async def sent_many(devino: DevinoProvider, count: int) -> list[str]:
    messages = [Message(f"{PREFIX}0000", Sms("Hello")) for _ in range(count)]
    async with devino.send_many(messages) as outcomes:
        return [each.receipt.id async for each in outcomes if isinstance(each, Accepted)]


async def statuses_of(devino: DevinoProvider, ids: Any) -> list[StatusResult]:
    return [result async for result in devino.status_many(ids)]


# --- One message ----------------------------------------------------------------------------------


@every_variant
async def test_a_message_is_followed_until_it_is_delivered(
    devino: DevinoProvider, time: SandboxClock
) -> None:
    id = await sent(devino)
    accepted = await devino.status(id)
    assert (accepted.state, accepted.is_final) == (DeliveryState.ACCEPTED, False)
    time.advance(MINUTE)
    delivered = await devino.status(id)
    assert (delivered.id, delivered.state) == (id, DeliveryState.DELIVERED)
    assert delivered.is_final
    [part] = delivered.parts
    assert (part.channel, part.id, part.raw_state) == (
        Channel.SMS,
        id.removeprefix("devino:sms:"),
        "DELIVERED",
    )
    assert delivered.raw["status"] == "DELIVERED"


@every_variant
async def test_every_end_has_its_state(
    devino: DevinoProvider, emulator: DevinoEmulator, time: SandboxClock
) -> None:
    undelivered = await sent(devino, Scenario.UNDELIVERED)
    expired = await sent(devino, Scenario.EXPIRED)
    scheduled = await sent(devino, send_at=NOW + timedelta(days=1))
    time.advance(MINUTE)
    words = {
        "UNDELIVERABLE": DeliveryState.UNDELIVERED,
        "REJECTED": DeliveryState.REJECTED,
        "UNKNOWN": DeliveryState.UNKNOWN,
    }
    word = emulator.behaviour.undelivered_status.value
    report = await devino.status(undelivered)
    assert (report.state, report.parts[0].raw_state) == (words[word], word)
    assert (await devino.status(expired)).state is DeliveryState.EXPIRED
    assert (await devino.status(scheduled)).state is DeliveryState.SCHEDULED


@every_variant
async def test_an_id_that_the_vendor_does_not_know(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    """An answer with the status UNKNOWN is a report: the same word is given to known messages."""
    id = "devino:sms:1"
    if emulator.behaviour.unknown_ids is UnknownIds.STATUS_UNKNOWN:
        report = await devino.status(id)
        assert (report.id, report.state, report.is_final) == (id, DeliveryState.UNKNOWN, False)
        assert (report.parts[0].raw_state, report.at) == ("UNKNOWN", None)
        return
    with pytest.raises(UnknownMessageError) as unknown:
        await devino.status(id)
    assert not isinstance(unknown.value, ForeignIdError)
    assert (unknown.value.provider, unknown.value.outcome) == ("devino", None)
    assert id in str(unknown.value)


@pytest.mark.parametrize(
    "id",
    [
        *("", "devino:", "devino:sms:", "devino:sms:\ud800", "3701172084729885952"),
        *("messente:632c6f3d-49d3", "DEVINO:SMS:1", " devino:sms:1", "devino:viber:1"),
        *(None, 5, b"devino:sms:1"),
    ],
)
async def test_an_id_of_another_kind_is_unknown_without_asking(
    devino: DevinoProvider, emulator: DevinoEmulator, id: Any
) -> None:
    with pytest.raises(ForeignIdError, match="begin with devino:sms:"):
        await devino.status(id)
    [result] = await statuses_of(devino, [id])
    assert (result.id, result.report) == (id, None)
    assert isinstance(result.error, ForeignIdError)
    assert emulator.requests == []


async def test_an_id_from_long_ago_is_enough(connect: Connect) -> None:
    id = await sent(connect())
    assert (await connect().status(id)).state is DeliveryState.ACCEPTED


async def test_waiting_ends_with_the_final_report(
    devino: DevinoProvider, clock: FakeClock, time: SandboxClock
) -> None:
    id = await sent(devino)
    waiting = devino.wait(id, timeout=timedelta(seconds=1))
    assert (await clock.drive(waiting)).state is DeliveryState.ACCEPTED
    time.advance(MINUTE)
    assert (await devino.wait(id)).state is DeliveryState.DELIVERED


# --- Times ----------------------------------------------------------------------------------------


async def test_without_a_zone_a_report_has_no_time_but_keeps_the_text(
    devino: DevinoProvider,
) -> None:
    report = await devino.status(await sent(devino))
    assert report.at is None
    assert report.parts[0].at is None
    assert report.parts[0].raw_at == "2027-01-01 09:00:00"


@pytest.mark.parametrize(("zone", "hours"), [("+00:00", 0), ("+03:00", 3), ("-05:30", -5.5)])
async def test_with_the_zone_a_report_has_the_moment(
    connect: Connect, emulator: DevinoEmulator, zone: str, hours: float
) -> None:
    emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=hours))
    devino = connect(account_zone=zone)
    report = await devino.status(await sent(devino))
    assert report.at == NOW
    assert report.at.tzinfo is UTC


# --- Many messages --------------------------------------------------------------------------------


@every_variant
async def test_each_of_many_gets_its_own_result_in_order(
    devino: DevinoProvider, emulator: DevinoEmulator, time: SandboxClock
) -> None:
    old = await sent_many(devino, 2)
    time.advance(MINUTE)
    new = await sent_many(devino, 2)
    ids = [new[1], old[0], "devino:sms:17", "messente:1", new[0], old[1], old[0]]
    results = await statuses_of(devino, ids)
    assert [result.id for result in results] == ids
    states = [result.report and result.report.state for result in results]
    accepted, delivered = DeliveryState.ACCEPTED, DeliveryState.DELIVERED
    answers_unknown = emulator.behaviour.unknown_ids is UnknownIds.STATUS_UNKNOWN
    unknown = DeliveryState.UNKNOWN if answers_unknown else None
    assert states == [accepted, delivered, unknown, None, accepted, delivered, delivered]
    for result in results:
        assert (result.error is None) != (result.report is None)
        assert result.error is None or isinstance(result.error, UnknownMessageError)
        assert result.report is None or result.report.id == result.id
    assert len([each for each in emulator.requests if each.operation == "status"]) == 1


async def test_600_ids_are_two_calls(devino: DevinoProvider, emulator: DevinoEmulator) -> None:
    ids = await sent_many(devino, 600)

    async def one_by_one() -> AsyncIterator[str]:
        for id in ids:
            yield id

    for source in (ids, iter(ids), one_by_one()):
        emulator.requests.clear()
        results = await statuses_of(devino, source)
        assert [result.id for result in results] == ids
        assert all(result.report for result in results)
        assert [len(request.json()) for request in emulator.requests] == [500, 100]


async def test_messages_whose_ids_round_alike_are_still_told_apart(
    devino: DevinoProvider, emulator: DevinoEmulator, time: SandboxClock
) -> None:
    emulator.behaviour = DevinoBehaviour(id_step=1, sms_id=SmsIdForm.ROUNDED_NUMBER)
    first = await sent(devino)
    time.advance(MINUTE)
    second = await sent(devino)
    results = await statuses_of(devino, [first, second, "devino:sms:1"])
    states = [result.report and result.report.state for result in results]
    assert states == [DeliveryState.DELIVERED, DeliveryState.ACCEPTED, None]
    assert [result.report and result.report.parts[0].id for result in results[:2]] == [
        first.removeprefix("devino:sms:"),
        second.removeprefix("devino:sms:"),
    ]


async def test_one_lost_answer_is_said_of_its_ids_and_the_rest_go_on(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    ids = await sent_many(devino, 501)
    emulator.fail_next(Fault.SERVER_ERROR, 3, on="status")
    results = await clock.drive(statuses_of(devino, ids))
    assert all(isinstance(result.error, ReadError) for result in results[:500])
    assert results[500].report is not None
    assert [result.id for result in results] == ids


# --- Answers that no document shows ---------------------------------------------------------------


@pytest.mark.parametrize("fault", [*Fault])
async def test_a_question_may_be_repeated_until_it_is_answered(
    connect: Connect, emulator: DevinoEmulator, clock: FakeClock, fault: Fault
) -> None:
    devino = connect(timeout=0.6) if fault is Fault.STALL else connect()
    id = await sent(devino)
    emulator.fail_next(fault, 1, on="status")
    try:
        report: DeliveryReport | OmniError = await clock.drive(devino.status(id))
    except ReadError as error:
        report = error
    if fault in {Fault.GARBAGE, Fault.REDIRECT}:
        assert isinstance(report, ReadError)
        assert isinstance(report.__cause__, UnexpectedAnswerError)
        assert report.outcome is None
    else:
        assert isinstance(report, DeliveryReport)
        assert report.state is DeliveryState.ACCEPTED


async def test_a_question_that_is_never_answered_says_nothing_about_the_message(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    id = await sent(devino)
    emulator.fail_next(Fault.SERVER_ERROR, 3, on="status")
    with pytest.raises(ReadError) as failed:
        await clock.drive(devino.status(id))
    assert isinstance(failed.value.__cause__, ServerFailedError)
    assert failed.value.outcome is None
    assert len(failed.value.attempts) == 3


_DELIVERED = PartReport(
    Channel.SMS,
    DeliveryState.DELIVERED,
    id=SENT_ID,
    raw_state="DELIVERED",
    raw_at="2022-09-09 19:29:34",
)


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([row(int(ROUNDED_ID))], _DELIVERED),
        (
            [row(SENT_ID, "delivered", "2022-09-09T19:29:34Z") | {"addedLater": {"a": [1]}}],
            evolve(
                _DELIVERED,
                raw_state="delivered",
                at=datetime(2022, 9, 9, 19, 29, 34, tzinfo=UTC),
                raw_at="2022-09-09T19:29:34Z",
            ),
        ),
        (
            [row(int(SENT_ID), "TELEPORTED", 1613404835977)],
            evolve(_DELIVERED, state=DeliveryState.UNKNOWN, raw_state="TELEPORTED", raw_at=None),
        ),
        (
            [{"smsId": int(SENT_ID)}],
            evolve(_DELIVERED, state=DeliveryState.UNKNOWN, raw_state=None, raw_at=None),
        ),
        (
            [None, row(SENT_ID, "SENT", "then"), row(SENT_ID, at="soon"), row("7", "EXPIRED"), 7],
            evolve(_DELIVERED, raw_at="soon"),
        ),
    ],
    ids=["rounded", "zone", "new word", "no word", "several"],
)
async def test_a_row_is_read_leniently_and_keeps_what_the_vendor_said(
    rows: list[Any], part: PartReport
) -> None:
    async with (
        FaultServer(answer(200, dumps({"result": rows}))) as server,
        DevinoProvider("key", base_url=server.url) as devino,
    ):
        report = await devino.status(f"devino:sms:{SENT_ID}")
    assert report.parts == (part,)
    assert (report.state, report.at) == (part.state, part.at)
    assert report.raw in rows


async def test_an_answer_without_a_row_means_that_the_message_is_not_known() -> None:
    async with (
        FaultServer(answer(200, b'{"result":[]}')) as server,
        DevinoProvider("key", base_url=server.url) as devino,
    ):
        with pytest.raises(UnknownMessageError):
            await devino.status(f"devino:sms:{SENT_ID}")


@pytest.mark.parametrize(
    "rows", [[None], [{"status": "DELIVERED"}], [row(1)], [row(3.7e18)], [row(f"0{SENT_ID}")]]
)
async def test_a_row_of_no_message_for_sure_is_never_taken_and_leaves_doubt(
    rows: list[Any],
) -> None:
    async with (
        FaultServer(answer(200, dumps({"result": rows}))) as server,
        DevinoProvider("key", base_url=server.url) as devino,
    ):
        with pytest.raises(ReadError, match="belongs to no id"):
            await devino.status(f"devino:sms:{SENT_ID}")


async def test_a_strange_row_is_no_matter_where_every_message_is_answered_for() -> None:
    rows = [None, row("1"), row(SENT_ID)]
    async with (
        FaultServer(answer(200, dumps({"result": rows}))) as server,
        DevinoProvider("key", base_url=server.url) as devino,
    ):
        report = await devino.status(f"devino:sms:{SENT_ID}")
    assert report.state is DeliveryState.DELIVERED


async def test_t18_an_id_that_is_a_float_is_read() -> None:
    body = f'{{"result":[{{"smsId":{SENT_ID}.0,"status":"DELIVERED"}}]}}'.encode()
    async with (
        FaultServer(answer(200, body)) as server,
        DevinoClient("key", base_url=server.url) as devino,
    ):
        [status] = await devino.sms.statuses([SENT_ID])
    assert status is not None
    assert (status.message_id, status.state) == (SENT_ID, DeliveryState.DELIVERED)


async def test_t18_an_id_that_may_be_anothers_rounded_one_is_asked_for_again() -> None:
    one = answer(200, dumps({"result": [row(ROUNDED_ID, "SENT")]}))
    async with (
        FaultServer(one, answer(200, b'{"result":[]}'), one) as server,
        DevinoClient("key", base_url=server.url) as devino,
    ):
        first, second = await devino.sms.statuses([ROUNDED_ID, SENT_ID])
    assert first is None
    assert second is not None
    assert second.message_id == SENT_ID


@pytest.mark.parametrize("body", [b'{"result":null}', b'{"result":{}}', b"[]", b"<html>", b""])
async def test_an_answer_without_a_list_is_not_readable(body: bytes) -> None:
    async with (
        FaultServer(answer(200, body)) as server,
        DevinoProvider("key", base_url=server.url) as devino,
    ):
        with pytest.raises(ReadError) as failed:
            await devino.status("devino:sms:1")
    assert not isinstance(failed.value, UnknownMessageError)
