"""What the outcome of a send means for the message in the journal, and for the others in it."""

from __future__ import annotations

from omni_common.errors import (
    AuthenticationError,
    ConnectionRejectedError,
    InsufficientFundsError,
    NotSentError,
    PermissionDeniedError,
)
from omni_common.failure import is_passing
from omni_common.outbox.entry import EntryState
from omni_common.outbox.rows import Settlement
from omni_common.receipt import Accepted, NotSent, SendOutcome

__all__ = ["concerns_all", "settled", "settled_on_its_own"]


def settled(id: int, outcome: SendOutcome) -> Settlement:
    """What becomes of a message whose sender is told *outcome*, and knows best what to do next."""
    if isinstance(outcome, Accepted):
        return Settlement(id, EntryState.ACCEPTED, outcome.receipt)
    state = EntryState.REFUSED if isinstance(outcome, NotSent) else EntryState.UNKNOWN
    return Settlement(id, state, None, outcome.error)


def settled_on_its_own(id: int, outcome: SendOutcome) -> Settlement:
    """What becomes of a message that was left to the outbox: it keeps what may yet be sent."""
    if isinstance(outcome, NotSent) and _may_yet_be_sent(outcome.error):
        return Settlement(id, EntryState.QUEUED, error=outcome.error)
    return settled(id, outcome)


def concerns_all(error: NotSentError) -> bool:
    """Whether no other message would fare better until somebody has put something right."""
    return isinstance(
        error,
        AuthenticationError
        | PermissionDeniedError
        | InsufficientFundsError
        | ConnectionRejectedError,
    )


def _may_yet_be_sent(error: NotSentError) -> bool:
    return is_passing(error) or concerns_all(error)
