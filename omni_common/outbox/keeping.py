"""What keeping messages until their time means: for what is possible, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import evolve

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.errors import ConfigurationError
from omni_common.message import Channel

__all__ = ["capabilities_with", "overdue_after"]


def capabilities_with(can: Capabilities, batch_size: int, *, hold: bool) -> Capabilities:
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


def overdue_after(overdue: timedelta | float) -> timedelta:
    """How long after its time a message is still sent.

    Raises:
        ConfigurationError: It is negative, or no length of time.
    """
    try:
        length = overdue if isinstance(overdue, timedelta) else timedelta(seconds=overdue)
    except (OverflowError, ValueError, TypeError):
        length = -timedelta.resolution
    if length < timedelta():
        raise ConfigurationError(
            "overdue must be a timedelta, or a number of seconds, of 0 or more", field="overdue"
        )
    return length
