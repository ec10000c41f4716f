"""Nothing that an outbox says or shows holds a text or a whole number."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ConnectionFailedError,
    NotSentError,
    OutcomeUnknownError,
    RefusedError,
)
from omni_common.message import Message
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from tests.outbox.outboxes import all_of, outcomes_recorded, quiet, soon
from tests.support import canaries
from tests.support.canaries import found_in
from tests.support.clock import FakeClock
from tests.support.outcomes import all_of as all_outcomes
from tests.support.providers import BulkProvider, MemoryProvider

Failure = NotSentError | OutcomeUnknownError


def letter_of(reference: str, send_at: datetime | None = None) -> Message:
    """A message whose text and number are canaries."""
    return canaries.message(callback_url=None, reference=reference, send_at=send_at)


async def run_into(omni: Outbox, provider: MemoryProvider, error: Failure) -> list[str]:
    """Have messages end in *error* on every way, and return what was shown of that."""
    provider.failures = dict.fromkeys("abc", error)
    shown = []
    for _ in range(2):
        try:
            await omni.send(letter_of("a"))
        except (NotSentError, OutcomeUnknownError) as told:
            shown += [str(told), repr(told)]
    shown += map(repr, await all_of(omni.enqueue([letter_of("b"), letter_of("a")])))
    shown += map(repr, await all_outcomes(omni.send_many([letter_of("c"), letter_of("c")])))
    await quiet(omni)
    shown.append(repr(await omni.status("outbox:b")))
    return shown


@pytest.mark.parametrize(
    "kind",
    [RefusedError, AuthenticationError, ConnectionFailedError, AnswerLostError],
    ids=lambda kind: kind.__name__,
)
async def test_no_outcome_and_no_word_of_the_log_shows_a_message(
    path: Path, caplog: pytest.LogCaptureFixture, kind: type[Failure]
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = MemoryProvider(FakeClock())
    clock = provider.clock
    assert isinstance(clock, FakeClock)
    async with Outbox(provider, path) as omni:
        shown = await clock.drive(run_into(omni, provider, kind("no", raw=canaries.SENTENCE)))
        shown += [repr(omni), str(omni)]
    assert len(shown) > 5
    for text in [*shown, caplog.text, *(repr(vars(each)) for each in caplog.records)]:
        assert found_in(text) == []


async def test_no_entry_shows_what_it_holds(path: Path) -> None:
    provider = MemoryProvider(FakeClock())
    provider.failures = {"b": RefusedError("no", raw=canaries.SENTENCE), "c": AnswerLostError("?")}
    async with Outbox(provider, path) as omni:
        sending = (omni.send(letter_of(each)) for each in "abc")
        await asyncio.gather(*sending, return_exceptions=True)
    journal = Journal(path)
    entries = await journal.select(EntryState)
    await journal.close()
    assert [each.state.value for each in entries] == ["accepted", "refused", "unknown"]
    for entry in entries:
        assert entry.message.content == letter_of("a").content
        assert found_in(repr(entry) + str(entry)) == []


async def test_the_record_of_an_interrupted_send_shows_no_message(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = MemoryProvider()
    provider.held["a"] = asyncio.Event()
    async with Outbox(provider, path) as omni:
        sending = asyncio.create_task(omni.send(letter_of("a")))
        await provider.has_been_called(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(sending)
    assert outcomes_recorded(caplog) == [("a", "unknown")]
    assert found_in(caplog.text) == []


async def test_what_the_vendor_said_of_a_message_is_not_written_down(path: Path) -> None:
    provider = BulkProvider(10)
    provider.failures["a"] = RefusedError("no", raw=canaries.SENTENCE)
    async with Outbox(provider, path) as omni:
        with pytest.raises(RefusedError) as caught:
            await omni.send(Message("+37251234567", letter_of("a").content, reference="a"))
        assert caught.value.raw == canaries.SENTENCE
    assert canaries.SENTENCE.encode() not in path.read_bytes()


async def test_nobody_but_its_owner_reads_what_an_outbox_writes(path: Path) -> None:
    clock = FakeClock()
    async with Outbox(MemoryProvider(clock), path) as omni:
        await omni.send(letter_of("a", clock.now() + timedelta(minutes=1)))
        files = list(path.parent.iterdir())
        assert len(files) >= 2
        assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
