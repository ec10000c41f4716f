"""What a message may ask for beyond its content, each with the claim that allows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import evolve, frozen

from omni_common.capabilities import ChannelCapabilities
from omni_common.message import Channel, Message
from omni_common.provider import OmniProvider

__all__ = ["FEATURES", "Feature", "asking_for_all", "in_an_hour", "with_content"]

_MINUTE = timedelta(minutes=1)


def in_an_hour(message: Message, provider: OmniProvider) -> Message:
    """*message*, scheduled."""
    return evolve(message, send_at=provider.clock.now() + timedelta(hours=1))


def with_content(message: Message, **changes: Any) -> Message:
    """*message*, with its only content changed."""
    (content,) = message.content
    return evolve(message, content=evolve(content, **changes))


@frozen
class Feature:
    """Something that a message may ask for, and where the capabilities say whether it may."""

    field: str
    ask: Callable[[Message, OmniProvider], Message]
    is_claimed: Callable[[ChannelCapabilities], bool]

    def claimed_by(self, provider: OmniProvider, channel: Channel) -> bool:
        """Whether *provider* claims it for *channel*."""
        can = provider.capabilities.channels.get(channel)
        return can is not None and self.is_claimed(can)


def _with_ttl(message: Message, provider: OmniProvider) -> Message:
    can = provider.capabilities.channels.get(message.channels[0], ChannelCapabilities())
    return with_content(message, ttl=can.longest_ttl or max(can.shortest_ttl, _MINUTE))


FEATURES = (
    Feature("send_at", in_an_hour, lambda can: can.schedule),
    Feature(
        "callback_url",
        lambda message, _: evolve(message, callback_url="https://reports.example/delivery"),
        lambda can: can.callback,
    ),
    Feature(
        "metadata",
        lambda message, _: evolve(message, metadata={"order": "Lapwing 1047"}),
        lambda can: can.metadata,
    ),
    Feature("ttl", _with_ttl, lambda can: can.ttl),
)
"""All but ``priority``, of which there are several."""


def asking_for_all(message: Message, provider: OmniProvider) -> Message:
    """*message*, with every feature that is claimed for its channel."""
    (channel,) = message.channels
    for feature in FEATURES:
        if feature.claimed_by(provider, channel):
            message = feature.ask(message, provider)
    priorities = provider.capabilities.channels[channel].priorities
    return evolve(message, priority=min(priorities, key=lambda each: each.name, default=None))
