"""What a blocking call that is no send may raise.

A call that cannot be handed to the loop thread, or is cut short there, ends in an error that tells
what became of a *send*: nothing was sent, or it may have been. Of a question or a cancellation that
must not be said: who catches ``NotSentError`` around a send and a wait would send again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from omni_common.errors import CancelFailedError, NotSentError, OutcomeUnknownError
from omni_common.failure import unanswered

__all__ = ["cancelling", "reading"]


@contextmanager
def reading() -> Iterator[None]:
    """Raise a ``ReadError`` for every error of a send."""
    try:
        yield
    except (NotSentError, OutcomeUnknownError) as error:
        unread = unanswered(error)
        raise unread from unread.__cause__


@contextmanager
def cancelling() -> Iterator[None]:
    """Raise a ``CancelFailedError`` for every error that says that nothing left."""
    try:
        yield
    except NotSentError as error:
        raise CancelFailedError(error.text, provider=error.provider) from error
