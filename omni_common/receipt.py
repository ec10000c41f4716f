"""How a send ended: the receipt of an accepted message, and the three outcomes of a stream."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import field, frozen

from omni_common.errors import Attempt, NotSentError, Outcome, OutcomeUnknownError
from omni_common.message import Channel, Message
from omni_common.redaction import mask_number, mask_sender, shown_key

__all__ = ["Accepted", "NotSent", "Part", "Receipt", "SendOutcome", "Unknown"]


@frozen
class Part:
    """One channel of an accepted message: the vendor's id for it, if any, and the sender used."""

    channel: Channel | str = field(repr=shown_key)
    id: str | None = None
    sender: str | None = field(default=None, repr=mask_sender)


@frozen
class Receipt:
    """The vendor has the message.

    ``id`` is all that ``status`` and ``cancel`` need, also tomorrow and in another process; it is
    an opaque text that begins with the provider's name. ``to`` is the recipient as sent. ``raw`` is
    the vendor's answer about this message; it is left out of the repr.
    """

    id: str
    provider: str
    reference: str
    to: str = field(repr=mask_number)
    parts: tuple[Part, ...] = ()
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    raw: Any = field(default=None, repr=False, hash=False)


@frozen
class Accepted:
    """The vendor confirmed that it took *message*."""

    message: Message
    receipt: Receipt

    @property
    def outcome(self) -> Outcome:
        """Always ``Outcome.ACCEPTED``."""
        return Outcome.ACCEPTED


@frozen
class NotSent:
    """Nothing was sent, and *error* says why. Sending *message* again cannot make a double."""

    message: Message
    error: NotSentError

    @property
    def outcome(self) -> Outcome:
        """Always ``Outcome.NOT_SENT``."""
        return Outcome.NOT_SENT


@frozen
class Unknown:
    """*message* may have been sent, or may not. It is never sent again on its own."""

    message: Message
    error: OutcomeUnknownError

    @property
    def outcome(self) -> Outcome:
        """Always ``Outcome.UNKNOWN``."""
        return Outcome.UNKNOWN


SendOutcome: TypeAlias = Accepted | NotSent | Unknown
