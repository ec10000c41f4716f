"""What stands between the cells of a file: found where its first line leaves no doubt."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Literal, TypeAlias

from omni_common.cli.bulk.records import records
from omni_common.cli.usage import UsageError
from omni_common.redaction import shown_name

__all__ = ["Delimiter", "delimiter_of"]

Delimiter: TypeAlias = Literal[",", ";", "|", "tab"]
"""What a user may say."""
_CHARACTERS = {",": ",", ";": ";", "|": "|", "tab": "\t"}


_ASK = "say which with --delimiter"


def delimiter_of(
    path: Path, encoding: str, given: Delimiter | None, name: str, advice: str = _ASK
) -> str:
    """Find the delimiter of the file at *path* by its first record.

    Args:
        path: The file.
        encoding: Its codec.
        given: What the user says that it is.
        name: The option or argument that names the file, for errors.
        advice: What to do where it cannot be told.

    Raises:
        UsageError: Several could be it, or the first record cannot be read by any.
    """
    if given is not None:
        return _CHARACTERS[given]
    widths: dict[str, int] = {}
    faults: list[UsageError] = []
    for word, character in _CHARACTERS.items():
        try:
            with closing(records(path, encoding, character, name)) as each:
                first = next(each, None)
        except UsageError as error:
            faults.append(error)
        else:
            widths[word] = 0 if first is None else len(first.cells)
    if not widths:
        raise faults[0]
    found = [word for word, width in widths.items() if width > 1]
    if len(found) > 1:
        raise UsageError(
            f"{shown_name(path)}: what stands between its cells cannot be told for certain, it may"
            f" be any of {' '.join(found)}; {advice}",
            field="--delimiter" if advice is _ASK else name,
        )
    return _CHARACTERS[found[0] if found else next(iter(widths))]  # of a single column: none
