"""Of all that have a journal open one dispatches; another takes over when that one is gone."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import pytest

from omni_common.errors import OutcomeUnknownError
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from tests.outbox.journals import message
from tests.outbox.outboxes import (
    all_of,
    kept,
    quiet,
    said_by,
    sent,
    soon,
    state_of,
    states,
)
from tests.outbox.programs import Program, StartProgram
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider, receipt_of

PRELUDE = """
from omni_common.outbox import Outbox
from tests.outbox.journals import message
from tests.outbox.outboxes import all_of, sent
from tests.support.providers import MemoryProvider
"""

HANGS = """
async def main():
    provider = MemoryProvider()
    provider.held = {each: asyncio.Event() for each in "ab"}
    omni = await Outbox(provider, path).__aenter__()
    tasks = [asyncio.create_task(omni.send(message(each))) for each in "ab"]
    await provider.has_been_called(2)
    say("sending")
    await asyncio.gather(*tasks)

asyncio.run(main())
"""

HANDS_OVER = """
async def main():
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        say((await omni.send(message("a"))).id)
        await all_of(omni.enqueue([message("b")]))
    say(sent(provider))

asyncio.run(main())
"""

FORKS = """
import threading

async def sends(omni, reference):
    try:
        return (await omni.send(message(reference))).id
    except Exception as error:
        return type(error).__name__

async def sends_anew():
    async with Outbox(MemoryProvider(), path) as omni:
        assert await sends(omni, "b") == "JournalError"
    assert omni.wrapped.sent == []

def child(omni, failures):
    # In a thread, since the loop of the parent seems to run in this one.
    try:
        asyncio.run(sends(omni, "a"))
        asyncio.run(omni.close())
        assert omni.wrapped.sent == []
        asyncio.run(sends_anew())
    except BaseException as error:
        failures.append(error)
        say(type(error).__name__, error)

async def main():
    async with Outbox(MemoryProvider(), path) as omni:
        await omni.drain()
        if not (forked := os.fork()):
            failures = []
            thread = threading.Thread(target=child, args=(omni, failures))
            thread.start()
            thread.join()
            os._exit(len(failures))
        say("child ended with", os.waitpid(forked, 0)[1])
        await sends(omni, "b")
        say(sent(omni.wrapped))
        say(await sends(Outbox(MemoryProvider(), path), "c"))

asyncio.run(main())
"""


def said(program: Program) -> str:
    """The next line that a program says."""
    assert program.stdout is not None
    return program.stdout.readline().strip()


async def test_a_second_outbox_leaves_its_messages_to_the_first(path: Path) -> None:
    clock = FakeClock()
    first, second = MemoryProvider(clock), MemoryProvider(clock)
    async with Outbox(first, path) as leading, Outbox(second, path) as other:
        receipt = await other.send(message("a"))
        assert receipt.id == "outbox:a"
        await all_of(other.enqueue([message("b")]))
        await clock.advance(5)
        await leading.drain()
        assert sent(first) == ["a", "b"]
        assert await other.send(message("a")) == receipt_of(message("a"))
    assert second.sent == []


async def test_the_second_outbox_dispatches_when_the_first_is_closed(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    first, second = MemoryProvider(clock), MemoryProvider(clock)
    async with Outbox(first, path) as leading, Outbox(second, path) as other:
        await other.send(kept("a", clock, minutes=1))
        await leading.close()
        await clock.advance(60)
        await quiet(other)
        await other.drain()
        assert sent(second) == ["a"]
        assert await other.send(message("b")) == receipt_of(message("b"))
    assert sent(first) == []
    assert len(said_by(caplog, logging.WARNING)) == 1  # that the first closed with a message kept


async def test_a_second_outbox_takes_over_within_five_seconds(path: Path) -> None:
    clock = FakeClock()
    first, second = MemoryProvider(clock), MemoryProvider(clock)
    leading, other = Outbox(first, path), Outbox(second, path)
    await leading.drain()
    await quiet(leading)
    await quiet(other)
    await other.send(kept("a", clock, minutes=1))
    await leading.close()
    await clock.advance(4.9)
    await quiet(other)
    await clock.advance(5)
    await quiet(other)
    third = Outbox(MemoryProvider(clock), path)
    assert (await third.send(message("b"))).id == "outbox:b"
    await other.close()
    await third.close()


async def test_a_second_outbox_can_ask_and_take_back(path: Path) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    async with Outbox(provider, path) as leading, Outbox(MemoryProvider(clock), path) as other:
        receipt = await leading.send(kept("a", clock))
        assert (await other.status(receipt.id)).parts[0].raw_state == "queued"
        await other.cancel(receipt.id)
        await clock.advance(700)
        await leading.drain()
        assert await state_of(leading, "a") is EntryState.CANCELLED
    assert provider.sent == []


async def test_what_a_killed_process_was_sending_is_unknown_and_not_sent_again(
    path: Path, start_program: StartProgram, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    provider = MemoryProvider(clock)
    program = start_program(PRELUDE + HANGS, path)
    assert await asyncio.to_thread(said, program) == "sending"
    async with Outbox(provider, path) as omni:
        assert (await omni.send(message("c"))).id == "outbox:c"
        program.kill()
        await asyncio.to_thread(program.wait)
        await clock.advance(5)
        await quiet(omni)
        await soon(omni.drain())
        for reference in "ab":
            with pytest.raises(OutcomeUnknownError, match="ended before"):
                await omni.send(message(reference))
    assert sent(provider) == ["c"]
    (said_of_it,) = said_by(caplog, logging.WARNING)
    assert said_of_it.startswith("2 messages were being sent")
    assert await states(path) == {"a": "unknown", "b": "unknown", "c": "accepted"}


async def test_the_next_outbox_of_the_same_process_goes_on_at_once(
    path: Path, start_program: StartProgram
) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        program = start_program(PRELUDE + HANDS_OVER, path)
        assert await asyncio.to_thread(said, program) == "outbox:a"
        assert await asyncio.to_thread(said, program) == "[]"
        assert await asyncio.to_thread(program.wait) == 0
        await omni.drain()
    assert sorted(sent(provider)) == ["a", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs forks")
async def test_a_forked_child_sends_nothing_and_the_parent_still_dispatches(
    path: Path, start_program: StartProgram
) -> None:
    program = start_program(PRELUDE + FORKS, path)
    assert await asyncio.to_thread(said, program) == "child ended with 0"
    assert await asyncio.to_thread(said, program) == "['b']"
    assert await asyncio.to_thread(said, program) == "outbox:c"
