"""What is said of a message that was handed over to an outbox before."""

from __future__ import annotations

from typing import Never

from omni_common.errors import JournalError, UnknownMessageError
from omni_common.outbox.documents import DocumentError
from omni_common.outbox.entry import Entry, EntryState
from omni_common.receipt import Receipt
from omni_common.report import DeliveryFault, DeliveryReport, DeliveryState, PartReport

__all__ = ["not_here", "receipt_in", "receipt_or_report"]

_STATES = {
    EntryState.QUEUED: DeliveryState.SCHEDULED,
    EntryState.CLAIMED: DeliveryState.SCHEDULED,
    EntryState.REFUSED: DeliveryState.REJECTED,
    EntryState.UNKNOWN: DeliveryState.UNKNOWN,
    EntryState.CANCELLED: DeliveryState.CANCELLED,
    EntryState.EXPIRED: DeliveryState.EXPIRED,
}


def receipt_in(entry: Entry, provider: str) -> Receipt | None:
    """The vendor's receipt, if it has accepted the message.

    Raises:
        JournalError: What the journal holds of it cannot be read.
    """
    try:
        return entry.receipt
    except DocumentError:
        return _refuse(entry, provider)


def receipt_or_report(entry: Entry, id: str, provider: str) -> Receipt | DeliveryReport:
    """The vendor's receipt, by which to ask the vendor; without one what is to be said by *id*.

    Raises:
        JournalError: What the journal holds of it cannot be read.
    """
    try:
        return entry.receipt or _report(entry, id)
    except DocumentError:
        return _refuse(entry, provider)


def _refuse(entry: Entry, provider: str) -> Never:
    raise JournalError(
        f"what the journal of the outbox holds of the message {entry.reference}, which is"
        f" {entry.state}, cannot be read",
        provider=provider,
        reference=entry.reference,
    ) from None


def _report(entry: Entry, id: str) -> DeliveryReport:
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


def not_here(reference: str, provider: str) -> UnknownMessageError:
    """The error for a reference that the journal does not have."""
    return UnknownMessageError(
        f"no message with the reference {reference} is in the outbox's journal",
        provider=provider,
        reference=reference,
    )
