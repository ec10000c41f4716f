"""What a vendor lists of the messages that were sent, and how one of ours would stand there."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from omni_common.message import Channel
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key

__all__ = ["SentAs", "SentMessage"]


@frozen
class SentAs:
    """How a message stands in a vendor's list of what was sent, word for word.

    ``sender`` is the one that it goes out with, also where it names none itself.
    """

    to: str = field(repr=mask_number)
    channel: Channel | str = field(repr=shown_key)
    sender: str = field(repr=mask_sender)
    text: str = field(repr=mask_text)


@frozen
class SentMessage:
    """One message of a vendor's list of what was sent.

    ``id`` is what receipts have. ``to`` is written as recipients are, ``+`` and digits for a phone
    number; ``sender`` and ``text`` are as the vendor lists them, which may be something else than
    was handed over, or None. ``at`` is when it was sent by the vendor's clock; None where that
    names no certain moment.
    """

    id: str
    to: str = field(repr=mask_number)
    channel: Channel | str = field(repr=shown_key)
    sender: str | None = field(default=None, repr=mask_sender)
    text: str | None = field(default=None, repr=mask_text)
    at: datetime | None = None

    @property
    def sent_as(self) -> SentAs | None:
        """What it has in common with a message handed over; None if something of it is not told."""
        if self.sender is None or self.text is None:
            return None
        return SentAs(self.to, self.channel, self.sender, self.text)
