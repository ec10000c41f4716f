"""``Tracker``: the last known state of messages, from what vendors post and what they answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import overload

from omni_common.callbacks.events import Event
from omni_common.clock import Clock, SystemClock
from omni_common.polling import check_timeout
from omni_common.provider import OmniProvider
from omni_common.receipt import Receipt
from omni_common.report import DeliveryReport, DeliveryState
from omni_common.track import Track, reference_key
from omni_common.tracker.store import MemoryTracks, TrackStore
from omni_common.tracker.waiting import Audience, Waiting

__all__ = ["Tracker"]

_TIMEOUT = timedelta(minutes=2)
_log = logging.getLogger("omni_common.tracker")


class Tracker:
    """Follows messages to their end: puts together what vendors post and what they answer.

    ::

        tracker = Tracker(omni)
        receiver = CallbackReceiver(tracker.record, ...)        # what vendors post
        receipt = await omni.send(message)
        report = await tracker.wait(receipt, timeout=timedelta(minutes=10))

    Reports may be late, repeated and reordered (T60), and may come before the send has returned;
    what is known of a message only depends on what was said, not on when. A channel that failed is
    not the end of a message that has others to try (T59), and READ and CLICKED may follow when it
    was delivered (T61). Without the receipt it is not known which channels a message has, unless
    the vendor's posts say so: then a failure that was posted is not final.

    A report belongs to the message whose id it has. Devino documents no id for the reports of a
    cascade's later channels, but they hold the message's reference: so they belong to the message
    with that reference, as long as only one receipt of the provider has it. Give each message a
    reference of its own, or let it have the one that it gets by itself.

    Reports of messages that nobody added are kept too. For one event loop; where several processes
    share a *store*, each sees what the others recorded when it looks again, at the same intervals
    at which a provider is asked.
    """

    def __init__(
        self,
        provider: OmniProvider | None = None,
        *,
        store: TrackStore | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare; nothing is asked before somebody waits.

        Args:
            provider: Is asked for the status of messages that are waited for; without one, what is
                recorded is all there is. It is not closed with the tracker.
            store: Where to keep what is known; in memory unless given.
            clock: Where the time comes from; the provider's, or the system's, unless given.

        Raises:
            TypeError: *provider* is none, such as a blocking one, whose tracker is
                ``omni_common.sync.Tracker``.
        """
        if provider is not None and not isinstance(provider, OmniProvider):
            kind = f"{type(provider).__module__}.{type(provider).__name__}"
            raise TypeError(
                f"provider must be an omni_common.OmniProvider, not {kind};"
                " a blocking provider goes with omni_common.sync.Tracker"
            )
        self._store: TrackStore = MemoryTracks() if store is None else store
        self._keeps = True
        clock = clock or (SystemClock() if provider is None else provider.clock)
        self._audience = Audience(provider, clock, self._answered)

    async def add(self, receipt: Receipt) -> DeliveryReport:
        """Follow the message of *receipt*, and return what is known of it already."""
        if not isinstance(receipt, Receipt):
            raise TypeError(f"a Receipt is added, not {type(receipt).__name__}")
        track = await self._accepted(receipt)
        return (await self._with_reference(receipt.id, track)).report()

    async def record(self, event: Event) -> DeliveryReport | None:
        """Take note of what a vendor posted, and wake those who wait for it.

        Repeating it does no harm. An error of the store is raised; then the vendor should be told
        that its post was not taken.

        Returns:
            What is known of the message now; None if *event* is no ``DeliveryReport``. A report
            that does not say of which message it is, neither by id nor by provider and reference,
            is returned and kept nowhere.
        """
        if not isinstance(event, DeliveryReport):
            return None
        news = known = Track.of_report(event)
        if event.reference and (event.id or event.provider):
            key = _reference_key(event.id or event.provider or "", event.reference)
            known = await self._store.merge(key, news)
        if event.id:
            await self._store.merge(event.id, news)
        self._audience.ring([event.id, *known.receipts])
        if len(known.receipts) > 1:
            known = news
        id = known.receipts[0] if known.receipts else event.id
        return (await self._known(id) or known).report()

    @overload
    async def report(self, message: Receipt) -> DeliveryReport: ...

    @overload
    async def report(self, message: str) -> DeliveryReport | None: ...

    async def report(self, message: Receipt | str) -> DeliveryReport | None:
        """What is known of a message, by its receipt or its id; asks nobody.

        None if nothing is known of the id. A receipt is added, and so always known.
        """
        if isinstance(message, Receipt):
            return await self.add(message)
        track = await self._known(message)
        return None if track is None else track.report()

    async def wait(
        self,
        message: Receipt | str,
        state: DeliveryState = DeliveryState.DELIVERED,
        *,
        timeout: timedelta = _TIMEOUT,
    ) -> DeliveryReport:
        """Follow a message until it reaches *state*, and return the report that says so.

        So it does as soon as the message has come to another end: a failure that is final. A
        message that was read was delivered too, and waiting for READ goes on after DELIVERED.
        At the end of *timeout* it returns the last report, whose ``is_final`` may be False.

        What is recorded is noticed at once. The provider, if there is one, is asked at once, then
        at intervals that grow from 5 seconds, each longer by half, to 5 minutes, and a last time at
        the end. Each message's intervals are longer by a share of its own, up to a tenth, so that
        thousands that are waited for from the same moment are not asked for in the same moment.
        With the default *timeout* that makes at most 8 questions.

        All who wait for one message share its questions. For somebody new one is asked out of turn,
        but never within 5 seconds of the one before, nor before the time that the vendor asked to
        wait for; nor is the last one, and then the answer before stands. The same holds for waits
        that follow one another, as long as the message is among the latest 10,000 waited for.

        A provider that cannot tell of this message is not asked again during the wait, nor is one
        whose error will last, such as wrong credentials; posts are waited for all the same. An id
        that the vendor does not know yet counts as ACCEPTED for the first minute. An answer that
        the store fails to keep is known to those only who wait for it, and leaves one WARNING on
        the logger ``omni_common.tracker`` until the store works again.

        Args:
            message: A receipt, which is added, or an id.
            state: How far the message is to get.
            timeout: How long to wait at most.

        Raises:
            UnknownMessageError: Only the id is given, and nothing was heard of it in all the time;
                or the vendor does not know the id after a minute, and nothing was posted either.
            ReadError: Not one question was answered, and nothing was posted either; the provider
                may be closed, for one.
        """
        if not isinstance(state, DeliveryState):
            raise TypeError(f"state must be a DeliveryState, not {type(state).__name__}")
        waiting = self._waiting_for(message, timeout)
        await self._add(message)
        async with waiting:
            report = await anext(waiting)
            while not _is_over(report, state):
                later = await anext(waiting, None)
                if later is None:
                    break
                report = later
            return report

    def watch(
        self, message: Receipt | str, *, timeout: timedelta = _TIMEOUT
    ) -> AsyncIterator[DeliveryReport]:
        """Follow a message: yields what is known of it, then every change, until it is final.

        It ends with the first report that is final, or after *timeout*. See :meth:`wait` for how it
        learns of changes, and what it raises at the end if nothing was heard.
        """
        return self._watched(message, self._waiting_for(message, timeout))

    async def _watched(
        self, message: Receipt | str, waiting: Waiting
    ) -> AsyncIterator[DeliveryReport]:
        await self._add(message)
        async with waiting:
            async for report in waiting:
                yield report
                if report.is_final:
                    return

    def _waiting_for(self, message: Receipt | str, timeout: timedelta) -> Waiting:
        check_timeout(timeout)
        return Waiting(self._audience, _id(message), partial(self._known, message), timeout)

    async def _add(self, message: Receipt | str) -> None:
        if isinstance(message, Receipt):
            await self._accepted(message)

    async def _accepted(self, receipt: Receipt) -> Track:
        track = Track.of_receipt(receipt)
        if receipt.reference:
            await self._store.merge(_reference_key(receipt.id, receipt.reference), track)
        merged = await self._store.merge(receipt.id, track)
        self._audience.ring([receipt.id])
        return merged

    async def _answered(self, id: str, track: Track) -> None:
        try:
            await self._store.merge(id, track)
        except Exception as error:  # noqa: BLE001 - whoever waits is not to blame, and may yet be told
            if self._keeps:
                kind = type(error).__name__
                _log.warning("an answer could not be kept (%s); asking goes on", kind)
            self._keeps = False
        else:
            self._keeps = True
        self._audience.ring([id])

    async def _known(self, message: Receipt | str) -> Track | None:
        """What is known of a message, by its id and by its reference."""
        id = _id(message)
        track = await self._store.load(id)
        if isinstance(message, Receipt):  # which the store may have had no room for
            receipt = Track.of_receipt(message)
            track = receipt if track is None else track.merged(receipt)
        return None if track is None else await self._with_reference(id, track)

    async def _with_reference(self, id: str, track: Track) -> Track:
        """*track* with what is known by the reference, if that belongs to this message alone."""
        if not track.receipts or track.reference is None:
            return track
        more = await self._store.load(_reference_key(id, track.reference))
        is_ours = more is not None and set(more.receipts) <= set(track.receipts)
        return track.merged(more) if more is not None and is_ours else track


def _reference_key(id: str, reference: str) -> str:
    """The key of a message by its reference; *id* is the message's, or its provider's name."""
    return reference_key(id.partition(":")[0], reference)


def _id(message: Receipt | str) -> str:
    id: object = message.id if isinstance(message, Receipt) else message
    if not isinstance(id, str):
        raise TypeError(f"a message is a receipt or an id, not {type(message).__name__}")
    return id


def _is_over(report: DeliveryReport, state: DeliveryState) -> bool:
    """Whether a message got as far as *state*, or failed for good on the way."""
    if report.state.is_final and not report.state.has_arrived:
        return report.is_final
    return report.state.reaches(state)
