"""What an answer to a transactional call proves of one recipient, and of the whole call."""

from __future__ import annotations

from typing import Any

import pytest

from devino_async.omni import OmniRecipient, read_answers
from omni_common.exchange import Answer, Failure, FailureKind
from tests.devino.answering import answer, reason
from tests.devino.omni_entries import (
    ACCEPTED,
    ANNA,
    IDS,
    JAMES,
    NOT_SENT,
    UNKNOWN,
    body,
    no,
    ok,
    read,
    told,
)

# --- One recipient --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 500])
def test_t2_the_only_recipient_is_accepted_by_the_code_and_an_id(status: int) -> None:
    answers = read(body([ok("3606044956953218300")], ids=IDS[:1]), JAMES, status=status)
    [result] = answers.results
    assert (result.outcome, result.message_id, result.contact_id) == (
        ACCEPTED,
        "3606044956953218300",
        IDS[0],
    )
    [accepted] = answers.accepted
    assert (accepted.code, accepted.message_id, accepted.merge_key) == (
        "OK",
        "3606044956953218300",
        IDS[0],
    )


@pytest.mark.parametrize("status", [200, 400])
def test_t2_the_only_recipient_is_refused_by_the_code(status: int) -> None:
    answers = read(body(refused=[no({"phone": "79103398080"})]), JAMES, status=status)
    [result] = answers.results
    assert (result.outcome, result.message_id) == (NOT_SENT, None)
    assert [(each.key, each.default_message) for each in result.reasons] == [
        ("invalid.phone.size", "Invalid phone size")
    ]


def test_t18_an_id_is_kept_to_the_last_digit() -> None:
    for message_id in (3606044956953218301, "3606044956953218301"):
        assert told(read(body([ok(message_id)]), JAMES)) == [(ACCEPTED, "3606044956953218301")]


def test_a_contact_by_its_id_keeps_it() -> None:
    for answers in (read(body([ok()]), ids=IDS[:1]), read(body([ok(key=None)]), ids=IDS[:1])):
        assert [(each.outcome, each.contact_id) for each in answers.results] == [(ACCEPTED, IDS[0])]
    assert told(read(body(refused=[no()]), ids=IDS[:1])) == [(NOT_SENT, None)]


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_t27_a_cut_merge_key_may_be_the_only_contacts(cut: int) -> None:
    sent = body([ok(key=IDS[0][:-cut])], ids=[IDS[0]])
    assert told(read(sent, ids=IDS[:1])) == [(ACCEPTED, "1")]


@pytest.mark.parametrize(
    "answers",
    [
        body([ok(key="bbbb")], ids=["bbbb"]),
        body([ok(key="bbbb")], ids=["aaaa"]),
        body([ok(key="aaaa-1")]),
        body([ok(key=None)], ids=["bbbb"]),
    ],
)
def test_a_message_to_another_contact_says_nothing_of_the_one_asked_for(answers: Any) -> None:
    [result] = read(answers, ids=["aaaa"]).results
    assert (result.outcome, result.message_id, result.contact_id) == (UNKNOWN, None, "aaaa")


@pytest.mark.parametrize(
    "quoted",
    [
        {"phone": "79001234567"},
        {"email": "anna@example.com"},
        {"phone": "79103398080", "email": "anna@example.com"},
    ],
)
def test_t28_a_refusal_that_quotes_another_says_nothing_of_the_only_one(
    quoted: dict[str, str],
) -> None:
    assert told(read(body(refused=[no(quoted)]), JAMES)) == [(UNKNOWN, None)]


@pytest.mark.parametrize(
    ("contact", "quoted"),
    [
        (JAMES, {"email": "james@JAMESMAIL.com"}),
        (JAMES, {"phone": "+79103398080"}),
        (JAMES, {}),
        (ANNA, {"phone": "79103398081"}),
    ],
)
def test_t28_a_refusal_that_may_be_the_only_ones_is(
    contact: OmniRecipient, quoted: dict[str, str]
) -> None:
    assert told(read(body(refused=[no(quoted)]), contact)) == [(NOT_SENT, None)]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("#invalid.phone.size; Invalid phone size #79001234567", "invalid.phone.size"),
        ("#invalid.phone.size; Invalid #79001234567; sorry", "invalid.phone.size"),
        ("#invalid_phone2; No #phone at all", "invalid_phone2"),
        ("#79001234567; invalid", None),
        ("#79001234567", None),
    ],
)
def test_t28_a_key_looks_like_one(words: str, key: str | None) -> None:
    quoted = '{"phone":"79103398080","email":null}'
    answers = read(body(refused=[no(description=f"{quoted} {words}")]), JAMES)
    assert [reason.key for reason in answers.results[0].reasons] == [key]
    assert told(answers) == [(NOT_SENT, None)]
    assert "79001234567" not in repr(answers)
    [refused] = answers.rejected
    assert (refused.contact is None) == (key is None)


@pytest.mark.parametrize(
    "answers",
    [
        body(),
        body([ok("1"), ok("2")]),
        body([ok("1")], [no()]),
        body(refused=[no(), no()]),
        body([ok("1"), ok("1")]),
        body([ok(None)]),
        body([ok("")]),
        body([ok(True)]),
        body([ok("\ud800")]),
        body([ok(["1"])]),
        body([ok("1", code="QUEUED")]),
        body([ok("1", code="ok")]),
        body([ok("1", code="REJECTED")]),
        body([ok("1", code=None)]),
        body([ok("1", reasons=[reason("invalid.phone.size")])]),
        body(refused=[no(code=None)]),
        body(refused=[no(result="1")]),
        body(refused=["REJECTED"]),
        body([None]),
        body("OK"),
        {"result": {"sendAnswers": None}},
        {"result": {"contactIds": IDS[:1]}},
    ],
)
def test_what_is_neither_leaves_the_only_recipient_unknown(answers: Any) -> None:
    assert told(read(answers, JAMES)) == [(UNKNOWN, None)]


def test_an_entry_is_what_its_code_says_in_whatever_list_it_stands() -> None:
    assert told(read(body(refused=[ok("5")]), JAMES)) == [(ACCEPTED, "5")]
    assert told(read(body([no()]), JAMES)) == [(NOT_SENT, None)]


def test_a_single_object_stands_for_a_list_of_one() -> None:
    assert told(read(body(ok("5")), JAMES)) == [(ACCEPTED, "5")]


# --- The whole call -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [
        {"result": None, "reasons": [reason("invalid", "taskId")]},
        {"result": {"reasons": [reason("invalid", "taskId")]}},
        {"result": {"code": "REJECTED"}},
        {"code": "REJECTED", "result": {}},
        body() | {"reasons": reason("invalid", "taskId")},
        {"Reasons": [{"Key": "invalid", "Reference": "taskId"}]},
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_t2_t5_a_call_that_was_refused_as_a_whole_sent_nothing(refused: Any, status: int) -> None:
    failure = read_answers(answer(refused, status), [JAMES, ANNA], [])
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.REFUSED


def test_no_refusal_outweighs_the_entries_of_an_answer() -> None:
    assert told(read(body([ok("1")]) | {"reasons": [reason("x")]}, JAMES)) == [(ACCEPTED, "1")]


@pytest.mark.parametrize(
    "given_body", [b"", b"<html>", b"[]", b"{}", b'{"result":null}', b'{"result":{}}', b'"OK"']
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_what_is_no_answer_is_left_to_the_status(given_body: bytes, status: int) -> None:
    assert read_answers(Answer(status, given_body), [JAMES], []) is None


def test_nothing_shows_whom_a_refusal_quotes() -> None:
    quoted = no({"phone": "79103398081", "email": "canary@example.com"})
    shown = repr(read(body([ok("1", "x"), "79103398081"], [quoted], ["x"]), ANNA, JAMES))
    assert "canary" not in shown
    assert "79103398081" not in shown
    assert "invalid.phone.size" in shown
