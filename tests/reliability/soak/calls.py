"""What a service does all day with async clients, at random."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from attrs import define, field

from devino_async import DevinoProvider
from omni_common import Accepted, MemoryTracks, Message, OmniProvider, Tracker, connect
from omni_common.callbacks import CallbackReceiver
from tests.reliability.soak.mailbox import Mailbox
from tests.reliability.soak.messages import Correspondence
from tests.reliability.soak.orders import Orders
from tests.reliability.soak.tally import Tally

__all__ = ["TRACKS", "AsyncCalls", "use_async_clients"]

TRACKS = 50
"""Few, so that as many as are kept are there when the memory is measured."""

_A_MOMENT = 0.1
_WAIT = timedelta(seconds=0.3)
_TRACKED = timedelta(seconds=4)
_ROWS = 60
_DAY = timedelta(days=1)


@define
class AsyncCalls:
    """One provider in the hands of many tasks."""

    url: str = field(repr=False)
    omni: OmniProvider
    receiver: CallbackReceiver
    tracker: Tracker
    letters: Correspondence
    tally: Tally
    dice: random.Random

    async def one(self) -> None:
        """Do something."""
        kinds = {
            "send": 35,
            "send_many": 3,
            "status": 20,
            "status_many": 3,
            "cancel": 6,
            "wait": 6,
            "track": 1,
            "native": 5,
            "new client": 2,
            "interrupted": 10,
        }
        kind = self.dice.choices(list(kinds), list(kinds.values()))[0]
        with self.tally.operation(kind):
            await self.call(kind)()

    def call(self, kind: str) -> Callable[[], Awaitable[object]]:
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
            "interrupted": self._interrupted,
        }[kind]

    async def _send(self) -> None:
        await self._accepted(self.omni, self.letters.message())

    async def _accepted(self, omni: OmniProvider, message: Message) -> str:
        receipt = await omni.send(message)
        self.tally.ended(Accepted(message, receipt))
        self.letters.accepted.append(receipt.id)
        return receipt.id

    async def _send_many(self) -> None:
        messages = (self.letters.message() for _ in range(self.dice.randrange(60)))
        leaves_early = self.dice.random() < 0.2
        async with self.omni.send_many(messages) as outcomes:
            async for outcome in outcomes:
                self.tally.ended(outcome)
                if leaves_early:
                    break
        for outcome in outcomes.unreported:
            self.tally.took_place(f"unreported, {outcome.outcome.value}")

    async def _status_many(self) -> None:
        async for result in self.omni.status_many(self.letters.some_ids(20)):
            self.tally.took_place("status told" if result.report else "status not told")

    async def _cancel(self) -> None:
        id = await self._accepted(self.omni, self.letters.scheduled())
        await self.omni.cancel(id)
        self.tally.took_place("cancelled")

    async def _track(self) -> None:
        message = self.receiver.addressed(self.letters.sms(), self.omni.capabilities)
        receipt = await self.omni.send(message)
        self.tally.ended(Accepted(message, receipt))
        report = await self.tracker.wait(receipt, timeout=_TRACKED)
        self.tally.took_place(f"tracked, {report.state.name.lower()}")

    async def _native(self) -> None:
        """Read a report of Devino's page by page, to its end or not; ask Messente natively."""
        if not isinstance(self.omni, DevinoProvider):
            await self.omni.status(self.letters.an_id())
            return
        now = datetime.now().replace(microsecond=0)  # noqa: DTZ005 - the account's own, of no zone
        rows = self.omni.client.sms.detail(sent_from=now - _DAY, sent_to=now + _DAY, page_size=20)
        left = self.dice.randrange(_ROWS)
        async for _ in rows:
            self.tally.took_place("row read")
            left -= 1
            if left < 0:
                break
        async for _ in self.omni.client.omni.tasks():
            self.tally.took_place("task read")

    async def _new_client(self) -> None:
        async with connect(self.url) as fresh:
            await self._accepted(fresh, self.letters.message())
            await fresh.status(self.letters.an_id())

    async def _interrupted(self) -> None:
        """Begin something and give it up after a moment, by a timeout or a cancellation."""
        kinds = ["send", "send_many", "status", "status_many", "wait", "track", "native"]
        call = self.call(self.dice.choice(kinds))
        moment = self.dice.random() * _A_MOMENT
        if self.dice.random() < 0.5:
            async with asyncio.timeout(moment):
                await call()
            return
        task = asyncio.ensure_future(call())
        await asyncio.wait([task], timeout=moment)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


async def use_async_clients(
    orders: Orders,
    mailbox: Mailbox,
    tally: Tally,
    over: threading.Event,
    begun: Callable[[], object],
) -> None:
    """Use a client of each vendor, by many tasks, until it is over; tell when it has *begun*."""
    async with AsyncExitStack() as stack:
        everybody: list[AsyncCalls] = []
        for vendor in orders.urls:
            url = orders.connection_url(vendor)
            omni = await stack.enter_async_context(connect(url))
            tracker = Tracker(omni, store=MemoryTracks(TRACKS))
            mailbox.trackers.append(tracker)
            dice = random.Random(f"{orders.seed} {vendor} tasks")
            letters = Correspondence(vendor, tally, dice)
            calls = AsyncCalls(url, omni, mailbox.receiver, tracker, letters, tally, dice)
            everybody += [calls] * orders.share_of(orders.tasks)
            cascades = (letters.cascade() for _ in range(orders.cascades_of(vendor)))
            async for outcome in omni.send_many(cascades):
                tally.ended(outcome)
        begun()
        async with asyncio.TaskGroup() as group:
            for calls in everybody:
                group.create_task(_work(calls, over))


async def _work(calls: AsyncCalls, over: threading.Event) -> None:
    while not over.is_set():
        await calls.one()
