"""A message as it leaves an outbox."""

from __future__ import annotations

from urllib.parse import quote

from attrs import evolve

from omni_common.message import Message

__all__ = ["departing"]

_REFERENCE = "{reference}"


def departing(message: Message, *, held: bool = False) -> Message:
    """*message* as the provider is given it.

    In its ``callback_url`` the reference stands in the place of ``{reference}``, escaped; and if it
    was *held* until its time, it has none any more.
    """
    url = message.callback_url
    if url is not None and _REFERENCE in url:
        url = url.replace(_REFERENCE, quote(message.reference, safe=""))
        message = evolve(message, callback_url=url)
    return evolve(message, send_at=None) if held else message
