"""Recipients as people and spreadsheets write them, and as a message takes them.

What does not change who is meant is taken away: spaces, brackets, hyphens, what a spreadsheet puts
around a text. A country is never guessed, and what a spreadsheet has rounded is not repaired.
"""

from __future__ import annotations

import re

__all__ = ["RowRefusedError", "looks_like_recipient", "normalised", "same_for"]

_FORMULA = re.compile(r'=\s*"(.*)"')
_BETWEEN = re.compile(r"[ \u00a0\u2000-\u200a\u202f()\[\]\-\u2010-\u2015\u2212.]")
_MARKS = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Signs without a width, which come along when a number is copied from a page or a phone."""
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+")
_DECIMAL = re.compile(r"\+?[0-9][0-9\s]{6,}[.,]0+")
"""Also with spaces between thousands; ``+33 1.23.45.67.00`` has more dots, and is none."""
_TRUNK = re.compile(r"\(\s*0\s*\)|\[\s*0\s*\]")
_BRACKETS_LAST = re.compile(r"[0-9][\s.\-]*[(\[]\s*[0-9]{1,4}\s*[)\]]\Z")
_TRUNK_EIGHT = re.compile(r"8[79][0-9]{9}")
"""A mobile in Russia or Kazakhstan as it is dialled there; no country's code makes one of these."""
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGITS = re.compile(r"[0-9]+")
_LOOKS = re.compile(r"\+?[0-9]{7,15}")


class RowRefusedError(Exception):
    """A row cannot become a message; others can."""

    def __init__(self, reason: str) -> None:
        """Say why, without quoting the row: the same for all rows that have the same fault."""
        super().__init__(reason)
        self.reason = reason


def normalised(cell: str, *, emails: bool, add_plus: bool = False) -> str:
    """The recipient that *cell* holds, as a message takes it.

    Args:
        cell: What stands in the table.
        emails: Whether it is to be an e-mail address; a phone number otherwise.
        add_plus: Whether a number without ``+`` is known to begin with its country's code.

    Raises:
        RowRefusedError: It is none, or not certain which.
    """
    text = _unwrapped(_MARKS.sub("", cell).strip())
    if not text:
        raise RowRefusedError("the recipient is empty")
    if emails:
        if "@" not in text:
            raise RowRefusedError("the recipient is no e-mail address")
        return text
    if "@" in text:
        raise RowRefusedError("the recipient is an e-mail address, and a phone number is needed")
    return _number(text, add_plus=add_plus)


def same_for(address: str) -> str:
    """What stands for the person behind *address*: upper and lower case are one mailbox."""
    return address.casefold()


def looks_like_recipient(text: str) -> bool:
    """Whether *text* is a recipient rather than the name of a column."""
    plain = _BETWEEN.sub("", _unwrapped(_MARKS.sub("", text).strip()))
    return "@" in text or _LOOKS.fullmatch(plain) is not None or _is_rounded(text.strip())


def _unwrapped(text: str) -> str:
    """Without what a spreadsheet puts around a number to keep it a text."""
    formula = _FORMULA.fullmatch(text)
    return (formula[1] if formula else text.removeprefix("'")).strip()


def _is_rounded(text: str) -> bool:
    return _SCIENTIFIC.fullmatch(text) is not None


def _number(text: str, *, add_plus: bool) -> str:
    if _is_rounded(text):
        raise RowRefusedError(
            "a spreadsheet has rounded the number (as in 3.72512E+11) and its last digits are lost;"
            " format the column as text and export it again from where it came from"
        )
    if _DECIMAL.fullmatch(text):
        raise RowRefusedError(
            "the number ends with decimals (as in 37251000000.0); format the column as text"
        )
    if _TRUNK.search(text):
        raise RowRefusedError("the number holds (0), which is not dialled from abroad; remove it")
    if _BRACKETS_LAST.search(text):
        raise RowRefusedError(
            "the number ends with digits in brackets, which may be an extension; remove them, or"
            " the brackets"
        )
    plain = _BETWEEN.sub("", text)
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    elif _DIGITS.fullmatch(plain):
        if not add_plus:
            raise RowRefusedError(
                "the number has no +, so that its country is not certain; with --add-plus such"
                " numbers are taken to begin with their country's code"
            )
        if _TRUNK_EIGHT.fullmatch(plain):
            raise RowRefusedError(
                "the number begins with 8 as inside Russia and Kazakhstan, and not with the"
                " country's code; write 7 for the 8"
            )
        plain = f"+{plain}"
    if _PHONE.fullmatch(plain) is None:
        raise RowRefusedError(
            "the recipient is no phone number: + and 7 to 15 digits, the first not 0"
        )
    return plain
