"""``check``: what a provider cannot say accurately is found before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from omni_common import check
from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.errors import (
    InvalidMessageError,
    NotSentError,
    NotSupportedError,
    UnsupportedMessageError,
)
from omni_common.message import (
    Channel,
    Content,
    Email,
    Message,
    Priority,
    Recipient,
    Sms,
    Viber,
    Vk,
    WhatsApp,
    WhatsAppTemplate,
)
from tests.support.clock import FakeClock
from tests.support.providers import MemoryProvider

NOW = FakeClock().now()
SECOND = timedelta(seconds=1)
PHONE, EMAIL = "+37251000000", "anna@example.com"

ABLE = ChannelCapabilities(
    schedule=True, callback=True, metadata=True, priorities=frozenset(Priority), ttl=True
)
UNABLE = ChannelCapabilities(ttl=False)
CONTENTS: dict[Channel, Content] = {
    Channel.SMS: Sms("Hi"),
    Channel.VIBER: Viber("Hi"),
    Channel.WHATSAPP: WhatsApp("Hi"),
    Channel.EMAIL: Email("Hi", subject="Hi"),
    Channel.VK: Vk("Hi"),
}
each_channel = pytest.mark.parametrize("channel", Channel)


def provider(*channels: Channel, can: ChannelCapabilities = ABLE) -> Capabilities:
    return Capabilities(provider="acme", channels=dict.fromkeys(channels, can))


def cascading(cascade: Mapping[Channel, ChannelCapabilities], *alone: Channel) -> Capabilities:
    """A provider of cascades, and of channels that are sent by themselves only."""
    channels = dict.fromkeys([*cascade, *alone], ABLE)
    return Capabilities(provider="acme", channels=channels, cascade=cascade)


def to(channel: Channel) -> str:
    return EMAIL if channel is Channel.EMAIL else PHONE


def problems(message: Message, capabilities: Capabilities, now: datetime) -> list[NotSentError]:
    """What is wrong with *message*, each as an error that says whose it is."""
    found = check.problems(message, capabilities, now)
    for problem in found:
        assert (problem.provider, problem.reference) == ("acme", message.reference)
    return found


def only(message: Message, capabilities: Capabilities) -> NotSentError:
    (problem,) = problems(message, capabilities, NOW)
    return problem


@each_channel
def test_a_channel_that_is_sent_is_no_problem(channel: Channel) -> None:
    assert problems(Message(to(channel), CONTENTS[channel]), provider(channel), NOW) == []


@each_channel
def test_a_channel_that_is_not_sent_is_refused_with_those_that_are(channel: Channel) -> None:
    others = [each for each in Channel if each is not channel]
    problem = only(Message(to(channel), CONTENTS[channel]), provider(*others))
    assert isinstance(problem, UnsupportedMessageError)
    assert isinstance(problem, NotSupportedError)
    assert problem.field == "content"
    assert f"acme does not send {channel}; it sends {', '.join(others)}" in problem.text


FEATURES: Mapping[str, Any] = {
    "send_at": NOW + SECOND,
    "callback_url": "https://shop.example/report",
    "metadata": {"order": "42"},
    "priority": Priority.HIGH,
}
INSTEAD = {
    "send_at": "send it when its time has come",
    "callback_url": "for the whole account",
    "metadata": "reference",
    "priority": "leave priority out",
    "ttl": "leave ttl out",
}


def asking_for(feature: str, channel: Channel) -> Message:
    content = CONTENTS[channel]
    if feature == "ttl":
        return Message(to(channel), evolve(content, ttl=SECOND))
    return Message(to(channel), content, **{feature: FEATURES[feature]})


@each_channel
@pytest.mark.parametrize("feature", INSTEAD)
def test_a_feature_that_the_channel_has_is_no_problem(feature: str, channel: Channel) -> None:
    assert problems(asking_for(feature, channel), provider(channel), NOW) == []


@each_channel
@pytest.mark.parametrize("feature", INSTEAD)
def test_a_feature_that_the_channel_lacks_is_refused_with_what_works_instead(
    feature: str, channel: Channel
) -> None:
    problem = only(asking_for(feature, channel), provider(channel, can=UNABLE))
    assert isinstance(problem, UnsupportedMessageError)
    assert problem.field == feature
    assert f"acme has no {feature}" in problem.text
    assert f"for {channel}; " in problem.text
    assert INSTEAD[feature] in problem.text


def test_a_feature_is_judged_for_each_channel_of_a_cascade() -> None:
    capabilities = cascading({Channel.VIBER: ABLE, Channel.SMS: UNABLE})
    message = Message(PHONE, [Viber("Hi", ttl=SECOND), Sms("Hi")], priority=Priority.LOW)
    problem = only(message, capabilities)
    assert problem.field == "priority"
    assert "for sms" in problem.text


@each_channel
@pytest.mark.parametrize("feature", INSTEAD)
def test_what_a_channel_can_do_alone_it_need_not_do_in_a_cascade(
    feature: str, channel: Channel
) -> None:
    other = Channel.VK if channel is not Channel.VK else Channel.SMS
    capabilities = cascading({channel: UNABLE, other: ABLE})
    alone = asking_for(feature, channel)
    assert problems(alone, capabilities, NOW) == []
    both = Recipient(phone=PHONE, email=EMAIL)
    message = evolve(alone, to=both, content=[*alone.content, CONTENTS[other]])
    assert only(message, capabilities).field == feature


def test_what_a_cascade_cannot_do_is_told_once_for_all_its_channels() -> None:
    capabilities = cascading({Channel.VIBER: UNABLE, Channel.SMS: UNABLE})
    later = NOW + timedelta(hours=1)
    message = Message(
        PHONE, [Viber("Hi"), Sms("Hi")], send_at=later, priority=Priority.LOW, metadata={"a": "b"}
    )
    found = problems(message, capabilities, NOW)
    assert [each.field for each in found] == ["send_at", "metadata", "priority"]
    assert all("for viber, sms" in each.text for each in found)


def test_the_priorities_that_a_cascade_has_are_those_of_all_its_channels() -> None:
    some = evolve(ABLE, priorities=frozenset({Priority.LOW, Priority.HIGH}))
    others = evolve(ABLE, priorities=frozenset({Priority.NORMAL, Priority.HIGH}))
    capabilities = cascading({Channel.VIBER: some, Channel.SMS: others})
    message = Message(PHONE, [Viber("Hi"), Sms("Hi")], priority=Priority.LOW)
    assert only(message, capabilities).text == "acme has no priority LOW for sms; use one of HIGH"


def test_bounds_of_a_cascade_are_its_own() -> None:
    shorter = evolve(ABLE, longest_ttl=SECOND, longest_text=2)
    capabilities = cascading({Channel.VIBER: shorter, Channel.SMS: ABLE})
    viber = Viber("Hi!", ttl=2 * SECOND)
    assert problems(Message(PHONE, viber), capabilities, NOW) == []
    found = problems(Message(PHONE, [viber, Sms("Hi")]), capabilities, NOW)
    assert [each.field for each in found] == ["ttl", "text"]


def test_no_metadata_is_nothing_that_would_be_dropped() -> None:
    message = Message(PHONE, Sms("Hi"), metadata={})
    assert problems(message, provider(Channel.SMS, can=UNABLE), NOW) == []


def test_extra_of_another_provider_is_no_problem() -> None:
    message = Message(PHONE, Sms("Hi"), extra={"other": {"key": 1}})
    assert problems(message, provider(Channel.SMS, can=UNABLE), NOW) == []


@pytest.mark.parametrize("priority", Priority)
def test_a_priority_that_cannot_be_said_names_those_that_can(priority: Priority) -> None:
    can = evolve(ABLE, priorities=frozenset({Priority.LOW, Priority.HIGH}))
    message = Message(PHONE, Sms("Hi"), priority=priority)
    found = problems(message, provider(Channel.SMS, can=can), NOW)
    if priority in {Priority.LOW, Priority.HIGH}:
        assert found == []
    else:
        assert [each.field for each in found] == ["priority"]
        assert f"no priority {priority.name}" in found[0].text
        assert found[0].text.endswith("use one of HIGH, LOW")


def test_several_channels_need_a_provider_that_tries_them_in_order() -> None:
    message = Message(PHONE, [Viber("Hi"), Sms("Hi")])
    both = (Channel.VIBER, Channel.SMS)
    assert problems(message, cascading(dict.fromkeys(both, ABLE)), NOW) == []
    problem = only(message, provider(*both))
    assert isinstance(problem, UnsupportedMessageError)
    assert problem.field == "content"
    assert "does not try several channels in order; send one channel" in problem.text


def test_a_channel_that_does_not_lead_comes_last() -> None:
    last = evolve(ABLE, leads=False)
    capabilities = cascading({Channel.VIBER: ABLE, Channel.VK: last, Channel.SMS: ABLE})
    right: list[list[Content]] = [[Viber("Hi"), Sms("Hi"), Vk("Hi")], [Vk("Hi")]]
    for content in right:
        assert problems(Message(PHONE, content), capabilities, NOW) == []
    wrong: list[list[Content]] = [[Vk("Hi"), Sms("Hi")], [Viber("Hi"), Vk("Hi"), Sms("Hi")]]
    for content in wrong:
        problem = only(Message(PHONE, content), capabilities)
        assert isinstance(problem, UnsupportedMessageError)
        assert problem.field == "content"
        assert problem.text == "acme tries no other channel after vk; put it last"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_channel_that_is_sent_by_itself_alone_is_part_of_no_cascade(place: int) -> None:
    capabilities = cascading({Channel.VIBER: ABLE, Channel.SMS: ABLE}, Channel.WHATSAPP)
    assert problems(Message(PHONE, WhatsApp("Hi")), capabilities, NOW) == []
    content: list[Content] = [Viber("Hi"), Sms("Hi")]
    content.insert(place, WhatsApp("Hi"))
    problem = only(Message(PHONE, content), capabilities)
    assert isinstance(problem, UnsupportedMessageError)
    assert problem.field == "content"
    assert problem.text == "acme tries viber, sms in order; send whatsapp by itself"


def test_a_channel_that_is_only_sent_with_others_is_not_sent_by_itself() -> None:
    capabilities = Capabilities(
        provider="acme",
        channels={Channel.SMS: ABLE},
        cascade={Channel.SMS: ABLE, Channel.VIBER: ABLE},
    )
    assert problems(Message(PHONE, [Viber("Hi"), Sms("Hi")]), capabilities, NOW) == []
    problem = only(Message(PHONE, Viber("Hi")), capabilities)
    assert isinstance(problem, UnsupportedMessageError)
    assert problem.text == "acme does not send viber; it sends sms"


def test_what_is_wrong_beside_the_cascade_is_found_too() -> None:
    message = Message(EMAIL, [Viber("Hi"), Sms("Hi")])
    found = problems(message, provider(Channel.VIBER, Channel.SMS), NOW)
    assert [each.field for each in found] == ["content", "to", "to"]


def test_a_channel_that_is_not_sent_at_all_is_part_of_no_cascade() -> None:
    capabilities = cascading({Channel.VIBER: ABLE, Channel.SMS: ABLE})
    problem = only(Message(PHONE, [Viber("Hi"), Vk("Hi")]), capabilities)
    assert isinstance(problem, UnsupportedMessageError)
    assert problem.field == "content"
    assert problem.text == "acme does not send vk; it sends viber, sms"


@each_channel
def test_a_recipient_must_be_reachable_over_the_channel(channel: Channel) -> None:
    other = PHONE if channel is Channel.EMAIL else EMAIL
    for wrong in (other, Recipient(**{"phone" if "@" not in other else "email": other})):
        problem = only(Message(wrong, CONTENTS[channel]), provider(channel))
        assert isinstance(problem, InvalidMessageError)
        assert problem.field == "to"
        wanted = "an e-mail address" if channel is Channel.EMAIL else "a phone number"
        assert wanted in problem.text
        assert other not in problem.text


@each_channel
def test_a_recipient_with_both_is_reachable_over_every_channel(channel: Channel) -> None:
    message = Message(Recipient(phone=PHONE, email=EMAIL), CONTENTS[channel])
    assert problems(message, provider(channel), NOW) == []


@given(offset=st.timedeltas(-timedelta(days=999), timedelta(days=999)))
def test_a_time_must_lie_ahead(offset: timedelta) -> None:
    there = timezone(timedelta(hours=-9))
    message = Message(PHONE, Sms("Hi"), send_at=(NOW + offset).astimezone(there))
    found = problems(message, provider(Channel.SMS), NOW)
    if offset > timedelta():
        assert found == []
    else:
        assert [(type(each), each.field) for each in found] == [(InvalidMessageError, "send_at")]
        assert "past" in found[0].text


@pytest.mark.parametrize(
    ("ttl", "longest", "accepted"),
    [
        (4, 10, "between 5 s and 10 s"),
        (5, 10, None),
        (10, 10, None),
        (11, 10, "between 5 s and 10 s"),
        (4, None, "at least 5 s"),
        (10**9, None, None),
    ],
)
def test_a_ttl_keeps_to_what_the_vendor_documents(
    ttl: int, longest: int | None, accepted: str | None
) -> None:
    can = evolve(
        ABLE,
        shortest_ttl=5 * SECOND,
        longest_ttl=None if longest is None else longest * SECOND,
    )
    message = Message(PHONE, Sms("Hi", ttl=ttl * SECOND))
    found = problems(message, provider(Channel.SMS, can=can), NOW)
    if accepted is None:
        assert found == []
    else:
        assert [(type(each), each.field) for each in found] == [(InvalidMessageError, "ttl")]
        assert found[0].text == f"ttl for sms must be {accepted}"


@given(length=st.integers(1, 30))
def test_a_text_is_no_longer_than_the_vendor_takes(length: int) -> None:
    capabilities = provider(Channel.SMS, can=evolve(ABLE, longest_text=10))
    found = problems(Message(PHONE, Sms("x" * length)), capabilities, NOW)
    if length <= 10:
        assert found == []
    else:
        assert [(type(each), each.field) for each in found] == [(InvalidMessageError, "text")]
        assert found[0].text == "text for sms may have at most 10 characters"


def test_content_without_a_text_has_none_that_is_too_long() -> None:
    can = evolve(ABLE, longest_text=1)
    message = Message(PHONE, WhatsApp(template=WhatsAppTemplate("order", "en")))
    assert problems(message, provider(Channel.WHATSAPP, can=can), NOW) == []


def test_all_problems_are_found_at_once() -> None:
    message = Message(
        EMAIL,
        [Sms("x" * 11, ttl=SECOND), Vk("Hi"), WhatsApp("Hi")],
        send_at=NOW,
        metadata={"order": "42"},
        priority=Priority.REALTIME,
    )
    can = ChannelCapabilities(shortest_ttl=2 * SECOND, longest_text=10)
    found = problems(message, cascading({Channel.SMS: can, Channel.EMAIL: can}, Channel.VK), NOW)
    fields = ["content", "content", "to", "send_at", "send_at", "metadata", "priority"]
    assert [each.field for each in found] == [*fields, "ttl", "text"]


@pytest.mark.parametrize("thing", [None, "Hi", Sms("Hi")])
async def test_only_a_message_can_be_checked(thing: object) -> None:
    named = type(thing).__name__
    with pytest.raises(TypeError, match=f"a Message can be checked and sent, not {named}$"):
        MemoryProvider().check(thing)  # type: ignore[arg-type]


async def test_a_provider_checks_by_its_own_clock() -> None:
    clock = FakeClock()
    omni = MemoryProvider(clock)
    message = Message(PHONE, Sms("Hi"), send_at=NOW + SECOND)
    assert [type(each) for each in omni.check(message)] == [UnsupportedMessageError]
    await clock.advance(1)
    found = [InvalidMessageError, UnsupportedMessageError]
    assert [type(each) for each in omni.check(message)] == found
