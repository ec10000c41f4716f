"""What is said of messages, in whatever words: merged, told apart and shown without a failure."""

from __future__ import annotations

import pickle

from hypothesis import strategies as st

from omni_common.callbacks import Event, IncomingMessage, Subscription, SubscriptionChanged
from omni_common.callbacks.repeats import Repeats, repeat_key
from omni_common.callbacks.words import UnknownStates
from omni_common.report import DeliveryReport, DeliveryState, merge, overall_state
from omni_common.track import Track
from tests.reliability.cases import Tally, every
from tests.reliability.conftest import Size
from tests.reliability.hostile_json import texts, values
from tests.reliability.hostile_reports import moments, receipts, reports, words
from tests.support.figures import RecordProperty


def tracks() -> st.SearchStrategy[Track]:
    return reports().map(Track.of_report) | receipts().map(Track.of_receipt)


def test_any_three_things_said_of_a_message_merge_in_any_order(
    size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def merged(case: tuple[Track, Track, Track]) -> Track:
        one, other, third = case
        both = one.merged(other)
        assert both == other.merged(one)
        assert both.merged(both) == both.merged(one) == both
        whole = both.merged(third)
        assert whole == one.merged(other.merged(third))
        return whole

    def check(case: tuple[Track, Track, Track]) -> None:
        whole = tally.answered(lambda: merged(case))
        report = whole.report()
        assert repr(whole).encode()
        assert repr(report).encode()
        assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301 - our own bytes
        arrived = [part.state.has_arrived for track in case for part in track.parts]
        assert report.state.has_arrived or not any(arrived)
        assert report.is_final in {True, False}

    every(st.tuples(tracks(), tracks(), tracks()), size(short=40, full=2_000), check)
    record_property("fuzzed messages", dict(tally.figures))


def events() -> st.SearchStrategy[Event]:
    incoming = st.builds(
        IncomingMessage,
        provider=texts(),
        id=words(),
        channel=words(),
        sender=words(),
        recipient=words(),
        text=words(),
        at=moments(),
        raw=values() | st.just({1, 2}),
    )
    changes = st.builds(
        SubscriptionChanged,
        provider=texts(),
        change=st.sampled_from(Subscription),
        id=texts(),
        reference=words(),
        channel=words(),
        address=words(),
        at=moments(),
    )
    return incoming | changes | reports()


def test_any_event_can_be_told_from_others_and_counted(
    size: Size, record_property: RecordProperty
) -> None:
    tally, repeats, unknown = Tally(), Repeats(50), UnknownStates()

    def told(event: Event) -> bytes | None:
        assert repr(event).encode()
        unknown.count("area", event)
        key = repeat_key("area", event)
        repeats.remember(key)
        return key

    def check(event: Event) -> None:
        key = tally.answered(lambda: told(event))
        assert (key in repeats) == (key is not None)
        assert key == repeat_key("area", event)
        if isinstance(event, DeliveryReport) and event.parts:
            states = [part.state for part in event.parts]
            assert merge(states) in states
            assert overall_state(states) in {*states, DeliveryState.UNKNOWN}

    every(events(), size(short=60, full=4_000), check)
    assert len(repeats) <= 50
    assert len(unknown.counts) <= 101
    assert all(word.isprintable() for _, word in unknown.counts)
    record_property("fuzzed messages", dict(tally.figures))
