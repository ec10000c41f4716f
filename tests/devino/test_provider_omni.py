"""Viber, VK and cascades over Devino behind the shared interface."""

from __future__ import annotations

import json
import pickle
from datetime import timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoEmulator
from omni_common import (
    Accepted,
    Channel,
    Email,
    ForeignIdError,
    InsufficientFundsError,
    InvalidMessageError,
    Message,
    NotSent,
    NotSentError,
    NotSupportedError,
    OutcomeUnknownError,
    Recipient,
    RefusedError,
    Sms,
    Unknown,
    Viber,
    Vk,
)
from omni_common.errors import Outcome
from omni_common.history import History
from omni_common.receipt import Part
from omni_common.sandbox import Fault, Scenario
from tests.devino.conftest import NOW, Connect
from tests.devino.scenario_account import (
    FIVE_MINUTES,
    every_omni_variant,
    offer,
    operations,
)
from tests.support.clock import FakeClock

ANN = Recipient(phone="+79031231000", email="ann@example.com")
LETTER = Email("Hello! [Unsubscribe]", subject="News", ttl=FIVE_MINUTES)


@pytest.fixture
def devino(connect: Connect) -> DevinoProvider:
    return connect(email_sender="post@shop.example", scenario_vk_template="900")


# --- Accepted -------------------------------------------------------------------------------------


@every_omni_variant
async def test_an_accepted_cascade_gives_a_receipt_with_a_part_for_each_channel(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    sent = offer(reference="order 17")
    receipt = await devino.send(sent)
    [entry] = emulator.ledger
    assert receipt.id == f"devino:omni:{entry.id}"
    assert (receipt.provider, receipt.reference, receipt.to) == ("devino", "order 17", sent.to)
    assert receipt.parts == (Part(Channel.VIBER, None, "Shop"), Part(Channel.SMS, None, "Shop"))
    assert str(receipt.raw["result"]) == entry.id
    [attempt] = receipt.attempts
    assert (attempt.number, attempt.sent, attempt.started_at) == (1, True, NOW)


@every_omni_variant
async def test_the_second_channel_is_tried_when_the_first_expires(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await devino.send(offer(Scenario.EXPIRED))
    [entry] = emulator.ledger
    states = [(change.channel, change.state) for change in entry.plan]
    assert ("VIBER", "EXPIRED") in states
    assert ("SMS", "DELIVERED") in states
    viber, sms = (
        next(change.at for change in entry.plan if change.channel == channel)
        for channel in ("VIBER", "SMS")
    )
    assert sms - viber >= FIVE_MINUTES


@pytest.mark.parametrize(
    ("content", "channels"),
    [
        (Viber("Hi"), "VIBER"),
        (Vk(template_id="16", template_data={"code": "1"}), "VK"),
        ([LETTER, Sms("Hi")], "EMAIL SMS"),
        ([Sms("Hi", ttl=FIVE_MINUTES), Vk(template_id="16")], "SMS VK"),
        ([Viber("Hi", ttl=FIVE_MINUTES), LETTER, Sms("Hi", ttl=FIVE_MINUTES)], "VIBER EMAIL SMS"),
    ],
)
async def test_every_documented_combination_goes_out(
    devino: DevinoProvider, emulator: DevinoEmulator, content: Any, channels: str
) -> None:
    receipt = await devino.send(Message(ANN, content))
    [entry] = emulator.ledger
    assert " ".join(entry.channels) == channels
    assert " ".join(str(part.channel) for part in receipt.parts) == channels.lower()
    assert receipt.to == (ANN.email if channels.startswith("EMAIL") else ANN.phone)


async def test_every_shared_word_arrives(devino: DevinoProvider, emulator: DevinoEmulator) -> None:
    viber = Viber(
        "Sale!",
        image_url="https://shop.example/a.png",
        button_text="Open",
        button_url="https://shop.example",
        sender="Vibes",
        ttl=timedelta(minutes=10),
    )
    receipt = await devino.send(
        Message(
            "+79031231000",
            [viber, Sms("Sale!", sender="Texts", ttl=timedelta(hours=1))],
            callback_url="http://127.0.0.1:9/cb",
            metadata={"order": "17"},
            reference="r-1",
            extra={"messente": {"contact": "ignored"}},
        )
    )
    sent = emulator.requests[-1].json()
    task = await devino.client.omni.task(sent.pop("taskId"))
    ids = {str(each.channel): str(each.trigger_id) for each in task.triggers_info}
    assert sent == {
        "contacts": [
            {
                "contact": {"phone": "79031231000"},
                "callbackUrl": "http://127.0.0.1:9/cb",
                "callbackData": {
                    "order": "17",
                    "omni_reference": "r-1",
                    "omni_channels": f"{ids['VIBER']}:viber {ids['SMS']}:sms",
                },
            }
        ],
        "templates": {
            ids["VIBER"]: {
                "viberTemplate": {
                    "from": "Vibes",
                    "text": "Sale!",
                    "action": "https://shop.example",
                    "caption": "Open",
                    "image": "https://shop.example/a.png",
                    "validity": 600,
                }
            },
            ids["SMS"]: {"smsTemplate": {"from": "Texts", "text": "Sale!", "validity": 3600}},
        },
    }
    assert [part.sender for part in receipt.parts] == ["Vibes", "Texts"]


# --- Refused and unknown --------------------------------------------------------------------------


@every_omni_variant
async def test_a_refused_message_says_why_and_is_not_sent(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    sent = offer(Scenario.REFUSED)
    with pytest.raises(RefusedError) as refused:
        await devino.send(sent)
    error = refused.value
    assert (error.vendor_code, error.outcome) == ("invalid.phone.size", Outcome.NOT_SENT)
    assert (error.provider, error.reference) == ("devino", sent.reference)
    [attempt] = error.attempts
    assert attempt.proves_not_sent
    assert "79031230001" in json.dumps(error.raw)
    assert "7903123" not in f"{error} {error!r} {attempt!r} {error.field} {error.__cause__!r}"
    assert b"7903123" not in pickle.dumps(error)
    assert len(emulator.ledger) == 0


@every_omni_variant
@pytest.mark.parametrize("scenario", [Scenario.ANSWER_DROPPED, Scenario.GARBAGE], ids=str)
async def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(
    devino: DevinoProvider, emulator: DevinoEmulator, scenario: Scenario
) -> None:
    sent = offer(scenario)
    with pytest.raises(OutcomeUnknownError) as unknown:
        await devino.send(sent)
    assert unknown.value.reference == sent.reference
    assert sent.reference in str(unknown.value)
    assert len(unknown.value.attempts) == operations(emulator)["omni_send"] == 1
    assert len(emulator.ledger) == 1


@pytest.mark.parametrize(
    "fault", [Fault.DROP, Fault.RESET, Fault.TRUNCATED, Fault.SERVER_ERROR, Fault.HTML], ids=str
)
async def test_nothing_is_sent_twice_nor_by_another_scenario(
    devino: DevinoProvider, emulator: DevinoEmulator, fault: Fault
) -> None:
    emulator.fail_next(fault, on="omni_send")
    with pytest.raises(OutcomeUnknownError):
        await devino.send(offer())
    assert operations(emulator)["omni_send"] == operations(emulator)["task_create"] == 1
    assert len(emulator.ledger) == 1


async def test_it_is_sent_again_only_where_that_was_asked_for(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    emulator.fail_next(Fault.DROP, on="omni_send")
    receipt = await clock.drive(devino.send(offer(), on_unknown="resend"))
    assert len(receipt.attempts) == len(emulator.ledger) == 2
    assert operations(emulator)["task_create"] == 1


async def test_a_wrong_wish_is_refused_before_a_scenario_is_made(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    message = offer()
    with pytest.raises(InvalidMessageError) as refused:
        await devino.send(message, on_unknown="maybe")  # type: ignore[arg-type]
    assert (refused.value.field, refused.value.reference) == ("on_unknown", message.reference)
    assert emulator.requests == []


async def test_a_message_that_came_too_fast_is_sent_in_the_second_attempt(
    devino: DevinoProvider, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    receipt = await clock.drive(devino.send(offer(Scenario.RATE_LIMITED)))
    assert len(receipt.attempts) == 2
    assert len(emulator.ledger) == 1


async def test_an_account_without_money_is_told_so(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.credit = 0
    with pytest.raises(InsufficientFundsError) as refused:
        await devino.send(offer())
    assert len(refused.value.attempts) == 1


# --- Following ------------------------------------------------------------------------------------


async def test_states_are_posted_only_and_asking_says_so_at_once(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    receipt = await devino.send(offer())
    before = len(emulator.requests)
    for asking in (devino.status(receipt.id), devino.wait(receipt.id)):
        with pytest.raises(NotSupportedError) as unsupported:
            await asking
        error = unsupported.value
        assert not isinstance(error, NotSentError)
        assert (error.outcome, error.provider) == (None, "devino")
        assert "callback_url" in error.text
        assert "omni_common.Tracker" in error.text
    with pytest.raises(NotSupportedError, match="outbox"):
        await devino.cancel(receipt.id)
    assert len(emulator.requests) == before


async def test_of_many_ids_each_gets_its_own_answer(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    cascade, text = await devino.send(offer()), await devino.send(Message(ANN, Sms("Hi")))
    before = len(emulator.requests)
    ids = [cascade.id, text.id, "devino:omni:never", "devino:omni:", cascade.id]
    results = [found async for found in devino.status_many(ids)]
    assert [found.id for found in results] == ids
    assert results[1].report is not None
    errors = [type(found.error) for found in results if found.report is None]
    assert errors == [NotSupportedError, NotSupportedError, ForeignIdError, NotSupportedError]
    assert len(emulator.requests) == before + 1


# --- Many messages --------------------------------------------------------------------------------


async def test_a_mixed_stream_keeps_its_order_and_sends_lone_sms_in_bulk(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    text, letter = Message(ANN, Sms("Hi")), Message(ANN, Email("Hi [Unsubscribe]", subject="S"))
    viber, refused = Message(ANN, Viber("Hi")), offer(Scenario.REFUSED)
    texts_first = Message(ANN, [Sms("Hi", ttl=FIVE_MINUTES), Viber("Hi")])
    messages = [text, text, offer(), texts_first, letter, refused, offer(ttl=timedelta(0.5)), viber]
    messages += [Message(ANN, [Viber("no ttl"), Sms("Hi")]), text, text]
    async with devino.send_many(messages) as stream:
        outcomes = [outcome async for outcome in stream]
    assert [outcome.message for outcome in outcomes] == messages
    kinds = "".join("A" if isinstance(each, Accepted) else "N" for each in outcomes)
    assert kinds == "AAAAANAANAA"
    calls = operations(emulator)
    assert (calls["send"], calls["email_send"], calls["omni_send"]) == (1, 1, 5)
    assert sorted(map(" ".join, (entry.channels for entry in emulator.ledger))) == sorted(
        ["SMS"] * 4 + ["VIBER SMS"] * 2 + ["SMS VIBER", "EMAIL", "VIBER"]
    )


async def test_a_mixed_batch_keeps_its_order(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    letter = Message(ANN, Email("Hi [Unsubscribe]", subject="S"))
    lost, refused = offer(Scenario.ANSWER_DROPPED), offer(Scenario.REFUSED)
    messages = [offer(), Message(ANN, Sms("Hi")), lost, letter, refused, Message(ANN, Viber("x"))]
    history = History()
    outcomes = await devino.send_batch(messages, history)
    assert [outcome.message for outcome in outcomes] == messages
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Accepted, Accepted, Unknown, Accepted, NotSent, Accepted]
    assert history.outcome is Outcome.UNKNOWN
    assert len(emulator.ledger) == 5


async def test_many_messages_of_one_scenario_make_it_once(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    messages = [Message(f"+7903123{number}", offer().content) for number in range(1000, 1100)]
    outcomes = [outcome async for outcome in devino.send_many(messages)]
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert operations(emulator)["task_create"] == 1
    assert [emulator.ledger.count(to=message.phone) for message in messages] == [1] * 100


async def test_nothing_of_a_message_is_shown(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    secret = offer(text="Swordfish", metadata={"k": "Halibut"})
    receipt = await devino.send(secret)
    emulator.fail_next(Fault.SERVER_ERROR, on="omni_send")
    with pytest.raises(OutcomeUnknownError) as caught:
        await devino.send(secret)
    shown = f"{receipt!r} {caught.value!r} {caught.value} {caught.value.attempts!r}"
    assert not any(word in shown for word in ("Swordfish", "Halibut", "7903123"))


# --- Checked --------------------------------------------------------------------------------------

NO_JSON = {"devino": {"x": float("nan")}}
NO_NAME: Any = {"devino": {5: "x"}}
TOLD_ONCE: list[tuple[Message, list[str]]] = [
    (Message(ANN, Email("Hi [Unsubscribe]", subject="S"), extra=NO_JSON), ["extra"]),
    (Message(ANN, Sms("Hi"), extra=NO_JSON), ["extra"]),
    (Message(ANN, Viber("Hi"), extra=NO_JSON), ["extra"]),
    (Message(ANN, Email("Hi [Unsubscribe]", subject="S"), extra=NO_NAME), ["extra"]),
    (Message(ANN, Sms("Hi"), extra=NO_NAME), ["extra"]),
    (Message(ANN, Viber("Hi"), extra=NO_NAME), ["extra"]),
    (Message(ANN, [Vk(template_id="7"), Sms("Hi")]), ["content"]),
    (Message(ANN, [Vk(template_id="7", ttl=FIVE_MINUTES), Sms("Hi")]), ["content"]),
    (Message(ANN, [Viber("Hi"), Sms("Hi")]), ["ttl"]),
    (Message(ANN, [Viber("Hi", image_url="https://a.example/a.png")]), ["image_url"]),
    (Message(ANN, Viber("${Name}")), ["text"]),
]


@pytest.mark.parametrize(("message", "fields"), TOLD_ONCE)
async def test_each_problem_is_told_once_and_before_anything_is_asked(
    devino: DevinoProvider, emulator: DevinoEmulator, message: Message, fields: list[str]
) -> None:
    assert [problem.field for problem in devino.check(message)] == fields
    with pytest.raises(NotSentError) as refused:
        await devino.send(message)
    assert refused.value.field == fields[0]
    assert emulator.requests == []


async def test_an_sms_alone_may_hold_what_looks_like_a_macro(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    await devino.send(Message(ANN, Sms("${Name}")))
    [entry] = emulator.ledger
    assert entry.content["text"] == "${Name}"
