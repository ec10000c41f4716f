"""Deleting contact lists over real HTTP: many, lost, refused, and those that are not there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.sandbox import DevinoEmulator
from omni_common.errors import (
    AnswerLostError,
    ConnectionFailedError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    RateLimitedError,
    ServerFailedError,
)
from omni_common.sandbox import Fault
from tests.support.clock import FakeClock


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


async def test_many_lists_are_deleted_a_hundred_a_call_and_each_once(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    ids = [await client.address_book.create_list("a") for _ in range(3)]
    asked = [*ids, *(str(number) for number in range(1, 200)), ids[0]]
    before = len(emulator.requests)
    deletions = await client.address_book.delete_lists(iter(asked))
    assert [each.list_id for each in deletions] == asked
    assert [each.outcome for each in deletions[:3]] == [Outcome.ACCEPTED] * 3
    assert {each.outcome for each in deletions[3:-1]} == {Outcome.NOT_SENT}
    assert deletions[-1] is deletions[0]
    assert [request.query.count("ids=") for request in emulator.requests[before:]] == [100, 100, 2]


async def test_a_deletion_is_repeated_and_a_refusal_then_proves_nothing(
    client: DevinoClient, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    list_id = await client.address_book.create_list("Customers")
    emulator.fail_next(Fault.DROP, on="lists_delete")
    [deletion] = await clock.drive(client.address_book.delete_lists([list_id]))
    assert not emulator.book.lists
    assert (deletion.code, deletion.outcome) == ("REJECTED", Outcome.UNKNOWN)


async def test_a_repetition_of_what_surely_failed_changes_nothing(
    client: DevinoClient, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    list_id = await client.address_book.create_list("Customers")
    emulator.fail_next(Fault.RATE_LIMITED, on="lists_delete")
    deletions = await clock.drive(client.address_book.delete_lists([list_id, "17"]))
    assert [each.outcome for each in deletions] == [Outcome.ACCEPTED, Outcome.NOT_SENT]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Fault.DROP, AnswerLostError), (Fault.SERVER_ERROR, ServerFailedError)],
)
async def test_a_first_call_that_fails_raises_and_nothing_else_is_asked_for(
    client: DevinoClient,
    emulator: DevinoEmulator,
    clock: FakeClock,
    fault: Fault,
    kind: type[OutcomeUnknownError],
) -> None:
    emulator.fail_next(fault, times=3, on="lists_delete")
    with pytest.raises(kind) as lost:
        await clock.drive(
            client.address_book.delete_lists([str(number) for number in range(1, 150)])
        )
    assert len(lost.value.attempts) == len(emulator.requests) == 3


def _second_hundred(lists: range) -> Callable[[Any], bool]:
    return lambda request: f"ids={lists[100]}&" in request.query


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Fault.DROP, AnswerLostError), (Fault.RATE_LIMITED, RateLimitedError)],
)
async def test_a_later_call_that_fails_leaves_what_is_known_of_the_others(
    client: DevinoClient,
    emulator: DevinoEmulator,
    clock: FakeClock,
    fault: Fault,
    kind: type[NotSentError | OutcomeUnknownError],
) -> None:
    asked = range(1, 251)
    emulator.fail_next(fault, times=3, on=_second_hundred(asked))
    deletions = await clock.drive(client.address_book.delete_lists(map(str, asked)))
    assert [each.list_id for each in deletions] == [str(number) for number in asked]
    assert {each.outcome for each in deletions[:100]} == {Outcome.NOT_SENT}
    assert {each.outcome for each in deletions[100:200]} == {kind.outcome}
    assert all(isinstance(each.error, kind) for each in deletions[100:200])
    assert {(each.outcome, each.error) for each in deletions[200:]} == {(Outcome.NOT_SENT, None)}


async def test_a_vendor_that_cannot_be_reached_deletes_nothing(clock: FakeClock) -> None:
    async with DevinoEmulator() as gone:
        address = gone.base_url
    async with DevinoClient("key", base_url=address, clock=clock) as client:
        with pytest.raises(ConnectionFailedError):
            await clock.drive(client.address_book.delete_lists(["17"]))
