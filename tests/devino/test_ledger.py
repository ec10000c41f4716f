"""What is said of a send, against what the vendor truly took, whatever breaks on the way."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from attrs import evolve

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, ErrorBody
from omni_common.errors import (
    AnswerLostError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from omni_common.history import History
from omni_common.message import Message, Sms
from omni_common.receipt import NotSent
from omni_common.sandbox import Fault, Scenario
from tests.devino.conftest import Connect
from tests.support.clock import FakeClock

KINDS: dict[Fault, type[OmniError]] = {
    Fault.DROP: AnswerLostError,
    Fault.RESET: AnswerLostError,
    Fault.STALL: AnswerLostError,
    Fault.TRUNCATED: AnswerLostError,
    Fault.GARBAGE: UnexpectedAnswerError,
    Fault.SERVER_ERROR: ServerFailedError,
    Fault.HTML: ServerFailedError,
    Fault.UNAVAILABLE: ServerFailedError,
    Fault.RATE_LIMITED: RateLimitedError,
    Fault.REDIRECT: UnexpectedAnswerError,
}
ATTEMPTS = 3


def impatience(fault: Fault | None) -> dict[str, float]:
    """Settings that end a stalled call soon; other calls get the usual time."""
    return {"timeout": 0.2, "bulk_timeout": 0.2} if fault is Fault.STALL else {}


def messages(count: int = 1, scenario: Scenario = Scenario.DELIVERED) -> list[Message]:
    numbers = [Scenario.DELIVERED] * (count - 1) + [scenario]
    return [
        Message(number.number(f"+790312{place}"), Sms(f"text {place}"))
        for place, number in enumerate(numbers)
    ]


def agrees(outcome: Outcome, entries: int, fault: Fault | None) -> bool:
    """Whether an outcome is true of a message that stands in the ledger so many times."""
    match outcome:
        case Outcome.ACCEPTED:
            return entries == 1
        case Outcome.NOT_SENT:
            return entries == 0
        case Outcome.UNKNOWN:
            return fault is not None and entries == int(fault.takes_request)


def in_ledger(emulator: DevinoEmulator, message: Message) -> int:
    return emulator.ledger.count(to=message.phone, text=message.content[0].text)


async def all_of(devino: DevinoProvider, messages: list[Message]) -> list[Any]:
    async with devino.send_many(messages) as outcomes:
        return [outcome async for outcome in outcomes]


@pytest.mark.parametrize("fault", Fault)
async def test_one_message_and_a_fault(
    connect: Connect, emulator: DevinoEmulator, clock: FakeClock, fault: Fault
) -> None:
    devino = connect(**impatience(fault))
    emulator.fail_next(fault, ATTEMPTS, on="send")
    [message] = messages()
    with pytest.raises(KINDS[fault]) as failed:
        await clock.drive(devino.send(message))
    assert failed.value.outcome is not None
    assert agrees(failed.value.outcome, in_ledger(emulator, message), fault)
    assert len(emulator.requests) == (ATTEMPTS if fault is Fault.RATE_LIMITED else 1)
    assert len(failed.value.attempts) == len(emulator.requests)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("count", [1, 3])
async def test_a_batch_and_a_fault(
    connect: Connect, emulator: DevinoEmulator, clock: FakeClock, fault: Fault, count: int
) -> None:
    devino = connect(**impatience(fault))
    emulator.fail_next(fault, ATTEMPTS, on="send")
    sent = messages(count)
    ended = await clock.drive(all_of(devino, sent))
    assert [outcome.message for outcome in ended] == sent
    for outcome in ended:
        assert isinstance(outcome.error, KINDS[fault])
        assert outcome.error.reference == outcome.message.reference
        assert agrees(outcome.outcome, in_ledger(emulator, outcome.message), fault)
    assert len(emulator.requests) == (ATTEMPTS if fault is Fault.RATE_LIMITED else 1)


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize("count", [1, 3])
async def test_a_batch_and_every_number_that_plays_a_part(
    connect: Connect, emulator: DevinoEmulator, clock: FakeClock, scenario: Scenario, count: int
) -> None:
    devino = connect(**impatience(scenario.fault))
    sent = messages(count, scenario)
    ended = await clock.drive(all_of(devino, sent))
    assert [outcome.message for outcome in ended] == sent
    for outcome in ended:
        assert agrees(outcome.outcome, in_ledger(emulator, outcome.message), scenario.fault)


async def test_sends_at_the_same_time_do_not_mix_up_their_answers(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    sent = messages(50)
    receipts = await asyncio.gather(*(devino.send(message) for message in sent))
    for message, receipt in zip(sent, receipts, strict=True):
        entry = emulator.ledger[receipt.id.removeprefix("devino:sms:")]
        assert (f"+{entry.to}", entry.text) == (message.phone, message.content[0].text)
        assert receipt.reference == message.reference
    assert len(emulator.ledger) == 50


@pytest.mark.parametrize("body", ErrorBody)
@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.UNAVAILABLE, Fault.RATE_LIMITED], ids=str
)
@pytest.mark.parametrize("as_object", [False, True])
async def test_a_failure_worded_like_a_refusal_is_still_a_failure(
    devino: DevinoProvider,
    emulator: DevinoEmulator,
    clock: FakeClock,
    body: ErrorBody,
    fault: Fault,
    *,
    as_object: bool,
) -> None:
    emulator.behaviour = DevinoBehaviour(failed_body=body, reasons_as_object=as_object)
    emulator.fail_next(fault, ATTEMPTS)
    [message] = messages()
    with pytest.raises(KINDS[fault]) as failed:
        await clock.drive(devino.send(message))
    assert failed.value.outcome is not None
    assert agrees(failed.value.outcome, in_ledger(emulator, message), fault)


async def test_a_wait_that_is_too_long_is_the_callers_to_decide(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.retry_after = 3600
    emulator.fail_next(Fault.RATE_LIMITED)
    with pytest.raises(RateLimitedError) as limited:
        await devino.send(messages()[0])
    assert limited.value.retry_after is not None
    assert limited.value.retry_after.total_seconds() == 3600
    assert len(emulator.requests) == 1


async def test_resending_on_purpose_may_make_a_double_and_says_so_in_its_attempts(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    emulator.fail_next(Fault.DROP)
    [message] = messages()
    receipt = await clock.drive(devino.send(message, on_unknown="resend"))
    assert [attempt.status for attempt in receipt.attempts] == [None, 200]
    assert in_ledger(emulator, message) == 2


async def test_a_refusal_after_a_lost_answer_is_not_taken_for_not_sent(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    """The first attempt was taken and the second refused: the message is on its way."""
    emulator.fail_next(Fault.DROP)
    emulator.credit = 1
    [message] = messages()
    with pytest.raises(OutcomeUnknownError) as unknown:
        await clock.drive(devino.send(message, on_unknown="resend"))
    assert unknown.value.vendor_code == "billing.error"
    assert in_ledger(emulator, message) == 1


async def test_a_send_that_is_cancelled_leaves_a_record(
    connect: Connect, emulator: DevinoEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "omni_common.outcome")
    message = Message(Scenario.STALLED.number("+7903123"), Sms("Hello"), reference="order 17")
    sending = asyncio.create_task(connect().send(message))
    await emulator.handled(1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    [record] = caplog.records
    assert record.getMessage().endswith("provider=devino reference=order 17 outcome=unknown")
    assert len(emulator.ledger) == 1


async def test_a_batch_has_its_own_time_and_tells_when_it_is_interrupted(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(timeout=0.4, bulk_timeout=30)
    history = History()
    sending = asyncio.create_task(devino.send_batch(messages(2, Scenario.STALLED), history))
    await emulator.handled(1)
    with pytest.raises(AnswerLostError):  # takes the whole of the short time
        await devino.send(messages(1, Scenario.STALLED)[0])
    assert not sending.done()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert history.outcome is Outcome.UNKNOWN


async def test_a_key_without_the_right_under_every_body_never_sends(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.key_operations = frozenset()
    for status in (200, 400, 401, 403):
        for body in (ErrorBody.RESULT_NULL, ErrorBody.CODE_REJECTED):
            emulator.behaviour = evolve(
                emulator.behaviour, forbidden_status=status, refused_body=body
            )
            with pytest.raises(RefusedError):
                await devino.send(messages()[0])
            [outcome, _] = await devino.send_batch(messages(2), History())
            assert isinstance(outcome, NotSent)
    assert len(emulator.ledger) == 0
