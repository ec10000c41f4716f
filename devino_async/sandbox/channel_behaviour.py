"""What the documents leave open about Viber, push, push wallet, WhatsApp, VK and the account."""

from __future__ import annotations

from attrs import frozen

__all__ = ["ChannelBehaviour"]


@frozen(kw_only=True)
class ChannelBehaviour:
    """How the emulator answers where the documents do not say."""
