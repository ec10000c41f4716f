"""A CSV file that has been looked at: how it is read, and what its columns are called."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

from attrs import field as attribute, frozen

from omni_common.cli.bulk.columns import Header
from omni_common.cli.bulk.delimiter import Delimiter, delimiter_of
from omni_common.cli.bulk.encoding import Encoding, encoding_of
from omni_common.cli.bulk.recipient import looks_like_recipient
from omni_common.cli.bulk.records import Record, records
from omni_common.cli.usage import UsageError
from omni_common.redaction import shown_name

__all__ = ["Sheet", "list_or_sheet", "open_sheet"]

_OF_A_LIST = "save it in UTF-8, with one recipient on each line and nothing else"


@frozen
class Sheet:
    """How to read a file, and what its columns are called."""

    path: Path
    encoding: str
    delimiter: str
    field: str
    """The option or argument that names the file, for errors."""
    header: Header
    stamp: tuple[int, ...] = attribute(repr=False)
    """What changes with the file."""
    is_list: bool = False
    """Whether it is a plain list of recipients, whose first line is one too."""

    def rows(self) -> Generator[Record, None, None]:
        """Its rows, without the header; see ``records``.

        Raises:
            UsageError: They cannot be read, or the file is another than the one looked at: its
                columns may be others now, and a report on its rows would be wrong.
        """
        self._refuse_changes()
        every = records(self.path, self.encoding, self.delimiter, self.field)
        with closing(every):
            yield from islice(every, 0 if self.is_list else 1, None)
        self._refuse_changes()

    def _refuse_changes(self) -> None:
        with suppress(OSError):
            if _stamp(self.path) == self.stamp:
                return
        raise UsageError(
            f"{shown_name(self.path)} was changed or removed while it was used", field=self.field
        )


def _stamp(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def open_sheet(
    path: Path, encoding: Encoding | None, delimiter: Delimiter | None, field: str
) -> Sheet:
    """Look at the file at *path*, whose first row is a header.

    Raises:
        UsageError: It cannot be read, it is not certain how, or it has no header.
    """
    return _looked_at(path, encoding, delimiter, field, may_be_list=False)


def list_or_sheet(path: Path, field: str) -> Sheet:
    """Look at the file at *path*, which may also be a plain list with a recipient a line.

    Raises:
        UsageError: It cannot be read, it is not certain how, or it is neither.
    """
    return _looked_at(path, None, None, field, may_be_list=True)


def _looked_at(
    path: Path,
    encoding: Encoding | None,
    delimiter: Delimiter | None,
    field: str,
    *,
    may_be_list: bool,
) -> Sheet:
    if not path.is_file():
        raise UsageError(f"there is no file {shown_name(path)}", field=field)
    try:
        stamp = _stamp(path)
        # What --encoding and --delimiter say holds for the table, and would be wrong for a list.
        advice = {"advice": _OF_A_LIST} if may_be_list else {}
        codec = encoding_of(path, encoding, field, **advice)
        character = delimiter_of(path, codec, delimiter, field, **advice)
        with closing(records(path, codec, character, field)) as every:
            first = next(every, None)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        if first is None:
            raise UsageError(f"{shown_name(path)} is empty", field=field)
        if may_be_list and len(first.cells) == 1 and looks_like_recipient(first.cells[0]):
            return Sheet(path, codec, character, field, Header(("",)), stamp, is_list=True)
        return Sheet(path, codec, character, field, Header.of(first.cells, path, field), stamp)
    raise UsageError(f"{shown_name(path)} cannot be read: {reason}", field=field)
