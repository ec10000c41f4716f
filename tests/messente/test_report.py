"""Messente's words for where a message is, in the words that all vendors share."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from messente_async.report import (
    DELIVERY_ERRORS,
    STATES,
    DeliveryError,
    DeliveryReportResponse,
    DeliveryResult,
    Status,
    cascade_state,
    state_of,
)
from omni_common.report import DeliveryState as State

REACHED = {State.DELIVERED, State.READ, State.CLICKED}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (None, State.ACCEPTED),
        ("ACK", State.SENT),
        ("ACCEPTD", State.SENT),
        ("DELIVRD", State.DELIVERED),
        ("SEEN", State.READ),
        ("UNDELIV", State.UNDELIVERED),
        ("FAILED", State.UNDELIVERED),
        ("UNKNOWN", State.UNKNOWN),
        ("REJECTD", State.REJECTED),
        ("NACK", State.REJECTED),
        ("DELETED", State.CANCELLED),
        ("EXPIRED", State.EXPIRED),
        ("expired", State.EXPIRED),
        ("TELEPORTED", State.UNKNOWN),
        ("<int>", State.UNKNOWN),
    ],
)
def test_each_word_has_its_state(word: str | None, state: State) -> None:
    assert state_of(word) is state
    assert DeliveryResult(status=word).state is state


def test_a_scheduled_message_is_scheduled_only_while_nothing_is_said_of_it() -> None:
    assert state_of(None, scheduled=True) is State.SCHEDULED
    assert state_of("DELIVRD", scheduled=True) is State.DELIVERED


def test_every_word_and_every_number_has_a_meaning() -> None:
    assert STATES.keys() == set(Status)
    assert DELIVERY_ERRORS.keys() == set(DeliveryError)


@given(word=st.text())
def test_t46_any_word_has_a_state(word: str) -> None:
    assert (state_of(word) is State.UNKNOWN) == (
        word.upper() not in Status.__members__ or word.upper() == "UNKNOWN"
    )


@pytest.mark.parametrize(
    ("states", "channels", "overall"),
    [
        ([], 1, State.ACCEPTED),
        ([State.EXPIRED], 1, State.EXPIRED),
        ([State.EXPIRED], 2, State.ACCEPTED),
        ([State.EXPIRED, State.ACCEPTED], 2, State.ACCEPTED),
        ([State.EXPIRED, State.SENT], 3, State.SENT),
        ([State.EXPIRED, State.DELIVERED], 3, State.DELIVERED),
        ([State.READ, State.EXPIRED], 2, State.READ),
        ([State.EXPIRED, State.UNDELIVERED], 2, State.UNDELIVERED),
        ([State.UNDELIVERED, State.REJECTED], 1, State.REJECTED),
        ([State.CANCELLED, State.CANCELLED], 2, State.CANCELLED),
    ],
)
def test_t59_the_state_of_a_cascade(states: list[State], channels: int, overall: State) -> None:
    assert cascade_state(states, channels=channels) is overall


@given(states=st.lists(st.sampled_from(State), min_size=1, max_size=4), channels=st.integers(0, 5))
def test_a_failure_is_the_last_word_only_when_no_channel_is_left(
    states: list[State], channels: int
) -> None:
    overall = cascade_state(states, channels=channels)

    if REACHED & set(states):
        assert overall in REACHED
    elif overall.is_final:
        assert len(states) >= channels
        assert overall is states[-1]


def test_a_report_derives_its_state_from_its_channels() -> None:
    report = DeliveryReportResponse(
        statuses=(DeliveryResult(status=Status.EXPIRED), DeliveryResult(status="TELEPORTED"))
    )

    assert report.state() is State.UNKNOWN
    assert DeliveryReportResponse().state(channels=2) is State.ACCEPTED
