"""What a provider can do, as data: it drives ``check``, the command line and the docs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import field, frozen

from omni_common.message import Channel, Priority

__all__ = ["Capabilities", "ChannelCapabilities"]


@frozen(kw_only=True)
class ChannelCapabilities:
    """What one channel of a provider can do.

    Attributes:
        status: The state of a message can be asked for.
        cancel: A scheduled message can be cancelled.
        schedule: ``send_at`` is possible.
        callback: ``callback_url`` is possible for each message.
        metadata: ``metadata`` is possible.
        priorities: The values of ``priority`` that can be said; empty if none can.
        ttl: ``ttl`` is possible.
        shortest_ttl: The least ``ttl`` the vendor documents, or one second.
        longest_ttl: The greatest ``ttl`` the vendor documents; None if it documents none.
        longest_text: Characters at most, where the vendor documents a limit.
        bulk: Messages over this channel alone go into bulk calls, where the vendor has one;
            otherwise each has a call of its own.
        notes: What a user of this channel should know besides, a sentence each.
    """

    status: bool = True
    cancel: bool = False
    schedule: bool = False
    callback: bool = False
    metadata: bool = False
    priorities: frozenset[Priority] = frozenset()
    ttl: bool = True
    shortest_ttl: timedelta = timedelta(seconds=1)
    longest_ttl: timedelta | None = None
    longest_text: int | None = None
    bulk: bool = True
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        provider: The provider's name, as in its connection URL.
        channels: The channels it sends, and what each can do.
        cascade: Whether several channels can be tried in order with one message.
        batch_size: How many messages go into one bulk call, as set; 1 if the vendor has none.
        notes: What a user of this provider should know besides, a sentence each.
    """

    provider: str
    channels: Mapping[Channel, ChannelCapabilities] = field(hash=False)
    cascade: bool = False
    batch_size: int = 1
    notes: tuple[str, ...] = ()
