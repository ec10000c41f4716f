"""Whatever Messente does where its documents are silent: no outcome says more than the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from messente_async import MessenteProvider
from messente_async.sandbox import (
    BulkItems,
    CancelledStatus,
    MessenteBehaviour,
    MessenteEmulator,
    UndeliveredWord,
    ViberRule,
    variants,
)
from omni_common.errors import (
    CancelFailedError,
    NotSentError,
    OutcomeUnknownError,
    UnknownMessageError,
)
from omni_common.message import Content, Message, Sms, Viber, ViberVideo, WhatsApp, WhatsAppTemplate
from omni_common.receipt import Accepted, NotSent, SendOutcome, Unknown
from omni_common.report import DeliveryReport, DeliveryState
from omni_common.sandbox import Fault, SandboxClock, Scenario

URL = "https://shop.example/a.png"
SECOND = timedelta(seconds=1)
LATER = datetime(2027, 1, 1, 12, tzinfo=UTC)
CASCADE: list[Content] = [Viber("V", ttl=5 * SECOND), Sms("S")]
CONTENTS: list[Content] = [
    Sms("x" * 500, ttl=timedelta(hours=1)),
    Viber("V"),
    Viber(image_url=URL),
    Viber("V", button_text="Open", button_url=URL),
    Viber("V", image_url=URL, button_text="Open", button_url=URL),
    Viber("V", video=ViberVideo(URL, URL, 1, SECOND)),
    WhatsApp("W"),
    WhatsApp(template=WhatsAppTemplate("order", "en")),
    WhatsApp(template=WhatsAppTemplate("order", "en", ("Anna",))),
]

pytestmark = pytest.mark.parametrize(
    "behaviour", [behaviour for _, behaviour in variants()], ids=[name for name, _ in variants()]
)


@pytest.fixture(autouse=True)
def _behave(emulator: MessenteEmulator, behaviour: MessenteBehaviour) -> None:
    emulator.behaviour = behaviour


def numbers() -> Iterator[str]:
    """Numbers that nothing special happens to, each of them once."""
    return (f"+372519{n:05}" for n in count(11))


async def outcome_of(omni: MessenteProvider, message: Message) -> SendOutcome:
    """How a send ends, in the words of a stream."""
    try:
        return Accepted(message, await omni.send(message))
    except NotSentError as error:
        return NotSent(message, error)
    except OutcomeUnknownError as error:
        return Unknown(message, error)


def agree(outcome: SendOutcome, emulator: MessenteEmulator) -> None:
    """The ledger holds what was accepted once, what was not sent never, and nothing twice.

    The number of the message must be its own alone.
    """
    entries = emulator.ledger.find(to=outcome.message.phone)
    match outcome:
        case Accepted(receipt=receipt):
            assert [f"messente:{entry.id}" for entry in entries] == [receipt.id]
        case NotSent():
            assert entries == ()
        case Unknown():
            assert len(entries) <= 1


async def followed(omni: MessenteProvider, clock: SandboxClock, id: str) -> list[DeliveryReport]:
    """The reports of twenty seconds, of which none but the last state is final."""
    reports = []
    for _ in range(20):
        reports.append(await omni.status(id))
        clock.advance(SECOND)
    final = [report.state for report in reports if report.is_final]
    seen = {DeliveryState.DELIVERED, DeliveryState.READ}
    assert len(set(final)) <= 1 or set(final) == seen
    return reports


async def test_every_content_is_taken_or_refused(
    omni: MessenteProvider, emulator: MessenteEmulator, behaviour: MessenteBehaviour
) -> None:
    outcomes = []
    for number, content in zip(numbers(), CONTENTS, strict=False):
        outcomes.append(await outcome_of(omni, Message(number, content)))
        agree(outcomes[-1], emulator)

    refused = [outcome.message.content[0] for outcome in outcomes if isinstance(outcome, NotSent)]
    assert refused == ([CONTENTS[3]] if behaviour.viber is ViberRule.REFERENCE else [])
    assert not any(isinstance(outcome, Unknown) for outcome in outcomes)


async def test_what_is_refused_leaves_nothing_behind(
    omni: MessenteProvider, emulator: MessenteEmulator, behaviour: MessenteBehaviour
) -> None:
    fresh = numbers()
    new = {"messente": {"shape": "round"}}
    refused = await outcome_of(omni, Message(Scenario.REFUSED.number(), Sms("Hi")))
    sender = await outcome_of(omni, Message(next(fresh), Sms("Hi", sender="Forbidden")))
    unheard_of = await outcome_of(omni, Message(next(fresh), Sms("Hi"), extra=new))

    for outcome in (refused, sender, unheard_of):
        agree(outcome, emulator)
    assert [
        outcome.error.field for outcome in (refused, sender) if isinstance(outcome, NotSent)
    ] == [
        "to",
        "sender",
    ]
    assert isinstance(unheard_of, Accepted) is behaviour.accepts_unknown_fields


async def test_no_fault_makes_an_outcome_untrue(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    faults = [fault for fault in Fault if fault is not Fault.STALL]
    for fault, number in zip(faults, numbers(), strict=False):
        times = 3 if fault is Fault.RATE_LIMITED else 1
        emulator.fail_next(fault, times)
        outcome = await outcome_of(omni, Message(number, Sms("Hi")))
        agree(outcome, emulator)
        assert type(outcome) is (NotSent if fault is Fault.RATE_LIMITED else Unknown)
        assert emulator.pending_faults == ()


async def test_no_fault_of_a_bulk_call_makes_an_outcome_untrue(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    fresh = numbers()
    for fault in [fault for fault in Fault if fault is not Fault.STALL]:
        emulator.fail_next(fault)
        pair = [Message(next(fresh), Sms("Hi")) for _ in range(2)]
        outcomes = [outcome async for outcome in omni.send_many(pair)]
        for outcome in outcomes:
            agree(outcome, emulator)
        assert len(outcomes) == 2


async def test_every_magic_number_ends_truly(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    for scenario in Scenario:
        if scenario is not Scenario.STALLED:
            message = Message(scenario.number(), Sms("Hi"))
            agree(await outcome_of(omni, message), emulator)


async def test_results_of_a_bulk_call_are_told_apart_or_unknown(
    omni: MessenteProvider, emulator: MessenteEmulator, behaviour: MessenteBehaviour
) -> None:
    fresh = numbers()
    messages = [
        Message(next(fresh), Sms("Hi")),
        Message(Scenario.REFUSED.number(), Sms("Hi")),
        Message(next(fresh), [WhatsApp("W"), Viber("V"), Sms("S")]),
        Message(next(fresh), Sms("Hi", sender="Forbidden")),
        Message(next(fresh), Viber(image_url=URL)),
    ]
    outcomes = [outcome async for outcome in omni.send_many(messages)]

    for outcome in outcomes:
        agree(outcome, emulator)
    in_order = behaviour.bulk_items is BulkItems.IN_ORDER
    expected = [Accepted, NotSent, Accepted, NotSent, Accepted] if in_order else [Unknown] * 5
    assert [type(outcome) for outcome in outcomes] == expected
    assert len(emulator.requests) == 1


async def test_a_message_is_followed_to_its_end(
    omni: MessenteProvider, clock: SandboxClock, behaviour: MessenteBehaviour
) -> None:
    receipt = await omni.send(Message(next(numbers()), Viber("V")))
    last = (await followed(omni, clock, receipt.id))[-1]

    assert last.state is (DeliveryState.READ if behaviour.seen else DeliveryState.DELIVERED)
    assert last.error is None
    assert last.price is not None
    assert last.at is not None
    assert last.at.utcoffset() == timedelta()


async def test_a_cascade_is_followed_to_its_last_channel(
    omni: MessenteProvider, clock: SandboxClock, behaviour: MessenteBehaviour
) -> None:
    expiring = await omni.send(Message(Scenario.EXPIRED.number(), CASCADE))
    delivered = (await followed(omni, clock, expiring.id))[-1]
    failing = await omni.send(Message(Scenario.UNDELIVERED.number(), CASCADE))
    failed = (await followed(omni, clock, failing.id))[-1]

    assert (delivered.state, delivered.channel) == (DeliveryState.DELIVERED, "sms")
    assert [part.raw_state for part in delivered.parts] == ["EXPIRED", "DELIVRD"]
    assert failed.error is not None
    assert failed.channel == "sms"
    assert failed.is_final is (behaviour.undelivered is not UndeliveredWord.UNKNOWN)


async def test_a_scheduled_message_is_cancelled_once(
    omni: MessenteProvider, emulator: MessenteEmulator, behaviour: MessenteBehaviour
) -> None:
    receipt = await omni.send(Message(next(numbers()), CASCADE, send_at=LATER))
    if behaviour.status_before_time:
        assert (await omni.status(receipt.id)).state is DeliveryState.ACCEPTED
    else:
        with pytest.raises(UnknownMessageError):
            await omni.status(receipt.id)
    await omni.cancel(receipt.id)

    (entry,) = emulator.ledger
    assert entry.cancelled_at is not None
    if behaviour.cancels_again:
        await omni.cancel(receipt.id)
    else:
        with pytest.raises(CancelFailedError):
            await omni.cancel(receipt.id)
    if behaviour.cancelled is CancelledStatus.NOT_FOUND:
        with pytest.raises(UnknownMessageError):
            await omni.status(receipt.id)
    else:
        report = await omni.status(receipt.id)
        says_so = behaviour.cancelled is CancelledStatus.DELETED
        assert report.state is (DeliveryState.CANCELLED if says_so else DeliveryState.ACCEPTED)


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.SERVER_ERROR])
async def test_a_lost_answer_to_a_cancellation_is_cleared_up_or_left_open(
    omni: MessenteProvider,
    emulator: MessenteEmulator,
    behaviour: MessenteBehaviour,
    fault: Fault,
) -> None:
    receipt = await omni.send(Message(next(numbers()), CASCADE, send_at=LATER))
    emulator.fail_next(fault, on="cancel")
    if behaviour.cancelled is CancelledStatus.DELETED or behaviour.cancels_again:
        await omni.cancel(receipt.id)
    else:
        with pytest.raises(OutcomeUnknownError):
            await omni.cancel(receipt.id)

    (entry,) = emulator.ledger
    assert entry.cancelled_at is not None


async def test_a_sent_message_is_never_said_to_be_cancelled(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    receipt = await omni.send(Message(next(numbers()), Sms("Hi")))
    with pytest.raises(CancelFailedError):
        await omni.cancel(receipt.id)
    emulator.fail_next(Fault.DROP, on="cancel")
    with pytest.raises(OutcomeUnknownError):
        await omni.cancel(receipt.id)

    (entry,) = emulator.ledger
    assert entry.cancelled_at is None
