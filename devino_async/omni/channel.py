"""The channels that OMNI speaks of (contract sheet, A10)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OmniChannel"]


class OmniChannel(StrEnum):
    """Channels of tasks, triggers and events; other words are taken too (T54)."""

    OMNI = "OMNI"
    """Several channels; of tasks only."""
    SMS = "SMS"
    VIBER = "VIBER"
    EMAIL = "EMAIL"
    PUSH = "PUSH"
    PUSH_WALLET = "PUSH_WALLET"
    VK = "VK"
    WHATSAPP = "WHATSAPP"
    FLASHCALL = "FLASHCALL"
    HLR = "HLR"
    VOICE = "VOICE"
