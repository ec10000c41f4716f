"""Names for messages that were given none."""

from __future__ import annotations

from os import urandom
from time import time_ns

__all__ = ["new_reference"]


def new_reference() -> str:
    """A UUID (version 7, RFC 9562) as text: the milliseconds since 1970, and 74 random bits.

    What is made one after another lies side by side in the index of a database, such as an
    outbox's journal: beginning with chance, each would have to be put somewhere else.
    """
    moment = f"{time_ns() // 1_000_000:012x}"[-12:]
    digits = urandom(10).hex()
    variant = "89ab"[int(digits[3], 16) & 3]
    return f"{moment[:8]}-{moment[8:]}-7{digits[:3]}-{variant}{digits[4:7]}-{digits[7:19]}"
