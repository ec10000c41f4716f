"""Each switch of the emulated Devino's letters, where the vendor's documents are silent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import asdict, evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.email_behaviour import (
    AfterDelivery,
    EmailBehaviour,
    ExtraDataEcho,
    FailureKeys,
    InvalidAddress,
    MissingMacro,
    ResultOrder,
    UndeliveredEvent,
    UnsubscribedAddress,
)
from omni_common.sandbox import SandboxClock
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller
from tests.support.devino_letters import behave, post, posted, rows

NO_RECIPIENTS = "validation.recipients.must.be.greather.then.0"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def devino(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY, email_callback_url=receiver.url) as emulator:
        yield Caller(emulator, http)


async def events(devino: Caller, receiver: CallbackReceiver) -> list[str]:
    devino.emulator.clock.advance(MINUTE)
    await devino.emulator.settle()
    return [event["event"] for [event] in receiver.bodies]


# Who gets a letter


async def test_t55_a_letter_without_the_macro_can_be_accepted_and_never_sent(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, missing_macro=MissingMacro.NEVER_SENT)
    devino.emulator.credit = 0
    [id] = await posted(devino, Body={"Html": "Hello"})
    assert await events(devino, receiver) == ["ACCEPTED", "REJECTED"]
    [row] = await rows(devino, messageIds=id)
    assert row["status"] == "UNDELIVERED"


async def test_an_invalid_address_can_be_missing_from_the_result(devino: Caller) -> None:
    behave(devino, invalid_address=InvalidAddress.INDEX_MISSING)
    answer = await post(devino, "a@mail.example", "b@mail", "c0001@mail.example", "d@mail.example")
    assert answer.data["description"] == "ok"
    found = [(item["index"], item["address"]) for item in answer.items]
    assert found == [(0, "a@mail.example"), (3, "d@mail.example")]
    assert len(devino.emulator.ledger) == 2


async def test_a_letter_to_invalid_addresses_alone_is_refused_like_one_to_nobody(
    devino: Caller,
) -> None:
    behave(devino, invalid_address=InvalidAddress.INDEX_MISSING)
    answer = await post(devino, "b@mail", "c0001@mail.example")
    assert answer.data["Reasons"] == [{"Key": NO_RECIPIENTS, "Reference": "recipients"}]


async def test_who_unsubscribed_can_be_missing_from_the_result(devino: Caller) -> None:
    behave(devino, unsubscribed_address=UnsubscribedAddress.INDEX_MISSING)
    devino.emulator.unsubscribe("a@mail.example")
    answer = await post(devino, "A@mail.example", "b@mail.example", CheckUnsubscription=True)
    assert [item["index"] for item in answer.items] == [1]
    answer = await post(devino, "a@mail.example", CheckUnsubscription=True)
    assert answer.data == {"result": [], "description": "ok"}


async def test_who_unsubscribes_in_a_letter_gets_no_other(devino: Caller) -> None:
    behave(devino, after_delivery=AfterDelivery.UNSUBSCRIBED)
    await posted(devino, "a@mail.example", CheckUnsubscription=True)
    await _second_letter_ends(devino, "DELIVERED")
    devino.emulator.clock.advance(MINUTE)
    await _second_letter_ends(devino, "REJECTED")


async def test_who_subscribes_again_gets_letters_again(devino: Caller) -> None:
    behave(devino, after_delivery=AfterDelivery.UNSUBSCRIBED)
    await posted(devino, "a@mail.example")
    devino.emulator.clock.advance(MINUTE)
    behave(devino, after_delivery=AfterDelivery.SUBSCRIBED)
    await posted(devino, "A@mail.example")
    devino.emulator.clock.advance(MINUTE)
    await _second_letter_ends(devino, "DELIVERED")


async def _second_letter_ends(devino: Caller, word: str) -> None:
    kept = devino.emulator.behaviour
    behave(devino)
    [id] = await posted(devino, "a@mail.example", CheckUnsubscription=True)
    devino.emulator.behaviour = kept
    assert devino.emulator.ledger[id].plan[-1].state == word


async def test_t22_data_of_a_recipient_can_be_text_that_holds_an_object(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, accepts_json_text=True)
    recipient = {"Address": "a@mail.example", "MergeFields": "{}", "ExtraData": '{"order": "17"}'}
    await posted(devino, Recipients=[recipient])
    await devino.emulator.settle()
    [[event]] = receiver.bodies
    assert event["userData"] == {"order": "17"}
    for text in ("[]", "{", "17", "[" * 100_000):
        answer = await post(devino, Recipients=[{**recipient, "MergeFields": text}])
        assert answer.data["Reasons"][0]["Reference"] == "recipients[0].mergeFields"


# How a call is answered


async def test_items_can_come_in_another_order(devino: Caller) -> None:
    behave(devino, result_order=ResultOrder.REVERSED)
    answer = await post(devino, "a@mail.example", "b@mail.example")
    found = [(item["index"], item["address"]) for item in answer.items]
    assert found == [(1, "b@mail.example"), (0, "a@mail.example")]


async def test_addresses_can_come_in_small_letters(devino: Caller) -> None:
    behave(devino, lowercases_addresses=True)
    [item] = (await post(devino, "James@Mail.example")).items
    assert item["address"] == "james@mail.example"
    assert devino.emulator.ledger[item["messageId"]].to == "James@Mail.example"


async def test_t1_descriptions_can_be_worded_otherwise(devino: Caller) -> None:
    behave(devino, accepted_description="OK", refused_description="error")
    assert (await post(devino)).data["description"] == "OK"
    assert (await post(devino, Recipients=[])).data["Description"] == "error"


async def test_t1_a_refusal_can_be_in_small_letters(devino: Caller) -> None:
    behave(devino, failure_keys=FailureKeys.LOWER)
    assert (await post(devino, Recipients=[])).data == {
        "description": "Validation failed",
        "reasons": [{"key": NO_RECIPIENTS, "reference": "recipients"}],
    }


async def test_t4_the_reasons_can_be_one_object(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(reasons_as_object=True)
    answer = await post(devino, Recipients=[], Subject="")
    assert answer.data["Reasons"] == {"Key": "must.be.not.null", "Reference": "subject"}


@pytest.mark.parametrize(("accepted", "refused"), [(200, 400), (201, 200), (200, 422)])
async def test_t5_the_status_of_an_answer_is_open(
    devino: Caller, accepted: int, refused: int
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepted_status=accepted, refused_status=refused)
    assert (await post(devino)).status == accepted
    assert (await post(devino, Recipients=[])).status == refused


async def test_answers_and_callbacks_can_hold_keys_no_document_names(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(extra_keys=True)
    accepted, refused = (await post(devino)).data, (await post(devino, Recipients=[])).data
    await devino.emulator.settle()
    [[event]] = receiver.bodies
    for holder in (accepted, accepted["result"][0], refused, refused["Reasons"][0], event):
        assert holder["addedLater"] == {"value": 1}


# What becomes of a letter


@pytest.mark.parametrize("word", UndeliveredEvent)
async def test_an_undelivered_letter_can_end_in_two_words(
    devino: Caller, receiver: CallbackReceiver, word: UndeliveredEvent
) -> None:
    behave(devino, undelivered_event=word)
    await posted(devino, "a0002@mail.example")
    assert await events(devino, receiver) == ["ACCEPTED", "SENT", word.value]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (AfterDelivery.NOTHING, []),
        (AfterDelivery.OPENED, ["OPENED"]),
        (AfterDelivery.CLICKED, ["OPENED", "CLICKED"]),
        (AfterDelivery.UNSUBSCRIBED, ["OPENED", "UNSUBSCRIBED"]),
        (AfterDelivery.SUBSCRIBED, ["OPENED", "SUBSCRIBED"]),
        (AfterDelivery.COMPLAINED, ["OPENED", "COMPLAINED"]),
    ],
)
async def test_t61_people_do_something_with_delivered_letters(
    devino: Caller, receiver: CallbackReceiver, after: AfterDelivery, words: list[str]
) -> None:
    behave(devino, after_delivery=after)
    await posted(devino, "a@mail.example")
    assert await events(devino, receiver) == ["ACCEPTED", "SENT", "DELIVERED", *words]


async def test_people_do_nothing_with_letters_that_did_not_arrive(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    behave(devino, after_delivery=AfterDelivery.CLICKED)
    await posted(devino, "a0003@mail.example")
    assert await events(devino, receiver) == ["ACCEPTED", "SENT", "EXPIRED"]


@pytest.mark.parametrize(
    ("echo", "expected"),
    [
        (ExtraDataEcho.OBJECT, {"order": "17"}),
        (ExtraDataEcho.TEXT, '{"order": "17"}'),
        (ExtraDataEcho.NULL, None),
    ],
)
async def test_t22_extra_data_can_be_echoed_in_three_ways(
    devino: Caller, receiver: CallbackReceiver, echo: ExtraDataEcho, expected: Any
) -> None:
    behave(devino, extra_data=echo)
    recipient = {"Address": "a@mail.example", "ExtraData": {"order": "17"}}
    await posted(devino, Recipients=[recipient])
    await devino.emulator.settle()
    [[event]] = receiver.bodies
    assert event["userData"] == expected


async def test_a_callback_not_answered_with_200_may_be_repeated(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(callback_attempts=2)
    receiver.status = 204
    await posted(devino)
    await devino.emulator.settle()
    devino.emulator.clock.advance(MINUTE)
    await devino.emulator.settle()
    words = [json.loads(each.body)[0]["event"] for each in receiver.received]
    assert words.count("ACCEPTED") == 2


# All of them


@pytest.mark.parametrize(
    ("name", "behaviour"),
    [each for each in variants(areas=("email",)) if each[0] == "default" or "email." in each[0]],
)
async def test_every_variant_takes_a_letter_and_tells_of_it(
    devino: Caller, name: str, behaviour: DevinoBehaviour
) -> None:
    devino.emulator.behaviour = behaviour
    [id] = await posted(devino, "a0003@mail.example")
    devino.emulator.clock.advance(MINUTE)
    [row] = await rows(devino, messageIds=id, status="UNDELIVERED")
    assert row["messageId"] == id, name


def test_the_variants_depart_in_every_switch_of_letters_and_one_at_a_time() -> None:
    default = asdict(EmailBehaviour(), recurse=False)
    departures = [
        {key for key, value in asdict(each.email, recurse=False).items() if value != default[key]}
        for name, each in variants(areas=("email",))
        if name.startswith("email.")
    ]
    assert all(len(departure) == 1 for departure in departures)
    assert set().union(*departures) == set(default)


@pytest.mark.parametrize("status", [100, 600, "200"])
def test_a_status_that_no_server_can_show_is_refused(status: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="uploaded_status"):
        evolve(EmailBehaviour(), uploaded_status=status)
