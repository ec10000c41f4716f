"""What Devino posts about transactional messages (contract sheet, A14).

Answer every post with 200 at once (T75); after a 500 Devino makes five attempts, a minute apart;
whether the first counts is not told, nor is what it does after any other answer. Posts are not
signed (T68), may come twice and in any order (T60): equal events are equal objects, and states are
merged with ``omni_common.report.merge``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from devino_async.answers import event_state
from devino_async.callbacks import read_events
from devino_async.converter import EpochTime
from omni_common.redaction import mask_number, mask_text, mask_url, shown_key
from omni_common.report import DeliveryState

__all__ = ["OmniEvent", "omni_state", "read_callbacks"]


@frozen(kw_only=True)
class OmniEvent:
    """Something that happened to a transactional message over one of its channels.

    A channel that failed is not the end of the message while another is still to be tried (T59),
    and a recipient may do something with it long after it was delivered (T61). Every field but
    ``status`` is optional; what is not as documented is None here and stays in ``raw``.

    Attributes:
        message_id: The id that the send gave; declared a number and shown as text, exact in either
            form (T18).
        ts: When, aware, in UTC. Whether Devino counts in seconds or in milliseconds is not
            documented; the size of the number tells (T34).
        status: Devino's word: ``delivered``, ``expired``, ``undeliverable``, ``bounced``,
            ``opened``, ``clicked``, ``rejected``, ``deleted``, ``subscribed``, ``unsubscribed``,
            ``complained``, ``unknown`` or ``canceled``; others may come (T54). See :attr:`state`.
        error_code: Why, with ``rejected`` and ``undeliverable``; what the numbers mean is not
            documented.
        ip: Where the recipient opened it.
        browser: With which browser.
        os: On which operating system.
        user_agent: What that program called itself.
        callback_data: What the recipient's ``callback_data`` held.
        contact_id: The contact.
        task_id: The task.
        trigger_id: The step of the task, and so the channel.
        email: The recipient's address.
        url: The link that was followed.
        geolocation: Where the recipient is, as Devino wrote it: declared as text, shown as an
            object (T22), and said not to be there yet.
        push_token: The device.
        action_id: What was clicked in a notification.
        push_application_id: The application; ``sender`` of a ``PushTemplate``.
        raw: The event as it came.
    """

    message_id: str | None = None
    ts: EpochTime | None = None
    status: str | None = field(default=None, repr=shown_key)
    error_code: int | None = None
    ip: str | None = field(default=None, repr=mask_text)
    browser: str | None = field(default=None, repr=shown_key)
    os: str | None = field(default=None, repr=shown_key)
    user_agent: str | None = field(default=None, repr=mask_text)
    callback_data: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    contact_id: str | None = None
    task_id: str | None = None
    trigger_id: str | None = None
    email: str | None = field(default=None, repr=mask_number)
    url: str | None = field(default=None, repr=mask_url)
    geolocation: Any = field(default=None, repr=False, hash=False)
    push_token: str | None = field(default=None, repr=mask_text)
    action_id: str | None = None
    push_application_id: str | None = None
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def state(self) -> DeliveryState | None:
        """Where the message is now; None for what says nothing of that: see :func:`omni_state`."""
        return omni_state(self.status)


def omni_state(word: str | None) -> DeliveryState | None:
    """The shared state for a status of any channel, in any case (T57).

    None for ``subscribed``, ``unsubscribed`` and ``complained``, which are what a recipient did.
    ``UNKNOWN`` for a word that nobody documents, and for none.
    """
    return event_state(word)


def read_callbacks(body: bytes) -> tuple[OmniEvent, ...]:
    """Read what was posted: an array of events, or a single one (T7), in the order they came.

    Raises:
        CallbackError: *body* is no callback of Devino's.
    """
    return read_events(OmniEvent, body)
