"""What a program without asyncio does all day with blocking clients, at random."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import islice

from attrs import define, field

from devino_async.sync import DevinoClient
from omni_common import Accepted, MemoryTracks, Message
from omni_common.callbacks import CallbackReceiver
from omni_common.sync import OmniProvider, Tracker, connect
from tests.reliability.soak.calls import TRACKS
from tests.reliability.soak.mailbox import Mailbox, Posted
from tests.reliability.soak.messages import Correspondence
from tests.reliability.soak.orders import Orders
from tests.reliability.soak.tally import Tally

__all__ = ["BlockingCalls", "use_blocking_clients"]

_WAIT = timedelta(seconds=0.3)
_TRACKED = timedelta(seconds=4)
_ROWS = 60
_DAY = timedelta(days=1)


@define
class BlockingCalls:
    """One provider in the hands of many threads; this object is one thread's."""

    url: str = field(repr=False)
    omni: OmniProvider
    native: DevinoClient | None
    receiver: CallbackReceiver
    tracker: Tracker
    letters: Correspondence
    tally: Tally
    dice: random.Random

    def one(self) -> None:
        """Do something."""
        kinds = {
            "send": 40,
            "send_many": 3,
            "status": 20,
            "status_many": 3,
            "cancel": 6,
            "wait": 6,
            "track": 1,
            "native": 5,
            "new client": 2,
        }
        kind = self.dice.choices(list(kinds), list(kinds.values()))[0]
        with self.tally.operation(f"blocking {kind}"):
            self.call(kind)()

    def call(self, kind: str) -> Callable[[], object]:
        return {
            "send": self._send,
            "send_many": self._send_many,
            "status": lambda: self.omni.status(self.letters.an_id()),
            "status_many": self._status_many,
            "cancel": self._cancel,
            "wait": lambda: self.omni.wait(self.letters.an_id(), timeout=_WAIT),
            "track": self._track,
            "native": self._native,
            "new client": self._new_client,
        }[kind]

    def _send(self) -> None:
        self._accepted(self.omni, self.letters.message())

    def _accepted(self, omni: OmniProvider, message: Message) -> str:
        receipt = omni.send(message)
        self.tally.ended(Accepted(message, receipt))
        self.letters.accepted.append(receipt.id)
        return receipt.id

    def _send_many(self) -> None:
        messages = (self.letters.message() for _ in range(self.dice.randrange(60)))
        leaves_early = self.dice.random() < 0.2
        with self.omni.send_many(messages) as outcomes:
            for outcome in outcomes:
                self.tally.ended(outcome)
                if leaves_early:
                    break
        for outcome in outcomes.unreported:
            self.tally.took_place(f"unreported, {outcome.outcome.value}")

    def _status_many(self) -> None:
        for result in self.omni.status_many(self.letters.some_ids(20)):
            self.tally.took_place("status told" if result.report else "status not told")

    def _cancel(self) -> None:
        id = self._accepted(self.omni, self.letters.scheduled())
        self.omni.cancel(id)
        self.tally.took_place("cancelled")

    def _track(self) -> None:
        message = self.receiver.addressed(self.letters.sms(), self.omni.capabilities)
        receipt = self.omni.send(message)
        self.tally.ended(Accepted(message, receipt))
        report = self.tracker.wait(receipt, timeout=_TRACKED)
        self.tally.took_place(f"tracked, {report.state.name.lower()}")

    def _native(self) -> None:
        """Read a report of Devino's page by page, to its end or not; ask Messente natively."""
        if self.native is None:
            self.omni.status(self.letters.an_id())
            return
        now = datetime.now().replace(microsecond=0)  # noqa: DTZ005 - the account's own, of no zone
        rows = self.native.sms.detail(sent_from=now - _DAY, sent_to=now + _DAY, page_size=20)
        for _ in islice(rows, self.dice.randrange(_ROWS)):
            self.tally.took_place("row read")
        for _ in self.native.omni.tasks():
            self.tally.took_place("task read")

    def _new_client(self) -> None:
        with connect(self.url) as fresh:
            self._accepted(fresh, self.letters.message())
            fresh.status(self.letters.an_id())


def use_blocking_clients(
    orders: Orders,
    mailbox: Mailbox,
    tally: Tally,
    over: threading.Event,
    begun: Callable[[], object],
) -> None:
    """Use a client of each vendor, by many threads, until it is over; tell when it has *begun*."""
    with ExitStack() as stack:
        threads: list[threading.Thread] = []
        trackers: list[Tracker] = []
        for vendor in orders.urls:
            url = orders.connection_url(vendor)
            omni = stack.enter_context(connect(url))
            native = _native_client(orders, stack) if vendor == "devino" else None
            tracker = stack.enter_context(Tracker(omni, store=MemoryTracks(TRACKS)))
            trackers.append(tracker)
            for number in range(orders.share_of(orders.threads)):
                dice = random.Random(f"{orders.seed} {vendor} thread {number}")
                letters = Correspondence(vendor, tally, dice)
                calls = BlockingCalls(
                    url, omni, native, mailbox.receiver, tracker, letters, tally, dice
                )
                threads.append(threading.Thread(target=_work, args=(calls, over)))
            letters = Correspondence(vendor, tally, random.Random(orders.seed))
            cascades = (letters.cascade() for _ in range(orders.cascades_of(vendor)))
            for outcome in omni.send_many(cascades):
                tally.ended(outcome)
        recorder = threading.Thread(target=_record, args=(mailbox.posted, trackers))
        begun()
        for thread in (*threads, recorder):
            thread.start()
        for thread in threads:
            thread.join()
        mailbox.posted.put(None)
        recorder.join()


def _native_client(orders: Orders, stack: ExitStack) -> DevinoClient:
    key, address = orders.key_and_address("devino")
    return stack.enter_context(
        DevinoClient(key, base_url=address, timeout=5, response_limit=1_000_000)
    )


def _work(calls: BlockingCalls, over: threading.Event) -> None:
    while not over.is_set():
        calls.one()


def _record(posted: Posted, trackers: list[Tracker]) -> None:
    while (event := posted.get()) is not None:
        for tracker in trackers:
            tracker.record(event)
