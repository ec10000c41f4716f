"""What is to become of each row of a table: a message, or a reason why there is none."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from enum import StrEnum
from typing import TypeAlias

from attrs import field, frozen

from omni_common.cli.bulk.recipient import RowRefusedError, normalised
from omni_common.cli.bulk.recipients import Recipients
from omni_common.cli.bulk.records import Record
from omni_common.cli.bulk.reference import References
from omni_common.cli.bulk.sheet import Sheet
from omni_common.cli.bulk.wording import Wording
from omni_common.message import Message
from omni_common.redaction import mask_number

__all__ = ["Plan", "Planned", "RefusedRow", "Row", "Skip", "SkippedRow"]


class Skip(StrEnum):
    """Why a row gets no message although nothing is wrong with it."""

    DUPLICATE = "duplicate"
    """An earlier row has the same recipient."""
    STOPPED = "stopped"
    """The recipient is on the stop-list."""


@frozen
class Planned:
    """A row that becomes a message."""

    line: int
    to: str = field(repr=mask_number)
    message: Message


@frozen
class SkippedRow:
    """A row that gets no message, on purpose."""

    line: int
    to: str = field(repr=mask_number)
    why: Skip


@frozen
class RefusedRow:
    """A row that cannot become a message."""

    line: int
    cell: str = field(repr=mask_number)
    """What stands for the recipient."""
    reason: str


Row: TypeAlias = Planned | SkippedRow | RefusedRow


@frozen
class Plan:
    """Everything that decides about rows; the same rows get the same every time."""

    sheet: Sheet
    place: int
    """Of the column of recipients."""
    wording: Wording
    references: References
    emails: bool
    add_plus: bool
    recipients: Recipients

    def rows(self) -> Generator[Row, None, None]:
        """Every row of the table, in order; one such pass at a time.

        Raises:
            UsageError: The table cannot be read to its end.
        """
        self.recipients.begin()
        with closing(self.sheet.rows()) as records:
            for record in records:
                yield self._row(record)

    def _row(self, record: Record) -> Row:
        line, cells = record.line, record.cells
        cell = cells[self.place] if self.place < len(cells) else ""
        if any(cells[len(self.sheet.header.names) :]):
            return RefusedRow(line, cell, "the row has more cells than the header has columns")
        try:
            to = normalised(cell, emails=self.emails, add_plus=self.add_plus)
            if self.recipients.is_stopped(to):
                return SkippedRow(line, to, Skip.STOPPED)
            message = self.wording.message(to, cells, self.references.of(to))
        except RowRefusedError as error:
            return RefusedRow(line, cell, error.reason)
        if not self.recipients.is_new(to):
            return SkippedRow(line, to, Skip.DUPLICATE)
        return Planned(line, to, message)
