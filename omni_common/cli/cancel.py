"""``omni cancel``: take one scheduled message back."""

from __future__ import annotations

import asyncio

from omni_common.cli import documents
from omni_common.cli.account import Account
from omni_common.cli.exits import ExitCode, exit_code_of
from omni_common.cli.output import Output, Result
from omni_common.errors import OmniError

__all__ = ["cancel_one"]


def cancel_one(id: str, account: Account, output: Output) -> Result:
    """Cancel a message; the result is ``cancelled``, ``not_cancelled`` or ``unknown``.

    Raises:
        UsageError: The account is not described well, or *id* is none.
    """
    documents.refuse_urls([id])
    try:
        asyncio.run(_cancel(id, account))
    except OmniError as error:
        code = exit_code_of(error)
        outcome = "unknown" if code is ExitCode.UNKNOWN else "not_cancelled"
        return _result(id, outcome, code, output, error)
    return _result(id, "cancelled", ExitCode.DONE, output)


async def _cancel(id: str, account: Account) -> None:
    async with account.connect() as omni:
        await omni.cancel(id)


def _result(
    id: str, outcome: str, code: ExitCode, output: Output, error: OmniError | None = None
) -> Result:
    shown = documents.shown_id(id, output)
    return Result(
        code=code,
        document={
            "outcome": outcome,
            "id": shown,
            "attempts": documents.attempts(error.attempts if error else ()),
            "error": documents.error(error) if error else None,
        },
        lines=(f"{outcome.replace('_', ' ')} {shown}",),
        complaint=error.text if error else "",
    )
