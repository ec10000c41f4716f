"""``omni status``: what became of messages, one answer for each id."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from omni_common.cli import documents
from omni_common.cli.account import Account
from omni_common.cli.exits import ExitCode, exit_code_of, worst
from omni_common.cli.output import Output, Result
from omni_common.redaction import shown_key
from omni_common.report import DeliveryReport, PartReport, StatusResult

__all__ = ["result_document", "result_lines", "states_of"]


def states_of(ids: Sequence[str], account: Account, output: Output) -> Result:
    """Ask for the state of each message.

    Raises:
        UsageError: The account is not described well, or something is no id.
        ConfigurationError: The account is not described well.
    """
    documents.refuse_urls(ids)
    results = asyncio.run(_ask(ids, account))
    codes = [exit_code_of(result.error) if result.error else ExitCode.DONE for result in results]
    return Result(
        code=worst(codes),
        document={
            "messages": [result_document(result, output) for result in results],
            "error": None,
        },
        lines=tuple(line for result in results for line in result_lines(result, output)),
    )


async def _ask(ids: Sequence[str], account: Account) -> list[StatusResult]:
    async with account.connect() as omni:
        return [result async for result in omni.status_many(ids)]


def result_document(result: StatusResult, output: Output) -> dict[str, Any]:
    """What is known of one message, as a JSON document."""
    report = documents.report(result.report, output) if result.report else _NO_REPORT
    error = documents.error(result.error) if result.error else None
    return {"id": documents.shown_id(result.id, output), **report, "error": error}


_NO_REPORT: dict[str, Any] = {
    "state": None,
    "is_final": None,
    "channel": None,
    "at": None,
    "fault": None,
    "price": None,
    "parts": [],
}


def result_lines(result: StatusResult, output: Output) -> Iterator[str]:
    """The same for people: a line for the message and, of several channels, one for each."""
    id = documents.shown_id(result.id, output)
    if result.report is not None:
        yield f"{id} {_summary(result.report, output)}"
        if len(result.report.parts) > 1:
            yield from (f"  {_part(part, output)}" for part in result.report.parts)
    if result.error is not None:
        yield f"{id} no answer: {result.error.text}"


def _summary(report: DeliveryReport, output: Output) -> str:
    words = [report.state.value]
    if report.channel is not None:
        words.append(f"by {shown_key(report.channel)}")
    if report.at is not None:
        words.append(report.at.isoformat())
    if report.error is not None:
        words.append(f"({output.words(str(report.error))})")
    return " ".join(words)


def _part(part: PartReport, output: Output) -> str:
    words = [shown_key(part.channel), part.state.value]
    if part.at is not None:
        words.append(part.at.isoformat())
    if part.error is not None:
        words.append(f"({output.words(str(part.error))})")
    return " ".join(words)
