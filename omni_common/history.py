"""What was tried for one operation, and what that proves if it must be left in the middle."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TypeAlias

from omni_common.errors import Attempt, Outcome

__all__ = [
    "OUTCOME_LOGGER",
    "Account",
    "History",
    "accounting",
    "is_unheard",
    "nowhere",
    "record_interrupted",
]

OUTCOME_LOGGER = "omni_common.outcome"
"""Logger that receives one WARNING record for each message whose caller could not be answered."""

Account: TypeAlias = Callable[[str, str, Outcome], object]
"""Takes the provider, the reference and the outcome of a message whose send was interrupted."""

_outcome_log = logging.getLogger(OUTCOME_LOGGER)


def nowhere(provider: str, reference: str, outcome: Outcome) -> None:
    """Take what is accounted for elsewhere: each message leaves one record only."""


def _log(provider: str, reference: str, outcome: Outcome) -> None:
    _outcome_log.warning(
        "send interrupted: provider=%s reference=%s outcome=%s",
        provider,
        reference,
        outcome.value,
        extra={"provider": provider, "reference": reference, "outcome": outcome.value},
    )


accounting: ContextVar[Account] = ContextVar("accounting", default=_log)
"""Who is told of interrupted sends: the log, unless the maker of a task accounts for them."""


class History:
    """The attempts of one operation, kept where a caller that is interrupted still finds them."""

    def __init__(self, account: Account | None = None) -> None:
        """Begin with nothing tried.

        Args:
            account: Who is told if the operation is interrupted; by default whom the context names.
                That is asked for here, since a task that is destroyed ends in a foreign context.
        """
        self.attempts: tuple[Attempt, ...] = ()
        """Every attempt that ended, oldest first."""
        self._under_way = False
        self._account = accounting.get() if account is None else account
        self._is_told = False
        self._process = os.getpid()

    @property
    def outcome(self) -> Outcome:
        """NOT_SENT only if every attempt proves it; without a confirmation, UNKNOWN otherwise."""
        if self._under_way or not all(attempt.proves_not_sent for attempt in self.attempts):
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
        attempt = Attempt(
            number=len(self.attempts) + 1,
            started_at=started_at,
            sent=sent,
            detail=detail,
            status=status,
            waited=waited,
            proves_not_sent=proves_not_sent,
        )
        self.attempts += (attempt,)
        self._under_way = False  # last: an interruption before this finds it under way still

    def record_interrupted(self, provider: str, reference: str) -> None:
        """Leave the record of a send whose caller went away before it could be answered, once.

        Everyone whom the interruption passes may call this; who is interrupted at it leaves it to
        the next. After a fork the message is the parent's.
        """
        if not self._is_told and self._process == os.getpid():
            self._account(provider, reference, self.outcome)
            self._is_told = True


def is_unheard(error: BaseException) -> bool:
    """Whether nobody hears of *error*, which ends a send: its caller is interrupted or gone.

    An error that comes up while a coroutine is destroyed, such as that the event loop is closed,
    takes the place of what told so.
    """
    behind: BaseException | None = error
    while isinstance(behind, Exception):
        behind = behind.__context__
    return behind is error or isinstance(behind, GeneratorExit)


def record_interrupted(provider: str, reference: str, outcome: Outcome) -> None:
    """Leave the record of a message whose caller went away before it could be answered."""
    accounting.get()(provider, reference, outcome)
