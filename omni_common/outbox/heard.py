"""What a vendor's report tells of a message that may have been sent, or may not: it was."""

from __future__ import annotations

from omni_common.message import Message
from omni_common.outbox.receipts import receipt_of
from omni_common.receipt import Receipt
from omni_common.track import Track, reference_key

__all__ = ["proven_sent", "receipt_heard"]


def proven_sent(key: str, track: Track, provider: str) -> str | None:
    """The reference of the message that *provider*'s vendor has, by what is known under *key*.

    None where that does not prove it: what is known must be known by a reference, from the vendor
    itself, with an id by which it can be asked.
    """
    beginning, own = reference_key(provider, ""), f"{provider}:"
    names_it = key.startswith(beginning) and track.id.startswith(own) and track.id != own
    return key.removeprefix(beginning) if names_it and track.heard else None


def receipt_heard(message: Message, track: Track, provider: str) -> Receipt:
    """The receipt that the vendor did not live to give, from what it told of *message* later."""
    part_ids = {part.channel: part.id for part in track.parts}
    return receipt_of(message, track.id, provider, part_ids)
