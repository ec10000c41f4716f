"""The native client, over real HTTP against the emulator."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from itertools import chain
from typing import Any

import pytest
from attrs import evolve

from devino_async import DevinoClient, SmsMessage, SmsPriority
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, SmsIdForm
from devino_async.sms import read_results, read_statuses
from omni_common.errors import (
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    ForeignIdError,
    InvalidMessageError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    ReadError,
    RefusedError,
)
from omni_common.exchange import Operation, Request
from omni_common.sandbox import Scenario
from omni_common.secret import Secret
from omni_common.settings import TransportOptions
from tests.devino.conftest import every_variant
from tests.support.clock import FakeClock

TO = "79031234567"
CANARY = "canary/key+0a1b2c=="


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


def sms(to: str = TO, **fields: Any) -> SmsMessage:
    return SmsMessage(**{"sender": "Shop", "to": to, "text": "Hello", **fields})


# --- Credentials ----------------------------------------------------------------------------------


def header(*arguments: Any, **credentials: Any) -> str:
    client = DevinoClient(*arguments, **credentials)
    return client.transport._wire._heads._authorization.reveal()


@pytest.mark.parametrize("key", [CANARY, f" {CANARY}\n", Secret(CANARY)], ids=repr)
def test_a_key_goes_into_the_header_as_it_is(key: str | Secret) -> None:
    assert header(key) == header(key=key) == f"Key {CANARY}"


@pytest.mark.parametrize("password", ["p:ä ß", Secret("p:ä ß")], ids=repr)
def test_t72_login_and_password_go_in_encoded_as_utf_8(password: str | Secret) -> None:
    scheme, _, encoded = header(login="löğin", password=password).partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode() == "löğin:p:ä ß"


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        ({}, "key"),
        ({"login": "login"}, "key"),
        ({"password": CANARY}, "key"),
        ({"key": CANARY, "login": "login", "password": CANARY}, "key"),
        ({"key": CANARY, "password": CANARY}, "key"),
        ({"key": ""}, "key"),
        ({"key": "  "}, "key"),
        ({"key": "canary\r\nX-Evil: 1"}, "key"),
        ({"key": "canaryé"}, "key"),
        ({"login": "", "password": CANARY}, "login"),
        ({"login": "canary:login", "password": CANARY}, "login"),
        ({"login": "login", "password": ""}, "password"),
        ({"login": "login", "password": "canary\ud800"}, "password"),
        ({"login": "canary\ud800", "password": "p"}, "password"),
    ],
)
def test_unusable_credentials_are_refused_and_never_quoted(
    credentials: dict[str, str], field: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        DevinoClient(**credentials)  # type: ignore[arg-type]
    assert (refused.value.field, refused.value.provider) == (field, "devino")
    assert "canary" not in f"{refused.value} {refused.value!r}"
    assert refused.value.__context__ is None


def test_the_vendors_own_address_is_the_default() -> None:
    assert DevinoClient(CANARY).transport.settings.base_url == "https://api.devino.online"


def test_a_wrong_option_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        DevinoClient(CANARY, timeot=5)  # type: ignore[call-arg]


def test_a_client_shows_no_credentials() -> None:
    for client in (DevinoClient(CANARY), DevinoClient(login="login", password=CANARY)):
        everything = [client, client.sms, client.transport, vars(client), vars(client.transport)]
        shown = " ".join(map(repr, everything))
        assert CANARY not in shown
        assert base64.b64encode(f"login:{CANARY}".encode()).decode() not in shown


async def test_both_authorizations_are_accepted(emulator: DevinoEmulator) -> None:
    options: TransportOptions = {"base_url": emulator.base_url}
    for client in (
        DevinoClient(emulator.key, **options),
        DevinoClient(login=emulator.login, password=emulator.password, **options),
    ):
        async with client:
            [result] = await client.sms.send([sms()])
            assert result.outcome is Outcome.ACCEPTED


async def test_a_wrong_login_is_refused(emulator: DevinoEmulator) -> None:
    async with DevinoClient(
        login=emulator.login, password="wrong", base_url=emulator.base_url
    ) as client:
        with pytest.raises(AuthenticationError):
            await client.sms.send([sms()])
    assert len(emulator.ledger) == 0


# --- Sending --------------------------------------------------------------------------------------


async def test_a_message_arrives_as_it_was_made(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    message = sms(
        f"+{TO}",
        priority=SmsPriority.LOW,
        callback_url="http://127.0.0.1:9/",
        options={"order": "17"},
    )
    [result] = await client.sms.send([message])
    assert result.message_id is not None
    entry = emulator.ledger[result.message_id]
    assert entry.content == {
        "from": "Shop",
        "to": TO,
        "text": "Hello",
        "priority": "LOW",
        "callbackUrl": "http://127.0.0.1:9/",
        "options": {"order": "17"},
    }
    [request] = emulator.requests
    assert (request.method, request.path, request.query) == ("POST", "/sms/messages", "")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert int(request.headers["Content-Length"]) == len(request.body)


@every_variant
async def test_results_come_one_by_one_in_order(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    messages = [sms(), sms(Scenario.REFUSED.number("7903123")), sms(text="last", sender="Long" * 3)]
    results = await client.sms.send([*messages, sms(text="second")])
    assert [result.outcome for result in results] == [
        Outcome.ACCEPTED,
        Outcome.NOT_SENT,
        Outcome.NOT_SENT,
        Outcome.ACCEPTED,
    ]
    assert [entry.id for entry in emulator.ledger] == [
        results[0].message_id,
        results[3].message_id,
    ]
    assert [
        (result.code, result.reasons[0].key, result.reasons[0].field) for result in results[1:3]
    ] == [
        ("REJECTED", "to.format.invalid", "to"),
        ("REJECTED", "not.available", "sender"),
    ]
    assert all(isinstance(result.raw, dict) for result in results)


@every_variant
async def test_segment_ids_come_when_asked_for(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    long = sms(text="l" * 300)
    [plain] = await client.sms.send([long])
    [result] = await client.sms.send([long], include_segment_id=True)
    assert plain.segment_ids == ()
    assert len(result.segment_ids) == 2
    assert result.segment_ids[0] == result.message_id
    assert [request.query for request in emulator.requests] == ["", "includeSegmentId=true"]


async def test_links_are_shortened_when_asked_for(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    await client.sms.send([sms(text="https://shop.example")], shorten_url=True)
    assert emulator.requests[0].query == "shortenUrl=true"


async def test_nothing_leaves_when_a_message_cannot_be_written(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    with pytest.raises(InvalidMessageError):
        await client.sms.send([sms(), sms(extra={"a": object()})])
    with pytest.raises(InvalidMessageError):
        await client.sms.send([])
    assert emulator.requests == []


async def test_a_list_that_changes_meanwhile_changes_nothing(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    messages = [sms(), sms()]
    sending = asyncio.create_task(client.sms.send(messages))
    await emulator.handled(1)
    messages.clear()
    assert [result.outcome for result in await sending] == [Outcome.ACCEPTED] * 2


@every_variant
async def test_a_call_refused_as_a_whole_raises(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    request = Request("POST", "/sms/messages", Operation.SEND, body=b'{"messages":[]}')
    with pytest.raises(RefusedError) as refused:
        await client.transport.exchange(request, lambda answer: read_results(answer, 1))
    assert type(refused.value) is RefusedError
    assert len(emulator.ledger) == 0


@every_variant
async def test_wrong_paths_are_refused(client: DevinoClient) -> None:
    request = Request("POST", "/sms/message", Operation.SEND, body=b"{}")
    with pytest.raises(RefusedError):
        await client.transport.exchange(request, lambda answer: read_results(answer, 1))


async def test_a_bulk_call_has_its_own_time(emulator: DevinoEmulator) -> None:
    async with DevinoClient(
        emulator.key, base_url=emulator.base_url, timeout=0.4, bulk_timeout=30
    ) as client:
        stalled = sms(Scenario.STALLED.number("7903123"))
        sending = asyncio.create_task(client.sms.send([sms(), stalled]))
        await emulator.handled(1)
        with pytest.raises(OutcomeUnknownError):  # takes the whole of the short time
            await client.sms.send([stalled])
        assert not sending.done()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


# --- Statuses -------------------------------------------------------------------------------------


@every_variant
async def test_statuses_come_in_the_order_asked_under_the_ids_asked(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    sent = [result.message_id or "" for result in await client.sms.send([sms(), sms(), sms()])]
    asked = [sent[2], sent[0], sent[2], sent[1]]
    statuses = await client.sms.statuses(asked)
    assert [status and status.message_id for status in statuses] == asked
    assert {status and status.status for status in statuses} == {"ACCEPTED"}
    assert len(emulator.requests) == 2


async def test_ids_that_the_answer_rounds_alike_are_asked_for_apart(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    emulator.behaviour = DevinoBehaviour(sms_id=SmsIdForm.ROUNDED_NUMBER, id_step=1)
    sent = await client.sms.send([sms(), sms()])
    emulator.behaviour = evolve(emulator.behaviour, id_step=100_000)
    sent += await client.sms.send([sms(), sms()])
    ids = [result.message_id or "" for result in sent]
    assert len({float(message_id) for message_id in ids}) == 2
    statuses = await client.sms.statuses([*ids, "1"])
    assert [status and status.message_id for status in statuses] == [*ids, None]
    questions = [request.json() for request in emulator.requests if request.operation == "status"]
    assert questions[0] == [*ids, "1"]
    assert sorted(chain(*questions[1:])) == sorted(ids[:3])


async def test_many_ids_are_asked_for_500_at_a_time_and_each_once(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    sent = await client.sms.send([sms()] * 501)
    ids = [result.message_id or "" for result in sent]
    statuses = await client.sms.statuses(iter(ids * 2))
    assert [status and status.message_id for status in statuses] == ids * 2
    questions = [request.json() for request in emulator.requests if request.operation == "status"]
    assert questions == [ids[:500], ids[500:]]


async def test_no_ids_ask_nothing(client: DevinoClient, emulator: DevinoEmulator) -> None:
    assert await client.sms.statuses([]) == []
    assert emulator.requests == []


async def test_what_is_no_list_of_ids_asks_nothing(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    with pytest.raises(TypeError, match="list"):
        await client.sms.statuses("3701172084729885952")
    with pytest.raises(ForeignIdError):
        await client.sms.statuses([""])
    assert emulator.requests == []


# --- Closing --------------------------------------------------------------------------------------


async def test_a_closed_client_sends_and_asks_nothing(emulator: DevinoEmulator) -> None:
    client = DevinoClient(emulator.key, base_url=emulator.base_url)
    async with client as same:
        assert same is client
        await client.sms.send([sms()])
    await client.close()
    with pytest.raises(ClientClosedError):
        await client.sms.send([sms()])
    with pytest.raises(ReadError) as unread:
        await client.sms.statuses(["1"])
    assert isinstance(unread.value.__cause__, ClientClosedError)
    assert len(emulator.requests) == 1


async def test_a_client_that_was_never_used_closes_too() -> None:
    await DevinoClient(CANARY).close()


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_errors_of_reading_prove_nothing_about_a_message(
    client: DevinoClient, emulator: DevinoEmulator, clock: FakeClock, status: int
) -> None:
    emulator.behaviour = DevinoBehaviour(refused_status=status)
    request = Request("POST", "/sms-stat/statuses/get-by-ids", Operation.READ, body=b"{}")
    with pytest.raises(ReadError) as failed:
        await clock.drive(client.transport.exchange(request, read_statuses))
    assert failed.value.outcome is None
    assert isinstance(failed.value.__cause__, OmniError)
