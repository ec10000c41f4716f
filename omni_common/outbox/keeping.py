"""What a provider can do with an outbox around it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.message import Channel

__all__ = ["capabilities_with"]


def capabilities_with(can: Capabilities, *, batch_size: int, hold: bool) -> Capabilities:
    """What an outbox over a provider that *can* do this can do."""
    if not hold:
        return evolve(can, batch_size=batch_size)

    def kept(channels: Mapping[Channel, ChannelCapabilities]) -> dict[Channel, ChannelCapabilities]:
        return {
            name: evolve(channel, schedule=True, cancel=True) for name, channel in channels.items()
        }

    return evolve(
        can,
        channels=kept(can.channels),
        cascade=kept(can.cascade),
        batch_size=batch_size,
        notes=(*can.notes, "Messages with send_at are kept in the outbox until their time."),
    )
