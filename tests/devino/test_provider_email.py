"""E-mail over Devino behind the shared interface."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.report_pages import Selection
from omni_common import (
    Accepted,
    Channel,
    DeliveryState,
    Email,
    ForeignIdError,
    InsufficientFundsError,
    InvalidMessageError,
    Message,
    NotSent,
    NotSentError,
    OutcomeUnknownError,
    Priority,
    ReadError,
    RefusedError,
    Sms,
    Unknown,
    UnknownMessageError,
    UnsupportedMessageError,
)
from omni_common.history import History
from omni_common.sandbox import Fault, Scenario
from tests.support.clock import FakeClock

Connect = Callable[..., DevinoProvider]
ANN = "ann@example.com"

every_email_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("email",))]
)


@pytest.fixture
def devino(connect: Connect) -> DevinoProvider:
    return connect(email_sender="post@shop.example", account_zone="+03:00")


def letter(to: str = ANN, body: str = "Hello! [Unsubscribe]", **fields: Any) -> Message:
    content = {
        "subject": "News",
        **{name: fields.pop(name) for name in ("sender",) & fields.keys()},
    }
    return Message(to, Email(body, **content), **fields)


def sent(emulator: DevinoEmulator) -> dict[str, Any]:
    """The body of the last letter."""
    body = [each for each in emulator.requests if each.operation == "email_send"][-1].json()
    assert isinstance(body, dict)
    return body


@every_email_variant
async def test_a_letter_is_sent_and_followed_to_its_delivery(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    receipt = await devino.send(letter())
    assert receipt.id.startswith("devino:email:")
    assert (receipt.to, receipt.parts[0].channel) == (ANN, Channel.EMAIL)
    assert receipt.parts[0].sender == "post@shop.example"
    emulator.clock.advance(timedelta(hours=1))
    report = await devino.status(receipt.id)
    assert report.id == receipt.id
    if report.parts[0].raw_state in {"SUBSCRIBED", "UNSUBSCRIBED"}:  # events, which say no state
        assert report.state is DeliveryState.UNKNOWN
    else:
        assert report.state in {DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.CLICKED}


@every_email_variant
async def test_every_letter_of_many_has_its_own_end(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    people = [f"person{number}@example.com" for number in range(1000, 1010)]
    outcomes = [outcome async for outcome in devino.send_many(map(letter, people))]
    assert [outcome.message.email for outcome in outcomes] == people
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len({o.receipt.id for o in outcomes if isinstance(o, Accepted)}) == len(people)
    assert [emulator.ledger.count(to=person) for person in people] == [1] * len(people)


@every_email_variant
async def test_a_refused_letter_was_not_sent(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    refused = f"ann{Scenario.REFUSED.value}@example.com"
    with pytest.raises((RefusedError, OutcomeUnknownError)) as caught:
        await devino.send(letter(refused))
    # Where the answer merely leaves the recipient out, nothing is known, and nothing is guessed.
    if isinstance(caught.value, NotSentError):
        assert emulator.ledger.count(to=refused) == 0


async def test_a_letter_says_what_the_message_says(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    content = Email(
        html="<b>Hi</b> [Unsubscribe]",
        subject="News",
        sender="ceo@shop.example",
        sender_name="The Shop",
    )
    await devino.send(Message(ANN, content, metadata={"order": "1"}))
    assert sent(emulator) == {
        "Recipients": [{"Address": ANN, "ExtraData": {"order": "1"}}],
        "Sender": {"Address": "ceo@shop.example", "Name": "The Shop"},
        "Subject": "News",
        "Body": {"Html": "<b>Hi</b> [Unsubscribe]"},
    }


@pytest.mark.parametrize("spelling", ["[{}]", "${{{}}}", "{{{{{}}}}}"])
async def test_t55_a_macro_is_written_in_the_spelling_of_this_call(
    devino: DevinoProvider, emulator: DevinoEmulator, spelling: str
) -> None:
    macros = f"{spelling.format('Unsubscribe')} {spelling.format('WebVersion')}"
    await devino.send(letter(body=f"Hi ${{Name}} {macros}"))
    assert sent(emulator)["Body"] == {"PlainText": "Hi ${Name} [Unsubscribe] [WebVersion]"}


UNSAYABLE = [
    (letter(body="No way out"), "text"),
    (Message(ANN, Email(html="<b>No way out</b>", subject="S")), "html"),
    (letter(sender="no address"), "sender"),
    (letter("+37251000000"), "to"),
    (Message(ANN, Email("[Unsubscribe]", subject="two\nlines")), "subject"),
    (Message(ANN, Email("[Unsubscribe]", subject="S", sender_name="x" * 151)), "sender_name"),
    (letter(extra={"devino": {"Recipients": []}}), "extra"),
    (letter(extra={"devino": {"Body": {"Html": "other"}}}), "extra"),
    (letter(send_at=datetime(2030, 1, 1, tzinfo=UTC)), "send_at"),
    (letter(priority=Priority.HIGH), "priority"),
    (letter(callback_url="https://shop.example/cb"), "callback_url"),
    (Message(ANN, Email("[Unsubscribe]", subject="S", ttl=timedelta(minutes=1))), "ttl"),
]


@pytest.mark.parametrize(
    ("message", "field"),
    [pytest.param(*row, id=f"{index} {row[1]}") for index, row in enumerate(UNSAYABLE)],
)
async def test_what_devino_cannot_say_raises_before_anything_is_sent(
    devino: DevinoProvider, emulator: DevinoEmulator, message: Message, field: str
) -> None:
    problems = devino.check(message)
    assert [problem.field for problem in problems] == [field]
    with pytest.raises((InvalidMessageError, UnsupportedMessageError)) as caught:
        await devino.send(message)
    assert caught.value.field == field
    assert caught.value.reference == message.reference
    assert emulator.requests == []


async def test_without_a_sender_the_error_says_where_to_put_one(connect: Connect) -> None:
    [problem] = connect().check(letter())
    assert "email_sender" in problem.text
    assert connect().check(letter(sender="a@shop.example")) == []


async def test_extra_fields_go_into_the_letter(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    extra = {"CheckUnsubscription": True, "Sender": {"Address": "other@shop.example"}}
    receipt = await devino.send(letter(extra={"devino": extra}))
    assert sent(emulator)["CheckUnsubscription"] is True
    assert receipt.parts[0].sender == "other@shop.example"


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.GARBAGE, Fault.SERVER_ERROR, Fault.HTML])
async def test_a_lost_answer_is_unknown_and_the_letter_is_not_sent_again(
    devino: DevinoProvider, emulator: DevinoEmulator, fault: Fault
) -> None:
    emulator.fail_next(fault, on="email_send")
    message = letter()
    with pytest.raises(OutcomeUnknownError) as caught:
        await devino.send(message)
    assert caught.value.reference == message.reference
    assert len(caught.value.attempts) == 1
    assert emulator.ledger.count(to=ANN) == 1


async def test_an_account_without_money_is_told_so(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.credit = 0
    with pytest.raises(InsufficientFundsError):
        await devino.send(letter())


async def test_a_mixed_stream_keeps_its_order_and_sends_sms_in_bulk(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    refused = f"ann{Scenario.REFUSED.value}@example.com"
    messages = [
        Message("+79031231000", Sms("Hi")),
        Message("+79031231001", Sms("Hi")),
        letter(),
        letter(refused),
        letter(body="No way out"),
    ]
    outcomes = [outcome async for outcome in devino.send_many(messages)]
    assert [outcome.message for outcome in outcomes] == messages
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Accepted, Accepted, Accepted, NotSent, NotSent]
    operations = [request.operation for request in emulator.requests]
    assert sorted(map(str, operations)) == ["email_send", "email_send", "send"]


async def test_messages_of_one_reference_keep_outcomes_of_their_own(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    text = Message("+79031231000", Sms("Hi"), reference="order-1")
    refused = letter(f"ann{Scenario.REFUSED.value}@example.com", reference="order-1")
    for messages in ([text, refused], [refused, text]):
        streamed = [outcome async for outcome in devino.send_many(messages)]
        batched = await devino.send_batch(messages, History())
        for outcomes in (streamed, batched):
            kinds = {type(each.message.content[0]): type(each) for each in outcomes}
            assert kinds == {Sms: Accepted, Email: NotSent}
    assert emulator.ledger.count(to=text.phone) == 4


async def test_a_letter_that_never_left_is_not_sent_when_the_stream_is_left(
    connect: Connect, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    devino = connect(email_sender="post@shop.example", concurrency=1)
    people = [f"ann{Scenario.STALLED.value}@example.com", ANN]
    stream = devino.send_many(map(letter, people))

    async def leave_early() -> None:
        async with stream:
            first = asyncio.ensure_future(anext(aiter(stream)))
            await emulator.handled(1)
            first.cancel()

    await clock.drive(leave_early())
    assert [type(outcome) for outcome in stream.unreported] == [Unknown, NotSent]
    assert emulator.ledger.count(to=ANN) == 0


async def test_of_a_stream_of_letters_that_is_left_nothing_is_claimed(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    people = [ANN, f"ann{Scenario.STALLED.value}@example.com"]
    stream = devino.send_many(map(letter, people))

    async def leave_early() -> None:
        async with stream:
            first = asyncio.ensure_future(anext(aiter(stream)))
            await emulator.handled(2)
            first.cancel()

    await clock.drive(leave_early())
    first, stalled = stream.unreported
    assert isinstance(first, Accepted | Unknown)
    assert isinstance(stalled, Unknown)


async def test_states_of_both_channels_are_asked_for_together_and_come_in_order(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    mail = await devino.send(letter())
    text = await devino.send(Message("+79031231000", Sms("Hi")))
    emulator.clock.advance(timedelta(hours=1))
    asked = [mail.id, "devino:email:never", text.id, "messente:1", "devino:email:", mail.id]
    results = [result async for result in devino.status_many(asked)]
    assert [result.id for result in results] == asked
    assert [result.report is not None for result in results] == [
        True,
        False,
        True,
        False,
        False,
        True,
    ]
    errors = [type(result.error) for result in results if result.error is not None]
    assert errors == [UnknownMessageError, ForeignIdError, ForeignIdError]


async def test_a_report_has_the_moment_and_the_price(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=3))
    receipt = await devino.send(letter())
    emulator.clock.advance(timedelta(hours=1))
    report = await devino.status(receipt.id)
    assert report.at == emulator.ledger[receipt.id.removeprefix("devino:email:")].plan[2].at
    assert report.price is not None
    assert report.price.total == Decimal("1.0000")
    assert report.parts[0].raw_state == "DELIVERED"


async def test_nothing_of_a_letter_is_shown(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    receipt = await devino.send(letter(body="Swordfish [Unsubscribe]", metadata={"k": "Halibut"}))
    emulator.clock.advance(timedelta(hours=1))
    shown = f"{receipt!r} {await devino.status(receipt.id)!r}"
    assert not any(secret in shown for secret in ("Swordfish", "Halibut", ANN))
    assert json.loads(emulator.requests[0].body)


async def test_a_vendor_that_does_not_understand_the_ids_is_found_out_at_once(
    devino: DevinoProvider, emulator: DevinoEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [await devino.send(letter(f"person{number}@example.com")) for number in range(3)]
    monkeypatch.setattr(Selection, "takes", lambda *_, **__: True)
    asked = len(emulator.requests)
    with pytest.raises(ReadError, match="not asked for") as caught:
        await devino.status(sent[0].id)
    assert not isinstance(caught.value, UnknownMessageError)
    assert len(emulator.requests) == asked + 1
