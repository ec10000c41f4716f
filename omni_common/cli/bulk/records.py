"""The records of a CSV file, one at a time; none may be longer than is good for the memory."""

from __future__ import annotations

import csv
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from attrs import field, frozen

from omni_common.cli.usage import UsageError
from omni_common.redaction import shown_name

__all__ = ["LONGEST_RECORD", "Record", "records"]

LONGEST_RECORD = 65_536
"""Characters that a record may have, with its quotes and line breaks."""


@frozen
class Record:
    """One row of a table."""

    line: int
    """The line of the file on which it begins."""
    cells: list[str] = field(repr=False)


def records(path: Path, encoding: str, delimiter: str, name: str) -> Generator[Record, None, None]:
    """Read the records of the file at *path*; blank ones are left out.

    Args:
        path: The file.
        encoding: Its codec.
        delimiter: What stands between its cells.
        name: The option or argument that names the file, for errors.

    Raises:
        UsageError: A quote is not closed or stands where none can, or a record is too long.
    """
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file)
        # Strict, since what stands behind a misplaced quote may be anything.
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            lines.begin()
            fault, cells = "", None
            try:
                cells = next(reader, None)
            except _TooLongError:
                fault = f"more than {LONGEST_RECORD} characters; is a quote not closed?"
            except (OSError, UnicodeDecodeError):  # though all of it could be read before
                fault = "it cannot be read any more"
            except csv.Error:
                fault = (
                    "a quote that is opened here is not closed"
                    if lines.is_over
                    else "a quote stands where none can; a quote inside a quoted cell is doubled"
                )
            if fault:  # raised out here, where no exception that holds the row is at hand
                text = f"{shown_name(path)}, line {lines.first}: {fault}"
                raise UsageError(text, field=name)
            if cells is None:
                return
            if any(cells) and not all(map(_is_blank, cells)):
                yield Record(lines.first, cells)


def _is_blank(cell: str) -> bool:
    return not cell or cell.isspace()


class _TooLongError(Exception):
    """A record is longer than it may be."""


class _Lines:
    """The lines of a file, as long as those of one record are not too long together."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._number = 0
        self._room = 0
        self.first = 1
        """The line on which the record begins."""
        self.is_over = False

    def begin(self) -> None:
        """A new record begins with the next line."""
        self.first = self._number + 1
        self._room = LONGEST_RECORD

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._room + 1)
        self._room -= len(line)
        if self._room < 0:
            raise _TooLongError
        if not line:
            self.is_over = True
            raise StopIteration
        self._number += 1
        return line
