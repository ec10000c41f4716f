"""What one event repeats of another, and how much of it is remembered."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attrs import evolve

from omni_common import Channel, DeliveryFault, DeliveryReport, DeliveryState, PartReport, Price
from omni_common.callbacks import Event, IncomingMessage, Subscription, SubscriptionChanged
from omni_common.callbacks.repeats import Repeats, repeat_key

NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)
REPORT = DeliveryReport(
    id="acme:1",
    state=DeliveryState.DELIVERED,
    parts=(PartReport(channel=Channel.SMS, state=DeliveryState.DELIVERED, at=NOW),),
)
MESSAGE = IncomingMessage(provider="acme", id="1", text="Hi", raw={"sub_id": 1})
CHANGE = SubscriptionChanged(
    provider="acme", change=Subscription.UNSUBSCRIBED, address="+37251000000", at=NOW
)


def part(**changes: Any) -> DeliveryReport:
    return evolve(REPORT, parts=(evolve(REPORT.parts[0], **changes),))


DIFFERENT: list[Event] = [
    REPORT,
    evolve(REPORT, id="acme:2"),
    evolve(REPORT, reference="r1"),
    evolve(REPORT, id="", reference="r1"),
    part(state=DeliveryState.READ),
    part(raw_state="delivered"),
    part(id="1"),
    part(channel=Channel.VIBER),
    part(at=None),
    part(at=None, raw_at="2027-01-01"),
    part(error=DeliveryFault("4")),
    part(error=DeliveryFault("4", "Barred")),
    part(price=Price(Decimal("0.1"))),
    part(price=Price(Decimal("0.1"), currency="EUR")),
    MESSAGE,
    evolve(MESSAGE, id="2"),
    evolve(MESSAGE, provider="zenith"),
    evolve(MESSAGE, channel=Channel.SMS),
    evolve(MESSAGE, sender="+37251000000"),
    evolve(MESSAGE, recipient="+37251000000"),
    evolve(MESSAGE, text="Hello"),
    evolve(MESSAGE, at=NOW),
    evolve(MESSAGE, raw={"sub_id": 2}),
    CHANGE,
    evolve(CHANGE, change=Subscription.SUBSCRIBED),
    evolve(CHANGE, address="+37251000001"),
    evolve(CHANGE, id="acme:1"),
    evolve(CHANGE, reference="r1"),
    evolve(CHANGE, channel=Channel.EMAIL),
    evolve(CHANGE, at=NOW.replace(hour=10)),
]
NEVER_HELD_BACK: list[Event] = [
    evolve(REPORT, id=""),
    evolve(REPORT, parts=()),
    evolve(MESSAGE, id=None),
    evolve(MESSAGE, id=""),
    evolve(MESSAGE, raw=float("nan")),
    evolve(CHANGE, at=None),
    evolve(CHANGE, address=None),
    evolve(part(channel="unknown"), raw=float("nan")),
]


def test_events_that_tell_different_things_have_different_keys() -> None:
    keys = [repeat_key(area, event) for area in ("a.b", "a.c") for event in DIFFERENT]
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_events_that_name_nothing_have_no_key() -> None:
    assert [repeat_key("a.b", event) for event in NEVER_HELD_BACK] == [None] * len(NEVER_HELD_BACK)
    assert repeat_key("a.b", "no event") is None  # type: ignore[arg-type]


def test_what_does_not_tell_events_apart_makes_no_difference() -> None:
    assert repeat_key("a.b", REPORT) == repeat_key("a.b", evolve(REPORT, raw={"retry": 2}))
    assert repeat_key("a.b", MESSAGE) == repeat_key("a.b", evolve(MESSAGE, raw={"sub_id": 1}))
    assert repeat_key("a.b", CHANGE) == repeat_key("a.b", evolve(CHANGE, raw=[]))


def test_a_part_without_id_and_channel_is_known_by_the_whole_post() -> None:
    nameless = part(channel="unknown")
    first, again, other = ({"trigger": 1}, {"trigger": 1}, {"trigger": 2})
    keys = [repeat_key("a.b", evolve(nameless, raw=raw)) for raw in (first, again, other)]
    assert keys[0] == keys[1] != keys[2]


def test_a_key_is_small_and_shows_nothing_however_long_the_words_are() -> None:
    key = repeat_key("a.b", part(raw_state="x" * 1_000_000 + "\ud800"))
    assert key is not None
    assert len(key) == 16


def test_what_is_remembered_never_exceeds_its_bound() -> None:
    repeats = Repeats(5)
    keys = [bytes([n]) for n in range(20)]
    for known, key in zip(itertools.count(), keys, strict=False):
        repeats.remember(key)
        repeats.remember(key)
        repeats.remember(None)
        assert len(repeats) == min(known + 1, 5)
    assert [key in repeats for key in keys] == [False] * 15 + [True] * 5
    assert None not in repeats
