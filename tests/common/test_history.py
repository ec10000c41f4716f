"""What was tried, and what it proves when a caller goes away in the middle."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from omni_common.errors import Attempt, Outcome
from omni_common.history import OUTCOME_LOGGER, History, record_interrupted

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def _end(history: History, *, proves_not_sent: bool, sent: bool = True) -> None:
    history.end(
        started_at=NOW,
        sent=sent,
        detail="it went wrong",
        status=503,
        waited=timedelta(seconds=2),
        proves_not_sent=proves_not_sent,
    )


def test_what_was_never_tried_was_not_sent() -> None:
    assert History().outcome is Outcome.NOT_SENT
    assert History().attempts == ()


def test_a_request_that_may_be_leaving_is_unknown_until_it_ends() -> None:
    under_way, ended = History(), History()
    under_way.begin()
    ended.begin()
    _end(ended, proves_not_sent=True)

    assert under_way.outcome is Outcome.UNKNOWN
    assert under_way.attempts == ()
    assert ended.outcome is Outcome.NOT_SENT


def test_an_attempt_is_kept_with_its_number() -> None:
    history = History()
    _end(history, proves_not_sent=True, sent=False)
    _end(history, proves_not_sent=False)

    assert history.attempts == (
        Attempt(1, NOW, False, "it went wrong", 503, timedelta(seconds=2), proves_not_sent=True),
        Attempt(2, NOW, True, "it went wrong", 503, timedelta(seconds=2), proves_not_sent=False),
    )


@given(proofs=st.lists(st.booleans()), under_way=st.booleans())
def test_one_attempt_without_proof_makes_the_whole_unknown(
    proofs: list[bool],
    under_way: bool,  # noqa: FBT001 - hypothesis names its arguments
) -> None:
    history = History()
    for proof in proofs:
        history.begin()
        _end(history, proves_not_sent=proof)
    if under_way:
        history.begin()

    unsent = all(proofs) and not under_way
    assert history.outcome is (Outcome.NOT_SENT if unsent else Outcome.UNKNOWN)


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.UNKNOWN])
def test_an_interrupted_send_is_recorded_once_for_people_and_for_programs(
    outcome: Outcome, caplog: pytest.LogCaptureFixture
) -> None:
    record_interrupted("acme", "order-1", outcome)

    (record,) = caplog.records
    assert record.name == OUTCOME_LOGGER == "omni_common.outcome"
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"send interrupted: provider=acme reference=order-1 outcome={outcome.value}"
    )
    facts = vars(record)
    assert facts["provider"] == "acme"
    assert facts["reference"] == "order-1"
    assert facts["outcome"] == outcome.value
