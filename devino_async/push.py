"""Push notifications over Devino."""

from __future__ import annotations

from datetime import tzinfo

from omni_common.transport import Transport

__all__ = ["PushResource"]


class PushResource:
    """``DevinoClient.push``."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone
