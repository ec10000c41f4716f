"""Reading the answer to a send: what it proves, and that nothing it holds can break the reader."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import Reason, SmsResult
from devino_async.answers import read_reasons, refusal, state_of
from devino_async.ids import read_rounded_id
from devino_async.sms import read_results, read_statuses
from omni_common.converter import loads
from omni_common.errors import Outcome, ServerFailedError
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
                    assert not (whole and result.message_id and not result.reasons)
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
        assert each.message_id == str(read_rounded_id(each.raw["smsId"]))
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
        accepted(0),
        accepted(" "),
        accepted(reasons=[reason("unknown")]),
        accepted(reasons=reason(None, "to")),
        rejected(messageId=SENT_ID),
        rejected(messageId=5),
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


def test_an_empty_reason_is_none() -> None:
    body = {"result": [accepted(reasons=[{}]), rejected(messageId=0, reasons=[{}])]}
    expected = [Outcome.ACCEPTED, Outcome.NOT_SENT]
    assert outcomes(read_results(answer(body), 2)) == expected


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


@pytest.mark.parametrize(
    ("ref", "place", "field"),
    [
        ("messages[12].to", "12", "to"),
        ("[12].to", "12", "to"),
        ("messages[0]", "0", None),
        ("to", None, "to"),
        ("messages[].to", None, "messages[].to"),
        ("payload.messages[1].to", None, "payload.messages[1].to"),
        (None, None, None),
    ],
)
def test_t7_a_reason_names_its_message_in_either_form_of_the_body(
    ref: str | None, place: str | None, field: str | None
) -> None:
    found = Reason("invalid", ref)
    assert (found.place, found.field) == (place, field)


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


def test_a_surrogate_in_an_answer_is_survived() -> None:
    body = b'{"result":[{"code":"OK","messageId":"\\ud800"}]}'
    assert loads(body)["result"][0]["messageId"] == "\ud800"
    assert outcomes(read_results(Answer(200, body), 1)) == [Outcome.UNKNOWN]
