"""One outbox in several event loops, one after the other, and in code without any."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from omni_common.errors import OutcomeUnknownError
from omni_common.outbox import Outbox
from omni_common.receipt import Accepted
from omni_common.sync import OmniProvider
from tests.outbox.journals import message
from tests.outbox.outboxes import all_of, kept, sent, states
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider, receipt_of


def found(path: Path) -> dict[str, str]:
    return asyncio.run(states(path))


def test_an_outbox_may_be_used_in_one_loop_and_closed_in_another(path: Path) -> None:
    provider = MemoryProvider()
    omni = Outbox(provider, path)
    assert asyncio.run(omni.send(message("a"))) == receipt_of(message("a"))
    assert asyncio.run(omni.send(message("b"))) == receipt_of(message("b"))
    asyncio.run(omni.close())
    asyncio.run(omni.close())
    assert sent(provider) == ["a", "b"]
    assert found(path) == {"a": "accepted", "b": "accepted"}


def test_what_one_loop_has_queued_goes_out_in_the_next(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    omni = Outbox(provider, path)
    asyncio.run(take(omni.send(kept("a", clock))))
    asyncio.run(clock.advance(600))

    async def rest() -> None:
        await omni.drain()
        await omni.close()

    asyncio.run(rest())
    assert sent(provider) == ["a"]
    assert found(path) == {"a": "accepted"}


async def take(sending: object) -> None:
    """Await, as a coroutine of its own."""
    await sending  # type: ignore[misc]


def test_what_a_loop_was_sending_when_it_ended_is_not_sent_again_in_the_next(path: Path) -> None:
    provider = MemoryProvider()
    omni = Outbox(provider, path)

    async def first() -> None:
        provider.held = {each: asyncio.Event() for each in "ab"}
        await all_of(omni.enqueue([message("a")]))
        await provider.has_been_called(1)
        sending = asyncio.create_task(omni.send(message("b")))
        await provider.has_been_called(2)
        assert not sending.done()

    async def second() -> str:
        provider.held.clear()
        await omni.drain()
        with suppress(OutcomeUnknownError):
            await omni.send(message("b"))
            return "sent again"
        await omni.close()
        return "unknown"

    asyncio.run(first())
    assert asyncio.run(second()) == "unknown"
    assert sorted(sent(provider)) == ["a", "b"]
    assert found(path) == {"a": "unknown", "b": "unknown"}


def test_what_a_loop_had_not_begun_when_it_ended_goes_out_once_in_the_next(path: Path) -> None:
    provider = MemoryProvider()
    omni = Outbox(provider, path)
    names = [str(number) for number in range(30)]

    async def first() -> None:
        await all_of(omni.enqueue(map(message, names)))

    async def second() -> None:
        await omni.drain()
        await omni.close()

    asyncio.run(first())
    asyncio.run(second())
    states_found = found(path)
    assert len(sent(provider)) == len(set(sent(provider)))
    assert "claimed" not in states_found.values()
    accepted = {name for name, state in states_found.items() if state == "accepted"}
    assert accepted <= set(sent(provider))
    assert {name for name, state in states_found.items() if state == "unknown"} <= set(
        sent(provider)
    )
    assert set(states_found.values()) <= {"accepted", "unknown"}


def test_code_without_asyncio_sends_over_an_outbox(path: Path) -> None:
    provider = MemoryProvider()
    with OmniProvider(lambda: Outbox(provider, path)) as omni:
        assert omni.send(message("a")) == receipt_of(message("a"))
        outcomes = list(omni.send_many(message(str(each)) for each in range(20)))
        assert all(isinstance(each, Accepted) for each in outcomes)
    assert len(provider.sent) == 21
    assert set(found(path).values()) == {"accepted"}


def test_threads_that_send_one_message_at_once_make_one_call(path: Path) -> None:
    provider = MemoryProvider()
    with OmniProvider(lambda: Outbox(provider, path)) as omni, ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(omni.send, [message("a")] * 40))
    assert {receipt.id for receipt in receipts} == {"memory:a"}
    assert sent(provider) == ["a"]


def test_code_without_asyncio_keeps_asks_and_takes_back(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    with OmniProvider(lambda: Outbox(provider, path)) as omni:
        receipt = omni.send(kept("a", clock))
        assert omni.status(receipt.id).parts[0].raw_state == "queued"
        omni.cancel(receipt.id)
    assert provider.sent == []
    assert found(path) == {"a": "cancelled"}
