"""When callbacks are posted: in whatever order, late, and before the answer to the request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import aiohttp
import pytest
from aiohttp import web
from attrs import evolve

from omni_common.sandbox import (
    Callback,
    Fault,
    LedgerEntry,
    Posting,
    PostOrder,
    SandboxClock,
    StateChange,
)
from tests.support.callback_receiver import CallbackReceiver
from tests.support.post_office import PostOffice

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECOND = timedelta(seconds=1)


class Peculiar(PostOffice):
    """Posts in a manner of its own; letters are with the operator at once if it is hasty."""

    manner = Posting()
    is_hasty = False

    def posting(self) -> Posting:
        return self.manner

    def accept(self, entry: LedgerEntry) -> None:
        first, *others = entry.plan
        if self.is_hasty:
            entry = evolve(entry, plan=(evolve(first, at=entry.accepted_at), *others))
        super().accept(entry)


@pytest.fixture
async def office(clock: SandboxClock) -> AsyncIterator[Peculiar]:
    async with Peculiar(clock=clock) as started:
        yield started


async def send(
    http: aiohttp.ClientSession, office: PostOffice, url: str, to: str = "+37251000000"
) -> None:
    async with http.post(f"{office.base_url}/letters", json=[{"to": to, "callback": url}]) as sent:
        assert sent.status == 201


def told(receiver: CallbackReceiver) -> list[tuple[str, str]]:
    return [(body["id"], body["state"]) for body in receiver.bodies]


# The order


async def test_t60_those_that_are_due_together_can_come_in_reverse(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.manner = Posting(order=PostOrder.REVERSED)
    await send(http, office, receiver.url)
    await send(http, office, receiver.url)
    office.clock.advance(9 * SECOND)
    await office.settle()
    assert told(receiver) == [
        ("1", "delivered"),
        ("0", "delivered"),
        ("1", "sent"),
        ("0", "sent"),
    ]


async def test_what_is_not_due_together_keeps_its_order(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.manner = Posting(order=PostOrder.REVERSED)
    await send(http, office, receiver.url)
    for _ in range(2):
        office.clock.advance(SECOND)
        await office.settle()
    assert told(receiver) == [("0", "sent"), ("0", "delivered")]


async def test_a_repetition_has_its_place_among_the_others_that_are_due(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.callback_form = {"attempts": 2, "retry_after": SECOND / 2}  # type: ignore[misc]
    receiver.status = 500
    await send(http, office, receiver.url)
    office.clock.advance(9 * SECOND)
    await office.settle()
    assert [state for _, state in told(receiver)] == ["sent", "sent", "delivered", "delivered"]


# Late


async def test_t60_a_change_can_be_told_of_late_and_as_it_was(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.manner = Posting(delay=30 * SECOND)
    await send(http, office, receiver.url)
    office.clock.advance(30 * SECOND)
    await office.settle()
    assert told(receiver) == []
    office.clock.advance(SECOND)
    await office.settle()
    assert told(receiver) == [("0", "sent")]
    assert [posted.at for posted in office.callbacks] == [office.clock.now()]


async def test_what_tells_of_no_message_is_not_delayed(
    office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.manner = Posting(delay=30 * SECOND)
    office.post(Callback(receiver.url, b'{"id": "-", "state": "new"}'))
    await office.settle()
    assert told(receiver) == [("-", "new")]


# Before the answer


async def test_what_happens_at_once_can_be_told_of_before_the_answer(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.is_hasty, office.manner = True, Posting(before_answer=True)
    await send(http, office, receiver.url)
    assert told(receiver) == [("0", "sent")]
    async with http.delete(f"{office.base_url}/letters/0"):
        assert told(receiver) == [("0", "sent"), ("0", "withdrawn")]
    office.clock.advance(9 * SECOND)
    await office.settle()
    assert len(receiver.received) == 2


async def test_otherwise_the_answer_does_not_wait(
    http: aiohttp.ClientSession, office: Peculiar
) -> None:
    office.is_hasty = True
    asked, answered = asyncio.Event(), asyncio.Event()

    async def take(_: web.Request) -> web.Response:
        asked.set()
        await answered.wait()
        return web.Response()

    async with serving(take) as url:
        await send(http, office, url)
        await asked.wait()
        answered.set()
        await office.settle()


async def test_what_is_not_due_yet_does_not_keep_the_answer(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.manner = Posting(before_answer=True)
    await send(http, office, receiver.url)
    assert told(receiver) == []
    office.clock.advance(SECOND)
    await office.settle()
    assert told(receiver) == [("0", "sent")]


async def test_a_report_comes_although_the_answer_is_lost(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.is_hasty, office.manner = True, Posting(before_answer=True)
    office.fail_next(Fault.DROP, on="send")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await send(http, office, receiver.url)
    assert told(receiver) == [("0", "sent")]


async def test_a_message_that_is_accepted_by_hand_waits_for_nobodys_answer(
    office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.manner = Posting(before_answer=True)
    now = office.clock.now()
    office.accept(
        LedgerEntry(
            id="0",
            to="+37251000000",
            channels=("letter",),
            text="",
            accepted_at=now,
            plan=(StateChange(now, "letter", "sent"),),
            callback_url=receiver.url,
        )
    )
    await office.settle()
    assert told(receiver) == [("0", "sent")]


async def test_whoever_is_told_may_send_before_the_first_answer_is_there(
    http: aiohttp.ClientSession, office: Peculiar, receiver: CallbackReceiver
) -> None:
    office.is_hasty, office.manner = True, Posting(before_answer=True)

    async def answer_with_a_letter(_: web.Request) -> web.Response:
        await send(http, office, receiver.url)
        return web.Response()

    async with serving(answer_with_a_letter) as url:
        await send(http, office, url)
    assert told(receiver) == [("1", "sent")]
    assert [posted.confirmed for posted in office.callbacks] == [True, True]


async def test_a_client_that_gives_up_keeps_nobody_from_being_told(office: Peculiar) -> None:
    office.is_hasty, office.manner = True, Posting(before_answer=True)
    told_of: set[str] = set()
    first_asked, client_gone, both_told = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        first_asked.set()
        await client_gone.wait()
        told_of.add(body["id"])
        if len(told_of) == len(letters):
            both_told.set()
        return web.Response()

    async with serving(take) as url, aiohttp.ClientSession() as http:
        letters = [{"to": "+37251000000", "callback": url}] * 2
        sending = asyncio.create_task(_post(http, f"{office.base_url}/letters", letters))
        await first_asked.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        client_gone.set()
        await both_told.wait()
    assert told_of == {entry.id for entry in office.ledger}


async def _post(http: aiohttp.ClientSession, url: str, body: Any) -> None:
    async with http.post(url, json=body) as answer:
        await answer.read()


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A receiver of callbacks with a *handler* of its own; gives its URL."""
    application = web.Application()
    application.router.add_post("/", handler)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
