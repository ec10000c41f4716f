"""Reading the answer to a send: what it proves, and that nothing it holds can break the reader."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import Reason, SmsResult
from devino_async.answers import failure_of_reasons, read_reasons, refusal, state_of
from devino_async.sms import read_results, read_statuses
from omni_common.converter import loads
from omni_common.errors import NotSentError, Outcome, ServerFailedError
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.report import DeliveryState
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
    row,
)

Read = tuple[SmsResult, ...] | Failure | None


def outcomes(read: Read) -> list[Outcome]:
    assert isinstance(read, tuple)
    return [result.outcome for result in read]


def kind(read: Read) -> FailureKind:
    assert isinstance(read, Failure)
    return read.kind


# --- Laws -----------------------------------------------------------------------------------------


@given(body=st.binary() | st.text().map(str.encode), status=STATUSES, count=st.integers(1, 3))
def test_no_bytes_break_a_reader(body: bytes, status: int, count: int) -> None:
    read_results(Answer(status, body), count)
    read_statuses(Answer(status, body))


@given(body=ANY_ENVELOPE, status=STATUSES, count=st.integers(1, 4))
def test_a_send_ends_as_its_answer_proves(body: Any, status: int, count: int) -> None:
    """Accepted takes OK and an id; not sent takes REJECTED, or a refusal of the whole call."""
    read = read_results(answer(body, status), count)
    if isinstance(read, tuple):
        assert len(read) == count
        for result, item in zip(read, body["result"], strict=True):
            match result.outcome:
                case Outcome.ACCEPTED:
                    assert item["code"] == "OK"
                    assert result.message_id
                    assert result.message_id == str(item["messageId"])
                case Outcome.NOT_SENT:
                    assert item["code"] == "REJECTED"
                case Outcome.UNKNOWN:
                    whole = isinstance(item, dict) and item.get("code") == "OK"
                    assert not (whole and result.message_id)
        ids = [result.message_id for result in read if result.message_id]
        assert len(ids) == len(set(ids))
    elif read is not None and RULES[read.kind].not_sent:
        assert isinstance(body, dict)
        assert not isinstance(body.get("result"), list)
        assert body.get("code") == "REJECTED" or read_reasons(body)
        assert status not in {408, 500, 502, 503, 504}


@given(body=ANY_ENVELOPE, statuses=st.tuples(STATUSES, STATUSES), count=st.integers(1, 4))
def test_no_status_overrides_results(body: Any, statuses: tuple[int, int], count: int) -> None:
    one, other = (read_results(answer(body, status), count) for status in statuses)
    if isinstance(body, dict) and isinstance(body.get("result"), list):
        assert one == other
        assert one is not None


@given(items=st.lists(ANY_ITEM, max_size=4), count=st.integers(1, 5), status=STATUSES)
def test_another_number_of_results_proves_nothing(
    items: list[Any], count: int, status: int
) -> None:
    read = read_results(answer({"result": items}, status), count)
    if len(items) != count:
        assert kind(read) is FailureKind.UNREADABLE


@given(body=ANY_ENVELOPE, status=STATUSES)
def test_a_failed_server_proves_nothing_whatever_its_words(body: Any, status: int) -> None:
    failure = refusal(body, status)
    if failure is not None and RULES[kind_of_status(status)].error is ServerFailedError:
        assert failure.kind is kind_of_status(status)


@given(rows=st.lists(ANY_ITEM | st.builds(row, ANY_ITEM, ANY_ITEM, ANY_ITEM)), status=STATUSES)
def test_statuses_are_read_whatever_they_hold(rows: list[Any], status: int) -> None:
    read = read_statuses(answer({"result": rows}, status))
    assert isinstance(read, tuple)
    for each in read:
        assert each.raw in rows
        assert each.message_id == str(each.raw["smsId"])
        assert isinstance(state_of(each.status), DeliveryState)


# --- Results one by one ---------------------------------------------------------------------------


def test_the_documented_mixed_answer_is_read_whole() -> None:
    body = {
        "result": [
            accepted(segmentsId=[SENT_ID, "3701172084729885953"]),
            rejected(reason("to.format.invalid", "to", "Error: Invalid field value. Value: x")),
        ]
    }
    assert read_results(answer(body), 2) == (
        SmsResult(
            Outcome.ACCEPTED,
            "OK",
            message_id=SENT_ID,
            segment_ids=(SENT_ID, "3701172084729885953"),
            raw=body["result"][0],
        ),
        SmsResult(
            Outcome.NOT_SENT,
            "REJECTED",
            reasons=(Reason("to.format.invalid", "to", "Error: Invalid field value. Value: x"),),
            raw=body["result"][1],
        ),
    )


@pytest.mark.parametrize("status", [200, 201, 400, 401, 429, 500, 503])
def test_results_decide_whatever_the_status(status: int) -> None:
    body = {"result": [accepted(), rejected(reason("unknown")), {"code": "QUEUED"}]}
    expected = [Outcome.ACCEPTED, Outcome.NOT_SENT, Outcome.UNKNOWN]
    assert outcomes(read_results(answer(body, status), 3)) == expected


@pytest.mark.parametrize(
    "item",
    [
        accepted(None),
        accepted(""),
        accepted(True),
        accepted(3.701172084729886e18),
        accepted([SENT_ID]),
        {"code": "OK"},
        {"code": "OK", "segmentsId": [SENT_ID]},
        {"messageId": SENT_ID},
        accepted() | {"code": "ok"},
        accepted() | {"code": "ACCEPTED"},
        accepted() | {"code": None},
        accepted() | {"code": ["OK"]},
        {},
        None,
        "OK",
        0,
        [],
    ],
)
def test_what_neither_confirms_nor_refuses_is_unknown(item: Any) -> None:
    [outcome] = outcomes(read_results(answer({"result": [item]}), 1))
    assert outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("key", ["not.available", "billing.error", "unknown", "new.key", None])
def test_rejected_means_not_sent_for_any_reason(key: str | None) -> None:
    [outcome] = outcomes(read_results(answer({"result": [rejected(reason(key))]}), 1))
    assert outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("reasons", [[], None, "text", [None, 5], {"key": 5, "ref": []}])
def test_rejected_means_not_sent_without_a_readable_reason(reasons: Any) -> None:
    body = {"result": [{"code": "REJECTED", "reasons": reasons}]}
    assert outcomes(read_results(answer(body), 1)) == [Outcome.NOT_SENT]


@pytest.mark.parametrize(
    ("given_id", "read"),
    [
        (3701172084729885953, "3701172084729885953"),
        ("234567865432456787634", "234567865432456787634"),
        (234567865432456787635, "234567865432456787635"),
        ("dwY4BSnjQ2X", "dwY4BSnjQ2X"),
    ],
)
def test_an_id_is_kept_to_the_last_digit(given_id: str | int, read: str) -> None:
    results = read_results(answer({"result": [accepted(given_id, segmentsId=[given_id])]}), 1)
    assert isinstance(results, tuple)
    assert (results[0].message_id, results[0].segment_ids) == (read, (read,))


@pytest.mark.parametrize(
    "items",
    [
        [],
        [accepted("1")],
        [accepted("1"), accepted("2"), accepted("3")],
        [accepted("1"), accepted("1")],
        [accepted("1"), accepted(1)],
        [accepted("1"), rejected(reason("not.available", "messages[0].from"))],
        [rejected(reason("not.available", "messages[1].from")), accepted("1")],
        [accepted("1"), rejected(reason("x", "to"), reason("x", f"messages[{'9' * 5000}].to"))],
        [accepted("1"), accepted("2", reasons={"key": "x", "ref": "messages[5]"})],
    ],
)
def test_results_that_cannot_be_told_apart_prove_nothing(items: list[Any]) -> None:
    assert kind(read_results(answer({"result": items}), 2)) is FailureKind.UNREADABLE


def test_a_reference_with_or_without_its_place_is_taken() -> None:
    body = {
        "result": [
            rejected(reason("not.available", "messages[0].from")),
            rejected(reason("not.available", "from")),
            rejected(reason("not.available", "messages[2]")),
            rejected(reason("not.available")),
        ]
    }
    results = read_results(answer(body), 4)
    assert isinstance(results, tuple)
    assert [result.reasons[0].field for result in results] == ["sender", "sender", None, None]


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
        {"result": {"code": "OK", "messageId": SENT_ID}},
        {"code": "OK", "messageId": SENT_ID},
        {"code": "rejected"},
        {"reasons": []},
        {"reasons": ["unknown"]},
        [accepted()],
        {"Description": "Validation failed", "Reasons": [{"Key": "x"}]},
    ],
)
def test_any_other_shape_is_left_to_the_status(body: Any) -> None:
    assert read_results(answer(body, 200), 1) is None
    assert read_statuses(answer(body, 200)) is None


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


# --- Status words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ACCEPTED", DeliveryState.ACCEPTED),
        ("SCHEDULED", DeliveryState.SCHEDULED),
        ("ENROUTE", DeliveryState.SENDING),
        ("enrouted", DeliveryState.SENDING),
        ("IN_PROGRESS", DeliveryState.SENDING),
        ("SENT", DeliveryState.SENT),
        ("DELIVERED", DeliveryState.DELIVERED),
        ("seen", DeliveryState.READ),
        ("CLICKED", DeliveryState.CLICKED),
        ("REDIRECT", DeliveryState.CLICKED),
        ("EXPIRED", DeliveryState.EXPIRED),
        ("UNDELIVERABLE", DeliveryState.UNDELIVERED),
        ("UNDELIVERED", DeliveryState.UNDELIVERED),
        ("REJECTED", DeliveryState.REJECTED),
        ("deleted", DeliveryState.CANCELLED),
        ("UNKNOWN", DeliveryState.UNKNOWN),
        ("TELEPORTED", DeliveryState.UNKNOWN),
        ("", DeliveryState.UNKNOWN),
        (None, DeliveryState.UNKNOWN),
    ],
)
def test_a_status_word_has_a_shared_state_in_any_case(
    word: str | None, state: DeliveryState
) -> None:
    assert state_of(word) is state
    assert state_of(word and word.swapcase()) is state


@pytest.mark.parametrize("status", [None, 5, ["DELIVERED"], True])
def test_a_status_that_is_no_word_is_still_a_status(status: Any) -> None:
    read = read_statuses(answer({"result": [row("1", status)]}))
    assert isinstance(read, tuple)
    assert [(each.message_id, each.status) for each in read] == [("1", None)]


@pytest.mark.parametrize("item", [None, "1", [], {}, row(None), row(""), row(1.5), row(True)])
def test_a_status_of_no_message_is_passed_over(item: Any) -> None:
    assert read_statuses(answer({"result": [item]})) == ()


def test_every_refusal_of_the_table_is_a_kind_of_not_sent() -> None:
    for key in ("forbidden", "billing.error", "anything"):
        failure = failure_of_reasons((Reason(key),), None)
        assert issubclass(RULES[failure.kind].error, NotSentError)


def test_a_surrogate_in_an_answer_is_survived() -> None:
    body = b'{"result":[{"code":"OK","messageId":"\\ud800"}]}'
    assert loads(body)["result"][0]["messageId"] == "\ud800"
    assert outcomes(read_results(Answer(200, body), 1)) == [Outcome.UNKNOWN]
