"""Texts with the names of columns in braces, which each row fills: ``Hi {name}``.

A plain look-up and nothing else: what stands in braces is a column's name, whatever it looks like,
and what is filled in is never looked into. Two braces stand for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import field, frozen

from omni_common.cli.bulk.columns import Header, shown_column
from omni_common.cli.bulk.recipient import RowRefusedError
from omni_common.cli.usage import UsageError

__all__ = ["Template"]

_PIECE = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<name>[^{}]*)\}|(?P<text>[^{}]+)|(?P<stray>[{}])")

_TEXT_FORMULA = re.compile(r'=\s*"((?:[^"]|"")*)"')
"""What a spreadsheet puts around a text that it is not to change, such as 007."""
_DEFUSED = ("'=", "'+", "'-", "'@")
"""How a text begins that a spreadsheet, or a report of ours, keeps from being a formula."""
_ERROR = re.compile(r"#(?:[^\W\d_]/[^\W\d_]|[^\W\d_]+(?:/0)?[!?])")
"""What a spreadsheet exports where a formula failed, in its own language, in capitals."""


@frozen
class _Column:
    """A place of a template that a column fills."""

    place: int
    name: str


@frozen
class Template:
    """A text in pieces: some are said as they are, and some are each row's own."""

    pieces: tuple[str | _Column, ...] = field(repr=lambda pieces: f"<{len(pieces)} pieces>")

    @classmethod
    def of(cls, text: str, header: Header, option: str) -> Template:
        """Read *text*, which *option* gave.

        Raises:
            UsageError: A brace stands alone, or a column is unknown.
        """
        pieces: list[str | _Column] = []
        for found in _PIECE.finditer(text):
            if found["stray"]:
                raise UsageError(
                    f"a brace stands alone in {option}, as character {found.start() + 1}; write"
                    " {column} for a column, and {{ or }} for a brace itself",
                    field=option,
                )
            if found["name"] is not None:
                name = found["name"].strip()
                pieces.append(_Column(header.find(name, option), name))
            else:
                pieces.append(found["text"] or found["brace"][0])
        return cls(tuple(pieces))

    def filled(self, cells: Sequence[str]) -> str:
        """The text for the row of *cells*.

        Raises:
            RowRefusedError: The row has nothing to fill a place with.
        """
        return "".join(
            [piece if isinstance(piece, str) else _value(piece, cells) for piece in self.pieces]
        )


def _value(column: _Column, cells: Sequence[str]) -> str:
    value = cells[column.place].strip() if column.place < len(cells) else ""
    formula = _TEXT_FORMULA.fullmatch(value)
    if formula:
        value = formula[1].replace('""', '"').strip()
    elif value.startswith(_DEFUSED):
        value = value[1:]
    if not value:
        raise RowRefusedError(f"the column {shown_column(column.name)} is empty")
    if value.isupper() and _ERROR.fullmatch(value):
        raise RowRefusedError(
            f"the column {shown_column(column.name)} holds an error of a spreadsheet, such as #N/A"
        )
    return value
