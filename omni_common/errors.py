"""What can go wrong, and what it proves about the message.

Every error of this library is an :class:`OmniError`. The two branches that matter for a message
that costs money are told apart by class, so that the wrong one cannot be caught by accident:

::

    OmniError                          outcome None: says nothing about a send
    ├── NotSentError                   outcome NOT_SENT: nothing was sent; raised by sends only
    │   ├── InvalidMessageError        the message is wrong; ``field`` names where
    │   ├── UnsupportedMessageError    the provider cannot send this (is a NotSupportedError too)
    │   ├── ConnectionFailedError      the request never left; safe to repeat
    │   │   └── ConnectionRejectedError   certificate, proxy login: repeating will not help
    │   ├── ClientClosedError          the client was closed before the request began
    │   ├── JournalError               the outbox could not write it down, so it was not sent
    │   └── RefusedError               the vendor answered no
    │       ├── AuthenticationError    user, password or key are wrong
    │       ├── PermissionDeniedError  right credentials, missing right or address not allowed
    │       ├── InsufficientFundsError
    │       └── RateLimitedError       too many requests; ``retry_after`` where the vendor says
    ├── OutcomeUnknownError            outcome UNKNOWN: it may have been sent; never resent for you
    │   ├── AnswerLostError            the request left, no whole answer came back
    │   ├── UnexpectedAnswerError      an answer came that proves nothing either way
    │   └── ServerFailedError          the vendor failed (5xx, 408) after taking the request
    ├── NotSupportedError              the provider has no such operation; says what works instead
    │   └── UnsupportedMessageError    (the same class as above)
    ├── ReadError                      a question got no answer; says nothing about the message
    │   ├── UnknownMessageError        the vendor does not know this id
    │   │   └── ForeignIdError         it is no id of this provider's; nothing was asked
    │   ├── InvalidQueryError          a parameter is wrong; ``field`` names it; nothing was asked
    │   └── CallbackError              what was posted is no callback of the vendor's
    │       └── CallbackRefusedError   it is not genuine, or cannot be read; no event came of it
    ├── CancelFailedError              the vendor did not cancel: already sent, unknown, unreachable
    └── ConfigurationError             settings, credentials or an address are missing or wrong

``except NotSentError`` therefore means "safe to send again" even around a block that sends, waits
and cancels: reading and cancelling never raise it. What kept them from the vendor, be it that the
client is closed, is the ``__cause__`` of their :class:`ReadError` or :class:`CancelFailedError`.
Calls of a vendor's own client that make or delete something, such as a list of contacts, count as
sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

from attrs import field, frozen

from omni_common.redaction import shown_key

__all__ = [
    "AnswerLostError",
    "Attempt",
    "AuthenticationError",
    "CallbackError",
    "CallbackRefusedError",
    "CancelFailedError",
    "ClientClosedError",
    "ConfigurationError",
    "ConnectionFailedError",
    "ConnectionRejectedError",
    "ForeignIdError",
    "InsufficientFundsError",
    "InvalidMessageError",
    "InvalidQueryError",
    "JournalError",
    "NotSentError",
    "NotSupportedError",
    "OmniError",
    "Outcome",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitedError",
    "ReadError",
    "RefusedError",
    "ServerFailedError",
    "UnexpectedAnswerError",
    "UnknownMessageError",
    "UnsupportedMessageError",
    "hides_arguments",
]

P = ParamSpec("P")
T = TypeVar("T")


class Outcome(Enum):
    """The three ways a send can end. A delivery state is another thing: see ``DeliveryState``."""

    ACCEPTED = "accepted"
    """The vendor confirmed that it took the message."""
    NOT_SENT = "not_sent"
    """Nothing was sent: the request never left, or the vendor refused it."""
    UNKNOWN = "unknown"
    """The request left and its answer is lost or proves nothing: it may have been sent."""


@frozen
class Attempt:
    """One request that was begun for an operation.

    ``sent`` is whether any byte of the request may have reached the other side; ``detail`` names
    what happened (an error class and number, never content), ``status`` is the HTTP status if one
    was read, ``waited`` how long the library waited before this attempt because of the one before.
    """

    number: int
    started_at: datetime
    sent: bool
    detail: str
    status: int | None = None
    waited: timedelta = timedelta()
    proves_not_sent: bool = field(default=False, kw_only=True)
    """Whether this attempt alone proves that it put no message on its way."""


class OmniError(Exception):
    """Root of all errors raised by this library.

    The text is plain and safe to log: it never holds a credential, a message body or a whole phone
    number. ``raw``, the vendor's own words, may hold such data; it is left out of the text and of
    pickles.
    """

    outcome: Outcome | None = None

    def __init__(
        self,
        text: str,
        *,
        provider: str | None = None,
        reference: str | None = None,
        attempts: Sequence[Attempt] = (),
        retry_after: timedelta | None = None,
        vendor_code: str | None = None,
        field: str | None = None,
        raw: Any = None,
    ) -> None:
        """Make an error; everything but *text* is data for the program that catches it.

        Args:
            text: What happened and what to do about it.
            provider: Name of the provider concerned, such as ``"devino"``.
            reference: The message's own reference.
            attempts: Every request begun, oldest first.
            retry_after: How long the vendor asked to wait.
            vendor_code: The vendor's own error code or key.
            field: The field of the message or setting that is wrong.
            raw: What the vendor said, as it said it.
        """
        super().__init__(text)
        self.provider = provider
        self.reference = reference
        self.attempts: tuple[Attempt, ...] = tuple(attempts)
        self.retry_after = retry_after
        self.vendor_code = vendor_code
        self.field = field
        self.raw = raw

    @property
    def text(self) -> str:
        """The sentence this error was made with."""
        return str(self.args[0])

    def about(self, reference: str) -> Self:
        """The same error for another message: one lost answer may concern a whole batch."""
        if reference == self.reference:
            return self
        error = type(self)(self.text, **{**self._data(), "reference": reference, "raw": self.raw})
        error.__cause__ = self.__cause__
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as class, text and data; ``raw`` stays behind, since it may hold people's data.

        So do a vendor's code and field that look like anything else than a key.
        """
        data = self._data()
        for name in ("vendor_code", "field"):
            if data[name] is not None and shown_key(data[name]) != data[name]:
                data[name] = None
        return _rebuild, (type(self), self.text, data)

    def _data(self) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "reference": self.reference,
            "attempts": self.attempts,
            "retry_after": self.retry_after,
            "vendor_code": self.vendor_code,
            "field": self.field,
        }


def _rebuild(kind: type[OmniError], text: str, data: Mapping[str, Any]) -> OmniError:
    return kind(text, **data)


class NotSentError(OmniError):
    """Nothing was sent: sending again, here or elsewhere, cannot make a double."""

    outcome = Outcome.NOT_SENT


class InvalidMessageError(NotSentError):
    """The message cannot be sent as it is; ``field`` names what is wrong."""


class ConnectionFailedError(NotSentError):
    """No byte of the request left this machine. Safe to repeat."""


class ConnectionRejectedError(ConnectionFailedError):
    """The connection is refused for a lasting reason: certificate, fingerprint, proxy login."""


class ClientClosedError(NotSentError):
    """The client was closed before the request of a send began.

    It is the ``__cause__`` where a question or a cancellation finds the client closed.
    """


class JournalError(NotSentError):
    """An outbox cannot write its journal: the disk is full, say, or the file damaged.

    Its text says what to do where that is known; ``retry_after`` is set where it may pass by
    itself. It is the ``__cause__`` where a question or a cancellation needs what is in the journal.
    """


class RefusedError(NotSentError):
    """The vendor answered no. ``vendor_code`` and ``raw`` hold its reason."""


class AuthenticationError(RefusedError):
    """The vendor does not accept the user, password or key."""


class PermissionDeniedError(RefusedError):
    """The credentials are right, but lack the right, or this address is not allowed."""


class InsufficientFundsError(RefusedError):
    """The account cannot pay for the message."""


class RateLimitedError(RefusedError):
    """The vendor refuses for now: too many requests. ``retry_after`` where it says for how long."""


class OutcomeUnknownError(OmniError):
    """The message may have been sent, or may not; the library will not guess nor send it again.

    ``reference`` and ``attempts`` say what to look for at the vendor.
    """

    outcome = Outcome.UNKNOWN


class AnswerLostError(OutcomeUnknownError):
    """The request left, and the connection failed or time ran out before the whole answer came."""


class UnexpectedAnswerError(OutcomeUnknownError):
    """An answer came that neither confirms nor refuses: unreadable, contradictory or a redirect."""


class ServerFailedError(OutcomeUnknownError):
    """The vendor's side failed with the request in hand; it may have taken the message."""


class NotSupportedError(OmniError):
    """The provider has no such operation; the text says what would work instead."""


class UnsupportedMessageError(NotSupportedError, NotSentError):
    """The provider cannot send this message as it is; the text says what would work instead."""

    outcome = Outcome.NOT_SENT


class ReadError(OmniError):
    """A question to the vendor got no usable answer. Says nothing about any message.

    ``__cause__`` is why, where that is known: for example a ``ConnectionFailedError``, an
    ``AuthenticationError``, or a ``ClientClosedError`` if the client is closed.
    """


class UnknownMessageError(ReadError):
    """The vendor, or this provider, does not know the id."""


class ForeignIdError(UnknownMessageError):
    """The id cannot be one of this provider's, so the vendor was not even asked."""


class InvalidQueryError(ReadError):
    """A parameter of a question is wrong, so the vendor was not asked; ``field`` names it."""


class CallbackError(ReadError):
    """What was posted is no callback of the vendor's; ``raw`` holds it, the text nothing of it."""


class CallbackRefusedError(CallbackError):
    """What was posted is not genuine, or cannot be read. No event came of it."""


class CancelFailedError(OmniError):
    """The message was not cancelled: already sent, unknown to the vendor, or out of reach.

    ``__cause__`` is why, where that is known; a ``ClientClosedError`` if the client is closed.
    """


class ConfigurationError(OmniError):
    """A setting, a credential or an address is missing or wrong; the text says what to do."""


def hides_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Let no frame of *function*, which takes a credential in the clear, be part of its errors.

    Whatever shows the local variables of a traceback's frames, as crash reporters do, would show
    the credential. Where such an error was made inside is of no use to anyone: its text says all.
    """

    @wraps(function)
    def hiding(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except OmniError as error:
            del args, kwargs
            raise error.with_traceback(None)  # noqa: B904 - it is raised as it is
        except BaseException:
            del args, kwargs
            raise

    return hiding
