"""The posts that a :class:`CallbackReceiver` got, read as an application would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omni_common.callbacks import Event, read_callback
from omni_common.message import Channel
from omni_common.report import DeliveryReport, DeliveryState, merge
from tests.support.callback_receiver import CallbackReceiver

__all__ = ["furthest", "read_signed", "read_unsigned", "reports"]

_TOKEN = "a-token-of-a-path"


def read_signed(receiver: CallbackReceiver, area: str, secret: str) -> list[Event]:
    """Every event of every post so far, each of them signed with *secret*."""
    return [
        event
        for post in receiver.received
        for event in read_callback(area, post.headers, post.body, secrets=secret)
    ]


def read_unsigned(receiver: CallbackReceiver, area: str) -> list[Event]:
    """Every event of every post so far, of a vendor that does not sign."""
    return [
        event
        for post in receiver.received
        for event in read_callback(area, {}, post.body, secrets=_TOKEN, token=_TOKEN)
    ]


def reports(events: Iterable[Event]) -> list[DeliveryReport]:
    return [event for event in events if isinstance(event, DeliveryReport)]


def furthest(events: Iterable[DeliveryReport]) -> Mapping[Channel | str | None, DeliveryState]:
    """How far each channel got, in whatever order and however often that was said (T60)."""
    states: dict[Channel | str | None, list[DeliveryState]] = {}
    for event in events:
        states.setdefault(event.channel, []).append(event.state)
    return {channel: merge(said) for channel, said in states.items()}
