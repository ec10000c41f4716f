"""Who may send over Devino, with what settings, over which connections, and for how long."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

import omni_common
from devino_async import DevinoClient, DevinoProvider, SmsMessage
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, ErrorBody
from omni_common.errors import (
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    InsufficientFundsError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    ReadError,
)
from omni_common.message import Message, Sms
from omni_common.receipt import Accepted, NotSent, SendOutcome
from omni_common.sandbox import Scenario
from tests.devino.conftest import Connect, every_variant
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

PREFIX = "+7903123"


def message(scenario: Scenario = Scenario.DELIVERED, text: str = "Hello", **fields: Any) -> Message:
    return Message(scenario.number(PREFIX), Sms(text), **fields)


async def outcomes_of(devino: DevinoProvider, messages: list[Message]) -> list[SendOutcome]:
    async with devino.send_many(messages) as outcomes:
        return [outcome async for outcome in outcomes]


# --- Credentials and money ------------------------------------------------------------------------


async def test_a_key_and_a_login_both_work(connect: Connect, emulator: DevinoEmulator) -> None:
    by_key = connect(key=emulator.key)
    by_login = connect(login=emulator.login, password=emulator.password)
    for devino in (by_key, by_login):
        assert (await devino.status((await devino.send(message())).id)).id
    assert [request.headers["Authorization"][:5] for request in emulator.requests[::2]] == [
        "Key c",
        "Basic",
    ]


async def test_a_connection_url_holds_either(emulator: DevinoEmulator) -> None:
    for url in (emulator.url, emulator.basic_url):
        async with omni_common.connect(f"{url}?sender=Shop&account_zone=%2B03:00") as omni:
            assert isinstance(omni, DevinoProvider)
            assert (await omni.send(message())).provider == "devino"


@pytest.mark.parametrize(
    ("user", "password", "credentials"),
    [
        (None, None, {}),
        ("key", None, {"key": "key"}),
        ("login", "password", {"login": "login", "password": "password"}),
        ("login", "", {"login": "login", "password": ""}),
    ],
)
def test_one_part_of_a_url_is_a_key_and_two_are_a_login(
    user: str | None, password: str | None, credentials: dict[str, str]
) -> None:
    assert DevinoProvider.credentials_from_url(user, password) == credentials


@every_variant
async def test_a_wrong_key_is_told_to_senders_and_askers(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    # HTTP 403 without a word means "forbidden" everywhere; nothing tells that the key is wrong.
    says_403 = emulator.behaviour.unauthorized_status == 403
    expected = PermissionDeniedError if says_403 else AuthenticationError
    devino = connect(key="canary-key")
    with pytest.raises(expected) as refused:
        await devino.send(message())
    assert refused.value.outcome is Outcome.NOT_SENT
    with pytest.raises(ReadError) as unread:
        await devino.status("devino:sms:1")
    assert (unread.value.outcome, type(unread.value.__cause__)) == (None, expected)
    for error in (refused.value, unread.value, unread.value.__cause__):
        assert "canary" not in f"{error} {error!r}"
    assert [type(each.error) for each in await statuses_of(devino, ["devino:sms:1"])] == [ReadError]
    assert len(emulator.ledger) == 0


async def statuses_of(devino: DevinoProvider, ids: list[str]) -> list[Any]:
    return [result async for result in devino.status_many(ids)]


@every_variant
async def test_a_key_without_the_right_is_told_so(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.key_operations = frozenset({"status"})
    with pytest.raises(PermissionDeniedError):
        await devino.send(message())
    outcomes = await outcomes_of(devino, [message(), message()])
    assert all(
        isinstance(outcome, NotSent) and isinstance(outcome.error, PermissionDeniedError)
        for outcome in outcomes
    )
    emulator.key_operations = frozenset({"send"})
    receipt = await devino.send(message())
    with pytest.raises(ReadError) as unread:
        await devino.status(receipt.id)
    assert isinstance(unread.value.__cause__, PermissionDeniedError)
    assert len(emulator.ledger) == 1


@every_variant
async def test_an_account_without_money_is_told_so(
    devino: DevinoProvider, emulator: DevinoEmulator
) -> None:
    emulator.credit = 1
    first, second = await outcomes_of(devino, [message(), message()])
    assert isinstance(first, Accepted)
    assert isinstance(second, NotSent)
    assert isinstance(second.error, InsufficientFundsError)
    with pytest.raises(InsufficientFundsError) as refused:
        await devino.send(message())
    assert refused.value.vendor_code == "billing.error"
    assert len(emulator.ledger) == 1


# --- Settings, connections and closing ------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 32_001}, "batch_size"),
        ({"batch_size": 1.5}, "batch_size"),
        ({"batch_size": "10"}, "batch_size"),
        ({"account_zone": "Moscow"}, "account_zone"),
        ({"sender": "half \ud800"}, "sender"),
        ({"sender": 5}, "sender"),
        ({"timeout": 0}, "timeout"),
        ({"base_url": "http://api.devino.example"}, "base_url"),
        ({"sendr": "Shop"}, "sendr"),
        ({"login": "login"}, "key"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        DevinoProvider("key", **settings)
    assert refused.value.field == field


async def test_the_native_client_shares_the_providers_connections(clock: FakeClock) -> None:
    body = b'{"result":[{"code":"OK","messageId":"1"}]}'
    async with (
        FaultServer(answer(200, body)) as server,
        DevinoProvider("key", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        await devino.send(message())
        assert isinstance(devino.client, DevinoClient)
        await devino.client.sms.send([SmsMessage(sender="Shop", to="79031230000", text="Hi")])
        await devino.send(message())
        assert (len(server.requests), server.connections) == (3, 1)


async def test_a_session_of_the_callers_is_used_and_left_open(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    seen: list[str] = []

    async def note(_: object, __: object, started: aiohttp.TraceRequestStartParams) -> None:
        seen.append(started.url.path)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(note)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        devino = connect(session=session)
        await devino.send(message())
        await devino.close()
        assert not session.closed
    assert seen == [request.path for request in emulator.requests] == ["/sms/messages"]


async def test_closing_twice_is_closing_once(connect: Connect, emulator: DevinoEmulator) -> None:
    devino, other = connect(), connect()
    async with devino as same:
        assert same is devino
        receipt = await devino.send(message())
    await devino.close()
    await devino.close()
    with pytest.raises(ClientClosedError):
        await devino.send(message())
    with pytest.raises(ReadError) as unread:
        await devino.status(receipt.id)
    assert isinstance(unread.value.__cause__, ClientClosedError)
    [outcome, _] = await outcomes_of(devino, [message(), message()])
    assert isinstance(outcome, NotSent)
    assert isinstance(outcome.error, ClientClosedError)
    [result] = await statuses_of(devino, [receipt.id])
    assert isinstance(result.error, ReadError)
    assert isinstance(result.error.__cause__, ClientClosedError)
    assert len(emulator.requests) == 1
    assert (await other.send(message())).provider == "devino"


async def test_providers_of_two_accounts_do_not_meet(emulator: DevinoEmulator) -> None:
    async with (
        DevinoEmulator(key="other", behaviour=DevinoBehaviour(id_step=7)) as second,
        DevinoProvider(emulator.key, sender="One", base_url=emulator.base_url) as one,
        DevinoProvider("other", sender="Two", base_url=second.base_url) as two,
    ):
        sent = message()
        assert (await one.send(sent)).parts[0].sender == "One"
        assert (await two.send(sent)).parts[0].sender == "Two"
        assert len(emulator.ledger) == len(second.ledger) == 1
        with pytest.raises(OmniError):
            await DevinoProvider("other", sender="One", base_url=emulator.base_url).send(sent)


async def test_a_failed_login_page_is_read_by_its_status(emulator: DevinoEmulator) -> None:
    emulator.behaviour = DevinoBehaviour(unauthorized_status=200, unauthorized_body=ErrorBody.HTML)
    async with DevinoProvider("wrong", sender="Shop", base_url=emulator.base_url) as devino:
        with pytest.raises(OutcomeUnknownError):
            await devino.send(message())
