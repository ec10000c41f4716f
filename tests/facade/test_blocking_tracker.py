"""The blocking tracker: scripts, threads that serve posts, closing, Ctrl-C and forks."""

from __future__ import annotations

import gc
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from omni_common import (
    CancelFailedError,
    Channel,
    ClientClosedError,
    DeliveryReport,
    DeliveryState as S,
    MemoryTracks,
    Message,
    Part,
    PartReport,
    ReadError,
    Receipt,
    Sms,
    Track,
    UnknownMessageError,
    connect as async_connect,
)
from omni_common.sandbox import Emulator
from omni_common.sync import BlockingCallWarning, Tracker, connect
from tests.sync.children import StartChild, children

MINUTE = timedelta(minutes=1)
ID = "messente:1"
RECEIPT = Receipt(
    ID, "messente", "order-1", "+37251234567", (Part(Channel.VIBER), Part(Channel.SMS))
)


def posted(state: S, channel: Channel = Channel.SMS) -> DeliveryReport:
    return evolve(DeliveryReport.of_parts(ID, [PartReport(channel, state)]), partial=True)


def every_call(tracker: Tracker) -> list[Callable[[], object]]:
    return [
        lambda: tracker.add(RECEIPT),
        lambda: tracker.record(posted(S.READ)),
        lambda: tracker.report(ID),
        lambda: tracker.wait(ID),
        lambda: list(tracker.watch(ID)),
    ]


@pytest.fixture
def tracker() -> Iterator[Tracker]:
    with Tracker() as tracker:
        yield tracker


@pytest.fixture
def start_child() -> Iterator[StartChild]:
    with children() as start:
        yield start


def test_a_script_follows_a_message_by_asking(vendor: Emulator, url: str) -> None:
    with connect(url) as omni, Tracker(omni) as tracker:
        receipt = omni.send(Message("+37251000100", Sms("Hello"), reference="order-1"))
        report = tracker.add(receipt)
        assert (report.state, report.reference) == (S.ACCEPTED, "order-1")
        vendor.clock.advance(MINUTE)
        assert tracker.wait(receipt.id).state is S.DELIVERED
        assert [each.state for each in tracker.watch(receipt)] == [S.DELIVERED]
        assert tracker.report(receipt) == tracker.report(receipt.id)


def test_what_one_thread_records_wakes_those_that_wait(tracker: Tracker) -> None:
    with ThreadPoolExecutor(9) as threads:
        waiting = [threads.submit(tracker.wait, RECEIPT) for _ in range(8)]
        changes = tracker.watch(RECEIPT)
        assert next(changes).state is S.ACCEPTED
        threads.submit(tracker.record, posted(S.EXPIRED, Channel.VIBER)).result()
        assert [part.state for part in next(changes).parts] == [S.EXPIRED, S.ACCEPTED]
        threads.submit(tracker.record, posted(S.DELIVERED)).result()
        assert [each.state for each in changes] == [S.DELIVERED]
        assert {each.result().state for each in waiting} == {S.DELIVERED}


def test_many_threads_record_at_the_same_time(tracker: Tracker) -> None:
    reports = [posted(state) for state in S if state.has_arrived or not state.is_final] * 10
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(tracker.record, reports))
    report = tracker.report(ID)
    assert report is not None
    assert report.state is S.CLICKED


def test_errors_are_those_of_the_async_tracker(tracker: Tracker) -> None:
    with pytest.raises(UnknownMessageError):
        tracker.wait("messente:7", timeout=timedelta())
    with pytest.raises(TypeError):
        tracker.watch(ID, timeout=5)  # type: ignore[arg-type]


def test_it_closes_its_own_thread_and_no_more(url: str) -> None:
    with connect(url) as omni:
        with Tracker(omni) as tracker:
            tracker.record(posted(S.SENT))
        tracker.record(posted(S.DELIVERED))
        assert omni.send(Message("+37251000100", Sms("Hello"))).id
    for call in every_call(tracker):
        with pytest.raises(ReadError) as raised:
            call()
        assert type(raised.value.__cause__) is ClientClosedError


def test_a_closed_tracker_says_so(tracker: Tracker) -> None:
    tracker.add(RECEIPT)
    tracker.close()
    tracker.close()
    for call in every_call(tracker):
        with pytest.raises(ReadError) as raised:
            call()
        assert type(raised.value.__cause__) is ClientClosedError


def test_who_waits_when_it_is_closed_is_told() -> None:
    reading = threading.Event()

    class Store(MemoryTracks):
        async def load(self, key: str) -> Track | None:
            reading.set()
            return await super().load(key)

    with ThreadPoolExecutor(1) as thread:
        with Tracker(store=Store()) as tracker:
            waiting = thread.submit(tracker.wait, RECEIPT)
            assert reading.wait(10)
        with pytest.raises(ReadError) as raised:
            waiting.result(10)
        assert type(raised.value.__cause__) is ClientClosedError


class Looking(MemoryTracks):
    """Says when somebody looks into it."""

    def __init__(self) -> None:
        super().__init__()
        self.looked = threading.Event()

    async def load(self, key: str) -> Track | None:
        self.looked.set()
        return await super().load(key)


def test_around_a_send_and_a_wait_not_sent_means_not_sent(vendor: Emulator, url: str) -> None:
    """Whoever sends again where nothing was sent makes no double when the client is closed."""
    store = Looking()
    with connect(url) as omni, Tracker(omni, store=store) as tracker:
        receipt = omni.send(Message("+37251000003", Sms("Hello", ttl=MINUTE)))
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(tracker.wait, receipt, S.CLICKED, timeout=MINUTE)
            assert store.looked.wait(10)
            omni.close()
            questions: list[Callable[[], object]] = [
                lambda: waiting.result(10),
                lambda: omni.status(receipt.id),
                lambda: omni.wait(receipt.id),
                lambda: list(omni.status_many([receipt.id])),
            ]
            for ask in questions:
                with pytest.raises(ReadError) as unread:
                    ask()
                assert type(unread.value.__cause__) is ClientClosedError
        with pytest.raises(CancelFailedError) as uncancelled:
            omni.cancel(receipt.id)
        assert type(uncancelled.value.__cause__) is ClientClosedError
    assert vendor.ledger.count(to="+37251000003") == 1


async def test_it_works_inside_a_running_loop_and_warns() -> None:
    with Tracker() as tracker, pytest.warns(BlockingCallWarning):
        assert tracker.record(posted(S.DELIVERED)) is not None


def test_trackers_may_share_what_is_known() -> None:
    store = MemoryTracks()
    with Tracker(store=store) as one:
        one.record(posted(S.DELIVERED))
    with Tracker(store=store) as other:
        assert other.wait(ID).state is S.DELIVERED


def test_one_that_is_dropped_unclosed_is_collected_and_complained_of() -> None:
    trackers = [Tracker()]
    trackers[0].add(RECEIPT)
    dropped = weakref.ref(trackers[0])
    with pytest.warns(ResourceWarning, match="not closed"):
        trackers.clear()
    gc.collect()
    assert dropped() is None


PRELUDE = """
from datetime import timedelta
from omni_common import *
from omni_common.sync import Tracker, connect

receipt = Receipt("messente:1", "messente", "order-1", "+37251000000", (Part(Channel.SMS),))

def posted(state):
    return DeliveryReport.of_parts(receipt.id, [PartReport(Channel.SMS, state)])

class Telling(MemoryTracks):
    def __init__(self, tell):
        super().__init__()
        self.tell = tell

    async def load(self, key):
        self.tell()
        return await super().load(key)
"""


def script(text: str) -> str:
    return PRELUDE + text


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="sends POSIX signals")
def test_s14_ctrl_c_ends_a_wait_and_leaves_a_tracker_that_works(start_child: StartChild) -> None:
    child = start_child(
        script("""
with Tracker(store=Telling(lambda: say("inside"))) as tracker:
    try:
        tracker.wait("messente:1", timeout=timedelta(hours=1))
    except KeyboardInterrupt:
        say("interrupted")
    say(tracker.record(posted(DeliveryState.DELIVERED)).state.name)
""")
    )
    child.wait_for("inside")
    child.press_ctrl_c()
    ended = child.end()
    assert ended.lines[:2] == ["inside", "interrupted"]
    assert ended.lines[-1] == "DELIVERED"
    assert (ended.code, ended.complaints) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("omni", ["None", 'connect("messente://u:p@127.0.0.1:9/v1")'])
def test_s16_after_a_fork_parent_and_child_go_on_with_what_was_known(
    start_child: StartChild, omni: str
) -> None:
    ended = start_child(
        script(f"""
omni = {omni}
looked = threading.Event()
tracker = Tracker(omni, store=Telling(looked.set))
tracker.record(posted(DeliveryState.SENT))
changes = tracker.watch(receipt)
next(changes)
looked.clear()
waiting = threading.Thread(target=tracker.wait, args=(receipt,), daemon=True)
waiting.start()
looked.wait()
tracker.report(receipt)                # after which who looked is waiting
child = os.fork()
if not child:
    say("child", tracker.report(receipt.id).state.name)
    say("child", tracker.record(posted(DeliveryState.READ)).state.name)
    # Asks by a connection of its own, not by the question that the parent waits for.
    clicked = tracker.wait(receipt, DeliveryState.CLICKED, timeout=timedelta())
    say("child", clicked.state.name)
    tracker.close()
    if omni: omni.close()
    gc.collect()
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
say("parent", tracker.report(receipt.id).state.name)
tracker.record(posted(DeliveryState.DELIVERED))
waiting.join()
say("parent", next(changes).state.name)
tracker.close()
if omni: omni.close()
""")
    ).end()
    assert ended.complaints == ""
    assert ended.lines == [
        "child SENT",
        "child READ",
        "child READ",
        "parent SENT",
        "parent DELIVERED",
    ]
    assert ended.code == 0


def test_a_script_that_forgets_to_close_it_ends_all_the_same(start_child: StartChild) -> None:
    ended = start_child(
        script("""
tracker = Tracker()
tracker.add(receipt)
threading.Thread(target=tracker.wait, args=(receipt,), daemon=True).start()
""")
    ).end()
    assert ended.code == 0


async def test_an_async_provider_is_refused_and_its_tracker_named() -> None:
    async with async_connect("messente://u:p@127.0.0.1:9/v1") as provider:
        wrong: Any = provider
        with pytest.raises(TypeError, match=r"goes with omni_common\.Tracker"):
            Tracker(wrong)
