"""What the emulated Devino posts, whichever way the vendor decided what it does not document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async import DevinoProvider
from devino_async.omni.reference import callback_data
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.email_behaviour import AfterDelivery, EmailBehaviour
from devino_async.sandbox.omni_behaviour import AfterViber, OmniBehaviour, TriggerOrder
from omni_common.callbacks import Event, IncomingMessage, Subscription, SubscriptionChanged
from omni_common.message import Channel, Email, Message, Sms
from omni_common.report import DeliveryState, merge
from omni_common.sandbox import SandboxClock, Scenario
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import api_task, created, fallback, sent, trigger, triggers_of
from tests.support.emulated_time import EmulatedTime
from tests.support.received_posts import furthest, read_unsigned, reports

SECOND = timedelta(seconds=1)
NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)


def every_variant(*areas: str) -> pytest.MarkDecorator:
    params = [pytest.param(each, id=name) for name, each in variants(areas=areas)]
    return pytest.mark.parametrize("behaviour", params)


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(NOW, frozen=True)


@pytest.fixture
async def receiver() -> AsyncIterator[CallbackReceiver]:
    async with CallbackReceiver() as started:
        yield started


@pytest.fixture
async def devino(clock: SandboxClock, receiver: CallbackReceiver) -> AsyncIterator[DevinoEmulator]:
    url = receiver.url
    async with DevinoEmulator(
        clock=clock,
        key=KEY,
        account_callback_url=url,
        email_callback_url=url,
        incoming_callback_url=url,
    ) as emulator:
        yield emulator


@pytest.fixture
async def omni(devino: DevinoEmulator) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield Caller(devino, session)


# --- SMS and letters ------------------------------------------------------------------------------


def devino_provider(emulator: DevinoEmulator, clock: SandboxClock) -> DevinoProvider:
    return DevinoProvider(
        key=emulator.key,
        base_url=emulator.base_url,
        sender="Shop",
        email_sender="info@shop.example",
        clock=EmulatedTime(clock),
    )


@every_variant()
async def test_devino_tells_of_every_state_of_an_sms(
    devino: DevinoEmulator,
    receiver: CallbackReceiver,
    clock: SandboxClock,
    behaviour: DevinoBehaviour,
) -> None:
    devino.behaviour = behaviour
    numbers = ["+79031230000", "+79031230002", "+79031230003"]
    messages = [Message(number, Sms("S"), metadata={"order": "1"}) for number in numbers]
    messages.append(Message(numbers[0], Sms("S"), send_at=NOW + timedelta(minutes=1)))
    async with devino_provider(devino, clock) as provider:
        receipts = [await provider.send(message) for message in messages]
    clock.advance(timedelta(days=2))
    await devino.settle()
    told = reports(read_unsigned(receiver, "devino.sms"))

    assert {each.id for each in told} == {receipt.id for receipt in receipts}
    assert [
        merge(each.state for each in told if each.id == receipt.id) for receipt in receipts
    ] == [
        DeliveryState.DELIVERED,
        _state_of(behaviour),
        DeliveryState.EXPIRED,
        DeliveryState.DELIVERED,
    ]
    assert DeliveryState.SCHEDULED in {each.state for each in told}
    for each in told:
        assert (each.channel, each.partial) == (Channel.SMS, False)
        assert each.id == f"devino:sms:{each.parts[0].id}"
        assert each.at is not None
        assert NOW <= each.at <= clock.now()


def _state_of(behaviour: DevinoBehaviour) -> DeliveryState:
    word = behaviour.undelivered_status.value
    return {"UNDELIVERABLE": DeliveryState.UNDELIVERED}.get(word) or DeliveryState[word]


@every_variant("reports")
async def test_devino_tells_what_a_person_wrote(
    devino: DevinoEmulator, receiver: CallbackReceiver, behaviour: DevinoBehaviour
) -> None:
    devino.behaviour = behaviour
    id = devino.receive("Hi", sender="79101111111", recipient="Shop", prefix="2135")
    await devino.settle()
    told = read_unsigned(receiver, "devino.sms_incoming")

    expected = IncomingMessage(
        provider="devino",
        id=id,
        channel=Channel.SMS,
        sender="+79101111111",
        recipient="Shop",
        text="Hi",
        at=NOW,
        raw=told[0].raw,
        area="devino.sms_incoming",
    )
    assert told == [expected] * behaviour.callback_copies


@every_variant("email")
async def test_devino_tells_what_became_of_letters_and_what_their_readers_decided(
    devino: DevinoEmulator,
    receiver: CallbackReceiver,
    clock: SandboxClock,
    behaviour: DevinoBehaviour,
) -> None:
    devino.behaviour = behaviour
    content = Email(subject="Sale", html="<p>Sale</p>[Unsubscribe]")
    people = ["ann@mail.example", f"bob{Scenario.UNDELIVERED.value}@mail.example"]
    async with devino_provider(devino, clock) as provider:
        messages = [Message(person, content, metadata={"order": "1"}) for person in people]
        read_by, lost = [(await provider.send(message)).id for message in messages]
    clock.advance(timedelta(days=2))
    await devino.settle()
    events = read_unsigned(receiver, "devino.email")
    told = reports(events)

    assert {each.id for each in told} == {read_by, lost}
    arrived = merge(each.state for each in told if each.id == read_by)
    done = behaviour.email.after_delivery
    assert arrived is {
        AfterDelivery.NOTHING: DeliveryState.DELIVERED,
        AfterDelivery.CLICKED: DeliveryState.CLICKED,
    }.get(done, DeliveryState.READ)
    assert merge(each.state for each in told if each.id == lost) in {
        DeliveryState.UNDELIVERED,
        DeliveryState.REJECTED,
    }
    for each in told:
        assert (each.channel, each.partial) == (Channel.EMAIL, False)
        assert each.at is not None
        assert NOW <= each.at <= clock.now()
    changes = [each for each in events if isinstance(each, SubscriptionChanged)]
    expected = [done.value] if done.name in Subscription.__members__ else []
    assert [each.change.value for each in changes] == expected
    assert all((each.id, each.address) == (read_by, people[0]) for each in changes)


# --- OMNI -----------------------------------------------------------------------------------------


async def omni_events(
    devino: Caller, receiver: CallbackReceiver, steps: list[dict[str, Any]], phone: str
) -> tuple[str, list[Event]]:
    """The id of one message that carries its channels along, and what is posted of it."""
    task_id = await created(devino, api_task(*steps))
    ids = await triggers_of(devino, task_id)
    if devino.emulator.behaviour.omni.trigger_order is TriggerOrder.REVERSED:
        ids.reverse()
    channels = {
        str(id): Channel(step["channel"].lower()) for id, step in zip(ids, steps, strict=True)
    }
    message_id = await sent(
        devino,
        task_id,
        {"phone": phone, "email": "ann@mail.example"},
        callbackUrl=receiver.url,
        callbackData=callback_data("ref-1", channels, {"order": "1"}),
    )
    devino.emulator.clock.advance(timedelta(hours=1))
    await devino.emulator.settle()
    return f"devino:omni:{message_id}", read_unsigned(receiver, "devino.omni")


def viber_then_sms() -> list[dict[str, Any]]:
    first = trigger("VIBER")
    return [first, fallback("SMS", 1, of=first, wait=60)]


@every_variant("omni")
async def test_t59_devino_tells_how_each_channel_of_a_cascade_ended(
    omni: Caller, receiver: CallbackReceiver, behaviour: DevinoBehaviour
) -> None:
    omni.emulator.behaviour = behaviour
    id, events = await omni_events(omni, receiver, viber_then_sms(), "79030000003")
    told = reports(events)

    assert told == events
    # A later channel's may be another, or none: the reference joins them.
    assert {each.id for each in told if each.channel is not Channel.SMS} == {id}
    assert {each.parts[0].id for each in told} == {None}
    if behaviour.omni.bare_callbacks:
        assert furthest(told) == {"unknown": DeliveryState.DELIVERED}
        assert {(each.reference, each.channels, each.at) for each in told} == {(None, (), None)}
    else:
        assert furthest(told) == {
            Channel.VIBER: DeliveryState.EXPIRED,
            Channel.SMS: DeliveryState.DELIVERED,
        }
        assert {each.reference for each in told} == {"ref-1"}
        assert {each.channels for each in told} == {(Channel.VIBER, Channel.SMS)}
        assert all(each.at and NOW <= each.at <= omni.emulator.clock.now() for each in told)
    assert all(each.partial for each in told)
    finals = [each.state for each in told if each.is_final]
    assert finals == [DeliveryState.DELIVERED] * behaviour.omni.callback_copies


async def test_t34_seconds_and_milliseconds_are_the_same_moment(
    omni: Caller, receiver: CallbackReceiver
) -> None:
    moments = []
    for in_seconds in (False, True):
        omni.emulator.behaviour = DevinoBehaviour(omni=OmniBehaviour(ts_in_seconds=in_seconds))
        receiver.received.clear()
        began = omni.emulator.clock.now()
        _, [event] = await omni_events(omni, receiver, [trigger("SMS")], "79031234567")
        assert event.at is not None
        moments.append(event.at - began)
    assert moments == [2 * SECOND, 2 * SECOND]


@pytest.mark.parametrize("phone", ["79031234567", "79030000002", "79030000003"])
async def test_devino_tells_the_end_of_a_message_with_one_channel(
    omni: Caller, receiver: CallbackReceiver, phone: str
) -> None:
    _, events = await omni_events(omni, receiver, [trigger("VIBER")], phone)
    [told] = reports(events)
    assert (told.channel, told.channels, told.partial) == (Channel.VIBER, (Channel.VIBER,), False)
    assert told.is_final
    assert (told.error is not None) is (phone == "79030000002")


async def test_t61_devino_tells_what_was_opened_and_clicked(
    omni: Caller, receiver: CallbackReceiver
) -> None:
    omni.emulator.behaviour = DevinoBehaviour(omni=OmniBehaviour(after_viber=AfterViber.OPENED))
    _, events = await omni_events(omni, receiver, viber_then_sms(), "79031234567")
    assert furthest(reports(events)) == {Channel.VIBER: DeliveryState.READ}


@pytest.mark.parametrize("change", Subscription)
async def test_devino_tells_what_the_reader_of_a_letter_decided(
    omni: Caller, receiver: CallbackReceiver, change: Subscription
) -> None:
    email = EmailBehaviour(after_delivery=AfterDelivery[change.name])
    omni.emulator.behaviour = evolve(omni.emulator.behaviour, email=email)
    id, events = await omni_events(omni, receiver, [trigger("EMAIL")], "79031234567")
    [told] = [each for each in events if isinstance(each, SubscriptionChanged)]
    assert told == SubscriptionChanged(
        provider="devino",
        change=change,
        id=id,
        reference="ref-1",
        channel=Channel.EMAIL,
        address="ann@mail.example",
        at=told.at,
        raw=told.raw,
        area=told.area,
    )
    assert told.at is not None
    assert furthest(reports(events)) == {Channel.EMAIL: DeliveryState.READ}
