"""Sending over Devino by the shared interface, whichever way its open questions are settled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoEmulator
from omni_common.errors import (
    InvalidMessageError,
    NotSentError,
    NotSupportedError,
    Outcome,
    OutcomeUnknownError,
    RefusedError,
    UnsupportedMessageError,
)
from omni_common.history import History
from omni_common.message import Channel, Message, Priority, Sms, WhatsApp
from omni_common.receipt import Accepted, NotSent, Part, SendOutcome, Unknown
from omni_common.sandbox import Scenario
from tests.devino.conftest import NOW, Connect, every_variant
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

PREFIX = "+7903123"


def message(scenario: Scenario = Scenario.DELIVERED, text: str = "Hello", **fields: Any) -> Message:
    return Message(scenario.number(PREFIX), Sms(text), **fields)


async def outcomes_of(devino: DevinoProvider, messages: list[Message]) -> list[SendOutcome]:
    async with devino.send_many(messages) as outcomes:
        return [outcome async for outcome in outcomes]


# --- One message ----------------------------------------------------------------------------------


@every_variant
async def test_an_accepted_message_gives_a_receipt(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    sent = message(reference="order 17")
    receipt = await devino.send(sent)
    [entry] = emulator.ledger
    assert receipt.id == f"devino:sms:{entry.id}"
    assert (receipt.provider, receipt.reference, receipt.to) == ("devino", "order 17", sent.to)
    assert receipt.parts == (Part(Channel.SMS, entry.id, "Shop"),)
    assert receipt.raw["messageId"] == entry.id
    [attempt] = receipt.attempts
    assert (attempt.number, attempt.sent, attempt.started_at) == (1, True, NOW)
    assert attempt.status == emulator.behaviour.accepted_status
    assert entry.to == "79031230000"


@every_variant
async def test_a_refused_message_says_why_and_is_not_sent(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    sent = message(Scenario.REFUSED)
    with pytest.raises(RefusedError) as refused:
        await devino.send(sent)
    error = refused.value
    assert (error.vendor_code, error.field) == ("to.format.invalid", "to")
    assert (error.outcome, error.provider) == (Outcome.NOT_SENT, "devino")
    assert error.reference == sent.reference
    assert error.raw["code"] == "REJECTED"
    [attempt] = error.attempts
    assert attempt.proves_not_sent
    assert "7903123" not in f"{error} {error!r} {attempt!r}"
    assert len(emulator.ledger) == 0


@every_variant
@pytest.mark.parametrize(
    "scenario", [Scenario.ANSWER_DROPPED, Scenario.SERVER_ERROR, Scenario.GARBAGE], ids=str
)
async def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(
    devino: DevinoProvider, emulator: DevinoEmulator, scenario: Scenario
) -> None:
    sent = message(scenario)
    with pytest.raises(OutcomeUnknownError) as unknown:
        await devino.send(sent)
    assert unknown.value.reference == sent.reference
    assert sent.reference in str(unknown.value)
    assert len(unknown.value.attempts) == len(emulator.requests) == len(emulator.ledger) == 1


@every_variant
async def test_a_message_that_came_too_fast_is_sent_in_the_second_attempt(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    receipt = await clock.drive(devino.send(message(Scenario.RATE_LIMITED)))
    assert [attempt.status for attempt in receipt.attempts] == [
        429,
        emulator.behaviour.accepted_status,
    ]
    assert receipt.attempts[1].waited >= timedelta(seconds=1)
    assert len(emulator.ledger) == 1


async def test_every_shared_word_arrives(devino: DevinoProvider, emulator: DevinoEmulator) -> None:
    later = NOW + timedelta(hours=1)
    receipt = await devino.send(
        Message(
            f"{PREFIX}0000",
            Sms("Hello", sender="Other", ttl=timedelta(minutes=10)),
            send_at=later,
            priority=Priority.NORMAL,
            callback_url="http://127.0.0.1:9/cb",
            metadata={"order": "17"},
            extra={"messente": {"to": "ignored"}},
        )
    )
    [entry] = emulator.ledger
    assert entry.content == {
        "from": "Other",
        "to": "79031230000",
        "text": "Hello",
        "validity": 600,
        "scheduledTime": "2027-01-01T10:00:00.000Z",
        "priority": "MEDIUM",
        "callbackUrl": "http://127.0.0.1:9/cb",
        "options": {"order": "17"},
    }
    assert entry.send_at == later
    assert receipt.parts[0].sender == "Other"


async def test_extra_fields_arrive_and_the_receipt_knows_the_sender(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    receipt = await devino.send(message(extra={"devino": {"from": "Extra", "validity": 60}}))
    [entry] = emulator.ledger
    assert (entry.content["from"], entry.content["validity"]) == ("Extra", 60)
    assert receipt.parts[0].sender == "Extra"


@pytest.mark.parametrize(
    ("wrong", "kind", "field"),
    [
        (message(text="л" * 17_086), InvalidMessageError, "text"),
        (message(send_at=NOW), InvalidMessageError, "send_at"),
        (message(extra={"devino": {"to": "79030000000"}}), InvalidMessageError, "extra"),
        (Message("a@shop.example", Sms("Hello")), InvalidMessageError, "to"),
        (Message(f"{PREFIX}0000", WhatsApp("Hello")), UnsupportedMessageError, "content"),
    ],
    ids=["text", "send_at", "extra", "to", "content"],
)
async def test_what_cannot_be_said_never_leaves(
    devino: DevinoProvider,
    emulator: DevinoEmulator,
    wrong: Message,
    kind: type[NotSentError],
    field: str,
) -> None:
    with pytest.raises(kind) as refused:
        await devino.send(wrong)
    assert (refused.value.field, refused.value.reference) == (field, wrong.reference)
    [right, not_sent] = await outcomes_of(devino, [message(), wrong])
    assert isinstance(right, Accepted)
    assert isinstance(not_sent, NotSent)
    assert not_sent.error.field == field
    assert len(emulator.requests) == len(emulator.ledger) == 1


# --- Many messages --------------------------------------------------------------------------------


@every_variant
async def test_outcomes_of_many_are_told_apart_by_their_place(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    messages = [
        message(text="first"),
        message(Scenario.REFUSED),
        Message(f"{PREFIX}0000", Sms("x", sender="TwelveLetter")),
        message(Scenario.UNDELIVERED, text="last"),
    ]
    outcomes = await outcomes_of(devino, messages)
    assert [outcome.message for outcome in outcomes] == messages
    first, refused, sender, last = outcomes
    assert isinstance(first, Accepted)
    assert isinstance(last, Accepted)
    assert [first.receipt.id, last.receipt.id] == [
        f"devino:sms:{entry.id}" for entry in emulator.ledger
    ]
    assert [entry.text for entry in emulator.ledger] == ["first", "last"]
    assert isinstance(refused, NotSent)
    assert isinstance(sender, NotSent)
    for outcome, code, field in (
        (refused, "to.format.invalid", "to"),
        (sender, "not.available", "sender"),
    ):
        assert isinstance(outcome.error, RefusedError)
        assert (outcome.error.vendor_code, outcome.error.field) == (code, field)
        assert outcome.error.reference == outcome.message.reference
        assert outcome.error.attempts == first.receipt.attempts == last.receipt.attempts
    assert len(first.receipt.attempts) == len(emulator.requests) == 1


@every_variant
async def test_a_batch_may_be_refused_to_the_last_message(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    outcomes = await outcomes_of(devino, [message(Scenario.REFUSED)] * 3)
    assert [outcome.outcome for outcome in outcomes] == [Outcome.NOT_SENT] * 3
    assert len(emulator.requests) == 1


@every_variant
async def test_a_lost_answer_leaves_the_whole_batch_unknown(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    messages = [message(), message(Scenario.SERVER_ERROR), message()]
    outcomes = await outcomes_of(devino, messages)
    for outcome, sent in zip(outcomes, messages, strict=True):
        assert isinstance(outcome, Unknown)
        assert (outcome.message, outcome.error.reference) == (sent, sent.reference)
    assert (len(emulator.requests), len(emulator.ledger)) == (1, 3)


async def test_many_go_out_in_batches_of_the_size_set(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(batch_size=2)
    outcomes = await outcomes_of(devino, [message(text=str(number)) for number in range(5)])
    assert [outcome.outcome for outcome in outcomes] == [Outcome.ACCEPTED] * 5
    sizes = sorted(len(request.json()["messages"]) for request in emulator.requests)
    assert sizes == [1, 2, 2]
    by_id = {f"devino:sms:{entry.id}": entry.text for entry in emulator.ledger}
    receipts = [outcome.receipt for outcome in outcomes if isinstance(outcome, Accepted)]
    assert [by_id[receipt.id] for receipt in receipts] == list("01234")


async def test_an_empty_batch_is_no_request(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    assert await devino.send_batch([], History()) == []
    assert emulator.requests == []


async def test_a_batch_of_one_may_be_accepted_refused_or_unknown(devino: DevinoProvider) -> None:
    for scenario, kind in (
        (Scenario.DELIVERED, Accepted),
        (Scenario.REFUSED, NotSent),
        (Scenario.GARBAGE, Unknown),
    ):
        [outcome] = await devino.send_batch([message(scenario)], History())
        assert isinstance(outcome, kind)
        if not isinstance(outcome, Accepted):
            assert outcome.error.reference == outcome.message.reference


# --- Answers that no document shows ---------------------------------------------------------------

_UNKNOWN_SINGLE = [
    b'{"result":[{"code":"OK"}]}',
    b'{"result":[{"code":"QUEUED","messageId":"1"}]}',
    b'{"result":[]}',
    b'{"result":[{"code":"OK","messageId":"1"},{"code":"OK","messageId":"2"}]}',
    b'{"result":[{"code":"REJECTED","reasons":[{"key":"x","ref":"messages[1].to"}]}]}',
    b'{"result":"3701172084729885952"}',
    b'{"code":"OK","messageId":"1"}',
    b"",
]


@pytest.mark.parametrize("body", _UNKNOWN_SINGLE)
async def test_an_answer_that_proves_nothing_is_unknown(body: bytes, clock: FakeClock) -> None:
    async with (
        FaultServer(answer(200, body)) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        with pytest.raises(OutcomeUnknownError):
            await devino.send(message())
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ('{"code":"OK","messageId":1},{"code":"OK"},{"code":"REJECTED"}', "A?N"),
        ('{"code":"OK","messageId":1},{"code":"OK","messageId":"1"},{"code":"REJECTED"}', "???"),
        ('{"code":"OK","messageId":1},{"code":"OK","messageId":2}', "???"),
        ('{"code":"REJECTED"},{"code":"REJECTED"}', "???"),
        ('null,7,{"code":"REJECTED"}', "??N"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_batchs_answer_proves_what_it_says_and_no_more(
    items: str, expected: str, status: int, clock: FakeClock
) -> None:
    body = f'{{"result":[{items}]}}'.encode()
    async with (
        FaultServer(answer(status, body)) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        outcomes = await outcomes_of(devino, [message()] * 3)
        assert len(server.requests) == 1
    words = {Outcome.ACCEPTED: "A", Outcome.NOT_SENT: "N", Outcome.UNKNOWN: "?"}
    assert "".join(words[outcome.outcome] for outcome in outcomes) == expected


# --- Cancelling -----------------------------------------------------------------------------------


async def test_nothing_can_be_cancelled_and_the_error_says_what_would_work(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    receipt = await devino.send(message(send_at=NOW + timedelta(hours=1)))
    with pytest.raises(NotSupportedError, match="outbox") as unsupported:
        await devino.cancel(receipt.id)
    assert not isinstance(unsupported.value, NotSentError)
    assert (unsupported.value.outcome, unsupported.value.provider) == (None, "devino")
    assert len(emulator.requests) == 1
