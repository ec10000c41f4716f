"""``omni bulk``: from a table to messages in an outbox, and to what became of them."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import define, field

from omni_common.cli.account import Account
from omni_common.cli.bulk.campaign import Campaign
from omni_common.cli.bulk.dry_run import dry_run
from omni_common.cli.bulk.ending import Ending, ended
from omni_common.cli.bulk.hand_over import HandOver
from omni_common.cli.bulk.options import BulkOptions
from omni_common.cli.bulk.plan import Plan
from omni_common.cli.bulk.preview import first_planned, preview_lines
from omni_common.cli.bulk.progress import shown_progress
from omni_common.cli.bulk.recipients import Recipients
from omni_common.cli.bulk.report import check_report, write_report
from omni_common.cli.bulk.stop_list import take_back
from omni_common.cli.bulk.tally import Tally
from omni_common.cli.interruption import CtrlC
from omni_common.cli.message import ContentOptions
from omni_common.cli.outbox.status import Counts
from omni_common.cli.output import Output, Result, write
from omni_common.cli.usage import UsageError
from omni_common.errors import ConfigurationError, JournalError, OmniError
from omni_common.outbox import OutboxFile
from omni_common.redaction import shown_name

__all__ = ["send_bulk"]

_AT_ONCE = (ConfigurationError, JournalError, UsageError)
"""What is wrong before anything is begun, and stays so when the same command is repeated."""


@define
class _Run:
    """How far a run has come, for whoever has to say it after an interruption."""

    campaign: Campaign
    tally: Tally = field(factory=Tally)
    counts: Counts | None = None
    kept: bool = False
    paused: str | None = None
    interrupted: bool = False
    error: OmniError | UsageError | None = None
    report: Path | None = None


def send_bulk(
    file: Path,
    options: BulkOptions,
    content: ContentOptions,
    account: Account,
    output: Output,
    *,
    ctrl_c: CtrlC,
) -> Result:
    """Send one message for each row of *file*, or, in a dry run, say what would be sent.

    Raises:
        UsageError: The options or a file are wrong; nothing was sent.
        OmniError: The account or the outbox cannot be used, or no row can be a message; nothing was
            sent.
    """
    with Recipients() as recipients:
        campaign = Campaign.of(file, options, content, account, recipients)
        if options.dry_run:
            return dry_run(campaign.plan, campaign.outbox, output)
        if campaign.report is not None:
            check_report(campaign.report)
        with closing(campaign.plan.sheet.rows()) as records:
            total = sum(1 for _ in records)  # and so it is certain that all of it can be read
        _show_preview(campaign.plan, output)
        ctrl_c.hold(signal.SIGTERM)
        run = _Run(campaign)
        with _noted(run):
            asyncio.run(_handed_over(run, total, output, ctrl_c))
        with _noted(run):
            asyncio.run(_accounted(run, ctrl_c))
        return ended(_ending(run))


def _show_preview(plan: Plan, output: Output) -> None:
    if output.json:
        return
    with closing(plan.rows()) as rows:
        first = first_planned(rows)
    write(sys.stdout, *preview_lines(first, output))


@contextmanager
def _noted(run: _Run) -> Iterator[None]:
    """Note what ends the block, which then is told with all that came before it."""
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        run.interrupted = True
    except (OmniError, UsageError) as error:
        if isinstance(error, _AT_ONCE) and not run.tally.rows:
            raise  # nothing was begun
        run.error = run.error or error


async def _handed_over(run: _Run, total: int, output: Output, ctrl_c: CtrlC) -> None:
    ctrl_c.cancels(asyncio.current_task())
    campaign, plan = run.campaign, run.campaign.plan
    await _prepare(campaign)
    async with campaign.outbox as outbox:
        with shown_progress(total, output, outbox.clock) as progress:
            hand_over = HandOver(outbox, plan.references.prefix, run.tally, progress)
            with closing(plan.rows()) as rows:
                await hand_over.take(rows)
            run.paused = await hand_over.follow(for_later=campaign.send_at is not None)
            run.kept = hand_over.kept


async def _prepare(campaign: Campaign) -> None:
    """Look into the outbox before it is opened, which begins to send what is queued.

    Raises:
        UsageError: It is not certain which campaign is meant; nothing was sent.
        JournalError: The journal cannot be used.
    """
    file = campaign.outbox.journal_file
    if not file.is_file():
        return
    async with OutboxFile(file, clock=campaign.outbox.clock) as journal:
        own = await journal.count(campaign.plan.references.prefix)
        if not (campaign.is_named or any(own.values())) and any((await journal.count()).values()):
            # The file of this very campaign may have been given another name.
            raise UsageError(
                f"{shown_name(file)} holds messages, and none of a campaign called"
                f" {shown_name(campaign.name)}; say with --campaign which one to continue, or what"
                " to call a new one",
                field="--campaign",
            )
        if campaign.has_stop_list:
            await take_back(campaign.plan.recipients, journal)


async def _accounted(run: _Run, ctrl_c: CtrlC) -> None:
    """Count, and write the report: after the outbox was closed, when all calls have ended."""
    if not run.interrupted:
        ctrl_c.cancels(asyncio.current_task())
    campaign, plan = run.campaign, run.campaign.plan
    file = campaign.outbox.journal_file
    if not file.is_file():
        return
    async with OutboxFile(file) as journal:
        run.counts = await journal.count_deliveries(plan.references.prefix)
        if campaign.report is not None and not run.interrupted and run.error is None:
            await write_report(campaign.report, plan, journal, campaign.outbox.check)
            run.report = campaign.report


def _ending(run: _Run) -> Ending:
    return Ending(
        campaign=run.campaign.name,
        tally=run.tally,
        counts=run.counts,
        kept=run.kept,
        paused=run.paused,
        interrupted=run.interrupted,
        error=run.error,
        report=run.report,
    )
