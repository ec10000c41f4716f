"""What Devino posts about letters to the account's own URL (contract sheet, A8b)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from devino_async.callbacks import read_events
from devino_async.email.status import email_state
from omni_common.redaction import mask_number, shown_key
from omni_common.report import DeliveryState

__all__ = ["EmailEvent", "read_callbacks"]


@frozen(kw_only=True)
class EmailEvent:
    """Something that happened to a letter, or that its recipient did.

    Events come unsigned (T68), may come twice and in any order (T60). Anything that is not as
    documented is None here and stays in ``raw``.

    Attributes:
        date_time: When; aware, since Devino gives it in UTC. Naive should Devino leave its zone
            out after all.
        user_data: What the letter's ``extra_data`` held, presumably: the vendor's example shows
            null, and no page says it. Left as it came.
        contact_id: The contact of the address book, where the letter went to one.
        message_id: The id that the send gave.
        task_id: The campaign; ``"0"``, as Devino gives it, where there is none.
        event: Devino's word: ACCEPTED, SENT, DELIVERED, EXPIRED, OPENED, CLICKED, BOUNCED,
            REJECTED, SUBSCRIBED, UNSUBSCRIBED, COMPLAINED, or one to come.
        email: The recipient's address.
    """

    date_time: datetime | None = None
    user_data: Any = field(default=None, repr=False, hash=False)
    contact_id: str | None = None
    message_id: str | None = None
    task_id: str | None = None
    event: str | None = field(default=None, repr=shown_key)
    email: str | None = field(default=None, repr=mask_number)
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def state(self) -> DeliveryState | None:
        """Where the letter is now; None for what says nothing of that, such as UNSUBSCRIBED."""
        return email_state(self.event)


def read_callbacks(body: bytes) -> tuple[EmailEvent, ...]:
    """Read what was posted: an array of events, or a single one (T7).

    Answer the post with 200 and an empty body at once (T75), whatever it says.

    Raises:
        CallbackError: *body* is no callback of Devino's.
    """
    return read_events(EmailEvent, body)
