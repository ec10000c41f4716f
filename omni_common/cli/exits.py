"""Exit codes: what a script may conclude from how ``omni`` ended."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from omni_common.errors import (
    AnswerLostError,
    CancelFailedError,
    ConfigurationError,
    OmniError,
    OutcomeUnknownError,
    ReadError,
    ServerFailedError,
)
from omni_common.failure import is_passing

__all__ = ["ExitCode", "exit_code_of", "worst"]


class ExitCode(IntEnum):
    """How a command ended. Where there is a name in ``sysexits.h``, the number is the one there."""

    DONE = 0
    """Accepted, or done as asked."""
    CLAIM_FAILED = 1
    """``omni demo`` only: something that it claims does not hold."""
    REFUSED = 2
    """Refused or invalid; the same again would end the same way."""
    UNKNOWN = 3
    """It may have been sent, or cancelled, or not."""
    USAGE = 64
    """The arguments or the configuration are wrong; nothing was sent."""
    FAULT = 70
    """``omni`` itself failed."""
    AGAIN = 75
    """Not sent, or not answered; the same again is safe and may help."""
    INTERRUPTED = 130
    """Ctrl-C."""


def exit_code_of(error: OmniError) -> ExitCode:
    """What *error* means for a script that could run the same command again."""
    match error:
        case ConfigurationError():
            return ExitCode.USAGE
        case OutcomeUnknownError():
            return ExitCode.UNKNOWN
        case ReadError():
            cause = error.__cause__
            lost = isinstance(cause, AnswerLostError | ServerFailedError)
            return _again_if(lost or is_passing(cause))
        case CancelFailedError():
            return _again_if(is_passing(error.__cause__))
        case _:
            return _again_if(is_passing(error))


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The code for several things done by one command: the one that asks for most attention."""
    order = (ExitCode.USAGE, ExitCode.UNKNOWN, ExitCode.REFUSED, ExitCode.AGAIN)
    found = set(codes)
    return next((code for code in order if code in found), ExitCode.DONE)


def _again_if(passing: bool) -> ExitCode:  # noqa: FBT001 - it is the only thing said
    return ExitCode.AGAIN if passing else ExitCode.REFUSED
