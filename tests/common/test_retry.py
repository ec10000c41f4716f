"""The retry decision: every row of the table, and the laws that hold for all of them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice

import pytest
from attrs import evolve, frozen
from hypothesis import given, strategies as st

from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    ConnectionRejectedError,
    InsufficientFundsError,
    InvalidMessageError,
    NotSentError,
    OmniError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from omni_common.exchange import FailureKind, Operation
from omni_common.retry import (
    RULES,
    Decision,
    Raise,
    Retry,
    RetryPolicy,
    attempt_seconds,
    decide,
    kind_of_status,
    parse_retry_after,
    pauses,
)

NOW = datetime(2027, 1, 1, tzinfo=UTC)
POLICY = RetryPolicy()
PAUSE = timedelta(seconds=1)
Kind = FailureKind

READ, WRITE, SEND = Operation.READ, Operation.IDEMPOTENT_WRITE, Operation.SEND
ALL = {READ, WRITE, SEND}
NOT_SENDS = {READ, WRITE}

# Which operations are repeated, whether a send is when its caller accepts a double, and the error.
TABLE: dict[Kind, tuple[set[Operation], bool, type[OmniError]]] = {
    Kind.UNREACHABLE: (ALL, True, ConnectionFailedError),
    Kind.CONNECTION_REJECTED: (set(), False, ConnectionRejectedError),
    Kind.CLIENT_CLOSED: (set(), False, ClientClosedError),
    Kind.FILE_UNREADABLE: (set(), False, InvalidMessageError),
    Kind.DISCONNECTED: (NOT_SENDS, True, AnswerLostError),
    Kind.TIMED_OUT: (NOT_SENDS, True, AnswerLostError),
    Kind.MALFORMED: (set(), True, UnexpectedAnswerError),
    Kind.CUT_OFF: (NOT_SENDS, True, AnswerLostError),
    Kind.UNREADABLE: (set(), False, UnexpectedAnswerError),
    Kind.REDIRECTED: (set(), False, UnexpectedAnswerError),
    Kind.REFUSED: (set(), False, RefusedError),
    Kind.UNAUTHENTICATED: (set(), False, AuthenticationError),
    Kind.FORBIDDEN: (set(), False, PermissionDeniedError),
    Kind.NO_FUNDS: (set(), False, InsufficientFundsError),
    Kind.TIMED_OUT_UPSTREAM: (NOT_SENDS, True, ServerFailedError),
    Kind.CONFLICT: (set(), False, RefusedError),
    Kind.TOO_EARLY: (ALL, True, RefusedError),
    Kind.RATE_LIMITED: (ALL, True, RateLimitedError),
    Kind.SERVER_FAILED: (NOT_SENDS, True, ServerFailedError),
    Kind.UNAVAILABLE: (NOT_SENDS, True, ServerFailedError),
    Kind.NOT_IMPLEMENTED: (set(), False, RefusedError),
}
# What must never be repeated for a send unless its caller asks: the request may have been taken.
MAY_HAVE_ARRIVED = {
    Kind.DISCONNECTED,
    Kind.TIMED_OUT,
    Kind.MALFORMED,
    Kind.CUT_OFF,
    Kind.UNREADABLE,
    Kind.REDIRECTED,
    Kind.TIMED_OUT_UPSTREAM,
    Kind.SERVER_FAILED,
    Kind.UNAVAILABLE,
}


def decided(
    operation: Operation,
    kind: Kind,
    *,
    attempt: int = 1,
    pause: timedelta = PAUSE,
    remaining: timedelta = timedelta(seconds=30),
    retry_after: timedelta | None = None,
    resend: bool = False,
    policy: RetryPolicy = POLICY,
) -> Decision:
    return decide(
        operation,
        kind,
        attempt=attempt,
        pause=pause,
        remaining=remaining,
        retry_after=retry_after,
        resend=resend,
        policy=policy,
        jitter=lambda seconds: seconds + 0.25,
    )


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_each_kind_is_repeated_for_the_operations_of_its_row(kind: Kind) -> None:
    repeated, resendable, _ = TABLE[kind]

    assert {op for op in Operation if isinstance(decided(op, kind), Retry)} == repeated
    with_resend = {op for op in Operation if isinstance(decided(op, kind, resend=True), Retry)}
    assert with_resend == (repeated | {SEND} if resendable else repeated)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_each_kind_raises_the_error_of_its_row_with_the_outcome_it_proves(kind: Kind) -> None:
    rule = RULES[kind]

    assert rule.error is TABLE[kind][2]
    assert rule.not_sent is (kind not in MAY_HAVE_ARRIVED)
    assert issubclass(rule.error, NotSentError if rule.not_sent else OutcomeUnknownError)


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((200, 201, 202, 204, 206, 299), Kind.UNREADABLE),
        ((100, 101, 103, 0, 600, 999), Kind.UNREADABLE),
        ((300, 301, 302, 303, 304, 307, 308), Kind.REDIRECTED),
        ((400, 404, 405, 406, *range(410, 418)), Kind.REFUSED),
        ((421, 422, 426, 428, 431, 451), Kind.REFUSED),
        ((401,), Kind.UNAUTHENTICATED),
        ((402,), Kind.NO_FUNDS),
        ((403,), Kind.FORBIDDEN),
        ((407,), Kind.CONNECTION_REJECTED),
        ((408,), Kind.TIMED_OUT_UPSTREAM),
        ((409,), Kind.CONFLICT),
        ((425,), Kind.TOO_EARLY),
        ((429,), Kind.RATE_LIMITED),
        ((418, 419, 420, 423, 424, 427, 430, 432, 444, 450, 452, 460, 499), Kind.UNREADABLE),
        ((500, 502, 504, 507, 520, 522, 524, 599), Kind.SERVER_FAILED),
        ((503,), Kind.UNAVAILABLE),
        ((501, 505), Kind.NOT_IMPLEMENTED),
    ],
)
def test_a_status_proves_what_its_row_says(statuses: tuple[int, ...], kind: Kind) -> None:
    assert {status: kind_of_status(status) for status in statuses} == dict.fromkeys(statuses, kind)


@given(st.integers())
def test_every_status_proves_something(status: int) -> None:
    assert kind_of_status(status) in RULES


def test_there_are_no_more_attempts_than_the_policy_allows() -> None:
    assert decided(READ, Kind.DISCONNECTED, attempt=2) == Retry(PAUSE)
    assert decided(READ, Kind.DISCONNECTED, attempt=3) == Raise("3 attempts were made")


def test_a_policy_of_one_attempt_repeats_nothing() -> None:
    policy = RetryPolicy(max_attempts=1)

    for kind in Kind:
        assert decided(READ, kind, policy=policy) == Raise()


def test_what_the_vendor_asks_to_wait_is_waited_and_a_little_more() -> None:
    asked = timedelta(seconds=7)

    decision = decided(SEND, Kind.RATE_LIMITED, retry_after=asked)

    assert decision == Retry(timedelta(seconds=7.25))


def test_the_longest_wait_that_the_policy_allows_is_waited() -> None:
    decision = decided(
        READ,
        Kind.RATE_LIMITED,
        retry_after=POLICY.longest_retry_after,
        remaining=timedelta(seconds=600),
    )

    assert decision == Retry(timedelta(seconds=60.25))


def test_a_wait_beyond_the_cap_is_raised_at_once() -> None:
    decision = decided(
        READ,
        Kind.RATE_LIMITED,
        retry_after=timedelta(seconds=61),
        remaining=timedelta(seconds=600),
    )

    assert decision == Raise("it asks to wait 61 s")


def test_a_pause_that_leaves_no_time_for_another_attempt_is_not_begun() -> None:
    second = timedelta(seconds=1)

    last = decided(READ, Kind.DISCONNECTED, pause=second, remaining=second * 1.001)
    late = decided(READ, Kind.DISCONNECTED, pause=second, remaining=second)

    assert (last, late) == (Retry(second), Raise("there is no time left to try again"))


def test_a_wait_that_leaves_no_time_for_another_attempt_is_raised_at_once() -> None:
    decision = decided(
        SEND,
        Kind.RATE_LIMITED,
        retry_after=timedelta(seconds=30),
        remaining=timedelta(seconds=30),
    )

    assert decision == Raise("there is no time left to try again")


@frozen
class Case:
    """One failure, and all that the decision about it depends on."""

    operation: Operation
    kind: Kind
    attempt: int
    max_attempts: int
    pause: timedelta
    remaining: timedelta
    retry_after: timedelta | None
    resend: bool

    def decided(self) -> Decision:
        return decided(
            self.operation,
            self.kind,
            attempt=self.attempt,
            pause=self.pause,
            remaining=self.remaining,
            retry_after=self.retry_after,
            resend=self.resend,
            policy=RetryPolicy(max_attempts=self.max_attempts),
        )


CASES = st.builds(
    Case,
    operation=st.sampled_from(Operation),
    kind=st.sampled_from(Kind),
    attempt=st.integers(1, 10),
    max_attempts=st.integers(1, 10),
    pause=st.timedeltas(timedelta(), timedelta(seconds=200)),
    remaining=st.timedeltas(timedelta(seconds=-10), timedelta(seconds=200)),
    retry_after=st.none() | st.timedeltas(timedelta(microseconds=1), timedelta.max),
    resend=st.booleans(),
)


@given(CASES)
def test_a_retry_is_within_the_attempts_and_the_time_allowed(case: Case) -> None:
    decision = case.decided()

    if isinstance(decision, Retry):
        assert case.attempt < case.max_attempts
        assert decision.pause < case.remaining


@given(CASES)
def test_a_retry_is_never_sooner_than_the_vendor_asks_nor_a_wait_beyond_the_cap(
    case: Case,
) -> None:
    decision = case.decided()

    if isinstance(decision, Retry):
        assert decision.pause >= (case.retry_after or case.pause)
        assert (case.retry_after or timedelta()) <= POLICY.longest_retry_after


@given(CASES)
def test_a_send_that_may_have_arrived_is_repeated_only_for_who_accepts_a_double(
    case: Case,
) -> None:
    decision = evolve(case, operation=SEND).decided()

    if isinstance(decision, Retry):
        assert case.kind not in MAY_HAVE_ARRIVED or case.resend


@pytest.mark.parametrize("kind", MAY_HAVE_ARRIVED, ids=lambda kind: kind.name)
def test_nobody_accepts_a_double_without_saying_so(kind: Kind) -> None:
    decision = decide(
        SEND, kind, attempt=1, pause=PAUSE, remaining=timedelta(seconds=30), policy=POLICY
    )

    assert decision == Raise()


def test_the_default_jitter_only_ever_lengthens_what_the_vendor_asked_for() -> None:
    asked = timedelta(seconds=5)
    for _ in range(100):
        decision = decide(
            SEND,
            Kind.RATE_LIMITED,
            attempt=1,
            pause=timedelta(),
            remaining=timedelta(seconds=30),
            retry_after=asked,
            policy=POLICY,
        )
        assert isinstance(decision, Retry)
        assert asked <= decision.pause <= asked + timedelta(seconds=1)


def test_pauses_grow_to_their_bound() -> None:
    bounds = list(islice(pauses(POLICY, jitter=lambda bound: bound), 7))

    assert [bound.total_seconds() for bound in bounds] == [0.5, 1, 2, 4, 8, 8, 8]


def test_pauses_are_spread_from_zero_to_their_bound() -> None:
    drawn = [next(pauses(POLICY)).total_seconds() for _ in range(200)]

    assert 0 <= min(drawn) < 0.1
    assert 0.4 < max(drawn) <= 0.5


def test_a_send_may_use_all_the_time_and_a_read_leaves_some_for_another_attempt() -> None:
    assert attempt_seconds(SEND, 1, 30.0, 30.0, POLICY) == 30
    assert attempt_seconds(READ, 1, 30.0, 30.0, POLICY) == 10
    assert attempt_seconds(WRITE, 2, 25.0, 30.0, POLICY) == 10
    assert attempt_seconds(READ, 2, 4.0, 30.0, POLICY) == 4
    assert attempt_seconds(READ, 3, 25.0, 30.0, POLICY) == 25


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("0.5", 0.5),
        ("1e2", 100),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("Fri, 01 Jan 2027 03:01:00 +0300", 60),
        ("Fri, 01 Jan 2027 00:00:30 -0000", 30),
    ],
)
def test_a_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float) -> None:
    assert parse_retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "0",
        "-1",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "Thu, 31 Dec 2026 23:59:59 GMT",
        "Fri, 01 Jan 2027 00:00:00 GMT",
        "Fri, 32 Jan 2027 00:00:00 GMT",
        "Fri, 01 Jan 0000 00:00:00 GMT",
        "Fri, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Fri, 01 Jan 2027 00:00:00 +99999999999",
        "120, 240",
    ],
)
def test_a_retry_after_that_says_nothing_usable_is_ignored(value: str | None) -> None:
    assert parse_retry_after(value, NOW) is None


@pytest.mark.parametrize("value", ["1e20", "9" * 30])
def test_an_absurdly_long_retry_after_is_kept_as_the_longest_wait(value: str) -> None:
    assert parse_retry_after(value, NOW) == timedelta.max


@given(st.text() | st.floats().map(str) | st.datetimes(timezones=st.just(UTC)).map(str))
def test_no_retry_after_ever_trips_or_shortens_time(value: str) -> None:
    parsed = parse_retry_after(value, NOW)

    assert parsed is None or parsed > timedelta()


@given(st.floats(1e-6, 1e9))
def test_seconds_survive_being_written_and_read(seconds: float) -> None:
    parsed = parse_retry_after(repr(seconds), NOW)

    assert parsed is not None
    assert math.isclose(parsed.total_seconds(), seconds, abs_tol=1e-6)
