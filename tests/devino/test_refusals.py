"""A refusal of a whole call, and the reasons that Devino gives for any refusal."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from devino_async import Reason, SmsResult
from devino_async.answers import failure_of_reasons, read_reasons, refusal
from devino_async.channel_sending import read_results as read_channel_results
from devino_async.sms import read_results, read_statuses
from omni_common.errors import NotSentError, Outcome
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.retry import RULES
from tests.devino.answering import (
    SENT_ID,
    accepted,
    answer,
    reason,
    rejected,
)

Read = tuple[SmsResult, ...] | Failure | None


def kind(read: Read) -> FailureKind:
    assert isinstance(read, Failure)
    return read.kind


# --- Refusals of a whole call ---------------------------------------------------------------------

_WHOLE: list[dict[str, Any]] = [
    {"result": None, "reasons": [reason("too.many.messages", "messages")]},
    {"reasons": reason("too.many.messages", "messages")},
    {"code": "REJECTED", "reasons": [reason("too.many.messages", "messages")]},
    {"code": "REJECTED", "result": {}, "reasons": [reason("too.many.messages", "messages")]},
]


@pytest.mark.parametrize("body", _WHOLE)
@pytest.mark.parametrize("status", [200, 201, 400, 404, 413, 422])
def test_a_refused_call_is_refused_under_any_status(body: dict[str, Any], status: int) -> None:
    read = read_results(answer(body, status), 2)
    assert kind(read) is FailureKind.REFUSED
    assert isinstance(read, Failure)
    assert (read.vendor_code, read.field, read.raw) == ("too.many.messages", "messages", body)
    assert kind_of_statuses_read(answer(body, status)) is FailureKind.REFUSED


def kind_of_statuses_read(given_answer: Answer) -> FailureKind:
    read = read_statuses(given_answer)
    assert isinstance(read, Failure)
    return read.kind


def test_the_code_alone_refuses_too() -> None:
    assert kind(read_results(answer({"code": "REJECTED"}, 400), 1)) is FailureKind.REFUSED


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, FailureKind.UNAUTHENTICATED),
        (402, FailureKind.NO_FUNDS),
        (403, FailureKind.FORBIDDEN),
        (425, FailureKind.TOO_EARLY),
        (429, FailureKind.RATE_LIMITED),
        (408, FailureKind.TIMED_OUT_UPSTREAM),
        (500, FailureKind.SERVER_FAILED),
        (502, FailureKind.SERVER_FAILED),
        (503, FailureKind.UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("head", [{"result": None}, {"code": "REJECTED"}])
def test_a_status_that_says_more_than_no_is_heard(
    head: dict[str, Any], status: int, expected: FailureKind
) -> None:
    body = {**head, "reasons": [reason("unknown")]}
    read = read_results(answer(body, status), 1)
    assert kind(read) is expected
    assert isinstance(read, Failure)
    assert (read.vendor_code, read.raw) == ("unknown", body)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429])
def test_a_key_that_says_why_goes_before_the_status(status: int) -> None:
    for key, expected in (
        ("forbidden", FailureKind.FORBIDDEN),
        ("billing.error", FailureKind.NO_FUNDS),
    ):
        body = {"result": None, "reasons": [reason(key)]}
        assert kind(read_results(answer(body, status), 1)) is expected


def test_known_keys_do_not_turn_a_failed_server_into_a_refusal() -> None:
    body = {"result": None, "reasons": [reason("billing.error")]}
    assert kind(read_results(answer(body, 500), 1)) is FailureKind.SERVER_FAILED


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "REJECTED",
        5,
        {"result": None},
        {"result": "3701172084729885952"},
        {"result": {"messageId": SENT_ID}},
        {"reasons": [{}]},
        {"reasons": {"key": None, "ref": None, "defaultMessage": ""}},
        {"code": "OK", "messageId": SENT_ID},
        {"code": "rejected"},
        {"reasons": []},
        {"reasons": ["unknown"]},
        [accepted()],
    ],
)
def test_any_other_shape_is_left_to_the_status(body: Any) -> None:
    assert read_results(answer(body, 200), 1) is None
    assert read_statuses(answer(body, 200)) is None


@pytest.mark.parametrize("status", [200, 400, 401, 422, 429])
@pytest.mark.parametrize(
    "body",
    [
        {"result": {"code": "OK", "messageId": "1"}},
        {"result": {"code": "OK", "messageId": "1"}, "reasons": [{}]},
        {"result": {"code": "OK"}, "code": "REJECTED"},
        {"result": {"messageId": "1"}, "reasons": [reason("unknown")]},
        {"result": {"code": "REJECTED", "messageId": "1"}, "reasons": [reason("forbidden")]},
        {"result": "1", "reasons": [reason("billing.error")]},
        {"Result": {"messageId": "1"}, "Reasons": [reason("unknown")]},
    ],
)
def test_a_refusal_beside_a_result_proves_nothing(body: Any, status: int) -> None:
    assert kind(read_results(answer(body, status), 1)) is FailureKind.UNREADABLE
    assert kind_of_channel(answer(body, status)) in {FailureKind.UNREADABLE, None}


def kind_of_channel(given_answer: Answer) -> FailureKind | None:
    """What keeps a channel's answer from being read, None if its one item is read and unknown."""
    read = read_channel_results(given_answer, 1)
    if isinstance(read, Failure):
        return read.kind
    assert read is not None
    assert read[0].outcome is not Outcome.NOT_SENT
    return None


@pytest.mark.parametrize(
    "result", [None, "", {}, [[]], {"code": "REJECTED"}, {"sendAnswers": [], "errorAnswers": []}]
)
def test_a_result_that_holds_nothing_takes_nothing_from_a_refusal(result: Any) -> None:
    failure = refusal({"result": result, "reasons": [reason("unknown")]}, 200)
    assert failure is not None
    assert failure.kind is FailureKind.REFUSED


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"result": [', b"\xff", b'{"result": NaN}'])
def test_what_is_no_json_is_left_to_the_status(body: bytes) -> None:
    assert read_results(Answer(200, body), 1) is None
    assert read_statuses(Answer(200, body)) is None


def test_deep_nesting_is_left_to_the_status() -> None:
    assert read_results(Answer(200, b'{"result":' + b"[" * 200_000), 1) is None


# --- Reasons --------------------------------------------------------------------------------------


def test_the_first_reason_decides() -> None:
    reasons = read_reasons({"reasons": [reason("forbidden"), reason("billing.error", "to")]})
    failure = failure_of_reasons(reasons, None)
    assert (failure.kind, failure.vendor_code) == (FailureKind.FORBIDDEN, "forbidden")
    assert failure_of_reasons((), None) == Failure(FailureKind.REFUSED)


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        (None, None),
        ("", None),
        ("from", "sender"),
        ("messages[17].to", "to"),
        ("messages[0].text", "text"),
        ("validity", "ttl"),
        ("messages[3].scheduledTime", "send_at"),
        ("priority", "priority"),
        ("callbackUrl", "callback_url"),
        ("options", "metadata"),
        ("messages[0]", None),
        ("messages", "messages"),
        ("messages[x].to", "messages[x].to"),
        ("name", "name"),
    ],
)
def test_a_reason_names_the_field_in_shared_words(ref: str | None, name: str | None) -> None:
    assert Reason("key", ref).field == name


def test_a_reason_shows_no_words_that_may_quote_a_message() -> None:
    quoting = Reason("to.format.invalid", "to", "Value: 79031234567")
    assert "79031234567" not in repr(quoting)
    assert pickle.loads(pickle.dumps(quoting)) == quoting  # noqa: S301 - our own bytes


def test_results_show_no_words_that_may_quote_a_message() -> None:
    body = {"result": [rejected(reason("text.length.too.long", "text", "canary"), note="canary")]}
    results = read_results(answer(body), 1)
    assert "canary" not in repr(results)
    assert pickle.loads(pickle.dumps(results)) == results  # noqa: S301 - our own bytes


def test_every_refusal_of_the_table_is_a_kind_of_not_sent() -> None:
    for key in ("forbidden", "billing.error", "anything"):
        failure = failure_of_reasons((Reason(key),), None)
        assert issubclass(RULES[failure.kind].error, NotSentError)
