"""What becomes of messages of several channels in the emulated OMNI, on a clock that stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.email_behaviour import AfterDelivery, EmailBehaviour
from devino_async.sandbox.omni_behaviour import AfterViber, OmniBehaviour
from devino_async.sandbox.states import StatusWord
from omni_common.sandbox import Pace, SandboxClock
from tests.support.devino_http import KEY, Caller
from tests.support.devino_tasks import (
    EMAIL_TEMPLATE,
    SMS_TEMPLATE,
    VIBER_TEMPLATE,
    advance,
    api_task,
    created,
    event,
    fallback,
    follower,
    outline,
    sent,
    steps,
    trigger,
)

NUMBER = "7903000{}"
UNDELIVERED = NUMBER.format("0002")
EXPIRED = NUMBER.format("0003")


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def course(
    devino: Caller, *triggers: dict[str, Any], phone: str = "79103398080", email: str | None = None
) -> list[tuple[float, str, str]]:
    """What becomes of one message within an hour, without its way there."""
    contact = {"phone": phone} | ({"email": email} if email else {})
    message_id = await sent(devino, await created(devino, api_task(*triggers)), contact)
    advance(devino, 3600)
    return outline(devino, message_id)


async def test_a_message_is_followed_step_by_step(devino: Caller) -> None:
    message_id = await sent(devino, await created(devino, api_task()))
    found = []
    for _ in range(4):
        found.append(len(steps(devino, message_id)))
        advance(devino, 0.5)
    advance(devino, 3600)
    assert found == [1, 2, 3, 3]
    assert steps(devino, message_id) == [
        (0, "SMS", "ACCEPTED"),
        (0.5, "SMS", "ENROUTE"),
        (1, "SMS", "SENT"),
        (2, "SMS", "DELIVERED"),
    ]


async def test_a_child_is_not_sent_when_the_event_comes_in_time(devino: Caller) -> None:
    first = trigger("VIBER")
    found = await course(devino, first, fallback("SMS", 1, of=first, wait=60))
    assert found == [(0, "VIBER", "ACCEPTED"), (2, "VIBER", "DELIVERED")]


async def test_the_last_moment_is_in_time(devino: Caller) -> None:
    first = trigger("VIBER")
    found = await course(devino, first, fallback("SMS", 1, of=first, wait=2))
    assert {channel for _, channel, _ in found} == {"VIBER"}


async def test_t59_an_expired_first_channel_is_followed_by_a_second_that_delivers(
    devino: Caller,
) -> None:
    first = trigger("VIBER", template={"viberTemplate": {**_viber(), "validity": 30}})
    found = await course(devino, first, fallback("SMS", 1, of=first, wait=60), phone=EXPIRED)
    assert found == [
        (0, "VIBER", "ACCEPTED"),
        (30, "VIBER", "EXPIRED"),
        (60, "SMS", "ACCEPTED"),
        (62, "SMS", "DELIVERED"),
    ]


async def test_an_undelivered_parent_waits_its_time_out_too(devino: Caller) -> None:
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first, wait=60)
    third = fallback("EMAIL", 2, of=second, wait=100)
    found = await course(devino, first, second, third, phone=UNDELIVERED, email="a@mail.example")
    assert found == [
        (0, "VIBER", "ACCEPTED"),
        (2, "VIBER", "UNDELIVERABLE"),
        (60, "SMS", "ACCEPTED"),
        (62, "SMS", "UNDELIVERABLE"),
        (160, "EMAIL", "ACCEPTED"),
        (162, "EMAIL", "DELIVERED"),
    ]


async def test_a_late_delivery_is_a_delivery_of_both(http: aiohttp.ClientSession) -> None:
    slow = Pace(delivered=timedelta(seconds=90))
    async with DevinoEmulator(key=KEY, pace=slow, clock=SandboxClock(frozen=True)) as emulator:
        first = trigger("VIBER", startTime="2000-01-01 00:00:00", endTime="2999-01-01 00:00:00")
        found = await course(Caller(emulator, http), first, fallback("SMS", 1, of=first, wait=60))
    assert found == [
        (0, "VIBER", "ACCEPTED"),
        (60, "SMS", "ACCEPTED"),
        (90, "VIBER", "DELIVERED"),
        (150, "SMS", "DELIVERED"),
    ]


@pytest.mark.parametrize(
    ("phone", "value", "sent_at"),
    [("79103398080", "delivered", 2), (EXPIRED, "expired", 20), (EXPIRED, "delivered", None)],
)
async def test_a_follower_is_sent_when_its_parent_reaches_the_state(
    devino: Caller, phone: str, value: str, sent_at: float | None
) -> None:
    first = trigger(
        "SMS", template={"smsTemplate": {**SMS_TEMPLATE["smsTemplate"], "validity": 20}}
    )
    found = await course(devino, first, follower("VIBER", 1, of=first, value=value), phone=phone)
    assert [at for at, channel, word in found if (channel, word) == ("VIBER", "ACCEPTED")] == (
        [] if sent_at is None else [sent_at]
    )


async def test_a_trigger_can_have_several_children_and_events(devino: Caller) -> None:
    first = trigger("VIBER")
    either = follower("SMS", 1, of=first, value="expired")
    either["eventSources"].append(event("VIBER", "delivered"))
    web = follower("PUSH", 2, of=first, value="delivered")
    web["eventSources"] = [{**event("VIBER"), "eventType": "CONTACT_WEB_EVENT"}]
    email = fallback("EMAIL", 3, of=first, wait=1)
    found = await course(devino, first, either, web, email, email="a@mail.example")
    assert [(at, channel) for at, channel, word in found if word == "ACCEPTED"] == [
        (0, "VIBER"),
        (1, "EMAIL"),
        (2, "SMS"),
    ]


async def test_children_of_what_is_never_sent_are_never_sent(devino: Caller) -> None:
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first, wait=60)
    found = await course(devino, first, second, fallback("VK", 2, of=second, wait=60))
    assert {channel for _, channel, _ in found} == {"VIBER"}


async def test_each_address_plays_its_own_scenario(devino: Caller) -> None:
    first = trigger("EMAIL")
    found = await course(devino, first, fallback("SMS", 1, of=first), email="mail0002@mail.example")
    assert [step[1:] for step in found] == [
        ("EMAIL", "ACCEPTED"),
        ("EMAIL", "BOUNCED"),
        ("SMS", "ACCEPTED"),
        ("SMS", "DELIVERED"),
    ]


async def test_a_later_channel_without_an_address_is_rejected(devino: Caller) -> None:
    first = trigger("VIBER")
    second = fallback("EMAIL", 1, of=first, wait=60)
    third = fallback("SMS", 2, of=second, wait=60)
    found = await course(devino, first, second, third, phone=EXPIRED)
    assert found[2:] == [
        (60, "EMAIL", "REJECTED"),
        (120, "SMS", "ACCEPTED"),
        (122, "SMS", "DELIVERED"),
    ]


async def test_t57_a_wallet_without_the_number_reports_it_in_a_word_of_its_own(
    devino: Caller,
) -> None:
    first = trigger("PUSH_WALLET")
    child = follower("SMS", 1, of=first, value="MSISDN_NOT_REGISTERED")
    found = await course(devino, first, child, phone=UNDELIVERED)
    assert [step[:2] for step in found if step[2] == "ACCEPTED"] == [(0, "PUSH_WALLET"), (2, "SMS")]
    assert {channel for _, channel, _ in await course(devino, first, child)} == {"PUSH_WALLET"}


async def test_t61_messages_are_opened_and_clicked_after_their_delivery(devino: Caller) -> None:
    button = {**_viber(), "action": "https://shop.example", "caption": "Open"}
    plain = trigger("VIBER")
    with_button = trigger("VIBER", template={"viberTemplate": button})
    devino.emulator.behaviour = DevinoBehaviour(
        omni=OmniBehaviour(after_viber=AfterViber.CLICKED),
        email=EmailBehaviour(after_delivery=AfterDelivery.CLICKED),
    )
    opened = [(0, "VIBER", "ACCEPTED"), (2, "VIBER", "DELIVERED"), (4, "VIBER", "OPENED")]
    assert await course(devino, plain) == opened
    assert await course(devino, with_button) == [*opened, (9, "VIBER", "CLICKED")]
    found = await course(devino, trigger("EMAIL"), email="a@mail.example")
    assert [word for _, _, word in found] == ["ACCEPTED", "DELIVERED", "OPENED", "CLICKED"]
    omni = OmniBehaviour(after_viber=AfterViber.OPENED)
    devino.emulator.behaviour = DevinoBehaviour(omni=omni)
    assert await course(devino, with_button) == opened


async def test_a_shortened_link_of_an_sms_is_followed(devino: Caller) -> None:
    linked = {"from": "Shop", "text": "See https://shop.example", "shortenUrl": True}
    found = await course(devino, trigger("SMS", template={"smsTemplate": linked}))
    assert [word for _, _, word in found] == ["ACCEPTED", "DELIVERED", "CLICKED"]
    whole = trigger("SMS", template={"smsTemplate": {**linked, "shortenUrl": False}})
    assert [word for _, _, word in await course(devino, whole)] == ["ACCEPTED", "DELIVERED"]


@pytest.mark.parametrize("word", [StatusWord.REJECTED, StatusWord.UNKNOWN])
async def test_a_message_that_is_not_delivered_can_end_in_other_words(
    devino: Caller, word: StatusWord
) -> None:
    devino.emulator.behaviour = evolve(devino.emulator.behaviour, undelivered_status=word)
    found = await course(devino, trigger("SMS"), phone=UNDELIVERED)
    assert found[-1] == (2, "SMS", word.value)


async def test_a_child_can_be_kept_to_its_own_times(devino: Caller) -> None:
    first = trigger("VIBER")
    late = {**fallback("SMS", 1, of=first), "endTime": "2027-01-01 09:01:00"}
    found = await course(devino, first, late, phone=EXPIRED)
    assert {channel for _, channel, _ in found} == {"VIBER", "SMS"}
    # The hour that the first course took is over by now.
    in_time = {**late, "endTime": "2027-01-01 10:01:01"}
    late = {**late, "endTime": "2027-01-01 11:01:00"}
    omni = OmniBehaviour(child_windows=True)
    devino.emulator.behaviour = DevinoBehaviour(omni=omni)
    found = await course(devino, first, in_time, phone=EXPIRED)
    assert {channel for _, channel, _ in found} == {"VIBER", "SMS"}
    found = await course(devino, first, late, phone=EXPIRED)
    assert {channel for _, channel, _ in found} == {"VIBER"}


async def test_a_wait_may_outlast_every_calendar(devino: Caller) -> None:
    chain = [trigger("VIBER", 0)]
    for index in range(1, 120):
        chain.append(fallback("SMS", index, of=chain[-1], wait=2**31 - 1))
    message_id = await sent(devino, await created(devino, api_task(*chain)), {"phone": UNDELIVERED})
    entry = devino.emulator.ledger[message_id]
    assert 9900 < entry.plan[-1].at.year < 9999


async def test_a_letter_is_followed_by_its_own_words(devino: Caller) -> None:
    first = trigger("EMAIL", template=EMAIL_TEMPLATE)
    devino.emulator.behaviour = DevinoBehaviour(
        email=EmailBehaviour(after_delivery=AfterDelivery.UNSUBSCRIBED)
    )
    child = follower("SMS", 1, of=first, value="unsubscribed")
    found = await course(devino, first, child, email="a@mail.example")
    assert [step[1:] for step in found] == [
        ("EMAIL", "ACCEPTED"),
        ("EMAIL", "DELIVERED"),
        ("EMAIL", "OPENED"),
        ("EMAIL", "UNSUBSCRIBED"),
        ("SMS", "ACCEPTED"),
        ("SMS", "DELIVERED"),
    ]


def _viber() -> dict[str, Any]:
    return dict(VIBER_TEMPLATE["viberTemplate"])
