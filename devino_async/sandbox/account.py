"""What the areas of the emulated vendor share: one account, its money, and all it sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.contacts import ContactBook
from omni_common.sandbox import (
    Callback,
    Ledger,
    LedgerEntry,
    Operation,
    Pace,
    SandboxClock,
    StateChange,
)

__all__ = ["Account", "Area"]


class Account(Protocol):
    """One account at the vendor, as its areas see it."""

    clock: SandboxClock
    ledger: Ledger
    behaviour: DevinoBehaviour
    pace: Pace
    account_callback_url: str | None
    email_callback_url: str | None
    incoming_callback_url: str | None
    credit: int | None
    book: ContactBook

    @property
    def senders(self) -> Collection[str] | None:
        """Names the account may send from, or None for any."""
        ...

    def accept(self, entry: LedgerEntry) -> None:
        """Write a message into the ledger and plan its callbacks."""
        ...

    def post(self, callback: Callback) -> None:
        """Post a callback now that belongs to no message of the ledger."""
        ...

    def pay(self, amount: int) -> bool:
        """Take *amount* messages or segments off the credit; False if it does not suffice."""
        ...

    def give_ids(self, count: int) -> tuple[str, ...]:
        """Take *count* consecutive ids of messages, lists or contacts; nobody gets them again."""
        ...


class Area(Protocol):
    """One part of the vendor's interface, such as SMS."""

    def operations(self) -> Sequence[Operation]:
        """Return its calls."""
        ...

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the callback that tells of *change* of a message that this area took."""
        ...
