"""Cascades: channels that are tried in order, and what may be asked of them together."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from attrs import evolve

from omni_common.capabilities import ChannelCapabilities
from omni_common.errors import InvalidMessageError
from omni_common.message import Channel
from omni_common.provider import OmniProvider
from omni_common.testing.features import FEATURES, in_an_hour
from omni_common.testing.hooks import ProviderHooks
from omni_common.testing.limits import (
    assert_feature,
    assert_kept,
    assert_not_supported,
    assert_priorities,
    assert_text,
    assert_ttl,
)
from omni_common.testing.outcomes import accepted, refused_locally
from omni_common.testing.ways import Way, cascades, is_claimed, over, ways

__all__ = ["CascadeContract"]

_each_first = pytest.mark.parametrize("first", Channel, ids=str)


def _pairs(first: Channel) -> list[Way]:
    return [(first, second) for second in Channel if second is not first]


def _parts(provider: OmniProvider, way: Way) -> list[ChannelCapabilities]:
    possible = provider.capabilities.together(way)
    return [possible[channel] for channel in way]


class CascadeContract(ProviderHooks):
    """What is claimed of channels that are tried in order is true of each pair of them.

    A cascade can do what each of its channels claims for cascades; ``ttl``, ``longest_text`` and
    the like are those of the channel that asks.
    """

    async def test_claims_about_cascades_are_consistent(self) -> None:
        """They are about channels that are sent, and at least one channel can be followed."""
        async with self.connect() as provider:
            can = provider.capabilities
            assert set(can.cascade) <= set(can.channels), "what is tried in order is sent alone too"
            assert len(can.cascade) != 1, "a cascade needs two channels"
            leads = [part.leads for part in can.cascade.values()]
            assert any(leads) or not leads, "a cascade needs a channel that another may follow"
            areas = {part.callback_area for part in can.cascade.values() if part.callback}
            assert len(areas) in {0, 1}, "one callback_url takes posts of one kind"

    @_each_first
    async def test_a_cascade_is_sent_if_it_is_claimed(self, first: Channel) -> None:
        """Two channels go out in an order that is claimed; otherwise they are refused."""
        async with self.connect() as provider:
            for way in _pairs(first):
                with over(way):
                    message = self.plain(provider, way)
                    if is_claimed(provider, way):
                        await accepted(provider, message)
                    else:
                        await refused_locally(provider, message, "content")

    async def test_channels_are_tried_in_order_if_a_cascade_is_claimed(self) -> None:
        """All of them go out as one message (needs ``received``).

        In either order, save that only the last may be one that no other channel follows.
        """
        async with self.connect() as provider:
            for way in cascades(provider):
                with over(way):
                    message = self.plain(provider, way)
                    await accepted(provider, message)
                    assert len(await self.received(message)) == 1, "a cascade is one message"

    @_each_first
    async def test_a_feature_of_a_cascade_is_possible_if_it_is_claimed(
        self, first: Channel
    ) -> None:
        """What each channel claims for cascades goes out; anything else is refused.

        A ``ttl`` is asked for the first channel.
        """
        async with self.connect() as provider:
            for way in _pairs(first):
                for feature in FEATURES:
                    await assert_feature(self, provider, way, feature)

    @_each_first
    async def test_a_priority_of_a_cascade_is_possible_if_it_is_claimed(
        self, first: Channel
    ) -> None:
        """Each of the four goes out if each channel claims it, and is refused otherwise."""
        async with self.connect() as provider:
            for way in _pairs(first):
                await assert_priorities(self, provider, way)

    @_each_first
    async def test_ttl_in_a_cascade_is_possible_within_the_claimed_bounds(
        self, first: Channel
    ) -> None:
        """They are those of the first channel, which may differ from its own alone."""
        async with self.connect() as provider:
            for way in cascades(provider, first):
                can, *_ = _parts(provider, way)
                if can.ttl:
                    await assert_ttl(self, provider, way, can)

    @_each_first
    async def test_text_in_a_cascade_is_possible_up_to_the_claimed_length(
        self, first: Channel
    ) -> None:
        """The longest text is accepted, and one character more is refused."""
        async with self.connect() as provider:
            for way in cascades(provider, first):
                can, *_ = _parts(provider, way)
                if can.longest_text is not None:
                    await assert_text(self, provider, way, can.longest_text)

    async def test_the_recipient_suits_every_channel_of_a_cascade(self) -> None:
        """One address is not enough for an e-mail and another channel."""
        async with self.connect() as provider:
            for way in cascades(provider):
                with over(way):
                    message = self.plain(provider, way)
                    to = message.phone if Channel.EMAIL in way else "redstart@example.com"
                    assert to is not None, "a cascade that has more than an e-mail needs a number"
                    wrong = evolve(message, to=to)
                    await refused_locally(provider, wrong, "to", InvalidMessageError)

    @_each_first
    async def test_what_is_claimed_of_a_cascade_reaches_the_vendor(self, first: Channel) -> None:
        """Nothing that a message asks for is dropped on the way (needs ``received``)."""
        async with self.connect() as provider:
            for way in _pairs(first):
                if is_claimed(provider, way):
                    await assert_kept(self, provider, way)

    async def test_a_status_of_a_cascade_can_be_asked_for_if_it_is_claimed(self) -> None:
        """An accepted cascade has a status; where none is claimed, asking says so."""
        async with self.connect() as provider:
            for way in cascades(provider):
                with over(way):
                    receipt = await accepted(provider, self.plain(provider, way))
                    if all(can.status for can in _parts(provider, way)):
                        report = await provider.status(receipt.id)
                        assert report.id == receipt.id, "a report has the id that was asked for"
                    else:
                        await assert_not_supported(provider.status, receipt.id)

    async def test_a_delivered_cascade_is_reported_as_such(self) -> None:
        """The report names the channel that delivered (needs ``deliver``)."""
        async with self.connect() as provider:
            sent: dict[str, Way] = {}
            for way in cascades(provider):
                if all(can.status for can in _parts(provider, way)):
                    sent[(await accepted(provider, self.plain(provider, way))).id] = way
            if sent:
                await self.deliver()
            for id, way in sent.items():
                with over(way):
                    report = await provider.status(id)
                    state = report.state
                    assert state.has_arrived, f"delivered, and reported as {state.name}"
                    assert report.channel in way, "the report names the channel that delivered"

    async def test_a_cascade_can_be_cancelled_if_it_is_claimed(self) -> None:
        """All its channels are taken back, or the provider says that it cannot be done."""
        async with self.connect() as provider:
            for way in cascades(provider):
                parts = _parts(provider, way)
                message = self.plain(provider, way)
                with over(way):
                    if all(can.schedule for can in parts):
                        message = in_an_hour(message, provider)
                    receipt = await accepted(provider, message)
                    if all(can.cancel for can in parts):
                        await provider.cancel(receipt.id)
                    else:
                        await assert_not_supported(provider.cancel, receipt.id)

    async def test_what_cannot_be_told_is_not_asked_for(self) -> None:
        """Where no status is claimed, or no cancelling, no request is made for it.

        Of messages over one channel and of cascades; ``wait`` does not begin to wait. Needs
        ``request_count``.
        """
        async with self.connect() as provider:
            for way in ways(provider):
                with over(way):
                    receipt = await accepted(provider, self.plain(provider, way))
                    waiting = partial(provider.wait, timeout=timedelta())
                    before = await self.request_count()
                    if not all(can.status for can in _parts(provider, way)):
                        await assert_not_supported(provider.status, receipt.id)
                        await assert_not_supported(waiting, receipt.id)
                    if not all(can.cancel for can in _parts(provider, way)):
                        await assert_not_supported(provider.cancel, receipt.id)
                    asked = await self.request_count() - before
                    assert asked == 0, "it took a request to say that this is not possible"
