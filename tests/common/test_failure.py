"""How a failure becomes an error that says what it proves and what to do."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from omni_common.errors import (
    AnswerLostError,
    Attempt,
    ClientClosedError,
    ConnectionFailedError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    RateLimitedError,
    ReadError,
    RefusedError,
)
from omni_common.exchange import Failure, FailureKind, Operation
from omni_common.failure import (
    described,
    error_of,
    failed,
    failed_outcome,
    plain,
    unanswered,
)
from omni_common.message import Message, Sms
from omni_common.receipt import NotSent, Unknown
from omni_common.retry import RULES

ATTEMPTS = (Attempt(1, datetime(2027, 1, 1, tzinfo=UTC), sent=True, detail="it went wrong"),)
MESSAGE = Message("+37251000000", Sms("Hi"), reference="order-1")

SAID: dict[str, Any] = {
    "provider": "acme",
    "attempts": ATTEMPTS,
    "retry_after": timedelta(seconds=9),
    "vendor_code": "TOO_FAST",
    "raw": b"slow down",
}

each_kind = pytest.mark.parametrize("kind", FailureKind, ids=lambda kind: kind.name)


@each_kind
def test_a_send_ends_as_its_rule_says(kind: FailureKind) -> None:
    error = error_of(Failure(kind), Operation.SEND, "acme", reference="order-1")

    assert type(error) is RULES[kind].error
    assert error.outcome is (Outcome.NOT_SENT if RULES[kind].not_sent else Outcome.UNKNOWN)
    assert error.text.startswith(f"acme: {kind.value}. ")
    assert error.text.endswith("Nothing was sent") is RULES[kind].not_sent


@each_kind
def test_a_send_that_may_have_arrived_before_is_unknown_whatever_came_last(
    kind: FailureKind,
) -> None:
    error = error_of(Failure(kind), Operation.SEND, "acme", arrived_before=True)

    assert isinstance(error, OutcomeUnknownError)
    assert not isinstance(error, NotSentError)
    assert "Nothing was sent" not in error.text


@each_kind
def test_a_read_is_a_read_error_that_says_nothing_of_a_message(kind: FailureKind) -> None:
    error = error_of(Failure(kind), Operation.READ, "acme", attempts=ATTEMPTS)

    assert type(error) is ReadError
    assert error.outcome is None
    assert "sent" not in error.text
    cause = error.__cause__
    assert isinstance(cause, OmniError)
    assert type(cause) is RULES[kind].error
    assert (cause.text, cause.provider, cause.attempts) == (error.text, "acme", ATTEMPTS)


@pytest.mark.parametrize(
    "error",
    [
        ClientClosedError("closed", **SAID),
        RefusedError("no", **SAID),
        AnswerLostError("it may have been sent", **SAID),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_a_send_says_nothing_of_a_message_as_one_of_a_question(
    error: NotSentError | OutcomeUnknownError,
) -> None:
    unread = unanswered(error)
    assert type(unread) is ReadError
    assert (unread.outcome, unread.__cause__) == (None, error)
    assert {name: getattr(unread, name) for name in SAID} == SAID
    if isinstance(error, NotSentError):
        assert unread.text == error.text
    else:
        assert unread.text == "The question was cut short before its answer came."


def test_a_question_that_closing_cut_short_says_so() -> None:
    closed, unknown = ClientClosedError("closed"), OutcomeUnknownError("nobody knows")
    unknown.__cause__ = closed
    assert unanswered(unknown).__cause__ is closed


@each_kind
def test_a_deletion_keeps_the_error_of_its_failure(kind: FailureKind) -> None:
    error = error_of(Failure(kind), Operation.IDEMPOTENT_WRITE, "acme")

    assert type(error) is RULES[kind].error
    assert "Nothing was sent" not in error.text


@pytest.mark.parametrize("operation", Operation, ids=lambda operation: operation.name)
def test_an_error_carries_all_that_is_known(operation: Operation) -> None:
    failure = Failure(
        FailureKind.RATE_LIMITED,
        "HTTP 429",
        status=429,
        retry_after=timedelta(seconds=9),
        vendor_code="TOO_FAST",
        raw=b"slow down, +37251000000",
        field="messages",
    )
    error = error_of(
        failure, operation, "acme", reference="order-1", attempts=ATTEMPTS, because="it is late"
    )

    assert error.provider == "acme"
    assert error.reference == "order-1"
    assert error.attempts == ATTEMPTS
    assert error.retry_after == timedelta(seconds=9)
    assert error.vendor_code == "TOO_FAST"
    assert error.field == "messages"
    assert error.raw == b"slow down, +37251000000"
    assert error.text.startswith(
        "acme: the vendor says that requests come too fast (TOO_FAST, messages, HTTP 429);"
        " it is late"
    )
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(copy), copy.text, copy.attempts, copy.raw) == (
        type(error),
        error.text,
        ATTEMPTS,
        None,
    )


def test_the_text_of_an_unknown_outcome_says_what_to_look_for() -> None:
    failure = Failure(FailureKind.TIMED_OUT)

    named = error_of(failure, Operation.SEND, "acme", reference="order-1")
    unnamed = error_of(failure, Operation.SEND, "acme")

    assert "The message order-1 may have been sent: look for it at the vendor" in named.text
    assert "The message may have been sent" in unnamed.text


@pytest.mark.parametrize("makes", ["list", "contacts"])
def test_the_text_of_a_call_that_sends_no_message_speaks_of_none(makes: str) -> None:
    refused = error_of(Failure(FailureKind.REFUSED), Operation.SEND, "acme", makes=makes)
    lost = error_of(Failure(FailureKind.TIMED_OUT), Operation.SEND, "acme", makes=makes)

    assert refused.text == "acme: the vendor refused the request. Nothing was made"
    assert lost.text == (
        f"acme: no answer came in time. The {makes} may have been made: check that at the vendor"
        " before trying again"
    )


def test_the_same_cause_is_named_once() -> None:
    failure = Failure(FailureKind.REFUSED, "ERR_1", vendor_code="ERR_1")

    assert described(failure) == "the vendor refused the request (ERR_1)"


@pytest.mark.parametrize("word", ["invalid_sender", "HTTP 429", "errors[0].title", "101", "a, b"])
def test_keys_codes_and_fields_may_be_shown(word: str) -> None:
    assert plain(word) == word


@pytest.mark.parametrize(
    "words",
    [
        None,
        "",
        "Number +37251000000 is blocked",
        "37251000000",
        "372 5100 0000",
        "372-51-00-00-00",
        'the text "Hi"',
        "x" * 81,
        "two\nlines",
        "a@b.example",
        "сообщение",
        "\N{ARABIC-INDIC DIGIT THREE}" * 11,
    ],
)
def test_what_may_quote_a_person_is_not_shown(words: str | None) -> None:
    assert plain(words) == ""


@given(st.text())
def test_what_is_shown_is_short_and_holds_no_phone_number(words: str) -> None:
    shown = plain(words)

    assert shown in {words, ""}
    assert len(shown) <= 80
    assert not any(shown[at : at + 7].isdigit() for at in range(len(shown) - 6))


@given(st.from_regex(r"[a-z ]{0,20}\+?[1-9][0-9]{6,14}[a-z ]{0,20}", fullmatch=True))
def test_a_number_in_a_sentence_hides_the_whole_sentence(words: str) -> None:
    assert plain(words) == ""


def test_one_error_of_a_batch_becomes_the_outcome_of_each_message() -> None:
    cause = ConnectionFailedError("deeper")
    refused = RefusedError("no", provider="acme", reference="batch", raw=b"said")
    refused.__cause__ = cause
    lost = AnswerLostError("lost", provider="acme", reference="batch")

    match failed(MESSAGE, refused), failed(MESSAGE, lost):
        case NotSent(message=first, error=not_sent), Unknown(message=second, error=unknown):
            assert first is second is MESSAGE
            assert not_sent.reference == unknown.reference == "order-1"
            assert not_sent.raw == b"said"
            assert not_sent.__cause__ is cause
        case outcomes:
            pytest.fail(f"not the right outcomes: {outcomes}")


@each_kind
def test_a_failure_of_one_message_in_a_batch_is_its_outcome(kind: FailureKind) -> None:
    outcome = failed_outcome(MESSAGE, Failure(kind), "acme", ATTEMPTS)

    assert isinstance(outcome, NotSent if RULES[kind].not_sent else Unknown)
    assert type(outcome.error) is RULES[kind].error
    assert isinstance(outcome.error, OmniError)
    assert outcome.error.reference == "order-1"
    assert outcome.error.attempts == ATTEMPTS
    alone = error_of(Failure(kind), Operation.SEND, "acme", reference="order-1")
    assert (outcome.error.text, outcome.error.provider) == (alone.text, "acme")


def test_a_rate_limit_of_one_message_keeps_the_wait() -> None:
    failure = Failure(FailureKind.RATE_LIMITED, retry_after=timedelta(seconds=3))

    outcome = failed_outcome(MESSAGE, failure, "acme", ATTEMPTS)

    assert isinstance(outcome, NotSent)
    assert isinstance(outcome.error, RateLimitedError)
    assert outcome.error.retry_after == timedelta(seconds=3)


@pytest.mark.parametrize("words", ["text Hello is bad", "Hello there", "to 5551234"])
def test_a_vendors_key_with_blanks_is_a_sentence_and_is_not_quoted(words: str) -> None:
    failure = Failure(FailureKind.REFUSED, vendor_code=words, field=words)
    assert words not in described(failure)
    assert failure.vendor_code == words
