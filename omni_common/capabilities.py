"""What a provider can do, as data: it drives ``check``, the command line and the docs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
        callback_area: What kind of posts tell of its delivery, such as ``devino.sms``: the name
            under which ``omni_common.callbacks`` reads them. None where there are none.
        metadata: ``metadata`` is possible.
        priorities: The values of ``priority`` that can be said; empty if none can.
        ttl: ``ttl`` is possible.
        shortest_ttl: The least ``ttl`` the vendor documents, or one second.
        longest_ttl: The greatest ``ttl`` the vendor documents; None if it documents none.
        longest_text: Characters at most, where the vendor documents a limit.
        bulk: Messages over this channel alone go into bulk calls, where the vendor has one;
            otherwise each has a call of its own.
        leads: In a cascade, another channel can be tried after this one.
        notes: What a user of this channel should know besides, a sentence each.
    """

    status: bool = True
    cancel: bool = False
    schedule: bool = False
    callback: bool = False
    callback_area: str | None = None
    metadata: bool = False
    priorities: frozenset[Priority] = frozenset()
    ttl: bool = True
    shortest_ttl: timedelta = timedelta(seconds=1)
    longest_ttl: timedelta | None = None
    longest_text: int | None = None
    bulk: bool = True
    leads: bool = True
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        provider: The provider's name, as in its connection URL.
        channels: The channels it sends, and what each can do in a message of its own.
        cascade: The channels that can be tried in order with one message, and what each can do
            there; empty if the provider tries one only.
        batch_size: How many messages go into one bulk call, as set; 1 if the vendor has none.
        notes: What a user of this provider should know besides, a sentence each.
    """

    provider: str
    channels: Mapping[Channel, ChannelCapabilities] = field(hash=False)
    cascade: Mapping[Channel, ChannelCapabilities] = field(factory=dict, hash=False)
    batch_size: int = 1
    notes: tuple[str, ...] = ()

    def together(self, parts: Collection[object]) -> Mapping[Channel, ChannelCapabilities]:
        """What channels can do in a message of these *parts*, be it channels or their contents.

        That differs between one that stands alone and several that are tried in order.
        """
        return self.cascade if len(parts) > 1 else self.channels

    def callback_area(self, channels: Collection[Channel]) -> str | None:
        """What kind of posts tell of a message over *channels*; None where there are none."""
        possible = self.together(channels)
        areas = {possible[name].callback_area for name in channels if name in possible}
        return areas.pop() if len(areas) == 1 else None
