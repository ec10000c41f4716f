"""The answer to a letter: what it proves of each recipient, and nothing that it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.email import EmailResult, read_results
from omni_common.errors import (
    Outcome,
)
from omni_common.exchange import Answer, Failure, FailureKind
from tests.devino.answering import ANY_JSON, STATUSES, answer

ANN, BOB = "ann@mail.example", "bob@mail.example"
NO_RECIPIENTS = "validation.recipients.must.be.greather.then.0"
"""The vendor's own spelling."""

ACCEPTED, NOT_SENT, UNKNOWN = Outcome.ACCEPTED, Outcome.NOT_SENT, Outcome.UNKNOWN


def item(index: Any, address: Any, message_id: Any = "dwY4BSnjQ2X", **more: Any) -> dict[str, Any]:
    return {"index": index, "address": address, "messageId": message_id, **more}


def taken(*items: Any, **more: Any) -> dict[str, Any]:
    return {"result": list(items), "description": "ok", **more}


def read(body: Any, *addresses: str, status: int = 200) -> list[tuple[Outcome, str | None]]:
    """Outcome and id of each recipient."""
    results = read_results(answer(body, status), addresses)
    assert isinstance(results, tuple)
    assert [result.address for result in results] == list(addresses)
    assert [result.index for result in results] == list(range(len(addresses)))
    return [(result.outcome, result.message_id) for result in results]


def outcomes(body: Any, *addresses: str) -> list[Outcome]:
    return [outcome for outcome, _ in read(body, *addresses)]


def kind(body: Any, status: int = 200) -> FailureKind | None:
    """What the answer is as a whole, if it speaks of no recipient; None if the status decides."""
    failure = read_results(answer(body, status), [ANN])
    assert failure is None or isinstance(failure, Failure)
    return None if failure is None else failure.kind


# --- Accepted -------------------------------------------------------------------------------------


def test_the_documented_answer_is_read() -> None:
    document = {
        "result": [
            {"index": 0, "address": "recipient.1@email.com", "messageId": "dwY4BSnjQ2X"},
            {"index": 1, "address": "recipient.2@email.com", "messageId": "dwY4BSnjQ2i"},
        ],
        "description": "ok",
    }
    results = read_results(answer(document), ["recipient.1@email.com", "recipient.2@email.com"])
    assert results == tuple(
        EmailResult(
            outcome=ACCEPTED,
            index=place,
            address=each["address"],
            message_id=each["messageId"],
            raw=each,
        )
        for place, each in enumerate(document["result"])
        if isinstance(each, dict)
    )


def test_results_come_in_the_order_of_the_recipients_whatever_theirs() -> None:
    body = taken(item(1, BOB, "b"), item(0, ANN, "a"))
    assert read(body, ANN, BOB) == [(ACCEPTED, "a"), (ACCEPTED, "b")]


def test_the_case_of_an_address_does_not_count() -> None:
    assert read(taken(item(0, "ANN@Mail.Example", "a")), "Ann@mail.example") == [(ACCEPTED, "a")]


def test_the_same_address_twice_is_told_apart_by_its_place() -> None:
    body = taken(item(1, ANN, "b"), item(0, ANN, "a"))
    assert read(body, ANN, ANN) == [(ACCEPTED, "a"), (ACCEPTED, "b")]


@pytest.mark.parametrize("status", [200, 201, 202, 302, 400, 403, 404, 500, 503])
def test_t2_items_decide_whatever_the_http_status(status: int) -> None:
    assert read(taken(item(0, ANN, "a")), ANN, status=status) == [(ACCEPTED, "a")]


def test_t1_items_are_found_in_any_casing() -> None:
    body = {"Result": [{"Index": 0, "Address": ANN, "MessageId": "a"}], "Description": "OK"}
    assert read(body, ANN) == [(ACCEPTED, "a")]


@pytest.mark.parametrize(
    ("given_id", "message_id"),
    [
        ("dwY4BSnjQ2X", "dwY4BSnjQ2X"),
        ("234567865432456787634", "234567865432456787634"),
        (234567865432456787635, "234567865432456787635"),
    ],
)
def test_t19_an_id_is_opaque_text(given_id: Any, message_id: str) -> None:
    assert read(taken(item(0, ANN, given_id)), ANN) == [(ACCEPTED, message_id)]


@pytest.mark.parametrize("index", [0, "0", "000"], ids=repr)
def test_t21_a_place_may_be_written_as_text(index: Any) -> None:
    assert outcomes(taken(item(index, ANN)), ANN) == [ACCEPTED]


# --- Unknown --------------------------------------------------------------------------------------

_NO_IDS: list[Any] = [None, "", " ", 0, True, 1.5, [], {}, "\ud800"]


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            item(index, ANN)
            for index in (1, -1, 2, 10**30, "1", "-1", "", "x", None, True, 0.0, [0])
        ),
        *(item(0, address) for address in (BOB, "", None, 5, [ANN], f" {ANN}")),
        *(item(0, ANN, message_id) for message_id in _NO_IDS),
        item(0, ANN, code="REJECTED"),
        item(0, ANN, code="QUEUED"),
        item(0, ANN, code=["OK"]),
        item(0, ANN, reasons=[{"key": "invalid"}]),
        {"index": 0, "address": ANN},
        {"index": 0, "messageId": "a"},
        {"address": ANN, "messageId": "a"},
        {},
        None,
        "dwY4BSnjQ2X",
        5,
        [],
    ],
)
def test_an_item_that_does_not_fit_its_recipient_leaves_the_outcome_unknown(wrong: Any) -> None:
    assert outcomes(taken(wrong), ANN) == [UNKNOWN]
    assert read(taken(wrong, item(1, BOB, "b")), ANN, BOB) in (
        [(UNKNOWN, None), (ACCEPTED, "b")],
        [(UNKNOWN, None), (UNKNOWN, None)],  # an item that claims the other's place, too
    )


def test_a_recipient_whom_the_answer_leaves_out_is_unknown() -> None:
    body = taken(item(1, BOB, "b"))
    assert read(body, ANN, BOB) == [(UNKNOWN, None), (ACCEPTED, "b")]


def test_addresses_that_changed_places_are_both_unknown() -> None:
    body = taken(item(0, BOB, "b"), item(1, ANN, "a"))
    assert outcomes(body, ANN, BOB) == [UNKNOWN, UNKNOWN]


def test_a_place_that_is_given_twice_is_unknown_even_if_both_agree() -> None:
    for again in (item(0, ANN, "a"), item(0, ANN, "z"), item("0", BOB, "z")):
        body = taken(item(0, ANN, "a"), again, item(1, BOB, "b"))
        assert read(body, ANN, BOB) == [(UNKNOWN, None), (ACCEPTED, "b")]


def test_an_id_that_is_given_twice_is_nobodys() -> None:
    body = taken(item(0, ANN, "a"), item(1, BOB, "a"))
    assert read(body, ANN, BOB) == [(UNKNOWN, None), (UNKNOWN, None)]
    assert read(taken(item(0, ANN, "a"), item(7, BOB, "a")), ANN, BOB)[0] == (UNKNOWN, None)


def test_an_answer_that_is_fine_and_speaks_of_nobody_leaves_all_unknown() -> None:
    assert outcomes(taken(), ANN, BOB) == [UNKNOWN, UNKNOWN]


def test_what_an_unknown_outcome_came_from_is_kept() -> None:
    contradicting = item(0, BOB)
    results = read_results(answer(taken(contradicting)), [ANN, BOB])
    assert isinstance(results, tuple)
    assert [result.raw for result in results] == [contradicting, taken(contradicting)]


def test_t2_an_item_that_says_rejected_was_not_sent() -> None:
    refused = item(0, ANN, None, code="REJECTED", reasons=[{"Key": "invalid", "Reference": "x"}])
    results = read_results(answer(taken(refused)), [ANN])
    assert isinstance(results, tuple)
    assert (results[0].outcome, results[0].message_id) == (NOT_SENT, None)
    assert [(reason.key, reason.ref) for reason in results[0].reasons] == [("invalid", "x")]


# --- The whole letter refused ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 422])
def test_t1_the_documented_refusal_is_one_under_any_status(status: int) -> None:
    document = {
        "Description": "Validation failed",
        "Reasons": [{"Key": NO_RECIPIENTS, "Reference": "recipients"}],
    }
    failure = read_results(answer(document, status), [ANN])
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.REFUSED
    assert (failure.vendor_code, failure.field) == (NO_RECIPIENTS, "recipients")
    assert failure.raw == document


@pytest.mark.parametrize("names", [str.upper, str.lower, str.title])
def test_t1_a_refusal_may_be_written_in_any_casing(names: Any) -> None:
    reason = {names("key"): "billing.error", names("reference"): "x"}
    for reasons in ([reason], reason):
        body = {names("description"): "Validation failed", names("reasons"): reasons}
        assert kind(body) is FailureKind.NO_FUNDS


_NOTHING: list[dict[str, Any]] = [{"result": None}, {"result": []}, {"result": {}}, {}]


@pytest.mark.parametrize("body", _NOTHING)
@pytest.mark.parametrize("word", ["Validation failed", " VALIDATION FAILED "])
def test_t1_the_documented_description_of_a_refusal_is_one_by_itself(
    body: dict[str, Any], word: str
) -> None:
    assert kind({**body, "Description": word}) is FailureKind.REFUSED
    assert kind({**body, "description": word}, 401) is FailureKind.UNAUTHENTICATED
    assert kind({**body, "description": word}, 500) is FailureKind.SERVER_FAILED


@pytest.mark.parametrize("body", _NOTHING)
@pytest.mark.parametrize("word", ["Accepted", "success", "error", "not ok", "OK, but", "Queued"])
def test_t1_any_other_description_proves_nothing_so_that_the_status_decides(
    body: dict[str, Any], word: str
) -> None:
    statuses = [200, 202, 400, 401, 500]
    assert [kind({**body, "description": word}, status) for status in statuses] == [None] * 5


@pytest.mark.parametrize("status", [200, 202, 400, 401, 429, 503])
@pytest.mark.parametrize(
    "words",
    [
        {},
        {"description": "Accepted"},
        {"description": "ok"},
        {"Description": "Validation failed"},
        {"reasons": [{"key": "invalid"}]},
    ],
    ids=repr,
)
def test_t1_a_result_that_is_no_list_proves_nothing_whatever_stands_beside_it(
    status: int, words: dict[str, Any]
) -> None:
    for result in (item(0, ANN, "x"), {"ann": "x"}, "dwY4BSnjQ2X", 5, True):
        assert kind({"result": result, **words}, status) is FailureKind.UNREADABLE


@pytest.mark.parametrize("word", ["Accepted", "Queued", "error", ""])
def test_t1_a_description_that_is_not_documented_takes_no_id_away(word: str) -> None:
    body = {"result": [item(0, ANN, "a")], "description": word}
    assert read(body, ANN, status=202) == [(ACCEPTED, "a")]


@pytest.mark.parametrize("description", [None, 5, "", True, ["Validation failed"]])
def test_a_description_that_says_nothing_is_no_refusal(description: Any) -> None:
    assert kind({"description": description}) is None


def test_reasons_beside_an_empty_result_are_a_refusal() -> None:
    body = {"result": [], "description": "ok", "reasons": [{"key": "forbidden"}]}
    assert kind(body) is FailureKind.FORBIDDEN


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>502</html>", b"{", b"\xff", b"null", b"[]", b'"ok"', b"{}", b'{"result":""}'],
)
def test_what_says_nothing_leaves_it_to_the_status(body: bytes) -> None:
    assert read_results(Answer(200, body), [ANN]) is None


def test_a_result_shows_no_address() -> None:
    results = read_results(answer(taken(item(0, "canary@mail.example"))), ["canary@mail.example"])
    assert "canary" not in repr(results)


# --- Laws -----------------------------------------------------------------------------------------

_PLACES = st.integers(-1, 3) | st.sampled_from(["0", "1", None, True, 2.0])
_ITEMS = (
    st.fixed_dictionaries(
        {
            "index": _PLACES,
            "address": st.sampled_from([ANN, BOB, ANN.upper(), "", None]),
            "messageId": st.sampled_from(["a", "b", "c", 5, None, ""]),
        },
        optional={
            "code": st.sampled_from(["OK", "REJECTED", None, 5]),
            "reasons": st.lists(ANY_JSON, max_size=2),
        },
    )
    | ANY_JSON
)
_DOCUMENTS = (
    st.fixed_dictionaries(
        {},
        optional={
            "result": st.lists(_ITEMS, max_size=5) | ANY_JSON,
            "description": st.sampled_from(["ok", "OK", "Validation failed"]) | ANY_JSON,
            "Description": ANY_JSON,
            "Reasons": ANY_JSON,
        },
    )
    | ANY_JSON
)


@given(document=_DOCUMENTS, status=STATUSES, addresses=st.lists(st.sampled_from([ANN, BOB])))
def test_whatever_is_answered_is_read(document: Any, status: int, addresses: list[str]) -> None:
    results = read_results(answer(document, status), addresses)
    if isinstance(results, tuple):
        assert [result.address for result in results] == addresses
        assert all(
            (result.outcome is ACCEPTED) is (result.message_id is not None) for result in results
        )
    else:
        assert results is None or isinstance(results, Failure)


@given(body=st.binary(), status=STATUSES)
def test_bytes_that_are_no_json_are_no_answer(body: bytes, status: int) -> None:
    results = read_results(Answer(status, b"<" + body), [ANN])
    assert results is None


@given(items=st.lists(_ITEMS, min_size=1, max_size=6))
def test_only_one_fitting_item_with_an_id_of_its_own_is_an_acceptance(items: list[Any]) -> None:
    results = read_results(answer(taken(*items)), [ANN, BOB])
    assert isinstance(results, tuple)
    for place, result in enumerate(results):
        if result.outcome is not ACCEPTED:
            continue
        claims = [
            each
            for each in items
            if isinstance(each, dict)
            and json.dumps(each.get("index")) in {f"{place}", f'"{place}"'}
        ]
        assert claims == [result.raw]
        assert result.raw["address"].lower() == result.address
        ids = [str(each.get("messageId")) for each in items if isinstance(each, dict)]
        assert ids.count(result.message_id or "") == 1


@pytest.mark.parametrize(
    "refusal",
    [
        {"Description": "Validation failed"},
        {"description": "Validation failed"},
        {"Reasons": [{"Key": "invalid", "Reference": "subject"}]},
    ],
)
def test_t01_ids_beside_words_of_refusal_prove_nothing(refusal: dict[str, Any]) -> None:
    item = {"index": 0, "address": "ann@example.com", "messageId": "dwY4BSnjQ2X"}
    results = read_results(answer({"result": [item], **refusal}), ["ann@example.com"])
    assert isinstance(results, tuple)
    assert [(each.outcome, each.message_id) for each in results] == [(Outcome.UNKNOWN, None)]
