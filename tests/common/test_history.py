"""What was tried, and what it proves when a caller goes away in the middle."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from omni_common.errors import Attempt, Outcome
from omni_common.history import (
    OUTCOME_LOGGER,
    History,
    accounting,
    is_unheard,
    nowhere,
    record_interrupted,
)

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


class Accounts:
    """Whom the context, or the maker of a history, names; keeps what it is told."""

    def __init__(self, *, interrupted: int = 0) -> None:
        self.told: list[tuple[str, str, Outcome]] = []
        self._interruptions = interrupted

    def __call__(self, provider: str, reference: str, outcome: Outcome) -> None:
        if self._interruptions:
            self._interruptions -= 1
            raise KeyboardInterrupt
        self.told.append((provider, reference, outcome))


def test_whoever_is_passed_by_an_interruption_may_say_so_and_one_record_is_left() -> None:
    accounts = Accounts()
    history = History(accounts)
    history.begin()
    history.record_interrupted("acme", "order-1")
    _end(history, proves_not_sent=True)
    history.record_interrupted("acme", "order-1")

    assert accounts.told == [("acme", "order-1", Outcome.UNKNOWN)]


def test_a_record_that_is_interrupted_itself_is_left_to_the_next() -> None:
    accounts = Accounts(interrupted=1)
    history = History(accounts)
    with pytest.raises(KeyboardInterrupt):
        history.record_interrupted("acme", "order-1")
    history.record_interrupted("acme", "order-1")

    assert accounts.told == [("acme", "order-1", Outcome.NOT_SENT)]


def test_a_history_tells_whom_its_context_named_when_it_was_made() -> None:
    accounts = Accounts()
    before = accounting.set(accounts)
    try:
        history, given = History(), History(nowhere)
    finally:
        accounting.reset(before)
    history.record_interrupted("acme", "order-1")
    given.record_interrupted("acme", "order-2")

    assert accounts.told == [("acme", "order-1", Outcome.NOT_SENT)]


def test_after_a_fork_a_message_is_its_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = Accounts()
    history = History(accounts)
    with monkeypatch.context() as child:
        child.setattr("omni_common.history.os.getpid", os.getppid)
        history.record_interrupted("acme", "order-1")
        assert accounts.told == []
    history.record_interrupted("acme", "order-1")

    assert accounts.told == [("acme", "order-1", Outcome.NOT_SENT)]


def _in_the_context_of(*errors: BaseException) -> BaseException:
    """The last of *errors*, each of which came up while the one before it was handled."""
    for before, after in pairwise(errors):
        after.__context__ = before
    return errors[-1]


@pytest.mark.parametrize(
    "errors",
    [
        [KeyboardInterrupt()],
        [SystemExit()],
        [GeneratorExit()],
        [GeneratorExit(), RuntimeError("the event loop is closed")],
        [GeneratorExit(), RuntimeError("the event loop is closed"), OSError("it is not open")],
    ],
)
def test_nobody_hears_of_an_interruption_nor_of_what_comes_up_while_a_coroutine_is_destroyed(
    errors: list[BaseException],
) -> None:
    assert is_unheard(_in_the_context_of(*errors))


@pytest.mark.parametrize(
    "errors",
    [
        [ValueError()],
        [OSError(), ValueError()],
        [KeyboardInterrupt(), ValueError()],  # which somebody has caught, and answered by another
    ],
)
def test_an_error_is_heard_by_the_caller(errors: list[BaseException]) -> None:
    assert not is_unheard(_in_the_context_of(*errors))
