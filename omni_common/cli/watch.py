"""``omni status --watch``: messages followed to their end, each change shown as it is heard of."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeAlias

from attrs import evolve
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from omni_common.cli import documents
from omni_common.cli.account import Account
from omni_common.cli.exits import ExitCode, exit_code_of, worst
from omni_common.cli.output import Output, Result, write
from omni_common.cli.status import result_document, result_lines
from omni_common.errors import ForeignIdError, OmniError, UnknownMessageError
from omni_common.polling import poll_until_final
from omni_common.provider import OmniProvider
from omni_common.report import DeliveryReport, StatusResult
from omni_common.track import Track

__all__ = ["follow", "watched"]

Tell: TypeAlias = Callable[[StatusResult], None]
"""Takes what was heard of a message."""


def watched(ids: Sequence[str], timeout: timedelta, account: Account, output: Output) -> Result:
    """Show the state of each message, and every change of it, until all are final.

    Raises:
        UsageError: The account is not described well, or something is no id.
        ConfigurationError: The account is not described well.
    """
    documents.refuse_urls(ids)
    provider = account.connect()
    found: dict[str, StatusResult] = {}
    complaint = ""
    with _board(output) as show:

        def tell(result: StatusResult) -> None:
            known = found.get(result.id)
            if known is not None and result.report is None:
                result = evolve(result, report=known.report)  # known still, whatever went wrong
            found[result.id] = result
            if known is None or _said(known, output) != _said(result, output):
                show(found, result)

        try:
            asyncio.run(follow(dict.fromkeys(ids), provider, timeout, tell))
            code = worst(_code(result) for result in found.values())
        except KeyboardInterrupt:
            code, complaint = ExitCode.INTERRUPTED, "interrupted; the messages go on"
    if code is ExitCode.AGAIN and not any(result.error for result in found.values()):
        complaint = "not all are final yet; the same command goes on watching"
    document = {
        "messages": [result_document(found.get(id) or StatusResult(id), output) for id in ids],
        "error": None,
    }
    return Result(code=code, document=document, complaint=complaint)


async def follow(
    ids: Mapping[str, None], provider: OmniProvider, timeout: timedelta, tell: Tell
) -> None:
    """Ask for each message until it is final or *timeout* has passed; *tell* what is heard."""
    async with provider as omni:
        going_on: dict[str, Track] = {}
        async for result in omni.status_many(ids):
            tell(result)
            if _goes_on(result):
                report = result.report
                going_on[result.id] = Track() if report is None else Track.of_report(report)
        async with asyncio.TaskGroup() as group:
            for id, known in going_on.items():
                group.create_task(_follow_one(id, known, omni, timeout, tell))


async def _follow_one(
    id: str, known: Track, omni: OmniProvider, timeout: timedelta, tell: Tell
) -> None:
    """Ask for one message; nobody posts to a command, so that asking is all there is."""

    def heard(report: DeliveryReport) -> None:
        nonlocal known
        known = known.merged(Track.of_report(report))  # so that what is shown never goes back
        tell(StatusResult(id, report=evolve(known.report(), id=id)))

    try:
        await poll_until_final(omni.status, id, timeout, omni.clock, heard=heard)
    except OmniError as error:
        tell(StatusResult(id, error=error))


def _goes_on(result: StatusResult) -> bool:
    """Whether asking again may tell more: there may be no answer yet, or not the last one."""
    if result.report is not None:
        return not result.report.is_final
    error = result.error
    if isinstance(error, UnknownMessageError):  # which the vendor may have given out just now
        return not isinstance(error, ForeignIdError)
    return error is not None and exit_code_of(error) is ExitCode.AGAIN


def _code(result: StatusResult) -> ExitCode:
    if result.error is not None:
        return exit_code_of(result.error)
    is_over = result.report is not None and result.report.is_final
    return ExitCode.DONE if is_over else ExitCode.AGAIN


def _said(result: StatusResult, output: Output) -> tuple[str, ...]:
    return tuple(result_lines(result, output))


_Show: TypeAlias = Callable[[Mapping[str, StatusResult], StatusResult], None]
"""Takes all that is known, and what of it is new."""


@contextmanager
def _board(output: Output) -> Iterator[_Show]:
    """Where changes are shown: a table that is redrawn on a terminal, else a line for each."""
    if output.json:
        yield lambda _, __: None
    elif sys.stdout is not None and sys.stdout.isatty():
        with Live(console=Console(highlight=False), auto_refresh=False) as live:
            yield lambda found, _: live.update(_table(found, output), refresh=True)
    else:
        yield lambda _, new: write(sys.stdout, *_said(new, output))


def _table(found: Mapping[str, StatusResult], output: Output) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("message", "state", "channels"):
        table.add_column(column)
    for id, result in found.items():
        first, *channels = _said(result, output)
        shown = documents.shown_id(id, output)
        table.add_row(
            shown, first.removeprefix(shown).strip(), "\n".join(each.strip() for each in channels)
        )
    return table
