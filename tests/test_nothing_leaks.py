"""Canaries: a credential, a message body and a number are planted, and looked for everywhere."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import re
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from devino_async import DevinoProvider, SmsMessage
from devino_async.sandbox import DevinoEmulator
from messente_async import SMS, MessenteProvider, Omnimessage
from messente_async.sandbox import MessenteEmulator
from omni_common import (
    Channel,
    Content,
    Email,
    Message,
    OmniError,
    OmniProvider,
    Secret,
    Sms,
    Viber,
    Vk,
    WhatsApp,
    WhatsAppTemplate,
    connect,
)
from omni_common.sandbox import Emulator, Fault, SandboxClock, Scenario

CREDENTIAL = "canary+credential/0a1b2c3d4e5f6071=="
BODY = "canary body: your code is 271828"
PREFIX = "+37298765"
NUMBER = re.compile("98765[0-9]{4}")
PATH = "canary-path"
CALLBACK = f"http://127.0.0.1:9/{PATH}?token={PATH}"


def emulator(name: str) -> Emulator:
    clock = SandboxClock(frozen=True)
    if name == "messente":
        return MessenteEmulator(password=CREDENTIAL, clock=clock)
    return DevinoEmulator(key=CREDENTIAL, clock=clock)


def leaks(text: str) -> list[str]:
    """Which canaries *text* holds."""
    planted = [CREDENTIAL, quote(CREDENTIAL, safe=""), "canary body", "271828", PATH]
    return [canary for canary in planted if canary in text] + NUMBER.findall(text)


def everything_about(error: BaseException) -> str:
    """What a log, a debugger or a crash reporter would show of an error and its causes."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    attempts = (repr(vars(each).get("attempts")) for each in chain)
    shown = [*map(repr, chain), *map(str, chain), *attempts]
    lines = traceback.TracebackException.from_exception(error).format(chain=True)
    # The lines of source code that a traceback quotes are this project's, not data.
    messages = [line for line in "".join(lines).splitlines() if not line.startswith("  ")]
    return "\n".join([*shown, *messages])


@pytest.fixture(params=["messente", "devino"])
async def vendor(request: pytest.FixtureRequest) -> AsyncIterator[Emulator]:
    async with emulator(request.param) as started:
        yield started


@pytest.fixture
async def omni(vendor: Emulator) -> AsyncIterator[OmniProvider]:
    url = f"{vendor.url}?sender=Shop&timeout=0.5&bulk_timeout=0.5&max_attempts=2"
    assert quote(CREDENTIAL, safe="") in url
    async with connect(url) as provider:
        yield provider


def message(scenario: Scenario = Scenario.DELIVERED, **options: Any) -> Message:
    return Message(scenario.number(PREFIX), Sms(BODY), callback_url=CALLBACK, **options)


async def test_logs_and_errors_show_nothing(
    vendor: Emulator, omni: OmniProvider, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.get_running_loop().set_debug(True)
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    for scenario in Scenario:
        try:
            receipt = await omni.send(message(scenario))
            report = await omni.status(receipt.id)
            seen += [repr(receipt), repr(report), repr(receipt.attempts)]
        except OmniError as error:
            seen += [everything_about(error), pickle.dumps(error).decode("latin-1")]
    for fault in Fault:
        vendor.fail_next(fault)
        try:
            seen.append(repr(await omni.send(message())))
        except OmniError as error:
            seen += [everything_about(error), pickle.dumps(error).decode("latin-1")]
        vendor.clear_faults()
    async with omni.send_many(message(scenario) for scenario in Scenario) as outcomes:
        seen += [repr(outcome) async for outcome in outcomes]
    sending = asyncio.create_task(omni.send(message(Scenario.STALLED)))
    await vendor.handled(len(vendor.requests) + 1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await sending
    seen += [everything_about(cancelled.value), repr(sending)]
    logged = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert any("omni_common.outcome" in line for line in logged)
    for text in [*seen, *logged, caplog.text]:
        assert leaks(text) == []


async def test_wrong_credentials_are_refused_without_being_quoted(vendor: Emulator) -> None:
    wrong = vendor.url.replace(quote(CREDENTIAL, safe=""), quote(CREDENTIAL + "x", safe=""))
    async with connect(f"{wrong}?sender=Shop") as omni:
        for attempt in (omni.send(message()), omni.status(f"{vendor.name}:sms:1")):
            with pytest.raises(OmniError) as refused:
                await attempt
            assert leaks(everything_about(refused.value)) == []


def test_objects_show_nothing() -> None:
    options: dict[str, Any] = {
        "metadata": {"name": BODY},
        "extra": {"devino": {"note": BODY}},
    }
    contents: list[Content] = [
        Sms(BODY),
        Viber(BODY, image_url=CALLBACK, button_text=BODY, button_url=CALLBACK),
        WhatsApp(template=WhatsAppTemplate("name", "en", (BODY,))),
        Vk(template_id="1", template_data={"code": BODY}),
    ]
    shown = [
        Message(f"{PREFIX}0000", contents, callback_url=CALLBACK, **options),
        Message("canary@example.com", Email(BODY, subject=BODY)),
        Omnimessage(f"{PREFIX}0000", [SMS(BODY)], dlr_url=CALLBACK),
        SmsMessage(
            sender="Shop",
            to=f"{PREFIX}0000",
            text=BODY,
            callback_url=CALLBACK,
            options={"name": BODY},
            extra={"note": BODY},
        ),
        Secret(CREDENTIAL),
        MessenteProvider("user", CREDENTIAL),
        DevinoProvider(CREDENTIAL, proxy=f"http://user:{quote(CREDENTIAL, safe='')}@127.0.0.1:9"),
    ]
    for thing in shown:
        assert leaks(f"{thing!r} {thing} {thing:}" if type(thing) is Secret else repr(thing)) == []
        assert "canary@" not in repr(thing)


@pytest.mark.parametrize(
    "url",
    [
        f"messente://user:{quote(CREDENTIAL, safe='')}@default:port",
        f"messente://user:{quote(CREDENTIAL, safe='')}@default?sendr=1",
        f"mesente://user:{quote(CREDENTIAL, safe='')}@default",
        f"messente://user:{CREDENTIAL}@default",
        f"devino://{quote(CREDENTIAL, safe='')}@default?timeout=soon",
        f"devino://{quote(CREDENTIAL, safe='')}@[::1",
        f"devino://{quote(CREDENTIAL, safe='')}",
        f"devino://login:{quote(CREDENTIAL, safe='')}@default?proxy={quote(CREDENTIAL, safe='')}",
    ],
)
def test_a_malformed_url_is_never_quoted(url: str) -> None:
    with pytest.raises(OmniError) as refused:
        connect(url)
    assert leaks(everything_about(refused.value)) == []


async def test_outcomes_pickle_without_credentials(omni: OmniProvider) -> None:
    async with omni.send_many(message(scenario) for scenario in Scenario) as outcomes:
        kept = [outcome async for outcome in outcomes]
    for outcome in kept:
        stored = pickle.dumps(outcome)
        assert CREDENTIAL not in stored.decode("latin-1")
        again = pickle.loads(stored)  # noqa: S301 - our own bytes
        assert (type(again), again.message) == (type(outcome), outcome.message)
        assert leaks(repr(again)) == []


async def test_clients_refuse_to_be_pickled(omni: OmniProvider) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(omni)
    with pytest.raises(TypeError):
        copy.deepcopy(omni)


async def test_a_scheduled_message_tells_nothing_either(omni: OmniProvider) -> None:
    later = message(send_at=datetime.now(UTC) + timedelta(days=1))
    receipt = await omni.send(later)
    if cancels(omni):
        await omni.cancel(receipt.id)
    with pytest.raises(OmniError) as refused:
        await omni.cancel(receipt.id)
    assert leaks(everything_about(refused.value)) == []


def cancels(omni: OmniProvider) -> bool:
    return omni.capabilities.channels[Channel.SMS].cancel
