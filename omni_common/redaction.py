"""Masks that keep credentials, message bodies and people's addresses out of what is printed.

Each function takes any object and never raises, so that it can stand as ``field(repr=mask_text)``
on an attrs class. What a mask cannot make sense of, it hides whole: ``None`` is shown as ``None``,
any other foreign object as the name of its type.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["mask_number", "mask_sender", "mask_text", "mask_url", "shown_id", "shown_key"]

_PHONE = re.compile(r"(\+?)([0-9]{7,})", re.ASCII)
_EMAIL = re.compile(r"([^@\s])[^@]*@([^@\s]+)")
_BETWEEN_DIGITS = re.compile(r"[\s().-]")
_KEY = re.compile(r"[\w.,:/\[\]\-]{1,80}", re.ASCII)
_LONG_NUMBER = re.compile(r"(?:\d[\-./]?){7}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://", re.ASCII)
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
    if email := _EMAIL.fullmatch(text):
        return f"{email[1]}…@{email[2]}"
    return mask_text(text)


def mask_sender(sender: object) -> str:
    """Show a sender's name as it is; a sender that is a phone number is masked like one."""
    if not isinstance(sender, str):
        return mask_text(sender)
    digits = _BETWEEN_DIGITS.sub("", sender)
    return mask_number(digits) if _PHONE.fullmatch(digits) else repr(sender)


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
    if not host or "@" in url[scheme.end() + len(parts.netloc) :]:
        return hidden
    return f"{scheme[1].lower()}://[{host}]" if ":" in host else f"{scheme[1].lower()}://{host}"


def shown_id(id: object) -> str:
    """Show an id of a message if it looks like one; anything else by its length alone.

    Whatever was passed as an id may be something else, and may break up a log.
    """
    return id if isinstance(id, str) and _ID.fullmatch(id) else mask_text(id)


def shown_key(key: object) -> str:
    """Show a vendor's key, code or field name; what cannot be one is shown by its length alone.

    A vendor's word may quote what it refused, a phone number or an address.
    """
    if isinstance(key, str) and _KEY.fullmatch(key) and not _LONG_NUMBER.search(key):
        return key
    return mask_text(key)


def _length(count: int, unit: str) -> str:
    return f"<{count} {unit}>" if count == 1 else f"<{count} {unit}s>"
