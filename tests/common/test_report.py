"""Delivery states: how reports of one part merge, and what the parts make of the whole."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise, permutations
from typing import Any

import pytest
from attrs import astuple, evolve
from hypothesis import given, strategies as st

from omni_common.errors import UnknownMessageError
from omni_common.message import Channel
from omni_common.report import (
    DeliveryFault,
    DeliveryReport,
    DeliveryState,
    PartReport,
    Price,
    StatusResult,
    merge,
    overall_state,
)

S = DeliveryState
# From the first that a message has to the last it can get.
ORDER = [
    S.ACCEPTED,
    S.SCHEDULED,
    S.SENDING,
    S.SENT,
    S.UNKNOWN,
    S.UNDELIVERED,
    S.EXPIRED,
    S.REJECTED,
    S.CANCELLED,
    S.DELIVERED,
    S.READ,
    S.CLICKED,
]
FAILURES = [S.UNDELIVERED, S.EXPIRED, S.REJECTED, S.CANCELLED]
REACHED = [S.DELIVERED, S.READ, S.CLICKED]
UNDER_WAY = [S.ACCEPTED, S.SCHEDULED, S.SENDING, S.SENT, S.UNKNOWN]

states = st.sampled_from(DeliveryState)
some_states = st.lists(states, min_size=1)


def test_every_state_has_its_place() -> None:
    assert sorted(ORDER, key=list(S).index) == list(S)
    assert set(FAILURES + REACHED + UNDER_WAY) == set(S)


@pytest.mark.parametrize("state", S)
def test_a_state_is_known_by_the_word_that_is_stored_and_printed(state: S) -> None:
    assert state.value == state.name.lower()
    assert S(state.value) is state


@pytest.mark.parametrize(("less", "more"), list(pairwise(ORDER)))
def test_the_state_that_is_further_along_wins_in_any_order(less: S, more: S) -> None:
    assert merge([less, more]) is merge([more, less]) is more


@given(states, states)
def test_a_state_reaches_another_if_merging_the_two_leaves_it(state: S, wanted: S) -> None:
    assert state.reaches(wanted) is (merge([state, wanted]) is state)
    assert state.has_arrived is state.reaches(S.DELIVERED)


@given(states, states, states)
def test_merging_is_associative_commutative_and_idempotent(a: S, b: S, c: S) -> None:
    assert merge([merge([a, b]), c]) is merge([a, merge([b, c])]) is merge([a, b, c])
    assert merge([a, b]) is merge([b, a])
    assert merge([a, a]) is merge([a]) is a


@given(some_states, st.randoms(use_true_random=False))
def test_repeated_and_reordered_reports_change_nothing(seen: list[S], random: object) -> None:
    again = seen + seen[: len(seen) // 2]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert merge(again) is merge(seen)
    assert merge(seen) in seen


@pytest.mark.parametrize("function", [merge, overall_state])
def test_of_nothing_there_is_no_state(function: object) -> None:
    with pytest.raises(ValueError, match="empty"):
        function([])  # type: ignore[operator]


@pytest.mark.parametrize("state", S)
def test_final_is_what_expects_no_other_delivery_outcome(state: S) -> None:
    assert state.is_final is (state not in UNDER_WAY)
    assert DeliveryReport("memory:1", state).is_final is state.is_final


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ([S.SENT], S.SENT),
        ([S.EXPIRED, S.ACCEPTED], S.ACCEPTED),
        ([S.EXPIRED, S.SENDING, S.ACCEPTED], S.SENDING),
        ([S.UNDELIVERED, S.UNKNOWN], S.UNKNOWN),
        ([S.CANCELLED, S.SENT], S.SENT),
        ([S.EXPIRED, S.DELIVERED], S.DELIVERED),
        ([S.DELIVERED, S.EXPIRED], S.DELIVERED),
        ([S.DELIVERED, S.ACCEPTED], S.DELIVERED),
        ([S.READ, S.DELIVERED], S.READ),
        ([S.EXPIRED, S.UNDELIVERED], S.UNDELIVERED),
        ([S.CANCELLED, S.EXPIRED], S.EXPIRED),
        ([S.REJECTED, S.REJECTED], S.REJECTED),
    ],
)
def test_a_cascade_is_where_its_channels_say(parts: Sequence[S], state: S) -> None:
    assert overall_state(parts) is state


@given(some_states)
def test_a_cascade_is_reached_under_way_or_failed_in_this_order(parts: list[S]) -> None:
    state = overall_state(parts)
    assert state in parts
    if any(part in REACHED for part in parts):
        assert state in REACHED
    elif any(part in UNDER_WAY for part in parts):
        assert state in UNDER_WAY
    else:
        assert state is parts[-1]


@given(some_states)
def test_whether_a_channel_was_reached_does_not_hang_on_its_place(parts: list[S]) -> None:
    reached = {overall_state(order) in REACHED for order in permutations(parts[:4])}
    assert len(reached) == 1


def part(channel: Channel, state: S) -> PartReport:
    return PartReport(
        channel,
        state,
        id=f"id-of-{channel}",
        at=datetime(2027, 1, 1, list(Channel).index(channel), tzinfo=UTC),
        error=DeliveryFault(channel.upper()),
        price=Price(Decimal(len(channel))),
    )


@pytest.mark.parametrize(
    ("of_viber", "of_sms", "deciding"),
    [
        (S.EXPIRED, S.DELIVERED, Channel.SMS),
        (S.DELIVERED, S.EXPIRED, Channel.VIBER),
        (S.EXPIRED, S.EXPIRED, Channel.SMS),
        (S.UNDELIVERED, S.SENT, Channel.SMS),
        (S.SENT, S.ACCEPTED, Channel.VIBER),
    ],
)
def test_a_report_shows_the_part_that_decided(of_viber: S, of_sms: S, deciding: Channel) -> None:
    parts = [part(Channel.VIBER, of_viber), part(Channel.SMS, of_sms)]
    report = DeliveryReport.of_parts("memory:1", parts, raw={"status": "said"})
    assert report.id == "memory:1"
    (chosen,) = (each for each in parts if each.channel is deciding)
    assert (report.state, report.channel) == (chosen.state, deciding)
    assert (report.at, report.error, report.price) == (chosen.at, chosen.error, chosen.price)
    assert report.parts == tuple(parts)
    assert report.raw == {"status": "said"}


@given(some_states)
def test_every_report_of_parts_shows_one_of_them(seen: list[S]) -> None:
    parts = [PartReport(f"channel-{n}", state) for n, state in enumerate(seen)]
    report = DeliveryReport.of_parts("memory:1", parts)
    assert report.state is overall_state(seen)
    assert (report.channel, report.state) in [(each.channel, each.state) for each in parts]


def test_a_report_without_parts_cannot_be_derived() -> None:
    with pytest.raises(ValueError, match="empty"):
        DeliveryReport.of_parts("memory:1", [])


def test_what_nobody_said_is_none() -> None:
    assert astuple(PartReport("sms", S.SENT)) == ("sms", S.SENT, *[None] * 6)
    assert astuple(DeliveryReport("memory:1", S.SENT)) == (
        *("memory:1", S.SENT, None, None, None, None, (), None),
        *(None, False, (), None, None),
    )
    assert astuple(DeliveryFault("27")) == ("27", None)
    assert astuple(Price(Decimal(1))) == (Decimal(1), None, None, None)
    assert astuple(StatusResult("memory:1")) == ("memory:1", None, None)


def test_what_a_report_says_besides_is_given_by_name() -> None:
    said: list[Any] = ["memory:1", S.SENT, "sms", None, None, None, (), None]
    assert DeliveryReport(*said, reference="order-1").reference == "order-1"
    with pytest.raises(TypeError):
        DeliveryReport(*said, "order-1")  # type: ignore[call-arg]


def test_what_the_vendor_said_stays_out_of_sight() -> None:
    report = DeliveryReport("memory:1", S.SENT, raw={"to": "+37251234567"})
    assert "raw" not in repr(report)
    assert "1234567" not in repr(report)


def test_of_a_vendors_words_only_keys_and_times_are_shown() -> None:
    quoting = "blocked: +37251234567"
    fault = DeliveryFault(quoting, quoting)
    price = Price(Decimal(1), currency=quoting)
    told = PartReport(quoting, S.SENT, raw_state=quoting, raw_at=quoting, error=fault, price=price)
    report = DeliveryReport.of_parts("memory:1", [told])
    for shown in (repr(told), repr(evolve(report, channels=(quoting,)))):
        assert "blocked" not in shown
        assert "1234567" not in shown

    price = Price(Decimal(1), currency="EUR")
    told = PartReport("rcs", S.SENT, raw_state="SENT_OK", raw_at="03:04:05", price=price)
    shown = repr(evolve(DeliveryReport.of_parts("memory:1", [told]), channels=("rcs", "vk")))
    for word in ("channel=rcs", "SENT_OK", "03:04:05", "EUR", "channels=(rcs, vk)"):
        assert word in shown
    assert "code=27, text=<17 characters>" in repr(DeliveryFault("27", "absent subscriber"))


def test_reports_pickle_and_compare() -> None:
    report = DeliveryReport.of_parts("memory:1", [part(Channel.SMS, S.SENT)], raw=[1])
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 - our own
    assert hash(report) == hash(DeliveryReport.of_parts("memory:1", [part(Channel.SMS, S.SENT)]))
    result = StatusResult("memory:1", report=report)
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own


def test_a_result_with_an_error_pickles_too() -> None:
    result = StatusResult("memory:1", error=UnknownMessageError("who?", provider="memory"))
    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own
    assert type(again.error) is UnknownMessageError
    assert again.error.provider == "memory"


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (DeliveryFault("27", "absent subscriber"), "27 absent subscriber"),
        (DeliveryFault("27"), "27"),
        (DeliveryFault(None, "absent"), "absent"),
        (DeliveryFault(None), ""),
    ],
)
def test_a_fault_is_printed_as_the_vendor_said_it(fault: DeliveryFault, text: str) -> None:
    assert str(fault) == text


@pytest.mark.parametrize(
    ("states", "channel"),
    [
        ([S.ACCEPTED, S.ACCEPTED], Channel.VIBER),
        ([S.EXPIRED, S.EXPIRED], Channel.SMS),
        ([S.UNKNOWN, S.UNKNOWN], Channel.SMS),
    ],
)
def test_a_report_shows_the_channel_whose_turn_it_is_or_was(
    states: list[S], channel: Channel
) -> None:
    parts = [part(Channel.VIBER, states[0]), part(Channel.SMS, states[1])]
    assert DeliveryReport.of_parts("memory:1", parts).channel is channel
