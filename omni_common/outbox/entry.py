"""What the journal knows of one message."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from omni_common.errors import NotSentError, OutcomeUnknownError
from omni_common.message import Message
from omni_common.outbox.documents import read_error, read_message, read_receipt
from omni_common.receipt import Receipt

__all__ = ["OPEN_STATES", "PURGED_STATES", "Entry", "EntryState"]


class EntryState(StrEnum):
    """How far a message of an outbox has come.

    Not to be confused with ``DeliveryState``, which says where it is once the vendor has it.
    """

    QUEUED = "queued"
    """It waits for its time, or for its turn. Nothing was sent."""
    CLAIMED = "claimed"
    """It is being sent."""
    ACCEPTED = "accepted"
    """The vendor confirmed that it took it."""
    REFUSED = "refused"
    """Nothing was sent, and nothing will be: the vendor's no, or an error that its sender was told.
    """
    UNKNOWN = "unknown"
    """It may have been sent, or may not. It is never sent again on its own."""
    CANCELLED = "cancelled"
    """Taken back before it was sent."""
    EXPIRED = "expired"
    """Its time had passed for too long before it could be sent. Nothing was sent."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will become of it by itself."""
        return self not in {EntryState.QUEUED, EntryState.CLAIMED}


OPEN_STATES = (EntryState.QUEUED, EntryState.CLAIMED, EntryState.UNKNOWN)
"""Those that wait for something: a time, an answer, or somebody's decision."""
PURGED_STATES = tuple(state for state in EntryState if state not in OPEN_STATES)
"""Those of messages that nobody has to look at any more."""


@frozen
class Entry:
    """One message of an outbox, as the journal has it.

    ``due`` is when it is to be sent, or was handed over if that was to be at once; ``held`` whether
    the outbox keeps it until then; ``changed`` when its ``state`` last changed.
    """

    id: int
    reference: str
    state: EntryState
    due: datetime
    held: bool
    changed: datetime
    document: str = field(repr=False)
    receipt_document: str | None = field(default=None, repr=False)
    error_document: str | None = field(default=None, repr=False)

    @property
    def message(self) -> Message:
        """The message itself.

        Raises:
            DocumentError: The journal does not hold one.
        """
        return read_message(self.document, self.reference)

    @property
    def receipt(self) -> Receipt | None:
        """The vendor's receipt, if it has accepted the message.

        Raises:
            DocumentError: The journal holds something else.
        """
        text = self.receipt_document
        return None if text is None else read_receipt(text, self.reference)

    @property
    def error(self) -> NotSentError | OutcomeUnknownError | None:
        """Why it was refused, or is not known to have been sent; also what kept it waiting.

        Raises:
            DocumentError: The journal holds something else.
        """
        text = self.error_document
        return None if text is None else read_error(text, self.reference)
