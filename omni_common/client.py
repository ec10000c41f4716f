"""What the vendors' own clients have in common: one transport, and its life."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from omni_common.transport import Transport

__all__ = ["VendorClient"]


class VendorClient:
    """A vendor's own API over one transport. An async context manager."""

    transport: Transport
    """What carries the calls; the settings in force are ``transport.settings``."""

    def __init__(self, transport: Transport) -> None:
        """Use *transport*, and close it with this client."""
        self.transport = transport

    async def close(self) -> None:
        """Let go of connections. Safe to repeat; afterwards nothing can be sent."""
        await self.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
