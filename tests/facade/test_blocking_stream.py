"""The blocking ``send_many`` between its two threads: who waits for whom, and what is left."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from omni_common import ClientClosedError, Message, NotSent, NotSentError, OutcomeUnknownError
from omni_common.sync import OmniProvider
from tests.support.outcomes import message, messages, shown
from tests.support.providers import BulkProvider

SOON = 10
"""Seconds after which a test fails that waits for what never comes."""


class Watched(BulkProvider):
    """Takes a message in when *may_check* is set, and says that it has, and that a batch left."""

    def __init__(self, batch_size: int) -> None:
        super().__init__(batch_size)
        self.may_check = Event()
        self.has_checked = Event()
        self.has_left = Event()

    def check(self, message: Message) -> list[NotSentError]:
        assert self.may_check.wait(SOON)
        self.has_checked.set()
        return super().check(message)

    def _begin_call(self) -> None:
        super()._begin_call()
        self.has_left.set()


@pytest.fixture
def recorded(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING, "omni_common.outcome")
    return lambda: [vars(record)["reference"] for record in caplog.records]


def references(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_reading_does_not_wait_until_a_message_is_taken_in() -> None:
    vendor = Watched(10)

    def source() -> Iterator[Message]:
        yield from messages(25)
        vendor.may_check.set()

    with OmniProvider(lambda: vendor) as omni, omni.send_many(source()) as outcomes:
        assert shown(outcomes) == [f"Accepted {number}" for number in range(25)]
    assert [len(batch) for batch in vendor.batches] == [10, 10, 5]


def test_a_message_is_taken_in_and_sent_while_its_source_waits_for_the_next() -> None:
    vendor = Watched(2)
    vendor.may_check.set()

    def source() -> Iterator[Message]:
        for number in range(4):
            vendor.has_checked.clear()
            yield message(number)
            assert vendor.has_checked.wait(SOON)
            if number % 2:
                assert vendor.has_left.wait(SOON)
                vendor.has_left.clear()

    with OmniProvider(lambda: vendor) as omni, omni.send_many(source()) as outcomes:
        assert len(list(outcomes)) == 4
    assert vendor.batches == [["0", "1"], ["2", "3"]]


@pytest.mark.parametrize("what", ["taken in", "read ahead"])
def test_what_was_read_when_the_source_is_interrupted_leaves_one_record_each(
    what: str, recorded: Callable[[], list[str]]
) -> None:
    vendor = Watched(100)

    def source() -> Iterator[Message]:
        if what == "taken in":
            vendor.may_check.set()
        yield from messages(50)
        vendor.may_check.set()
        raise KeyboardInterrupt

    with OmniProvider(lambda: vendor) as omni:
        stream = omni.send_many(source())
        with pytest.raises(KeyboardInterrupt), stream:
            next(stream)
        assert {type(outcome) for outcome in stream.unreported} == {NotSent}
        assert recorded() == references(50)
    assert [outcome.message.reference for outcome in stream.unreported] == recorded()
    assert recorded() == references(50)
    assert not vendor.sent


def test_a_closed_client_reads_no_further_than_one_message(
    recorded: Callable[[], list[str]],
) -> None:
    vendor = Watched(10)
    vendor.may_check.set()
    read = 0

    def source() -> Iterator[Message]:
        nonlocal read
        for each in messages(10):
            if read == 3:
                omni.close()
            read += 1
            yield each

    omni = OmniProvider(lambda: vendor)
    with pytest.raises(OutcomeUnknownError) as caught, omni.send_many(source()) as stream:
        list(stream)
    assert isinstance(caught.value.__cause__, ClientClosedError)
    assert read == 4
    assert sorted(recorded()) == references(4)
    assert not vendor.sent


def test_what_is_no_message_leaves_no_record_when_the_client_is_closed(
    recorded: Callable[[], list[str]],
) -> None:
    vendor = Watched(10)
    vendor.may_check.set()

    def source() -> Iterator[Message]:
        yield message(0)
        omni.close()
        yield "no message"  # type: ignore[misc]

    omni = OmniProvider(lambda: vendor)
    with pytest.raises(OutcomeUnknownError), omni.send_many(source()) as stream:
        list(stream)
    assert recorded() == ["0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_source_that_forks_sends_nothing_from_the_child() -> None:
    vendor = Watched(10)
    vendor.may_check.set()
    child = -1

    def source() -> Iterator[Message]:
        nonlocal child
        yield message(0)
        child = os.fork()
        yield message(1)

    with OmniProvider(lambda: vendor) as omni, omni.send_many(source()) as outcomes:
        try:
            assert len(list(outcomes)) == 2
        except BaseException as error:
            if child == 0:  # the parent is told by the exit code
                os._exit(0 if isinstance(error, RuntimeError) and not vendor.sent else 1)
            raise
        if child == 0:
            os._exit(2)
    _, code = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(code) == 0
