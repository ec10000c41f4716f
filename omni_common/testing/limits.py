"""What is proved of cascades in the same way as of messages over one channel."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from omni_common.capabilities import ChannelCapabilities
from omni_common.errors import InvalidMessageError, NotSentError, NotSupportedError
from omni_common.message import Priority
from omni_common.provider import OmniProvider
from omni_common.testing.features import FEATURES, Feature, with_content
from omni_common.testing.hooks import ProviderHooks
from omni_common.testing.outcomes import accepted, refused_locally
from omni_common.testing.ways import Way, is_claimed, over, priorities_over

__all__ = [
    "assert_feature",
    "assert_kept",
    "assert_not_supported",
    "assert_priorities",
    "assert_text",
    "assert_ttl",
]

_SECOND = timedelta(seconds=1)


async def assert_feature(
    hooks: ProviderHooks, provider: OmniProvider, way: Way, feature: Feature
) -> None:
    """Check that a message over *way* that asks for *feature* goes out only if it is claimed."""
    with over(way):
        message = feature.ask(hooks.plain(provider, way), provider)
        if not is_claimed(provider, way):
            await refused_locally(provider, message, "content")
        elif feature.claimed_by(provider, way):
            await accepted(provider, message)
        else:
            text = await refused_locally(provider, message, feature.field)
            assert feature.field in text, f"the refusal has to name {feature.field}"


async def assert_priorities(hooks: ProviderHooks, provider: OmniProvider, way: Way) -> None:
    """Check that each priority goes out over *way* only if it is claimed."""
    with over(way):
        claimed = is_claimed(provider, way)
        possible = priorities_over(provider, way) if claimed else ()
        for priority in Priority:
            message = evolve(hooks.plain(provider, way), priority=priority)
            if priority in possible:
                await accepted(provider, message)
            else:
                await refused_locally(provider, message, "priority" if claimed else "content")


async def assert_ttl(
    hooks: ProviderHooks, provider: OmniProvider, way: Way, can: ChannelCapabilities
) -> None:
    """Check that the ttl of the first channel keeps to the bounds that *can* claims for it."""
    with over(way):
        plain = hooks.plain(provider, way)
        await accepted(provider, with_content(plain, ttl=can.shortest_ttl))
        outside = [can.shortest_ttl - _SECOND] if can.shortest_ttl > _SECOND else []
        if can.longest_ttl is not None:
            await accepted(provider, with_content(plain, ttl=can.longest_ttl))
            outside.append(can.longest_ttl + _SECOND)
        for ttl in outside:
            message = with_content(plain, ttl=ttl)
            await refused_locally(provider, message, "ttl", InvalidMessageError)


async def assert_text(
    hooks: ProviderHooks, provider: OmniProvider, way: Way, longest_text: int
) -> None:
    """Check that the first channel's text may have *longest_text* characters and no more."""
    with over(way):
        longest = with_content(hooks.plain(provider, way), text="a" * longest_text)
        await accepted(provider, longest)
        longer = with_content(longest, text="a" * (longest_text + 1))
        await refused_locally(provider, longer, "text", InvalidMessageError)


async def assert_kept(hooks: ProviderHooks, provider: OmniProvider, way: Way) -> None:
    """Check that the vendor receives all that a message over *way* asks for."""
    with over(way):
        plain = hooks.plain(provider, way)
        await accepted(provider, plain)
        await accepted(provider, plain)
        first, second = await hooks.received(plain)
        assert first == second, "received() has to give equal items for equal messages"
        for feature in FEATURES:
            is_vendors = not (hooks.keeps_scheduled and feature.field == "send_at")
            if is_vendors and feature.claimed_by(provider, way):
                plain = hooks.plain(provider, way)
                await accepted(provider, plain)
                await accepted(provider, feature.ask(plain, provider))
                first, second = await hooks.received(plain)
                assert first != second, f"the vendor knows nothing of {feature.field}"
        plain = hooks.plain(provider, way)
        priorities = priorities_over(provider, way)
        for priority in priorities:
            await accepted(provider, evolve(plain, priority=priority))
        taken = await hooks.received(plain)
        assert len(taken) == len(priorities), "the vendor took another number of messages"
        for index, item in enumerate(taken):
            assert item not in taken[index + 1 :], "the vendor cannot tell two priorities apart"


async def assert_not_supported(operation: Callable[[str], object], id: str) -> None:
    """Check that *operation* says of the message *id* that there is no such thing."""
    with pytest.raises(NotSupportedError) as caught:
        await operation(id)  # type: ignore[misc]
    assert not isinstance(caught.value, NotSentError), (
        "reading and cancelling never say that something was not sent"
    )
