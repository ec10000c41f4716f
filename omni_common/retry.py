"""What a failure proves, and whether the request may be repeated: pure decisions, no I/O.

The rule that everything here serves: a paid message is repeated only if the failure *proves* that
the vendor did not take it. Vendors here have no idempotency key (T70), so a lost answer is never a
reason to send again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import backoff
from attrs import frozen

from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    ConnectionRejectedError,
    InsufficientFundsError,
    InvalidMessageError,
    OmniError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from omni_common.exchange import FailureKind, Operation

__all__ = [
    "RULES",
    "Raise",
    "Retry",
    "RetryPolicy",
    "Rule",
    "attempt_seconds",
    "decide",
    "kind_of_status",
    "parse_retry_after",
    "pauses",
]

Kind = FailureKind


@frozen
class Rule:
    """What one kind of failure means.

    ``repeat`` holds the operations that may simply be repeated; ``resendable`` says whether a send
    may be repeated when its caller accepts a possible double. ``not_sent`` is whether the failure
    proves that no message is on its way.
    """

    error: type[OmniError]
    not_sent: bool
    repeat: frozenset[Operation] = frozenset()
    resendable: bool = False


_ALWAYS = frozenset(Operation)
_NOT_SENDS = frozenset({Operation.READ, Operation.IDEMPOTENT_WRITE})

RULES: dict[FailureKind, Rule] = {
    Kind.UNREACHABLE: Rule(ConnectionFailedError, not_sent=True, repeat=_ALWAYS),
    Kind.CONNECTION_REJECTED: Rule(ConnectionRejectedError, not_sent=True),
    Kind.CLIENT_CLOSED: Rule(ClientClosedError, not_sent=True),
    Kind.FILE_UNREADABLE: Rule(InvalidMessageError, not_sent=True),
    Kind.DISCONNECTED: Rule(AnswerLostError, False, _NOT_SENDS, resendable=True),
    Kind.TIMED_OUT: Rule(AnswerLostError, False, _NOT_SENDS, resendable=True),
    Kind.MALFORMED: Rule(UnexpectedAnswerError, False, resendable=True),
    Kind.CUT_OFF: Rule(AnswerLostError, False, _NOT_SENDS, resendable=True),
    Kind.UNREADABLE: Rule(UnexpectedAnswerError, not_sent=False),
    Kind.REDIRECTED: Rule(UnexpectedAnswerError, not_sent=False),
    Kind.REFUSED: Rule(RefusedError, not_sent=True),
    Kind.UNAUTHENTICATED: Rule(AuthenticationError, not_sent=True),
    Kind.FORBIDDEN: Rule(PermissionDeniedError, not_sent=True),
    Kind.NO_FUNDS: Rule(InsufficientFundsError, not_sent=True),
    Kind.TIMED_OUT_UPSTREAM: Rule(ServerFailedError, False, _NOT_SENDS, resendable=True),
    Kind.CONFLICT: Rule(RefusedError, not_sent=True),
    Kind.TOO_EARLY: Rule(RefusedError, not_sent=True, repeat=_ALWAYS),
    Kind.RATE_LIMITED: Rule(RateLimitedError, not_sent=True, repeat=_ALWAYS),
    Kind.SERVER_FAILED: Rule(ServerFailedError, False, _NOT_SENDS, resendable=True),
    Kind.UNAVAILABLE: Rule(ServerFailedError, False, _NOT_SENDS, resendable=True),
    Kind.NOT_IMPLEMENTED: Rule(RefusedError, not_sent=True),
}

_KIND_OF_STATUS: dict[int, FailureKind] = {
    401: Kind.UNAUTHENTICATED,
    402: Kind.NO_FUNDS,
    403: Kind.FORBIDDEN,
    407: Kind.CONNECTION_REJECTED,  # spoken by a proxy, which passed nothing on
    408: Kind.TIMED_OUT_UPSTREAM,
    409: Kind.CONFLICT,
    425: Kind.TOO_EARLY,
    429: Kind.RATE_LIMITED,
    501: Kind.NOT_IMPLEMENTED,
    503: Kind.UNAVAILABLE,
    505: Kind.NOT_IMPLEMENTED,
}
# Statuses by which HTTP itself defines a refusal. Others of the 4xx range belong to one server's
# own dialect (nginx's 499, say) and prove nothing.
_REFUSALS = frozenset(
    {400, 404, 405, 406, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 428, 431, 451}
)


def kind_of_status(status: int) -> FailureKind:
    """What an HTTP status proves where the body of the answer says nothing.

    A 2xx without a readable body proves nothing: the message was probably taken, its id is lost.
    """
    if status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    if status in _REFUSALS:
        return Kind.REFUSED
    match status // 100:
        case 3:
            return Kind.REDIRECTED
        case 5:
            return Kind.SERVER_FAILED
        case _:
            return Kind.UNREADABLE


@frozen
class RetryPolicy:
    """How often and how patiently a request is repeated where repeating is safe.

    ``longest_retry_after`` bounds what the vendor may ask for; a longer wait is the caller's to
    decide on, and is raised at once.
    """

    max_attempts: int = 3
    first_pause: timedelta = timedelta(seconds=0.5)
    longest_pause: timedelta = timedelta(seconds=8)
    longest_retry_after: timedelta = timedelta(seconds=60)


@frozen
class Retry:
    """Repeat the request after *pause*."""

    pause: timedelta


@frozen
class Raise:
    """Give up; *because* is a phrase for the error's text, empty where the failure says it all."""

    because: str = ""


Decision: TypeAlias = Retry | Raise


def decide(
    operation: Operation,
    kind: FailureKind,
    *,
    attempt: int,
    pause: timedelta,
    remaining: timedelta,
    retry_after: timedelta | None = None,
    resend: bool = False,
    policy: RetryPolicy,
    jitter: Callable[[float], float] = backoff.random_jitter,
) -> Decision:
    """Whether to repeat a request after a failure.

    Args:
        operation: What repeating would do.
        kind: What went wrong.
        attempt: How many attempts were made, this one included.
        pause: How long to wait if the vendor asks for nothing else; see :func:`pauses`.
        remaining: What is left of the call's deadline.
        retry_after: How long the vendor asks to wait; never shortened.
        resend: The caller accepts that the message may be sent twice.
        policy: The bounds.
        jitter: Lengthens what the vendor asks for, so that not everybody comes back at once.
    """
    rule = RULES[kind]
    if operation not in rule.repeat and not (
        operation is Operation.SEND and resend and rule.resendable
    ):
        return Raise()
    if attempt >= policy.max_attempts:
        return Raise("" if policy.max_attempts == 1 else f"{attempt} attempts were made")
    if retry_after is not None:
        if retry_after > policy.longest_retry_after:
            return Raise(f"it asks to wait {retry_after.total_seconds():g} s")
        pause = retry_after + timedelta(seconds=jitter(0.0))
    if pause >= remaining:
        return Raise("there is no time left to try again")
    return Retry(pause)


def attempt_seconds(
    operation: Operation,
    attempt: int,
    remaining: float,
    allowance: float,
    policy: RetryPolicy,
    *,
    resend: bool = False,
) -> float:
    """How long one attempt may take.

    A send gets all that is left, since it cannot be repeated once it is late, unless *resend* says
    that it may. Anything else gets its share, so that one stalled attempt leaves time for another.
    """
    is_last = attempt >= policy.max_attempts
    if is_last or (operation is Operation.SEND and not resend):
        return remaining
    return min(remaining, allowance / policy.max_attempts)


def pauses(
    policy: RetryPolicy, jitter: Callable[[float], float] = backoff.full_jitter
) -> Iterator[timedelta]:
    """Endless pauses between attempts: exponentially growing bounds, each jittered from zero."""
    bounds = backoff.expo(
        base=2,
        factor=policy.first_pause.total_seconds(),
        max_value=policy.longest_pause.total_seconds(),
    )
    next(bounds)  # backoff's generators yield once before their first value
    for bound in bounds:
        yield timedelta(seconds=jitter(bound))


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a ``Retry-After`` header: seconds, or an HTTP date. None where it says nothing usable.

    Negative, zero, infinite and unreadable values are no instruction at all and are ignored.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    try:
        return timedelta(seconds=seconds) or None  # less than a microsecond is no time either
    except OverflowError:
        return timedelta.max


def _seconds_until(date: str, now: datetime) -> float:
    try:
        when = parsedate_to_datetime(date)
    except (TypeError, ValueError, OverflowError, IndexError):
        return math.nan
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - now).total_seconds()
