"""Exceptions of signal handlers at each step of a call: none leaves a message without a word."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import closing, suppress
from itertools import count
from typing import Any

import pytest

from omni_common import Message, Sms
from omni_common.errors import Outcome
from omni_common.receipt import Receipt
from omni_common.stream import OutcomeStream
from tests.reliability.conftest import Size
from tests.reliability.interruption import programs
from tests.reliability.interruption.programs import Kept, Program
from tests.reliability.interruption.steps import LIBRARY, Steps
from tests.reliability.interruption.truth import VendorInAThread
from tests.reliability.interruption.words import Law, Words, heard
from tests.support.figures import RecordProperty
from tests.support.outcomes import messages, shown
from tests.support.providers import BulkProvider

pytestmark = [
    pytest.mark.skipif(
        sys.version_info >= (3, 13),
        reason="from 3.13 on Python traces the opcodes of a function from its second call on only",
    ),
    # Python drops what is raised in a finalizer, and says so; a coroutine may be struck unbegun.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

_NUMBER = "+37251000000"
_PROGRAMS = (
    programs.blocking_send,
    programs.blocking_stream,
    programs.blocking_bare_stream,
    programs.blocking_stream_left,
    programs.async_send,
    programs.async_stream,
    programs.async_bare_stream,
)
_references = count()


@pytest.fixture
def words() -> Iterator[Words]:
    with heard() as words:
        yield words


def _messages() -> list[Message]:
    names = [f"s{next(_references)}" for _ in range(5)]
    return [Message(_NUMBER, Sms(name), reference=name) for name in names]


def _run(program: Program, vendor: VendorInAThread, words: Words, steps: Steps) -> list[str]:
    """Run *program* once; say what is wrong with the words of its messages."""
    kept: Kept = {}
    url = f"{vendor.vendor.connection_url}&batch_size=3&timeout=5&bulk_timeout=5"
    try:
        program(url, _messages(), words, kept, steps)
    except KeyboardInterrupt:
        assert steps.struck
    for reference, answer in kept.items():
        words.tell(reference, Outcome.ACCEPTED if isinstance(answer, Receipt) else answer.outcome)
    wrongs = words.judge(vendor.taken(), Law.ONE_WORD_ONCE_BEGUN)
    return [f"struck in {steps.struck}: {wrong}" for wrong in wrongs]


def _steps_of(program: Program, vendor: VendorInAThread, words: Words) -> int:
    """How many steps *program* takes at least: what the threads hand over to each other varies."""
    rehearsals = [Steps() for _ in range(10)]
    for each in rehearsals:
        assert _run(program, vendor, words, each) == []
    return min(each.counted for each in rehearsals)


@pytest.mark.parametrize("program", _PROGRAMS, ids=lambda program: program.__name__)
def test_whatever_step_is_struck_each_message_has_one_true_word(
    program: Program, words: Words, size: Size, record_property: RecordProperty
) -> None:
    with VendorInAThread("messente") as vendor:
        assert _run(program, vendor, words, Steps()) == []  # which looks up what is kept from then
        tried = range(1, _steps_of(program, vendor, words) + 1)
        tried = tried[:: max(1, len(tried) // size(short=15, full=len(tried)))]
        runs = [Steps(at) for at in tried]
        wrongs = [wrong for steps in runs for wrong in _run(program, vendor, words, steps)]
    struck = sum(bool(steps.struck) for steps in runs)
    figures = {"struck": struck, **words.happened, "violations": len(wrongs)}
    record_property("struck steps", figures)
    assert wrongs == []
    assert struck > len(runs) * 0.8  # other threads make some runs shorter than others


async def _taken_to_the_end(stream: OutcomeStream) -> None:
    async with stream:
        async for _ in stream:
            pass


def test_a_batch_whose_task_was_never_noted_does_not_leave_when_it_is_called_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def made_and_struck(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = loop.create_task(coroutine)
        if "_send" in repr(coroutine):
            raise KeyboardInterrupt
        return task

    provider, is_free = BulkProvider(2), asyncio.Event()
    provider.held["0"] = is_free  # a connection, say, without which nothing has left
    provider.waiting.add("0")
    stream = provider.send_many(messages(5))
    with closing(asyncio.new_event_loop()) as loop:
        monkeypatch.setattr(asyncio, "create_task", made_and_struck)
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(_taken_to_the_end(stream))
        loop.run_until_complete(stream.close())
        is_free.set()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(asyncio.sleep(0))
    assert shown(stream.unreported) == ["NotSent 0", "NotSent 1"]
    assert provider.sent == []


async def _struck_where_it_ends(steps: Steps) -> None:
    async with asyncio.timeout(2), BulkProvider(2).send_many(messages(3)) as stream:
        for _ in range(3):
            await anext(stream)
        with steps:
            assert await anext(stream, None) is None


def test_a_stream_that_was_struck_where_it_ended_is_closed_all_the_same() -> None:
    for at in count(1):
        steps, loop = Steps(at, (*LIBRARY, asyncio.locks.__file__)), asyncio.new_event_loop()
        with closing(loop), suppress(KeyboardInterrupt):
            loop.run_until_complete(_struck_where_it_ends(steps))
        if not steps.struck:
            break
    assert at > 40
