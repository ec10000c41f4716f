"""Whether a provider can say a message accurately: decided from its capabilities, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.errors import InvalidMessageError, NotSentError, UnsupportedMessageError
from omni_common.message import Channel, Content, Message, Priority

__all__ = ["problems"]

_INSTEAD = {
    "send_at": "send it when its time has come",
    "callback_url": "set the address once for the whole account, with the vendor",
    "metadata": "keep your data with the receipt's id or the message's reference",
    "priority": "leave priority out",
    "ttl": "leave ttl out",
}
_CAN: Mapping[str, Callable[[ChannelCapabilities], bool]] = {
    "send_at": lambda channel: channel.schedule,
    "callback_url": lambda channel: channel.callback,
    "metadata": lambda channel: channel.metadata,
}

_Supported: TypeAlias = Sequence[tuple[Content, ChannelCapabilities]]
"""The contents of a message that a provider can send, and what it can do there."""


def problems(message: Message, capabilities: Capabilities, now: datetime) -> list[NotSentError]:
    """Everything that keeps *message* from being sent by a provider of these *capabilities*.

    Raises:
        TypeError: *message* is no ``Message``.
    """
    if not isinstance(message, Message):
        raise TypeError(f"a Message can be checked and sent, not {type(message).__name__}")
    provider = capabilities.provider
    # What is wrong beside the cascade itself is told too where there are no cascades.
    possible = capabilities.together(message.content) or capabilities.channels
    supported = [
        (content, possible[content.channel])
        for content in message.content
        if content.channel in possible
    ]
    # Most messages are one text that asks for nothing else: what cannot be wrong is not looked at.
    errors: list[NotSentError] = []
    if len(message.content) > 1 or not supported:
        errors += _channel_problems(message, possible, capabilities)
    for content, _ in supported:
        errors += _recipient_problems(message, content, provider)
    if message.send_at is not None and message.send_at <= now:
        text = "send_at lies in the past; leave it out to send at once"
        errors.append(_invalid(text, "send_at", message, provider))
    errors += _feature_problems(message, supported, provider)
    for content, channel in supported:
        errors += _content_problems(message, content, channel, provider)
    return errors


def _invalid(text: str, field: str, message: Message, provider: str) -> InvalidMessageError:
    return InvalidMessageError(text, field=field, reference=message.reference, provider=provider)


def _unsupported(text: str, field: str, message: Message, provider: str) -> UnsupportedMessageError:
    return UnsupportedMessageError(
        text, field=field, reference=message.reference, provider=provider
    )


def _channel_problems(
    message: Message, possible: Mapping[Channel, ChannelCapabilities], capabilities: Capabilities
) -> Iterator[NotSentError]:
    provider = capabilities.provider
    for content in message.content:
        channel = content.channel
        if channel not in possible and channel not in capabilities.channels:
            sends = ", ".join(capabilities.channels)
            text = f"{provider} does not send {channel}; it sends {sends}"
            yield _unsupported(text, "content", message, provider)
    if len(message.content) > 1:
        yield from _cascade_problems(message, capabilities)


def _cascade_problems(message: Message, capabilities: Capabilities) -> Iterator[NotSentError]:
    provider = capabilities.provider
    cascade = capabilities.cascade
    if not cascade:
        text = (
            f"{provider} does not try several channels in order; send one channel, and the next"
            " when its report says that it failed"
        )
        yield _unsupported(text, "content", message, provider)
        return
    for place, channel in enumerate(message.channels, start=1):
        if channel not in cascade and channel in capabilities.channels:
            text = f"{provider} tries {', '.join(cascade)} in order; send {channel} by itself"
            yield _unsupported(text, "content", message, provider)
        elif channel in cascade and not cascade[channel].leads and place < len(message.content):
            text = f"{provider} tries no other channel after {channel}; put it last"
            yield _unsupported(text, "content", message, provider)


def _recipient_problems(
    message: Message, content: Content, provider: str
) -> Sequence[NotSentError]:
    if content.channel is Channel.EMAIL:
        if message.email is None:
            text = "an e-mail needs an e-mail address as its recipient"
            return [_invalid(text, "to", message, provider)]
    elif message.phone is None:
        text = f"{content.channel} needs a phone number as its recipient"
        return [_invalid(text, "to", message, provider)]
    return ()


def _feature_problems(
    message: Message, supported: _Supported, provider: str
) -> Sequence[NotSentError]:
    errors: list[NotSentError] = []
    if message.send_at is not None:
        errors += _unable("send_at", message, supported, provider)
    if message.callback_url is not None:
        errors += _unable("callback_url", message, supported, provider)
    if message.metadata:
        errors += _unable("metadata", message, supported, provider)
    for content, channel in supported:
        if content.ttl is not None and not channel.ttl:
            text = f"{provider} has no ttl for {content.channel}; {_INSTEAD['ttl']}"
            errors.append(_unsupported(text, "ttl", message, provider))
    if message.priority is not None:
        errors += _priority_problems(message, message.priority, supported, provider)
    return errors


def _unable(
    name: str, message: Message, supported: _Supported, provider: str
) -> Iterator[NotSentError]:
    can = _CAN[name]
    unable = [str(content.channel) for content, channel in supported if not can(channel)]
    if unable:
        text = f"{provider} has no {name} for {', '.join(unable)}; {_INSTEAD[name]}"
        yield _unsupported(text, name, message, provider)


def _priority_problems(
    message: Message, priority: Priority, supported: _Supported, provider: str
) -> Iterator[NotSentError]:
    possible = [channel.priorities for _, channel in supported]
    unable = [
        str(content.channel) for content, channel in supported if priority not in channel.priorities
    ]
    if not unable:
        return
    known = ", ".join(sorted(each.name for each in frozenset.intersection(*possible)))
    instead = f"use one of {known}" if known else _INSTEAD["priority"]
    text = f"{provider} has no priority {priority.name} for {', '.join(unable)}; {instead}"
    yield _unsupported(text, "priority", message, provider)


def _content_problems(
    message: Message, content: Content, channel: ChannelCapabilities, provider: str
) -> Sequence[NotSentError]:
    ttl, limit = content.ttl, channel.longest_text
    errors: list[NotSentError] = []
    if ttl is not None and channel.ttl and not _within(ttl, channel):
        text = f"ttl for {content.channel} must be {_bounds(channel)}"
        errors.append(_invalid(text, "ttl", message, provider))
    if limit is not None and content.text is not None and len(content.text) > limit:
        text = f"text for {content.channel} may have at most {limit} characters"
        errors.append(_invalid(text, "text", message, provider))
    return errors


def _within(ttl: timedelta, channel: ChannelCapabilities) -> bool:
    if ttl < channel.shortest_ttl:
        return False
    return channel.longest_ttl is None or ttl <= channel.longest_ttl


def _bounds(channel: ChannelCapabilities) -> str:
    shortest = f"{channel.shortest_ttl.total_seconds():.0f} s"
    if channel.longest_ttl is None:
        return f"at least {shortest}"
    return f"between {shortest} and {channel.longest_ttl.total_seconds():.0f} s"
