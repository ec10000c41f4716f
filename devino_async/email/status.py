"""Devino's words for what becomes of a letter, and the shared states that they stand for."""

from __future__ import annotations

from enum import StrEnum

from devino_async.answers import event_state
from omni_common.report import DeliveryState

__all__ = ["EmailDetailStatus", "email_state"]


class EmailDetailStatus(StrEnum):
    """The words of the detail report, which are not those of callbacks (T58)."""

    DELIVERED = "DELIVERED"
    IN_PROGRESS = "IN_PROGRESS"
    READ = "READ"
    REDIRECT = "REDIRECT"
    UNDELIVERED = "UNDELIVERED"
    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"


def email_state(word: str | None) -> DeliveryState | None:
    """The shared state for a word of a callback or of the detail report, in any case (T57).

    None for SUBSCRIBED, UNSUBSCRIBED and COMPLAINED: they are events, and change no state.
    ``UNKNOWN`` for a word that nobody documents, and for none.
    """
    return event_state(word)
