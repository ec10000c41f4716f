"""What was tried for one operation, and what that proves if it must be left in the middle."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from datetime import datetime, timedelta

from omni_common.errors import Attempt, Outcome

__all__ = ["OUTCOME_LOGGER", "History", "accounted", "record_interrupted"]

OUTCOME_LOGGER = "omni_common.outcome"
"""Logger that receives one WARNING record for each message whose caller could not be answered."""

accounted: ContextVar[bool] = ContextVar("accounted", default=False)
"""Set in a task whose messages its maker accounts for: each message leaves one record only."""

_outcome_log = logging.getLogger(OUTCOME_LOGGER)


class History:
    """The attempts of one operation, kept where a caller that is interrupted still finds them."""

    def __init__(self) -> None:
        """Begin with nothing tried."""
        self._attempts: list[Attempt] = []
        self._under_way = False

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt that ended, oldest first."""
        return tuple(self._attempts)

    @property
    def outcome(self) -> Outcome:
        """NOT_SENT only if every attempt proves it; without a confirmation, UNKNOWN otherwise."""
        if self._under_way or not all(attempt.proves_not_sent for attempt in self._attempts):
            return Outcome.UNKNOWN
        return Outcome.NOT_SENT

    def begin(self) -> None:
        """A request may be leaving now."""
        self._under_way = True

    def end(
        self,
        *,
        started_at: datetime,
        sent: bool,
        detail: str,
        status: int | None,
        waited: timedelta,
        proves_not_sent: bool,
    ) -> None:
        """Record how the attempt ended; nothing is under way any more."""
        self._under_way = False
        attempt = Attempt(
            number=len(self._attempts) + 1,
            started_at=started_at,
            sent=sent,
            detail=detail,
            status=status,
            waited=waited,
            proves_not_sent=proves_not_sent,
        )
        self._attempts.append(attempt)


def record_interrupted(provider: str, reference: str, outcome: Outcome) -> None:
    """Leave the record of a message whose caller went away before it could be answered."""
    if accounted.get():
        return
    _outcome_log.warning(
        "send interrupted: provider=%s reference=%s outcome=%s",
        provider,
        reference,
        outcome.value,
        extra={"provider": provider, "reference": reference, "outcome": outcome.value},
    )
