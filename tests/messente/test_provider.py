"""What a Messente provider is made of: credentials, settings, capabilities, and its life."""

from __future__ import annotations

import base64
import logging
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from messente_async import SMS, MessenteClient, MessenteProvider, Omnimessage
from messente_async.client import REQUESTS_PER_SECOND
from messente_async.sandbox import MessenteEmulator
from omni_common import connect
from omni_common.errors import ConfigurationError, NotSentError, NotSupportedError, OmniError
from omni_common.message import Channel, Message, Priority, Sms, Viber, WhatsApp
from omni_common.receipt import Accepted
from omni_common.secret import Secret

HELLO = Message("+37251000000", Sms("Hi"))


# --- Credentials ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "password", "field"),
    [
        ("", "canary", "user"),
        (None, "canary", "user"),
        (5, "canary", "user"),
        ("user", "", "password"),
        ("user", None, "password"),
        ("user", Secret(""), "password"),
        ("us:er", "canary", "user"),
        ("user", "canary\udcff", "password"),
        ("user\udcff", "canary", "user"),
    ],
)
@pytest.mark.parametrize("kind", [MessenteClient, MessenteProvider])
def test_missing_or_malformed_credentials_are_refused_by_name(
    kind: Callable[..., object], user: Any, password: Any, field: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kind(user, password)

    assert (caught.value.field, caught.value.provider) == (field, "messente")
    assert field in str(caught.value)
    assert "canary" not in f"{caught.value!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("password", ["pass:wörd/+=%", Secret("pass:wörd/+=%")])
async def test_credentials_are_basic_authorization_in_utf8(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator, password: Any
) -> None:
    emulator.username, emulator.password = "Ünser", "pass:wörd/+=%"
    await connected(user="Ünser", password=password).send(HELLO)

    scheme, _, token = emulator.requests[0].headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(token).decode()) == ("Basic", "Ünser:pass:wörd/+=%")


async def test_a_url_connects_to_the_emulator(emulator: MessenteEmulator) -> None:
    emulator.username, emulator.password = "Ünser@shop", "p/a+s=s:w%rd"
    async with connect(f"{emulator.url}?sender=Shop&batch_size=7") as omni:
        receipt = await omni.send(HELLO)

    assert isinstance(omni, MessenteProvider)
    assert omni.capabilities.batch_size == 7
    assert receipt.parts[0].sender == "Shop"


# --- Settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": -1}, "batch_size"),
        ({"batch_size": "5"}, "batch_size"),
        ({"batch_size": True}, "batch_size"),
        ({"sender": ""}, "sender"),
        ({"sender": 1234}, "sender"),
        ({"timeout": 0}, "timeout"),
        ({"base_url": "http://api.messente.com/v1"}, "base_url"),
        ({"base_url": None}, "base_url"),
        ({"rate": 0}, "rate"),
        ({"tiemout": 5}, "tiemout"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        MessenteProvider("user", "password", **options)

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        ({}, REQUESTS_PER_SECOND),
        ({"base_url": "https://api.messente.com/v1"}, REQUESTS_PER_SECOND),
        ({"base_url": "https://api.messente.com/v1/"}, REQUESTS_PER_SECOND),
        ({"base_url": "https://API.messente.com:443/v2"}, REQUESTS_PER_SECOND),
        ({"rate": 10.0}, 10.0),
        ({"rate": None}, None),
        ({"base_url": "http://127.0.0.1:4010/v1"}, None),
        ({"base_url": "https://api.messente.com.example/v1"}, None),
        ({"base_url": "http://127.0.0.1:4010/v1", "rate": 5.0}, 5.0),
    ],
)
def test_the_rate_is_messentes_own_on_its_own_host_and_nowhere_else(
    options: dict[str, Any], rate: float | None
) -> None:
    provider = MessenteProvider("user", "password", **options)

    assert REQUESTS_PER_SECOND == 150
    assert provider.client.transport.settings.rate == rate


async def test_a_sender_of_the_provider_stands_in_on_every_channel(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    message = Message("+37251000000", [Viber("V"), WhatsApp("W"), Sms("S", sender="Own")])
    await connected(sender="Shop").send(message)
    await connected(sender=None).send(message)

    senders = [
        [part.get("sender") for part in entry.content["messages"]] for entry in emulator.ledger
    ]
    assert senders == [["Shop", "Shop", "Own"], [None, None, "Own"]]


def test_what_messente_can_do_is_said_as_data() -> None:
    capabilities = MessenteProvider("user", "password", batch_size=500).capabilities

    assert capabilities.provider == "messente"
    assert capabilities.cascade == capabilities.channels
    assert capabilities.batch_size == 500
    assert set(capabilities.channels) == {Channel.SMS, Channel.VIBER, Channel.WHATSAPP}
    for channel in capabilities.channels.values():
        assert channel.status
        assert channel.cancel
        assert channel.schedule
        assert channel.callback
        assert not channel.metadata
        assert channel.priorities == set(Priority) - {Priority.REALTIME}


# --- Its life -------------------------------------------------------------------------------------


def test_nothing_shows_the_password() -> None:
    provider = MessenteProvider("user", "canary", proxy="http://127.0.0.1:1")
    token = base64.b64encode(b"user:canary").decode()
    shown = f"{provider!r} {provider} {provider.client!r} {vars(provider)} {vars(provider.client)}"
    shown += f"{vars(provider.client.transport)} {provider.client.transport.settings!r}"

    assert "canary" not in shown
    assert token not in shown


@pytest.mark.parametrize("kind", [MessenteClient, MessenteProvider])
def test_what_holds_a_password_cannot_be_pickled(kind: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(kind("user", "password"))


async def test_the_native_client_shares_the_providers_connections(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    connections: list[Any] = []
    tracing = aiohttp.TraceConfig()

    async def created(*details: Any) -> None:
        connections.append(details)

    tracing.on_connection_create_end.append(created)
    async with aiohttp.ClientSession(trace_configs=[tracing]) as session:
        omni = connected(session=session)
        await omni.send(HELLO)
        await omni.client.send(Omnimessage("+37251000000", [SMS("Hi")]))
        await omni.close()
        assert not session.closed

    assert len(connections) == 1
    assert len(emulator.ledger) == 2


async def test_closing_the_provider_closes_the_native_client(omni: MessenteProvider) -> None:
    async with omni as entered:
        assert entered is omni
    with pytest.raises(NotSentError, match="closed"):
        await omni.client.send(Omnimessage("+37251000000", [SMS("Hi")]))


# --- What it cannot do ----------------------------------------------------------------------------


async def test_what_was_sent_cannot_be_listed_and_the_error_says_what_remains(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    omni, now = connected(), datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(NotSupportedError, match="callback_url"):
        omni.sent_messages(after=now, before=now)
    with pytest.raises(NotSupportedError, match="callback_url"):
        omni.sent_as(HELLO)
    assert not emulator.requests


# --- Secrecy --------------------------------------------------------------------------------------


async def test_nothing_that_is_said_holds_a_number_a_text_or_a_password(
    connected: Callable[..., MessenteProvider],
    emulator: MessenteEmulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.password = "canary-password"
    omni = connected(password="canary-password")
    said: list[object] = []
    for number in ("+37251990001", "+37251990004", "+37251990005", "+37251990008", "+37251999999"):
        message = Message(number, [Viber("canary-text"), Sms("canary-text")])
        try:
            said.append(await omni.send(message))
        except OmniError as error:
            said += [error, error.__cause__, pickle.dumps(error)]
        said += [outcome async for outcome in omni.send_many([message, message])]
    accepted = [each for each in said if isinstance(each, Accepted)]
    said += [await omni.status(each.receipt.id) for each in accepted]
    said.append(caplog.text)

    shown = " ".join(f"{each!r} {each}" for each in said)
    assert accepted
    assert "canary" not in shown
    assert "5199" not in shown
