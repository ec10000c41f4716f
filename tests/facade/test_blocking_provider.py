"""The blocking twin over real HTTP: scripts, threads, running loops and forks."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, current_thread

import pytest

from omni_common import (
    Accepted,
    ClientClosedError,
    ConfigurationError,
    DeliveryState,
    InvalidMessageError,
    Message,
    NotSent,
    NotSupportedError,
    OutcomeUnknownError,
    RefusedError,
    Sms,
    Unknown,
    UnknownMessageError,
)
from omni_common.sandbox import Emulator, Fault, ReceivedRequest
from omni_common.sync import BlockingCallWarning, connect

MINUTE = timedelta(minutes=1)


def ordinary(count: int) -> list[str]:
    """Numbers that play no scenario of the sandbox: their last four digits are from 1000 up."""
    return [f"+372{5_001_000 + number % 9000 + number // 9000 * 10_000}" for number in range(count)]


def hello(number: str = "+37251000100", **options: str) -> Message:
    return Message(number, Sms("Hello"), **options)  # type: ignore[arg-type]


def test_a_script_sends_and_follows_a_message(vendor: Emulator, url: str) -> None:
    with connect(url) as omni:
        assert omni.capabilities.provider == vendor.name
        receipt = omni.send(hello(reference="order-1"))
        assert receipt.reference == "order-1"
        assert omni.status(receipt.id).state is DeliveryState.ACCEPTED
        vendor.clock.advance(MINUTE)
        report = omni.wait(receipt.id, timeout=MINUTE)
        assert (report.state, report.is_final) == (DeliveryState.DELIVERED, True)
        results = list(omni.status_many(iter([receipt.id, f"{vendor.name}:sms:0"])))
        assert [result.id for result in results] == [receipt.id, f"{vendor.name}:sms:0"]
        assert results[0].report == report
        assert isinstance(results[1].error, UnknownMessageError)
    assert vendor.ledger.count(to="+37251000100") == 1


def test_errors_are_the_same_as_of_the_async_provider(vendor: Emulator, url: str) -> None:
    with connect(url) as omni:
        with pytest.raises(RefusedError) as refused:
            omni.send(hello("+37251000001"))
        assert refused.value.field == "to"
        with pytest.raises(OutcomeUnknownError):
            omni.send(hello("+37251000004"))
        with pytest.raises(UnknownMessageError):
            omni.status("carrier-pigeon:1")
        with pytest.raises(NotSupportedError if vendor.name == "devino" else UnknownMessageError):
            omni.cancel("carrier-pigeon:1")
        wrong = Message("someone@example.com", Sms("Hi"))
        assert [type(problem) for problem in omni.check(wrong)] == [InvalidMessageError]
        with pytest.raises(InvalidMessageError):
            omni.send(wrong)
    assert vendor.ledger.count(to="+37251000004") == 1


def test_what_was_sent_is_listed_where_the_vendor_has_a_list(vendor: Emulator, url: str) -> None:
    has_list = vendor.name == "devino"
    with connect(f"{url}&account_zone=UTC" if has_list else url) as omni:
        receipt = omni.send(hello())
        now = vendor.clock.now()
        rows = omni.sent_messages(after=now - MINUTE, before=now + MINUTE)
        if has_list:
            [row] = rows
            assert (row.id, row.sent_as) == (receipt.id, omni.sent_as(hello()))
            return
        with pytest.raises(NotSupportedError):
            next(rows)
        with pytest.raises(NotSupportedError):
            omni.sent_as(hello())


def test_wrong_settings_show_when_connecting() -> None:
    with pytest.raises(ConfigurationError):
        connect("messente://user:password@default?sendr=Shop")


def test_use_after_close_is_refused_and_closing_twice_is_fine(url: str) -> None:
    omni = connect(url)
    omni.send(hello())
    omni.close()
    omni.close()
    with pytest.raises(ClientClosedError):
        omni.send(hello())


def test_s26_two_clients_share_nothing(url: str) -> None:
    with connect(url) as one, connect(url) as other:
        one.send(hello())
        other.send(hello())
        one.close()
        other.send(hello())


def test_s3_many_threads_share_one_client(vendor: Emulator, url: str) -> None:
    with connect(url) as omni, ThreadPoolExecutor(16) as threads:
        numbers = ordinary(200)
        receipts = list(threads.map(lambda number: omni.send(hello(number)), numbers))
    assert [receipt.to for receipt in receipts] == numbers
    assert len({receipt.id for receipt in receipts}) == 200
    assert Counter(entry.to.removeprefix("+") for entry in vendor.ledger) == Counter(
        number.removeprefix("+") for number in numbers
    )


async def test_s2_it_works_inside_a_running_loop_and_warns(url: str) -> None:
    with connect(url) as omni, pytest.warns(BlockingCallWarning):
        assert omni.send(hello()).id
    await asyncio.sleep(0)


def test_send_many_pulls_its_source_in_the_callers_thread(vendor: Emulator, url: str) -> None:
    threads = set()

    def source() -> Iterator[Message]:
        for number in ordinary(2500):
            threads.add(current_thread())
            yield hello(number)
        yield hello("someone@example.com")

    with connect(url) as omni, omni.send_many(source()) as outcomes:
        kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds == {Accepted: 2500, NotSent: 1}
    assert threads == {current_thread()}
    assert outcomes.unreported == ()
    assert len(vendor.ledger) == 2500


def test_send_many_keeps_order_and_reads_only_what_it_needs(url: str) -> None:
    read = 0

    def source() -> Iterator[Message]:
        nonlocal read
        for number in ordinary(100_000):
            yield hello(number, reference=str(read))
            read += 1

    with connect(url) as omni, omni.send_many(source()) as outcomes:
        first = [next(outcomes).message.reference for _ in range(10)]
    assert first == [str(number) for number in range(10)]
    assert read <= 4_000


def test_a_source_that_raises_ends_the_stream_after_its_outcomes(url: str) -> None:
    def source() -> Iterator[Message]:
        yield hello()
        yield hello()
        raise ValueError("the list ends here")

    with connect(url) as omni, omni.send_many(source()) as outcomes:
        assert isinstance(next(outcomes), Accepted)
        assert isinstance(next(outcomes), Accepted)
        with pytest.raises(ValueError, match="the list ends here"):
            next(outcomes)
        with pytest.raises(StopIteration):
            next(outcomes)


def test_something_else_than_a_message_is_the_sources_error(url: str) -> None:
    with connect(url) as omni, omni.send_many([hello(), "hello"]) as outcomes:  # type: ignore[list-item]
        assert isinstance(next(outcomes), Accepted)
        with pytest.raises(TypeError):
            next(outcomes)


def test_what_was_read_and_not_reported_is_accounted_for(
    vendor: Emulator, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = (hello(number, reference=str(at)) for at, number in enumerate(ordinary(10)))
    with (
        caplog.at_level(logging.WARNING, "omni_common.outcome"),
        connect(f"{url}&batch_size=2") as omni,
    ):
        with omni.send_many(source) as outcomes:
            next(outcomes)
        accounted = [outcome.message.reference for outcome in outcomes.unreported]
    assert accounted == [str(number) for number in range(1, len(accounted) + 1)]
    logged = [vars(record)["reference"] for record in caplog.records]
    assert logged == accounted
    sent = {entry.to.removeprefix("+") for entry in vendor.ledger}
    for outcome in outcomes.unreported:
        assert isinstance(outcome.message.to, str)
        if isinstance(outcome, Accepted):
            assert outcome.message.to.removeprefix("+") in sent
        if isinstance(outcome, NotSent):
            assert outcome.message.to.removeprefix("+") not in sent


def test_a_lost_batch_is_unknown_message_by_message(vendor: Emulator, url: str) -> None:
    vendor.fail_next(Fault.DROP)
    with connect(url) as omni, omni.send_many([hello(), hello()]) as outcomes:
        assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]
    assert len(vendor.ledger) == 2


def test_closing_the_client_ends_a_stream_that_is_open(vendor: Emulator, url: str) -> None:
    omni = connect(f"{url}&timeout=60")
    arrived = Event()

    def arrives(_: ReceivedRequest) -> bool:
        arrived.set()
        return True

    vendor.fail_next(Fault.STALL, on=arrives)
    stream = omni.send_many(hello(number) for number in ordinary(3))
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, stream)
        assert arrived.wait(10)
        omni.close()
        with pytest.raises(OutcomeUnknownError):
            waiting.result(timeout=10)
    stream.close()
    assert {type(outcome) for outcome in stream.unreported} == {Unknown}
    assert list(stream) == []


def test_a_message_read_when_the_client_closes_is_accounted_for(vendor: Emulator, url: str) -> None:
    omni = connect(url)

    def source() -> Iterator[Message]:
        yield hello(reference="first")
        omni.close()
        yield hello(reference="second")

    stream = omni.send_many(source())
    with pytest.raises(OutcomeUnknownError):
        list(stream)
    stream.close()
    outcomes = {outcome.message.reference: outcome for outcome in stream.unreported}
    assert outcomes.keys() == {"first", "second"}
    assert isinstance(outcomes["second"], NotSent)
    assert len(vendor.ledger) <= 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_s19_after_a_fork_parent_and_child_go_on(vendor: Emulator, url: str) -> None:
    with connect(url) as omni:
        omni.send(hello("+37251000200"))
        child = os.fork()
        if child == 0:
            try:
                omni.send(hello("+37251000201"))
            except BaseException:  # noqa: BLE001 - the parent is told by the exit code
                os._exit(1)
            os._exit(0)
        _, code = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(code) == 0
        omni.send(hello("+37251000202"))
    for number in ("+37251000200", "+37251000201", "+37251000202"):
        assert vendor.ledger.count(to=number) == 1


def test_a_bare_loop_that_is_left_accounts_for_what_it_read(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = (hello(number, reference=str(at)) for at, number in enumerate(ordinary(10)))
    with caplog.at_level(logging.WARNING, "omni_common.outcome"), connect(url) as omni:
        for outcome in omni.send_many(source):
            assert outcome.message.reference == "0"
            break
    assert [vars(record)["reference"] for record in caplog.records] == [
        str(number) for number in range(1, 10)
    ]


def test_a_single_id_is_not_read_letter_by_letter(url: str) -> None:
    with connect(url) as omni, pytest.raises(TypeError):
        next(omni.status_many("messente:1"))
