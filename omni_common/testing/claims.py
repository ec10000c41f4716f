"""Capabilities: consistent data, and true."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from attrs import evolve

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.errors import InvalidMessageError, NotSentError, NotSupportedError
from omni_common.message import Channel, Message, Priority
from omni_common.provider import OmniProvider
from omni_common.registry import provider_class
from omni_common.report import DeliveryReport
from omni_common.testing.features import FEATURES, Feature, in_an_hour
from omni_common.testing.hooks import ProviderHooks, sample_message
from omni_common.testing.limits import (
    assert_feature,
    assert_kept,
    assert_not_supported,
    assert_priorities,
    assert_text,
    assert_ttl,
)
from omni_common.testing.outcomes import accepted, refused_locally
from omni_common.testing.ways import is_claimed, priorities_over

__all__ = ["CapabilitiesContract"]

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_each_channel = pytest.mark.parametrize("channel", Channel, ids=str)
_each_feature = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.field)


def _assert_channel(can: ChannelCapabilities) -> None:
    """Check what one channel claims for consistency."""
    flags = ("status", "cancel", "schedule", "callback", "metadata", "ttl", "bulk", "leads")
    for flag in flags:
        assert isinstance(getattr(can, flag), bool), f"{flag} is True or False"
    assert can.schedule or not can.cancel, "only a scheduled message can be cancelled"
    assert isinstance(can.priorities, frozenset), "priorities is a frozenset"
    assert all(isinstance(each, Priority) for each in can.priorities), "priorities are Priority"
    assert can.shortest_ttl >= _SECOND, "shortest_ttl is a second or more"
    if can.longest_ttl is not None:
        assert can.shortest_ttl <= can.longest_ttl, "shortest_ttl is not above longest_ttl"
    assert can.longest_text is None or can.longest_text >= 1, "longest_text is 1 or more, or None"
    assert all(note.strip() for note in can.notes), "notes are sentences"


def _about_now(provider: OmniProvider) -> dict[str, datetime]:
    """A day on either side of now, by the provider's clock and by that of the machine."""
    now = (provider.clock.now(), datetime.now(UTC))
    return {"after": min(now) - _DAY, "before": max(now) + _DAY}


class CapabilitiesContract(ProviderHooks):
    """What a provider claims to do, it does; what it does not claim, it refuses."""

    async def test_capabilities_are_consistent_data(self) -> None:
        """Types and bounds are right, and nothing contradicts itself."""
        async with self.connect() as provider:
            can = provider.capabilities
            assert isinstance(can, Capabilities)
            assert can.provider, "a provider has a name"
            assert can.provider == can.provider.lower(), "names, like URL schemes, are lower case"
            assert can.channels, "a provider sends at least one channel"
            assert all(isinstance(name, Channel) for name in can.channels), "channels are Channel"
            assert isinstance(can.batch_size, int), "batch_size is a whole number"
            assert can.batch_size >= 1, "batch_size is 1 or more"
            assert all(note.strip() for note in can.notes), "notes are sentences"
            for channel in (*can.channels.values(), *can.cascade.values()):
                _assert_channel(channel)

    async def test_capabilities_are_constant(self) -> None:
        """They are the same each time, for each provider of the account, and after pickling."""
        async with self.connect() as provider, self.connect() as another:
            first = provider.capabilities
            await accepted(provider, self.message(self.first_channel(provider)))
            assert provider.capabilities == first, "capabilities change while the provider lives"
            assert another.capabilities == first, "two providers of one account differ"
            assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301 - pickled right here

    async def test_the_name_is_the_registered_scheme(self) -> None:
        """The name in the capabilities is the one that connection URLs begin with.

        A wrapper's is that of the provider which it wraps.
        """
        async with self.connect() as outer:
            provider = outer.wrapped or outer
            assert outer.capabilities.provider == provider.capabilities.provider
            registered = provider_class(provider.capabilities.provider)
            assert isinstance(provider, registered), (
                f"{provider.capabilities.provider}:// stands for {registered.__name__},"
                f" and this is {type(provider).__name__}"
            )

    @_each_channel
    async def test_a_channel_is_sent_if_it_is_claimed(self, channel: Channel) -> None:
        """A plain message goes out; over another channel it is refused, naming those there are."""
        async with self.connect() as provider:
            if channel in provider.capabilities.channels:
                await accepted(provider, self.message(channel))
                return
            text = await refused_locally(provider, sample_message(channel), "content")
            assert any(name in text for name in provider.capabilities.channels), (
                f"the refusal of {channel} has to name a channel that works"
            )

    @_each_channel
    @_each_feature
    async def test_a_feature_is_possible_if_it_is_claimed(
        self, channel: Channel, feature: Feature
    ) -> None:
        """A message that asks for it goes out if it is claimed, and is refused otherwise."""
        async with self.connect() as provider:
            await assert_feature(self, provider, (channel,), feature)

    @_each_channel
    async def test_a_priority_is_possible_if_it_is_claimed(self, channel: Channel) -> None:
        """Each of the four goes out if it is claimed, and is refused otherwise."""
        async with self.connect() as provider:
            await assert_priorities(self, provider, (channel,))

    @_each_channel
    async def test_ttl_is_possible_within_the_claimed_bounds(self, channel: Channel) -> None:
        """The shortest and the longest are accepted; a second less or more is refused."""
        async with self.connect() as provider:
            can = provider.capabilities.channels.get(channel)
            if can is not None and can.ttl:
                await assert_ttl(self, provider, (channel,), can)

    @_each_channel
    async def test_text_is_possible_up_to_the_claimed_length(self, channel: Channel) -> None:
        """The longest text is accepted, and one character more is refused."""
        async with self.connect() as provider:
            can = provider.capabilities.channels.get(channel)
            if can is not None and can.longest_text is not None:
                await assert_text(self, provider, (channel,), can.longest_text)

    @_each_channel
    async def test_the_recipient_suits_the_channel(self, channel: Channel) -> None:
        """An e-mail needs an address, everything else a phone number."""
        async with self.connect() as provider:
            if channel not in provider.capabilities.channels:
                return
            to = "+37251000007" if channel is Channel.EMAIL else "redstart@example.com"
            message = evolve(self.message(channel), to=to)
            await refused_locally(provider, message, "to", InvalidMessageError)

    async def test_a_time_that_has_passed_is_refused(self) -> None:
        """A message is not sent at once because its time has gone by."""
        async with self.connect() as provider:
            past = provider.clock.now() - _SECOND
            message = evolve(self.message(self.first_channel(provider)), send_at=past)
            await refused_locally(provider, message, "send_at", InvalidMessageError)

    @_each_channel
    async def test_a_status_can_be_asked_for_if_it_is_claimed(self, channel: Channel) -> None:
        """An accepted message has a status; where none is claimed, asking says so."""
        async with self.connect() as provider:
            can = provider.capabilities.channels.get(channel)
            if can is None:
                return
            receipt = await accepted(provider, self.message(channel))
            if can.status:
                assert isinstance(await provider.status(receipt.id), DeliveryReport)
            else:
                await assert_not_supported(provider.status, receipt.id)

    @_each_channel
    async def test_a_message_can_be_cancelled_if_it_is_claimed(self, channel: Channel) -> None:
        """A scheduled message is taken back; where that is not claimed, trying says so."""
        async with self.connect() as provider:
            can = provider.capabilities.channels.get(channel)
            if can is None:
                return
            plain = self.message(channel)
            receipt = await accepted(
                provider, in_an_hour(plain, provider) if can.schedule else plain
            )
            if can.cancel:
                await provider.cancel(receipt.id)
            else:
                await assert_not_supported(provider.cancel, receipt.id)

    @_each_channel
    async def test_what_was_sent_is_listed_if_that_is_supported(self, channel: Channel) -> None:
        """A message is listed once, as ``sent_as`` says, or not at all where that says None.

        A provider that cannot list what it sent says so in both.
        """
        async with self.connect() as provider:
            if channel not in provider.capabilities.channels:
                return
            message = self.message(channel)
            receipt = await accepted(provider, message)
            try:
                rows = [row async for row in provider.sent_messages(**_about_now(provider))]
            except NotSupportedError:
                with pytest.raises(NotSupportedError):
                    provider.sent_as(message)
                return
            expected = provider.sent_as(message)
            listed = [row.sent_as for row in rows if row.id == receipt.id]
            assert listed == ([] if expected is None else [expected]), (
                f"a message over {channel} is not listed as sent_as() says"
            )

    @_each_channel
    async def test_what_is_claimed_reaches_the_vendor(self, channel: Channel) -> None:
        """Nothing that a message asks for is dropped on the way (needs ``received``)."""
        async with self.connect() as provider:
            if channel in provider.capabilities.channels:
                await assert_kept(self, provider, (channel,))

    async def test_what_is_for_another_provider_is_left_out(self) -> None:
        """``extra`` of another provider changes nothing (needs ``received``)."""
        async with self.connect() as provider:
            plain = self.message(self.first_channel(provider))
            other = f"not-{provider.capabilities.provider}"
            await accepted(provider, plain)
            await accepted(provider, evolve(plain, extra={other: {"colour": "teal"}}))
            first, second = await self.received(plain)
            assert first == second, "extra of another provider reached the vendor"

    async def test_what_is_not_claimed_is_refused_before_any_request(self) -> None:
        """The vendor never hears of it (needs ``request_count``)."""
        async with self.connect() as provider:
            before = await self.request_count()
            for message in self._unclaimed(provider):
                assert provider.check(message), "this is not claimed, yet check() finds no fault"
                with pytest.raises(NotSentError):
                    await provider.send(message)
            assert await self.request_count() == before, "it took a request to refuse this"

    def _unclaimed(self, provider: OmniProvider) -> Iterator[Message]:
        for way in [*((channel,) for channel in Channel), *permutations(Channel, 2)]:
            plain = self.plain(provider, way)
            if not is_claimed(provider, way):
                yield plain
                continue
            for feature in FEATURES:
                if not feature.claimed_by(provider, way):
                    yield feature.ask(plain, provider)
            for priority in set(Priority) - priorities_over(provider, way):
                yield evolve(plain, priority=priority)
