"""What is said of a message that the vendor does not have."""

from __future__ import annotations

from omni_common.outbox.entry import Entry, EntryState
from omni_common.report import DeliveryFault, DeliveryReport, DeliveryState, PartReport

__all__ = ["report_of"]

_STATES = {
    EntryState.QUEUED: DeliveryState.SCHEDULED,
    EntryState.CLAIMED: DeliveryState.SCHEDULED,
    EntryState.REFUSED: DeliveryState.REJECTED,
    EntryState.UNKNOWN: DeliveryState.UNKNOWN,
    EntryState.CANCELLED: DeliveryState.CANCELLED,
    EntryState.EXPIRED: DeliveryState.EXPIRED,
}


def report_of(entry: Entry, id: str) -> DeliveryReport:
    """The report of a message that was not accepted, by its *id*.

    ``raw_state`` is the journal's word, which is finer: a message whose send is UNKNOWN has no
    other state. ``error`` is why it was refused.
    """
    state, error = _STATES[entry.state], entry.error
    fault = None if error is None else DeliveryFault(error.vendor_code, error.text)
    parts = [
        PartReport(channel, state, raw_state=entry.state.value, at=entry.changed, error=fault)
        for channel in entry.message.channels
    ]
    return DeliveryReport.of_parts(id, parts)
