"""The stop-list: people who are not to be written to, whatever the table says."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from omni_common.cli.bulk.recipient import RowRefusedError, normalised
from omni_common.cli.bulk.recipients import Recipients
from omni_common.cli.bulk.sheet import Sheet, list_or_sheet
from omni_common.cli.usage import UsageError
from omni_common.redaction import shown_name

__all__ = ["read_stop_list"]

_OPTION = "--stop-list"


def read_stop_list(
    path: Path, recipients: Recipients, *, column: str | None, emails: bool, add_plus: bool
) -> None:
    """Stop everybody who is on the list at *path*.

    One that cannot be read keeps everything from being sent: it is somebody who said no.

    Args:
        path: A file with a recipient on each line, or a table with a column of them.
        recipients: Where they are remembered.
        column: What the campaign's own column of recipients is called, if the user says so.
        emails: Whether the campaign is one of e-mails.
        add_plus: Whether a number without ``+`` is known to begin with its country's code.

    Raises:
        UsageError: The file cannot be read, or a line of it.
    """
    sheet = list_or_sheet(path, _OPTION)
    place = _place(sheet, column, emails=emails)
    width = len(sheet.header.names)
    with closing(sheet.rows()) as rows:
        for row in rows:
            fault = "it has more cells than the first line" if any(row.cells[width:]) else ""
            cell = row.cells[place].strip() if place < len(row.cells) else ""
            try:
                if cell:
                    recipients.stop(normalised(cell, emails="@" in cell, add_plus=add_plus))
            except RowRefusedError as error:
                fault = error.reason
            if fault:
                where = f"{shown_name(path)}, line {row.line}"
                raise UsageError(f"{where}: {fault}. Nothing was sent", field=_OPTION)


def _place(sheet: Sheet, column: str | None, *, emails: bool) -> int:
    if sheet.is_list:
        return 0
    if column is not None and column in sheet.header.names:
        return sheet.header.find(column, _OPTION)
    advice = "give the list one column called phone, or email"
    return sheet.header.recipients(emails=emails, advice=advice, field=_OPTION)
