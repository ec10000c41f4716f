"""What came of messages over Devino's channels: requests built and answers read, as pure data."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.channel_sending import (
    BodyForm,
    ChannelResult,
    read_results,
    send_request,
)
from devino_async.sandbox.channel_behaviour import BodyForm as TakenForm
from omni_common.errors import InvalidMessageError, Outcome
from omni_common.exchange import Answer, Failure, FailureKind, Operation
from omni_common.retry import RULES, kind_of_status
from tests.devino.answering import (
    ANY_ENVELOPE,
    ANY_ITEM,
    SENT_ID,
    STATUSES,
    accepted,
    answer,
    reason,
    rejected,
)


def results(body: Any, count: int = 1, status: int = 200) -> tuple[ChannelResult, ...]:
    read = read_results(answer(body, status), count)
    assert isinstance(read, tuple)
    return read


def failure(body: Any, count: int = 1, status: int = 200) -> Failure:
    read = read_results(answer(body, status), count)
    assert isinstance(read, Failure)
    return read


# --- The request ----------------------------------------------------------------------------------


def test_a_send_is_never_repeated_on_its_own() -> None:
    assert send_request("/viber/messages", [{}]).operation is Operation.SEND


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (BodyForm.MESSAGES, b'{"messages":[{"a":1}]}'),
        (BodyForm.ARRAY, b'[{"a":1}]'),
        (BodyForm.SINGLE, b'{"a":1}'),
    ],
)
def test_t7_the_body_has_the_form_that_it_is_told(form: BodyForm, body: bytes) -> None:
    assert send_request("/x", [{"a": 1}], body_form=form).body == body


@pytest.mark.parametrize("form", ["array", None, TakenForm.ARRAY])
def test_a_form_that_there_is_not_is_refused(form: Any) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        send_request("/x", [{}], body_form=form)
    assert refused.value.field == "body_form"


@pytest.mark.parametrize("count", [0, 2])
def test_a_body_for_one_message_holds_no_other_number(count: int) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        send_request("/x", [{}] * count, body_form=BodyForm.SINGLE)
    assert refused.value.field == "messages"


def test_what_json_cannot_hold_is_refused_before_any_request() -> None:
    with pytest.raises(InvalidMessageError, match="JSON"):
        send_request("/x", [{"a": object()}])


# --- The answer -----------------------------------------------------------------------------------


def test_t2_each_message_has_a_result_of_its_own() -> None:
    refusal = rejected(reason("to.format.invalid", "messages[1].to"))
    first, second = results({"result": [accepted(), refusal]}, 2)
    assert first == ChannelResult(
        outcome=Outcome.ACCEPTED, code="OK", message_id=SENT_ID, raw=accepted()
    )
    assert (second.outcome, second.code, second.message_id) == (Outcome.NOT_SENT, "REJECTED", None)
    assert [(each.key, each.field) for each in second.reasons] == [("to.format.invalid", "to")]
    assert second.raw == refusal


@pytest.mark.parametrize("status", [200, 201, 400, 500])
def test_results_decide_whatever_the_status(status: int) -> None:
    body = {"result": [accepted(), rejected()]}
    outcomes = [each.outcome for each in results(body, 2, status)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.NOT_SENT]


@pytest.mark.parametrize(
    "item",
    [
        {"code": "OK"},
        {"code": "OK", "id": SENT_ID},
        {"code": "OK", "messageId": None},
        {"code": "OK", "messageId": 1.5},
        {"code": "OK", "messageId": ""},
        {"code": "OK", "messageId": True},
        {"code": "OK", "messageId": [SENT_ID]},
        {"code": "OK", "messageId": "\ud800"},
    ],
)
def test_an_accepted_message_may_have_no_id_that_is_known_as_one(item: dict[str, Any]) -> None:
    [result] = results({"result": [item]})
    assert (result.outcome, result.message_id, result.raw) == (Outcome.ACCEPTED, None, item)


def test_t18_an_id_may_be_a_number_and_stays_exact() -> None:
    assert results({"result": [accepted(int(SENT_ID))]})[0].message_id == SENT_ID


@pytest.mark.parametrize("item", [accepted(), rejected(reason("to.format.invalid", "to"))])
def test_t4_one_message_may_be_answered_without_a_list(item: dict[str, Any]) -> None:
    assert results({"result": item}) == results({"result": [item]})


@pytest.mark.parametrize("code", ["ok", "Ok", "QUEUED", "", None, 0, True, ["OK"]])
def test_any_other_code_is_unknown(code: Any) -> None:
    [result] = results({"result": [accepted(code=code)]})
    assert result.outcome is Outcome.UNKNOWN
    assert result.code == (code if isinstance(code, str) else None)


@pytest.mark.parametrize(
    "item",
    [
        rejected(messageId=SENT_ID),
        rejected(reason("to.format.invalid", "to"), messageId=int(SENT_ID)),
        accepted(reasons=[reason("to.format.invalid", "to")]),
        accepted(reasons=reason("billing.error")),
        {"code": "OK", "reasons": [reason("billing.error")]},
    ],
)
def test_an_item_that_contradicts_itself_is_unknown(item: dict[str, Any]) -> None:
    first, second = results({"result": [item, accepted("2")]}, 2)
    assert (first.outcome, first.code, first.raw) == (Outcome.UNKNOWN, item["code"], item)
    assert second.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("item", ["OK", None, 5, [], [accepted()]])
def test_an_item_that_is_no_object_is_unknown(item: Any) -> None:
    first, second = results({"result": [item, accepted()]}, 2)
    assert (first.outcome, first.raw) == (Outcome.UNKNOWN, item)
    assert second.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("result", "count"),
    [
        ([], 1),
        ([accepted()], 2),
        ([accepted("1"), accepted("2")], 1),
        (accepted(), 2),
        (rejected(), 2),
        ([accepted("1"), accepted("1")], 2),
        ([rejected(reason("invalid", "messages[1].to")), accepted()], 2),
        ([rejected(reason("invalid", "[1].to")), accepted()], 2),
        ([rejected(reason("invalid", "messages[1]"))], 1),
        (rejected(reason("invalid", f"messages[{'9' * 5000}].to")), 1),
    ],
)
def test_positions_that_cannot_be_trusted_say_nothing_of_any_message(
    result: Any, count: int
) -> None:
    read = failure({"result": result}, count, status=400)
    assert (read.kind, read.raw) == (FailureKind.UNREADABLE, {"result": result})


@pytest.mark.parametrize("ref", ["messages[0].to", "[0].to", "to", "messages[].to", "", None])
def test_a_reason_that_names_no_other_position_is_taken(ref: str | None) -> None:
    [result] = results({"result": [rejected(reason("invalid", ref))]})
    assert result.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    "head", [{"result": None}, {"code": "REJECTED"}, {"result": {}}, {"result": {"code": None}}]
)
def test_t3_a_refusal_of_the_whole_call_is_one(head: dict[str, Any], status: int) -> None:
    read = failure({**head, "reasons": [reason("too.many.messages", "messages")]}, 3, status)
    assert (read.kind, read.vendor_code) == (FailureKind.REFUSED, "too.many.messages")


@pytest.mark.parametrize(
    "body",
    [{}, [], None, "OK", {"result": None}, {"result": SENT_ID}, {"code": "OK"}, [accepted()]],
)
def test_any_other_shape_is_left_to_the_status(body: Any) -> None:
    assert read_results(answer(body), 1) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"result":[', b"\xff", b"[" * 200_000])
def test_what_is_no_json_is_left_to_the_status(body: bytes) -> None:
    assert read_results(Answer(200, body), 1) is None


def test_results_show_nothing_that_may_quote_a_message() -> None:
    read = results({"result": [rejected(reason("invalid", "text", "canary"), note="canary")]})
    assert "canary" not in repr(read)
    assert pickle.loads(pickle.dumps(read)) == read  # noqa: S301 - our own bytes


@given(
    document=ANY_ENVELOPE | st.fixed_dictionaries({"result": ANY_ITEM}),
    count=st.integers(1, 4),
    status=STATUSES,
)
def test_no_answer_breaks_the_reader_and_only_ok_is_accepted(
    document: Any, count: int, status: int
) -> None:
    read = read_results(answer(document, status), count)
    if isinstance(read, tuple):
        assert len(read) == count
        for result in read:
            is_accepted = result.code == "OK" and not result.reasons
            is_refused = result.code == "REJECTED" and result.message_id is None
            assert (result.outcome is Outcome.ACCEPTED) == is_accepted
            assert (result.outcome is Outcome.NOT_SENT) == is_refused
            assert result.code is None or result.raw["code"] == result.code
    elif read is not None and not RULES[read.kind].not_sent:
        expected = {FailureKind.UNREADABLE, kind_of_status(status)}
        assert read.kind in expected


@given(body=st.binary(max_size=200), status=STATUSES)
def test_no_bytes_break_the_reader(body: bytes, status: int) -> None:
    read = read_results(Answer(status, body), 1)
    assert read is None or isinstance(read, (tuple, Failure))
