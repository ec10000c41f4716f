"""Turns a failure into the error that tells a caller what it proves and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from omni_common.errors import (
    Attempt,
    ClientClosedError,
    ConnectionFailedError,
    ConnectionRejectedError,
    NotSentError,
    OmniError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadError,
)
from omni_common.exchange import Failure, Operation
from omni_common.message import Message
from omni_common.receipt import NotSent, Unknown
from omni_common.retry import RULES

__all__ = [
    "described",
    "error_of",
    "failed",
    "failed_outcome",
    "is_passing",
    "plain",
    "unanswered",
]

# What of a vendor's words may stand in an error's text: keys, codes and field names. Its sentences
# may quote a number or a message, so they stay in ``raw``.
_PLAIN = re.compile(r"[\w.,:/\[\]\- ]{1,80}", re.ASCII)
_LONG_NUMBER = re.compile(r"(?:\d[ \-./]?){7}")


def plain(text: str | None) -> str:
    """*text* if it is short and holds no number that could be somebody's, else nothing."""
    if text is None or _PLAIN.fullmatch(text) is None or _LONG_NUMBER.search(text):
        return ""
    return text


def _key(text: str | None) -> str:
    """*text* if it can only be one of a vendor's keys, codes or field names: a single word."""
    return "" if text is None or " " in text else plain(text)


def described(failure: Failure) -> str:
    """What happened, in words that hold nothing of the request or the answer."""
    named = [_key(failure.vendor_code), _key(failure.field), plain(failure.detail)]
    details = ", ".join(dict.fromkeys(part for part in named if part))
    return failure.kind.value + (f" ({details})" if details else "")


def error_of(
    failure: Failure,
    operation: Operation,
    provider: str,
    *,
    makes: str = "message",
    reference: str | None = None,
    attempts: Sequence[Attempt] = (),
    arrived_before: bool = False,
    because: str = "",
) -> OmniError:
    """The error for the last failure of an operation.

    Args:
        failure: What went wrong last.
        operation: What was asked for.
        provider: The provider's name.
        makes: What a send brings about, as a noun: a message, or ``list``, ``contacts``, ``file``.
        reference: The message's own name.
        attempts: Every request begun.
        arrived_before: An earlier attempt may have arrived, so that a send is UNKNOWN.
        because: Why there is no further attempt, as a phrase.
    """
    kind = RULES[failure.kind].error
    text = f"{provider}: {described(failure)}" + (f"; {because}" if because else "")
    if operation is Operation.SEND:
        if arrived_before and issubclass(kind, NotSentError):
            kind, text = OutcomeUnknownError, f"{text}, but an earlier attempt may have arrived"
        text = f"{text}. {_consequence(kind, makes, reference)}"

    data = {"provider": provider, "reference": reference, "attempts": attempts, **_said(failure)}
    if operation is not Operation.READ:
        return kind(text, **data)
    error = ReadError(text, **data)
    error.__cause__ = kind(text, **data)
    return error


def is_passing(error: BaseException | None) -> bool:
    """Whether nothing was sent for a reason that may pass, so that the same again may help."""
    if isinstance(error, ConnectionRejectedError):
        return False
    asked_to_wait = isinstance(error, NotSentError) and error.retry_after is not None
    return asked_to_wait or isinstance(
        error, ConnectionFailedError | ClientClosedError | RateLimitedError
    )


def unanswered(error: NotSentError | OutcomeUnknownError) -> ReadError:
    """What *error* is for a question: it says nothing of a message, whatever it proves of a send.

    Its cause is *error*, or the ``ClientClosedError`` that is behind it.
    """
    is_cut_short = isinstance(error, OutcomeUnknownError)
    text = "The question was cut short before its answer came." if is_cut_short else error.text
    unread = ReadError(
        text,
        provider=error.provider,
        attempts=error.attempts,
        retry_after=error.retry_after,
        vendor_code=error.vendor_code,
        raw=error.raw,
    )
    behind = error.__cause__
    unread.__cause__ = behind if isinstance(behind, ClientClosedError) else error
    return unread


def failed(message: Message, error: NotSentError | OutcomeUnknownError) -> NotSent | Unknown:
    """The outcome of *message* where *error* ended the call that it was part of."""
    own = error.about(message.reference)
    return NotSent(message, own) if isinstance(own, NotSentError) else Unknown(message, own)


def failed_outcome(
    message: Message, failure: Failure, provider: str, attempts: Sequence[Attempt]
) -> NotSent | Unknown:
    """The outcome of one message of a batch that the vendor answered with *failure*."""
    error = error_of(
        failure, Operation.SEND, provider, reference=message.reference, attempts=attempts
    )
    if isinstance(error, NotSentError | OutcomeUnknownError):
        return failed(message, error)
    raise AssertionError(f"a send cannot end in {type(error).__name__}")


def _said(failure: Failure) -> dict[str, Any]:
    """What the vendor said, as data of an error."""
    return {
        "retry_after": failure.retry_after,
        "vendor_code": failure.vendor_code,
        "field": failure.field,
        "raw": failure.raw,
    }


def _consequence(kind: type[OmniError], makes: str, reference: str | None) -> str:
    is_message = makes == "message"
    if issubclass(kind, NotSentError):
        return "Nothing was sent" if is_message else "Nothing was made"
    named = f"The {makes}" if reference is None else f"The {makes} {reference}"
    if not is_message:
        return f"{named} may have been made: check that at the vendor before trying again"
    return f"{named} may have been sent: look for it at the vendor before sending it again"
