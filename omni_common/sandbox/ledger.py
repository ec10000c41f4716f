"""What an emulator accepted: the proof, for a test, of what was really sent and how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from omni_common.redaction import mask_number, mask_text

__all__ = ["Ledger", "LedgerEntry", "StateChange"]


@frozen
class StateChange:
    """One step of a message on one channel."""

    at: datetime
    """When it happens, in emulated time."""
    channel: str
    state: str
    """In the vendor's own word, such as ``DELIVRD``."""
    part: str = ""
    """Vendor's id of the channel's message, where that is not the message's own id."""
    detail: Mapping[str, Any] = field(factory=dict, repr=False)
    """What else the vendor says about it, such as an error's number."""


@frozen
class LedgerEntry:
    """One message that an emulator accepted, and everything that will become of it.

    Its future is fixed when it is accepted, so what has happened at any time is a pure function of
    that time; only a cancellation rewrites it.
    """

    id: str
    """The vendor's id of the whole message."""
    to: str = field(repr=mask_number)
    """The recipient as it was sent."""
    channels: tuple[str, ...]
    """In the order they are tried, in the vendor's words."""
    text: str = field(repr=mask_text)
    """The first channel's text, or what stands for it; empty when it has none."""
    accepted_at: datetime
    plan: tuple[StateChange, ...] = field(default=(), repr=False)
    """Every step, past and to come, in order of time."""
    content: Mapping[str, Any] = field(factory=dict, repr=False)
    """The message as the vendor received it."""
    parts: tuple[str, ...] = ()
    """Vendor's ids of the messages per channel or segment, where it gives any."""
    send_at: datetime | None = None
    """When it is due, if it was scheduled."""
    callback_url: str | None = field(default=None, repr=mask_text)
    cancelled_at: datetime | None = None
    origin: str = ""
    """Name of the operation that took it."""

    def history(self, now: datetime) -> tuple[StateChange, ...]:
        """Return the steps taken up to *now*, oldest first."""
        return tuple(change for change in self.plan if change.at <= now)

    def state(self, now: datetime) -> str | None:
        """Return the vendor's word for the newest step at *now*, or None before the first."""
        history = self.history(now)
        return history[-1].state if history else None


class Ledger:
    """Every message that an emulator accepted, oldest first."""

    def __init__(self) -> None:
        self._entries: dict[str, LedgerEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LedgerEntry]:
        return iter(tuple(self._entries.values()))

    def __getitem__(self, id: str) -> LedgerEntry:
        return self._entries[id]

    def __repr__(self) -> str:
        return f"<Ledger of {len(self)} messages>"

    def get(self, id: str) -> LedgerEntry | None:
        """Return the message with the vendor's *id*, or None."""
        return self._entries.get(id)

    def find(self, *, to: str | None = None, text: str | None = None) -> tuple[LedgerEntry, ...]:
        """Return the messages to the recipient *to* that hold *text* anywhere, oldest first.

        Phone numbers are compared by their digits, so ``+372...`` and ``372...`` are one. *text*
        is looked for in everything that was sent, so a reference put into a message finds it.
        """
        return tuple(
            entry
            for entry in self
            if (to is None or _plain(entry.to) == _plain(to))
            and (text is None or text in entry.text or _holds(entry.content, text))
        )

    def count(self, *, to: str | None = None, text: str | None = None) -> int:
        """Return how many messages :meth:`find` finds."""
        return len(self.find(to=to, text=text))

    def write(self, entry: LedgerEntry) -> None:
        """Put *entry* in, in place of one with the same id if there is one."""
        self._entries[entry.id] = entry


def _plain(recipient: str) -> str:
    return recipient.casefold() if "@" in recipient else recipient.lstrip("+")


def _holds(content: object, text: str) -> bool:
    match content:
        case str():
            return text in content
        case Mapping():
            return any(_holds(value, text) for value in content.values())
        case list() | tuple():
            return any(_holds(value, text) for value in content)
        case _:
            return False
