"""The ways a message can go: over one channel, or over several, each tried after the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise, permutations
from typing import TypeAlias

from attrs import evolve

from omni_common.message import Channel, Message, Priority, Recipient
from omni_common.provider import OmniProvider

__all__ = ["Way", "cascades", "in_order", "is_claimed", "over", "priorities_over", "ways"]

Way: TypeAlias = tuple[Channel, ...]
"""The channels of a message, in the order to try."""


def is_claimed(provider: OmniProvider, way: Way) -> bool:
    """Whether *provider* claims to send a message over these channels in this order."""
    possible = provider.capabilities.together(way)
    return set(way) <= set(possible) and all(possible[first].leads for first, _ in pairwise(way))


def cascades(provider: OmniProvider, first: Channel | None = None) -> list[Way]:
    """The cascades to try: every claimed pair, and all channels in either order.

    Args:
        provider: Who claims them.
        first: Only those that begin with this channel.
    """
    cascade = provider.capabilities.cascade
    leading = [channel for channel in cascade if cascade[channel].leads]
    ending: list[Way] = [(channel,) for channel in cascade if not cascade[channel].leads]
    found: list[Way] = [way for way in permutations(cascade, 2) if is_claimed(provider, way)]
    found += [(*order, *end) for order in (leading, leading[::-1]) for end in ending or [()]]
    return [way for way in dict.fromkeys(found) if len(way) > 1 and first in {None, way[0]}]


def ways(provider: OmniProvider) -> list[Way]:
    """All that is claimed: each channel alone, and :func:`cascades`."""
    return [*((channel,) for channel in provider.capabilities.channels), *cascades(provider)]


def priorities_over(provider: OmniProvider, way: Way) -> frozenset[Priority]:
    """The priorities that are claimed for each channel of *way*."""
    possible = provider.capabilities.together(way)
    return frozenset.intersection(*(possible[channel].priorities for channel in way))


def in_order(messages: Sequence[Message]) -> Message:
    """One message with the contents of all, to be tried in that order."""
    contents = [content for message in messages for content in message.content]
    phone = next((message.phone for message in messages if message.phone), None)
    email = next((message.email for message in messages if message.email), None)
    to = Recipient(phone, email) if phone and email else messages[0].to
    return evolve(messages[0], to=to, content=contents)


@contextmanager
def over(way: Way) -> Iterator[None]:
    """Say in a failure which channels the message went over, since a test tries many ways."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"over {', then '.join(way)}")
        raise
