"""Capabilities: what a provider can do, as data."""

from __future__ import annotations

import pickle
from datetime import timedelta

import pytest
from attrs.exceptions import FrozenInstanceError

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.message import Channel


def test_a_channel_can_do_little_unless_it_says_so() -> None:
    channel = ChannelCapabilities()
    assert channel.status
    assert channel.ttl
    assert channel.leads
    assert not any((channel.cancel, channel.schedule, channel.callback, channel.metadata))
    assert channel.callback_area is None
    assert channel.priorities == frozenset()
    assert (channel.shortest_ttl, channel.longest_ttl) == (timedelta(seconds=1), None)


def test_a_provider_sends_one_channel_and_one_message_at_a_time_unless_it_says_so() -> None:
    capabilities = Capabilities(provider="acme", channels={})
    assert capabilities.cascade == {}
    assert capabilities.batch_size == 1


def test_capabilities_are_plain_constant_data() -> None:
    sms = ChannelCapabilities(schedule=True, notes=("A sender is required.",))
    capabilities = Capabilities(
        provider="acme",
        channels={Channel.SMS: sms, Channel.VIBER: sms},
        cascade={Channel.SMS: ChannelCapabilities(), Channel.VIBER: sms},
        batch_size=1000,
    )
    again = pickle.loads(pickle.dumps(capabilities))  # noqa: S301 - our own
    assert again == capabilities
    assert hash(again) == hash(capabilities)
    with pytest.raises(FrozenInstanceError):
        capabilities.batch_size = 1  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        sms.schedule = False  # type: ignore[misc]


ALONE = ChannelCapabilities(callback_area="acme.one")
TOGETHER = ChannelCapabilities(callback_area="acme.several")
SILENT = ChannelCapabilities()
ACME = Capabilities(
    provider="acme",
    channels={Channel.SMS: ALONE, Channel.VIBER: ALONE, Channel.VK: SILENT},
    cascade={Channel.SMS: TOGETHER, Channel.VIBER: TOGETHER, Channel.VK: SILENT},
)


def test_what_a_channel_can_do_depends_on_whether_it_is_alone() -> None:
    assert ACME.together([Channel.SMS]) is ACME.channels
    assert ACME.together([Channel.VIBER, Channel.SMS]) is ACME.cascade


@pytest.mark.parametrize(
    ("channels", "area"),
    [
        ([Channel.SMS], "acme.one"),
        ([Channel.VK], None),
        ([Channel.WHATSAPP], None),
        ([Channel.VIBER, Channel.SMS], "acme.several"),
        ([Channel.VIBER, Channel.VK], None),
    ],
)
def test_one_kind_of_posts_tells_of_a_message_or_none(
    channels: list[Channel], area: str | None
) -> None:
    assert ACME.callback_area(channels) == area
