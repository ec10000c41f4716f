"""What tests tell trackers of, and how they keep it in journals."""

from __future__ import annotations

from attrs import evolve

from omni_common.errors import AnswerLostError
from omni_common.outbox.entry import EntryState
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Settlement
from omni_common.outbox.tracks import JournalTracks
from omni_common.report import DeliveryReport, DeliveryState, PartReport
from omni_common.track import Track
from tests.outbox.journals import NOON, posted, receipt
from tests.support.clock import FakeClock

__all__ = ["ID", "KEY", "report", "settled_as", "track", "tracks_of"]

ID = "messente:1"
KEY = "messente reference order-1"


def report(
    state: DeliveryState = DeliveryState.DELIVERED, id: str = ID, reference: str | None = "order-1"
) -> DeliveryReport:
    """What a vendor says of an SMS."""
    part = PartReport("sms", state, id="part-1")
    return evolve(DeliveryReport.of_parts(id, [part]), reference=reference)


def track(state: DeliveryState = DeliveryState.DELIVERED, id: str = ID) -> Track:
    """What is known after that."""
    return Track.of_report(report(state, id))


def tracks_of(journal: Journal, provider: str = "messente") -> JournalTracks:
    """The store in a journal of messages that go out over *provider*."""
    return JournalTracks(journal, provider, FakeClock(NOON))


async def settled_as(journal: Journal, reference: str, state: EntryState, **options: str) -> None:
    """Put a message into *journal* that has come to be in *state*."""
    first = EntryState.QUEUED if state is EntryState.QUEUED else EntryState.CLAIMED
    (id,) = await posted(journal, reference, state=first)
    if state is not first:
        taken = receipt(reference, **options) if state is EntryState.ACCEPTED else None
        error = AnswerLostError("lost") if state is EntryState.UNKNOWN else None
        await journal.settle([Settlement(id, state, taken, error)], NOON)
