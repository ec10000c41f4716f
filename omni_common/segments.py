"""How many SMS segments a text takes, and which characters make it dear.

A text whose every character is in the GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1) is sent
as septets: 160 in a single segment, 153 in each of several. A character of the extension table
takes two septets, an escape and itself. One character outside both tables turns the whole text into
UCS-2: 70 units of 16 bits in a single segment, 67 in each of several; a character beyond U+FFFF,
such as an emoji, takes two units. A pair never straddles two segments, so a segment may stay one
unit short.

National shift tables are not counted with: a vendor has to be asked for them, and neither sends
them by itself.
"""

from __future__ import annotations

import re
from enum import Enum

from attrs import field, frozen

from omni_common.redaction import mask_text

__all__ = ["Encoding", "Segments", "segments"]


class Encoding(Enum):
    """How the characters of an SMS travel."""

    GSM_7 = "GSM-7"
    """Septets of the GSM default alphabet and its extension table."""
    UCS_2 = "UCS-2"
    """16-bit units, as UTF-16 counts them."""


@frozen
class Segments:
    """What a text takes as an SMS."""

    encoding: Encoding
    count: int
    """Segments needed: what the recipient's operator and the vendor's bill count."""
    units: int
    """Septets (GSM-7) or 16-bit units (UCS-2) that the text itself takes in all segments."""
    per_segment: int
    """Units that fit into each segment of this text: 160 or 153, 70 or 67."""
    left: int
    """Units still free in the last segment."""
    forced_by: tuple[str, ...] = field(default=(), repr=lambda some: mask_text("".join(some)))
    """The characters that forced UCS-2, each once, in the order of their first appearance."""


_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION
_GSM_PAIR = re.compile(r"[\f^{}\\\[~\]|€]")
_UCS_PAIR = re.compile("[\U00010000-\U0010ffff]|[\ud800-\udbff][\udc00-\udfff]")
_LEAD = "\U0010ffff"
"""Stands for the first unit of a pair; no single unit can look like it."""
_PAIR = f"{_LEAD}."

_CAPACITY = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}
"""Units in the only segment of a text, and in each of several (the rest numbers the segments)."""


def segments(text: str) -> Segments:
    """Count the SMS segments of *text*, sent as it is, without transliteration by the vendor.

    An empty text counts as one segment: an SMS without text is still one message on the network,
    and an estimate of cost should rather be too high than too low. Whether it may be sent is a
    question for ``check``. Unpaired surrogates count as a unit each.
    """
    if _BASIC.issuperset(text):
        return _filled(Encoding.GSM_7, text)
    if _GSM.issuperset(text):
        return _filled(Encoding.GSM_7, _GSM_PAIR.sub(_PAIR, text))
    forced_by = tuple(dict.fromkeys(character for character in text if character not in _GSM))
    return _filled(Encoding.UCS_2, _UCS_PAIR.sub(_PAIR, text), forced_by)


def _filled(encoding: Encoding, units: str, forced_by: tuple[str, ...] = ()) -> Segments:
    """Fill segments with *units*, a text of one character per unit."""
    alone, joined = _CAPACITY[encoding]
    total = len(units)
    if total <= alone:
        return Segments(encoding, 1, total, alone, alone - total, forced_by)
    count, start = 1, 0
    while (end := start + joined) < total:
        start = end - 1 if units[end - 1] == _LEAD else end
        count += 1
    return Segments(encoding, count, total, joined, end - total, forced_by)
