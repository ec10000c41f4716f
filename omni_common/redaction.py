"""Masks that keep credentials, message bodies and people's addresses out of what is printed.

Each function takes any object and never raises, so that it can stand as ``field(repr=mask_text)``
on an attrs class. What a mask cannot make sense of, it hides whole: ``None`` is shown as ``None``,
any other foreign object as the name of its type.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from urllib.parse import urlsplit

__all__ = [
    "mask_number",
    "mask_sender",
    "mask_text",
    "mask_url",
    "mask_words",
    "shown_id",
    "shown_key",
    "shown_keys",
    "shown_name",
    "shown_time",
]

_PHONE = re.compile(r"(\+?)([0-9]{7,})")
_EMAIL = re.compile(r"([^@\s])[^@]*@([^@\s]+)")
_IN_WORDS = re.compile(
    r"[^\s@<>()\[\],;:\"']+@[^\s@<>()\[\],;:\"']+"  # an e-mail address
    r"|\+?\d(?:[\s().\-/]{0,2}\d){6,}"  # a number, however it is grouped
)
_TIME = re.compile(r"[0-9]{1,4}[0-9T:., +Z/-]{0,36}")
_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")
_KEY = re.compile(r"[\w.,:/\[\]\-]{1,80}", re.ASCII)
_LONG_NUMBER = re.compile(r"(?:\d[\-./]?){7}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_LONGEST_NAME = 500
_LONGEST_SENDER = 100
_ID = re.compile(r"[\w:.-]{1,100}", re.ASCII)
_PREFIX_DIGITS = 3
_LAST_DIGITS = 2
_HIDDEN_DIGITS = 5
"""A mask that hides fewer digits than this would leave a number that is quick to guess."""


def mask_text(text: object) -> str:
    """Show how long *text* is and nothing of what it says: ``<17 characters>``."""
    match text:
        case None:
            return "None"
        case str():
            return _length(len(text), "character")
        case bytes() | bytearray():
            return _length(len(text), "byte")
        case _:
            return f"<{type(text).__name__}>"


def mask_number(text: object) -> str:
    """Show enough of a recipient to recognise it by, and too little to write to it.

    A phone number keeps up to three first digits and the last two, with five or more hidden
    between: ``+37251000000`` becomes ``+372…00``. An e-mail address keeps its first letter and its
    domain: ``a…@example.com``. Any other text is hidden by :func:`mask_text`.
    """
    if not isinstance(text, str):
        return mask_text(text)
    if phone := _PHONE.fullmatch(text):
        plus, digits = phone.groups()
        shown = min(_PREFIX_DIGITS, len(digits) - _LAST_DIGITS - _HIDDEN_DIGITS)
        return f"{plus}{digits[:shown]}…{digits[-_LAST_DIGITS:]}"
    if text.isprintable() and (email := _EMAIL.fullmatch(text)):
        return f"{email[1]}…@{email[2]}"
    return mask_text(text)


def mask_sender(sender: object) -> str:
    """Show a sender's name as it is; a sender that is a phone number is masked like one.

    What is too long for a name is hidden by :func:`mask_text`.
    """
    if not isinstance(sender, str) or len(sender) > _LONGEST_SENDER:
        return mask_text(sender)
    digits = _BETWEEN_DIGITS.sub("", sender)
    return mask_number(digits) if _PHONE.fullmatch(digits) else repr(sender)


def mask_words(text: object) -> str:
    """Show what a vendor says, with the numbers and addresses in it masked by :func:`mask_number`.

    What else it quotes stays, so this is for who asked for the vendor's words.
    """
    return _IN_WORDS.sub(_masked, text) if isinstance(text, str) else mask_text(text)


def _masked(found: re.Match[str]) -> str:
    return mask_number(found[0] if "@" in found[0] else _BETWEEN_DIGITS.sub("", found[0]))


def mask_url(url: object) -> str:
    """Show the scheme and the host of *url*; user, password, port, path and query are left out.

    An ``@`` behind the host may be the end of a password that was not percent-encoded, in which
    case the seeming host is a part of it; such a URL is shown by its scheme alone, ``https://…``.
    """
    if not isinstance(url, str) or not (scheme := _SCHEME.match(url)):
        return mask_text(url)
    hidden = f"{scheme[1].lower()}://…"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return hidden
    if not host or not host.isprintable() or "@" in url[scheme.end() + len(parts.netloc) :]:
        return hidden
    return f"{scheme[1].lower()}://[{host}]" if ":" in host else f"{scheme[1].lower()}://{host}"


def shown_id(id: object) -> str:
    """Show an id of a message if it looks like one; anything else by its length alone.

    Whatever was passed as an id may be something else, and may break up a log.
    """
    return id if isinstance(id, str) and _ID.fullmatch(id) else mask_text(id)


def shown_time(time: object) -> str:
    """Show a time as a vendor wrote it; what cannot be one is shown by its length alone."""
    if isinstance(time, str) and ":" in time and _TIME.fullmatch(time):
        return time
    return mask_text(time)


def shown_name(name: object) -> str:
    """Show the name of a setting, a profile or a file; what cannot be one, by its length alone.

    Where a name is asked for, a whole connection URL may stand by mistake, and it holds a password.
    """
    text = str(name) if isinstance(name, PurePath) else name
    if not isinstance(text, str) or not text.isprintable() or len(text) > _LONGEST_NAME:
        return mask_text(text)
    return mask_text(text) if _ADDRESS.search(text) else text


def shown_key(key: object) -> str:
    """Show a vendor's key, code or field name; what cannot be one is shown by its length alone.

    A vendor's word may quote what it refused, a phone number or an address.
    """
    if isinstance(key, str) and _KEY.fullmatch(key) and not _LONG_NUMBER.search(key):
        return key
    return mask_text(key)


def shown_keys(keys: object) -> str:
    """Show each of several of a vendor's words as :func:`shown_key` does: ``(sms, viber)``."""
    return f"({', '.join(map(shown_key, keys))})" if isinstance(keys, tuple) else mask_text(keys)


def _length(count: int, unit: str) -> str:
    return f"<{count} {unit}>" if count == 1 else f"<{count} {unit}s>"
