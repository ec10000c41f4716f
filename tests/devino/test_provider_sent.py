"""What was sent over Devino, listed by the shared interface."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoEmulator
from omni_common.errors import InvalidQueryError, NotSupportedError, OutcomeUnknownError, ReadError
from omni_common.message import Channel, Email, Message, Recipient, Sms, Viber, Vk
from omni_common.sandbox import Scenario
from omni_common.sent import SentAs, SentMessage
from tests.devino.conftest import NOW, Connect, every_variant
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

PREFIX = "+7903123"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def zone_of(emulator: DevinoEmulator) -> str:
    """The setting that says what the emulated account's clocks show."""
    return f"+{emulator.behaviour.status_offset // timedelta(hours=1):02}:00"


async def listed(
    devino: DevinoProvider, after: datetime = NOW - DAY, before: datetime = NOW + DAY
) -> list[SentMessage]:
    return [row async for row in devino.sent_messages(after=after, before=before)]


def questions(emulator: DevinoEmulator) -> list[dict[str, list[str]]]:
    return [parse_qs(each.query) for each in emulator.requests if each.operation == "sms_detail"]


@every_variant
async def test_what_was_sent_is_listed_as_it_was_handed_over(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(account_zone=zone_of(emulator))
    sent = [
        Message(f"{PREFIX}0000", Sms("One")),
        Message(f"{PREFIX}1000", Sms("Zwö\r\nж ", sender="Bakery")),
        Message(f"{PREFIX}2000", Sms("Three"), extra={"devino": {"from": "Forge"}}),
        Message(Recipient(f"{PREFIX}3000", "ann@example.com"), Sms("Four"), metadata={"a": "b"}),
    ]
    ids = [(await devino.send(each)).id for each in sent]
    rows = await listed(devino)
    assert sorted(row.id for row in rows) == sorted(ids)
    of_id = {row.id: row for row in rows}
    for id, message in zip(ids, sent, strict=True):
        assert of_id[id].sent_as == devino.sent_as(message)
        assert of_id[id].at == NOW
        assert (await devino.status(id)).id == id
    senders = [of_id[id].sender for id in ids]
    assert senders == ["Shop", "Bakery", "Forge", "Shop"]
    assert (of_id[ids[1]].to, of_id[ids[1]].text) == (f"{PREFIX}1000", "Zwö\r\nж ")


@every_variant
async def test_a_message_whose_answer_was_lost_is_listed_too(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(account_zone=zone_of(emulator))
    lost = Message(Scenario.ANSWER_DROPPED.number(PREFIX), Sms("Hello"))
    with pytest.raises(OutcomeUnknownError):
        await devino.send(lost)
    [row] = await listed(devino)
    [entry] = emulator.ledger
    assert row == SentMessage(
        f"devino:sms:{entry.id}", lost.phone or "", Channel.SMS, "Shop", "Hello", NOW
    )
    assert devino.sent_as(lost) == row.sent_as


async def test_every_message_is_listed_once_however_many_pages_it_takes(connect: Connect) -> None:
    devino = connect(account_zone="UTC")
    messages = [Message(f"+7903{number:03}1234", Sms("Hello")) for number in range(230)]
    async with devino.send_many(messages) as outcomes:
        assert len([outcome async for outcome in outcomes]) == 230
    assert sorted(row.to for row in await listed(devino)) == [each.to for each in messages]


async def test_only_what_was_sent_about_that_time_is_listed(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(account_zone="UTC")
    for _ in range(3):
        await devino.send(Message(f"{PREFIX}0000", Sms("Hello")))
        emulator.clock.advance(timedelta(hours=1))
    rows = await listed(devino, NOW + 30 * MINUTE, NOW + 90 * MINUTE)
    assert [row.at for row in rows] == [NOW + timedelta(hours=1)]


async def test_the_texts_of_cascades_and_campaigns_are_left_out(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    devino = connect(account_zone="UTC", cascade_ttl=60)
    to = Scenario.EXPIRED.number(PREFIX)
    cascade = Message(to, [Viber("Sale!"), Sms("Sale!")])
    await devino.send(cascade)
    emulator.clock.advance(timedelta(hours=1))
    alone = await devino.send(Message(to, Sms("Sale!")))
    everything = devino.client.sms.detail(
        sent_from=(NOW - DAY).replace(tzinfo=None), sent_to=(NOW + DAY).replace(tzinfo=None)
    )
    assert len([row async for row in everything]) == 2
    assert [row.id for row in await listed(devino)] == [alone.id]
    for message in (
        cascade,
        Message(to, Viber("Sale!")),
        Message(to, Vk(template_id="42")),
        Message("ann@example.com", Email("Sale! [Unsubscribe]", subject="News")),
    ):
        assert devino.sent_as(message) is None


async def test_without_a_zone_nothing_can_be_listed_and_the_error_says_what_is_missing(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    with pytest.raises(NotSupportedError, match="account_zone"):
        devino.sent_messages(after=NOW, before=NOW)
    with pytest.raises(NotSupportedError, match="account_zone"):
        devino.sent_as(Message(f"{PREFIX}0000", Sms("Hello")))
    assert not emulator.requests


@pytest.mark.parametrize("name", ["after", "before"])
def test_times_have_a_zone(connect: Connect, name: str) -> None:
    times: dict[str, Any] = {"after": NOW, "before": NOW, name: NOW.replace(tzinfo=None)}
    with pytest.raises(InvalidQueryError) as refused:
        connect(account_zone="UTC").sent_messages(**times)
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("zone", "ends", "asked"),
    [
        (
            "+03:00",
            (
                datetime(2027, 1, 1, 8, 59, 59, 999_999, UTC),
                datetime(2027, 1, 1, 9, 0, 0, 1, UTC),
            ),
            ("2027-01-01 11:59:58", "2027-01-01 12:00:02"),
        ),
        (  # an hour that the clocks show twice is asked for with those around it
            "Europe/Berlin",
            (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            ("2026-10-25 01:29:59", "2026-10-25 03:30:02"),
        ),
    ],
)
async def test_the_question_reaches_as_far_as_the_account_s_clocks_can_tell(
    connect: Connect,
    emulator: DevinoEmulator,
    zone: str,
    ends: tuple[datetime, datetime],
    asked: tuple[str, str],
) -> None:
    assert await listed(connect(account_zone=zone), *ends) == []
    [question] = questions(emulator)
    assert (question["dateTimeFrom"], question["dateTimeTo"]) == ([asked[0]], [asked[1]])


async def rows_read(clock: FakeClock, *rows: dict[str, Any]) -> list[SentMessage]:
    """What is made of *rows*, in an account with the clocks of Berlin."""
    usual = {
        "messageId": "37",
        "sentDateTime": "2027-01-01 10:00:00",
        "sourceAddress": "Shop",
        "recipient": "79031230000",
        "text": "Hello",
    }
    data = [usual | row for row in rows]
    body = json.dumps({"result": {"data": data, "more": False}}).encode()
    async with (
        FaultServer(answer(200, body)) as server,
        DevinoProvider(
            "key", sender="Shop", base_url=server.url, clock=clock, account_zone="Europe/Berlin"
        ) as devino,
    ):
        return await listed(devino)


async def test_what_a_row_does_not_tell_is_not_made_up(clock: FakeClock) -> None:
    whole, doubled, bare, free, task, trigger = await rows_read(
        clock,
        {"recipient": "+79031230000"},
        {"messageId": "38", "sentDateTime": "2026-10-25 02:30:00"},
        {"messageId": "39", "text": None, "sourceAddress": None, "recipient": None},
        {"messageId": "40", "taskId": 0, "triggerId": "0"},
        {"messageId": "41", "taskId": None},
        {"messageId": "42", "triggerId": None},
    )
    assert whole.sent_as == SentAs("+79031230000", Channel.SMS, "Shop", "Hello")
    assert whole.at == NOW
    assert doubled.at is None
    assert (bare.to, bare.sent_as) == ("", None)
    assert [row.id for row in (free, task, trigger)] == [f"devino:sms:{n}" for n in (40, 41, 42)]
    assert await rows_read(clock, {"taskId": 7}, {"triggerId": "8"}) == []


async def test_a_row_without_an_id_cannot_be_passed_over(clock: FakeClock) -> None:
    with pytest.raises(ReadError, match="without its id"):
        await rows_read(clock, {"messageId": None})


async def test_neither_a_row_nor_a_likeness_shows_whom_or_what(connect: Connect) -> None:
    devino = connect(account_zone="UTC")
    message = Message(f"{PREFIX}0000", Sms("Your code is 271828"))
    await devino.send(message)
    [row] = await listed(devino)
    for shown in (repr(row), repr(devino.sent_as(message))):
        assert "271828" not in shown
        assert "7903123" not in shown
        assert "Shop" in shown
