"""At least once: what counts as accepted, what is a repeat, what a handler gets again."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from omni_common.callbacks import (
    CallbackReceiver,
    Event,
)
from tests.callbacks.genuine import AREAS, SECRETS, genuine
from tests.support.documented_posts import (
    EMAIL_EVENT,
    INBOUND_MESSAGE,
    INCOMING_SMS,
    MESSENTE_REPORT,
    SMS_STATUS,
    posted,
)

NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)
Deliver: TypeAlias = Callable[[CallbackReceiver, str, bytes], Awaitable[int]]


async def on_the_loop(receiver: CallbackReceiver, area: str, body: bytes) -> int:
    post = genuine(area, body)
    return (await receiver.receive("POST", post.path, post.headers, body)).status


async def on_a_thread(receiver: CallbackReceiver, area: str, body: bytes) -> int:
    post = genuine(area, body)
    receive = receiver.receive_blocking
    return (await asyncio.to_thread(receive, "POST", post.path, post.headers, body)).status


@pytest.fixture(params=[on_the_loop, on_a_thread])
def deliver(request: pytest.FixtureRequest) -> Deliver:
    chosen: Deliver = request.param
    return chosen


class Handler:
    """Takes events, but fails on those whose vendor's id is in ``failing``."""

    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)
        self.taken: list[str] = []
        self.offered: list[str] = []

    def __call__(self, event: Event) -> None:
        name = event.raw["messageId"]
        self.offered.append(name)
        if name in self.failing:
            raise RuntimeError(name)
        self.taken.append(name)


def statuses(*ids: str) -> bytes:
    return posted([{**SMS_STATUS, "messageId": id} for id in ids])


async def test_events_of_one_body_come_in_its_order(deliver: Deliver) -> None:
    handler = Handler()
    receiver = CallbackReceiver(handler, secrets=SECRETS)
    ids = [str(n) for n in range(100)]
    assert await deliver(receiver, "devino.sms", statuses(*ids)) == 200
    assert handler.taken == ids


async def test_what_a_handler_did_not_accept_comes_again_and_nothing_else(
    deliver: Deliver,
) -> None:
    handler = Handler("3")
    receiver = CallbackReceiver(handler, secrets=SECRETS)
    body = statuses("1", "2", "3", "4")

    assert await deliver(receiver, "devino.sms", body) == 500
    assert handler.offered == ["1", "2", "3", "4"]
    assert await deliver(receiver, "devino.sms", body) == 500
    assert handler.offered == ["1", "2", "3", "4", "3"]
    handler.failing.clear()
    assert await deliver(receiver, "devino.sms", body) == 200
    assert handler.taken == ["1", "2", "4", "3"]
    assert await deliver(receiver, "devino.sms", body) == 200
    assert handler.taken == ["1", "2", "4", "3"]


async def test_an_event_that_a_handler_never_accepts_keeps_no_other_from_it(
    deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler("0", "50")
    receiver = CallbackReceiver(handler, secrets=SECRETS)
    ids = [str(n) for n in range(100)]
    assert await deliver(receiver, "devino.sms", statuses(*ids)) == 500
    assert handler.taken == [id for id in ids if id not in handler.failing]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


async def test_a_repeat_in_the_same_body_of_what_failed_is_another_chance(
    deliver: Deliver,
) -> None:
    handler = Handler("1")
    receiver = CallbackReceiver(handler, secrets=SECRETS)
    assert await deliver(receiver, "devino.sms", statuses("1", "2", "1", "2")) == 500
    assert handler.offered == ["1", "2", "1"]


@pytest.mark.parametrize("area", AREAS)
async def test_t60_a_repeat_is_answered_200_and_not_handed_out(deliver: Deliver, area: str) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    body = genuine(area).body
    assert [await deliver(receiver, area, body) for _ in range(3)] == [200, 200, 200]
    assert len(events) == 1


async def test_a_repeat_within_one_body_is_not_handed_out(deliver: Deliver) -> None:
    handler = Handler()
    receiver = CallbackReceiver(handler, secrets=SECRETS)
    await deliver(receiver, "devino.sms", statuses("1", "2", "1"))
    assert handler.taken == ["1", "2"]


async def test_only_so_many_events_are_remembered(deliver: Deliver) -> None:
    handler = Handler()
    receiver = CallbackReceiver(handler, secrets=SECRETS, remembered=3)
    await deliver(receiver, "devino.sms", statuses("1", "2", "3", "4"))
    await deliver(receiver, "devino.sms", statuses("4", "3", "2"))
    assert handler.taken == ["1", "2", "3", "4"]
    await deliver(receiver, "devino.sms", statuses("1"))
    assert handler.taken == ["1", "2", "3", "4", "1"]


async def test_nothing_is_remembered_if_that_is_asked_for(deliver: Deliver) -> None:
    handler = Handler()
    receiver = CallbackReceiver(handler, secrets=SECRETS, remembered=0)
    await deliver(receiver, "devino.sms", statuses("1", "1"))
    assert handler.taken == ["1", "1"]


async def test_receivers_do_not_share_what_they_remember(deliver: Deliver) -> None:
    handler = Handler()
    for _ in range(2):
        await deliver(CallbackReceiver(handler, secrets=SECRETS), "devino.sms", statuses("1"))
    assert handler.taken == ["1", "1"]


async def test_news_of_the_same_message_is_no_repeat(deliver: Deliver) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    news = [
        SMS_STATUS,
        {**SMS_STATUS, "ts": SMS_STATUS["ts"] + 1},
        {**SMS_STATUS, "status": "DELIVERED"},
        {**SMS_STATUS, "messageId": "3597944866766620290"},
    ]
    await deliver(receiver, "devino.sms", posted(news))
    assert len(events) == len(news)


async def test_a_post_of_one_area_never_repeats_another_ones(deliver: Deliver) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    for area in ("devino.sms", "devino.omni", "devino.sms", "devino.omni"):
        await deliver(receiver, area, posted(SMS_STATUS))
    assert len(events) == 2


async def heard(deliver: Deliver, area: str, *documents: Any) -> list[Event]:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    for document in documents:
        assert await deliver(receiver, area, posted(document)) == 200
    return events


async def test_a_report_that_brings_the_price_or_the_error_later_is_no_repeat(
    deliver: Deliver,
) -> None:
    bare = {**MESSENTE_REPORT, "err": None, "error": None, "timestamp": None, "price_info": None}
    priced = {**bare, "price_info": MESSENTE_REPORT["price_info"]}
    failed = {**bare, "status": "UNDELIV"}
    faulty = {**failed, "err": 4, "error": "Barred"}

    told = await heard(
        deliver, "messente.delivery", bare, priced, failed, faulty, bare, priced, failed, faulty
    )
    assert [event.raw for event in told] == [bare, priced, failed, faulty]


async def test_another_message_from_a_person_under_the_same_id_is_no_repeat(
    deliver: Deliver,
) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"sub_msg_id": "another"},
        {"text": "the second half"},
        {"text": None, "media": "https://a.example/1"},
        {"text": None, "media": "https://a.example/2"},
        {"sender": "+37251000000"},
        {"recipient": "4321"},
        {"time": "2021-02-23T14:51:14.000000Z"},
        {"channel": "viber"},
    ]
    documents = [{**INBOUND_MESSAGE, **each} for each in changes]
    told = await heard(deliver, "messente.inbound", *documents, *documents)
    assert [event.raw for event in told] == documents

    documents = [
        {**INCOMING_SMS, **each} for each in ({}, {"text": "Bye"}, {"from": "79101111112"})
    ]
    told = await heard(deliver, "devino.sms_incoming", *documents, *documents)
    assert [event.raw for event in told] == documents


async def test_a_message_without_an_id_is_never_held_back(deliver: Deliver) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    body = posted({**INBOUND_MESSAGE, "msg_id": None})
    for _ in range(2):
        await deliver(receiver, "messente.inbound", body)
    assert len(events) == 2


async def test_a_change_without_a_time_is_never_held_back(deliver: Deliver) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets=SECRETS)
    change = {**EMAIL_EVENT, "event": "UNSUBSCRIBED"}
    for document in (change, change, *[{**change, "dateTime": None}] * 2):
        await deliver(receiver, "devino.email", posted(document))
    assert len(events) == 3


async def test_an_async_handler_is_awaited_before_the_next_event() -> None:
    running, most, order = 0, 0, []

    async def handle(event: Event) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        order.append(event.raw["messageId"])
        running -= 1

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    assert await on_the_loop(receiver, "devino.sms", statuses("1", "2", "3")) == 200
    assert (most, order) == (1, ["1", "2", "3"])


async def test_posts_are_handled_at_the_same_time() -> None:
    together, count = asyncio.Barrier(20), Counter[str]()

    async def handle(event: Event) -> None:
        await together.wait()
        count[event.raw["messageId"]] += 1

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    posts = [on_the_loop(receiver, "devino.sms", statuses(str(n))) for n in range(20)]
    assert await asyncio.gather(*posts) == [200] * 20
    assert count == {str(n): 1 for n in range(20)}


async def test_a_repeat_that_comes_while_the_first_is_handled_is_handed_out_too() -> None:
    together, count = asyncio.Barrier(2), 0

    async def handle(event: Event) -> None:
        nonlocal count
        if event.raw["messageId"] == "1":
            await together.wait()
        count += 1

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    posts = [on_the_loop(receiver, "devino.sms", statuses("1")) for _ in range(2)]
    assert await asyncio.gather(*posts) == [200, 200]
    assert count == 2
    assert await on_the_loop(receiver, "devino.sms", statuses("1")) == 200
    assert count == 2


def test_threads_lose_no_event_and_break_no_bound() -> None:
    taken: list[str] = []
    lock = threading.Lock()

    def handle(event: Event) -> None:
        with lock:
            taken.append(event.raw["messageId"])

    receiver = CallbackReceiver(handle, secrets=SECRETS, remembered=1000)
    ids = [str(n % 300) for n in range(900)]

    def post(id: str) -> int:
        sent = genuine("devino.sms", statuses(id))
        return receiver.receive_blocking("POST", sent.path, sent.headers, sent.body).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, ids)) == {200}
    assert set(taken) == set(ids)
    once = len(taken)
    assert {post(id) for id in ids} == {200}
    assert len(taken) == once


async def test_an_event_whose_handler_is_cancelled_is_not_accepted() -> None:
    begun, patience = asyncio.Event(), asyncio.Event()
    taken: list[str] = []

    async def handle(event: Event) -> None:
        name = event.raw["messageId"]
        if name == "2":
            begun.set()
            await patience.wait()
        taken.append(name)

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    body = statuses("1", "2", "3")
    post = asyncio.create_task(on_the_loop(receiver, "devino.sms", body))
    await begun.wait()
    post.cancel()
    with pytest.raises(asyncio.CancelledError):
        await post
    assert taken == ["1"]
    patience.set()
    assert await on_the_loop(receiver, "devino.sms", body) == 200
    assert taken == ["1", "2", "3"]


async def test_a_cancellation_that_is_not_the_requests_has_only_failed(
    deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    offered: list[str] = []

    def handle(event: Event) -> None:
        offered.append(event.raw["messageId"])
        if len(offered) == 1:
            raise asyncio.CancelledError

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    assert await deliver(receiver, "devino.sms", statuses("1", "2")) == 500
    assert "the handler of devino.sms raised CancelledError at" in caplog.text
    assert await deliver(receiver, "devino.sms", statuses("1", "2")) == 200
    assert offered == ["1", "2", "1"]


async def test_a_handler_that_awaits_what_somebody_else_cancelled_has_only_failed() -> None:
    async def handle(_: Event) -> None:
        work = asyncio.create_task(asyncio.Event().wait())
        work.cancel()
        await work

    receiver = CallbackReceiver(handle, secrets=SECRETS)
    assert await on_the_loop(receiver, "devino.sms", statuses("1")) == 500


def test_what_nothing_awaits_is_not_accepted(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(_: Event) -> None:
        raise AssertionError("never run")

    for handler in (handle, lambda event: handle(event)):  # noqa: PLW0108 - it hides what it is
        receiver = CallbackReceiver(handler, secrets=SECRETS)
        sent = genuine("devino.sms")
        answer = receiver.receive_blocking("POST", sent.path, sent.headers, sent.body)
        assert answer.status == 500
    assert "the handler is async and nothing awaits it" in caplog.text


async def test_what_nothing_iterates_over_is_not_accepted(
    deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    def steps(event: Event) -> Iterator[Event]:
        yield event

    async def asynchronous_steps(event: Event) -> AsyncIterator[Event]:
        yield event

    for hidden in (lambda event: steps(event), lambda event: asynchronous_steps(event)):  # noqa: PLW0108
        receiver = CallbackReceiver(hidden, secrets=SECRETS)
        assert await deliver(receiver, "devino.sms", statuses("1")) == 500
    assert caplog.text.count("the handler yields and nothing iterates over it") == 2


async def test_a_plain_function_that_returns_an_awaitable_is_awaited() -> None:
    taken: list[str] = []

    async def keep(event: Event) -> None:
        taken.append(event.raw["messageId"])

    receiver = CallbackReceiver(lambda event: keep(event), secrets=SECRETS)  # noqa: PLW0108
    assert await on_the_loop(receiver, "devino.sms", statuses("1")) == 200
    assert taken == ["1"]
