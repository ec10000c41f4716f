"""Sending one message over HTTP: the three outcomes, and a ledger that agrees with each."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from messente_async import MessenteProvider
from messente_async.sandbox import ErrorBody, MessenteBehaviour, MessenteEmulator
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from omni_common.history import OUTCOME_LOGGER
from omni_common.message import (
    Channel,
    Email,
    Message,
    Priority,
    Sms,
    Viber,
    ViberVideo,
    Vk,
    WhatsApp,
    WhatsAppTemplate,
)
from omni_common.receipt import Part
from omni_common.sandbox import Fault, Scenario
from tests.support.emulated_time import EmulatedTime

TO = "+37251000000"
URL = "https://shop.example/a.png"
LATER = datetime(2027, 1, 1, 12, tzinfo=UTC)
HELLO = Message(TO, Sms("Hi"))
TAKEN = {
    Fault.DROP: AnswerLostError,
    Fault.RESET: AnswerLostError,
    Fault.TRUNCATED: AnswerLostError,
    Fault.GARBAGE: UnexpectedAnswerError,
    Fault.SERVER_ERROR: ServerFailedError,
    Fault.HTML: ServerFailedError,
}
"""Faults after which the message is in the ledger all the same, save for the one that stalls."""
IMPOSSIBLE = [
    Message(TO, Viber("Sale", image_url=URL)),
    Message(TO, Viber(image_url=URL, button_text="Open", button_url=URL)),
    Message(TO, [Viber("Sale", button_text="Open"), Sms("Sale")]),
    Message(TO, Sms("Hi"), priority=Priority.REALTIME),
    Message(TO, Sms("Hi"), metadata={"order": "42"}),
    Message(TO, Sms("Hi"), send_at=datetime(2026, 1, 1, tzinfo=UTC)),
    Message(TO, Sms("Hi"), extra={"messente": {"to": "+37251000001"}}),
    Message(TO, Sms("Hi"), extra={"messente": {"new": object()}}),
    Message(TO, Vk("Hi")),
    Message("anna@example.com", Email("Hi", subject="Hi")),
    Message("anna@example.com", Sms("Hi")),
]


async def failure(omni: MessenteProvider, message: Message = HELLO) -> OmniError:
    """The error that sending ends in, which must name the message and the provider."""
    with pytest.raises((NotSentError, OutcomeUnknownError)) as caught:
        await omni.send(message)
    assert (caught.value.provider, caught.value.reference) == ("messente", message.reference)
    return caught.value


# --- Accepted -------------------------------------------------------------------------------------


async def test_an_accepted_message_has_a_receipt_and_one_entry_in_the_ledger(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    receipt = await omni.send(HELLO)

    (entry,) = emulator.ledger
    assert receipt.id == f"messente:{entry.id}"
    assert (receipt.provider, receipt.reference, receipt.to) == ("messente", HELLO.reference, TO)
    assert receipt.parts == (Part(Channel.SMS, entry.parts[0], "Shop"),)
    assert receipt.raw["omnimessage_id"] == entry.id
    assert [(attempt.sent, attempt.status) for attempt in receipt.attempts] == [(True, 201)]
    assert pickle.loads(pickle.dumps(receipt)) == receipt  # noqa: S301 - our own


@pytest.mark.parametrize(
    "content",
    [
        Sms("Hi", sender="Own", ttl=timedelta(hours=1)),
        Viber(image_url=URL),
        Viber("Sale", image_url=URL, button_text="Open", button_url="viber://chat"),
        Viber("Sale", video=ViberVideo(URL, URL, 1, timedelta(seconds=600)), button_text="Go"),
        WhatsApp("Hi"),
        WhatsApp(template=WhatsAppTemplate("order", "en_US")),
        WhatsApp(template=WhatsAppTemplate("order", "en", ("Anna",)), ttl=timedelta(minutes=5)),
    ],
    ids=repr,
)
async def test_the_strict_vendor_takes_every_kind_of_content(
    omni: MessenteProvider, emulator: MessenteEmulator, content: Sms | Viber | WhatsApp
) -> None:
    await omni.send(Message(TO, content))

    assert [entry.channels for entry in emulator.ledger] == [(content.channel.value,)]


async def test_a_cascade_with_everything_said_about_it_is_one_message(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    message = Message(
        TO,
        [Viber("V", ttl=timedelta(minutes=5)), WhatsApp("W"), Sms("S", sender="Own")],
        send_at=LATER,
        priority=Priority.NORMAL,
        callback_url="http://127.0.0.1:9/dlr",
        extra={"messente": {"text_store": "nostore"}, "devino": {"ignored": True}},
    )
    receipt = await omni.send(message)

    (entry,) = emulator.ledger
    assert (entry.channels, entry.send_at) == (("viber", "whatsapp", "sms"), LATER)
    assert entry.callback_url == "http://127.0.0.1:9/dlr"
    assert (entry.content["priority"], entry.content["text_store"]) == ("regular", "nostore")
    assert [(part.channel, part.sender) for part in receipt.parts] == [
        (Channel.VIBER, "Shop"),
        (Channel.WHATSAPP, "Shop"),
        (Channel.SMS, "Own"),
    ]


async def test_a_request_is_json_of_known_length_under_the_projects_name(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    await omni.send(HELLO)

    (request,) = emulator.requests
    assert (request.method, request.path) == ("POST", "/v1/omnimessage")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Content-Length"] == str(len(request.body))
    assert request.headers["User-Agent"].startswith("omni-async/")
    assert json.loads(request.body)["to"] == TO


# --- Not sent -------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", IMPOSSIBLE, ids=range(len(IMPOSSIBLE)))
async def test_what_cannot_be_said_raises_before_any_request(
    omni: MessenteProvider, emulator: MessenteEmulator, message: Message
) -> None:
    error = await failure(omni, message)

    assert isinstance(error, NotSentError)
    assert error.attempts == ()
    assert emulator.requests == []


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (Message(Scenario.REFUSED.number(), Sms("Hi")), "to"),
        (Message(TO, Sms("Hi", sender="Forbidden")), "sender"),
        (Message(TO, Sms("Hi"), extra={"messente": {"priority": "urgent"}}), "priority"),
        (Message(TO, Sms("Hi"), extra={"messente": {"text_store": "disk"}}), "text_store"),
    ],
)
async def test_a_refusal_has_code_and_field_and_leaves_no_entry(
    omni: MessenteProvider, emulator: MessenteEmulator, message: Message, field: str
) -> None:
    error = await failure(omni, message)

    assert type(error) is RefusedError
    assert (error.vendor_code, error.field, error.outcome) == ("105", field, Outcome.NOT_SENT)
    assert error.raw["errors"]
    assert len(error.attempts) == len(emulator.requests) == 1
    assert len(emulator.ledger) == 0


async def test_wrong_credentials_are_told_from_a_forbidden_address(
    omni: MessenteProvider,
    connected: Callable[..., MessenteProvider],
    emulator: MessenteEmulator,
) -> None:
    wrong = await failure(connected(password="canary"))
    emulator.address_allowed = False
    forbidden = await failure(omni)

    assert isinstance(wrong, AuthenticationError)
    assert isinstance(forbidden, PermissionDeniedError)
    assert (wrong.vendor_code, forbidden.vendor_code) == ("103", "102")
    assert len(emulator.ledger) == 0


async def test_nobody_at_the_address_is_not_sent_after_three_attempts(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    omni = connected()
    await emulator.close()
    error = await failure(omni)

    assert isinstance(error, ConnectionFailedError)
    assert [attempt.sent for attempt in error.attempts] == [False] * 3


async def test_a_wrong_path_is_a_refusal(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    error = await failure(connected(base_url=emulator.base_url.removesuffix("1") + "2"))

    assert type(error) is RefusedError
    assert len(emulator.ledger) == 0


async def test_a_closed_provider_sends_nothing(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    await omni.send(HELLO)
    await omni.close()
    await omni.close()
    error = await failure(omni)

    assert isinstance(error, ClientClosedError)
    assert len(emulator.requests) == 1


# --- Too fast -------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", list(ErrorBody))
async def test_after_a_429_the_message_is_sent_when_messente_says(
    omni: MessenteProvider, emulator: MessenteEmulator, time: EmulatedTime, body: ErrorBody
) -> None:
    emulator.behaviour = MessenteBehaviour(rate_limit_body=body)
    emulator.retry_after = 7
    emulator.fail_next(Fault.RATE_LIMITED)
    receipt = await omni.send(HELLO)

    (slept,) = time.slept
    assert 7 <= slept <= 8
    assert [attempt.proves_not_sent for attempt in receipt.attempts] == [True, False]
    assert len(emulator.ledger) == 1


@pytest.mark.parametrize("body", list(ErrorBody))
@pytest.mark.parametrize("retry_after", [2, None])
async def test_a_429_that_lasts_is_not_sent(
    omni: MessenteProvider,
    emulator: MessenteEmulator,
    body: ErrorBody,
    retry_after: int | None,
) -> None:
    emulator.behaviour = MessenteBehaviour(rate_limit_body=body)
    emulator.retry_after = retry_after
    emulator.fail_next(Fault.RATE_LIMITED, times=3)
    error = await failure(omni)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == (None if retry_after is None else timedelta(seconds=2))
    assert len(error.attempts) == 3
    assert len(emulator.ledger) == 0


async def test_a_429_that_asks_for_an_hour_is_raised_at_once(
    omni: MessenteProvider, emulator: MessenteEmulator, time: EmulatedTime
) -> None:
    emulator.retry_after = 3600
    emulator.fail_next(Fault.RATE_LIMITED)
    error = await failure(omni)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(hours=1)
    assert time.slept == []


# --- Unknown --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", TAKEN)
@pytest.mark.parametrize("body", list(ErrorBody))
async def test_t70_a_message_that_was_taken_without_a_word_is_unknown_and_never_sent_twice(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault, body: ErrorBody
) -> None:
    emulator.behaviour = MessenteBehaviour(server_error_body=body)
    emulator.fail_next(fault)
    error = await failure(omni)

    assert type(error) is TAKEN[fault]
    assert error.outcome is Outcome.UNKNOWN
    assert HELLO.reference in str(error)
    assert len(error.attempts) == len(emulator.requests) == len(emulator.ledger) == 1


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.REDIRECT])
async def test_what_does_not_prove_a_refusal_is_unknown_although_nothing_was_taken(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault
) -> None:
    emulator.fail_next(fault)
    error = await failure(omni)

    assert isinstance(error, OutcomeUnknownError)
    assert len(emulator.requests) == 1
    assert len(emulator.ledger) == 0


@pytest.mark.parametrize("fault", TAKEN)
async def test_a_message_is_sent_twice_only_when_that_was_asked_for(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault
) -> None:
    emulator.fail_next(fault)
    try:
        receipt = await omni.send(HELLO, on_unknown="resend")
    except UnexpectedAnswerError:  # an unreadable answer will not be more readable next time
        assert fault is Fault.GARBAGE
    else:
        assert len(receipt.attempts) == len(emulator.ledger) == 2


async def test_a_stalled_answer_is_unknown_when_time_is_up(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    error = await failure(connected(timeout=0.4), evolve(HELLO, to=Scenario.STALLED.number()))

    assert isinstance(error, AnswerLostError)
    assert len(emulator.ledger) == 1


async def test_a_send_that_is_cancelled_leaves_a_record_of_what_is_known(
    omni: MessenteProvider, emulator: MessenteEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail_next(Fault.STALL)
    sending = asyncio.create_task(omni.send(HELLO))
    await emulator.handled(1)
    sending.cancel()
    with caplog.at_level(logging.WARNING, OUTCOME_LOGGER), pytest.raises(asyncio.CancelledError):
        await sending

    (record,) = caplog.records
    assert f"reference={HELLO.reference} outcome=unknown" in record.getMessage()


@pytest.mark.parametrize("scenario", [each for each in Scenario if each is not Scenario.STALLED])
async def test_every_magic_number_ends_as_its_table_says(
    omni: MessenteProvider, emulator: MessenteEmulator, scenario: Scenario
) -> None:
    message = evolve(HELLO, to=scenario.number())
    entries = emulator.ledger
    match scenario:
        case Scenario.REFUSED:
            assert isinstance(await failure(omni, message), RefusedError)
            assert len(entries) == 0
        case Scenario.ANSWER_DROPPED | Scenario.SERVER_ERROR | Scenario.GARBAGE:
            assert isinstance(await failure(omni, message), OutcomeUnknownError)
            assert entries.count(to=message.phone) == 1
        case _:
            receipt = await omni.send(message)
            assert len(receipt.attempts) == 1 + (scenario is Scenario.RATE_LIMITED)
            assert entries.count(to=message.phone) == 1


async def test_no_message_is_changed_by_being_sent(omni: MessenteProvider) -> None:
    message = Message(TO, Sms("Hi"), extra={"messente": {"text_store": "nostore"}})
    first, second = await omni.send(message), await omni.send(message)

    assert message.extra == {"messente": {"text_store": "nostore"}}
    assert first.id != second.id
