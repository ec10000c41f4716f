"""The report: what became of each row of the table, as a table."""

from __future__ import annotations

import asyncio
import csv
import os
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, closing, contextmanager, suppress
from pathlib import Path
from typing import TextIO, TypeAlias

from omni_common.cli.bulk.hand_over import CHANGED, is_same, reason_of
from omni_common.cli.bulk.plan import Plan, Planned, RefusedRow, Row, SkippedRow
from omni_common.cli.usage import UsageError
from omni_common.errors import NotSentError
from omni_common.message import Message
from omni_common.outbox import Entry
from omni_common.outbox.documents import DocumentError
from omni_common.outbox.records import Records
from omni_common.redaction import mask_words, shown_name
from omni_common.source import chunks

__all__ = ["COLUMNS", "check_report", "defused", "write_report"]

COLUMNS = ("line", "recipient", "outcome", "id", "error", "reference")
"""The report's header."""
_Check: TypeAlias = Callable[[Message], Sequence[NotSentError]]
_TOGETHER = 500
"""Rows that the outbox is asked about in one step."""
_OPTION = "--report"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What begins a cell that a spreadsheet would work out instead of showing."""


def check_report(path: Path) -> None:
    """See that a report can be written at *path*, before anything is sent.

    Raises:
        UsageError: It cannot.
    """
    if path.is_dir():
        raise UsageError(f"{shown_name(path)} is a folder", field=_OPTION)
    if path.exists() and not path.is_file():
        # A device or a pipe: the new file would take its place, be it that of /dev/null.
        raise UsageError(f"{shown_name(path)} is no file", field=_OPTION)
    try:
        file, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(file)
        Path(beside).unlink()
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        return
    raise UsageError(f"{shown_name(path)} cannot be written: {reason}", field=_OPTION)


async def write_report(path: Path, plan: Plan, journal: Records, check: _Check) -> None:
    """Write what *journal* knows of every row of the *plan*; the file is there whole or not at all.

    Args:
        path: Where to; its owner alone can read it.
        plan: The rows.
        journal: What became of their messages.
        check: What would keep a message from being sent.

    Raises:
        UsageError: It cannot be written, or the table cannot be read any more.
        JournalError: The journal cannot be read.
    """
    reason = ""
    try:
        with _replacing(path) as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            async with aclosing(_lines(plan, journal, check)) as lines:
                async for line in lines:
                    writer.writerow([defused(cell) for cell in line])
    except OSError as error:
        reason = error.strerror or type(error).__name__
    if reason:
        raise UsageError(f"{shown_name(path)} cannot be written: {reason}", field=_OPTION)


def defused(cell: str) -> str:
    """*cell* as no spreadsheet takes it for a formula: with an apostrophe in front.

    That goes for ``+37251000000`` too: to a spreadsheet it is a sum. Where recipients are read, the
    apostrophe is taken off again.
    """
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A new file beside *path* that takes its place at the end, unless something fails."""
    number, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(number)
        Path(beside).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(beside).unlink()
        raise


async def _lines(
    plan: Plan, journal: Records, check: _Check
) -> AsyncGenerator[tuple[str, ...], None]:
    with closing(plan.rows()) as rows:
        for some in chunks(rows, _TOGETHER):
            await asyncio.sleep(0)  # so that Ctrl-C is heard also where nothing is asked
            planned = [row for row in some if isinstance(row, Planned)]
            found = await journal.find_all(row.message.reference for row in planned)
            for row in some:
                yield _line(row, found, check)


def _line(row: Row, found: dict[str, Entry], check: _Check) -> tuple[str, ...]:
    match row:
        case RefusedRow():
            return (str(row.line), row.cell, "refused", "", row.reason, "")
        case SkippedRow():
            return (str(row.line), row.to, row.why.value, "", "", "")
    reference = row.message.reference
    outcome, id, error = _outcome(row.message, found.get(reference), check)
    return (str(row.line), row.to, outcome, id, mask_words(error), reference)


def _outcome(message: Message, entry: Entry | None, check: _Check) -> tuple[str, str, str]:
    """The outcome, the vendor's id and the error of a row that is a message."""
    if entry is None:
        errors = check(message)
        return ("refused", "", reason_of(errors[0])) if errors else ("not handed over", "", "")
    if not is_same(entry, message):
        return "refused", "", CHANGED
    with suppress(DocumentError):
        id = "" if entry.receipt is None else entry.receipt.id
        return entry.state.value, id, "" if entry.error is None else entry.error.text
    return entry.state.value, "", "the outbox's record of it cannot be read"
