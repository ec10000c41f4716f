"""The receipt of a message for which no vendor gave one."""

from __future__ import annotations

from collections.abc import Mapping

from omni_common.message import Channel, Message
from omni_common.receipt import Part, Receipt

__all__ = ["receipt_of"]


def receipt_of(
    message: Message,
    id: str,
    provider: str,
    part_ids: Mapping[Channel | str, str | None] | None = None,
) -> Receipt:
    """The receipt that *message* has by what it says itself, with *id* and the parts' own ids."""
    ids = part_ids or {}
    return Receipt(
        id=id,
        provider=provider,
        reference=message.reference,
        to=(message.email if message.channels == (Channel.EMAIL,) else message.phone) or "",
        parts=tuple(
            Part(each.channel, ids.get(each.channel), each.sender) for each in message.content
        ),
    )
