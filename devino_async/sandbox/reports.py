"""Devino's reports about SMS."""

from __future__ import annotations

from collections.abc import Sequence

from devino_async.sandbox.account import Account
from omni_common.sandbox import Callback, LedgerEntry, Operation, StateChange

__all__ = ["ReportArea"]


class ReportArea:
    """Devino's reports about SMS."""

    def __init__(self, account: Account) -> None:
        """Work for *account*."""
        self._account = account

    def operations(self) -> Sequence[Operation]:
        """Return the calls of this area."""
        return ()

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the callback that tells of *change*, if there is one."""
        del entry, change
        return None
