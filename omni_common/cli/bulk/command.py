"""``omni bulk``: from a table to messages in an outbox, and to what became of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from attrs import define, field, frozen

from omni_common.cli.account import Account
from omni_common.cli.bulk.columns import Header
from omni_common.cli.bulk.dry_run import dry_run
from omni_common.cli.bulk.ending import Ending, ended
from omni_common.cli.bulk.hand_over import HandOver
from omni_common.cli.bulk.options import BulkOptions
from omni_common.cli.bulk.plan import Plan
from omni_common.cli.bulk.preview import first_planned, preview_lines
from omni_common.cli.bulk.progress import shown_progress
from omni_common.cli.bulk.recipients import Recipients
from omni_common.cli.bulk.reference import References
from omni_common.cli.bulk.report import check_report, write_report
from omni_common.cli.bulk.sheet import open_sheet
from omni_common.cli.bulk.stop_list import read_stop_list
from omni_common.cli.bulk.table import Counts
from omni_common.cli.bulk.tally import Tally
from omni_common.cli.bulk.wording import Wording
from omni_common.cli.interruption import CtrlC
from omni_common.cli.message import ContentOptions, read_text
from omni_common.cli.output import Output, Result, write
from omni_common.cli.usage import UsageError
from omni_common.errors import ConfigurationError, OmniError
from omni_common.outbox import Outbox, OutboxFile

__all__ = ["send_bulk"]

_FILE = "FILE"


@frozen
class _Campaign:
    """A campaign about which everything is settled but what becomes of it."""

    name: str
    plan: Plan
    outbox: Outbox
    total: int
    """Rows of the table."""
    report: Path | None
    send_at: str | None


@define
class _Run:
    """How far a run has come, for whoever has to say it after an interruption."""

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
        UsageError: The options or the file are wrong; nothing was sent.
        OmniError: The account or the outbox cannot be used, or no row can be a message; nothing was
            sent.
    """
    options.check()
    _refuse_same_files(file, options, content)
    with Recipients() as recipients:
        plan, outbox, name = _planned(file, options, content, account, recipients)
        if options.dry_run:
            return dry_run(plan, outbox, output)
        if options.report is not None:
            check_report(options.report)
        with closing(plan.sheet.rows()) as records:
            total = sum(1 for _ in records)  # and so it is certain that all of it can be read
        campaign = _Campaign(name, plan, outbox, total, options.report, content.send_at)
        _show_preview(plan, output)
        return ended(_carried_out(campaign, output, ctrl_c))


def _refuse_same_files(file: Path, options: BulkOptions, content: ContentOptions) -> None:
    """Let no file that is read be written over."""
    read = {_FILE: file, "--stop-list": options.stop_list, "--text-file": content.text_file}
    written = {"--report": options.report, "--outbox": options.outbox}
    pairs = [(each, other) for each in written for other in (*read, *written) if each != other]
    files = {**read, **written}
    for each, other in pairs:
        one, two = files[each], files[other]
        if one is not None and two is not None and _is_same(one, two):
            raise UsageError(f"{each} and {other} are the same file", field=each)


def _is_same(one: Path, two: Path) -> bool:
    with suppress(OSError):
        return one.samefile(two)
    return one.resolve() == two.resolve()


def _planned(
    file: Path,
    options: BulkOptions,
    content: ContentOptions,
    account: Account,
    recipients: Recipients,
) -> tuple[Plan, Outbox, str]:
    """Settle what is to be sent, to whom and over what; nothing is opened or written."""
    emails = _is_for_emails(content)
    text = read_text(content.text, content.text_file)
    sheet = open_sheet(file, options.encoding, options.delimiter, _FILE)
    wording = Wording.of(content, text, sheet.header)
    wording.check(emails=emails)
    place = _place(sheet.header, options.to, emails=emails)
    if options.stop_list is not None:
        read_stop_list(
            options.stop_list,
            recipients,
            column=options.to,
            emails=emails,
            add_plus=options.add_plus,
        )
    outbox = _outbox(options, account)
    is_named = options.outbox is not None or not options.dry_run
    name = options.campaign or (outbox.journal_file if is_named else file).stem
    plan = Plan(
        sheet=sheet,
        place=place,
        wording=wording,
        references=References(name),
        emails=emails,
        add_plus=options.add_plus,
        recipients=recipients,
    )
    return plan, outbox, name


def _is_for_emails(content: ContentOptions) -> bool:
    channels = (content.channel, *content.then)
    if "email" in channels and len(channels) > 1:
        raise UsageError(
            "email goes alone here: a row is sent either to an address or to a phone number",
            field="--then",
        )
    return "email" in channels


def _place(header: Header, given: str | None, *, emails: bool) -> int:
    if given is not None:
        return header.find(given, "--to")
    return header.recipients(emails=emails, advice="say which it is with --to", field="--to")


def _outbox(options: BulkOptions, account: Account) -> Outbox:
    provider = account.connect()
    if isinstance(provider, Outbox):
        for value, option in ((options.outbox, "--outbox"), (options.rate, "--rate")):
            if value is not None:
                raise UsageError(
                    f"the account is an outbox itself; leave out {option}", field=option
                )
        return provider
    if options.outbox is None and not options.dry_run:
        raise UsageError(
            "--outbox is missing: the file that keeps what was handed over, such as"
            " --outbox campaign.db",
            field="--outbox",
        )
    # In a dry run it checks messages as it would, and is never opened.
    return Outbox(provider, options.outbox or "never-opened.db", rate=options.rate)


def _show_preview(plan: Plan, output: Output) -> None:
    if output.json:
        return
    with closing(plan.rows()) as rows:
        first = first_planned(rows)
    write(sys.stdout, *preview_lines(first, output))


def _carried_out(campaign: _Campaign, output: Output, ctrl_c: CtrlC) -> Ending:
    """Send what is to be sent, and count what became of it."""
    run = _Run()
    ctrl_c.hold()
    with _noted(run):
        asyncio.run(_handed_over(campaign, run, output, ctrl_c))
    with _noted(run):
        asyncio.run(_accounted(campaign, run, ctrl_c))
    return Ending(
        campaign=campaign.name,
        tally=run.tally,
        counts=run.counts,
        kept=run.kept,
        paused=run.paused,
        interrupted=run.interrupted,
        error=run.error,
        report=run.report,
    )


@contextmanager
def _noted(run: _Run) -> Iterator[None]:
    """Note what ends the block, which then is told with all that came before it."""
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        run.interrupted = True
    except ConfigurationError:
        raise  # the outbox is none, so that nothing was begun
    except (OmniError, UsageError) as error:
        run.error = run.error or error


async def _handed_over(campaign: _Campaign, run: _Run, output: Output, ctrl_c: CtrlC) -> None:
    ctrl_c.cancels(asyncio.current_task())
    plan = campaign.plan
    async with campaign.outbox as outbox:
        with shown_progress(campaign.total, output, outbox.clock) as progress:
            hand_over = HandOver(outbox, plan.references.prefix, run.tally, progress)
            with closing(plan.rows()) as rows:
                await hand_over.take(rows)
            run.kept = campaign.send_at is not None and await hand_over.is_kept()
            if not run.kept:
                run.paused = await hand_over.follow()


async def _accounted(campaign: _Campaign, run: _Run, ctrl_c: CtrlC) -> None:
    """Count, and write the report: after the outbox was closed, when all calls have ended."""
    if not run.interrupted:
        ctrl_c.cancels(asyncio.current_task())
    file = campaign.outbox.journal_file
    if not file.is_file():
        return
    plan = campaign.plan
    async with OutboxFile(file) as journal:
        found = await journal.count(plan.references.prefix)
        run.counts = {(state, None): number for state, number in found.items()}
        if campaign.report is not None and not run.interrupted and run.error is None:
            await write_report(campaign.report, plan, journal, campaign.outbox.check)
            run.report = campaign.report
