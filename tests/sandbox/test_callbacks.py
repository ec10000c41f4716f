"""Status callbacks: really posted, when the clock says so, and to nobody but those allowed."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import warnings
from datetime import timedelta
from typing import Any, ClassVar

import aiohttp
import pytest

from omni_common.sandbox import Callback, Ledger, SandboxClock, running
from tests.support.callback_receiver import CallbackReceiver
from tests.support.post_office import PostOffice

SECOND = timedelta(seconds=1)


async def send(http: aiohttp.ClientSession, office: PostOffice, *callbacks: str) -> None:
    letters = [{"to": "+37251000000", "callback": callback} for callback in callbacks]
    async with http.post(f"{office.base_url}/letters", json=letters) as answer:
        assert answer.status == 201


class Insistent(PostOffice):
    """Posts each callback twice, and each of those up to three times."""

    callback_form: ClassVar[dict[str, Any]] = {
        "attempts": 3,
        "copies": 2,
        "retry_after": 10 * SECOND,
    }


async def test_callbacks_are_posted_in_order_of_time_as_the_clock_moves(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with PostOffice(clock=clock) as office:
        await send(http, office, receiver.url, receiver.url)
        await office.settle()
        assert receiver.received == []
        clock.advance(SECOND)
        await office.settle()
        assert [body["state"] for body in receiver.bodies] == ["sent", "sent"]
        clock.advance(9 * SECOND)
        await office.settle()
    assert [tuple(body.values()) for body in receiver.bodies] == [
        ("0", "sent"),
        ("1", "sent"),
        ("0", "delivered"),
        ("1", "delivered"),
    ]
    assert all(posted.confirmed and posted.status == 200 for posted in office.callbacks)


async def test_a_running_clock_posts_without_being_asked(
    http: aiohttp.ClientSession, receiver: CallbackReceiver
) -> None:
    async with PostOffice(clock=SandboxClock(speed=1000)) as office:
        await send(http, office, receiver.url)
        await receiver.has_received(2)
    assert [body["state"] for body in receiver.bodies] == ["sent", "delivered"]


async def test_advancing_from_another_thread_posts_too(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with PostOffice(clock=clock) as office:
        await send(http, office, receiver.url)
        await asyncio.to_thread(clock.advance, 2 * SECOND)
        await receiver.has_received(2)


async def test_a_message_without_an_address_for_callbacks_posts_none(
    http: aiohttp.ClientSession, clock: SandboxClock
) -> None:
    async with PostOffice(clock=clock) as office:
        async with http.post(f"{office.base_url}/letters", json=[{"to": "+37251000000"}]):
            clock.advance(9 * SECOND)
        await office.settle()
        assert office.callbacks == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/callback",
        "https://192.168.1.1/",
        "http://[fe80::1/",
        "ftp://127.0.0.1/",
        "http:///",
        "no-url",
    ],
)
async def test_a_callback_to_anyone_else_is_held_back(
    http: aiohttp.ClientSession, clock: SandboxClock, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with PostOffice(clock=clock) as office:
        await send(http, office, url)
        clock.advance(SECOND)
        await office.settle()
    [posted] = office.callbacks
    assert (posted.status, posted.error) == (None, "host not allowed")
    assert not posted.confirmed
    assert "held back" in caplog.text
    assert url not in caplog.text


async def test_a_callback_that_nobody_takes_is_told_without_its_path(
    http: aiohttp.ClientSession,
    clock: SandboxClock,
    receiver: CallbackReceiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.status = 403
    async with PostOffice(clock=clock) as office:
        for port in (receiver.port, 1):
            await send(http, office, f"http://127.0.0.1:{port}/a-secret-token")
        clock.advance(SECOND)
        await office.settle()
    assert {record.getMessage() for record in caplog.records} == {
        f"A callback to 127.0.0.1:{receiver.port}: 403",
        "A callback to 127.0.0.1:1: no answer (ClientConnectorError)",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="0.0.0.0 reaches no server there")
@pytest.mark.parametrize(("hosts", "count"), [((), 0), (("0.0.0.0",), 1)])
async def test_another_host_is_reached_only_when_it_is_named(
    http: aiohttp.ClientSession,
    clock: SandboxClock,
    receiver: CallbackReceiver,
    hosts: tuple[str, ...],
    count: int,
) -> None:
    async with PostOffice(clock=clock, callback_hosts=hosts) as office:
        await send(http, office, f"http://0.0.0.0:{receiver.port}/")
        clock.advance(SECOND)
        await office.settle()
    assert len(receiver.received) == count


async def test_a_redirect_is_not_followed(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    receiver.status = 307
    async with PostOffice(clock=clock) as office:
        await send(http, office, receiver.url)
        clock.advance(SECOND)
        await office.settle()
    assert [posted.status for posted in office.callbacks] == [307]
    assert len(receiver.received) == 1


async def test_a_receiver_that_is_not_there_is_noted(
    http: aiohttp.ClientSession, clock: SandboxClock
) -> None:
    async with CallbackReceiver() as receiver:
        url = receiver.url
    async with PostOffice(clock=clock) as office:
        await send(http, office, url)
        clock.advance(SECOND)
        await office.settle()
    assert [posted.error for posted in office.callbacks] == ["ClientConnectorError"]


async def test_copies_are_posted_always_and_attempts_until_confirmed(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    receiver.status = 500

    async def posted_after(by: timedelta) -> int:
        clock.advance(by)
        await office.settle()
        return len([body for body in receiver.bodies if body["state"] == "sent"])

    async with Insistent(clock=clock) as office:
        await send(http, office, receiver.url)
        assert await posted_after(SECOND) == 2
        assert await posted_after(9 * SECOND) == 2
        assert await posted_after(SECOND) == 4
        assert await posted_after(10 * SECOND) == 6
        assert await posted_after(999 * SECOND) == 6


async def test_a_confirmed_callback_is_not_repeated(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with Insistent(clock=clock) as office:
        await send(http, office, receiver.url)
        clock.advance(999 * SECOND)
        await office.settle()
    assert [body["state"] for body in receiver.bodies] == ["sent"] * 2 + ["delivered"] * 2


async def test_a_message_that_is_withdrawn_tells_of_that_and_of_nothing_planned_before(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with PostOffice(clock=clock) as office:
        await send(http, office, receiver.url)
        async with http.delete(f"{office.base_url}/letters/0") as answer:
            assert answer.status == 202
        clock.advance(9 * SECOND)
        await office.settle()
    assert receiver.bodies == [{"id": "0", "state": "withdrawn"}]


async def test_an_emulator_that_was_closed_posts_nothing_more(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with PostOffice(clock=clock) as office:
        await send(http, office, receiver.url)
    clock.advance(9 * SECOND)
    await office.settle()
    assert receiver.received == []


async def test_what_was_posted_for_without_listening_is_closed_too(
    clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    office = PostOffice(port=1, clock=clock)
    letter = json.dumps([{"to": "+37251000000", "callback": receiver.url}]).encode()
    await office.respond("POST", "/office/letters", {}, letter)
    clock.advance(9 * SECOND)
    await office.settle()
    assert len(receiver.received) == 2
    await office.close()
    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always")
        del office
        gc.collect()
    assert not unclosed


async def test_nothing_is_posted_of_messages_whose_ledger_was_replaced(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with PostOffice(clock=clock) as office:
        await send(http, office, receiver.url)
        office.ledger = Ledger()
        clock.advance(9 * SECOND)
        await office.settle()
    assert receiver.received == []


async def test_what_was_posted_prints_neither_address_nor_body(
    http: aiohttp.ClientSession, clock: SandboxClock, receiver: CallbackReceiver
) -> None:
    async with PostOffice(clock=clock) as office:
        await send(http, office, receiver.url)
        clock.advance(SECOND)
        await office.settle()
    [posted] = office.callbacks
    shown: Any = repr(posted)
    assert str(receiver.port) not in shown
    assert "sent" not in shown


class Particular(PostOffice):
    """Posts again after HTTP 500 only, as Devino says of itself."""

    callback_form: ClassVar[dict[str, Any]] = {"attempts": 3, "retried": range(500, 501)}


@pytest.mark.parametrize(("status", "posts"), [(200, 1), (404, 1), (503, 1), (500, 3)])
async def test_a_vendor_may_repeat_after_certain_answers_only(
    http: aiohttp.ClientSession,
    clock: SandboxClock,
    receiver: CallbackReceiver,
    status: int,
    posts: int,
) -> None:
    receiver.status = status
    async with Particular(clock=clock) as office:
        await send(http, office, receiver.url)
        clock.advance(SECOND)
        await office.settle()
        for _ in range(5):
            clock.advance(timedelta(minutes=1))
            await office.settle()
    sent = [body for body in receiver.bodies if body["state"] == "sent"]
    assert len(sent) == posts


async def test_what_tells_of_no_message_is_posted_at_once_from_any_thread(
    receiver: CallbackReceiver,
) -> None:
    async with PostOffice() as office:
        office.post(Callback(receiver.url, b'{"from": "here"}'))
        await receiver.has_received(1)
        await asyncio.to_thread(office.post, Callback(receiver.url, b'{"from": "afar"}'))
        await receiver.has_received(2)
    assert [body["from"] for body in receiver.bodies] == ["here", "afar"]


def test_blocking_code_may_settle_too() -> None:
    with running(PostOffice(clock=SandboxClock(frozen=True))) as office:
        asyncio.run(office.settle())
        asyncio.run(office.handled(0))
