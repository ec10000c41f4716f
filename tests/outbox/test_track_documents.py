"""A track that was written down and read again is the same, and merges as it did before."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, strategies as st

from omni_common.message import Channel
from omni_common.outbox.documents import DocumentError
from omni_common.outbox.track_documents import read_track, track_document, track_text
from omni_common.receipt import Part, Receipt
from omni_common.report import (
    DeliveryFault,
    DeliveryReport,
    DeliveryState,
    PartReport,
    Price,
)
from omni_common.track import Track
from tests.outbox.anything import texts, through_sqlite, zones
from tests.reliability.hostile_json import bodies, texts as hostile_texts, values

CANARY = "kestrel"
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)

HALVES = ["\ud800", "a\udc80b", "\udfff\ud800", "\ue000", "\ufffd"]
words = texts | st.sampled_from(["", "a", *HALVES]) | st.text(st.characters(), max_size=4)
maybe_words = st.none() | words
names = st.sampled_from([*Channel, "unknown", "rcs", ""]) | words
states = st.sampled_from(DeliveryState)
times = st.none() | st.datetimes() | st.datetimes(timezones=zones)
faults = st.none() | st.builds(DeliveryFault, maybe_words, maybe_words)
amounts = st.decimals() | st.sampled_from(
    [Decimal(1), Decimal("1.0"), Decimal("-0"), Decimal("1E+9999"), Decimal(10**40 + 1)]
)
numbers = st.none() | st.integers() | st.sampled_from([2**63, 2**64, 10**400])
prices = st.none() | st.builds(Price, amounts, st.none() | amounts, numbers, maybe_words)
parts = st.builds(
    PartReport, names, states, maybe_words, maybe_words, times, maybe_words, faults, prices
)
orders = st.lists(names, max_size=3, unique=True).map(tuple)
more: dict[str, Any] = {
    "reference": maybe_words,
    "partial": st.booleans(),
    "channels": orders,
    "provider": maybe_words,
}
reports = st.builds(
    DeliveryReport,
    words,
    states,
    st.none() | names,
    times,
    faults,
    prices,
    st.lists(parts, max_size=3).map(tuple),
    **more,
)
receipts = st.builds(
    Receipt,
    words,
    words,
    words,
    words,
    st.lists(st.builds(Part, names, maybe_words), max_size=3).map(tuple),
)
said = receipts.map(Track.of_receipt) | reports.map(Track.of_report)
tracks = said | st.lists(said, max_size=3).map(lambda each: reduce(Track.merged, each, Track()))


def again(track: Track) -> Track:
    return read_track(track_text(track))


def assert_same(one: Track, other: Track) -> None:
    assert one == other
    # Equal amounts may look different, and so may equal times.
    assert track_text(one) == track_text(other)


@given(tracks)
def test_a_track_is_the_same_when_it_is_read_again(track: Track) -> None:
    assert_same(again(track), track)
    assert again(track).report() == track.report()


@given(tracks)
def test_a_track_is_the_same_when_another_library_wrote_it_again(track: Track) -> None:
    assert_same(read_track(json.dumps(json.loads(track_text(track)), indent=1)), track)


@given(tracks)
def test_every_channel_is_of_its_class_again(track: Track) -> None:
    def kinds(track: Track) -> list[type]:
        stated = [each.part for each in track.statements]
        channels = [*track.order, *(part.channel for part in (*track.parts, *stated))]
        return [type(channel) for channel in channels]

    assert kinds(again(track)) == kinds(track)


@given(tracks, tracks)
def test_tracks_that_were_read_again_merge_as_they_did_before(a: Track, b: Track) -> None:
    assert_same(again(a).merged(again(b)), a.merged(b))
    assert_same(again(a).merged(b), again(a.merged(b)))


@given(tracks, tracks, tracks)
def test_the_laws_of_merging_hold_with_a_document_in_between(a: Track, b: Track, c: Track) -> None:
    assert again(a.merged(b)) == again(b.merged(a))
    assert again(again(a.merged(b)).merged(c)) == again(a.merged(again(b.merged(c))))
    both = again(a.merged(b))
    assert_same(both.merged(a), both)


@given(tracks)
def test_what_is_written_is_ascii_and_says_its_version(track: Track) -> None:
    assert track_text(track).isascii()
    assert json.loads(track_text(track))["version"] == 1


def test_sqlite_keeps_a_document_as_it_was() -> None:
    track = Track.of_report(DeliveryReport("messente:ж", DeliveryState.DELIVERED, at=NOON))
    assert_same(read_track(through_sqlite(track_document(track))), track)


@pytest.mark.parametrize(
    "offset",
    [timedelta(hours=3), timedelta(hours=-5, minutes=-30), timedelta(microseconds=1)],
    ids=["whole hours", "half hours", "next to nothing"],
)
def test_a_time_keeps_its_offset(offset: timedelta) -> None:
    for moment in (datetime.min.replace(tzinfo=UTC), NOON, datetime.max.replace(tzinfo=UTC)):
        at = moment.replace(tzinfo=timezone(offset))
        track = again(Track.of_report(DeliveryReport("1", DeliveryState.SENT, at=at)))
        (statement,) = track.statements
        found = statement.part.at
        assert found is not None
        assert (found, found.utcoffset()) == (at, offset)


# What is no track.

PART: dict[str, Any] = {
    "channel": "sms",
    "state": "delivered",
    "id": CANARY,
    "raw_state": CANARY,
    "at": ["2027-01-01T12:00:00.000001", 7200],
    "raw_at": CANARY,
    "error": [CANARY, CANARY],
    "price": ["0.1", "0.10", 2, "EUR"],
}
TRACK: dict[str, Any] = {
    "version": 1,
    "id": f"messente:{CANARY}",
    "reference": CANARY,
    "receipts": [f"messente:{CANARY}"],
    "heard": True,
    "order": ["viber", "sms"],
    "parts": [PART],
    "statements": [[0, PART]],
}


def assert_tells_nothing(error: DocumentError) -> None:
    assert CANARY not in "".join(traceback.format_exception(error))


def refused(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        read_track(text)
    assert_tells_nothing(caught.value)
    return str(caught.value)


def test_what_the_others_are_made_of_is_a_track() -> None:
    assert json.loads(track_text(read_track(json.dumps(TRACK)))) == TRACK


@pytest.mark.parametrize(
    "text", ["", CANARY, f'"{CANARY}"', f'["{CANARY}"]', "null", "1", f'{{"{CANARY}": ', "{}x"]
)
def test_what_is_no_object_is_refused(text: str) -> None:
    refused(text)


@given(text=hostile_texts() | values().map(json.dumps))
def test_any_text_and_any_json_is_refused(text: str) -> None:
    refused(text)


@given(data=st.data())
def test_a_spoiled_track_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    text = data.draw(bodies(TRACK)).decode(errors="surrogateescape")
    try:
        read_track(text)
    except DocumentError as error:
        assert_tells_nothing(error)


@pytest.mark.parametrize("version", [2, 7, 10**30])
def test_a_track_of_a_newer_version_is_refused_and_says_so(version: int) -> None:
    assert "newer version" in refused(json.dumps({"version": version}))
    assert "newer version" in refused(json.dumps({**TRACK, "version": version}))


@pytest.mark.parametrize("version", [0, -1, 1.0, True, "1", None, [1]])
def test_a_version_that_there_never_was_is_refused(version: object) -> None:
    assert "no track" in refused(json.dumps({**TRACK, "version": version}))


@pytest.mark.parametrize("name", TRACK)
def test_what_lacks_something_is_refused(name: str) -> None:
    refused(json.dumps({key: value for key, value in TRACK.items() if key != name}))


@pytest.mark.parametrize("name", PART)
def test_a_part_that_lacks_something_is_refused(name: str) -> None:
    lacking = {key: value for key, value in PART.items() if key != name}
    refused(json.dumps({**TRACK, "parts": [lacking]}))
    refused(json.dumps({**TRACK, "statements": [[0, lacking]]}))


NO_TEXT: tuple[Any, ...] = (1, True, ["x"], {})
WRONG_IN_TRACKS: dict[str, Sequence[Any]] = {
    "id": (None, *NO_TEXT),
    "reference": NO_TEXT,
    "receipts": (None, "", {}, CANARY, [1], [None]),
    "heard": (None, 1, "yes"),
    "order": (None, "", CANARY, {}, [None], [1]),
    "parts": (None, "", {}, [None], [1], [[]], ["x"]),
    "statements": (None, {}, [PART], [[PART]], [[None, PART]], [[True, PART]], [[0, None]]),
}
WRONG_IN_PARTS: dict[str, Sequence[Any]] = {
    "channel": (None, *NO_TEXT),
    "state": (None, CANARY, "", "DELIVERED", *NO_TEXT),
    "id": NO_TEXT,
    "raw_state": NO_TEXT,
    "raw_at": NO_TEXT,
    "at": (
        *("", 1, CANARY, [], ["2027-01-01T12:00:00"], {}),
        *([CANARY, 0], [None, 0], [1, 0], ["2027-01-01T12:00:00+00:00", 0]),
        *(["2027-01-01T12:00:00", each] for each in (None, "0", True, 86_400, 1e300, 10**400)),
        ["2027-01-01T24:00:00", 0],
    ),
    "error": (1, "", CANARY, {}, [], [CANARY], [1, None], [None, 1], [None] * 3),
    "price": (
        *(1, "", CANARY, {}, [], ["1"], [None] * 4),
        *([each, None, None, None] for each in (1, 0.5, "", CANARY, "NaN", "Infinity", "sNaN")),
        *(["1", each, None, None] for each in (1, 0.5, "", CANARY, "NaN", "-Infinity")),
        *(["1", None, each, None] for each in (0.5, "1", True)),
        *(["1", None, None, each] for each in NO_TEXT),
    ),
}


def _in_track(name: str, value: object) -> dict[str, Any]:
    return {**TRACK, name: value}


def _in_part(name: str, value: object) -> dict[str, Any]:
    return {**TRACK, "parts": [{**PART, name: value}]}


@pytest.mark.parametrize(
    ("spoiled", "name", "value"),
    [
        *((_in_track, name, each) for name, given in WRONG_IN_TRACKS.items() for each in given),
        *((_in_part, name, each) for name, given in WRONG_IN_PARTS.items() for each in given),
    ],
)
def test_a_value_of_another_kind_is_refused(
    spoiled: Callable[[str, object], dict[str, Any]], name: str, value: object
) -> None:
    refused(json.dumps(spoiled(name, value)))
