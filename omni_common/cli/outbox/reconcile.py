"""``omni outbox reconcile``: look for unknown messages in what the vendor says it sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from omni_common.cli import documents
from omni_common.cli.account import Account
from omni_common.cli.exits import ExitCode, exit_code_of
from omni_common.cli.outbox.journal import existing
from omni_common.cli.output import Result
from omni_common.errors import ConfigurationError, OmniError
from omni_common.outbox import EntryState, OutboxFile, Reconciliation
from omni_common.provider import OmniProvider

__all__ = ["reconciled"]


def reconciled(journal: Path, account: Account) -> Result:
    """Accept the unknown messages of *journal* that the vendor has; nothing is sent.

    Where the account is an outbox, the provider that it sends over is asked, and the outbox stays
    closed.

    Raises:
        UsageError: The account is not described well.
        ConfigurationError: The account is not described well, or there is no journal.
    """
    existing(journal)
    provider = _asked(account.connect())
    try:
        found, claimed = asyncio.run(_reconcile(journal, provider))
    except ConfigurationError:
        raise
    except OmniError as error:
        return Result(
            code=exit_code_of(error),
            document=_document(None, None, documents.error(error)),
            complaint=error.text,
        )
    return Result(
        code=ExitCode.DONE,
        document=_document(found, claimed, None),
        lines=tuple(_lines(found, claimed)),
    )


def _asked(provider: OmniProvider) -> OmniProvider:
    """The provider itself, without what is around it: an outbox that is opened would send."""
    while (inner := provider.wrapped) is not None:
        provider = inner
    return provider


async def _reconcile(journal: Path, provider: OmniProvider) -> tuple[Reconciliation, int]:
    async with provider, OutboxFile(journal, clock=provider.clock) as file:
        found = await file.reconcile(provider)
        return found, (await file.count_open())[EntryState.CLAIMED]


def _document(
    found: Reconciliation | None, claimed: int | None, error: dict[str, object] | None
) -> dict[str, object]:
    """``claimed`` are those that are being sent, or that nobody has called unknown yet."""
    return {
        "settled": found.settled if found else 0,
        "left": found.left if found else None,
        "claimed": claimed,
        "references": list(found.references) if found else [],
        "error": error,
    }


def _lines(found: Reconciliation, claimed: int) -> Iterator[str]:
    yield from (f"accepted {reference}" for reference in found.references)
    yield f"{found.settled} accepted, {found.left} unknown still"
    if claimed:
        yield (
            f"{claimed} being sent; those of a process that was killed are unknown once the outbox"
            " is opened"
        )
