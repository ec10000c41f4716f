"""Uploading contacts, however many: what each is told, and how little is held at a time."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, cast

import pytest
from hypothesis import given, settings, strategies as st

from devino_async import DevinoClient
from devino_async.address_book import UPLOAD_SIZE, ContactResult, FieldValue, NewContact
from devino_async.sandbox import DevinoEmulator
from omni_common.converter import dumps, loads
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ClientClosedError,
    InvalidMessageError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    RateLimitedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from omni_common.sandbox import Fault
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

FIRST = 79_100_000_000


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


@pytest.fixture
async def list_id(client: DevinoClient, emulator: DevinoEmulator) -> str:
    made = await client.address_book.create_list("Customers")
    emulator.requests.clear()
    return made


def contact(number: int) -> NewContact:
    return NewContact(phone=str(FIRST + number))


def contacts(count: int) -> Iterator[NewContact]:
    return map(contact, range(count))


class Source:
    """Contacts that are counted as they are read."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.read = 0
        self.closed = False

    async def each(self) -> AsyncIterator[NewContact]:
        try:
            while self.read < self.count:
                self.read += 1
                yield contact(self.read - 1)
        finally:
            self.closed = True


def phones(results: list[ContactResult]) -> list[int]:
    return [int(result.contact.phone or 0) - FIRST for result in results]


def batches(emulator: DevinoEmulator) -> list[int]:
    """How many contacts each call held."""
    return [len(loads(request.body)["contacts"]) for request in emulator.requests]


# --- Many -----------------------------------------------------------------------------------------


async def test_3000_contacts_are_added_in_order_and_read_back(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str
) -> None:
    source, number = Source(3_000), 0
    ids: list[str | None] = []
    async for result in client.address_book.upload_contacts(list_id, source.each()):
        assert result.contact == contact(number)
        assert result.outcome is Outcome.ACCEPTED
        number += 1
        # What was read and not reported is never more than one batch.
        assert source.read - number < UPLOAD_SIZE
        ids.append(result.contact_id)
    assert number == source.read == 3_000
    assert batches(emulator) == [UPLOAD_SIZE] * 6
    emulator.requests.clear()
    stored = [each.contact_id async for each in client.address_book.contacts(list_id)]
    assert stored == ids
    assert len(emulator.requests) == 31


async def test_contacts_of_earlier_batches_are_not_kept(client: DevinoClient, list_id: str) -> None:
    seen: list[weakref.ref[NewContact]] = []
    most = 0
    async for result in client.address_book.upload_contacts(list_id, contacts(60), batch_size=5):
        seen.append(weakref.ref(result.contact))
        most = max(most, sum(each() is not None for each in seen))
    assert len(seen) == 60
    assert most <= 2 * 5


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (4, [4]), (9, [4, 4, 1])])
async def test_batches_are_as_large_as_was_asked(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str, count: int, sizes: list[int]
) -> None:
    upload = client.address_book.upload_contacts(list_id, contacts(count), batch_size=4)
    assert phones([result async for result in upload]) == list(range(count))
    assert batches(emulator) == sizes


async def test_nothing_is_read_or_sent_before_the_first_result_is_asked_for(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str
) -> None:
    source = Source(10)
    upload = client.address_book.upload_contacts(list_id, source.each(), batch_size=4)
    assert (source.read, emulator.requests) == (0, [])
    await anext(upload)
    assert (source.read, len(emulator.requests)) == (4, 1)


async def test_an_iteration_that_is_left_early_sends_no_further_batch(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str
) -> None:
    source = Source(100)
    upload = client.address_book.upload_contacts(list_id, source.each(), batch_size=4)
    # Whoever leaves a bare generator by break leaves closing it to the event loop.
    async with aclosing(cast("Any", upload)) as results:
        async for result in results:
            if phones([result]) == [5]:
                break
    assert source.closed
    assert source.read == 8
    assert batches(emulator) == [4, 4]
    assert len(emulator.book.lists[list_id].contacts) == 8


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(1, 12), st.sets(st.integers(0, 12)))
def test_each_contact_has_one_result_in_order_whatever_becomes_of_its_batch(
    count: int, size: int, failing: set[int]
) -> None:
    async def run() -> None:
        async with DevinoEmulator() as emulator:
            client = DevinoClient(emulator.key, base_url=emulator.base_url)
            calls = iter(range(1_000))
            emulator.fail_next(
                Fault.DROP,
                times=1_000,
                on=lambda request: (
                    request.operation == "contacts_upload" and next(calls) in failing
                ),
            )
            async with client:
                list_id = await client.address_book.create_list("a")
                upload = client.address_book.upload_contacts(
                    list_id, contacts(count), batch_size=size
                )
                results = [result async for result in upload]
            assert phones(results) == list(range(count))
            for number, result in enumerate(results):
                is_lost = number // size in failing
                assert result.outcome is (Outcome.UNKNOWN if is_lost else Outcome.ACCEPTED)
                assert isinstance(result.error, AnswerLostError) is is_lost
            # What was lost was added all the same, and once.
            assert len(emulator.book.lists[list_id].contacts) == count

    asyncio.run(run())


# --- Refused one by one ---------------------------------------------------------------------------


async def test_t2_a_batch_may_be_added_in_part(client: DevinoClient, list_id: str) -> None:
    wrong = NewContact(phone=str(FIRST), fields=[FieldValue("Nicknam", "J")])
    upload = client.address_book.upload_contacts(
        list_id,
        [contact(1), wrong, contact(1), contact(2)],
        duplicate_check_field="phone",
    )
    one, two, three, four = [result async for result in upload]
    assert [each.outcome for each in (one, two, three, four)] == [
        Outcome.ACCEPTED,
        Outcome.NOT_SENT,
        Outcome.NOT_SENT,
        Outcome.ACCEPTED,
    ]
    assert (two.localization_key, two.field_name, two.is_duplicate) == ("INVALID", "Nicknam", False)
    assert (three.localization_key, three.is_duplicate) == ("DUPLICATE_VALUE", True)
    assert all(each.error is None for each in (one, two, three, four))


async def test_with_a_field_to_compare_an_own_repetition_is_harmless(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str
) -> None:
    def upload() -> AsyncIterator[ContactResult]:
        return client.address_book.upload_contacts(
            list_id, contacts(4), duplicate_check_field="phone", batch_size=2
        )

    emulator.fail_next(Fault.DROP)
    lost = [each.outcome async for each in upload()]
    assert lost == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert all([each.is_duplicate async for each in upload()])
    assert len(emulator.book.lists[list_id].contacts) == 4


# --- Failing calls --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.DROP, AnswerLostError),
        (Fault.TRUNCATED, AnswerLostError),
        (Fault.SERVER_ERROR, ServerFailedError),
        (Fault.UNAVAILABLE, ServerFailedError),
        (Fault.GARBAGE, UnexpectedAnswerError),
        (Fault.REDIRECT, UnexpectedAnswerError),
    ],
)
async def test_t70_a_second_batch_whose_answer_is_lost_is_unknown_and_the_third_follows(
    client: DevinoClient, emulator: DevinoEmulator, fault: Fault, kind: type[OutcomeUnknownError]
) -> None:
    list_id = await client.address_book.create_list("Customers")
    upload = client.address_book.upload_contacts(list_id, contacts(6), batch_size=2)
    first = [await anext(upload), await anext(upload)]
    emulator.fail_next(fault)
    rest = [result async for result in upload]
    assert phones(first + rest) == list(range(6))
    assert [each.outcome for each in first] == [Outcome.ACCEPTED] * 2
    lost, added = rest[:2], rest[2:]
    for each in lost:
        assert (each.outcome, each.contact_id) == (Outcome.UNKNOWN, None)
        assert isinstance(each.error, kind)
        assert "The contacts may have been made: check that" in str(each.error)
        assert "7910000" not in str(each.error)
    assert [each.outcome for each in added] == [Outcome.ACCEPTED] * 2
    uploads = [each for each in emulator.requests if each.operation == "contacts_upload"]
    assert len(uploads) == 3


async def test_a_batch_that_provably_was_not_taken_is_sent_again(
    client: DevinoClient, emulator: DevinoEmulator, clock: FakeClock, list_id: str
) -> None:
    emulator.fail_next(Fault.RATE_LIMITED)
    upload = client.address_book.upload_contacts(list_id, contacts(2))

    async def all_of_it() -> list[ContactResult]:
        return [result async for result in upload]

    results = await clock.drive(all_of_it())
    assert [each.outcome for each in results] == [Outcome.ACCEPTED] * 2
    assert len(emulator.requests) == 2
    emulator.fail_next(Fault.RATE_LIMITED, times=3)
    upload = client.address_book.upload_contacts(list_id, contacts(2))
    results = await clock.drive(all_of_it())
    assert [each.outcome for each in results] == [Outcome.NOT_SENT] * 2
    assert all(isinstance(each.error, RateLimitedError) for each in results)


async def test_a_refusal_of_every_call_stands_at_every_contact(
    emulator: DevinoEmulator, list_id: str
) -> None:
    async with DevinoClient("wrong", base_url=emulator.base_url) as stranger:
        upload = stranger.address_book.upload_contacts(list_id, contacts(4), batch_size=2)
        results = [result async for result in upload]
    assert [each.outcome for each in results] == [Outcome.NOT_SENT] * 4
    assert all(isinstance(each.error, AuthenticationError) for each in results)
    assert len(emulator.requests) == 2


async def test_a_client_that_is_closed_meanwhile_adds_nothing_more(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str
) -> None:
    upload = client.address_book.upload_contacts(list_id, contacts(4), batch_size=2)
    assert (await anext(upload)).outcome is Outcome.ACCEPTED
    await client.close()
    rest = [result async for result in upload]
    assert [each.outcome for each in rest] == [
        Outcome.ACCEPTED,
        Outcome.NOT_SENT,
        Outcome.NOT_SENT,
    ]
    assert isinstance(rest[1].error, ClientClosedError)
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_another_number_of_results_leaves_the_whole_batch_unknown(
    clock: FakeClock, count: int
) -> None:
    body = {"result": [{"code": "OK", "result": {"contactId": "a-b"}}] * count}
    async with (
        FaultServer(answer(200, dumps(body))) as server,
        DevinoClient("key", base_url=server.url, clock=clock) as client,
    ):
        results = [each async for each in client.address_book.upload_contacts("1", contacts(2))]
    assert [each.outcome for each in results] == [Outcome.UNKNOWN] * 2
    assert isinstance(results[0].error, UnexpectedAnswerError)
    assert results[0].error.raw == body


# --- What is not taken ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("list_id", ["", "12a", None]),
        ("duplicate_check_field", ["", 1]),
        ("zone_offset", [180]),
        ("batch_size", [0, -1, "5", None, 1.5, True]),
    ],
)
async def test_a_malformed_argument_is_refused_by_the_call_itself(
    client: DevinoClient, emulator: DevinoEmulator, field: str, values: list[Any]
) -> None:
    for value in values:
        source = Source(1)
        arguments: dict[str, Any] = {"list_id": "1", "contacts": source.each(), field: value}
        with pytest.raises(InvalidMessageError) as refused:
            client.address_book.upload_contacts(**arguments)
        assert refused.value.field == field
        assert isinstance(refused.value, NotSentError)
        assert source.read == 0
    assert emulator.requests == []


async def test_what_is_no_contact_is_not_sent_with_those_before_it(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str
) -> None:
    mixed: Any = [contact(0), contact(1), contact(2), {"phone": "79100000000"}]
    upload = client.address_book.upload_contacts(list_id, mixed, batch_size=2)
    assert phones([await anext(upload), await anext(upload)]) == [0, 1]
    with pytest.raises(TypeError, match="an upload takes contacts, not dict"):
        await anext(upload)
    assert batches(emulator) == [2]


async def test_an_error_of_the_source_comes_through_after_the_batches_before_it(
    client: DevinoClient, emulator: DevinoEmulator, list_id: str
) -> None:
    def breaking() -> Iterator[NewContact]:
        yield from contacts(3)
        raise OSError("the file is gone")

    upload = client.address_book.upload_contacts(list_id, breaking(), batch_size=2)
    assert phones([await anext(upload), await anext(upload)]) == [0, 1]
    with pytest.raises(OSError, match="the file is gone"):
        await anext(upload)
    assert batches(emulator) == [2]
