"""The header of a table: its columns by name, and which of them holds the recipients."""

from __future__ import annotations

import re
from difflib import get_close_matches

from attrs import frozen

from omni_common.cli.bulk.recipient import looks_like_recipient
from omni_common.cli.usage import UsageError
from omni_common.redaction import mask_number, mask_text, mask_words, shown_name

__all__ = ["Header", "shown_column"]

_MOST_SHOWN = 20
_LONGEST_SHOWN = 60
_BETWEEN_WORDS = re.compile(r"[\s_.\-]+")
_SEPARATOR_LINE = re.compile(r"sep=.?\Z", re.IGNORECASE)
_EITHER = frozenset({"to", "recipient", "получатель", "адресат"})
_PHONES = _EITHER | {
    *("phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "cell", "cellphone"),
    *("number", "msisdn", "tel", "telephone", "телефон", "номер", "номертелефона"),
    *("мобильный", "мобильныйтелефон", "моб", "тел"),
}
_EMAILS = _EITHER | {
    *("email", "emailaddress", "mail", "адресэлектроннойпочты"),
    *("почта", "электроннаяпочта", "элпочта"),
}


@frozen
class Header:
    """The names of a table's columns, in order."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, cells: list[str], file: object, field: str) -> Header:
        """Take the first row of *file* for its header.

        Raises:
            UsageError: It holds a recipient, or is meant for a spreadsheet, so that it is none.
        """
        names = tuple(cell.strip() for cell in cells)
        if _SEPARATOR_LINE.match(names[0]):
            raise UsageError(
                f"{shown_name(file)} begins with a line for a spreadsheet (sep=); remove that line",
                field=field,
            )
        address = next(filter(looks_like_recipient, names), None)
        if address is not None:
            raise UsageError(
                f"{shown_name(file)} has no header: its first line holds what looks like a"
                f" recipient ({mask_number(address)}); put a line with the names of the columns"
                " first, such as phone,name",
                field=field,
            )
        return cls(names)

    def find(self, name: str, field: str) -> int:
        """The place of the column called *name*: exactly so, or else in upper or lower case.

        Raises:
            UsageError: There is none, or several.
        """
        for spelled in (str.strip, str.casefold):
            places = [i for i, each in enumerate(self.names) if spelled(each) == spelled(name)]
            if len(places) == 1:
                return places[0]
            if places:
                raise UsageError(
                    f"several columns are called {shown_column(name)}; rename all but one",
                    field=field,
                )
        known = {each.casefold(): each for each in self.names if each}
        near = get_close_matches(name.casefold(), known, n=1)
        hint = f"did you mean {shown_column(known[near[0]])}? " if near else ""
        raise UsageError(
            f"there is no column {shown_column(name)}; {hint}{self._listed()}", field=field
        )

    def recipients(self, *, emails: bool, advice: str, field: str) -> int:
        """The place of the column that is called as one of recipients usually is.

        Raises:
            UsageError: There is none, or several could be it; the text ends with the *advice*.
        """
        usual = _EMAILS if emails else _PHONES
        places = [i for i, name in enumerate(self.names) if _plain(name) in usual]
        if len(places) == 1:
            return places[0]
        if not places:
            text = f"no column is called as one of recipients usually is; {self._listed()}"
        else:
            several = ", ".join(shown_column(self.names[place]) for place in places)
            text = f"the recipients may be in any of the columns {several}"
        raise UsageError(f"{text}; {advice}", field=field)

    def _listed(self) -> str:
        shown = [shown_column(name) for name in self.names if name]
        more = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
        return f"there are: {', '.join(shown[:_MOST_SHOWN])}{more}"


def shown_column(name: str) -> str:
    """A column's name as it may be shown: what is no name may be somebody's number."""
    if len(name) > _LONGEST_SHOWN or not name.isprintable():
        return mask_text(name)
    return f'"{mask_words(name)}"'


def _plain(name: str) -> str:
    return _BETWEEN_WORDS.sub("", name).casefold()
