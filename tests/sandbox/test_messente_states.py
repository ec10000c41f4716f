"""How Messente's emulator moves messages on: statuses, cascades, schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from messente_async.sandbox import (
    CancelledStatus,
    ItemIds,
    MessenteBehaviour,
    MessenteEmulator,
    SentWord,
    TimestampZone,
    UndeliveredWord,
    Unset,
    UntriedChannels,
)
from omni_common.sandbox import Pace, SandboxClock, Scenario
from tests.support.messente_caller import ITEM_KEYS, MessenteCaller, omnimessage, sms

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
VIBER = {"channel": "viber", "text": "Hi", "ttl": 300}


async def statuses(messente: MessenteCaller, id: str) -> list[Any]:
    """The status words of all items, in the order they come."""
    return [item["status"] for item in (await messente.status(id)).data["statuses"]]


async def course(
    messente: MessenteCaller, clock: SandboxClock, id: str, seconds: int
) -> list[list[Any]]:
    """The status words at each second from now on, without repetitions."""
    seen: list[list[Any]] = []
    for _ in range(seconds):
        words = await statuses(messente, id)
        if not seen or seen[-1] != words:
            seen.append(words)
        clock.advance(SECOND)
    return seen


async def test_a_message_is_processed_then_sent_then_delivered(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    id = await messente.accepted(omnimessage(sms()))
    assert await course(messente, clock, id, 9) == [[None], ["ACK"], ["DELIVRD"]]


async def test_the_pace_of_a_message_can_be_set(
    http: aiohttp.ClientSession, clock: SandboxClock
) -> None:
    pace = Pace(sent=timedelta(), delivered=timedelta())
    async with MessenteEmulator(clock=clock, pace=pace) as messente_emulator:
        messente = MessenteCaller(messente_emulator, http)
        id = await messente.accepted(omnimessage(sms()))
        assert await statuses(messente, id) == ["DELIVRD"]


async def test_an_unprocessed_item_has_every_key_and_nothing_in_it(
    messente: MessenteCaller,
) -> None:
    id = await messente.accepted(omnimessage(sms(sender="Shop")))
    reading = await messente.status(id)
    assert (reading.status, reading.content_type) == (200, "application/json")
    assert reading.data.keys() == {"omnimessage_id", "to", "statuses"}
    assert (reading.data["omnimessage_id"], reading.data["to"]) == (id, "+37251000000")
    [item] = reading.data["statuses"]
    assert item.keys() == ITEM_KEYS
    assert (item["channel"], item["sender"]) == ("sms", "Shop")
    for field in ("status", "error", "err", "timestamp", "price_info"):
        assert item[field] is None


async def test_a_delivered_item_tells_when_and_for_how_much(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    id = await messente.accepted(omnimessage(sms("x" * 161)))
    messente_emulator.clock.advance(3 * SECOND)
    [item] = (await messente.status(id)).data["statuses"]
    assert item["message_id"] == messente_emulator.ledger[id].parts[0]
    assert (item["err"], item["error"]) == (0, None)
    assert item["timestamp"] == "2027-01-01T09:00:02.000000"
    expected = {"part_price": "0.05", "parts_count": 2, "total_price": "0.10"}
    assert item["price_info"] == expected


async def test_an_undelivered_message_fails_on_every_channel_with_an_error(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    to = Scenario.UNDELIVERED.number()
    id = await messente.accepted(omnimessage(VIBER, sms(), to=to))
    assert await course(messente, clock, id, 9) == [
        [None, None],
        ["ACK", None],
        ["UNDELIV", None],
        ["UNDELIV", "ACK"],
        ["UNDELIV", "UNDELIV"],
    ]
    for item in (await messente.status(id)).data["statuses"]:
        assert item["err"] == 1
        assert item["error"]
        assert item["price_info"] is None


async def test_t40_a_channel_that_expires_hands_over_when_its_ttl_has_run_out(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    to = Scenario.EXPIRED.number()
    id = await messente.accepted(omnimessage({**VIBER, "ttl": 10}, sms(), to=to))
    clock.advance(timedelta(seconds=9, milliseconds=999))
    assert await statuses(messente, id) == ["ACK", None]
    clock.advance(timedelta(milliseconds=1))
    assert await course(messente, clock, id, 9) == [
        ["EXPIRED", None],
        ["EXPIRED", "ACK"],
        ["EXPIRED", "DELIVRD"],
    ]
    expired, delivered = (await messente.status(id)).data["statuses"]
    assert (expired["err"], delivered["err"]) == (2, 0)


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [({"validity": 1}, 60), ({"ttl": 60}, 60), ({"ttl": 1}, 1), ({}, 5)]
)
async def test_a_lone_channel_that_expires_is_the_end(
    messente: MessenteCaller, clock: SandboxClock, lifetime: dict[str, Any], seconds: int
) -> None:
    id = await messente.accepted(omnimessage(sms(**lifetime), to=Scenario.EXPIRED.number()))
    clock.advance(seconds * SECOND - timedelta(microseconds=1))
    assert await statuses(messente, id) != ["EXPIRED"]
    clock.advance(timedelta(microseconds=1))
    assert await statuses(messente, id) == ["EXPIRED"]
    clock.advance(HOUR)
    assert await statuses(messente, id) == ["EXPIRED"]


async def test_t60_a_channel_that_expired_can_deliver_after_the_next_one_did(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    to = Scenario.LATE.number()
    id = await messente.accepted(omnimessage({**VIBER, "ttl": 10}, sms(), to=to))
    assert (await course(messente, clock, id, 30))[-3:] == [
        ["EXPIRED", "ACK"],
        ["EXPIRED", "DELIVRD"],
        ["DELIVRD", "DELIVRD"],
    ]
    alone = await messente.accepted(omnimessage(sms(), to=to))
    assert (await course(messente, clock, alone, 30))[-2:] == [["EXPIRED"], ["DELIVRD"]]


async def test_a_channel_that_is_rejected_hands_over_at_once(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    to = Scenario.REJECTED.number()
    id = await messente.accepted(omnimessage(VIBER, sms(), to=to))
    assert (await course(messente, clock, id, 9))[-3:] == [
        ["REJECTD", None],
        ["REJECTD", "ACK"],
        ["REJECTD", "DELIVRD"],
    ]
    rejected, _ = (await messente.status(id)).data["statuses"]
    assert (rejected["err"], bool(rejected["error"])) == (8, True)


async def test_a_delivery_on_the_first_channel_leaves_the_next_untried(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    id = await messente.accepted(omnimessage(VIBER, sms()))
    clock.advance(HOUR)
    assert await statuses(messente, id) == ["DELIVRD", None]


async def test_a_scheduled_message_has_a_null_status_until_its_time(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    due = clock.now() + HOUR
    id = await messente.accepted(omnimessage(sms(), time_to_send=due.isoformat()))
    clock.advance(HOUR)
    assert await course(messente, clock, id, 9) == [[None], ["ACK"], ["DELIVRD"]]


async def test_a_time_that_has_passed_means_at_once(
    messente: MessenteCaller, clock: SandboxClock
) -> None:
    past = clock.now() - HOUR
    id = await messente.accepted(omnimessage(sms(), time_to_send=past.isoformat()))
    assert await course(messente, clock, id, 9) == [[None], ["ACK"], ["DELIVRD"]]


async def test_a_scheduled_message_may_be_unknown_before_its_time(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(status_before_time=False)
    due = messente_emulator.clock.now() + HOUR
    id = await messente.accepted(omnimessage(sms(), time_to_send=due.isoformat()))
    assert (await messente.status(id)).status == 404
    messente_emulator.clock.advance(HOUR)
    assert (await messente.status(id)).status == 200


@pytest.mark.parametrize(
    ("cancelled", "status", "words"),
    [
        (CancelledStatus.DELETED, 200, ["DELETED", "DELETED"]),
        (CancelledStatus.NULL, 200, [None, None]),
        (CancelledStatus.EMPTY, 200, []),
        (CancelledStatus.NOT_FOUND, 404, None),
    ],
)
async def test_t48_what_is_said_of_a_cancelled_message_is_a_switch(
    messente: MessenteCaller,
    messente_emulator: MessenteEmulator,
    cancelled: CancelledStatus,
    status: int,
    words: list[Any] | None,
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(cancelled=cancelled)
    due = messente_emulator.clock.now() + HOUR
    id = await messente.accepted(omnimessage(VIBER, sms(), time_to_send=due.isoformat()))
    assert (await messente.cancel(id)).status == 202
    messente_emulator.clock.advance(2 * HOUR)
    reading = await messente.status(id)
    assert reading.status == status
    if words is not None:
        assert [item["status"] for item in reading.data["statuses"]] == words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (SentWord.ACK, [[None], ["ACK"], ["DELIVRD"]]),
        (SentWord.ACCEPTD, [[None], ["ACCEPTD"], ["DELIVRD"]]),
        (SentWord.NONE, [[None], ["DELIVRD"]]),
    ],
)
async def test_the_word_for_sent_is_a_switch(
    messente: MessenteCaller,
    messente_emulator: MessenteEmulator,
    word: SentWord,
    expected: list[list[Any]],
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(sent=word)
    id = await messente.accepted(omnimessage(sms()))
    assert await course(messente, messente_emulator.clock, id, 9) == expected


@pytest.mark.parametrize("word", list(UndeliveredWord))
async def test_the_word_for_undelivered_is_a_switch(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, word: UndeliveredWord
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(undelivered=word)
    id = await messente.accepted(omnimessage(sms(), to=Scenario.UNDELIVERED.number()))
    messente_emulator.clock.advance(HOUR)
    [item] = (await messente.status(id)).data["statuses"]
    assert item["status"] == word.value
    assert item["err"] > 0


async def test_recipients_may_look_at_what_tells_so(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(seen=True)
    seen = await messente.accepted(omnimessage(VIBER))
    unseen = await messente.accepted(omnimessage(sms()))
    messente_emulator.clock.advance(HOUR)
    [item] = (await messente.status(seen)).data["statuses"]
    assert (item["status"], item["err"]) == ("SEEN", 10)
    assert item["price_info"]["total_price"] == "0.03"
    assert await statuses(messente, unseen) == ["DELIVRD"]


async def test_channels_of_which_nothing_is_known_may_be_left_out(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(untried_channels=UntriedChannels.LEFT_OUT)
    id = await messente.accepted(omnimessage(VIBER, sms()))
    assert await statuses(messente, id) == []
    messente_emulator.clock.advance(HOUR)
    assert await statuses(messente, id) == ["DELIVRD"]


async def test_t47_what_is_not_known_yet_may_be_absent_and_err_zero(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(unset=Unset.ABSENT, err_before_report=0)
    id = await messente.accepted(omnimessage(sms()))
    [item] = (await messente.status(id)).data["statuses"]
    assert item.keys() == ITEM_KEYS - {"timestamp", "price_info"}
    assert item["err"] == 0
    messente_emulator.clock.advance(HOUR)
    [item] = (await messente.status(id)).data["statuses"]
    assert item.keys() == ITEM_KEYS


@pytest.mark.parametrize(
    ("zone", "ending"),
    [(TimestampZone.NONE, ""), (TimestampZone.Z, "Z"), (TimestampZone.OFFSET, "+00:00")],
)
async def test_t36_how_a_timestamp_names_its_zone_is_a_switch(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, zone: TimestampZone, ending: str
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(timestamp_zone=zone)
    id = await messente.accepted(omnimessage(sms()))
    messente_emulator.clock.advance(SECOND)
    [item] = (await messente.status(id)).data["statuses"]
    assert item["timestamp"] == f"2027-01-01T09:00:01.000000{ending}"


async def test_t36_a_timestamp_may_be_of_whole_seconds(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(timestamp_microseconds=False)
    id = await messente.accepted(omnimessage(sms()))
    messente_emulator.clock.advance(SECOND)
    [item] = (await messente.status(id)).data["statuses"]
    assert item["timestamp"] == "2027-01-01T09:00:01"


@pytest.mark.parametrize("early", [False, True])
async def test_t47_when_the_price_is_known_is_a_switch(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, *, early: bool
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(price_when_sent=early)
    id = await messente.accepted(omnimessage(sms()))
    prices = []
    for _ in range(3):
        [item] = (await messente.status(id)).data["statuses"]
        prices.append(item["price_info"])
        messente_emulator.clock.advance(SECOND)
    assert [price is not None for price in prices] == [False, early, True]


@pytest.mark.parametrize("ids", list(ItemIds))
async def test_t52_items_may_repeat_the_omnimessage_or_contradict_it(
    messente: MessenteCaller, messente_emulator: MessenteEmulator, ids: ItemIds
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(item_ids=ids)
    id = await messente.accepted(omnimessage(sms()))
    [item] = (await messente.status(id)).data["statuses"]
    assert ("to" in item) is (ids is not ItemIds.ABSENT)
    assert (item.get("omnimessage_id") == id) is (ids is ItemIds.SAME)


async def test_answers_may_hold_more_keys_and_a_recipient_without_plus(
    messente: MessenteCaller, messente_emulator: MessenteEmulator
) -> None:
    messente_emulator.behaviour = MessenteBehaviour(extra_keys=True, to_without_plus=True)
    sent = await messente.send(omnimessage(sms()))
    status = await messente.status(sent.data["omnimessage_id"])
    for data in (sent.data, status.data, status.data["statuses"][0]):
        assert "added_later" in data
    assert sent.data["to"] == status.data["to"] == "37251000000"
