"""What each error means for a script that could run the same command again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from omni_common import (
    AnswerLostError,
    AuthenticationError,
    CancelFailedError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionRejectedError,
    InsufficientFundsError,
    InvalidMessageError,
    NotSupportedError,
    OmniError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
    UnknownMessageError,
    UnsupportedMessageError,
)
from omni_common.cli.exits import ExitCode, exit_code_of, worst


def because(error: OmniError, cause: OmniError) -> OmniError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 64),
        (OutcomeUnknownError("x"), 3),
        (AnswerLostError("x"), 3),
        (UnexpectedAnswerError("x"), 3),
        (ServerFailedError("x"), 3),
        (ConnectionFailedError("x"), 75),
        (ClientClosedError("x"), 75),
        (RateLimitedError("x"), 75),
        (RefusedError("x", retry_after=timedelta(seconds=1)), 75),
        # A certificate or a proxy's login has to be put right first.
        (ConnectionRejectedError("x"), 2),
        (RefusedError("x"), 2),
        (AuthenticationError("x"), 2),
        (InsufficientFundsError("x"), 2),
        (InvalidMessageError("x"), 2),
        (UnsupportedMessageError("x"), 2),
        (NotSupportedError("x"), 2),
        (UnknownMessageError("x"), 2),
        (ReadError("x"), 2),
        (because(ReadError("x"), ConnectionFailedError("y")), 75),
        (because(ReadError("x"), AnswerLostError("y")), 75),
        (because(ReadError("x"), ServerFailedError("y")), 75),
        (because(ReadError("x"), ClientClosedError("y")), 75),
        (because(ReadError("x"), AuthenticationError("y")), 2),
        (because(ReadError("x"), UnexpectedAnswerError("y")), 2),
        (CancelFailedError("x"), 2),
        (because(CancelFailedError("x"), ConnectionFailedError("y")), 75),
        (because(CancelFailedError("x"), ClientClosedError("y")), 75),
        (because(CancelFailedError("x"), ConnectionRejectedError("y")), 2),
        (because(CancelFailedError("x"), RefusedError("y")), 2),
    ],
    ids=lambda value: (
        f"{type(value).__name__}-{type(value.__cause__).__name__}"
        if isinstance(value, OmniError)
        else None
    ),
)
def test_an_error_has_the_exit_code_of_what_it_proves(error: OmniError, code: int) -> None:
    assert exit_code_of(error) == code


@given(st.lists(st.sampled_from([0, 2, 3, 64, 75]).map(ExitCode)))
def test_a_command_ends_well_only_if_all_that_it_did_ended_well(codes: list[ExitCode]) -> None:
    found = worst(codes)
    assert found in {*codes, ExitCode.DONE}
    assert (found is ExitCode.DONE) == all(code is ExitCode.DONE for code in codes)
    # 75 promises that a repeat may cure it all.
    assert found is not ExitCode.AGAIN or set(codes) <= {ExitCode.AGAIN, ExitCode.DONE}
