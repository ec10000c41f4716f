"""The laws of tracks: whatever is said, in whatever order and however often, ends the same.

The reports of these tests are of one message with one to three channels: its receipt, answers whose
parts are the first so many channels or none at all, and posts of one channel, named or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from random import Random

from attrs import evolve
from hypothesis import given, strategies as st

from omni_common.message import Channel
from omni_common.receipt import Part, Receipt
from omni_common.report import (
    DeliveryFault,
    DeliveryReport,
    DeliveryState,
    PartReport,
    Price,
    merge,
    overall_state,
)
from omni_common.track import Track

CHANNELS = (Channel.VIBER, Channel.WHATSAPP, Channel.SMS)
ID = "messente:1"
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)

states = st.sampled_from(DeliveryState)
cascades = st.integers(1, 3).map(lambda count: CHANNELS[-count:])
times = st.none() | st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
# Few values, so that reports agree in some of them and differ in others; among them equal amounts
# that look different.
texts = st.sampled_from([None, "", "a", "b"])
faults = st.none() | st.builds(DeliveryFault, texts, texts)
prices = st.none() | st.builds(
    Price,
    st.sampled_from([Decimal(1), Decimal("1.0"), Decimal("0.2")]),
    segments=st.sampled_from([None, 1, 2]),
)


# A vendor gives each channel of a message an id of its own, which it may leave out; what is said of
# a channel without its name may have any of them, or one that nobody has heard of.
ids = st.sampled_from([None, "", "a", *(f"id-of-{channel}" for channel in CHANNELS)])


def part_of(channels: st.SearchStrategy[Channel | str]) -> st.SearchStrategy[PartReport]:
    return channels.flatmap(
        lambda channel: st.builds(
            PartReport,
            st.just(channel),
            states,
            id=ids if channel == "unknown" else st.sampled_from([None, f"id-of-{channel}"]),
            raw_state=texts,
            at=times,
            raw_at=texts,
            error=faults,
            price=prices,
        )
    )


@st.composite
def answers(draw: st.DrawFn, cascade: Sequence[Channel]) -> DeliveryReport:
    """What a status says: of the first channels, or of the message without its channels."""
    parts = [draw(part_of(st.just(each))) for each in cascade[: draw(st.integers(0, 3))]]
    if parts:
        return DeliveryReport.of_parts(ID, parts)
    return DeliveryReport(ID, draw(states), at=draw(times), error=draw(faults), price=draw(prices))


@st.composite
def posts(draw: st.DrawFn, names: Sequence[Channel | str]) -> DeliveryReport:
    """What a vendor posts of one channel."""
    part = draw(part_of(st.sampled_from(names)))
    reference = draw(st.sampled_from([None, "order-1"]))
    return evolve(DeliveryReport.of_parts(ID, [part]), partial=True, reference=reference)


def receipt(cascade: Sequence[Channel]) -> Receipt:
    parts = tuple(Part(channel, f"id-of-{channel}") for channel in cascade)
    return Receipt(ID, "messente", "order-1", "+37251234567", parts)


def track_of(said: Receipt | DeliveryReport) -> Track:
    return Track.of_receipt(said) if isinstance(said, Receipt) else Track.of_report(said)


def merged(tracks: Sequence[Track]) -> Track:
    return reduce(Track.merged, tracks, Track())


def _with_id(post: DeliveryReport, id: str | None) -> DeliveryReport:
    """A post that may contradict what others say of the id of its part."""
    return evolve(post, parts=(evolve(post.parts[0], id=id),))


sayings = cascades.flatmap(
    lambda cascade: (
        st.just(receipt(cascade))
        | answers(cascade)
        | posts(cascade)
        | posts(["unknown", "rcs"])
        | posts(cascade).map(lambda post: evolve(post, channels=cascade))
        | st.tuples(posts([*cascade, "unknown"]), ids).map(lambda drawn: _with_id(*drawn))
    )
)
tracks = sayings.map(track_of) | st.lists(sayings.map(track_of), max_size=3).map(merged)


@given(tracks, tracks, tracks)
def test_merging_is_associative_commutative_and_idempotent(a: Track, b: Track, c: Track) -> None:
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a.merged(a) == a
    assert Track().merged(a) == a


@given(tracks, tracks)
def test_what_is_merged_already_changes_nothing_again(a: Track, b: Track) -> None:
    both = a.merged(b)
    assert both.merged(a) == both.merged(b) == both
    assert repr(b.merged(a)) == repr(both)  # also what is equal and looks otherwise


@st.composite
def stories(
    draw: st.DrawFn, names: Sequence[str] = ("unknown",)
) -> tuple[Sequence[Channel], list[Receipt | DeliveryReport]]:
    """A cascade, and what is said of it."""
    cascade = draw(cascades)
    said = answers(cascade) | posts([*cascade, *names])
    return cascade, [receipt(cascade), *draw(st.lists(said, max_size=8))]


@given(stories(), st.data(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_what_is_said_ends_the_same(
    story: tuple[Sequence[Channel], list[Receipt | DeliveryReport]],
    data: st.DataObject,
    random: Random,
) -> None:
    _, said = story
    repeated = [*said, *data.draw(st.lists(st.sampled_from(said), max_size=8))]
    random.shuffle(repeated)
    end = merged([track_of(each) for each in said])
    again = merged([track_of(each) for each in repeated])
    assert again == end
    assert again.report() == end.report()


@given(stories())
def test_what_arrived_stays_arrived_and_what_ended_stays_ended(
    story: tuple[Sequence[Channel], list[Receipt | DeliveryReport]],
) -> None:
    _, said = story
    track = track_of(said[0])
    before = track.report()
    for each in said[1:]:
        track = track.merged(track_of(each))
        after = track.report()
        assert after.is_final or not before.is_final
        if before.state.has_arrived:
            assert after.state.reaches(before.state)
        before = after


@given(stories())
def test_a_message_arrived_if_and_only_if_somebody_said_so(
    story: tuple[Sequence[Channel], list[Receipt | DeliveryReport]],
) -> None:
    _, said = story
    report = merged([track_of(each) for each in said]).report()
    arrived = {
        state
        for each in said
        if isinstance(each, DeliveryReport)
        for state in (each.state, *(part.state for part in each.parts))
        if state.has_arrived
    }
    assert report.state.has_arrived is bool(arrived)
    if arrived:
        assert report.state is merge(arrived)


@given(cascades.flatmap(lambda cascade: st.tuples(st.just(cascade), st.lists(posts(cascade)))))
def test_posts_of_named_channels_make_what_their_furthest_states_make(
    story: tuple[Sequence[Channel], list[DeliveryReport]],
) -> None:
    cascade, said = story
    report = merged([Track.of_receipt(receipt(cascade)), *map(Track.of_report, said)]).report()
    furthest = [
        merge([DeliveryState.ACCEPTED, *(each.state for each in said if each.channel is channel)])
        for channel in cascade
    ]
    assert report.state is overall_state(furthest)
    assert [part.state for part in report.parts] == furthest
    assert report.is_final is report.state.is_final


@given(cascades.flatmap(answers))
def test_the_track_of_one_answer_says_what_the_answer_said(answer: DeliveryReport) -> None:
    report = Track.of_report(answer).report()
    assert evolve(report, channels=()) == answer
