"""The reference of a message in its ``callback_url``, as the provider is given it."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.message import Channel, Message
from omni_common.outbox import Outbox
from omni_common.outbox.departing import departing
from omni_common.receipt import Accepted
from tests.outbox.journals import at, message
from tests.outbox.outboxes import all_of
from tests.support.providers import BulkProvider

URL = "https://shop.example/reports?order={reference}&again={reference}"
SENT = "https://shop.example/reports?order=a%2Fb%20%C3%A4&again=a%2Fb%20%C3%A4"


class ReportingProvider(BulkProvider):
    """Takes a ``callback_url``."""

    @property
    def capabilities(self) -> Capabilities:
        can = ChannelCapabilities(callback=True)
        return Capabilities(provider="memory", channels={Channel.SMS: can}, batch_size=10)


def addressed() -> Message:
    return evolve(message("a/b ä"), callback_url=URL)


def test_the_reference_takes_its_place_escaped() -> None:
    assert departing(addressed()).callback_url == SENT


def test_a_message_without_a_place_for_it_leaves_as_it_is() -> None:
    for plain in (message("1"), evolve(message("1"), callback_url="https://shop.example/{x}")):
        assert departing(plain) is plain


def test_what_was_held_has_no_time_any_more() -> None:
    assert departing(evolve(addressed(), send_at=at(5)), held=True) == departing(addressed())


async def test_each_way_of_sending_puts_it_there_and_tells_of_the_message_itself(
    path: Path,
) -> None:
    provider = ReportingProvider(10)
    async with Outbox(provider, path) as omni:
        await omni.send(addressed())
        one, two = (evolve(addressed(), reference=f"order-{number}") for number in (1, 2))
        async with omni.send_many([one]) as outcomes:
            (outcome,) = [each async for each in outcomes]
        assert isinstance(outcome, Accepted)
        assert outcome.message == one
        assert [each.message async for each in omni.enqueue([two])] == [two]
        await omni.drain()
    urls = [each.callback_url for each in provider.sent]
    assert urls[0] == SENT
    assert [str(url).count("order-1") for url in urls] == [0, 2, 0]
    assert [str(url).count("order-2") for url in urls] == [0, 0, 2]


async def test_the_same_message_again_is_the_same_message(path: Path) -> None:
    provider = ReportingProvider(10)
    async with Outbox(provider, path) as omni:
        first = await omni.send(addressed())
        assert await omni.send(addressed()) == first
        (outcome,) = await all_of(omni.enqueue([addressed()]))
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == first
    assert len(provider.sent) == 1
