"""The outbox: messages are written down before they are sent, and survive the process."""

from omni_common.outbox.entry import Entry, EntryState
from omni_common.outbox.outbox import Outbox
from omni_common.outbox.reconciliation import Reconciliation
from omni_common.outbox.records import OutboxFile
from omni_common.outbox.tracks import JournalTracks

__all__ = ["Entry", "EntryState", "JournalTracks", "Outbox", "OutboxFile", "Reconciliation"]
