"""Many messages in one call: an outcome for each, tied to its place, and a ledger that agrees."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from messente_async import MessenteProvider
from messente_async.sandbox import BulkItems, MessenteBehaviour, MessenteEmulator
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ClientClosedError,
    InvalidMessageError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from omni_common.history import History
from omni_common.message import Channel, Message, Priority, Sms, Viber
from omni_common.receipt import Accepted, NotSent, SendOutcome, Unknown
from omni_common.sandbox import Fault, Scenario
from tests.support.emulated_time import EmulatedTime
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

NUMBERS = [f"+3725100{n:04}" for n in range(100, 110)]
MESSAGES = [Message(number, Sms(f"Order {number}")) for number in NUMBERS]
PAIR = MESSAGES[:2]
TAKEN = [Fault.DROP, Fault.RESET, Fault.TRUNCATED, Fault.GARBAGE, Fault.SERVER_ERROR, Fault.HTML]


async def sent(omni: MessenteProvider, *messages: Message) -> list[SendOutcome]:
    """The outcomes of a stream, which must be those of its messages, in order."""
    async with omni.send_many(messages) as stream:
        outcomes = [outcome async for outcome in stream]
    assert [outcome.message for outcome in outcomes] == list(messages)
    for message, outcome in zip(messages, outcomes, strict=True):
        about = outcome.receipt if isinstance(outcome, Accepted) else outcome.error
        assert (about.reference, about.provider) == (message.reference, "messente")
    return outcomes


async def answered(
    connected: Callable[..., MessenteProvider], *items: Any, status: int = 201
) -> list[SendOutcome]:
    """The outcomes of a pair of messages, whose bulk call is answered with these items."""
    body = json.dumps({"messages": items}).encode()
    async with FaultServer(answer(status, body)) as server:
        outcomes = await sent(connected(base_url=server.url), *PAIR)
    assert len(server.requests) == 1
    return outcomes


def created(message: Message, id: str = "id", **changes: Any) -> dict[str, Any]:
    return {"omnimessage_id": id, "to": message.phone, "messages": [], **changes}


def errors(code: str | None = "105", source: str | None = None) -> dict[str, Any]:
    return {"errors": [{"title": "", "detail": "", "code": code, "source": source}]}


def failures(outcomes: Sequence[SendOutcome]) -> list[NotSentError | OutcomeUnknownError]:
    return [outcome.error for outcome in outcomes if not isinstance(outcome, Accepted)]


def kinds(outcomes: Sequence[SendOutcome]) -> list[type[SendOutcome]]:
    return [type(outcome) for outcome in outcomes]


# --- Which call -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "calls"),
    [(1, ["send"]), (2, ["send_many"]), (5, ["send_many"])],
)
async def test_even_two_messages_are_one_bulk_call_and_one_is_a_call_of_its_own(
    omni: MessenteProvider, emulator: MessenteEmulator, count: int, calls: list[str]
) -> None:
    outcomes = await sent(omni, *MESSAGES[:count])

    assert kinds(outcomes) == [Accepted] * count
    assert [request.operation for request in emulator.requests] == calls
    assert [entry.to for entry in emulator.ledger] == NUMBERS[:count]


async def test_a_batch_holds_as_many_messages_as_was_set(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    await sent(connected(batch_size=2), *MESSAGES[:5])

    calls = sorted(len(request.json().get("messages", [])) for request in emulator.requests)
    assert [request.operation for request in emulator.requests].count("send") == 1
    assert calls == [1, 2, 2]
    assert len(emulator.ledger) == 5


async def test_what_fails_the_check_is_left_out_of_the_call(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    impossible = Message(NUMBERS[0], Viber("Sale", image_url="https://shop.example/a.png"))
    outcomes = await sent(omni, impossible, MESSAGES[1], impossible)

    assert kinds(outcomes) == [NotSent, Accepted, NotSent]
    assert [request.operation for request in emulator.requests] == ["send"]


async def test_each_message_of_a_call_is_written_as_on_its_own(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    plain = Message(NUMBERS[0], Sms("Hi", sender="Own"), priority=Priority.HIGH)
    rich = Message(
        NUMBERS[1],
        [Viber("V", ttl=timedelta(minutes=1)), Sms("S")],
        extra={"messente": {"text_store": "nostore"}},
    )
    outcomes = await sent(omni, plain, rich)
    for message in (plain, rich):
        await omni.send(message)

    alone = [entry.content for entry in emulator.ledger][2:]
    together = [entry.content for entry in emulator.ledger][:2]
    assert together == alone
    assert isinstance(outcomes[1], Accepted)
    assert [part.channel for part in outcomes[1].receipt.parts] == [Channel.VIBER, Channel.SMS]


async def test_a_batch_of_one_fails_and_succeeds_as_a_batch(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    emulator.fail_next(Fault.DROP)
    (lost,) = await sent(omni, MESSAGES[0])
    (refused,) = await sent(omni, Message(Scenario.REFUSED.number(), Sms("Hi")))

    assert isinstance(lost, Unknown)
    assert isinstance(refused, NotSent)
    assert refused.error.field == "to"
    assert len(emulator.ledger) == 1


# --- Mixed results --------------------------------------------------------------------------------


@pytest.mark.parametrize("errors_have_to", [False, True])
async def test_t6_mixed_results_belong_to_their_places(
    omni: MessenteProvider, emulator: MessenteEmulator, *, errors_have_to: bool
) -> None:
    emulator.behaviour = MessenteBehaviour(bulk_errors_have_to=errors_have_to)
    wrong_number = Message(Scenario.REFUSED.number(), Sms("Hi"))
    wrong_sender = Message(NUMBERS[5], Sms("Hi", sender="Forbidden"))
    outcomes = await sent(omni, wrong_number, *PAIR, wrong_sender, MESSAGES[2])

    assert kinds(outcomes) == [NotSent, Accepted, Accepted, NotSent, Accepted]
    refused = [outcome.error for outcome in outcomes if isinstance(outcome, NotSent)]
    assert [(error.vendor_code, error.field) for error in refused] == [
        ("105", "to"),
        ("105", "sender"),
    ]
    assert all(type(error) is RefusedError and len(error.attempts) == 1 for error in refused)
    ids = [outcome.receipt.id for outcome in outcomes if isinstance(outcome, Accepted)]
    assert ids == [f"messente:{entry.id}" for entry in emulator.ledger]
    assert [entry.to for entry in emulator.ledger] == NUMBERS[:3]


async def test_outcomes_can_be_pickled(omni: MessenteProvider) -> None:
    outcomes = await sent(omni, MESSAGES[0], Message(Scenario.REFUSED.number(), Sms("Hi")))
    copies = pickle.loads(pickle.dumps(outcomes))  # noqa: S301 - our own

    assert copies[0] == outcomes[0]
    assert [str(error) for error in failures(copies)] == [
        str(error) for error in failures(outcomes)
    ]
    assert len(failures(copies)) == 1


@pytest.mark.parametrize("to", [NUMBERS[0], NUMBERS[0][1:], int(NUMBERS[0]), None], ids=repr)
async def test_a_number_that_fits_or_is_missing_contradicts_nothing(
    connected: Callable[..., MessenteProvider], to: str | int | None
) -> None:
    outcomes = await answered(connected, created(PAIR[0], to=to), errors(source="payload[to]"))

    assert kinds(outcomes) == [Accepted, NotSent]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({}, "neither an id nor errors"),
        (None, "neither an id nor errors"),
        ({"errors": []}, "neither an id nor errors"),
        ({**created(PAIR[1]), **errors()}, "both an id and errors"),
        (errors("108"), "108, unknown error code"),
        (errors(None), "unknown error code"),
    ],
)
async def test_an_item_that_decides_nothing_is_unknown_and_the_other_is_not(
    connected: Callable[..., MessenteProvider], item: Any, reason: str
) -> None:
    first, second = await answered(connected, created(PAIR[0]), item)

    assert isinstance(first, Accepted)
    assert isinstance(second, Unknown)
    assert isinstance(second.error, UnexpectedAnswerError)
    assert reason in str(second.error)


async def test_an_item_that_failed_on_messentes_side_is_unknown(
    connected: Callable[..., MessenteProvider],
) -> None:
    first, second = await answered(connected, errors("104"), created(PAIR[1]))

    assert isinstance(first, Unknown)
    assert isinstance(first.error, ServerFailedError)
    assert first.error.vendor_code == "104"
    assert isinstance(second, Accepted)


@pytest.mark.parametrize(
    "items",
    [
        [],
        [created(PAIR[0])],
        [errors()],
        [created(PAIR[0]), created(PAIR[1]), errors()],
        [created(PAIR[1]), created(PAIR[0])],
        [created(PAIR[1]), errors()],
        [errors(), created(PAIR[0])],
        [created(PAIR[1], to=int(NUMBERS[1])), errors()],
        [created(PAIR[0], to=[NUMBERS[0]]), errors()],
        [{**errors(), "to": NUMBERS[1]}, created(PAIR[0], to=None)],
    ],
    ids=[
        *("none", "one", "an error", "three", "swapped", "moved up", "moved down"),
        *("a whole number", "no number", "an error moved up"),
    ],
)
@pytest.mark.parametrize("status", [201, 400, 500])
async def test_items_that_are_out_of_place_decide_nothing(
    connected: Callable[..., MessenteProvider], items: list[Any], status: int
) -> None:
    outcomes = await answered(connected, *items, status=status)

    assert kinds(outcomes) == [Unknown, Unknown]


@pytest.mark.parametrize("written", [str, int])
async def test_an_id_in_an_answer_that_is_out_of_place_is_not_lost(
    connected: Callable[..., MessenteProvider], written: type
) -> None:
    swapped = [
        created(PAIR[1], "one", to=written(NUMBERS[1])),
        created(PAIR[0], "two", to=written(NUMBERS[0])),
    ]
    outcomes = await answered(connected, *swapped)

    assert [error.raw[0]["omnimessage_id"] for error in failures(outcomes)] == ["two", "one"]


@pytest.mark.parametrize("items", [BulkItems.REVERSED, BulkItems.ONE_SHORT])
async def test_messages_that_were_taken_out_of_order_are_unknown(
    omni: MessenteProvider, emulator: MessenteEmulator, items: BulkItems
) -> None:
    emulator.behaviour = MessenteBehaviour(bulk_items=items)
    outcomes = await sent(omni, *MESSAGES[:4])

    assert kinds(outcomes) == [Unknown] * 4
    assert [entry.to for entry in emulator.ledger] == NUMBERS[:4]


# --- The whole call -------------------------------------------------------------------------------


async def test_a_call_that_is_refused_sent_none_of_its_messages(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    emulator.behaviour = MessenteBehaviour(max_bulk=2)
    too_many = await sent(connected(), *MESSAGES[:3])
    wrong = await sent(connected(password="wrong"), *PAIR)
    emulator.address_allowed = False
    forbidden = await sent(connected(), *PAIR)

    found = failures([*too_many, *wrong, *forbidden])
    assert [type(error) for error in found] == [
        *[RefusedError] * 3,
        *[AuthenticationError] * 2,
        *[PermissionDeniedError] * 2,
    ]
    assert {error.field for error in found[:3]} == {"content"}
    assert len(emulator.ledger) == 0


@pytest.mark.parametrize("fault", [*TAKEN, Fault.UNAVAILABLE, Fault.REDIRECT])
async def test_t70_a_call_whose_answer_is_lost_leaves_each_message_unknown_and_sends_none_twice(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault
) -> None:
    emulator.fail_next(fault, on="send_many")
    outcomes = await sent(omni, *MESSAGES)

    assert kinds(outcomes) == [Unknown] * 10
    assert all(outcome.outcome is Outcome.UNKNOWN for outcome in outcomes)
    assert len(emulator.requests) == 1
    assert len(emulator.ledger) == (10 if fault in TAKEN else 0)


async def test_a_number_that_breaks_the_answer_breaks_it_for_its_whole_batch(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    dropped = Message(Scenario.ANSWER_DROPPED.number(), Sms("Hi"))
    outcomes = await sent(omni, *PAIR, dropped)

    assert kinds(outcomes) == [Unknown] * 3
    assert len(emulator.ledger) == 3


async def test_a_call_that_came_too_fast_is_made_again(
    omni: MessenteProvider, emulator: MessenteEmulator, time: EmulatedTime
) -> None:
    emulator.retry_after = 5
    outcomes = await sent(omni, Message(Scenario.RATE_LIMITED.number(), Sms("Hi")), *PAIR)

    assert kinds(outcomes) == [Accepted] * 3
    assert isinstance(outcomes[0], Accepted)
    assert len(outcomes[0].receipt.attempts) == 2
    assert 5 <= time.slept[0] <= 6
    assert len(emulator.ledger) == 3


async def test_a_call_that_stays_too_fast_sent_none(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    emulator.fail_next(Fault.RATE_LIMITED, times=3)
    outcomes = await sent(omni, *PAIR)

    assert [type(error) for error in failures(outcomes)] == [RateLimitedError] * 2
    assert len(emulator.ledger) == 0


async def test_a_stalled_call_is_unknown_when_the_time_of_bulk_calls_is_up(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    emulator.fail_next(Fault.STALL)
    outcomes = await sent(connected(timeout=600, bulk_timeout=0.4), *PAIR)

    assert [type(error) for error in failures(outcomes)] == [AnswerLostError] * 2
    assert len(emulator.ledger) == 2


async def test_a_closed_provider_sends_none(omni: MessenteProvider) -> None:
    await omni.close()
    outcomes = await sent(omni, *PAIR)

    assert [type(error) for error in failures(outcomes)] == [ClientClosedError] * 2


async def test_a_batch_writes_down_what_was_tried(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    history = History()
    emulator.fail_next(Fault.DROP)
    outcomes = await omni.send_batch(PAIR, history)

    assert [error.attempts for error in failures(outcomes)] == [history.attempts] * 2
    assert history.outcome is Outcome.UNKNOWN


async def test_a_batch_that_was_not_checked_raises_nothing_else(omni: MessenteProvider) -> None:
    impossible = Message(NUMBERS[0], Viber("Sale", image_url="https://shop.example/a.png"))
    outcomes = await omni.send_batch([impossible, MESSAGES[1]], History())

    assert [type(error) for error in failures(outcomes)] == [InvalidMessageError] * 2
