"""Ids that an answer may have rounded (T18): which message a status is of, without guessing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from devino_async import SmsStatus
from devino_async.ids import (
    match_ids,
    read_id,
    read_rounded_id,
    separate_questions,
    unmatched,
)
from devino_async.sandbox.answers import through_double
from devino_async.sms import match_statuses
from tests.devino.answering import ROUNDED_ID, SENT_ID

# Ids near one another share a float; a few are far away or no numbers at all.
_NEAR = st.integers(0, 1500).map(lambda step: str(int(SENT_ID) - 700 + step))
_FAR = st.sampled_from(["1", "007", "7", "9007199254740993", "dwY4BSnjQ2X", "9" * 30, "9" * 400])
IDS = st.lists(_NEAR | _FAR, max_size=6)


def rounded(message_id: str) -> str:
    return str(through_double(int(message_id)))


def same_float(one: str, other: str) -> bool:
    return one.isdigit() and other.isdigit() and float(one) == float(other)


@given(asked=IDS, given_ids=IDS)
@example(asked=[SENT_ID], given_ids=[ROUNDED_ID])
def test_an_id_stands_for_itself_or_for_the_only_one_like_it(
    asked: list[str], given_ids: list[str]
) -> None:
    meant = match_ids(asked, given_ids)
    assert len(set(meant.values())) == len(meant)
    for given_id, message_id in meant.items():
        assert given_id in given_ids
        assert message_id in asked
        if given_id != message_id:
            assert given_id not in asked
            assert [each for each in set(asked) if same_float(each, given_id)] == [message_id]


@given(asked=IDS)
def test_exact_ids_are_all_found(asked: list[str]) -> None:
    distinct = list(dict.fromkeys(asked))
    assert match_ids(asked, distinct) == {message_id: message_id for message_id in distinct}
    assert separate_questions(asked, distinct) == []


@given(asked=st.lists(_NEAR, unique=True, max_size=8))
def test_rounded_ids_are_found_in_the_end_and_never_mixed_up(asked: list[str]) -> None:
    """Whatever rounding did, asking again apart leads to every message, each exactly once."""
    found: list[str] = []
    questions = [asked]
    while questions:
        question = questions.pop()
        given_ids = [rounded(message_id) for message_id in question]
        for given_id, message_id in match_ids(question, given_ids).items():
            assert rounded(message_id) == given_id
            found.append(message_id)
        again = separate_questions(question, given_ids)
        assert all(len({float(each) for each in ids}) == len(ids) for ids in again)
        questions += again
    assert sorted(found) == sorted(asked)


@pytest.mark.parametrize("asked", [[SENT_ID, str(int(SENT_ID) + 1)], ["1" * 16 + "0", "1" * 17]])
def test_ids_that_round_alike_are_not_guessed(asked: list[str]) -> None:
    alike = same_float(*asked)
    given_ids = [rounded(message_id) for message_id in asked]
    meant = match_ids(asked, given_ids)
    assert sorted(meant.values()) == ([] if alike else sorted(asked))


def test_a_rounded_id_that_happens_to_be_another_ones_is_not_taken_for_it() -> None:
    """Both answers hold the second id: one of them is the first message's, rounded."""
    asked = [SENT_ID, ROUNDED_ID]
    assert match_ids(asked, [ROUNDED_ID, ROUNDED_ID]) == {}
    assert separate_questions(asked, [ROUNDED_ID, ROUNDED_ID]) == [[SENT_ID], [ROUNDED_ID]]
    assert match_ids(asked, [ROUNDED_ID]) == {}
    assert separate_questions(asked, [ROUNDED_ID]) == [[SENT_ID], [ROUNDED_ID]]


def test_t18_an_answer_with_an_id_that_no_float_is_written_as_was_not_rounded() -> None:
    """So of many messages, some of which are not known yet, none is asked for on its own."""
    asked = [str(int(SENT_ID) + step) for step in range(50)]
    assert separate_questions(asked, asked[:20]) == []
    assert len(match_ids(asked, asked[:20])) == 20


def test_ids_that_stand_for_nobody_are_told() -> None:
    assert unmatched([SENT_ID, "1"], ["1", "2", ROUNDED_ID]) == ["2"]
    asked = [SENT_ID, str(int(SENT_ID) + 1)]
    assert unmatched(asked, [ROUNDED_ID, "2"]) == ["2"]


@pytest.mark.parametrize("value", [0, 0.0, "", " ", "\n\t", None, True, 1.5, [], {}])
def test_what_is_no_id(value: Any) -> None:
    assert read_id(value) is None
    assert read_rounded_id(value) is None


def test_t18_only_an_id_that_is_matched_may_be_a_float() -> None:
    number = float(SENT_ID)
    assert read_id(number) is None
    assert read_rounded_id(number) == str(int(number))


def test_questions_are_as_few_as_can_be() -> None:
    first, second = int(SENT_ID) + 1, int(SENT_ID) + 100_000
    asked = [str(start + step) for start in (first, second) for step in range(3)]
    again = separate_questions([*asked, "1"], [rounded(each) for each in asked])
    assert again == [[asked[step], asked[3 + step]] for step in range(3)]


@pytest.mark.parametrize(
    ("asked", "given_id"),
    [
        ("7", "007"),
        ("9007199254740992", "9.007199254740992E15"),
        (SENT_ID, f"0{ROUNDED_ID}"),
        ("9" * 400, "9" * 401),
        ("٣٧٠١١٧٢٠٨٤٧٢٩٨٨٥٩٥٢", SENT_ID),
    ],
)
def test_ids_that_only_look_alike_are_different(asked: str, given_id: str) -> None:
    assert match_ids([asked], [given_id]) == {}


def test_two_roundings_of_one_id_are_not_chosen_from() -> None:
    assert match_ids([SENT_ID], [ROUNDED_ID, str(int(ROUNDED_ID) + 1)]) == {}
    assert match_ids([SENT_ID], [ROUNDED_ID, SENT_ID]) == {SENT_ID: SENT_ID}


def test_a_status_carries_the_id_that_was_asked_for() -> None:
    matched = match_statuses([SENT_ID], [SmsStatus(ROUNDED_ID, "SENT")])
    assert matched == {SENT_ID: SmsStatus(SENT_ID, "SENT")}


def test_statuses_of_nobody_are_left_out() -> None:
    assert match_statuses([SENT_ID], [SmsStatus("1", "SENT")]) == {}


@given(words=st.permutations(["SENT", "ACCEPTED", "DELIVERED", "EXPIRED", "UNKNOWN", "new"]))
def test_of_several_statuses_the_furthest_counts_in_any_order(words: list[str]) -> None:
    matched = match_statuses(["1"], [SmsStatus("1", word) for word in words])
    assert matched["1"].status == "DELIVERED"
