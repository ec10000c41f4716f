"""The first few messages as they would go out, to be looked at before anything does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from omni_common.cli.bulk.plan import Planned, Row
from omni_common.cli.output import Output
from omni_common.message import Message

__all__ = ["PREVIEWED", "first_planned", "preview_documents", "preview_lines", "said"]

PREVIEWED = 3
"""Messages that are shown."""
_NUMBER = re.compile(r"\+?[0-9](?:[\s().\-]{0,2}[0-9])+")
_NO_DIGIT = re.compile(r"[^0-9]")
_FEWEST_DIGITS = 6
"""Of the end of a number that tells whose it is."""


def first_planned(rows: Iterable[Row]) -> list[Planned]:
    """The first three of *rows* that become messages."""
    return list(islice((row for row in rows if isinstance(row, Planned)), PREVIEWED))


def preview_lines(rows: Iterable[Planned], output: Output) -> tuple[str, ...]:
    """What they say, for people."""
    return tuple(
        f"line {row.line} to {output.recipient(row.to)}: {_on_a_terminal(_shown(row, output))}"
        for row in rows
    )


def preview_documents(rows: Iterable[Planned], output: Output) -> list[dict[str, Any]]:
    """The same for a JSON document."""
    return [
        {"line": row.line, "to": output.recipient(row.to), "text": _shown(row, output)}
        for row in rows
    ]


def said(message: Message) -> str:
    """What *message* says over its first channel; nothing if that is an image alone."""
    first = message.content[0]
    return getattr(first, "text", None) or getattr(first, "html", None) or ""


def _shown(row: Planned, output: Output) -> str:
    """What its message says, with the recipient masked there too, however it is written."""
    if output.show_numbers:
        return said(row.message)

    def mask(found: re.Match[str]) -> str:
        digits = _NO_DIGIT.sub("", found[0]).lstrip("0")
        is_theirs = len(digits) >= _FEWEST_DIGITS and row.to.endswith(digits)
        return output.recipient(row.to) if is_theirs else found[0]

    text = said(row.message).replace(row.to, output.recipient(row.to))
    return _NUMBER.sub(mask, text)


def _on_a_terminal(text: str) -> str:
    """*text* with nothing in it that a terminal would obey; further lines are moved in."""
    lines = text.replace("\r\n", "\n").split("\n")
    plain = ["".join(c if c.isprintable() else "\ufffd" for c in line) for line in lines]
    return "\n    ".join(plain)
