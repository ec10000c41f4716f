"""What a message may ask for beyond its content, each with the claim that allows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import evolve, frozen

from omni_common.capabilities import ChannelCapabilities
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.testing.ways import Way, priorities_over

__all__ = ["FEATURES", "Feature", "asking_for_all", "in_an_hour", "with_content"]

_TTL = timedelta(minutes=7)
"""What nobody has for a default: the vendor could not tell a message that asks for it."""


def in_an_hour(message: Message, provider: OmniProvider) -> Message:
    """*message*, scheduled."""
    return evolve(message, send_at=provider.clock.now() + timedelta(hours=1))


def with_content(message: Message, **changes: Any) -> Message:
    """*message*, with its first content changed."""
    first, *others = message.content
    return evolve(message, content=[evolve(first, **changes), *others])


@frozen
class Feature:
    """Something that a message may ask for, and where the capabilities say whether it may.

    Of a cascade it is asked for every channel, and ``of_first`` for the first alone.
    """

    field: str
    ask: Callable[[Message, OmniProvider], Message]
    is_claimed: Callable[[ChannelCapabilities], bool]
    of_first: bool = False

    def claimed_by(self, provider: OmniProvider, way: Way) -> bool:
        """Whether *provider* claims it for a message over *way*."""
        possible = provider.capabilities.together(way)
        asked = way[:1] if self.of_first else way
        return all(name in possible and self.is_claimed(possible[name]) for name in asked)


def _with_ttl(message: Message, provider: OmniProvider) -> Message:
    possible = provider.capabilities.together(message.channels)
    can = possible.get(message.channels[0], ChannelCapabilities())
    return with_content(message, ttl=can.longest_ttl or max(can.shortest_ttl, _TTL))


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
    Feature("ttl", _with_ttl, lambda can: can.ttl, of_first=True),
)
"""All but ``priority``, of which there are several."""


def asking_for_all(message: Message, provider: OmniProvider) -> Message:
    """*message*, with every feature that is claimed for its channels."""
    for feature in FEATURES:
        if feature.claimed_by(provider, message.channels):
            message = feature.ask(message, provider)
    priorities = priorities_over(provider, message.channels)
    return evolve(message, priority=min(priorities, key=lambda each: each.name, default=None))
