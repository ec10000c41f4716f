"""Looks for unknown messages in what the vendor says it sent, and settles those that are there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import datetime

from attrs import evolve, field, frozen

from omni_common.clock import Clock
from omni_common.errors import NotSupportedError, UnknownMessageError
from omni_common.outbox.documents import DocumentError
from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.reconciling import Doubt, found_again, periods
from omni_common.provider import OmniProvider
from omni_common.receipt import Part, Receipt
from omni_common.report import DeliveryReport, DeliveryState
from omni_common.sent import SentAs, SentMessage

__all__ = ["Reconciliation", "reconcile"]

_TOGETHER = 20_000
"""Unknown messages in memory at once, about. They are parted by what they say and to whom, since
those that are alike must be looked at together; for each part the vendor's list is read once."""
_NOT_TAKEN = frozenset({DeliveryState.UNKNOWN, DeliveryState.REJECTED})
"""What leaves open whether the vendor has ever accepted a message."""
_NOT_KNOWN = (NotSupportedError, UnknownMessageError)
"""What says of one message that nothing is to be known by its id."""


@frozen
class Reconciliation:
    """What became of unknown messages: how many are accepted now, and how many unknown still."""

    settled: int
    left: int
    references: tuple[str, ...] = field(default=(), repr=False)
    """Of those that are accepted now."""


async def reconcile(provider: OmniProvider, journal: Journal, clock: Clock) -> Reconciliation:
    """Settle what *provider* lists beyond doubt; see ``Outbox.reconcile``."""
    number = (await journal.count_open())[EntryState.UNKNOWN]
    parts = -(-number // _TOGETHER)
    references: list[str] = []
    for index in range(parts):
        search = _Search(provider, journal, parts, index)
        if found := await search.found():
            references += await journal.accept_unknown(found, clock.now())
    left = (await journal.count_open())[EntryState.UNKNOWN]
    return Reconciliation(len(references), left, tuple(references))


@frozen
class _Search:
    """For one part of the unknown messages, of so many *parts*."""

    provider: OmniProvider
    journal: Journal
    parts: int
    index: int

    async def found(self) -> Mapping[int, Receipt]:
        """The receipts of those that the vendor has, by the ids of the messages."""
        lost = {doubt async for doubt in self._doubts(EntryState.UNKNOWN)}
        rows = await self._rows(lost)
        alike = {row.sent_as for row in rows}
        # Messages are written down before they are sent. So the journal knows of every one that
        # may be among these rows now, and did not before; only for the lost ones were they asked.
        doubts = [
            evolve(doubt, lost=doubt in lost)
            for state in (EntryState.CLAIMED, EntryState.UNKNOWN)  # the way that messages go
            async for doubt in self._doubts(state)
            if doubt.sent_as in alike
        ]
        claimed, unlisted = await self._accepted(rows)
        found = found_again([*doubts, *unlisted], rows, claimed)
        reports = await self._reports({row.id for row in found.values()})
        return {
            doubt.id: self._receipt(doubt, found[doubt.id], reports[found[doubt.id].id])
            for doubt in doubts
            if doubt.id in found and found[doubt.id].id in reports
        }

    async def _doubts(self, state: EntryState) -> AsyncIterator[Doubt]:
        async for entry in self.journal.in_state(state):
            likeness = self._likeness(entry)
            if likeness is not None and hash(likeness) % self.parts == self.index:
                yield Doubt(
                    entry.id,
                    entry.reference,
                    likeness,
                    _moments(entry),
                    lost=state is EntryState.UNKNOWN,
                )

    def _likeness(self, entry: Entry) -> SentAs | None:
        try:
            message = entry.message
        except DocumentError:  # it stays what it is
            return None
        return self.provider.sent_as(message)

    async def _rows(self, lost: Iterable[Doubt]) -> list[SentMessage]:
        """What the vendor lists that says the same to the same people."""
        wanted = {doubt.sent_as for doubt in lost}
        return [
            row
            for after, before in periods(moment for doubt in lost for moment in doubt.moments)
            async for row in self.provider.sent_messages(after=after, before=before)
            if row.sent_as in wanted
        ]

    async def _accepted(self, rows: Iterable[SentMessage]) -> tuple[set[str], list[Doubt]]:
        """The ids that receipts have, and what was accepted without being among *rows* by its id.

        Each of those may be any row that is alike: that a vendor lists messages under the ids which
        their sends gave goes without saying, and Devino's documents do not say it.
        """
        likenesses = {row.sent_as: None for row in rows if row.sent_as is not None}
        ids = {row.id for row in rows}
        claimed: set[str] = set()
        unlisted: list[Doubt] = []
        async for entry in self.journal.accepted_to({each.to for each in likenesses}):
            id = _receipt_id(entry)
            if id in ids:
                claimed.add(id)
            elif (likeness := self._likeness(entry)) in likenesses:
                moments = (entry.due, entry.changed)
                unlisted.append(Doubt(entry.id, entry.reference, likeness, moments, lost=False))
        return claimed, unlisted

    async def _reports(self, ids: Collection[str]) -> Mapping[str, DeliveryReport]:
        """What the vendor says of messages by these ids, as far as it has them for sure.

        A receipt is worth nothing if its id cannot be asked about.
        """
        found: dict[str, DeliveryReport] = {}
        async for result in self.provider.status_many(sorted(ids)):
            if result.report is not None:
                if result.report.state not in _NOT_TAKEN:
                    found[result.id] = result.report
            elif result.error is not None and not isinstance(result.error, _NOT_KNOWN):
                raise result.error
        return found

    def _receipt(self, doubt: Doubt, row: SentMessage, report: DeliveryReport) -> Receipt:
        channel = doubt.sent_as.channel
        id = next((part.id for part in report.parts if part.channel == channel), None)
        return Receipt(
            id=row.id,
            provider=self.provider.capabilities.provider,
            reference=doubt.reference,
            to=doubt.sent_as.to,
            parts=(Part(channel, id, doubt.sent_as.sender),),
        )


def _moments(entry: Entry) -> tuple[datetime, ...]:
    """When a message may have been sent.

    One whose sender was killed has been unknown since the next one began, be it days later: that
    nearest to its sending which is known is then when it was due.
    """
    try:
        told = entry.error
    except DocumentError:
        told = None
    return (entry.changed,) if told is not None and told.attempts else (entry.due, entry.changed)


def _receipt_id(entry: Entry) -> str:
    """The id of its receipt; empty if that cannot be read."""
    try:
        return entry.receipt.id if entry.receipt is not None else ""
    except DocumentError:
        return ""
