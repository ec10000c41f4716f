"""A campaign as options describe it: all is settled here that can be before anything is sent."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from attrs import frozen

from omni_common.cli.account import Account
from omni_common.cli.bulk.columns import Header
from omni_common.cli.bulk.options import BulkOptions
from omni_common.cli.bulk.plan import Plan
from omni_common.cli.bulk.recipients import Recipients
from omni_common.cli.bulk.reference import References
from omni_common.cli.bulk.sheet import open_sheet
from omni_common.cli.bulk.stop_list import open_stop_list
from omni_common.cli.bulk.wording import Wording
from omni_common.cli.message import ContentOptions, read_text
from omni_common.cli.usage import UsageError
from omni_common.outbox import Outbox

__all__ = ["Campaign"]

_FILE = "FILE"


@frozen
class Campaign:
    """What is to be sent, to whom and over what."""

    name: str
    plan: Plan
    outbox: Outbox
    is_named: bool
    """Whether the user has named it."""
    has_stop_list: bool
    report: Path | None
    send_at: str | None

    @classmethod
    def of(
        cls,
        file: Path,
        options: BulkOptions,
        content: ContentOptions,
        account: Account,
        recipients: Recipients,
    ) -> Campaign:
        """Settle a campaign; nothing is sent, and no outbox opened.

        Raises:
            UsageError: The options or a file are wrong.
            InvalidMessageError: No row's message could be right for any vendor.
            ConfigurationError: The account is not described well.
        """
        options.check()
        _refuse_same_files(file, options, content, options.outbox)
        emails = _is_for_emails(content)
        text = read_text(content.text, content.text_file)
        sheet = open_sheet(file, options.encoding, options.delimiter, _FILE)
        wording = Wording.of(content, text, sheet.header)
        wording.check(emails=emails)
        place = _place(sheet.header, options.to, emails=emails)
        _stop_all(options, recipients, emails=emails)
        outbox = _outbox(options, account)
        _refuse_same_files(file, options, content, outbox.journal_file)  # of an account, too
        is_named = options.outbox is not None or not options.dry_run
        given = (options.campaign or "").strip()  # blanks nobody sees would make it another one
        name = given or (outbox.journal_file if is_named else file).stem
        plan = Plan(
            sheet=sheet,
            place=place,
            wording=wording,
            references=References(name),
            emails=emails,
            add_plus=options.add_plus,
            recipients=recipients,
        )
        return cls(
            name=name,
            plan=plan,
            outbox=outbox,
            is_named=bool(given),
            has_stop_list=options.stop_list is not None,
            report=options.report,
            send_at=content.send_at,
        )


def _refuse_same_files(
    file: Path, options: BulkOptions, content: ContentOptions, journal: Path | None
) -> None:
    """Let no file that is read be written over, and least of all the outbox."""
    written = {"--report": options.report, "--outbox": journal}
    read = {_FILE: file, "--stop-list": options.stop_list, "--text-file": content.text_file}
    files = {**read, **written}
    for option, one in written.items():
        for other, two in files.items():
            if option != other and one is not None and two is not None and _is_same(one, two):
                raise UsageError(f"{option} and {other} are the same file", field=option)


def _is_same(one: Path, two: Path) -> bool:
    with suppress(OSError):
        return one.samefile(two)
    return one.resolve() == two.resolve()


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


def _stop_all(options: BulkOptions, recipients: Recipients, *, emails: bool) -> None:
    """Remember everybody on the stop-list, if there is one."""
    if options.stop_list is None:
        return
    stop_list = open_stop_list(
        options.stop_list, column=options.to, emails=emails, add_plus=options.add_plus
    )
    with closing(stop_list.addresses()) as addresses:
        for address in addresses:
            recipients.stop(address)


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
    if options.outbox is not None and not options.outbox.parent.is_dir():
        raise UsageError("the folder of --outbox does not exist", field="--outbox")
    # In a dry run it checks messages as it would later, and is never opened.
    return Outbox(provider, options.outbox or "never-opened.db", rate=options.rate)
