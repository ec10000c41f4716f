"""The stop-list: people who are not to be written to, whatever the table says."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import aclosing, closing, suppress
from pathlib import Path

from attrs import frozen

from omni_common.cli.bulk.recipient import RowRefusedError, normalised
from omni_common.cli.bulk.recipients import Recipients
from omni_common.cli.bulk.reference import is_of_campaign
from omni_common.cli.bulk.sheet import Sheet, list_or_sheet
from omni_common.cli.usage import UsageError
from omni_common.outbox import EntryState, OutboxFile
from omni_common.outbox.documents import DocumentError
from omni_common.redaction import shown_name

__all__ = ["StopList", "open_stop_list", "take_back"]

_OPTION = "--stop-list"


@frozen
class StopList:
    """A file with a recipient on each line, or a table with a column of them."""

    sheet: Sheet
    place: int
    """Of the column of recipients."""
    add_plus: bool

    def addresses(self) -> Generator[str, None, None]:
        """Everybody who is on it, phone numbers and e-mail addresses alike.

        Raises:
            UsageError: A line of it cannot be read: it is somebody who said no, and who would be
                written to if it were passed over.
        """
        width = len(self.sheet.header.names)
        with closing(self.sheet.rows()) as rows:
            for row in rows:
                fault = "it has more cells than the first line" if any(row.cells[width:]) else ""
                cell = row.cells[self.place].strip() if self.place < len(row.cells) else ""
                address = ""
                try:
                    if cell:
                        address = normalised(cell, emails="@" in cell, add_plus=self.add_plus)
                except RowRefusedError as error:
                    fault = error.reason
                if fault:
                    where = f"{shown_name(self.sheet.path)}, line {row.line}"
                    raise UsageError(f"{where}: {fault}. Nothing was sent", field=_OPTION)
                if address:
                    yield address


def open_stop_list(path: Path, *, column: str | None, emails: bool, add_plus: bool) -> StopList:
    """Look at the list at *path*.

    Args:
        path: The file.
        column: What the campaign's own column of recipients is called, if the user says so.
        emails: Whether the campaign is one of e-mails.
        add_plus: Whether a number without ``+`` is known to begin with its country's code.

    Raises:
        UsageError: The file cannot be read, or it is not clear where its recipients are.
    """
    sheet = list_or_sheet(path, _OPTION)
    return StopList(sheet, _place(sheet, column, emails=emails), add_plus)


async def take_back(recipients: Recipients, journal: OutboxFile) -> None:
    """Cancel what campaigns, this one or others, have queued for somebody who is stopped now.

    Whatever else is in the outbox, such as the codes of an application, stays there.

    Raises:
        JournalError: The journal cannot be written.
    """
    async with aclosing(journal.entries([EntryState.QUEUED])) as entries:
        async for entry in entries:
            with suppress(DocumentError):  # which is not sent
                address = entry.message.to
                if (
                    isinstance(address, str)
                    and recipients.is_stopped(address)
                    and is_of_campaign(entry.reference, address)
                ):
                    await journal.cancel(entry.reference)


def _place(sheet: Sheet, column: str | None, *, emails: bool) -> int:
    if sheet.is_list:
        return 0
    if column is not None and column in sheet.header.names:
        return sheet.header.find(column, _OPTION)
    advice = "give the list one column called phone, or email"
    return sheet.header.recipients(emails=emails, advice=advice, field=_OPTION)
