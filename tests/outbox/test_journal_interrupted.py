"""A put whose caller is interrupted: what nobody knows the id of is not to be sent."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from tests.outbox.journals import NOON, at, begun, posted, posting, receipt, references, state

T = TypeVar("T")


@contextmanager
def written_by_another(path: Path) -> Iterator[None]:
    """Keep the journal from writing for as long as the block takes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def elsewhere(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run *work* to its end in another thread, while the loop of this one stands still."""
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(work())))
    thread.start()
    thread.join()
    return results[0]


async def interrupted(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_put_that_is_interrupted_before_it_is_done_is_taken_back(
    journal: Journal, path: Path
) -> None:
    await posted(journal, "a")
    with written_by_another(path):
        await interrupted(await begun(journal.put([posting("b"), posting("c")], NOON)))
    assert await state(journal, "a") is EntryState.QUEUED
    for entry in await journal.select([EntryState.QUEUED, EntryState.CLAIMED]):
        assert entry.reference == "a"


@pytest.mark.parametrize("put_as", [EntryState.QUEUED, EntryState.CLAIMED])
async def test_a_put_that_is_interrupted_when_it_is_done_is_taken_back(
    journal: Journal, put_as: EntryState
) -> None:
    task = await begun(journal.put([posting("a", state=put_as), posting("b", state=put_as)], NOON))
    assert elsewhere(lambda: state(journal, "b")) is put_as
    await interrupted(task)
    assert await journal.select([EntryState.QUEUED, EntryState.CLAIMED]) == []
    assert references(await journal.select([EntryState.CANCELLED])) == ["a", "b"]


async def test_what_was_there_before_an_interrupted_put_stays_as_it_is(journal: Journal) -> None:
    await posted(journal, "old", "older")
    before = await journal.select(EntryState)
    names = ["new", "old", "newer", "older", "new"]
    task = await begun(journal.put([posting(name) for name in names], NOON))
    elsewhere(lambda: posted(journal, "newest"))
    await interrupted(task)
    assert references(await journal.select([EntryState.CANCELLED])) == ["new", "newer"]
    assert (await journal.select(EntryState))[:2] == before
    assert await state(journal, "newest") is EntryState.QUEUED


async def test_an_interrupted_put_of_what_was_there_takes_nothing_back(journal: Journal) -> None:
    await posted(journal, "a", "b")
    before = await journal.select(EntryState)
    task = await begun(journal.put([posting("b"), posting("a")], at(1)))
    elsewhere(lambda: journal.find("a"))
    await interrupted(task)
    assert await journal.select(EntryState) == before


async def test_what_was_claimed_before_the_interruption_is_not_taken_back(journal: Journal) -> None:
    task = await begun(journal.put([posting("a"), posting("b", due=at(5), held=True)], NOON))
    (claimed,) = elsewhere(lambda: journal.claim_due(5, NOON))
    await interrupted(task)
    assert await state(journal, "a") is EntryState.CLAIMED
    assert await state(journal, "b") is EntryState.CANCELLED
    accepted = Settlement(claimed.id, EntryState.ACCEPTED, receipt=receipt("a"))
    await journal.settle([accepted], at(1))
    assert await state(journal, "a") is EntryState.ACCEPTED


async def test_what_was_sent_before_the_interruption_is_not_taken_back(journal: Journal) -> None:
    async def sent() -> Entry | None:
        (claimed,) = await journal.claim_due(5, NOON)
        accepted = Settlement(claimed.id, EntryState.ACCEPTED, receipt=receipt("a"))
        await journal.settle([accepted], NOON)
        return await journal.find("a")

    task = await begun(journal.put([posting("a")], NOON))
    entry = elsewhere(sent)
    await interrupted(task)
    assert await journal.find("a") == entry


@pytest.mark.parametrize("step", ["put", "claim"])
async def test_a_step_that_is_interrupted_while_the_journal_closes_is_cancelled(
    journal: Journal, path: Path, step: str
) -> None:
    await posted(journal, "old")
    works: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "put": lambda: journal.put([posting("a")], NOON),
        "claim": lambda: journal.claim_due(5, NOON),
    }
    with written_by_another(path):
        task = await begun(works[step]())
        end = await begun(journal.close())
        await interrupted(task)
    await end
    again = Journal(path)
    assert references(await again.select([EntryState.QUEUED])) == ["old"]
    assert await again.select([EntryState.CLAIMED]) == []
    await again.close()


async def test_what_was_claimed_for_somebody_who_is_interrupted_is_given_back(
    journal: Journal,
) -> None:
    await posted(journal, "a", "b")
    (sending,) = await journal.claim_due(1, NOON)
    await posted(journal, "c")
    task = await begun(journal.claim_due(5, NOON))
    elsewhere(lambda: journal.find("c"))
    await interrupted(task)
    assert await journal.select([EntryState.CLAIMED]) == [sending]
    assert references(await journal.claim_due(5, NOON)) == ["b", "c"]


async def test_a_claim_that_is_interrupted_before_it_is_done_claims_nothing(
    journal: Journal, path: Path
) -> None:
    await posted(journal, "a", "b")
    with written_by_another(path):
        await interrupted(await begun(journal.claim_due(5, NOON)))
    assert references(await journal.select([EntryState.QUEUED])) == ["a", "b"]


async def test_a_put_is_there_when_only_something_else_is_interrupted(journal: Journal) -> None:
    task = await begun(journal.put([posting("a")], NOON))
    await interrupted(await begun(journal.find("a")))
    assert await task == [1]
    assert await state(journal, "a") is EntryState.QUEUED
